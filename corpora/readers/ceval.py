"""C-Eval: a CSV for each subject and split; the subject and the split are in the file's name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from kgtools.corpora.exams.questions import (
    CLINICALGPT,
    LETTERED,
    LM_EVAL_ZH,
    SHOTS,
    ExamSettings,
    Question,
    cell_text,
    records,
)
from kgtools.corpora.files.paths import stem, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader
from kgtools.tools.errors import UsageError

CEVAL = replace(
    LETTERED, ask="以下是中国关于{subject_zh}考试的单项选择题，请选出其中的正确答案。\n\n{question}\n{options}\n答案："
)
PROMPTS = {"clinicalgpt": CLINICALGPT, "ceval": CEVAL, "lm-eval": LM_EVAL_ZH}
SUFFIX = re.compile(r"_(dev|val|test)$")
"""The split in a file's name: `physician_val`."""
SUBJECTS = {
    "basic_medicine": "基础医学",
    "clinical_medicine": "临床医学",
    "physician": "医师资格",
    "veterinary_medicine": "兽医学",
}
PUBLISHED = (
    *SUBJECTS, "accountant", "advanced_mathematics", "art_studies", "business_administration", "chinese_language_and_literature",
    "civil_servant", "college_chemistry", "college_economics", "college_physics", "college_programming", "computer_architecture",
    "computer_network", "discrete_mathematics", "education_science", "electrical_engineer",
    "environmental_impact_assessment_engineer", "fire_engineer", "high_school_biology", "high_school_chemistry", "high_school_chinese",
    "high_school_geography", "high_school_history", "high_school_mathematics", "high_school_physics", "high_school_politics",
    "ideological_and_moral_cultivation", "law", "legal_professional", "logic", "mao_zedong_thought", "marxism", "metrology_engineer",
    "middle_school_biology", "middle_school_chemistry", "middle_school_geography", "middle_school_history", "middle_school_mathematics",
    "middle_school_physics", "middle_school_politics", "modern_chinese_history", "operating_system", "plant_protection",
    "probability_and_statistics", "professional_tour_guide", "sports_science", "tax_accountant", "teacher_qualification",
    "urban_and_rural_planner",
)  # fmt: skip
"""The subjects, each a file for each split."""
MEDICAL = ("basic_medicine", "clinical_medicine", "physician")


class CevalSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["clinicalgpt", "ceval", "lm-eval"] = Field(
        "clinicalgpt", description="whose prompt asks: clinicalgpt, ceval, lm-eval"
    )
    subjects: str = Field("all", description=f"medical ({', '.join(MEDICAL)}), or names of subjects with commas; all")


def read(corpus: Corpus, settings: CevalSettings) -> Iterator[Example]:
    """`id,question,A,B,C,D,answer[,explanation]`. dev rows, the examples of few-shot prompts, are of the train split."""
    wanted = MEDICAL if settings.subjects == "medical" else tuple(settings.subjects.split(","))
    for file in corpus.files:
        subject = SUFFIX.sub("", stem(file))
        if settings.subjects != "all" and subject not in wanted:
            corpus.count("files of other subjects")
            continue
        if settings.prompt == "ceval" and subject not in SUBJECTS:
            raise UsageError(f"{file.name}: prompt=ceval knows the Chinese names of {', '.join(SUBJECTS)} only")
        split, published = word_in_path(file, SHOTS), word_in_path(file, {name: name for name in SHOTS})
        for place, row in file.csv():
            key = row.get("answer")
            question = Question(
                place, row.get("question"), {letter: row.get(letter) for letter in "ABCD"},
                None if split == "test" and not cell_text(key) else key or "", "zh", split, subject, subject,
                row.get("explanation"), False,
                {"id": cell_text(row.get("id")), "subject_zh": SUBJECTS.get(subject), "published_split": published},
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)


def fits(preview: FilePreview) -> str | None:
    if preview.is_table and preview.has("id", "question", "A", "B", "C", "D"):
        return "columns id, question and A to D, as C-Eval has them"
    return None


READER = Reader(
    title="C-Eval",
    license="CC-BY-NC-SA-4.0",
    license_note="the code is MIT, the data are not",
    files="{dev,val,test}/SUBJECT_{dev,val,test}.csv",
    read=read,
    fits=fits,
    published=(
        PublishedFile(
            ("id", "question", *"ABCD"),
            ("answer", "explanation"),
            "zh",
            ("question", *"ABCD"),
            names=rf"(?:{'|'.join(PUBLISHED)})(?:_(?:dev|val|test))?",
        ),
    ),
    settings=CevalSettings,
    categories=Categories("category"),
    url="https://github.com/hkust-nlp/ceval",
)

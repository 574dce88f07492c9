"""CMMLU: a CSV for each subject, in a folder for each split; its first column is an index without a name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from kgtools.corpora.exams.questions import CLINICALGPT, LETTERED, LM_EVAL_ZH, SHOTS, ExamSettings, Question, records
from kgtools.corpora.files.paths import stem, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader
from kgtools.tools.errors import UsageError

CMMLU = replace(
    LETTERED,
    ask="以下是关于{subject_zh}的单项选择题，请直接给出正确答案的选项。\n\n题目：{question}\n{options}\n答案是：",
)
PROMPTS = {"clinicalgpt": CLINICALGPT, "cmmlu": CMMLU, "lm-eval": LM_EVAL_ZH}
SUBJECTS = {
    "anatomy": "解剖学",
    "clinical_knowledge": "临床知识",
    "college_medical_statistics": "大学医学统计",
    "college_medicine": "大学医学",
    "genetics": "遗传学",
    "nutrition": "营养学",
    "professional_medicine": "专业医学",
    "traditional_chinese_medicine": "中医中药",
    "virology": "病毒学",
}
PUBLISHED = (
    *SUBJECTS, "agronomy", "ancient_chinese", "arts", "astronomy", "business_ethics", "chinese_civil_service_exam", "chinese_driving_rule",
    "chinese_food_culture", "chinese_foreign_policy", "chinese_history", "chinese_literature", "chinese_teacher_qualification",
    "college_actuarial_science", "college_education", "college_engineering_hydrology", "college_law", "college_mathematics",
    "computer_science", "computer_security", "conceptual_physics", "construction_project_management", "economics", "education",
    "electrical_engineering", "elementary_chinese", "elementary_commonsense", "elementary_information_and_technology",
    "elementary_mathematics", "ethnology", "food_science", "global_facts", "high_school_biology", "high_school_chemistry",
    "high_school_geography", "high_school_mathematics", "high_school_physics", "high_school_politics", "human_sexuality",
    "international_law", "journalism", "jurisprudence", "legal_and_moral_basis", "logical", "machine_learning", "management", "marketing",
    "marxist_theory", "modern_chinese", "philosophy", "professional_accounting", "professional_law", "professional_psychology",
    "public_relations", "security_study", "sociology", "sports_science", "world_history", "world_religions",
)  # fmt: skip
"""The subjects, each a file."""
COLUMNS = ("Question", "A", "B", "C", "D", "Answer")


class CmmluSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["clinicalgpt", "cmmlu", "lm-eval"] = Field(
        "clinicalgpt", description="whose prompt asks: clinicalgpt, cmmlu, lm-eval"
    )
    subjects: str = Field("all", description="medical (the nine of medicine), or names of subjects with commas; all")


def read(corpus: Corpus, settings: CmmluSettings) -> Iterator[Example]:
    """`,Question,A,B,C,D,Answer`. dev rows, the examples of few-shot prompts, are of the train split."""
    wanted = tuple(SUBJECTS) if settings.subjects == "medical" else tuple(settings.subjects.split(","))
    for file in corpus.files:
        subject = stem(file)
        if settings.subjects != "all" and subject not in wanted:
            corpus.count("files of other subjects")
            continue
        if settings.prompt == "cmmlu" and subject not in SUBJECTS:
            raise UsageError(f"{file.name}: prompt=cmmlu knows the Chinese names of {', '.join(SUBJECTS)} only")
        split, published = word_in_path(file, SHOTS), word_in_path(file, {name: name for name in SHOTS})
        for place, row in file.csv():
            question = Question(
                place, row.get("Question"), {letter: row.get(letter) for letter in "ABCD"}, row.get("Answer") or "",
                "zh", split, subject, subject, several=False,
                meta={"subject_zh": SUBJECTS.get(subject), "published_split": published},
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)


def fits(preview: FilePreview) -> str | None:
    if preview.is_table and preview.has(*COLUMNS):
        return "columns Question, A to D and Answer, as CMMLU has them"
    return None


READER = Reader(
    title="CMMLU",
    license="CC-BY-NC-SA-4.0",
    license_note="",
    files="{dev,test}/SUBJECT.csv",
    read=read,
    fits=fits,
    published=(PublishedFile(COLUMNS, ("", "Unnamed: 0"), "zh", ("Question", *"ABCD"), names="|".join(PUBLISHED)),),
    settings=CmmluSettings,
    categories=Categories("category"),
    url="https://github.com/haonan-li/CMMLU",
)

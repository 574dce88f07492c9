"""CMExam: questions of the Chinese medical licensing exam, with explanations and, in the test set, five annotations."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from kgtools.corpora.exams.questions import CLINICALGPT, LM_EVAL_ZH, ExamSettings, Question, cell_text, records
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader

CMEXAM = replace(
    CLINICALGPT,
    ask="问题: {question}, \n 选项: {options}",
    option="{letter} {text}",
    one="答案: {letter} {text}",
    several="答案: {letters}",
    why=". \n 解释:{explanation}",
)
PROMPTS = {"clinicalgpt": CLINICALGPT, "cmexam": CMEXAM, "lm-eval": LM_EVAL_ZH}
BREAK = re.compile(r"(?:(?:\\r)?\\n|<[bB][rR]\s?/?>)\s?(?=[A-Z][ .．、:：])")
r"""An escaped line break before an option: `A 一\nB 二`."""
OPTION = re.compile(r"^[^\S\n]*([A-Z])[ .．、:：]\s*", re.MULTILINE)
"""`A 阿司匹林`, `B. ...` at the beginning of a line."""
ANNOTATIONS = {
    "Area of Competency": "competency",
    "Clinical Department": "department",
    "Medical Discipline": "discipline",
    "Difficulty level": "difficulty",
}

ANNOTATED = ("Disease Group", *ANNOTATIONS)


class CmexamSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["clinicalgpt", "cmexam", "lm-eval"] = Field(
        "clinicalgpt", description="whose prompt asks: clinicalgpt, cmexam, lm-eval"
    )


def read(corpus: Corpus, settings: CmexamSettings) -> Iterator[Example]:
    """`Question,Options,Answer,Explanation` of a CSV or a workbook; a key may be several letters."""
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        for place, row in file.csv():
            if missing := [column for column in ("Question", "Options", "Answer") if column not in row]:
                corpus.refuse(place, "missing-field", f"no column {', '.join(missing)}")
                continue
            question = Question(
                place, row["Question"], options_of(row["Options"]), row["Answer"], "zh", split,
                cell_text(row.get("Medical Discipline")), cell_text(row.get("Disease Group")), row.get("Explanation"),
                meta={name: cell_text(row.get(column)) for column, name in ANNOTATIONS.items()},
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)


def options_of(text: str) -> dict[str, str]:
    """`A 甲` lines by letter; the line break may be a backslash and an n, or `<br>`. Nothing where a letter comes twice."""
    _, *found = OPTION.split(BREAK.sub("\n", text))
    letters, texts = found[::2], found[1::2]
    return dict(zip(letters, texts, strict=True)) if len(set(letters)) == len(letters) else {}


def fits(preview: FilePreview) -> str | None:
    if preview.has("Question", "Options", "Answer") and options_of(str(preview.rows[0]["Options"])):
        return "options as lettered lines of one column, as CMExam has them"
    return None


READER = Reader(
    title="CMExam",
    license="Apache-2.0",
    license_note="the README adds: academic use only",
    files="train.csv, val.csv, test_with_annotations.csv, or the same as workbooks",
    read=read,
    fits=fits,
    published=(
        PublishedFile(
            ("Question", "Options", "Answer", "Explanation"),
            ANNOTATED,
            "zh",
            ("Question", "Options"),
            names=r"(?i:cmexam[-_]?)?(?i:train|val|test)(?:_with_annotations)?",
        ),
    ),
    settings=CmexamSettings,
    categories=Categories("category"),
    url="https://github.com/williamliujl/CMExam",
)

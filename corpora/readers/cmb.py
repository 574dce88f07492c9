"""CMB-Exam: 28 classes of Chinese medical exams; the keys of the test set are a file of their own."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.exams.questions import (
    CLINICALGPT,
    LETTERED,
    LM_EVAL_ZH,
    ExamSettings,
    Question,
    cell_text,
    records,
)
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.files.place import Place, Row
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader

ASK = "以下是中国{exam_type}中{exam_class}考试的一道{question_type}，"
CMB = replace(LETTERED, ask=ASK + "不需要做任何分析和解释，直接输出答案选项。\n{question}\n{options}")
CMB_COT = replace(
    CLINICALGPT, ask=ASK + "请分析每个选项，并最后给出答案。\n{question}\n{options}", option="{letter}. {text}"
)
PROMPTS = {"clinicalgpt": CLINICALGPT, "cmb": CMB, "cmb-cot": CMB_COT, "lm-eval": LM_EVAL_ZH}
SEVERAL = "多项选择题"
MORE = ("id", "answer", "explanation")

Keys = dict[str, tuple[Place, dict[str, Any]]]
"""The rows of key files, by the id of their question."""


class CmbSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["clinicalgpt", "cmb", "cmb-cot", "lm-eval"] = Field(
        "clinicalgpt", description="whose prompt asks: clinicalgpt, cmb, cmb-cot, lm-eval"
    )


def read(corpus: Corpus, settings: CmbSettings) -> Iterator[Example]:
    """Questions with `option` and `answer`; a question without `answer` gets that of its id in a file of keys."""
    files = [(file, _is_keys(file)) for file in corpus.files]
    keys = _keys(corpus, [file for file, is_keys in files if is_keys])
    for file, is_keys in files:
        split = word_in_path(file, SPLITS)
        for row in () if is_keys else file.json():
            key = row.values["answer"] or "" if "answer" in row.values else _key(corpus, row, keys)
            if key is not False:
                yield from records(corpus, _question(row, key, split), PROMPTS[settings.prompt], settings)
    for place, _ in keys.values():
        corpus.refuse(place, "key-without-question", "no question of this id was given")


def _question(row: Row, key: Any, split: str | None) -> Question:
    values = row.values
    kind = cell_text(values.get("question_type"))
    names = ("exam_type", "exam_class", "question_type", "id")
    return Question(
        row.place, values.get("question"), values.get("option"), key, "zh", split,
        cell_text(values.get("exam_subject")), cell_text(values.get("exam_class")), values.get("explanation"),
        kind == SEVERAL if kind else None, {name: cell_text(values.get(name)) for name in names},
    )  # fmt: skip


def _key(corpus: Corpus, row: Row, keys: Keys) -> Any:
    """The key of a question without one; None where there is none, False where it is another question's."""
    _, found = keys.pop(cell_text(row.values.get("id")), (None, {}))
    for name in ("exam_class", "exam_subject"):
        if found and cell_text(found.get(name)) != cell_text(row.values.get(name)):
            corpus.refuse(row.place, "key-of-another-question", f"the key of this id has another {name}")
            return False
    return found.get("answer", "") if found else None


def _is_keys(file: File) -> bool:
    first = next(file.quiet().json(), None)
    return bool(first and "answer" in first.values and "question" not in first.values)


def _keys(corpus: Corpus, files: list[File]) -> Keys:
    keys: Keys = {}
    for file in files:
        for place, values in file.json():
            name = cell_text(values.get("id"))
            if not name or "answer" not in values:
                corpus.refuse(place, "missing-field", "a key has an id and an answer")
            elif name in keys:
                corpus.refuse(place, "key-given-twice", "this id has a key already")
            else:
                keys[name] = place, values
    return keys


def fits(preview: FilePreview) -> str | None:
    if preview.has("option", "exam_class"):
        return "option and exam_class, as CMB has them"
    if preview.has("id", "answer", "exam_class", "exam_subject"):
        return "keys by id with exam_class, as CMB publishes those of its test set"
    return None


NAMES = r"(?i:CMB[-_](?:Exam[-_])?(?:train|val|test).*)"
"""Of its files, without their suffix."""
READER = Reader(
    title="CMB-Exam",
    license="Apache-2.0",
    license_note="",
    files="CMB-train, CMB-val and CMB-test files; those of the test set together with CMB-test-choice-answer.json",
    read=read,
    fits=fits,
    published=(
        PublishedFile(
            ("exam_type", "exam_class", "exam_subject", "question", "question_type", "option"),
            MORE,
            "zh",
            ("question",),
            names=NAMES,
        ),
        PublishedFile(("id", "exam_type", "exam_class", "exam_subject", "question_type", "answer"), names=NAMES),
    ),
    together=True,
    settings=CmbSettings,
    categories=Categories("category"),
    url="https://github.com/FreedomIntelligence/CMB",
)

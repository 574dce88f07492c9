"""MLEC-QA: questions of the Chinese licensing exams of five professions; those that need an image are left out."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from kgtools.corpora.exams.questions import CLINICALGPT, LM_EVAL_ZH, ExamSettings, Question, cell_text, records
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import SPLITS, stem, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader

PROMPTS = {"clinicalgpt": CLINICALGPT, "lm-eval": LM_EVAL_ZH}
WITHOUT = ("", "none", "null", "[]")


class MlecQaSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["clinicalgpt", "lm-eval"] = Field(
        "clinicalgpt", description="whose prompt asks: clinicalgpt, lm-eval"
    )


def read(corpus: Corpus, settings: MlecQaSettings) -> Iterator[Example]:
    """`{qid, qtype, qtext, qimage, options, answer}`; the profession and the split are in the file's name."""
    for file in corpus.files:
        split, subject = word_in_path(file, SPLITS), _subject(file)
        for place, row in file.json():
            if row.get("qimage") and str(row["qimage"]).strip().lower() not in WITHOUT:
                corpus.refuse(place, "needs-an-image", "qimage names one")
                continue
            question = Question(
                place, row.get("qtext"), row.get("options"), row.get("answer") or "", "zh", split, subject, subject,
                meta={"id": cell_text(row.get("qid")), "question_type": cell_text(row.get("qtype"))},
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)


def _subject(file: File) -> str:
    """`Clinic` of `Clinic_train.json`."""
    words = [word for word in stem(file).split("_") if word.lower() not in SPLITS]
    return "_".join(words)


def fits(preview: FilePreview) -> str | None:
    if preview.has("qid", "qtype", "qtext", "options"):
        return "qid, qtype and qtext, as MLEC-QA has them"
    return None


READER = Reader(
    title="MLEC-QA",
    license="unknown",
    license_note="none is stated",
    files="a JSON file for each profession and split, Clinic_train.json and the like",
    read=read,
    fits=fits,
    published=(PublishedFile(("qid", "qtype", "qtext", "options", "answer"), ("qimage",), "zh", ("qtext",)),),
    settings=MlecQaSettings,
    categories=Categories("category"),
    url="https://github.com/Judenpech/MLEC-QA",
)

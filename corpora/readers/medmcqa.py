"""MedMCQA: questions of Indian medical entrance exams, with four options, a subject and often an explanation."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.exams.questions import LM_EVAL_CHOICES, PLAIN, ExamSettings, Question, cell_text, records
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import SPLITS, word_in_path
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, PublishedFile, Reader
from kgtools.tools.errors import InputError

PROMPTS = {"plain": PLAIN, "lm-eval": LM_EVAL_CHOICES}
OPTIONS = {"opa": "A", "opb": "B", "opc": "C", "opd": "D"}
COLUMNS = ("id", "question", *OPTIONS, "choice_type")


class MedmcqaSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["plain", "lm-eval"] = Field("plain", description="whose prompt asks: plain, lm-eval")
    cop: Literal["1", "0"] = Field(
        "1", description="what the first option is in `cop`: 1 as published, 0 in some mirrors"
    )


def read(corpus: Corpus, settings: MedmcqaSettings) -> Iterator[Example]:
    """`{question, opa..opd, cop, exp, subject_name, topic_name, id, choice_type}`; of the test set without `cop`.

    Each question has one key, whatever its choice_type. Raises InputError where `cop` counts from another number."""
    base = int(settings.cop)
    for file in corpus.files:
        split = word_in_path(file, SPLITS)
        counted = _base(file)
        if counted not in (None, base):
            raise InputError(f"{file.name}: its cop counts from {counted}, not from {base}; --set cop={counted}")
        for place, row in file.json():
            question = Question(
                place, row.get("question"), {letter: row.get(name) for name, letter in OPTIONS.items()},
                _key(row.get("cop"), base), "en", split, cell_text(row.get("subject_name")), cell_text(row.get("subject_name")),
                row.get("exp"), False,
                {"id": cell_text(row.get("id")), "topic": cell_text(row.get("topic_name")), "choice_type": cell_text(row.get("choice_type"))},
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)


def _key(cop: Any, base: int) -> str | None:
    """The letter of an option's number; none for the test set, which has no number or -1; `?` for no option's number."""
    if cop is None or cop == -1:
        return None
    return "ABCD"[cop - base] if isinstance(cop, int) and 0 <= cop - base < 4 else "?"


def _base(file: File) -> int | None:
    """The number of the first option: 1 as soon as a fourth is seen, 0 where the file has a 0 and no 4, else not known."""
    has_zero = False
    for row in file.quiet().json():
        cop = row.values.get("cop")
        if cop == 4:
            return 1
        has_zero = has_zero or (cop == 0 and cop is not False)
    return 0 if has_zero else None


def fits(preview: FilePreview) -> str | None:
    if preview.has("question", *OPTIONS) and (preview.has("cop") or preview.has(*COLUMNS)):
        return "options opa to opd, as MedMCQA has them"
    return None


READER = Reader(
    title="MedMCQA",
    license="MIT",
    license_note="",
    files="train.json, dev.json, test.json (JSON lines)",
    read=read,
    fits=fits,
    published=(PublishedFile(COLUMNS, ("cop", "exp", "subject_name", "topic_name"), "en", ("question", *OPTIONS)),),
    settings=MedmcqaSettings,
    categories=Categories("category"),
    url="https://github.com/medmcqa/medmcqa",
)

"""The USMLE self assessments of MedAlpaca: a file of questions for each step, a file of keys, a list of those with images."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from kgtools.corpora.exams.questions import (
    LM_EVAL,
    PLAIN,
    ExamSettings,
    Question,
    cell_text,
    letters_of,
    options_by_letter,
    records,
)
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import stem
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Categories, Corpus, Example, FilePreview, Reader

MEDALPACA = replace(
    PLAIN, ask="Answer this multiple choice question.\n\n{question}\n{options}", option="{letter}: {text}",
    one="{letter}: {text}", several="{options}",
)  # fmt: skip
PROMPTS = {"plain": PLAIN, "medalpaca": MEDALPACA, "lm-eval": LM_EVAL}
STEP = re.compile(r"step[_ -]?([123])", re.IGNORECASE)
"""`step1`, `Step 2`."""
IMAGES = "image"

Keys = dict[tuple[str, str], tuple[Place, Any]]
"""The keys by step and number of their question."""


class UsmleSettings(ExamSettings):
    """What there is to choose."""

    prompt: Literal["plain", "medalpaca", "lm-eval"] = Field(
        "plain", description="whose prompt asks: plain, medalpaca, lm-eval"
    )


def read(corpus: Corpus, settings: UsmleSettings) -> Iterator[Example]:
    """`step1.json` and the like with `step1_solutions.json`; questions of `question_with_images.json` are refused."""
    kinds = [(file, _kind(file)) for file in corpus.files]
    keys = _keys(corpus, [file for file, kind in kinds if kind == "keys"])
    images = _images(corpus, [file for file, kind in kinds if kind == "images"])
    if not images:
        corpus.count("files read without the list of questions with images", sum(kind == "step" for _, kind in kinds))
    for file, kind in kinds:
        step = _step(file)
        for place, row in file.json() if kind == "step" else ():
            number = cell_text(row.get("no")) or str(place.row)
            found = keys.pop((step, number), None)
            if (step, number) in images:
                corpus.refuse(place, "needs-an-image", "it is in the list of questions with images")
                continue
            key = row.get("answer_idx") if "answer_idx" in row else found[1] if found else None
            meta = {"id": f"step{step}-{number}", "step": step}
            question = Question(
                place, row.get("question"), row.get("options"), key, "en", "test", f"step{step}", f"step{step}", meta=meta
            )  # fmt: skip
            yield from records(corpus, question, PROMPTS[settings.prompt], settings)
    for place, _ in keys.values():
        corpus.refuse(place, "key-without-question", "no question of this step and number was given")


def _kind(file: File) -> str:
    name = stem(file).lower()
    if IMAGES in name:
        return "images"
    first = next(file.quiet().values(), (None, None))[1]
    return "keys" if isinstance(first, dict) and _are_keys(first) else "step"


def _are_keys(values: dict[str, Any]) -> bool:
    return bool(values) and all(key.isdigit() and letters_of(value) for key, value in values.items())


def _step(file: File) -> str:
    found = STEP.search(stem(file))
    return found[1] if found else "0"


def _keys(corpus: Corpus, files: list[File]) -> Keys:
    keys: Keys = {}
    for file in files:
        for place, number, key in file.members():
            if (_step(file), number) in keys:
                corpus.refuse(place, "key-given-twice", "this question has a key already")
            else:
                keys[_step(file), number] = place, key
    return keys


def _images(corpus: Corpus, files: list[File]) -> set[tuple[str, str]]:
    names: set[tuple[str, str]] = set()
    for file in files:
        for place, name, numbers in file.members():
            step = STEP.search(name) or re.fullmatch(r"([123])", name)
            if step and isinstance(numbers, list):
                names |= {(step[1], cell_text(number)) for number in numbers}
            else:
                corpus.refuse(place, "missing-field", "expected a step with a list of numbers")
    return names


def fits(preview: FilePreview) -> str | None:
    complete = preview.rows[0] if preview.rows and isinstance(preview.rows[0], dict) else {}
    named = STEP.search(preview.name.rpartition("/")[2])
    if (
        named
        and preview.has("question", "options")
        and not preview.has("answer_idx")
        and options_by_letter(complete["options"])
    ):
        return "a step in its name, and options by letter, as the self assessments have them"
    if IMAGES in preview.name.lower() and complete and all(STEP.fullmatch(key) for key in complete):
        return "numbers by step, as the list of questions with images has them"
    if named and _are_keys(complete):
        return "a step in its name, and letters by number, as the solutions have them"
    return None


READER = Reader(
    title="USMLE self assessments",
    license="unknown",
    license_note="none is stated; the questions are the NBME's copyright",
    files="step1.json, step1_solutions.json and so on, with question_with_images.json",
    read=read,
    fits=fits,
    together=True,
    settings=UsmleSettings,
    categories=Categories("category"),
    url="https://github.com/kbressem/medAlpaca",
)

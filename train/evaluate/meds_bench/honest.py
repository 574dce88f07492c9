"""Answers to MedS-Bench scored for what they say: sets of letters, one label, names, phrases, prose."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from kgtools.corpora.verify import Item, read_letters
from kgtools.train.evaluate.entities.match import Counts, match_strictly
from kgtools.train.evaluate.entities.names import fold
from kgtools.train.evaluate.entities.typed import read_entities
from kgtools.train.evaluate.meds_bench.catalog import MedsTask, tasks
from kgtools.train.evaluate.meds_bench.labels import claims, read_label
from kgtools.train.evaluate.meds_bench.texts import text_metrics
from kgtools.train.evaluate.task import Answer, Sample

NUMBERS = (
    "right", "unread", "contained", "tp", "fp", "fn", "matched", "tokens", "reference_tokens", "rouge_1", "rouge_l",
)  # fmt: skip
PARTS = ("tp", "fp", "fn")
Marks = dict[str, Any]
AND = re.compile(r"(?<=\b[A-J]) (?:et|y|e) (?=[A-J]\b)")
"""Between letters in French and Spanish; of Russian and Japanese the grading of exams knows it."""
MARKS = re.compile(r"[\"'“”‘’*`]|(?<![.。])[.。]+$")
SPACE = re.compile(r"\s+")


def score(given: Sequence[tuple[Sample, Answer]]) -> pl.DataFrame:
    """`state`, `extracted` (what was read, as JSON lists are written with ` | ` between) and, as numbers, NUMBERS; of tasks with several labels
    `tp_1`, `fp_1`, `fn_1` and so on for each label, in their order. Null where a number is none of the task's kind.

    `right`: all that is asked for and nothing else; `unread`: nothing can be read as an answer, or several answers; `contained`: the reference
    stands in the answer; `tp`, `fp`, `fn`: names that are in both, in the answer alone, in the reference alone; `matched`, `tokens`,
    `reference_tokens`, `rouge_1`, `rouge_l`: of prose (`texts.py`)."""
    rows = [_grade(sample, answer) for sample, answer in given]
    width = max((len(sample.asked["labels"]) for sample, _ in given if _task(sample).kind == "labels"), default=0)
    kinds: dict[str, Any] = {"state": pl.String, "extracted": pl.String} | dict.fromkeys(NUMBERS, pl.Float64)
    kinds |= {f"{part}_{number}": pl.Float64 for number in range(1, width + 1) for part in PARTS}
    return pl.DataFrame([[row.get(name) for name in kinds] for row in rows], schema=kinds, orient="row")


def _task(sample: Sample) -> MedsTask:
    return tasks()[str(sample.meta["task"])]


def _grade(sample: Sample, answer: Answer) -> Marks:
    task = _task(sample)
    found = GRADES[task.kind](sample, answer.text or "", task)
    return found | ({"state": "missing", "unread": 1.0} if answer.text is None else {})


def _choice(sample: Sample, text: str, _: MedsTask) -> Marks:
    key = sample.asked["key"]
    chosen = read_letters(
        AND.sub(", ", text), Item("choice", options=sample.asked["options"], right=key), sample.question
    )
    read = chosen.state == "read"
    return {
        "state": chosen.state, "extracted": chosen.letters, "right": float(read and chosen.letters == key), "unread": float(not read),
    }  # fmt: skip


def _label(sample: Sample, text: str, task: MedsTask) -> Marks:
    labels = sample.asked["labels"]
    claim = read_label(text, labels, sample.question, task.first_line)
    right = claims(sample.reference or "", labels)
    read = claim.state == "read"
    return {
        "state": claim.state, "extracted": " | ".join(claim.labels), "right": float(read and claim.labels == right), "unread": float(not read),
    }  # fmt: skip


def _labels(sample: Sample, text: str, _: MedsTask) -> Marks:
    labels = sample.asked["labels"]
    said, right = set(claims(text, labels, sample.question)), set(claims(sample.reference or "", labels))
    marks: Marks = {
        "state": "read" if said else "no_answer", "extracted": " | ".join(label for label in labels if label in said),
        "right": float(said == right), "unread": float(not said),
    }  # fmt: skip
    for number, label in enumerate(labels, 1):
        both = (
            label in said and label in right,
            label in said and label not in right,
            label in right and label not in said,
        )
        marks |= {f"{part}_{number}": float(value) for part, value in zip(PARTS, both, strict=True)}
    return marks


def _entities(sample: Sample, text: str, task: MedsTask) -> Marks:
    """An answer that cannot be read names nothing. That there are none, said of a sentence that has none, is right."""
    found = read_entities(text, [task.entity], sample.question)
    names = None if found is None else [name for _, name in found]
    said, right = _set(names or ()), _set(_names_of(sample.reference or ""))
    counts = match_strictly([("", name) for name in said], [("", name) for name in right])
    return {
        "state": "no_answer" if names is None else "read", "extracted": " | ".join(said), "unread": float(names is None),
        "right": float(names is not None and said == right), **_floats(counts),
    }  # fmt: skip


def _names_of(reference: str) -> list[str]:
    plain = reference.strip().rstrip(".")
    return [] if plain.lower().startswith("there is no related") else plain.split(", ")


def _extraction(sample: Sample, text: str, _: MedsTask) -> Marks:
    """Right is the same set of phrases, between commas, as one of the references; or the same text but for quotes and white space."""
    references = [sample.reference or "", *(sample.meta.get("references") or ())]
    said = _squeeze(text)
    right = any(said == _squeeze(each) or _phrases(text) == _phrases(each) for each in references)
    contained = any(_squeeze(each) in said for each in references)
    return {
        "state": "read" if said else "no_answer", "extracted": text.strip(), "right": float(bool(said) and right), "unread": float(not said),
        "contained": float(bool(said) and contained),
    }  # fmt: skip


def _squeeze(text: str) -> str:
    return SPACE.sub("", MARKS.sub("", fold(text)))


def _phrases(text: str) -> list[str]:
    return _set(MARKS.sub("", part.strip()) for part in MARKS.sub("", fold(text)).split(","))


def _text(sample: Sample, text: str, _: MedsTask) -> Marks:
    """Nothing said is like nothing, and counts."""
    likeness = text_metrics(text, sample.reference or "", sample.lang)
    return {
        "state": "read" if text.strip() else "no_answer", "extracted": None, "unread": float(not text.strip()), "matched": float(likeness.matched),
        "tokens": float(likeness.tokens), "reference_tokens": float(likeness.reference), "rouge_1": likeness.rouge_1, "rouge_l": likeness.rouge_l,
    }  # fmt: skip


def _set(names: Any) -> list[str]:
    return sorted({fold(name) for name in names} - {""})


def _floats(counts: Counts) -> Marks:
    return {name: float(value) for name, value in counts._asdict().items()}


GRADES: dict[str, Callable[[Sample, str, MedsTask], Marks]] = {
    "choice": _choice, "label": _label, "labels": _labels, "extraction": _extraction, "entities": _entities, "text": _text,
}  # fmt: skip

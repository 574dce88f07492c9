"""MedS-Bench, multiple choice: the first sign of the answer, compared with the first of the key.

Wu et al. 2024, MedS-Ins, Evaluation/eval.py. `(A)` and an option E are wrong whatever is right; a Japanese answer that begins
with 正しい答えは is, too; of several right options only the first is looked at. An empty answer ends the script; here it is wrong."""

from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading

OPENING = "the right answer is"


def read(answers: Sequence[str], _: Asked) -> Reading:
    """The letter of the only answer."""
    first = answers[0].lower().replace(OPENING, "").strip()[:1]
    return Reading(first.upper() if first in tuple("abcd") else "")


def _first(key: str) -> str:
    return key[:1]


MODE = Mode("MedS-Ins Evaluation/eval.py, multiple choice", read, part_of_key=_first)

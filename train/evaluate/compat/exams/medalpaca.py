"""MedAlpaca: drawn again until an answer looks like one.

Han et al. 2023, kbressem/medAlpaca, eval/eval_usmle.py: up to five answers are drawn, and the first that begins with a capital and one of
`: . ` is kept, else the last. So a score is of the answers that look right, not of those that a model gives. `A cat` looks right too, and `A`
and `A)` do not. The script scores nothing; the paper's `Option: Answer` is compared here by its first letter."""

import re
from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading

TRIES = 5
PUBLISHED = re.compile(r"[A-Z][:.]? .")
EDGE = re.compile(r"[A-Za-z0-9]")


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The first letter of the answer that is kept, where it is one of an option."""
    kept = keep(answers)
    return Reading(kept[:1] if kept[:1] in asked.options else "")


def keep(answers: Sequence[str]) -> str:
    """The answer that the script keeps of those that were drawn, without signs around it."""
    stripped = [_strip(text) for text in answers[:TRIES]]
    return next((text for text in stripped if PUBLISHED.match(text)), stripped[-1])


def _strip(text: str) -> str:
    places = [found.start() for found in EDGE.finditer(text)]
    return text[places[0] : places[-1] + 1] if places else ""


MODE = Mode("kbressem/medAlpaca eval/eval_usmle.py, starts_with_capital_letter", read, each=False)

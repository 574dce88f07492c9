"""What a published scorer of exams is: how it reads an answer, and what it makes of several answers to one question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple


class Reading(NamedTuple):
    """What a scorer takes for the answer. `guess`: it found none, and took one all the same."""

    letters: str
    guess: bool = False


class Asked(NamedTuple):
    """What a scorer knows of a question. `options`: letter -> text; `single`: one option is right; `generator`: of a scorer that draws."""

    options: Mapping[str, str]
    single: bool
    generator: Random


Read = Callable[[Sequence[str], Asked], Reading]
"""What a scorer makes of the answers that a model gave to one question, at least one, in their order."""


def _as_it_stands(key: str) -> str:
    return key


@dataclass(frozen=True)
class Mode:
    """A published scorer. `source`: its file; `each`: it scores each of several answers by itself, else all of them as one; `part_of_key`: what
    it compares with."""

    source: str
    read: Read
    each: bool = True
    part_of_key: Callable[[str], str] = _as_it_stands


def vote(choices: Sequence[str]) -> str:
    """What most of the choices are, of equally many the one that came first; empty ones do not vote."""
    counts: dict[str, int] = {}
    for choice in filter(None, choices):
        counts[choice] = counts.get(choice, 0) + 1
    return max(counts, key=lambda choice: counts[choice], default="")

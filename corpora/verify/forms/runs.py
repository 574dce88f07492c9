"""Sentences as units, and runs of units as numbers: a run of three units is a number of three digits, one for each unit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

LATIN, NO_UNIT = re.compile(r"([a-z0-9]+(?:[.'][a-z0-9]+)*)"), re.compile(r"[\W_]+")
"""A unit is a word, a number, or a sign of another script, such as a Chinese character; what is none."""
SENTENCE = re.compile(r"[。;!?\n]+|\.(?=\s|$)")
BETWEEN = ""
"""What stands between sentences: it is no unit."""

Digits = Mapping[str, int]
"""The units that can be compared, numbered from 1 on; any other is 0."""


class Sentence(NamedTuple):
    """A sentence of a folded text: from where to where, and its units."""

    begin: int
    end: int
    units: list[str]


def sentences_of(read: str) -> Iterator[Sentence]:
    """The sentences of a folded text that have any unit."""
    begin = 0
    for end, after in (*(sign.span() for sign in SENTENCE.finditer(read)), (len(read), len(read))):
        if units := _units(read[begin:end]):
            yield Sentence(begin, end, units)
        begin = after


def _units(sentence: str) -> list[str]:
    if sentence.isascii():
        return LATIN.findall(sentence)
    units: list[str] = []
    for at, piece in enumerate(LATIN.split(sentence)):  # every second piece is a word or number
        units += [piece] if at % 2 else NO_UNIT.sub("", piece)
    return units


def digits_of(*texts: Sequence[Sentence]) -> dict[str, int]:
    """A digit for each unit of the texts."""
    units = dict.fromkeys(unit for sentences in texts for each in sentences for unit in each.units)
    return {unit: digit for digit, unit in enumerate(units, 1)}


def runs_of(units: Sequence[str], digits: Digits, orders: Sequence[int]) -> Iterator[list[int]]:
    """For each order the runs of so many units, in their order. That of a unit which is not known is like none of known ones."""
    base = len(digits) + 1
    runs = known = [*map(digits.get, units, repeat(0))]
    for order in range(1, orders[-1] + 1):
        if order > 1:
            runs = [run * base + digit for run, digit in zip(runs, known[order - 1 :], strict=False)]
        if order in orders:
            yield runs

"""How many entities of an answer are those of a reference: word for word, and wherever they overlap."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from kgtools.train.evaluate.entities.names import fold
from kgtools.train.evaluate.entities.typed import Entity


class Counts(NamedTuple):
    """`tp`: entities of the answer that the reference has; `fp`: those that it has not; `fn`: those of the reference that the answer lacks."""

    tp: int
    fp: int
    fn: int


def match_strictly(said: Sequence[Entity], right: Sequence[Entity]) -> Counts:
    """By type and name, each as often as it is given: an entity that stands twice must be said twice."""
    mine, theirs = (
        Counter((type_, fold(name)) for type_, name in said),
        Counter((type_, fold(name)) for type_, name in right),
    )
    tp = (mine & theirs).total()
    return Counts(tp, mine.total() - tp, theirs.total() - tp)


def match_loosely(said: Sequence[Entity], right: Sequence[Entity], text: str) -> Counts:
    """By type, and characters that both cover in `text`; names that stand nowhere in it overlap where one holds the other. No entity counts
    for two: as many pairs are made as there can be."""
    text = fold(text)
    mine, theirs = [(type_, fold(name)) for type_, name in said], [(type_, fold(name)) for type_, name in right]
    spans = {name: _places(name, text) for _, name in {*mine, *theirs}}
    beside = [
        [
            at
            for at, (type_, name) in enumerate(theirs)
            if type_ == own_type and (name == own or name in own or own in name or _overlap(spans[name], spans[own]))
        ]
        for own_type, own in mine
    ]
    tp = _pair(beside, len(theirs))
    return Counts(tp, len(mine) - tp, len(theirs) - tp)


def _places(name: str, text: str) -> list[tuple[int, int]]:
    found, at = [], text.find(name) if name else -1
    while at >= 0:
        found.append((at, at + len(name)))
        at = text.find(name, at + 1)
    return found


def _overlap(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]]) -> bool:
    return any(begin < other_end and other < end for begin, end in a for other, other_end in b)


def _pair(beside: Sequence[Sequence[int]], others: int) -> int:
    """The size of the largest matching (Kuhn 1955). `beside`: the numbers of those that each may be paired with."""
    taken: list[int | None] = [None] * others

    def place(one: int, tried: set[int]) -> bool:
        for other in beside[one]:
            if other not in tried:
                tried.add(other)
                before = taken[other]
                if before is None or place(before, tried):
                    taken[other] = one
                    return True
        return False

    return sum(place(one, set()) for one in range(len(beside)))

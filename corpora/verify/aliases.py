"""What the things of an item are called, as it is looked for in a text."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.reading import fold


@lru_cache(65_536)
def clean(name: str) -> str:
    """A name as it is looked for: one text for all items that have it."""
    return fold(name).strip(" \n\t,。;:")


@lru_cache(16_384)
def names_of(names: Names) -> frozenset[str]:
    """Names of one thing as they are looked for."""
    return frozenset(filter(None, map(clean, names)))


def short_forms(about: Sequence[Names]) -> Iterator[Names]:
    """Of the first two things what their names do not share: type 1 of type 1 diabetes, beside type 2 diabetes."""
    for one, other in (about[:2], about[1::-1]):
        yield tuple(
            short for name in map(clean, one) for beside in map(clean, other) if (short := _short(name, beside))
        )


def _short(name: str, beside: str) -> str:
    """A name without its end, where another has this too; nothing where that leaves too little."""
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(reversed(name), reversed(beside), strict=False))
    )
    if name.isascii():
        return name[: len(name) - same].strip() if same > 2 and name[len(name) - same] == " " else ""
    rest = name[: len(name) - same + (len(name) - same == 1)]
    return rest if 1 < len(rest) < len(name) - 1 else ""


def ends_of(item: Item) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Head and tail of the steps of an item, each by its names and by those that what the item is about or asks for has beside these."""
    every: dict[str, frozenset[str]] = {}
    if item.steps:
        for one in (*item.about, *item.answers):
            names = names_of(one)
            every |= dict.fromkeys(names, names)
    none: frozenset[str] = frozenset()
    ends = [(names_of(step.head), names_of(step.tail)) for step in item.steps]
    return [
        (head.union(*(every.get(name, none) for name in head)), tail.union(*(every.get(name, none) for name in tail)))
        for head, tail in ends
    ]

"""Every span of a text that identifies a person, none over another."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain

from kgtools.corpora.deidentify.classes import RANK, Span
from kgtools.corpora.deidentify.dates import dates
from kgtools.corpora.deidentify.english import english
from kgtools.corpora.deidentify.fold import fold
from kgtools.corpora.deidentify.labelled import find_labelled
from kgtools.corpora.deidentify.names import again, names
from kgtools.corpora.deidentify.numbers import numbers
from kgtools.corpora.deidentify.places import places

TAGS = re.compile(r"\[[^\[\]\n]{1,12}\d{1,6}\]")
"""A tag that an earlier run put in place of something: `[姓名1]`."""


def find(text: str, known: Iterable[str] = ()) -> list[Span]:
    """The spans in their order; offsets are those of the text as it is. `known`: names that the record told elsewhere."""
    folded = fold(text)
    found = [structured_of(folded), names(folded), again(folded, known), dates(folded), places(folded)]
    if re.search("[A-Za-z]{2}|邮", folded):
        found.append(english(folded))
    return resolve(_outside_tags(folded, chain(*found)))


def find_structured(text: str) -> list[Span]:
    """Only what a form or a label gives away: the classes STRUCTURED."""
    folded = fold(text)
    return resolve(_outside_tags(folded, structured_of(folded)))


def structured_of(folded: str) -> Iterator[Span]:
    """The structured spans of a folded text, overlaps and all."""
    yield from find_labelled(folded)
    if re.search(r"\d|[一幺][三四五六七八九]", folded):
        yield from numbers(folded)


def resolve(spans: Iterable[Span]) -> list[Span]:
    """None over another: the class of the higher rank stands, then the longer span; what lies within it goes with it."""
    taken: list[Span] = []  # in their order
    for span in sorted(set(spans), key=lambda s: (RANK[s.kind], s.start - s.end, s.start, s.rule)):
        at = bisect_left(taken, span.start, key=lambda other: other.start)
        before, behind = taken[at - 1 : at], taken[at : at + 1]
        if span.end > span.start and not (
            (before and before[0].end > span.start) or (behind and behind[0].start < span.end)
        ):
            taken.insert(at, span)
    return taken


def _outside_tags(folded: str, spans: Iterable[Span]) -> Iterator[Span]:
    tags = [match.span() for match in TAGS.finditer(folded)] if "[" in folded else []
    for span in spans:
        at = bisect_left(tags, span.end, key=lambda tag: tag[0])  # the last tag that begins before the span ends
        if not at or tags[at - 1][1] <= span.start:
            yield span

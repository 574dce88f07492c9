"""What a graph says of each entity under any name, and the names that can stand in an answer and are not said."""

import random
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable

import polars as pl

from templates.facts import View

DRAWS, NEAREST = 32, 16
"""Draws before one gives up, and from how many of about the right length."""

Pick = tuple[str, int]
"""A name or a value, and the sources that say it."""


def form(text: str) -> str:
    """What counts as the same name: width, case and blanks don't matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Said:
    """What a graph says of each entity, doubtful facts too: nothing of it may be called wrong."""

    def __init__(self, view: View) -> None:
        names, english = view.names("zh").to_list(), view.names("en").to_list()
        self._forms = [
            {form(name)} | ({form(other)} if other else set()) for name, other in zip(names, english, strict=True)
        ]
        aliases = view.facts.filter(pl.col("kind") == "alias").select("head", "value")
        for head, alias in aliases.iter_rows():
            self._forms[head].add(form(alias))
        triples = view.facts.filter(pl.col("kind") == "relation").select("head", "tail")
        turned = triples.select(pl.col("tail").alias("head"), pl.col("head").alias("tail"))
        linked = pl.concat([triples, turned]).group_by("head").agg(pl.col("tail").unique())
        self._linked: dict[int, list[int]] = dict(linked.iter_rows())
        self._values: dict[int, set[str]] = {}
        values = view.facts.filter(pl.col("kind") == "attribute").select("head", "value")
        for head, value in values.iter_rows():
            self._values.setdefault(head, set()).add(form(value))
        self._of: dict[int, set[str]] = {}
        self.known = set().union(*self._forms)

    def names_of(self, entity: int) -> set[str]:
        """Forms of its names and aliases."""
        return self._forms[entity]

    def about(self, head: int) -> set[str]:
        """Forms of the head's own names, of its values, and of the names of all entities that any triple links to it."""
        if head not in self._of:
            linked = (self._forms[other] for other in self._linked.get(head, ()))
            self._of[head] = self._forms[head].union(self._values.get(head, ()), *linked)
        return self._of[head]


class Pool:
    """The names (or values) that a template can answer with, by their length."""

    def __init__(self, rows: pl.DataFrame, said: Said) -> None:
        known = rows.group_by("tail", "text").agg(pl.col("mask").bitwise_or())
        known = known.with_columns(pl.col("text").str.len_chars().alias("length")).sort("length", "text", "tail")
        self._lengths = known["length"].to_list()
        self._picks: list[Pick] = list(known.select("text", "mask").iter_rows())
        self._forms = [
            said.names_of(tail) | {form(text)} if tail is not None else {form(text)}
            for tail, text in known.select("tail", "text").iter_rows()
        ]

    def pick(self, length: int, taken: set[str], near: Iterable[str], draw: random.Random) -> Pick | None:
        """One of about this length, none of whose names is taken, holds one of `near` or is held by one; None where a number
        of draws finds none."""
        low, high = bisect_left(self._lengths, length), bisect_left(self._lengths, length + 1)
        while high - low < min(NEAREST, len(self._picks)):
            low, high = max(low - 1, 0), min(high + 1, len(self._picks))
        for _ in range(DRAWS if high > low else 0):
            place = draw.randrange(low, high)
            forms = self._forms[place]
            if taken.isdisjoint(forms) and not any(overlap(name, other) for name in forms for other in near):
                return self._picks[place]
        return None


def overlap(one: str, other: str) -> bool:
    """Whether one name holds the other, as 胃炎 and 慢性胃炎."""
    return one in other or other in one

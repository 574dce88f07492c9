"""A graph as queries see it: what is linked with what, doubtful facts too, and the names by which it can be asked for."""

from collections import Counter, defaultdict
from functools import lru_cache

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.tasks.cypher.query import Pattern

Links = dict[int, list[tuple[int, int]]]
"""entity -> (entity, the fact that links it)."""


RECENT = 8
"""Patterns, and attributes, of which all facts are at hand: those of a template, and of what leads on from it."""


class QueriedGraph:
    """Answers patterns from the facts of a view, as the graph's store would."""

    def __init__(self, view: GraphView) -> None:
        self.view = view
        self.types: list[str] = view.entities["type"].to_list()
        self.chinese: list[str] = view.names("zh").to_list()
        self.english: list[str | None] = view.names("en").to_list()
        named = Counter(zip(self.types, self.english, strict=True))
        self._one_of_its_name = [named[each] == 1 for each in zip(self.types, self.english, strict=True)]
        self.masks: list[int] = view.facts["mask"].to_list()
        self.in_doubt = set(view.facts.filter(pl.col("reason").is_not_null())["fact"])
        triples = view.facts.filter(pl.col("kind") == "relation")
        self._by_relation = {
            str(name): part for (name,), part in triples.partition_by("relation", as_dict=True).items()
        }
        self.links = lru_cache(RECENT)(self._links)
        self.values = lru_cache(RECENT)(self._values)

    def shown(self, entity: int, lang: str) -> str:
        """The name of an entity in a row."""
        return self.chinese[entity] if lang == "zh" else self.english[entity] or self.chinese[entity]

    def asked(self, entity: int, lang: str) -> str | None:
        """The name by which a query finds this entity and no other of its type; None where there is none."""
        return self.chinese[entity] if lang == "zh" else self.english[entity] if self._one_of_its_name[entity] else None

    def _links(self, pattern: Pattern) -> Links:
        """What the pattern leads to from each entity of its head's type."""
        found: Links = defaultdict(list)
        types = self.view.entities["type"]
        for relation in pattern.relations:
            rows = self._by_relation.get(relation)
            if rows is None:
                continue
            for begin, end in {">": [("head", "tail")], "<": [("tail", "head")]}.get(
                pattern.arrow, [("head", "tail"), ("tail", "head")]
            ):
                part = rows.filter(
                    (types.gather(rows[begin]) == pattern.head) & (types.gather(rows[end]) == pattern.tail)
                )
                for one, other, fact in part.select(begin, end, "fact").iter_rows():
                    found[one].append((other, fact))
        return found

    def _values(self, attribute: str) -> dict[int, list[tuple[str, int]]]:
        """The values of an attribute that each entity has, as the graph holds them, each with its fact."""
        facts = self.view.facts.filter((pl.col("kind") == "attribute") & (pl.col("relation") == attribute))
        found: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for head, value, fact in facts.select("head", "value", "fact").iter_rows():
            found[head].append((value, fact))
        return found

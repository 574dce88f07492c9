"""What a graph consists of: entity types, relations with what they join, attributes, each with an example."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import polars as pl

from kgtools.kg.columns import ENTITY_COLUMNS, TRIPLE_COLUMNS
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities, Triples


@dataclass(frozen=True)
class TypeSchema:
    """An entity type, the label of its nodes. `attributes`: those that its entities have, and how many of them do; `example`: the name of
    the entity of most triples."""

    type: str
    zh: str
    en: str
    count: int
    attributes: dict[str, int]
    example: str


@dataclass(frozen=True)
class JoinedTypes:
    """The types at the ends of triples, and how many there are; `allowed`: whether the ontology has the relation between them."""

    head: str
    tail: str
    count: int
    allowed: bool


@dataclass(frozen=True)
class RelationSchema:
    """A relation, the type of its relationships. `inverse`: its words from the tail's side; `between`: what it joins, most first; `example`:
    the names of a head and a tail."""

    relation: str
    zh: str
    en: str
    inverse: str
    count: int
    between: list[JoinedTypes]
    example: tuple[str, str]


@dataclass(frozen=True)
class AttributeSchema:
    """An attribute: a property that is a list of texts, and a key of the property `attributes`, which has origins.

    `unit`: percent, day or yuan, of a quantity; `count`: entities that have it."""

    attribute: str
    zh: str
    en: str
    unit: str | None
    count: int
    example: str


@dataclass(frozen=True)
class GraphSchema:
    """What a query may name: labels, relationship types, properties and attributes that are there, in the order of the ontology."""

    types: list[TypeSchema]
    relations: list[RelationSchema]
    attributes: list[AttributeSchema]
    node_properties: list[str]
    relationship_properties: list[str]

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        return asdict(self)


def schema(store: Store) -> GraphSchema:
    """The schema of a graph, as it is. Raises StoreError where there is no graph."""
    entities, triples = store.entities(), store.triples()
    held: dict[str, Counter[str]] = {}
    examples: dict[str, str] = {}
    for type_, text in entities.filter(pl.col("attributes") != "{}").select("type", "attributes").iter_rows():
        for name, values in orjson.loads(text).items():
            held.setdefault(type_, Counter())[name] += 1
            first = min(values, key=lambda value: (len(value), value))
            examples[name] = min(examples.get(name, first), first, key=lambda value: (len(value), value))
    degrees = pl.concat([triples["head"], triples["tail"]]).value_counts().rename({"head": "id"})
    named = (
        entities.select("id", "type", "name")
        .join(degrees, on="id", how="left")
        .sort(pl.col("count").fill_null(0), "id", descending=[True, False])
    )
    return GraphSchema(
        _types(named, held),
        _relations(named, triples),
        _attributes(held, examples),
        sorted(ENTITY_COLUMNS),
        sorted(TRIPLE_COLUMNS),
    )


def _types(named: pl.DataFrame, held: dict[str, Counter[str]]) -> list[TypeSchema]:
    found = {str(type_): part for (type_,), part in named.partition_by("type", as_dict=True).items()}
    words = ontology()
    return [
        TypeSchema(
            type_, kind.zh, kind.en, found[type_].height,
            {name: held[type_][name] for name in words.attributes if held.get(type_, Counter())[name]}, found[type_]["name"][0],
        )
        for type_, kind in words.entities.items() if type_ in found
    ]  # fmt: skip


def _relations(named: Entities, triples: Triples) -> list[RelationSchema]:
    types = dict(named.select("id", "type").iter_rows())
    names = dict(named.select("id", "name").iter_rows())
    rows = []
    for relation, word in ontology().relations.items():
        part = triples.filter(pl.col("relation") == relation).sort("head", "tail")
        if part.is_empty():
            continue
        pairs = Counter((types[head], types[tail]) for head, tail in part.select("head", "tail").iter_rows())
        between = [
            JoinedTypes(head, tail, count, head in word.domain and tail in word.range)
            for (head, tail), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        first = next(
            (head, tail) for head, tail in part.select("head", "tail").iter_rows() if (types[head], types[tail]) == (between[0].head, between[0].tail)
        )  # fmt: skip
        rows.append(
            RelationSchema(
                relation, word.zh, word.en, word.inverse, part.height, between, (names[first[0]], names[first[1]])
            )
        )
    return rows


def _attributes(held: dict[str, Counter[str]], examples: dict[str, str]) -> list[AttributeSchema]:
    totals = Counter[str]()
    for counts in held.values():
        totals.update(counts)
    return [
        AttributeSchema(name, word.zh, word.en, word.unit, totals[name], examples[name])
        for name, word in ontology().attributes.items() if totals[name]
    ]  # fmt: skip

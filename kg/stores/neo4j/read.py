"""Read a graph back from a Neo4j server, in few and large records: what is ours, and a count of what is not."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import orjson
import polars as pl

from kgtools.kg.columns import ENTITY_COLUMNS, NO_ATTRIBUTES, TRIPLE_COLUMNS, attribute_values
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.neo4j.metadata import LABEL
from kgtools.kg.stores.reconcile import StoredGraph
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.frames import Schema

BETWEEN = "\x1f"
ROWS = 50_000


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles in the block: among millions of lists that are no garbage it takes as long as reading them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read_back(transaction: Any) -> StoredGraph:
    """All entities and triples that are ours, and by label or type the number of those that are not.

    A tail is null where no entity of that id has the label of its type."""
    entities, triples = read_entities(transaction), read_triples(transaction)
    foreign = _foreign(transaction, entities, triples)
    labelled = entities.filter(pl.col("id").str.starts_with(pl.col("type") + ":"))["id"].implode()
    return StoredGraph(entities, triples.with_columns(pl.when(pl.col("tail").is_in(labelled)).then("tail")), foreign)


@uncollected()
def read_entities(transaction: Any) -> Entities:
    """Every node with the label of an entity type, sorted by id.

    Pages along the index of the id would be faster, but where a transaction has written, its new ids come in another
    order than those that were there."""
    types = list(ontology().entities)
    returned = ", ".join(f"n.{name}" for name in ENTITY_COLUMNS)
    query = (
        "MATCH (n) WHERE n.id > '' UNWIND [label IN labels(n) WHERE label IN $types] AS type "
        f"RETURN type, [{returned}], {ATTRIBUTE_SIZES}"
    )
    result = transaction.run(query, types=types, attributes=sorted(ontology().attributes))
    frames = [ENTITIES.frame()]
    while rows := [[type_, *_with_attributes(row, sizes)] for type_, row, sizes in result.fetch(ROWS)]:
        frames.append(_frame(ENTITIES, ("type", *ENTITY_COLUMNS), rows))
    return pl.concat(frames, how="diagonal").select(list(ENTITIES.columns)).sort("id")


ATTRIBUTE_SIZES = (
    "[key IN keys(n) WHERE key IN $attributes | [key, CASE WHEN n[key] IS :: LIST<STRING NOT NULL> "
    "THEN [value IN n[key] | size(value)] END]]"
)
"""Of each attribute that is a property, how long its values are: all of them again would be as much as the rest."""


def _with_attributes(row: list[Any], sizes: list[list[Any]]) -> list[Any]:
    """A node's columns; where its properties are not what its column `attributes` says, that is null."""
    at = ENTITY_COLUMNS.index("attributes")
    text = row[at]
    if type(text) is str and (sizes or text != NO_ATTRIBUTES):
        try:
            wanted = {name: [len(value) for value in values] for name, values in attribute_values(text).items()}
        except (orjson.JSONDecodeError, AttributeError):
            return row  # which somebody else wrote: it differs as it is
        if wanted != dict(sizes):
            row[at] = None
    return row


@uncollected()
def read_triples(transaction: Any) -> Triples:
    """Every relationship of a type of ours from an entity, sorted by id; one record holds all that an entity is head of."""
    returned = ", ".join(f"r.{name}" for name in TRIPLE_COLUMNS)
    frames, heads, rows = [TRIPLES.frame()], list[Any](), list[list[Any]]()

    def take() -> None:
        frames.append(_frame(TRIPLES, ("relation", "tail", *TRIPLE_COLUMNS), rows, heads))
        heads.clear()
        rows.clear()

    query = (
        "MATCH (h) WHERE any(type IN $types WHERE type IN labels(h) AND h.id STARTS WITH type + ':') AND EXISTS { (h)-->() } "
        f"RETURN h.id, COLLECT {{ MATCH (h)-[r]->(t) RETURN [type(r), t.id, {returned}] }}"
    )
    for head, triples in transaction.run(query, types=list(ontology().entities)):
        heads.extend(repeat(head, len(triples)))
        rows.extend(triples)
        if len(rows) >= ROWS:
            take()
    take()
    return (
        pl.concat(frames).filter(pl.col("relation").is_in(list(ontology().relations))).sort("id", maintain_order=True)
    )


def _frame(
    schema: Schema, columns: Iterable[str], rows: list[list[Any]], heads: list[Any] | None = None
) -> pl.DataFrame:
    """Rows as a frame; a value of another type than ours, which somebody else wrote, becomes null."""
    names = list(columns)
    values = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    if heads is not None:
        values["head"] = tuple(heads)
    return pl.DataFrame(
        [_series(name, list(values[name]), kind) for name, kind in schema.columns.items() if name in values]
    )


def _series(name: str, values: list[Any], kind: Any) -> pl.Series:
    """A column; lists of text as one text each and split again, for polars takes lists one by one, 20 times as slowly."""
    if kind == pl.String and set(map(type, values)) <= {str, type(None)}:
        return pl.Series(name, values, dtype=kind)
    texts = _joined(values) if kind == pl.List(pl.String) else None
    if texts is None:
        return pl.Series(name, [value if _is_ours(value, kind) else None for value in values], dtype=kind)
    split = pl.col(name).str.strip_suffix(BETWEEN).str.split(BETWEEN)
    lists = pl.when(pl.col(name) == "").then(pl.lit([], pl.List(pl.String))).otherwise(split)
    return pl.DataFrame({name: texts}, schema={name: pl.String}).select(lists.alias(name)).to_series()


def _is_ours(value: Any, kind: Any) -> bool:
    """Whether it is a text, or where the column holds lists, a list of texts."""
    if kind == pl.String:
        return type(value) is str
    return type(value) is list and all(type(item) is str for item in value)


def _joined(values: list[Any]) -> list[str] | None:
    """The texts of each list with a sign behind each; None where one is no list of texts, or holds the sign."""
    if set(map(type, values)) - {list}:
        return None
    try:
        texts = [BETWEEN.join(each) + BETWEEN if each else "" for each in values]
    except TypeError:
        return None
    return texts if "".join(texts).count(BETWEEN) == sum(map(len, values)) else None


def _foreign(transaction: Any, entities: Entities, triples: Triples) -> dict[str, int]:
    """What is in the database besides: nodes by their labels, relationships by their type."""
    foreign: dict[str, int] = {}
    nodes = {tuple(labels): n for labels, n in transaction.run("MATCH (n) RETURN labels(n), count(*)")}
    ours = dict(entities.group_by("type").len().iter_rows())
    for labels, number in nodes.items():
        if labels != (LABEL,):
            single = len(labels) == 1 and labels[0] in ontology().entities
            besides = number - ours.get(labels[0], 0) if single else number
            foreign["nodes " + (":".join(labels) or "without a label")] = max(besides, 0)
    links = dict(list(row) for row in transaction.run("MATCH ()-[r]->() RETURN type(r), count(*)"))
    loaded = dict(triples.group_by("relation").len().iter_rows())
    for type_, number in links.items():
        foreign[f"relationships {type_}"] = max(number - loaded.get(type_, 0), 0)
    return {name: number for name, number in sorted(foreign.items()) if number}

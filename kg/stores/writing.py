"""Write a graph into a Neo4j server: constraints first, then only the rows that differ, nodes before triples; then indexes."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from kg.ontology import ontology
from kg.reconcile import Held
from kg.stores.engine import ENTITY_COLUMNS, TRIPLE_COLUMNS, quoted
from kg.stores.vault import LABEL
from kg.tables import Entities, Triples
from tools.errors import StoreError

ENTITY_ROWS, TRIPLE_ROWS = 5_000, 10_000
INDEXABLE = 7_000
"""Bytes of a name that an index of Neo4j can surely hold."""


@dataclass(frozen=True)
class Batch:
    """One statement and the rows that it is run on; `by_first`: neighbours with the same first value go as one."""

    cypher: str
    rows: pl.DataFrame
    by_first: bool = False

    def values(self) -> list[tuple[Any, ...]]:
        """The rows as Python has them: tuples, or `by_first` (value, the rest of each row that begins with it)."""
        rows = self.rows.rows()
        if not self.by_first:
            return rows
        return [(first, [row[1:] for row in same]) for first, same in groupby(rows, itemgetter(0))]

    def send(self, transaction: Any, rows: list[tuple[Any, ...]]) -> None:
        """Send `rows`, which are ours as Python has them, and wait until they are taken."""
        transaction.run(self.cypher, rows=rows).consume()


def prepare(session: Any, entities: Entities) -> None:
    """Make the constraints of the graph that are missing, and see that all are there and online.

    A name too long for an index leaves its type without an index of names."""
    there = _schema(session)
    for type_ in sorted(_long(entities)):
        if (type_, "name") in there:
            session.run(f"DROP INDEX {quoted(there[type_, 'name'][0])} IF EXISTS").consume()
    _make(session, {(type_, "id"): True for type_ in ontology().entities})


def finish(session: Any, entities: Entities) -> None:
    """Make the indexes of names that are missing: a name that is too long for one is no longer there."""
    long = _long(entities)
    _make(session, {(type_, "name"): False for type_ in ontology().entities if type_ not in long})


def _long(entities: Entities) -> set[str]:
    return set(entities.filter(pl.col("name").str.len_bytes() > INDEXABLE)["type"])


def prepare_books(session: Any) -> None:
    """Make the constraint of the books, before anybody holds their lock: it would wait for that."""
    _make(session, {(LABEL, "id"): True})


def _make(session: Any, wanted: dict[tuple[str, str], bool]) -> None:
    there = _schema(session)
    new = [(label, key, unique) for (label, key), unique in wanted.items() if not _serves(there, label, key, unique)]
    if not new:
        return
    for label, key, unique in new:
        session.execute_write(_run, _statement(label, key, unique))  # again, where another load makes the same
    session.run("CALL db.awaitIndexes(600)").consume()
    there = _schema(session)
    missing = [f"{label}.{key}" for (label, key), unique in wanted.items() if not _serves(there, label, key, unique)]
    if missing:
        raise StoreError(
            f"the server made no index for {', '.join(missing)}; has another index or constraint its place?"
        )


def _run(transaction: Any, statement: str) -> None:
    transaction.run(statement).consume()


def _serves(there: dict[tuple[str, str], tuple[str, bool]], label: str, key: str, unique: bool) -> bool:
    return (label, key) in there and there[label, key][1] >= unique


def _statement(label: str, key: str, unique: bool) -> str:
    name = quoted(f"kgtools_{label}_{key}")
    if unique:
        return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{quoted(label)}) REQUIRE n.{quoted(key)} IS UNIQUE"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{quoted(label)}) ON (n.{quoted(key)})"


def _schema(session: Any) -> dict[tuple[str, str], tuple[str, bool]]:
    """(label, property) -> the name of its index that is online, and whether it keeps the values unique."""
    query = (
        "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, owningConstraint, state "
        "WHERE type = 'RANGE' AND entityType = 'NODE' AND state = 'ONLINE' AND size(properties) = 1 "
        "RETURN labelsOrTypes[0], properties[0], name, owningConstraint IS NOT NULL"
    )
    return {(label, key): (name, unique) for label, key, name, unique in session.run(query)}


def batches(entities: Entities, triples: Triples, held: Held, known: Collection[str]) -> list[Batch]:
    """What makes of the graph that is held the graph that is wanted.

    Taken out is only what names no source but the `known` ones: what somebody else put there stays."""
    ends = ["id", "head", "relation", "tail"]
    twice = held.triples.select(ends).is_duplicated()
    mislabelled = held.entities.filter(_type("id").ne_missing(pl.col("type")))
    return [
        *_entities(_differing(entities, held.entities)),
        *_triples(_differing(triples, held.triples.filter(~twice))),
        *_gone_triples(_ours(held.triples.join(triples, on=ends, how="anti"), known)),
        *_doubled(held.triples.filter(twice).unique(ends, maintain_order=True).join(triples, on=ends, how="semi")),
        *_mislabelled(_ours(mislabelled, known)),
        *_gone_entities(_ours(held.entities.join(pl.concat([entities, mislabelled]), on="id", how="anti"), known)),
        *_without_id([type_ for type_ in ontology().entities if f"nodes {type_}" in held.foreign], known),
    ]


def _differing(wanted: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not there just so."""
    if held.is_empty():
        return wanted
    rows = _flat(wanted).with_row_index("row").join(_flat(held), on=wanted.columns, how="anti", nulls_equal=True)
    return wanted[rows["row"].sort()]


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    return frame.with_columns(
        pl.concat_str(pl.col(name).list.len().cast(pl.String), pl.col(name).list.join("\x1f"), separator="\x1f")
        for name in lists
    )


def _ours(rows: pl.DataFrame, known: Collection[str]) -> pl.DataFrame:
    said = pl.col("sources")
    return rows.filter((said.list.len() > 0) & said.list.eval(pl.element().is_in(list(known))).list.all())


def _entities(rows: Entities) -> list[Batch]:
    written = _written("n", "row", ENTITY_COLUMNS)
    return [
        Batch(f"UNWIND $rows AS row MERGE (n:{quoted(type_)} {{id: row[0]}}) {written}", part)
        for (type_,), part in _parted(rows.select("type", *ENTITY_COLUMNS), "type", size=ENTITY_ROWS)
    ]


def _triples(rows: Triples) -> list[Batch]:
    """Those of one head together: it is looked up once, and a batch touches few entities."""
    written = _written("r", "said", TRIPLE_COLUMNS, first=1)
    return [
        Batch(
            f"UNWIND $rows AS row MATCH (h:{quoted(head)} {{id: row[0]}}) WITH h, row UNWIND row[1] AS said "
            f"MATCH (t:{quoted(tail)} {{id: said[0]}}) MERGE (h)-[r:{quoted(relation)} {{id: said[1]}}]->(t) {written}",
            part,
            by_first=True,
        )
        for (relation, head, tail), part in _ended(rows)
    ]


def _written(what: str, row: str, columns: tuple[str, ...], first: int = 0) -> str:
    """How MERGE sets the properties, which stand in the row from place `first` on: of a new one each for itself, which
    is faster; of one that is there all at once, so that no others are left."""
    values = {name: f"{row}[{place}]" for place, name in enumerate(columns, first)}
    each = ", ".join(f"{what}.{name} = {value}" for name, value in values.items() if name != "id")
    whole = ", ".join(f"{name}: {value}" for name, value in values.items())
    return f"ON CREATE SET {each} ON MATCH SET {what} = {{{whole}}}"


def _gone_triples(rows: Triples) -> list[Batch]:
    """Those without an id, which they have lost, are told from others by their sources."""
    return [
        Batch(f"UNWIND $rows AS row MATCH {_found(key)} AND r.sources = row[3] DELETE r", part)
        for key, part in _ended(rows)
    ]


def _doubled(rows: Triples) -> list[Batch]:
    """All but one of the relationships with the same id."""
    extra = "WITH row, collect(r) AS same UNWIND tail(same) AS extra DELETE extra"
    return [Batch(f"UNWIND $rows AS row MATCH {_found(key)} {extra}", part) for key, part in _ended(rows)]


def _found(key: tuple[str, ...]) -> str:
    relation, head, tail = map(quoted, key)
    ends = f"(:{head} {{id: row[0]}})-[r:{relation}]->(:{tail} {{id: row[1]}})"
    return f"{ends} WHERE coalesce(r.id, '') = coalesce(row[2], '')"


def _mislabelled(rows: Entities) -> list[Batch]:
    """Nodes lose a label that is not the type in their id, and go where they have no other; they are written anew before."""
    gone = "WITH n WHERE size(labels(n)) = 0 DETACH DELETE n"
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quoted(type_)} {{id: row[0]}}) REMOVE n:{quoted(type_)} {gone}", part)
        for (type_,), part in _parted(rows.select("type", "id"), "type", size=ENTITY_ROWS)
    ]


def _without_id(types: Collection[str], known: Collection[str]) -> list[Batch]:
    """Nodes that have lost their id and are told from others by their sources; they are written anew before."""
    ours = "n.id IS NULL AND n.sources IS :: LIST<STRING NOT NULL> AND size(n.sources) > 0 AND all(s IN n.sources WHERE s IN row[0])"
    rows = pl.DataFrame({"known": [sorted(known)]})
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quoted(type_)}) WHERE {ours} DETACH DELETE n", rows) for type_ in types
    ]


def _gone_entities(rows: Entities) -> list[Batch]:
    return [
        Batch(f"UNWIND $rows AS row MATCH (n:{quoted(type_)} {{id: row[0]}}) DETACH DELETE n", part)
        for (type_,), part in _parted(rows.select("type", "id"), "type", size=ENTITY_ROWS)
    ]


def _ended(rows: Triples) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    typed = rows.drop_nulls(["head", "tail"]).select(
        "relation", _type("head"), _type("tail"), "head", "tail", *TRIPLE_COLUMNS
    )
    return _parted(typed.sort("head", "tail"), "relation", "head type", "tail type", size=TRIPLE_ROWS)


def _type(end: str) -> pl.Expr:
    return pl.col(end).str.extract(r"(?s)^([^:]*):").alias(f"{end} type")


def _parted(rows: pl.DataFrame, *keys: str, size: int) -> list[tuple[tuple[str, ...], pl.DataFrame]]:
    """The rows by these keys, without them, in pieces of `size`."""
    parts = sorted(
        rows.partition_by(list(keys), as_dict=True, include_key=False, maintain_order=True).items(),
        key=lambda item: item[0],
    )
    return [(key, part.slice(at, size)) for key, part in parts for at in range(0, part.height, size)]

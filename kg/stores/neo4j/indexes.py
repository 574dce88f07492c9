"""Constraints and indexes of a graph in a Neo4j server: unique ids before anything is written, names to find by afterwards."""

from typing import Any

import polars as pl

from kgtools.kg.columns import quote
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.neo4j.metadata import LABEL
from kgtools.kg.tables import Entities
from kgtools.tools.errors import StoreError

INDEXABLE = 7_000
"""Bytes of a name that an index of Neo4j can surely hold."""


def prepare(session: Any, entities: Entities) -> None:
    """Make the constraints of the graph that are missing, and see that all are there and online.

    A name too long for an index leaves its type without an index of names."""
    there = _schema(session)
    for type_ in sorted(_long(entities)):
        if (type_, "name") in there:
            session.run(f"DROP INDEX {quote(there[type_, 'name'][0])} IF EXISTS").consume()
    _make(session, {(type_, "id"): True for type_ in ontology().entities})


def finish(session: Any, entities: Entities) -> None:
    """Make the indexes of names that are missing: a name that is too long for one is no longer there."""
    long = _long(entities)
    _make(session, {(type_, "name"): False for type_ in ontology().entities if type_ not in long})


def _long(entities: Entities) -> set[str]:
    return set(entities.filter(pl.col("name").str.len_bytes() > INDEXABLE)["type"])


def prepare_metadata(session: Any) -> None:
    """Make the constraint of the metadata, before anybody holds their lock: it would wait for that."""
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
    name = quote(f"kgtools_{label}_{key}")
    if unique:
        return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{quote(label)}) REQUIRE n.{quote(key)} IS UNIQUE"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{quote(label)}) ON (n.{quote(key)})"


def _schema(session: Any) -> dict[tuple[str, str], tuple[str, bool]]:
    """(label, property) -> the name of its index that is online, and whether it keeps the values unique."""
    query = (
        "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, owningConstraint, state "
        "WHERE type = 'RANGE' AND entityType = 'NODE' AND state = 'ONLINE' AND size(properties) = 1 "
        "RETURN labelsOrTypes[0], properties[0], name, owningConstraint IS NOT NULL"
    )
    return {(label, key): (name, unique) for label, key, name, unique in session.run(query)}

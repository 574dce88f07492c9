"""Constraints and indexes of a graph in a Neo4j server: unique ids before anything is written, names to find by afterwards.

What others made serves as well, whatever its name. What is in the way of ours is left to its owner, who gets the Cypher."""

import time
from dataclasses import dataclass
from typing import Any

import polars as pl

from kgtools.kg.columns import quote
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.neo4j.metadata import LABEL
from kgtools.kg.tables import Entities
from kgtools.tools.errors import StoreError

INDEXABLE = 7_000
"""Bytes of a name that an index of Neo4j can surely hold."""

MAKING_S = 5.0
"""How long the constraint of another load may take until it owns its index: a server makes the index first."""

Key = tuple[str, str]
"""Label and property."""


@dataclass(frozen=True)
class Index:
    """An index of one property; `unique`: a constraint's, which keeps the values unique."""

    name: str
    unique: bool
    online: bool

    def serves(self, unique: bool) -> bool:
        """Whether it does what is wanted."""
        return self.online and self.unique >= unique

    @property
    def drop(self) -> str:
        """The Cypher that takes it away."""
        return f"DROP {'CONSTRAINT' if self.unique else 'INDEX'} {quote(self.name)}"


def prepare(session: Any, entities: Entities) -> None:
    """Make the constraints of the graph that are missing, and see that all are there and online.

    A name too long for an index leaves its type without an index of names. Raises StoreError where an index of others is
    in the way."""
    there = _indexes(session)
    for type_ in sorted(_long(entities)):
        index = there.get((type_, "name"))
        if index and index.name != _name(type_, "name"):
            raise StoreError(f"a name of the type {type_} is too long for an index, {_way_out(index, (type_, 'name'))}")
        if index:
            session.run(f"{index.drop} IF EXISTS").consume()
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


def explain_constraint(session: Any, message: str) -> str:
    """Which constraint of others the server means when it refuses a row, and how to drop it; nothing where it is not known."""
    listed = (
        "SHOW CONSTRAINTS YIELD name, labelsOrTypes, properties RETURN name, labelsOrTypes[0], properties ORDER BY name"
    )
    for name, label, keys in session.run(listed):
        if keys != ["id"] and quote(label) in message and all(quote(key) in message for key in keys):
            what = f"the constraint {name} on {label} ({', '.join(keys)}), which kgtools did not make, forbids what is to be written"
            return (
                f"{what}; run DROP CONSTRAINT {quote(name)} in that database, or name an empty one, and run this again"
            )
    return ""


def _make(session: Any, wanted: dict[Key, bool]) -> None:
    there = _indexes_once_owned(session, [key for key, unique in wanted.items() if unique])
    new = {key: unique for key, unique in wanted.items() if key not in there or not there[key].serves(unique)}
    if not new:
        return
    for key, unique in new.items():
        if key in there and unique > there[key].unique:
            raise StoreError(f"the ids of kgtools need a uniqueness constraint, {_way_out(there[key], key)}")
    names = _names(session)
    for key, unique in new.items():
        session.execute_write(_run, _statement(key, unique, names))  # again, where another load makes the same
    session.run("CALL db.awaitIndexes(600)").consume()
    there = _indexes(session)
    missing = [".".join(key) for key, unique in wanted.items() if key not in there or not there[key].serves(unique)]
    if missing:
        raise StoreError(f"the server made no index for {', '.join(missing)}; SHOW INDEXES tells the state of each")


def _way_out(index: Index, key: Key) -> str:
    kind = "constraint" if index.unique else "index"
    label, name = key
    return (
        f"and the {kind} {index.name} on (:{label} {{{name}}}), which kgtools did not make, is in the way; "
        f"run {index.drop} in that database and run this again"
    )


def _run(transaction: Any, statement: str) -> None:
    transaction.run(statement).consume()


def _name(label: str, key: str) -> str:
    return f"kgtools_{label}_{key}"


def _statement(key: Key, unique: bool, names: set[str]) -> str:
    """What makes a constraint or an index; one whose name somebody else has taken gets a name of the server's."""
    label, property_ = map(quote, key)
    name = "" if _name(*key) in names else quote(_name(*key))
    if unique:
        return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{property_} IS UNIQUE"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.{property_})"


def _names(session: Any) -> set[str]:
    """Every name that an index or a constraint has, which share them."""
    return {name for kind in ("INDEXES", "CONSTRAINTS") for name in session.run(f"SHOW {kind} YIELD name").value()}


def _indexes_once_owned(session: Any, keys: list[Key]) -> dict[Key, Index]:
    """The indexes, where those that have our constraints' names belong to them: another load may be making these just now."""
    end = time.monotonic() + MAKING_S
    while True:
        there = _indexes(session)
        bare = [key for key in keys if key in there and there[key].name == _name(*key) and not there[key].unique]
        if not bare or time.monotonic() > end:
            return there
        time.sleep(0.1)


def _indexes(session: Any) -> dict[Key, Index]:
    """The index that finds nodes by one property, of each label and property that has one."""
    query = (
        "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, owningConstraint, state "
        "WHERE type = 'RANGE' AND entityType = 'NODE' AND size(properties) = 1 "
        "RETURN labelsOrTypes[0], properties[0], name, owningConstraint IS NOT NULL, state = 'ONLINE'"
    )
    return {(label, key): Index(*facts) for label, key, *facts in session.run(query)}

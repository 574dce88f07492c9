"""Where a graph lives. A store is found by the URL of `--graph`: a folder, or the scheme of a server."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NameTable
from kgtools.kg.stores.reconcile import Fault, StoredGraph
from kgtools.kg.tables import Entities, Triples
from kgtools.tools import registry
from kgtools.tools.errors import UsageError

FOLDER = "folder"
"""The store of a URL without a scheme."""


class Transaction(Protocol):
    """One change of a locked store. What is written counts once it is committed, or never."""

    inputs: Inputs
    """What the graph is made of before the change."""

    def write(self, inputs: Inputs, entities: Entities, triples: Triples) -> StoredGraph:
        """Write the graph of other inputs; gives what was read back."""

    def commit(self) -> None:
        """What was written is the graph now."""


class Readable(Protocol):
    """What is read of a graph to make records of it, of a store or of a graph that is nowhere written."""

    def metadata(self) -> GraphMetadata:
        """What was loaded, by name: sources and tables of names, with files, licence, counts."""

    def names(self) -> tuple[NameTable, ...]:
        """The tables of English names, in order."""

    def entities(self) -> Entities:
        """All entities, sorted by id."""

    def triples(self) -> Triples:
        """All triples, sorted by id."""


class Store(Readable, Protocol):
    """What every store can do; whatever the store, the answers are the same.

    What an object reads is of one graph, that of its first look, until it changes the graph itself."""

    def has_graph(self) -> bool:
        """Whether a graph is there, be it damaged. Raises InputError where something else is."""

    def changing(self, command: str) -> AbstractContextManager[Transaction]:
        """Lock the store for one change by `command`, until the end of it. Raises StoreError that says who has locked it."""

    def inputs(self) -> Inputs:
        """What the graph is made of."""

    def read_back(self) -> StoredGraph:
        """What is really in the store, whatever it should be."""

    def faults(self) -> list[Fault]:
        """What of the store is not as it was written, file by file. Raises StoreError where no graph is."""

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows of a read-only query. Raises CypherError."""


def open_store(url: str) -> Store:
    """The store behind a URL; nothing is made or changed. Raises UsageError for a scheme that no store knows."""
    scheme, found, _ = url.partition("://")
    if not found:
        return cast(Store, registry.find("stores", FOLDER)(Path(url)))
    name = scheme.partition("+")[0]
    if name not in {*registry.names("stores")} - {FOLDER} or scheme.partition("+")[2] not in ("", "s", "ssc"):
        raise UsageError(
            f"--graph {scheme}://...: no store for {scheme}; give the folder of a graph, or neo4j:// or bolt://"
        )
    with registry.lent("stores", name):
        return cast(Store, registry.find("stores", name)(url))


def as_frame(columns: list[str], rows: Iterable[list[Any]]) -> pl.DataFrame:
    """A query's answer as a frame."""
    return pl.DataFrame(list(rows), schema=columns, orient="row", infer_schema_length=None)

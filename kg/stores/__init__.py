"""Where a graph lives. A store is found by the URL of `--graph`: a folder, or the scheme of a server."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from kg.merge import NameTable, SourceTables
from kg.tables import Entities, Triples
from tools import registry
from tools.errors import UsageError


class Store(Protocol):
    """What every store can do; whatever the store, the answers are the same."""

    def upsert(self, sources: list[SourceTables]) -> None:
        """Make the graph say what each of `sources` says, instead of what it said before, all or nothing.

        Raises Findings, the graph as it was, where what is read back differs from what was to be loaded."""

    def add_names(self, table: NameTable) -> None:
        """Give entities without an English name the one of the table; a table of the same name is replaced."""

    def about(self) -> dict[str, Any]:
        """`sources` and `names`: what was loaded, by name: files with SHA-256, licence, counts."""

    def entities(self) -> Entities:
        """All entities, sorted by id."""

    def triples(self) -> Triples:
        """All triples, sorted by id."""

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows of a read-only query. Raises CypherError."""


def open_store(url: str) -> Store:
    """The store behind a URL; nothing is made or changed. Raises UsageError for a scheme that no store knows."""
    scheme, found, _ = url.partition("://")
    if not found:
        return cast(Store, registry.find("stores", "embedded")(Path(url)))
    if scheme not in registry.names("stores"):
        raise UsageError(f"--graph {scheme}://...: no store for {scheme}; give the folder of an embedded graph")
    return cast(Store, registry.find("stores", scheme)(url))


def as_frame(columns: list[str], rows: Iterable[list[Any]]) -> pl.DataFrame:
    """A query's answer as a frame."""
    return pl.DataFrame(list(rows), schema=columns, orient="row", infer_schema_length=None)

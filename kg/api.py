"""Graphs for programs: what `import kgtools` gives of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kgtools.kg import graph as build
from kgtools.kg.audit import Finding, audits, run_all
from kgtools.kg.build.english_names import OUR_NAME
from kgtools.kg.exporters import ExportOptions, export
from kgtools.kg.graph import LoadResult, NamesResult
from kgtools.kg.source import Options
from kgtools.kg.stores import Store, as_frame, open_store
from kgtools.kg.stores.reconcile import Reconciliation

if TYPE_CHECKING:
    import networkx

PathLike = str | Path


def open_graph(url: PathLike = "./graph") -> "Graph":
    """The graph at a URL: a folder, or a Neo4j server as `neo4j://HOST` or `bolt://HOST` (`+s` for TLS).

    Who logs in is read from NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE. Nothing is made or changed: where no graph
    is yet, `load` makes one. Raises UsageError for a scheme that no store knows."""
    return Graph(open_store(str(url)))


class Graph:
    """A graph in a folder or a server. What it reads is of one state, that of the first look, until it changes it itself.

    Every method that reads raises StoreError where there is no graph or a damaged one."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def entities(self) -> pl.DataFrame:
        """All entities, sorted by `id`; `.to_pandas()` needs pandas and pyarrow.

        Columns: `id` (`Disease:糖尿病`, unique), `type`, `name`, `name_en` (nullable), `name_en_from` (the source or table of
        names that gave it), `aliases`, `sources` (lists of text), `attributes` (JSON text: attribute -> value -> origins),
        `doubts` (list: why it is loaded and not taught)."""
        return self.store.entities()

    def triples(self) -> pl.DataFrame:
        """All triples, sorted by `id`; `.to_pandas()` needs pandas and pyarrow.

        Columns: `id` (hash of the content), `head`, `relation`, `tail` (ids of entities, a relation of the ontology), `sources`
        (all that say it), `origins` (`source/file:row#field`), `contradicts` (nullable: the id of a triple
        that cannot be true beside it)."""
        return self.store.triples()

    def query(self, cypher: str, /, **params: Any) -> pl.DataFrame:
        """The rows of a Cypher query that reads, a column for each name that it returns.

        Values are parameters (`$name` in the query, `name=...` here), never pasted into it. Raises CypherError for a query
        that is wrong, or that a folder does not cover."""
        return as_frame(*self.store.query(cypher, params))

    def load(
        self,
        sources: Mapping[str, PathLike | Iterable[PathLike]],
        *,
        mapping: PathLike | None = None,
        type: str | None = None,
        raw: bool = False,
        allow_empty: bool = False,
        dry_run: bool = False,
    ) -> LoadResult:
        """Load files: source -> file or files, as in `{"xywy": "medical.json"}`. A source that is loaded again replaces what it said.

        Options and errors are those of `kgtools load`. The result has a report a source (what was read, kept, merged,
        refused, by reason) and `outcome`, whose `agrees` says whether what was read back is what was written."""
        named = [(name, [Path(path) for path in _listed(paths)]) for name, paths in sources.items()]
        options = Options(mapping=Path(mapping) if mapping is not None else None, type=type)
        return build.load(self.store, named, options, raw, allow_empty, dry_run)

    def unload(self, name: str) -> Reconciliation:
        """Take a source, or a table of English names, out again. Raises UsageError where none is called so."""
        return build.unload(self.store, name)

    def add_names(
        self,
        file: PathLike = OUR_NAME,
        *,
        license: str | None = None,
        types: Iterable[str] = (),
        name: str | None = None,
        zh: str | None = None,
        en: str | None = None,
        type_column: str | None = None,
        keep_case: bool = False,
        join: PathLike | None = None,
        allow_empty: bool = False,
    ) -> NamesResult:
        """Add a table of English names (TSV, CSV, XLSX, a JSON object); `kgtools` stands for the table that comes with kgtools.

        `zh`, `en`, `type_column`: the columns of the names and their entity type; `types`: the entity types that they are for; options
        and errors are those of `kgtools names add`. The result has the `table`, the one that it `replaced`, and `outcome`, whose
        `agrees` says whether what was read back is what was written."""
        codes = Path(join) if join is not None else None
        return build.add_names(
            self.store, Path(file), zh, en, type_column, tuple(types), name, license, keep_case, codes, allow_empty
        )

    def audit(self, only: Iterable[str] = (), folders: Iterable[PathLike] = ()) -> list[Finding]:
        """Ask the questions that show what is wrong with a graph: ours, and those in `folders` (*.cypher); `only` some by name.

        A finding is an audit (`name`, `title`, `severity`, `why`, `cypher`) with its `columns` and offending `rows`; `to_frame()`
        gives them as a frame. No rows are a pass. Raises CypherError that names the audit."""
        return list(run_all(self.store, audits([Path(folder) for folder in folders], only)))

    def verify(self) -> Reconciliation:
        """Read everything back and compare it with what the sources say and with what was written; `agrees`, `differences`."""
        return build.verify(self.store)

    def export(self, format: str, out: PathLike, *, allow_license: Iterable[str] = ()) -> None:
        """Write the graph as `rdf`, `graphml`, `networkx`, `neo4j-admin`, `parquet` or `sssom`, with its licences in it or beside it.

        Raises Findings where a licence forbids it and is not in `allow_license`."""
        export(format, self.store, Path(out), ExportOptions(allow_license=tuple(allow_license)))

    def to_networkx(self) -> "networkx.MultiDiGraph[str]":
        """The graph as networkx has it: nodes are ids of entities, edges are keyed by the id of their triple; both carry their
        other columns."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        entities, triples = self.entities(), self.triples()
        graph.add_nodes_from((row.pop("id"), row) for row in entities.iter_rows(named=True))
        graph.add_edges_from(
            (row.pop("head"), row.pop("tail"), row.pop("id"), row) for row in triples.iter_rows(named=True)
        )
        return graph


def load(graph: PathLike, sources: Mapping[str, PathLike | Iterable[PathLike]], **options: Any) -> LoadResult:
    """Load files of sources into the graph at a URL; see `Graph.load`, whose options it takes."""
    return open_graph(graph).load(sources, **options)


def audit(graph: PathLike, only: Iterable[str] = (), folders: Iterable[PathLike] = ()) -> list[Finding]:
    """Ask the graph at a URL the questions that show what is wrong with it; see `Graph.audit`."""
    return open_graph(graph).audit(only, folders)


def _listed(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    return [paths] if isinstance(paths, str | Path) else list(paths)

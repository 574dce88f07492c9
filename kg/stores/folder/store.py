"""A graph in a folder: parquet tables, made whole at every change; Cypher is compiled to SQL over them (kg/cypher).

graph/current                      the generation that counts, replaced in one step (kg/stores/folder/generations.py)
graph/000007/sources/xywy/         entities.parquet, facts.parquet, rejects.parquet, about.json of each source
graph/000007/names/000-hpo/        names.parquet, about.json of each table of English names
graph/000007/ledger.parquet        decisions on which entities are the same
graph/000007/entities.parquet      the merged graph, triples.parquet beside it: all that is read of it, and asked
graph/000007/run.json              versions, inputs with SHA-256, counts and drops by reason
graph/000007/files.json            all of these with size and SHA-256: what is read is proved to be what was written

A folder of an older kgtools has graph.lbug and pairs.json too, a second copy in an engine's own format: nobody reads them, and
the next change leaves them behind.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kgtools.kg.build.inputs import (
    GraphMetadata,
    Inputs,
    NameTable,
    files_of,
)
from kgtools.kg.stores.folder import generations
from kgtools.kg.stores.folder.generations import Generation
from kgtools.kg.stores.reconcile import Fault, StoredGraph, are_equal
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools.errors import CypherError, StoreError
from kgtools.tools.frames import scan_table, write_table
from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.staging import lock_folder, make_folder, manifest
from kgtools.tools.progress import tell

if TYPE_CHECKING:
    from kgtools.kg.cypher.run import Engine
from kgtools.kg.stores.folder.read import folders_of, read_back, read_inputs, read_metadata, read_names, read_table

WAIT_S = 2.0
ENTITIES_FILE, TRIPLES_FILE = "entities.parquet", "triples.parquet"
TABLES = (ENTITIES_FILE, TRIPLES_FILE)
WRITERS = 2
"""Tables that are written at a time: polars packs each on one core."""
ROW_GROUPS, LEAST_ROWS, MOST_ROWS = 4, 30_000, 122_880
"""Row groups of a table, which DuckDB shares out among cores: four, of no fewer rows than pay and no more than its own have."""
PART = 1 << 17
"""Rows of a file that are compared at a time."""


class FolderStore:
    """The graph in `folder`: as it was at the first look, until it is changed through this object."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: Generation | None = None
        self._engine: tuple[tuple[Path, Path], Engine] | None = None  # of the tables that were asked last

    def has_graph(self) -> bool:
        """Whether a graph is in the folder, be it damaged. Raises InputError for a folder that holds other things."""
        generations.refuse_foreign(self.folder)
        return generations.is_there(self.folder)

    @contextmanager
    def changing(self, command: str) -> Iterator["FolderTransaction"]:
        """Build the new graph beside the old one, which stays until all is done and read back."""
        make_folder(self.folder)
        with _lock(self.folder):
            self._seen = self._engine = None
            generations.clear(self.folder)
            old = self._current()
            transaction = FolderTransaction(self.folder, command, old)
            try:
                yield transaction
            finally:
                transaction.close()
            if old and transaction.committed:
                generations.clear(self.folder, older=old.number)

    def inputs(self) -> Inputs:
        """What the graph is made of."""
        with self._reading(generations.INPUTS) as generation:
            return read_inputs(generation)

    def metadata(self) -> GraphMetadata:
        """What was loaded: `sources` and `names`, each by name."""
        with self._reading() as generation:
            return read_metadata(generation)

    def names(self) -> tuple[NameTable, ...]:
        """The tables of English names, in order."""
        with self._reading() as generation:
            return tuple(read_names(generation, name) for name in folders_of(generation, "names"))

    def entities(self) -> Entities:
        """All entities, sorted by id."""
        with self._reading() as generation:
            return read_table(generation, ENTITIES_FILE, ENTITIES)

    def triples(self) -> Triples:
        """All triples, sorted by id."""
        with self._reading() as generation:
            return read_table(generation, TRIPLES_FILE, TRIPLES)

    def read_back(self) -> StoredGraph:
        """What is in the tables, whatever it should be."""
        with self._reading(TABLES) as generation:
            return read_back(generation.proven(ENTITIES_FILE), generation.proven(TRIPLES_FILE), generations.AGAIN)

    def faults(self) -> list[Fault]:
        """Every file that is not as it was written, and what is wrong with `current`."""
        generation, faults = generations.look(self.folder)
        if generation is None and not faults:
            raise self._nothing()
        return [*faults, *(generation.faults() if generation else ())]

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows, as they come; nodes and relationships as their properties."""
        from kgtools.kg.cypher.run import Engine

        with self._reading() as generation:
            files = generation.proven(ENTITIES_FILE), generation.proven(TRIPLES_FILE)
            if self._engine is None or self._engine[0] != files:
                self._engine = files, Engine(*files)
            columns, rows = self._engine[1].answer(cypher, params)
        return columns, self._answered(generation, rows)

    def _answered(self, generation: Generation, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
        """The rows; where they end too early because the generation is gone, that is what is said."""
        try:
            yield from rows
        except CypherError:
            self._refuse_gone(generation)
            raise

    @contextmanager
    def _reading(self, begin: tuple[str, ...] = ("",)) -> Iterator[Generation]:
        """The generation that was first seen; another process that changes the graph leaves it, until the next change.

        The files whose names begin so are looked at: what is missing or of another size is said before anything is read."""
        self._seen = generation = self._seen or self._current()
        if generation is None:
            raise self._nothing()
        try:
            generation.check(begin)
            yield generation
        except (StoreError, OSError):
            self._refuse_gone(generation, generation.list_hash != "" and not generations.counts(generation.directory))
            raise
        self._refuse_gone(generation)

    def _refuse_gone(self, generation: Generation, going: bool = False) -> None:
        """Raises StoreError where a change of the graph, and one more, have removed the generation, or are about it."""
        if going or not generation.directory.exists():
            raise StoreError(f"{self.folder}: the graph was changed while it was being read; run this again")

    def _current(self) -> Generation | None:
        """The generation that counts; None where there is no graph. Raises StoreError for a damaged one."""
        generation, faults = generations.look(self.folder)
        for fault in faults:
            said = f"{self.folder / fault.file}: {fault.what}; {fault.way_out}"
            if generation is None or generation.list_hash:
                raise StoreError(said)
            tell(said)
        if generation:
            _refuse_old(self.folder, generation)
        return generation

    def _nothing(self) -> StoreError:
        if self.folder.is_file():
            return StoreError(f"{self.folder}: no graph here but a file; name the folder of a graph")
        return StoreError(
            f"{self.folder}: no graph here; load one first: kgtools load SOURCE FILE... --graph {self.folder}"
        )


class FolderTransaction:
    """A new generation beside the one that counts (`old`); dropped where it is not committed."""

    def __init__(self, folder: Path, command: str, old: Generation | None) -> None:
        self.folder, self.command, self.old = folder, command, old
        self.inputs = read_inputs(old) if old else Inputs()
        self.committed = False
        self._new: Path | None = None

    def write(self, inputs: Inputs, entities: Entities, triples: Triples) -> StoredGraph:
        """The files of a new generation, and what its tables hold."""
        if self.old:
            generations.settle(self.old.directory)
        self._new = new = generations.begin(self.folder)
        writes = [partial(_write_for_queries, triples, new / TRIPLES_FILE)]
        writes += [partial(_write_for_queries, entities, new / ENTITIES_FILE)]
        writes += [partial(write_table, *table) for table in _place_inputs(new, inputs, self.old, self.inputs)]
        with ThreadPoolExecutor(WRITERS) as writers:
            for _ in writers.map(lambda write: write(), writes):
                pass  # but an error of the writer is raised here
        metadata = inputs.metadata
        counts = {"entities": entities.height, "triples": triples.height, "decisions": inputs.ledger.height}
        (new / "run.json").write_bytes(manifest(self.command, {}, files_of(metadata), **metadata.to_dict(), **counts))
        if _holds(new / ENTITIES_FILE, entities) and _holds(new / TRIPLES_FILE, triples):
            return StoredGraph(entities, triples)
        return read_back(new / ENTITIES_FILE, new / TRIPLES_FILE, "load again: the old graph is untouched")

    def commit(self) -> None:
        """Make the new generation the one that counts, in one step."""
        assert self._new is not None
        generations.finish(self._new)
        self.committed = True

    def close(self) -> None:
        """Drop the new generation unless it counts: a Ctrl-C may come when it does already."""
        if self._new is not None and not generations.counts(self._new):
            generations.drop(self._new)


def _write_for_queries(table: pl.DataFrame, path: Path) -> None:
    """A table that queries read: quick to unpack, in row groups that several cores read at a time."""
    groups = max(1, min(ROW_GROUPS, table.height // LEAST_ROWS))
    size = min(-(-table.height // groups) or 1, MOST_ROWS)
    write_table(table, path, compression="lz4", row_group_size=size)


def _place_inputs(
    new: Path, inputs: Inputs, old: Generation | None, before: Inputs
) -> Iterator[tuple[pl.DataFrame, Path]]:
    """Folders and descriptions of the inputs, and the tables that are to be written there; what is the same as before is linked."""
    kept = {id(source) for source in before.sources}
    for source in inputs.sources:
        directory = new / "sources" / source.name
        directory.mkdir(parents=True)
        if old and id(source) in kept:
            for name in old.names(f"sources/{source.name}/[^/]+"):
                _link(old.directory / name, new / name)
            continue
        yield source.facts, directory / "facts.parquet"
        yield source.named, directory / "entities.parquet"
        yield source.rejects, directory / "rejects.parquet"
        (directory / "about.json").write_bytes(to_json(source.metadata.to_dict()))
    for number, table in enumerate(inputs.names):
        directory = new / "names" / f"{number:03}-{table.name}"
        directory.mkdir(parents=True)
        yield table.names, directory / "names.parquet"
        (directory / "about.json").write_bytes(to_json(table.metadata.to_dict()))
    if not inputs.ledger.is_empty():
        yield inputs.ledger, new / "ledger.parquet"


def _holds(path: Path, written: pl.DataFrame) -> bool:
    """Whether a file holds just this table. It is read a part at a time, for both together take twice as much room; what cannot be
    read is for `read_back` to say."""
    try:
        rows = scan_table(path)
        if rows.collect_schema() != written.schema or rows.select(pl.len()).collect().item() != written.height:
            return False
        parts = (
            (rows.slice(begin, PART).collect(), written.slice(begin, PART)) for begin in range(0, written.height, PART)
        )
        return all(are_equal(found, wanted) for found, wanted in parts)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return False


def _refuse_old(folder: Path, generation: Generation) -> None:
    """Raises StoreError where an older kgtools made the graph, with fewer columns. Of a damaged table its reader tells."""
    try:
        columns = scan_table(generation.directory / ENTITIES_FILE).collect_schema().names()
        missing = [name for name in ENTITIES.columns if name not in columns]
        if missing:
            generation.proven(ENTITIES_FILE)
    except (pl.exceptions.PolarsError, OSError, StoreError):
        return
    if missing:
        raise StoreError(
            f"{folder}: an older kgtools made this graph, without {', '.join(missing)}; load its sources again into a new folder"
        )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _lock(folder: Path) -> AbstractContextManager[None]:
    """Lock the folder against other writers. Raises StoreError that says who has locked it."""
    return lock_folder(
        folder, lambda who: StoreError(f"{folder}: in use by {who}; wait until it is done and run this again"), WAIT_S
    )

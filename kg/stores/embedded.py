"""A graph in a folder: parquet tables and one database file of the embedded engine, made whole at every change.

graph/current                      the name of the generation that counts, replaced in one step
graph/000007/sources/xywy/         entities.parquet, facts.parquet, rejects.parquet, about.json of each source
graph/000007/names/000-hpo/        names.parquet, about.json of each table of English names
graph/000007/ledger.parquet        decisions on which entities are the same
graph/000007/entities.parquet      the merged graph, triples.parquet beside it
graph/000007/graph.lbug            the same in the engine, opened read-only; pairs.json: which types a relation joins
graph/000007/run.json              versions, inputs with SHA-256, counts and drops by reason
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kg.inputs import Inputs, NameTable, SourceTables, files_of
from kg.merge import merge
from kg.reconcile import Held, Reconciliation, reconcile
from kg.stores import engine
from kg.tables import ENTITIES, FACTS, LEDGER, NAMED, NAMES, REJECTS, TRIPLES, Entities, Triples
from tools.errors import InputError, StoreError
from tools.files import to_json
from tools.frames import Schema, load_table, scan_table, write_table
from tools.staging import held, make_folder, manifest, sync, write_whole

WAIT_S = 2.0


class EmbeddedStore:
    """The graph in `folder`: as it was at the first look, until it is changed through this object."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: Path | None = None
        self._reader: engine.Reader | None = None

    def change(self, make: Callable[[Inputs], Inputs], command: str = "load") -> Reconciliation:
        """Build the graph of the new inputs beside the old one, which stays until all is done and read back."""
        _refuse_foreign(self.folder)
        if self._current() is None:
            make(Inputs())  # what is refused leaves no folder behind
        make_folder(self.folder)
        with _held(self.folder):
            self._seen = None
            old = self._current()
            before = _inputs(old) if old else Inputs()
            inputs = make(before)
            now = int(old.name) if old else 0
            number = max([int(p.name) for p in self.folder.iterdir() if p.name.isdigit()], default=now) + 1
            _clear(self.folder, range(now + 1))
            new = self.folder / f"{number:06}"
            try:
                new.mkdir()
                _write_inputs(new, inputs, old, before)
                outcome = _build(new, inputs, command)
                if outcome.agrees:
                    for file in sorted(new.rglob("*")):
                        if file.is_file():
                            sync(file)
                    write_whole(self.folder / "current", f"{new.name}\n".encode())
                else:
                    shutil.rmtree(new)
            except BaseException:
                if self._current() != new:  # a Ctrl-C may come when it counts already
                    shutil.rmtree(new, ignore_errors=True)
                raise
            _clear(self.folder, range(now, number + 1))
            return outcome

    def inputs(self) -> Inputs:
        """What the graph is made of."""
        with self._reading() as generation:
            return _inputs(generation)

    def about(self) -> dict[str, Any]:
        """What was loaded: `sources` and `names`, each by name."""
        with self._reading() as generation:
            return _about(generation)

    def names(self) -> tuple[NameTable, ...]:
        """The tables of English names, in order."""
        with self._reading() as generation:
            return tuple(_names(place) for place in sorted(generation.glob("names/*")))

    def entities(self) -> Entities:
        """All entities, sorted by id."""
        with self._reading() as generation:
            return _table(generation / "entities.parquet", ENTITIES)

    def triples(self) -> Triples:
        """All triples, sorted by id."""
        with self._reading() as generation:
            return _table(generation / "triples.parquet", TRIPLES)

    def held(self) -> Held:
        """What is in the database file."""
        with self._reading() as generation:
            return engine.held(generation / "graph.lbug")

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows of a read-only query in portable Cypher."""
        with self._reading() as generation:
            file = generation / "graph.lbug"
            if self._reader is None or self._reader.path != file:
                self._reader = engine.Reader(file)
        return self._reader.query(cypher, params)

    @contextmanager
    def _reading(self) -> Iterator[Path]:
        """The generation that was first seen; another process that changes the graph leaves it, until the next change."""
        self._seen = generation = self._seen or self._current()
        if generation is None:
            raise StoreError(
                f"{self.folder}: no graph here; load one first: kgtools load SOURCE FILE... --graph {self.folder}"
            )
        try:
            yield generation
        except (StoreError, OSError):
            self._refuse_gone(generation)
            raise
        self._refuse_gone(generation)

    def _refuse_gone(self, generation: Path) -> None:
        """Raises StoreError where a change of the graph, and one more, have removed the generation."""
        if not generation.exists():
            raise StoreError(f"{self.folder}: the graph was changed while it was being read; run this again")

    def _current(self) -> Path | None:
        pointer = self.folder / "current"
        if not pointer.is_file():
            return None
        now = self.folder / pointer.read_text(encoding="ascii", errors="replace").strip()
        if not (now / "graph.lbug").is_file():
            raise StoreError(
                f"{self.folder}: the graph is damaged ({now.name}/graph.lbug is missing); load its sources again into a new folder"
            )
        _refuse_old(self.folder, now)
        return now


def _write_inputs(new: Path, inputs: Inputs, old: Path | None, before: Inputs) -> None:
    """The files of the inputs; what is the same as before is linked."""
    kept = {id(source) for source in before.sources}
    (new / "sources").mkdir()
    for source in inputs.sources:
        place = new / "sources" / source.name
        if old and id(source) in kept:
            shutil.copytree(old / "sources" / source.name, place, copy_function=_link)
            continue
        place.mkdir()
        write_table(source.named, place / "entities.parquet")
        write_table(source.facts, place / "facts.parquet")
        write_table(source.rejects, place / "rejects.parquet")
        (place / "about.json").write_bytes(to_json(source.about))
    for number, table in enumerate(inputs.names):
        place = new / "names" / f"{number:03}-{table.name}"
        place.mkdir(parents=True)
        write_table(table.names, place / "names.parquet")
        (place / "about.json").write_bytes(to_json(table.about))
    if not inputs.ledger.is_empty():
        write_table(inputs.ledger, new / "ledger.parquet")


def _build(new: Path, inputs: Inputs, command: str = "load") -> Reconciliation:
    """Merge the inputs, load the engine, and read everything back."""
    entities, triples = merge(inputs)
    write_table(entities, new / "entities.parquet")
    write_table(triples, new / "triples.parquet")
    engine.build(new / "graph.lbug", entities, triples)
    about = inputs.about
    counts = {"entities": entities.height, "triples": triples.height, "decisions": inputs.ledger.height}
    (new / "run.json").write_bytes(manifest(command, {}, files_of(about), **about, **counts))
    return reconcile(entities, triples, engine.held(new / "graph.lbug"))


def _inputs(generation: Path) -> Inputs:
    ledger = generation / "ledger.parquet"
    return Inputs(
        tuple(_source(p) for p in sorted(generation.glob("sources/*"))),
        tuple(_names(p) for p in sorted(generation.glob("names/*"))),
        _table(ledger, LEDGER) if ledger.exists() else LEDGER.frame(),
    )


def _about(generation: Path) -> dict[str, Any]:
    sources = {p.parent.name: orjson.loads(p.read_bytes()) for p in sorted(generation.glob("sources/*/about.json"))}
    names = {p.parent.name[4:]: orjson.loads(p.read_bytes()) for p in sorted(generation.glob("names/*/about.json"))}
    return {"sources": sources, "names": names}


def _source(folder: Path) -> SourceTables:
    return SourceTables(
        folder.name,
        orjson.loads((folder / "about.json").read_bytes()),
        _table(folder / "entities.parquet", NAMED),
        _table(folder / "facts.parquet", FACTS),
        _table(folder / "rejects.parquet", REJECTS),
    )


def _names(folder: Path) -> NameTable:
    about = orjson.loads((folder / "about.json").read_bytes())
    return NameTable(folder.name[4:], about, _table(folder / "names.parquet", NAMES))


def _table(path: Path, schema: Schema) -> pl.DataFrame:
    try:
        frame = load_table(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path}: the graph is damaged ({why}); load its sources again into a new folder") from error
    return schema.check(frame, str(path))


def _refuse_old(folder: Path, generation: Path) -> None:
    """Raises StoreError where an older kgtools made the graph, with fewer columns. Of a damaged table its reader tells."""
    try:
        columns = scan_table(generation / "entities.parquet").collect_schema().names()
    except (pl.exceptions.PolarsError, OSError):
        return
    missing = [name for name in ENTITIES.columns if name not in columns]
    if missing:
        raise StoreError(
            f"{folder}: an older kgtools made this graph, without {', '.join(missing)}; load its sources again into a new folder"
        )


def _clear(folder: Path, keep: range) -> None:
    """Remove the generations that are not to keep, and pointers that a killed change never brought into place."""
    for left in folder.iterdir():
        if left.name.isdigit() and int(left.name) not in keep:
            shutil.rmtree(left, ignore_errors=True)
        elif left.name.startswith(".current."):
            left.unlink(missing_ok=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _refuse_foreign(folder: Path) -> None:
    if folder.is_dir() and not (folder / "current").exists():
        foreign = [p.name for p in folder.iterdir() if not (p.name.isdigit() or p.name.startswith("."))]
        if foreign:
            raise InputError(
                f"{folder}: is not a graph and not empty ({', '.join(sorted(foreign)[:3])}); name a new folder"
            )


def _held(folder: Path) -> AbstractContextManager[None]:
    """Hold the folder against other writers. Raises StoreError that says who holds it."""
    return held(
        folder, lambda who: StoreError(f"{folder}: in use by {who}; wait until it is done and run this again"), WAIT_S
    )

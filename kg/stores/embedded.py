"""A graph in a folder: parquet tables and one database file of the embedded engine, made whole at every change.

graph/current                      the name of the generation that counts, replaced in one step
graph/000007/sources/xywy/         entities.parquet, facts.parquet, rejects.parquet, about.json of each source
graph/000007/names/000-hpo/        names.parquet, about.json of each table of English names
graph/000007/entities.parquet      the merged graph, triples.parquet beside it
graph/000007/graph.lbug            the same in the engine, opened read-only; pairs.json: which types a relation joins
graph/000007/run.json              versions, inputs with SHA-256, counts and drops by reason
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from filelock import FileLock, Timeout

from kg.merge import NameTable, SourceTables, merge
from kg.stores import engine
from kg.tables import ENTITIES, FACTS, NAMED, NAMES, REJECTS, TRIPLES, Entities, Triples
from tools.errors import InputError, StoreError
from tools.files import make_folder, manifest, sync, to_json, write_whole
from tools.frames import Schema, write_table

WAIT_S = 2.0


class EmbeddedStore:
    """The graph in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader: engine.Reader | None = None

    def upsert(self, sources: list[SourceTables]) -> None:
        """Replace what the sources said and rebuild the graph beside the old one; the old one stays until it is done."""

        def change(new: Path) -> None:
            for source in sources:
                place = new / "sources" / source.name
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                write_table(source.named, place / "entities.parquet")
                write_table(source.facts, place / "facts.parquet")
                write_table(source.rejects, place / "rejects.parquet")
                (place / "about.json").write_bytes(to_json(source.about))

        self._rebuild(change)

    def add_names(self, table: NameTable) -> None:
        """Add or replace a table of English names and rebuild the graph."""

        def change(new: Path) -> None:
            names = new / "names"
            names.mkdir(exist_ok=True)
            at = next(
                (p.name for p in names.iterdir() if p.name[4:] == table.name),
                f"{len(list(names.iterdir())):03}-{table.name}",
            )
            shutil.rmtree(names / at, ignore_errors=True)
            (names / at).mkdir()
            write_table(table.names, names / at / "names.parquet")
            (names / at / "about.json").write_bytes(to_json(table.about))

        if not self._current():
            raise StoreError(f"{self.folder}: no graph to name; load a source first: kgtools load SOURCE FILE")
        self._rebuild(change)

    def about(self) -> dict[str, Any]:
        """What was loaded: `sources` and `names`, each by name."""
        return _about(self._generation())

    def entities(self) -> Entities:
        """All entities, sorted by id."""
        return _table(self._generation() / "entities.parquet", ENTITIES)

    def triples(self) -> Triples:
        """All triples, sorted by id."""
        return _table(self._generation() / "triples.parquet", TRIPLES)

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        """Column names and rows of a read-only query in portable Cypher."""
        file = self._generation() / "graph.lbug"
        if self._reader is None or self._reader.path != file:
            self._reader = engine.Reader(file)
        return self._reader.query(cypher, params)

    def _generation(self) -> Path:
        now = self._current()
        if now is None:
            raise StoreError(
                f"{self.folder}: no graph here; load one first: kgtools load SOURCE FILE... --graph {self.folder}"
            )
        return now

    def _current(self) -> Path | None:
        pointer = self.folder / "current"
        if not pointer.is_file():
            return None
        now = self.folder / pointer.read_text(encoding="ascii", errors="replace").strip()
        if not (now / "graph.lbug").is_file():
            raise StoreError(
                f"{self.folder}: the graph is damaged ({now.name}/graph.lbug is missing); load its sources again into a new folder"
            )
        return now

    def _rebuild(self, change: Callable[[Path], None]) -> None:
        _refuse_foreign(self.folder)
        make_folder(self.folder)
        with _held(self.folder):
            old = self._current()
            number = max([int(p.name) for p in self.folder.iterdir() if p.name.isdigit()], default=0) + 1
            new = self.folder / f"{number:06}"
            try:
                new.mkdir()
                for part in [old / "sources", old / "names"] if old else []:
                    if part.is_dir():
                        shutil.copytree(part, new / part.name, copy_function=_link)
                change(new)
                _build(new)
                for file in sorted(new.rglob("*")):
                    if file.is_file():
                        sync(file)
                write_whole(self.folder / "current", f"{new.name}\n".encode())
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
            for left in self.folder.iterdir():
                if left.name.isdigit() and left not in (new, old):
                    shutil.rmtree(left, ignore_errors=True)


def _build(new: Path) -> None:
    """Merge the sources of a generation, load the engine, and read everything back."""
    entities, triples = merge(
        [_source(p) for p in sorted(new.glob("sources/*"))], [_names(p) for p in sorted(new.glob("names/*"))]
    )
    write_table(entities, new / "entities.parquet")
    write_table(triples, new / "triples.parquet")
    engine.build(new / "graph.lbug", entities, triples)
    about = _about(new)
    inputs = {f"{name}/{file}": value for name, a in about["sources"].items() for file, value in a["files"].items()}
    inputs |= {f"names/{name}": a["sha256"] for name, a in about["names"].items()}
    counts = {"entities": entities.height, "triples": triples.height}
    (new / "run.json").write_bytes(manifest("load", {}, inputs, **about, **counts))


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
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        why = " ".join(str(error).split())
        raise StoreError(f"{path}: the graph is damaged ({why}); load its sources again into a new folder") from error
    return schema.check(frame, str(path))


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


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder against other writers. Raises StoreError that says who holds it."""
    holder = folder / ".holder"
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=WAIT_S)
    except Timeout as error:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
        raise StoreError(f"{folder}: in use by {who}; wait until it is done and run this again") from error
    except PermissionError as error:
        raise StoreError(f"{folder}: may not be written; name another folder") from error
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()

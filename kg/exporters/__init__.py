"""A graph out again, in a format that others read: each format is an Exporter, found by entry point."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from kgtools.kg.licenses import check_leaving, licence_path
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.folder.generations import is_there
from kgtools.kg.tables import Entities, Triples
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError


@dataclass(frozen=True)
class ExportOptions:
    """What a user may say about an export: the IRI that all others begin with (rdf), licences for which the user answers, whether
    nothing may be written."""

    base: str | None = None
    allow_license: tuple[str, ...] = ()
    allow_empty: bool = False


@dataclass(frozen=True)
class Exporter:
    """A format: what it is, how to write and read it; `endings` of its file, none where it is a folder.

    `write` gives how many of what it wrote; `read` is None where the format holds less than a graph."""

    title: str
    endings: tuple[str, ...]
    write: Callable[[Store, Path, ExportOptions], dict[str, int]]
    read: Callable[[Path], tuple[Entities, Triples]] | None = None
    takes_base: bool = False


def find(name: str) -> Exporter:
    """The format of this name. Raises UsageError with the nearest names."""
    return cast(Exporter, registry.find("exporters", name, Exporter))


@dataclass(frozen=True)
class ExportResult:
    """What an export wrote: `files` with their sizes in bytes, `counts` of what is in them."""

    format: str
    out: str
    files: dict[str, int]
    counts: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        return asdict(self)


def export(name: str, store: Store, out: Path, options: ExportOptions) -> ExportResult:
    """Write the graph as a file or folder, with its licences in it or beside it: all or nothing; gives what was written.

    Raises UsageError for a wrong ending, Findings for a licence that forbids it."""
    exporter = find(name)
    if options.base is not None and not exporter.takes_base:
        raise UsageError(f"--base means nothing to the format {name}; leave it out")
    if exporter.endings and out.suffix.lower() not in exporter.endings:
        raise UsageError(f"{out}: a file of the format {name} ends in {' or '.join(exporter.endings)}; name it so")
    check_leaving(store, options.allow_license)
    with registry.lent("exporters", name):
        counts = exporter.write(store, out, options)
    paths = sorted(out.iterdir()) if out.is_dir() else [out, licence_path(out)]
    sizes = {path.name: path.stat().st_size for path in paths if path.is_file()}
    return ExportResult(name, str(out), sizes, counts)


def read_graph(source: str) -> tuple[Entities, Triples]:
    """The graph at a place: a store's URL or folder, or a file or folder that an exporter wrote.

    Raises InputError where there is none."""
    path = Path(source)
    if "://" in source or is_there(path):
        store = open_store(source)
        return store.entities(), store.triples()
    ending = "" if path.is_dir() else path.suffix.lower()
    readers: list[Exporter] = [exporter for _, exporter in registry.every("exporters", Exporter) if exporter.read]
    fits = path.is_file() or (path / "entities.parquet").exists()
    fitting = next((e for e in readers if ending in (e.endings or ("",))), None) if fits else None
    if fitting is None or fitting.read is None:
        endings = ", ".join(ending for exporter in readers for ending in exporter.endings)
        raise InputError(
            f"{source}: {'no graph here' if path.exists() else 'no such file or folder'}; name the folder or URL of a graph, "
            f"or what kgtools export wrote: a file ({endings}) or a folder of parquet"
        )
    return fitting.read(path)

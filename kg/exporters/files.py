"""Files of an export: written aside and renamed, a table of text at a time."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import polars as pl

from kgtools.kg.build.inputs import Metadata, files_of
from kgtools.kg.licenses import licence_path, license_of, rights
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities
from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.atomic import check_file, is_stream, replace_file, write_file
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_folder, manifest, staging

ROWS = 50_000
"""How many rows are made into text at a time."""


@contextmanager
def open_export_file(out: Path, licences: bytes | None = None) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends well, `licences` beside it; until then what was there stays.

    Beside a pipe or a device there is no place for licences. Raises UsageError where it cannot stand there."""
    make_folder(out.parent)
    check_file(out)
    if is_stream(out):
        licences = None
    if licences is not None:
        check_file(licence_path(out))
    with replace_file(out) as aside:
        with aside.open("wb") as file:
            yield file
        if licences is not None:
            write_file(licence_path(out), licences)


@contextmanager
def write_folder(out: Path, form: str) -> Iterator[Path]:
    """A folder to write to, whose files come to `out` when the block ends well, with a `run.json` among them.

    Files of an earlier export of this format that are not written again go. Raises UsageError where `out` holds
    anything else."""
    _outputs(out, form)
    with staging(out, old=lambda folder: _outputs(folder, form)) as stage:
        yield stage


def _outputs(out: Path, form: str) -> set[str]:
    """The files that an earlier export of this format left in a folder."""
    if not out.is_dir() or not any(not file.name.startswith(".") for file in out.iterdir()):
        return set()
    run: Any = None
    with suppress(OSError, orjson.JSONDecodeError):
        run = orjson.loads((out / "run.json").read_bytes())
    if not isinstance(run, dict) or run.get("settings", {}).get("format") != form:
        raise UsageError(f"{out}: is not empty and holds no earlier export of the format {form}; name a new folder")
    return set(run["outputs"])


def refuse_nothing(entities: Entities, out: Path, allow_empty: bool) -> None:
    """Raises InputError where a graph holds nothing to export."""
    refuse_empty(entities.height, f"{out}: the graph holds no entities", allow_empty)


def run_json(store: Store, form: str, outputs: list[str], counts: dict[str, int], allowed: Collection[str]) -> bytes:
    """The manifest of an exported folder: its format, its files, its licence, and the sources with theirs and SHA-256.

    `allowed`: licences for which the user answers."""
    metadata = store.metadata()
    settings = {"format": form, "allow_license": sorted(allowed)}
    facts = {"outputs": sorted([*outputs, "run.json"]), "license": license_of(metadata)} | metadata.to_dict() | counts
    return manifest("export", settings, files_of(metadata), **facts)


def write_text(file: BinaryIO, rows: pl.DataFrame, text: pl.Expr) -> None:
    """The text of each row, as it is, line ends and all."""
    for start in range(0, rows.height, ROWS):
        part = rows.slice(start, ROWS).select(text.alias("text"))
        file.write("".join(part["text"]).encode("utf-8"))


def as_json(values: pl.Series) -> pl.Series:
    """Each list as a JSON array in text."""
    return pl.Series(values.name, [orjson.dumps(value).decode() for value in values.to_list()], dtype=pl.String)


@dataclass(frozen=True)
class Terms:
    """`license` of the whole graph, an SPDX expression, and `rights`, what it lets one do."""

    license: str
    rights: str

    def to_dict(self) -> dict[str, str]:
        """The two as an export tells of them."""
        return asdict(self)


def terms(store: Store) -> Terms:
    """What the graph as a whole is under."""
    metadata = store.metadata()
    return Terms(license_of(metadata), rights(metadata))


@dataclass(frozen=True)
class Witness:
    """A source or a table of names as an export tells of it; `files`: name -> SHA-256."""

    title: str
    license: str
    license_note: str
    files: dict[str, str]


@dataclass(frozen=True)
class Witnesses:
    """The sources and tables of names of a graph, by name in alphabetical order."""

    sources: dict[str, Witness]
    names: dict[str, Witness]

    def to_dict(self) -> dict[str, dict[str, dict[str, Any]]]:
        """`sources` and `names`, as an export tells of them."""
        return asdict(self)


def witnesses(store: Store) -> Witnesses:
    """The sources and tables of names of a graph."""
    metadata = store.metadata()
    return Witnesses(_witnesses(metadata.sources), _witnesses(metadata.names))


def _witnesses(part: Mapping[str, Metadata]) -> dict[str, Witness]:
    return {
        name: Witness(
            title=name if each.title is None else each.title,
            license=each.license or "unknown",
            license_note=each.license_note or "",
            files=each.hashes(),
        )
        for name, each in sorted(part.items())
    }

"""Files of an export: written aside and renamed, a table of text at a time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import polars as pl

from kgtools.kg.build.inputs import files_of
from kgtools.kg.licenses import beside, license_of, rights
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities
from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.atomic import check_file, is_stream, replace_file, write_file
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_folder, manifest, staging

ROWS = 50_000
"""How many rows are made into text at a time."""


@contextmanager
def whole_file(out: Path, licences: bytes | None = None) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends well, `licences` beside it; until then what was there stays.

    Beside a pipe or a device there is no place for licences. Raises UsageError where it cannot stand there."""
    make_folder(out.parent)
    check_file(out)
    if is_stream(out):
        licences = None
    if licences is not None:
        check_file(beside(out))
    with replace_file(out) as aside:
        with aside.open("wb") as file:
            yield file
        if licences is not None:
            write_file(beside(out), licences)


@contextmanager
def whole_folder(out: Path, form: str) -> Iterator[Path]:
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
    about = store.about()
    how = {"format": form, "allow_license": sorted(allowed)}
    outputs = sorted([*outputs, "run.json"])
    return manifest("export", how, files_of(about), outputs=outputs, license=license_of(about), **about, **counts)


def write_text(file: BinaryIO, rows: pl.DataFrame, text: pl.Expr) -> None:
    """The text of each row, as it is, line ends and all."""
    for start in range(0, rows.height, ROWS):
        part = rows.slice(start, ROWS).select(text.alias("text"))
        file.write("".join(part["text"]).encode("utf-8"))


def as_json(values: pl.Series) -> pl.Series:
    """Each list as a JSON array in text."""
    return pl.Series(values.name, [orjson.dumps(value).decode() for value in values.to_list()], dtype=pl.String)


def terms(store: Store) -> dict[str, str]:
    """`license` of the whole graph, an SPDX expression, and `rights`, what it lets one do, as an export tells of them."""
    about = store.about()
    return {"license": license_of(about), "rights": rights(about)}


def witnesses(store: Store) -> dict[str, dict[str, dict[str, Any]]]:
    """`sources` and `names` of a graph with title, licence and files (name -> SHA-256), as an export tells of them."""
    about = store.about()
    return {
        part: {
            name: {
                "title": told.get("title", name),
                "license": told.get("license") or "unknown",
                "license_note": told.get("license_note", ""),
                "files": told.get("files") or ({told["file"]: told["sha256"]} if told.get("file") else {}),
            }
            for name, told in sorted(about[part].items())
        }
        for part in ("sources", "names")
    }

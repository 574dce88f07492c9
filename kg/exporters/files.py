"""Files of an export: written aside and renamed, a table of text at a time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import polars as pl

from kg.inputs import files_of
from kg.licenses import beside, license_of, rights
from kg.stores import Store
from tools.errors import UsageError
from tools.staging import manifest, staging, sync

ROWS = 50_000
"""How many rows are made into text at a time."""


@contextmanager
def whole_file(out: Path, licences: bytes | None = None) -> Iterator[BinaryIO]:
    """A file to write to that takes its place when the block ends well, `licences` beside it; until then what was there stays.

    Raises UsageError where it cannot stand there."""
    for place in (out, beside(out))[: 1 if licences is None else 2]:
        check_file(place)
    with _aside(out.parent) as stage:
        with (stage / out.name).open("wb") as file:
            yield file
        if licences is not None:
            beside(stage / out.name).write_bytes(licences)
        for written in stage.iterdir():
            sync(written)


def check_file(out: Path) -> None:
    """Raises UsageError where a folder stands in the way."""
    if out.is_dir():
        raise UsageError(f"{out}: is a folder; name a file in it")


@contextmanager
def whole_folder(out: Path, form: str) -> Iterator[Path]:
    """A folder to write to, whose files come to `out` when the block ends well, with a `run.json` among them.

    Files of an earlier export of this format that are not written again go. Raises UsageError where `out` holds
    anything else."""
    before = _outputs(out, form)
    with _aside(out) as stage:
        yield stage
        for file in stage.iterdir():
            sync(file)
        now = {file.name for file in stage.iterdir()}
    for name in before - now:
        (out / name).unlink(missing_ok=True)


def _outputs(out: Path, form: str) -> set[str]:
    """The files that an earlier export of this format left in a folder."""
    if not out.is_dir() or not any(not file.name.startswith(".new-") for file in out.iterdir()):
        return set()
    run: Any = None
    with suppress(OSError, orjson.JSONDecodeError):
        run = orjson.loads((out / "run.json").read_bytes())
    if not isinstance(run, dict) or run.get("settings", {}).get("format") != form:
        raise UsageError(f"{out}: is not empty and holds no earlier export of the format {form}; name a new folder")
    return set(run["outputs"])


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    try:
        with staging(folder) as stage:
            yield stage
    except PermissionError as error:
        raise UsageError(f"{folder}: may not be written; name another place") from error


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

"""Tables of any length as Parquet: written a batch at a time, read as a stream."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import polars as pl

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, scan_table, sink_table, write_table
from kgtools.tools.inputs.files import digest
from kgtools.tools.inputs.originals import Originals, originals
from kgtools.tools.outputs.staging import unfinished

LONGEST = 255
"""Bytes in the name of a file."""


class Sink:
    """A Parquet file that takes frames one after the other; at the end of the block it is whole, after an error it is not there.

    The same rows give the same bytes, however they were cut into frames."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.path, self.schema = path, schema
        self._parts = path.with_name(f".{digest(path.name)}.parts")  # whatever the length of the name
        self._number = 0

    def __enter__(self) -> Self:
        if len(os.fsencode(self.path.name)) > LONGEST:
            raise InputError(f"{self.path.name}: no file can have so long a name; shorten it to {LONGEST} bytes")
        self._parts.mkdir()
        return self

    def write(self, frame: pl.DataFrame) -> None:
        """Append rows. Raises InputError for another schema."""
        if frame.height:
            write_table(self.schema.check(frame, str(self.path.name)), self._parts / f"{self._number:08}.parquet")
            self._number += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                parts = [scan_table(part) for part in sorted(self._parts.iterdir())]
                sink_table(pl.concat([self.schema.frame().lazy(), *parts]), self.path, row_group_size=20_000)
        finally:
            shutil.rmtree(self._parts, ignore_errors=True)


@dataclass(frozen=True)
class Table:
    """The records or preferences that a command reads: a file, by itself or in the folder that a command wrote."""

    rows: pl.LazyFrame
    schema: Schema
    file: Path
    given: Originals

    def refuse_as_out(self, out: Path) -> None:
        """Raises UsageError where `out` is the folder of the records themselves."""
        if out.resolve() == self.file.parent.resolve():
            raise UsageError(f"--out {out}: is the folder of the records themselves; name another")

    def inputs(self) -> dict[str, str]:
        """The file with the SHA-256 of what was read of it, once all was. Raises InputError where it was changed meanwhile."""
        return {self.file.name: self.given.sha256(self.file)}


@contextmanager
def open_table(place: Path) -> Iterator[Table]:
    """What `scan` gives, as it is at this moment: a change while the block reads it is an InputError."""
    with originals() as given:
        file = given.take(file_of(given.take(place)))
        yield Table(*scan(file), file, given)


def file_of(place: Path) -> Path:
    """The file of records or preferences that a folder holds, or that this is. Raises InputError where there is none."""
    if unfinished(place if place.is_dir() else place.parent):
        raise InputError(
            f"{place}: the run that writes there was stopped before all its files were in place; run it again"
        )
    found = [place] if place.is_file() else [place / f"{schema.noun}.parquet" for schema in (RECORDS, PREFERENCES)]
    path = next((file for file in found if file.is_file()), None)
    if path is None:
        raise InputError(
            f"{place}: holds no records.parquet and no preferences.parquet; name what read, generate or merge wrote"
        )
    return path


def scan(place: Path) -> tuple[pl.LazyFrame, Schema]:
    """The records or preferences of a folder that a command wrote, or of a Parquet file; and which of the two they are.

    Raises InputError where there are none."""
    path = file_of(place)
    try:
        rows = scan_table(path)
        names = rows.collect_schema()
        schema = PREFERENCES if "chosen" in names else RECORDS
        schema.check(names.to_frame(), str(path))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not a Parquet file of records: {' '.join(str(error).split())}") from error
    return rows.select(list(schema.columns)), schema


def story(place: Path) -> dict[str, Any]:
    """The `run.json` of the command that wrote the records of a folder or file; empty where there is none."""
    home = place if place.is_dir() else place.parent
    try:
        told = orjson.loads((home / "run.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def refuse_other(out: Path, schema: Schema) -> None:
    """Raises UsageError where a folder holds the other kind of table, which would be read in place of the one to be written."""
    (other,) = {RECORDS.noun, PREFERENCES.noun} - {schema.noun}
    if os.path.lexists(out / f"{other}.parquet"):
        raise UsageError(
            f"--out {out}: holds {other}.parquet of another run; name another folder for the {schema.noun}"
        )


def batches(rows: pl.LazyFrame, size: int = 20_000, numbered: bool = False) -> Iterator[pl.DataFrame]:
    """The rows in their order, so many at a time: of a file, perhaps with columns added, but not filtered and not numbered (each
    batch would read the whole file again; `numbered` adds the number of each as `row`). Only what is asked for is read; an engine
    that reads on meanwhile holds gigabytes."""
    begin = 0
    while (batch := rows.slice(begin, size).collect()).height:
        yield batch.with_row_index("row", begin) if numbered else batch
        begin += size


def within(rows: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """Those of the rows, which are in the order of `row`, that are in a batch, which has a `row` for each of its own."""
    begin = rows["row"].search_sorted(batch["row"][0], side="left")
    return rows.slice(begin, rows["row"].search_sorted(batch["row"][-1], side="right") - begin)

"""Tables of any length as Parquet: written a batch at a time, read as a stream."""

import os
import shutil
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import polars as pl

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, scan_table, sink_table, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.inputs.originals import Originals, originals
from kgtools.tools.outputs.staging import manifest, staging_or_scratch, unfinished
from kgtools.tools.progress import SILENT, Progress

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
class RecordTable:
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
def open_table(source: Path) -> Iterator[RecordTable]:
    """What `scan` gives, as it is at this moment: a change while the block reads it is an InputError."""
    with originals() as given:
        file = given.take(file_of(given.take(source)))
        yield RecordTable(*scan(file), file, given)


@dataclass(frozen=True)
class RecordStep:
    """A step on records while it runs: the table that it reads, and the folder that becomes its output when all went well."""

    command: str
    table: RecordTable
    folder: Path

    @property
    def records_file(self) -> Path:
        """Where the records or preferences are written."""
        return self.folder / f"{self.table.schema.noun}.parquet"

    def write_manifest(
        self, settings: Mapping[str, Any], facts: Mapping[str, Any], inputs: Mapping[str, str] | None = None
    ) -> None:
        """Write `run.json`, the last file: it holds the SHA-256 of every other. `inputs`: what was read beside the table."""
        outputs = {file.name: sha256(file) for file in sorted(self.folder.iterdir())}
        read = self.table.inputs() | dict(inputs or {})
        content = manifest(self.command, dict(settings), read, **{**facts, "outputs": outputs})
        (self.folder / "run.json").write_bytes(content)


@contextmanager
def run_step(
    command: str, source: Path, out: Path | None, is_private: Callable[[Path], bool] = lambda _: False
) -> Iterator[RecordStep]:
    """The frame of a step on records: the table of `source`, and a folder whose files move to `out` when the block ends well, all
    or nothing; without `out`, for a dry run, they are gone then.

    `is_private`: whether nobody else may read what is made of a file. Raises InputError where there are no records, UsageError
    where `out` is the folder of the records themselves, or holds the other kind of table."""
    with open_table(source) as table:
        if out is not None:
            table.refuse_as_out(out)
        with staging_or_scratch(out, out is None, is_private(table.file)) as folder:
            if out is not None:
                refuse_other(out, table.schema)
            yield RecordStep(command, table, folder)


def scan_written(out: Path | None, noun: str) -> pl.LazyFrame | None:
    """The records or preferences that a step wrote into a folder; None after a dry run."""
    return None if out is None else scan_table(out / f"{noun}.parquet")


def to_dict(result: Any, names: Mapping[str, str] | None = None, without: Container[str] = ("out",)) -> dict[str, Any]:
    """The fields of a result in their order, for programs. `names`: fields that are called otherwise there; `without`: those that
    are not."""
    shown = (each.name for each in fields(result) if each.name not in without)
    return {(names or {}).get(name, name): getattr(result, name) for name in shown}


def file_of(source: Path) -> Path:
    """The file of records or preferences that a folder holds, or that this is. Raises InputError where there is none."""
    if unfinished(source if source.is_dir() else source.parent):
        raise InputError(
            f"{source}: the run that writes there was stopped before all its files were in place; run it again"
        )
    candidates = (
        [source] if source.is_file() else [source / f"{schema.noun}.parquet" for schema in (RECORDS, PREFERENCES)]
    )
    path = next((file for file in candidates if file.is_file()), None)
    if path is None:
        raise InputError(
            f"{source}: holds no records.parquet and no preferences.parquet; name what read, generate or merge wrote"
        )
    return path


def scan(source: Path) -> tuple[pl.LazyFrame, Schema]:
    """The records or preferences of a folder that a command wrote, or of a Parquet file; and which of the two they are.

    Raises InputError where there are none."""
    path = file_of(source)
    try:
        rows = scan_table(path)
        names = rows.collect_schema()
        schema = PREFERENCES if "chosen" in names else RECORDS
        schema.check(names.to_frame(), str(path))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not a Parquet file of records: {' '.join(str(error).split())}") from error
    return rows.with_columns(schema.lacking(names)).select(list(schema.columns)), schema


def read_manifest(source: Path) -> dict[str, Any]:
    """The `run.json` of the command that wrote the records of a folder or file; empty where there is none."""
    home = source if source.is_dir() else source.parent
    try:
        content = orjson.loads((home / "run.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_other(out: Path, schema: Schema) -> None:
    """Raises UsageError where a folder holds the other kind of table, which would be read in place of the one to be written."""
    (other,) = {RECORDS.noun, PREFERENCES.noun} - {schema.noun}
    if os.path.lexists(out / f"{other}.parquet"):
        raise UsageError(
            f"--out {out}: holds {other}.parquet of another run; name another folder for the {schema.noun}"
        )


def batches(
    rows: pl.LazyFrame, size: int = 20_000, numbered: bool = False, progress: Progress = SILENT
) -> Iterator[pl.DataFrame]:
    """The rows in their order, so many at a time: of a file, perhaps with columns added, but not filtered and not numbered (each
    batch would read the whole file again; `numbered` adds the number of each as `row`). Only what is asked for is read; an engine
    that reads on meanwhile holds gigabytes. `progress` is told of each batch when the next one is asked for."""
    begin = 0
    while (batch := rows.slice(begin, size).collect()).height:
        yield batch.with_row_index("row", begin) if numbered else batch
        begin += size
        progress.advance(batch.height)


def count_rows(rows: pl.LazyFrame) -> int:
    """How many rows there are: of a Parquet file its footer says it, so nothing else is read."""
    return int(rows.select(pl.len()).collect().item())


def within(rows: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """Those of the rows, which are in the order of `row`, that are in a batch, which has a `row` for each of its own."""
    begin = rows["row"].search_sorted(batch["row"][0], side="left")
    return rows.slice(begin, rows["row"].search_sorted(batch["row"][-1], side="right") - begin)

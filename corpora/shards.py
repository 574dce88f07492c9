"""Tables of any length as Parquet: written a batch at a time, read as a stream."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import polars as pl

from corpora.record import PREFERENCES, RECORDS
from tools.errors import InputError
from tools.frames import FULL, Schema, write_table


class Sink:
    """A Parquet file that takes frames one after the other; at the end of the block it is whole, after an error it is not there.

    The same rows give the same bytes, however they were cut into frames."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.path, self.schema = path, schema
        self._parts = path.with_name(f".{path.name}.parts")
        self._number = 0

    def __enter__(self) -> Self:
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
                parts = [pl.scan_parquet(part) for part in sorted(self._parts.iterdir())]
                sink(pl.concat([self.schema.frame().lazy(), *parts]), self.path)
        finally:
            shutil.rmtree(self._parts, ignore_errors=True)


def sink(rows: pl.LazyFrame, path: Path) -> None:
    """Write a lazy table as Parquet without holding it. A full disk is an OSError, as with any file."""
    try:
        rows.sink_parquet(path, compression="zstd", compression_level=1, row_group_size=20_000, maintain_order=True)
    except (pl.exceptions.ComputeError, OSError) as error:
        if getattr(error, "errno", None) or not FULL.search(str(error)):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def scan(place: Path) -> tuple[pl.LazyFrame, Schema]:
    """The records or preferences of a folder that a command wrote, or of a Parquet file; and which of the two they are.

    Raises InputError where there are none."""
    found = [place] if place.is_file() else [place / f"{schema.noun}.parquet" for schema in (RECORDS, PREFERENCES)]
    path = next((file for file in found if file.is_file()), None)
    if path is None:
        raise InputError(
            f"{place}: holds no records.parquet and no preferences.parquet; name what read, generate or merge wrote"
        )
    try:
        rows = pl.scan_parquet(path)
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


def privacy(place: Path) -> dict[str, bool]:
    """What a command that reads records hands on in the settings of its own `run.json`: whether they are people's (`private`),
    and whether they are `deidentified`; without what is not known."""
    settings = story(place).get("settings")
    known = settings if isinstance(settings, dict) else {}
    return {key: known[key] for key in ("private", "deidentified") if isinstance(known.get(key), bool)}


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

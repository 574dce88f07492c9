"""The schema of a table, declared once beside its noun and checked where the table enters the program; and its file.

Only here are polars' readers and writers of files called: left alone, they take a path for a pattern (`[`, `*`, `?`), `~` for a
home and `s3:` for a server."""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from kgtools.tools.errors import InputError

AT_ONCE = 1 << 16
"""How many values are Python's at a time: a text takes three times as much room there."""
FULL = re.compile(
    r"os error (27|28|122)\b|No space left|File too large|quota|Invalid thrift: transport error", re.IGNORECASE
)
"""How polars says that a disk is full: `os error 28`."""
Compression = Literal["zstd", "lz4", "uncompressed"]
"""Of a Parquet file: small; quick to read; for what is read once."""


def scan_table(path: Path) -> pl.LazyFrame:
    """A Parquet file as a stream."""
    return pl.scan_parquet(path.absolute(), glob=False, hive_partitioning=False)


def load_table(path: Path, columns: list[str] | None = None, memory_map: bool = True) -> pl.DataFrame:
    """A Parquet file, or these columns of it."""
    return pl.read_parquet(path.absolute(), columns=columns, glob=False, hive_partitioning=False, memory_map=memory_map)


def table_parts(path: Path, name: str, at_once: int) -> Iterator[pl.DataFrame]:
    """A Parquet file a part at a time, each of about so many bytes of it; at least one part, for its columns.

    Raises InputError, which calls the file `name`, for one that is cut off or damaged."""
    try:
        rows = scan_table(path)
        count = rows.select(pl.len()).collect().item()
        size = max(1, min(AT_ONCE, count * at_once // max(path.stat().st_size, 1)))
        for begin in range(0, max(count, 1), size):
            yield rows.slice(begin, size).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{name}: a Parquet file that cannot be read: {said}; was the download cut off?") from error


def table_metadata(path: Path) -> dict[str, str]:
    """What the writer of a Parquet file put beside its columns."""
    return pl.read_parquet_metadata(path.absolute())


def sink_table(rows: pl.LazyFrame, path: Path, row_group_size: int | None = None) -> None:
    """Write a lazy table as its ending says (`.jsonl`, else Parquet), in its order, without holding it. A full disk is an OSError, as
    with any file."""
    with _full_disk(path):
        if path.suffix == ".jsonl":
            rows.sink_ndjson(path.absolute())
            return
        rows.sink_parquet(path.absolute(), compression="zstd", compression_level=1, row_group_size=row_group_size)


def write_table(
    frame: pl.DataFrame,
    path: Path,
    metadata: dict[str, str] | None = None,
    compression: Compression = "zstd",
    level: int = 1,
    row_group_size: int | None = None,
) -> None:
    """Write a table as its ending says (`.parquet`, `.jsonl`). Of Parquet: `metadata` in the file, how it is packed (`level`: of
    zstd), and rows of a row group.

    A full disk is an OSError, as with any file."""
    with _full_disk(path):
        if path.suffix == ".jsonl":
            frame.write_ndjson(path.absolute())
            return
        frame.write_parquet(
            path.absolute(),
            metadata=metadata,
            compression=compression,
            compression_level=level if compression == "zstd" else None,
            row_group_size=row_group_size,
        )


@contextmanager
def _full_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.ComputeError, OSError) as error:  # polars gives no errno
        if getattr(error, "errno", None) or not FULL.search(str(error)):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def digests(texts: pl.Series) -> pl.Series:
    """The id of each text of a column, as `tools.inputs.files.digest` makes it."""
    parts = [pl.Series(dtype=pl.String)]
    for part in texts.cast(pl.Binary).to_frame().iter_slices(AT_ONCE):
        hashed = [hashlib.blake2b(text, digest_size=10).hexdigest() for text in part.to_series().to_list()]
        parts.append(pl.Series(hashed, dtype=pl.String))
    return pl.concat(parts, rechunk=True)


def sort_by_digest(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of their `id`, which `digests` made; those of one id in the order that they have.

    By the first 64 bits, for that takes a fifth of the time; by the whole where they tell two ids apart no more."""
    ordered = rows.with_columns(numbers(pl.col("id")).alias("number")).sort("number", maintain_order=True)
    same_id, same_number = (ordered[key] == ordered[key].shift() for key in ("id", "number"))
    if (same_number & ~same_id).any():
        return rows.sort("id", maintain_order=True)
    return ordered.drop("number").with_columns(pl.col("id").set_sorted())


def numbers(ids: pl.Expr) -> pl.Expr:
    """The first 64 bits of ids that `digests` made, as numbers to shuffle by."""
    return ids.str.head(16).str.to_integer(base=16, dtype=pl.UInt64)


def shuffle_keys(values: pl.Expr, salt: int) -> pl.Expr:
    """64-bit numbers mixed with a salt (Steele et al. 2014, SplitMix64): sorting by them is a seeded shuffle."""
    mixed = values ^ pl.lit(salt, pl.UInt64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed // pl.lit(1 << shift, pl.UInt64))) * pl.lit(factor, pl.UInt64)
    return mixed ^ (mixed // pl.lit(1 << 31, pl.UInt64))


@dataclass(frozen=True, eq=False)
class Schema:
    """Column names with their types, in order; `required` columns hold no null, `optional` ones are null where a table that was
    written before there were any lacks them."""

    noun: str
    columns: dict[str, Any]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def lacking(self, names: Iterable[str]) -> list[pl.Expr]:
        """The optional columns that are not among these, as nulls."""
        there = set(names)
        return [pl.lit(None, self.columns[name]).alias(name) for name in self.optional if name not in there]

    def check(self, frame: pl.DataFrame, where: str) -> pl.DataFrame:
        """The frame with these columns in this order. Raises InputError naming each fault at `where`."""
        frame = frame.with_columns(self.lacking(frame.columns))
        faults = [f"column {name!r} is missing" for name in self.columns if name not in frame.columns]
        faults += [
            f"column {name!r} holds {frame.schema[name]}, expected {kind}"
            for name, kind in self.columns.items()
            if name in frame.columns and frame.schema[name] != kind
        ]
        if not faults:
            faults = [f"column {name!r} holds a null" for name in self.required if frame[name].null_count()]
        if faults:
            raise InputError(f"{where}: not a table of {self.noun}: {'; '.join(faults)}")
        return frame.select(list(self.columns))

    def frame(self, rows: Any = None) -> pl.DataFrame:
        """A frame of these columns from a list of rows or a mapping of columns; empty without."""
        return pl.DataFrame(
            rows if rows is not None else [], schema=self.columns, orient="row" if isinstance(rows, list) else None
        )

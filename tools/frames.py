"""The schema of a table, declared once beside its noun and checked where the table enters the program; and its file."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tools.errors import InputError


def parquet(frame: pl.DataFrame, **how: Any) -> memoryview:
    """The table as the bytes of a parquet file."""
    whole = io.BytesIO()
    frame.write_parquet(whole, **how)
    return whole.getbuffer()


def write_parquet(frame: pl.DataFrame, path: Path, **how: Any) -> None:
    """Write a table. A full disk is an OSError, as with any file; polars alone would make an error of its own of it."""
    path.write_bytes(parquet(frame, **how))


def digests(texts: pl.Series) -> pl.Series:
    """The id of each text of a column, as `tools.files.digest` makes it."""
    hashed = [hashlib.blake2b(text, digest_size=10).hexdigest() for text in texts.cast(pl.Binary).to_list()]
    return pl.Series(hashed, dtype=pl.String)


@dataclass(frozen=True, eq=False)
class Schema:
    """Column names with their types, in order; `required` columns hold no null."""

    noun: str
    columns: dict[str, Any]
    required: tuple[str, ...] = ()

    def check(self, frame: pl.DataFrame, where: str) -> pl.DataFrame:
        """The frame with these columns in this order. Raises InputError naming each fault at `where`."""
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

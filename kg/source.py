"""What a source's reader is given and what it gives: the contract of the entry points `kgtools.sources`."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.kg.ontology import SourceInfo
from kgtools.kg.tables import BROKEN, MENTIONS, STATEMENTS, TEXT, Broken, Mentions, Statements
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import AT_ONCE

UNTYPED = "untyped"
"""Stands where a type stands, in a row that is refused because its entity has none."""
NOT_TEXT = "not-text"
"""Why a cell is refused that holds an object or a list where a text, a number or a list of them should stand."""


@dataclass(frozen=True)
class Options:
    """What a user may say about the files: a mapping file, the type of all heads, another way of counting."""

    mapping: Path | None = None
    type: str | None = None
    counting: str | None = None

    def refuse(self, source: str, *unused: str) -> None:
        """Raises UsageError where an option is given that the source has no use for."""
        for option in unused:
            if getattr(self, option) is not None:
                raise UsageError(f"--{option} means nothing to the source {source}; leave it out")


@dataclass(frozen=True)
class Reading:
    """What the files of a source say, nothing cleaned yet.

    `skipped`: markup that is no value, as (field, reason) -> count. `counting`: a comparison of counts to print.
    `broken`: what could not be read. `idle`: fields, columns and tables of a mapping that gave nothing."""

    source: str
    info: SourceInfo
    mentions: Mentions
    statements: Statements
    skipped: dict[tuple[str, str], int] = dataclass_field(default_factory=dict)
    counting: pl.DataFrame | None = None
    broken: Broken = dataclass_field(default_factory=BROKEN.frame)
    idle: tuple[str, ...] = ()


class Collector:
    """Gathers mentions and statements, a file at a time, and makes the two tables of them."""

    def __init__(self) -> None:
        self._mentions: list[pl.DataFrame] = []
        self._statements: list[pl.DataFrame] = []
        self._broken: list[tuple[str, int, str, str, str]] = []
        self.skipped: dict[tuple[str, str], int] = {}
        self.start("")

    def start(self, file: str) -> None:
        """What follows stands in `file`."""
        self._file = file
        self._clear()

    def _clear(self) -> None:
        self._mention_rows: list[tuple[str, str, str | None, str, int, str | None]] = []
        self._statement_rows: list[tuple[str, str, str, str | None, int, str | None, int]] = []
        self._tails: list[str] = []

    def mention(
        self, type_: str, name: str, field: str, row: int, name_en: str | None = None, reason: str | None = None
    ) -> None:
        """The file names an entity."""
        self._mention_rows.append((type_, name, name_en, field, row, reason))
        if len(self._mention_rows) >= AT_ONCE:
            self._pack()

    def say(
        self,
        field: str,
        head_type: str,
        head: str,
        tails: Sequence[str],
        row: int,
        tail_type: str | None = None,
        reason: str | None = None,
    ) -> None:
        """The file says `head` field each of `tails`."""
        if tails:
            self._statement_rows.append((field, head_type, head, tail_type, row, reason, len(tails)))
            self._tails.extend(tails)
            if len(self._tails) >= AT_ONCE:
                self._pack()

    def refuse(self, row: int, field: str, text: str, reason: str) -> None:
        """A cell, or a whole row (`field` is row), cannot be read."""
        self._broken.append((self._file, row, field, text, reason))

    def skip(self, field: str, reason: str, count: int = 1) -> None:
        """Count markup that is no value."""
        if count:
            self.skipped[field, reason] = self.skipped.get((field, reason), 0) + count

    def add(self, mentions: pl.DataFrame, statements: pl.DataFrame) -> None:
        """What the file says, as columns: those of the two tables without `file`; a nullable one may be missing."""
        file = pl.lit(self._file).alias("file")
        for tables, frame, schema in ((self._mentions, mentions, MENTIONS), (self._statements, statements, STATEMENTS)):
            columns = {name: pl.col(name) if name in frame.columns else pl.lit(None) for name in schema.columns} | {
                "file": file
            }
            tables.append(frame.select(columns[name].cast(kind).alias(name) for name, kind in schema.columns.items()))

    def finish(self) -> None:
        """The file is read: keep what was gathered."""
        self._pack()
        self.start("")

    def _pack(self) -> None:
        """Rows become columns, for as Python's they take several times as much room."""
        file = pl.lit(self._file).alias("file")
        named = rows_as_frame(
            self._mention_rows,
            {"type": TEXT, "name": TEXT, "name_en": TEXT, "field": TEXT, "row": pl.UInt32, "reason": TEXT},
        )
        self._mentions.append(named.with_columns(file).select(list(MENTIONS.columns)))
        kinds = {
            "field": TEXT,
            "head_type": TEXT,
            "head": TEXT,
            "tail_type": TEXT,
            "row": pl.UInt32,
            "reason": TEXT,
            "count": pl.UInt32,
        }
        rows = rows_as_frame(self._statement_rows, kinds)
        each = rows.select(pl.int_range(pl.len()).repeat_by("count").explode()).to_series()
        rows = rows[each.drop_nulls()].with_columns(pl.Series("tail", self._tails, dtype=TEXT), file)
        self._statements.append(rows.select(list(STATEMENTS.columns)))
        self._clear()

    def reading(
        self, source: str, info: SourceInfo, counting: pl.DataFrame | None = None, idle: tuple[str, ...] = ()
    ) -> Reading:
        """All that was gathered."""
        mentions = pl.concat(self._mentions, rechunk=True) if self._mentions else MENTIONS.frame()
        statements = pl.concat(self._statements, rechunk=True) if self._statements else STATEMENTS.frame()
        return Reading(
            source,
            info,
            MENTIONS.check(mentions, source),
            STATEMENTS.check(statements, source),
            dict(sorted(self.skipped.items())),
            counting,
            rows_as_frame(self._broken, BROKEN.columns),
            idle,
        )


def short_names(paths: list[Path]) -> dict[Path, str]:
    """A name for each file in origins: its own name, with as many of its folders as tell it from the others."""
    depth, deepest = 1, max((len(path.parts) for path in paths), default=1)
    while depth < deepest and len({path.parts[-depth:] for path in paths}) < len(set(paths)):
        depth += 1
    return {path: "/".join(path.parts[-depth:]) for path in paths}


def rows_as_frame(rows: list[tuple[Any, ...]], kinds: dict[str, Any]) -> pl.DataFrame:
    """Rows as a frame, a column at a time: twice as fast as `orient="row"`."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in kinds)
    return pl.DataFrame(
        [pl.Series(name, values, dtype=kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)]
    )

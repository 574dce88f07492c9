"""Delimited text (CSV, TSV) as rows of cells, by RFC 4180: a row with a bad quotation mark spoils no other row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kgtools.tools.errors import InputError

QUOTE = '"'
BAD_QUOTE = "bad-quote"
"""Why a row cannot be read: a quotation mark does not close, or is escaped otherwise than by doubling it."""


@dataclass(frozen=True)
class Line:
    """A row of the file: the line on which it begins, from 1, its text, and its cells; `cells` null: a bad quotation mark."""

    number: int
    text: str
    cells: list[str] | None


def read_rows(path: Path, text: str, delimiter: str, quote: str = QUOTE) -> Iterator[Line]:
    """The rows of a file's text that hold anything, in order; `quote` "": quotation marks mean nothing.

    A cell that begins with a quotation mark ends at the next that is not doubled, behind which the next cell or row must
    begin; it may hold line breaks, if the row has as many cells then as the first one, and if, where a tab parts cells, no line
    within it is a row by itself. Else the line on which it begins is bad, and so are the next ones until one has as many
    cells as the first row. Raises InputError where the last line is cut off within such a cell."""
    lines = text.rstrip("\n").split("\n")
    at, width, after_bad = 0, None, False
    while at < len(lines):
        line = lines[at]
        if not line:
            at += 1
            continue
        used = 1
        if not quote or quote not in line:
            cells: list[str] | None = line.split(delimiter)
        else:
            cells, used = _cells(lines, at, delimiter, quote, width)
        if cells is None and used == 0 and at == len(lines) - 1:
            raise InputError(
                f"{path}:{at + 1}: a quotation mark does not close before the file ends; was the download cut off?"
                f" (or do {quote} mean nothing in this file?)"
            )
        if after_bad and cells is not None and width is not None and len(cells) != width:
            # the rest of a cell that does not close
            cells, used = None, 1
        after_bad = cells is None
        if cells is not None and width is None:
            width = len(cells)
        used = max(used, 1)
        yield Line(at + 1, "\n".join(lines[at : at + used]), cells)
        at += used


def is_plain(text: str, delimiter: str, quote: str = QUOTE) -> bool:
    """Whether no cell holds a line break or a quotation mark outside of its place, so that any reader reads the same rows."""
    if not quote or quote not in text:
        return True
    q, d = re.escape(quote), re.escape(delimiter)
    cell = rf"(?:{q}(?:[^{q}]|{q}{q})*{q}|[^{q}{d}]*)"
    lines = pl.Series(text.split("\n"), dtype=pl.String)
    return bool(lines.str.contains(rf"^{cell}(?:{d}{cell})*$").all())


def _cells(lines: list[str], at: int, delimiter: str, quote: str, width: int | None) -> tuple[list[str] | None, int]:
    """The cells of the row that begins at a line, and how many lines it has; no cells where it cannot be read, and then no
    lines either where a quotation mark does not close before the file ends."""
    cells: list[str] = []
    row, position, line = at, 0, lines[at]
    while True:
        if line.startswith(quote, position):
            text, start = "", position + 1
            while True:
                end = line.find(quote, start)
                while end < 0:
                    row += 1
                    if row == len(lines):
                        return None, 0
                    text, line, start = f"{text}{line[start:]}\n", lines[row], 0
                    end = line.find(quote, 0)
                if not line.startswith(quote, end + 1):
                    break
                text, start = text + line[start : end + 1], end + 2
            cells.append(text + line[start:end])
            position = end + 1
            if position < len(line) and not line.startswith(delimiter, position):
                return None, 1
        else:
            end = line.find(delimiter, position)
            cells.append(line[position:] if end < 0 else line[position:end])
            position = len(line) if end < 0 else end
        if position == len(line):
            break
        position += len(delimiter)
        if position == len(line):
            cells.append("")
            break
    if row > at and width is not None and len(cells) != width:
        return None, 1
    between = lines[at + 1 : row]
    if width and width > 1 and delimiter == "\t" and any(line.count(delimiter) + 1 == width for line in between):
        # two rows with a lone quotation mark each, and those between them
        return None, 1
    return cells, row - at + 1

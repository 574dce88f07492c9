"""The rows of a table: a delimited text, a sheet of a workbook, a Parquet file."""

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kgtools.corpora.files.json_values import says_nan
from kgtools.corpora.files.parquet import as_cell, parquet_rows
from kgtools.corpora.files.sheets import sheet_rows
from kgtools.tools.errors import InputError

if TYPE_CHECKING:
    from kgtools.corpora.files.file import File, Place

LONGEST = 1 << 26
"""Characters of a cell."""


def table_rows(file: "File", delimiter: str | None = None) -> Iterator[tuple["Place", dict[str, str]]]:
    """Each row as texts by column, as `File.csv` says it."""
    if file.is_parquet():
        for number, values in enumerate(parquet_rows(file), start=1):
            yield file.place(number, number), {key: as_cell(value) for key, value in values.items()}
        return
    header: list[str] | None = None
    number = 0
    for line, cells in sheet_rows(file) if file.is_workbook() else _delimited(file, delimiter):
        if header is None:
            header = _header(file.name, line, cells)
            continue
        number += 1
        place = file.place(line, number)
        if len(cells) != len(header):
            file.refuse(place, "wrong-width", f"{len(cells)} columns, expected {len(header)}")
        else:
            cells = ["" if says_nan(cell) else cell for cell in cells]
            yield place, dict(zip(header, cells, strict=True))


def _delimited(file: "File", delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its cells."""
    csv.field_size_limit(LONGEST)
    numbers = [0]

    def texts() -> Iterator[str]:
        for place, text in file.text():
            numbers.append(place.line)
            yield text + "\n"

    source = texts()
    first = next(source, "")
    delimiter = delimiter or max(",\t;", key=first.count)
    begun = len(numbers) - 1

    def again() -> Iterator[str]:
        yield first
        yield from source

    reader = csv.reader(again(), delimiter=delimiter)
    while True:
        begun = numbers[-1] + 1 if reader.line_num else numbers[-1]
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            file.refuse(file.place(begun), "bad-csv", str(error))
            continue
        if cells and any(cells):
            yield begun, cells


def _header(name: str, line: int, cells: list[str]) -> list[str]:
    """The names of columns; those without one, beyond the first, are called by their number. Raises InputError."""
    header = [str(cell).strip("\ufeff \t") for cell in cells]
    header = [column or (f"column {n + 1}" if n else "") for n, column in enumerate(header)]
    if twice := [column for n, column in enumerate(header) if column in header[:n]]:
        raise InputError(
            f"{name}:{line}: two columns are called {twice[0]!r}: rename one, so that both can be told apart"
        )
    return header

"""The rows of a table under its header: a delimited text, or a sheet of a workbook."""

import csv
from collections.abc import Iterable, Iterator

from kgtools.corpora.files.json_values import says_nan
from kgtools.corpora.files.place import LONGEST, Line, Place, Refuse
from kgtools.tools.errors import InputError


def table_rows(
    numbered: Iterable[tuple[int, list[str]]], name: str, refuse: Refuse
) -> Iterator[tuple[Place, dict[str, str]]]:
    """Each row as texts by column. `numbered`: the cells of each row with its line; those of the first are the header."""
    header: list[str] | None = None
    number = 0
    for line, cells in numbered:
        if header is None:
            header = _header(name, line, cells)
            continue
        number += 1
        place = Place(name, line, number)
        if len(cells) != len(header):
            refuse(place, "wrong-width", f"{len(cells)} columns, expected {len(header)}")
        else:
            cells = ["" if says_nan(cell) else cell for cell in cells]
            yield place, dict(zip(header, cells, strict=True))


def delimited_rows(
    lines: Iterator[Line], name: str, refuse: Refuse, delimiter: str | None
) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row of a text begins, and its cells."""
    csv.field_size_limit(LONGEST)
    numbers = [0]

    def texts() -> Iterator[str]:
        for place, text in lines:
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
            refuse(Place(name, begun), "bad-csv", str(error))
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

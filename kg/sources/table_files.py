"""A table file as columns of texts: CSV and any delimited text, JSON lines, Parquet, workbooks."""

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from kgtools.kg.build.name_rules import clean_words
from kgtools.kg.source import NOT_TEXT, rows_as_frame
from kgtools.kg.sources.mapping import Table
from kgtools.kg.tables import BROKEN
from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.delimited import BAD_QUOTE, QUOTE, Line, is_plain, read_rows
from kgtools.tools.inputs.files import json_records, read_bytes, read_text
from kgtools.tools.inputs.packings import suffix_of
from kgtools.tools.inputs.workbooks import check_workbook, only_sheet

ROW = "\0row"
"""The column of row numbers: the line on which the row begins; in a workbook its row; in Parquet its place, from 1."""

UNNAMED = "\0column"
LISTS = pl.List(pl.String)
BrokenCell = tuple[int, str, str, str]
"""Row, field, text and reason of what could not be read."""


class Cells(NamedTuple):
    """`rows`: columns of texts (lists of texts where the file has lists), null where empty; rows that hold nothing are left
    out. `broken`: what could not be read, in the columns of BROKEN without `file`."""

    rows: pl.DataFrame
    broken: pl.DataFrame


def read_cells(path: Path, table: Table, wanted: Collection[str], lists: Collection[str] = ()) -> Cells:
    """The rows of a file; a column that is not wanted may hold anything, and lists only those of `lists`.

    Raises InputError for a file that is no such table, or of which no row can be read."""
    suffix = suffix_of(path)
    broken: list[BrokenCell] = []
    if suffix == ".parquet":
        cells, broken = _parquet(path, wanted)
    elif suffix in (".jsonl", ".ndjson", ".json"):
        cells, broken = _json(path, wanted, lists)
    elif suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"):
        cells = _workbook(path, table, wanted)
    else:
        cells, broken = _text(path, table, wanted)
    values = [name for name in cells.columns if name != ROW]
    rows = cells.filter(pl.any_horizontal(pl.col(values).is_not_null())) if values else cells
    kinds = {name: BROKEN.columns[name] for name in ("row", "field", "text", "reason")}
    return Cells(rows, rows_as_frame(broken, kinds))


def _name_columns(path: Path, row: int, header: Collection[str], wanted: Collection[str]) -> list[str]:
    """The names of columns as they look. One without a name, and all that are called alike, nobody can ask for.

    Raises InputError where one that is wanted stands twice."""
    names = clean_words(header)
    for name in wanted:
        numbers = [str(at) for at, each in enumerate(names, start=1) if each == name]
        if len(numbers) > 1:
            where = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
            raise InputError(
                f"{path}:{row}: the columns {where} are all called {name!r}; rename all but one, or name the columns in"
                " the mapping's header"
            )
    return [name if name and names.count(name) == 1 else f"{UNNAMED}{at}" for at, name in enumerate(names)]


def _text(path: Path, table: Table, wanted: Collection[str]) -> tuple[pl.DataFrame, list[BrokenCell]]:
    text = read_text(path)
    body = text.lstrip("\n")
    delimiter = table.delimiter or ("\t" if "\t" in body.split("\n", 1)[0] else ",")
    if table.header is None and is_plain(body, delimiter, table.quote):
        return _plain_text(path, text, body, delimiter, table.quote, wanted), []
    rows = [row for row in read_rows(path, text, delimiter, table.quote) if row.text.strip()]
    broken = [(row.number, "row", row.text, BAD_QUOTE) for row in rows if row.cells is None]
    good = [(row.number, row.cells) for row in rows if row.cells is not None]
    begin = rows[0].number
    first, good = _header(path, rows, good, table)
    header = _name_columns(path, begin, first, wanted)
    for number, values in good:
        if len(values) != len(header):
            raise _width_error(path, number, len(values), len(header), delimiter)
    columns = zip(*(values for _, values in good), strict=True) if good else ([] for _ in header)
    series = [
        pl.Series(name, [value or None for value in values], dtype=pl.String)
        for name, values in zip(header, columns, strict=True)
    ]
    return pl.DataFrame([*series, pl.Series(ROW, [number for number, _ in good], dtype=pl.UInt32)]), broken


def _plain_text(path: Path, text: str, body: str, delimiter: str, quote: str, wanted: Collection[str]) -> pl.DataFrame:
    """Text that no quotation mark makes doubtful, five times as fast."""
    first = next(read_rows(path, body.split("\n", 1)[0], delimiter, quote)).cells or []
    header = _name_columns(path, len(text) - len(body) + 1, first, wanted)
    try:
        cells = pl.read_csv(body.encode(), separator=delimiter, quote_char=quote or None, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        _find_fault(path, text, delimiter, quote)
        raise InputError(f"{path}: not valid CSV: {str(error).splitlines()[0]}") from error
    if cells.get_columns()[-1].null_count():
        _find_fault(path, text, delimiter, quote)
    begin = len(text) - len(body) + 2
    cells.columns = header
    return cells.with_columns(pl.int_range(begin, begin + pl.len(), dtype=pl.UInt32).alias(ROW))


def _find_fault(path: Path, text: str, delimiter: str, quote: str) -> None:
    """Raises InputError at the first row that has not as many cells as the first; polars does not say where."""
    width = 0
    for row in read_rows(path, text, delimiter, quote):
        cells = row.cells or []
        width = width or len(cells)
        if len(cells) != width:
            raise _width_error(path, row.number, len(cells), width, delimiter)


def _width_error(path: Path, row: int, width: int, expected: int, delimiter: str) -> InputError:
    return InputError(
        f"{path}:{row}: {width} columns, expected {expected}; is the delimiter {delimiter!r}, or was the download cut off?"
    )


def _header(
    path: Path, rows: list[Line], good: list[tuple[int, list[str]]], table: Table
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, those of the first row or of the mapping, and the rows without the header."""
    first = next((row for row in rows if row.cells is None), rows[0])
    if len(good) <= (table.header is None) < len(rows) or (table.header is None and rows[0].cells is None):
        raise InputError(
            f"{path}:{first.number}: a quotation mark does not close, or is escaped otherwise than by doubling it;"
            f' quote: "" in the mapping if {QUOTE} means nothing in this file'
        )
    if table.header is None:
        return good[0][1], good[1:]
    if len(good[0][1]) != len(table.header):
        raise InputError(
            f"{path}:{good[0][0]}: {len(good[0][1])} columns, the mapping's header names {len(table.header)}"
        )
    return list(table.header), good


def _json(path: Path, wanted: Collection[str], lists: Collection[str]) -> tuple[pl.DataFrame, list[BrokenCell]]:
    broken: list[BrokenCell] = []
    columns: dict[str, list[Any]] = {}
    names: dict[str, str] = {}
    rows: list[int] = []
    for at, (row, record) in enumerate(json_records(path)):
        for key, value in _rename_keys(path, row, record, names).items():
            column = columns.setdefault(key, [])
            column.extend([None] * (at - len(column)))
            text, unreadable = _json_value(value, key in lists) if key in wanted else (None, [])
            column.append(text)
            broken += [(row, key, orjson.dumps(item).decode(), NOT_TEXT) for item in unreadable]
        rows.append(row)
    series = [pl.Series(ROW, rows, dtype=pl.UInt32)]
    spoilt = {field for _, field, _, _ in broken}
    for key, values in columns.items():
        if key in spoilt and not any(values):
            raise InputError(f"{path}: the column {key!r} holds lists or objects, expected one text in each row")
        values.extend([None] * (len(rows) - len(values)))
        if any(isinstance(value, list) for value in values):
            values = [[value] if isinstance(value, str) else value for value in values]
            series.append(pl.Series(key, values, dtype=LISTS))
        else:
            series.append(pl.Series(key, values, dtype=pl.String))
    return pl.DataFrame(series), broken


def _rename_keys(path: Path, row: int, record: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The record with its keys as they look; `names`: those that were seen. Raises InputError where two look alike."""
    if new := [key for key in record if key not in names]:
        names.update(zip(new, clean_words(new), strict=True))
    named = {names[key]: value for key, value in record.items()}
    if len(named) < len(record):
        keys = [names[key] for key in record]
        key = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"{path}:{row}: two keys of one object look like {key!r}; rename or remove one")
    return named


def _json_value(value: Any, may_list: bool) -> tuple[str | list[str] | None, list[Any]]:
    """A text, number or list of them as texts, and what of it is none: what is deeper, and a list where none may be."""
    if value is None or isinstance(value, str):
        return value or None, []
    if isinstance(value, list) and may_list:
        flat = [item for item in value if item is not None and not isinstance(item, (list, dict))]
        texts = [item if isinstance(item, str) else orjson.dumps(item).decode() for item in flat]
        return texts, [item for item in value if isinstance(item, (list, dict))]
    if isinstance(value, (list, dict)):
        return None, [value]
    return orjson.dumps(value).decode(), []


def _parquet(path: Path, wanted: Collection[str]) -> tuple[pl.DataFrame, list[BrokenCell]]:
    try:
        frame = pl.read_parquet(io.BytesIO(read_bytes(path)))
    except pl.exceptions.DuplicateError as error:
        raise InputError(f"{path}: two columns are called alike: {str(error).splitlines()[0]}; rename one") from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputError(f"{path}: not Parquet: {str(error).splitlines()[0]}; was the download cut off?") from error
    frame.columns = _name_columns(path, 1, frame.columns, wanted)
    frame = frame.with_row_index(ROW, 1)
    texts, broken = [], list[BrokenCell]()
    for name, kind in frame.schema.items():
        nested = kind.is_nested() and (not isinstance(kind, pl.List) or kind.inner.is_nested())
        if name == ROW:
            continue
        if name not in wanted or nested:
            texts.append(pl.lit(None, pl.String).alias(name))
        else:
            texts.append(pl.col(name).cast(LISTS if isinstance(kind, pl.List) else pl.String))
        if name in wanted and nested:
            nested_rows = frame.select(ROW, name).drop_nulls(name)
            shown = map(str, nested_rows[name].to_list())
            broken += [(row, name, text, NOT_TEXT) for row, text in zip(nested_rows[ROW], shown, strict=True)]
    try:
        return frame.select(ROW, *texts), broken
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path}: a column holds neither texts nor lists of texts: {str(error).splitlines()[0]}"
        ) from error


def _workbook(path: Path, table: Table, wanted: Collection[str]) -> pl.DataFrame:
    try:
        import pandas
        from python_calamine import CalamineError
    except ImportError as error:
        raise MissingExtraError(f"{path}: workbooks need two more packages: pip install 'kgtools[xlsx]'") from error
    check_workbook(data := read_bytes(path), str(path))
    try:
        with pandas.ExcelFile(io.BytesIO(data), engine="calamine") as book:
            if table.sheet and table.sheet not in book.sheet_names:
                raise InputError(
                    f"{path}: no sheet {table.sheet!r}; there are: {', '.join(map(str, book.sheet_names))}"
                )
            sheets = pandas.read_excel(book, sheet_name=None, header=None, dtype=str, na_filter=False)
        filled = {str(name): bool((each != "").to_numpy().any()) for name, each in sheets.items()}
        frame = sheets[table.sheet or only_sheet(str(path), filled, "name one in the mapping: `sheet: NAME`")]
    except (CalamineError, ValueError) as error:
        raise InputError(f"{path}: not a workbook: {error}; was the download cut off?") from error
    values = enumerate(frame.to_numpy().tolist(), start=1)
    rows = [(at, [str(value) for value in row]) for at, row in values if any(row)]
    begin = rows[0][0] if rows else 1
    if table.header is None and rows:
        (_, header), *rows = rows
    else:
        header = list(table.header or ())
    header = _name_columns(path, begin, header, wanted)
    if rows and len(rows[0][1]) < len(header):
        raise InputError(f"{path}:1: {len(rows[0][1])} columns, the mapping's header names {len(header)}")
    columns = [pl.Series(name, [row[at] or None for _, row in rows], dtype=pl.String) for at, name in enumerate(header)]
    return pl.DataFrame([pl.Series(ROW, [at for at, _ in rows], dtype=pl.UInt32), *columns])

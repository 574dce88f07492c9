"""A table file as columns of texts: CSV and any delimited text, JSON lines, Parquet, workbooks."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kg.sources.mapping import Table
from tools.errors import InputError, MissingExtraError
from tools.files import json_records, read_bytes, read_text

ROW = "\0row"
"""The column of row numbers: the line on which the row begins; in a workbook its row; in Parquet its place, from 1."""

LISTS = pl.List(pl.String)


def read_cells(path: Path, table: Table) -> pl.DataFrame:
    """The rows that hold anything: columns of texts (lists of texts where the file has lists), null where empty."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        cells = _parquet(path)
    elif suffix in (".jsonl", ".ndjson", ".json"):
        cells = _json(path)
    elif suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"):
        cells = _workbook(path, table)
    else:
        cells = _text(path, table)
    values = [name for name in cells.columns if name != ROW]
    return cells.filter(pl.any_horizontal(pl.col(values).is_not_null())) if values else cells


def _text(path: Path, table: Table) -> pl.DataFrame:
    text = read_text(path)
    body = text.lstrip("\n")
    delimiter = table.delimiter or ("\t" if "\t" in body.split("\n", 1)[0] else ",")
    try:
        cells = pl.read_csv(
            body.encode(),
            separator=delimiter,
            quote_char=table.quote or None,
            infer_schema=False,
            has_header=table.header is None,
        )
    except pl.exceptions.PolarsError as error:
        _find_fault(path, text, delimiter, table.quote)
        raise InputError(f"{path}: not valid CSV: {str(error).splitlines()[0]}") from error
    last = cells.get_columns()[-1]
    if last.null_count():
        _find_fault(path, text, delimiter, table.quote)
    breaks = sum(name.count("\n") for name in cells.columns) + 1 if table.header is None else 0
    first = len(text) - len(body) + breaks + 1
    lines = 1 + pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
    cells = cells.with_columns((first + lines.cum_sum() - lines).cast(pl.UInt32).alias(ROW))
    return _with_header(path, cells, table)


def _find_fault(path: Path, text: str, delimiter: str, quote: str) -> None:
    """Raises InputError at the first row that has not as many cells as the first; polars does not say where."""
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )
    width = 0
    try:
        for cells in lines:
            width = width or len(cells)
            if cells and len(cells) != width:
                raise InputError(
                    f"{path}:{lines.line_num}: {len(cells)} columns, expected {width}; is the delimiter {delimiter!r},"
                    " or was the download cut off?"
                )
    except csv.Error as error:
        raise InputError(
            f'{path}:{lines.line_num}: not valid CSV: {error}; quote: "" in the mapping if quotes mean nothing'
        ) from error


def _with_header(path: Path, cells: pl.DataFrame, table: Table) -> pl.DataFrame:
    if table.header is None:
        return cells
    found = [name for name in cells.columns if name != ROW]
    if len(found) != len(table.header):
        raise InputError(f"{path}:1: {len(found)} columns, the mapping's header names {len(table.header)}")
    return cells.rename(dict(zip(found, table.header, strict=True)))


def _json(path: Path) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {}
    rows: list[int] = []
    for at, (row, record) in enumerate(json_records(path)):
        for key, value in record.items():
            column = columns.setdefault(key, [])
            column.extend([None] * (at - len(column)))
            column.append(_json_value(f"{path}:{row}", key, value))
        rows.append(row)
    series = [pl.Series(ROW, rows, dtype=pl.UInt32)]
    for key, values in columns.items():
        values.extend([None] * (len(rows) - len(values)))
        if any(isinstance(value, list) for value in values):
            values = [[value] if isinstance(value, str) else value for value in values]
            series.append(pl.Series(key, values, dtype=LISTS))
        else:
            series.append(pl.Series(key, values, dtype=pl.String))
    return pl.DataFrame(series)


def _json_value(where: str, key: str, value: Any) -> str | list[str] | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return [item if isinstance(item, str) else orjson.dumps(item).decode() for item in value if item is not None]
    if isinstance(value, (list, dict)):
        raise InputError(f'{where}: "{key}" holds objects or lists in lists, expected texts, numbers or a list of them')
    return orjson.dumps(value).decode()


def _parquet(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(io.BytesIO(read_bytes(path)))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not Parquet: {str(error).splitlines()[0]}; was the download cut off?") from error
    texts = [
        pl.col(name).cast(LISTS if isinstance(kind, pl.List) else pl.String) for name, kind in frame.schema.items()
    ]
    try:
        return frame.select(texts).with_row_index(ROW, 1)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path}: a column holds neither texts nor lists of texts: {str(error).splitlines()[0]}"
        ) from error


def _workbook(path: Path, table: Table) -> pl.DataFrame:
    try:
        import pandas
        from python_calamine import CalamineError
    except ImportError as error:
        raise MissingExtraError(f"{path}: workbooks need two more packages: pip install 'kgtools[xlsx]'") from error
    read_bytes(path)
    try:
        with pandas.ExcelFile(path, engine="calamine") as book:
            sheet = table.sheet or str(book.sheet_names[0])
            if sheet not in book.sheet_names:
                raise InputError(f"{path}: no sheet {sheet!r}; there are: {', '.join(map(str, book.sheet_names))}")
            frame = pandas.read_excel(book, sheet_name=sheet, header=None, dtype=str, na_filter=False)
    except (CalamineError, ValueError) as error:
        raise InputError(f"{path}: not a workbook: {error}; was the download cut off?") from error
    values = enumerate(frame.to_numpy().tolist(), start=1)
    rows = [(at, [str(value) for value in row]) for at, row in values if any(row)]
    if table.header is None and rows:
        (_, header), *rows = rows
    else:
        header = list(table.header or ())
    if rows and len(rows[0][1]) < len(header):
        raise InputError(f"{path}:1: {len(rows[0][1])} columns, the mapping's header names {len(header)}")
    columns = [
        pl.Series(name, [row[at] or None for _, row in rows], dtype=pl.String) for at, name in enumerate(header) if name
    ]
    return pl.DataFrame([pl.Series(ROW, [at for at, _ in rows], dtype=pl.UInt32), *columns])

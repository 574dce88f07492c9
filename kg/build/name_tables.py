"""Tables of names as they come: delimited text, workbooks, a JSON object of pairs."""

import io
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.delimited import QUOTE, read_rows
from kgtools.tools.inputs.files import read_bytes, read_text
from kgtools.tools.inputs.packings import suffix_of
from kgtools.tools.inputs.workbooks import check_workbook, only_sheet


def read_table(path: Path, header: bool = True) -> pl.DataFrame:
    """A table as columns of texts, by its suffix; without a header the columns are `column_0`, `column_1`, ..."""
    suffix = suffix_of(path)
    if suffix in (".xlsx", ".xls"):
        return _read_workbook(path, header)
    text = read_text(path)
    if suffix == ".json":
        try:
            pairs = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            raise InputError(f'{path}: expected one JSON object of names, such as {{"Pertussis": "百日咳"}}')
        return pl.DataFrame(
            {"key": list(pairs), "value": list(pairs.values())}, schema={"key": pl.String, "value": pl.String}
        )
    return _read_text_table(path, text, header)


def _read_text_table(path: Path, text: str, has_header: bool) -> pl.DataFrame:
    tabs = "\t" in text.partition("\n")[0]
    lines = read_rows(path, text, "\t" if tabs else ",", "" if tabs else QUOTE)
    rows: list[list[str]] = []
    for line in lines:
        if line.cells is None:
            raise InputError(
                f"{path}:{line.number}: a quotation mark does not close, or is escaped otherwise than by doubling it"
            )
        if rows and len(line.cells) != len(rows[0]):
            raise InputError(f"{path}:{line.number}: {len(line.cells)} columns, expected {len(rows[0])}")
        rows.append(line.cells)
    header = rows.pop(0) if has_header else [f"column_{index}" for index in range(len(rows[0]))]
    _refuse_twice(path, header)
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")


def _refuse_twice(path: Path, header: list[str]) -> None:
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InputError(f"{path}:1: the column {twice!r} is there twice; rename one")


def _read_workbook(path: Path, header: bool) -> pl.DataFrame:
    check_workbook(data := read_bytes(path), str(path))
    try:
        import pandas as pd
        from python_calamine import CalamineError
    except ImportError as error:
        raise MissingExtraError(
            f"{path}: reading a spreadsheet needs more packages: pip install 'kgtools[xlsx]'"
        ) from error
    try:
        options: Any = {"dtype": str, "engine": "calamine", "keep_default_na": False}
        sheets = pd.read_excel(io.BytesIO(data), sheet_name=None, header=None, **options)
        filled = {str(name): bool((each != "").to_numpy().any()) for name, each in sheets.items()}
        sheet = only_sheet(str(path), filled, "save the one that is meant as CSV")
        if header:
            first = sheets[sheet].head(1).to_numpy().tolist()
            _refuse_twice(path, [str(name) for row in first for name in row if str(name).strip()])
        frame = pd.read_excel(io.BytesIO(data), sheet_name=sheet, header=0 if header else None, **options)
    except (CalamineError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a spreadsheet: {error}") from error
    return pl.DataFrame(
        {str(column) if header else f"column_{column}": frame[column].astype(str).to_list() for column in frame.columns}
    )

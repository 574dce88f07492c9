"""What a command prints: the same rows as a table for people, or as JSON, JSON lines, CSV or Parquet for programs."""

import csv
import errno
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Any, Literal

import orjson

from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.atomic import replace_file
from kgtools.tools.spreadsheets import as_text
from kgtools.tools.terminal import say, shown, tell

if TYPE_CHECKING:
    import polars as pl

SHOWN, AT_ONCE = 1000, 20_000
"""Rows of a table that people are shown; rows that are in memory on their way to Parquet."""
TABLE_STYLES = ("table", "markdown", "latex", "csv")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str))
    sys.stdout.buffer.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "", style: str = "table") -> int:
    """A table on stdout in one of TABLE_STYLES; gives the number of rows.

    `table` is as wide as it needs to be. `markdown` and `latex` have the same cells, escaped; LaTeX with Chinese needs a package such
    as ctex, and no other. `csv` has the values as programs read them (1234, not 1,234), and no title."""
    table = list(rows)
    if style == "csv":
        _write(sys.stdout.buffer, list(columns), map(list, table), style, escape_formulas=False)
    else:
        say(lay_out_table(columns, table, title, style) + "\n")
    return len(table)


def lay_out_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    title: str = "",
    style: str = "table",
    right: Sequence[bool] | None = None,
) -> str:
    """The text of a table in one of TABLE_STYLES but csv. `right`: which columns stand at the right, else those of numbers."""
    if right is None:
        right = [
            bool(rows) and all(isinstance(row[i], int | float | None) for row in rows) for i in range(len(columns))
        ]
    layout = {"table": _plain_table, "markdown": _markdown_table, "latex": _latex_table}[style]
    texts = [[cell(value) for value in row] for row in rows]
    return layout([cell(column) for column in columns], texts, list(right), shown(title))


def _plain_table(columns: list[str], rows: list[list[str]], right: list[bool], title: str) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(title) if title else None, title_justify="left", pad_edge=False)
    for column, is_right in zip(columns, right, strict=True):
        justify: Literal["right", "left"] = "right" if is_right else "left"
        table.add_column(Text(column), justify=justify, overflow="fold", no_wrap=not sys.stdout.isatty())
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    lines = ["".join(segment.text for segment in line).rstrip() for line in console.render_lines(table, pad=False)]
    return "\n".join(lines).strip("\n")


def _markdown_table(columns: list[str], rows: list[list[str]], right: list[bool], title: str) -> str:
    marks = ["---:" if is_right else "---" for is_right in right]
    lines = [columns, marks, *rows]
    texts = [f"**{escape_markdown(title)}**\n"] if title else []
    texts += [f"| {' | '.join(line if line is marks else map(escape_markdown, line))} |" for line in lines]
    return "\n".join(texts)


def _latex_table(columns: list[str], rows: list[list[str]], right: list[bool], title: str) -> str:
    lines = [" & ".join(map(escape_latex, line)) + r" \\" for line in (columns, *rows)]
    letters = "".join("r" if is_right else "l" for is_right in right)
    tabular = [
        rf"\begin{{tabular}}{{{letters}}}", r"\hline", lines[0], r"\hline", *lines[1:], r"\hline", r"\end{tabular}",
    ]  # fmt: skip
    if title:
        tabular = [r"\begin{table}", rf"\caption{{{escape_latex(title)}}}", *tabular, r"\end{table}"]
    return "\n".join(tabular)


MARKDOWN = re.compile(r"[\\|`*<>\[\]]|(?<!\w)_|_(?!\w)")
"""What Markdown would obey within a table: `a|b`, `<br>`, `*x*`, `_x_`; not the underscore of `HAS_SYMPTOM`."""


def escape_markdown(text: str) -> str:
    """The text as Markdown that shows just this text."""
    return MARKDOWN.sub(r"\\\g<0>", text)


LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}", **{sign: f"\\{sign}" for sign in "{}$&#_%"},
})  # fmt: skip
"""Signs that LaTeX obeys, or that its usual fonts lack. A bracket or star behind a line break would be its option."""


def escape_latex(text: str) -> str:
    """The text as LaTeX that shows just this text."""
    return text.translate(LATEX)


def cell(value: Any) -> str:
    """A value as people read it: thousands grouped, lists joined, line breaks and what else a terminal would obey shown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, list):
        return "、".join(cell(item) for item in value)
    if isinstance(value, dict):
        return shown(orjson.dumps(value, default=str).decode())
    return shown(str(value).replace("\r\n", "⏎").replace("\n", "⏎"))


def print_rows(
    columns: list[str], rows: Iterable[list[Any]], style: str, out: Path | None = None, escape_formulas: bool = False,
    option: str = "--out",
) -> None:  # fmt: skip
    """Rows as `table` (the first 1,000), `csv`, `jsonl` or `parquet`, to stdout or a file, which `option` named; the text forms
    stream.

    `escape_formulas`: CSV for a spreadsheet (`tools.spreadsheets`). Raises UsageError where another style is to have that."""
    if escape_formulas and style != "csv":
        raise UsageError(f"--escape-formulas is for csv; {style} holds no formula")
    if style == "parquet":
        _parquet(columns, rows, out, option)
    elif style == "table" and out is None:
        rest = iter(rows)
        print_table(columns, islice(rest, SHOWN))
        more = sum(1 for _ in rest)
        if more:
            tell(f"... and {more:,} more rows; --format csv or jsonl gives all")
    elif style == "table":
        raise UsageError("--out needs --format csv, jsonl or parquet")
    elif out is None:
        _write(sys.stdout.buffer, columns, rows, style, escape_formulas)
    else:
        with replace_file(out, option) as aside, aside.open("wb") as file:
            _write(file, columns, rows, style, escape_formulas)


def _write(file: Any, columns: list[str], rows: Iterable[list[Any]], style: str, escape_formulas: bool) -> None:
    if style == "jsonl":
        for row in rows:
            file.write(
                orjson.dumps(dict(zip(columns, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE, default=str)
            )
    else:
        for line in _csv_lines(columns, rows, escape_formulas):
            file.write(line.encode("utf-8"))
    file.flush()


def _csv_lines(columns: list[str], rows: Iterable[list[Any]], escape_formulas: bool) -> Iterable[str]:
    class Line:
        def write(self, text: str) -> str:
            return text.removesuffix("\r\n") + "\n"

    writer = csv.writer(Line(), lineterminator="\r\n")  # whose characters are quoted inside of values
    yield writer.writerow(_escape(columns) if escape_formulas else columns)
    for row in rows:
        cells = [orjson.dumps(v, default=str).decode() if isinstance(v, list | dict) else v for v in row]
        yield writer.writerow(_escape(cells) if escape_formulas else cells)


def _escape(cells: list[Any]) -> list[Any]:
    return [as_text(cell) if isinstance(cell, str) else cell for cell in cells]


def _parquet(columns: list[str], rows: Iterable[list[Any]], out: Path | None, option: str) -> None:
    import polars as pl

    from kgtools.tools.frames import sink_table

    if out is None and sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal; name a file: --out FILE")
    try:
        with TemporaryDirectory(prefix="kgtools-") as folder:
            table = _in_parts(columns, rows, Path(folder))
            if out is None:
                sink_table(table, Path(folder) / "whole")
                with (Path(folder) / "whole").open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
            else:
                with replace_file(out, option) as aside:
                    sink_table(table, aside)
    except OSError as error:
        if error.errno == errno.ENOSPC and error.filename:
            error.filename = str(out or gettempdir())
        raise
    except pl.exceptions.PolarsError as error:
        why = " ".join(str(error).split())
        raise UsageError(f"the rows do not fit into columns of one kind each ({why}); use --format jsonl") from error


def _in_parts(columns: list[str], rows: Iterable[list[Any]], folder: Path) -> "pl.LazyFrame":
    """The rows as a frame that is read from files, so that any number of them fits into memory."""
    import polars as pl

    from kgtools.tools.frames import scan_table, write_table

    parts, rest = [pl.LazyFrame(schema=columns)], iter(rows)
    while part := list(islice(rest, AT_ONCE)):
        file = folder / f"{len(parts)}.parquet"
        write_table(pl.DataFrame(part, schema=columns, orient="row", infer_schema_length=None), file)
        parts.append(scan_table(file))
    return pl.concat(parts, how="vertical_relaxed")

"""39Health-KG: `disease.csv`, two crawls of 39.net glued together, in GB18030."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from kg.ontology import ontology
from kg.reading import Collector, Options, Reading, short_names
from tools.errors import InputError, UsageError
from tools.files import read_text

COLUMNS = (
    "name", "alias", "part", "age", "infection", "insurance", "department", "checklist", "symptom", "complication",
    "treatment", "drug", "period", "rate", "money",
)  # fmt: skip
SEPARATORS = {"alias": re.compile("[，、；,;]"), "treatment": re.compile(r"[\s、]")}
SPACES = re.compile(r"\s")
TEXTS = ("age", "infection", "insurance", "period", "rate", "money")
MORE, NO_DATA = "[详细]", "暂无相关资料"
Row = tuple[int, dict[str, str], bool]


def read(paths: list[Path], options: Options) -> Reading:
    """The diseases of `disease.csv`; the rows of one disease are merged later, like those of any two files.

    Values are split on spaces (aliases on `，、；,;` alone, treatments on `、` too). `[详细]` and `暂无相关资料` are no
    values. A row whose values have slipped into the unnamed columns is refused whole: its columns can't be told."""
    options.refuse("health39", "mapping", "type")
    if options.counting not in (None, "paper"):
        raise UsageError(f"health39 has no counting {options.counting!r}; there is: paper")
    info, collect = ontology().sources["health39"], Collector()
    names = short_names(paths)
    rows = {path: list(_rows(path)) for path in paths}
    for path in paths:
        collect.start(names[path])
        for line, cells, spilled in rows[path]:
            _row(collect, line, cells, "spilled-columns" if spilled else None)
        collect.finish()
    counting = _like_the_paper([row for each in rows.values() for row in each]) if options.counting else None
    return collect.reading("health39", info, counting)


def _rows(path: Path) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = tuple(cell.strip() for cell in next(reader))
        if header[: len(COLUMNS)] != COLUMNS:
            raise InputError(
                f"{path}:1: the columns are {', '.join(header[:15])}; expected {', '.join(COLUMNS)}: is this disease.csv of 39Health-KG?"
            )
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{path}:{reader.line_num}: {len(cells)} columns, expected {len(header)}; was the download cut off?"
                )
            yield (
                reader.line_num,
                dict(zip(COLUMNS, cells, strict=False)),
                any(cell.strip() for cell in cells[len(COLUMNS) :]),
            )
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not valid CSV: {error}; was the download cut off?") from error


def _row(collect: Collector, line: int, cells: dict[str, str], reason: str | None) -> None:
    name = cells["name"].strip()
    collect.mention("Disease", name, "name", line, reason=reason)
    for field in COLUMNS[1:]:
        found = values(field, cells[field])
        kept = [value for value in found if value not in (MORE, NO_DATA)]
        if len(kept) < len(found):
            collect.skip(field, "more-link", found.count(MORE))
            collect.skip(field, "no-data", found.count(NO_DATA))
        collect.say(field, "Disease", name, kept, line, reason=reason)


def values(field: str, cell: str) -> list[str]:
    """The values of a cell: split where the field is a list, whole where it is a text; never empty."""
    parts = [cell] if field in TEXTS else SEPARATORS.get(field, SPACES).split(cell)
    return [part for part in map(str.strip, parts) if part]


def _like_the_paper(rows: list[Row]) -> pl.DataFrame:
    """The figures of ClinicalGPT's appendix, made again: whitespace tokens, an empty cell counted as the token `nan`."""
    figures = []
    for what, field, stated in (
        ("examination", "checklist", (31_577, 3_074)),
        ("symptom", "symptom", (48_757, 5_927)),
        ("treatment", "treatment", (None, 1_493)),
    ):
        tokens = [
            [t for t in cells[field].split() if t != MORE] if cells[field].strip() else ["nan"] for _, cells, _ in rows
        ]
        clean = [v for _, cells, _ in rows for v in values(field, cells[field]) if v not in (MORE, NO_DATA)]
        mentions, distinct = sum(map(len, tokens)), len({t for row in tokens for t in row})
        figures += [
            (
                f"{what} mentions",
                stated[0],
                mentions,
                len(clean),
                "whitespace tokens without [详细], plus one nan for each empty cell",
            ),
            (
                f"distinct {what}s",
                stated[1],
                distinct,
                len(set(clean)),
                "distinct whitespace tokens, plus one nan in all",
            ),
        ]
    columns = {
        "figure": pl.String,
        "paper": pl.Int64,
        "by the paper's rule": pl.Int64,
        "clean": pl.Int64,
        "rule": pl.String,
    }
    return pl.DataFrame(figures, schema=columns, orient="row")

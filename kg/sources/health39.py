"""39Health-KG: `disease.csv`, two crawls of 39.net glued together, in GB18030."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.source import Collector, Options, Reading, short_names
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.delimited import BAD_QUOTE, read_rows
from kgtools.tools.inputs.files import read_text

COLUMNS = (
    "name", "alias", "part", "age", "infection", "insurance", "department", "checklist", "symptom", "complication",
    "treatment", "drug", "period", "rate", "money",
)  # fmt: skip
SEPARATORS = {"alias": re.compile("[，、；,;]"), "treatment": re.compile(r"[\s、]")}
"""What parts the values of a cell, where that is not a blank alone."""
CLAUSES = re.compile(r"[\s、，,；;。]")
"""What parts the clauses of a cell: `药物治疗，手术治疗`."""
SPACES = re.compile(r"\s")
TEXTS = ("age", "infection", "insurance", "period", "rate", "money")
MORE, NO_DATA = "[详细]", "暂无相关资料"
LISTED = "drug_listed"
"""The field of drugs in a cell with a link to the site's shop: products that it lists, not a doctor's choice."""
SHORT, ADVICE = 8, re.compile("[需不的者可如应若]|为主|多数|少数")
"""A cell whose clauses are longer, or say what should be done, is a sentence and no list of treatments."""
KINDS = (
    "药物",
    "手术",
    "对症",
    "支持",
    "支持性",
    "物理",
    "康复",
    "介入",
    "放射",
    "心理",
    "饮食",
    "病因",
    "中药",
    "西药",
    "中医",
    "激光",
    "综合",
)
"""Words that lack 治疗 where the last of a list has it for all: `药物、手术治疗`."""
Row = tuple[int, dict[str, str], bool]


def read(paths: list[Path], options: Options) -> Reading:
    """The diseases of `disease.csv`; the rows of one disease are merged later, like those of any two files.

    Values are split on spaces (aliases on `，、；,;` alone, treatments on `、` too, and on commas where they are short).
    `[详细]` and `暂无相关资料` are no values; drugs in a cell with that link are what the site's shop lists (`drug_listed`).
    A row whose values have slipped into the unnamed columns is refused whole: its columns can't be told."""
    options.refuse("health39", "mapping", "type")
    if options.counting not in (None, "paper"):
        raise UsageError(f"health39 has no counting {options.counting!r}; there is: paper")
    info, collect = ontology().sources["health39"], Collector()
    names = short_names(paths)
    rows: dict[Path, list[Row]] = {}
    for path in paths:
        collect.start(names[path])
        rows[path] = list(_rows(collect, path))
        for line, cells, spilled in rows[path]:
            _row(collect, line, cells, "spilled-columns" if spilled else None)
        collect.finish()
    counting = _count_as_paper([row for each in rows.values() for row in each]) if options.counting else None
    return collect.reading("health39", info, counting)


def _rows(collect: Collector, path: Path) -> Iterator[Row]:
    lines = read_rows(path, read_text(path), ",")
    first = next(lines)
    header = tuple(cell.strip() for cell in first.cells or ())
    if header[: len(COLUMNS)] != COLUMNS:
        raise InputError(
            f"{path}:1: the columns are {', '.join(header[:15])}; expected {', '.join(COLUMNS)}: is this disease.csv of 39Health-KG?"
        )
    for line in lines:
        if line.cells is None:
            collect.refuse(line.number, "row", line.text, BAD_QUOTE)
            continue
        if not any(line.cells):
            continue
        if len(line.cells) != len(header):
            raise InputError(
                f"{path}:{line.number}: {len(line.cells)} columns, expected {len(header)}; was the download cut off?"
            )
        spilled = any(cell.strip() for cell in line.cells[len(COLUMNS) :])
        yield line.number, dict(zip(COLUMNS, line.cells, strict=False)), spilled


def _row(collect: Collector, line: int, cells: dict[str, str], reason: str | None) -> None:
    name = cells["name"].strip()
    collect.mention("Disease", name, "name", line, reason=reason)
    for column in COLUMNS[1:]:
        cell_values = values(column, cells[column])
        names = [value for value in cell_values if value not in (MORE, NO_DATA)]
        field = LISTED if column == "drug" and MORE in cell_values else column
        if len(names) < len(cell_values):
            collect.skip(field, "more-link", cell_values.count(MORE))
            collect.skip(field, "no-data", cell_values.count(NO_DATA))
        collect.say(field, "Disease", name, names, line, reason=reason)


def values(field: str, cell: str) -> list[str]:
    """The values of a cell: split where the field is a list, whole where it is a text; never empty."""
    if field == "treatment":
        return _treatments(cell)
    parts = [cell] if field in TEXTS else SEPARATORS.get(field, SPACES).split(cell)
    return [part for part in map(str.strip, parts) if part]


def _treatments(cell: str) -> list[str]:
    """Treatments, also where clauses list them; of `药物、手术治疗` both words have the last one's 治疗."""
    clauses = [part for part in map(str.strip, CLAUSES.split(cell)) if part]
    if any(len(part) > SHORT or ADVICE.search(part) for part in clauses):  # a sentence, which its commas do not part
        clauses = [part for part in map(str.strip, SEPARATORS["treatment"].split(cell)) if part]
    named = [part for part in clauses if part != MORE]
    if named and named[-1].endswith("治疗"):
        return [f"{part}治疗" if part in KINDS else part for part in clauses]
    return clauses


def _count_as_paper(rows: list[Row]) -> pl.DataFrame:
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

"""A paper's tables with rows of ours: which of our figures stands in which column, and what may be said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

from kgtools.tools.page.words import Words
from kgtools.train.evaluate.parts import ALL
from kgtools.train.evaluate.report.published import Column, Measured, Paper, Table
from kgtools.train.evaluate.report.runs import Run
from kgtools.train.evaluate.report.verdict import Verdict, judge
from kgtools.train.evaluate.report.words import word
from kgtools.train.evaluate.score import Cell


@dataclass(frozen=True)
class Ours:
    """A figure of ours in a column. `figure`, `low`, `high`: in the table's unit; `verdict`: on the published figure; `why`: why there is
    none, where there could have been one; `rate`: it is a share of samples."""

    figure: float
    low: float | None
    high: float | None
    n: int
    rate: bool
    why: Words | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Row:
    """The figures of a model, by column; `runs`: those that they are of."""

    runs: tuple[Run, ...]
    label: str
    cells: tuple[Ours | None, ...]


@dataclass(frozen=True)
class Filled:
    """A table of a paper with rows of ours. `against`: the published row that verdicts are about; `matters`: in the table's unit."""

    paper: Paper
    key: str
    table: Table
    against: str
    matters: float
    rows: tuple[Row, ...]


def fill_tables(
    papers: Sequence[tuple[Paper, bool]], runs: Sequence[Run], against: str | None = None, matters: float | None = None
) -> tuple[list[Filled], list[Run]]:
    """The tables of papers that runs fill, and the runs that fill none.

    `papers`: with whether the tables that nothing fills are wanted too. `against`: the published row to compare with, in the tables that
    have it; `matters`: the difference that matters, as a share of 1."""
    filled: list[Filled] = []
    used: set[str] = set()
    for paper, whole in papers:
        for key, table in paper.tables.items():
            row = against if against in table.rows else table.paper_row
            least = table.matters if matters is None else matters * table.scale
            rows = _rows(table, runs, row, least)
            used |= {str(run.folder) for one in rows for run in one.runs}
            if rows or whole:
                filled.append(Filled(paper, key, table, row, least, tuple(rows)))
    return filled, [run for run in runs if str(run.folder) not in used]


def _rows(table: Table, runs: Sequence[Run], against: str, matters: float) -> list[Row]:
    """A row for each model; runs of one that fill the same column have rows of their own."""
    rows: list[Row] = []
    for run in runs:
        cells = _cells(table, run) if run.task == table.task else []
        if not any(cells):
            continue
        judged = tuple(
            _judge(cell, published, table, column, matters) if cell else None
            for cell, published, column in zip(cells, table.rows[against], table.columns, strict=True)
        )
        place = next(
            (at for at, row in enumerate(rows) if row.label == run.model and _is_apart(row.cells, judged)), None
        )
        if place is None:
            rows.append(Row((run,), run.model, judged))
        else:
            both = tuple(one or other for one, other in zip(rows[place].cells, judged, strict=True))
            rows[place] = Row((*rows[place].runs, run), run.model, both)
    labels = [row.label for row in rows]
    return [
        replace(row, label=f"{row.label} ({', '.join(run.name for run in row.runs)})")
        if labels.count(row.label) > 1
        else row
        for row in rows
    ]


def _is_apart(cells: Sequence[Ours | None], others: Sequence[Ours | None]) -> bool:
    """Whether no column has a figure of both."""
    return not any(one and other for one, other in zip(cells, others, strict=True))


def _cells(table: Table, run: Run) -> list[Ours | None]:
    """A figure for each column; a mean is made of its columns' figures, or else is what the column measures by itself."""
    cells = [None if column.mean_of and column.by is None else _cell(table, column, run) for column in table.columns]
    by_name = {column.name.en: cell for column, cell in zip(table.columns, cells, strict=True)}
    means = [_mean([by_name[name] for name in column.mean_of]) if column.mean_of else None for column in table.columns]
    return [mean or cell for mean, cell in zip(means, cells, strict=True)]


def _cell(table: Table, column: Column, run: Run) -> Ours | None:
    wanted = table.measured(column)
    cell = _find(table, wanted, column.value, run)
    if cell is None or cell.figure is None:
        return None
    scale = table.scale if run.percent(cell.metric) else 1.0
    low, high = (None if end is None else end * scale for end in (cell.low, cell.high))
    why = _difference(wanted, column, run, cell)
    return Ours(cell.figure * scale, low, high, cell.n, "wilson" in cell.interval, why)


def _find(table: Table, wanted: Measured, value: str, run: Run) -> Cell | None:
    """The cell of a run for a column: of the paper's set; else of the one other set that is in no column of the table."""
    if wanted.by != ALL and not value:
        return None
    cells = [
        cell
        for cell in run.cells
        if cell.metric == wanted.metric and cell.by == wanted.by and (wanted.by == ALL or cell.value == value)
    ]
    same = [cell for cell in cells if cell.source == wanted.set]
    sets = {table.measured(column).set for column in table.columns}
    others = [cell for cell in cells if cell.source and cell.source not in sets]
    return same[0] if same else others[0] if len(others) == 1 else None


def _difference(wanted: Measured, column: Column, run: Run, cell: Cell) -> Words | None:
    """Why a figure cannot be held against the published one: the first reason that there is."""
    said = run.manifest
    if cell.source != wanted.set:
        return word("other_set", ours=cell.source, theirs=wanted.set or "?")
    if wanted.unlike:
        return wanted.unlike
    for settings, had in (("prompt_settings", wanted.prompts), ("settings", wanted.scoring)):
        for key, value in had.items():
            accepted = value if isinstance(value, list) else [value]
            if said[settings].get(key) not in accepted:
                theirs = " / ".join(map(str, accepted))
                return word("other_setting", key=key, ours=str(said[settings].get(key)), theirs=theirs)
    there = {(one.by, one.value) for one in run.cells if one.source == cell.source}
    if lacking := [value for by, values in column.over.items() for value in values if (by, value) not in there]:
        return word("not_all", values=", ".join(lacking))
    if said["missing"] and said["settings"].get("missing") == "skip":
        return word("left_out", number=said["missing"])
    wanted_n = column.n or cell.n
    is_other = cell.n < wanted_n or (column.n_from == "stated" and cell.n > wanted_n)
    if is_other and said["prompt_settings"].get("count") is None:
        return word(f"other_number_{column.n_from}", ours=cell.n, theirs=wanted_n)
    return word("no_interval") if cell.low is None else None


def _mean(cells: Sequence[Ours | None]) -> Ours | None:
    """The mean of figures that do not hang together; its interval from theirs (Zou and Donner 2008)."""
    there = [cell for cell in cells if cell is not None]
    if len(there) < len(cells):
        return None
    figure = sum(cell.figure for cell in there) / len(there)
    below = [cell.figure - cell.low for cell in there if cell.low is not None]
    above = [cell.high - cell.figure for cell in there if cell.high is not None]
    known = len(below) == len(there)
    low, high = (sqrt(sum(part**2 for part in parts)) / len(there) for parts in (below, above))
    why = next((cell.why for cell in there if cell.why), None)
    n = sum(cell.n for cell in there)
    return Ours(figure, figure - low if known else None, figure + high if known else None, n, False, why)


def _judge(cell: Ours, published: float | None, table: Table, column: Column, matters: float) -> Ours:
    if published is None or cell.why or cell.low is None or cell.high is None:
        return cell
    rounding = 0.5 * 10 ** -table.places(column)
    figures = (value / table.scale for value in (cell.figure, cell.low, cell.high))
    figure, low, high = figures
    verdict = judge(
        figure, low, high, cell.n, published / table.scale, rounding / table.scale, matters / table.scale,
        column.n if cell.rate else None,
    )  # fmt: skip
    return replace(cell, verdict=verdict)

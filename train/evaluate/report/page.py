"""The page of a report: one HTML file, in English and Chinese, with a plot beside every table; it asks no network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from math import floor, log10
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kgtools.tools.page.html import embed_json, policy
from kgtools.tools.page.html import style as common_style
from kgtools.tools.page.words import Words
from kgtools.train.evaluate.parts import ALL
from kgtools.train.evaluate.report.published import Column
from kgtools.train.evaluate.report.runs import Run
from kgtools.train.evaluate.report.said import Said, say_of
from kgtools.train.evaluate.report.tables import Filled, Ours
from kgtools.train.evaluate.report.text import (
    notes_of,
    number_of,
    reasons_of,
    show,
    show_interval,
    show_needs,
    show_ours,
    verdict_words,
)
from kgtools.train.evaluate.report.words import word

HERE = Path(__file__).parent
BADGES = {"reproduced": "info", "not reproduced": "error", "unknowable": "warning"}
TICKS = 5
"""Of an axis at most, beside zero: more would touch each other on a phone."""


@dataclass(frozen=True)
class Dot:
    """A figure on its axis: where it stands, and the ends of its interval, in per cent of the axis."""

    label: Any
    figure: str
    at: float
    ours: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Plot:
    """The figures of a column. `wanted`: where the published figure stands that ours are held against; `said`: all in words."""

    name: Words
    said: str
    dots: list[Dot]
    ticks: list[dict[str, Any]]
    wanted: float | None


@dataclass(frozen=True)
class Line:
    """A row of a table; `kind`: class names that say whose."""

    head: Any
    cells: list[Any]
    kind: str = ""


@dataclass(frozen=True)
class View:
    """A table as the page shows it."""

    id: str
    short: Words
    title: Words
    headers: list[Said]
    columns: list[Any]
    lines: list[Line]
    plots: list[Plot] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)


def make_page(filled: Sequence[Filled], others: Sequence[Run], figures: dict[str, Any]) -> str:
    """The page as text, the same for the same figures. `figures`: the report as JSON has it, which the page carries too."""
    views = [_view(one) for one in filled] + [_view_run(run, number) for number, run in enumerate(others)]
    style = Markup(common_style() + (HERE / "page.css").read_text(encoding="utf-8"))
    script = Markup((HERE / "page.js").read_text(encoding="utf-8"))
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("page.html.j2").render(
        word=word, policy=policy(style, [script]), style=style, script=script, views=views, tiles=_tiles(filled),
        version=version("kgtools"), figures=embed_json(figures),
    )  # fmt: skip


def _tiles(filled: Sequence[Filled]) -> list[dict[str, Any]]:
    counts = Counter(
        cell.verdict.judgement if cell.verdict else "no_verdict"
        for one in filled
        for row in one.rows
        for cell in row.cells
        if cell and (cell.verdict or cell.why)
    )
    return [{"label": word(f"tile_{kind}"), "number": counts[kind]} for kind in (*BADGES, "no_verdict")]


def _view(filled: Filled) -> View:
    table, reasons, number = filled.table, reasons_of(filled), number_of(filled.table)
    columns = table.columns
    lines = [
        Line(
            Markup("{} <small>{}</small>").format(model, word("published")),
            [show(figure, filled, column) for figure, column in zip(figures, columns, strict=True)],
        )
        for model, figures in table.rows.items()
    ]
    if any(column.n for column in columns):
        lines.append(Line(word("paper_n"), [_n(column) for column in columns], "part"))
    for row in filled.rows:
        cells = list(zip(row.cells, columns, strict=True))
        lines += [
            Line(
                Markup("{} <small>{}</small>").format(row.label, word("ours")),
                [show_ours(cell.figure if cell else None, filled, column) for cell, column in cells],
                "ours",
            ),
            Line(word("interval"), [show_interval(cell, filled, column) for cell, column in cells], "part"),
            Line(word("items"), [f"{cell.n:,}" if cell else "" for cell, _ in cells], "part"),
            Line(word("verdict", row=filled.against), [_badge(cell, reasons) for cell, _ in cells], "part verdicts"),
        ]
        if any(needs := [show_needs(cell) for cell, _ in cells]):
            lines.append(Line(word("needs"), [words or "" for words in needs], "part"))
    return View(
        f"{filled.paper.short}-{filled.key}".lower(),
        Words(f"{filled.paper.short} {number.en}", f"{filled.paper.short} {number.zh}"),
        Words(
            f"{filled.paper.short}, {number.en}: {table.title.en}",
            f"{filled.paper.short} {number.zh}：{table.title.zh}",
        ),
        [say_of(row.label, run) for row in filled.rows for run in row.runs],
        [column.name for column in columns],
        lines,
        [plot for place, column in enumerate(columns) if (plot := _plot(filled, place, column))],
        notes_of(filled, reasons),
    )


def _n(column: Column) -> Any:
    if column.n is None:
        return ""
    return Markup("{} ({})").format(f"{column.n:,}", word("derived")) if column.n_from == "derived" else f"{column.n:,}"


def _badge(cell: Ours | None, reasons: dict[str, Words]) -> Any:
    if cell is None:
        return ""
    words = verdict_words(cell)
    if words and cell.verdict:
        return Markup('<span class="badge {}">{}</span>').format(BADGES[cell.verdict.judgement], words)
    mark = next((mark for mark, why in reasons.items() if cell.why and why.en == cell.why.en), None)
    return Markup('<span class="badge none">{} ({})</span>').format(word("no_verdict"), mark) if mark else ""


def _plot(filled: Filled, number: int, column: Column) -> Plot | None:
    """The plot of a column; none where there is no figure of ours."""
    ours = [(row.label, cell) for row in filled.rows if (cell := row.cells[number])]
    if not ours:
        return None
    published = {model: figures[number] for model, figures in filled.table.rows.items() if figures[number] is not None}
    top = max(
        [figure for figure in published.values() if figure is not None] + [cell.high or cell.figure for _, cell in ours]
    )
    step = _step(top)
    reach = step * -(-top // step)

    def at(figure: float) -> float:
        return round(100 * figure / reach, 2)

    dots = [
        Dot(model, show(figure, filled, column), at(figure))
        for model, figure in published.items()
        if figure is not None
    ]
    for label, cell in ours:
        ends = (None, None) if cell.low is None or cell.high is None else (at(cell.low), at(cell.high))
        dots.append(Dot(label, show_ours(cell.figure, filled, column), at(cell.figure), True, *ends))
    ticks = [{"at": at(step * tick), "shown": f"{step * tick:g}"} for tick in range(round(reach / step) + 1)]
    wanted = published.get(filled.against)
    said = "; ".join(f"{dot.label} {dot.figure}" for dot in dots)
    return Plot(column.name, f"{column.name.en}: {said}", dots, ticks, None if wanted is None else at(wanted))


def _step(top: float) -> float:
    """Between the ticks of an axis up to `top`: 1, 2 or 5 of a power of ten."""
    if top <= 0:
        return 1.0
    power = 10.0 ** floor(log10(top / TICKS))
    return next(power * part for part in (1, 2, 5, 10) if power * part * TICKS >= top)


def _view_run(run: Run, number: int) -> View:
    lines = [
        Line(
            cell.metric,
            [
                cell.source or ALL,
                "" if cell.figure is None else _plain(cell.figure, run.percent(cell.metric)),
                ""
                if cell.low is None
                else f"{_plain(cell.low, run.percent(cell.metric))}–{_plain(cell.high, run.percent(cell.metric))}",
                f"{cell.n:,}",
            ],
        )
        for cell in run.cells
        if cell.by == ALL
    ]
    others = word("others")
    title = Words(f"{run.model}, {run.task}: {others.en}", f"{run.model}，{run.task}：{others.zh}")
    columns = [word(key) for key in ("set", "figure", "interval", "items")]
    short = Words(*(f"{run.model} {run.task}",) * 2)
    return View(f"run-{number}", short, title, [say_of(run.model, run)], columns, lines)


def _plain(figure: float | None, percent: bool) -> str:
    return "" if figure is None else f"{100 * figure:.1f}" if percent else f"{figure:.3f}"

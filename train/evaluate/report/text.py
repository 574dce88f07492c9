"""Tables of a report as text: for a terminal, as Markdown and as LaTeX; in English."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

from kgtools.tools.output import escape_latex, escape_markdown, lay_out_table
from kgtools.tools.page.words import Words
from kgtools.train.evaluate.parts import ALL
from kgtools.train.evaluate.report.published import Column, Table
from kgtools.train.evaluate.report.runs import SETTINGS, Run, describe
from kgtools.train.evaluate.report.tables import Filled, Ours
from kgtools.train.evaluate.report.words import word
from kgtools.train.evaluate.score import Cell

STYLES = ("table", "markdown", "latex")


def write_table(filled: Filled, style: str) -> str:
    """A table with what it is of above it, and its rule, reasons and notes below."""
    table = filled.table
    title = f"{filled.paper.short}, {table.number}: {table.title.en}"
    reasons = reasons_of(filled)
    rows: list[list[Any]] = []
    for model, figures in table.rows.items():
        shown = [show(figure, filled, column) for figure, column in zip(figures, table.columns, strict=True)]
        rows.append([f"{model} ({word('published').en})", *shown])
    if any(column.n for column in table.columns):
        rows.append([f"  {word('paper_n').en}", *map(show_n, table.columns)])
    for row in filled.rows:
        cells = list(zip(row.cells, table.columns, strict=True))
        rows += [
            [
                f"{row.label} ({word('ours').en})",
                *(show_ours(cell.figure if cell else None, filled, column) for cell, column in cells),
            ],
            [f"  {word('interval').en}", *(show_interval(cell, filled, column) for cell, column in cells)],
            [f"  {word('items').en}", *(f"{cell.n:,}" if cell else "" for cell, _ in cells)],
            [f"  {word('verdict', row=filled.against).en}", *(_verdict(cell, reasons) for cell, _ in cells)],
        ]
        if any(needs := [show_needs(cell) for cell, _ in cells]):
            rows.append([f"  {word('needs').en}", *(words.en if words else "" for words in needs)])
    heads = [head for row in filled.rows for run in row.runs for head in _heads(row.label, run, style)]
    heads = heads or [word("nothing").en]
    columns = [word("model").en, *(column.name.en for column in table.columns)]
    body = lay_out_table(columns, rows, style=style, right=[False, *(True for _ in table.columns)])
    return _frame(title, heads, body, [note.en for note in notes_of(filled, reasons)], style)


def write_run(run: Run, style: str) -> str:
    """The figures of a run that no paper's table has a column for."""
    rows = [
        [cell.source or ALL, cell.metric, _plain(cell.figure, run, cell), _ends(run, cell), f"{cell.n:,}"]
        for cell in run.cells
        if cell.by == ALL
    ]
    columns = [word(key).en for key in ("set", "metric", "figure", "interval", "items")]
    title = f"{run.model}, {run.task}: {word('others').en.lower()}"
    return _frame(
        title,
        _heads(run.model, run, style),
        lay_out_table(columns, rows, style=style, right=[False, False, True, True, True]),
        [],
        style,
    )


def _heads(label: str, run: Run, style: str) -> list[str]:
    """What a run's figures depend on, in a line; on a terminal with the settings in a line of their own."""
    said = {what: f"{what}: {value}" for what, value in describe(run).items() if value}
    if style != "table":
        return [f"{label}: {'; '.join(said.values())}"]
    about, settings = (
        "; ".join(text for what, text in said.items() if (what in SETTINGS) == how) for how in (False, True)
    )
    return [f"{label}: {about}", f"  {settings}"]


def show(figure: float | None, filled: Filled, column: Column) -> str:
    """A figure with the decimals of its column."""
    return "" if figure is None else f"{figure:.{filled.table.places(column)}f}"


def show_ours(figure: float | None, filled: Filled, column: Column) -> str:
    """A figure of ours, with a decimal at least."""
    return "" if figure is None else f"{figure:.{max(1, filled.table.places(column))}f}"


def show_interval(cell: Ours | None, filled: Filled, column: Column) -> str:
    """The ends of an interval; nothing where there is none."""
    if cell is None or cell.low is None or cell.high is None:
        return ""
    return f"{show_ours(cell.low, filled, column)}–{show_ours(cell.high, filled, column)}"


def show_n(column: Column) -> str:
    """Of how many items a paper's figure is, and whether it says so itself."""
    if column.n is None:
        return ""
    return f"{column.n:,} ({word('derived').en})" if column.n_from == "derived" else f"{column.n:,}"


def reasons_of(filled: Filled) -> dict[str, Words]:
    """Why figures have no verdict, each once, by its mark: a, b, ..."""
    found = {cell.why.en: cell.why for row in filled.rows for cell in row.cells if cell and cell.why}
    return dict(zip(ascii_lowercase, found.values(), strict=False))


def notes_of(filled: Filled, reasons: dict[str, Words]) -> list[Words]:
    """What stands below a table: the rule of its verdicts, why some figures have none, its source, and what is known of its misprints."""
    table = filled.table
    judged = any(cell and cell.verdict for row in filled.rows for cell in row.cells)
    return [
        *([rule_of(filled)] if judged else []),
        *(Words(f"({mark}) {why.en}", f"({mark}) {why.zh}") for mark, why in reasons.items()),
        word("source", cite=filled.paper.cite, number=number_of(table)),
        *table.notes,
        *filled.paper.notes,
    ]


def rule_of(filled: Filled) -> Words:
    """What a verdict says, with the difference that matters in the table."""
    unit = "points" if filled.table.unit == "percent" else "shares"
    why = filled.table.matters_why if filled.matters == filled.table.matters else Words("as asked for", "按要求")
    return word("rule", matters=word(unit, number=f"{filled.matters:g}"), why=why)


def verdict_words(cell: Ours) -> Words | None:
    """A verdict in words."""
    if cell.verdict is None:
        return None
    return word(cell.verdict.judgement)


def show_needs(cell: Ours | None) -> Words | None:
    """About how many items would tell, where ours do not."""
    return word("about", needs=cell.verdict.needs) if cell and cell.verdict and cell.verdict.needs else None


def number_of(table: Table) -> Words:
    """How the paper calls a table."""
    name, _, number = table.number.rpartition(" ")
    return word("number", number=number) if name == "Table" else Words(table.number, table.number)


def _verdict(cell: Ours | None, reasons: dict[str, Words]) -> str:
    if cell is None:
        return ""
    words = verdict_words(cell)
    if words:
        return words.en
    mark = next((mark for mark, why in reasons.items() if cell.why and why.en == cell.why.en), None)
    return f"{word('no_verdict').en} ({mark})" if mark else ""


def _plain(figure: float | None, run: Run, cell: Cell) -> str:
    return "" if figure is None else f"{100 * figure:.1f}" if run.percent(cell.metric) else f"{figure:.3f}"


def _ends(run: Run, cell: Cell) -> str:
    return "" if cell.low is None else f"{_plain(cell.low, run, cell)}–{_plain(cell.high, run, cell)}"


def _frame(title: str, heads: Sequence[str], body: str, notes: Sequence[str], style: str) -> str:
    if style == "latex":
        small = [rf"{{\footnotesize {escape_latex(text)}\par}}" for text in (*heads, *notes)]
        cut = len(heads)
        lines = [
            r"\begin{table}",
            rf"\caption{{{escape_latex(title)}}}",
            *small[:cut],
            body,
            *small[cut:],
            r"\end{table}",
        ]
    elif style == "markdown":
        quoted = [f"- {escape_markdown(text)}" for text in (*heads, *notes)]
        lines = [f"### {escape_markdown(title)}", "", *quoted[: len(heads)], "", body, "", *quoted[len(heads) :]]
    else:
        lines = [title, *(f"  {text}" for text in heads), "", body, "", *(f"  {text}" for text in notes)]
    return "\n".join(lines) + "\n"

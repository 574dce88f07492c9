"""`kgtools evaluate report`: the tables of papers with the figures of runs in them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.tools.options import complete_words, format_option, out_option
from kgtools.tools.output import print_json
from kgtools.tools.terminal import say, tell

if TYPE_CHECKING:
    from kgtools.train.evaluate.report.write import Report


def _papers() -> list[str]:
    from kgtools.train.evaluate.report.published import papers

    return papers()


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN]...")
@click.option(
    "--paper", "names", multiple=True, metavar="NAME|FILE", shell_complete=complete_words(_papers),
    help="Show all tables of this paper; repeatable.  [default: the tables that a run fills]",
)  # fmt: skip
@click.option("--against", metavar="ROW", help="The published row that verdicts are about.  [default: the paper's own]")
@click.option(
    "--matters", type=click.FloatRange(0, 100, min_open=True), metavar="POINTS",
    help="The difference that matters, in per cent points.  [default: as each table says]",
)  # fmt: skip
@out_option("./report", "Folder for report.html, report.md, report.tex, report.json and run.json.")
@format_option("table", "markdown", "latex", "json")
def report(
    runs: tuple[Path, ...], names: tuple[str, ...], against: str | None, matters: float | None, out: Path, style: str
) -> None:
    """Show a paper's tables with our figures beside the published ones, and a verdict on each.

    A RUN is a folder that `kgtools evaluate TASK` wrote. A verdict is reproduced, not reproduced, or unknowable at this n; its rule stands
    under each table. A figure on another set, metric or setting than the paper's has none, and the reason stands beside it. For lm-eval,
    `kgtools convert --format lm-eval` writes exams as its tasks.

    \b
    Example:
      kgtools evaluate report ./scores --paper clinicalgpt --out ./report
    """
    from kgtools.train.evaluate.report.write import write_report

    print_report(write_report(runs, names, out, against, None if matters is None else matters / 100), style)


def print_report(result: "Report", style: str) -> None:
    """The tables, or all of the report as JSON."""
    if style == "json":
        print_json(result.to_dict())
    else:
        empty = [f"{one.paper.short}, {one.table.number}" for one in result.tables if not one.rows]
        shown = len(empty) < len(result.tables) or not empty or bool(result.others)
        say(result.to_text(style, empty=not shown))
        if shown and empty:
            tell(f"no run fills {'; '.join(empty)}: report.html shows what was published there")
    tell(f"report.html, report.md, report.tex, report.json and run.json are in {result.out}")

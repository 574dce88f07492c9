"""audit: what is wrong with a graph."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say, tell

if TYPE_CHECKING:
    from kgtools.kg.audit import Finding


@click.command()
@graph_option
@format_option("table", "json", "markdown", "latex", "csv")
@click.option(
    "--audits",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder of your own audits (*.cypher) besides ours.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Run only this audit; repeatable, or with commas. Of one alone --format csv gives the rows.",
)
@click.option("--examples", type=COUNT, default=3, show_default=True, help="Rows to show of each finding.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 on findings of this severity or above.",
)
@click.option(
    "--html", type=click.Path(path_type=Path), help="Write a report for people too: one HTML file with plots."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="Show in the report what changed since an earlier one (its HTML, or audit --format json).",
)
def audit(
    graph: str,
    style: str,
    folders: tuple[Path, ...],
    only: tuple[str, ...],
    examples: int,
    fail_on: str,
    html: Path | None,
    against: Path | None,
) -> None:
    """Run the audits: queries that show what is wrong with a graph.

    \b
    Example:
      kgtools audit --graph ./graph --fail-on warning
    """
    from kgtools.kg.audit import audits, fails, run_all
    from kgtools.kg.stores import open_store
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.progress import step

    if against and not html:
        raise UsageError("--against compares two reports; give --html FILE for the new one")
    if html:
        from kgtools.kg.report import page
        from kgtools.kg.report.earlier import read_earlier

        page.check(html)
        earlier = (against.name, read_earlier(against)) if against else None
    store, chosen, found = open_store(graph), audits(folders, [name for names in only for name in names.split(",")]), []
    findings = run_all(store, chosen)
    for each in chosen:
        with step(each.title):
            found.append(next(findings))
    print_findings(found, style, examples)
    if html:
        with step("report"):
            page.write(html, store, found, max(examples, page.EXAMPLES), earlier)
        tell(f"The report is in {html}.")
    if fails(found, fail_on):
        raise Findings(f"findings of severity {fail_on} or above (--fail-on {fail_on})")


def print_findings(findings: "list[Finding]", style: str, examples: int) -> None:
    """Each audit with the number of its rows, and some of them; as CSV the numbers alone, or all rows where there is one audit."""
    if style == "json":
        print_json([asdict(f.audit) | {"columns": f.columns, "count": len(f.rows), "rows": f.rows} for f in findings])
        return
    if style == "csv" and len(findings) == 1:
        print_table(findings[0].columns, findings[0].rows, style=style)
        return
    print_table(
        ["audit", "severity", "rows", "what"],
        [[f.audit.name, f.audit.severity, len(f.rows), f.audit.title] for f in findings],
        style=style,
    )
    for finding in findings:
        if finding.rows and examples and style != "csv":
            shown = (
                finding.rows
                if finding.audit.severity == "info" and len(finding.rows) <= 10 * examples
                else finding.rows[:examples]
            )
            title, more = f"{finding.audit.name}: {finding.audit.why}", len(finding.rows) - len(shown)
            if style == "table":
                say(f"\n{title}")
                title = ""
            print_table(finding.columns, shown, title, style)
            if more:
                (say if style == "table" else tell)(f"  ... {more:,} more rows; --format json gives all")

"""What asks a graph: stats, query, audit."""

import sys
from pathlib import Path
from typing import Any

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT, escape_option
from kgtools.tools.terminal import tell


@click.command()
@graph_option
@format_option("table", "json", "markdown", "latex", "csv")
def stats(graph: str, style: str) -> None:
    """Say what is in a graph, by entity type, relation and source.

    \b
    Example:
      kgtools stats --graph ./graph
    """
    from kgtools.kg.commands.output import print_stats
    from kgtools.kg.stats import statistics
    from kgtools.kg.stores import open_store

    print_stats(statistics(open_store(graph)), style)


@click.command()
@click.argument("cypher")
@graph_option
@format_option("table", "csv", "jsonl", "parquet")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="K=V",
    help="Value of $K; V is read as JSON where it is JSON, else as text.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to a file instead of stdout.")
@escape_option
def query(
    cypher: str, graph: str, style: str, params: tuple[str, ...], out: Path | None, escape_formulas: bool
) -> None:
    """Ask a graph in Cypher; only what Neo4j would answer alike is taken.

    \b
    Example:
      kgtools query 'MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s) RETURN s.name' --param name=糖尿病
    """
    from kgtools.kg.stores import open_store
    from kgtools.tools.output import print_rows

    text = sys.stdin.read() if cypher == "-" else cypher
    columns, rows = open_store(graph).query(text, parameters(params))
    print_rows(columns, rows, style, out, escape_formulas)


def parameters(pairs: tuple[str, ...]) -> dict[str, Any]:
    """`k=v` pairs as query parameters. Raises UsageError."""
    import orjson

    from kgtools.tools.errors import UsageError

    values: dict[str, Any] = {}
    for pair in pairs:
        key, found, value = pair.partition("=")
        if not found or not key.isidentifier():
            raise UsageError(f"--param {pair}: expected NAME=VALUE, as in --param name=糖尿病")
        try:
            values[key] = orjson.loads(value)
        except orjson.JSONDecodeError:
            values[key] = value
    return values


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
@click.option("--only", multiple=True, metavar="NAME", help="Run only this audit (repeatable).")
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
    """Ask a graph the questions that show what is wrong with it.

    \b
    Example:
      kgtools audit --graph ./graph --fail-on warning
    """
    from kgtools.kg.audit import audits, fails, run_all
    from kgtools.kg.commands.output import print_findings
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
    store, chosen, found = open_store(graph), audits(folders, only), []
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

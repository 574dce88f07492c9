"""The commands that own the graph: load, stats, query, audit, names."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def graph_option(function: F) -> F:
    """`--graph`, shared by every command that reads or writes a graph."""
    return click.option(
        "--graph", "-g", default="./graph", envvar="KGTOOLS_GRAPH", show_default=True, help="Folder of the graph."
    )(function)


def format_option(*styles: str) -> Callable[[F], F]:
    """`--format`, the first style being the default."""
    return click.option(
        "--format", "style", type=click.Choice(styles), default=styles[0], show_default=True, help="How to print."
    )


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="SOURCE FILE... [SOURCE FILE...]")
@graph_option
@format_option("table", "json")
@click.option("--dry-run", is_flag=True, help="Read, clean and count; touch no graph.")
@click.option("--raw", is_flag=True, help="Refuse nothing that a graph can hold: the source as published, for audits.")
@click.option("--mapping", type=click.Path(path_type=Path), help="Mapping file of the sources table and rdf.")
@click.option("--type", "type_", help="Entity type of all heads, where the files do not tell.")
@click.option("--counting", help="Print another way of counting beside ours (health39: paper).")
def load(
    arguments: tuple[str, ...],
    graph: str,
    style: str,
    dry_run: bool,
    raw: bool,
    mapping: Path | None,
    type_: str | None,
    counting: str | None,
) -> None:
    """Load files of one or more sources into a graph.

    A triple that two sources say is one triple with both as its sources. Loading a source again replaces what it
    said. Printed for every entity type and relation: read = loaded + merged + rejected.

    \b
    Example:
      kgtools load xywy medical.json health39 disease.csv --graph ./graph
    """
    from kg.load import groups, prepare
    from kg.reading import Options
    from kg.show import print_reports
    from kg.stores import open_store
    from tools.progress import step

    options = Options(mapping=mapping, type=type_, counting=counting)
    prepared = []
    for name, paths in groups(list(arguments)):
        with step(f"reading {name}"):
            prepared.append(prepare(name, paths, options, raw))
    if not dry_run:
        with step(f"building {graph}"):
            open_store(graph).upsert([tables for tables, _ in prepared])
    print_reports([report for _, report in prepared], style, None if dry_run else graph)


@click.command()
@graph_option
@format_option("table", "json")
def stats(graph: str, style: str) -> None:
    """Say what is in a graph, by entity type, relation and source.

    \b
    Example:
      kgtools stats --graph ./graph
    """
    from kg.show import print_stats
    from kg.stats import statistics
    from kg.stores import open_store

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
def query(cypher: str, graph: str, style: str, params: tuple[str, ...], out: Path | None) -> None:
    """Ask a graph in Cypher; only what Neo4j would answer alike is taken.

    \b
    Example:
      kgtools query 'MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s) RETURN s.name' --param name=糖尿病
    """
    from kg.stores import open_store
    from tools.output import print_rows

    text = sys.stdin.read() if cypher == "-" else cypher
    columns, rows = open_store(graph).query(text, parameters(params))
    print_rows(columns, rows, style, out)


def parameters(pairs: tuple[str, ...]) -> dict[str, Any]:
    """`k=v` pairs as query parameters. Raises UsageError."""
    import orjson

    from tools.errors import UsageError

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
@format_option("table", "json")
@click.option(
    "--audits",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder of your own audits (*.cypher) besides ours.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Run only this audit (repeatable).")
@click.option("--examples", default=3, show_default=True, help="Rows to show of each finding.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 on findings of this severity or above.",
)
def audit(
    graph: str, style: str, folders: tuple[Path, ...], only: tuple[str, ...], examples: int, fail_on: str
) -> None:
    """Ask a graph the questions that show what is wrong with it.

    \b
    Example:
      kgtools audit --graph ./graph --fail-on warning
    """
    from kg.audit import audits, failed, run
    from kg.show import print_findings
    from kg.stores import open_store
    from tools.errors import Findings
    from tools.progress import step

    store, found = open_store(graph), []
    for each in audits(folders, only):
        with step(each.title):
            found.append(run(store, each))
    print_findings(found, style, examples)
    if failed(found, fail_on):
        raise Findings(f"findings of severity {fail_on} or above (--fail-on {fail_on})")


@click.group()
def names() -> None:
    """English names for the entities of a graph."""


@names.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@graph_option
@click.option("--zh", help="Column of the Chinese name (JSON object: key or value).")
@click.option("--en", help="Column of the English name (JSON object: key or value).")
@click.option("--type-column", help="Column of the entity type.")
@click.option("--type", "types", multiple=True, help="The names are for this entity type alone (repeatable).")
@click.option("--name", help="What to call the table; default: the file's name.")
@click.option(
    "--license", "license_", required=True, help="The licence of the table, recorded with every record that uses it."
)
@click.option("--sentence-case", is_flag=True, help="The table capitalises every name: lower its plain first words.")
def names_add(
    file: Path,
    graph: str,
    zh: str | None,
    en: str | None,
    type_column: str | None,
    types: tuple[str, ...],
    name: str | None,
    license_: str,
    sentence_case: bool,
) -> None:
    """Add a table of English names (TSV, CSV, XLSX or a JSON object) to a graph.

    \b
    Example:
      kgtools names add hpo-zh.babelon.tsv --zh translation_value --en source_value --type Symptom --license HPO
    """
    from kg.names import read_names
    from kg.show import print_named
    from kg.stores import open_store

    table = read_names(file, zh, en, type_column, types, name, license_, sentence_case)
    store = open_store(graph)
    store.add_names(table)
    print_named(table, store.entities())


@names.command("list")
@graph_option
@format_option("table", "json")
def names_list(graph: str, style: str) -> None:
    """List the tables of English names in a graph.

    \b
    Example:
      kgtools names list --graph ./graph
    """
    from kg.show import print_name_tables
    from kg.stores import open_store

    print_name_tables(open_store(graph).about()["names"], style)

"""query: Cypher."""

import sys
from pathlib import Path
from typing import Any

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import escape_option
from kgtools.tools.output import print_rows


@click.command()
@click.argument("cypher")
@graph_option
@format_option("table", "csv", "jsonl", "parquet")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="K=V",
    help="Value of $K; V is read as JSON if it is JSON, otherwise as text.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to a file instead of stdout.")
@escape_option
def query(
    cypher: str, graph: str, style: str, params: tuple[str, ...], out: Path | None, escape_formulas: bool
) -> None:
    """Query a graph in Cypher; a folder answers as Neo4j does, or says what it does not cover.

    \b
    Example:
      kgtools query 'MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s) RETURN s.name' --param name=糖尿病
    """
    from kgtools.kg.stores import open_store

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

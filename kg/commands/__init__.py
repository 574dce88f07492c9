"""The commands that own the graph; and the options that they share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kgtools.tools.options import format_option as format_option  # of every command, and so of ours

F = TypeVar("F", bound=Callable[..., Any])


def graph_option(function: F) -> F:
    """`--graph`, shared by every command that reads or writes a graph."""
    return click.option(
        "--graph",
        "-g",
        default="./graph",
        envvar=["KGTOOLS_GRAPH", "NEO4J_URI", "NEO4J_URL"],
        show_default=True,
        help="The graph: a folder, or a Neo4j server as neo4j://HOST or bolt://HOST (login: NEO4J_USERNAME, NEO4J_PASSWORD).",
    )(function)


def shorten(value: str | None, most: int = 60) -> str | None:
    """A value that fits a cell of a table, with the length of the whole where it does not."""
    return value if value is None or len(value) <= most else f"{value[:most]}… ({len(value):,} characters)"

"""diff: what changed between two graphs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, shorten
from kgtools.tools.options import escape_option
from kgtools.tools.output import print_json, print_rows, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.kg.diff import Diff

EXAMPLES = 10
"""Changes that are shown; --rows writes all."""


@click.command()
@click.argument("old")
@click.argument("new")
@format_option("table", "json", "csv", "jsonl", "parquet")
@click.option("--rows", type=click.Path(path_type=Path), help="Write a row for each change: .csv, .jsonl or .parquet.")
@escape_option
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where the graphs differ.")
def diff(old: str, new: str, style: str, rows: Path | None, escape_formulas: bool, exit_zero: bool) -> None:
    """Say what changed between two graphs; exit with 1 where they differ.

    OLD and NEW are graphs (a folder or a server's URL) or what kgtools export wrote (.ttl, .nt, .graphml, .json, a
    folder of Parquet). Counts go by entity type and relation; csv, jsonl and parquet give a row for each change.

    \b
    Example:
      kgtools diff ./graph ./graph
    """
    from kgtools.kg.diff import ROWS
    from kgtools.kg.diff import diff as compare
    from kgtools.kg.exporters import read_graph
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.progress import step

    kind = "" if rows is None else rows.suffix.lower().removeprefix(".")
    if rows is not None and kind not in ("csv", "jsonl", "parquet"):
        raise UsageError(f"--rows {rows}: the file ends in .csv, .jsonl or .parquet; name it so")
    if escape_formulas and "csv" not in (kind, style):
        raise UsageError("--escape-formulas is for csv: give it with --format csv or --rows FILE.csv")
    with step(f"reading {old} and {new}"):
        found = compare(read_graph(old), read_graph(new))
    if rows is not None:
        print_rows(
            list(ROWS), map(list, found.rows.iter_rows()), kind, rows, escape_formulas and kind == "csv", "--rows"
        )
    print_diff(found, old, new, style, escape_formulas and style == "csv")
    if not found.same and not exit_zero:
        raise Findings(f"{old} and {new} differ")


def print_diff(found: "Diff", old: str, new: str, style: str, escape_formulas: bool = False) -> None:
    """Counts of what changed and the first changes, everything as JSON, or the rows."""
    from kgtools.kg.diff import ROWS

    if style == "json":
        print_json(found.to_dict())
    elif style != "table":
        print_rows(list(ROWS), map(list, found.rows.iter_rows()), style, escape_formulas=escape_formulas)
    elif found.same:
        entities, triples = (sum(c.new for c in found.counts if c.kind == kind) for kind in ("entity", "relation"))
        say(f"{old} and {new} are the same: {entities:,} entities and {triples:,} triples.")
    else:
        columns = ["old", "new", "added", "removed", "changed"]
        differing = [count for count in found.counts if count.added or count.removed or count.changed]
        print_table(
            ["type or relation", *columns], [[c.name, *(getattr(c, column) for column in columns)] for c in differing]
        )
        _print_examples(found)


def _print_examples(found: "Diff") -> None:
    rows = [
        [row["change"], f"{row['head']} {row['name']} {row['tail']}" if row["head"] else row["id"],
         row["column"], shorten(row["old"]), shorten(row["new"])]
        for row in found.rows.head(EXAMPLES).iter_rows(named=True)
    ]  # fmt: skip
    print_table(["change", "what", "column", "old", "new"], rows)
    if found.rows.height > EXAMPLES:
        say(f"... {found.rows.height - EXAMPLES:,} more; --rows FILE writes all of them")

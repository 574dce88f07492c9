"""Facts that are wrong, and the records that they are in: `kgtools retract`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import graph_option
from kgtools.tools.options import empty_option, format_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.templates.retract.run import RetractResult


@click.command()
@click.option(
    "--records",
    default="./records",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that generate or retract wrote.",
)
@click.option(
    "--triples",
    required=True,
    type=click.Path(path_type=Path),
    help="File of what is wrong: ids, one a line, or a table with the column id or triple, or with head, relation and tail.",
)
@graph_option
@click.option(
    "--pack", "packs", multiple=True, metavar="FOLDER", help="A pack of the records that is not registered; repeatable."
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    help="Folder for the corrected records; default: only tell what changes.",
)
@click.option("--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes that render.")
@empty_option
@format_option("table", "json", "csv")
def retract(
    records: Path,
    triples: Path,
    graph: str,
    packs: tuple[str, ...],
    out: Path | None,
    workers: int,
    allow_empty: bool,
    style: str,
) -> None:
    """Say which records fall when triples or attribute values are wrong, and make the set again without these.

    What is written is, byte for byte, what generate makes of the graph without them; the graph itself stays as it is. First the
    records are made again as they are: where that does not succeed, for the graph, a pack or kgtools is another one now, nothing is
    written. run.json tells what is retracted, and the SHA-256 of the records before. Sets with the task cypher cannot be made again
    so: correct the graph, load it, and run generate.

    \b
    Example:
      kgtools retract --records ./records --triples wrong.txt --graph ./graph --out ./corrected
    """
    from kgtools.templates import api
    from kgtools.tools.progress import show_progress

    with show_progress("retracting") as progress:
        result = api.retract(
            records,
            triples=triples,
            graph=graph,
            pack=packs,
            out=out,
            workers=workers,
            allow_empty=allow_empty,
            progress=progress,
        )
    print_retracted(result, style)


def print_retracted(result: "RetractResult", style: str) -> None:
    """How many records fall, are rebuilt and are new, by task, relation and language; as CSV a row for each of them."""
    from kgtools.templates.retract.changes import CHANGES, KINDS, count_changes

    if style == "json":
        print_json(result.to_dict())
        return
    if style == "csv":
        print_table(list(CHANGES.columns), result.changes.rows(), style=style)
        return
    counts = count_changes(result.changes)
    print_table(["task", "relation", "language", *KINDS], counts.rows())
    noun = result.table
    print_table(
        [noun, "number"],
        [
            ["before", result.before],
            ["kept", result.kept],
            *([kind, result.count(kind)] for kind in KINDS),
            ["now", result.written],
        ],
    )
    where = (
        f"{result.written:,} {noun} are in {result.out}"
        if result.out
        else "nothing was written; --out FOLDER writes them"
    )
    what = "1 triple or value is" if result.triples == 1 else f"{result.triples:,} triples and values are"
    said = f"which {result.said:,} {noun} said"
    say(f"{what} retracted, {said}: {where}")

"""What takes a graph out again: export."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import allow_option, complete_names, empty_option
from kgtools.tools.output import print_json
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.kg.exporters import ExportResult


@click.command()
@click.argument("form", metavar="FORMAT", shell_complete=complete_names("exporters"))
@click.argument("out", type=click.Path(path_type=Path))
@graph_option
@format_option("table", "json")
@click.option("--base", help="What every IRI begins with (rdf).  [default: urn:kgtools:]")
@allow_option
@empty_option
def export(
    form: str, out: Path, graph: str, style: str, base: str | None, allow: tuple[str, ...], allow_empty: bool
) -> None:
    """Write a graph in a format that other programs read; names, attributes, sources and origins go with it.

    FORMAT is rdf (.ttl or .nt), graphml (.graphml), networkx (.json), sssom (.tsv), or parquet or neo4j-admin, whose
    OUT is a folder. A graph is as it was when it comes back: kgtools diff GRAPH OUT. The licences of its sources and
    tables of names are told in the files and in LICENSES.md (beside a file: graph.ttl.licenses.md). Where one of them
    forbids passing the graph on, or two cannot both be satisfied, it is refused (exit 1, nothing written).

    \b
    Example:
      kgtools export rdf graph.ttl --allow-license LicenseRef-39health-unstated --allow-license LicenseRef-xywy-noncommercial
    """
    from kgtools.kg.exporters import ExportOptions
    from kgtools.kg.exporters import export as write
    from kgtools.kg.stores import open_store
    from kgtools.tools.progress import step

    with step(f"writing {out}"):
        written = write(
            form, open_store(graph), out, ExportOptions(base=base, allow_license=allow, allow_empty=allow_empty)
        )
    print_exported(written, style)


def print_exported(written: "ExportResult", style: str) -> None:
    """The files that an export wrote, and how many of what."""
    if style == "json":
        print_json(written.to_dict())
        return
    counts = ", ".join(f"{number:,} {what}" for what, number in written.counts.items())
    files, size = len(written.files), sum(written.files.values())
    say(
        f"{written.out}: {counts} as {written.format} ({files:,} files, {size:,} bytes).".replace(
            "(1 files,", "(1 file,"
        )
    )

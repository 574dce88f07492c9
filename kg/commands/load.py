"""What fills a graph, and proves what is in it: load, unload, verify."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import complete_names, empty_option

if TYPE_CHECKING:
    from kgtools.kg.stores.reconcile import Reconciliation


@click.command()
@click.argument(
    "arguments", nargs=-1, required=True, metavar="SOURCE FILE... [SOURCE FILE...]",
    shell_complete=complete_names("sources"),
)  # fmt: skip
@graph_option
@format_option("table", "json")
@click.option("--dry-run", is_flag=True, help="Read, clean and count; touch no graph.")
@click.option("--raw", is_flag=True, help="Refuse nothing that a graph can hold: the source as published, for audits.")
@click.option("--mapping", type=click.Path(path_type=Path), help="Mapping file of the sources table and rdf.")
@click.option("--type", "type_", help="Entity type of all heads, where the files do not tell.")
@empty_option
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
    allow_empty: bool,
) -> None:
    """Load files of one or more sources into a graph.

    A triple that two sources say is one triple with both as its sources. Loading a source again replaces what it
    said. Printed for every entity type and relation: read = loaded + merged + rejected.

    \b
    Example:
      kgtools load xywy medical.json health39 disease.csv --graph ./graph
    """
    from kgtools.kg.build.load import groups, prepare, refuse_nothing
    from kgtools.kg.commands.output import print_reports
    from kgtools.kg.source import Options
    from kgtools.kg.stores import open_store
    from kgtools.tools.progress import show_progress, step, track

    options = Options(mapping=mapping, type=type_, counting=counting)
    prepared = []
    sources = groups(list(arguments))
    with show_progress("reading") as progress:
        progress.start("reading sources", len(sources), "sources")
        for name, paths in track(sources, progress):
            prepared.append(prepare(name, paths, options, raw))
    if dry_run:
        print_reports([report for _, report in prepared], style)
        return
    refuse_nothing(prepared, allow_empty)
    with step(f"building {graph}"):
        outcome = open_store(graph).change(lambda inputs: inputs.with_sources([tables for tables, _ in prepared]))
    print_reports([report for _, report in prepared], style, outcome if outcome.agrees else None, graph)
    settle(outcome, graph)


@click.command()
@click.argument("name")
@graph_option
@format_option("table", "json")
def unload(name: str, graph: str, style: str) -> None:
    """Take a source, or a table of English names, out of a graph.

    What another source says as well stays, with that source alone as its witness.

    \b
    Example:
      kgtools unload health39 --graph ./graph
    """
    from kgtools.kg.commands.output import print_verified
    from kgtools.kg.stores import open_store
    from kgtools.tools.progress import step

    with step(f"building {graph}"):
        outcome = open_store(graph).change(lambda inputs: inputs.without(name), "unload")
    if outcome.agrees:
        print_verified(outcome, graph, style, f"{name} is out of {graph}")
    settle(outcome, graph)


@click.command()
@graph_option
@format_option("table", "json")
def verify(graph: str, style: str) -> None:
    """Read a whole graph back and compare it with what its sources say and with what was written.

    Every file of the newest generation must be there with the bytes that were written, and no other in it; counts and checksums of entities and
    triples must be those of the sources, merged anew. What differs is named by file, or by entity type and relation,
    written to reconcile.json, and exits with 1.

    \b
    Example:
      kgtools verify --graph ./graph
    """
    from kgtools.kg.commands.output import print_verified
    from kgtools.kg.stores import open_store
    from kgtools.kg.stores import verify as compare
    from kgtools.tools.progress import step

    with step(f"reading {graph}"):
        outcome = compare(open_store(graph))
    if outcome.agrees or style == "json":
        print_verified(outcome, graph, style)
    settle(outcome, graph, quiet=style == "json")


def settle(outcome: "Reconciliation", graph: str, quiet: bool = False) -> None:
    """Nothing where what was read back agrees; else print the differences, leave reconcile.json and raise Findings."""
    from kgtools.kg.commands.output import print_differences
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.inputs.files import to_json
    from kgtools.tools.outputs.atomic import write_file

    if outcome.agrees:
        return
    if not quiet:
        print_differences(outcome)
    report = Path("reconcile.json")
    try:
        write_file(report, to_json(outcome.to_dict()))
        where = f"all of it is in {report}"
    except (OSError, UsageError):
        where = f"{report} could not be written here"
    raise Findings(f"{graph}: {_said(outcome)}; {where}")


def _said(outcome: "Reconciliation") -> str:
    """What differs, in a few words: the first file by name."""
    said = []
    if outcome.faults:
        first, more = outcome.faults[0], len(outcome.faults) - 1
        said.append(f"{first.file}: {first.what}" + (f", and {more:,} more files are not as they were" if more else ""))
    if outcome.differences or outcome.foreign:
        said.append("what was read back differs from what its sources say")
    return "; ".join(said)

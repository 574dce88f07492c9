"""What fills a graph, and proves what is in it: load, unload, verify."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.memory import give_back_soon
from kgtools.tools.options import complete_names, empty_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.kg.build.load import Report
    from kgtools.kg.stores.reconcile import Reconciliation


COLUMNS = ("read", "distinct", "loaded", "merged", "rejected")


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
@click.option("--type", "type_", help="Entity type of all heads, if the files do not say.")
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
    give_back_soon()
    from kgtools.kg import graph as library
    from kgtools.kg.build.load import groups
    from kgtools.kg.source import Options
    from kgtools.kg.stores import open_store

    options = Options(mapping=mapping, type=type_, counting=counting)
    done = library.load(open_store(graph), groups(list(arguments)), options, raw, allow_empty, dry_run)
    if done.outcome is None:
        print_reports(done.reports, style)
        return
    print_reports(done.reports, style, done.outcome if done.outcome.agrees else None, graph)
    settle(done.outcome, graph)


@click.command()
@click.argument("name")
@graph_option
@format_option("table", "json")
def unload(name: str, graph: str, style: str) -> None:
    """Remove a source, or a table of English names, from a graph.

    What another source says as well stays, with that source alone.

    \b
    Example:
      kgtools unload health39 --graph ./graph
    """
    from kgtools.kg import graph as library
    from kgtools.kg.stores import open_store
    from kgtools.tools.progress import step

    with step(f"building {graph}"):
        outcome = library.unload(open_store(graph), name)
    if outcome.agrees:
        print_verified(outcome, graph, style, f"{name} is out of {graph}")
    settle(outcome, graph)


@click.command()
@graph_option
@format_option("table", "json")
def verify(graph: str, style: str) -> None:
    """Read a whole graph back and compare it with what its sources say and with what was written.

    Every file of the newest generation must be there with the bytes that were written, and no other in it; counts and checksums of entities and
    triples must be those of the sources, merged again. What differs is named by file, or by entity type and relation,
    written to reconcile.json, and exits with 1.

    \b
    Example:
      kgtools verify --graph ./graph
    """
    from kgtools.kg.graph import verify as compare
    from kgtools.kg.stores import open_store
    from kgtools.tools.progress import step

    with step(f"reading {graph}"):
        outcome = compare(open_store(graph))
    if outcome.agrees or style == "json":
        print_verified(outcome, graph, style)
    settle(outcome, graph, quiet=style == "json")


def settle(outcome: "Reconciliation", graph: str, quiet: bool = False) -> None:
    """Nothing where what was read back agrees; else print the differences, leave reconcile.json and raise Findings."""
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


def print_reports(
    reports: "list[Report]", style: str, outcome: "Reconciliation | None" = None, graph: str = ""
) -> None:
    """The counts of each source: a row a type and relation, and one a field where several fields share it.

    `outcome`: what was read back from `graph`; without, no graph was touched or it differs."""
    if style == "json":
        print_json([asdict(report) for report in reports])
        return
    for report in reports:
        say(f"{report.source}  ({', '.join(report.files)}; licence {report.license})\n")
        _print_counts(report)
        for line in _remarks(report):
            say(line)
        if report.counting:
            print_table(
                list(report.counting[0]), [list(row.values()) for row in report.counting], "Another way of counting"
            )
        say()
    if outcome:
        say(f"The graph {graph} was rebuilt and read back: {_agreement(outcome)}.")
    elif not graph:
        say("Dry run: no graph was touched.")


def _agreement(outcome: "Reconciliation") -> str:
    entities, triples = (sum(row.found for row in outcome.rows if row.kind == kind) for kind in ("entity", "relation"))
    return f"counts and checksums of {entities:,} entities and {triples:,} triples agree"


def print_verified(outcome: "Reconciliation", graph: str, style: str, done: str = "") -> None:
    """What was compared, by entity type and relation."""
    if style == "json":
        print_json(outcome.to_dict())
        return
    rows = [[row.name, row.found, row.found_checksum] for row in outcome.rows]
    print_table(["type or relation", "rows", "checksum"], rows)
    say(f"{done or graph}: read back, {_agreement(outcome)}.")


def print_differences(outcome: "Reconciliation") -> None:
    """Each type and relation that differs from what it should be, with examples, and each file that is not what was written."""
    columns = ["type or relation", "should be", "is", "lost", "foreign", "changed", "doubled"]
    rows: list[list[Any]] = [
        [row.name, row.wanted, row.found, row.lost, row.foreign, row.changed, row.doubled]
        for row in outcome.differences
    ]
    rows += [[name, 0, number, 0, number, 0, 0] for name, number in outcome.foreign.items()]
    if rows:
        print_table(columns, rows)
    for row in outcome.differences:
        for example in row.examples:
            say(f"{row.name}: {example}")
    for fault in outcome.faults:
        say(f"{fault.file}: {fault.what}")


def _print_counts(report: "Report") -> None:
    """A row in all and one for each field; of a single field, only the one (of an entity type, the row in all)."""
    fields: dict[tuple[str, str], int] = {}
    for row in report.counts:
        if row["field"] is not None:
            fields[row["kind"], row["name"]] = fields.get((row["kind"], row["name"]), 0) + 1
    for kinds, title in (
        (("entity",), "Entities"),
        (("relation", "alias"), "Relations"),
        (("attribute", "class"), "Attributes"),
        (("unknown",), "Unknown"),
        (("cell",), "Not read"),
    ):
        lines: list[list[Any]] = []
        for row in report.counts:
            several = fields[row["kind"], row["name"]] > 1
            redundant = not several and (row["field"] is None) == (row["kind"] != "entity")
            if row["kind"] not in kinds or redundant:
                continue
            name = row["name"] if row["field"] is None or not several else ""
            reasons = ", ".join(f"{reason} {number:,}" for reason, number in row["reasons"].items())
            lines.append([name, row["field"] or "", *(row[c] for c in COLUMNS), reasons])
        if lines:
            if title in ("Relations", "Attributes"):
                lines.append(["all", "", *(report.totals[title.lower()][c] for c in COLUMNS), ""])
            print_table([title, "field", *COLUMNS, "rejected by reason"], lines)
    print_table(
        ["Triples in all", *COLUMNS], [["relations and attributes", *(report.totals["triples"][c] for c in COLUMNS)]]
    )


def _remarks(report: "Report") -> list[str]:
    from kgtools.kg.build.normalize import RULES

    lines = [
        "read = loaded + merged + rejected, in every row; distinct is counted before the rules take anything away."
    ]
    for reason, fields in report.skipped.items():
        lines.append(f"no value ({reason}): " + ", ".join(f"{field} {number:,}" for field, number in fields.items()))
    if report.changed:
        lines.append("changed by a rule: " + ", ".join(f"{rule} {number:,}" for rule, number in report.changed.items()))
    given = [reason for row in report.counts if row["field"] is None for reason in row["reasons"]] + list(
        report.changed
    )
    lines += [f"{reason}: {RULES[reason]}" for reason in sorted(set(given)) if reason in RULES]
    lines.append("flagged, but loaded: " + ", ".join(f"{flag} {number:,}" for flag, number in report.flagged.items()))
    if report.idle:
        lines.append("gave nothing: " + ", ".join(report.idle))
    for relation, number in report.unknown.items():
        lines.append(
            f"finding: the ontology does not know the relation {relation!r} ({number:,} triples kept aside in rejects.parquet)"
        )
    return lines

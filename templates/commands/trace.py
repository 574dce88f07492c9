"""Records back to their sources: `kgtools trace`, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import graph_option
from kgtools.tools.options import format_option
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.templates.lineage import RecordTrace, TracedTriple, TripleTrace

PERMUTED = (
    "permuted: the answers are wrong on purpose, those of other heads; the sources say what is below, and\n"
    "records of this set say it with other tails (kgtools generate --permute)"
)


@click.command()
@click.argument("id_", metavar="[RECORD_ID]", required=False)
@click.option("--triple", help="Trace a triple instead, to the records it stands in.")
@graph_option
@click.option(
    "--records",
    default="./records",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder that generate wrote.",
)
@format_option("table", "json")
def trace(id_: str | None, triple: str | None, graph: str, records: Path, style: str) -> None:
    """Follow a record to its triples, source files and lines, template and licence; or a triple to its records.

    It exits with 1 where the records' file is not what its run.json tells of, for it may have been edited, and where the
    graph was loaded from other files than they were generated from. Of a control set (--permute) it says so, and shows the true triples
    whose tails were exchanged.

    \b
    Example:
      kgtools trace 3f2a9c --records ./records --graph ./graph
    """
    from kgtools.templates import api
    from kgtools.tools.errors import Findings, UsageError

    if (id_ is None) == (triple is None):
        raise UsageError("name one record: kgtools trace ID, or one triple: kgtools trace --triple ID")
    result = api.trace(id_, triple=triple, graph=graph, records=records)
    print_trace(result, style)
    if result.doubt:
        raise Findings(result.doubt)


def print_trace(trace: "RecordTrace | TripleTrace", style: str) -> None:
    """A record or a triple with where it comes from or goes to."""
    from kgtools.templates.lineage import RecordTrace

    if style == "json":
        print_json(trace.to_dict())
    elif isinstance(trace, RecordTrace):
        _print_record(trace)
    else:
        if trace.permuted:
            say(PERMUTED)
        _print_triples([trace.triple])
        print_table(
            ["language", "records", "reason"],
            [[row["lang"], row["records"], row["reason"] or "exported"] for row in trace.coverage],
        )
        print_table(
            ["record", "language", "template"], [[row["id"], row["lang"], row["template"]] for row in trace.records]
        )


def _print_record(trace: "RecordTrace") -> None:
    record, template = trace.record, trace.template
    words = f" (words: {template.origin})" if template.origin else ""
    say(f"record    {record['id']}  ({record['task']}, {record['lang']}, group {record['group']})")
    for side in ("messages", "prompt", "chosen", "rejected"):
        for message in record.get(side, ()):
            mark = side if side in ("chosen", "rejected") else message["role"]
            say(f"{mark:<9} {message['content']}")
    if "fault" in record:
        say(f"fault     {record['fault']}")
    say(f"template  {template.pack} {template.version}, {template.file}, variant {template.variant}{words}")
    say(f"licence   {trace.license}\n")
    if trace.permuted:
        say(PERMUTED)
    _print_triples(trace.triples)
    if trace.names:
        rows = [[name.entity, name.name_en, name.table, name.license or ""] for name in trace.names]
        print_table(["entity", "English name", "from", "licence"], rows)


def _print_triples(triples: "list[TracedTriple]") -> None:
    rows = [
        [
            triple.id,
            triple.head,
            triple.relation,
            triple.tail,
            origin.source,
            f"{origin.file}:{origin.row}",
            origin.field,
        ]
        for triple in triples
        for origin in triple.origins
    ]
    print_table(["triple", "head", "relation", "tail", "source", "file:row", "field"], rows)

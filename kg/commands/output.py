"""What the graph's commands print: the same names for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from kgtools.kg.audit import Finding
from kgtools.kg.build.inputs import NamesMetadata, NameTable
from kgtools.kg.build.load import Report
from kgtools.kg.build.normalize import RULES
from kgtools.kg.ontology import ontology
from kgtools.kg.stats import RelationRow, Statistics, TypeRow
from kgtools.kg.stores.reconcile import Compared, Reconciliation
from kgtools.tools.output import cell, print_json, print_table
from kgtools.tools.terminal import say, tell

COLUMNS = ("read", "distinct", "loaded", "merged", "rejected")


def print_reports(reports: list[Report], style: str, outcome: Reconciliation | None = None, graph: str = "") -> None:
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


def _agreement(outcome: Reconciliation) -> str:
    entities, triples = (sum(row.found for row in outcome.rows if row.kind == kind) for kind in ("entity", "relation"))
    return f"counts and checksums of {entities:,} entities and {triples:,} triples agree"


def print_verified(outcome: Reconciliation, graph: str, style: str, done: str = "") -> None:
    """What was compared, by entity type and relation."""
    if style == "json":
        print_json(outcome.to_dict())
        return
    rows = [[row.name, row.found, row.found_checksum] for row in outcome.rows]
    print_table(["type or relation", "rows", "checksum"], rows)
    say(f"{done or graph}: read back, {_agreement(outcome)}.")


def print_differences(outcome: Reconciliation) -> None:
    """Each type and relation that differs from what it should be, with examples, and each file that is not what was written."""
    columns = ["type or relation", "should be", "is", "lost", "foreign", "changed", "doubled"]
    rows: list[list[Any]] = [
        [_place(row), row.wanted, row.found, row.lost, row.foreign, row.changed, row.doubled]
        for row in outcome.differences
    ]
    rows += [[name, 0, number, 0, number, 0, 0] for name, number in outcome.foreign.items()]
    if rows:
        print_table(columns, rows)
    for row in outcome.differences:
        for example in row.examples:
            say(f"{_place(row)}: {example}")
    for fault in outcome.faults:
        say(f"{fault.file}: {fault.what}")


def _place(row: Compared) -> str:
    return f"{row.name} ({row.copy})" if row.copy else row.name


def _print_counts(report: Report) -> None:
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


def _remarks(report: Report) -> list[str]:
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


def print_stats(stats: Statistics, style: str) -> None:
    """Entities and triples by type, relation and source; as CSV one table of types and relations."""
    if style == "json":
        print_json(stats.to_dict())
        return
    words = ontology()
    sources = [row.source for row in stats.sources]
    types = [
        [t.type, words.entities[t.type].zh, t.count, *_by_source(t, sources), t.shared, t.with_english]
        for t in stats.entities
    ]
    relations = [
        [r.relation, words.relations[r.relation].zh, r.count, *_by_source(r, sources), r.shared]
        for r in stats.relations
    ]
    if style == "csv":
        rows = [["type", *row] for row in types] + [["relation", *row, None] for row in relations]
        print_table(["kind", "name", "zh", "count", *sources, "shared", "with_english"], rows, style=style)
        return
    print_table(
        ["source", "licence", "files"], [[s.source, s.license, ", ".join(s.files)] for s in stats.sources], style=style
    )
    if stats.names:
        tables = [[n.table, n.license, n.names] for n in stats.names]
        print_table(["English names", "licence", "names"], tables, style=style)
    totals = stats.totals
    types.append(["all", "", totals.entities, *_sums(stats.entities, sources), totals.with_english])
    print_table(["type", "", "entities", *sources, "shared", "with English"], types, style=style)
    relations.append(["all", "", totals.triples, *_sums(stats.relations, sources)])
    print_table(["relation", "", "triples", *sources, "shared"], relations, style=style)


def _by_source(row: TypeRow | RelationRow, sources: list[str]) -> list[int]:
    return [row.by_source.get(source, 0) for source in sources]


def _sums(rows: Sequence[TypeRow | RelationRow], sources: list[str]) -> list[int]:
    """The sum of each source, and of what two and more share."""
    return [*(sum(row.by_source.get(source, 0) for row in rows) for source in sources), sum(row.shared for row in rows)]


def print_findings(findings: list[Finding], style: str, examples: int) -> None:
    """Each audit with the number of its rows, and some of them; as CSV the numbers alone."""
    if style == "json":
        print_json([asdict(f.audit) | {"columns": f.columns, "count": len(f.rows), "rows": f.rows} for f in findings])
        return
    print_table(
        ["audit", "severity", "rows", "what"],
        [[f.audit.name, f.audit.severity, len(f.rows), f.audit.title] for f in findings],
        style=style,
    )
    for finding in findings:
        if finding.rows and examples and style != "csv":
            shown = (
                finding.rows
                if finding.audit.severity == "info" and len(finding.rows) <= 10 * examples
                else finding.rows[:examples]
            )
            title, more = f"{finding.audit.name}: {finding.audit.why}", len(finding.rows) - len(shown)
            if style == "table":
                say(f"\n{title}")
                title = ""
            print_table(finding.columns, shown, title, style)
            if more:
                (say if style == "table" else tell)(f"  ... {more:,} more rows; --format json gives all")


def print_named(table: NameTable, entities: pl.DataFrame, before: NameTable | None = None) -> None:
    """What a table of names gave to the graph; `before`: the one whose place it took."""
    if before is not None and before.metadata.sha256 != table.metadata.sha256:
        old = f"{before.metadata.file}, {before.metadata.names:,} names"
        say(f"{table.name}: in the place of the earlier table of this name ({old}); to keep both: --name")
    metadata = table.metadata
    lowered = f"; {metadata.recased:,} in another case" if metadata.recased else ""
    given = entities.filter(pl.col("name_en_from") == table.name).group_by("type").len().sort("type")
    dropped = ", ".join(f"{reason} {number:,}" for reason, number in (metadata.dropped or {}).items()) or "none"
    say(
        f"{table.name}: {metadata.read:,} rows, {metadata.names:,} names (left out: {dropped}{lowered}); licence {metadata.license}"
    )
    print_table(["type", "entities named by it"], [*given.iter_rows(), ("all", given["len"].sum())])


def print_name_tables(tables: dict[str, NamesMetadata], style: str) -> None:
    """The tables of English names in a graph, in the order in which they are asked."""
    if style == "json":
        print_json([{"table": name, **each.to_dict()} for name, each in tables.items()])
        return
    rows = [[name, each.file, each.license, each.names, cell(each.dropped)] for name, each in tables.items()]
    print_table(["table", "file", "licence", "names", "left out"], rows)

"""stats: what is in a graph."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.output import print_json, print_table

if TYPE_CHECKING:
    from kgtools.kg.stats import RelationRow, Statistics, TypeRow


@click.command()
@graph_option
@format_option("table", "json", "markdown", "latex", "csv")
def stats(graph: str, style: str) -> None:
    """Count what is in a graph, by entity type, relation and source.

    \b
    Example:
      kgtools stats --graph ./graph
    """
    from kgtools.kg.stats import statistics
    from kgtools.kg.stores import open_store

    print_stats(statistics(open_store(graph)), style)


def print_stats(stats: "Statistics", style: str) -> None:
    """Entities and triples by type, relation and source; as CSV one table of types and relations."""
    from kgtools.kg.ontology import ontology

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


def _by_source(row: "TypeRow | RelationRow", sources: list[str]) -> list[int]:
    return [row.by_source.get(source, 0) for source in sources]


def _sums(rows: "Sequence[TypeRow | RelationRow]", sources: list[str]) -> list[int]:
    """The sum of each source, and of what two and more share."""
    return [*(sum(row.by_source.get(source, 0) for row in rows) for source in sources), sum(row.shared for row in rows)]

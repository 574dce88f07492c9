"""stats: what is in a graph."""

from typing import Any

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.output import print_json, print_table


@click.command()
@graph_option
@format_option("table", "json")
def stats(graph: str, style: str) -> None:
    """Count what is in a graph, by entity type, relation and source.

    \b
    Example:
      kgtools stats --graph ./graph
    """
    from kgtools.kg.stats import statistics
    from kgtools.kg.stores import open_store

    print_stats(statistics(open_store(graph)), style)


def print_stats(stats: dict[str, Any], style: str) -> None:
    """Entities and triples by type, relation and source."""
    from kgtools.kg.ontology import ontology

    if style == "json":
        print_json(stats)
        return
    sources = [row["source"] for row in stats["sources"]]
    print_table(
        ["source", "licence", "files"], [[s["source"], s["license"], ", ".join(s["files"])] for s in stats["sources"]]
    )
    if stats["names"]:
        print_table(
            ["English names", "licence", "names"], [[n["table"], n["license"], n["names"]] for n in stats["names"]]
        )
    words = ontology()
    rows = [
        [
            r["type"],
            words.entities[r["type"]].zh,
            r["count"],
            *(r["by_source"].get(s, 0) for s in sources),
            r["shared"],
            r["with_english"],
        ]
        for r in stats["entities"]
    ]
    total = stats["totals"]
    rows.append(["all", "", total["entities"], *(sum(r["by_source"].get(s, 0) for r in stats["entities"]) for s in sources),
                 sum(r["shared"] for r in stats["entities"]), total["with_english"]])  # fmt: skip
    print_table(["type", "", "entities", *sources, "shared", "with English"], rows)
    rows = [
        [
            r["relation"],
            words.relations[r["relation"]].zh,
            r["count"],
            *(r["by_source"].get(s, 0) for s in sources),
            r["shared"],
        ]
        for r in stats["relations"]
    ]
    rows.append(["all", "", total["triples"], *(sum(r["by_source"].get(s, 0) for r in stats["relations"]) for s in sources),
                 sum(r["shared"] for r in stats["relations"])])  # fmt: skip
    print_table(["relation", "", "triples", *sources, "shared"], rows)

"""schema: what a query of a graph may name."""

from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option, shorten
from kgtools.tools.output import print_json, print_table

if TYPE_CHECKING:
    from kgtools.kg.schema import GraphSchema


@click.command()
@graph_option
@format_option("table", "json", "markdown", "latex")
def schema(graph: str, style: str) -> None:
    """List the entity types, relations and attributes of a graph, with what they join, counts and an example each.

    \b
    Example:
      kgtools schema --graph ./graph
    """
    from kgtools.kg.schema import schema as read_schema
    from kgtools.kg.stores import open_store

    print_schema(read_schema(open_store(graph)), style)


def print_schema(schema: "GraphSchema", style: str) -> None:
    """A table each of types, relations, attributes and properties."""
    if style == "json":
        print_json(schema.to_dict())
        return
    print_table(
        ["entity type", "", "entities", "example"],
        [[t.type, t.zh, t.count, t.example] for t in schema.types],
        style=style,
    )
    rows = []
    for relation in schema.relations:
        for number, pair in enumerate(relation.between):
            first = [relation.relation, relation.zh, relation.inverse] if number == 0 else ["", "", ""]
            example = " → ".join(relation.example) if number == 0 else ""
            rows.append(
                [*first, pair.head, pair.tail, pair.count, "" if pair.allowed else "not in the ontology", example]
            )
    print_table(["relation", "", "inverse", "head", "tail", "triples", "", "example"], rows, style=style)
    print_table(
        ["attribute", "", "unit", "entities", "example"],
        [[a.attribute, a.zh, a.unit, a.count, shorten(a.example, 40)] for a in schema.attributes],
        style=style,
    )
    properties = [
        ["node", ", ".join(schema.node_properties)],
        ["relationship", ", ".join(schema.relationship_properties)],
    ]
    print_table(["properties of a", ""], properties, style=style)

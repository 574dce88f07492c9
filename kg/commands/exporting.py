"""What takes a graph out again: export."""

from pathlib import Path

import click

from kg.commands import format_option, graph_option


@click.command()
@click.argument("form", metavar="FORMAT")
@click.argument("out", type=click.Path(path_type=Path))
@graph_option
@format_option("table", "json")
@click.option("--base", help="What every IRI begins with (rdf).  [default: urn:kgtools:]")
def export(form: str, out: Path, graph: str, style: str, base: str | None) -> None:
    """Write a graph in a format that other programs read; names, attributes, sources and origins go with it.

    FORMAT is rdf (.ttl or .nt), graphml (.graphml), networkx (.json), sssom (.tsv), or parquet or neo4j-admin, whose
    OUT is a folder. A graph is as it was when it comes back: kgtools diff GRAPH OUT.

    \b
    Example:
      kgtools export rdf graph.ttl --graph ./graph
    """
    from kg.exporters import Options
    from kg.exporters import export as write
    from kg.stores import open_store
    from kg.telling import print_exported
    from tools.progress import step

    with step(f"writing {out}"):
        written = write(form, open_store(graph), out, Options(base=base))
    print_exported(written, style)

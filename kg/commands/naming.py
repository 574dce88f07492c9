"""English names for the entities of a graph: names add, names list."""

from pathlib import Path

import click

from kg.commands import format_option, graph_option


@click.group()
def names() -> None:
    """English names for the entities of a graph."""


@names.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@graph_option
@click.option("--zh", help="Column of the Chinese name (JSON object: key or value).")
@click.option("--en", help="Column of the English name (JSON object: key or value).")
@click.option("--type-column", help="Column of the entity type.")
@click.option("--type", "types", multiple=True, help="The names are for this entity type alone (repeatable).")
@click.option("--name", help="What to call the table; default: the file's name.")
@click.option(
    "--license",
    "license_",
    required=True,
    help="The licence of the table (SPDX, or LicenseRef-NAME), recorded with every record that uses it.",
)
@click.option("--sentence-case", is_flag=True, help="The table capitalises every name: lower its plain first words.")
def names_add(
    file: Path,
    graph: str,
    zh: str | None,
    en: str | None,
    type_column: str | None,
    types: tuple[str, ...],
    name: str | None,
    license_: str,
    sentence_case: bool,
) -> None:
    """Add a table of English names (TSV, CSV, XLSX or a JSON object) to a graph.

    \b
    Example:
      kgtools names add hpo-zh.babelon.tsv --zh translation_value --en source_value --type Symptom --license LicenseRef-HPO
    """
    from kg.names import read_names
    from kg.show import print_named
    from kg.stores import open_store

    table = read_names(file, zh, en, type_column, types, name, license_, sentence_case)
    store = open_store(graph)
    store.change(lambda inputs: inputs.with_names(table))
    print_named(table, store.entities())


@names.command("list")
@graph_option
@format_option("table", "json")
def names_list(graph: str, style: str) -> None:
    """List the tables of English names in a graph.

    \b
    Example:
      kgtools names list --graph ./graph
    """
    from kg.show import print_name_tables
    from kg.stores import open_store

    print_name_tables(open_store(graph).about()["names"], style)

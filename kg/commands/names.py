"""English names for the entities of a graph: names add, names list, names missing."""

from pathlib import Path

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT, empty_option


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
    help="The licence of the table (SPDX, or LicenseRef-NAME), recorded with every record that uses it.",
)
@empty_option
@click.option("--keep-case", is_flag=True, help="Take the names as they are, capitals and all.")
@click.option(
    "--join",
    type=click.Path(path_type=Path),
    help="A file of codes (ICD-10, ATC) and English names; FILE then holds codes and Chinese names.",
)
def names_add(
    file: Path,
    graph: str,
    zh: str | None,
    en: str | None,
    type_column: str | None,
    types: tuple[str, ...],
    name: str | None,
    license_: str | None,
    allow_empty: bool,
    keep_case: bool,
    join: Path | None,
) -> None:
    """Add a table of English names (TSV, CSV, XLSX or a JSON object) to a graph.

    The word kgtools instead of FILE stands for the table that comes with kgtools (Apache-2.0): departments, body parts, frequent
    examinations, treatments, foods, symptoms, diseases and values. Names get the case that they have in the middle of a
    sentence. A type (or --type) may be an attribute, whose values the names are then. A table that has the name of an
    earlier one (hpo.tsv is called hpo) takes its place, which is told.

    \b
    Example:
      kgtools names add hpo-zh.babelon.tsv --type Symptom --type Disease --license LicenseRef-HPO
    """
    from kgtools.kg.build.english_names import OUR_LICENSE, OUR_NAME, OURS, read_names
    from kgtools.kg.build.inputs import Inputs, NameTable
    from kgtools.kg.commands.output import print_named
    from kgtools.kg.stores import open_store
    from kgtools.tools.errors import UsageError
    from kgtools.tools.outputs.empty import refuse_empty

    if str(file) == OUR_NAME and not file.is_file():
        file, license_, name = OURS, license_ or OUR_LICENSE, name or OUR_NAME
    if license_ is None:
        raise UsageError("--license is missing: say under which licence the names are, such as --license CC-BY-4.0")
    table = read_names(file, zh, en, type_column, types, name, license_, keep_case, join)
    refuse_empty(table.names.height, f"{file}: no row is a name", allow_empty, table.metadata.dropped or {})
    store, before = open_store(graph), list[NameTable]()

    def add(inputs: Inputs) -> Inputs:
        before[:] = [old for old in inputs.names if old.name == table.name]
        return inputs.with_names(table)

    store.change(add, "names add")
    print_named(table, store.entities(), before[0] if before else None)


@names.command("list")
@graph_option
@format_option("table", "json")
def names_list(graph: str, style: str) -> None:
    """List the tables of English names in a graph.

    \b
    Example:
      kgtools names list --graph ./graph
    """
    from kgtools.kg.commands.output import print_name_tables
    from kgtools.kg.stores import open_store

    print_name_tables(open_store(graph).metadata().names, style)


@names.command("missing")
@graph_option
@format_option("table", "csv", "jsonl")
@click.option("--type", "types", multiple=True, help="Only names of this entity type (repeatable).")
@click.option("--limit", type=COUNT, default=50, show_default=True, help="How many to list; 0: all.")
def names_missing(graph: str, style: str, types: tuple[str, ...], limit: int) -> None:
    """Rank the names without English by the triples that they would unlock.

    `unlocks`: triples whose other end has an English name already. Fill in the column en of the CSV and add that file; names
    that a spreadsheet would run as a formula have an apostrophe before them, which names add takes off.

    \b
    Example:
      kgtools names missing --graph ./graph --type Symptom --limit 20
    """
    from kgtools.kg.build.english_names import check_types, missing_names
    from kgtools.kg.ontology import ontology
    from kgtools.kg.stores import open_store
    from kgtools.tools.output import print_rows

    check_types(types, ontology().entities)
    store = open_store(graph)
    rows = missing_names(store.entities(), store.triples())
    if types:
        rows = rows.filter(rows["type"].is_in(types))
    rows = rows.head(limit) if limit else rows
    print_rows(rows.columns, map(list, rows.iter_rows()), style, escape_formulas=style == "csv")

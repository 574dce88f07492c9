"""English names for the entities of a graph: names add, names list, names missing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT, empty_option
from kgtools.tools.output import cell, print_json, print_rows, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    import polars as pl

    from kgtools.kg.build.inputs import NamesMetadata, NameTable


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
@click.option("--keep-case", is_flag=True, help="Keep the names as they are, capitals included.")
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
    earlier one (hpo.tsv is called hpo) replaces it, and the command says so.

    \b
    Example:
      kgtools names add hpo-zh.babelon.tsv --type Symptom --type Disease --license LicenseRef-HPO
    """
    from kgtools.kg import graph as library
    from kgtools.kg.commands.load import settle
    from kgtools.kg.stores import open_store

    store = open_store(graph)
    result = library.add_names(
        store, file, zh, en, type_column, types, name, license_, keep_case, join, allow_empty
    )  # fmt: skip
    settle(result.outcome, graph)
    print_named(result.table, store.entities(), result.replaced)


@names.command("list")
@graph_option
@format_option("table", "json")
def names_list(graph: str, style: str) -> None:
    """List the tables of English names in a graph.

    \b
    Example:
      kgtools names list --graph ./graph
    """
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
    that a spreadsheet would run as a formula have an apostrophe before them, which names add removes.

    \b
    Example:
      kgtools names missing --graph ./graph --type Symptom --limit 20
    """
    from kgtools.kg.build.english_names import check_types, missing_names
    from kgtools.kg.ontology import ontology
    from kgtools.kg.stores import open_store

    check_types(types, ontology().entities)
    store = open_store(graph)
    rows = missing_names(store.entities(), store.triples())
    if types:
        rows = rows.filter(rows["type"].is_in(types))
    rows = rows.head(limit) if limit else rows
    print_rows(rows.columns, map(list, rows.iter_rows()), style, escape_formulas=style == "csv")


def print_named(table: "NameTable", entities: "pl.DataFrame", before: "NameTable | None" = None) -> None:
    """What a table of names gave to the graph; `before`: the one whose place it took."""
    import polars as pl

    if before is not None and before.metadata.sha256 != table.metadata.sha256:
        old = f"{before.metadata.file}, {before.metadata.names:,} names"
        say(f"{table.name}: in the place of the earlier table of this name ({old}); to keep both: --name")
    about = table.metadata
    lowered = f"; {about.recased:,} in another case" if about.recased else ""
    given = entities.filter(pl.col("name_en_from") == table.name).group_by("type").len().sort("type")
    dropped = ", ".join(f"{reason} {number:,}" for reason, number in (about.dropped or {}).items()) or "none"
    say(
        f"{table.name}: {about.read:,} rows, {about.names:,} names (left out: {dropped}{lowered}); licence {about.license}"
    )
    print_table(["type", "entities named by it"], [*given.iter_rows(), ("all", given["len"].sum())])


def print_name_tables(tables: "dict[str, NamesMetadata]", style: str) -> None:
    """The tables of English names in a graph, in the order in which they are asked."""
    if style == "json":
        print_json([{"table": name, **about.to_dict()} for name, about in tables.items()])
        return
    rows = [[name, about.file, about.license, about.names, cell(about.dropped)] for name, about in tables.items()]
    print_table(["table", "file", "licence", "names", "left out"], rows)

"""What lays graphs side by side, and an entity open: diff, show."""

from pathlib import Path

import click
from click.core import ParameterSource

from kgtools.kg.commands import format_option, graph_option
from kgtools.tools.options import COUNT, escape_option
from kgtools.tools.terminal import say


@click.command()
@click.argument("old")
@click.argument("new")
@format_option("table", "json", "csv", "jsonl", "parquet")
@click.option("--rows", type=click.Path(path_type=Path), help="Write a row for each change: .csv, .jsonl or .parquet.")
@escape_option
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even where the graphs differ.")
def diff(old: str, new: str, style: str, rows: Path | None, escape_formulas: bool, exit_zero: bool) -> None:
    """Say what changed between two graphs; exit with 1 where they differ.

    OLD and NEW are graphs (a folder or a server's URL) or what kgtools export wrote (.ttl, .nt, .graphml, .json, a
    folder of Parquet). Counts go by entity type and relation; csv, jsonl and parquet give a row for each change.

    \b
    Example:
      kgtools diff ./graph ./graph
    """
    from kgtools.kg.commands.telling import print_diff
    from kgtools.kg.diff import ROWS
    from kgtools.kg.diff import diff as compare
    from kgtools.kg.exporters import read_graph
    from kgtools.tools.errors import Findings, UsageError
    from kgtools.tools.output import print_rows
    from kgtools.tools.progress import step

    kind = "" if rows is None else rows.suffix.lower().removeprefix(".")
    if rows is not None and kind not in ("csv", "jsonl", "parquet"):
        raise UsageError(f"--rows {rows}: the file ends in .csv, .jsonl or .parquet; name it so")
    if escape_formulas and "csv" not in (kind, style):
        raise UsageError("--escape-formulas is for csv: give it with --format csv or --rows FILE.csv")
    with step(f"reading {old} and {new}"):
        found = compare(read_graph(old), read_graph(new))
    if rows is not None:
        print_rows(
            list(ROWS), map(list, found.rows.iter_rows()), kind, rows, escape_formulas and kind == "csv", "--rows"
        )
    print_diff(found, old, new, style, escape_formulas and style == "csv")
    if not found.same and not exit_zero:
        raise Findings(f"{old} and {new} differ")


@click.command()
@click.argument("entity")
@graph_option
@format_option("table", "json")
@click.option("--limit", type=COUNT, default=10, show_default=True, help="Triples to show of each relation; 0: all.")
@click.option("--html", type=click.Path(path_type=Path), help="Draw the neighbourhood as a page of its own.")
@click.option("--depth", type=click.IntRange(1, 2), default=1, show_default=True, help="Steps away to draw (--html).")
def show(entity: str, graph: str, style: str, limit: int, html: Path | None, depth: int) -> None:
    """Show an entity with all that the graph says of it, and where each fact was said.

    ENTITY is a name, an alias, an English name, or type and name (Disease:感冒). All entities of that name are shown.

    \b
    Example:
      kgtools show 高血压 --graph ./graph
    """
    from kgtools.kg.commands.telling import print_profiles
    from kgtools.kg.show.profile import find, links, profile
    from kgtools.kg.stores import open_store
    from kgtools.tools.errors import UsageError
    from kgtools.tools.outputs.atomic import check_file, write_file

    if html is None and click.get_current_context().get_parameter_source("depth") is not ParameterSource.DEFAULT:
        raise UsageError("--depth says how far a picture reaches; give --html FILE too")
    if html is not None:
        check_file(html, "--html")
    store = open_store(graph)
    entities, triples = store.entities(), store.triples()
    found = find(entities, entity)
    near = links(entities, triples, found["id"].to_list())
    profiles = [profile(row, near.filter(near["this"] == row["id"]), limit) for row in found.to_dicts()]
    if html is not None:
        from kgtools.kg.show.html import page

        write_file(html, page(profiles, entities, triples, depth, limit).encode(), "--html")
    print_profiles(profiles, style)
    if html is not None and style == "table":
        say(f"The picture is in {html}.")

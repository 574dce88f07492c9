"""show: one entity and all that a graph says of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from kgtools.kg.commands import format_option, graph_option, shorten
from kgtools.tools.options import COUNT
from kgtools.tools.output import print_json, print_table
from kgtools.tools.terminal import say

if TYPE_CHECKING:
    from kgtools.kg.show.profile import Profile, RelationLinks


@click.command()
@click.argument("entity")
@graph_option
@format_option("table", "json")
@click.option("--limit", type=COUNT, default=10, show_default=True, help="Triples to show of each relation; 0: all.")
@click.option("--html", type=click.Path(path_type=Path), help="Draw the neighbourhood as an HTML page.")
@click.option("--depth", type=click.IntRange(1, 2), default=1, show_default=True, help="Steps away to draw (--html).")
def show(entity: str, graph: str, style: str, limit: int, html: Path | None, depth: int) -> None:
    """Show an entity with all that the graph says of it, and where each fact comes from.

    ENTITY is a name, an alias, an English name, or type and name (Disease:感冒). All entities of that name are shown.

    \b
    Example:
      kgtools show 高血压 --graph ./graph
    """
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


def print_profiles(profiles: "list[Profile]", style: str) -> None:
    """Each entity with its names, attributes and triples."""
    if style == "json":
        print_json([profile.to_dict() for profile in profiles])
        return
    for profile in profiles:
        say(f"{profile.id}  ({profile.zh}, {profile.en})\n")
        english = f"{profile.name_en} (from {profile.name_en_from})" if profile.name_en else ""
        names = (("English", english), ("aliases", "、".join(profile.aliases)), ("sources", "、".join(profile.sources)))
        for word, text in names:
            if text:
                say(f"{word}: {text}")
        say()
        if profile.attributes:
            rows = _grouped([[a.attribute, a.zh, a.value, a.origins] for a in profile.attributes])
            print_table(["attribute", "", "value", "origins"], [[a, zh, shorten(value), o] for a, zh, value, o in rows])
        for direction, title in (("out", f"{profile.id} ->"), ("in", f"-> {profile.id}")):
            _print_links([each for each in profile.relations if each.direction == direction], title)


def _print_links(relations: "list[RelationLinks]", title: str) -> None:
    rows: list[list[Any]] = []
    for relation in relations:
        start = [relation.relation, relation.zh, relation.count]
        for link in relation.triples:
            rows.append([*start, link.other, link.name_en, link.sources, link.origins])
            start = ["", "", None]
        more = relation.count - len(relation.triples)
        if more:
            rows.append(["", "", None, f"... {more:,} more (--limit 0 shows all)", "", "", ""])
    if rows:
        print_table([title, "", "triples", "entity", "English", "sources", "origins"], rows)


def _grouped(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows, the first two cells only where they change."""
    return [row if at == 0 or rows[at - 1][:2] != row[:2] else ["", "", *row[2:]] for at, row in enumerate(rows)]

"""What export, diff and show print: the same names for people and for programs."""

from typing import Any

from kgtools.kg.diff import ROWS, Diff
from kgtools.kg.exporters import ExportResult
from kgtools.kg.show.profile import Profile, RelationLinks
from kgtools.tools.output import print_json, print_rows, print_table
from kgtools.tools.terminal import say

EXAMPLES = 10


def print_exported(written: ExportResult, style: str) -> None:
    """The files that an export wrote, and how many of what."""
    if style == "json":
        print_json(written.to_dict())
        return
    counts = ", ".join(f"{number:,} {what}" for what, number in written.counts.items())
    files, size = len(written.files), sum(written.files.values())
    say(
        f"{written.out}: {counts} as {written.format} ({files:,} files, {size:,} bytes).".replace(
            "(1 files,", "(1 file,"
        )
    )


def print_diff(found: Diff, old: str, new: str, style: str, escape_formulas: bool = False) -> None:
    """Counts of what changed and the first changes, everything as JSON, or the rows."""
    if style == "json":
        print_json(found.to_dict())
    elif style != "table":
        print_rows(list(ROWS), map(list, found.rows.iter_rows()), style, escape_formulas=escape_formulas)
    elif found.same:
        entities, triples = (sum(c.new for c in found.counts if c.kind == kind) for kind in ("entity", "relation"))
        say(f"{old} and {new} are the same: {entities:,} entities and {triples:,} triples.")
    else:
        columns = ["old", "new", "added", "removed", "changed"]
        differing = [count for count in found.counts if count.added or count.removed or count.changed]
        print_table(
            ["type or relation", *columns], [[c.name, *(getattr(c, column) for column in columns)] for c in differing]
        )
        _print_examples(found)


def _print_examples(found: Diff) -> None:
    rows = [
        [row["change"], f"{row['head']} {row['name']} {row['tail']}" if row["head"] else row["id"],
         row["column"], _short(row["old"]), _short(row["new"])]
        for row in found.rows.head(EXAMPLES).iter_rows(named=True)
    ]  # fmt: skip
    print_table(["change", "what", "column", "old", "new"], rows)
    if found.rows.height > EXAMPLES:
        say(f"... {found.rows.height - EXAMPLES:,} more; --rows FILE writes all of them")


def _short(value: str | None, most: int = 60) -> str | None:
    return value if value is None or len(value) <= most else f"{value[:most]}… ({len(value):,} characters)"


def print_profiles(profiles: list[Profile], style: str) -> None:
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
            print_table(["attribute", "", "value", "origins"], [[a, zh, _short(value), o] for a, zh, value, o in rows])
        for direction, title in (("out", f"{profile.id} ->"), ("in", f"-> {profile.id}")):
            _print_links([each for each in profile.relations if each.direction == direction], title)


def _print_links(relations: list[RelationLinks], title: str) -> None:
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

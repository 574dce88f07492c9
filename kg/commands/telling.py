"""What export, diff and show print: the same names for people and for programs."""

from typing import Any

from kgtools.kg.diff import ROWS, Diff
from kgtools.tools.output import print_json, print_rows, print_table
from kgtools.tools.terminal import say

EXAMPLES = 10


def print_exported(written: dict[str, Any], style: str) -> None:
    """The files that an export wrote, and how many of what."""
    if style == "json":
        print_json(written)
        return
    counts = ", ".join(f"{number:,} {what}" for what, number in written["counts"].items())
    files, size = len(written["files"]), sum(written["files"].values())
    say(
        f"{written['out']}: {counts} as {written['format']} ({files:,} files, {size:,} bytes).".replace(
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


def print_profiles(profiles: list[dict[str, Any]], style: str) -> None:
    """Each entity with its names, attributes and triples."""
    if style == "json":
        print_json(profiles)
        return
    for told in profiles:
        say(f"{told['id']}  ({told['zh']}, {told['en']})\n")
        given = f"{told['name_en']} (from {told['name_en_from']})" if told["name_en"] else ""
        names = (("English", given), ("aliases", "、".join(told["aliases"])), ("sources", "、".join(told["sources"])))
        for word, text in names:
            if text:
                say(f"{word}: {text}")
        say()
        if told["attributes"]:
            columns = ("attribute", "zh", "value", "origins")
            rows = _grouped([[row[c] for c in columns] for row in told["attributes"]])
            print_table(["attribute", "", "value", "origins"], [[a, zh, _short(value), o] for a, zh, value, o in rows])
        for direction, title in (("out", f"{told['id']} ->"), ("in", f"-> {told['id']}")):
            _print_links([row for row in told["relations"] if row["direction"] == direction], title)


def _print_links(relations: list[dict[str, Any]], title: str) -> None:
    rows: list[list[Any]] = []
    for relation in relations:
        start = [relation["relation"], relation["zh"], relation["count"]]
        for triple in relation["triples"]:
            rows.append([*start, triple["other"], triple["name_en"], triple["sources"], triple["origins"]])
            start = ["", "", None]
        more = relation["count"] - len(relation["triples"])
        if more:
            rows.append(["", "", None, f"... {more:,} more (--limit 0 shows all)", "", "", ""])
    if rows:
        print_table([title, "", "triples", "entity", "English", "sources", "origins"], rows)


def _grouped(rows: list[list[Any]]) -> list[list[Any]]:
    """The rows, the first two cells only where they change."""
    return [row if at == 0 or rows[at - 1][:2] != row[:2] else ["", "", *row[2:]] for at, row in enumerate(rows)]

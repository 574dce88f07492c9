"""The tables of a report: what stands in their cells, in both languages."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from markupsafe import Markup

from kgtools.kg.ontology import ontology
from kgtools.kg.report.bars import change_words, format_change
from kgtools.kg.report.charts import percent
from kgtools.kg.report.earlier import Change
from kgtools.kg.report.figures import Figures
from kgtools.kg.report.words import entity_type, relation, word
from kgtools.kg.stats import RelationRow, TypeRow
from kgtools.tools.output import cell as plain
from kgtools.tools.page.words import Words

NUMERIC = {
    *("entities", "triples", "shared", "names", "heads", "known", "share"),
    *("linked", "median", "most", "before", "now", "change", "relative"),
}


@dataclass(frozen=True)
class Column:
    """A column's title; numbers stand at the right, long texts may break anywhere."""

    title: Words
    numeric: bool = False
    long: bool = False


@dataclass(frozen=True)
class Table:
    """Cells are text (escaped by the page), Words or Markup; with `row_heads` the first of a row is its heading."""

    caption: Words
    columns: list[Column]
    rows: list[list[Any]] = field(default_factory=list)
    row_heads: bool = True


def types(figures: Figures) -> Table:
    """A row a type: entities in all and by source, shared, with an English name; the sums last."""
    total = figures.statistics.totals
    types = sorted(figures.statistics.entities, key=_order)
    table = _by_source(figures, "type", [(row.type, row) for row in types], total.entities)
    english = [_bar(row.with_english, row.count) for row in types]
    english.append(_bar(total.with_english, total.entities))
    lines = [[*line, bar] for line, bar in zip(table.rows, english, strict=True)]
    return replace(table, columns=[*table.columns, Column(word("with_english"), numeric=True)], rows=lines)


def relations(figures: Figures) -> Table:
    """A row a relation: triples in all and by source, shared; the sums last."""
    rows = sorted(figures.statistics.relations, key=_order)
    return _by_source(figures, "relation", [(row.relation, row) for row in rows], figures.statistics.totals.triples)


def _by_source(
    figures: Figures, key: Literal["type", "relation"], rows: list[tuple[str, TypeRow | RelationRow]], total: int
) -> Table:
    """A row for each name, the largest first; `total`: what all of them have."""
    sources = [row.source for row in figures.statistics.sources]
    noun, words = ("entities", entity_type) if key == "type" else ("triples", relation)
    lines = [
        [
            label(words(name), name),
            _bar(row.count, rows[0][1].count, f"{row.count:,}"),
            *(_number(row.by_source.get(source, 0)) for source in sources),
            _number(row.shared),
        ]
        for name, row in rows
    ]
    sums = [sum(row.by_source.get(source, 0) for _, row in rows) for source in sources]
    shared = sum(row.shared for _, row in rows)
    lines.append([word("all"), _bar(0, 0, f"{total:,}"), *map(_number, sums), _number(shared)])
    by_source = [Column(Words(source, source), numeric=True) for source in sources]
    return Table(word(f"{key}s"), [*_columns(key, noun), *by_source, *_columns("shared")], lines)


def _order(row: TypeRow | RelationRow) -> int:
    """The largest first."""
    return -row.count


def names(figures: Figures) -> Table:
    """A row a table of English names: licence, number, file and SHA-256."""
    rows = [
        [name, table.license, f"{table.names or 0:,}", table.file or "", code(table.sha256 or "", "sha")]
        for name, table in figures.metadata.names.items()
    ]
    return Table(word("english"), _columns("name_table", "licence", "names", "file", "sha256"), rows)


def coverage(figures: Figures) -> Table:
    """A row a type, relation and source."""
    rows = [
        [entity_type(type_), label(relation(name), name), source, *(f"{n:,}" for n in counts), percent(counts[1], counts[2])]
        for type_, name, source, *counts in figures.coverage.iter_rows()
    ]  # fmt: skip
    return Table(word("coverage"), _columns("type", "relation", "source", "triples", "heads", "known", "share"), rows)


def overlap(figures: Figures) -> Table:
    """A row a set of sources."""
    rows = [[" + ".join(names), f"{e:,}", f"{t:,}"] for names, e, t in figures.overlap.iter_rows()]
    return Table(word("overlap"), _columns("overlap_sets", "entities", "triples"), rows)


def hubs(figures: Figures) -> Table:
    """A row a type and direction: how many have a triple, the median, the most, and whose."""
    rows = [
        [entity_type(type_), word(f"direction_{way}"), f"{linked:,}", f"{median:,g}", f"{most:,}", _name(name)]
        for type_, way, linked, median, most, name in figures.hubs.iter_rows()
    ]
    return Table(word("degrees"), _columns("type", "direction", "linked", "median", "most", "whose"), rows)


def trends(changes: Iterable[Change], titles: dict[str, Words]) -> Table:
    """A row a number: before, now, the change, also relative to before."""
    rows = [_trend(change, titles) for change in changes]
    return Table(word("trends"), _columns("what", "before", "now", "change", "relative"), rows)


def _trend(change: Change, titles: dict[str, Words]) -> list[Any]:
    kind = "grew" if change.by > 0 else "shrank"
    relative: Any = (
        ""
        if not change.by
        else word("new")
        if not change.before
        else f"{change.by / change.before:+.1%}".replace("-", "−")
    )
    shown = Markup('<span class="{}">{}</span>').format(kind, format_change(change.by)) if change.by else _number(0)
    what = Markup('<span class="chip">{}</span>{}').format(word(f"group_{change.group}"), change_words(change, titles))
    return [what, f"{change.before:,}", f"{change.now:,}", shown, relative]


def _columns(*keys: str) -> list[Column]:
    return [Column(word(key), numeric=key in NUMERIC, long=key == "whose") for key in keys]


def example_rows(caption: Words, columns: list[Column], rows: list[list[Any]]) -> Table:
    """Example rows of a finding: entities with their type, types and relations in words."""
    return Table(caption, columns, [[value_of(value) for value in row] for row in rows], row_heads=False)


def value_of(value: Any) -> Any:
    """A value of a query as people read it."""
    if isinstance(value, list):
        return Markup("、").join(value_of(item) for item in value)
    if not isinstance(value, str):
        return plain(value)
    words = ontology()
    if value in words.relations:
        return Markup('<span title="{}">{}</span>').format(value, relation(value))
    if value in words.entities:
        return entity_type(value, plural=False)
    type_, colon, name = value.partition(":")
    if colon and type_ in words.entities:
        return Markup('<span class="chip">{}</span>{}').format(entity_type(type_, plural=False), _name(name))
    return _name(value)


def label(words: Words, name: str) -> Markup:
    """Words, and beside them the label in the graph."""
    return Markup("{}{}").format(words, code(name, "label-code"))


def code(text: str, kind: str) -> Markup:
    """A text of the machine's."""
    return Markup('<code class="{}">{}</code>').format(kind, text)


def _name(name: str) -> Markup:
    """A name from a file: its direction kept to itself, its control characters shown."""
    visible = "".join(chr(0x2400 + ord(c)) if c < " " and c not in "\n\r" else c for c in name)
    return Markup("<bdi>{}</bdi>").format(plain(visible))


def _number(value: int) -> Any:
    return f"{value:,}" if value else Markup('<span class="zero">0</span>')


def _bar(part: int, total: int, text: str = "") -> Markup:
    """A number with a bar of its share behind; without a text, number and share."""
    return Markup(
        '{}<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="{}" height="8"/></svg>'
    ).format(text or f"{part:,} ({percent(part, total)})", f"{100 * part / total if total else 0:.1f}")

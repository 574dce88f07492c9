"""What changed between two graphs: counts by entity type and relation, and a row for each change."""

from dataclasses import asdict, dataclass
from typing import Any

import orjson
import polars as pl

from kgtools.kg.exporters.files import as_json
from kgtools.kg.ontology import ontology
from kgtools.kg.tables import Entities, Triples

ROWS = ("kind", "name", "change", "id", "head", "tail", "column", "old", "new")
SCHEMA = dict.fromkeys(ROWS, pl.String)


@dataclass(frozen=True)
class Count:
    """One entity type or relation: how many there were and are, and what happened between."""

    kind: str
    name: str
    old: int
    new: int
    added: int
    removed: int
    changed: int


@dataclass(frozen=True)
class Diff:
    """`rows`: `kind` (entity or relation), `name` (the type or relation), `change` (added, removed, changed), `id`, and of
    a triple `head` and `tail`; of what is changed a row a `column`, with its `old` and `new` value as text or JSON."""

    counts: list[Count]
    rows: pl.DataFrame

    @property
    def same(self) -> bool:
        """Whether the two graphs are the same."""
        return self.rows.is_empty()

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        return {"same": self.same, "counts": [asdict(count) for count in self.counts], "rows": self.rows.to_dicts()}


def diff(old: tuple[Entities, Triples], new: tuple[Entities, Triples]) -> Diff:
    """What there is to do to make the new graph of the old one."""
    words = ontology()
    entities = _changes("entity", "type", old[0], new[0])
    triples = _changes("relation", "relation", old[1], new[1])
    counts = [
        *_counts("entity", "type", list(words.entities), old[0], new[0], entities),
        *_counts("relation", "relation", list(words.relations), old[1], new[1], triples),
    ]
    order_of = {(count.kind, count.name): number for number, count in enumerate(counts)}
    rows = pl.concat([entities, triples])
    order = pl.Series("order", [order_of[pair] for pair in rows.select("kind", "name").iter_rows()], dtype=pl.UInt32)
    return Diff(counts, rows.with_columns(order).sort("order", "change", "id", "column").drop("order"))


def _counts(
    kind: str, key: str, order: list[str], old: pl.DataFrame, new: pl.DataFrame, rows: pl.DataFrame
) -> list[Count]:
    before, after = (dict(frame.group_by(key).len().iter_rows()) for frame in (old, new))
    numbers = {(n, c): k for n, c, k in rows.group_by("name", "change").agg(pl.col("id").n_unique()).iter_rows()}
    names = [*(name for name in order if name in before or name in after), *sorted({*before, *after} - {*order})]
    changes = ("added", "removed", "changed")
    return [
        Count(kind, n, before.get(n, 0), after.get(n, 0), *(numbers.get((n, c), 0) for c in changes)) for n in names
    ]


def _changes(kind: str, key: str, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    if old.equals(new):
        return pl.DataFrame(schema=SCHEMA)
    rows = [
        _rows(kind, key, some.join(others, on="id", how="anti"), change)
        for change, some, others in (("added", new, old), ("removed", old, new))
    ]
    both = old.join(new, on="id", suffix=" new")
    for column in (name for name in old.columns if name != "id"):
        differing = both.filter(pl.col(column).ne_missing(pl.col(f"{column} new")))
        if column == "attributes":
            rows.append(_attributes(differing))
        elif differing.height:
            texts = [_as_text(differing[column]).alias("before"), _as_text(differing[f"{column} new"]).alias("after")]
            rows.append(_rows(kind, key, differing.with_columns(*texts, pl.lit(column).alias("column")), "changed"))
    return pl.concat(rows)


def _rows(kind: str, key: str, rows: pl.DataFrame, change: str) -> pl.DataFrame:
    """The rows in the shape of ROWS; those of what is changed come with `column`, `before` and `after`."""
    nothing = [pl.lit(None, pl.String).alias(name) for name in ("head", "tail", "column", "before", "after")]
    rows = rows.with_columns(each for each in nothing if each.meta.output_name() not in rows.columns)
    return rows.select(
        pl.lit(kind).alias("kind"), pl.col(key).alias("name"), pl.lit(change).alias("change"), "id", "head", "tail",
        "column", pl.col("before").alias("old"), pl.col("after").alias("new"),
    )  # fmt: skip


def _as_text(values: pl.Series) -> pl.Series:
    return as_json(values) if values.dtype == pl.List(pl.String) else values


def _attributes(differing: pl.DataFrame) -> pl.DataFrame:
    """A row for each attribute that differs: its values, or with their origins where only those differ.

    Aliases are left to the column `aliases` where that differs as well."""
    rows = []
    columns = ("type", "id", "attributes", "attributes new", "aliases", "aliases new")
    for type_, id_, old, new, aliases, aliases_new in differing.select(columns).iter_rows():
        before, after = orjson.loads(old), orjson.loads(new)
        for name in sorted({*before, *after}):
            was, is_ = before.get(name), after.get(name)
            if was == is_ or (name == "alias" and aliases != aliases_new):
                continue
            if was and is_ and list(was) != list(is_):
                was, is_ = list(was), list(is_)
            texts = (None if value is None else orjson.dumps(value).decode() for value in (was, is_))
            rows.append(("entity", type_, "changed", id_, None, None, f"attributes.{name}", *texts))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")

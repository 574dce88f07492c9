"""What is in a graph: entities by type, triples by relation, each by source."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store


@dataclass(frozen=True)
class SourceRow:
    """A source of the graph; `files`: name -> SHA-256; `raw`: loaded with --raw."""

    source: str
    license: str | None
    files: dict[str, str]
    raw: bool


@dataclass(frozen=True)
class NamesRow:
    """A table of English names, and how many are in it."""

    table: str
    license: str | None
    names: int | None


@dataclass(frozen=True)
class TypeRow:
    """The entities of a type: all, those of two sources and more, those with an English name, those of each source."""

    type: str
    count: int
    shared: int
    with_english: int
    by_source: dict[str, int]


@dataclass(frozen=True)
class RelationRow:
    """The triples of a relation: all, those of two sources and more, those of each source."""

    relation: str
    count: int
    shared: int
    by_source: dict[str, int]


@dataclass(frozen=True)
class Totals:
    """The sums over types and relations."""

    entities: int
    triples: int
    with_english: int


@dataclass(frozen=True)
class Statistics:
    """What `kgtools stats` tells; types and relations are in the order of the ontology.

    `by_source` counts a shared entity or triple for each of its sources."""

    sources: list[SourceRow]
    names: list[NamesRow]
    entities: list[TypeRow]
    relations: list[RelationRow]
    totals: Totals

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        return asdict(self)


def statistics(store: Store) -> Statistics:
    """The counts of a graph."""
    entities, triples, metadata = store.entities(), store.triples(), store.metadata()
    sources = sorted(metadata.sources.items())
    return Statistics(
        [SourceRow(name, source.license, source.hashes(), bool(source.raw)) for name, source in sources],
        [NamesRow(name, table.license, table.names) for name, table in metadata.names.items()],
        [TypeRow(**row) for row in _count(entities, "type", list(ontology().entities), with_english=True)],
        [RelationRow(**row) for row in _count(triples, "relation", list(ontology().relations))],
        Totals(entities.height, triples.height, entities["name_en"].count()),
    )


def _count(frame: pl.DataFrame, key: str, order: list[str], with_english: bool = False) -> list[dict[str, Any]]:
    """The columns of TypeRow or RelationRow, a dict a row."""
    counts = frame.group_by(key).agg(
        pl.len().alias("count"),
        (pl.col("sources").list.len() > 1).sum().alias("shared"),
        *([pl.col("name_en").count().alias("with_english")] if with_english else []),
    )
    sources = frame.select(key, "sources").explode("sources").group_by(key, "sources").len().sort("sources")
    by_source: dict[str, dict[str, int]] = {}
    for name, source, number in sources.iter_rows():
        by_source.setdefault(name, {})[source] = number
    rows = [row | {"by_source": by_source.get(row[key], {})} for row in counts.iter_rows(named=True)]
    return sorted(rows, key=lambda row: order.index(row[key]))

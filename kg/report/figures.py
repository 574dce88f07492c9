"""The numbers of a report, counted column by column from a graph's entities and triples."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from kgtools.kg.audit import Finding
from kgtools.kg.build.inputs import GraphMetadata
from kgtools.kg.stats import Statistics, statistics
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities, Triples

OUT, IN = "out", "in"
STEPS = 10
"""Points that a curve keeps for each factor of ten."""


@dataclass(frozen=True)
class Figures:
    """What a report shows, apart from the findings.

    `metadata`: as the store has it. `statistics`: as `kgtools stats` prints it. `coverage`: type, relation, source, triples, entities (heads that the
    source says it of), known (entities of the type that the source has). `overlap`: sources (exactly these), entities,
    triples. `degrees`: type, direction, degree, entities (with at least this degree). `hubs`: type, direction,
    entities (with a triple), median, most, name (of the entity that has most)."""

    metadata: GraphMetadata
    statistics: Statistics
    coverage: pl.DataFrame
    overlap: pl.DataFrame
    degrees: pl.DataFrame
    hubs: pl.DataFrame


def count_figures(store: Store) -> Figures:
    """The numbers of a graph."""
    entities, triples = store.entities(), store.triples()
    each = _count_degrees(entities, triples)
    return Figures(
        store.metadata(),
        statistics(store),
        coverage(entities, triples),
        overlap(entities, triples),
        degrees(each),
        hubs(each),
    )


def coverage(entities: Entities, triples: Triples) -> pl.DataFrame:
    """For each type, relation and source: its triples, their heads, and how many entities of the type it knows."""
    sizes = entities.explode("sources").group_by("type", pl.col("sources").alias("source")).agg(pl.len().alias("known"))
    return (
        triples.join(entities.select("id", "type"), left_on="head", right_on="id")
        .explode("sources")
        .group_by("type", "relation", pl.col("sources").alias("source"))
        .agg(pl.len().alias("triples"), pl.col("head").n_unique().alias("entities"))
        .join(sizes, on=["type", "source"], how="left")
        .with_columns(pl.col("known").fill_null(0))
        .sort("type", "relation", "source")
    )


def overlap(entities: Entities, triples: Triples) -> pl.DataFrame:
    """How many entities and triples exactly these sources have, and no other; most entities first."""

    def count_sets(frame: pl.DataFrame, noun: str) -> pl.DataFrame:
        together = pl.col("sources").list.sort().list.join("\n")  # lists are grouped forty times as slowly as text
        return frame.group_by(together).agg(pl.len().alias(noun))

    both = count_sets(entities, "entities").join(
        count_sets(triples, "triples"), on="sources", how="full", coalesce=True
    )
    return (
        both.with_columns(pl.col("entities", "triples").fill_null(0))
        .sort("entities", "triples", "sources", descending=[True, True, False])
        .with_columns(pl.col("sources").str.split("\n"))
    )


def _count_degrees(entities: Entities, triples: Triples) -> pl.DataFrame:
    """id, name, type, direction and degree of each entity that is a head (out) or a tail (in)."""
    ends = [
        triples.group_by(pl.col(end).alias("id"))
        .agg(pl.len().alias("degree"))
        .with_columns(direction=pl.lit(direction))
        for end, direction in (("head", OUT), ("tail", IN))
    ]
    return pl.concat(ends).join(entities.select("id", "name", "type"), on="id")


def degrees(each: pl.DataFrame) -> pl.DataFrame:
    """How many entities have at least a degree, by type and direction; of near degrees the lowest and, last, the highest."""
    series = ["type", "direction"]
    curve = (
        each.group_by(*series, "degree")
        .agg(pl.len().alias("entities"))
        .sort(*series, "degree", descending=[False, False, True])
        .with_columns(pl.col("entities").cum_sum().over(series))
        .sort(*series, "degree")
    )
    linked = curve.group_by(series, maintain_order=True).first().with_columns(degree=pl.lit(1, pl.UInt32))
    curve = pl.concat([linked.select(curve.columns), curve], how="vertical_relaxed").unique().sort(*series, "degree")
    near = (pl.col("degree").log10() * STEPS).floor()
    first = (near != near.shift(1).over(series)).fill_null(True)
    last = pl.col("degree") == pl.col("degree").max().over(series)
    return curve.filter(first | last)


def hubs(each: pl.DataFrame) -> pl.DataFrame:
    """For each type and direction: entities with a triple, median and highest degree, and whose that is."""
    return (
        each.sort("degree", "id", descending=[True, False])
        .group_by("type", "direction", maintain_order=True)
        .agg(
            pl.len().alias("entities"),
            pl.col("degree").median().alias("median"),
            pl.col("degree").first().alias("most"),
            pl.col("name").first(),
        )
        .sort("type", "direction", descending=[False, True])
    )


def numbers(figures: Figures, findings: list[Finding]) -> dict[str, Any]:
    """What a later report compares itself with."""
    stats = figures.statistics
    sources = {row.source: 0 for row in stats.sources}
    for row in stats.relations:
        for source, count in row.by_source.items():
            sources[source] = sources.get(source, 0) + count
    return {
        "kgtools": "report 1",
        "totals": asdict(stats.totals),
        "types": {row.type: row.count for row in stats.entities},
        "relations": {row.relation: row.count for row in stats.relations},
        "sources": sources,
        "findings": {finding.audit.name: len(finding.rows) for finding in findings},
    }

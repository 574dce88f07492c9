"""Apply the ledger: an entity that is the same as another becomes that one, its name an alias; taking a row out undoes it."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from kg.inputs import SourceTables
from kg.normalize import SEPARATOR, with_ids
from kg.tables import FACTS, NAMED, Facts, Ledger, Named
from tools.files import digest

SAME, DIFFERENT = "same", "different"


def decision_id(before: str, after: str) -> str:
    """The id of a decision about two entities, whichever stands first."""
    return digest(SEPARATOR.join(sorted((before, after))))


def mapping(ledger: Ledger, present: set[str]) -> dict[str, tuple[str, str]]:
    """For each merged entity that is present, the one that it becomes and the rule; chains are followed to their end.

    A decision about an entity that no source names sleeps. Of a circle, the row with the smallest id is left out."""
    steps: dict[str, tuple[str, str]] = {}
    for before, after, rule in (
        ledger.filter(pl.col("verdict") == SAME)
        .sort("id", descending=True)
        .select("before", "after", "rule")
        .iter_rows()
    ):
        if before in present and after in present and _end(steps, after) != before:
            steps[before] = (after, rule)
    return {before: (_end(steps, before), rule) for before, (_, rule) in sorted(steps.items())}


def _end(steps: dict[str, tuple[str, str]], id_: str) -> str:
    while id_ in steps:
        id_ = steps[id_][0]
    return id_


def realigned(sources: Sequence[SourceTables], ledger: Ledger) -> tuple[SourceTables, ...]:
    """The sources as they would be if each had used the names that the ledger decided for."""
    if ledger.is_empty():
        return tuple(sources)
    present = {id_ for source in sources for id_ in source.named["id"].to_list()}
    steps = mapping(ledger, present)
    if not steps:
        return tuple(sources)
    places = {row_id: row for row, row_id in enumerate(ledger.sort("id")["before"].to_list(), start=1)}
    table = pl.DataFrame(
        [(before, after, rule, places[before]) for before, (after, rule) in steps.items()],
        schema={"before": pl.String, "after": pl.String, "rule": pl.String, "row": pl.UInt32},
        orient="row",
    )
    return tuple(_realigned(source, table) for source in sources)


def _realigned(source: SourceTables, steps: pl.DataFrame) -> SourceTables:
    moved = source.named.join(steps, left_on="id", right_on="before", how="inner")
    if moved.is_empty():
        return source
    to = dict(steps.select("before", "after").iter_rows())
    ids = source.facts.select(
        pl.col("head").replace(to),
        pl.when(pl.col("kind") == "relation").then(pl.col("tail").replace(to)).otherwise("tail").alias("tail"),
    )
    facts = source.facts.with_columns(ids)
    changed = (facts["head"] != source.facts["head"]) | (facts["tail"] != source.facts["tail"])
    again = with_ids(facts.filter(changed)).select(facts.columns)
    return replace(
        source,
        named=_named(source.named, moved),
        facts=_united(pl.concat([facts.filter(~changed), again, _aliases(source.name, moved)])),
    )


def _named(named: Named, moved: pl.DataFrame) -> Named:
    """The entities under their new ids; an English name of the entity itself comes before that of one that joined it."""
    own = named.filter(~pl.col("id").is_in(moved["id"].implode()))
    name = pl.col("after").str.replace(r"(?s)^[^:]*:", "").alias("name")
    joined = moved.select(pl.col("after").alias("id"), "type", name, "name_en")
    merged = (
        pl.concat([own, joined])
        .group_by("id", maintain_order=True)
        .agg(pl.col("type").first(), pl.col("name").first(), pl.col("name_en").drop_nulls().first())
    )
    return NAMED.check(merged.sort("id"), "aligned entities")


def _aliases(source: str, moved: pl.DataFrame) -> Facts:
    """The names that were given up, as aliases whose origin is the row of the ledger."""
    rows = moved.select(
        pl.lit("alias").alias("kind"),
        pl.col("after").alias("head"),
        pl.lit("alias").alias("relation"),
        pl.col("name").alias("tail"),
        pl.concat_list(pl.format("{}/ledger:{}#{}", pl.lit(source), "row", "rule")).alias("origins"),
    )
    return FACTS.check(with_ids(rows), "aliases of aligned entities")


def _united(facts: pl.DataFrame) -> Facts:
    """Facts that have become one, with the origins of all."""
    twice = facts.filter(facts["id"].is_duplicated())
    once = facts.filter(facts["id"].is_unique())
    joined = twice.group_by("id", maintain_order=True).agg(
        pl.col("kind", "head", "relation", "tail").first(), pl.col("origins").explode().unique().sort()
    )
    return FACTS.check(pl.concat([once, joined.select(once.columns)]).sort("id"), "aligned facts")

"""What a split needs to know of each record, a few bytes each: its group, stratum and rule, its published split."""

import numpy as np
import polars as pl

from corpora.dedup.clusters import joined
from corpora.shards import batches
from corpora.split.assign import published_of, rule_of
from corpora.split.plan import Plan
from tools.frames import digests, numbers

AT_ONCE = 50_000


def index_of(rows: pl.LazyFrame, plan: Plan) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    """The index that `assign` wants, a row a record; the names of the strata; and for each group that is tied to others its
    name and theirs (`group`, `joined`: the least of them)."""
    moved = _tied(rows, plan.tie)
    wanted = rows.select("group", rule_of(plan), published_of(), stratum(plan).alias("stratum"))
    seen: dict[str, int] = {}
    parts = []
    for batch in batches(wanted, AT_ONCE):
        for name in batch["stratum"].unique().sort():
            seen.setdefault(name, len(seen))
        batch = batch.join(moved, on="group", how="left", maintain_order="left")
        group = in_numbers(batch.select(pl.coalesce("joined", "group")).to_series())
        code = batch["stratum"].replace_strict(seen, return_dtype=pl.UInt32)
        parts.append(batch.select("rule", "published").with_columns(group=group, stratum=code))
    names = sorted(seen)
    place = np.array([names.index(name) for name in seen], dtype=np.uint32)
    empty = pl.DataFrame(schema={"rule": pl.UInt8, "published": pl.UInt8, "group": pl.UInt64, "stratum": pl.UInt32})
    index = pl.concat([empty, *parts])
    return index.with_columns(stratum=pl.Series(place[index["stratum"].to_numpy()], dtype=pl.UInt32)), names, moved


def in_numbers(groups: pl.Series) -> pl.Series:
    """A number for each group that hangs on its name alone."""
    return pl.DataFrame({"digest": digests(groups)}).select(numbers(pl.col("digest"))).to_series()


def stratum(plan: Plan) -> pl.Expr:
    """The name of a record's stratum."""
    columns = [_meta(name.removeprefix("meta.")) if name.startswith("meta.") else pl.col(name) for name in plan.by]
    return pl.concat_str([column.fill_null("") for column in columns], separator=" / ") if columns else pl.lit("all")


def _meta(key: str) -> pl.Expr:
    return pl.col("meta").str.json_path_match(f"$['{key}']")


def _tied(rows: pl.LazyFrame, ties: tuple[str, ...]) -> pl.DataFrame:
    """group, joined: of the groups that a value of one of these keys of meta ties to others of the same source."""
    kinds = {"group": pl.String, "joined": pl.String}
    if not ties:
        return pl.DataFrame(schema=kinds)
    values = [_meta(tie).alias(f"tie {tie}") for tie in ties]
    index = rows.select("group", "source", *values).unique().collect(engine="streaming")
    names = index["group"].unique().sort()
    places = pl.DataFrame({"group": names}).with_row_index("place")
    pairs: list[tuple[int, int]] = []
    for tie in (value.meta.output_name() for value in values):
        found = index.filter(pl.col(tie).is_not_null()).join(places, on="group").select("source", tie, "place").unique()
        first = found.with_columns(first=pl.col("place").min().over("source", tie))
        pairs += first.filter(pl.col("first") != pl.col("place")).select("first", "place").sort("first", "place").rows()
    together = joined(pairs, len(names))
    moved = np.flatnonzero(together != np.arange(len(names)))
    return pl.DataFrame({"group": names.gather(moved), "joined": names.gather(together[moved])}, schema=kinds)

"""What a split needs to know of each record: its group, its stratum, what ties it to others."""

import polars as pl

from corpora.dedup.clusters import joined
from corpora.shards import batches
from corpora.split.plan import Plan
from tools.frames import digests, numbers


def index_of(rows: pl.LazyFrame, plan: Plan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row a record: `group` (a number), `stratum`, `source`, `task`, `split`; and for each group that is tied to others its
    name and theirs (`group`, `joined`: the least of them)."""
    ties = [_meta(key).alias(f"tie {key}") for key in plan.tie]
    wanted = rows.select("group", "source", "task", "split", stratum(plan).alias("stratum"), *ties)
    parts = [batch.with_columns(number=in_numbers(batch["group"])) for batch in batches(wanted, 50_000)]
    index = pl.concat([wanted.head(0).collect().with_columns(number=pl.lit(0, pl.UInt64)), *parts])
    moved = _tied(index, [tie.meta.output_name() for tie in ties])
    if moved.height:
        index = index.join(moved, on="group", how="left", maintain_order="left")
        index = index.with_columns(number=in_numbers(index.select(pl.coalesce("joined", "group")).to_series()))
    return index.select("stratum", "source", "task", "split", group="number"), moved


def in_numbers(groups: pl.Series) -> pl.Series:
    """A number for each group that hangs on its name alone."""
    return pl.DataFrame({"digest": digests(groups)}).select(numbers(pl.col("digest"))).to_series()


def stratum(plan: Plan) -> pl.Expr:
    """The name of a record's stratum."""
    columns = [_meta(name.removeprefix("meta.")) if name.startswith("meta.") else pl.col(name) for name in plan.by]
    return pl.concat_str([column.fill_null("") for column in columns], separator=" / ") if columns else pl.lit("all")


def _meta(key: str) -> pl.Expr:
    return pl.col("meta").str.json_path_match(f"$['{key}']")


def _tied(index: pl.DataFrame, ties: list[str]) -> pl.DataFrame:
    """group, joined: of the groups that a value of one of these columns ties to others of the same source."""
    names = index["group"].unique().sort()
    places = pl.DataFrame({"group": names}).with_row_index("place")
    pairs: list[tuple[int, int]] = []
    for tie in ties:
        values = (
            index.filter(pl.col(tie).is_not_null()).join(places, on="group").select("source", tie, "place").unique()
        )
        first = values.with_columns(first=pl.col("place").min().over("source", tie))
        pairs += first.filter(pl.col("first") != pl.col("place")).select("first", "place").sort("first", "place").rows()
    together = {one: least for one, least in joined(pairs).items() if one != least}
    kinds = {"group": pl.String, "joined": pl.String}
    return pl.DataFrame(
        {"group": names.gather(list(together)), "joined": names.gather(list(together.values()))}, schema=kinds
    )

"""What became of each record when facts were retracted: records before and after, side by side."""

from collections.abc import Collection, Mapping
from typing import Annotated

import polars as pl

from kgtools.tools.frames import Schema

CHANGES = Schema(
    "changes",
    {
        "change": pl.String, "id": pl.String, "new_id": pl.String, "task": pl.String, "relation": pl.String, "lang": pl.String,
        "template": pl.String, "triples": pl.List(pl.String),
    },
    required=("change", "task", "relation", "lang", "template", "triples"),
)  # fmt: skip
"""A row for each record that is not as it was. `change`: `fallen` (nothing stands in its place), `rebuilt` (another of the same template
and head does: `new_id`), `new`, or `lineage` (its text is the same; facts, group, source, licence or meta are not). `triples`: those
of its facts that are retracted; none where it changed for the sake of others, as one that was drawn in place of another."""
Changes = Annotated[pl.DataFrame, CHANGES]
KINDS = ("fallen", "rebuilt", "new", "lineage")
KEY = ("task", "template", "lang", "head")


def compare(old: pl.DataFrame, new: pl.DataFrame, wrong: Collection[str], relations: Mapping[str, str]) -> Changes:
    """The changes from the old records, or preferences, to the new ones, in the order of the old, those that are new at the end.

    `wrong`: what is retracted; `relations`: relation or attribute of each template by its id."""
    old, new = _with_heads(old), _with_heads(new)
    gone, come = (
        one.join(other.select("id"), on="id", how="anti", maintain_order="left").with_columns(
            pl.int_range(pl.len()).over(KEY).alias("at")
        )
        for one, other in ((old, new), (new, old))
    )
    gone = gone.join(come.select(*KEY, "at", new_id="id"), on=[*KEY, "at"], how="left", maintain_order="left")
    gone = gone.with_columns(
        change=pl.when(pl.col("new_id").is_null()).then(pl.lit("fallen")).otherwise(pl.lit("rebuilt"))
    )
    come = come.join(gone.select(*KEY, "at"), on=[*KEY, "at"], how="anti", maintain_order="left")
    come = come.with_columns(change=pl.lit("new"), new_id=pl.col("id"), id=pl.lit(None, pl.String))
    moved = _moved(old, new).with_columns(change=pl.lit("lineage"), new_id=pl.col("id"))
    rows = [frame.select("place", "change", "id", "new_id", *KEY, "facts") for frame in (gone, moved)]
    rows = [pl.concat(rows).sort("place"), come.select("place", "change", "id", "new_id", *KEY, "facts")]
    every = pl.concat(rows).drop("place").with_row_index("row")
    said = (
        every.select("row", triples="facts").explode("triples").filter(pl.col("triples").is_in(sorted(wrong)))
        .group_by("row").agg(pl.col("triples").unique().sort())
    )  # fmt: skip
    relation = (
        pl.col("template").str.replace(r"#\d+$", "").replace_strict(relations, default="", return_dtype=pl.String)
    )
    every = every.join(said, on="row", how="left", maintain_order="left").with_columns(
        relation.alias("relation"), pl.col("triples").fill_null(pl.lit([], pl.List(pl.String)))
    )
    return CHANGES.check(every, "the changes")


def count_changes(changes: Changes) -> pl.DataFrame:
    """`task`, `relation`, `lang` and how many records are of each of KINDS."""
    counted = changes.group_by("task", "relation", "lang").agg(
        (pl.col("change") == kind).sum().cast(pl.Int64).alias(kind) for kind in KINDS
    )
    return counted.sort("task", "relation", "lang")


def _with_heads(records: pl.DataFrame) -> pl.DataFrame:
    return records.with_columns(pl.col("meta").str.json_path_match("$.head").alias("head")).with_row_index("place")


def _moved(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The records whose text is the same and whose lineage is not."""
    told = [
        name
        for name in ("answer", "facts", "group", "source", "license", "split", "hold_out", "meta")
        if name in old.columns
    ]
    both = old.join(
        new.select("id", *(pl.col(name).alias(f"new {name}") for name in told)), on="id", maintain_order="left"
    )
    return both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"new {name}")) for name in told))

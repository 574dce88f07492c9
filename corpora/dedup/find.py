"""Duplicates in a table: exact ones by their normal text, near ones by their character n-grams; clusters of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import polars as pl

from corpora.dedup.clusters import joined
from corpora.dedup.near import candidates, similar, write_bands
from corpora.dedup.pieces import jaccard, sets
from corpora.shards import batches
from corpora.texts import normal, with_texts
from tools.frames import Schema, digests, numbers

DUPLICATES = Schema(
    "duplicates",
    {
        "row": pl.UInt32, "id": pl.String, "kept_row": pl.UInt32, "kept": pl.String, "kind": pl.String,
        "similarity": pl.Float64,
    },
    required=("row", "id", "kept_row", "kept", "kind", "similarity"),
)  # fmt: skip
"""A row for each record that says what another says. `kept`: the record of its cluster that stays. `kind`: exact or near.
`similarity`: of the two; in a chain it may be less than the threshold."""

Duplicates = Annotated[pl.DataFrame, DUPLICATES]
On = Literal["question", "answer", "whole"]
Keep = Literal["first", "longest"]

COLUMNS = {"question": "question", "answer": "reply", "whole": "whole"}


@dataclass(frozen=True)
class Look:
    """How duplicates are looked for: in what, from which similarity on, by pieces of how many characters, which one stays."""

    on: On = "whole"
    threshold: float = 0.8
    ngram: int = 5
    keep: Keep = "first"


def find_duplicates(rows: pl.LazyFrame, look: Look, rank: pl.Series | None = None) -> tuple[Duplicates, pl.DataFrame]:
    """The duplicates among rows of records or preferences; and for each group that a cluster joins with others, its new name.

    `rank`: a number for each row, of a cluster the row of the lowest stays (then the first or longest). Texts are compared as
    `normal` leaves them; those of which nothing is left, as they are. Memory holds about 100 bytes a row."""
    with TemporaryDirectory(prefix="kgtools-") as name:
        folder = Path(name)
        (folder / "bands").mkdir()
        (folder / "texts").mkdir()
        index = _write_texts(rows, look, folder / "texts")
        if index.is_empty():
            return DUPLICATES.frame(), pl.DataFrame(schema={"group": pl.String, "joined": pl.String})
        firsts = index.group_by("key").agg(pl.col("row").min().alias("first"))
        exact = index.join(firsts, on="key").filter(pl.col("row") > pl.col("first")).select("first", "row")
        texts = pl.scan_parquet(folder / "texts" / "*.parquet")
        alone = texts.join(firsts.lazy().select(row="first"), on="row", how="semi").filter(pl.col("text") != "")
        pairs: list[tuple[int, int]] = []
        if look.threshold < 1:
            sized = ((batch["row"], batch["text"].to_list()) for batch in batches(alone))
            bands = write_bands(sized, look.ngram, look.threshold, folder / "bands")
            near = candidates(folder / "bands", bands) if any((folder / "bands").iterdir()) else exact.clear()
            pairs = [(one, other) for one, other, _ in similar(near, texts, look.ngram, look.threshold)]
        clusters = joined([*exact.iter_rows(), *pairs])
        members = pl.DataFrame(
            {"row": list(clusters), "cluster": list(clusters.values())}, schema={"row": pl.UInt32, "cluster": pl.UInt32}
        )
        members = members.join(index, on="row", how="left", maintain_order="left")
        return _kept(members, look, rank, texts), _groups(members)


def _write_texts(rows: pl.LazyFrame, look: Look, folder: Path) -> pl.DataFrame:
    """The normal texts into files; gives row, id, group, key (a number for each text) and length."""
    column = pl.col(COLUMNS[look.on])
    wanted = with_texts(rows).select("id", "group", raw=column, text=normal(column)).with_row_index("row")
    parts = []
    for number, batch in enumerate(batches(wanted)):
        told = batch.select(pl.when(pl.col("text") == "").then("\0" + pl.col("raw")).otherwise("text")).to_series()
        key = pl.DataFrame({"digest": digests(told)}).select(numbers(pl.col("digest"))).to_series().alias("key")
        parts.append(batch.select("row", "id", "group", length=pl.col("text").str.len_chars()).with_columns(key))
        batch.select("row", "text").write_parquet(folder / f"{number:06}.parquet", compression="lz4")
    kinds = {"row": pl.UInt32, "id": pl.String, "group": pl.String, "length": pl.UInt32, "key": pl.UInt64}
    return pl.concat([pl.DataFrame(schema=kinds), *parts])


def _kept(members: pl.DataFrame, look: Look, rank: pl.Series | None, texts: pl.LazyFrame) -> Duplicates:
    """Which row of each cluster stays, and how similar the others are to it."""
    ranks = pl.lit(0) if rank is None else pl.Series("rank", rank.gather(members["row"]))
    length = -pl.col("length").cast(pl.Int64) if look.keep == "longest" else pl.lit(0)
    ordered = members.with_columns(ranks.alias("rank"), order=length).sort("cluster", "rank", "order", "row")
    stays = ordered.group_by("cluster", maintain_order=True).first()
    stays = stays.select("cluster", kept_row="row", kept="id", kept_key="key")
    found = ordered.join(stays, on="cluster").filter(pl.col("row") != pl.col("kept_row")).sort("row")
    exact = pl.col("key") == pl.col("kept_key")
    likeness = list(_likeness(found.filter(~exact).select("row", "kept_row"), texts, look.ngram))
    near = pl.DataFrame(likeness, schema={"row": pl.UInt32, "near": pl.Float64}, orient="row")
    told = found.join(near, on="row", how="left", maintain_order="left").with_columns(
        kind=pl.when(exact).then(pl.lit("exact")).otherwise(pl.lit("near")), similarity=pl.col("near").fill_null(1.0)
    )
    return DUPLICATES.check(told, "the duplicates")


def _likeness(pairs: pl.DataFrame, texts: pl.LazyFrame, n: int) -> Iterator[tuple[int, float]]:
    for part in pairs.iter_slices(20_000):
        needed = pl.concat([part["row"], part["kept_row"]]).unique()
        known = texts.filter(pl.col("row").is_in(needed.implode())).collect()
        found = dict(zip(known["row"].to_list(), sets(known["text"].to_list(), n), strict=True))
        for row, kept in part.iter_rows():
            yield row, jaccard(found[row], found[kept])


def _groups(members: pl.DataFrame) -> pl.DataFrame:
    """group, joined: for each group of a member, the least name of all groups that hang together by clusters."""
    names = members["group"].unique().sort()
    places = pl.DataFrame(
        {"group": names, "number": range(len(names))}, schema={"group": pl.String, "number": pl.Int64}
    )
    number = members.join(places, on="group").with_columns(first=pl.col("number").min().over("cluster"))
    first = number.filter(pl.col("first") != pl.col("number"))
    together = joined(first.select("first", "number").unique().sort("first", "number").iter_rows())
    moved = {names[one]: names[least] for one, least in together.items() if one != least}
    return pl.DataFrame(
        {"group": list(moved), "joined": list(moved.values())}, schema={"group": pl.String, "joined": pl.String}
    )

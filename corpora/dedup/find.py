"""Duplicates in a table: exact ones by their normal text, near ones by their character n-grams; clusters of both."""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import polars as pl

from corpora.dedup.clusters import joined
from corpora.dedup.near import candidates, similar, write_bands
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
"""A row for each record that says what another says. `kept`: the record that stays. `kind`: exact or near. `similarity`: of
the two."""

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

    `rank`: a number for each row; of two that are alike the row of the lower stays (then the first or longest). Whatever goes is
    as similar as the threshold to a row that stays; a cluster is all that hangs together, and more than one row of it may stay.
    Texts are compared as `normal` leaves them; those of which nothing is left, as they are. Memory holds about 100 bytes a row."""
    with TemporaryDirectory(prefix="kgtools-") as name:
        folder = Path(name)
        (folder / "bands").mkdir()
        (folder / "texts").mkdir()
        index = _in_order(_write_texts(rows, look, folder / "texts"), look, rank)
        firsts = index.group_by("key").agg(pl.col("place", "row").sort_by("place").first())
        texts = (
            pl.scan_parquet(folder / "texts" / "*.parquet") if index.height else index.lazy().with_columns(text=None)
        )
        alone = texts.join(firsts.lazy().select("place", "row"), on="row").filter(pl.col("text") != "")
        pairs = _near(alone.select("text", row="place"), look, folder / "bands") if look.threshold < 1 else []
        gone = index.join(firsts.select("key", first="place"), on="key", how="left", maintain_order="left")
        return _told(gone, pairs), _groups(gone, pairs)


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


def _in_order(index: pl.DataFrame, look: Look, rank: pl.Series | None) -> pl.DataFrame:
    """The index with the `place` of each row in the order in which rows stay."""
    ranks = pl.lit(0) if rank is None else pl.Series("rank", rank)
    length = -pl.col("length").cast(pl.Int64) if look.keep == "longest" else pl.lit(0)
    ordered = index.with_columns(rank=ranks, order=length).sort("rank", "order", "row")
    return ordered.drop("rank", "order", "length").with_row_index("place")


def _near(texts: pl.LazyFrame, look: Look, folder: Path) -> list[tuple[int, int, float]]:
    """Pairs of texts (`row` and `text`) that are as similar as the threshold, the lower row first, with their similarity."""
    sized = ((batch["row"], batch["text"].to_list()) for batch in batches(texts))
    bands = write_bands(sized, look.ngram, look.threshold, folder)
    near = candidates(folder, bands) if any(folder.iterdir()) else None
    return [] if near is None else list(similar(near, texts, look.ngram, look.threshold))


def _told(index: pl.DataFrame, pairs: list[tuple[int, int, float]]) -> Duplicates:
    """Which row goes in favour of which: in order, each stays unless it is like one that does, of which the most similar counts."""
    favoured: dict[int, tuple[float, int]] = {}
    for other, alike in groupby(sorted(pairs, key=itemgetter(1, 0)), key=itemgetter(1)):
        staying = [(likeness, -one) for one, _, likeness in alike if one not in favoured]
        if staying:
            likeness, one = max(staying)
            favoured[other] = likeness, -one
    near = pl.DataFrame(
        [(first, kept, likeness) for first, (likeness, kept) in favoured.items()],
        schema={"first": pl.UInt32, "for": pl.UInt32, "near": pl.Float64}, orient="row",
    )  # fmt: skip
    exact = pl.col("place") != pl.col("first")
    gone = index.join(near, on="first", how="left").filter(exact | pl.col("for").is_not_null())
    stays = index.select("place", kept_row="row", kept="id")
    told = (
        gone.with_columns(stay=pl.coalesce("for", "first"))
        .join(stays, left_on="stay", right_on="place")
        .with_columns(
            kind=pl.when(pl.col("for").is_null()).then(pl.lit("exact")).otherwise(pl.lit("near")),
            similarity=pl.col("near").fill_null(1.0),
        )
    )
    return DUPLICATES.check(told.sort("row"), "the duplicates")


def _groups(index: pl.DataFrame, pairs: list[tuple[int, int, float]]) -> pl.DataFrame:
    """group, joined: for each group of a member of a cluster, the least name of all groups that hang together by clusters."""
    same = index.filter(pl.col("place") != pl.col("first")).select("first", "place")
    clusters = joined([*same.iter_rows(), *((one, other) for one, other, _ in pairs)])
    kinds = {"place": pl.UInt32, "cluster": pl.UInt32}
    found = pl.DataFrame({"place": list(clusters), "cluster": list(clusters.values())}, schema=kinds)
    members = found.join(index.select("place", "group"), on="place")
    names = members["group"].unique().sort()
    places = pl.DataFrame(
        {"group": names, "number": range(len(names))}, schema={"group": pl.String, "number": pl.Int64}
    )
    number = members.join(places, on="group").with_columns(least=pl.col("number").min().over("cluster"))
    least = number.filter(pl.col("least") != pl.col("number"))
    together = joined(least.select("least", "number").unique().sort("least", "number").iter_rows())
    moved = {names[one]: names[least] for one, least in together.items() if one != least}
    return pl.DataFrame(
        {"group": list(moved), "joined": list(moved.values())}, schema={"group": pl.String, "joined": pl.String}
    )

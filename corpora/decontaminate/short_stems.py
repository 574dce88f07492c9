"""Short questions that stand wholly inside of texts, and which of an item's options stand there too."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.decontaminate.grams import Numbers, ranges, runs_of_size, text_at
from kgtools.corpora.decontaminate.search import Search


def stems_inside(
    letters: NDArray[np.uint32], starts: NDArray[np.int64], numbers: dict[int, Numbers], search: Search
) -> pl.DataFrame:
    """`text`, `number`, `at`: where in these texts a question of `search.short` begins."""
    schema = {"at": pl.Int64, "number": pl.UInt32}
    near = [pl.DataFrame(schema=schema)]
    for size, anchors in search.short.items():
        places, items = anchors.among(numbers[size])
        near.append(pl.DataFrame({"at": places, "number": items}, schema=schema))
    asked = search.items.select("number", "whole", "letters", "anchor_at")
    begun = pl.concat(near).join(asked, on="number").with_columns(at=pl.col("at") - pl.col("anchor_at"))
    begun = begun.filter(pl.col("at").is_between(0, len(letters) - pl.col("letters").cast(pl.Int64)))
    found = [pl.DataFrame(schema=schema)]
    for (size,), part in begun.partition_by("letters", as_dict=True).items():
        windows = letters[part["at"].to_numpy()[:, None] + np.arange(size)].ravel()
        same = part["whole"].to_numpy() == runs_of_size(windows, int(size))[:: int(size)]
        found.append(part.filter(same).select("at", "number"))
    whole = pl.concat(found)
    return whole.select(pl.Series("text", text_at(whole["at"].to_numpy(), starts)), "number", "at")


def count_seen(
    pairs: pl.DataFrame, letters: NDArray[np.uint32], starts: NDArray[np.int64], search: Search
) -> pl.DataFrame:
    """Pairs of `text` and `number` with `seen`: how many of the item's `choices` stand in the text."""
    wanted = (
        pairs.select("text", "number")
        .unique()
        .join(search.items.select("number", "choices"), on="number")
        .explode("choices")
        .unnest("choices")
    )
    frames = [pl.DataFrame(schema={"text": pl.UInt32, "number": pl.UInt32, "run": pl.UInt64})]
    for (size,), part in wanted.drop_nulls("run").partition_by("size", as_dict=True).items():
        text = part["text"].unique().sort().to_numpy()
        places = ranges(starts[text], starts[text + 1])
        runs = pl.DataFrame({"text": text_at(places, starts), "run": runs_of_size(letters[places], int(size))})
        frames.append(part.select("text", "number", "run").join(runs.unique(), on=["text", "run"], how="semi"))
    seen = pl.concat(frames).group_by("text", "number").agg(seen=pl.col("run").n_unique())
    return pairs.join(seen, on=["text", "number"], how="left").with_columns(pl.col("seen").fill_null(0))

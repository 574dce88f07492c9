"""Pairs of texts that are nearly the same: MinHash signatures in bands (Leskovec et al. 2014, chapter 3), then their true
similarity. The bands lie on disk and are looked at one by one, so that memory holds a few bytes a text."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from rensa import RMinHash

from corpora.dedup.pieces import MIX, jaccard, pieces, sets

SEED = 1
PERMUTATIONS = (64, 128)
"""So many hashes of a text: the fewest that give bands of ROWS or more, the most at low thresholds."""
ROWS = 4
FEW = 20
"""Texts in one bucket that are all compared with one another; in a larger one each is compared with the first and the next."""
AT_ONCE = 50_000
"""Pairs whose texts are in memory at a time."""
SURE = 0.98
"""The part of the pairs at the threshold itself that a band must bring together; of more similar pairs it is more."""


def band_size(threshold: float, permutations: int) -> int:
    """Rows in a band: the most that bring together nearly all pairs at the threshold."""
    chance = {rows: 1 - (1 - threshold**rows) ** (permutations // rows) for rows in range(1, 17)}
    return max((rows for rows, chance_ in chance.items() if chance_ >= SURE), default=1)


def banding(threshold: float) -> tuple[int, int]:
    """How many rows a band has, and how many bands there are: long bands, for few pairs to be compared in vain."""
    found = [(band_size(threshold, permutations), permutations) for permutations in PERMUTATIONS]
    rows, permutations = next((pair for pair in found if pair[0] >= ROWS), found[-1])
    return rows, permutations // rows


def write_bands(texts: Iterable[tuple[pl.Series, list[str]]], n: int, threshold: float, folder: Path) -> int:
    """A number for each band of each text into `folder`: batches of row numbers and texts in, how many bands there are out."""
    rows, bands = banding(threshold)
    permutations = rows * bands
    for number, (places, batch) in enumerate(texts):
        flat, offsets = pieces(batch, n)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, offsets, permutations, SEED)
        signatures = np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(batch), permutations)
        keys = np.zeros((bands, len(batch)), dtype=np.uint64)
        for at in range(rows):
            keys = (keys ^ signatures[:, at::rows].T) * MIX
            keys ^= keys >> np.uint64(32)
        frame = pl.DataFrame({"row": places} | {str(band): keys[band] for band in range(bands)})
        frame.write_parquet(folder / f"{number:06}.parquet", compression="uncompressed")
    return bands


def candidates(folder: Path, bands: int) -> pl.DataFrame:
    """Pairs of rows (`one` < `other`) that share a band, each once, in order."""
    rows = pl.scan_parquet(folder / "*.parquet")
    none = pl.DataFrame(schema={"one": pl.UInt32, "other": pl.UInt32})
    found = [none]
    for band in range(bands):
        key = pl.col(str(band))
        shared = rows.select("row", key.alias("key")).collect().filter(pl.col("key").is_duplicated()).sort("key", "row")
        found.append(_pairs(shared))
        if len(found) > 4:
            found = [pl.concat(found).unique()]
    return pl.concat(found).unique().sort("one", "other")


def _pairs(shared: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the rows of each bucket: all of a small one; each with the first and the next of a large one."""
    sized = shared.with_columns(size=pl.len().over("key"), first=pl.col("row").first().over("key"))
    small = sized.filter(pl.col("size") <= FEW).select("key", "row")
    all_ = small.join(small, on="key", suffix="_other").filter(pl.col("row") < pl.col("row_other"))
    large = sized.filter(pl.col("size") > FEW)
    star = large.filter(pl.col("row") > pl.col("first")).select(one="first", other="row")
    chain = large.select(one="row", other=pl.col("row").shift(-1).over("key")).drop_nulls()
    return pl.concat([all_.select(one="row", other="row_other"), star, chain])


def similar(pairs: pl.DataFrame, texts: pl.LazyFrame, n: int, threshold: float) -> Iterator[tuple[int, int, float]]:
    """Those of the pairs that are as similar as the threshold, with their similarity; `texts` holds `row` and `text`."""
    for part in pairs.iter_slices(AT_ONCE):
        needed = pl.concat([part["one"], part["other"]]).unique()
        known = texts.filter(pl.col("row").is_in(needed.implode())).collect()
        found = dict(zip(known["row"].to_list(), sets(known["text"].to_list(), n), strict=True))
        for one, other in part.iter_rows():
            likeness = jaccard(found[one], found[other])
            if likeness >= threshold:
                yield one, other, likeness

"""Pairs of texts that are nearly the same: MinHash signatures in bands (Leskovec et al. 2014, chapter 3), then their true
similarity. The bands lie on disk and are looked at one by one, so that memory holds a few bytes a text."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rensa import RMinHash

from corpora.dedup.pieces import MIX, jaccard, pieces, sets
from corpora.dedup.stored import Stored, parts_of

SEED = 1
PERMUTATIONS = (64, 128)
"""So many hashes of a text: the fewest that give bands of ROWS or more, the most at low thresholds."""
ROWS = 4
FEW = 20
"""Texts in one bucket that are all compared with one another; in a larger one each is compared with the first and the next."""
BYTES = 1 << 23
"""Of texts whose pieces are in memory at a time."""
SURE = 0.98
"""The part of the pairs at the threshold itself that a band must bring together; of more similar pairs it is more."""


class Pairs(NamedTuple):
    """Texts that are alike, `one` below `other`, sorted by `other` and `one`."""

    one: NDArray[np.uint32]
    other: NDArray[np.uint32]
    similarity: NDArray[np.float64]


def band_size(threshold: float, permutations: int) -> int:
    """Rows in a band: the most that bring together nearly all pairs at the threshold."""
    chance = {rows: 1 - (1 - threshold**rows) ** (permutations // rows) for rows in range(1, 17)}
    return max((rows for rows, chance_ in chance.items() if chance_ >= SURE), default=1)


def banding(threshold: float) -> tuple[int, int]:
    """How many rows a band has, and how many bands there are: long bands, for few pairs to be compared in vain."""
    found = [(band_size(threshold, permutations), permutations) for permutations in PERMUTATIONS]
    rows, permutations = next((pair for pair in found if pair[0] >= ROWS), found[-1])
    return rows, permutations // rows


def write_bands(texts: Iterable[tuple[NDArray[np.uint32], list[str]]], n: int, threshold: float, folder: Path) -> int:
    """A number for each band of each text into `folder`: batches of places and texts in, how many bands there are out."""
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
        frame = pl.DataFrame({"place": places} | {str(band): keys[band] for band in range(bands)})
        frame.write_parquet(folder / f"{number:06}.parquet", compression="uncompressed")
    return bands


def candidates(folder: Path, bands: int) -> pl.DataFrame:
    """Pairs of places (`one` < `other`) that share a band, each once, by `other` and `one`."""
    files = sorted(folder.glob("*.parquet"))
    found = [pl.DataFrame(schema={"one": pl.UInt32, "other": pl.UInt32})]
    for band in range(bands if files else 0):
        key = pl.col(str(band)).alias("key")
        shared = pl.concat([pl.read_parquet(file, columns=["place", str(band)]).select("place", key) for file in files])
        found.append(_pairs(shared.filter(pl.col("key").is_duplicated()).sort("key", "place")))
        if len(found) > 4:
            found = [pl.concat(found).unique()]
    return pl.concat(found).unique().sort("other", "one")


def _pairs(shared: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the places of each bucket: all of a small one; each with the first and the next of a large one."""
    sized = shared.with_columns(size=pl.len().over("key"), first=pl.col("place").first().over("key"))
    small = sized.filter(pl.col("size") <= FEW).select("key", "place")
    all_ = small.join(small, on="key", suffix="_other").filter(pl.col("place") < pl.col("place_other"))
    large = sized.filter(pl.col("size") > FEW)
    star = large.filter(pl.col("place") > pl.col("first")).select(one="first", other="place")
    chain = large.select(one="place", other=pl.col("place").shift(-1).over("key")).drop_nulls()
    return pl.concat([all_.select(one="place", other="place_other"), star, chain])


def similar(found: pl.DataFrame, texts: Stored, number_of: NDArray[np.uint32], n: int, threshold: float) -> Pairs:
    """Those of the candidates that are as similar as the threshold. `number_of`: the number of the text of each place."""
    ones, others = found["one"].to_numpy(), found["other"].to_numpy()
    lengths = np.diff(texts.bounds())[number_of] if len(found) else number_of
    kept, likeness = [np.empty(0, dtype=np.intp)], [np.empty(0)]
    for part in parts_of((lengths[ones] + lengths[others]).astype(np.int64), BYTES):
        needed, at = np.unique(np.concatenate([ones[part], others[part]]), return_inverse=True)
        numbers = np.sort(number_of[needed])
        order = np.searchsorted(numbers, number_of[needed])
        known = sets(texts.read(numbers), n)
        half = part.stop - part.start
        alike = np.fromiter(
            (jaccard(known[order[one]], known[order[other]]) for one, other in zip(at[:half], at[half:], strict=True)),
            dtype=np.float64, count=half,
        )  # fmt: skip
        enough = np.flatnonzero(alike >= threshold)
        kept.append(enough + part.start)
        likeness.append(alike[enough])
    chosen = np.concatenate(kept)
    return Pairs(ones[chosen], others[chosen], np.concatenate(likeness))

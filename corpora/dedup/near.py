"""Pairs of texts that are nearly the same: MinHash signatures in bands (Leskovec et al. 2014, chapter 3), then their true
similarity. The bands lie on disk and are looked at one by one, so that memory holds a few bytes a text."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rensa import RMinHash

from kgtools.corpora.dedup.pieces import MIX, Numbers, alike_in_rest, jaccard, pieces, sets
from kgtools.corpora.dedup.stored import TextStore, parts_of
from kgtools.tools.frames import load_table, write_table

SEED = 1
"""Of the permutations of MinHash: the same texts meet in every run."""
PERMUTATIONS = (64, 128)
"""So many hashes of a text: the fewest that give bands of ROWS or more, the most at low thresholds."""
ROWS = 4
"""Hashes in a band, at least: shorter bands bring together what is hardly alike."""
FEW = 20
"""Texts in one bucket that are all compared with one another; in a larger one each is compared with the first and the next."""
BYTES = 1 << 23
"""Of texts whose pieces are in memory at a time."""
SURE = 0.98
"""The part of the pairs at the threshold itself that a band must bring together; of more similar pairs it is more."""


class TextBatch(NamedTuple):
    """Texts to be compared. `decisive`: a number for what must be the same of two; `facts`: one for its facts, 0 without."""

    places: NDArray[np.uint32]
    texts: list[str]
    decisive: NDArray[np.uint64]
    facts: NDArray[np.uint64]


class NumberedTexts(NamedTuple):
    """Texts, and the number among them of the text of each place."""

    texts: TextStore
    number_of: NDArray[np.uint32]


class Pairs(NamedTuple):
    """Texts that are alike, `one` below `other`, sorted by `other` and `one`."""

    one: NDArray[np.uint32]
    other: NDArray[np.uint32]
    similarity: NDArray[np.float64]


def band_size(threshold: float, permutations: int) -> int:
    """Rows in a band: the most that bring together nearly all pairs at the threshold."""
    chance = {rows: 1 - (1 - threshold**rows) ** (permutations // rows) for rows in range(1, 17)}
    return max((rows for rows, chance_ in chance.items() if chance_ >= SURE), default=1)


def choose_bands(threshold: float) -> tuple[int, int]:
    """How many rows a band has, and how many bands there are: long bands, for few pairs to be compared in vain."""
    choices = [(band_size(threshold, permutations), permutations) for permutations in PERMUTATIONS]
    rows, permutations = next((pair for pair in choices if pair[0] >= ROWS), choices[-1])
    return rows, permutations // rows


def write_bands(texts: Iterable[TextBatch], n: int, threshold: float, folder: Path) -> int:
    """A number for each band of each text into `folder`, never the same where what decides differs; how many bands there are."""
    rows, bands = choose_bands(threshold)
    permutations = rows * bands
    for number, (places, batch, decisive, facts) in enumerate(texts):
        flat, offsets = pieces(batch, n)
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, offsets, permutations, SEED)
        signatures = np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(batch), permutations)
        keys = np.tile(decisive, (bands, 1))
        for at in range(rows):
            keys = (keys ^ signatures[:, at::rows].T) * MIX
            keys ^= keys >> np.uint64(32)
        frame = pl.DataFrame({"place": places, "facts": facts} | {str(band): keys[band] for band in range(bands)})
        write_table(frame, folder / f"{number:06}.parquet", compression="uncompressed")
    return bands


def candidates(folder: Path, bands: int) -> Pairs:
    """Pairs of places that share a band and whose facts, if both have some, are the same; how similar is still to be seen."""
    files = sorted(folder.glob("*.parquet"))
    frames = [pl.DataFrame(schema={"one": pl.UInt32, "other": pl.UInt32})]
    for band in range(bands if files else 0):
        key = pl.col(str(band)).alias("key")
        columns = ["place", "facts", str(band)]
        shared = pl.concat([load_table(file, columns).select("place", "facts", key) for file in files])
        frames.append(_pairs(shared.filter(pl.col("key").is_duplicated()).sort("key", "facts", "place")))
        if len(frames) > 4:
            frames = [pl.concat(frames).unique()]
    return _sort_pairs(pl.concat(frames))


def union(one: Pairs, other: Pairs) -> Pairs:
    """The pairs of both, how similar is to be seen again."""
    return _sort_pairs(pl.concat(pl.DataFrame({"one": pairs.one, "other": pairs.other}) for pairs in (one, other)))


def _sort_pairs(frame: pl.DataFrame) -> Pairs:
    pairs = frame.unique().sort("other", "one")
    return Pairs(pairs["one"].to_numpy(), pairs["other"].to_numpy(), np.ones(pairs.height))


def _pairs(shared: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the places of each bucket: all of a small one; of a large one each with the first, the first of its facts and the
    one before it."""
    sized = shared.with_columns(size=pl.len().over("key"))
    small = sized.filter(pl.col("size") <= FEW).select("key", "place", "facts")
    large = sized.filter(pl.col("size") > FEW)
    place, facts = pl.col("place"), pl.col("facts")
    found = [small.join(small, on="key", suffix="_other").filter(place < pl.col("place_other")).drop("key")]
    firsts = [(place.first().over(*keys), facts.first().over(*keys)) for keys in (("key",), ("key", "facts"))]
    for its_place, its_facts in (*firsts, (place.shift(1).over("key"), facts.shift(1).over("key"))):
        found.append(large.select(place, facts, place_other=its_place, facts_other=its_facts))
    both, other = pl.concat(found), pl.col("facts_other")
    both = both.filter(place != pl.col("place_other"), (facts == other) | (facts == 0) | (other == 0))
    return both.select(one=pl.min_horizontal("place", "place_other"), other=pl.max_horizontal("place", "place_other"))


def similar(pairs: Pairs, every: NumberedTexts, n: int, threshold: float, rest: NumberedTexts | None = None) -> Pairs:
    """Those of the pairs that are as similar as the threshold: their texts, and what is left of these, if that is given."""
    ones, others, _ = pairs
    lengths = np.diff(every.texts.bounds())[every.number_of] if len(ones) else every.number_of
    kept, likeness = [np.empty(0, dtype=np.intp)], [np.empty(0)]
    for part in parts_of((lengths[ones] + lengths[others]).astype(np.int64), BYTES):
        needed, at = np.unique(np.concatenate([ones[part], others[part]]), return_inverse=True)
        known, left = _sets(every, needed, n), _sets(rest, needed, n) if rest else None
        half = part.stop - part.start
        of_pairs = (_alike(known, left, *pair, threshold) for pair in zip(at[:half], at[half:], strict=True))
        alike = np.fromiter(of_pairs, dtype=np.float64, count=half)
        enough = np.flatnonzero(alike >= threshold)
        kept.append(enough + part.start)
        likeness.append(alike[enough])
    chosen = np.concatenate(kept)
    return Pairs(ones[chosen], others[chosen], np.concatenate(likeness))


def _alike(known: list[Numbers], left: list[Numbers] | None, one: int, other: int, threshold: float) -> float:
    """How alike the texts are and what is left of them; less than the threshold where one of these is."""
    least = alike_in_rest(known[one], known[other], left[one], left[other]) if left else 1.0
    return min(least, jaccard(known[one], known[other])) if least >= threshold else least


def _sets(stored: NumberedTexts, places: NDArray[np.uint32], n: int) -> list[Numbers]:
    numbers = stored.number_of[places]
    order = np.argsort(numbers)
    known = sets(stored.texts.read(numbers[order]), n)
    return [known[at] for at in np.argsort(order)]

"""Texts as numbers: whole ones, and every run of 2, 4, 5 and 13 letters of them, a column at a time."""

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

SHORT, LONG = 5, 13
"""Letters of a run in Chinese, and in whatever is not Chinese or is long."""
CUT = np.uint64(24)
"""Bits of a run's number that are cut away: the 40 that are left are fewer than five Chinese letters hold, so that no run can
be computed back from its number."""
FACTOR, MIX, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(32)
END = "\n"
"""Behind each text; `normal` leaves none in a text, so no run over the end of one is a run of another."""
SKETCH = 4096
"""Numbers that a sketch maps runs onto: so few that many runs share one, and none can be told by it."""


def hashed(texts: pl.Series) -> pl.Series:
    """64 bits of BLAKE2b of each text; null for an empty one or null."""
    raw = texts.cast(pl.Binary).to_list()
    made = [int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) if text else None for text in raw]
    return pl.Series(texts.name, made, dtype=pl.UInt64)


def letters_of(texts: pl.Series) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The letters of all texts with END behind each, and where each text begins (one more than texts)."""
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    whole = END.join([*texts.to_list(), ""])
    return np.frombuffer(whole.encode("utf-32-le"), np.uint32), np.concatenate(([0], np.cumsum(lengths + 1)))


def runs(letters: NDArray[np.uint32]) -> dict[int, Numbers]:
    """Size -> a number below 2**40 for the run that begins at each letter; what lies beyond the end counts as zeros."""
    one = letters.astype(np.uint64)
    two = _join_runs(one, one, 1)
    four = _join_runs(two, two, 2)
    eight = _join_runs(four, four, 4)
    twelve = _join_runs(eight, four, 8)
    whole = {2: two, 4: four, SHORT: _join_runs(four, one, 4), LONG: _join_runs(twelve, one, 12)}
    return {size: numbers >> CUT for size, numbers in whole.items()}


def runs_of_size(letters: NDArray[np.uint32], size: int) -> Numbers:
    """The same for runs of any size of one letter or more."""
    power, behind, total = letters.astype(np.uint64), 0, np.zeros(len(letters), np.uint64)
    for bit in range(size.bit_length()):
        if size >> bit & 1:
            total = _join_runs(total, power, behind) if behind else power
            behind += 1 << bit
        power = _join_runs(power, power, 1 << bit)
    return total >> CUT


def wholes(texts: pl.Series) -> pl.Series:
    """A number for each text, that of the run which it is; null for an empty one or null."""
    sized = pl.DataFrame({"text": texts, "size": texts.str.len_chars()}).with_row_index("at")
    found = [pl.DataFrame(schema={"at": pl.UInt32, "whole": pl.UInt64})]
    for (size,), part in sized.filter(pl.col("size") > 0).partition_by("size", as_dict=True).items():
        letters, starts = letters_of(part["text"])
        found.append(pl.DataFrame({"at": part["at"], "whole": runs_of_size(letters, int(size))[starts[:-1]]}))
    return sized.join(pl.concat(found), on="at", how="left", maintain_order="left")["whole"]


def _join_runs(first: Numbers, second: Numbers, behind: int) -> Numbers:
    """The numbers of runs that follow one another; mixed each time, so that no sum of letters is left in them."""
    runs = first * FACTOR
    runs[:-behind] += second[behind:]
    runs *= MIX
    runs ^= runs >> HALF
    return runs


def flat_grams(texts: pl.Series, sizes: pl.Series) -> pl.DataFrame:
    """`text` (its row), `run`: the runs of each text, of its size, each once, in order."""
    return runs_at(texts, sizes).select("text", "run").unique().sort("text", "run")


def runs_at(texts: pl.Series, sizes: pl.Series) -> pl.DataFrame:
    """`text`, `at` (the letter where it begins), `run`: every run of each text, of its size."""
    letters, starts = letters_of(texts)
    frames = [pl.DataFrame(schema={"text": pl.UInt32, "at": pl.UInt32, "run": pl.UInt64})]
    if len(texts):
        numbers = runs(letters)
        text = np.repeat(np.arange(len(texts), dtype=np.uint32), np.diff(starts))
        at = np.arange(len(letters)) - starts[:-1][text]
        left = (np.diff(starts) - 1)[text] - at
        wanted = sizes.to_numpy()[text]
        for size in sorted(set(sizes)):
            fits = (wanted == size) & (left >= size)
            frames.append(
                pl.DataFrame({"text": text[fits], "at": at[fits].astype(np.uint32), "run": numbers[size][fits]})
            )
    return pl.concat(frames)


def grams(texts: pl.Series, han: pl.Series) -> pl.Series:
    """The runs of each text, a sorted list: of SHORT letters in Chinese, else of LONG ones."""
    return lists(flat_grams(texts, sizes_of(han)), len(texts))


def sizes_of(han: pl.Series) -> pl.Series:
    """The size of the runs of texts that are Chinese or not."""
    return pl.select(pl.when(han).then(SHORT).otherwise(LONG)).to_series()


def sketches(texts: pl.Series, han: pl.Series) -> pl.Series:
    """The runs of two letters (four where it is not Chinese) as numbers below SKETCH, a sorted list for each text: so many
    runs share a number that none is told, and enough is left to see how alike two texts are."""
    sizes = pl.select(pl.when(han).then(2).otherwise(4)).to_series()
    drawn = flat_grams(texts, sizes).select("text", (pl.col("run") % SKETCH).cast(pl.UInt16)).unique()
    return lists(drawn.sort("text", "run"), len(texts))


def lists(flat: pl.DataFrame, size: int) -> pl.Series:
    """A list of `run` for each of so many texts, from rows that are in order."""
    held = flat.group_by("text", maintain_order=True).agg("run")
    rows = pl.DataFrame({"text": pl.int_range(0, size, dtype=pl.UInt32, eager=True)})
    whole = rows.join(held, on="text", how="left", maintain_order="left")["run"]
    return whole.fill_null(pl.Series([[]], dtype=pl.List(flat.schema["run"])))


def is_han(texts: pl.Series) -> pl.Series:
    """Whether at least half of the letters of normal texts are Chinese."""
    return texts.str.count_matches(r"\p{Han}") * 2 >= texts.str.len_chars().clip(1)


def text_at(places: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The text that each place is in, of texts that begin at these."""
    return (np.searchsorted(starts, places, side="right") - 1).astype(np.uint32)


def ranges(first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places from each first one up to its end, one range behind the other."""
    # counting on through all ranges, plus for each range what its places are ahead of that count
    sizes = end - first
    return np.arange(sizes.sum()) + np.repeat(end - np.cumsum(sizes), sizes)

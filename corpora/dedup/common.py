"""Text that many texts share, an instruction or the frame of a template: found by its frequency, and taken off."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.dedup.pieces import MIX, Numbers, letters_of, runs
from kgtools.corpora.dedup.stored import Places, TextStore

WINDOW = 24
"""Characters of the shortest text that counts as common: longer than the terms and phrases that any two texts may share."""
EDGE = 4
"""Characters of a common text that stay at its ends, so that it still shows where it stood."""
MANY, PART = 30, 5_000
"""Texts that make a window of theirs common; of a large input one text in PART."""
BYTES = 1 << 23
"""Bytes of texts that are looked at together: 8 MB."""
LOAD, MOST = 8, 1 << 26
"""Bytes of text for each counter, and counters at most."""
BITS = np.uint64(44)
"""Of a window's number that are counted; the rest of 64 is for the text that holds it, one of fewer than 2**20."""


class Windows(NamedTuple):
    """`letters`: of texts behind one another; `begins`: where each begins, and the end. `starts`: where a window does; `numbers`:
    of each window, of BITS."""

    letters: NDArray[np.uint32]
    begins: NDArray[np.int64]
    starts: NDArray[np.int64]
    numbers: Numbers


def take_off(texts: TextStore, all_: Places, some: Places, rest: TextStore) -> bool:
    """Write into `rest` what is left of some texts without what many of all texts share; nothing where they share nothing.

    A window of WINDOW characters is common where MANY texts hold it. All windows that some texts hold are counted in fewer
    counters than there are windows first, so that few others reach what the common ones do; then those few are counted one by
    one."""
    many = max(MANY, len(all_) // PART)
    counters = _counters(texts, all_, some)
    if not (counters > many).any():
        return False
    common = _common(texts, all_, counters, many)
    if not len(common):
        return False
    for windows in _windows(texts, some):
        rest.write(_without(windows, common))
    return True


def _counters(texts: TextStore, all_: Places, some: Places) -> NDArray[np.uint32]:
    """One more than how often the windows of each counter occur in all texts; 0 where it is for no window of some texts."""
    bounds = texts.bounds()
    size = int((bounds[some + 1] - bounds[some]).sum()) // LOAD
    counters = np.zeros(min(MOST, max(1 << 16, 1 << size.bit_length())), dtype=np.uint32)
    for windows in _windows(texts, some):
        counters[_counter(windows.numbers, counters)] = 1
    for windows in _windows(texts, all_):
        counter = _counter(windows.numbers, counters)
        np.add.at(counters, counter[counters[counter] > 0], np.uint32(1))
    return counters


def _counter(numbers: Numbers, counters: NDArray[np.uint32]) -> NDArray[np.int64]:
    return (numbers & np.uint64(len(counters) - 1)).astype(np.int64)


def _common(texts: TextStore, all_: Places, counters: NDArray[np.uint32], many: int) -> Numbers:
    """The windows, of those with a high count, that so many texts hold, sorted."""
    counted = pl.DataFrame(schema={"window": pl.UInt64, "texts": pl.UInt32})
    for windows in _windows(texts, all_):
        likely = np.flatnonzero(counters[_counter(windows.numbers, counters)] > many)
        text = np.searchsorted(windows.begins, windows.starts[likely], side="right").astype(np.uint64)
        held = np.sort(text << BITS | windows.numbers[likely])
        once = held[np.diff(held, prepend=np.uint64(0)) > 0] & ((np.uint64(1) << BITS) - np.uint64(1))
        new = pl.DataFrame({"window": once}).group_by("window").agg(texts=pl.len())
        counted = pl.concat([counted, new]).group_by("window").agg(pl.col("texts").sum())
    return counted.filter(pl.col("texts") >= many)["window"].sort().to_numpy()


def _without(windows: Windows, common: Numbers) -> list[str]:
    """What is left of each text outside its common windows."""
    at = np.minimum(np.searchsorted(common, windows.numbers), len(common) - 1)
    starts = windows.starts[common[at] == windows.numbers]
    turns = np.zeros(len(windows.letters) + 1, dtype=np.int32)
    turns[starts + EDGE] += 1
    turns[starts + WINDOW - EDGE] -= 1
    stays = np.cumsum(turns[:-1]) == 0
    left = windows.letters[stays].tobytes().decode("utf-32-le", "surrogatepass")
    bounds = np.concatenate(([0], np.cumsum(stays)))[windows.begins].tolist()
    return [left[begin:end] for begin, end in pairwise(bounds)]


def _windows(texts: TextStore, numbers: Places) -> Iterator[Windows]:
    """The windows of these texts, a part of them at a time."""
    for part in texts.split_by_size(numbers, BYTES):
        some = texts.read(numbers[part])
        letters, begins = letters_of("".join(some)), np.cumsum([0, *map(len, some)])
        inside = np.ones(len(letters), dtype=np.bool_)
        for before in range(1, WINDOW):
            inside[np.maximum(begins[1:] - before, begins[:-1])] = False
        starts = np.flatnonzero(inside)
        mixed = runs(letters.astype(np.uint64), WINDOW)[starts] * MIX if len(starts) else np.empty(0, dtype=np.uint64)
        yield Windows(letters, begins, starts, mixed >> (np.uint64(64) - BITS))

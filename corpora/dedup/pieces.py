"""Texts as sets of character n-grams, each a number; and how alike two such sets are."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

END = "\n"
"""Behind each sentence of a text but the last."""

FACTOR, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def pieces(texts: list[str], n: int) -> tuple[Numbers, Numbers]:
    """The n-grams of all texts behind one another, and where each text's begin and end (one more than texts).

    None goes over the end of a sentence (END), so that their order does not count. A sentence of fewer than n characters is one
    piece, itself; an empty one has none. A piece that occurs twice stands twice."""
    parts = [text.split(END) for text in texts]
    sentences = [sentence for part in parts for sentence in part]
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    padding = "\0" * (n - 1)
    letters = letters_of("".join(sentence + padding for sentence in sentences))
    counts = np.where(lengths > 0, np.maximum(lengths - n + 1, 1), 0)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    starts = np.concatenate(([0], np.cumsum(lengths + n - 1)))[:-1]
    places = np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])
    numbers = runs(letters.astype(np.uint64), n)[places] if len(places) else np.empty(0, dtype=np.uint64)
    numbers = (numbers ^ (numbers >> np.uint64(31))) * MIX
    texts_at = np.cumsum([0, *map(len, parts)])
    return numbers ^ (numbers >> np.uint64(29)), offsets[texts_at].astype(np.uint64)


def letters_of(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def runs(letters: Numbers, n: int) -> Numbers:
    """For each run of n letters its number, made of those of its halves."""
    if n == 1:
        return letters
    half = runs(letters, n // 2)
    power = np.uint64(pow(int(FACTOR), n // 2, 1 << 64))
    whole = half[: len(half) - n // 2] * power + half[n // 2 :]
    return whole[:-1] * FACTOR + letters[n - 1 :] if n % 2 else whole


def sets(texts: list[str], n: int) -> list[Numbers]:
    """The n-grams of each text, sorted, each once."""
    numbers, offsets = pieces(texts, n)
    if not texts:
        return []
    return [np.unique(part) for part in np.split(numbers, offsets[1:-1].astype(np.int64))]


def jaccard(one: Numbers, other: Numbers) -> float:
    """The part of the pieces of two texts that both have."""
    both = np.intersect1d(one, other, assume_unique=True).size
    whole = one.size + other.size - both
    return both / whole if whole else 0.0


def alike_in_rest(one: Numbers, other: Numbers, one_left: Numbers, other_left: Numbers) -> float:
    """How alike what is left of two texts is, where what is left of one may stand anywhere in the other; 0 where nothing is left.

    What only one of them has beside all the other has counts half as much as what each has instead of something else's."""
    if not (one_left.size and other_left.size):
        return 0.0
    shared = is_among(one_left, other_left)
    alone = sorted((
        np.count_nonzero(~(shared | is_among(one_left, other))),
        np.count_nonzero(~(is_among(other_left, one_left) | is_among(other_left, one))),
    ))  # fmt: skip
    both = one_left.size + other_left.size - np.count_nonzero(shared) - sum(alone)
    return min(both / (both + 2 * alone[0]), 2 * both / (both + sum(alone)), 1.0) if both else 0.0


def is_among(some: Numbers, others: Numbers) -> NDArray[np.bool_]:
    """Which of some pieces the others hold, sorted as both are."""
    return np.equal(others.take(np.searchsorted(others, some), mode="clip"), some)

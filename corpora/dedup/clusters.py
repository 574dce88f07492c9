"""What hangs together: the clusters of pairs, in chains and circles too."""

from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray


def join_pairs(pairs: Iterable[tuple[int, int]], size: int) -> NDArray[np.uint32]:
    """For each number below `size` the least of its cluster; itself where it is in no pair."""
    one, other = np.fromiter(chain.from_iterable(pairs), np.uint32).reshape(-1, 2).T
    return join(one, other, size)


def join(one: NDArray[np.uint32], other: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    """`join_pairs` of pairs in two columns."""
    least = np.arange(size, dtype=np.uint32)
    while len(one):
        lower = np.minimum(one, other)
        np.minimum.at(least, one, lower)
        np.minimum.at(least, other, lower)
        while not np.array_equal(above := least[least], least):
            least = above
        one, other = least[one], least[other]  # what stands for each now
        apart = one != other
        one, other = one[apart], other[apart]
    return least

"""What hangs together: the clusters of pairs, in chains and circles too."""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def joined(pairs: Iterable[tuple[int, int]], size: int) -> NDArray[np.uint32]:
    """For each number below `size` the least of its cluster; itself where it is in no pair."""
    above = array("I", range(size))

    def name(member: int) -> int:
        least = member
        while above[least] != least:
            least = above[least]
        while above[member] != least:
            above[member], member = least, above[member]
        return least

    for pair in pairs:
        one, other = map(name, pair)
        above[max(one, other)] = min(one, other)
    for member in range(size):
        above[member] = above[above[member]]
    return np.array(above, dtype=np.uint32)

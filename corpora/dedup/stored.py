"""Texts in a file, each read again by its number, so that memory holds the places of them alone."""

import os
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.integer]

CLOSE = 4
"""Texts that lie close together are read in one go, with what lies between: so many times their bytes at most."""


class TextStore:
    """A file of texts behind one another, in UTF-8. Write all, then read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=1 << 20)
        self._parts = [np.zeros(1, dtype=np.uint64)]
        self._bounds: NDArray[np.uint64] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, texts: Iterable[str]) -> None:
        """Append texts; they are numbered from 0."""
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._file.write(b"".join(raw))
        ends = np.cumsum([int(self._parts[-1][-1]), *map(len, raw)], dtype=np.uint64)[1:]
        if len(ends):
            self._parts.append(ends)

    def bounds(self) -> NDArray[np.uint64]:
        """Where each text begins and ends, in bytes: one more than texts."""
        if self._bounds is None:
            self._file.flush()
            self._bounds, self._parts = np.concatenate(self._parts), []
        return self._bounds

    def read(self, numbers: Places) -> list[str]:
        """The texts of these numbers; fastest in order."""
        bounds = self.bounds()
        number = self._file.fileno()
        starts, ends = bounds[numbers].tolist(), bounds[numbers + 1].tolist()
        first, last = min(starts, default=0), max(ends, default=0)
        if last - first <= CLOSE * (sum(ends) - sum(starts)):
            whole = os.pread(number, last - first, first)
            raw = [whole[start - first : end - first] for start, end in zip(starts, ends, strict=True)]
        else:
            raw = [os.pread(number, end - start, start) for start, end in zip(starts, ends, strict=True)]
        return [text.decode("utf-8", "surrogatepass") for text in raw]

    def split_by_size(self, numbers: Places, most: int) -> Iterator[slice]:
        """The numbers cut into parts, of which each holds about `most` bytes of texts or less, or one text."""
        bounds = self.bounds()
        lengths = (bounds[numbers + 1] - bounds[numbers]).astype(np.int64)
        yield from parts_of(lengths, most)


def parts_of(lengths: Places, most: int) -> Iterator[slice]:
    """Slices of what has these lengths, each of about `most` together or less, or of one alone."""
    number = np.cumsum(np.maximum(lengths, 1)) // most
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(lengths)]
    yield from (slice(start, end) for start, end in pairwise(cuts) if end > start)

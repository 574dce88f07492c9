"""Selections that wait on disk, so that memory holds a few at a time, and records put in the order of their keys there."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from weakref import finalize

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.templates.select import Selection
from kgtools.tools.frames import load_table, write_table

AT_ONCE, TOGETHER = 1 << 14, 1 << 12
"""Records that are sorted at a time, some 50 MB with all of their texts; and those that are made together, for as Python's objects
they take several times as much."""
WAITING = 1 << 27
"""Bytes of records that wait in memory until they are written: a small set never is."""


class Scratch:
    """A folder `path` that is gone when nothing holds this any more."""

    def __init__(self, beside: Path | None = None) -> None:
        """`beside`: in which folder; by default where temporary files are."""
        self.path = Path(mkdtemp(prefix="kgtools-", dir=beside))
        finalize(self, shutil.rmtree, self.path, ignore_errors=True)


SMALL = 1 << 14
"""Bytes of a selection that is no trouble to keep."""


@dataclass(frozen=True)
class Spilled:
    """A selection that waits. `task`; `at`: its place among the task's selections; `kept`: of one whose rows are in no `file`, all
    of it, of another what it is without rows."""

    task: str
    at: int
    kept: Selection
    file: Path | None

    def load(self, columns: Sequence[str] | None = None) -> Selection:
        """The selection, or these columns of it as far as it has them."""
        if self.file is None and columns is None:
            return self.kept
        there = [name for name in self.kept.groups.columns if columns is None or name in columns]
        if self.file is None:
            return replace(self.kept, groups=self.kept.groups.select(there))
        return replace(self.kept, groups=load_table(self.file, there, memory_map=False))


class Spill:
    """A folder of selections."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._counts: dict[str, int] = {}

    def put(self, task: str, selection: Selection) -> Spilled:
        """Have a selection of a task wait, the next one."""
        at = self._counts.get(task, 0)
        self._counts[task] = at + 1
        if selection.groups.estimated_size() <= SMALL:
            return Spilled(task, at, selection, None)
        file = self._folder / f"{task}-{at:06}.parquet"
        write_table(selection.groups, file, compression="uncompressed")
        return Spilled(task, at, replace(selection, groups=selection.groups.clear()), file)


class Ranges:
    """Files of records, each of a range of keys, so that they are sorted a range at a time."""

    def __init__(self, folder: Path, keys: Sequence[NDArray[np.uint64]]) -> None:
        """`keys`: those of all records that will come."""
        folder.mkdir()
        self._folder = folder
        every = np.sort(np.concatenate([np.empty(0, np.uint64), *keys]))
        self._begins = every[AT_ONCE::AT_ONCE]
        self._waiting: list[pl.DataFrame] = []
        self._size = 0
        self._number = 0

    def put(self, records: pl.DataFrame) -> None:
        """Records in any order, with their `key`."""
        self._waiting.append(records)
        self._size += int(records.estimated_size())
        if self._size >= WAITING and len(self._begins):
            self._write()

    def _write(self) -> None:
        """What waits into the file of each range."""
        records = pl.concat(self._waiting)
        self._waiting, self._size = [], 0
        at = np.searchsorted(self._begins, records["key"].to_numpy(), side="right").astype(np.uint32)
        for (number,), part in records.with_columns(pl.Series("range", at)).partition_by("range", as_dict=True).items():
            folder = self._folder / f"{number:06}"
            folder.mkdir(exist_ok=True)
            write_table(part.drop("range"), folder / f"{self._number:06}.parquet", compression="uncompressed")
        self._number += 1

    def sort(self) -> Iterator[pl.DataFrame]:
        """The records in the order of their keys, those of one key in that of their ids, a range at a time."""
        if self._waiting and not self._number:
            yield from pl.concat(self._waiting).sort("key", "id").drop("key").iter_slices(AT_ONCE)
            return
        if self._waiting:
            self._write()
        for folder in sorted(self._folder.iterdir()):
            parts = [load_table(file, memory_map=False) for file in sorted(folder.iterdir())]
            yield pl.concat(parts).sort("key", "id").drop("key")
            for file in folder.iterdir():
                file.unlink()

"""What a run takes of a disk: estimated before it begins, so that it does not end for want of it."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kgtools.tools.errors import UsageError
from kgtools.train.launch.failures import size_of
from kgtools.train.models.cost import Adapter, Size
from kgtools.train.recipe import Recipe

AROUND, OF_A_PROCESS, OF_ZERO = 64_000, 16_000, 64_000
"""Bytes of a checkpoint beside its numbers: settings and names; the state of a process's random numbers; DeepSpeed's scripts."""


@dataclass(frozen=True)
class DiskNeeds:
    """About how many bytes of disk a run takes. `checkpoint`: one of them; `at_once`: how many there are while the oldest makes place;
    `free`: what there is, None where nobody asked."""

    checkpoint: int
    at_once: int
    result: int
    free: int | None = None

    @property
    def total(self) -> int:
        """All checkpoints that are there at once, and the result."""
        return self.checkpoint * self.at_once + self.result

    def to_dict(self) -> dict[str, int]:
        """As JSON has it."""
        needs = {"checkpoint": self.checkpoint, "at_once": self.at_once, "result": self.result, "sum": self.total}
        return needs if self.free is None else needs | {"free": self.free}


def estimate_disk(
    size: Size, adapter: Adapter | None, recipe: Recipe, world: int, steps: int, tokenizer_bytes: int
) -> DiskNeeds:
    """What a run takes of a disk.

    A checkpoint has the weights that are trained and Adam's two moments of 32 bits; with ZeRO a 32-bit copy of the weights too, and with
    ZeRO-2 the weights once more."""
    trained = adapter.parameters * recipe.learners if adapter else size.parameters
    width = 2 if recipe.zero and recipe.half else 4
    each = width * (2 if recipe.zero == 2 else 1) + 8 + (4 if recipe.zero else 0)
    checkpoint = trained * each + tokenizer_bytes + AROUND + OF_A_PROCESS * world + (OF_ZERO if recipe.zero else 0)
    at_once = min(recipe.keep + 1, math.ceil(steps / recipe.save_every))
    if recipe.takes_best:
        # the best and the newest stay, and the next one is written before another goes
        at_once = max(recipe.keep, 2) + 1
    return DiskNeeds(checkpoint, at_once, trained * width + tokenizer_bytes)


def free(folder: Path) -> int:
    """Bytes that are free where a folder is or will be."""
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free


def must_fit(needs: DiskNeeds, out: Path, reused: Sequence[Path]) -> None:
    """Raises UsageError where a disk has too little space. `reused`: folders that are in it already and give place or count towards it."""
    available = free(out) + sum(
        file.stat().st_size for folder in reused for file in folder.rglob("*") if file.is_file()
    )
    if needs.total > available:
        fewer = "keep=1, " if needs.at_once > 2 else ""
        raise UsageError(
            f"{out}: the run takes about {size_of(needs.total)} of disk ({needs.at_once} checkpoints at once of "
            f"{size_of(needs.checkpoint)} and the result), and {size_of(available)} can be had there: free some space, {fewer}"
            "or another --out"
        )

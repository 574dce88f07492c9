"""What a run takes of a disk: estimated before it begins, so that it does not end for want of it."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

from kgtools.tools.errors import UsageError
from kgtools.train.launch.failures import size_of
from kgtools.train.models.cost import Adapter, Size
from kgtools.train.recipe import Recipe

AROUND, OF_A_PROCESS, OF_ZERO = 64_000, 16_000, 64_000
"""Bytes of a checkpoint beside its numbers: settings and names; the state of a process's random numbers; DeepSpeed's scripts."""


def needed(size: Size, own: Adapter | None, recipe: Recipe, world: int, steps: int, words: int) -> dict[str, int]:
    """About how many bytes of disk a run takes: `checkpoint` one of them, `at_once` how many there are while the oldest makes place,
    `result`, `sum`. `words`: bytes of the tokenizer.

    A checkpoint has the weights that are trained and Adam's two moments of 32 bits; with ZeRO a 32-bit copy of the weights too, and with
    ZeRO-2 the weights once more."""
    trained = own.parameters * recipe.learners if own else size.parameters
    width = 2 if recipe.zero and recipe.half else 4
    each = width * (2 if recipe.zero == 2 else 1) + 8 + (4 if recipe.zero else 0)
    one = trained * each + words + AROUND + OF_A_PROCESS * world + (OF_ZERO if recipe.zero else 0)
    at_once = min(recipe.keep + 1, math.ceil(steps / recipe.save_every))
    if recipe.takes_best:  # the best and the newest stay, and the next one is written before another goes
        at_once = max(recipe.keep, 2) + 1
    result = trained * width + words
    return {"checkpoint": one, "at_once": at_once, "result": result, "sum": one * at_once + result}


def free(place: Path) -> int:
    """Bytes that are free where a folder is or will be."""
    there = next(folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def must_fit(needs: dict[str, int], out: Path, reused: Sequence[Path]) -> None:
    """Raises UsageError where a disk has too little space. `reused`: folders that are in it already and give place or count towards it."""
    there = free(out) + sum(file.stat().st_size for folder in reused for file in folder.rglob("*") if file.is_file())
    if needs["sum"] > there:
        fewer = "keep=1, " if needs["at_once"] > 2 else ""
        raise UsageError(
            f"{out}: the run takes about {size_of(needs['sum'])} of disk ({needs['at_once']} checkpoints at once of "
            f"{size_of(needs['checkpoint'])} and the result), and {size_of(there)} can be had there: free some space, {fewer}"
            "or another --out"
        )

"""Which rows a step sees, and at what rate it learns: of the recipe alone, whatever the processes, devices and broken runs."""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import accumulate

from kgtools.tools.errors import UsageError
from kgtools.train.recipe import Recipe

WINDOW = 50
"""Steps of which the rows are sorted by length together: many enough that a step's are of about a length, few enough that chance
decides what is learnt with what."""


class Order:
    """Rows without end: an order for each pass through them, drawn from (seed, pass), one pass after the other.

    Step s, from 0, sees those at s x `batch` and after, `batch` of them; the last step of a pass takes its rest from the next one.
    `lengths`: tokens of each row. `grouped`: rows of about a length stand together, so that a batch is filled up with little; the
    longest of all comes first, so that what does not fit shows at once."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int, grouped: bool = False) -> None:
        self.lengths, self.batch, self.seed, self.grouped = lengths, batch, seed, grouped
        self.number, self.order = -1, list[int]()
        self.sums = list[int]()

    def rows(self, step: int) -> list[int]:
        """The rows of a step, of all processes."""
        rows: list[int] = []
        position = step * self.batch
        while len(rows) < self.batch:
            order, begin = self._pass(position // len(self.lengths)), position % len(self.lengths)
            part = order[begin : begin + self.batch - len(rows)]
            rows += part
            position += len(part)
        return rows

    def tokens(self, steps: int) -> int:
        """The tokens that so many steps have seen, from the first on."""
        passes, rest = divmod(steps * self.batch, len(self.lengths))
        if passes != self.number or not self.sums:
            self._pass(passes)
            self.sums = [0, *accumulate(self.lengths[row] for row in self.order)]
        return passes * self.sums[-1] + self.sums[rest]

    def passes(self, steps: int) -> float:
        """How often so many steps have gone through all rows."""
        return steps * self.batch / len(self.lengths)

    def _pass(self, number: int) -> list[int]:
        if number != self.number:
            draw = random.Random(f"{self.seed}:{number}")
            order = list(range(len(self.lengths)))
            draw.shuffle(order)
            self.number, self.sums = number, []
            self.order = self._by_length(order, draw) if self.grouped else order
        return self.order

    def _by_length(self, order: list[int], draw: random.Random) -> list[int]:
        sorted_rows: list[int] = []
        for begin in range(0, len(order), WINDOW * self.batch):
            window = sorted(order[begin : begin + WINDOW * self.batch], key=lambda row: -self.lengths[row])
            batches = [window[index : index + self.batch] for index in range(0, len(window), self.batch)]
            short = [batches.pop()] if len(batches[-1]) < self.batch else []
            draw.shuffle(batches)
            sorted_rows += [row for batch in [*batches, *short] for row in batch]
        longest = max(range(len(sorted_rows)), key=lambda index: self.lengths[sorted_rows[index]])
        begin = longest - longest % self.batch
        return sorted_rows[begin : begin + self.batch] + sorted_rows[:begin] + sorted_rows[begin + self.batch :]


def steps_of(recipe: Recipe, rows: int) -> int:
    """The steps of a run over so many rows. Raises UsageError for fewer than a step takes where epochs are counted: a row would be seen
    more often than they say."""
    if recipe.steps:
        return recipe.steps
    if rows < recipe.rows_per_step:
        raise UsageError(
            f"a step takes {recipe.rows_per_step:,} rows, and there are {rows:,}: an epoch would not fill it; a smaller batch_size, or "
            "steps=N in place of epochs: then rows are taken as often as it needs"
        )
    return math.ceil((recipe.epochs or 0) * rows / recipe.rows_per_step)


def shares(rows: Sequence[int], rank: int, world: int, at_once: int) -> Iterator[list[int]]:
    """The rows of a step that a process sees, `at_once` of them at a time; neighbours stand in the batches that are computed at one
    time."""
    for begin in range(rank * at_once, len(rows), world * at_once):
        yield list(rows[begin : begin + at_once])


def validation_shares(rows: int, rank: int, world: int, at_once: int) -> Iterator[tuple[list[int], bool]]:
    """Rows to look on, each once over all processes: batches with as many on each, and at the end those that are left, fewer than there are
    processes, on every one of them (true)."""
    even = rows - rows % world
    for begin in range(0, even, world * at_once):
        size = min(at_once, (even - begin) // world)
        yield list(range(begin + rank * size, begin + (rank + 1) * size)), False
    if even < rows:
        yield list(range(even, rows)), True


def evaluates_after(recipe: Recipe, order: Order, step: int, steps: int) -> bool:
    """Whether the rows for validation are looked on after a step: every so many, else at the end of each pass; and at the end of all."""
    if step == steps:
        return True
    if recipe.eval_every:
        return step % recipe.eval_every == 0
    return int(order.passes(step)) > int(order.passes(step - 1))


def best_evaluation(history: Sequence[dict[str, float]]) -> dict[str, float] | None:
    """The first look with the lowest loss on the rows for validation, in what a trainer has logged."""
    evaluations = [row for row in history if math.isfinite(row.get("eval_loss", math.nan))]
    return min(evaluations, key=lambda row: row["eval_loss"], default=None)


def evaluations_since_best(history: Sequence[dict[str, float]]) -> int:
    """How many looks there were since the best one, none of them better."""
    best = best_evaluation(history)
    begin = best["step"] if best else 0
    return sum(1 for row in history if "eval_loss" in row and row["step"] > begin)


def rate(recipe: Recipe, step: int, steps: int) -> float:
    """The part of the learning rate that a step has, counted from 0 of `steps`.

    It rises over the first `warmup` of them, of which the first learns too and the last has all of it, and then follows the
    schedule; the very last step still learns."""
    warm = 0 if recipe.schedule == "constant" else math.ceil(recipe.warmup * steps)
    if step < warm:
        return (step + 1) / warm
    rest = (step - warm) / max(1, steps - warm)
    if recipe.schedule == "linear":
        return max(0.0, 1 - rest)
    if recipe.schedule == "cosine":
        return max(0.0, 0.5 * (1 + math.cos(math.pi * rest)))
    return 1.0

"""What training changed: answers to the same prompts before and after, by what of them was trained on, beside a control set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from math import hypot
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl

from kgtools.corpora.record_files import read_manifest
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.knowledge import CLASSES, HELD_OUT, PERMUTED, SEEN, TRAINED
from kgtools.train.evaluate.metric import divide
from kgtools.train.evaluate.parts import ALL, with_value
from kgtools.train.evaluate.statistics.intervals import Floats, Interval, percentiles, resample
from kgtools.train.evaluate.task import CROSS

METRICS = ("stated", "partial", "wrong", "contradicted", "invented", "abstained", "no_answer", "total")
WORDING = f"knowledge{CROSS}wording"
BY = ("knowledge", WORDING, f"knowledge{CROSS}relation", f"knowledge{CROSS}task", f"knowledge{CROSS}lang")
KEYS = ("id", "sample")
SOME = 3
Shown = Literal["yes", "no", "not shown", "not asked"]
"""Of what is asked about a gain: it lies above 0 and above that of the control set, each with its interval, or below one of them; or an
interval has 0 within; or there is no such prompt. Above 0 too, for who knows what is true may do worse on the control set than who guesses."""
QUESTIONS = {"went_in": TRAINED, "generalises_to_held_out": HELD_OUT, "generalises_to_seen_entities": SEEN}


@dataclass(frozen=True)
class GainCell:
    """A figure before and after, of the prompts of which `by` has the value. `gain`: the difference, with its 95 % interval over groups;
    `over`: how much more it is than that of the control set, with its own; None where there is no control set, and of that itself."""

    by: str
    value: str
    metric: str
    before: float
    after: float
    gain: float
    low: float | None
    high: float | None
    interval: str
    over: float | None
    over_low: float | None
    over_high: float | None
    n: int
    groups: int


@dataclass(frozen=True)
class GainResult:
    """What a run did. `shown`: what the gain in `stated` says to each of QUESTIONS; `control`: prompts of the control set."""

    cells: tuple[GainCell, ...]
    shown: dict[str, Shown]
    prompts: int
    control: int
    seed: int
    out: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        values = {key: value for key, value in vars(self).items() if key != "out"}
        return values | {"cells": [asdict(cell) for cell in self.cells]}

    def cell(self, knowledge: str, metric: str = "stated") -> GainCell | None:
        """The figures of a class of knowledge; None where no prompt is of it."""
        return next(
            (one for one in self.cells if (one.by, one.value, one.metric) == ("knowledge", knowledge, metric)), None
        )


def measure_gain(before: Path, after: Path, seed: int, out: Path) -> GainResult:
    """Compare two folders that `evaluate facts` wrote, into `gain.json` and `run.json` of `out`. What was trained on is what `after` says.

    Raises InputError where they answer other prompts, UsageError where `after` does not say what was trained on."""
    tables = {where: _scores(path) for where, path in (("before", before), ("after", after))}
    both = _pair(tables["before"], tables["after"], before, after)
    if both["knowledge"].null_count():
        raise UsageError(f"{after}: does not say what was trained on; score it with --trained-on DIR")
    cells = tuple(_cells(both, seed))
    with staging(out) as folder:
        result = GainResult(cells, {}, both.height, both.filter(pl.col("knowledge") == PERMUTED).height, seed, out)
        result.shown.update({name: _show(result.cell(of)) for name, of in QUESTIONS.items()})
        (folder / "gain.json").write_bytes(to_json(result.to_dict()))
        inputs = {
            f"{where}/scores.parquet": sha256(path / "scores.parquet")
            for where, path in (("before", before), ("after", after))
        }
        facts = {key: value for key, value in result.to_dict().items() if key not in ("cells", "seed")}
        content = manifest(
            "evaluate gain", {"seed": seed}, inputs, **facts, outputs={"gain.json": sha256(folder / "gain.json")}
        )
        (folder / "run.json").write_bytes(content)
    return result


def _scores(path: Path) -> pl.DataFrame:
    command = read_manifest(path).get("command")
    if command != "evaluate facts" or not (path / "scores.parquet").is_file():
        raise InputError(f"{path}: is no folder that evaluate facts wrote{f', but {command}' if command else ''}")
    return load_table(path / "scores.parquet")


def _pair(before: pl.DataFrame, after: pl.DataFrame, earlier: Path, later: Path) -> pl.DataFrame:
    """The scores of `after`, with those of `before` in columns `NAME_before`. Raises InputError unless each answer has its other."""
    for mine, its, where, other in ((before, after, earlier, later), (after, before, later, earlier)):
        alone = mine.join(its, on=[*KEYS, "prompt"], how="anti")
        if alone.height:
            some = ", ".join(alone["id"].head(SOME))
            raise InputError(
                f"{where}: {alone.height:,} of its {mine.height:,} answers are to prompts that {other} does not answer, or asks in other "
                f"words ({some}); let both models answer the same prompts"
            )
    return after.join(
        before.select(*KEYS, pl.col(*METRICS).name.suffix("_before")), on=[*KEYS], how="left", maintain_order="left"
    )


def _cells(both: pl.DataFrame, seed: int) -> list[GainCell]:
    found = [_cell(ALL, "", one, None) for one in _differences(both, METRICS, seed)]
    for by in BY:
        metrics = METRICS[:1] if CROSS in by else METRICS
        parts = with_value(both, by).drop_nulls("value").partition_by("value", as_dict=True)
        measured = {str(value): _differences(part, metrics, seed) for (value,), part in parts.items()}
        for value, differences in sorted(measured.items(), key=lambda one: _rank(one[0])):
            of, cross, rest = value.partition(CROSS)
            control = measured.get(f"{PERMUTED}{cross}{rest}") if of != PERMUTED else None
            found += map(_cell, repeat(by), repeat(value), differences, control or repeat(None))
    return found


def _rank(value: str) -> tuple[int, str]:
    of, _, rest = value.partition(CROSS)
    return CLASSES.index(of), rest


class _Difference(NamedTuple):
    """The means of a figure before and after, and the mean of the differences with its interval over groups."""

    metric: str
    before: float
    after: float
    gain: float
    interval: Interval
    n: int
    groups: int


def _cell(by: str, value: str, mine: _Difference, control: _Difference | None) -> GainCell:
    over = low = high = None
    if control is not None:
        over = mine.gain - control.gain
        low, high = _apart(mine, control)
    return GainCell(
        by, value, mine.metric, mine.before, mine.after, mine.gain, mine.interval.low, mine.interval.high, mine.interval.method, over, low,
        high, mine.n, mine.groups,
    )  # fmt: skip


def _differences(rows: pl.DataFrame, metrics: Sequence[str], seed: int) -> list[_Difference]:
    """The difference of each figure; all are of the same draws."""
    sums = _sums(rows, metrics)
    totals, groups = sums.sum(axis=0), len(sums)
    drawn = resample(sums, seed) if groups > 1 else None
    found = []
    for number, metric in enumerate(metrics):
        mine = [2 * number, 2 * number + 1, -1]
        interval = percentiles(_gain(drawn[:, mine])) if drawn is not None else Interval(None, None, "none")
        before, after, n = (float(each) for each in totals[mine])
        found.append(
            _Difference(
                metric, before / n, after / n, (after - before) / n, _settle(interval, groups), rows.height, groups
            )
        )
    return found


def _sums(rows: pl.DataFrame, metrics: Sequence[str]) -> Floats:
    """(groups, 2 * metrics + 1): the sums of each figure before and after, and how many prompts there are."""
    sums = [pl.col(name).sum().cast(pl.Float64) for metric in metrics for name in (f"{metric}_before", metric)]
    each = rows.group_by("group", maintain_order=True).agg(*sums, pl.len().cast(pl.Float64).alias("n"))
    return each.drop("group").to_numpy()


def _gain(sums: Floats) -> Floats:
    return divide(sums[..., 1] - sums[..., 0], sums[..., 2])


def _apart(mine: _Difference, its: _Difference) -> tuple[float | None, float | None]:
    """The interval of how much more one gain is than another, from the interval of each (Zou and Donner 2008). Questions of both may be
    of one group; where these move together the interval is wider than it need be."""
    (low, high, _), (its_low, its_high, _) = mine.interval, its.interval
    if low is None or high is None or its_low is None or its_high is None:
        return None, None
    over = mine.gain - its.gain
    return over - hypot(mine.gain - low, its_high - its.gain), over + hypot(high - mine.gain, its.gain - its_low)


def _settle(found: Interval, groups: int) -> Interval:
    """The interval of a difference. Where all groups differ by the same, as where no answer changed, the bootstrap sees no variance; then the
    interval is as wide as a change of so rare groups could be that none of these shows it (Hanley and Lippman-Hand 1983)."""
    if found.low is None or found.high is None or found.high - found.low > 1e-12:
        return found
    rare = float(1 - np.power(0.05, 1 / groups))
    return Interval(max(-1.0, found.low - rare), min(1.0, found.high + rare), "rule of three")


def _show(cell: GainCell | None) -> Shown:
    if cell is None:
        return "not asked"
    edges = [(cell.low, cell.high), *([(cell.over_low, cell.over_high)] if cell.over is not None else [])]
    if all(low is not None and low > 0 for low, _ in edges):
        return "yes"
    return "no" if any(high is not None and high < 0 for _, high in edges) else "not shown"

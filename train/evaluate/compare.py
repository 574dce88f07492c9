"""Runs of one task held against the first of them, sample by sample: what differs, by how much, and whether that can be chance."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from kgtools.tools.frames import write_table
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.metric import Metric, group_sums
from kgtools.train.evaluate.parts import Part, parts_of
from kgtools.train.evaluate.runs import Joined, Run, join_runs, read_runs
from kgtools.train.evaluate.statistics.intervals import Floats, Interval, least_variance
from kgtools.train.evaluate.statistics.multiple import holm
from kgtools.train.evaluate.statistics.paired import (
    Significance,
    Value,
    bootstrap_difference,
    clustered_tango,
    flip_test,
    mcnemar,
    paired_deviation,
    smallest_paired_difference,
)

COMMAND = "evaluate compare"


@dataclass(frozen=True)
class Difference:
    """What a metric differs by over the samples of a row (`source`, `by`, `value`: as of `score.Cell`).

    `run`: what is held against the first run; `first`, `other`: the figures of the two; `difference`: other minus first, with its 95 % interval and
    how that was found; `p`, `test`: of a paired test; `p_holm`: with all rows of this metric, and all runs, in view; `higher`, `lower`: samples
    whose own figure is higher or lower in the other run; `smallest_difference`: that so many samples would show in a paired test."""

    run: str
    source: str
    by: str
    value: str
    metric: str
    first: float | None
    other: float | None
    difference: float | None
    low: float | None
    high: float | None
    interval: str
    p: float | None
    p_holm: float | None
    test: str
    higher: int
    lower: int
    n: int
    groups: int
    smallest_difference: float | None


@dataclass(frozen=True)
class Comparison:
    """Runs held against the first. `runs`: their names, the first one first; `samples`: that were compared; `alone`: run -> samples that it has
    and not all have; `rows`: every difference; `contamination`: run -> what is known of it; `answered_by`: run -> settings of its answers, those
    that are not the same everywhere; `versions`: run -> that of kgtools that scored it, where they differ."""

    task: str
    runs: tuple[str, ...]
    samples: int
    alone: dict[str, int]
    metrics: dict[str, dict[str, bool]]
    left_out: tuple[str, ...]
    rows: tuple[Difference, ...]
    contamination: dict[str, str]
    answered_by: dict[str, dict[str, Any]]
    versions: dict[str, str]
    differences: pl.DataFrame
    out: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        values = {key: value for key, value in vars(self).items() if key not in ("out", "differences")}
        return values | {"rows": [asdict(row) for row in self.rows]}


def compare(folders: Sequence[Path], seed: int = 0, common: bool = False, out: Path | None = None) -> Comparison:
    """Hold runs that `kgtools evaluate TASK` wrote against the first of them; with `out`, write `differences.parquet` (a row for each sample and run
    that differ), `compare.json` and `run.json`. `seed`: of the bootstrap and of drawn exchanges; `common`: compare the samples that all have.

    Raises UsageError where the tasks, the settings of scoring or the prompts differ, or, unless `common`, the samples; InputError for what is no
    such folder."""
    runs = read_runs(folders)
    joined = join_runs(runs, common)
    rows = [
        _difference(other, part, metric, joined, seed)
        for other in runs[1:]
        for part in parts_of(joined.of(runs[0]), runs[0].task.dimensions, runs[0].task.apart)
        for metric in joined.metrics
    ]
    first = runs[0]
    result = Comparison(
        first.name, tuple(run.label for run in runs), joined.height, joined.alone,
        {one.name: {"better": one.better, "percent": one.percent} for one in joined.metrics}, joined.left_out, tuple(_with_holm(rows)),
        {run.label: run.contamination for run in runs}, _apart({run.label: run.answered_by for run in runs}),
        {run.label: run.version for run in runs} if len({run.version for run in runs}) > 1 else {},
        pl.concat([_list_differences(run, joined) for run in runs[1:]]), out,
    )  # fmt: skip
    if out is not None:
        _write(result, runs, {"seed": seed, "common": common}, out)
    return result


def _difference(other: Run, part: Part, metric: Metric, joined: Joined, seed: int) -> Difference:
    ones, others = known_pairs(joined.of(joined.runs[0]), joined.of(other), part.rows["row"], metric)
    (first_sums, value), (other_sums, _) = group_sums(ones, metric), group_sums(others, metric)
    figures = [_figure(value, sums) for sums in (first_sums, other_sums)]
    singles = samples_of(ones, metric), samples_of(others, metric)
    single = metric.value(singles[1]) - metric.value(singles[0])
    higher, lower = int((single > 0).sum()), int((single < 0).sum())
    about = Difference(
        other.label, part.source, part.by, part.value, metric.name, figures[0], figures[1], None, None, None, "none",
        None, None, "none", higher, lower, ones.height, len(first_sums), None,
    )  # fmt: skip
    if figures[0] is None or figures[1] is None:
        return about
    test = _test_rate if metric.rate and _of_same(*singles) else _test_figure
    interval, significance, deviation = test(first_sums, other_sums, value, higher, lower, seed)
    least = smallest_paired_difference(deviation, len(first_sums)) if len(first_sums) > 1 and deviation else None
    return replace(
        about, difference=figures[1] - figures[0], low=interval.low, high=interval.high, interval=interval.method, p=significance.p,
        test=significance.method, smallest_difference=least,
    )  # fmt: skip


def known_pairs(
    first: pl.DataFrame, other: pl.DataFrame, places: pl.Series, metric: Metric
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The samples at these places that have a value in each column of a metric in both runs."""
    ones, others = first[places], other[places]
    known = pl.Series([True]).new_from_index(0, ones.height)
    for name in metric.columns:
        known &= ones[name].is_not_null() & others[name].is_not_null()
    return ones.filter(known), others.filter(known)


def samples_of(scores: pl.DataFrame, metric: Metric) -> Floats:
    """(samples, columns + 1): what a metric is made of, of each sample by itself."""
    numbers = scores.select(*(pl.col(name).cast(pl.Float64) for name in metric.columns), pl.lit(1.0).alias("n"))
    return numbers.to_numpy().astype(np.float64)


def _of_same(first: Floats, other: Floats) -> bool:
    """Whether a rate is, in both runs, of the same samples, each of which counts once."""
    return bool((first[:, 1] == other[:, 1]).all() and (first[:, 1] <= 1).all())


Tested = tuple[Interval, Significance, float]
"""The interval and test of a difference, and the deviation of a group's part in it."""


def _test_rate(first: Floats, other: Floats, value: Value, higher: int, lower: int, seed: int) -> Tested:
    asked = first[:, 1] > 0
    first, other = first[asked], other[asked]
    counts = first[:, 1]
    interval = clustered_tango(first[:, 0], other[:, 0], counts, higher, lower)
    independent = len(counts) == counts.sum()
    test = mcnemar(higher, lower) if independent else flip_test(first, other, value, seed)
    return interval, test, max(paired_deviation(first, other, value), sqrt(least_variance(len(counts))))


def _test_figure(first: Floats, other: Floats, value: Value, _higher: int, _lower: int, seed: int) -> Tested:
    interval = bootstrap_difference(first, other, value, seed)
    return interval, flip_test(first, other, value, seed), paired_deviation(first, other, value)


def _figure(value: Value, sums: Floats) -> float | None:
    figure = float(value(sums.sum(axis=0))) if len(sums) else float("nan")
    return figure if isfinite(figure) else None


def _with_holm(rows: Sequence[Difference]) -> list[Difference]:
    """The rows with p adjusted for all of the same metric."""
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.metric, []).append(place)
    found = list(rows)
    for of_metric in places.values():
        for place, p in zip(of_metric, holm([rows[place].p for place in of_metric]), strict=True):
            found[place] = replace(rows[place], p_holm=p)
    return found


def _list_differences(other: Run, joined: Joined) -> pl.DataFrame:
    """A row for each sample of which any column of a metric differs between a run and the first, the largest differences of the first metric
    first."""
    first, main = joined.runs[0], joined.metrics[0]
    ones, others = joined.of(first), joined.of(other)
    one_score, other_score = (
        pl.Series(main.value(samples_of(scores, main))).fill_nan(None) for scores in (ones, others)
    )
    differ = pl.Series([False]).new_from_index(0, joined.height)
    for name in sorted({name for metric in joined.metrics for name in metric.columns}):
        differ |= ones[name].cast(pl.Float64).ne_missing(others[name].cast(pl.Float64))
    table = ones.select(
        pl.lit(other.label).alias("run"), "id", "sample", "record", "source", question=_question(), reference="reference",
        first_answer="answer", other_answer=others["answer"], first_extracted=_extracted(ones), other_extracted=_extracted(others),
        metric=pl.lit(main.name), first_score=one_score, other_score=other_score, first_scores=_scores(ones, joined),
        other_scores=_scores(others, joined),
    )  # fmt: skip
    size = (pl.col("other_score") - pl.col("first_score")).abs().fill_null(0)
    return table.filter(differ).sort(size, descending=True, maintain_order=True)


def _question() -> pl.Expr:
    """What the user says last."""
    said = pl.col("messages").list.filter(pl.element().struct.field("role") == "user")
    return said.list.last().struct.field("content")


def _extracted(scores: pl.DataFrame) -> pl.Series:
    """What was read in the answers, where the task says; as JSON what is no text."""
    values = scores["extracted"].to_list() if "extracted" in scores.columns else [None] * scores.height
    texts = [value if value is None or isinstance(value, str) else orjson.dumps(value).decode() for value in values]
    return pl.Series(texts, dtype=pl.String)


def _scores(scores: pl.DataFrame, joined: Joined) -> pl.Series:
    """The columns that metrics are made of, as JSON."""
    names = sorted({name for metric in joined.metrics for name in metric.columns})
    return pl.Series(
        [orjson.dumps(row).decode() for row in scores.select(names).iter_rows(named=True)], dtype=pl.String
    )


def _apart(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each run the settings that are not the same in all."""
    keys = sorted({key for of_run in settings.values() for key in of_run})
    differ = [key for key in keys if len({orjson.dumps(of_run.get(key)) for of_run in settings.values()}) > 1]
    return {run: {key: of_run.get(key) for key in differ} for run, of_run in settings.items()} if differ else {}


def _write(result: Comparison, runs: Sequence[Run], settings: dict[str, Any], out: Path) -> None:
    with staging(out) as folder:
        write_table(result.differences, folder / "differences.parquet")
        (folder / "compare.json").write_bytes(to_json(result.to_dict()))
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        inputs = {f"{number}/{file.name}": sha256(file) for number, run in enumerate(runs, 1) for file in run.files}
        facts = {key: value for key, value in result.to_dict().items() if key != "rows"}
        (folder / "run.json").write_bytes(manifest(COMMAND, settings, inputs, **facts, outputs=outputs))

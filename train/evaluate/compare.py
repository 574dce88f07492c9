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
from kgtools.train.evaluate.metric import Metric
from kgtools.train.evaluate.parts import Part, parts_of
from kgtools.train.evaluate.runs import Joined, Run, join_runs, read_runs
from kgtools.train.evaluate.statistics.intervals import Floats, Interval, least_variance
from kgtools.train.evaluate.statistics.multiple import holm
from kgtools.train.evaluate.statistics.paired import (
    Significance,
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
    samples = part.rows["row"].to_numpy()
    ones, others = (joined.columns(run, metric)[samples] for run in (joined.runs[0], other))
    groups = joined.groups[samples]
    first_sums, other_sums = _by_group(ones, groups), _by_group(others, groups)
    figures = [_figure(metric, sums.sum(axis=0)) for sums in (first_sums, other_sums)]
    single = metric.value(others) - metric.value(ones)
    higher, lower = int((single > 0).sum()), int((single < 0).sum())
    n, size = len(ones), len(first_sums)
    about = Difference(
        other.label, *part[:3], metric.name, *figures, None, None, None, "none", None, None, "none", higher, lower, n, size, None
    )  # fmt: skip
    if figures[0] is None or figures[1] is None:
        return about
    interval, test, deviation = _test(first_sums, other_sums, metric, higher, lower, seed)
    return replace(
        about, difference=figures[1] - figures[0], low=interval.low, high=interval.high, interval=interval.method, p=test.p, test=test.method,
        smallest_difference=smallest_paired_difference(deviation, size) if size > 1 and deviation else None,
    )  # fmt: skip


def _test(
    first: Floats, other: Floats, metric: Metric, higher: int, lower: int, seed: int
) -> tuple[Interval, Significance, float]:
    """The interval and test of a difference, and the deviation of a group's part in it."""
    deviation = paired_deviation(first, other, metric.value)
    if not metric.rate:
        interval = bootstrap_difference(first, other, metric.value, seed)
        return interval, flip_test(first, other, metric.value, seed), deviation
    counts = first[:, -1]
    interval = clustered_tango(first[:, 0], other[:, 0], counts, higher, lower)
    independent = len(counts) == counts.sum()
    test = mcnemar(higher, lower) if independent else flip_test(first, other, metric.value, seed)
    return interval, test, max(deviation, sqrt(least_variance(len(counts))))


def _by_group(columns: Floats, groups: Any) -> Floats:
    """The sums of samples by group."""
    names, number = np.unique(groups, return_inverse=True)
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, number, columns)
    return sums


def _figure(metric: Metric, sums: Floats) -> float | None:
    value = float(metric.value(sums))
    return value if isfinite(value) else None


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
    first = joined.runs[0]
    main = joined.metrics[0]
    singles = [main.value(joined.columns(run, main)) for run in (first, other)]
    differ = np.zeros(joined.height, dtype=bool)
    for metric in joined.metrics:
        differ |= (joined.columns(first, metric) != joined.columns(other, metric)).any(axis=1)
    ones, others = joined.of(first), joined.of(other)
    table = ones.select("id", "sample", "record", "source", question=_question(), reference="reference").with_columns(
        pl.lit(other.label).alias("run"), pl.lit(main.name).alias("metric"),
        first_answer=ones["answer"], other_answer=others["answer"], first_extracted=_extracted(ones), other_extracted=_extracted(others),
        first_score=pl.Series(singles[0]).fill_nan(None), other_score=pl.Series(singles[1]).fill_nan(None),
        first_scores=_scores(first, joined), other_scores=_scores(other, joined),
    )  # fmt: skip
    size = np.nan_to_num(np.abs(singles[1] - singles[0]))
    order = [place for place in np.argsort(-size, kind="stable").tolist() if differ[place]]
    return table[order].select("run", pl.exclude("run"))


def _question() -> pl.Expr:
    """What the user says last."""
    said = pl.col("messages").list.filter(pl.element().struct.field("role") == "user")
    return said.list.last().struct.field("content")


def _extracted(scores: pl.DataFrame) -> pl.Series:
    """What was read in the answers, where the task says; as JSON what is no text."""
    values = scores["extracted"].to_list() if "extracted" in scores.columns else [None] * scores.height
    texts = [value if value is None or isinstance(value, str) else orjson.dumps(value).decode() for value in values]
    return pl.Series(texts, dtype=pl.String)


def _scores(run: Run, joined: Joined) -> pl.Series:
    """The columns that metrics are made of, as JSON."""
    names = sorted({name for metric in joined.metrics for name in metric.columns} & set(run.scores.columns))
    rows = joined.of(run).select(names).iter_rows(named=True)
    return pl.Series([orjson.dumps(row).decode() for row in rows], dtype=pl.String)


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

"""The figures of an evaluation: each made of sums over samples, so that any group of samples has one, and an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from kgtools.train.evaluate.statistics.intervals import (
    Floats,
    Interval,
    clustered_wilson,
    jackknife,
    least_variance,
    percentiles,
    resample,
    smallest_difference,
)

Value = Callable[[Floats], Floats]
NOTHING = Interval(None, None, "none")


@dataclass(frozen=True)
class Metric:
    """A figure of a table.

    `columns`: of the scores, numbers, of whose sums it is made; `value`: (..., columns + 1) -> (...), the figure of sums of these and of the
    number of samples, which comes last. `rate`: it is the share of samples whose one column is 1, or how much of a second column the first
    one is, and has Wilson's interval; else it has a bootstrap interval. `better`: whether more is better; `percent`: whether people read it in per
    cent; `detail`: a table shows it of all samples alone, not of each group of them. `over`: of a figure that is the mean of the figures of
    each value of a dimension (a key of `by` in the scores), all counting the same, however many samples they have; `among`: those
    values alone, else all there are."""

    name: str
    columns: tuple[str, ...]
    value: Value
    rate: bool = False
    better: bool = True
    percent: bool = True
    detail: bool = False
    over: str | None = None
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """What a metric comes to. `n`: samples; `groups`: of them that do not hang together; `smallest_difference`: between two models that so many
    samples would show (`statistics.intervals`)."""

    metric: str
    value: float | None
    interval: Interval
    n: int
    groups: int
    smallest_difference: float | None


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; not a number where nothing is divided by, which no table shows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Floats = numerator / denominator
    return quotient


def _mean(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., -1])


def _share(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 1])


def rate(name: str, column: str, better: bool = True, detail: bool = False) -> Metric:
    """The share of samples whose column is 1, among those that have a value in it."""
    return Metric(name, (column,), _mean, rate=True, better=better, detail=detail)


def share(name: str, column: str, among: str, better: bool = True) -> Metric:
    """How much of a column another one is: of the harmful prompts those refused, of the labels of records those found. Its `n` is the
    sum of that column."""
    return Metric(name, (column, among), _share, rate=True, better=better)


def mean(name: str, column: str, better: bool = True, percent: bool = True, detail: bool = False) -> Metric:
    """The mean of a column over the samples that have a value in it."""
    return Metric(name, (column,), _mean, better=better, percent=percent, detail=detail)


def macro(name: str, column: str, over: str, among: tuple[str, ...] = ()) -> Metric:
    """The mean of the shares, or means, that the values of a dimension have: each counts the same, as published averages over the subjects
    of an exam are made. Where there are not two values there is none."""
    return Metric(name, (column,), _mean, over=over, among=among)


def measure(scores: pl.DataFrame, metrics: Sequence[Metric], seed: int) -> list[Figure]:
    """The figures of samples. `scores`: a row a sample, with `group` and the columns of the metrics; of a figure those count that have
    a value in each of its columns, and `n` is the number of them. All bootstrap intervals are of the same draws."""
    groups = scores["group"].unique(maintain_order=True)
    tables = [_table(scores, groups, metric) for metric in metrics]
    drawn = [(sums, value) for metric, (sums, value, _) in zip(metrics, tables, strict=True) if not metric.rate]
    totals = resample(np.hstack([sums for sums, _ in drawn]), seed) if drawn and len(groups) > 1 else None
    figures, begin = [], 0
    for metric, (sums, value, counts) in zip(metrics, tables, strict=True):
        mine = None
        if not metric.rate and totals is not None:
            mine, begin = totals[:, begin : begin + sums.shape[1]], begin + sums.shape[1]
        figures.append(_figure(metric, sums[counts > 0], value, int(counts.sum()), mine))
    return figures


def _figure(metric: Metric, sums: Floats, value: Value, n: int, totals: Floats | None) -> Figure:
    """The figure of sums over groups (groups, columns), those alone that have a sample; `totals`: of bootstrap draws (draws, columns)."""
    groups = len(sums)
    figure = float(value(sums.sum(axis=0))) if groups else float("nan")
    if not np.isfinite(figure):
        return Figure(metric.name, None, NOTHING, n, groups, None)
    if metric.rate:
        interval = clustered_wilson(sums[:, 0], sums[:, 1])
        deviation = sqrt(max(figure * (1 - figure), least_variance(groups)))
    else:
        interval = percentiles(value(totals)) if totals is not None and groups > 1 else NOTHING
        deviation = jackknife(sums, value)
    least = smallest_difference(deviation, groups) if groups > 1 else None
    return Figure(metric.name, figure, interval, n, groups, least)


def group_sums(scores: pl.DataFrame, metric: Metric) -> tuple[Floats, Value]:
    """What a metric is made of, (groups, columns), a row for each group that has a value; and its figure of any total of such rows. Scores
    with the same `group`, `by` and nulls have rows and columns of the same meaning."""
    sums, value, counts = _table(scores, scores["group"].unique(maintain_order=True), metric)
    return (sums if metric.rate else sums[counts > 0]), value


def _table(scores: pl.DataFrame, groups: pl.Series, metric: Metric) -> tuple[Floats, Value, Floats]:
    """Sums (groups, columns), the figure of such sums, and the samples of each group (groups,)."""
    rows = scores.drop_nulls(metric.columns)
    if metric.over is not None:
        return _by_value(rows, groups, metric, metric.over)
    numbers = _numbers(rows, metric)
    sums = np.zeros((len(groups), numbers.shape[1]))
    np.add.at(sums, _places(rows["group"], groups), numbers)
    return sums, metric.value, sums[:, 1] if metric.rate else sums[:, -1]


def _by_value(rows: pl.DataFrame, groups: pl.Series, metric: Metric, over: str) -> tuple[Floats, Value, Floats]:
    """As `_table`, of a mean over the values of a dimension, whose sums stand side by side. A value of which a bootstrap draws no sample is
    not in the mean of that draw."""
    rows = rows.with_columns(value=pl.col("by").str.json_path_match(f"$.{over}")).drop_nulls("value")
    if metric.among:
        rows = rows.filter(pl.col("value").is_in(metric.among))
    values = rows["value"].unique().sort()
    width = len(metric.columns) + 1
    if len(values) < 2:
        return np.zeros((len(groups), width)), metric.value, np.zeros(len(groups))
    sums = np.zeros((len(groups), len(values), width))
    np.add.at(sums, (_places(rows["group"], groups), _places(rows["value"], values)), _numbers(rows, metric))

    def mean_of(totals: Floats) -> Floats:
        figures = metric.value(totals.reshape(*totals.shape[:-1], len(values), width))
        known = np.isfinite(figures)
        return divide(np.where(known, figures, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))

    return sums.reshape(len(groups), -1), mean_of, sums[:, :, -1].sum(axis=1)


def _numbers(rows: pl.DataFrame, metric: Metric) -> Floats:
    """(rows, columns + 1): the columns of a metric, and a one for each sample."""
    numbers = rows.select(*(pl.col(name).cast(pl.Float64) for name in metric.columns), pl.lit(1.0).alias("n"))
    return numbers.to_numpy().astype(np.float64).reshape(rows.height, len(metric.columns) + 1)


def _places(values: pl.Series, known: pl.Series) -> np.ndarray:  # type: ignore[type-arg]
    """Where each value stands among those known."""
    return values.cast(pl.Enum(known)).to_physical().to_numpy()

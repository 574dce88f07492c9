"""The figures of an evaluation: each made of sums over samples, so that any group of samples has one, and an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from kgtools.train.evaluate.statistics.intervals import (
    Floats,
    Interval,
    bootstrap,
    clustered_wilson,
    smallest_difference,
)


@dataclass(frozen=True)
class Metric:
    """A figure of a table.

    `columns`: of the scores, numbers, of whose sums it is made; `value`: (..., columns + 1) -> (...), the figure of sums of these and of the
    number of samples, which comes last. `rate`: it is the share of samples whose one column is 1, or how much of a second column the first
    one is, and has Wilson's interval; else it has a bootstrap interval. `better`: whether more is better; `percent`: whether people read it
    in per cent."""

    name: str
    columns: tuple[str, ...]
    value: Callable[[Floats], Floats]
    rate: bool = False
    better: bool = True
    percent: bool = True


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


def rate(name: str, column: str, better: bool = True) -> Metric:
    """The share of samples whose column is 1."""
    return Metric(name, (column,), _mean, rate=True, better=better)


def share(name: str, column: str, among: str, better: bool = True) -> Metric:
    """How much of a column another one is: of the harmful prompts those refused, of the labels of records those found. Its `n` is the
    sum of that column."""
    return Metric(name, (column, among), _share, rate=True, better=better)


def mean(name: str, column: str, better: bool = True, percent: bool = True) -> Metric:
    """The mean of a column over the samples."""
    return Metric(name, (column,), _mean, better=better, percent=percent)


def measure(scores: pl.DataFrame, metrics: Sequence[Metric], seed: int) -> list[Figure]:
    """The figures of samples. `scores`: a row a sample, with `group` and the columns of the metrics; nulls count for nothing."""
    columns = sorted({name for metric in metrics for name in metric.columns})
    grouped = scores.group_by("group", maintain_order=True).agg(
        *(pl.col(name).cast(pl.Float64).fill_null(0).sum() for name in columns), pl.len().cast(pl.Float64).alias("n")
    )
    figures = []
    for metric in metrics:
        sums = grouped.select(*metric.columns, "n").to_numpy().astype(np.float64)
        total = sums.sum(axis=0)
        value = float(metric.value(total)) if scores.height else float("nan")
        if not np.isfinite(value):
            figures.append(Figure(metric.name, None, Interval(None, None, "none"), scores.height, len(sums), None))
            continue
        count = scores.height
        if metric.rate:
            of = sums[:, 1]  # of the samples, or of the second column where there is one
            sums, count = sums[of > 0], int(of.sum())
            interval = clustered_wilson(sums[:, 0], sums[:, 1])
            deviation = sqrt(max(value * (1 - value), _least(len(sums))))
        else:
            interval = bootstrap(sums, metric.value, seed)
            deviation = _deviation(sums, metric)
        least = smallest_difference(deviation, len(sums)) if len(sums) > 1 else None
        figures.append(Figure(metric.name, value, interval, count, len(sums), least))
    return figures


def _least(n: int) -> float:
    """The variance of a rate of which all samples are right, as if one of `n + 1` were not."""
    return n / (n + 1) ** 2


def _deviation(sums: Floats, metric: Metric) -> float:
    """The standard deviation of one group's part in a figure, by the jackknife (Tukey 1958)."""
    without = metric.value(sums.sum(axis=0) - sums)
    without = without[np.isfinite(without)]
    n = len(without)
    return sqrt((n - 1) * float(((without - without.mean()) ** 2).sum())) if n > 1 else 0.0

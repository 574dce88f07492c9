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
    jackknife,
    least_variance,
    smallest_difference,
)


@dataclass(frozen=True)
class Metric:
    """A figure of a table.

    `columns`: of the scores, numbers, of whose sums it is made; `value`: (..., columns + 1) -> (...), the figure of sums of these and of the
    number of samples, which comes last. `rate`: it is the share of samples whose one column is 1, and has Wilson's interval; else it has
    a bootstrap interval. `better`: whether more is better; `percent`: whether people read it in per cent. `over`: of a figure that is the mean
    of the figures of each value of a dimension (a key of `by` in the scores), all counting the same, however many samples they have; `among`:
    those values alone, else all there are."""

    name: str
    columns: tuple[str, ...]
    value: Callable[[Floats], Floats]
    rate: bool = False
    better: bool = True
    percent: bool = True
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


def rate(name: str, column: str, better: bool = True) -> Metric:
    """The share of samples whose column is 1, among those that have a value in it."""
    return Metric(name, (column,), _mean, rate=True, better=better)


def mean(name: str, column: str, better: bool = True, percent: bool = True) -> Metric:
    """The mean of a column over the samples."""
    return Metric(name, (column,), _mean, better=better, percent=percent)


def macro(name: str, column: str, over: str, among: tuple[str, ...] = ()) -> Metric:
    """The mean of the shares, or means, that the values of a dimension have: each counts the same, as published averages over the subjects
    of an exam are made. Where there are not two values there is none."""
    return Metric(name, (column,), _mean, over=over, among=among)


def measure(scores: pl.DataFrame, metrics: Sequence[Metric], seed: int) -> list[Figure]:
    """The figures of samples. `scores`: a row a sample, with `group` and the columns of the metrics; of a figure those count that have
    a value in each of its columns, and `n` is the number of them."""
    return [_measure(scores.drop_nulls(metric.columns), metric, seed) for metric in metrics]


def _measure(scores: pl.DataFrame, metric: Metric, seed: int) -> Figure:
    sums, value_of = group_sums(scores, metric)
    width, groups = len(metric.columns) + 1, len(sums)
    n = int(sums[:, width - 1 :: width].sum())
    value = float(value_of(sums.sum(axis=0))) if groups else float("nan")
    if not np.isfinite(value):
        return Figure(metric.name, None, Interval(None, None, "none"), n, groups, None)
    if metric.rate:
        interval = clustered_wilson(sums[:, 0], sums[:, -1])
        deviation = sqrt(max(value * (1 - value), least_variance(groups)))
    else:
        interval = bootstrap(sums, value_of, seed)
        deviation = jackknife(sums, value_of)
    least = smallest_difference(deviation, groups) if groups > 1 else None
    return Figure(metric.name, value, interval, n, groups, least)


def group_sums(scores: pl.DataFrame, metric: Metric) -> tuple[Floats, Callable[[Floats], Floats]]:
    """What a metric is made of, (groups, columns), a row for each group; and its figure of any total of such rows. `scores`: without nulls in
    its columns. Scores with the same `group` and `by` have rows and columns of the same meaning."""
    return _by_value(scores, metric) if metric.over else (_sums(scores, metric), metric.value)


def _sums(scores: pl.DataFrame, metric: Metric) -> Floats:
    """(groups, columns + 1): the sums of each group, and its number of samples."""
    grouped = scores.group_by("group", maintain_order=True).agg(
        *(pl.col(name).cast(pl.Float64).sum() for name in metric.columns), pl.len().cast(pl.Float64).alias("n")
    )
    return grouped.select(*metric.columns, "n").to_numpy().astype(np.float64)


def _by_value(scores: pl.DataFrame, metric: Metric) -> tuple[Floats, Callable[[Floats], Floats]]:
    """(groups, values * (columns + 1)): the sums of each group by the values of the dimension `over`; and the mean of their figures, of
    such sums. A value of which a bootstrap draws no sample is not in the mean of that draw."""
    rows = scores.with_columns(value=pl.col("by").str.json_path_match(f"$.{metric.over}")).drop_nulls("value")
    if metric.among:
        rows = rows.filter(pl.col("value").is_in(metric.among))
    values = rows["value"].unique().sort()
    groups = rows["group"].unique(maintain_order=True)
    width = len(metric.columns) + 1
    if len(values) < 2:
        return np.zeros((0, width)), metric.value
    sums = np.zeros((len(groups), len(values), width))
    places = (
        rows["group"].cast(pl.Enum(groups)).to_physical().to_numpy(),
        rows["value"].cast(pl.Enum(values)).to_physical().to_numpy(),
    )
    numbers = rows.select(*(pl.col(name).cast(pl.Float64) for name in metric.columns), pl.lit(1.0).alias("n"))
    np.add.at(sums, places, numbers.to_numpy())

    def mean_of(totals: Floats) -> Floats:
        figures = metric.value(totals.reshape(*totals.shape[:-1], len(values), width))
        known = np.isfinite(figures)
        return divide(np.where(known, figures, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))

    return sums.reshape(len(groups), -1), mean_of

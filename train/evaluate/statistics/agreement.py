"""How far two raters agree, and means of what one rater says corrected by a part that another has rated too."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from kgtools.train.evaluate.statistics.intervals import Floats, Interval, Z, bootstrap


class Estimate(NamedTuple):
    """A mean with its 95 % interval; `n`: values that it is of."""

    figure: float
    low: float
    high: float
    n: int


class Rectifier(NamedTuple):
    """What is to be added to the mean of what a judge says: the mean of human labels less the judge's, its variance, and of how many labels."""

    figure: float
    variance: float
    n: int


def count_pairs(first: Sequence[str], second: Sequence[str], labels: Sequence[str], groups: Sequence[str]) -> Floats:
    """(groups, labels * labels): how often, in each group, the first rater says the label of a row and the second that of a column."""
    place = {label: number for number, label in enumerate(labels)}
    row_of = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    counts = np.zeros((len(row_of), len(labels) ** 2))
    for one, other, group in zip(first, second, groups, strict=True):
        counts[row_of[group], place[one] * len(labels) + place[other]] += 1
    return counts


def kappa(counts: Floats, weighted: bool = False) -> Floats:
    """Cohen's kappa (1960) of counts, (..., labels * labels) -> (...); not a number where chance alone would always agree.

    `weighted`: labels are in an order, and a difference of two counts four times one of one (Cohen 1968, squared weights)."""
    size = round(sqrt(counts.shape[-1]))
    table = counts.reshape(*counts.shape[:-1], size, size)
    places = np.arange(size)
    distance = np.abs(places[:, None] - places[None, :]).astype(np.float64)
    weights = distance**2 if weighted else (distance > 0).astype(np.float64)
    total = table.sum(axis=(-1, -2))
    by_chance = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = 1 - (weights * table).sum(axis=(-1, -2)) * total / (weights * by_chance).sum(axis=(-1, -2))
    return found


def kappa_interval(counts: Floats, seed: int, weighted: bool = False) -> tuple[float | None, Interval]:
    """Kappa of all groups, None where it has no value, and its bootstrap interval over them. `counts`: as `count_pairs` gives them."""
    value = float(kappa(counts.sum(axis=0), weighted))
    if not np.isfinite(value):
        return None, Interval(None, None, "none")
    return value, bootstrap(counts, lambda sums: kappa(sums, weighted), seed)


def mean_of(values: Floats, groups: Sequence[str]) -> Estimate:
    """A mean with its normal interval, over groups of values that hang together; of a single group it is as wide as nothing is known."""
    figure = float(values.mean())
    return _estimate(figure, _variance((values - figure) / len(values), groups), len(values))


def find_rectifier(human: Floats, judge: Floats, groups: Sequence[str], step: float = 1.0) -> Rectifier:
    """What corrects a judge, of values that both gave. `step`: the least difference of two labels that counts.

    Where both always agree, the variance is as if they did not by one step in one of n + 1."""
    difference = human - judge
    figure, n = float(difference.mean()), len(difference)
    return Rectifier(figure, max(_variance((difference - figure) / n, groups), (step / (n + 1)) ** 2), n)


def correct_mean(
    human: Floats, judge: Floats, groups: Sequence[str], rest: Floats, rest_groups: Sequence[str], step: float = 1.0
) -> Estimate:
    """The mean that people would give all, by prediction-powered inference (Angelopoulos et al. 2023, Science 382:669).

    `human`, `judge`: of what both rated; `rest`: the judge's of what it alone rated. The mean of all that the judge rated plus the mean of
    human less judge, where both did. The rated part stands in both sums, so with n of it and N of the rest the estimate is
    mean(human) + N / (N + n) * (mean(rest) - mean(judge)), which is the estimator of PPI++ (Angelopoulos et al. 2023, arXiv:2311.01453)
    at that lambda; its variance is that of the sum over groups of what each adds to it."""
    n, size = len(human), len(rest)
    part = size / (size + n)
    figure = float(human.mean()) + (part * float(rest.mean() - judge.mean()) if size else 0.0)
    rated = human - part * judge
    added = [(rated - rated.mean()) / n]
    if size:
        added.append(part * (rest - rest.mean()) / size)
    variance = _variance(np.concatenate(added), [*groups, *rest_groups])
    return _estimate(figure, max(variance, (part * step / (n + 1)) ** 2), n + size)


def apply_rectifier(judge: Floats, groups: Sequence[str], rectifier: Rectifier) -> Estimate:
    """The mean of what a judge says, corrected by labels of other samples of the same kind: variances add."""
    mean = float(judge.mean())
    variance = _variance((judge - mean) / len(judge), groups) + rectifier.variance
    return _estimate(mean + rectifier.figure, variance, len(judge))


def keep_within(estimate: Estimate, low: float, high: float) -> Estimate:
    """The estimate and its interval within what the figure can be: a correction may lead out of it, and the truth is never there."""
    figure, begin, end = (min(high, max(low, value)) for value in estimate[:3])
    return Estimate(figure, begin, end, estimate.n)


def _variance(added: Floats, groups: Sequence[str]) -> float:
    """The variance of a sum of what independent groups add to it. Infinite for a single group."""
    row_of = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    sums = np.bincount([row_of[group] for group in groups], weights=added, minlength=len(row_of))
    count = len(sums)
    return count / (count - 1) * float((sums**2).sum()) if count > 1 else float("inf")


def _estimate(figure: float, variance: float, n: int) -> Estimate:
    spread = Z * sqrt(variance)
    return Estimate(figure, figure - spread, figure + spread, n)

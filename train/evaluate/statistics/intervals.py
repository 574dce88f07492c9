"""95 % intervals of rates and of figures made of sums, over samples that may hang together in groups."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = 1.959963984540054
"""Within so many deviations lie 95 % of a normal distribution."""
POWER = 0.8416212335729143
"""The 80 % point of a normal distribution: with it a difference is found four times of five."""
AT_ONCE = 50_000
"""Groups that are drawn in one go."""
DRAWS = 1_000
"""Bootstrap samples. The ends of an interval then vary by some 2 % of its width from seed to seed."""


class Interval(NamedTuple):
    """`low` and `high`, None where there are too few samples for one; `method`: how it was found."""

    low: float | None
    high: float | None
    method: str


def wilson(rate: float, n: float) -> Interval:
    """The interval of a rate over `n` samples that do not hang together (Wilson 1927). `n` may be an effective number."""
    if n <= 0:
        return Interval(None, None, "none")
    square = Z * Z
    middle = rate + square / (2 * n)
    spread = Z * sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    scale = 1 + square / n
    return Interval(max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale), "wilson")


def clustered_wilson(hits: Floats, counts: Floats) -> Interval:
    """The interval of a rate over groups of samples that hang together, such as the questions of one case.

    `hits`, `counts`: (groups,), how many samples of each group are right, and how many there are. Wilson's interval of the number of
    independent samples that would vary as much: n / design effect (Kish 1965), at most n. Where all or none are right the groups show
    no variance, and each counts as one sample."""
    n, groups = float(counts.sum()), len(counts)
    if groups == n:
        return wilson(float(hits.sum()) / n, n) if n else wilson(0.0, 0)
    if groups < 2:
        return Interval(None, None, "none")
    rate = float(hits.sum()) / n
    if rate in (0.0, 1.0):
        effective = float(groups)
    else:
        variance = groups / (groups - 1) * float(((hits - rate * counts) ** 2).sum()) / n**2
        effective = min(n, rate * (1 - rate) / variance) if variance else n
    found = wilson(rate, effective)
    return found._replace(method="clustered wilson")


def bootstrap(sums: Floats, value: Callable[[Floats], Floats], seed: int, draws: int = DRAWS) -> Interval:
    """The percentile interval (Efron 1979) of a figure that is made of sums over groups drawn with replacement.

    `sums`: (groups, columns), each group's sums; `value`: (draws, columns) -> (draws,), the figure of each drawn total. The same seed
    draws the same groups for whatever columns, so that figures of one table move together."""
    if len(sums) < 2:
        return Interval(None, None, "none")
    return percentiles(value(resample(sums, seed, draws)))


def resample(sums: Floats, seed: int, draws: int = DRAWS) -> Floats:
    """(draws, columns): totals of groups drawn with replacement, as many as there are. `sums`: (groups, columns), each group's sums."""
    groups = len(sums)
    totals = np.empty((draws, sums.shape[1]))
    generator = np.random.Generator(np.random.Philox(seed % 2**64))
    step = max(1, AT_ONCE // groups)
    for begin in range(0, draws, step):
        size = min(step, draws - begin)
        drawn = generator.integers(0, groups, (size, groups)) + groups * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups)
        totals[begin : begin + size] = times @ sums
    return totals


def percentiles(figures: Floats) -> Interval:
    """The middle 95 % of the figures of draws (draws,), those apart that are no number."""
    figures = figures[np.isfinite(figures)]
    if not len(figures):
        return Interval(None, None, "none")
    low, high = np.quantile(figures, (0.025, 0.975))
    return Interval(float(low), float(high), "bootstrap")


def smallest_difference(deviation: float, n: float) -> float | None:
    """The least difference between two models, each measured on `n` independent samples of this standard deviation, that a two-sided
    test at 5 % finds four times of five (Cohen 1988). Models that answer the same samples show less in a paired test."""
    return (Z + POWER) * sqrt(2) * deviation / sqrt(n) if n > 0 else None


def jackknife(sums: Floats, value: Callable[[Floats], Floats]) -> float:
    """The standard deviation of one group's part in a figure that is made of sums over groups (Tukey 1958). `sums`, `value`: as `bootstrap`."""
    without = value(sums.sum(axis=0) - sums)
    without = without[np.isfinite(without)]
    n = len(without)
    return sqrt((n - 1) * float(((without - without.mean()) ** 2).sum())) if n > 1 else 0.0


def least_variance(n: int) -> float:
    """The variance of a rate of which all samples are right, as if one of `n + 1` were not."""
    return n / (n + 1) ** 2

"""Two runs on the same samples: intervals of their difference, tests of it, and what so many samples can show."""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from kgtools.train.evaluate.statistics.intervals import DRAWS, POWER, Floats, Interval, Z, bootstrap, jackknife

Value = Callable[[Floats], Floats]
"""The figure of sums, as `Metric.value`: (..., columns) -> (...)."""
ALL_FLIPS = 14
"""Groups that differ, at most, for which every way of exchanging the runs is looked at: 2 ** 14 of them."""
FLIPS = 9_999
"""Random exchanges where there are more ways. The least p is then 0.0001."""
SIGNS = 1.0 - 2.0 * (np.arange(256)[:, None] >> np.arange(8) & 1)
"""Every way of taking off or putting on eight groups."""
NEAR = 1e-9
"""Part of the observed difference by which another may be less and still be the same, but for rounding."""


class Significance(NamedTuple):
    """`p`: two-sided; None where nothing can be tested; `method`: how it was found."""

    p: float | None
    method: str


def tango(higher: float, lower: float, n: float) -> Interval:
    """The interval of the difference of two rates over the same `n` samples (Tango 1998), of which `higher` are right in the second run
    alone and `lower` in the first alone.

    It holds the differences that the score test does not refuse at 5 %, so it leaves out 0 just where McNemar's asymptotic test finds a
    difference; it is that interval for pairs which keeps its 95 % also where samples are few or nearly all agree (Fagerland, Lydersen and
    Laake 2014). The counts may be effective numbers."""
    if n <= 0:
        return Interval(None, None, "none")

    def score(difference: float) -> float:
        # the likeliest share of `lower` samples, given the difference: the root of a quadratic
        linear = -higher - lower + (2 * n - higher + lower) * difference
        root = linear * linear + 8 * n * lower * difference * (1 - difference)
        share = (sqrt(max(root, 0.0)) - linear) / (4 * n)
        variance = n * (2 * share + difference * (1 - difference))
        distance = higher - lower - n * difference
        return distance / sqrt(variance) if variance > 0 else float(np.copysign(np.inf, distance))

    estimate = (higher - lower) / n
    low = _bisect(lambda at: score(at) > Z, -1.0, estimate)
    high = _bisect(lambda at: score(at) > -Z, estimate, 1.0)
    return Interval(low, high, "tango")


def _bisect(above: Callable[[float], bool], low: float, high: float) -> float:
    """Where `above` turns from true to false between two values."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) else (low, middle)
    return (low + high) / 2


def clustered_tango(first: Floats, other: Floats, counts: Floats, higher: float, lower: float) -> Interval:
    """The interval of the difference of two rates over groups of samples that hang together.

    `first`, `other`, `counts`: (groups,), samples of each group that are right in either run, and how many there are; `higher`, `lower`: samples
    that are right in one of the runs alone. Tango's interval of the number of independent pairs that would vary as much, as `clustered_wilson`
    has it for one rate; where no sample differs the groups show no variance, and each counts as one."""
    n, groups = float(counts.sum()), len(counts)
    if groups == n:
        return tango(higher, lower, n)
    if groups < 2:
        return Interval(None, None, "none")
    difference = (higher - lower) / n
    alone = (higher + lower) / n - difference**2
    spread = float(((other - first - difference * counts) ** 2).sum())
    if alone <= 0:
        effective = float(groups)
    else:
        variance = groups / (groups - 1) * spread / n**2
        effective = min(n, alone / variance) if variance else n
    found = tango(higher * effective / n, lower * effective / n, effective)
    return found._replace(method="clustered tango")


def bootstrap_difference(first: Floats, other: Floats, value: Value, seed: int, draws: int = DRAWS) -> Interval:
    """The percentile interval of what a figure is more in the second run than in the first, both over the same groups drawn with
    replacement. `first`, `other`: (groups, columns), each group's sums in either run."""
    return bootstrap(np.hstack([first, other]), _difference(value, first.shape[1]), seed, draws)


def _difference(value: Value, columns: int) -> Value:
    return lambda sums: value(sums[..., columns:]) - value(sums[..., :columns])


def mcnemar(higher: int, lower: int) -> Significance:
    """Whether two rates over the same independent samples differ, given those that are right in one run alone (McNemar 1947): the exact
    two-sided binomial test of one half. Where none are, nothing speaks for a difference: p is 1."""
    n, least = higher + lower, min(higher, lower)
    if higher == lower:
        return Significance(1.0, "mcnemar")
    # log of n over k, for k from 0 to the smaller number
    k = np.arange(1, least + 1, dtype=np.float64)
    ways = np.concatenate([[0.0], np.cumsum(np.log((n - k + 1) / k))])
    most = float(ways.max())
    tail = exp(most - n * log(2)) * float(np.exp(ways - most).sum())
    return Significance(min(1.0, 2 * tail), "mcnemar")


def flip_test(first: Floats, other: Floats, value: Value, seed: int) -> Significance:
    """Whether a figure differs between runs over the same groups: how often its difference is at least as large where the runs are
    exchanged in groups at random (Fisher's sign-flips; Noreen 1989).

    `first`, `other`: (groups, columns), each group's sums in either run; a group is exchanged as a whole. Of at most ALL_FLIPS groups that
    differ every exchange is looked at, and p is exact; else FLIPS of them, and the observed one counts as one more (Phipson and Smyth 2010).
    A figure that an exchange leaves without value speaks for no difference."""
    observed = float(value(other.sum(axis=0)) - value(first.sum(axis=0)))
    if not np.isfinite(observed):
        return Significance(None, "none")
    halves = (other - first) / 2
    differ = halves[(halves != 0).any(axis=1)]
    middle = (first.sum(axis=0) + other.sum(axis=0)) / 2
    moved = _exchange(differ, seed)
    differences = np.abs(value(middle + moved) - value(middle - moved))
    extreme = int((~(differences < abs(observed) * (1 - NEAR) - NEAR**2)).sum())
    if len(differ) <= ALL_FLIPS:
        return Significance(extreme / len(moved), "exact flips")
    return Significance((extreme + 1) / (len(moved) + 1), "flips")


def _exchange(halves: Floats, seed: int) -> Floats:
    """The sums of (groups, columns), each group taken off or put on: (ways, columns), of every way or of FLIPS drawn ones.

    Of eight groups at a time there are 256 sums, which are made once and looked up."""
    exact = len(halves) <= ALL_FLIPS
    every = np.arange(2 ** len(halves) if exact else 0)
    generator = np.random.Generator(np.random.Philox(seed))
    moved = np.zeros((len(every) if exact else FLIPS, halves.shape[1]))
    for begin in range(0, len(halves), 8):
        eight = halves[begin : begin + 8]
        ways = every >> begin & 255 if exact else np.frombuffer(generator.bytes(FLIPS), dtype=np.uint8)
        moved += (SIGNS[:, : len(eight)] @ eight)[ways]
    return moved


def smallest_paired_difference(deviation: float, n: float) -> float | None:
    """The least difference between two runs on the same `n` independent samples that a two-sided paired test at 5 % finds four times of
    five (Cohen 1988), where what a sample adds to the difference varies by this standard deviation."""
    return (Z + POWER) * deviation / sqrt(n) if n > 0 else None


def paired_deviation(first: Floats, other: Floats, value: Value) -> float:
    """The standard deviation of one group's part in the difference of a figure, by the jackknife."""
    return jackknife(np.hstack([first, other]), _difference(value, first.shape[1]))

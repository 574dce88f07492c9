"""Paired statistics: against scipy and published figures, by hand, and what they promise when runs are drawn again and again."""

from math import comb, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtools.train.evaluate.statistics.multiple import holm
from kgtools.train.evaluate.statistics.paired import (
    bootstrap_difference,
    clustered_tango,
    flip_test,
    mcnemar,
    paired_deviation,
    smallest_paired_difference,
    tango,
)


def mean(sums: Any) -> Any:
    return sums[..., 0] / sums[..., -1]


def micro_f1(sums: Any) -> Any:
    return 2 * sums[..., 0] / (2 * sums[..., 0] + sums[..., 1] + sums[..., 2])


def single(values: Any) -> Any:
    return np.column_stack([values, np.ones(len(values))])


def pairs(both: int, higher: int, lower: int, none: int) -> tuple[Any, Any]:
    """Samples that are right in both runs, in the second alone, in the first alone, in neither."""
    first = np.repeat([1.0, 0.0, 1.0, 0.0], [both, higher, lower, none])
    return single(first), single(np.repeat([1.0, 1.0, 0.0, 0.0], [both, higher, lower, none]))


@settings(max_examples=40)
@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_the_binomial_test_of_scipy(higher: int, lower: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(higher, higher + lower).pvalue if higher + lower else 1.0

    assert mcnemar(higher, lower).p == pytest.approx(expected, rel=1e-9)


def test_mcnemar_of_one_against_seven() -> None:
    """Airway hyper-responsiveness before and after a transplantation (Bentur 2009, in Fagerland, Lydersen and Laake 2014): 0.070, which is
    2 (1 + 8) / 2 ** 8."""
    assert mcnemar(1, 7).p == pytest.approx(18 / 256, abs=1e-15)


def test_mcnemar_of_very_many_samples_is_finite() -> None:
    assert mcnemar(1_000_000, 1_000_000 - 3_000).p == pytest.approx(0.034, abs=0.001)  # z = 2,999 / sqrt(1,997,000)


def test_pairs_show_what_two_rates_by_themselves_do_not() -> None:
    """220 items as in lm-eval's example: 123 and 141 right. By themselves z = 18/220 / sqrt(2 p (1 - p) / 220) with p = 132/220, so z = 1.75 and
    p = 0.080; of the pairs 30 are right in the second run alone and 12 in the first alone, p = 0.008."""
    rate = (123 + 141) / 440
    z = 18 / 220 / sqrt(2 * rate * (1 - rate) / 220)
    unpaired = 2 * (1 - normal(z))

    paired = mcnemar(30, 12)

    assert unpaired == pytest.approx(0.080, abs=0.001)
    assert paired.p == pytest.approx(2 * sum(comb(42, k) for k in range(13)) / 2**42, abs=1e-12)
    assert paired.p == pytest.approx(0.008, abs=0.0005)


def normal(z: float) -> float:
    from scipy.stats import norm

    return float(norm.cdf(z))


@pytest.mark.parametrize(
    ("higher", "lower", "n", "low", "high"),
    [
        (1, 7, 21, -0.517, -0.026),  # Bentur 2009, in Fagerland, Lydersen and Laake 2014
        (0, 0, 100, -0.036993, 0.036993),  # by hand: d (n + z^2) = z^2 where nothing differs
        (0, 0, 5, -0.434482, 0.434482),
    ],
)
def test_tango_has_the_published_limits(higher: int, lower: int, n: int, low: float, high: float) -> None:
    found = tango(higher, lower, n)

    assert (found.low, found.high) == (pytest.approx(low, abs=0.0006), pytest.approx(high, abs=0.0006))


@settings(max_examples=25)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))
def test_tango_holds_just_what_the_score_test_does_not_refuse(higher: int, lower: int, agree: int) -> None:
    """A second implementation: of every difference on a grid the likelihood is maximised by brute force, and the statistic is its score."""
    n = higher + lower + agree
    if n == 0:
        return
    found = tango(higher, lower, n)
    assert found.low is not None
    assert found.high is not None

    assert found.low - 1e-9 <= (higher - lower) / n <= found.high + 1e-9
    for difference in np.linspace(-0.95, 0.95, 39):
        if min(abs(difference - found.low), abs(difference - found.high)) > 0.002:
            assert (found.low < difference < found.high) == (abs(score(higher, lower, n, difference)) < 1.959964)


def score(higher: int, lower: int, n: int, difference: float) -> float:
    shares = np.linspace(max(0.0, -difference), (1 - difference) / 2, 8_001)[1:-1]  # of those that are lower
    ways = (
        higher * np.log(shares + difference)
        + lower * np.log(shares)
        + (n - higher - lower) * np.log(1 - 2 * shares - difference)
    )
    share = shares[int(np.argmax(ways))]
    return float((higher - lower - n * difference) / sqrt(n * (2 * share + difference - difference**2)))


def test_tango_leaves_out_nothing_where_mcnemar_finds_a_difference() -> None:
    """(30 - 12)^2 / 42 = 7.71, over 3.84; (25 - 14)^2 / 39 = 3.10, under it."""
    assert (tango(30, 12, 220).low or 0) > 0
    assert (tango(25, 14, 220).low or 0) < 0


def test_exchanges_of_single_samples_are_mcnemar() -> None:
    first, other = pairs(50, 9, 2, 30)

    assert flip_test(first, other, mean, 0).p == pytest.approx(mcnemar(9, 2).p, abs=1e-12)


def test_many_exchanges_come_near_mcnemar() -> None:
    found = flip_test(*pairs(50, 30, 12, 60), mean, 0)

    assert found.method == "flips"
    assert found.p == pytest.approx(mcnemar(30, 12).p, abs=0.003)


def test_every_exchange_is_looked_at_by_hand() -> None:
    """Differences 1, 2 and 4 of three groups: of 8 exchanges only +7 and -7 are as far from 0 as 7."""
    found = flip_test(single([0.0, 0, 0]), single([1.0, 2, 4]), mean, 0)

    assert (found.p, found.method) == (0.25, "exact flips")


def test_exchanges_are_those_of_scipy() -> None:
    from scipy.stats import permutation_test

    generator = np.random.default_rng(1)
    first, other = generator.normal(0, 1, 12), generator.normal(0.5, 1, 12)
    theirs = permutation_test(
        (first, other), lambda a, b, axis: np.mean(b - a, axis=axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    )  # fmt: skip

    assert flip_test(single(first), single(other), mean, 0).p == pytest.approx(theirs.pvalue, abs=1e-12)


def test_exchanges_of_a_figure_that_is_no_mean_are_those_of_all_by_hand() -> None:
    generator = np.random.default_rng(2)
    first, other = (np.column_stack([generator.integers(0, 5, (6, 3)), np.ones(6)]).astype(float) for _ in range(2))
    observed = abs(micro_f1(other.sum(axis=0)) - micro_f1(first.sum(axis=0)))
    extreme = 0
    for way in range(64):
        swapped = np.array([way >> group & 1 for group in range(6)], dtype=bool)[:, None]
        one, two = np.where(swapped, other, first), np.where(swapped, first, other)
        extreme += abs(micro_f1(two.sum(axis=0)) - micro_f1(one.sum(axis=0))) >= observed - 1e-12

    assert flip_test(first, other, micro_f1, 0).p == pytest.approx(extreme / 64)


def test_runs_that_do_not_differ_are_no_evidence() -> None:
    first, other = pairs(5, 0, 0, 5)

    assert mcnemar(0, 0).p == 1.0
    assert flip_test(first, other, mean, 0).p == 1.0


def test_a_figure_that_has_no_value_is_not_tested() -> None:
    nothing = np.zeros((4, 3))

    assert flip_test(nothing, nothing, lambda sums: sums[..., 0] / np.nan, 0).p is None


@pytest.mark.parametrize("size", [1, 4])
def test_where_runs_are_alike_a_test_finds_a_difference_once_in_twenty_at_most(size: int) -> None:
    generator = np.random.default_rng(size)
    found = 0
    for seed in range(300):
        rates = np.repeat(generator.beta(2, 2, 40), size)
        first, other = (
            single(generator.binomial(1, rates).astype(float)).reshape(40, size, 2).sum(axis=1) for _ in range(2)
        )
        if size == 1:
            alone = other[:, 0] - first[:, 0]
            p = mcnemar(int((alone > 0).sum()), int((alone < 0).sum())).p
        else:
            p = flip_test(first, other, mean, seed).p
        found += p is not None and p < 0.05

    assert found / 300 <= 0.08


@pytest.mark.parametrize("size", [1, 5])
def test_a_difference_of_rates_lies_in_its_interval_as_often_as_is_said(size: int) -> None:
    generator = np.random.default_rng(size + 10)
    inside = 0
    for _ in range(400):
        hard = np.repeat(generator.uniform(0, 0.8, 60), size)  # a case has a difficulty of its own
        first, other = (generator.binomial(1, hard + more).astype(float) for more in (0.0, 0.1))
        counts = np.full(60, float(size))
        sums = [right.reshape(60, size).sum(axis=1) for right in (first, other)]
        found = clustered_tango(*sums, counts, float((other > first).sum()), float((other < first).sum()))
        inside += (found.low or 0) <= 0.1 <= (found.high or 0)

    assert 0.92 <= inside / 400 <= 0.98


def test_a_difference_of_other_figures_lies_in_its_interval_as_often_as_is_said() -> None:
    generator = np.random.default_rng(12)
    inside = 0
    for seed in range(150):
        first = generator.exponential(1.0, 60)
        found = bootstrap_difference(
            single(first), single(first + generator.normal(0.2, 0.5, 60)), mean, seed, draws=200
        )
        inside += (found.low or 0) <= 0.2 <= (found.high or 0)

    assert 0.89 <= inside / 150 <= 0.98


def test_cases_that_say_the_same_count_once() -> None:
    first, other = pairs(20, 12, 4, 24)

    found = clustered_tango(first[:, 0] * 5, other[:, 0] * 5, np.full(60, 5.0), 60, 20)

    alone = tango(12, 4, 60)
    assert found.low == pytest.approx(alone.low, abs=0.005)
    assert found.high == pytest.approx(alone.high, abs=0.005)


def test_cases_that_do_not_differ_count_once() -> None:
    right = np.array([3.0, 0, 3, 3])

    found = clustered_tango(right, right, np.full(4, 3.0), 0, 0)

    assert (found.low, found.high) == (tango(0, 0, 4).low, tango(0, 0, 4).high)


def test_the_smallest_difference_is_found_four_times_of_five() -> None:
    """300 samples of which a quarter differ: sd of a sample's part 0.5, (1.96 + 0.84) 0.5 / sqrt(300) = 8.1 points."""
    least = smallest_paired_difference(0.5, 300)
    assert least == pytest.approx(0.0809, abs=0.0001)

    generator = np.random.default_rng(13)
    up = 0.125 + least / 2
    drawn = generator.multinomial(300, [up, 0.25 - up, 0.75], 500)
    found = sum((mcnemar(int(higher), int(lower)).p or 1) < 0.05 for higher, lower, _ in drawn)

    assert 0.70 <= found / 500 <= 0.88  # the exact test is a little careful


def test_the_deviation_of_a_mean_is_that_of_its_differences() -> None:
    first, other = single(np.array([1.0, 2, 3, 4])), single(np.array([2.0, 2, 5, 3]))

    assert paired_deviation(first, other, mean) == pytest.approx(np.std([1, 0, 2, -1], ddof=1))


def test_holm_by_hand() -> None:
    """0.01 x 4; 0.02 x 3; 0.03 x 2; 0.04 x 1, which is no less than the one before."""
    assert holm([0.04, 0.01, None, 0.03, 0.02]) == pytest.approx([0.06, 0.04, None, 0.06, 0.06])


def test_holm_ends_at_one() -> None:
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_a_seed_gives_the_same_exchanges() -> None:
    first, other = pairs(50, 30, 20, 60)

    assert flip_test(first, other, mean, 4) == flip_test(first, other, mean, 4)

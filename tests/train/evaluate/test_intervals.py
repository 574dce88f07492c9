"""Intervals: against scipy, and against what they promise when samples are drawn again and again."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.train.evaluate.statistics.intervals import bootstrap, clustered_wilson, smallest_difference, wilson


def mean(sums: Any) -> Any:
    return sums[..., 0] / sums[..., -1]


@given(st.integers(1, 400), st.data())
def test_wilson_is_that_of_scipy(n: int, data: Any) -> None:
    from scipy.stats import binomtest

    right = data.draw(st.integers(0, n))

    found = wilson(right / n, n)

    theirs = binomtest(right, n).proportion_ci(0.95, "wilson")
    assert found.low == pytest.approx(theirs.low, abs=1e-12)
    assert found.high == pytest.approx(theirs.high, abs=1e-12)


def test_groups_of_one_are_not_clusters() -> None:
    hits = np.array([1.0, 0.0, 1.0])

    found = clustered_wilson(hits, np.ones(3))

    assert found == wilson(2 / 3, 3)


def test_samples_that_say_the_same_count_once() -> None:
    hits = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 1.0] * 10)

    found = clustered_wilson(hits * 5, np.full(60, 5.0))

    alone = wilson(float(hits.mean()), 60)
    assert found.low == pytest.approx(alone.low, abs=0.005)
    assert found.high == pytest.approx(alone.high, abs=0.005)
    assert found.method == "clustered wilson"


def test_all_right_in_few_cases_is_not_certain() -> None:
    found = clustered_wilson(np.array([10.0, 10.0, 10.0]), np.array([10.0, 10.0, 10.0]))

    assert found.high == pytest.approx(1.0)
    assert found.low == pytest.approx(wilson(1.0, 3).low or 0)


@pytest.mark.parametrize(("n", "within"), [(1, 0.5), (5, 0.5)])
def test_a_rate_of_clusters_lies_in_its_interval_as_often_as_is_said(n: int, within: float) -> None:
    generator = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        rates = generator.beta(2, 2, 80)  # each case has a rate of its own, the mean is a half
        found = clustered_wilson(generator.binomial(n, rates).astype(float), np.full(80, float(n)))
        inside += (found.low or 0) <= within <= (found.high or 0)

    assert 0.92 <= inside / 400 <= 0.98


def test_a_mean_lies_in_its_bootstrap_interval_as_often_as_is_said() -> None:
    generator = np.random.default_rng(4)
    inside = 0
    for seed in range(300):
        values = generator.exponential(1.0, 60)
        found = bootstrap(np.column_stack([values, np.ones(60)]), mean, seed, draws=400)
        inside += (found.low or 0) <= 1.0 <= (found.high or 0)

    assert 0.89 <= inside / 300 <= 0.98


def test_the_bootstrap_is_that_of_scipy() -> None:
    from scipy.stats import bootstrap as theirs

    values = np.random.default_rng(5).normal(3, 1, 50)

    found = bootstrap(np.column_stack([values, np.ones(50)]), mean, seed=1, draws=4_000)

    other = theirs((values,), np.mean, n_resamples=4_000, method="percentile", rng=2).confidence_interval
    assert found.low == pytest.approx(other.low, abs=0.02)
    assert found.high == pytest.approx(other.high, abs=0.02)


def test_a_seed_gives_the_same_interval_and_another_another() -> None:
    sums = np.column_stack([np.arange(20.0), np.ones(20)])

    assert bootstrap(sums, mean, 7) == bootstrap(sums, mean, 7)
    assert bootstrap(sums, mean, 7) != bootstrap(sums, mean, 8)


def test_one_sample_has_no_interval() -> None:
    assert bootstrap(np.array([[1.0, 1.0]]), mean, 0).low is None
    assert clustered_wilson(np.array([3.0]), np.array([4.0])).low is None


def test_forty_one_questions_show_differences_of_thirty_points() -> None:
    """C-Eval's two medical subjects have 41 questions for validation."""
    assert smallest_difference(0.5, 41) == pytest.approx(0.309, abs=0.001)

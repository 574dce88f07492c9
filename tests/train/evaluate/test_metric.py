"""Figures of sums: which samples count, and means over the values of a dimension."""

import numpy as np
import orjson
import polars as pl
import pytest

from kgtools.train.evaluate.metric import macro, measure, rate
from kgtools.train.evaluate.statistics.intervals import wilson


def scores(**columns: list[object]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    by = [orjson.dumps({"category": value}).decode() for value in columns.pop("category", ["all"] * rows)]
    return pl.DataFrame({"group": [f"g{row}" for row in range(rows)], "by": by} | columns, strict=False)


def test_a_sample_without_a_value_is_no_sample_of_that_figure() -> None:
    rows = scores(right=[1.0, 1.0, 0.0, 1.0], likely=[1.0, None, 0.0, None])

    (own, other) = measure(rows, [rate("own", "right"), rate("other", "likely")], 0)

    assert (own.value, own.n) == (0.75, 4)
    assert (other.value, other.n, other.groups) == (0.5, 2, 2)
    assert other.interval == wilson(0.5, 2)


def test_each_category_counts_the_same_in_a_macro_average() -> None:
    rows = scores(category=["a"] * 8 + ["b"] * 2, right=[1.0] * 8 + [0.0, 1.0])

    (figure,) = measure(rows, [macro("macro", "right", "category")], 0)

    assert figure.value == (8 / 8 + 1 / 2) / 2  # the mean over the samples is 9/10
    assert (figure.n, figure.groups) == (10, 10)
    assert figure.interval.low is not None
    assert 0.5 <= figure.interval.low < 0.75 < (figure.interval.high or 0) <= 1.0


def test_a_macro_average_is_over_the_named_categories_where_some_are_named() -> None:
    rows = scores(category=["a", "b", "b", "c"], right=[1.0, 1.0, 0.0, 0.0])

    (figure,) = measure(rows, [macro("macro", "right", "category", ("a", "b"))], 0)

    assert (figure.value, figure.n) == (0.75, 3)


def test_one_category_has_no_macro_average() -> None:
    (figure,) = measure(scores(right=[1.0, 0.0]), [macro("macro", "right", "category")], 0)

    assert figure.value is None


def test_a_macro_average_varies_as_independent_categories_would() -> None:
    """Of categories that share no group the variance of the mean is that of the parts: sum(p (1 - p) / n) / k^2."""
    generator = np.random.default_rng(1)
    sizes, rates = (200, 50, 800), (0.3, 0.5, 0.8)
    right = [float(hit) for n, p in zip(sizes, rates, strict=True) for hit in generator.random(n) < p]
    category = [name for n, name in zip(sizes, "abc", strict=True) for _ in range(n)]

    (figure,) = measure(scores(category=category, right=right), [macro("macro", "right", "category")], 3)

    deviation = sum(p * (1 - p) / n for n, p in zip(sizes, rates, strict=True)) ** 0.5 / 3
    assert figure.interval.low is not None
    assert figure.interval.high is not None
    assert figure.interval.high - figure.interval.low == pytest.approx(2 * 1.96 * deviation, rel=0.15)

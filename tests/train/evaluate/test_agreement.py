"""Agreement of raters and corrected means: worked by hand, held against second ways, and simulated."""

from collections.abc import Sequence

import numpy as np
import pytest

from kgtools.train.evaluate.statistics.agreement import (
    apply_rectifier,
    correct_mean,
    count_pairs,
    find_rectifier,
    kappa,
    kappa_interval,
    mean_of,
)
from kgtools.train.evaluate.statistics.intervals import Floats


def own(n: int, prefix: str = "g") -> list[str]:
    """A group for each of n values."""
    return [f"{prefix}{number}" for number in range(n)]


def counts(*rows: Sequence[int]) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(-1)


def test_kappa_by_hand() -> None:
    # 50 items; both yes 20, both no 15, disagree 5 and 10: observed 35/50 = .7; by chance .5*.6 + .5*.4 = .5; kappa = .2/.5 = .4
    assert kappa(counts((20, 5), (10, 15))) == pytest.approx(0.4)


def test_weighted_kappa_by_hand() -> None:
    # squared weights 0, 1, 4. Observed: 1*(1+1) + 4*1 = 6 of 6 items -> 6/6 = 1. Margins of both raters 2/6 each: by chance
    # (4*1 + 2*4)/9 = 12/9. kappa = 1 - 1/(12/9) = 1/4
    table = counts((1, 1, 0), (0, 1, 1), (1, 0, 1))

    assert kappa(table, weighted=True) == pytest.approx(0.25)
    assert kappa(table) == pytest.approx((3 / 6 - 1 / 3) / (1 - 1 / 3))


@pytest.mark.parametrize(
    ("table", "expected"),
    [(counts((3, 0), (0, 4)), 1.0), (counts((0, 2), (2, 0)), -1.0), (counts((1, 1), (1, 1)), 0.0)],
)
def test_kappa_is_one_for_agreement_zero_for_chance(table: Floats, expected: float) -> None:
    assert kappa(table) == pytest.approx(expected)


def test_two_labels_weigh_as_they_do_without_weights() -> None:
    table = counts((7, 3), (2, 9))

    assert kappa(table, weighted=True) == pytest.approx(float(kappa(table)))


def test_kappa_of_raters_who_always_say_one_thing_has_no_value() -> None:
    assert kappa_interval(count_pairs(["a"] * 5, ["a"] * 5, ["a", "b"], own(5)), 0) == (None, (None, None, "none"))


def test_kappas_interval_is_that_of_its_asymptotic_error() -> None:
    # Fleiss, Cohen and Everitt 1969, the second way: for two labels, the large-sample error of kappa
    table = np.array([[80.0, 25.0], [35.0, 60.0]])
    human = ["y"] * 105 + ["n"] * 95
    judge = ["y"] * 80 + ["n"] * 25 + ["y"] * 35 + ["n"] * 60
    p, n = table / 200, 200
    rows, columns = p.sum(1), p.sum(0)
    observed, chance = p.trace(), rows @ columns
    k = (observed - chance) / (1 - chance)
    first = sum(p[i, i] * ((1 - chance) - (rows[i] + columns[i]) * (1 - observed)) ** 2 for i in (0, 1))
    second = (1 - observed) ** 2 * sum(p[i, j] * (rows[j] + columns[i]) ** 2 for i in (0, 1) for j in (0, 1) if i != j)
    third = (observed * chance - 2 * chance + observed) ** 2
    error = np.sqrt((first + second - third) / (n * (1 - chance) ** 4))

    value, interval = kappa_interval(count_pairs(human, judge, ["y", "n"], own(n)), 7)

    assert value == pytest.approx(k)
    assert interval.low == pytest.approx(k - 1.96 * error, abs=0.02)
    assert interval.high == pytest.approx(k + 1.96 * error, abs=0.02)


def test_labels_that_hang_together_widen_the_interval_of_kappa() -> None:
    # each group agrees in all of its eight labels or in none
    human = ["y", "n"] * 40
    judge = [one if number // 8 % 2 else "n" for number, one in enumerate(human)]
    apart = kappa_interval(count_pairs(human, judge, ["y", "n"], own(80)), 0)
    tied = kappa_interval(count_pairs(human, judge, ["y", "n"], [f"g{number // 8}" for number in range(80)]), 0)

    assert apart[0] == tied[0] == pytest.approx(0.5)
    assert tied[1].high - tied[1].low > 1.3 * (apart[1].high - apart[1].low)  # type: ignore[operator]


def test_a_corrected_mean_by_hand() -> None:
    # people 1 0 1 1, judge 1 1 1 1 of the same four, judge 1 1 0 0 of four others.
    # mean of all the judge's 6/8 plus the mean of human less judge -1/4 = 1/2; which is .75 + 1/2 * (.5 - 1)
    human, judge, rest = np.array([1.0, 0, 1, 1]), np.array([1.0, 1, 1, 1]), np.array([1.0, 1, 0, 0])

    found = correct_mean(human, judge, own(4), rest, own(4, "r"))

    assert (
        found.figure
        == pytest.approx(np.concatenate([judge, rest]).mean() + (human - judge).mean())
        == pytest.approx(0.5)
    )
    # variance by the definition: var(human - judge / 2) / 4 + var(rest) / 4 / 4, each of n, then 8 / 7 for the 8 groups
    variance = (np.var(human - judge / 2) / 4 + 0.25 * np.var(rest) / 4) * 8 / 7
    assert found.high - found.figure == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)


def test_where_people_rated_all_the_corrected_mean_is_theirs() -> None:
    human, judge = np.array([1.0, 0, 1, 0]), np.array([1.0, 1, 1, 1])

    found = correct_mean(human, judge, own(4), np.array([]), [])

    assert found == mean_of(human, own(4))


def test_a_judge_who_was_never_wrong_on_few_labels_is_not_taken_for_perfect() -> None:
    labels = np.array([1.0, 0, 1, 0, 1])
    rest = np.tile([1.0, 0.0], 50_000)

    found = correct_mean(labels, labels, own(5), rest, own(100_000, "r"))

    # as if one of six labels were wrong: 1.96 / 6
    assert found.high - found.figure == pytest.approx(1.96 / 6, rel=0.01)


def test_values_of_one_group_alone_have_no_interval() -> None:
    assert mean_of(np.array([1.0, 0.0]), ["g", "g"])[1:3] == (float("-inf"), float("inf"))


def simulate(generator: np.random.Generator, n: int, clusters: int = 0) -> tuple[Floats, Floats, list[str]]:
    """What people say, 60 % yes, and a judge who says yes to 90 % of those and to 40 % of the others, and so 70 % in all."""
    if clusters:
        rates = generator.beta(1.2, 0.8, clusters)
        groups = [f"g{generator.integers(0, 2**62)}-{number % clusters}" for number in range(clusters)] * (
            n // clusters
        )
        human = (generator.random(n) < np.tile(rates, n // clusters)).astype(np.float64)
    else:
        groups = own(n, f"g{generator.integers(0, 2**62)}-")
        human = (generator.random(n) < 0.6).astype(np.float64)
    judge = (generator.random(n) < np.where(human == 1, 0.9, 0.4)).astype(np.float64)
    return human, judge, groups


@pytest.mark.parametrize("clusters", [0, 40])
def test_the_corrected_interval_covers_the_truth_where_the_judges_own_does_not(clusters: int) -> None:
    generator = np.random.default_rng(20)
    covered, naive, widths, human_widths, runs = 0, 0, [], [], 400
    for _ in range(runs):
        human, judge, groups = simulate(generator, 120, clusters)
        _, rest, rest_groups = simulate(generator, 600, clusters)
        found = correct_mean(human, judge, groups, rest, rest_groups)
        covered += found.low <= 0.6 <= found.high
        judged = mean_of(np.concatenate([judge, rest]), [*groups, *rest_groups])
        naive += judged.low <= 0.6 <= judged.high
        widths.append(found.high - found.low)
        alone = mean_of(human, groups)
        human_widths.append(alone.high - alone.low)

    assert 0.92 <= covered / runs <= 0.98
    assert naive / runs < 0.5
    assert np.mean(widths) < np.mean(human_widths), "what the judge says of the others is worth something"


def test_a_correction_of_other_samples_covers_too() -> None:
    generator = np.random.default_rng(5)
    covered, runs = 0, 400
    for _ in range(runs):
        human, judge, groups = simulate(generator, 150)
        _, others, other_groups = simulate(generator, 500)
        found = apply_rectifier(others, other_groups, find_rectifier(human, judge, groups))
        covered += found.low <= 0.6 <= found.high

    assert 0.92 <= covered / runs <= 0.98

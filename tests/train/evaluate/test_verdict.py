"""Verdicts on published figures, at the borders that the rule names."""

import pytest

from kgtools.train.evaluate.report.verdict import Verdict, judge
from kgtools.train.evaluate.statistics.intervals import wilson

POINT = 0.01


def verdict(
    figure: float, low: float, high: float, published: float, n: int = 100, their_n: int | None = None
) -> Verdict:
    """With 5 points that matter, and figures printed to a tenth of one."""
    return judge(figure, low, high, n, published, 0.05 * POINT, 5 * POINT, their_n)


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (0.400, "reproduced"),
        (0.424, "reproduced"),
        (0.4244, "reproduced"),  # 42.4 as printed may be 42.44
        (0.427, "not reproduced"),
        (0.370, "not reproduced"),
    ],
)
def test_a_narrow_interval_knows(published: float, said: str) -> None:
    assert verdict(0.4, 0.376, 0.424, published).judgement == said


def test_an_interval_that_reaches_further_than_half_of_what_matters_knows_no_agreement() -> None:
    assert verdict(0.4, 0.376, 0.424, 0.4).judgement == "reproduced"
    assert verdict(0.4, 0.370, 0.424, 0.4).judgement == "unknowable"


def test_unknowable_says_how_many_would_tell() -> None:
    # 10 points to one side, 2.5 are wanted: 4 times narrower, 16 times the items
    assert verdict(0.4, 0.3, 0.48, 0.41, n=50) == Verdict("unknowable", 800)
    assert verdict(0.4, 0.3, 0.48, 0.41, n=69).needs == 1200  # 1,104


def test_nineteen_questions_of_a_paper_cannot_differ_from_ours() -> None:
    # 9 of 19: 47.4 %, Wilson 27.3 to 68.3
    theirs = wilson(9 / 19, 19)
    assert (theirs.low, theirs.high) == (pytest.approx(0.2733, abs=1e-4), pytest.approx(0.6829, abs=1e-4))

    # ours 35.3 [31.6, 39.2]: difference -12.1, lower -12.1 - sqrt(3.7^2 + 20.9^2) = -33.3, upper -12.1 + sqrt(3.9^2 + 20.1^2) = 8.4
    assert verdict(0.353, 0.316, 0.392, 0.474, n=600, their_n=19) == Verdict("unknowable")
    assert verdict(0.353, 0.316, 0.392, 0.474, n=600).judgement == "not reproduced"
    assert verdict(0.153, 0.126, 0.192, 0.474, n=600, their_n=19).judgement == "not reproduced"

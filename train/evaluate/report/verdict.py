"""Whether a figure of ours reproduces a published one, from its interval and the error of the other."""

from dataclasses import dataclass
from math import ceil, floor, log10, sqrt
from typing import Literal

from kgtools.train.evaluate.statistics.intervals import Interval, wilson

Judgement = Literal["reproduced", "not reproduced", "unknowable"]


@dataclass(frozen=True)
class Verdict:
    """`needs`: about how many items would tell, where ours do not."""

    judgement: Judgement
    needs: int | None = None


def judge(
    figure: float, low: float, high: float, n: int, published: float, rounding: float, matters: float, their_n: int | None
) -> Verdict:  # fmt: skip
    """The verdict on a published figure. All figures are in one unit; `rounding`: half a unit of the last place that was printed.

    Reproduced: the published figure lies in our interval, which reaches no further to either side than half of what matters; a figure
    half as far away would have been seen. Not reproduced: it lies outside, and the difference is not zero either with the error of the
    paper's own `their_n` items, which is given for rates as shares of 1 (Newcombe 1998, method 10: the intervals of both, combined).
    Unknowable otherwise. The error of the paper's figure that comes of drawing answers is in neither."""
    reach = max(figure - low, high - figure)
    if low - rounding <= published <= high + rounding:
        if reach <= matters / 2:
            return Verdict("reproduced")
        return Verdict("unknowable", _round_up(n * (reach / (matters / 2)) ** 2))
    if their_n is not None and _could_be_equal(figure, low, high, published, wilson(published, their_n)):
        return Verdict("unknowable")
    return Verdict("not reproduced")


def _round_up(n: float) -> int:
    """To two digits: more would say more than is known."""
    unit: int = 10 ** max(0, floor(log10(n)) - 1)
    return ceil(round(n / unit, 6)) * unit


def _could_be_equal(figure: float, low: float, high: float, published: float, theirs: Interval) -> bool:
    """Whether zero is in the interval of the difference of two independent rates."""
    assert theirs.low is not None
    assert theirs.high is not None
    difference = figure - published
    below = sqrt((figure - low) ** 2 + (theirs.high - published) ** 2)
    above = sqrt((high - figure) ** 2 + (published - theirs.low) ** 2)
    return difference - below <= 0 <= difference + above

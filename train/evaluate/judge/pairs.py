"""Two answers to a prompt, shown to a judge in both orders."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from kgtools.train.evaluate.judge.ask import FAILED, Judgement
from kgtools.train.evaluate.judge.verdict import Verdict
from kgtools.train.evaluate.metric import Metric, divide, rate
from kgtools.train.evaluate.statistics.intervals import Floats

Combine = Literal["strict", "sum"]
ORDERS = 2
POINTS = {"first": 1, "tie": 0, "second": -1}
OUTCOMES = {1: "win", 0: "tie", -1: "lose"}
WORTH = {"win": 1.0, "tie": 0.5, "lose": 0.0}


def combine(a_first: str, b_first: str, how: Combine) -> tuple[str, bool]:
    """What two verdicts come to for A, and whether they differ. `a_first`: which answer is better where A is shown first; `b_first`: where B is.

    `strict`: who differs has seen a tie. `sum`: points of both orders are added, so that a win and a tie are a win, as HuatuoGPT-II's
    published evaluation has it (`compute_score`)."""
    one, other = POINTS[a_first], -POINTS[b_first]
    if how == "sum":
        total = one + other
        return OUTCOMES[(total > 0) - (total < 0)], one != other
    return OUTCOMES[one if one == other else 0], one != other


def pair_row(judgements: Sequence[Judgement] | None, gone: str | None, part: str, how: Combine) -> dict[str, Any]:
    """The numbers of a pair under one part of a rubric. `gone`: what it is without a judge, as an answer is missing."""
    verdicts: list[Verdict] = [one.verdict for one in judgements or () if one.verdict is not None]
    inconsistent, said = False, list[str]()
    if gone is not None:
        outcome = gone
    elif len(verdicts) < ORDERS:
        states = {one.state for one in judgements or ()}
        outcome = FAILED if FAILED in states else "unparsed"
    else:
        said = [str(verdict[part]) for verdict in verdicts]
        outcome, inconsistent = combine(said[0], said[1], how)
    return {
        "outcome": outcome, **{f"is_{name}": float(outcome == name) for name in ("win", "tie", "lose", "unparsed", FAILED)},
        "inconsistent": float(inconsistent), "judged": float(bool(said)), "worth": WORTH.get(outcome, 0.0),
        "counted": float(outcome in WORTH), "first": float(said.count("first")), "second": float(said.count("second")),
    }  # fmt: skip


COLUMNS: dict[str, Any] = {
    "outcome": pl.String,
    **dict.fromkeys(
        ("is_win", "is_tie", "is_lose", "is_unparsed", "is_failed", "inconsistent", "judged", "worth", "counted", "first", "second"), pl.Float64
    ),
}  # fmt: skip


def _share(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 1])


def _first_share(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 0] + sums[..., 1])


def pair_metrics(scores: pl.DataFrame) -> list[Metric]:
    """Shares of all pairs; `preference` counts a tie as half, of pairs with an outcome; `first_preferred`: of verdicts that prefer an answer,
    how many the one shown first, a half for a judge whom the order does not sway."""
    metrics = [
        rate("win", "is_win"), rate("tie", "is_tie"), rate("lose", "is_lose", better=False), rate("unparsed", "is_unparsed", better=False),
        Metric("preference", ("worth", "counted"), _share), Metric("inconsistent", ("inconsistent", "judged"), _share, better=False),
        Metric("first_preferred", ("first", "second"), _first_share),
    ]  # fmt: skip
    return metrics + ([rate("failed", "is_failed", better=False)] if scores["is_failed"].sum() else [])


def labels(row: Mapping[str, Any]) -> tuple[str | None, float | None]:
    """The label of a pair, by which people are compared with the judge, and what it is worth; none where there is no outcome."""
    outcome = row["outcome"]
    return (outcome, WORTH[outcome]) if row["judged"] else (None, None)

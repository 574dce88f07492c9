"""One answer, rated on a scale or held against a list of criteria."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from kgtools.train.evaluate.judge.ask import FAILED, READ, UNPARSED, Judgement
from kgtools.train.evaluate.judge.rubric import Criterion
from kgtools.train.evaluate.metric import Metric, divide, rate
from kgtools.train.evaluate.statistics.intervals import Floats

COLUMNS: dict[str, Any] = {
    "outcome": pl.String,
    **dict.fromkeys(("score", "clipped", "scored", "is_unparsed", "is_failed", "is_missing"), pl.Float64),
}
NO_POINTS = "no points to earn"


def rating_row(judgements: Sequence[Judgement] | None, parts: Sequence[str]) -> dict[str, Any]:
    """The numbers of an answer under a rating: the mean of these parts. None of `judgements`: there is no answer."""
    state = _state(judgements)
    values = [float(one.verdict[part]) for one in judgements or () if one.verdict is not None for part in parts]
    return _row(state, sum(values) / len(values) if state == READ else 0.0)


def checklist_row(judgements: Sequence[Judgement] | None, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """The numbers of an answer under a checklist: the points that it earns by those that there are. One criterion without a verdict leaves
    the whole answer without a score."""
    state = _state(judgements)
    possible = sum(one.points for one in criteria if one.points > 0)
    if state == READ and not possible:
        return _row(NO_POINTS, 0.0)
    if state != READ:
        return _row(state, 0.0)
    verdicts = zip(criteria, judgements or (), strict=True)
    earned = sum(one.points for one, judgement in verdicts if judgement.verdict and judgement.verdict["met"])
    return _row(READ, earned / possible)


def _state(judgements: Sequence[Judgement] | None) -> str:
    if judgements is None:
        return "missing"
    states = {one.state for one in judgements}
    return FAILED if FAILED in states else UNPARSED if UNPARSED in states else READ


def _row(state: str, score: float) -> dict[str, Any]:
    return {
        "outcome": state, "score": score, "clipped": min(1.0, max(0.0, score)), "scored": float(state == READ),
        "is_unparsed": float(state == UNPARSED), "is_failed": float(state == FAILED), "is_missing": float(state == "missing"),
    }  # fmt: skip


def _mean(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 1])


def _mean_with_missing(sums: Floats) -> Floats:
    return divide(sums[..., 0], sums[..., 1] + sums[..., 2])


def _clip(sums: Floats) -> Floats:
    return _mean_with_missing(sums).clip(0.0, 1.0)


def rating_metrics(scores: pl.DataFrame) -> list[Metric]:
    """The mean rating of answers that have one; a missing answer has none, and is counted."""
    return [Metric("score", ("score", "scored"), _mean, percent=False), *_rest(scores)]


def checklist_metrics(scores: pl.DataFrame) -> list[Metric]:
    """The mean of scores that are each kept within 0 and 1; and, as HealthBench's table has it, of scores as they are, the mean kept within.
    A missing answer earns nothing."""
    return [
        Metric("score", ("clipped", "scored", "is_missing"), _mean_with_missing),
        Metric("score_clipped_at_the_end", ("score", "scored", "is_missing"), _clip),
        *_rest(scores),
    ]


def _rest(scores: pl.DataFrame) -> list[Metric]:
    found = [rate("unparsed", "is_unparsed", better=False)]
    for name in ("failed", "missing"):
        if scores[f"is_{name}"].sum():
            found.append(rate(name, f"is_{name}", better=False))
    return found


def rating_label(judgement: Judgement, part: str) -> tuple[str | None, float | None]:
    """The rating of a part, as a label and as a number; none where there is no verdict."""
    return (str(judgement.verdict[part]), float(judgement.verdict[part])) if judgement.verdict else (None, None)


def met_label(judgement: Judgement) -> tuple[str | None, float | None]:
    """Whether a criterion is met, as a label and as a number; none where there is no verdict."""
    if not judgement.verdict:
        return None, None
    return ("met", 1.0) if judgement.verdict["met"] else ("unmet", 0.0)

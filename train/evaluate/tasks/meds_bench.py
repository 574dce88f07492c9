"""MedS-Bench: eleven kinds of clinical tasks in twelve folders, scored for what answers say, or as its published scripts score them.

Wu et al. 2025, npj Digital Medicine 8:58; github.com/MAGIC-AI4Med/MedS-Ins. Records are those of the reader `meds-ins`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from kgtools.train.evaluate.meds_bench import honest, published
from kgtools.train.evaluate.meds_bench.catalog import categories, rows_of_average
from kgtools.train.evaluate.meds_bench.prompts import MedsPrompts, ask, kin
from kgtools.train.evaluate.metric import Metric, divide, macro, mean, rate
from kgtools.train.evaluate.statistics.intervals import Floats
from kgtools.train.evaluate.task import Answer, Sample, ScoreSettings, Task


class MedsScores(ScoreSettings):
    """What there is to choose."""

    compat: Literal["none", "meds-bench"] = Field(
        "none",
        description="meds-bench: as its published scripts score, with all that is odd in them; figures are called published_...",
    )


def score(given: Sequence[tuple[Sample, Answer]], settings: MedsScores) -> pl.DataFrame:
    """The columns of `honest.score` or of `published.score`."""
    return honest.score(given) if settings.compat == "none" else published.score(given)


def metrics(settings: MedsScores, scores: pl.DataFrame) -> list[Metric]:
    """Those of whose columns there is something."""
    found = _published(scores) if settings.compat == "meds-bench" else _honest(scores)
    return [one for one in found if not any(scores[name].null_count() == scores.height for name in one.columns)]


def _honest(scores: pl.DataFrame) -> list[Metric]:
    return [
        rate("accuracy", "right"), *_of_names("", honest.PARTS), *_of_labels("", scores, alone=True),
        Metric("bleu_1", ("matched", "tokens", "reference_tokens"), bleu_of_sums), mean("rouge_1", "rouge_1"), mean("rouge_l", "rouge_l"),
        rate("contained", "contained"), rate("unread", "unread", better=False), macro("accuracy_average", "right", "row"),
        Metric("f1_average", honest.PARTS, f1_of_sums, over="row"),
        Metric("bleu_1_average", ("matched", "tokens", "reference_tokens"), bleu_of_sums, over="row"),
        macro("rouge_l_average", "rouge_l", "row"),
    ]  # fmt: skip


def _published(scores: pl.DataFrame) -> list[Metric]:
    """The paper calls ROUGE-1 what its scripts take from ROUGE-L; it is called here by what it is."""
    rows = tuple(row for name in categories() for row in rows_of_average(name))
    return [
        rate("published_accuracy", "right"), *_of_names("published_", published.PARTS), *_of_labels("published_", scores, alone=False),
        mean("published_bleu_1", "bleu_1"), mean("published_rouge_l", "rouge_l"), macro("published_accuracy_average", "right", "row", rows),
        Metric("published_f1_average", published.PARTS, f1_of_sums, over="row", among=rows),
        macro("published_bleu_1_average", "bleu_1", "row", rows), macro("published_rouge_l_average", "rouge_l", "row", rows),
    ]  # fmt: skip


def _of_names(prefix: str, columns: tuple[str, ...]) -> list[Metric]:
    parts = {"f1": f1_of_sums, "precision": precision_of_sums, "recall": recall_of_sums}
    return [Metric(f"{prefix}{name}", columns, value) for name, value in parts.items()]


def _of_labels(prefix: str, scores: pl.DataFrame, alone: bool) -> list[Metric]:
    """Means over labels. `alone`: of those that an answer or a reference has; else of all, where one that none has counts as 0."""
    width = sum(name.startswith("tp_") for name in scores.columns)
    columns = tuple(f"{part}_{number}" for number in range(1, width + 1) for part in honest.PARTS)
    parts = {"f1": f1_of_sums, "precision": precision_of_sums, "recall": recall_of_sums}
    return [
        Metric(f"{prefix}macro_{name}", columns, partial(_over_labels, value, alone))
        for name, value in parts.items()
        if width
    ]


def _over_labels(value: Callable[[Floats], Floats], alone: bool, sums: Floats) -> Floats:
    by_label = sums[..., :-1].reshape(*sums.shape[:-1], -1, len(honest.PARTS))
    figures = np.nan_to_num(value(by_label))
    known = by_label.sum(axis=-1) > 0 if alone else np.ones(figures.shape, bool)
    return divide((figures * known).sum(axis=-1), known.sum(axis=-1).astype(np.float64))


def f1_of_sums(sums: Floats) -> Floats:
    """Of true positives, false positives and false negatives; no number where there is none of them."""
    return divide(2 * sums[..., 0], 2 * sums[..., 0] + sums[..., 1] + sums[..., 2])


def precision_of_sums(sums: Floats) -> Floats:
    """The share of what was said that is right."""
    return divide(sums[..., 0], sums[..., 0] + sums[..., 1])


def recall_of_sums(sums: Floats) -> Floats:
    """The share of what is right that was said."""
    return divide(sums[..., 0], sums[..., 0] + sums[..., 2])


def bleu_of_sums(sums: Floats) -> Floats:
    """BLEU-1 of a corpus (Papineni et al. 2002): of matched tokens, tokens, and tokens of the references."""
    brevity = np.exp(np.minimum(0.0, 1 - divide(sums[..., 2], np.maximum(sums[..., 1], 1))))
    return np.where(sums[..., 1] > 0, brevity * divide(sums[..., 0], np.maximum(sums[..., 1], 1)), 0.0)


TASK = Task(
    about="MedS-Bench: questions with options, entities, labels, phrases and prose of clinical texts.",
    ask=ask,
    score=score,
    metrics=metrics,
    prompts=MedsPrompts,
    scoring=MedsScores,
    dimensions=("category", "row"),
    kin=kin,
)

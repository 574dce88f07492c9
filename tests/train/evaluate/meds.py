"""Answers to single tasks of MedS-Bench and their figures, without files."""

from collections.abc import Sequence
from typing import Any

import orjson
import polars as pl

from kgtools.train.evaluate.meds_bench.prompts import MedsPrompts, ask
from kgtools.train.evaluate.metric import measure
from kgtools.train.evaluate.task import Answer, Sample
from kgtools.train.evaluate.tasks.meds_bench import TASK, MedsScores

OPTIONS = "Question: Which?\nOptions: A: aspirin\tB: heparin\tC: insulin\tD: iron\tE: zinc\t"
DIAGNOSES = "Choose one of ['gerd', 'pneumonia', 'croup', 'stable angina', 'unstable angina']."


def meds_sample(
    task: str, reference: str, question: str = "A text.", definition: str = "Do it.", **more: Any
) -> Sample:
    """What is asked of a record of MedS-Bench."""
    messages = ({"role": "system", "content": definition}, {"role": "user", "content": question})
    sample = Sample("", "", "meds-ins", "en", "", "unknown", (), messages, reference, {"task": task} | more)
    asked = ask(sample, (), MedsPrompts())
    assert not isinstance(asked, str), asked
    return asked[0]


def rows_of(
    task: str, pairs: Sequence[tuple[str, str | None]], compat: bool = False, question: str = "A text.", definition: str = "Do it.", **more: Any
) -> pl.DataFrame:  # fmt: skip
    """The scores of answers. `pairs`: a reference and an answer to it."""
    given = [
        (meds_sample(task, reference, question, definition, **more), Answer(text=text)) for reference, text in pairs
    ]
    return TASK.score(given, MedsScores(compat="meds-bench" if compat else "none"))


def figures_of(task: str, pairs: Sequence[tuple[str, str | None]], compat: bool = False, **more: Any) -> dict[str, Any]:
    """The figures of answers, each rounded to six places. `pairs`: a reference and an answer to it."""
    scores = rows_of(task, pairs, compat, **more)
    by = [orjson.dumps({"row": task}).decode()] * scores.height
    scores = scores.with_columns(
        pl.Series("group", range(scores.height)).cast(pl.String), pl.Series("by", by, pl.String)
    )
    metrics = TASK.metrics(MedsScores(compat="meds-bench" if compat else "none"), scores)
    return {one.metric: None if one.value is None else round(one.value, 6) for one in measure(scores, metrics, 0)}

"""The options of questions, whose likelihoods a model is asked for, and those in a table of answers."""

from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.exams.choices import choice_of
from kgtools.tools.errors import UsageError
from kgtools.train.data.rows import Rows

OPTION_LOGPROBS = pl.List(pl.Struct({"option": pl.String, "logprob": pl.Float64}))
"""Of a question: `option` is its letter, or `text:` and its letter."""


def find_options(rows: Rows, table: pl.DataFrame) -> dict[str, dict[str, str]]:
    """The options of questions that have some, a text by letter, by id: of prompts of an evaluation as they were put, else as the record
    has them. `table`: `train.data.tokenize.PROMPTS`. Raises UsageError where no question has any."""
    asked = table.lazy().select("id", asked=pl.col("prompt").list.last().struct.field("content"))
    found: dict[str, dict[str, str]] = {}
    for _, frame in rows.tables:
        if "answer" in frame.collect_schema():  # preferences have none
            questions = frame.select("id", "answer", "meta").join(asked, on="id", maintain_order="left").collect()
            found |= {row["id"]: options for row in questions.iter_rows(named=True) if (options := _options(row))}
    if not found:
        raise UsageError(
            "options=yes: no question has options; those of kgtools evaluate prompts exam have, and records of an exam"
        )
    return found


def _options(row: Mapping[str, Any]) -> dict[str, str]:
    meta = row["meta"] or "{}"
    put = orjson.loads(meta).get("evaluate", {}).get("asked", {}).get("options")
    choice = None if put else choice_of(row["asked"], row["answer"], meta)
    return dict(put or (choice.options if choice else {}))


def to_column(likelihoods: Mapping[str, float] | None) -> list[dict[str, Any]] | None:
    """A value of OPTION_LOGPROBS."""
    return [{"option": name, "logprob": value} for name, value in likelihoods.items()] if likelihoods else None

"""A task of an evaluation: what it asks, how it scores an answer, and of what its tables are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from kgtools.tools.config import Seed, Settings
from kgtools.train.evaluate.metric import Metric

KEY = "evaluate"
"""Under which the `meta` of a prompt holds what scoring needs of its record."""

Message = dict[str, str]


class PromptSettings(Settings):
    """What every task lets a user choose of its prompts.

    `split`: of the records; `test` takes those without a split too, `all` every one. `count`: so many records at most, drawn by `seed`; `shots`: so
    many worked examples before the question, of other records, those of the split train where there are any."""

    split: str = Field("test", description="records of this split, and those without one; all: every record")
    count: Annotated[int, Field(ge=1)] | None = Field(None, description="at most so many records, drawn by the seed")
    shots: Annotated[int, Field(ge=0)] = Field(
        0, description="worked examples before the question, never the question itself"
    )
    seed: Seed = Field(0, description="seed of whatever is drawn")


class ScoreSettings(Settings):
    """What every task lets a user choose of its scores. `seed`: of bootstrap intervals."""

    seed: Seed = Field(0, description="seed of the bootstrap")


@dataclass(frozen=True)
class Sample:
    """What is asked once. `id`: of the prompt, a hash of all that it says; `record`: the id of its record; `group`: samples of one group hang
    together; `reference`: the right answer; `meta`: of its record; `asked`: what the task's prompt remembers of it."""

    id: str
    record: str
    source: str
    lang: str
    group: str
    license: str
    facts: tuple[str, ...]
    messages: tuple[Message, ...]
    reference: str | None
    meta: Mapping[str, Any]
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """What the user says last."""
        return next((one["content"] for one in reversed(self.messages) if one["role"] == "user"), "")


@dataclass(frozen=True)
class Answer:
    """What a model answered to a sample. `number`: which of several answers to it; `text`: without what was thought; None: there is no
    answer. `scores`: log-likelihoods by option, where the model was asked for them."""

    number: int = 0
    text: str | None = None
    thinking: str | None = None
    scores: Mapping[str, float] | None = None


Ask = Callable[[Sample, Sequence[Sample], Any], Sequence[Sample] | str]
"""The prompts of a record, given other records as worked examples; or why it is none, a word that is counted."""
Score = Callable[[Sequence[tuple[Sample, Answer]], Any], pl.DataFrame]
"""The columns of a task, a row for each answer in its order."""


@dataclass(frozen=True)
class Task:
    """`about`: what it does, in a sentence. `dimensions`: keys of `meta`, or of what a prompt remembers, by which figures are told apart.
    `metrics`: its figures, of what was scored; the first is the one that models are compared by. `read`: of a task that asks no records,
    what it asks of a file of its own, such as the items of a scale."""

    about: str
    ask: Ask
    score: Score
    metrics: Callable[[Any, pl.DataFrame], Sequence[Metric]]
    prompts: type[PromptSettings] = PromptSettings
    scoring: type[ScoreSettings] = ScoreSettings
    dimensions: tuple[str, ...] = ()
    read: Callable[[Path], Sequence[Sample]] | None = None

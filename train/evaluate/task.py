"""A task of an evaluation: what it asks, how it scores an answer, and of what its tables are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import orjson
import polars as pl
from pydantic import BeforeValidator, Field, PlainSerializer

from kgtools.tools.config import Seed, Settings
from kgtools.tools.inputs.files import digest
from kgtools.train.evaluate.metric import Metric

KEY = "evaluate"
"""Under which the `meta` of a prompt holds what scoring needs of its record."""

Message = dict[str, str]
Paths = Annotated[
    tuple[Path, ...],
    BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value,)),
    PlainSerializer(lambda paths: [path.name for path in paths]),
]
"""One path or several; a manifest has their last names, and their contents by hash."""


class PromptSettings(Settings):
    """What every task lets a user choose of its prompts.

    `split`: of the records; `test` takes those without a split too, `all` every one. `count`: so many records at most, drawn by `seed`; `shots`: so
    many worked examples before the question, of other records, those of the split train where there are any; `also`: more tables of records,
    such as a control set."""

    split: str = Field("test", description="records of this split, and those without one; all: every record")
    count: Annotated[int, Field(ge=1)] | None = Field(None, description="at most so many records, drawn by the seed")
    shots: Annotated[int, Field(ge=0)] = Field(
        0, description="worked examples before the question, never the question itself"
    )
    seed: Seed = Field(0, description="seed of whatever is drawn")
    also: Paths = Field((), description="more records, asked beside the first: [PATH, ...]")


class ScoreSettings(Settings):
    """What every task lets a user choose of its scores. `seed`: of bootstrap intervals."""

    seed: Seed = Field(0, description="seed of the bootstrap")


@dataclass(frozen=True)
class Sample:
    """What is asked once. `id`: of the prompt, a hash of all that it says; `record`: the id of its record; `group`: samples of one group hang
    together; `reference`: the right answer; `meta`, `task`, `template`, `hold_out`: of its record; `reply`: what the assistant says there,
    which prompts that were written do not keep; `asked`: what the task's prompt remembers of it; under `notes`, whole numbers that people
    are told the sums of."""

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
    task: str = ""
    template: str | None = None
    hold_out: str | None = None
    reply: str | None = None

    @property
    def prompt(self) -> str:
        """A hash of the messages that are asked."""
        return digest(orjson.dumps(self.messages).decode())

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
Kin = Callable[[Sample, Any], str | None]
"""What the worked examples of a record must have in common with it, such as its kind of question; None: it takes none."""
Score = Callable[[Sequence[tuple[Sample, Answer]], Any], pl.DataFrame]
"""The columns of a task, a row for each answer in its order, given its settings, or what `open` made of them."""


class Beside(NamedTuple):
    """What scoring reads beside prompts and answers. `given`: stands in place of the settings; `inputs`: file -> SHA-256; `notes`: what
    people are told of it, counts by what they count."""

    given: Any
    inputs: Mapping[str, str]
    notes: Mapping[str, int]


Open = Callable[[Path, Sequence[Sample], Any, Sequence[Path]], Beside]
"""What scoring reads beside, given the folder of the prompts, these, the settings, and what the model was trained on: records, runs."""
CROSS = " x "
"""Joins two dimensions of which each pair of values has figures."""


@dataclass(frozen=True)
class Task:
    """`about`: what it does, in a sentence. `dimensions`: keys of `meta`, or of what a prompt remembers, or columns of the scores, by which
    figures are told apart; `a x b`: by both. `metrics`: its figures, of what was scored; the first is the one that models are compared by.
    `kin`: of which records worked examples are; else of any. `gather`: of records that ask the same makes one; `as_it_stands`: prompt settings
    by which a record is asked just as it is, with which records are scored that no prompts were made of. `read`: of a task that asks no
    records, what it asks of a file of its own, such as the items of a scale. `open`: reads what scoring needs beside; `beside`: files that
    stand beside records and are kept beside prompts. `apart`: each source has figures of its own by every dimension; else they are of all
    sources together."""

    about: str
    ask: Ask
    score: Score
    metrics: Callable[[Any, pl.DataFrame], Sequence[Metric]]
    prompts: type[PromptSettings] = PromptSettings
    scoring: type[ScoreSettings] = ScoreSettings
    dimensions: tuple[str, ...] = ()
    kin: Kin | None = None
    gather: Callable[[Sequence[Sample]], Sequence[Sample]] | None = None
    as_it_stands: Mapping[str, Any] = field(default_factory=dict)
    open: Open | None = None
    beside: tuple[str, ...] = ()
    apart: bool = True
    read: Callable[[Path], Sequence[Sample]] | None = None

"""Scores: answers to the prompts of a task, a row each with all that it was scored by, and the figures of every group of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.tools.frames import Schema, load_table, write_table
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.answers import Missing, read_answers
from kgtools.train.evaluate.contamination import NOT_CHECKED, check_contamination, mark
from kgtools.train.evaluate.metric import measure
from kgtools.train.evaluate.parts import parts_of
from kgtools.train.evaluate.prompts import PromptSet, read_prompts
from kgtools.train.evaluate.settings import files_in
from kgtools.train.evaluate.task import Answer, Beside, Sample, ScoreSettings

SAMPLES = Schema(
    "scores",
    {
        "id": pl.String, "record": pl.String, "sample": pl.UInt32, "source": pl.String, "lang": pl.String, "group": pl.String,
        "by": pl.String, "prompt": pl.String, "reference": pl.String, "answer": pl.String, "thinking": pl.String,
        "messages": RECORDS.columns["messages"],
    },
    required=("id", "record", "sample", "source", "lang", "group", "by", "prompt"),
)  # fmt: skip
"""A scored answer a row, in the order of the prompts; the columns of its task stand behind these. `sample`: which of several answers to
a prompt; `group`: what hangs together; `by`: JSON, what figures are told apart by; `prompt`: the id of all that was asked, a hash of the
messages; `answer`: null where there was none; `thinking`: what was thought before it, with the answer where the file had not parted them;
`messages`: what was asked."""
Samples = Annotated[pl.DataFrame, SAMPLES]
PAIRS = "contaminated.parquet"
"""What was found of the prompts in training data, as `kgtools decontaminate` writes it."""


@dataclass(frozen=True)
class Cell:
    """A figure of a table: a metric over the samples of which `by` has the value; `by` all: over all of a source's (`value`: its name), and
    over all there are (`value` empty)."""

    source: str
    by: str
    value: str
    metric: str
    figure: float | None
    low: float | None
    high: float | None
    interval: str
    n: int
    groups: int
    smallest_difference: float | None


@dataclass(frozen=True)
class Evaluation:
    """What a task made of answers. `cells`: its figures; `metrics`: their names with whether more is better, whether people read them in per
    cent, and whether they are details; `states`: how many answers could be read, where the task says; `answered_by`: settings that the answers
    came with; `contamination`: which prompts stand in the training data (`contamination.Contamination`), whose `line` is the header of
    every table; `notes`: what a task tells of all that it read beside."""

    task: str
    samples: int
    answers: int
    missing: int
    refused: dict[str, int]
    states: dict[str, int]
    metrics: dict[str, dict[str, bool]]
    cells: tuple[Cell, ...]
    settings: dict[str, Any]
    prompt_settings: dict[str, Any]
    answered_by: Mapping[str, Any]
    contamination: dict[str, Any]
    out: Path | None = None
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def scores(self) -> pl.DataFrame:
        """`scores.parquet`: SAMPLES and the columns of the task."""
        assert self.out is not None
        return load_table(self.out / "scores.parquet")

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        values = {key: value for key, value in vars(self).items() if key != "out"}
        return values | {"cells": [asdict(cell) for cell in self.cells]}


def evaluate(
    name: str, prompts: Path, answers: Path, settings: ScoreSettings, out: Path, missing: Missing = "error", trained_on: Sequence[Path] = ()
) -> Evaluation:  # fmt: skip
    """Score answers to the prompts of a task into `out`: `scores.parquet`, `cells.json` and `run.json`, all or nothing. `trained_on`: records, and
    folders of trainings, in which the prompts are looked for; the pairs are then in `contaminated.parquet`. Raises InputError, UsageError."""
    asked = read_prompts(name, prompts)
    given = read_answers(answers, asked.samples, missing)
    contamination = check_contamination(asked.samples, asked.settings, trained_on) if trained_on else NOT_CHECKED
    beside = Beside(settings, {}, {})
    if asked.task.open:
        beside = asked.task.open(prompts, asked.samples, settings, trained_on)
    with staging(out, lambda _: [PAIRS]) as folder:
        scores = mark(_score(asked, given.given, beside.given), contamination)
        metrics = asked.task.metrics(settings, scores)
        cells = tuple(_cells(scores, asked, metrics, settings.seed))
        states = dict(sorted(Counter(scores["state"].to_list()).items())) if "state" in scores.columns else {}
        result = Evaluation(
            name, len(asked.samples), scores.height, given.missing, dict(sorted(asked.refused.items())), states,
            {one.name: {"better": one.better, "percent": one.percent, "detail": one.detail} for one in metrics}, cells,
            settings.model_dump(mode="json"), asked.settings.model_dump(mode="json"), given.settings,
            contamination.to_dict(), out, dict(beside.notes),
        )  # fmt: skip
        write_table(scores, folder / "scores.parquet")
        if contamination.checked:
            write_table(contamination.pairs, folder / PAIRS)
        (folder / "cells.json").write_bytes(to_json([asdict(cell) for cell in cells]))
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        facts = {key: value for key, value in result.to_dict().items() if key not in ("settings", "cells")}
        read = given.inputs | contamination.inputs | dict(beside.inputs) | files_in(settings)
        inputs = {f"prompts/{key}": value for key, value in asked.inputs.items()} | read
        content = manifest(
            f"evaluate {name}",
            settings.model_dump(mode="json") | {"missing": missing},
            inputs,
            **facts,
            outputs=outputs,
        )
        (folder / "run.json").write_bytes(content)
    return result


def _score(asked: PromptSet, given: Sequence[tuple[Sample, Answer]], settings: Any) -> pl.DataFrame:
    rows = [
        (
            one.id, one.record, answer.number, one.source, one.lang, one.group, _dimensions(asked, one), one.prompt, one.reference, answer.text,
            answer.thinking, list(one.messages),
        )
        for one, answer in given
    ]  # fmt: skip
    known = SAMPLES.check(pl.DataFrame(rows, schema=SAMPLES.columns, orient="row"), "the scores")
    return pl.concat([known, asked.task.score(given, settings)], how="horizontal")


def _dimensions(asked: PromptSet, one: Sample) -> str:
    known = dict(one.meta) | dict(one.asked)
    found = {name: str(known[name]) for name in asked.task.dimensions if known.get(name) not in (None, "")}
    return orjson.dumps({"lang": one.lang} | found).decode()


def _cells(scores: pl.DataFrame, asked: PromptSet, metrics: Sequence[Any], seed: int) -> list[Cell]:
    return [
        Cell(
            part.source, part.by, part.value, figure.metric, figure.value, figure.interval.low, figure.interval.high, figure.interval.method,
            figure.n, figure.groups, figure.smallest_difference,
        )
        for part in parts_of(scores, asked.task.dimensions, asked.task.apart)
        for figure in measure(part.rows, metrics, seed)
    ]  # fmt: skip

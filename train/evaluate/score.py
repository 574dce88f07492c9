"""Scores: answers to the prompts of a task, a row each with all that it was scored by, and the figures of every group of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import orjson
import polars as pl

from kgtools.tools.frames import Schema, load_table, write_table
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.answers import Missing, read_answers
from kgtools.train.evaluate.metric import measure
from kgtools.train.evaluate.prompts import PromptSet, read_prompts
from kgtools.train.evaluate.task import CROSS, Answer, Beside, Sample, ScoreSettings

SAMPLES = Schema(
    "scores",
    {
        "id": pl.String, "record": pl.String, "sample": pl.UInt32, "source": pl.String, "lang": pl.String, "group": pl.String,
        "by": pl.String, "prompt": pl.String, "reference": pl.String, "answer": pl.String, "thinking": pl.String,
    },
    required=("id", "record", "sample", "source", "lang", "group", "by", "prompt"),
)  # fmt: skip
"""A scored answer a row, in the order of the prompts; the columns of its task stand behind these. `sample`: which of several answers to
a prompt; `group`: what hangs together; `by`: JSON, what figures are told apart by; `prompt`: the id of all that was asked, a hash of the
messages; `answer`: null where there was none; `thinking`: what was thought before it, with the answer where the file had not parted them."""
Samples = Annotated[pl.DataFrame, SAMPLES]

MANY = 200
"""Values of a dimension of which each has figures; of more, such as one a question, it has none."""
ALL = "all"


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
    """What a task made of answers. `cells`: its figures; `metrics`: their names with whether more is better and whether people read them in
    per cent; `states`: how many answers could be read, where the task says; `answered_by`: settings that the answers came with; `notes`: what a task
    tells of all that it read beside."""

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
    name: str, prompts: Path, answers: Path, settings: ScoreSettings, out: Path, missing: Missing = "error"
) -> Evaluation:
    """Score answers to the prompts of a task into `out`: `scores.parquet`, `cells.json` and `run.json`, all or nothing. Raises InputError,
    UsageError."""
    asked = read_prompts(name, prompts)
    given = read_answers(answers, asked.samples, missing)
    task = asked.task
    beside = task.open(prompts, asked.samples, settings) if task.open else Beside(settings, {}, {})
    with staging(out) as folder:
        scores = _score(asked, given.given, beside.given)
        metrics = asked.task.metrics(settings, scores)
        cells = tuple(_cells(scores, asked, metrics, settings.seed))
        states = dict(sorted(Counter(scores["state"].to_list()).items())) if "state" in scores.columns else {}
        result = Evaluation(
            name, len(asked.samples), scores.height, given.missing, dict(sorted(asked.refused.items())), states,
            {one.name: {"better": one.better, "percent": one.percent} for one in metrics}, cells,
            settings.model_dump(mode="json"), asked.settings.model_dump(mode="json"), given.settings, out, dict(beside.notes),
        )  # fmt: skip
        write_table(scores, folder / "scores.parquet")
        (folder / "cells.json").write_bytes(to_json([asdict(cell) for cell in cells]))
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        facts = {key: value for key, value in result.to_dict().items() if key not in ("settings", "cells")}
        inputs = {f"prompts/{key}": value for key, value in asked.inputs.items()} | given.inputs | dict(beside.inputs)
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
            one.id, one.record, answer.number, one.source, one.lang, one.group, _dimensions(asked, one), prompt_id(one), one.reference, answer.text,
            answer.thinking,
        )
        for one, answer in given
    ]  # fmt: skip
    known = SAMPLES.check(pl.DataFrame(rows, schema=SAMPLES.columns, orient="row"), "the scores")
    return pl.concat([known, asked.task.score(given, settings)], how="horizontal")


def prompt_id(one: Sample) -> str:
    """A hash of the messages that were asked."""
    return one.prompt


def _dimensions(asked: PromptSet, one: Sample) -> str:
    known = dict(one.meta) | dict(one.asked)
    found = {name: str(known[name]) for name in asked.task.dimensions if known.get(name) not in (None, "")}
    return orjson.dumps({"lang": one.lang} | found).decode()


def _cells(scores: pl.DataFrame, asked: PromptSet, metrics: Sequence[Any], seed: int) -> list[Cell]:
    """The figures over all, over each source, and by each dimension that has more than one value: of each source, or, of a task that does not
    keep them apart, of all."""
    parts: list[tuple[str, str, str, pl.DataFrame]] = []
    sources = scores.partition_by("source", as_dict=True, maintain_order=True)
    tables = {str(key): rows for (key,), rows in sorted(sources.items())} if asked.task.apart else {"": scores}
    if len(tables) > 1:
        parts.append(("", ALL, "", scores))
    for source, rows in tables.items():
        parts.append((source, ALL, "", rows))
        for name in ("lang", *asked.task.dimensions):
            by_value = with_value(rows, name).drop_nulls("value").partition_by("value", as_dict=True)
            if 1 < len(by_value) <= MANY * (1 + name.count(CROSS)):
                parts += [(source, name, str(key), part) for (key,), part in sorted(by_value.items())]
    return [
        Cell(
            source, by, value, figure.metric, figure.value, figure.interval.low, figure.interval.high, figure.interval.method, figure.n,
            figure.groups, figure.smallest_difference,
        )
        for source, by, value, rows in parts
        for figure in measure(rows, metrics, seed)
    ]  # fmt: skip


def with_value(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Scores with `value`, what a dimension says of each: a column of the task's, else what `by` has. Of a list there is a row for each that
    it holds."""
    if CROSS in name:
        values = [with_value(rows, part)["value"] for part in name.split(CROSS)]
        return rows.with_columns(pl.concat_str(values, separator=CROSS).alias("value"))
    if name not in rows.columns or name in SAMPLES.columns:
        return rows.with_columns(pl.col("by").str.json_path_match(f"$.{name}").alias("value"))
    found = rows.with_columns(value=name)
    return found.explode("value") if rows.schema[name] == pl.List(pl.String) else found

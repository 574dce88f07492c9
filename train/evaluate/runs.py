"""Finished evaluations as they are read again, and the samples that several of them share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record_files import read_manifest
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table
from kgtools.train.evaluate.metric import Metric
from kgtools.train.evaluate.parts import CONTAMINATED
from kgtools.train.evaluate.prompts import find_task
from kgtools.train.evaluate.score import SAMPLES
from kgtools.train.evaluate.task import ScoreSettings, Task

SOME = 3
NO_SCORE = ("seed", "missing")
"""Settings of scoring that no score depends on: of intervals, and of prompts without an answer, which are compared as they were counted."""
KEY = ("id", "sample")


@dataclass(frozen=True, eq=False)
class Run:
    """What `kgtools evaluate TASK` wrote into a folder. `label`: how tables call it; `name`: of the task; `scores`: `score.SAMPLES` with the columns
    of the task; `answered_by`: settings that its answers came with; `contamination`: the line of its tables."""

    label: str
    folder: Path
    name: str
    task: Task
    settings: ScoreSettings
    scores: pl.DataFrame
    answered_by: Mapping[str, Any]
    contamination: str
    version: str

    @property
    def files(self) -> tuple[Path, ...]:
        """What was read of it."""
        return self.folder / "scores.parquet", self.folder / "run.json"

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The figures of the task over all its samples."""
        return tuple(self.task.metrics(self.settings, self.scores))


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs of folders, each called by the name of its folder, or by its path where two have the same name. Raises InputError, UsageError."""
    names = [folder.resolve().name for folder in folders]
    labels = [name if names.count(name) == 1 else str(folder) for name, folder in zip(names, folders, strict=True)]
    if len(set(labels)) < len(labels):
        raise UsageError(f"{', '.join(labels)}: the same folder twice; name runs that differ")
    return [_read(folder, label) for folder, label in zip(folders, labels, strict=True)]


def _read(folder: Path, label: str) -> Run:
    said, file = read_manifest(folder), folder / "scores.parquet"
    command = str(said.get("command", ""))
    if not folder.is_dir() or not file.is_file() or "metrics" not in said or not command.startswith("evaluate "):
        raise InputError(
            f"{folder}: is no folder that `kgtools evaluate TASK` wrote: it has no scores.parquet with its run.json"
        )
    name = command.removeprefix("evaluate ")
    if name == "judge":
        raise InputError(
            f"{folder}: holds what a judge said, and runs of it are not compared; let the judge compare the answers in pairs: kgtools evaluate "
            "judge PROMPTS ANSWERS ANSWERS_B --rubric pairwise"
        )
    task = find_task(name)
    try:
        scores = load_table(file)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{file}: not a Parquet file of scores: {' '.join(str(error).split())[:200]}") from error
    lacking = [column for column in SAMPLES.columns if column not in scores.columns]
    if lacking:
        raise InputError(
            f"{file}: has no column {', '.join(lacking)}; score the answers again with this version of kgtools"
        )
    settings = {key: value for key, value in said["settings"].items() if key in task.scoring.model_fields}
    return Run(
        label, folder, name, task, task.scoring.model_validate(settings), scores, said.get("answered_by", {}),
        said.get("contamination", {}).get("line", "contamination: not checked"), said["versions"]["kgtools"],
    )  # fmt: skip


@dataclass(frozen=True)
class Joined:
    """The samples that runs share, in the order of the first. `places`: of each run the rows of its scores; `alone`: run -> samples that not all
    have; `metrics`: that all runs have; `left_out`: the names of others."""

    runs: tuple[Run, ...]
    places: tuple[pl.Series, ...]
    alone: dict[str, int]
    metrics: tuple[Metric, ...]
    left_out: tuple[str, ...]

    @property
    def height(self) -> int:
        """How many samples they share."""
        return len(self.places[0])

    def of(self, run: Run) -> pl.DataFrame:
        """The shared samples of a run, with `row`, their place; their groups, and what they are told apart by, are those of the first run. As
        contaminated counts what is so for any run that was looked at."""
        return self._tables[self.runs.index(run)]

    @cached_property
    def _tables(self) -> tuple[pl.DataFrame, ...]:
        tables = [run.scores[rows].with_row_index("row") for run, rows in zip(self.runs, self.places, strict=True)]
        common = {name: tables[0][name] for name in ("group", "by")}
        looked_at = [
            table[CONTAMINATED].alias(str(at)) for at, table in enumerate(tables) if CONTAMINATED in table.columns
        ]
        if looked_at:
            common[CONTAMINATED] = pl.DataFrame(looked_at).select(pl.any_horizontal(pl.all())).to_series()
        # a column that one run lacks and its metrics do without, such as that of a label that it never says, has nothing to sum
        names = sorted({name for metric in self.metrics for name in metric.columns})
        return tuple(
            table.with_columns(pl.lit(0.0).alias(name) for name in names if name not in table.columns).with_columns(**common) for table in tables
        )  # fmt: skip


def join_runs(runs: Sequence[Run], common: bool) -> Joined:
    """The samples that all runs have. Raises UsageError where they are no answers to the same prompts, scored alike, with what differs; and,
    unless `common`, where one has samples that another lacks."""
    first = runs[0]
    for run in runs[1:]:
        _refuse_others(first, run)
    keys = [
        run.scores.select(*KEY, pl.int_range(pl.len(), dtype=pl.UInt32).alias(str(at))) for at, run in enumerate(runs)
    ]
    shared = keys[0]
    for other in keys[1:]:
        shared = shared.join(other, on=KEY, how="inner", maintain_order="left")
    if not shared.height:
        raise UsageError(
            f"{', '.join(run.label for run in runs)}: no sample is in all of them; they answer other prompts"
        )
    alone = {run.label: run.scores.height - shared.height for run in runs if run.scores.height > shared.height}
    if alone and not common:
        missing = "; ".join(_name(run, shared) for run in runs if run.label in alone)
        raise UsageError(
            f"the runs have not the same samples: {missing}; --common compares the {shared.height:,} that all have"
        )
    places = tuple(shared[str(at)] for at in range(len(runs)))
    _refuse_other_prompts(runs, places)
    every = first.task.metrics(first.settings, pl.concat([run.scores for run in runs], how="diagonal_relaxed"))
    known = [{metric.name for metric in run.metrics} for run in runs]
    metrics = tuple(metric for metric in every if all(metric.name in names for names in known))
    left_out = tuple(sorted(set().union(*known) - {metric.name for metric in metrics}))
    return Joined(tuple(runs), places, alone, metrics, left_out)


def _name(run: Run, shared: pl.DataFrame) -> str:
    """How many samples a run has for itself, and the ids of some."""
    only = run.scores.join(shared, on=KEY, how="anti", maintain_order="left")
    some = ", ".join(only["id"].unique(maintain_order=True)[:SOME])
    return f"{run.label} has {only.height:,} that another lacks ({some}{', ...' if only.height > SOME else ''})"


def _refuse_others(first: Run, run: Run) -> None:
    if run.name != first.name:
        raise UsageError(
            f"{first.label} is of the task {first.name}, {run.label} of {run.name}; compare runs of one task"
        )
    one, other = (each.settings.model_dump(mode="json") for each in (first, run))
    differ = [f"{key} ({one[key]} and {other[key]})" for key in one if key not in NO_SCORE and one[key] != other[key]]
    if differ:
        raise UsageError(
            f"{first.label} and {run.label} were scored in other ways: {', '.join(differ)}; score one of them again with the settings of the other"
        )


def _refuse_other_prompts(runs: Sequence[Run], places: Sequence[pl.Series]) -> None:
    """Answers by the ids of records may answer a question that was put in other words."""
    ones = runs[0].scores[places[0]]
    for run, rows in zip(runs[1:], places[1:], strict=True):
        others = run.scores[rows]
        for name, what in (("prompt", "were asked something else"), ("reference", "have another right answer")):
            same = ones[name].eq_missing(others[name])
            if not same.all():
                ids = ones["id"].filter(~same)
                raise UsageError(
                    f"{len(ids):,} samples of {run.label} {what} than in {runs[0].label} ({', '.join(ids[:SOME])}); answer the same prompts"
                )

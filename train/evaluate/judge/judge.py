"""Answers judged: what is asked of each, what the judge said, and the tables of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.gates import check_identified
from kgtools.corpora.record_files import read_manifest
from kgtools.tools.errors import InputError
from kgtools.tools.frames import write_table
from kgtools.tools.inputs.files import digest, sha256, to_json
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.answers import Missing, read_answers
from kgtools.train.evaluate.judge import pairs, ratings
from kgtools.train.evaluate.judge.ask import Judgements, ask_judge
from kgtools.train.evaluate.judge.calibration import Calibration, corrected_cells
from kgtools.train.evaluate.judge.rubric import Rubric, load_rubric
from kgtools.train.evaluate.judge.settings import JudgeSettings
from kgtools.train.evaluate.judge.subjects import (
    Subject,
    gather,
    make_common,
    make_parts,
    make_verdicts,
    pair_answers,
    questions_about,
)
from kgtools.train.evaluate.judge.tables import DEFAULT_DIMENSIONS, VERDICTS, make_cells
from kgtools.train.evaluate.metric import Metric
from kgtools.train.evaluate.prompts import COMMAND as PROMPTS
from kgtools.train.evaluate.prompts import find_task, read_samples
from kgtools.train.evaluate.score import Cell
from kgtools.train.evaluate.server.answers import server_facts
from kgtools.train.evaluate.server.ask import OnProgress
from kgtools.train.evaluate.server.client import Client
from kgtools.train.evaluate.server.cost import Prices
from kgtools.train.evaluate.server.kept import keep_replies

COMMAND = "evaluate judge"
UNCALIBRATED = "judge not calibrated"


@dataclass(frozen=True)
class JudgeResult:
    """What a judge made of answers. `header`: what stands above every table: the judge, the rubric, whether it is calibrated; `states`: how
    many judgements could be read; `facts`: of the server; `calls`, `failures`, `example`: of this run."""

    out: Path
    header: str
    cells: tuple[Cell, ...]
    metrics: dict[str, dict[str, bool]]
    states: dict[str, int]
    missing: int
    facts: dict[str, Any]
    calls: int
    failures: dict[str, int]
    example: str

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        values = {key: value for key, value in vars(self).items() if key not in ("out", "example", "facts")}
        return values | self.facts | {"cells": [asdict(cell) for cell in self.cells]}


def judge(
    prompts: Path, answers: Path, others: Path | None, rubric_name: str, client: Client, settings: JudgeSettings, out: Path, *,
    prices: Prices | None = None, calibration: Calibration | None = None, missing: Missing = "error", fresh: bool = False,
    allow_identified: bool = False, on_progress: OnProgress = lambda *_: None,
) -> JudgeResult:  # fmt: skip
    """Ask a judge about answers, or about pairs of them, by a rubric; write `scores.parquet`, `verdicts.parquet`, `cells.json` and `run.json`.

    What is in `out/replies.jsonl` is not asked again. Raises InputError, UsageError; Findings for people's records that would leave this
    machine as they were."""
    rubric, rubric_file = load_rubric(rubric_name)
    if (rubric.kind == "pairwise") != (others is not None):
        need = "two files of answers" if rubric.kind == "pairwise" else "one file of answers"
        raise InputError(f"rubric {rubric_name}: is {rubric.kind} and needs {need}")
    about = {
        "model": client.endpoint.model,
        "rubric": next(iter(rubric_file)),
        "rubric_sha256": next(iter(rubric_file.values())),
    }
    about_judge = about | {
        "kind": rubric.kind,
        "parts": list(rubric.parts),
        "scale": list(rubric.scale),
        "settings": settings.model_dump(mode="json"),
    }
    if calibration is not None:
        calibration.refuse_other(about_judge)
    if not client.endpoint.stays_here:
        check_identified(prompts, allow_identified)
    samples, inputs = read_samples(prompts, "all")
    first = read_answers(answers, samples, missing)
    second = read_answers(others, samples, missing) if others else None
    inputs = {f"prompts/{key}": value for key, value in inputs.items()}
    inputs |= {f"answers/{key}": value for key, value in first.inputs.items()} | {
        f"rubric/{key}": value for key, value in rubric_file.items()
    }
    subjects = [Subject(one, answer.number, answer) for one, answer in first.given]
    if second and others:
        inputs |= {f"answers_b/{key}": value for key, value in second.inputs.items()}
        subjects = pair_answers(first.given, second.given, answers, others)
    questions = [
        question
        for place, one in enumerate(subjects)
        if one.gone is None
        for question in questions_about(rubric, one, place)
    ]
    # how often it is asked, and what its verdicts come to, make no reply another one
    asked = settings.model_dump(mode="json", exclude={"rounds", "combine"})
    parts = [client.endpoint.url, client.endpoint.model, asked, sorted(inputs.items())]
    with keep_replies(out, digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()), fresh) as replies:
        said = ask_judge(questions, rubric, replies, client, settings, settings.rounds, prices, on_progress)
        facts = server_facts(client, said.requests, replies, prices)
        lacking = first.missing + (second.missing if second else 0)
        return _write(
            rubric, subjects, said, _dimensions(prompts), settings, out, inputs, about_judge, calibration, lacking, client.endpoint.host, facts
        )  # fmt: skip


def _dimensions(prompts: Path) -> tuple[str, ...]:
    said = read_manifest(prompts)
    return find_task(said["settings"]["task"]).dimensions if said.get("command") == PROMPTS else DEFAULT_DIMENSIONS


def _write(
    rubric: Rubric, subjects: Sequence[Subject], said: Judgements, names: Sequence[str], settings: JudgeSettings, out: Path,
    inputs: dict[str, str], about: dict[str, Any], calibration: Calibration | None, missing: int, host: str, facts: dict[str, Any],
) -> JudgeResult:  # fmt: skip
    judged = gather(rubric, subjects, said)
    common = make_common(subjects, judged, names)
    numbers = make_parts(rubric, subjects, judged, settings.combine)
    parts = {name: pl.concat([common[places], rows], how="horizontal") for name, (places, rows) in numbers.items()}
    verdicts = VERDICTS.frame(make_verdicts(rubric, common, judged, parts))
    make = {"pairwise": pairs.pair_metrics, "rating": ratings.rating_metrics, "checklist": ratings.checklist_metrics}[
        rubric.kind
    ]
    noun = "tag" if rubric.kind == "checklist" else "aspect"
    cells = make_cells(parts, noun, names, make, settings.seed or 0)
    metrics: list[Metric] = list(make(parts[""]))
    header = f"judge {about['model']}, rubric {about['rubric'].removesuffix('.yaml')}: {UNCALIBRATED}"
    with staging(out) as folder:
        write_table(parts[""], folder / "scores.parquet")
        write_table(verdicts, folder / "verdicts.parquet")
        if calibration is not None:
            cells += corrected_cells(calibration, verdicts, sha256(folder / "verdicts.parquet"), rubric)
            header = f"{header.removesuffix(UNCALIBRATED)}{calibration.line}"
        (folder / "cells.json").write_bytes(to_json([asdict(cell) for cell in cells]))
        result = JudgeResult(
            out, header, tuple(cells), _describe(metrics, cells), dict(sorted(Counter(parts[""]["outcome"].to_list()).items())), missing,
            facts, said.outcome.calls, said.outcome.reasons(), said.outcome.example(),
        )  # fmt: skip
        kept = {key: value for key, value in result.to_dict().items() if key not in ("cells", "calls")}
        outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        content = manifest(
            COMMAND, settings.model_dump(mode="json") | {"server": host}, inputs, **kept, judge=about,
            calibration=None if calibration is None else calibration.summary, answers=len(subjects), outputs=outputs,
        )  # fmt: skip
        (folder / "run.json").write_bytes(content)
    return result


def _describe(metrics: Sequence[Metric], cells: Sequence[Cell]) -> dict[str, dict[str, bool]]:
    """Of each figure whether more is better, and whether people read it in per cent; a corrected one is read as the one that it corrects."""
    found = {one.name: {"better": one.better, "percent": one.percent} for one in metrics}
    for cell in cells:
        plain = cell.metric.removesuffix("_corrected")
        found.setdefault(cell.metric, found.get(plain, {"better": True, "percent": True}))
    return found

"""What each stage of a chain changed: how its model answers questions that were trained on and questions that were not."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record_files import scan
from kgtools.tools.frames import load_table, write_table
from kgtools.train import recipe
from kgtools.train.inference.answer import Answer, OnProgress, answer

QUESTIONS = 128
"""Questions of a kind that the models are asked, at most."""


@dataclass(frozen=True)
class Exam:
    """Folders of questions with the answers of their records. `trained`: of the train split, drawn by a seed; `held_out`: of the test
    split, None where nothing is split."""

    trained: Path
    held_out: Path | None

    @property
    def unseen(self) -> Path:
        """Those held out, or those trained on where there are no others."""
        return self.held_out or self.trained


def make_exam(records: Path, seed: int, out: Path) -> Exam:
    """The questions of records in folders of `out`."""
    rows, _ = scan(records)
    of = pl.col("split").fill_null("train")

    def take(split: str) -> Path | None:
        ids = sorted(rows.filter(of == split).select("id").collect()["id"])
        chosen = sorted(random.Random(seed).sample(ids, min(QUESTIONS, len(ids))))
        if not chosen:
            return None
        questions = rows.filter(pl.col("id").is_in(chosen)).collect().sort("id")
        folder = out / split
        folder.mkdir(parents=True, exist_ok=True)
        write_table(questions.with_columns(split=pl.lit("test")), folder / "records.parquet")
        return folder

    held_out, trained = take("test"), take("train")
    return Exam(trained or out / "test", held_out)


def matches(answer: str, right: str) -> bool:
    """Whether an answer is the right one, letter by letter, but for how much white space there is and one full stop at the end."""
    one, other = (" ".join(text.split()).removesuffix("。").removesuffix(".") for text in (answer, right))
    return one == other


def exact_match(answers: Path, questions: Path) -> float:
    """The share of answers, as `train.inference.answer` wrote them, that match those of the records."""
    right = dict(
        scan(questions)[0].select("id", pl.col("messages").list.last().struct.field("content")).collect().iter_rows()
    )
    answered = load_table(answers / "answers.parquet").select("id", "answer").iter_rows()
    matched = [matches(text, right[id_]) for id_, text in answered]
    return sum(matched) / len(matched)


@dataclass(frozen=True)
class Effect:
    """How a model answers. `match_trained`, `match_held_out`: exact match, taking the likeliest token each time, None where there are no such
    questions; `reward`: the mean score of drawn answers to questions that are held out, where there are such; `ended`: the share of those
    answers that end, `tokens`: how long they are on average; `loss`: of fine-tuning, None where there is none."""

    model: str
    match_trained: float | None
    match_held_out: float | None
    reward: float
    ended: float
    tokens: float
    loss: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return dict(vars(self))


def measure_effect(
    name: str, loss: float | None, system: str, seed: int, model: Path, exam: Exam, out: Path, score: Callable[[Any], list[float]],
    on_progress: OnProgress = lambda *_: None,
) -> Effect:  # fmt: skip
    """Let a model answer the questions of an exam; `score` gives the scores of (prompt, answer). What it answered is kept in `out`."""

    def ask(questions: Path, temperature: float, folder: Path) -> dict[str, Any]:
        settings = {"model": str(model), "data": str(questions), "seed": str(seed), "temperature": str(temperature)}
        return answer(recipe.load(system, "answer", Answer, settings), folder, True, on_progress)

    def match(questions: Path | None, folder: Path) -> float | None:
        if questions is None:
            return None
        ask(questions, 0.0, folder)
        return exact_match(folder, questions)

    facts = ask(exam.unseen, 1.0, out)
    scores = score(load_table(out / "answers.parquet").select("prompt", "answer").iter_rows())
    return Effect(
        model=name,
        match_trained=match(exam.trained, out / "trained"),
        match_held_out=match(exam.held_out, out / "held_out"),
        reward=sum(scores) / len(scores),
        ended=facts["ended"] / facts["answers"],
        tokens=facts["answer_tokens"] / facts["answers"],
        loss=loss,
    )

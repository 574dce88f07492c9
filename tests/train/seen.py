"""What each step of a stage sees, asked of the trainers themselves: run once unbroken, then broken off and gone on with.

It runs in a process of its own for each rank: `main(FOLDER, STAGE, ...)`. In FOLDER/STAGE is the stage's job; beside it comes, of each
process, what it saw: run -> step -> rows."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import transformers

from kgtools.tools import registry
from kgtools.tools.inputs.files import to_json
from kgtools.train.launch.job import Job, last_checkpoint
from kgtools.train.stages.ppo.rollout import Sampler

BROKEN = (3, 7, 11)
"""After so many steps: in the first pass through 60 rows by 16, in the second and in the third."""


class BrokenOff(Exception):
    """What a kill is to the process that is killed."""


class Watch:
    """Writes down which rows go into a step."""

    def __init__(self, job: Job) -> None:
        rows = pl.read_parquet(job.tokens["train"])
        names = [name for name in ("prompt_ids", "input_ids", "chosen_ids") if name in rows.columns]
        self.numbers = {tuple(ids): row for row, ids in enumerate(rows.select(pl.concat_list(names)).to_series())}
        if "prompt" in rows.columns:
            self.numbers |= {messages[-1]["content"]: row for row, messages in enumerate(rows["prompt"])}
        self.seen: dict[int, list[int]] = {}
        self.end: int | None = None

    def see(self, step: int, found: list[Any]) -> None:
        """Rows of step `step`, counted from 0."""
        if self.end is not None and step >= self.end:
            raise BrokenOff
        self.seen.setdefault(step, []).extend(self.numbers[one] for one in found)


def watch_trainers(watch: Watch) -> None:
    """Let the trainers tell."""
    whole, answers, sample = transformers.Trainer.training_step, Sampler._generate, Sampler.sample
    steps: list[int] = []

    def training_step(self: Any, model: Any, inputs: Any, *more: Any) -> Any:
        step = self.state.global_step
        if isinstance(inputs, list):  # the same rows for each micro batch, to be answered when the first one comes
            if step not in watch.seen:
                watch.see(step, [row["prompt"][-1]["content"] for row in inputs])
        else:
            ids, mask = inputs["input_ids"], inputs["attention_mask"].bool()
            half = len(ids) if "labels" in inputs else len(ids) // 2  # of pairs the chosen come first
            watch.see(step, [tuple(row[kept].tolist()) for row, kept in zip(ids[:half], mask[:half], strict=True)])
        return whole(self, model, inputs, *more)

    def asked(self: Any, prompts: Any) -> Any:
        watch.see(steps[-1], [tuple(prompt) for prompt in prompts])
        return answers(self, prompts)

    def sampled(self: Any, step: int, mark: Any) -> Any:
        steps.append(step)
        return sample(self, step, mark)

    transformers.Trainer.training_step, Sampler._generate, Sampler.sample = training_step, asked, sampled


def main(home: str, *stages: str) -> int:
    folder = Path(home)
    rank, kept = os.environ["RANK"], (transformers.Trainer.training_step, Sampler._generate, Sampler.sample)
    for name in stages:
        stage, job = registry.find("stages", name), Job.load(folder / name / "job.json")
        told = {}
        for run in ("whole", "broken"):
            watch = Watch(job)
            watch_trainers(watch)
            own = replace(job, work=f"{job.work}/{run}", checkpoints=f"{job.work}/{run}/checkpoints")
            Path(own.work).mkdir(exist_ok=True)
            with suppress(FileExistsError):
                (Path(own.work) / "tokenizer").symlink_to(Path(job.work) / "tokenizer")
            for end in (*BROKEN, None) if run == "broken" else (None,):
                watch.end = end
                if found := last_checkpoint(Path(own.checkpoints)):
                    own = replace(own, resume=str(found.folder), done=found.step)
                    watch.seen = {step: rows for step, rows in watch.seen.items() if step < own.done}
                try:
                    stage.run(own)
                except BrokenOff:
                    continue
            told[run] = {str(step): rows for step, rows in watch.seen.items()}
            transformers.Trainer.training_step, Sampler._generate, Sampler.sample = kept
        (folder / name / f"seen-{rank}.json").write_bytes(to_json(told))
    return 0

"""PPO against a reward model (Schulman et al. 2017; Ouyang et al. 2022): four roles on one frozen base."""

import math
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from tools.errors import KgtoolsError, UsageError
from tools.files import to_json, write_whole
from train.job import Job, Stage
from train.recipe import Count, Part, Positive, Recipe

Share = Annotated[float, Field(ge=0, le=1)]


class Ppo(Recipe):
    """Settings of PPO.

    `reward`: the run of a reward model on the same base. `batch_size`: answers in a step; each is learnt from `ppo_epochs` times, in
    `minibatches` updates each time. `answer_length`: tokens at most. `kl`: what a nat of divergence from the base costs, at each
    token; `kl_target`: let that cost follow the divergence (Ziegler et al. 2019). `missing_eos_penalty`: taken off the score
    of an answer that does not end."""

    reward: Path
    answer_length: Count = 256
    temperature: Positive = 1.0
    rollout_batch_size: Count = 32
    engine: Literal["generate", "continuous"] = "generate"
    kl: Annotated[float, Field(ge=0)] = 0.05
    kl_kind: Literal["k1", "k3"] = "k1"
    kl_target: Positive | None = None
    kl_horizon: Count = 10_000
    gamma: Share = 1.0
    lam: Share = 0.95
    clip: Positive = 0.2
    value_clip: Positive | None = 0.2
    value_weight: Positive = 0.1
    ppo_epochs: Count = 4
    minibatches: Count = 1
    missing_eos_penalty: Annotated[float, Field(ge=0)] = 1.0
    warmup: Part = 0.0


def check(recipe: Ppo) -> None:
    """What cannot be."""
    if recipe.method != "lora":
        raise UsageError("method=full: the four roles share a base that is frozen; method=lora")
    if recipe.steps is None:
        raise UsageError("epochs: PPO goes by steps, of batch_size answers each; give steps")
    if recipe.zero == 3:
        raise UsageError("zero=3: the base answers questions and is not divided; zero=2 or 0")
    from train.scoring import adapter

    adapter(recipe.reward)


def fits(recipe: Ppo, fingerprint: str) -> dict[str, Any]:
    """The reward model's hash; it must belong to the base."""
    from train import scoring

    return scoring.fits(recipe.reward, fingerprint)


def run(job: Job) -> None:
    """Train in this process with the others."""
    from train import setting
    from train.ppo import roles
    from train.ppo.learning import Learner
    from train.ppo.rollout import Player

    recipe = job.settings(Ppo)
    setting.start(job, recipe)
    words = setting.tokenizer(job)
    model = setting.network(recipe, job.base, "causal", words)
    own = roles.build(model, recipe, recipe.reward, recipe.gradient_checkpointing)
    learner = Learner(job, recipe, own)
    player = Player(recipe, own, words, setting.datasets(job)["train"], learner)
    begin = learner.load(job) if job.resume else 0
    steps, started = recipe.steps or 0, time.monotonic()
    lines = _lines(job)
    for step in range(begin, steps):
        clock = Clock()
        rollout = player.play(step, clock)
        told = learner.learn(rollout, step)
        clock.mark("update")
        done = step + 1
        line = {"step": done, "steps": steps, **told, "seconds": clock.spent}
        line["tokens_per_second"] = line["tokens"] / max(1e-9, sum(clock.spent.values()))
        line |= {"mfu": None, "peak_memory": setting.peak_memory()}
        line["seconds_left"] = round((steps - done) * (time.monotonic() - started) / (done - begin), 1)
        if not math.isfinite(told["loss"]):
            raise KgtoolsError(f"the loss is no number at step {done}: lower learning_rate, or precision=fp32")
        lines.append(line)
        if learner.first and (done % recipe.log_every == 0 or done in (1, steps)):
            setting.write_metrics(job, line)
        if done % recipe.save_every == 0 or done == steps:
            learner.save(job, done)
    _finish(job, recipe, learner, own, words, lines)


class Clock:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.last = time.monotonic()

    def mark(self, what: str) -> None:
        """The time since the last mark went into `what`."""
        now = time.monotonic()
        self.spent[what] = self.spent.get(what, 0.0) + now - self.last
        self.last = now


def _lines(job: Job) -> list[dict[str, Any]]:
    """The lines that were written before a run was broken off."""
    if not job.resume or not job.metrics.exists():
        return []
    return [orjson.loads(line) for line in job.metrics.read_bytes().splitlines()]


def _finish(job: Job, recipe: Ppo, learner: Any, own: Any, words: Any, lines: list[dict[str, Any]]) -> None:
    from train import setting

    folder = job.result / "adapter"
    if learner.first:
        shutil.rmtree(job.result, ignore_errors=True)
        own.model.save_pretrained(job.result, selected_adapters=["policy"])
        (job.result / "policy").rename(folder)
        (job.result / "README.md").unlink(missing_ok=True)
        words.save_pretrained(folder)
        setting.mark(folder, job, recipe)
        part = max(1, len(lines) // 10)
        spent = {name: round(sum(line["seconds"][name] for line in lines), 2) for name in lines[-1]["seconds"]}
        told = {
            "steps": recipe.steps, **setting.trained(own),
            **{f"first_{key}": sum(line[key] for line in lines[:part]) / part for key in ("reward", "kl", "ended")},
            **{f"last_{key}": sum(line[key] for line in lines[-part:]) / part for key in ("reward", "kl", "ended")},
            "seconds": spent, "made": folder.name, "peak_memory": setting.peak_memory(),
        }  # fmt: skip
        write_whole(job.result / "result.json", to_json(told))
    learner.wait()


STAGE = Stage(
    "ppo", "Let a model learn from a reward model's scores of its own answers: PPO.", Ppo, "prompts", run, check, fits,
    example="model=merged reward=reward data=records 'allow_license=[LicenseRef-39health-unstated,LicenseRef-xywy-noncommercial]'",
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    """Which rows belong to a step: a new order each time that all were seen, which hangs on the seed alone."""

    rows: int
    batch: int
    seed: int

    def at(self, step: int) -> list[int]:
        """The rows of a step, of all processes."""
        found: list[int] = []
        place = step * self.batch
        while len(found) < self.batch:
            order = list(range(self.rows))
            random.Random(f"{self.seed}:{place // self.rows}").shuffle(order)
            begin = place % self.rows
            part = order[begin : begin + self.batch - len(found)]
            found += part
            place += len(part)
        return found

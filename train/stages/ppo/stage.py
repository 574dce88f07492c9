"""PPO against a reward model (Schulman et al. 2017; Ouyang et al. 2022): four roles on one frozen base."""

import math
import shutil
import time
from typing import Any

import orjson

from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.train.launch.failures import NoNumber
from kgtools.train.launch.job import Job, Stage
from kgtools.train.launch.requirements import needs_engine
from kgtools.train.models import adapters
from kgtools.train.stages.ppo.recipe import Ppo


def check(recipe: Ppo) -> None:
    """What cannot be."""
    if recipe.method != "lora":
        raise UsageError("method=full: the four roles share a base that is frozen; method=lora")
    if recipe.steps is None:
        raise UsageError("epochs: PPO goes by steps, of batch_size answers each; give steps")
    if recipe.compile:
        raise UsageError(
            "compile=true: layers take another adapter in each role, and would be compiled for each; compile=false"
        )
    if recipe.lora.dora or recipe.lora.plus:
        raise UsageError(
            "lora.dora, lora.plus: PPO's policy is a plain adapter with an optimizer of its own; leave them out"
        )
    if recipe.precision == "fp16" or recipe.liger:
        raise UsageError(
            "precision=fp16, liger=true: PPO's losses go through layers of its own; precision=bf16 or fp32, liger=false"
        )
    if recipe.zero == 3:
        raise UsageError("zero=3: the base answers questions and is not divided; zero=2 or 0")
    if recipe.engine == "vllm" and recipe.quantize:
        raise UsageError("engine=vllm: it would answer with a base that is not quantized; engine=generate")
    needs_engine(recipe.engine)
    adapters.reward_adapter(recipe.reward)


def fits(recipe: Ppo, fingerprint: str) -> dict[str, Any]:
    """The reward model's hash; it must belong to the base."""
    return adapters.fits(recipe.reward, fingerprint)


def run(job: Job) -> None:
    """Train in this process with the others."""
    from kgtools.train.stages import metrics, start
    from kgtools.train.stages.ppo import roles
    from kgtools.train.stages.ppo.learner import Learner
    from kgtools.train.stages.ppo.rollout import Sampler

    recipe = job.settings(Ppo)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    model = start.load_model(job, recipe, "causal", tokenizer)
    own = roles.build(model, recipe, recipe.reward)
    learner = Learner(job, recipe, own)
    sampler = Sampler(job, recipe, own, tokenizer, start.load_rows(job)["train"], learner.rank, learner.device)
    begin = learner.load(job) if job.resume else 0
    steps, started = recipe.steps or 0, time.monotonic()
    lines = _lines(job)
    for step in range(begin, steps):
        clock = Clock()
        rollout = sampler.sample(step, clock.mark)
        told = learner.learn(rollout, step)
        clock.mark("update")
        done = step + 1
        if not math.isfinite(told["loss"]):
            raise NoNumber(f"the loss is NaN or infinite at step {done}")
        speed = told["tokens"] / max(1e-9, sum(clock.spent.values()))
        lines.append({
            "step": done, "steps": steps, **told, "seconds": clock.spent, "tokens_per_second": speed,
            "mfu": metrics.mfu(job, speed * recipe.passes), "peak_memory": metrics.peak_memory(),
            "seconds_left": round((steps - done) * (time.monotonic() - started) / (done - begin), 1),
        })  # fmt: skip
        if learner.first and (done % recipe.log_every == 0 or done in (1, steps)):
            metrics.write_metrics(job, lines[-1])
        if done % recipe.save_every == 0 or done == steps:
            learner.save(job, done)
    _finish(job, recipe, learner, own, tokenizer, lines)


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


def _finish(job: Job, recipe: Ppo, learner: Any, own: Any, tokenizer: Any, lines: list[dict[str, Any]]) -> None:
    from kgtools.train.stages import finish, metrics

    folder = job.result / "adapter"
    if learner.first:
        shutil.rmtree(job.result, ignore_errors=True)
        own.model.save_pretrained(job.result, selected_adapters=["policy"])
        (job.result / "policy").rename(folder)
        (job.result / "README.md").unlink(missing_ok=True)
        tokenizer.save_pretrained(folder)
        finish.mark(folder, job, recipe)
        part = max(1, len(lines) // 10)
        spent = {name: round(sum(line["seconds"][name] for line in lines), 2) for name in lines[-1]["seconds"]}
        told = {
            "steps": recipe.steps, **finish.trained(own),
            **{f"first_{key}": sum(line[key] for line in lines[:part]) / part for key in ("reward", "kl", "ended")},
            **{f"last_{key}": sum(line[key] for line in lines[-part:]) / part for key in ("reward", "kl", "ended")},
            "seconds": spent, "made": folder.name, "peak_memory": metrics.peak_memory(),
        }  # fmt: skip
        write_file(job.result / "result.json", to_json(told))
    learner.wait()


STAGE = Stage(
    "ppo", "Let a model learn from a reward model's scores of its own answers: PPO.", Ppo, "prompts", run, check, fits,
    example="model=merged reward=reward",
)  # fmt: skip

"""PPO against a reward model (Schulman et al. 2017; Ouyang et al. 2022): four roles on one frozen base.

A step: the policy answers `batch_size` questions, all roles read the answers, and policy and value learn from them `ppo_epochs` times.

Where this departs from Schulman et al. 2017, as all PPO of language models does:

1. An episode is an answer, an action is a token, and a reward comes with the last token: the reward model's score.
2. Each token pays for its divergence from the reference, kl_coef times an estimate of it (Ouyang et al. 2022, eq. 2); the cost follows
   the divergence where there is a kl_target (Ziegler et al. 2019, section 2.2). It is a part of the reward, not of the loss.
3. There is no entropy bonus; entropy is told in the metrics.
4. The values are clipped as the policy is (value_clip), and their loss counts vf_coef.
5. Advantages are whitened over all tokens of a step, of all processes.
6. Policy and value share a frozen base and no weight that learns.

Where this departs from TRL's PPOTrainer (`trl.experimental.ppo` of its repository):

1. One base in memory, not four models: policy, value and reward are adapters on it, the reference is the base without one.
2. The reward model reads the text of the answer in the chat template that it was trained with, up to EOS, not the policy's ids.
3. The score comes at the answer's last token, EOS where there is one; TRL puts it one position later, which its values see as well.
4. A loss is a sum over the tokens of a minibatch, of all processes, divided once by their number; TRL takes the mean of the means of
   micro batches, in which a token of a short answer counts more. So the numbers do not depend on micro_batch_size or processes.
5. Whitening takes the mean and the variance over all processes; TRL's are of each process.
6. Old log-probabilities are computed again by the model that learns, not taken from generation, so the first ratio is 1.
7. approx_kl is the mean of old less new log-probability (k1), not half the mean of its square; it has no tokens of padding.
8. missing_eos_penalty is 1 unless the recipe says otherwise; any stop token of the model ends an answer, not one alone.
9. What a step draws depends on seed, step and rank alone: a run that was broken off ends with the numbers of an unbroken one."""

import shutil
import time
from typing import Any

import orjson

from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.staging import write_file
from kgtools.train.launch.job import Job, Stage
from kgtools.train.launch.requirements import needs_engine
from kgtools.train.models import adapters
from kgtools.train.stages.ppo.recipe import Ppo

COMPARED = ("reward", "kl", "eos_rate")
"""Metrics of which the result tells the mean over the first and the last tenth of the steps."""


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
    four = roles.build(model, recipe, recipe.reward)
    learner = Learner(job, recipe, four)
    sampler = Sampler(job, recipe, four, tokenizer, start.load_rows(job)["train"], learner.rank, learner.device)
    begin = learner.load(job) if job.resume else 0
    steps, started = recipe.steps or 0, time.monotonic()
    lines = _lines(job)
    for step in range(begin, steps):
        clock = Clock()
        rollout = sampler.sample(step, clock.mark)
        line = learner.learn(rollout, step)
        clock.mark("update")
        done = step + 1
        metrics.check_number("the loss", line["loss"], done)
        speed = line["tokens"] / max(1e-9, sum(clock.spent.values()))
        lines.append({
            "step": done, "steps": steps, **line, "seconds": clock.spent, "tokens_per_second": speed,
            "mfu": metrics.mfu(job, speed * recipe.passes), "peak_memory": metrics.peak_memory(),
            "seconds_left": round((steps - done) * (time.monotonic() - started) / (done - begin), 1),
        })  # fmt: skip
        if learner.first and (done % recipe.log_every == 0 or done in (1, steps)):
            metrics.write_metrics(job, lines[-1])
        if done % recipe.save_every == 0 or done == steps:
            learner.save(job, done)
    _finish(job, recipe, learner, four, tokenizer, lines)


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


def _finish(job: Job, recipe: Ppo, learner: Any, roles: Any, tokenizer: Any, lines: list[dict[str, Any]]) -> None:
    from kgtools.train.stages import finish, metrics

    folder = job.result / "adapter"
    if learner.first:
        shutil.rmtree(job.result, ignore_errors=True)
        roles.model.save_pretrained(job.result, selected_adapters=["policy"])
        (job.result / "policy").rename(folder)
        (job.result / "README.md").unlink(missing_ok=True)
        tokenizer.save_pretrained(folder)
        finish.mark(folder, job, recipe)
        # a single step has the answers to few questions
        part = max(1, len(lines) // 10)
        spent = {name: round(sum(line["seconds"][name] for line in lines), 2) for name in lines[-1]["seconds"]}
        facts = {
            "steps": recipe.steps, **finish.count_parameters(roles),
            **{f"first_{key}": sum(line[key] for line in lines[:part]) / part for key in COMPARED},
            **{f"last_{key}": sum(line[key] for line in lines[-part:]) / part for key in COMPARED},
            "seconds": spent, "made": folder.name, "peak_memory": metrics.peak_memory(),
        }  # fmt: skip
        write_file(job.result / "result.json", to_json(facts))
    learner.wait()


STAGE = Stage(
    "ppo", "Let a model learn from a reward model's scores of its own answers: PPO.", Ppo, "prompts", run, check, fits,
    example="model=merged reward=reward",
)  # fmt: skip

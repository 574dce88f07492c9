"""REINFORCE leave-one-out (Ahmadian et al. 2024): as PPO against a reward model, without a value model."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from kgtools.tools.errors import UsageError
from kgtools.train.launch.job import Job, Stage
from kgtools.train.models import adapters
from kgtools.train.recipe import Count, Positive, Recipe


class Rloo(Recipe):
    """Settings of RLOO.

    `reward`: the run of a reward model on the same base. `num_generations`: answers to each question, of which `batch_size` counts
    all; `max_new_tokens`: tokens of one at most; `kl_coef`: what a nat of divergence from the base costs; `missing_eos_penalty`:
    taken off the score of an answer without end."""

    reward: Path
    num_generations: Annotated[int, Field(ge=2)] = 4
    max_new_tokens: Count = 256
    temperature: Positive = 1.0
    kl_coef: Annotated[float, Field(ge=0)] = 0.05
    missing_eos_penalty: Annotated[float, Field(ge=0)] = 1.0

    @property
    def completion_length(self) -> int:
        """Tokens that an answer adds to a row at most."""
        return self.max_new_tokens

    @property
    def rows_per_step(self) -> int:
        """Rows that a step takes, over all processes: each is answered several times."""
        return self.batch_size // self.num_generations


def check(recipe: Rloo) -> None:
    """What cannot be."""
    if recipe.batch_size % recipe.num_generations:
        raise UsageError(f"batch_size {recipe.batch_size} is no multiple of num_generations {recipe.num_generations}")
    if recipe.compile:
        raise UsageError("compile=true: a layer that also answers would be compiled for each length; compile=false")
    adapters.reward_adapter(recipe.reward)


def fits(recipe: Rloo, fingerprint: str) -> dict[str, Any]:
    """The reward model's hash; it must belong to the base."""
    return adapters.fits(recipe.reward, fingerprint)


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import RLOOConfig, RLOOTrainer

    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    recipe = job.settings(Rloo)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    rows = start.load_rows(job)["train"].remove_columns("prompt_ids")
    model = start.load_model(job, recipe, "causal", tokenizer)
    trainer = deterministic(RLOOTrainer)(
        model=model,
        reward_funcs=[_judge(job, recipe, tokenizer, model)],
        args=RLOOConfig(
            **start.training_arguments(job, recipe),
            num_generations=recipe.num_generations,
            max_completion_length=recipe.max_new_tokens,
            temperature=recipe.temperature,
            top_k=0,
            top_p=1.0,
            beta=recipe.kl_coef,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
        peft_config=start.lora_config(recipe, "causal"),
        job=job,
        recipe=recipe,
        generations=recipe.num_generations,
        callbacks=[metrics.Meter(job)],
    )
    finish.train(trainer, job)
    rewards = [row["reward"] for row in trainer.state.log_history if "reward" in row]
    part = max(1, len(rewards) // 10)
    facts = {"first_reward": sum(rewards[:part]) / part, "last_reward": sum(rewards[-part:]) / part}
    finish.finish(trainer, job, recipe, tokenizer, facts)


def _judge(job: Job, recipe: Rloo, tokenizer: Any, model: Any) -> Any:
    """What gives each answer its score: a reward model of its own, asked as it was trained."""
    from kgtools.train.data.chat import Chat
    from kgtools.train.inference import reward_scores

    judge = reward_scores.reward_model(
        Path(job.base), recipe.reward, tokenizer.pad_token_id, model.dtype, model.device, recipe.trust_remote_code
    )
    chat = Chat(tokenizer, tokenizer.chat_template)

    def score(prompts: list[Any], completion_ids: list[list[int]], **_: Any) -> list[float]:
        texts = [tokenizer.decode(ids[:-1] if ids and ids[-1] in job.stops else ids) for ids in completion_ids]
        sequences = [reward_scores.sequence(chat, prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
        judge.to(model.device)
        raw_scores = reward_scores.scores(judge, sequences, tokenizer.pad_token_id, recipe.micro_batch_size)
        return [
            value - recipe.missing_eos_penalty * (not ids or ids[-1] not in job.stops)
            for value, ids in zip(raw_scores, completion_ids, strict=True)
        ]

    return score


STAGE = Stage(
    "rloo", "Let a model learn from a reward model's scores of its own answers, without a value model: RLOO.", Rloo, "prompts",
    run, check, fits, example="model=merged reward=reward",
)  # fmt: skip

"""REINFORCE leave-one-out (Ahmadian et al. 2024): as PPO against a reward model, without a value model."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from tools.errors import UsageError
from train.job import Job, Stage
from train.ppo.stage import STAGE as PPO
from train.recipe import Count, Positive, Recipe


class Rloo(Recipe):
    """Settings of RLOO. `reward`: the run of a reward model on the same base. `answers`: to each question, of which `batch_size` counts
    all; `kl`: what a nat of divergence from the base costs; `missing_eos_penalty`: taken off the score of an answer without end."""

    reward: Path
    answers: Annotated[int, Field(ge=2)] = 4
    answer_length: Count = 256
    temperature: Positive = 1.0
    kl: Annotated[float, Field(ge=0)] = 0.05
    missing_eos_penalty: Annotated[float, Field(ge=0)] = 1.0


def check(recipe: Rloo) -> None:
    """What cannot be."""
    if recipe.batch_size % recipe.answers:
        raise UsageError(f"batch_size {recipe.batch_size} is no multiple of answers {recipe.answers}")
    from train.scoring import adapter

    adapter(recipe.reward)


def fits(recipe: Rloo, fingerprint: str) -> dict[str, Any]:
    """The reward model's hash; it must belong to the base."""
    from train import scoring

    return scoring.fits(recipe.reward, fingerprint)


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import RLOOConfig, RLOOTrainer

    from train import setting

    recipe = job.settings(Rloo)
    setting.start(job, recipe)
    words = setting.tokenizer(job)
    rows = setting.datasets(job)["train"].remove_columns("prompt_ids")
    model = setting.network(recipe, job.base, "causal", words)
    trainer = RLOOTrainer(
        model=model,
        reward_funcs=[_judge(job, recipe, words, model)],
        args=RLOOConfig(
            **setting.arguments(job, recipe, False),
            num_generations=recipe.answers,
            max_completion_length=recipe.answer_length,
            temperature=recipe.temperature,
            top_k=0,
            top_p=1.0,
            beta=recipe.kl,
        ),
        train_dataset=rows,
        processing_class=words,
        peft_config=setting.lora(recipe, "causal"),
        callbacks=[setting.Meter(job)],
    )
    told: dict[str, Any] = setting.trained(trainer.model)
    setting.train(trainer, job)
    rewards = [row["reward"] for row in trainer.state.log_history if "reward" in row]
    part = max(1, len(rewards) // 10)
    told |= {"first_reward": sum(rewards[:part]) / part, "last_reward": sum(rewards[-part:]) / part}
    setting.finish(trainer, job, recipe, words, told | {"steps": trainer.state.global_step, **setting.losses(trainer)})


def _judge(job: Job, recipe: Rloo, words: Any, model: Any) -> Any:
    """What gives each answer its score: a reward model of its own, asked as it was trained."""
    from train import scoring
    from train.tokens import Chat

    judge = scoring.reward_model(job.base, recipe.reward, words.pad_token_id, model.dtype, model.device)
    chat = Chat(words, words.chat_template)

    def score(prompts: list[Any], completion_ids: list[list[int]], **_: Any) -> list[float]:
        texts = words.batch_decode(completion_ids, skip_special_tokens=True)
        read = [scoring.sequence(chat, prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
        judge.to(model.device)
        found = scoring.scores(judge, read, words.pad_token_id, recipe.micro_batch_size)
        return [
            value - recipe.missing_eos_penalty * (words.eos_token_id not in ids)
            for value, ids in zip(found, completion_ids, strict=True)
        ]

    return score


STAGE = Stage(
    "rloo", "Let a model learn from a reward model's scores of its own answers, without a value model: RLOO.", Rloo, "prompts",
    run, check, fits, example=PPO.example,
)  # fmt: skip

"""A reward model: a number for an answer, learnt from pairs of which one is the better."""

import math
from typing import Annotated, Any

from pydantic import Field

from kgtools.tools.errors import KgtoolsError
from kgtools.train.launch.job import Job, Stage
from kgtools.train.recipe import Recipe

LAST = 5
"""So many lines of metrics are looked at for a collapse."""


class Reward(Recipe):
    """Settings of a reward model. `center`: how strongly the rewards of a pair are drawn to a sum of 0 (Eisenstein et al. 2023)."""

    center: Annotated[float, Field(ge=0)] = 0.0

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process: the chosen and the rejected of each pair."""
        return 2 * self.micro_batch_size


def run(job: Job) -> None:
    """Train in this process with the others: -log sigmoid(chosen - rejected), a linear head on the last token (Ouyang et al. 2022)."""
    from trl import RewardConfig, RewardTrainer

    from kgtools.train.inference.reward_scores import judge_pairs
    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    recipe = job.settings(Reward)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    model = start.load_model(job, recipe, "score", tokenizer)
    pairs = start.load_rows(job)
    rows = {split: pairs[split].map(_join_prompt, remove_columns=["prompt_ids"]) for split in pairs}
    trainer = deterministic(RewardTrainer)(
        model=model,
        args=RewardConfig(
            **start.training_arguments(job, recipe),
            max_length=recipe.max_length,
            center_rewards_coefficient=recipe.center or None,
        ),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=start.lora_config(recipe, "score"),
        job=job,
        recipe=recipe,
        callbacks=[metrics.Meter(job, Collapse().look)],
    )
    finish.train(trainer, job)
    facts = {
        f"judged_on_{split}": judge_pairs(
            trainer.model, split_pairs, tokenizer.pad_token_id, recipe.micro_batch_size, job.world
        )
        for split, split_pairs in pairs.items()
    }
    finish.finish(trainer, job, recipe, tokenizer, facts)


def _join_prompt(pair: dict[str, list[int]]) -> dict[str, list[int]]:
    return {f"{side}_ids": pair["prompt_ids"] + pair[f"{side}_ids"] for side in ("chosen", "rejected")}


class Collapse:
    """Looks for a model that gives both answers of a pair the same number, whatever they are: it learns nothing any more."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, float]] = []

    def look(self, logs: dict[str, Any], state: Any) -> None:
        """Raises KgtoolsError in the second half of a run where the loss stays at ln 2 and the margin at 0."""
        if "loss" not in logs or "margin" not in logs:
            return
        self.lines.append((logs["loss"], logs["margin"]))
        last = self.lines[-LAST:]
        flat = all(abs(loss - math.log(2)) < 2e-3 and abs(margin) < 1e-2 for loss, margin in last)
        if flat and len(last) == LAST and 2 * state.global_step >= state.max_steps:
            raise KgtoolsError(
                f"the reward model has collapsed: at step {state.global_step} the loss is {last[-1][0]:.4f}, ln 2, and the margin "
                f"{last[-1][1]:.4f}: it tells no answer from another. Start again with --fresh and a lower learning_rate"
            )


STAGE = Stage(
    "reward", "Learn from preferences which answer is the better: a reward model.", Reward, "preferences", run
)

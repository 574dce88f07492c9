"""Supervised fine-tuning on conversations: only what the assistant says is learnt."""

from typing import Literal

from tools.errors import UsageError
from train.job import Job, Stage
from train.recipe import Recipe


class Sft(Recipe):
    """Settings of supervised fine-tuning.

    `packing`: several records in one sequence; `auto` where the model keeps them apart, which a probe finds out."""

    packing: bool | Literal["auto"] = "auto"


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from train import packing, setting

    recipe = job.settings(Sft)
    setting.start(job, recipe)
    words = setting.tokenizer(job)
    model = setting.network(recipe, job.base, "causal", words)
    packed = packing.chosen(model, words, recipe.packing)
    rows = setting.datasets(job)
    how = setting.arguments(job, recipe, "validation" in rows)
    if not packed:
        how["train_sampling_strategy"] = "group_by_length"
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**how, max_length=recipe.max_length, packing=packed, eval_packing=False),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=words,
        peft_config=setting.lora(recipe, "causal"),
        callbacks=[setting.Meter(job)],
    )
    sizes = setting.trained(trainer.model)
    setting.train(trainer, job)
    told = {"packed": packed, **sizes, "steps": trainer.state.global_step, **setting.losses(trainer)}
    setting.finish(trainer, job, recipe, words, told)


def check(recipe: Sft) -> None:
    """What cannot be."""
    if recipe.packing is True and recipe.model == "tiny:bloom":
        raise UsageError("packing=true: BLOOM's attention cannot keep packed records apart; packing=auto or false")


STAGE = Stage("sft", "Fine-tune a model on records: it learns to answer as they do.", Sft, "records", run, check)

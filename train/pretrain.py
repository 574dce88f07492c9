"""Continued pre-training on texts: every word is learnt."""

from typing import Literal

from train.job import Job, Stage
from train.recipe import Count, Recipe


class Pretrain(Recipe):
    """Settings of continued pre-training.

    `packing`: `joined` fills each sequence with texts one after the other, EOS between them, and cuts them where it is full, which any
    model bears; `none` gives each text a sequence of its own."""

    packing: Literal["joined", "none"] = "joined"
    max_length: Count = 4096


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from train import setting

    recipe = job.settings(Pretrain)
    setting.start(job, recipe)
    words = setting.tokenizer(job)
    rows = setting.datasets(job)
    how = setting.arguments(job, recipe, "validation" in rows)
    if recipe.packing == "none":
        how["train_sampling_strategy"] = "group_by_length"
    trainer = SFTTrainer(
        model=setting.network(recipe, job.base, "causal", words),
        args=SFTConfig(**how, max_length=recipe.max_length, packing=False),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=words,
        peft_config=setting.lora(recipe, "causal"),
        callbacks=[setting.Meter(job)],
    )
    told = setting.trained(trainer.model)
    setting.train(trainer, job)
    setting.finish(trainer, job, recipe, words, told | {"steps": trainer.state.global_step, **setting.losses(trainer)})


STAGE = Stage(
    "pretrain", "Go on with pre-training, on texts: every word of the records is learnt.", Pretrain, "texts", run
)

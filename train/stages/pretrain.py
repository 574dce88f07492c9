"""Continued pre-training on texts: every word is learnt."""

from typing import Literal

from kgtools.train.launch.job import Job, Stage
from kgtools.train.recipe import Count, Recipe


class Pretrain(Recipe):
    """Settings of continued pre-training.

    `packing`: `joined` fills each sequence with texts one after the other, EOS between them, and cuts them where it is full, which any
    model bears; `none` gives each text a sequence of its own."""

    packing: Literal["joined", "none"] = "joined"
    max_length: Count = 4096

    @property
    def joined(self) -> bool:
        """Whether texts are joined into sequences of full length."""
        return self.packing == "joined"


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    recipe = job.settings(Pretrain)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    rows = start.load_rows(job)
    arguments = start.training_arguments(job, recipe)
    trainer = deterministic(SFTTrainer)(
        model=start.load_model(job, recipe, "causal", tokenizer),
        args=SFTConfig(**arguments, max_length=recipe.max_length, packing=False),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=start.lora_config(recipe, "causal", job.token_rows),
        job=job,
        recipe=recipe,
        grouped=not recipe.joined,
        callbacks=[metrics.Meter(job)],
    )
    start.open_head(trainer.model, job)
    finish.train(trainer, job)
    finish.finish(trainer, job, recipe, tokenizer, {})


STAGE = Stage(
    "pretrain", "Continue pre-training on texts, with loss on every token of the records.", Pretrain, "texts", run
)

"""Supervised fine-tuning on conversations: only what the assistant says is learnt."""

from typing import Literal

from train.job import Job, Stage
from train.recipe import Recipe


class Sft(Recipe):
    """Settings of supervised fine-tuning.

    `packing`: several records in one sequence; `auto` where the model keeps them apart, which a probe finds out."""

    packing: bool | Literal["auto"] = "auto"


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from train import meter, packing, results, setup

    recipe = job.settings(Sft)
    setup.start(job, recipe)
    tokenizer = setup.load_tokenizer(job)
    model = setup.load_model(recipe, job.base, "causal", tokenizer)
    packed = packing.chosen(model, tokenizer, recipe.packing)
    rows = setup.load_rows(job)
    how = setup.training_arguments(job, recipe, "validation" in rows)
    if not packed:
        how["train_sampling_strategy"] = "group_by_length"
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**how, max_length=recipe.max_length, packing=packed, eval_packing=False),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=setup.lora_config(recipe, "causal", job.token_rows),
        callbacks=[meter.Meter(job)],
    )
    setup.open_head(trainer.model, job)
    results.train(trainer, job)
    results.finish(trainer, job, recipe, tokenizer, {"packed": packed})


STAGE = Stage("sft", "Fine-tune a model on records: it learns to answer as they do.", Sft, "records", run)

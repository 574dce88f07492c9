"""Supervised fine-tuning on conversations: only what the assistant says is learnt."""

from typing import Literal

from train.job import Job, Stage
from train.recipe import Positive, Recipe


class Sft(Recipe):
    """Settings of supervised fine-tuning.

    `packing`: several records in one sequence; `auto` where the model keeps them apart, which a probe finds out. `neftune`: how much
    noise is added to the embeddings that are learnt from (NEFTune, Jain et al. 2023, where 5 is usual)."""

    packing: bool | Literal["auto"] = "auto"
    neftune: Positive | None = None


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from train import meter, packing, results, setup
    from train.trainer import deterministic

    recipe = job.settings(Sft)
    setup.start(job, recipe)
    tokenizer = setup.load_tokenizer(job)
    model = setup.load_model(job, recipe, "causal", tokenizer)
    packed = packing.chosen(model, tokenizer, recipe.packing)
    rows = setup.load_rows(job)
    how = setup.training_arguments(job, recipe)
    trainer = deterministic(SFTTrainer)(
        model=model,
        args=SFTConfig(
            **how, max_length=recipe.max_length, packing=packed, eval_packing=False, neftune_noise_alpha=recipe.neftune
        ),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=setup.lora_config(recipe, "causal", job.token_rows),
        job=job,
        recipe=recipe,
        grouped=not packed,
        callbacks=[meter.Meter(job)],
    )
    setup.open_head(trainer.model, job)
    results.train(trainer, job)
    results.finish(trainer, job, recipe, tokenizer, {"packed": packed})


STAGE = Stage("sft", "Fine-tune a model on records: it learns to answer as they do.", Sft, "records", run)

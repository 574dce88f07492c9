"""Supervised fine-tuning on conversations: only what the assistant says is learnt."""

from typing import Literal

from kgtools.train.launch.job import Job, Stage
from kgtools.train.recipe import Positive, Recipe


class Sft(Recipe):
    """Settings of supervised fine-tuning.

    `packing`: several records in one sequence; `auto` where the model keeps them apart, which a probe finds out. `neftune`: how much
    noise is added to the embeddings that are learnt from (NEFTune, Jain et al. 2023, where 5 is usual)."""

    packing: bool | Literal["auto"] = "auto"
    neftune: Positive | None = None


def run(job: Job) -> None:
    """Train in this process with the others."""
    from trl import SFTConfig, SFTTrainer

    from kgtools.train.data import packing
    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    recipe = job.settings(Sft)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    model = start.load_model(job, recipe, "causal", tokenizer)
    packed = packing.choose_packing(model, tokenizer, recipe.packing)
    rows = start.load_rows(job)
    arguments = start.training_arguments(job, recipe)
    trainer = deterministic(SFTTrainer)(
        model=model,
        args=SFTConfig(
            **arguments,
            max_length=recipe.max_length,
            packing=packed,
            eval_packing=False,
            neftune_noise_alpha=recipe.neftune,
        ),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=start.lora_config(recipe, "causal", job.token_rows),
        job=job,
        recipe=recipe,
        grouped=not packed,
        callbacks=[metrics.Meter(job)],
    )
    start.open_head(trainer.model, job)
    finish.train(trainer, job)
    finish.finish(trainer, job, recipe, tokenizer, {"packed": packed})


STAGE = Stage("sft", "Fine-tune a model on records: it learns to answer as they do.", Sft, "records", run)

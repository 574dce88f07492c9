"""Direct preference optimisation (Rafailov et al. 2023): preferences without a reward model."""

from typing import Any

from train.job import Job, Stage
from train.recipe import Positive, Recipe


class Dpo(Recipe):
    """Settings of DPO. `beta`: how strongly the model is held to what it begins as."""

    beta: Positive = 0.1

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process: the chosen and the rejected of each pair."""
        return 2 * self.micro_batch_size


def run(job: Job) -> None:
    """Train in this process with the others; the reference is the base without its adapter, or a copy of the
    adapter where one is trained on, or of the model where all is trained."""
    from trl import DPOConfig, DPOTrainer

    from train import meter, results, setup
    from train.trainer import deterministic

    class Ours(DPOTrainer):  # type: ignore[misc]  # mypy follows no imports of TRL
        """Takes pairs that are tokens already, as the other trainers do."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    recipe = job.settings(Dpo)
    setup.start(job, recipe)
    tokenizer = setup.load_tokenizer(job)
    rows = setup.load_rows(job)
    trainer = deterministic(Ours)(
        model=setup.load_model(job, recipe, "causal", tokenizer),
        args=DPOConfig(
            **setup.training_arguments(job, recipe),
            beta=recipe.beta,
            max_length=recipe.max_length,
        ),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=setup.lora_config(recipe, "causal", job.token_rows),
        job=job,
        recipe=recipe,
        callbacks=[meter.Meter(job)],
    )
    setup.open_head(trainer.model, job)
    results.train(trainer, job)
    last: dict[str, Any] = next((row for row in reversed(trainer.state.log_history) if "rewards/margins" in row), {})
    told = {"accuracy": last.get("rewards/accuracies"), "margin": last.get("rewards/margins")}
    if recipe.adapter:
        trainer.model.delete_adapter("ref")  # the reference, which TRL would save beside the result
    results.finish(trainer, job, recipe, tokenizer, told)


STAGE = Stage("dpo", "Let a model learn from preferences without a reward model: DPO.", Dpo, "preferences", run)

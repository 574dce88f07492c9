"""Direct preference optimisation (Rafailov et al. 2023): preferences without a reward model."""

from typing import Any

from kgtools.train.launch.job import Job, Stage
from kgtools.train.recipe import Positive, Recipe


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

    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    class Ours(DPOTrainer):  # type: ignore[misc]  # mypy follows no imports of TRL
        """Takes pairs that are tokens already, as the other trainers do."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    recipe = job.settings(Dpo)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    rows = start.load_rows(job)
    trainer = deterministic(Ours)(
        model=start.load_model(job, recipe, "causal", tokenizer),
        args=DPOConfig(
            **start.training_arguments(job, recipe),
            beta=recipe.beta,
            max_length=recipe.max_length,
        ),
        train_dataset=rows["train"],
        eval_dataset=rows.get("validation"),
        processing_class=tokenizer,
        peft_config=start.lora_config(recipe, "causal", job.token_rows),
        job=job,
        recipe=recipe,
        callbacks=[metrics.Meter(job)],
    )
    start.open_head(trainer.model, job)
    finish.train(trainer, job)
    last: dict[str, Any] = next((row for row in reversed(trainer.state.log_history) if "rewards/margins" in row), {})
    facts = {"accuracy": last.get("rewards/accuracies"), "margin": last.get("rewards/margins")}
    if recipe.adapter:
        # the reference, which TRL would save beside the result
        trainer.model.delete_adapter("ref")
    finish.finish(trainer, job, recipe, tokenizer, facts)


STAGE = Stage("dpo", "Let a model learn from preferences without a reward model: DPO.", Dpo, "preferences", run)

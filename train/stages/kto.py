"""Kahneman-Tversky optimisation (Ethayarajh et al. 2024): answers that are good or bad by themselves, without a reward model."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from kgtools.tools.errors import UsageError
from kgtools.train.launch.job import Job, Stage
from kgtools.train.recipe import Positive, Recipe

Rows = list[dict[str, Any]]


class Kto(Recipe):
    """Settings of KTO. Each preference is two answers, of which `batch_size` counts each. `beta`: how strongly the model is held to its
    base; `desirable_weight`, `undesirable_weight`: how much a good and a bad answer count."""

    beta: Positive = 0.1
    desirable_weight: Annotated[float, Field(ge=0)] = 1.0
    undesirable_weight: Annotated[float, Field(ge=0)] = 1.0

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process: each answer, and one that belongs to another question."""
        return 2 * self.micro_batch_size

    @property
    def examples_per_row(self) -> int:
        """Rows that are learnt from for each row of the data: both answers."""
        return 2


def check(recipe: Kto) -> None:
    """What cannot be."""
    if recipe.micro_batch_size < 2:
        raise UsageError(
            "micro_batch_size=1: the divergence is estimated from answers to other questions of the micro batch; 2 or more"
        )


def run(job: Job) -> None:
    """Train in this process with the others; the reference is the base without its adapter, or a copy where all is trained."""
    from trl import KTOConfig, KTOTrainer

    from kgtools.train.stages import finish, metrics, start
    from kgtools.train.stages.trainer import deterministic

    class Ours(KTOTrainer):  # type: ignore[misc]  # mypy follows no imports of TRL
        """Takes answers that are tokens already."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    recipe = job.settings(Kto)
    start.start(job, recipe)
    tokenizer = start.load_tokenizer(job)
    rows = {split: _split_pairs(pairs) for split, pairs in start.load_rows(job).items()}
    trainer = deterministic(Ours)(
        model=start.load_model(job, recipe, "causal", tokenizer),
        args=KTOConfig(
            **start.training_arguments(job, recipe),
            beta=recipe.beta,
            desirable_weight=recipe.desirable_weight,
            undesirable_weight=recipe.undesirable_weight,
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
    trainer.data_collator = _rotate_answers(trainer.data_collator)
    finish.train(trainer, job)
    last: dict[str, Any] = next((row for row in reversed(trainer.state.log_history) if "rewards/margins" in row), {})
    if recipe.adapter:
        # the reference, which TRL would save beside the result
        trainer.model.delete_adapter("ref")
    finish.finish(trainer, job, recipe, tokenizer, {"margin": last.get("rewards/margins")})


def _split_pairs(pairs: Any) -> Any:
    """Both answers of each pair as rows of their own: the good one first."""

    def split(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        pairs = list(zip(batch["chosen_ids"], batch["rejected_ids"], strict=True))
        return {
            "prompt_ids": [ids for ids in batch["prompt_ids"] for _ in range(2)],
            "completion_ids": [ids for pair in pairs for ids in pair],
            "label": [good for _ in pairs for good in (True, False)],
        }

    return pairs.map(split, batched=True, remove_columns=["chosen_ids", "rejected_ids"])


def _rotate_answers(collate: Callable[[Rows], Any]) -> Callable[[Rows], Any]:
    """Gives each question the answer to the one before it in the micro batch as well: of these the divergence is estimated."""

    def collate_with_others(rows: Rows) -> Any:
        others = [row["completion_ids"] for row in rows[-1:] + rows[:-1]]
        return collate([row | {"KL_completion_ids": ids} for row, ids in zip(rows, others, strict=True)])

    return collate_with_others


STAGE = Stage("kto", "Let a model learn from good and bad answers by themselves: KTO.", Kto, "preferences", run, check)

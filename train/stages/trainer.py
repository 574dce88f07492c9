"""The trainers of TRL with what they leave to chance or to batches settled: which rows a step sees, losses, tokens, learning rates."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader

from kgtools.train.data.order import (
    Order,
    evaluates_after,
    evaluations_since_best,
    rate,
    shares,
    steps_of,
    validation_shares,
)
from kgtools.train.launch.job import Job
from kgtools.train.recipe import Recipe
from kgtools.train.stages.metrics import check_weights

Weights = dict[str, torch.Tensor]
ZERO = torch.zeros((), dtype=torch.float64)
"""What sums begin with; of 64 bits, so that it does not matter in which order they are added up."""


class RunningMean(float):
    """What was logged of several micro batches, made one number."""


class Batches:
    """The rows of this process from the first step of a run to the last, a micro batch at a time.

    `generations`: each is all of the process's rows of a step, as often as there are micro batches: a trainer that lets the model answer
    them all at once then learns from a part at a time."""

    def __init__(self, order: Order, steps: int, job: Job, recipe: Recipe, rank: int, generations: int = 0) -> None:
        self.order, self.steps, self.rank, self.world = order, steps, rank, job.world
        self.at_once = recipe.micro_batch_size
        self.each = recipe.batch_size // (recipe.micro_batch_size * job.world)
        self.generations = generations

    def __len__(self) -> int:
        return self.steps * self.each

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(self.steps):
            rows = self.order.rows(step)
            if self.generations:
                size = self.at_once * self.each
                mine = [row for row in rows for _ in range(self.generations)][self.rank * size : (self.rank + 1) * size]
                yield from [mine] * self.each
            else:
                yield from shares(rows, self.rank, self.world, self.at_once)


def deterministic(kind: Any) -> Any:
    """A trainer of TRL that is given `job` and `recipe`, and `grouped` where rows of about a length are to go together.

    Rows come in the order of `train.data.order`; each loss that it logs, and what is logged beside it, is a sum over tokens (over pairs
    where it learns from those) divided once, whatever the batches and processes; a run that goes on with the weights alone goes on with the
    same rows, and its learning rate as well."""

    class Deterministic(kind):  # type: ignore[misc]  # mypy follows no imports of TRL
        def __init__(
            self, *args: Any, job: Job, recipe: Recipe, grouped: bool = False, generations: int = 0, **kwargs: Any
        ) -> None:
            self.job, self.recipe = job, recipe
            super().__init__(*args, **kwargs)
            # whatever the model is called: no first token of a text is ever foretold
            self._loss_shifts_labels = True
            rows = self._remove_unused_columns(self.train_dataset, description="training")
            self.rows = rows
            self.steps = steps_of(recipe, len(rows))
            self.order = Order(_lengths(rows), recipe.rows_per_step, recipe.seed, grouped)
            self.generations = generations
            self.rank = self.accelerator.process_index
            self.looked_at = self.job.done
            self.common = False
            self.sums: dict[tuple[str, str], tuple[float, float]] = {}
            self.loss_sum = self.loss_tokens = ZERO

        def get_train_dataloader(self) -> Any:
            batches = Batches(self.order, self.steps, self.job, self.recipe, self.rank, self.generations)
            return DataLoader(
                self.rows, batch_sampler=batches, collate_fn=self.data_collator, pin_memory=self.args.dataloader_pin_memory,
                generator=torch.Generator(),
            )  # fmt: skip

        def create_optimizer(self, model: Any = None) -> Any:
            ratio = self.recipe.lora.plus if self.recipe.method == "lora" else None
            if ratio and self.optimizer is None:
                from peft.optimizers import create_loraplus_optimizer

                kind, options = self.get_optimizer_cls_and_kwargs(self.args)
                options |= {"loraplus_lr_ratio": ratio, "loraplus_weight_decay": self.args.weight_decay}
                self.optimizer: Any = create_loraplus_optimizer(self.model, kind, **options)
            return super().create_optimizer(*[model] if model is not None else [])

        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            begin = self.job.done if self.job.fresh_optimizer else 0
            if self.lr_scheduler is None:
                self.lr_scheduler: Any = torch.optim.lr_scheduler.LambdaLR(
                    optimizer or self.optimizer, lambda step: rate(self.recipe, begin + step, num_training_steps)
                )
                self._created_lr_scheduler = True
            return self.lr_scheduler

        def _prepare_for_training(self, max_steps: int, loader: Any, resume: str | None) -> Any:
            if resume and self.job.fresh_optimizer:
                self._load_from_checkpoint(resume)
                resume = None
            return super()._prepare_for_training(max_steps, loader, resume)

        def get_batch_samples(self, *args: Any) -> Any:
            samples, learnt = super().get_batch_samples(*args)
            if learnt is not None:
                self.loss_tokens = self.loss_tokens + learnt
            return samples, learnt

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            weights = {} if self.generations else self._weights(inputs)
            loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            # The trainer has divided the loss by the tokens of the step, and multiplied it by the processes, whose mean is taken: here it
            # becomes the sum again that it was, to be divided once over all steps since the last line of metrics.
            if self.model.training and num_items_in_batch is not None:
                self.loss_sum = self.loss_sum + loss.detach().double() * num_items_in_batch / self.job.world
            if weights:
                self._gather("train" if self.model.training else "eval", weights)
            return loss

        def _weights(self, inputs: Any) -> Weights:
            """`count_weights`, over all processes."""
            weights = count_weights(inputs)
            if self.job.world > 1 and not self.common:
                dist.all_reduce(sums := torch.stack(list(weights.values())))
                weights = dict(zip(weights, sums.unbind(), strict=True))
            return weights

        def _gather(self, mode: str, weights: Weights) -> None:
            """Make what was logged of a micro batch one with what was logged of those before it."""
            for key, values in self._metrics[mode].items():
                if key == "num_tokens" or isinstance(values[-1], RunningMean):
                    continue
                weight = float(weights.get(key, weights[""]))
                total, total_weight = self.sums[mode, key] if len(values) > 1 else (0.0, 0.0)
                self.sums[mode, key] = total, total_weight = total + weight * values[-1], total_weight + weight
                extreme = {"min": min, "max": max}.get(key.partition("_")[0])
                values[:] = [RunningMean(extreme(values) if extreme else total / max(1.0, total_weight))]

        def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
            step = self.state.global_step
            self.state.epoch = self.order.passes(step)
            if (
                self.eval_dataset is not None
                and step > self.looked_at
                and evaluates_after(self.recipe, self.order, step, self.steps)
            ):
                self.control.should_evaluate = True
                self.looked_at = step
            # A line ends where a run may go on from: after a resume, too, the next line is of the same steps.
            self.control.should_log |= self.control.should_save or self.control.should_evaluate
            super()._maybe_log_save_evaluate(*args, **kwargs)

        def _determine_best_metric(self, *args: Any, **kwargs: Any) -> bool:
            """After a look: a checkpoint of what is the best so far, and an end where nothing has become better for long enough."""
            better: bool = super()._determine_best_metric(*args, **kwargs)
            if better and not self.control.should_save:
                check_weights(self.model.parameters(), self.state.global_step, self.job.world)
                self.control.should_save = True
            if self.recipe.early_stop and evaluations_since_best(self.state.log_history) >= self.recipe.early_stop:
                self.control.should_training_stop = True
            return better

        def take_best(self) -> None:
            """The weights of the best checkpoint in place of the last."""
            step = self.state.best_global_step
            if not step or step == self.state.global_step:
                return
            home = str(Path(self.job.checkpoints) / f"checkpoint-{step}")
            if self.recipe.zero == 3:
                # each process has a part of the weights
                self.state.best_model_checkpoint = home
                self._load_best_model()
            else:
                self._load_from_checkpoint(home)

        def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
            """Look on the rows for validation, each once."""
            rows = self._remove_unused_columns(self.eval_dataset, description="evaluation")
            model = self._wrap_model(self.model, training=False)
            model.eval()
            sums = torch.zeros(2, dtype=torch.float64, device=self.args.device)
            for mine, common in validation_shares(len(rows), self.rank, self.job.world, self.recipe.micro_batch_size):
                self.common = common
                inputs = self._prepare_inputs(self.data_collator([rows[row] for row in mine]))
                number = count_weights(inputs)[""].double()
                with torch.no_grad(), self.compute_loss_context_manager():
                    loss = self.compute_loss(model, inputs)
                if not common or self.rank == 0:
                    sums += torch.stack([loss.double() * number, number])
            self.common = False
            if self.job.world > 1:
                dist.all_reduce(sums)
            metrics = {f"{metric_key_prefix}_loss": float(sums[0] / sums[1])}
            self.log(metrics)
            self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def create_model_card(self, *_: Any, **__: Any) -> None:
            """None: nobody reads a page about a checkpoint."""

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            if "loss" in logs and float(self.loss_tokens):
                sums = self.loss_sum.to(self.args.device, copy=True)
                if self.job.world > 1:
                    dist.all_reduce(sums)
                logs["loss"] = float(sums) / float(self.loss_tokens)
                self.loss_sum = self.loss_tokens = ZERO
            if not self.generations:
                mode = "train" if self.model.training else "eval"
                self._metrics[mode]["num_tokens"] = [self.order.tokens(self.state.global_step)]
            super().log(logs, start_time)

    return Deterministic


def count_weights(inputs: Any) -> Weights:
    """How many tokens, pairs or answers each thing that is logged of a micro batch is a mean of; "" is what the loss is of."""
    labels, mask = inputs.get("labels"), inputs.get("completion_mask")
    if labels is not None:
        return {"": (labels[:, 1:] != -100).sum()}
    if "label" in inputs:
        # answers that are good or bad by themselves
        good = torch.as_tensor(inputs["label"], dtype=torch.bool, device=mask.device)
        chosen, rejected = ({"": kind.sum(), "tokens": mask[kind, 1:].sum()} for kind in (good, ~good))
        weights = {"": chosen[""] + rejected[""], "entropy": chosen["tokens"] + rejected["tokens"]}
    else:
        number = torch.tensor(len(inputs["input_ids"]) // 2, device=inputs["input_ids"].device)
        if mask is None:
            return {"": number}
        halves = mask[:, 1:].chunk(2)
        chosen, rejected = ({"": number, "tokens": half.sum()} for half in halves)
        weights = {"": number, "entropy": mask[:, 1:].sum(), "mean_token_accuracy": chosen["tokens"]}
    for side, of in (("chosen", chosen), ("rejected", rejected)):
        weights |= {f"rewards/{side}": of[""], f"logps/{side}": of[""], f"logits/{side}": of["tokens"]}
    return weights


def _lengths(rows: Any) -> Sequence[int]:
    """The tokens of each row, of both answers where it is a pair; of prompts that are messages 1 each."""
    names = ("input_ids", "prompt_ids", "chosen_ids", "rejected_ids", "completion_ids")
    columns = [name for name in names if name in rows.column_names]
    if not columns:
        return [1] * len(rows)
    table = pl.from_arrow(rows.select_columns(columns).with_format("arrow")[:])
    twice = {"prompt_ids": 2} if "chosen_ids" in columns else {}
    sizes = pl.sum_horizontal(pl.col(name).list.len().cast(pl.Int64) * twice.get(name, 1) for name in columns)
    lengths: list[int] = pl.DataFrame(table).select(sizes).to_series().to_list()
    return lengths

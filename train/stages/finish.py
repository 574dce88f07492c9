"""What the workers of every stage end with: the weights in their folder, marked, and what there is to tell of them."""

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.staging import write_file
from kgtools.train.data.order import best_evaluation
from kgtools.train.launch.job import Job
from kgtools.train.models.adapters import CONFIG, MARK, settle
from kgtools.train.recipe import Recipe
from kgtools.train.stages.metrics import peak_memory


def count_parameters(model: Any) -> dict[str, int]:
    """How many parameters there are, and how many of them are trained."""
    sizes = [(getattr(p, "ds_numel", p.numel()), p.requires_grad) for p in model.parameters()]
    return {"parameters": sum(n for n, _ in sizes), "trained": sum(n for n, learns in sizes if learns)}


def train(trainer: Any, job: Job) -> None:
    """Train from where the job says to the end, and take the best weights where those are the result."""
    trainer.train(resume_from_checkpoint=job.resume)
    if trainer.recipe.takes_best:
        trainer.take_best()


def summarize_losses(trainer: Any) -> dict[str, Any]:
    """The first and the last loss that were logged; of the rows for validation the lowest and its step, and that of the weights that
    are the result; and whether the run ended before its last step."""
    logged = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    facts = {"first_loss": logged[0], "last_loss": logged[-1]}
    validation = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    if best := best_evaluation(trainer.state.log_history):
        facts |= {"best_step": best["step"], "best_validation_loss": best["eval_loss"]}
        facts |= {"validation_loss": best["eval_loss"] if trainer.recipe.takes_best else validation[-1]}
        facts |= {"stopped_early": trainer.state.global_step < trainer.steps}
    return facts


def finish(trainer: Any, job: Job, recipe: Recipe, tokenizer: Any, facts: dict[str, Any]) -> None:
    """Write what was trained, the tokenizer with its template, and what there is to tell of it: sizes, steps, losses, and `facts`."""
    facts = facts | count_parameters(trainer.model) | {"steps": trainer.state.global_step} | summarize_losses(trainer)
    if recipe.compile:
        facts["compiled_forms"] = torch._dynamo.utils.counters["frames"]["ok"]
    folder = job.result / ("adapter" if recipe.method == "lora" else "model")
    trainer.save_model(str(folder))
    if trainer.is_world_process_zero():
        tokenizer.save_pretrained(folder)
        mark(folder, job, recipe)
        write_file(job.result / "result.json", to_json(facts | {"made": folder.name, "peak_memory": peak_memory()}))
    if job.world > 1:
        dist.barrier()


def mark(folder: Path, job: Job, recipe: Recipe) -> None:
    """Leave beside weights what they are and which base they belong to, and nothing else that the libraries wrote there."""
    for name in ("training_args.bin", "README.md"):  # a pickle, and a page about it
        (folder / name).unlink(missing_ok=True)
    settle(folder / CONFIG, "../base" if job.makes_base else recipe.model)
    write_file(folder / MARK, to_json({"stage": job.stage, "identity": job.identity, "base": job.fingerprint}))

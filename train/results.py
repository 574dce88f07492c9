"""What the workers of every stage end with: the weights in their folder, marked, and what there is to tell of them."""

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from tools.files import to_json
from tools.staging import write_whole
from train.adapters import CONFIG, MARK, settle
from train.job import Job
from train.meter import peak_memory
from train.models import is_random
from train.recipe import Recipe


def trained(model: Any) -> dict[str, int]:
    """How many parameters there are, and how many of them are trained."""
    sizes = [(getattr(p, "ds_numel", p.numel()), p.requires_grad) for p in model.parameters()]
    return {"parameters": sum(n for n, _ in sizes), "trained": sum(n for n, learns in sizes if learns)}


def train(trainer: Any, job: Job) -> None:
    """Train from where the job says to the end."""
    if job.resume and job.fresh_optimizer:
        trainer._load_from_checkpoint(job.resume)
    trainer.train(resume_from_checkpoint=None if job.fresh_optimizer else job.resume)


def losses(trainer: Any) -> dict[str, Any]:
    """The first and the last loss that were logged, and the last on the rows for validation."""
    logged = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    seen = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    return {"first_loss": logged[0], "last_loss": logged[-1]} | ({"validation_loss": seen[-1]} if seen else {})


def finish(trainer: Any, job: Job, recipe: Recipe, tokenizer: Any, told: dict[str, Any]) -> None:
    """Write what was trained, the tokenizer with its template, and what there is to tell of it: sizes, steps, losses, and `told`."""
    told |= trained(trainer.model) | {"steps": trainer.state.global_step} | losses(trainer)
    if recipe.compile:
        told["compiled_forms"] = torch._dynamo.utils.counters["frames"]["ok"]
    folder = job.result / ("adapter" if recipe.method == "lora" else "model")
    trainer.save_model(str(folder))
    if trainer.is_world_process_zero():
        tokenizer.save_pretrained(folder)
        mark(folder, job, recipe)
        write_whole(job.result / "result.json", to_json(told | {"made": folder.name, "peak_memory": peak_memory()}))
    if job.world > 1:
        dist.barrier()


def mark(folder: Path, job: Job, recipe: Recipe) -> None:
    """Leave beside weights what they are and which base they belong to, and nothing else that the libraries wrote there."""
    for left in ("training_args.bin", "README.md"):  # a pickle, and a page about it
        (folder / left).unlink(missing_ok=True)
    settle(folder / CONFIG, "../base" if is_random(recipe.model) else recipe.model)
    write_whole(folder / MARK, to_json({"stage": job.stage, "identity": job.identity, "base": job.fingerprint}))

"""What is told of a run while it goes: lines of metrics, with speed, memory and time left; and which checkpoints are whole."""

import math
import resource
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import torch
import torch.distributed as dist
from transformers import TrainerCallback

from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.staging import write_file
from kgtools.train.launch.failures import NonFiniteError
from kgtools.train.launch.job import COMPLETE, Job, sizes
from kgtools.train.models.cost import peak_flops


class Meter(TrainerCallback):  # type: ignore[misc]  # mypy follows no imports of transformers
    """Writes a line of metrics for each step that is logged and marks a checkpoint when all of it is there.

    Raises NoNumber for a loss that is none, and for weights before they are saved. `check`: looks at each line before it is written."""

    def __init__(self, job: Job, check: Any = None) -> None:
        self.job, self.check = job, check
        self.begun = self.last = time.monotonic()
        self.tokens: float | None = None

    def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """A line of metrics."""
        logs = dict(logs or {})
        for key, what in (("loss", "the loss"), ("grad_norm", "the gradients' norm")):
            if key in logs:
                check_number(what, logs[key], state.global_step)
        if state.is_world_process_zero and "train_runtime" not in logs:
            write_metrics(self.job, self.line(state, logs))
        if self.check is not None:
            self.check(logs, state)

    def line(self, state: Any, logs: dict[str, Any]) -> dict[str, Any]:
        """One line: what was logged, with speed, memory and time left."""
        now = time.monotonic()
        tokens = logs.pop("num_tokens", None)
        speed = None
        if "loss" in logs:
            if tokens is not None and self.tokens is not None and now > self.last:
                speed = (tokens - self.tokens) / (now - self.last)
            self.tokens, self.last = tokens, now
        done = state.global_step - self.job.done
        left = state.max_steps - state.global_step
        return {
            "step": state.global_step, "steps": state.max_steps, **logs, "tokens": tokens, "tokens_per_second": speed,
            "mfu": mfu(self.job, speed), "peak_memory": peak_memory(),
            "seconds_left": round(left * (now - self.begun) / done, 1) if done > 0 else None,
        }  # fmt: skip

    def on_step_end(self, _args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Weights are looked at before they are saved: an older checkpoint that is good goes when a new one is there."""
        if control.should_save:
            check_weights(model.parameters(), state.global_step, self.job.world)

    def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
        """The mark that a checkpoint is complete."""
        if self.job.world > 1:
            dist.barrier()
        if state.is_world_process_zero:
            mark_complete(Path(args.output_dir) / f"checkpoint-{state.global_step}", self.job, state.global_step)


def check_number(what: str, value: float, step: int) -> None:
    """Raises NonFiniteError for a value that is infinite or no number."""
    if not math.isfinite(value):
        raise NonFiniteError(f"{what} is NaN or infinite at step {step}")


def check_weights(weights: Iterable[Any], step: int, world: int) -> None:
    """Raises NoNumber, on all processes alike, where a weight that is trained, of any process, is infinite or no number."""
    good = (
        torch.stack([torch.isfinite(_local_part(weight)).all() for weight in weights if weight.requires_grad])
        .all()
        .int()
    )
    if world > 1:
        dist.all_reduce(good, dist.ReduceOp.MIN)
    if not good:
        raise NonFiniteError(f"weights are NaN or infinite at step {step}; they are not saved")


def _local_part(weight: Any) -> Any:
    """What this process has of a weight: of ZeRO-3 its part, without what fills the last one up."""
    part = getattr(weight, "ds_tensor", None)
    return weight.detach() if part is None else part[: max(0, weight.ds_numel - dist.get_rank() * part.numel())]


def mark_complete(folder: Path, job: Job, step: int) -> None:
    """Say that every rank has written its part of a checkpoint."""
    write_file(
        folder / COMPLETE, to_json({"step": step, "world": job.world, "identity": job.identity, "sizes": sizes(folder)})
    )


def write_metrics(job: Job, line: dict[str, Any]) -> None:
    """Append a line to the metrics."""
    with job.metrics.open("ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def mfu(job: Job, speed: float | None) -> float | None:
    """Model FLOP/s utilisation: FLOPs of the tokens that went forward and backward in a second (`train.models.cost.flops_per_token`) over what
    the devices can do; None where that is not known."""
    peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    return speed * job.flops / (peak * job.world) if speed and peak else None


def peak_memory() -> int:
    """The most bytes that were held: on the GPU, or of the process where there is none."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

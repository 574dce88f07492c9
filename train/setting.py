"""What the workers of every stage begin and end with: processes that know each other, a model, arguments, checkpoints, a meter."""

import hashlib
import math
import os
import resource
import time
from pathlib import Path
from typing import Any, Literal

import orjson
import torch
import torch.distributed as dist
from accelerate import PartialState
from transformers import TrainerCallback, set_seed

from tools.errors import InputError, KgtoolsError
from tools.files import to_json, write_whole
from train.job import WHOLE, Job
from train.models import MARK, TINY, peak_flops
from train.recipe import Lora, Recipe

Head = Literal["causal", "score"]
BUCKET, EVEN = 100_000_000, 8192


def start(job: Job, recipe: Recipe) -> None:
    """Let the processes find each other. Raises InputError where they do not agree on what they are to do."""
    on_cpu = not torch.cuda.is_available()
    if on_cpu and recipe.zero:
        from deepspeed import ops

        ops.__compatible_ops__["deepspeed_shm_comm"] = False  # it would be compiled; gloo does as well on one machine
    state = PartialState(cpu=on_cpu)  # first of all: else each process of a CPU run with DeepSpeed believes it is alone
    if state.num_processes != job.world:
        raise KgtoolsError(f"{job.world} processes were started, and this one sees {state.num_processes}")
    if job.world > 1:
        told: list[Any] = [None] * job.world
        dist.all_gather_object(told, (job.identity, job.resume and Path(job.resume).name))
        if len(set(told)) > 1:
            raise InputError(
                "the nodes are not about to do the same: their recipes, data, models or checkpoints differ; "
                "start the same command with the same files on each"
            )
    if recipe.tf32 and not on_cpu:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.use_deterministic_algorithms(on_cpu, warn_only=True)
    set_seed(recipe.seed)


def tokenizer(job: Job) -> Any:
    """The tokenizer with the chat template that the rows were made with."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(Path(job.work) / "tokenizer")


def network(recipe: Recipe, folder: str, head: Head, words: Any) -> Any:
    """The model in `folder` with a head for words or for a score, its ids of EOS and padding those of the tokenizer."""
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, BitsAndBytesConfig

    low = recipe.precision == "bf16" and (recipe.method == "lora" or recipe.zero)
    how: dict[str, Any] = {"dtype": torch.bfloat16 if low else torch.float32}
    if recipe.attention != "auto":
        how["attn_implementation"] = recipe.attention
    if recipe.quantize:
        how["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=recipe.quantize == 4, load_in_8bit=recipe.quantize == 8, bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=how["dtype"],
        )  # fmt: skip
        if torch.cuda.is_available():
            how["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    if head == "score":
        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, **how)
    else:
        model = AutoModelForCausalLM.from_pretrained(folder, **how)
        model.generation_config.eos_token_id = words.eos_token_id
        model.generation_config.pad_token_id = words.pad_token_id
    model.config.eos_token_id, model.config.pad_token_id = words.eos_token_id, words.pad_token_id
    model.config.use_cache = False
    if recipe.quantize:
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=recipe.gradient_checkpointing)
    return model


def lora(recipe: Recipe, head: Head) -> Any:
    """The settings of an adapter as peft has them; None where all weights are trained."""
    if recipe.method == "full":
        return None
    from peft import LoraConfig

    own: Lora = recipe.lora
    return LoraConfig(
        r=own.r, lora_alpha=own.alpha, lora_dropout=own.dropout, bias="none",
        target_modules=own.targets if isinstance(own.targets, str) else list(own.targets),
        task_type="CAUSAL_LM" if head == "causal" else "SEQ_CLS",
    )  # fmt: skip


def deepspeed(recipe: Recipe, learnt: int) -> dict[str, Any] | None:
    """DeepSpeed's settings: without sections for optimizer and scheduler, which would replace those of the recipe, and with buckets
    no larger than what is learnt: those of its own, of gigabytes, are filled anew in each backward pass."""
    if not recipe.zero:
        return None
    bucket = math.ceil(min(learnt, BUCKET) / EVEN) * EVEN
    stage: dict[str, Any] = {
        "stage": recipe.zero,
        "contiguous_gradients": True,
        "overlap_comm": torch.cuda.is_available(),
    }
    stage |= {"reduce_bucket_size": bucket, "allgather_bucket_size": bucket}
    if recipe.zero == 3:
        stage |= {"stage3_gather_16bit_weights_on_model_save": True}
    return {
        "zero_optimization": stage, "zero_allow_untested_optimizer": True, "bf16": {"enabled": "auto"},
        "gradient_clipping": "auto", "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto", "steps_per_print": 10**9, "wall_clock_breakdown": False,
    }  # fmt: skip


def arguments(job: Job, recipe: Recipe, looked_on: bool) -> dict[str, Any]:
    """What every trainer of transformers and TRL is told. `looked_on`: there are rows for validation."""
    on_cpu = not torch.cuda.is_available()
    share = 1.0
    if job.fresh_optimizer:
        share -= job.more["done"] / job.more["steps"]
    span: dict[str, Any] = {"max_steps": -1, "num_train_epochs": (recipe.epochs or 0) * share}
    if recipe.steps:
        span = {"max_steps": max(1, round(recipe.steps * share))}
    return {
        **span,
        "output_dir": job.checkpoints,
        "per_device_train_batch_size": recipe.micro_batch_size,
        "per_device_eval_batch_size": recipe.micro_batch_size,
        "gradient_accumulation_steps": recipe.batch_size // (recipe.micro_batch_size * job.world),
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.max_grad_norm,
        "optim": "adamw_torch" if on_cpu else "adamw_torch_fused",
        "bf16": recipe.precision == "bf16",
        "tf32": None if on_cpu else recipe.tf32,
        "use_cpu": on_cpu,
        "deepspeed": deepspeed(recipe, job.learnt),
        "gradient_checkpointing": recipe.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if recipe.gradient_checkpointing else None,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "save_strategy": "steps",
        "save_steps": recipe.save_every,
        "save_total_limit": recipe.keep,
        "logging_steps": recipe.log_every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "eval_strategy": "epoch" if looked_on else "no",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": not on_cpu,
        "full_determinism": False,
    }


def datasets(job: Job) -> dict[str, Any]:
    """The tokens of each split as datasets have them; without the ids of their rows."""
    from datasets import Dataset

    found = {}
    for split, path in job.tokens.items():
        rows = Dataset.from_parquet(path, cache_dir=str(Path(job.work) / "datasets"))
        if len(rows):
            found[split] = rows.remove_columns("id")
    return found


class Meter(TrainerCallback):  # type: ignore[misc]
    """Writes a line of metrics for each step that is logged and marks a checkpoint when all of it is there.

    Raises KgtoolsError for a loss that is no number. `check`: looks at each line before it is written."""

    def __init__(self, job: Job, check: Any = None) -> None:
        self.job, self.check = job, check
        self.begun = self.last = time.monotonic()
        self.tokens: float | None = None

    def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """A line of metrics."""
        logs = dict(logs or {})
        if "loss" in logs and logs["loss"] != logs["loss"]:
            raise KgtoolsError(
                f"the loss is no number at step {state.global_step}: lower learning_rate, or precision=fp32 to see whether it is the numbers"
            )
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
        done = state.global_step - self.job.more.get("done", 0) * (not self.job.fresh_optimizer)
        left = state.max_steps - state.global_step
        return {
            "step": state.global_step, "steps": state.max_steps, **logs, "tokens": tokens, "tokens_per_second": speed,
            "mfu": mfu(self.job, speed), "peak_memory": peak_memory(),
            "seconds_left": round(left * (now - self.begun) / done, 1) if done > 0 else None,
        }  # fmt: skip

    def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
        """The mark that a checkpoint is whole."""
        if self.job.world > 1:
            dist.barrier()
        if state.is_world_process_zero:
            mark_whole(Path(args.output_dir) / f"checkpoint-{state.global_step}", self.job, state.global_step)


def mark_whole(folder: Path, job: Job, step: int) -> None:
    """Say that every rank has written its part of a checkpoint."""
    write_whole(folder / WHOLE, to_json({"step": step, "world": job.world, "identity": job.identity}))


def write_metrics(job: Job, line: dict[str, Any]) -> None:
    """Append a line to the metrics."""
    with job.metrics.open("ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")


def mfu(job: Job, speed: float | None) -> float | None:
    """Model FLOP/s utilisation: FLOPs of the tokens seen in a second over what the devices can do; None where that is not known."""
    peak = peak_flops(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    return speed * job.flops / (peak * job.world) if speed and peak else None


def peak_memory() -> int:
    """The most bytes that were held: on the GPU, or of the process where there is none."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


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


def finish(trainer: Any, job: Job, recipe: Recipe, words: Any, told: dict[str, Any]) -> None:
    """Write what was trained, the tokenizer with its template, and what there is to tell of it."""
    folder = job.result / ("adapter" if recipe.method == "lora" else "model")
    trainer.save_model(str(folder))
    if trainer.is_world_process_zero():
        words.save_pretrained(folder)
        mark(folder, job, recipe)
        write_whole(job.result / "result.json", to_json(told | {"made": folder.name, "peak_memory": peak_memory()}))
    if job.world > 1:
        dist.barrier()


def mark(folder: Path, job: Job, recipe: Recipe) -> None:
    """Leave beside weights what they are and which base they belong to, and nothing else that the libraries wrote there."""
    for left in ("training_args.bin", "README.md"):  # a pickle, and a page about it
        (folder / left).unlink(missing_ok=True)
    config = folder / "adapter_config.json"
    if config.exists():
        name = "../base" if recipe.model.startswith(TINY) else recipe.model
        write_whole(config, to_json(orjson.loads(config.read_bytes()) | {"base_model_name_or_path": name}))
    write_whole(folder / MARK, to_json({"stage": job.stage, "identity": job.identity, "base": job.fingerprint}))


def hashed(values: Any) -> str:
    """A hash of tensors, for comparing what two processes hold."""
    found = hashlib.sha256()
    for value in values:
        found.update(value.detach().cpu().float().numpy().tobytes())
    return found.hexdigest()

"""What the workers of every stage begin with: processes that know each other, a tokenizer, a model, arguments, rows."""

import gc
import glob
import math
import os
from pathlib import Path
from typing import Any, Literal

import torch
import torch.distributed as dist
from accelerate import PartialState
from transformers import set_seed

from kgtools.tools.errors import InputError, KgtoolsError, UsageError
from kgtools.train.launch.job import Job
from kgtools.train.models.adapters import adapter
from kgtools.train.models.load import config_of, model_of, tokenizer_of
from kgtools.train.recipe import Lora, Recipe

Head = Literal["causal", "score"]
BUCKET, EVEN = 100_000_000, 8192
"""Numbers in a bucket of DeepSpeed at most; a multiple of what it asks for."""
FORMS = 64
"""So many forms of a layer are compiled at most (to learn or to look on, one sequence or several), then it is computed as it is."""


def start(job: Job, recipe: Recipe) -> None:
    """Let the processes find each other. Raises InputError where they do not agree on what they are to do."""
    on_cpu = not torch.cuda.is_available()
    if on_cpu and recipe.zero:
        from deepspeed import ops

        # DeepSpeed would compile it at the first run; gloo does as well on one machine
        ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # before anything of DeepSpeed: else each process of a run on the CPU believes that it is alone
    state = PartialState(cpu=on_cpu)
    if state.num_processes != job.world:
        raise KgtoolsError(f"{job.world} processes were started, and this one sees {state.num_processes}")
    if job.world > 1:
        plans: list[Any] = [None] * job.world
        dist.all_gather_object(plans, (job.identity, job.resume and Path(job.resume).name))
        if len(set(plans)) > 1:
            raise InputError(
                "the nodes would not do the same: their recipes, data, models or checkpoints differ; "
                "start the same command with the same files on each"
            )
    if recipe.tf32 and not on_cpu:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.use_deterministic_algorithms(on_cpu, warn_only=True)
    # it costs time, and nobody reads memory before it is written to
    torch.utils.deterministic.fill_uninitialized_memory = False
    # What was imported stays, millions of objects: to search them for cycles took a fifth of the time of importing them, and each
    # trainer does so again when it begins.
    gc.freeze()
    gc.enable()
    set_seed(recipe.seed)


def load_tokenizer(job: Job) -> Any:
    """The tokenizer with the chat template that the rows were made with."""
    return tokenizer_of(
        Path(job.work) / "tokenizer", [Path(job.work) / "tokenizer"] if job.recipe.get("trust_remote_code") else ()
    )


def load_model(job: Job, recipe: Recipe, head: Head, tokenizer: Any) -> Any:
    """The base of a job with a head for words or for a score, its ids of EOS and padding those of the tokenizer, and all that end an
    answer in what is kept for generation; with the adapter that is trained on, if there is one."""
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, BitsAndBytesConfig

    if recipe.liger:
        _has_kernels(job, recipe)
    options: dict[str, Any] = {"dtype": _dtype(recipe)}
    if recipe.attention != "auto":
        options["attn_implementation"] = recipe.attention
    if recipe.quantize:
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=recipe.quantize == 4, load_in_8bit=recipe.quantize == 8, bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=options["dtype"],
        )  # fmt: skip
        if torch.cuda.is_available():
            options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    if head == "score":
        model = model_of(
            AutoModelForSequenceClassification, Path(job.base), recipe.trust_remote_code, num_labels=1, **options
        )
    else:
        model = model_of(AutoModelForCausalLM, Path(job.base), recipe.trust_remote_code, **options)
        model.generation_config.eos_token_id = list(job.stops)
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.config.eos_token_id, model.config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    model.config.use_cache = False
    if recipe.quantize:
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=recipe.gradient_checkpointing)
    if recipe.compile:
        compile_layers(model)
    if recipe.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter(recipe.adapter), is_trainable=True)
    return model


def _dtype(recipe: Recipe) -> torch.dtype:
    """The numbers of a model's weights: of 16 bits where they are not trained, or DeepSpeed keeps others to be trained."""
    if not (recipe.half and (recipe.method == "lora" or recipe.zero)):
        return torch.float32
    return torch.float16 if recipe.precision == "fp16" else torch.bfloat16


def _has_kernels(job: Job, recipe: Recipe) -> None:
    from liger_kernel.transformers.monkey_patch import MODEL_TYPE_TO_APPLY_LIGER_FN

    kind = config_of(Path(job.base), recipe.trust_remote_code).model_type
    if kind not in MODEL_TYPE_TO_APPLY_LIGER_FN:
        raise UsageError(f"liger=true: Liger has no kernels for {kind}; liger=false")


def compile_layers(model: Any) -> None:
    """Let each layer be compiled when it is first computed, for sequences of any length; adapters that it is given later are a part of it."""
    torch._dynamo.config.recompile_limit = FORMS
    kinds = set(model._no_split_modules or ())
    for layer in model.modules():
        if type(layer).__name__ in kinds:
            layer.compile(dynamic=True)


def lora_config(recipe: Recipe, head: Head, token_rows: dict[str, list[int]] | None = None) -> Any:
    """The settings of a new adapter as peft has them; None where all weights are trained, or an adapter that is there already.
    `token_rows` as of a job."""
    if recipe.method == "full" or recipe.adapter:
        return None
    from peft import LoraConfig

    lora: Lora = recipe.lora
    return LoraConfig(
        r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout, bias="none",
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets),
        task_type="CAUSAL_LM" if head == "causal" else "SEQ_CLS", use_rslora=lora.rslora, use_dora=lora.dora,
        trainable_token_indices=token_rows or None,
    )  # fmt: skip


def open_head(model: Any, job: Job) -> None:
    """Let TRL, which computes with the weight and the bias of a head by itself, find both where rows of it are trained: peft's wrapper
    of the head shows the weight alone. A head that has a bias is refused before (`train.models.examine`)."""
    if job.token_rows:
        model.get_output_embeddings().bias = None


def deepspeed_config(recipe: Recipe, learnt: int) -> dict[str, Any] | None:
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
    fp16 = {"fp16": {"enabled": "auto"}} if recipe.precision == "fp16" else {}
    if recipe.zero == 3:
        stage |= {"stage3_gather_16bit_weights_on_model_save": True}
    return {
        "zero_optimization": stage, "zero_allow_untested_optimizer": True, **fp16, "bf16": {"enabled": "auto"},
        "gradient_clipping": "auto", "train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto", "steps_per_print": 10**9, "wall_clock_breakdown": False,
    }  # fmt: skip


def training_arguments(job: Job, recipe: Recipe) -> dict[str, Any]:
    """What every trainer of transformers and TRL is told; for what a step sees and how fast it learns see `train.stages.trainer`."""
    on_cpu = not torch.cuda.is_available()
    return {
        # to a trainer a run is one pass, of all its steps
        "num_train_epochs": 1,
        "output_dir": job.checkpoints,
        "per_device_train_batch_size": recipe.micro_batch_size,
        "per_device_eval_batch_size": recipe.micro_batch_size,
        "gradient_accumulation_steps": recipe.batch_size // (recipe.micro_batch_size * job.world),
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.max_grad_norm,
        "optim": "adamw_torch" if on_cpu else "adamw_torch_fused",
        "bf16": recipe.precision == "bf16",
        "fp16": recipe.precision == "fp16",
        "use_liger_kernel": recipe.liger,
        "tf32": None if on_cpu else recipe.tf32,
        "use_cpu": on_cpu,
        "deepspeed": deepspeed_config(recipe, job.learnt),
        "gradient_checkpointing": recipe.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if recipe.gradient_checkpointing else None,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "save_strategy": "steps",
        "save_steps": recipe.save_every,
        "save_total_limit": recipe.keep,
        "metric_for_best_model": "eval_loss" if recipe.takes_best else None,
        "greater_is_better": False if recipe.takes_best else None,
        "logging_steps": recipe.log_every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": not on_cpu,
        "full_determinism": False,
    }


def load_rows(job: Job) -> dict[str, Any]:
    """The tokens of each split as datasets have them; without the ids of their rows."""
    from datasets import Dataset

    splits = {}
    for split, path in job.tokens.items():
        rows = Dataset.from_parquet(glob.escape(path), cache_dir=str(Path(job.work) / "datasets"))
        if len(rows):
            splits[split] = rows.remove_columns("id")
    return splits

"""The libraries that train: whether they are there, and kept quiet."""

import logging
import os
import shutil
import warnings
from importlib.util import find_spec

from kgtools.tools.errors import MissingExtraError, UsageError
from kgtools.train.recipe import Recipe

STACK = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "deepspeed")
"""What `pip install 'kgtools[train]'` brings."""
QUIET = {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "WANDB_DISABLED": "true"}
"""In the environment of all that trains: nothing is told to anybody."""


def needs_stack() -> None:
    """Raises MissingExtraError where what trains is not installed. Where it is, it will tell nobody, and warn of nothing that a user
    cannot mend."""
    if missing := [name for name in STACK if find_spec(name) is None]:
        raise MissingExtraError(
            f"training needs {', '.join(missing)}: pip install 'kgtools[train]'; `kgtools train doctor` says what else"
        )
    os.environ.update(QUIET)
    logging.getLogger("DeepSpeed").addFilter(_is_error)  # it warns of the CPU when it is imported
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers|peft|trl")
    from transformers.utils.logging import disable_progress_bar, set_verbosity_error

    disable_progress_bar()
    set_verbosity_error()


def _is_error(line: logging.LogRecord) -> bool:
    return line.levelno >= logging.ERROR


def needs_packages(recipe: Recipe) -> None:
    """Raises MissingExtraError for a package that a setting needs and the extra does not bring, UsageError for a compiler."""
    if recipe.quantize and find_spec("bitsandbytes") is None:
        raise MissingExtraError(f"quantize={recipe.quantize} needs bitsandbytes: pip install bitsandbytes")
    if recipe.attention == "flash_attention_2" and find_spec("flash_attn") is None:
        raise MissingExtraError(
            "attention=flash_attention_2 needs flash-attn, for NVIDIA GPUs: pip install flash-attn; or attention=auto"
        )
    if recipe.liger and find_spec("liger_kernel") is None:
        raise MissingExtraError("liger=true needs Liger's kernels, for GPUs: pip install liger-kernel; or liger=false")
    if (recipe.liger or recipe.precision == "fp16") and not _has_gpu():
        name = "liger=true" if recipe.liger else "precision=fp16"
        raise UsageError(
            f"{name}: there is no GPU that torch sees; {'liger=false' if recipe.liger else 'precision=bf16 or fp32'}"
        )
    for name in recipe.report_to:
        if find_spec(name) is None:
            raise MissingExtraError(f"report_to={name} needs {name}: pip install {name}; or report_to=none")
    if recipe.compile and shutil.which(os.environ.get("CXX", "g++")) is None:
        raise UsageError("compile=true needs a C++ compiler: apt install g++, or name yours in CXX; or compile=false")


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def needs_engine(engine: str) -> None:
    """Raises MissingExtraError for an engine of generation that is a package of its own."""
    if engine == "vllm" and find_spec("vllm") is None:
        raise MissingExtraError(
            "engine=vllm needs vLLM, for NVIDIA GPUs: pip install vllm==0.28.0; or engine=generate, which needs nothing"
        )

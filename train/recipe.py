"""Settings of a training stage as a recipe: what is trained, on what, how."""

import datetime
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from kgtools.tools.config import Settings, find_yaml, load_yaml
from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.train.paper import Paper, faults
from kgtools.train.template_kwargs import NAME

HERE = Path(__file__).parent / "recipes"
"""The recipes that come with kgtools: `SYSTEM/STAGE.yaml` or `SYSTEM/STAGE.VARIANT.yaml`."""
R = TypeVar("R", bound="ModelSettings")

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Part = Annotated[float, Field(ge=0, lt=1)]
Engine = Literal["generate", "continuous", "vllm"]
"""What lets a model answer: `generate` or `continuous` batching of transformers, or vLLM, a package of its own for GPUs."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _parse_trackers(value: Any) -> Any:
    return () if value is None or value == "none" else _as_list(value)


def _parse_day(value: Any) -> Any:
    # YAML makes a date of 2024-07-26 by itself, and text of '2024-07-26'
    if not isinstance(value, datetime.date) and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        raise ValueError(f"{value} is no date; as 2024-07-26")
    return value


def _parse_token(value: Any) -> Any:
    """YAML takes `[PAD]` for a list."""
    return f"[{value[0]}]" if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else value


Token = Annotated[str | None, BeforeValidator(_parse_token)]
Day = Annotated[datetime.date, BeforeValidator(_parse_day)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_as_list)]
Tracker = Literal["tensorboard", "wandb", "swanlab", "trackio"]
Trackers = Annotated[tuple[Tracker, ...], BeforeValidator(_parse_trackers)]


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


class Lora(Settings):
    """Adapters of low rank (Hu et al. 2021). `targets`: names of layers, or all linear ones but the head. `rslora`: scaled by alpha over the
    root of r (Kalajdzievski 2023); `dora`: size and direction are learnt apart (Liu et al. 2024); `plus`: the second matrix of each learns so
    many times faster than the first (LoRA+, Hayou et al. 2024)."""

    r: Count = 8
    alpha: Positive = 32
    dropout: Part = 0.1
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    rslora: bool = False
    dora: bool = False
    plus: Annotated[float, Field(gt=1)] | None = None


class ModelSettings(Settings):
    """What every use of a model knows.

    `paper`: where it comes from and what that gives; `ours`: keys that it does not give, or that are not as it gives them, and why.
    `model`: a folder, a name on a hub (it is fetched), or `tiny:llama`, `tiny:qwen2`, `tiny:bloom` (random, made on the spot;
    `small:` in place of `tiny:` has room for some thousand facts).
    `data`: folders or files, of which the rows of `split` are taken. `allow_license`: licences that forbid to pass on what is made
    of a row, and are to be taken all the same; `allow_identified`: so are people's records that were never
    de-identified. `eos_token`, `pad_token`: tokens of the tokenizer that end an answer and fill up a batch,
    where it names none or the wrong ones. `template_arguments`: what the chat template asks for beside messages, as
    `enable_thinking: false`; `date`: what it takes for today, by default 2024-07-26, as Llama 3 does, or the date of the stage before.
    Both are written into the template that is kept with the tokenizer. `max_length`: tokens of a sequence. `trust_remote_code`:
    folders of models whose own code may run; of any other model none does."""

    title: str
    paper: str | Paper = ""
    ours: dict[str, str] = {}
    notes: str = ""
    model: str
    revision: str | None = None
    data: Paths = ()
    split: str = "train"
    allow_license: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    allow_identified: bool = False
    chat_template: str = "auto"
    template_arguments: dict[str, Any] = {}
    date: Day | None = None
    eos_token: Token = None
    pad_token: Token = None
    max_length: Count = 1024
    trust_remote_code: Paths = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @field_validator("template_arguments")
    @classmethod
    def _can_be_written(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        for name, value in arguments.items():
            if not NAME.fullmatch(name):
                raise ValueError(f"{name} is no name of an argument, or one of what each template is given anyway")
            if not _is_json(value):
                raise ValueError(f"{name}: true, false, null, numbers, texts, lists and mappings; put a date in quotes")
        return arguments

    @model_validator(mode="after")
    def _accounts(self) -> Self:
        if found := faults(type(self), self.paper, self.ours):
            raise ValueError(". ".join(found))
        return self


class Recipe(ModelSettings):
    """What every stage that trains knows.

    Rows of the split `validation` are looked on, but for `split: all`. `batch_size`: sequences in one step, over all processes;
    `micro_batch_size`: of them on one process at once. `epochs` through the data, or `steps`. `warmup`: that part of all steps. `zero`:
    DeepSpeed's stage, 0 without it. `attention`: how it is computed, by default as the model has it; FlashAttention is a package of
    its own, for GPUs. `gradient_checkpointing`: activations are computed a second time instead of kept; `auto` where they would not
    fit. `precision`: fp16 is for GPUs that have no bf16. `liger`: layers are computed by Liger's kernels, a package of its own, for
    GPUs. `compile`: layers are compiled by torch, which takes minutes at first and is faster afterwards. `save_every`, `log_every`:
    steps; `keep`: so many checkpoints. `train_tokens`: tokens whose rows in embeddings and head are trained beside adapters, by sft,
    pretrain, dpo and kto; `auto` those in use that are found to have never been trained, and new ones. `new_tokens`: special tokens that
    tokenizer and model are given; where the model has no rows for all tokens of the tokenizer, it is written again with more.
    `eval_every`: steps between looks on the rows for validation, by default at the end of each pass; the last step is always looked
    on. `keep_best`: the result is the checkpoint with the lowest loss there, by default where there is `early_stop`: so many looks in a
    row without a lower loss end the run. `adapter`: a run, or its adapter, that is trained on in place of a new one; its rank, scale,
    layers and dropout are its own. `report_to`: trackers that are given the lines of metrics too, `none` or several of tensorboard,
    wandb, swanlab and trackio, each a package of its own."""

    validation: str | None = "validation"
    method: Literal["lora", "full"] = "lora"
    lora: Lora = Lora()
    train_tokens: Literal["auto", "none"] | tuple[str, ...] = "auto"
    new_tokens: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    quantize: Literal[4, 8] | None = None
    learning_rate: Positive
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "cosine"
    warmup: Part = 0.03
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    max_grad_norm: Positive = 1.0
    batch_size: Count = 128
    micro_batch_size: Count = 1
    epochs: Positive | None = None
    steps: Count | None = None
    precision: Literal["bf16", "fp16", "fp32"] = "bf16"
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = "auto"
    tf32: bool = True
    zero: Literal[0, 2, 3] = 2
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    compile: bool = False
    liger: bool = False
    save_every: Count = 500
    log_every: Count = 10
    keep: Count = 2
    eval_every: Count | None = None
    keep_best: bool | None = None
    early_stop: Count | None = None
    adapter: Path | None = None
    report_to: Trackers = ()

    @property
    def takes_best(self) -> bool:
        """Whether the result is the best checkpoint, and not the last."""
        return self.early_stop is not None if self.keep_best is None else self.keep_best

    @property
    def joined(self) -> bool:
        """Whether texts are joined into sequences of full length."""
        return False

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process."""
        return self.micro_batch_size

    @property
    def completion_length(self) -> int:
        """Tokens that an answer adds to a row at most."""
        return 0

    @property
    def memory_fraction(self) -> float:
        """The part of a device's memory that may be planned with; what is needed is an estimate."""
        return 0.85

    @property
    def half(self) -> bool:
        """Whether it is computed in numbers of 16 bits."""
        return self.precision != "fp32"

    @property
    def examples_per_row(self) -> int:
        """Rows that are learnt from for each row of the data."""
        return 1

    @property
    def rows_per_step(self) -> int:
        """Rows that a step takes, over all processes."""
        return self.batch_size

    @property
    def learners(self) -> int:
        """Adapters that are trained side by side."""
        return 1

    @property
    def minibatch_count(self) -> int:
        """In how many parts a batch is learnt from, an update of the weights for each."""
        return 1

    @field_validator("split")
    @classmethod
    def _not_for_evaluation(cls, split: str) -> str:
        if split not in ("train", "all"):
            raise ValueError(
                f"{split} is what a model is judged by, and must not be trained on; train, or all where nothing is split"
            )
        return split

    @model_validator(mode="after")
    def _agree(self) -> "Recipe":
        faults = []
        if (self.epochs is None) == (self.steps is None):
            faults.append("give epochs or steps, one of them")
        if self.batch_size % self.micro_batch_size:
            fits = max(n for n in range(1, self.micro_batch_size) if self.batch_size % n == 0)
            faults.append(
                f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}; micro_batch_size={fits}"
            )
        if self.quantize and self.method == "full":
            faults.append("quantize is for method: lora; the weights of a quantized model cannot be trained")
        if self.method == "full" and self.train_tokens not in ("auto", "none"):
            faults.append(
                "train_tokens names rows that are trained beside adapters; with method: full all are, leave it out"
            )
        if self.quantize and self.zero == 3:
            faults.append("quantize and zero: 3 do not go together; zero: 2")
        if self.zero == 3 and self.method == "lora":
            faults.append("zero: 3 is for method: full; with LoRA the base is not trained, zero: 2 or 0 does it")
        if self.method == "full" and (self.lora.rslora or self.lora.dora or self.lora.plus):
            faults.append("lora.rslora, lora.dora and lora.plus are for method: lora")
        if self.adapter and self.method == "full":
            faults.append(
                "adapter is for method: lora; to train all weights, `kgtools train merge` the adapter and name the result as model"
            )
        if self.compile and self.gradient_checkpointing is True:
            faults.append("compile and gradient_checkpointing do not go together; gradient_checkpointing: false")
        if self.compile and (self.quantize or self.zero == 3):
            faults.append("compile is for whole weights, neither quantized nor divided by zero: 3; compile: false")
        if faults:
            raise ValueError(". ".join(faults))
        return self


def systems() -> dict[str, list[str]]:
    """The recipes that come with kgtools: system -> its stages, both sorted."""
    stages_of: dict[str, list[str]] = {}
    for file in sorted(HERE.glob("*/*.yaml"), key=lambda file: (file.parent.name, file.stem)):
        stages_of.setdefault(file.parent.name, []).append(file.stem)
    return stages_of


def papers() -> dict[str, str]:
    """The papers that the recipes follow: system -> what is to be cited, empty where it follows none."""
    citations = {}
    for system, stages in systems().items():
        file = HERE / system / f"{stages[0]}.yaml"
        paper = read_yaml(file.read_text(encoding="utf-8"), file)[0].get("paper", "")
        citations[system] = paper["cite"] if isinstance(paper, dict) else paper
    return citations


def find(name: str, stage: str) -> Path:
    """The file of a recipe: a file as it is, or the stage of a system, `SYSTEM` or `SYSTEM:VARIANT`. Raises UsageError with what
    there is."""
    system, _, variant = name.partition(":")
    known = systems()
    if Path(name).suffix in (".yaml", ".yml") and not Path(name).is_file():
        raise UsageError(f"{name}: no such recipe")
    if system not in known or Path(name).is_file():
        return find_yaml(HERE, name, "recipe", list(known))
    wanted = f"{stage}.{variant}" if variant else stage
    if wanted not in known[system]:
        raise UsageError(f"the recipe {system} has no stage {wanted}; it has {', '.join(known[system])}")
    return HERE / system / f"{wanted}.yaml"


def load(name: str, stage: str, model: type[R], changes: Mapping[str, str]) -> R:
    """A recipe for a stage with changes (`{"lora.r": "16"}`). Raises UsageError, or InputError with every fault."""
    return load_yaml(find(name, stage), model, changes)

"""Settings of a training stage as a recipe: what is trained, on what, how."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tools.config import Settings, load_yaml
from tools.errors import UsageError
from tools.registry import suggestion

HERE = Path(__file__).parent / "recipes"
R = TypeVar("R", bound="Asking")

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Part = Annotated[float, Field(ge=0, lt=1)]
Engine = Literal["generate", "continuous", "vllm"]
"""What lets a model answer: `generate` or `continuous` batching of transformers, or vLLM, a package of its own for GPUs."""


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Paths = Annotated[tuple[Path, ...], BeforeValidator(_several)]


class Lora(Settings):
    """Adapters of low rank (Hu et al. 2021). `targets`: names of layers, or all linear ones but the head."""

    r: Count = 8
    alpha: Positive = 32
    dropout: Part = 0.1
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"


class Asking(Settings):
    """What every use of a model knows.

    `model`: a folder, a name on a hub (it is fetched), or `tiny:llama`, `tiny:qwen2`, `tiny:bloom` (random, made on the spot;
    `small:` in place of `tiny:` has room for some thousand facts).
    `data`: folders or files, of which the rows of `split` are taken. `allow_license`: licences that forbid to pass on what is made
    of a row, and are to be taken all the same; `allow_identified`: so are people's records that were never
    de-identified. `eos_token`, `pad_token`: tokens of the tokenizer that end an answer and fill up a batch,
    where it names none or the wrong ones. `max_length`: tokens of a sequence. `trust_remote_code`: folders of models whose own code
    may run; of any other model none does."""

    title: str
    paper: str = ""
    notes: str = ""
    model: str
    revision: str | None = None
    data: Paths = ()
    split: str = "train"
    allow_license: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    allow_identified: bool = False
    chat_template: str = "auto"
    eos_token: str | None = None
    pad_token: str | None = None
    max_length: Count = 1024
    trust_remote_code: Paths = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


class Recipe(Asking):
    """What every stage that trains knows.

    Rows of the split `validation` are looked on, but for `split: all`. `batch_size`: sequences in one step, over all processes;
    `micro_batch_size`: of them on one process at once. `epochs` through the data, or `steps`. `warmup`: that part of all steps. `zero`:
    DeepSpeed's stage, 0 without it. `attention`: how it is computed, by default as the model has it; FlashAttention is a package of
    its own, for GPUs. `gradient_checkpointing`: activations are computed a second time instead of kept; `auto` where they would not
    fit. `compile`: layers are compiled by torch, which takes minutes at first and is faster afterwards. `save_every`,
    `log_every`: steps; `keep`: so many checkpoints."""

    validation: str | None = "validation"
    method: Literal["lora", "full"] = "lora"
    lora: Lora = Lora()
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
    precision: Literal["bf16", "fp32"] = "bf16"
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = "auto"
    tf32: bool = True
    zero: Literal[0, 2, 3] = 2
    gradient_checkpointing: bool | Literal["auto"] = "auto"
    compile: bool = False
    save_every: Count = 500
    log_every: Count = 10
    keep: Count = 2

    @property
    def joined(self) -> bool:
        """Whether texts are joined into sequences of full length."""
        return False

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process."""
        return self.micro_batch_size

    @property
    def answer(self) -> int:
        """Tokens that an answer adds to a row at most."""
        return 0

    @property
    def room(self) -> float:
        """The part of a device's memory that may be planned with; what is needed is an estimate."""
        return 0.85

    @property
    def updates(self) -> int:
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
            faults.append(f"batch_size {self.batch_size} is no multiple of micro_batch_size {self.micro_batch_size}")
        if self.quantize and self.method == "full":
            faults.append("quantize is for method: lora; the weights of a quantized model cannot be trained")
        if self.quantize and self.zero == 3:
            faults.append("quantize and zero: 3 do not go together; zero: 2")
        if self.zero == 3 and self.method == "lora":
            faults.append("zero: 3 is for method: full; with LoRA the base is not trained, zero: 2 or 0 does it")
        if self.compile and self.gradient_checkpointing is True:
            faults.append("compile and gradient_checkpointing do not go together; gradient_checkpointing: false")
        if self.compile and (self.quantize or self.zero == 3):
            faults.append("compile is for whole weights, neither quantized nor divided by zero: 3; compile: false")
        if faults:
            raise ValueError(". ".join(faults))
        return self


def systems() -> dict[str, list[str]]:
    """The recipes that come with kgtools: system -> its stages, both sorted."""
    found: dict[str, list[str]] = {}
    for file in sorted(HERE.glob("*/*.yaml"), key=lambda file: (file.parent.name, file.stem)):
        found.setdefault(file.parent.name, []).append(file.stem)
    return found


def find(name: str, stage: str) -> Path:
    """The file of a recipe: a file as it is, or the stage of a system, `SYSTEM` or `SYSTEM:VARIANT`. Raises UsageError with what
    there is."""
    file = Path(name)
    if file.suffix in (".yaml", ".yml") or file.is_file():
        if not file.is_file():
            raise UsageError(f"{name}: no such recipe")
        return file
    system, _, variant = name.partition(":")
    known = systems()
    if system not in known:
        raise UsageError(f"no recipe is called {system!r}; name a file, or {suggestion(system, list(known))}")
    wanted = f"{stage}.{variant}" if variant else stage
    if wanted not in known[system]:
        raise UsageError(f"the recipe {system} has no stage {wanted}; it has {', '.join(known[system])}")
    return HERE / system / f"{wanted}.yaml"


def load(name: str, stage: str, model: type[R], changes: Mapping[str, str]) -> R:
    """A recipe for a stage with changes (`{"lora.r": "16"}`). Raises UsageError, or InputError with every fault."""
    return load_yaml(find(name, stage), model, changes)

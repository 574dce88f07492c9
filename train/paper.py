"""What a recipe owes to its paper and what is ours: each setting that matters is accounted for."""

from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from kgtools.tools.config import Settings

TRAINING = (
    "model", "method", "max_length", "learning_rate", "schedule", "warmup", "weight_decay", "max_grad_norm", "batch_size", "precision",
)  # fmt: skip
DRAWING = ("model", "max_length", "max_new_tokens", "temperature", "samples")
MATTERS: dict[str, tuple[str, ...]] = {
    "pretrain": (*TRAINING, "packing"),
    "sft": (*TRAINING, "packing"),
    "reward": (*TRAINING, "center"),
    "ppo": (
        *TRAINING, "max_new_tokens", "temperature", "kl_coef", "kl_kind", "kl_target", "gamma", "lam", "clip", "value_clip", "vf_coef",
        "ppo_epochs", "minibatches", "missing_eos_penalty",
    ),
    "answer": DRAWING,
    "reject": (*DRAWING, "least"),
}  # fmt: skip
"""Keys of a stage that a paper's result depends on: they are accounted for even where a recipe leaves them as they are."""
LORA = ("lora.r", "lora.alpha", "lora.dropout", "lora.targets")
"""Keys of an adapter that matter in any stage."""
WORDS = ("title", "paper", "ours", "notes")
"""What a recipe says of itself."""


class Paper(Settings):
    """Where a recipe comes from. `cite`: authors, year, number at arXiv; `also`: code or weights that the authors released;
    `gives`: what these say, by key of the recipe."""

    cite: str
    also: str = ""
    gives: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.cite


def names(ours: dict[str, str]) -> dict[str, str]:
    """Why each key is ours; several with one reason stand side by side with commas."""
    return {key: why for keys, why in ours.items() for key in keys.split(", ")}


def faults(model: type[BaseModel], paper: "Paper | str", ours: dict[str, str]) -> list[str]:
    """What cannot be in `paper.gives` and `ours`: keys that a recipe does not have, values that a key cannot take, no reason."""
    given = paper.gives if isinstance(paper, Paper) else {}
    messages = [f"paper.gives: there is no key {key}" for key in given if field(model, key) is None]
    for key, value in given.items():
        if field(model, key) is not None:
            try:
                parse_value(model, key, value)
            except ValidationError as error:
                messages.append(f"paper.gives: {key} cannot be {value}: {error.errors()[0]['msg']}")
    for key, why in names(ours).items():
        messages += [f"ours: there is no key {key}"] if field(model, key) is None else []
        messages += [] if why.strip() else [f"ours: {key} without a reason"]
    return messages


def field(model: type[BaseModel], key: str) -> FieldInfo | None:
    """The field of a key such as `lora.r`."""
    first, _, rest = key.partition(".")
    info = model.model_fields.get(first)
    if info is None or not rest:
        return info
    inner = info.annotation
    return field(inner, rest) if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def parse_value(model: type[BaseModel], key: str, value: Any) -> Any:
    """A value as the recipe would take it. Raises ValidationError."""
    info = field(model, key)
    kind: Any = info.annotation if info else Any
    for part in info.metadata if info else ():
        kind = Annotated[kind, part]
    return TypeAdapter(kind).validate_python(value)


def value(recipe: BaseModel, key: str) -> Any:
    """What a recipe has for a key such as `lora.r`."""
    first, _, rest = key.partition(".")
    inner = getattr(recipe, first)
    return value(inner, rest) if rest else inner


def differences(recipe: Any) -> dict[str, tuple[Any, Any]]:
    """Where a recipe is not as its paper gives it: key -> what it has, what the paper gives."""
    given = recipe.paper.gives if isinstance(recipe.paper, Paper) else {}
    both = {key: (value(recipe, key), parse_value(type(recipe), key, gives)) for key, gives in given.items()}
    return {key: pair for key, pair in both.items() if pair[0] != pair[1]}


def find_unaccounted(stage: str, recipe: Any) -> list[str]:
    """Settings, of those that a recipe has and those that matter, that are neither the paper's nor named as ours."""
    given = set(recipe.paper.gives) if isinstance(recipe.paper, Paper) else set()
    ours, differs = set(names(recipe.ours)), set(differences(recipe))
    has = {key for key in _set(recipe) if key.partition(".")[0] not in WORDS}
    lora = LORA if getattr(recipe, "method", "") == "lora" else ()
    keys = has | {*MATTERS.get(stage, ()), *lora}
    return sorted(
        [f"{key}: the paper does not give it, and it is not named as ours" for key in keys - given - ours]
        + [f"{key}: is not as the paper gives it, and that is not named" for key in differs - ours]
        + [f"{key}: is as the paper gives it, and named as ours" for key in given & ours - differs]
    )


def _set(recipe: BaseModel) -> set[str]:
    """The keys that a recipe sets, those below others too."""
    keys = set()
    for key in recipe.model_fields_set:
        inner = getattr(recipe, key)
        is_value = not isinstance(inner, BaseModel) or key in WORDS
        keys |= {key} if is_value else {f"{key}.{below}" for below in _set(inner)}
    return keys

"""Adapters in the folders of their runs, with the mark that says which base they belong to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.train.models import resolve
from kgtools.train.recipe import Lora

MARK = "kgtools.json"
"""Beside the weights of an adapter or a model: what stage made it, and the fingerprint of its base."""
CONFIG = "adapter_config.json"
"""Where peft keeps the settings of an adapter."""


def settle(config: Path, base: str) -> None:
    """Write the configuration of an adapter, if there is one, anew: on this base, and the names in it, which peft holds in sets, in
    order. So the same run writes the same bytes."""
    if config.exists():
        settings: dict[str, Any] = orjson.loads(config.read_bytes()) | {"base_model_name_or_path": base}
        write_file(config, to_json({key: _in_order(value) for key, value in settings.items()}))


def _in_order(value: Any) -> Any:
    names = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return sorted(value) if names else value


def base_of(run: Path, base: Path | None = None) -> Path:
    """The folder of the base of a run's adapter: as named, beside the adapter in its run, or where the adapter says.

    Raises InputError for one whose weights are not those that the adapter was trained on."""
    home = adapter(run)
    settings = orjson.loads((home / CONFIG).read_bytes())
    folder = base or run / "base"
    if base is None and not (folder / "config.json").is_file():
        folder = resolve.resolve(settings["base_model_name_or_path"], settings.get("revision"), folder)
    mark, fingerprint = read_mark(home), resolve.fingerprint(folder)
    if mark.base != fingerprint:
        raise InputError(
            f"{folder}: is not the base of {run}: its weights are {fingerprint[:12]}, the adapter's {mark.base[:12]}"
        )
    return folder


@dataclass(frozen=True)
class Mark:
    """What stands beside weights of ours. `stage`: what made them; `identity`: of the run; `base`: fingerprint of the model that they
    were trained on."""

    stage: str
    identity: str
    base: str


def read_mark(home: Path) -> Mark:
    """The mark beside weights. Raises InputError where there is none."""
    try:
        mark = orjson.loads((home / MARK).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{home}: {MARK} is missing, so nobody can tell what made it and on which base") from error
    return Mark(mark["stage"], mark["identity"], mark["base"])


def adapter(run: Path) -> Path:
    """The adapter in the folder of a run, or by itself. Raises UsageError where there is none."""
    home = run / "adapter" if (run / "adapter").is_dir() else run
    if not (home / CONFIG).is_file():
        why = "holds a whole model and no adapter" if (run / "model").is_dir() else "holds no adapter"
        raise UsageError(f"{run}: {why}; name the folder of a run with method=lora")
    if not (home / "adapter_model.safetensors").is_file():
        raise InputError(
            f"{home}: adapter_model.safetensors is missing; weights of another format are not loaded, they can run code"
        )
    return home


def reward_adapter(run: Path) -> Path:
    """The adapter of a reward model, in the folder of its run or by itself. Raises UsageError, InputError."""
    home = adapter(run)
    stage = read_mark(home).stage
    if stage != "reward":
        raise UsageError(f"{run}: was made by `kgtools train {stage}`, and is no reward model")
    return home


def lora_of(home: Path) -> Lora:
    """The settings that an adapter was made with. Raises InputError for one that is no LoRA."""
    config = orjson.loads((home / CONFIG).read_bytes())
    targets = config.get("target_modules")
    if config.get("peft_type") != "LORA" or not (targets == "all-linear" or isinstance(targets, list)):
        raise InputError(
            f"{home / CONFIG}: is not a LoRA adapter of layers that it names, and cannot be trained further"
        )
    lora = {"r": config["r"], "alpha": config["lora_alpha"], "dropout": config["lora_dropout"], "targets": targets}
    lora |= {"rslora": config.get("use_rslora", False), "dora": config.get("use_dora", False)}
    return Lora.model_validate(lora)


def token_rows(home: Path) -> dict[str, list[int]]:
    """Module -> ids of the tokens whose rows an adapter has beside its layers."""
    rows: dict[str, list[int]] = orjson.loads((home / CONFIG).read_bytes()).get("trainable_token_indices") or {}
    return rows


def may_go_on(run: Path, stage: str) -> None:
    """Raises UsageError, InputError for an adapter that a stage cannot train on: one with a head for a score is for a reward model."""
    made_by = read_mark(adapter(run)).stage
    if (made_by == "reward") != (stage == "reward"):
        raise UsageError(
            f"adapter={run}: was made by `kgtools train {made_by}`, and {stage} does not go on from it; a reward model goes on as a reward "
            "model alone, and nothing else does as one"
        )


def origin(run: Path, fingerprint: str) -> dict[str, Any]:
    """The hashes of an adapter that is trained on. Raises InputError for one of another base."""
    home = adapter(run)
    mark = _on_base(home, f"adapter={run}: was", fingerprint, "name its own with model=...")
    return {"adapter": sha256(home / "adapter_model.safetensors"), "adapter_identity": mark.identity}


def fits(run: Path, fingerprint: str) -> dict[str, Any]:
    """The hashes of a reward model and its base. Raises InputError for one that was trained on another base: its numbers would look
    right on held-out pairs and teach nothing."""
    home = reward_adapter(run)
    way = "train it on this one: kgtools train reward model=..."
    mark = _on_base(home, f"{run}: the reward model was", fingerprint, way)
    return {"reward": sha256(home / "adapter_model.safetensors"), "reward_identity": mark.identity}


def _on_base(home: Path, what: str, fingerprint: str, way: str) -> Mark:
    """The mark of an adapter. Raises InputError where it belongs to a base with other weights."""
    mark = read_mark(home)
    if mark.base != fingerprint:
        raise InputError(
            f"{what} trained on another base (weights {mark.base[:12]}, these are {fingerprint[:12]}); {way}"
        )
    return mark

"""Adapters in the folders of their runs, with the mark that says which base they belong to."""

from pathlib import Path
from typing import Any

import orjson

from tools.errors import InputError, UsageError
from tools.files import sha256, to_json
from tools.staging import write_whole
from train import models

MARK = "kgtools.json"
"""Beside the weights of an adapter or a model: what stage made it, and the fingerprint of its base."""
CONFIG = "adapter_config.json"


def settle(config: Path, base: str) -> None:
    """Write the configuration of an adapter, if there is one, anew: on this base, and the names in it, which peft holds in sets, in
    order. So the same run writes the same bytes."""
    if config.exists():
        told: dict[str, Any] = orjson.loads(config.read_bytes()) | {"base_model_name_or_path": base}
        write_whole(config, to_json({key: _in_order(value) for key, value in told.items()}))


def _in_order(value: Any) -> Any:
    names = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return sorted(value) if names else value


def base_of(run: Path, base: Path | None = None) -> Path:
    """The folder of the base of a run's adapter: as named, beside the adapter in its run, or where the adapter says.

    Raises InputError for one whose weights are not those that the adapter was trained on."""
    home = adapter(run)
    told = orjson.loads((home / CONFIG).read_bytes())
    folder = base or run / "base"
    if base is None and not (folder / "config.json").is_file():
        folder = models.resolve(told["base_model_name_or_path"], told.get("revision"), folder)
    mark, found = read_mark(home), models.fingerprint(folder)
    if mark["base"] != found:
        raise InputError(
            f"{folder}: is not the base of {run}: its weights are {found[:12]}, the adapter's {mark['base'][:12]}"
        )
    return folder


def read_mark(home: Path) -> dict[str, Any]:
    """What stands beside weights of ours. Raises InputError where nothing does."""
    try:
        told: dict[str, Any] = orjson.loads((home / MARK).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{home}: {MARK} is missing, so it cannot be known what made it and on which base") from error
    return told


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
    made = read_mark(home)["stage"]
    if made != "reward":
        raise UsageError(f"{run}: was made by `kgtools train {made}`, and is no reward model")
    return home


def fits(run: Path, fingerprint: str) -> dict[str, Any]:
    """The hashes of a reward model and its base. Raises InputError for one that was trained on another base: its numbers would look
    right on held-out pairs and teach nothing."""
    home = reward_adapter(run)
    told = read_mark(home)
    if told["base"] != fingerprint:
        raise InputError(
            f"{run}: the reward model was trained on another base (weights {told['base'][:12]}, these are {fingerprint[:12]}); "
            "train it on this one: kgtools train reward model=..."
        )
    return {"reward": sha256(home / "adapter_model.safetensors"), "reward_identity": told["identity"]}

"""Settings of `generate` by which a paper made its set, by name."""

from pathlib import Path
from typing import Any

from kgtools.tools.config import Settings, find_yaml, load_yaml, yaml_names

HERE = Path(__file__).parent


class PresetOptions(Settings):
    """The options of `generate` that a preset gives; what the user gives counts more."""

    pack: str
    task: str
    lang: str
    count: int
    stratify: bool = False


class Preset(Settings):
    """A set of a paper: what is known of how it was made, and the options that come nearest."""

    title: str
    paper: str
    notes: str
    options: PresetOptions


def preset_names() -> list[str]:
    """All presets, sorted."""
    return yaml_names(HERE)


def load_preset(name: str) -> dict[str, Any]:
    """The options of a preset, or of a YAML file of the same shape. Raises UsageError for a name that there is not."""
    return load_yaml(find_yaml(HERE, name, "preset"), Preset).options.model_dump()

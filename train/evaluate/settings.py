"""Settings of a task, from `key=value` words."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from kgtools.tools.config import Settings
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.registry import suggestion

S = TypeVar("S", bound=Settings)


def parse_settings(model: type[S], words: Mapping[str, str]) -> S:
    """The settings that words give, each value read as YAML. Raises UsageError, with every fault, for a key that there is not and a value
    that cannot be."""
    values = {}
    for key, word in words.items():
        if key not in model.model_fields:
            raise UsageError(f"{key}={word}: there is no such setting; {suggestion(key, sorted(model.model_fields))}")
        try:
            values[key] = read_yaml(word, "")[0]
        except InputError as error:
            raise UsageError(f"{key}={word}: not a value of YAML; put it in quotes") from error
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}={words.get(str(fault['loc'][0]), '')}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise UsageError("\n".join(faults)) from error


def files_in(settings: Settings) -> dict[str, str]:
    """The SHA-256 of each file that settings name, by the name of the setting."""
    return {
        name: sha256(value)
        for name in type(settings).model_fields
        if isinstance(value := getattr(settings, name), Path) and value.is_file()
    }

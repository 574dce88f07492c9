"""Settings from YAML, checked by a pydantic model; all faults come in one message, each with its line."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.registry import suggestion

M = TypeVar("M", bound=BaseModel)
EXPECTED = {
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), "expected a list: [one, two]"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "expected keys with values: {key: value}"),
}
"""What pydantic calls by Python's names, in those of YAML."""
FEW_KEYS = 12
"""As many keys are listed even where one of them is near to what was written."""


Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What a manifest can hold."""


class Settings(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def yaml_names(folder: Path) -> list[str]:
    """The names by which `find_yaml` knows the YAML files of a folder, sorted."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def find_yaml(folder: Path, name: str, noun: str, names: Sequence[str] | None = None) -> Path:
    """The file that a user named, or the one of this name that comes with the package in `folder`.

    `noun`: what it is, in words; `names`: what there is, where it is not just the files of the folder. Raises UsageError with
    the nearest names."""
    file = Path(name)
    if file.is_file():
        return file
    known = yaml_names(folder) if names is None else list(names)
    if file.suffix in (".yaml", ".yml") or name not in known:
        raise UsageError(f"no {noun} is called {name!r}; name a file, or {suggestion(name, known)}")
    return folder / f"{name}.yaml"


def load_yaml(path: Path, model: type[M], changes: Mapping[str, str] | None = None) -> M:
    """The YAML file as `model`, with the values of `changes` (`{"lora.r": "16"}`, read as YAML) in place of its own.

    Raises InputError with every fault as `file:line: key: what`, or as `key=value: what` where a change is at fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    values, tree = read_yaml(text, path)
    values = {} if values is None else values
    for key, word in (changes or {}).items():
        values = _set_value(values, key.split("."), f"{key}={word}", _value(key, word))
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = dict(_lines(tree, ())) if tree else {}
        raise InputError(
            "\n".join(
                f"{_change(changes or {}, place) or f'{path}:{_line(lines, place)}'}: {_fault(fault, model)}"
                for fault in error.errors()
                for place in [fault["loc"]]
            )
        ) from error


def find_line(path: Path, place: tuple[str | int, ...]) -> int:
    """The line of a key (`("templates", "symptom")`) of a YAML file that can be read, or of the nearest above it that is there."""
    _, tree = read_yaml(path.read_text(encoding="utf-8-sig"), path)
    return _line(dict(_lines(tree, ())) if tree else {}, place)


def _value(key: str, word: str) -> Any:
    try:
        return read_yaml(word, "")[0]
    except InputError as error:
        raise InputError(f"{key}={word}: not a value of YAML; put it in quotes") from error


def _set_value(values: Any, keys: list[str], word: str, value: Any) -> dict[str, Any]:
    """A copy of the mapping with a value under a path of keys."""
    if not isinstance(values, dict):
        raise InputError(f"{word}: there is no key below a value")
    first, *rest = keys
    return values | {first: _set_value(values.get(first) or {}, rest, word, value) if rest else value}


def _change(changes: Mapping[str, str], location: tuple[str | int, ...]) -> str | None:
    """The change that is at fault for what is wrong at a place."""
    where = ".".join(str(part) for part in location)
    return next((f"{key}={word}" for key, word in changes.items() if f"{where}.".startswith(f"{key}.")), None)


def _lines(node: yaml.Node, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*at, key.value), key.start_mark.line + 1
            for place, line in _lines(value, (*at, key.value)):
                if place != (*at, key.value):
                    yield place, line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*at, index))


def _line(lines: dict[tuple[str | int, ...], int], location: tuple[str | int, ...]) -> int:
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def _fault(fault: Any, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] != "extra_forbidden":
        return f"{where}: {EXPECTED.get(fault['type'], fault['msg'])}"
    *above, key = fault["loc"]
    known = _keys(model, above)
    near = get_close_matches(str(key), known, n=2, cutoff=0.6)
    guess = f"; did you mean {' or '.join(near)}?" if near else ""
    there = f"; the keys here are {', '.join(known)}" if known and (not near or len(known) <= FEW_KEYS) else ""
    return f"{where}: there is no such key{guess}{there}"


def _keys(model: type[BaseModel], above: list[str | int]) -> list[str]:
    """The keys that a model knows below a path of keys, through lists and mappings of models."""
    models = [model]
    for part in above:
        fields = [each.model_fields.get(str(part)) for each in models]
        inner = [each for field in fields if field for each in _models(field.annotation)]
        # else the part is a place in a list, a key of a mapping or a member of a union
        if inner or any(fields):
            models = inner
    return sorted({field.alias or name for each in models for name, field in each.model_fields.items()})


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation such as `tuple[Table, ...] | None`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)

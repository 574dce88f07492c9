"""Models and tokenizers of folders: no code that comes with one runs unless the user trusts its folder, and weights are safetensors.

Chat templates are Jinja; transformers renders them in a sandbox. Torch is imported where it is needed."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import InputError

CONFIGS = ("config.json", "tokenizer_config.json")
"""The files whose `auto_map` names code that comes with a model."""
NO_TOKENIZER = "copy those files of the model it was made from into it: tokenizer.json and tokenizer_config.json"


def import_models() -> None:
    """Import what reads models, which takes seconds: a fifth less where nobody searches the new objects, of which none goes, for
    cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        import transformers.modeling_utils  # noqa: F401 - to have it in memory
    finally:
        if was:
            gc.enable()


def tokenizer_of(folder: Path, trust: Sequence[Path] = ()) -> Any:
    """The tokenizer of a folder. Raises InputError where there is none, and for one that needs code of its own, `trust` being the
    folders whose may run."""
    from transformers import AutoTokenizer

    try:
        tokenizer = _load_guarded(AutoTokenizer.from_pretrained, folder, trust)
    except ValueError as error:
        raise InputError(f"{folder}: holds no tokenizer that can be loaded; {NO_TOKENIZER}") from error
    # some kinds are made of nothing where files are missing
    if len(tokenizer.get_vocab()) - len(tokenizer.added_tokens_decoder) < 2:
        raise InputError(f"{folder}: holds no tokenizer; {NO_TOKENIZER}")
    return tokenizer


def config_of(folder: Path, trust: Sequence[Path] = ()) -> Any:
    """The settings of a model; otherwise as `tokenizer_of`."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    try:
        return _load_guarded(AutoConfig.from_pretrained, folder, trust)
    except (ValueError, TypeError, KeyError, StrictDataclassError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        why = lines[-1] if lines[0].endswith(":") else lines[0]
        raise InputError(f"{folder / 'config.json'}: is of no model that transformers knows: {why}") from error


def model_of(kind: Any, folder: Path, trust: Sequence[Path] = (), **options: Any) -> Any:
    """The model of a folder, of an automatic `kind` of transformers; otherwise as `tokenizer_of`. Pickled weights, which can run
    code, are refused."""
    return _load_guarded(kind.from_pretrained, folder, trust, use_safetensors=True, **options)


def is_trusted(folder: Path, trust: Sequence[Path]) -> bool:
    """Whether the user lets code of a folder run. Raises InputError where that code is elsewhere: who trusts a folder has not read it."""
    trusted = {path.resolve() for root in trust for path in (root, root / "model")}
    if folder.resolve() not in trusted:
        return False
    for name in CONFIGS:
        if away := [word for word in _words(_auto_map(folder / name)) if "--" in word]:
            raise InputError(f"{folder / name}: its code is fetched from elsewhere ({away[0]}); put it into the folder")
    return True


def _auto_map(file: Path) -> Any:
    try:
        config = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return config.get("auto_map") if isinstance(config, dict) else None


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value] if isinstance(value, str) else []


def _load_guarded(load: Callable[..., Any], folder: Path, trust: Sequence[Path], **options: Any) -> Any:
    try:
        return load(folder, trust_remote_code=is_trusted(folder, trust), **options)
    except ValueError as error:
        if "trust_remote_code" not in str(error):
            raise
        raise InputError(
            f"{folder}: comes with code of its own (auto_map in {' or '.join(CONFIGS)}), which is not run. Read its *.py files; "
            f"if you trust them: trust_remote_code={folder} (of kgtools train merge --trust-remote-code {folder})"
        ) from error
    except OSError as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"{folder}: cannot be loaded: {first}; weights are taken as *.safetensors alone") from error

"""Models as folders: where one comes from and what its weights are. Torch is imported where it is needed."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion
from kgtools.train.models.load import config_of, is_trusted, model_of

WHOLE_MODEL = "take config.json and *.safetensors of one model, all of them, as they were published"
KINDS = ("bloom", "llama", "qwen2")
"""Kinds of random models: positions by ALiBi and a head that shares its matrix (BLOOM), rotary positions without and with biases."""
HEADS, LAYERS, PLACES = 4, 2, 4096
"""Of random models: two layers and two pairs of heads are the fewest that show whether there are several; positions for any example."""
TURNS = "### User:\n\n\n### Assistant:\n"
"""What stands around a question in the template `plain`."""


@dataclass(frozen=True)
class Scale:
    """How big a random model is. `vocabulary`: tokens at most; `turns`: how often its tokenizer reads what stands around a question, beside
    the texts, so that this is few tokens."""

    vocabulary: int
    hidden: int
    turns: int


SCALES = {"tiny": Scale(600, 64, 0), "small": Scale(3000, 128, 3000)}
"""Random models by the word before the colon: `tiny` to try the way out, `small` has room for some thousand facts."""


def is_random(name: str) -> bool:
    """Whether a name is that of a model that is made on the spot."""
    return name.partition(":")[0] in SCALES and ":" in name


def resolve(
    name: str, revision: str | None, out: Path, seed: int = 0, texts: Callable[[], Iterable[str]] = tuple
) -> Path:
    """The folder of a model: a folder as it is, `tiny:KIND` or `small:KIND` made in `out` with a vocabulary of `texts`, else fetched
    by name.

    Raises UsageError for a name that is none, InputError for a folder that holds no whole model."""
    if is_random(name):
        scale, _, kind = name.partition(":")
        if kind not in KINDS:
            raise UsageError(f"model={name}: no such {scale} model; {suggestion(kind, list(KINDS))}")
        write_random(SCALES[scale], kind, texts(), out, seed)
        return out
    folder = Path(name)
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith(".") or name.count("/") > 1:
            raise UsageError(f"model={name}: no such folder")
        folder = _fetch(name, revision)
    if (folder / "adapter_config.json").is_file() or (folder / "adapter" / "adapter_config.json").is_file():
        raise InputError(
            f"{folder}: holds an adapter without its base; `kgtools train merge {folder}` makes a model of both"
        )
    if not (folder / "config.json").is_file() and (folder / "model" / "config.json").is_file():
        folder = folder / "model"
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: holds no model: config.json is missing")
    return folder


def _fetch(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "tokenizer*"]
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"model={name}: neither a folder nor available from the hub ({first}); where there is no network, fetch it elsewhere "
            "and name its folder"
        ) from error


def tiny(kind: str, texts: Iterable[str], out: Path, seed: int) -> None:
    """Write a random model of the scale `tiny` to `out`."""
    write_random(SCALES["tiny"], kind, texts, out, seed)


def write_random(scale: Scale, kind: str, texts: Iterable[str], out: Path, seed: int) -> None:
    """Write a random model with a tokenizer of its own, byte-level BPE, to `out`. Same texts and seed, same bytes."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = _tokenizer(chain(texts, repeat(TURNS, scale.turns)), scale.vocabulary)
    config = {
        "vocab_size": len(tokenizer), "hidden_size": scale.hidden, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "initializer_range": 0.1,
        "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(_config(kind, config))
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _config(kind: str, shape: dict[str, Any]) -> Any:
    from transformers import BloomConfig, LlamaConfig, Qwen2Config

    if kind == "bloom":
        return BloomConfig(**shape, tie_word_embeddings=True)
    wide = {
        "intermediate_size": 2 * shape["hidden_size"],
        "num_key_value_heads": HEADS // 2,
        "max_position_embeddings": PLACES,
    }
    return (LlamaConfig if kind == "llama" else Qwen2Config)(**shape, **wide, tie_word_embeddings=False)


def _tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=["<unk>", "<s>", "</s>", "<pad>"], show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )  # fmt: skip
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        model_max_length=PLACES, clean_up_tokenization_spaces=False,
    )  # fmt: skip


def needs_weights(folder: Path, trust: Sequence[Path] = ()) -> None:
    """Raises InputError for a model of which config.json asks for weights that the files do not hold, or hold in other shapes: they would
    be made at random without a word. No weight is read."""
    from transformers import AutoModelForCausalLM

    _tensors(folder)
    if getattr(config_of(folder, trust), "quantization_config", None):
        return
    try:
        _, loading = model_of(AutoModelForCausalLM, folder, trust, device_map="meta", output_loading_info=True)
        missing = sorted(loading["missing_keys"])
    except RuntimeError as error:
        # of shapes it says no more than that they differ
        missing = [] if "ignore_mismatched_sizes" in str(error) else [str(error).strip().splitlines()[0]]
        if not missing:
            raise InputError(
                f"{folder}: config.json asks for weights of other shapes than the files hold; {WHOLE_MODEL}"
            ) from error
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise InputError(
            f"{folder}: config.json asks for weights that no file holds: {', '.join(missing[:3])}{more}; {WHOLE_MODEL}"
        )


def fingerprint(folder: Path) -> str:
    """SHA-256 of the names, types, shapes and bytes of a model's tensors, however they are spread over files.

    Raises InputError where there are none as safetensors (other formats can run code), where files are missing or cut off, and for a
    weight that is no number."""
    from safetensors import safe_open

    file_of = _tensors(folder)
    digest = hashlib.sha256()
    for name in sorted(file_of):
        with safe_open(file_of[name], "pt") as tensors:
            tensor = tensors.get_tensor(name)
        if tensor.is_floating_point() and not tensor.to(_wide(tensor)).isfinite().all():
            raise InputError(f"{file_of[name]}: {name} has NaN or infinite numbers: the model is ruined; take another")
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _tensors(folder: Path) -> dict[str, Path]:
    """The names of a model's tensors -> their files. Raises InputError where one is missing or cut off, or there is none."""
    from safetensors import SafetensorError, safe_open

    file_of: dict[str, Path] = {}
    for file in _files(folder):
        try:
            with safe_open(file, "pt") as tensors:
                file_of |= dict.fromkeys(tensors.keys(), file)
        except SafetensorError as error:
            pointer = file.read_bytes()[:64].startswith(b"version https://git-lfs")
            what = "is a pointer of Git LFS" if pointer else f"is not whole ({error})"
            raise InputError(f"{file}: {what}; {'git lfs pull' if pointer else 'fetch it again'}") from error
    if not file_of:
        raise InputError(
            f"{folder}: holds no weights as *.safetensors; those of another format are not loaded, they can run code. "
            "transformers' save_pretrained writes safetensors"
        )
    return file_of


def _files(folder: Path) -> list[Path]:
    """The files of weights. Raises InputError where one is missing that the index names."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set(orjson.loads(index.read_bytes()).get("weight_map", {}).values())
        if missing := sorted(name for name in named if not (folder / name).is_file()):
            raise InputError(f"{folder}: {', '.join(missing)} is missing, which {index.name} names; fetch it too")
    return sorted(folder.glob("*.safetensors"))


def _wide(tensor: Any) -> Any:
    """A type in which it can be asked whether numbers are any: those of 8 bits cannot be asked."""
    import torch

    return tensor.dtype if tensor.element_size() > 1 else torch.float32


def _bytes(tensor: Any) -> Any:
    import torch

    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data


def skeleton(folder: Path, trust: Sequence[Path] = ()) -> Any:
    """The model of a folder without its weights. `trust`: folders whose code may run (`train.models.load`)."""
    import torch
    from transformers import AutoModelForCausalLM

    config = config_of(folder, trust)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=is_trusted(folder, trust))

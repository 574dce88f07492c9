"""Models as folders: where one comes from and what its weights are. Torch is imported where it is needed."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from tools.errors import InputError, UsageError
from tools.registry import suggestion
from train.loading import config_of, is_trusted

KINDS = ("bloom", "llama", "qwen2")
HEADS, LAYERS, PLACES = 4, 2, 4096
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
    name: str, revision: str | None, made: Path, seed: int = 0, texts: Callable[[], Iterable[str]] = tuple
) -> Path:
    """The folder of a model: a folder as it is, `tiny:KIND` or `small:KIND` made in `made` with a vocabulary of `texts`, else fetched
    by name.

    Raises UsageError for a name that is none, InputError for a folder that holds no whole model."""
    if is_random(name):
        scale, _, kind = name.partition(":")
        if kind not in KINDS:
            raise UsageError(f"model={name}: no such {scale} model; {suggestion(kind, list(KINDS))}")
        write_random(SCALES[scale], kind, texts(), made, seed)
        return made
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
            f"model={name}: neither a folder nor to be had from the hub ({first}); where there is no network, fetch it elsewhere "
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
    own = {
        "vocab_size": len(tokenizer), "hidden_size": scale.hidden, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "initializer_range": 0.1,
        "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(_config(kind, own))
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _config(kind: str, own: dict[str, Any]) -> Any:
    from transformers import BloomConfig, LlamaConfig, Qwen2Config

    if kind == "bloom":
        return BloomConfig(**own, tie_word_embeddings=True)
    wide = {
        "intermediate_size": 2 * own["hidden_size"],
        "num_key_value_heads": HEADS // 2,
        "max_position_embeddings": PLACES,
    }
    return (LlamaConfig if kind == "llama" else Qwen2Config)(**own, **wide, tie_word_embeddings=False)


def _tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=["<unk>", "<s>", "</s>", "<pad>"], show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )  # fmt: skip
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        model_max_length=PLACES, clean_up_tokenization_spaces=False,
    )  # fmt: skip


def fingerprint(folder: Path) -> str:
    """SHA-256 of the names, types, shapes and bytes of a model's tensors, however they are spread over files.

    Raises InputError where there are none as safetensors: other formats can run code."""
    from safetensors import SafetensorError, safe_open

    where: dict[str, Path] = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(file, "pt") as tensors:
                where |= dict.fromkeys(tensors.keys(), file)
        except SafetensorError as error:
            raise InputError(f"{file}: not whole: {error}") from error
    if not where:
        raise InputError(
            f"{folder}: holds no weights as *.safetensors; those of another format are not loaded, they can run code. "
            "transformers' save_pretrained writes safetensors"
        )
    found = hashlib.sha256()
    for name in sorted(where):
        with safe_open(where[name], "pt") as tensors:
            tensor = tensors.get_tensor(name)
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(_bytes(tensor))
    return found.hexdigest()


def _bytes(tensor: Any) -> Any:
    import torch

    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data


def skeleton(folder: Path, trust: Sequence[Path] = ()) -> Any:
    """The model of a folder without its weights. `trust`: folders whose code may run (`train.loading`)."""
    import torch
    from transformers import AutoModelForCausalLM

    config = config_of(folder, trust)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=is_trusted(folder, trust))

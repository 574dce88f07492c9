"""Models as folders: where one comes from, what its weights are, how much it costs to train. Torch is imported where it is needed."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tools.errors import InputError, UsageError
from tools.registry import suggestion

TINY = "tiny:"
KINDS = ("bloom", "llama", "qwen2")
VOCABULARY, HIDDEN, LAYERS, HEADS, PLACES = 600, 64, 2, 4, 4096

PEAKS = {
    "H200": 989e12, "GH200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "A40": 150e12, "A10": 125e12, "L40S": 362e12, "L40": 181e12,
    "L4": 121e12, "RTX A6000": 155e12, "RTX 4090": 165e12, "RTX 3090": 71e12, "V100": 125e12,
}  # fmt: skip
"""FLOP/s of dense 16-bit matrices, from NVIDIA's data sheets, by words that stand in a device's name; the first that fits. (An
RTX A4000 is no A40.)"""


@dataclass(frozen=True)
class Size:
    """How big a model is. `matrices`: the parameters that multiply each token, all but the table of embeddings where the head
    is another."""

    parameters: int
    matrices: int
    layers: int
    hidden: int
    heads: int
    vocabulary: int


def resolve(
    name: str, revision: str | None, made: Path, seed: int = 0, texts: Callable[[], Iterable[str]] = tuple
) -> Path:
    """The folder of a model: a folder as it is, `tiny:KIND` made in `made` with a vocabulary of `texts`, else fetched by name.

    Raises UsageError for a name that is none, InputError for a folder that holds no whole model."""
    if name.startswith(TINY):
        kind = name.removeprefix(TINY)
        if kind not in KINDS:
            raise UsageError(f"model={name}: no such tiny model; {suggestion(kind, list(KINDS))}")
        tiny(kind, texts(), made, seed)
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
    """Write a random model with a tokenizer of its own to `out`: byte-level BPE of at most 600 tokens, two layers of 64.

    Same texts and seed, same bytes."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = _tokenizer(texts)
    own = {
        "vocab_size": len(tokenizer), "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "initializer_range": 0.1,
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
    wide = {"intermediate_size": 2 * HIDDEN, "num_key_value_heads": HEADS // 2, "max_position_embeddings": PLACES}
    return (LlamaConfig if kind == "llama" else Qwen2Config)(**own, **wide, tie_word_embeddings=False)


def _tokenizer(texts: Iterable[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=["<unk>", "<s>", "</s>", "<pad>"], show_progress=False,
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


def skeleton(folder: Path) -> Any:
    """The model of a folder without its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))


def size(folder: Path) -> Size:
    """The size of the model in a folder. Raises InputError for one that has no head for tokenizer."""
    try:
        model = skeleton(folder)
    except ValueError as error:
        raise InputError(
            f"{folder}: no causal language model that transformers knows: {str(error).splitlines()[0]}"
        ) from error
    text = model.config.get_text_config()
    parameters = sum(p.numel() for p in model.parameters())
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings()
    apart = head is not None and head.weight is not table
    return Size(
        parameters=parameters,
        matrices=parameters - (table.numel() if apart else 0),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        heads=text.num_attention_heads,
        vocabulary=table.shape[0],
    )


def lora_parameters(folder: Path, r: int, targets: Literal["all-linear"] | tuple[str, ...]) -> int:
    """How many parameters an adapter of rank `r` has. Raises UsageError for targets that the model does not have."""
    import torch

    model = skeleton(folder)
    head = model.get_output_embeddings()
    layers = {
        name: layer for name, layer in model.named_modules() if hasattr(layer, "weight") and layer.weight.dim() == 2
    }
    linear = {
        name: layer for name, layer in layers.items() if layer is not head and not isinstance(layer, torch.nn.Embedding)
    }
    if targets != "all-linear":
        known = sorted({name.rpartition(".")[2] for name in linear})
        if wrong := sorted(set(targets) - set(known)):
            raise UsageError(f"lora.targets: the model has no layer {', '.join(wrong)}; it has {', '.join(known)}")
        linear = {name: layer for name, layer in linear.items() if name.rpartition(".")[2] in targets}
    return sum(r * sum(layer.weight.shape) for layer in linear.values())


def flops_per_token(size: Size, trained: int, method: str, length: int) -> float:
    """Floating-point operations to train on a token of a sequence of `length`: 6 N + 12 L H T, as in PaLM (Chowdhery et al. 2022,
    appendix B), N the parameters that multiply it. With adapters of n parameters the gradients of the base's weights are not
    computed: 4 N + 6 n + 12 L H T. What checkpoints of activations compute twice is not counted."""
    attention = 12 * size.layers * size.hidden * length
    if method == "lora":
        return float(4 * size.matrices + 6 * trained + attention)
    return float(6 * size.matrices + attention)


def peak_flops(name: str) -> float | None:
    """What a device of this name does in a second at most, in 16-bit FLOP; None where that is not known."""
    return next((peak for part, peak in PEAKS.items() if re.search(rf"\b{part}\b", name)), None)


def memory(
    size: Size, trained: int, method: str, quantize: int | None, zero: int, world: int, micro_batch: int, length: int,
    checkpointing: bool, precision: str,
) -> dict[str, int]:  # fmt: skip
    """About how many bytes a device needs, by what for.

    Adam's two moments and, of 16-bit weights, a 32-bit copy; activations after Korthikanti et al. 2022 (34 H and 5 heads T a token
    and layer in 16 bits; with checkpoints one layer's and what goes into each); logits of 32 bits and their gradient."""
    low = precision == "bf16" and (method == "lora" or zero > 0)
    width = {4: 0.5, 8: 1.0}.get(quantize or 0, 2.0 if low else 4.0)
    own = 4.0 if method == "lora" or not low else 2.0
    shared = world if zero else 1
    base = size.parameters * width / (world if zero == 3 else 1)
    one = micro_batch * length * (34 * size.hidden + 5 * size.heads * length) * (1 if precision == "bf16" else 2)
    kept = micro_batch * length * size.hidden * (2 if precision == "bf16" else 4) * size.layers + one
    return {
        "weights": round(base + (trained * 4 if method == "lora" else 0)),
        "gradients": round(trained * own / shared),
        "optimizer": round(trained * (8 + (4 if low and method == "full" else 0)) / shared),
        "activations": round(kept if checkpointing else one * size.layers),
        "logits": micro_batch * length * size.vocabulary * 8,
    }

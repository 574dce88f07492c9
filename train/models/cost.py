"""What training a model costs: parameters, floating-point operations, memory; and what a device does and has of them. Torch is
imported where it is needed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.models.resolve import skeleton
from kgtools.train.recipe import Recipe

PEAKS = {
    "H200": 989e12, "GH200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "A40": 150e12, "A10": 125e12, "L40S": 362e12, "L40": 181e12,
    "L4": 121e12, "RTX A6000": 155e12, "RTX 4090": 165e12, "RTX 3090": 71e12, "V100": 125e12,
}  # fmt: skip
"""FLOP/s of dense 16-bit matrices, from NVIDIA's data sheets, by words that stand in a device's name; the first that fits. (An
RTX A4000 is no A40.)"""
TILE = 256
"""Tokens of a sequence for which there are logits at a time, at most."""


@dataclass(frozen=True)
class Size:
    """How big a model is. `matrices`: the parameters that multiply each token, all but the table of embeddings where the head
    is another; `inputs`, `outputs`: numbers that go into all linear layers but the head for a token, and come out of them;
    `fused`: attention leaves no matrix of tokens by tokens."""

    parameters: int
    matrices: int
    layers: int
    hidden: int
    heads: int
    vocabulary: int
    inputs: int
    outputs: int
    fused: bool


@dataclass(frozen=True)
class Adapter:
    """How big an adapter is. `inputs`: numbers that go into the layers that have one, for a token; `rows`: those of `parameters` that are
    rows of embeddings and head."""

    parameters: int
    inputs: int
    rows: int = 0


def size(folder: Path, attention: str = "auto", trust: Sequence[Path] = ()) -> Size:
    """The size of the model in a folder. Raises InputError for one that has no head for words."""
    try:
        model = skeleton(folder, trust)
    except ValueError as error:
        raise InputError(
            f"{folder}: no causal language model that transformers knows: {str(error).splitlines()[0]}"
        ) from error
    text = model.config.get_text_config()
    parameters = sum(p.numel() for p in model.parameters())
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings()
    apart = head is not None and head.weight is not table
    shapes = [shape for _, shape in _linear(model)]
    return Size(
        parameters=parameters,
        matrices=parameters - (table.numel() if apart else 0),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        heads=text.num_attention_heads,
        vocabulary=table.shape[0],
        inputs=sum(into for into, _ in shapes),
        outputs=sum(out for _, out in shapes),
        fused=attention != "eager" and bool(getattr(model, "_supports_sdpa", False)),
    )


def _linear(model: Any) -> list[tuple[str, tuple[int, int]]]:
    """The linear layers but the head: name -> (numbers that go in, numbers that come out)."""
    import torch

    head = model.get_output_embeddings()
    layers = []
    for name, layer in model.named_modules():
        weight = getattr(layer, "weight", None)
        if weight is not None and weight.dim() == 2 and layer is not head and not isinstance(layer, torch.nn.Embedding):
            # GPT-2's are the other way
            out, into = weight.shape if isinstance(layer, torch.nn.Linear) else weight.shape[::-1]
            layers.append((name, (into, out)))
    return layers


def layers(folder: Path, trust: Sequence[Path] = ()) -> list[str]:
    """The full names of the linear layers but the head."""
    return [name for name, _ in _linear(skeleton(folder, trust))]


def adapter(
    folder: Path,
    r: int,
    targets: Literal["all-linear"] | tuple[str, ...],
    trust: Sequence[Path] = (),
    dora: bool = False,
) -> Adapter:
    """The size of an adapter of rank `r`; with `dora` each number that comes out of a layer has a size that is learnt. Raises
    UsageError for targets that the model does not have."""
    linear = _linear(skeleton(folder, trust))
    if targets != "all-linear":
        known = sorted({name.rpartition(".")[2] for name, _ in linear})
        if wrong := sorted(set(targets) - set(known)):
            raise UsageError(f"lora.targets: the model has no layer {', '.join(wrong)}; it has {', '.join(known)}")
        linear = [(name, shape) for name, shape in linear if name.rpartition(".")[2] in targets]
    sizes = sum(out for _, (_, out) in linear) if dora else 0
    return Adapter(sum(r * sum(shape) for _, shape in linear) + sizes, sum(into for _, (into, _) in linear))


def with_rows(adapter_size: Adapter, size: Size, rows: int) -> Adapter:
    """An adapter with rows of embeddings and head, so many over all their matrices, that are trained beside it."""
    return replace(adapter_size, parameters=adapter_size.parameters + rows * size.hidden, rows=rows * size.hidden)


def flops_per_token(size: Size, adapter_size: Adapter | None, length: float) -> float:
    """Floating-point operations to train on a token of a sequence of T = `length` tokens: 6 N + 12 L H T, as in PaLM (Chowdhery et al. 2022,
    appendix B), N the parameters that multiply it. With adapters of n parameters the gradients of the base's weights are not
    computed: 4 N + 6 n + 12 L H T. What checkpoints of activations compute twice is not counted."""
    attention = 12 * size.layers * size.hidden * length
    if adapter_size:
        return float(4 * size.matrices + 6 * adapter_size.parameters + attention)
    return float(6 * size.matrices + attention)


def peak_flops(name: str) -> float | None:
    """What a device of this name does in a second at most, in 16-bit FLOP; None where that is not known."""
    return next((peak for part, peak in PEAKS.items() if re.search(rf"\b{part}\b", name)), None)


def memory(size: Size, adapter_size: Adapter | None, recipe: Recipe, world: int, longest: int) -> dict[str, int]:
    """About how many bytes a device needs, by what for; `longest`: tokens of the longest row.

    Adam's two moments and, of 16-bit weights, a 32-bit copy. Activations of 16 bits: what goes into each linear layer and comes out of
    it, and H more a layer; in layers as GPT has them that is the 34 H a token of Korthikanti et al. 2022. Dropout before an adapter
    keeps its input a second time; attention that is not fused has 6 heads T a token; with checkpoints it is what goes into each layer, and
    one layer's. Logits are there for some tokens at a time. Where rows of embeddings and head are trained, each of the two is copied with
    them in it, and has a gradient as large, which the head sums up in 32 bits."""
    lora, low = adapter_size is not None, recipe.half and (adapter_size is not None or recipe.zero > 0)
    width = {4: 0.5, 8: 1.0}.get(recipe.quantize or 0, 2.0 if low else 4.0)
    trained = adapter_size.parameters if adapter_size else size.parameters
    gradient = 4.0 if lora or not low else 2.0
    shared = world if recipe.zero else 1
    length = longest + recipe.completion_length
    tokens, number = recipe.sequences * length, 2 if recipe.half else 4
    again = adapter_size.inputs if adapter_size and recipe.lora.dropout else 0
    linear = size.inputs + size.outputs + again + size.hidden * size.layers
    attention = 0 if size.fused else 3 * size.heads * length * size.layers
    kept = tokens * number * (linear + attention)
    if recipe.gradient_checkpointing:
        kept = kept // size.layers + tokens * number * size.hidden * size.layers
    return {
        "weights": round(size.parameters * width / (world if recipe.zero == 3 else 1) + (trained * 4 if lora else 0)),
        "gradients": round(trained * gradient / shared),
        "optimizer": round(trained * (8 + (4 if low and not lora else 0)) / shared),
        "activations": kept,
        "logits": recipe.sequences * min(length, TILE) * size.vocabulary * 8,
        **(
            {"token_rows": 2 * size.vocabulary * size.hidden * (number + 4)}
            if adapter_size and adapter_size.rows
            else {}
        ),
    }

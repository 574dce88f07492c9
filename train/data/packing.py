"""Whether a model keeps records apart that are packed into one sequence: it is tried, not believed."""

from typing import Any, Literal

import torch

from kgtools.tools.errors import UsageError

LIMIT = 1e-4
"""How far logits may move where records do not see each other: above the rounding of 32-bit numbers, and far below what another text moves."""


def choose_packing(model: Any, tokenizer: Any, packing: bool | Literal["auto"]) -> bool:
    """Whether to pack. `auto` packs where FlashAttention makes it pay: other kinds of attention take time that grows with the square
    of all that is packed together. Raises UsageError where it is wished and the model cannot."""
    if packing is False or (packing == "auto" and "flash" not in str(model.config._attn_implementation)):
        return False
    hindrance = _hindrance(model, tokenizer)
    if hindrance and packing is True:
        raise UsageError(f"packing=true: {hindrance}; packing=auto groups records by length instead")
    return not hindrance


def _hindrance(model: Any, tokenizer: Any) -> str:
    if not (getattr(model, "_supports_sdpa", False) or getattr(model, "_supports_flash_attn", False)):
        return f"{type(model).__name__} has one kind of attention, which cannot keep packed records apart"
    moved = measure_leak(model, tokenizer)
    return (
        f"packed records see each other in {type(model).__name__} (logits move by {moved:.2g})" if moved > LIMIT else ""
    )


def measure_leak(model: Any, tokenizer: Any) -> float:
    """How far the logits of a text move when the text that is packed before it is another, in 32-bit numbers where that is cheap."""
    draw = torch.Generator().manual_seed(0)
    size = min(model.config.get_text_config().vocab_size, len(tokenizer))
    one, other, text = (torch.randint(size, (1, 16), generator=draw) for _ in range(3))
    positions = torch.arange(16).repeat(2).unsqueeze(0)
    device = next(model.parameters()).device
    training, logits = model.training, []
    model.eval()
    with torch.no_grad():
        for first in (one, other):
            ids = torch.cat([first, text], dim=1).to(device)
            logits.append(
                model(input_ids=ids, position_ids=positions.to(device), use_cache=False).logits[:, 16:].float()
            )
    model.train(training)
    return float((logits[0] - logits[1]).abs().max())

"""Answers of a model to questions, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from tools.errors import UsageError

Engine = Literal["generate", "continuous"]


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn: at most `tokens` of them; `temperature` 0 takes the likeliest each time. `at_once`: questions in a batch."""

    tokens: int
    temperature: float
    at_once: int
    engine: Engine = "generate"


def answers(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], how: Sampling) -> list[list[int]]:
    """The ids of an answer to each prompt, up to and with EOS where there is one; drawn with torch's own random numbers.

    Prompts of about a length go together, the longest first, so that what does not fit shows at once."""
    order = sorted(range(len(prompts)), key=lambda row: (-len(prompts[row]), row))
    found: list[list[int]] = [[] for _ in prompts]
    draw = _continuous if how.engine == "continuous" else _generate
    step = len(order) if how.engine == "continuous" else how.at_once
    training = model.training
    model.eval()
    try:
        for begin in range(0, len(order), step):
            rows = order[begin : begin + step]
            for row, ids in zip(rows, draw(model, tokenizer, [list(prompts[row]) for row in rows], how), strict=True):
                found[row] = _to_eos(ids, tokenizer.eos_token_id)
    finally:
        model.train(training)
    return found


def _config(tokenizer: Any, how: Sampling) -> Any:
    from transformers import GenerationConfig

    drawn: dict[str, Any] = {"do_sample": False}
    if how.temperature:
        drawn = {"do_sample": True, "temperature": how.temperature, "top_k": 0, "top_p": 1.0}
    return GenerationConfig(
        max_new_tokens=how.tokens,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        use_cache=True,
        **drawn,
    )


def _generate(model: Any, tokenizer: Any, prompts: list[list[int]], how: Sampling) -> list[list[int]]:
    longest = max(map(len, prompts))
    device = model.device
    ids = torch.full((len(prompts), longest), tokenizer.pad_token_id, device=device)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[row, longest - len(prompt) :] = 1
    with torch.no_grad():
        made = model.generate(input_ids=ids, attention_mask=mask, generation_config=_config(tokenizer, how))
    return [list(map(int, row)) for row in made[:, longest:].tolist()]


def _continuous(model: Any, tokenizer: Any, prompts: list[list[int]], how: Sampling) -> list[list[int]]:
    """Continuous batching of transformers: a question takes the place of one that is answered."""
    if not torch.cuda.is_available():
        raise UsageError("engine=continuous needs a GPU; engine=generate does without")
    with torch.no_grad():
        made = model.generate_batch(inputs=prompts, generation_config=_config(tokenizer, how))
    return [list(map(int, made[key].generated_tokens)) for key in sorted(made, key=_number)]


def _number(key: str) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, key))
    return int(digits or 0), key


def _to_eos(ids: list[int], eos: int) -> list[int]:
    return ids[: ids.index(eos) + 1] if eos in ids else ids

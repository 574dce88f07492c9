"""Answers of a model to questions, a batch at a time."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kgtools.tools.errors import UsageError
from kgtools.train.models.load import model_of
from kgtools.train.recipe import Engine

PAGE = 256
"""Tokens for which continuous batching makes room at once."""
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Those of adapters that vLLM makes room for."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn: at most `tokens` of them; `temperature` 0 takes the likeliest each time. `at_once`: questions in a batch
    of `generate`; the other engines see to it themselves, within `memory`, a share of a GPU's. `stops`: tokens that end an answer
    (`train.models.stop_tokens`)."""

    tokens: int
    temperature: float
    at_once: int
    stops: tuple[int, ...]
    engine: Engine = "generate"
    memory: float = 0.9


def load(folder: Path, sampling: Sampling, longest: int, trust: Sequence[Path] = ()) -> Any:
    """The model in a folder as the engine wants it; `longest` as of `Vllm`, `trust` as of `train.models.load`; vLLM runs no code of it."""
    from transformers import AutoModelForCausalLM

    if sampling.engine == "vllm":
        return Vllm(folder, "auto", longest, sampling.memory)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return model_of(AutoModelForCausalLM, folder, trust, dtype="auto").to(device)


def generate(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[list[int]]:
    """The ids of an answer to each prompt, up to and with a token that ends it where there is one; drawn with torch's own random numbers.

    Prompts of about a length go together, the longest first, so that what does not fit shows at once. `model`: of transformers, or
    a `Vllm` where that is the engine. Raises UsageError for an engine that cannot serve the model."""
    order = sorted(range(len(prompts)), key=lambda row: (-len(prompts[row]), row))
    answers: list[list[int]] = [[] for _ in prompts]
    draw = {"generate": _generate, "continuous": _continuous, "vllm": _vllm}[sampling.engine]
    step = sampling.at_once if sampling.engine == "generate" else len(order)
    for begin in range(0, len(order), step):
        rows = order[begin : begin + step]
        for row, ids in zip(rows, draw(model, tokenizer, [list(prompts[row]) for row in rows], sampling), strict=True):
            answers[row] = _to_stop(ids, sampling.stops)
    return answers


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def _config(tokenizer: Any, sampling: Sampling) -> Any:
    from transformers import GenerationConfig

    drawing: dict[str, Any] = {"do_sample": False}
    if sampling.temperature:
        drawing = {"do_sample": True, "temperature": sampling.temperature, "top_k": 0, "top_p": 1.0}
    return GenerationConfig(
        max_new_tokens=sampling.tokens,
        eos_token_id=list(sampling.stops),
        pad_token_id=tokenizer.pad_token_id,
        use_cache=True,
        **drawing,
    )


def _generate(model: Any, tokenizer: Any, prompts: list[list[int]], sampling: Sampling) -> list[list[int]]:
    longest = max(map(len, prompts))
    device = model.device
    ids = torch.full((len(prompts), longest), tokenizer.pad_token_id, device=device)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[row, longest - len(prompt) :] = 1
    with _evaluating(model):
        generated = model.generate(input_ids=ids, attention_mask=mask, generation_config=_config(tokenizer, sampling))
    return [list(map(int, row)) for row in generated[:, longest:].tolist()]


def _continuous(model: Any, tokenizer: Any, prompts: list[list[int]], sampling: Sampling) -> list[list[int]]:
    """Continuous batching of transformers: a question takes the place of one that is answered. It puts its own attention into the
    model; one that does not let it answers as if nothing had been said before, and nothing tells so."""
    from transformers import ContinuousBatchingConfig

    if not type(model)._supports_attention_backend:
        raise UsageError(
            f"engine=continuous: {type(model).__name__} has one kind of attention, and its answers would be wrong; engine=generate"
        )
    memory: dict[str, Any] = {"max_memory_percent": sampling.memory}
    if not torch.cuda.is_available():
        # there it would take as much of all memory, and fill it with zeros each time
        memory = {"page_size": PAGE, "num_blocks": sum(math.ceil((len(p) + sampling.tokens) / PAGE) for p in prompts)}
    config = ContinuousBatchingConfig(**memory, seed=int(torch.randint(2**31, ())))  # else it draws as it likes
    with _evaluating(model):
        results = model.generate_batch(prompts, _config(tokenizer, sampling), config)
    if faults := [result.error for result in results.values() if result.error]:
        raise UsageError(f"engine=continuous: {faults[0]}; engine=generate does without")
    return [list(map(int, results[key].generated_tokens)) for key in sorted(results, key=_number)]


def _number(key: str) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, key))
    return int(digits or 0), key


def _to_stop(ids: list[int], stops: tuple[int, ...]) -> list[int]:
    end = next((index for index, id_ in enumerate(ids) if id_ in stops), len(ids))
    return ids[: end + 1]


def _vllm(model: "Vllm", _tokenizer: Any, prompts: list[list[int]], sampling: Sampling) -> list[list[int]]:
    return model.generate(prompts, sampling)


class Vllm:
    """A model that vLLM keeps in memory, beside one that is trained.

    `longest`: tokens of a question with its answer; `memory`: the share of a GPU that it may take; `rank`: of the adapter that it
    will be given, if one. Raises UsageError for a model that vLLM cannot serve so."""

    def __init__(self, folder: Path, dtype: str, longest: int, memory: float, rank: int | None = None) -> None:
        os.environ |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
        from vllm import LLM

        options: dict[str, Any] = {}
        if rank:
            max_rank = next((size for size in RANKS if size >= rank), rank)
            options = {"enable_lora": True, "max_loras": 1, "max_lora_rank": max_rank}
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            options["distributed_executor_backend"] = "external_launcher"  # each process has a whole model
        try:
            self.model = LLM(
                str(folder), trust_remote_code=False, dtype=dtype, max_model_len=longest, gpu_memory_utilization=memory, skip_tokenizer_init=True,
                generation_config="vllm", enforce_eager=not torch.cuda.is_available(), **options,
            )  # fmt: skip
        except ValueError as error:
            raise UsageError(f"engine=vllm: {error}; engine=generate does without") from error
        self.adapter: Any = None
        self.given = 0

    def take(self, adapter: Path) -> None:
        """Answer with the adapter in a folder from now on; it may have been there before with other weights."""
        from vllm.lora.request import LoRARequest

        self.given += 1
        self.adapter = LoRARequest(f"adapter-{self.given}", self.given, str(adapter))

    def generate(self, prompts: list[list[int]], sampling: Sampling) -> list[list[int]]:
        """The ids of an answer to each prompt, each drawn with a seed of its own."""
        from vllm import SamplingParams

        seeds = torch.randint(2**31, (len(prompts),)).tolist()
        common = {
            "max_tokens": sampling.tokens,
            "temperature": sampling.temperature,
            "stop_token_ids": list(sampling.stops),
            "detokenize": False,
        }
        outputs = self.model.generate(
            [{"prompt_token_ids": prompt} for prompt in prompts],
            [SamplingParams(**common, seed=seed) for seed in seeds],
            use_tqdm=False,
            lora_request=self.adapter,
        )
        return [list(one.outputs[0].token_ids) for one in outputs]

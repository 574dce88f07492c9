"""What vLLM offers and we use, on transformers: vLLM itself needs a GPU. Unknown words are refused, as vLLM does."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from vllm.lora.request import LoRARequest

ASKED: list[dict[str, Any]] = []
"""Each model that was loaded, with what it was told."""


@dataclass
class SamplingParams:
    """How one answer is drawn."""

    max_tokens: int
    temperature: float
    stop_token_ids: list[int]
    detokenize: bool
    seed: int


class LLM:
    """A model, answering without and with an adapter."""

    def __init__(
        self, model: str, *, dtype: str, max_model_len: int, gpu_memory_utilization: float, skip_tokenizer_init: bool,
        generation_config: str, enforce_eager: bool, enable_lora: bool = False, max_loras: int = 1, max_lora_rank: int = 16,
        distributed_executor_backend: str | None = None, trust_remote_code: bool,
    ) -> None:  # fmt: skip
        from transformers import AutoModelForCausalLM

        told = {"dtype": dtype, "length": max_model_len, "memory": gpu_memory_utilization, "rank": max_lora_rank}
        assert (max_loras, trust_remote_code) == (1, False)
        ASKED.append(told | {"lora": enable_lora, "executor": distributed_executor_backend})
        whole = AutoModelForCausalLM.from_pretrained(model, dtype=dtype)
        if whole.config.max_position_embeddings < max_model_len:
            raise ValueError(f"max_model_len {max_model_len} is more than {whole.config.max_position_embeddings}")
        assert (skip_tokenizer_init, generation_config, enforce_eager) == (True, "vllm", True)
        self.base, self.enable_lora, self.length = whole.eval(), enable_lora, max_model_len
        self.known: dict[int, Any] = {}

    def generate(
        self, prompts: list[dict[str, list[int]]], params: list[SamplingParams], *, use_tqdm: bool, lora_request: LoRARequest | None
    ) -> list[Any]:  # fmt: skip
        """An answer to each prompt; an adapter is read once for each number of its own."""
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM

        assert not use_tqdm
        model = self.base
        if lora_request is not None:
            assert self.enable_lora
            if lora_request.lora_int_id not in self.known:
                again = AutoModelForCausalLM.from_pretrained(self.base.name_or_path, dtype=self.base.dtype)
                self.known = {lora_request.lora_int_id: PeftModel.from_pretrained(again, lora_request.lora_path).eval()}
            model = self.known[lora_request.lora_int_id]
        made = []
        for prompt, how in zip(prompts, params, strict=True):
            ids = torch.tensor([prompt["prompt_token_ids"]])
            assert ids.shape[1] + how.max_tokens <= self.length
            drawn = {"do_sample": True, "temperature": how.temperature} if how.temperature else {"do_sample": False}
            with torch.no_grad(), torch.random.fork_rng():
                torch.manual_seed(how.seed)
                out = model.generate(
                    input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=how.max_tokens, top_k=0, top_p=1.0,
                    eos_token_id=how.stop_token_ids, pad_token_id=0, **drawn,
                )  # fmt: skip
            made.append(SimpleNamespace(outputs=[SimpleNamespace(token_ids=out[0, ids.shape[1] :].tolist())]))
        return made

"""Answers of the policy to questions, with all that is known of them before the policy learns from them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kgtools.train.data.chat import Chat
from kgtools.train.data.collate import pad_right
from kgtools.train.data.order import Order
from kgtools.train.inference.generate import Sampling, Vllm, generate
from kgtools.train.inference.reward_scores import sequence
from kgtools.train.launch.job import Job
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.ppo.roles import Roles

SEED_STRIDE = 1_000_003
"""A prime that is larger than any number of steps: recipes with neighbouring seeds draw nothing alike."""
MAX_RANKS = 4096
"""Seeds between two steps, one for each process."""


@dataclass(frozen=True)
class Rollout:
    """The answers of a step in this process.

    `ids`, `attention_mask`: question and answer, (B, T + 1), filled up on the right; `mask`: which tokens after the first belong to the
    answer, (B, T), and of those tokens `log_probs`, `reference_log_probs` and `values`, (B, T); `scores`, `ended` and `special_tokens`,
    how many special tokens were said, (B,)."""

    ids: torch.Tensor
    attention_mask: torch.Tensor
    mask: torch.Tensor
    log_probs: torch.Tensor
    reference_log_probs: torch.Tensor
    values: torch.Tensor
    scores: torch.Tensor
    ended: torch.Tensor
    special_tokens: torch.Tensor


class Sampler:
    """Lets the policy answer the questions of a step."""

    def __init__(self, job: Job, recipe: Ppo, roles: Roles, tokenizer: Any, rows: Any, rank: int, device: Any) -> None:
        self.recipe, self.roles, self.tokenizer, self.rows = recipe, roles, tokenizer, rows
        self.rank, self.world, self.device = rank, job.world, device
        self.chat = Chat(tokenizer, tokenizer.chat_template)
        self.order = Order([1] * len(rows), recipe.rows_per_step, recipe.seed)
        self.sampling = Sampling(
            recipe.max_new_tokens,
            recipe.temperature,
            recipe.rollout_batch_size,
            job.stops,
            recipe.engine,
            recipe.gpu_memory_utilization,
        )
        self.policy = Path(job.work) / f"policy-{rank}"
        self.vllm: Vllm | None = None
        if recipe.engine == "vllm":
            longest = max(map(len, rows["prompt_ids"])) + recipe.max_new_tokens
            dtype = str(roles.model.dtype).removeprefix("torch.")
            self.vllm = Vllm(Path(job.base), dtype, longest, recipe.gpu_memory_utilization, recipe.lora.r)

    def sample(self, step: int, mark: Callable[[str], None]) -> Rollout:
        """The answers to a step's questions. What is drawn depends on seed, step and rank alone, so a step can be done again.

        `mark` is told what the time since it was told last was spent on."""
        torch.manual_seed((self.recipe.seed * SEED_STRIDE + step) * MAX_RANKS + self.rank)
        rows = [self.rows[row] for row in self.order.rows(step)[self.rank :: self.world]]
        prompts = [row["prompt_ids"] for row in rows]
        answers = self._generate(prompts)
        mark("generate")
        scored = [sequence(self.chat, row["prompt"], self._decode(ids)) for row, ids in zip(rows, answers, strict=True)]
        rollout = self._score(prompts, answers, scored)
        mark("score")
        return rollout

    def _decode(self, ids: list[int]) -> str:
        """An answer as text, up to what ended it; special tokens in it are said, and scored, like any other."""
        return str(self.tokenizer.decode(ids[:-1] if ids[-1:] and ids[-1] in self.sampling.stops else ids))

    def _generate(self, prompts: list[list[int]]) -> list[list[int]]:
        """What the policy says, by the one model in its role or by vLLM with a copy of the adapter as it is now."""
        if self.vllm is None:
            with self.roles.role("policy"):
                return generate(self.roles.causal[0], self.tokenizer, prompts, self.sampling)
        self.roles.model.save_pretrained(self.policy, selected_adapters=["policy"])
        self.vllm.take(self.policy / "policy")
        return generate(self.vllm, self.tokenizer, prompts, self.sampling)

    def _score(self, prompts: list[list[int]], answers: list[list[int]], scored: list[list[int]]) -> Rollout:
        """What all roles make of answers. `scored`: the ids that the reward model reads, of each question with its answer."""
        pad, stops, temperature = self.tokenizer.pad_token_id, self.sampling.stops, self.recipe.temperature
        sequences = [prompt + answer for prompt, answer in zip(prompts, answers, strict=True)]
        ids, attention_mask = pad_right(sequences, pad, self.device)
        mask = attention_mask[:, 1:].bool()
        for row, prompt in enumerate(prompts):
            mask[row, : len(prompt) - 1] = False
        parts: dict[str, list[torch.Tensor]] = {
            name: [] for name in ("log_probs", "reference_log_probs", "values", "scores")
        }
        with torch.no_grad():
            for begin in range(0, len(ids), self.recipe.micro_batch_size):
                part = slice(begin, begin + self.recipe.micro_batch_size)
                tokens, attended = ids[part], attention_mask[part]
                parts["log_probs"].append(self.roles.log_probs("policy", tokens, attended, temperature)[0])
                parts["reference_log_probs"].append(self.roles.log_probs("reference", tokens, attended, temperature)[0])
                parts["values"].append(self.roles.values(tokens, attended))
                parts["scores"].append(self.roles.scores(*pad_right(scored[part], pad, self.device)))
        ended = torch.tensor([bool(answer) and answer[-1] in stops for answer in answers], device=self.device)
        special = [
            self.chat.special(answer[:-1] if ends else answer)
            for answer, ends in zip(answers, ended.tolist(), strict=True)
        ]
        return Rollout(
            ids, attention_mask, mask, ended=ended, special_tokens=torch.tensor(special, device=self.device),
            **{name: torch.cat(tensors) for name, tensors in parts.items()},
        )  # fmt: skip

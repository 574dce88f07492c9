"""Answers of the policy to questions, with all that is known of them before the policy learns from them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from kgtools.train.data.chat import Chat
from kgtools.train.data.order import Order
from kgtools.train.inference.generate import Sampling, Vllm, answers
from kgtools.train.inference.reward_scores import padded, sequence
from kgtools.train.launch.job import Job
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.ppo.roles import Roles


@dataclass(frozen=True)
class Rollout:
    """The answers of a step in this process.

    `ids`, `mask`: question and answer, (batch, tokens), filled up on the right; `answered`: which tokens after the first belong to
    the answer, (batch, tokens - 1), and so `log_probs`, `reference`, `values`; `scores`, `ended` and `special`, how many special tokens
    were said, (batch,)."""

    ids: torch.Tensor
    mask: torch.Tensor
    answered: torch.Tensor
    log_probs: torch.Tensor
    reference: torch.Tensor
    values: torch.Tensor
    scores: torch.Tensor
    ended: torch.Tensor
    special: torch.Tensor


class Sampler:
    """Lets the policy answer the questions of a step."""

    def __init__(self, job: Job, recipe: Ppo, roles: Roles, tokenizer: Any, rows: Any, rank: int, device: Any) -> None:
        self.recipe, self.roles, self.tokenizer, self.rows = recipe, roles, tokenizer, rows
        self.rank, self.world, self.device = rank, job.world, device
        self.chat = Chat(tokenizer, tokenizer.chat_template)
        self.order = Order([1] * len(rows), recipe.rows_per_step, recipe.seed)
        self.how = Sampling(
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
        """The answers to a step's questions. What is drawn hangs on seed, step and rank alone, so a step can be done again.

        `mark` is told what the time since it was told last was spent on."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + step) * 4096 + self.rank)
        mine = [self.rows[row] for row in self.order.rows(step)[self.rank :: self.world]]
        made = self._answers([row["prompt_ids"] for row in mine])
        mark("generate")
        read = [sequence(self.chat, row["prompt"], self._said(ids)) for row, ids in zip(mine, made, strict=True)]
        rollout = self._looked_at([row["prompt_ids"] for row in mine], made, read)
        mark("score")
        return rollout

    def _said(self, ids: list[int]) -> str:
        """An answer as text, up to what ended it; special tokens in it are said, and scored, like any other."""
        return str(self.tokenizer.decode(ids[:-1] if ids[-1:] and ids[-1] in self.how.stops else ids))

    def _answers(self, prompts: list[list[int]]) -> list[list[int]]:
        """What the policy says, by the one model in its role or by vLLM with a copy of the adapter as it is now."""
        if self.vllm is None:
            with self.roles.role("policy"):
                return answers(self.roles.causal[0], self.tokenizer, prompts, self.how)
        self.roles.model.save_pretrained(self.policy, selected_adapters=["policy"])
        self.vllm.take(self.policy / "policy")
        return answers(self.vllm, self.tokenizer, prompts, self.how)

    def _looked_at(self, prompts: list[list[int]], made: list[list[int]], read: list[list[int]]) -> Rollout:
        pad, stops = self.tokenizer.pad_token_id, self.how.stops
        ids, mask = padded([prompt + answer for prompt, answer in zip(prompts, made, strict=True)], pad, self.device)
        answered = mask[:, 1:].bool()
        for row, prompt in enumerate(prompts):
            answered[row, : len(prompt) - 1] = False
        found: dict[str, list[torch.Tensor]] = {name: [] for name in ("log_probs", "reference", "values", "scores")}
        with torch.no_grad():
            for begin in range(0, len(ids), self.recipe.micro_batch_size):
                part = slice(begin, begin + self.recipe.micro_batch_size)
                found["log_probs"].append(
                    self.roles.log_probs("policy", ids[part], mask[part], self.recipe.temperature)[0]
                )
                found["reference"].append(
                    self.roles.log_probs("reference", ids[part], mask[part], self.recipe.temperature)[0]
                )
                found["values"].append(self.roles.values(ids[part], mask[part]))
                found["scores"].append(self.roles.scores(*padded(read[part], pad, self.device)))
        whole = {name: torch.cat(parts) for name, parts in found.items()}
        ended = torch.tensor([bool(answer) and answer[-1] in stops for answer in made], device=self.device)
        special = [
            self.chat.special(answer[:-1] if ends else answer)
            for answer, ends in zip(made, ended.tolist(), strict=True)
        ]
        return Rollout(ids, mask, answered, ended=ended, special=torch.tensor(special, device=self.device), **whole)

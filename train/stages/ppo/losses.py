"""The formulas of PPO for language models. Tensors are (batch, tokens); `mask` is 1 where a token belongs to the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch.utils.checkpoint import checkpoint

Sum = Callable[[torch.Tensor], torch.Tensor]
"""Sums a small tensor over all processes."""


def log_probs(logits: torch.Tensor, ids: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """The log-probability of each id, 32-bit; logits (batch, tokens, vocabulary)."""
    return _seen(logits, ids, temperature)[0]


def _seen(logits: torch.Tensor, ids: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    whole = (logits.float() / temperature).log_softmax(dim=-1)
    entropy = -(whole.detach().exp() * whole.detach()).sum(dim=-1)
    return whole.gather(-1, ids.unsqueeze(-1)).squeeze(-1), entropy


def chunked_log_probs(
    hidden: torch.Tensor, head: Any, ids: torch.Tensor, temperature: float = 1.0, chunk: int = 256
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities and entropies (without gradient) from hidden states (batch, tokens, size), `chunk` tokens at a time: the
    logits of a long text are never there at once, and the backward pass computes them again."""

    def part(states: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return _seen(head(states), wanted, temperature)

    made = [
        checkpoint(part, states, wanted, use_reentrant=False) if torch.is_grad_enabled() else part(states, wanted)
        for states, wanted in zip(hidden.split(chunk, dim=1), ids.split(chunk, dim=1), strict=True)
    ]
    return torch.cat([row[0] for row in made], dim=1), torch.cat([row[1] for row in made], dim=1).detach()


def kl(new: torch.Tensor, reference: torch.Tensor, kind: Literal["k1", "k3"]) -> torch.Tensor:
    """An estimate of the divergence from a reference at each token, from log-probabilities. Schulman 2020, "Approximating KL"."""
    ratio = new - reference
    return ratio if kind == "k1" else torch.expm1(-ratio) + ratio


def missing_eos(scores: torch.Tensor, ended: torch.Tensor, penalty: float) -> torch.Tensor:
    """Scores (batch,), less a penalty where an answer did not end."""
    return torch.where(ended.bool(), scores, scores - penalty)


def token_rewards(scores: torch.Tensor, kls: torch.Tensor, mask: torch.Tensor, kl_coef: float) -> torch.Tensor:
    """What each token earns: its divergence costs, the last one of the answer has the score too. Ouyang et al. 2022, eq. 2."""
    held = mask.to(kls.dtype)
    places = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask.bool(), places, -1).max(dim=1).values
    at_last = (places == last.unsqueeze(1)).to(kls.dtype)
    return torch.where(mask.bool(), -kl_coef * kls, 0.0) + scores.to(kls.dtype).unsqueeze(1) * at_last * held


def gae(
    rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, gamma: float, lam: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, zero where mask is 0; an answer is one run of tokens. Schulman et al. 2016, eq. 16."""
    held = mask.to(rewards.dtype)
    values = torch.where(mask.bool(), values, 0.0)
    advantage = torch.zeros_like(rewards[:, 0])
    after = torch.zeros_like(advantage)
    found = []
    for place in reversed(range(rewards.shape[1])):
        surprise = rewards[:, place] + gamma * after - values[:, place]
        advantage = torch.where(mask[:, place].bool(), surprise + gamma * lam * advantage, 0.0)
        after = values[:, place]
        found.append(advantage)
    advantages = torch.stack(found[::-1], dim=1)
    return advantages, (advantages + values) * held


def whiten(values: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None) -> torch.Tensor:
    """Values with mean 0 and variance 1 over all processes, zero where mask is 0."""
    count, mean, variance = moments(values, mask, reduce)
    if count < 2:
        return torch.zeros_like(values)
    scaled = (values.double() - mean) / (variance + 1e-8).sqrt()
    return torch.where(mask.bool(), scaled, 0.0).to(values.dtype)


def moments(
    values: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Count, mean and variance (of the whole, not estimated from a sample) over all processes, 64-bit."""
    reduce = reduce or (lambda sums: sums)
    held = torch.where(mask.bool(), values, 0.0).double()
    count, whole = reduce(torch.stack([mask.double().sum(), held.sum()]))
    mean = whole / count.clamp(min=1)
    apart = torch.where(mask.bool(), values.double() - mean, 0.0)
    return count, mean, reduce((apart**2).sum().unsqueeze(0))[0] / count.clamp(min=1)


def policy_loss(
    new: torch.Tensor,
    old: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    clip: float,
    denominator: torch.Tensor | float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The clipped loss and the share of tokens that were clipped, both as sums over `denominator`. Schulman et al. 2017, eq. 7."""
    held = mask.bool()
    ratio = torch.where(held, new - old, 0.0).exp()
    free, bound = -advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)
    loss = torch.where(held, torch.maximum(free, bound), 0.0).sum() / denominator
    return loss, (held & (bound > free)).detach().sum().float() / denominator


def value_loss(
    values: torch.Tensor, old: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, clip: float | None,
    denominator: torch.Tensor | float,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Half the squared error of the values, which are held near their old ones, and the share of tokens that were clipped."""
    held = mask.bool()
    values, old, returns = (torch.where(held, given, 0.0) for given in (values, old, returns))
    free = (values - returns) ** 2
    bound = free if clip is None else (old + (values - old).clamp(-clip, clip) - returns) ** 2
    loss = 0.5 * torch.where(held, torch.maximum(free, bound), 0.0).sum() / denominator
    return loss, (held & (bound > free)).detach().sum().float() / denominator


@dataclass
class AdaptiveKL:
    """What a nat of divergence costs, made to follow it where there is a target. Ziegler et al. 2019, section 2.2."""

    beta: float
    target: float | None
    horizon: int

    def update(self, nats: float, steps: int) -> None:
        """Make divergence dearer where it is above the target, cheaper below."""
        if self.target is not None:
            error = min(0.2, max(-0.2, nats / self.target - 1))
            self.beta *= 1 + error * steps / self.horizon


def explained_variance(
    values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None
) -> torch.Tensor:
    """The share of the returns' variance that the values foresaw, over all processes; 0 where there is none."""
    whole = moments(returns, mask, reduce)[2]
    rest = moments(returns - values, mask, reduce)[2]
    some = whole > 1e-12 * rest  # returns that are all the same differ by rounding
    return torch.where(some, 1 - rest / whole.clamp(min=1e-30), 0.0)

"""The formulas of PPO for language models.

Shapes: B answers in a batch, T tokens of the longest question with its answer, less the first one. `mask` (B, T) is 1 where a token
belongs to the answer; an answer is one run of tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch.utils.checkpoint import checkpoint

Sum = Callable[[torch.Tensor], torch.Tensor]
"""Sums a small tensor over all processes."""

EPSILON = 1e-8
"""Added to a variance before its root is taken, as in TRL: advantages that are all the same give 0 and not NaN."""
MAX_KL_ERROR = 0.2
"""How far one step may be off its target as far as the cost of divergence goes (Ziegler et al. 2019, section 2.2)."""
ROUNDING = 1e-12
"""Returns whose variance is a smaller part of the residuals' than this are all the same, and differ by rounding alone."""


def log_probs(logits: torch.Tensor, ids: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """The log-probability of each id, (B, T), 32-bit. `logits`: (B, T, vocabulary); `ids`: (B, T)."""
    return _log_probs_and_entropy(logits, ids, temperature)[0]


def _log_probs_and_entropy(
    logits: torch.Tensor, ids: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    log_softmax = (logits.float() / temperature).log_softmax(dim=-1)  # (B, T, vocabulary)
    entropy = -(log_softmax.detach().exp() * log_softmax.detach()).sum(dim=-1)  # (B, T)
    return log_softmax.gather(-1, ids.unsqueeze(-1)).squeeze(-1), entropy


def chunked_log_probs(
    hidden: torch.Tensor, head: Any, ids: torch.Tensor, temperature: float = 1.0, chunk: int = 256
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities (B, T) and entropies (B, T), these without gradient. `hidden`: states of the last layer, (B, T, size); `head`:
    gives logits of them; `ids`: (B, T).

    `chunk` tokens are done at a time: the logits of a long text are never there at once, and the backward pass computes them again."""

    def part(states: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return _log_probs_and_entropy(head(states), targets, temperature)

    parts = [
        checkpoint(part, states, targets, use_reentrant=False) if torch.is_grad_enabled() else part(states, targets)
        for states, targets in zip(hidden.split(chunk, dim=1), ids.split(chunk, dim=1), strict=True)
    ]
    return torch.cat([row[0] for row in parts], dim=1), torch.cat([row[1] for row in parts], dim=1).detach()


def kl(new: torch.Tensor, reference: torch.Tensor, kind: Literal["k1", "k3"]) -> torch.Tensor:
    """An estimate of the divergence from a reference at each token, (B, T). `new`, `reference`: log-probabilities, (B, T).
    Schulman 2020, "Approximating KL Divergence"."""
    log_ratio = new - reference
    return log_ratio if kind == "k1" else torch.expm1(-log_ratio) + log_ratio


def missing_eos(scores: torch.Tensor, ended: torch.Tensor, penalty: float) -> torch.Tensor:
    """Scores (B,), less a penalty where an answer did not end. `scores`, `ended`: (B,)."""
    return torch.where(ended.bool(), scores, scores - penalty)


def token_rewards(scores: torch.Tensor, kls: torch.Tensor, mask: torch.Tensor, kl_coef: float) -> torch.Tensor:
    """What each token earns, (B, T): its divergence costs, the last one of the answer has the score too. `scores`: (B,); `kls`: (B, T);
    `mask`: (B, T). Ouyang et al. 2022, eq. 2."""
    positions = torch.arange(mask.shape[1], device=mask.device)  # (T,)
    last = torch.where(mask.bool(), positions, -1).max(dim=1).values  # (B,), -1 for an answer without a token
    at_last = (positions == last.unsqueeze(1)).to(kls.dtype)  # (B, T)
    costs = torch.where(mask.bool(), -kl_coef * kls, 0.0)
    return costs + scores.to(kls.dtype).unsqueeze(1) * at_last * mask.to(kls.dtype)


def gae(
    rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, gamma: float, lam: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, both (B, T), zero where `mask` is 0. `rewards`, `values`, `mask`: (B, T). Schulman et al. 2016, eq. 16."""
    values = torch.where(mask.bool(), values, 0.0)
    advantage = torch.zeros_like(rewards[:, 0])  # (B,)
    # after the last token nothing is expected
    next_value = torch.zeros_like(advantage)
    advantages = []
    for token in reversed(range(rewards.shape[1])):
        td_error = rewards[:, token] + gamma * next_value - values[:, token]
        advantage = torch.where(mask[:, token].bool(), td_error + gamma * lam * advantage, 0.0)
        next_value = values[:, token]
        advantages.append(advantage)
    stacked = torch.stack(advantages[::-1], dim=1)
    return stacked, (stacked + values) * mask.to(rewards.dtype)


def whiten(values: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None) -> torch.Tensor:
    """Values (B, T) with mean 0 and variance 1 over all processes, zero where `mask` (B, T) is 0."""
    count, mean, variance = moments(values, mask, reduce)
    if count < 2:
        return torch.zeros_like(values)
    scaled = (values.double() - mean) / (variance + EPSILON).sqrt()
    return torch.where(mask.bool(), scaled, 0.0).to(values.dtype)


def moments(
    values: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Count, mean and variance (of all there are, not estimated from a sample) over all processes, scalars of 64 bits. `values`, `mask`:
    (B, T)."""
    reduce = reduce or (lambda sums: sums)
    masked = torch.where(mask.bool(), values, 0.0).double()
    count, total = reduce(torch.stack([mask.double().sum(), masked.sum()]))
    mean = total / count.clamp(min=1)
    deviations = torch.where(mask.bool(), values.double() - mean, 0.0)
    return count, mean, reduce((deviations**2).sum().unsqueeze(0))[0] / count.clamp(min=1)


def policy_loss(
    new: torch.Tensor,
    old: torch.Tensor,
    advantages: torch.Tensor,
    mask: torch.Tensor,
    clip: float,
    denominator: torch.Tensor | float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The clipped loss and the share of tokens that were clipped, scalars, both sums over `denominator`. `new`, `old`: log-probabilities,
    (B, T); `advantages`, `mask`: (B, T). Schulman et al. 2017, eq. 7."""
    mask = mask.bool()
    ratio = torch.where(mask, new - old, 0.0).exp()  # (B, T)
    unclipped, clipped = -advantages * ratio, -advantages * ratio.clamp(1 - clip, 1 + clip)
    loss = torch.where(mask, torch.maximum(unclipped, clipped), 0.0).sum() / denominator
    return loss, (mask & (clipped > unclipped)).detach().sum().float() / denominator


def value_loss(
    values: torch.Tensor, old: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, clip: float | None,
    denominator: torch.Tensor | float,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Half the squared error of the values, which stay within `clip` of their old ones, and the share of tokens that were clipped:
    scalars, both sums over `denominator`. `values`, `old`, `returns`, `mask`: (B, T)."""
    mask = mask.bool()
    values, old, returns = (torch.where(mask, given, 0.0) for given in (values, old, returns))
    unclipped = (values - returns) ** 2  # (B, T)
    clipped = unclipped if clip is None else (old + (values - old).clamp(-clip, clip) - returns) ** 2
    loss = 0.5 * torch.where(mask, torch.maximum(unclipped, clipped), 0.0).sum() / denominator
    return loss, (mask & (clipped > unclipped)).detach().sum().float() / denominator


@dataclass
class AdaptiveKL:
    """What a nat of divergence costs, made to follow it where there is a target. Ziegler et al. 2019, section 2.2."""

    beta: float
    target: float | None
    horizon: int

    def update(self, nats: float, steps: int) -> None:
        """Make divergence dearer where it is above the target, cheaper below."""
        if self.target is not None:
            error = min(MAX_KL_ERROR, max(-MAX_KL_ERROR, nats / self.target - 1))
            self.beta *= 1 + error * steps / self.horizon


def explained_variance(
    values: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, reduce: Sum | None = None
) -> torch.Tensor:
    """The share of the returns' variance that the values foresaw, over all processes, a scalar; 0 where the returns have none. `values`,
    `returns`, `mask`: (B, T)."""
    variance = moments(returns, mask, reduce)[2]
    residual = moments(returns - values, mask, reduce)[2]
    varies = variance > ROUNDING * residual
    return torch.where(varies, 1 - residual / variance.clamp(min=1e-30), 0.0)

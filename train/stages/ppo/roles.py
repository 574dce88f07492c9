"""One frozen model in four roles: policy, value and reward by an adapter each, the reference by none."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from kgtools.tools.errors import InputError
from kgtools.train.models.adapters import reward_adapter
from kgtools.train.recipe import Recipe
from kgtools.train.stages.ppo.losses import chunked_log_probs

Role = Literal["policy", "value", "reward", "reference"]
HEAD = "score.weight"
"""How the name of a reward model's head ends, as transformers calls it in sequence classification."""


class Roles(nn.Module):  # type: ignore[misc]  # mypy follows no imports of torch
    """A causal model with adapters `policy`, `value` and `reward` in it, and heads for a value and a score.

    Dropout is off in all roles: the ratio of new to old probabilities is to begin at 1."""

    def __init__(self, model: Any, value: nn.Linear, reward: nn.Linear, checkpointing: bool) -> None:
        super().__init__()
        from peft.tuners.tuners_utils import BaseTunerLayer

        self.model = model
        self.value, self.reward = value, reward
        # in a list: it is a part of `model` already
        self.causal = [model.get_base_model()]
        self.adapted = [layer for layer in model.modules() if isinstance(layer, BaseTunerLayer)]
        self.active: Role = "reference"
        for layer in model.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = 0.0
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(".policy." in name or ".value." in name or name.startswith("value."))
        if checkpointing:
            self.causal[0]._set_gradient_checkpointing(enable=True, gradient_checkpointing_func=self._once_more)
        self._switch("reference")

    def _switch(self, role: Role) -> None:
        """By hand: the library's own way to switch also decides what is trained."""
        self.active = role
        for layer in self.adapted:
            layer._disable_adapters = role == "reference"
            layer._active_adapter = ["policy" if role == "reference" else role]

    @contextmanager
    def role(self, role: Role) -> Iterator[None]:
        """The model in a role, and afterwards in the one that it was in."""
        before = self.active
        self._switch(role)
        try:
            yield
        finally:
            self._switch(before)

    def _once_more(self, layer: Any, *inputs: Any) -> Any:
        """A layer whose activations are computed again in the backward pass, in the role that it was computed in."""
        return checkpoint(partial(self._in_role, self.active, layer), *inputs, use_reentrant=False)

    def _in_role(self, role: Role, layer: Any, *inputs: Any) -> Any:
        with self.role(role):
            return layer(*inputs)

    def hidden_states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last hidden states in the role that is active, (batch, tokens, size)."""
        causal = self.causal[0]
        trunk = getattr(causal, causal.base_model_prefix)
        states: torch.Tensor = trunk(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        return states

    def log_probs(
        self, role: Role, ids: torch.Tensor, mask: torch.Tensor, temperature: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities of the tokens after the first and the entropies there, both (batch, tokens - 1)."""
        with self.role(role):
            states = self.hidden_states(ids, mask)[:, :-1]
            head = self.causal[0].get_output_embeddings()
            return chunked_log_probs(states, head, ids[:, 1:], temperature)

    def values(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What is expected before each token after the first, (batch, tokens - 1)."""
        with self.role("value"):
            values: torch.Tensor = self.value(self.hidden_states(ids, mask)[:, :-1].to(self.value.weight.dtype))
            return values.squeeze(-1).float()

    def scores(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What the reward model says of each text at its last token, (batch,)."""
        with self.role("reward"):
            states = self.hidden_states(ids, mask)
            last = states[torch.arange(len(ids)), mask.sum(dim=1) - 1]
            scores: torch.Tensor = self.reward(last.to(self.reward.weight.dtype))
            return scores.squeeze(-1).float()

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, temperature: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is learnt, in one pass forward: log-probabilities and entropies of the policy, and values."""
        return *self.log_probs("policy", ids, mask, temperature), self.values(ids, mask)


def build(model: Any, recipe: Recipe, reward: Path) -> Roles:
    """The roles on a frozen model. The value begins as the reward model, the policy as the reference.

    Raises InputError for a reward model that does not fit the base."""
    from peft import LoraConfig, PeftConfig, get_peft_model
    from peft.utils import load_peft_weights, set_peft_model_state_dict

    home = reward_adapter(reward)
    reward_config = PeftConfig.from_pretrained(home)
    lora = recipe.lora
    policy = LoraConfig(
        r=lora.r, lora_alpha=lora.alpha, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM",
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets), use_rslora=lora.rslora,
    )  # fmt: skip
    judge = LoraConfig(
        r=reward_config.r, lora_alpha=reward_config.lora_alpha, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM",
        target_modules=reward_config.target_modules, use_rslora=reward_config.use_rslora, use_dora=reward_config.use_dora,
    )  # fmt: skip
    adapted = get_peft_model(model, policy, adapter_name="policy")
    adapted.add_adapter("value", judge)
    adapted.add_adapter("reward", judge)
    weights = load_peft_weights(str(home), device="cpu")
    heads = [name for name in weights if name.endswith(HEAD)]
    if len(heads) != 1:
        raise InputError(f"{home}: expected one head for a score ({HEAD}), found {len(heads)}")
    score = weights.pop(heads[0])
    for name in ("value", "reward"):
        mismatch = set_peft_model_state_dict(adapted, weights, adapter_name=name)
        missing = [key for key in mismatch.missing_keys if f".{name}." in key]
        if mismatch.unexpected_keys or missing:
            raise InputError(f"{home}: does not fit the base: {[*mismatch.unexpected_keys, *missing][0]}")
    roles = Roles(adapted, _head(score, True), _head(score, False), bool(recipe.gradient_checkpointing))
    roles.to(model.device)
    return roles


def _head(weight: torch.Tensor, learns: bool) -> nn.Linear:
    head = nn.Linear(weight.shape[1], 1, bias=learns)
    with torch.no_grad():
        head.weight.copy_(weight)
        if learns:
            head.bias.zero_()
    return head

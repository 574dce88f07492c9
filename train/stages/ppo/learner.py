"""The update of PPO: advantages of a step's answers, clipped losses, optimizer, checkpoints; with DeepSpeed or without."""

import shutil
from pathlib import Path
from typing import Any

import orjson
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file

from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.train.data.order import rate
from kgtools.train.launch.job import Job
from kgtools.train.stages.metrics import check_weights, mark_complete
from kgtools.train.stages.ppo import losses
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.ppo.roles import Roles
from kgtools.train.stages.ppo.rollout import Rollout
from kgtools.train.stages.start import deepspeed_config

STATE = "state.json"
"""In a checkpoint: what a divergence costs by then."""
UPDATE_METRICS = ("loss", "policy_loss", "value_loss", "entropy", "clip_fraction", "approx_kl")
"""What `Learner._update` gives, in this order."""
SEED_STRIDE = 1_000_003
"""A prime that is larger than any number of steps: recipes with neighbouring seeds draw nothing alike."""
MAX_EPOCHS = 64
"""Seeds between two steps, one for each epoch through the answers of a step."""


class Learner:
    """Policy and value with their optimizer, over all processes."""

    def __init__(self, job: Job, recipe: Ppo, roles: Roles) -> None:
        self.recipe, self.roles, self.world = recipe, roles, job.world
        self.each = recipe.batch_size // (job.world * recipe.minibatches)
        self.parts = self.each // recipe.micro_batch_size
        trained = {name: parameter for name, parameter in roles.named_parameters() if parameter.requires_grad}
        self.names, self.trained = list(trained), list(trained.values())
        self.accelerator = self._accelerator()
        self.zero = bool(recipe.zero)
        self.rank, self.device = self.accelerator.process_index, self.accelerator.device
        self.first = self.rank == 0
        self.plain = torch.optim.AdamW(self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.engine, self.optimizer = self.accelerator.prepare(roles, self.plain)
        self.cost = losses.AdaptiveKL(recipe.kl_coef, recipe.kl_target, recipe.kl_horizon)

    def _accelerator(self) -> Any:
        """What divides the work among the processes, with DeepSpeed or without."""
        from accelerate import Accelerator
        from accelerate.utils import DeepSpeedPlugin

        plugin, recipe = None, self.recipe
        if settings := deepspeed_config(recipe, sum(parameter.numel() for parameter in self.trained)):
            bf16 = next(self.roles.causal[0].parameters()).dtype == torch.bfloat16
            micro = recipe.micro_batch_size
            plugin = DeepSpeedPlugin(hf_ds_config=settings | {
                "bf16": {"enabled": bf16}, "gradient_clipping": recipe.max_grad_norm, "gradient_accumulation_steps": self.parts,
                "train_micro_batch_size_per_gpu": micro, "train_batch_size": micro * self.parts * self.world,
            })  # fmt: skip
        return Accelerator(gradient_accumulation_steps=self.parts, deepspeed_plugin=plugin)

    def reduce(self, sums: torch.Tensor) -> torch.Tensor:
        """Sums over all processes."""
        if self.world > 1:
            dist.all_reduce(sums)
        return sums

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world > 1:
            dist.barrier()

    def learn(self, rollout: Rollout, step: int) -> dict[str, Any]:
        """Learn from a step's answers; the metrics of it, over all processes.

        `reward`: the reward model's mean score, `reward_after_eos_penalty` less what answers without end lose, `rlhf_reward` less what
        divergence costs too; `kl`: nats of divergence from the reference in an answer, `kl_coef` what one of them cost; `approx_kl`: nats a
        token between the policy before and in the updates; `clip_fraction`: the share of tokens whose ratio was clipped; `eos_rate`: the
        share of answers that ended; `response_length`: tokens of an answer; `explained_variance`: what of the returns the values foresaw."""
        recipe, mask = self.recipe, rollout.mask
        kls = losses.kl(rollout.log_probs, rollout.reference_log_probs, recipe.kl_kind)
        scores = losses.missing_eos(rollout.scores, rollout.ended, recipe.missing_eos_penalty)
        rewards = losses.token_rewards(scores, kls, mask, self.cost.beta)
        advantages, returns = losses.gae(rewards, rollout.values, mask, recipe.gamma, recipe.lam)
        explained_variance = float(losses.explained_variance(rollout.values, returns, mask, self.reduce))
        advantages = losses.whiten(advantages, mask, self.reduce)
        learning_rate = recipe.learning_rate * rate(recipe, step, recipe.steps or 1)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        updates = self._epochs(rollout, step, advantages, returns)
        means, count = self._means(rollout, scores, rewards)
        kl_coef = self.cost.beta
        self.cost.update(means["kl"], count)
        return {
            "loss": updates["loss"], "reward": means["reward"], "reward_after_eos_penalty": means["reward_after_eos_penalty"],
            "rlhf_reward": means["rlhf_reward"], "kl": means["kl"], "kl_coef": kl_coef, "entropy": updates["entropy"],
            "policy_loss": updates["policy_loss"], "value_loss": updates["value_loss"], "clip_fraction": updates["clip_fraction"],
            "approx_kl": updates["approx_kl"], "explained_variance": explained_variance, "response_length": means["response_length"],
            "eos_rate": means["eos_rate"], "special_tokens": round(means["special_tokens"] * count), "tokens": round(means["tokens"] * count),
            "learning_rate": learning_rate,
        }  # fmt: skip

    def _epochs(self, rollout: Rollout, step: int, advantages: torch.Tensor, returns: torch.Tensor) -> dict[str, float]:
        """Go through a step's answers `ppo_epochs` times, in another order each time; the means of UPDATE_METRICS over all updates."""
        recipe = self.recipe
        sums = torch.zeros(len(UPDATE_METRICS), dtype=torch.float64, device=self.device)
        updates = 0
        for epoch in range(recipe.ppo_epochs):
            draw = torch.Generator().manual_seed((recipe.seed * SEED_STRIDE + step) * MAX_EPOCHS + epoch)
            order = torch.randperm(len(rollout.mask), generator=draw)
            for rows in order.split(self.each):
                sums += self._update(rollout, rows.to(self.device), advantages, returns)
                updates += 1
        return dict(zip(UPDATE_METRICS, (sums / updates).tolist(), strict=True))

    def _means(self, rollout: Rollout, scores: torch.Tensor, rewards: torch.Tensor) -> tuple[dict[str, float], int]:
        """Metrics of answers, each the mean over all answers of all processes, and how many answers those are."""
        mask = rollout.mask
        sums = {
            "reward": rollout.scores.sum(),
            "reward_after_eos_penalty": scores.sum(),
            "kl": (losses.kl(rollout.log_probs, rollout.reference_log_probs, "k1") * mask).sum(),
            "rlhf_reward": rewards.sum(),
            "response_length": mask.sum(dim=1).sum(),
            "eos_rate": rollout.ended.sum(),
            "tokens": rollout.attention_mask.sum(),
            "special_tokens": rollout.special_tokens.sum(),
            "answers": torch.tensor(len(mask), device=self.device),
        }
        totals = self.reduce(torch.stack([value.double() for value in sums.values()])).tolist()
        count = totals[-1]
        return {name: total / count for name, total in zip(sums, totals, strict=True)}, int(count)

    def _update(
        self, rollout: Rollout, rows: torch.Tensor, advantages: torch.Tensor, returns: torch.Tensor
    ) -> torch.Tensor:
        """One step of the optimizer on answers of this process; UPDATE_METRICS over all processes, (6,)."""
        recipe = self.recipe
        # accelerate and DeepSpeed take the mean of the losses over micro batches and processes, and every loss here is a part of one
        # sum that is divided by the tokens of all of them: multiplied by their number, the mean is that sum.
        width = self.parts * self.world
        token_count = self.reduce(rollout.mask[rows].sum().double()).float()
        metrics = torch.zeros(len(UPDATE_METRICS), dtype=torch.float64, device=self.device)
        for part in rows.split(recipe.micro_batch_size):
            mask, old = rollout.mask[part], rollout.log_probs[part]
            with self.accelerator.accumulate(self.engine):
                new, entropies, values = self.engine(
                    rollout.ids[part], rollout.attention_mask[part], recipe.temperature
                )
                policy_loss, clip_fraction = losses.policy_loss(
                    new, old, advantages[part], mask, recipe.clip, token_count
                )
                value_loss, _ = losses.value_loss(
                    values, rollout.values[part], returns[part], mask, recipe.value_clip, token_count
                )
                loss = policy_loss + recipe.vf_coef * value_loss
                self.accelerator.backward(loss * width)
                if self.accelerator.sync_gradients and not self.zero:
                    self.accelerator.clip_grad_norm_(self.trained, recipe.max_grad_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            approx_kl = ((old - new.detach()) * mask).sum() / token_count
            entropy = (entropies * mask).sum() / token_count
            values_of_part = (loss, policy_loss, value_loss, entropy, clip_fraction, approx_kl)  # as UPDATE_METRICS
            metrics += torch.stack([value.detach().double() for value in values_of_part])
        return self.reduce(metrics)

    def save(self, job: Job, done: int) -> None:
        """A checkpoint: weights and the optimizer's state, whole when all processes have written. Raises NoNumber for weights that are none."""
        check_weights(self.trained, done, self.world)
        folder = Path(job.checkpoints) / f"checkpoint-{done}"
        if self.first:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.wait()
        if self.zero:
            self.engine.save_checkpoint(str(folder), tag="zero", exclude_frozen_parameters=True)
        if self.first:
            weights = {name: p.detach().cpu().contiguous() for name, p in zip(self.names, self.trained, strict=True)}
            save_file(weights, folder / "weights.safetensors")
            if not self.zero:
                state = self.plain.state_dict()["state"]
                flat = {f"{i}.{key}": value.cpu() for i, row in state.items() for key, value in row.items()}
                save_file(flat, folder / "optimizer.safetensors")
            write_file(folder / STATE, to_json({"kl_coef": self.cost.beta}))
        self.wait()
        if self.first:
            mark_complete(folder, job, done)
            checkpoints = sorted(folder.parent.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
            for old in checkpoints[: -self.recipe.keep]:
                shutil.rmtree(old)

    def load(self, job: Job) -> int:
        """Take up a checkpoint; how many steps were done."""
        folder = Path(job.resume or "")
        weights = load_file(folder / "weights.safetensors")
        with torch.no_grad():
            for name, parameter in zip(self.names, self.trained, strict=True):
                parameter.copy_(weights[name])
        self.cost.beta = orjson.loads((folder / STATE).read_bytes())["kl_coef"]
        if self.zero:
            self.engine.load_checkpoint(
                str(folder), tag="zero", load_module_strict=False, load_optimizer_states=not job.fresh_optimizer,
                load_module_only=job.fresh_optimizer,
            )  # fmt: skip
        elif not job.fresh_optimizer:
            state = self.plain.state_dict()
            for key, value in load_file(folder / "optimizer.safetensors").items():
                number, _, name = key.partition(".")
                state["state"].setdefault(int(number), {})[name] = value
            self.plain.load_state_dict(state)
        return job.done

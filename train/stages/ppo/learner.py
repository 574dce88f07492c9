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
from kgtools.train.stages.metrics import check_weights, mark_whole
from kgtools.train.stages.ppo import losses
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.ppo.roles import Roles
from kgtools.train.stages.ppo.rollout import Rollout
from kgtools.train.stages.start import deepspeed_config

STATE = "state.json"


class Learner:
    """Policy and value with their optimizer, over all processes."""

    def __init__(self, job: Job, recipe: Ppo, roles: Roles) -> None:
        self.recipe, self.roles, self.world = recipe, roles, job.world
        self.each = recipe.batch_size // (job.world * recipe.minibatches)
        self.parts = self.each // recipe.micro_batch_size
        learnt = {name: parameter for name, parameter in roles.named_parameters() if parameter.requires_grad}
        self.names, self.learnt = list(learnt), list(learnt.values())
        self.accelerator = self._accelerator()
        self.zero = bool(recipe.zero)
        self.rank, self.device = self.accelerator.process_index, self.accelerator.device
        self.first = self.rank == 0
        self.plain = torch.optim.AdamW(self.learnt, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.engine, self.optimizer = self.accelerator.prepare(roles, self.plain)
        self.cost = losses.AdaptiveKL(recipe.kl_coef, recipe.kl_target, recipe.kl_horizon)

    def _accelerator(self) -> Any:
        """What divides the work among the processes, with DeepSpeed or without."""
        from accelerate import Accelerator
        from accelerate.utils import DeepSpeedPlugin

        plugin, recipe = None, self.recipe
        if settings := deepspeed_config(recipe, sum(parameter.numel() for parameter in self.learnt)):
            low = next(self.roles.causal[0].parameters()).dtype == torch.bfloat16
            at_once = recipe.micro_batch_size
            plugin = DeepSpeedPlugin(hf_ds_config=settings | {
                "bf16": {"enabled": low}, "gradient_clipping": recipe.max_grad_norm, "gradient_accumulation_steps": self.parts,
                "train_micro_batch_size_per_gpu": at_once, "train_batch_size": at_once * self.parts * self.world,
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
        """Learn from a step's answers; what there is to tell of it, over all processes."""
        recipe, mask = self.recipe, rollout.answered
        kls = losses.kl(rollout.log_probs, rollout.reference, recipe.kl_kind)
        scores = losses.missing_eos(rollout.scores, rollout.ended, recipe.missing_eos_penalty)
        rewards = losses.token_rewards(scores, kls, mask, self.cost.beta)
        advantages, returns = losses.gae(rewards, rollout.values, mask, recipe.gamma, recipe.lam)
        explained = losses.explained_variance(rollout.values, returns, mask, self.reduce)
        advantages = losses.whiten(advantages, mask, self.reduce)
        learning_rate = recipe.learning_rate * rate(recipe, step, recipe.steps or 1)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        spent = torch.zeros(6, dtype=torch.float64, device=self.device)
        updates = 0
        for epoch in range(recipe.ppo_epochs):
            draw = torch.Generator().manual_seed((recipe.seed * 1_000_003 + step) * 64 + epoch)
            order = torch.randperm(len(mask), generator=draw)
            for rows in order.split(self.each):
                spent += self._update(rollout, rows.to(self.device), advantages, returns)
                updates += 1
        held = mask.sum(dim=1)
        divergence = (losses.kl(rollout.log_probs, rollout.reference, "k1") * mask).sum()
        sums = self.reduce(torch.stack([
            *(value.double() for value in (
                rollout.scores.sum(), scores.sum(), divergence, rewards.sum(), held.sum(), rollout.ended.sum(), rollout.mask.sum(),
                rollout.special.sum(),
            )),
            torch.tensor(float(len(mask)), dtype=torch.float64, device=self.device),
        ]))  # fmt: skip
        count = float(sums[8])
        reward, penalised, nats, after, length, ended, tokens, special = (float(value) / count for value in sums[:8])
        loss, policy, value, entropy, clipped, moved = (spent / updates).tolist()
        beta = self.cost.beta
        self.cost.update(nats, int(count))
        return {
            "loss": loss, "reward": reward, "reward_less_missing_eos": penalised, "reward_less_kl": after, "kl": nats, "kl_coef": beta,
            "entropy": entropy, "policy_loss": policy, "value_loss": value, "clipped": clipped, "kl_of_updates": moved,
            "explained_variance": float(explained), "length": length, "ended": ended, "special_tokens": round(special * count),
            "tokens": round(tokens * count), "learning_rate": learning_rate,
        }  # fmt: skip

    def _update(
        self, rollout: Rollout, rows: torch.Tensor, advantages: torch.Tensor, returns: torch.Tensor
    ) -> torch.Tensor:
        """One step of the optimizer; loss, its parts, entropy, clipped share and divergence from before, over all processes."""
        recipe, width = self.recipe, self.parts * self.world
        all_tokens = self.reduce(rollout.answered[rows].sum().double())
        whole = all_tokens.float()
        told = torch.zeros(6, dtype=torch.float64, device=self.device)
        for part in rows.split(recipe.micro_batch_size):
            mask, old = rollout.answered[part], rollout.log_probs[part]
            with self.accelerator.accumulate(self.engine):
                new, entropy, values = self.engine(rollout.ids[part], rollout.mask[part], recipe.temperature)
                policy, clipped = losses.policy_loss(new, old, advantages[part], mask, recipe.clip, whole)
                value, _ = losses.value_loss(
                    values, rollout.values[part], returns[part], mask, recipe.value_clip, whole
                )
                loss = policy + recipe.vf_coef * value
                self.accelerator.backward(
                    loss * width
                )  # both engines take the mean over parts and processes; this is a sum
                if self.accelerator.sync_gradients and not self.zero:
                    self.accelerator.clip_grad_norm_(self.learnt, recipe.max_grad_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            moved = ((old - new.detach()) * mask).sum() / whole
            seen = (entropy * mask).sum() / whole
            told += torch.stack([value.detach().double() for value in (loss, policy, value, seen, clipped, moved)])
        return self.reduce(told)

    def save(self, job: Job, done: int) -> None:
        """A checkpoint: weights and the optimizer's state, whole when all processes have written. Raises NoNumber for weights that are none."""
        check_weights(self.learnt, done, self.world)
        folder = Path(job.checkpoints) / f"checkpoint-{done}"
        if self.first:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.wait()
        if self.zero:
            self.engine.save_checkpoint(str(folder), tag="zero", exclude_frozen_parameters=True)
        if self.first:
            weights = {name: p.detach().cpu().contiguous() for name, p in zip(self.names, self.learnt, strict=True)}
            save_file(weights, folder / "weights.safetensors")
            if not self.zero:
                state = self.plain.state_dict()["state"]
                flat = {f"{i}.{key}": value.cpu() for i, row in state.items() for key, value in row.items()}
                save_file(flat, folder / "optimizer.safetensors")
            write_file(folder / STATE, to_json({"kl_coef": self.cost.beta}))
        self.wait()
        if self.first:
            mark_whole(folder, job, done)
            known = sorted(folder.parent.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
            for old in known[: -self.recipe.keep]:
                shutil.rmtree(old)

    def load(self, job: Job) -> int:
        """Take up a checkpoint; how many steps were done."""
        folder = Path(job.resume or "")
        weights = load_file(folder / "weights.safetensors")
        with torch.no_grad():
            for name, parameter in zip(self.names, self.learnt, strict=True):
                parameter.copy_(weights[name])
        self.cost.beta = orjson.loads((folder / STATE).read_bytes())["kl_coef"]
        if self.zero:
            how = {"load_optimizer_states": not job.fresh_optimizer, "load_module_only": job.fresh_optimizer}
            self.engine.load_checkpoint(str(folder), tag="zero", load_module_strict=False, **how)
        elif not job.fresh_optimizer:
            state = self.plain.state_dict()
            for key, value in load_file(folder / "optimizer.safetensors").items():
                number, _, name = key.partition(".")
                state["state"].setdefault(int(number), {})[name] = value
            self.plain.load_state_dict(state)
        return job.done

"""What PPO is told."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from kgtools.train.recipe import Count, Engine, Part, Positive, Recipe

Share = Annotated[float, Field(ge=0, le=1)]


class Ppo(Recipe):
    """Settings of PPO.

    `reward`: the run of a reward model on the same base. `batch_size`: answers in a step; each is learnt from `ppo_epochs` times, in
    `minibatches` updates each time. `max_new_tokens`: tokens at most. `kl_coef`: what a nat of divergence from the base costs, at each
    token; `kl_target`: let that cost follow the divergence (Ziegler et al. 2019). `missing_eos_penalty`: taken off the score
    of an answer that does not end. `engine`: what answers, `generate` or `continuous` batching of transformers, or `vllm` with a
    second copy of the base, which takes `gpu_memory_utilization` of a GPU."""

    reward: Path
    max_new_tokens: Count = 256
    temperature: Positive = 1.0
    rollout_batch_size: Count = 32
    engine: Engine = "generate"
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.3
    kl_coef: Annotated[float, Field(ge=0)] = 0.05
    kl_kind: Literal["k1", "k3"] = "k1"
    kl_target: Positive | None = None
    kl_horizon: Count = 10_000
    gamma: Share = 1.0
    lam: Share = 0.95
    clip: Positive = 0.2
    value_clip: Positive | None = 0.2
    vf_coef: Positive = 0.1
    ppo_epochs: Count = 4
    minibatches: Count = 1
    missing_eos_penalty: Annotated[float, Field(ge=0)] = 1.0
    warmup: Part = 0.0

    @property
    def sequences(self) -> int:
        """Sequences of which activations are kept at once on a process: the policy's and the value's of each answer."""
        return 2 * self.micro_batch_size

    @property
    def memory_fraction(self) -> float:
        """The part of a device's memory that may be planned with: what vLLM takes is taken."""
        return super().memory_fraction - (self.gpu_memory_utilization if self.engine == "vllm" else 0.0)

    @property
    def completion_length(self) -> int:
        """Tokens that an answer adds to a row at most."""
        return self.max_new_tokens

    @property
    def learners(self) -> int:
        """Adapters that are trained side by side: the policy's and the value's."""
        return 2

    @property
    def minibatch_count(self) -> int:
        """In how many parts a batch is learnt from, an update of the weights for each."""
        return self.minibatches

    @property
    def passes(self) -> float:
        """What a token costs in a step, in passes forward and backward: policy and value learn from it `ppo_epochs` times; to be generated
        and to be read by four roles it goes forward alone, which is half of one."""
        return 2 * self.ppo_epochs + 0.5 * (1 + 4)

"""A run that is ready, and what there is to say before it begins."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kgtools.train.data.rows import RejectRow, Rows
from kgtools.train.data.tokenize import TokenCounts
from kgtools.train.launch.job import Job
from kgtools.train.launch.processes import Cluster
from kgtools.train.launch.space import DiskNeeds
from kgtools.train.models.examine import ModelReport
from kgtools.train.models.stop_tokens import StopToken
from kgtools.train.paper import differences
from kgtools.train.recipe import Recipe

EXAMPLES = 3
"""Rows that are named of each reason to refuse one, as audits show three of each finding."""


@dataclass(frozen=True)
class Plan:
    """A run that is ready: its job, and what there is to say before it begins. `refused`: rows that are not trained on.

    `token_counts`: split -> its tokens; `model_report`: what the model is like; `sizes`: parameters, and those of them that are trained;
    `memory`: bytes of a device, by what for; `disk`: bytes where the result goes (`train.launch.space`); `stops`: what ends an answer."""

    job: Job
    recipe: Recipe
    cluster: Cluster
    rows: Rows
    refused: list[RejectRow]
    token_counts: dict[str, TokenCounts]
    model_report: ModelReport
    sizes: dict[str, int]
    memory: dict[str, int]
    disk: DiskNeeds
    stops: list[StopToken]

    @property
    def rejects(self) -> dict[str, int]:
        """How many rows were refused for each reason."""
        return dict(sorted(Counter(reason for *_, reason in self.refused).items()))

    @property
    def reject_examples(self) -> dict[str, list[str]]:
        """Where the first three rows of each reason stand: `file:line`, or `file id` of a record."""
        examples: dict[str, list[str]] = {reason: [] for reason in self.rejects}
        for file, line, id_, reason in self.refused:
            if len(examples[reason]) < EXAMPLES:
                examples[reason].append(f"{file}:{line}" if line else f"{file} {id_}")
        return examples

    def to_dict(self) -> dict[str, Any]:
        """What `--dry-run --format json` prints."""
        recipe, world = self.recipe, self.cluster.world
        return {
            "stage": self.job.stage,
            "recipe": recipe.model_dump(mode="json"),
            "differs_from_paper": {
                key: {"recipe": value, "paper": given} for key, (value, given) in differences(recipe).items()
            },
            "base": self.job.fingerprint,
            **self.model_report.training_facts,
            "rows": {split: counts.to_dict() for split, counts in self.token_counts.items()},
            "rejected": self.rejects,
            "reject_examples": self.reject_examples,
            "counts": {key: dict(sorted(counter.items())) for key, counter in self.rows.counts.items()},
            "world_size": world,
            "global_batch": recipe.batch_size,
            "accumulation": recipe.batch_size // (recipe.micro_batch_size * world),
            "steps": self.job.steps,
            "stop_tokens": [str(stop) for stop in self.stops],
            **self.sizes,
            "memory_of_a_device": self.memory | {"sum": sum(self.memory.values())},
            "disk": self.disk.to_dict(),
        }

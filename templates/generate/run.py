"""A run of `generate`: everything but the graph that decides what it writes, as an option says it and as `run.json` holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.kg.stores import Readable
from kgtools.templates.drops import choose_drops
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.holdout.asked import NOTHING, HoldOut
from kgtools.templates.pack import Pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.draw import Sample
from kgtools.templates.tasks.plan import Plan
from kgtools.tools.config import Settings
from kgtools.tools.progress import SILENT, Progress


class StoredSettings(Settings):
    """The `settings` of a `run.json` that `generate` or `retract` wrote.

    `pack`: names in the order in which templates ask; by name where an older kgtools wrote it."""

    task: str
    packs: dict[str, str]
    pack: tuple[str, ...] = ()
    lang: tuple[str, ...]
    count: int | None
    seed: int
    max_tails: int
    drop: dict[str, tuple[str, ...]]
    per_relation: int | None = None
    per_head: int | None = None
    per_source: int | None = None
    stratify: bool = False
    hold_out: str | None = None
    permute: bool = False
    options: int = 4
    distractors: str = "neighbour"
    rotations: int = 1
    hops: str = "2-5"
    shots: int = 3

    @property
    def pack_names(self) -> tuple[str, ...]:
        """The packs, in order."""
        return self.pack or tuple(sorted(self.packs))


@dataclass(frozen=True)
class Run:
    """The settings of a run. `task` and `drop` as `--task` and `--drop` say them."""

    packs: tuple[Pack, ...]
    langs: tuple[str, ...]
    task: str
    seed: int
    max_tails: int
    drop: str | None
    sample: Sample
    items: ItemOptions
    hold_out: HoldOut = NOTHING
    permute: bool = False

    @classmethod
    def of(cls, stored: StoredSettings, packs: Sequence[Pack]) -> "Run":
        """The run that has these settings, with these packs, in order."""
        default = {pack.info.name: tuple(sorted(choose_drops(pack, None))) for pack in packs}
        words = next(iter(stored.drop.values()), ())
        return cls(
            tuple(packs), stored.lang, stored.task, stored.seed, stored.max_tails,
            None if stored.drop == default else ",".join(words) or "none",
            Sample(stored.count, stored.per_relation, stored.per_head, stored.per_source, stored.stratify),
            ItemOptions(stored.options, stored.distractors, stored.rotations, stored.hops, stored.shots),
            HoldOut.of(stored.hold_out), stored.permute,
        )  # fmt: skip

    @property
    def plan(self) -> Plan:
        """What is made of the questions. Raises UsageError for what cannot be."""
        return Plan.of(self.task, self.sample, self.items, self.hold_out, self.permute)

    def settings(self) -> dict[str, Any]:
        """As `run.json` holds them: a mapping there is in alphabetical order, so `pack` keeps the order of the packs."""
        return {
            "task": self.task, "packs": {each.info.name: each.info.version for each in self.packs},
            "pack": [each.info.name for each in self.packs], "lang": self.langs, "count": self.sample.count, "seed": self.seed,
            "max_tails": self.max_tails, "drop": {each.info.name: sorted(choose_drops(each, self.drop)) for each in self.packs},
        } | self.plan.settings()  # fmt: skip

    def make(
        self, graph: Readable, workers: int = 1, progress: Progress = SILENT, beside: Path | None = None
    ) -> RecordTables:
        """The tables that this run makes of a graph; `beside` what they are written to."""
        return generate(
            graph, list(self.packs), self.langs, self.sample.count, self.seed, self.max_tails, workers, self.task, self.drop,
            progress, self.sample, self.items, self.hold_out, self.permute, beside,
        )  # fmt: skip

"""What a run makes of the questions of templates."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.templates.holdout.asked import NOTHING, HoldOut
from kgtools.templates.tasks.ask import ASKED_TASKS, ITEM_TASKS, ItemOptions
from kgtools.templates.tasks.draw import Sample, parse_tasks
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import Schema

TASKS = {"qa": RECORDS, "preference": PREFERENCES} | dict.fromkeys(ASKED_TASKS, RECORDS)
"""What can be made, and the table that it is. Preferences are made alone, the others together."""


@dataclass(frozen=True)
class Plan:
    """What is made of the questions of templates. `shares`: task -> its share, or None; `sample`: how many are kept; `items`: how
    they are asked; `hold_out`: what is kept for test; `permute`: whether the answers are those of other heads."""

    shares: Mapping[str, float | None]
    sample: Sample
    items: ItemOptions
    hold_out: HoldOut = NOTHING
    permute: bool = False

    @classmethod
    def of(
        cls, task: str, sample: Sample, items: ItemOptions, hold_out: HoldOut = NOTHING, permute: bool = False
    ) -> "Plan":
        """The plan of `--task`. Raises UsageError for what cannot be made, or not together."""
        shares = parse_tasks(task, list(TASKS))
        if "preference" in shares and len(shares) > 1:
            raise UsageError(f"--task {task}: preferences have a table of their own; make them alone")
        if "preference" in shares and (sample.per_relation or sample.per_head or sample.per_source or sample.stratify):
            raise UsageError(
                "--per-relation, --per-head, --per-source and --stratify are for records; preferences take --count"
            )
        sample.refuse_wrong()
        items.refuse_wrong()
        if hold_out.hops and "path" not in shares:
            raise UsageError(f"--hold-out {hold_out}: hops are of the task path, which --task {task} does not make")
        if permute and "cypher" in shares:
            raise UsageError("--permute: the rows of a query are those of the graph; make the task cypher without it")
        return cls(shares, sample, items, hold_out, permute)

    @property
    def makes_preferences(self) -> bool:
        """Whether preferences are made, and no records."""
        return "preference" in self.shares

    @property
    def item_tasks(self) -> tuple[str, ...]:
        """The tasks whose records can be graded."""
        return tuple(task for task in self.shares if task in ITEM_TASKS)

    @property
    def asked_tasks(self) -> tuple[str, ...]:
        """The tasks that ask a template's questions in another way."""
        return tuple(task for task in self.shares if task in ASKED_TASKS)

    @property
    def table(self) -> Schema:
        """The table that is made."""
        return PREFERENCES if self.makes_preferences else RECORDS

    def settings(self) -> dict[str, Any]:
        """What of it a manifest tells beside the task and the count: what is not as it is by default."""
        sample = {name: value for name, value in asdict(self.sample).items() if name != "count"}
        asked: dict[str, Any] = {name: value for name, value in sample.items() if value}
        if self.hold_out:
            asked |= {"hold_out": str(self.hold_out)}
        if self.permute:
            asked |= {"permute": True}
        return asked | (asdict(self.items) if self.asked_tasks else {})

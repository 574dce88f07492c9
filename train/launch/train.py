"""A stage trained by the name of its recipe: what `kgtools train STAGE` and the functions of Python share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.train import recipe as recipes
from kgtools.train.launch.job import Stage
from kgtools.train.launch.plan import Plan
from kgtools.train.launch.processes import Cluster
from kgtools.train.launch.requirements import needs_stack
from kgtools.train.launch.run import run


@dataclass(frozen=True)
class TrainingRun:
    """What a stage made, or of a dry run what it would make.

    `folder`: of the run; `plan`: what there was to say before it began, as `--dry-run --format json` prints it, empty where the run was done
    already; `manifest`: what `run.json` says, empty of a dry run and on all nodes but the first."""

    stage: str
    folder: Path
    plan: dict[str, Any] = field(default_factory=dict, repr=False)
    manifest: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def result(self) -> dict[str, Any]:
        """What there is to tell of what was trained: steps, losses or rewards, parameters. Empty of a dry run."""
        return dict(self.manifest.get("result", {}))

    @property
    def weights(self) -> Path:
        """The folder of what was trained: the adapter or the model. Raises KeyError of a dry run."""
        return self.folder / str(self.manifest["result"]["made"])

    @cached_property
    def metrics(self) -> pl.LazyFrame:
        """The lines of `metrics.jsonl`, a row for each step that was logged: `step`, `steps`, `loss`, `tokens_per_second`, `mfu` (null where it is
        not known), `peak_memory` in bytes, `seconds_left`, and what the stage logs beside them. Read when it is first asked for."""
        lines = (self.folder / "metrics.jsonl").read_bytes()  # the name is a file's, and no pattern of several
        return pl.read_ndjson(BytesIO(lines), infer_schema_length=None).lazy()


def train(
    stage: Stage,
    recipe: str | Path,
    settings: Mapping[str, str],
    out: Path,
    cluster: Callable[[], Cluster],
    *,
    fresh: bool = False,
    weights_only: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_metrics: Callable[[dict[str, Any]], None] = lambda _: None,
) -> TrainingRun:
    """Train a stage by a recipe, a name or a file, with changes (`{"lora.r": "16"}`) into the folder `out`.

    `cluster` is asked for the processes once the recipe is read; otherwise as `train.launch.run`."""
    needs_stack()
    loaded = recipes.load(str(recipe), stage.name, stage.recipe, settings)
    plans: list[Plan] = []

    def plan(ready: Plan) -> None:
        plans.append(ready)
        on_plan(ready)

    manifest = run(
        stage, loaded, out, cluster(), fresh=fresh, weights_only=weights_only, dry_run=dry_run, on_plan=plan, on_metrics=on_metrics,
    )  # fmt: skip
    return TrainingRun(stage.name, out, plans[-1].to_dict() if plans else {}, manifest)

"""The whole way on one recipe: fine-tuning, a reward model, PPO, answers; an adapter is merged where a stage needs a whole model."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.staging import manifest
from kgtools.train import effects, recipe
from kgtools.train.effects import Effect
from kgtools.train.inference.answer import OnProgress
from kgtools.train.launch import processes
from kgtools.train.launch.job import Stage
from kgtools.train.launch.plan import Plan
from kgtools.train.launch.run import run
from kgtools.train.launch.undo import undo
from kgtools.train.models import adapters, resolve
from kgtools.train.recipe import Recipe


@dataclass(frozen=True)
class PipelineInputs:
    """What a chain is made of: the system whose recipes are taken, records, preferences, licences that are allowed,
    and whether people's records are that were never de-identified."""

    system: str
    records: Path
    preferences: tuple[Path, ...]
    allowed: tuple[str, ...]
    seed: int
    identified: bool = False


@dataclass(frozen=True)
class PipelineResult:
    """What each stage of a chain changed. `effects`: of each model; `reward_model`, `ppo`: what those stages tell."""

    effects: list[Effect]
    reward_model: dict[str, Any]
    ppo: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As JSON and `run.json` have it."""
        return {
            "effects": [effect.to_dict() for effect in self.effects], "reward_model": self.reward_model, "ppo": self.ppo,
        }  # fmt: skip


def train_all(
    inputs: PipelineInputs, out: Path, cluster: processes.Cluster, on_stage: Callable[[str], None], on_metrics: Any,
    on_progress: OnProgress = lambda *_: None,
) -> PipelineResult:  # fmt: skip
    """Run the stages into folders of `out`. What is done already is not done again. `on_stage` is told what begins, `on_metrics` is given each
    line of metrics, `on_progress` how many answers are there and how many there will be.

    Raises UsageError, InputError, and KgtoolsError where a stage fails."""
    _has_all(inputs.system)

    def stage(name: str, *data: Path, **more: str) -> dict[str, Any]:
        on_stage(f"== {name}")
        result: dict[str, Any] = run(*_stage(inputs, name, data, **more), out / name, cluster, on_metrics=on_metrics)[
            "result"
        ]
        return result

    with undo() as created:
        created.make(out)
        sft = stage("sft", inputs.records)
    tuned = _model_folder(out / "sft", out / "merged")
    reward = stage("reward", *inputs.preferences, model=str(tuned))
    ppo = stage("ppo", inputs.records, model=str(tuned), reward=str(out / "reward"))
    on_stage("== answer")
    policy = _model_folder(out / "ppo", out / "merged-ppo", tuned)
    exam = effects.make_exam(inputs.records, inputs.seed, out / "questions")
    models = (
        ("base", _base_folder(out / "sft"), sft["first_loss"]),
        ("sft", tuned, sft["last_loss"]),
        ("ppo", policy, None),
    )
    measured = [
        effects.measure_effect(
            name,
            loss,
            inputs.system,
            inputs.seed,
            folder,
            exam,
            out / "answers" / name,
            _judge(tuned, out),
            on_progress,
        )
        for name, folder, loss in models
    ]
    result = PipelineResult(measured, reward, ppo)
    settings = {"system": inputs.system, "seed": inputs.seed, "allow_identified": inputs.identified}
    write_file(out / "run.json", manifest("train all", settings, {}, **result.to_dict()))
    return result


def dry_run(inputs: PipelineInputs, cluster: processes.Cluster) -> list[Plan]:
    """What the first stages are made of; those after them need their models. Raises UsageError, InputError."""
    _has_all(inputs.system)
    plans: list[Plan] = []
    for name, data in (("sft", (inputs.records,)), ("reward", inputs.preferences)):
        run(*_stage(inputs, name, data), Path(), cluster, dry_run=True, on_plan=plans.append)
    return plans


def _has_all(system: str) -> None:
    missing = [stage for stage in ("sft", "reward", "ppo", "answer") if stage not in recipe.systems().get(system, [])]
    if missing:
        raise UsageError(
            f"the recipe {system} has no stage {', '.join(missing)}; `kgtools train recipes` lists those that have"
        )


def _stage(inputs: PipelineInputs, name: str, data: tuple[Path, ...], **more: str) -> tuple[Stage, Recipe]:
    kind: Stage = registry.find("stages", name, Stage)
    allowed = orjson.dumps(inputs.allowed).decode()
    settings = {
        "data": orjson.dumps([str(path) for path in data]).decode(),
        "seed": str(inputs.seed),
        "allow_license": allowed,
        "allow_identified": str(inputs.identified).lower(),
    } | more
    return kind, recipe.load(inputs.system, name, kind.recipe, settings)


def _merge_once(run: Path, out: Path, base: Path | None = None) -> Path:
    from kgtools.train.merge_adapter import merge

    if not (out / "run.json").exists():
        merge(run, base, out)
        return out
    if adapters.read_mark(out).identity != adapters.read_mark(adapters.adapter(run)).identity:
        raise UsageError(f"{out}: was merged from another run; name another place with --out")
    return out


def _model_folder(run: Path, out: Path, base: Path | None = None) -> Path:
    """The folder of a run's model: where all weights were trained its own, else merged with its base in `out`."""
    return run / "model" if (run / "model").is_dir() else _merge_once(run, out, base)


def _base_folder(run: Path) -> Path:
    """What a run began with."""
    if not (run / "model").is_dir():
        return adapters.base_of(run)
    if (run / "base").is_dir():
        return run / "base"
    base = orjson.loads((run / "run.json").read_bytes())["base"]
    return resolve.resolve(base["name"], base["revision"], run / "base")


def _judge(base: Path, out: Path) -> Callable[[Any], list[float]]:
    """What the reward model of a chain says of (prompt, answer)."""
    from kgtools.train.inference.reward_scores import judge

    return lambda answers: judge(base, out / "reward", answers, 16)

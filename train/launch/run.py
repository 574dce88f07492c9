"""One run of a stage: made ready, trained, kept; gone on with where it was broken off."""

import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import yaml

from kgtools.tools.errors import UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.outputs.atomic import write_file
from kgtools.tools.outputs.staging import lock_folder, manifest
from kgtools.train.data.rows import REJECTS
from kgtools.train.launch import processes, space, tracking
from kgtools.train.launch.job import COMPLETE, Job, Stage, last_checkpoint
from kgtools.train.launch.plan import Plan
from kgtools.train.launch.prepare import divides, prepare
from kgtools.train.launch.requirements import STACK, needs_packages, needs_stack
from kgtools.train.launch.undo import undo
from kgtools.train.models import adapters, resolve
from kgtools.train.recipe import Recipe

BUSY = "{}: {} trains into it; wait for it, or name another place with --out"


def run(
    stage: Stage,
    recipe: Recipe,
    out: Path,
    cluster: processes.Cluster,
    *,
    fresh: bool = False,
    weights_only: bool = False,
    dry_run: bool = False,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_metrics: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a stage into `out` and give what its `run.json` says; where it is done already, only that.

    `on_plan` is given the plan before the work begins, `on_metrics` each line of metrics. Raises UsageError, InputError, and KgtoolsError
    where a worker fails; then what was done stays in `out` to be gone on with."""
    needs_stack()
    if cluster.node_rank:
        recipe = recipe.model_copy(update={"report_to": ()})  # one node reports
    _check(stage, recipe, out, cluster)
    if dry_run:
        _plan_only(stage, recipe, out, cluster, on_plan)
        return {}
    work = out / (".work" if cluster.node_rank == 0 else f".work-{cluster.node_rank}")
    with undo() as folders:
        folders.make(out)
        lock_file = out / f".lock-{cluster.node_rank}"
        first = not lock_file.exists()
        with (
            lock_folder(out, lambda who: UsageError(BUSY.format(out, who)), part=f"-{cluster.node_rank}"),
            undo() as files,
        ):
            # it goes while it is held, so that nobody takes it meanwhile
            files.created += [lock_file] if first else []
            files.expect(work)
            work.mkdir(mode=0o700, exist_ok=True)
            clear_torn(out / ".work" / "checkpoints")
            plan = prepare(stage, recipe, work, cluster, out / ".work" / "checkpoints")
            if fresh:
                space.must_fit(plan.disk, out, _earlier_results(out, work))
                _clear(out, work)
            elif (manifest_before := _read_manifest(out)) is not None:
                if manifest_before.get("identity") != plan.job.identity:
                    raise UsageError(
                        f"{out}: holds another run; name another place with --out, or replace it with --fresh"
                    )
                shutil.rmtree(work)
                return manifest_before
            plan = replace(plan, job=_resume(plan, cluster, out, weights_only))
            if not fresh:
                space.must_fit(plan.disk, out, [Path(plan.job.checkpoints)])
            for reported in recipe.report_to:
                files.expect(out / reported)
            with tracking.report(recipe, stage.name, out, plan.job.done, on_metrics) as line:
                files.keep()
                folders.keep()
                on_plan(plan)
                processes.run(plan.job, cluster, line)
            done = _keep_result(stage, plan, out) if cluster.node_rank == 0 else {}
            shutil.rmtree(work)
    return done


def _check(stage: Stage, recipe: Recipe, out: Path, cluster: processes.Cluster) -> None:
    """Raises for what cannot be, before any work."""
    needs_packages(recipe)
    stage.check(recipe)
    divides(recipe, cluster)
    if recipe.adapter and out.resolve() in adapters.adapter(recipe.adapter).resolve().parents:
        raise UsageError(f"{out}: holds the adapter that is to be trained on; name another place with --out")


def _plan_only(
    stage: Stage, recipe: Recipe, out: Path, cluster: processes.Cluster, on_plan: Callable[[Plan], None]
) -> None:
    with TemporaryDirectory(prefix="kgtools-") as scratch:
        plan = prepare(stage, recipe, Path(scratch), cluster)
        on_plan(replace(plan, disk=replace(plan.disk, free=space.free(out))))
        space.must_fit(plan.disk, out, _earlier_results(out, out / ".work"))


def _read_manifest(out: Path) -> dict[str, Any] | None:
    """What the `run.json` of a run that is done says."""
    try:
        manifest_before = orjson.loads((out / "run.json").read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        return {}
    return manifest_before if isinstance(manifest_before, dict) else {}


def _earlier_results(out: Path, work: Path) -> list[Path]:
    """Folders that an earlier run left and a fresh one replaces; not what this one has made ready."""
    return [
        out / "adapter",
        out / "model",
        out / "base",
        out / "tensorboard",
        out / ".work" / "checkpoints",
        work / "result",
    ]


def _clear(out: Path, work: Path) -> None:
    """Take away what an earlier run left."""
    for left in _earlier_results(out, work):
        shutil.rmtree(left, ignore_errors=True)
    for file in (out / "run.json", work / "metrics.jsonl", work / "worker.log"):
        file.unlink(missing_ok=True)


def clear_torn(checkpoints: Path) -> None:
    """Take away checkpoints that were half written: they count for nothing and may fill a disk."""
    for left in checkpoints.glob("checkpoint-*"):
        if not (left / COMPLETE).exists():
            shutil.rmtree(left, ignore_errors=True)


def _resume(plan: Plan, cluster: processes.Cluster, out: Path, weights_only: bool) -> Job:
    """The job with the checkpoint to go on from. Raises UsageError where that cannot be."""
    checkpoint = last_checkpoint(Path(plan.job.checkpoints))
    if checkpoint is None:
        shutil.rmtree(plan.job.checkpoints, ignore_errors=True)
        plan.job.metrics.unlink(missing_ok=True)
        return plan.job
    if checkpoint.identity != plan.job.identity:
        raise UsageError(
            f"{out}: holds the checkpoints of another run, of other data, settings or another model; name another place with "
            "--out, or start again with --fresh"
        )
    if checkpoint.world != cluster.world and not weights_only:
        raise UsageError(
            f"the checkpoint of step {checkpoint.step} was written by {checkpoint.world} processes, and this run has {cluster.world}: the "
            "optimizer's state cannot be divided anew. Run as many, or take the weights alone and begin the optimizer anew: --weights-only"
        )
    _forget_after(plan.job.metrics, checkpoint.step)
    return replace(plan.job, resume=str(checkpoint.folder), done=checkpoint.step, fresh_optimizer=weights_only)


def _forget_after(metrics: Path, step: int) -> None:
    """Take the lines of steps out that will be done again."""
    if metrics.exists():
        lines = [line for line in metrics.read_bytes().splitlines() if orjson.loads(line)["step"] <= step]
        write_file(metrics, b"".join(line + b"\n" for line in lines))


def _keep_result(stage: Stage, plan: Plan, out: Path) -> dict[str, Any]:
    """Move the result to its place, `run.json` last."""
    job = plan.job
    result = orjson.loads((job.result / "result.json").read_bytes())
    (job.result / "result.json").unlink()
    recipe = plan.recipe.model_dump(mode="json")
    write_file(out / "recipe.yaml", yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False).encode())
    write_table(REJECTS.frame(plan.refused), out / "rejects.parquet")
    if job.metrics.exists():
        job.metrics.replace(out / "metrics.jsonl")
    is_whole_model = plan.recipe.method == "full" and not resolve.is_random(plan.recipe.model)
    base = [Path(job.base)] if job.makes_base and not is_whole_model else []
    for path in [*base, *sorted(job.result.iterdir())]:
        shutil.rmtree(out / path.name, ignore_errors=True)
        path.replace(out / path.name)
    facts = {
        "identity": job.identity,
        "base": {"name": plan.recipe.model, "revision": plan.recipe.revision, "fingerprint": job.fingerprint},
        "examined": plan.model_report.training_facts,
        "others": job.others,
        "world": job.world,
        "stack": {name: version(name) for name in STACK},
        "platform": platform.platform(),
        "git": git_state(),
        "rows": {split: counts.to_dict() for split, counts in plan.token_counts.items()},
        "counts": {key: dict(sorted(counter.items())) for key, counter in plan.rows.counts.items()},
        "rejected": plan.rejects,
        "identified": dict(sorted(plan.rows.identified.items())),
        "resumed": {"from": job.done, "weights_only": job.fresh_optimizer} if job.resume else None,
        "result": result,
    }
    settings = {key: value for key, value in recipe.items() if key != "data"} | {
        "data": [path.name for path in plan.recipe.data]
    }
    write_file(out / "run.json", manifest(f"train {stage.name}", settings, plan.rows.inputs, **facts))
    loaded: dict[str, Any] = orjson.loads((out / "run.json").read_bytes())
    return loaded


def git_state() -> dict[str, Any] | None:
    """The commit of kgtools where it runs from a repository, and whether files differ from it."""
    home = Path(__file__).parent

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(home), *words], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    if commit is None or git("ls-files", "--error-unmatch", "run.py") is None:
        return None
    return {"commit": commit, "changed": bool(git("status", "--porcelain", "--", str(home.parent)))}

"""One run of a stage: everything is checked and made ready here, before a worker is started; afterwards its result is kept."""

import logging
import math
import os
import platform
import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import yaml
from filelock import FileLock, Timeout

from tools.errors import InputError, MissingExtraError, UsageError
from tools.files import digest, make_folder, manifest, sha256, write_whole
from tools.frames import write_table
from train import launch, models
from train.data import REJECTS, Rows, may_train, open_rows
from train.job import Job, Stage, last_whole
from train.recipe import Recipe
from train.tokens import Made, chat, tokenize

STACK = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "deepspeed")
ASIDE = ("data", "model", "title", "paper", "notes", "save_every", "log_every", "keep")
"""Keys of a recipe that its result does not hang on; of data and model it hangs on what they hold."""


@dataclass
class Plan:
    """A run that is ready: its job, and what there is to say before it begins.

    `made`: split -> its tokens; `steps`: as many as there will be, or about so many where records are packed."""

    job: Job
    recipe: Recipe
    rows: Rows
    made: dict[str, Made]
    steps: int
    sizes: dict[str, int]
    memory: dict[str, int]
    rejects: dict[str, int] = field(default_factory=dict)


def run(
    stage: Stage,
    recipe: Recipe,
    out: Path,
    place: launch.Machines,
    *,
    fresh: bool = False,
    weights_only: bool = False,
    dry_run: bool = False,
    tell: Callable[[Plan], None] = lambda _: None,
    show: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a stage into `out` and give what its `run.json` says; where it is done already, only that.

    `tell` is given the plan before the work begins, `show` each line of metrics. Raises UsageError, InputError, and KgtoolsError
    where a worker fails; then what was done stays in `out` to be gone on with."""
    needs_extra()
    _has_packages(recipe)
    stage.check(recipe)
    _divides(recipe, place)
    if dry_run:
        with TemporaryDirectory(prefix="kgtools-") as scratch:
            tell(prepare(stage, recipe, Path(scratch), place))
        return {}
    make_folder(out)
    work = out / (".work" if place.rank == 0 else f".work-{place.rank}")
    with _held(out, place.rank):
        before = _before(out, work, fresh)
        work.mkdir(exist_ok=True)
        plan = prepare(stage, recipe, work, place, out / ".work" / "checkpoints")
        if before is not None:
            if before.get("identity") == plan.job.identity:
                shutil.rmtree(work)
                return before
            shutil.rmtree(work)
            raise UsageError(f"{out}: holds another run; name another place with --out, or replace it with --fresh")
        plan.job = _from_where(plan, place, out, weights_only)
        tell(plan)
        launch.run(plan.job, place, show)
        done = _keep(stage, plan, out) if place.rank == 0 else {}
        shutil.rmtree(work)
    return done


def prepare(stage: Stage, recipe: Recipe, work: Path, place: launch.Machines, checkpoints: Path | None = None) -> Plan:
    """Everything settled, tokens, a model that is made on the spot and all, in the folder `work`."""
    for left in ("read", "tokens", "tokenizer", "base"):
        shutil.rmtree(work / left, ignore_errors=True)
    (work / "tokens").mkdir()
    (work / "read").mkdir()
    rows = open_rows(recipe, stage.noun, work / "read")
    may_train(rows, recipe)
    folder = models.resolve(recipe.model, recipe.revision, lambda: _texts(rows), work / "base", recipe.seed)
    from transformers import AutoTokenizer

    talk = chat(AutoTokenizer.from_pretrained(folder), recipe.chat_template, recipe.eos_token)
    talk.tokenizer.save_pretrained(work / "tokenizer")
    made = {}
    packed = getattr(recipe, "packing", None) == "joined"
    for split, name in ((recipe.split, "train"), (recipe.validation or "", "validation")):
        if name == "train" or rows.counts["split"][split]:
            made[name] = tokenize(rows, split, talk, recipe.max_length, packed, work / "tokens" / f"{name}.parquet")
    rejects = Counter(reason for *_, reason in rows.rejects)
    if not made["train"].rows:
        why = ", ".join(f"{reason} {number:,}" for reason, number in sorted(rejects.items()))
        raise InputError(f"nothing to train on: every row was refused ({why})")
    size, extra = models.size(folder), 0
    if recipe.method == "lora":
        extra = models.lora_parameters(folder, recipe.lora.r, recipe.lora.targets)
    learning = extra or size.parameters
    tokens = {split: str(work / "tokens" / f"{split}.parquet") for split in made}
    fingerprint = models.fingerprint(folder)
    more = stage.fits(recipe, fingerprint)
    job = Job(
        stage=stage.name,
        identity=_identity(stage, recipe, rows, [fingerprint, more], tokens),
        recipe=recipe.model_dump(mode="json"),
        base=str(folder.resolve()),
        fingerprint=fingerprint,
        tokens=tokens,
        work=str(work.resolve()),
        checkpoints=str((checkpoints or work / "checkpoints").resolve()),
        world=place.world,
        learnt=learning,
        flops=models.flops_per_token(size, learning, recipe.method, made["train"].longest),
        more=more,
    )
    memory = models.memory(
        size, learning, recipe.method, recipe.quantize, recipe.zero, place.world, recipe.micro_batch_size,
        made["train"].longest, recipe.gradient_checkpointing, recipe.precision,
    )  # fmt: skip
    sizes = {"parameters": size.parameters + extra, "trained": learning}
    return Plan(
        job, recipe, rows, made, _steps(recipe, made["train"].rows), sizes, memory, dict(sorted(rejects.items()))
    )


def needs_extra() -> None:
    """Raises MissingExtraError where what trains is not installed."""
    from importlib.util import find_spec

    if missing := [name for name in STACK if find_spec(name) is None]:
        raise MissingExtraError(
            f"training needs {', '.join(missing)}: pip install 'kgtools[train]'; `kgtools train doctor` says what else"
        )
    os.environ.update(launch.QUIET)
    logging.getLogger("DeepSpeed").addFilter(
        lambda line: line.levelno >= logging.ERROR
    )  # it warns of the CPU on import
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers|peft|trl")
    from transformers.utils.logging import disable_progress_bar, set_verbosity_error

    disable_progress_bar()
    set_verbosity_error()


def _has_packages(recipe: Recipe) -> None:
    """Raises MissingExtraError for a package that is not in the extra and that a setting needs."""
    from importlib.util import find_spec

    if recipe.quantize and find_spec("bitsandbytes") is None:
        raise MissingExtraError(f"quantize={recipe.quantize} needs bitsandbytes: pip install bitsandbytes")
    if recipe.attention == "flash_attention_2" and find_spec("flash_attn") is None:
        raise MissingExtraError(
            "attention=flash_attention_2 needs flash-attn, for NVIDIA GPUs: pip install flash-attn; or attention=auto"
        )


def _divides(recipe: Recipe, place: launch.Machines) -> None:
    times = place.world * getattr(recipe, "minibatches", 1)
    if recipe.batch_size % (recipe.micro_batch_size * times):
        fits = [n for n in range(1, recipe.batch_size + 1) if recipe.batch_size % (n * times) == 0]
        way = f"micro_batch_size={max(fits, key=lambda n: -abs(n - recipe.micro_batch_size))}" if fits else ""
        raise UsageError(
            f"batch_size {recipe.batch_size} is no multiple of micro_batch_size {recipe.micro_batch_size} x {place.world} "
            f"processes{f' x {recipe.minibatches} minibatches' if hasattr(recipe, 'minibatches') else ''}; "
            f"{way or f'make it a multiple of {times}'}"
        )


def _steps(recipe: Recipe, rows: int) -> int:
    return recipe.steps or math.ceil((recipe.epochs or 0) * math.ceil(rows / recipe.batch_size))


def _texts(rows: Rows) -> Iterator[str]:
    """The texts of the first rows, to make a vocabulary of."""
    for _, frame in rows.places:
        for row in frame.head(2000).collect().iter_rows(named=True):
            for column in ("messages", "prompt", "chosen", "rejected"):
                yield from (message["content"] or "" for message in row.get(column) or [])


def _identity(stage: Stage, recipe: Recipe, rows: Rows, weights: list[Any], tokens: dict[str, str]) -> str:
    told = recipe.model_dump(mode="json")
    told = {key: value for key, value in told.items() if key not in ASIDE}
    made = {split: sha256(Path(path)) for split, path in tokens.items()}
    whole = [stage.name, told, sorted(rows.inputs.items()), weights, made, version("kgtools")]
    return digest(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode())


@contextmanager
def _held(out: Path, rank: int) -> Iterator[None]:
    """Hold the folder against another run. Raises UsageError that says who has it."""
    lock, holder = FileLock(out / f".lock-{rank}"), out / f".holder-{rank}"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
        raise UsageError(f"{out}: {who} trains into it; wait for it, or name another place with --out") from error
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _before(out: Path, work: Path, fresh: bool) -> dict[str, Any] | None:
    """What the `run.json` of a run that is done says; nothing is left of one where a fresh one is wanted."""
    if fresh:
        for left in ("adapter", "model", "base", ".work", work.name):
            shutil.rmtree(out / left, ignore_errors=True)
        (out / "run.json").unlink(missing_ok=True)
    try:
        told = orjson.loads((out / "run.json").read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _from_where(plan: Plan, place: launch.Machines, out: Path, weights_only: bool) -> Job:
    """The job with the checkpoint to go on from. Raises UsageError where that cannot be."""
    from dataclasses import replace

    found = last_whole(Path(plan.job.checkpoints))
    if found is None:
        shutil.rmtree(plan.job.checkpoints, ignore_errors=True)
        plan.job.metrics.unlink(missing_ok=True)
        return plan.job
    home, told = found
    if told["identity"] != plan.job.identity:
        raise UsageError(
            f"{out}: holds the checkpoints of another run, of other data, settings or another model; name another place with "
            "--out, or begin anew with --fresh"
        )
    if told["world"] != place.world and not weights_only:
        raise UsageError(
            f"the checkpoint of step {told['step']} was written by {told['world']} processes, and this run has {place.world}: the "
            "optimizer's state cannot be divided anew. Run as many, or take the weights alone and begin the optimizer anew: --weights-only"
        )
    for left in Path(plan.job.checkpoints).glob("checkpoint-*"):
        if left != home and not (left / "whole.json").exists():
            shutil.rmtree(left)
    _forget_after(plan.job.metrics, told["step"])
    more = {"done": told["step"], "steps": plan.steps}
    return replace(plan.job, resume=str(home), fresh_optimizer=weights_only, more=plan.job.more | more)


def _forget_after(metrics: Path, step: int) -> None:
    """Take the lines of steps out that will be done again."""
    if metrics.exists():
        lines = [line for line in metrics.read_bytes().splitlines() if orjson.loads(line)["step"] <= step]
        write_whole(metrics, b"".join(line + b"\n" for line in lines))


def _keep(stage: Stage, plan: Plan, out: Path) -> dict[str, Any]:
    """Move the result to its place, `run.json` last."""
    job = plan.job
    told = orjson.loads((job.result / "result.json").read_bytes())
    (job.result / "result.json").unlink()
    recipe = plan.recipe.model_dump(mode="json")
    write_whole(out / "recipe.yaml", yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False).encode())
    write_table(REJECTS.frame(plan.rows.rejects), out / "rejects.parquet")
    if job.metrics.exists():
        job.metrics.replace(out / "metrics.jsonl")
    tiny = [Path(job.base)] if plan.recipe.model.startswith(models.TINY) else []
    for made in [*tiny, *sorted(job.result.iterdir())]:
        shutil.rmtree(out / made.name, ignore_errors=True)
        made.replace(out / made.name)
    facts = {
        "identity": job.identity,
        "base": {"name": plan.recipe.model, "revision": plan.recipe.revision, "fingerprint": job.fingerprint},
        "world": job.world,
        "stack": {name: version(name) for name in STACK},
        "platform": platform.platform(),
        "git": git_state(),
        "rows": {split: vars(made) | {"cut": dict(made.cut)} for split, made in plan.made.items()},
        "counts": {key: dict(sorted(counter.items())) for key, counter in plan.rows.counts.items()},
        "rejected": plan.rejects,
        "resumed": {"from": job.more["done"], "weights_only": job.fresh_optimizer} if job.resume else None,
        "result": told,
    }
    shown = {key: value for key, value in recipe.items() if key != "data"} | {
        "data": [path.name for path in plan.recipe.data]
    }
    write_whole(out / "run.json", manifest(f"train {stage.name}", shown, plan.rows.inputs, **facts))
    loaded: dict[str, Any] = orjson.loads((out / "run.json").read_bytes())
    return loaded


def git_state() -> dict[str, Any] | None:
    """The commit of kgtools where it runs from a repository, and whether files differ from it."""
    home = Path(__file__).parent

    def ask(*words: str) -> str | None:
        try:
            said = subprocess.run(
                ["git", "-C", str(home), *words], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return said.stdout.strip() if said.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    if commit is None or ask("ls-files", "--error-unmatch", "run.py") is None:
        return None
    return {"commit": commit, "changed": bool(ask("status", "--porcelain", "--", str(home.parent)))}

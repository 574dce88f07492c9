"""The whole way on one recipe: fine-tuning, merging, a reward model, PPO, answers; and what each stage changed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from corpora.shards import scan
from tools import registry
from tools.errors import UsageError
from tools.frames import load_table, write_table
from tools.staging import manifest, write_whole
from train import adapters, launch, recipe
from train.answering import Answer, answer
from train.job import Stage
from train.prepare import Plan
from train.recipe import Recipe
from train.run import run
from train.undo import undo

ASKED = 128
"""Questions that the models are asked at the end, at most."""


@dataclass(frozen=True)
class Given:
    """What a chain is made of: the system whose recipes are taken, records, preferences, licences that are allowed,
    and whether people's records are that were never de-identified."""

    system: str
    records: Path
    preferences: Path
    allowed: tuple[str, ...]
    seed: int
    identified: bool = False


def train_all(
    given: Given, out: Path, place: launch.Machines, say: Callable[[str], None], show: Any
) -> list[dict[str, Any]]:
    """Run the stages into folders of `out`; a row of effects for each model. What is done already is not done again.

    Raises UsageError, InputError, and KgtoolsError where a stage fails."""
    _has_all(given.system)

    def stage(name: str, data: Path, **more: str) -> dict[str, Any]:
        say(f"== {name}")
        return run(*_stage(given, name, data, **more), out / name, place, show=show)

    with undo() as made:
        made.folder(out)
        sft = stage("sft", given.records)
    say("== merge")
    merged = _merged(out / "sft", out / "merged")
    reward = stage("reward", given.preferences, model=str(merged))
    stage("ppo", given.records, model=str(merged), reward=str(out / "reward"))
    say("== merge, answer")
    policy = _merged(out / "ppo", out / "merged-ppo", merged)
    base = adapters.base_of(out / "sft")
    asked = _asked(given, out)
    rows = [
        _effect(given, out, name, folder, asked, merged)
        for name, folder in (("base", base), ("sft", merged), ("ppo", policy))
    ]
    rows[0] |= {"loss": sft["result"]["first_loss"]}
    rows[1] |= {"loss": sft["result"]["last_loss"]}
    facts = {"effects": rows, "reward_model": reward["result"]}
    settings = {"system": given.system, "seed": given.seed, "allow_identified": given.identified}
    write_whole(out / "run.json", manifest("train all", settings, {}, **facts))
    return rows


def dry_run(given: Given, place: launch.Machines) -> list[Plan]:
    """What the first stages are made of; those after them need their models. Raises UsageError, InputError."""
    _has_all(given.system)
    plans: list[Plan] = []
    for name, data in (("sft", given.records), ("reward", given.preferences)):
        run(*_stage(given, name, data), Path(), place, dry_run=True, tell=plans.append)
    return plans


def _has_all(system: str) -> None:
    missing = [stage for stage in ("sft", "reward", "ppo", "answer") if stage not in recipe.systems().get(system, [])]
    if missing:
        raise UsageError(
            f"the recipe {system} has no stage {', '.join(missing)}; `kgtools train recipes` lists those that have"
        )


def _stage(given: Given, name: str, data: Path, **more: str) -> tuple[Stage, Recipe]:
    kind: Stage = registry.find("stages", name, Stage)
    allowed = orjson.dumps(given.allowed).decode()
    own = {
        "data": str(data),
        "seed": str(given.seed),
        "allow_license": allowed,
        "allow_identified": str(given.identified).lower(),
    } | more
    return kind, recipe.load(given.system, name, kind.recipe, own)


def _merged(run: Path, out: Path, base: Path | None = None) -> Path:
    from train.merging import merge

    if not (out / "run.json").exists():
        merge(run, base, out)
        return out
    if adapters.read_mark(out)["identity"] != adapters.read_mark(adapters.adapter(run))["identity"]:
        raise UsageError(f"{out}: was merged from another run; name another place with --out")
    return out


def _asked(given: Given, out: Path) -> Path:
    """A folder with the questions of the test split, or of the first records where nothing is split."""
    rows, _ = scan(given.records)
    test = rows.filter(pl.col("split") == "test").head(ASKED).collect()
    folder = out / "questions"
    folder.mkdir(exist_ok=True)
    asked = test if test.height else rows.head(ASKED).collect()
    write_table(asked.with_columns(split=pl.lit("test")), folder / "records.parquet")
    return folder


def _effect(given: Given, out: Path, name: str, folder: Path, asked: Path, judge_base: Path) -> dict[str, Any]:
    """How a model answers: the mean score of the reward model, how many answers end, and their length."""
    from train.scoring import judge

    own = {"model": str(folder), "data": str(asked), "seed": str(given.seed), "temperature": "1.0"}
    place = out / "answers" / name
    facts = answer(recipe.load(given.system, "answer", Answer, own), place, True)
    said = load_table(place / "answers.parquet").select("prompt", "answer").iter_rows()
    scores = judge(judge_base, out / "reward", said, 16)
    return {
        "model": name,
        "reward": sum(scores) / len(scores),
        "ended": facts["ended"] / facts["answers"],
        "tokens": facts["answer_tokens"] / facts["answers"],
        "loss": None,
    }

"""Looks on the rows for validation: when, which checkpoint is the best, and when it is enough."""

import math
from pathlib import Path

import pytest
from safetensors.torch import load_file

from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.train.data.order import Order, best_evaluation, evaluates_after, evaluations_since_best
from kgtools.train.launch.prepare import VALIDATION_KEYS, may_ask, must_look
from kgtools.train.launch.space import estimate_disk
from kgtools.train.models.cost import Adapter, Size
from tests.train.conftest import (
    GOOD,
    KGTOOLS,
    kill_after,
    metrics,
    question,
    read_manifest,
    recipe,
    records,
    reply,
    train,
)

BEST = 6
"""The step at which the loss on what says the opposite is the lowest."""


def history(*losses: float) -> list[dict[str, float]]:
    rows = [{"step": 2.0 * number, "eval_loss": loss} for number, loss in enumerate(losses, start=1)]
    return [row for look in rows for row in ({"step": look["step"], "loss": 1.0}, look)]


@pytest.mark.parametrize(
    ("losses", "best", "since"),
    [
        ((3, 2, 1), 6, 0),
        ((3, 1, 2, 2), 4, 2),
        ((1, 1, 1), 2, 2),
        ((math.nan, 2, math.nan), 4, 1),
        ((math.nan,), None, 1),
    ],
)
def test_the_best_look_is_the_first_with_the_lowest_loss(losses, best, since):
    found = best_evaluation(history(*losses))

    assert (found and found["step"]) == best
    assert evaluations_since_best(history(*losses)) == since


@pytest.mark.parametrize(("every", "steps"), [(None, [4, 8, 10]), (3, [3, 6, 9, 10]), (5, [5, 10]), (99, [10])])
def test_looks_come_every_so_many_steps_or_with_each_pass_and_at_the_end(every, steps):
    own, order = recipe(eval_every=every), Order([1] * 16, 4, 0)

    assert [step for step in range(1, 11) if evaluates_after(own, order, step, 10)] == steps


def test_the_best_is_the_result_of_what_ends_early_unless_the_recipe_says_otherwise():
    assert recipe(early_stop=2).takes_best
    assert recipe(keep_best=True).takes_best
    assert not recipe(early_stop=2, keep_best=False).takes_best
    assert not recipe().takes_best


@pytest.mark.parametrize("key", VALIDATION_KEYS)
def test_what_goes_by_rows_for_validation_is_refused_without_them(key):
    with pytest.raises(UsageError, match=f"{key}: there are no rows for validation: the data have none of the split"):
        must_look(recipe(**{key: 1}), {})
    with pytest.raises(UsageError, match=f"{key}: .* split: all trains on them"):
        must_look(recipe(**{key: 1}, split="all"), {})
    must_look(recipe(), {})


@pytest.mark.parametrize("stage", ["ppo", "rloo"])
@pytest.mark.parametrize("key", VALIDATION_KEYS)
def test_what_learns_from_scores_has_nothing_to_look_on(stage, key):
    with pytest.raises(UsageError, match=f"{key}: {stage} learns from scores of its own answers"):
        may_ask(registry.find("stages", stage), recipe(**{key: 1}))


def test_the_best_checkpoint_takes_place_on_the_disk_beside_the_others():
    size, own = Size(10**6, 10**6, 2, 64, 4, 600, 100, 100, True), Adapter(1000, 100)

    def at_once(**more):
        return estimate_disk(size, own, recipe(**more), 1, 400, 0).at_once

    assert at_once(keep=1, save_every=100) == 2
    assert at_once(keep=1, save_every=100, keep_best=True) == 3
    assert at_once(keep=3, save_every=500, keep_best=True, eval_every=10) == 4


@pytest.fixture(scope="module")
def contrary(tmp_path_factory):
    """Rows to learn, and rows for validation that say the opposite: the loss on them falls at first (how an answer looks) and then
    rises for good."""
    home = tmp_path_factory.mktemp("contrary")
    learn = records(home / "learn", [question(n) + reply(GOOD) for n in range(32)])
    look = records(home / "look", [question(n) + reply("吃药休息") for n in range(100, 108)], split="validation")
    return (
        "--recipe", "tiny", f"data={learn}", f"data={look}", "model=tiny:qwen2", "eval_every=2", "log_every=4", "schedule=constant",
        "learning_rate=1e-2", "save_every=5",
    )  # fmt: skip


def looked(out: Path) -> dict[int, float]:
    return {line["step"]: line["eval_loss"] for line in metrics(out) if "eval_loss" in line}


WAYS = {
    "lora": ("zero=0",),
    "lora with ZeRO-2": ("zero=2",),
    "full with ZeRO-3 on two": ("zero=3", "method=full", "micro_batch_size=8", "--nproc", 2),
}


@pytest.fixture(scope="module", params=WAYS)
def stopped(request, contrary, tmp_path_factory):
    """A run that ends early, and one of as many steps as its best checkpoint has; the first is killed on its way where it is the plain one."""
    home, way = tmp_path_factory.mktemp("stopped"), WAYS[request.param]
    own = (*contrary, *way, "steps=24", "early_stop=5", "--out", home / "stopped")
    if request.param == "lora":
        kill_after([*KGTOOLS, "train", "sft", *map(str, own), "keep=9"], home / "stopped", BEST)
    train("sft", *own, "keep=1")
    method = [word for word in way if str(word).startswith("method=")]
    train(
        "sft",
        *contrary,
        *method,
        f"steps={read_manifest(home / 'stopped')['result']['best_step']}",
        "--out",
        home / "short",
    )
    return home


def test_a_run_ends_when_no_look_is_better_for_long_enough(stopped):
    facts, losses = read_manifest(stopped / "stopped")["result"], looked(stopped / "stopped")

    best = min(losses, key=lambda step: losses[step])
    assert 2 < best < 14
    assert list(losses) == list(range(2, best + 11, 2))
    assert (facts["best_step"], facts["best_validation_loss"], facts["validation_loss"]) == (best, *2 * [losses[best]])
    assert (facts["stopped_early"], facts["steps"]) == (True, best + 10)


def test_the_result_is_the_best_checkpoint(stopped):
    mine, other = (weights(stopped / name) for name in ("stopped", "short"))

    assert mine.keys() == other.keys()
    assert max(float((mine[name] - other[name]).abs().max()) for name in mine) < 1e-4


def weights(out: Path) -> dict:
    (file,) = [*out.glob("adapter/*.safetensors"), *out.glob("model/*.safetensors")]
    return load_file(file)


def test_without_a_wish_the_last_step_is_the_result(contrary, tmp_path):
    train("sft", *contrary, "steps=16", "--out", tmp_path / "out")

    facts, losses = read_manifest(tmp_path / "out")["result"], looked(tmp_path / "out")
    assert (facts["validation_loss"], facts["stopped_early"]) == (losses[16], False)
    assert losses[facts["best_step"]] == facts["best_validation_loss"] < losses[16]

"""What a run takes of a disk is known before it begins."""

import re
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kgtools.tools.errors import UsageError
from kgtools.train.launch import processes, run, space
from kgtools.train.launch.requirements import needs_stack
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.sft import STAGE, Sft
from tests.train.conftest import GOOD, question, recipe, records, reply
from tests.train.models.test_cost import LARGE, SMALL

GB = 10**9
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return records(tmp_path / "data", [question(number) + reply(GOOD) for number in range(8)])


@pytest.mark.parametrize(
    ("method", "zero", "world", "precision"), [("lora", 0, 1, "fp32"), ("full", 2, 1, "bf16"), ("full", 3, 2, "fp32")]
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_a_checkpoint_is_estimated_as_it_is_written(
    method: str, zero: int, world: int, precision: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, seen = run._keep_result, {}

    def look(stage: Any, plan: Any, out: Path) -> dict[str, Any]:
        folders = [plan.job.checkpoints, plan.job.result]
        seen["sizes"] = [
            sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) for folder in folders
        ]
        seen["disk"] = plan.disk
        return keep(stage, plan, out)

    needs_stack()
    monkeypatch.setattr(run, "_keep_result", look)
    own = {"method": method, "zero": zero, "precision": precision, "batch_size": 2, "steps": 2, "save_every": 1}
    run.run(STAGE, Sft(**recipe(data=(data,), **own).model_dump()), tmp_path / "out", processes.Cluster(world))

    two, result = seen["sizes"]
    assert two <= 2 * seen["disk"].checkpoint <= 1.5 * two
    assert two + result <= seen["disk"].total <= 1.5 * (two + result)


def needs(method: str = "lora", **changes: Any) -> space.DiskNeeds:
    own = recipe(**{"method": method, "zero": 0, "steps": 10_000} | changes)
    return space.estimate_disk(LARGE, SMALL if method == "lora" else None, own, 8, own.steps or 1, 0)


def test_the_space_of_a_run_moves_as_it_should() -> None:
    full = LARGE.parameters

    assert 12 * full < needs("full").checkpoint < 12.01 * full  # weights and two moments of 32 bits
    assert (
        16 * full < needs("full", zero=2).checkpoint < 16.01 * full
    )  # two copies of 16 bits, one of 32, and the moments
    assert 14 * full < needs("full", zero=3).checkpoint < 14.01 * full
    assert needs("lora").checkpoint < needs("full").checkpoint / 100
    assert (needs(keep=1).at_once, needs(keep=3).at_once, needs(keep=3, steps=501).at_once) == (2, 4, 2)
    assert needs(keep=1).total < needs(keep=2).total
    common = {"title": "", "model": "m", "learning_rate": 1.0, "steps": 10_000, "zero": 0}
    ppo = space.estimate_disk(LARGE, SMALL, Ppo(**common, reward="r"), 8, 10_000, 0)
    assert ppo.result > 1.9 * needs().result  # policy and value


def test_a_run_that_does_not_fit_is_refused_before_it_begins_and_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kgtools: Any
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(GB, GB, 200_000))
    words = ("train", "sft", "--recipe", "tiny", "--out", tmp_path / "new" / "out", f"data={data}", "model=tiny:qwen2")

    done = kgtools(*words)

    assert done.code == 2
    assert re.search(r"the run takes about [\d.]+ MB of disk \(2 checkpoints at once of [\d.]+ MB", done.err)
    assert "or another --out" in done.err
    assert not (tmp_path / "new").exists()
    dry = kgtools(*words, "--dry-run")
    assert dry.code == 2
    assert "MB needed, 0.2 MB free" in dry.out
    assert kgtools(*words, "--dry-run", "--format", "json").json["disk"]["free"] == 200_000


def test_what_is_there_already_counts_towards_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(GB, GB, 100))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "weights").write_bytes(bytes(50))
    needed = space.DiskNeeds(checkpoint=40, at_once=3, result=30)

    space.must_fit(needed, tmp_path / "out", [tmp_path / "old", tmp_path / "none"])
    with pytest.raises(UsageError, match=r"free some space, keep=1, or another --out"):
        space.must_fit(replace(needed, result=31), tmp_path / "out", [tmp_path / "old"])

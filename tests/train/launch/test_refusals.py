"""What is refused before its work begins leaves nothing behind, and takes nothing that was there."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.tools.errors import InputError
from kgtools.train.launch.undo import undo
from tests.train.conftest import GOOD, preferences, question, records, reply, tiny_model

__all__ = ["tiny_model"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    records(tmp_path / "records", [question(number) + reply(GOOD) for number in range(4)])
    preferences(tmp_path / "preferences", [(question(number), reply(GOOD), reply("qwxz")) for number in range(4)])
    return tmp_path


def words(stage: str, data: Path, tiny_model: Path) -> list[str]:
    """A command that is refused once it has looked at its data and model: by a layer that is not there, a split without rows, no adapter."""
    if stage == "merge":
        return [str(data / "records")]
    if stage == "all":
        return ["--recipe", "tiny", "--records", str(data / "preferences"), "--preferences", str(data / "records")]
    noun = "preferences" if stage in ("reward", "dpo") else "records"
    reward = [f"reward={data / 'records'}"] if stage in ("ppo", "rloo", "reject") else []
    kind = "model=tiny:qwen2" if stage not in ("answer", "reject") else f"model={tiny_model}"
    fault = "split=test" if stage in ("answer", "reject") else "lora.targets=[nothing]"
    return ["--recipe", "tiny", f"data={data / noun}", kind, fault, *reward]


STAGES = ["sft", "pretrain", "reward", "dpo", "ppo", "rloo", "answer", "reject", "merge", "all"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_refused_run_leaves_no_folder_that_was_not_there(
    stage: str, data: Path, tiny_model: Path, kgtools: Any
) -> None:
    done = kgtools("train", stage, *words(stage, data, tiny_model), "--out", data / "new" / "out")

    assert done.code == 2, done.err
    assert not (data / "new").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_a_refused_run_leaves_a_folder_as_it_was(stage: str, data: Path, tiny_model: Path, kgtools: Any) -> None:
    out = data / "out"
    for file in (".work/checkpoints/checkpoint-4/complete.json", "base/mine", "run.json", "adapter/mine"):
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_text('{"step": 4}', encoding="utf-8")
    before = _files(out)

    fresh = ["--fresh"] if stage not in ("merge", "all") else []
    done = kgtools("train", stage, *words(stage, data, tiny_model), "--out", out, *fresh)

    assert done.code == 2, done.err
    assert set(before) <= set(_files(out))
    assert {name.partition("/")[0] for name in _files(out)} == {name.partition("/")[0] for name in before}


def _files(out: Path) -> list[str]:
    return sorted(str(file.relative_to(out)) for file in out.rglob("*") if file.is_file())


def test_what_was_made_goes_with_an_error_unless_it_was_kept_or_was_there(tmp_path: Path) -> None:
    work = tmp_path / "a" / "b" / "c"

    def fail(keep: bool) -> None:
        with undo() as created:
            created.make(work.parent)
            created.expect(work)
            work.mkdir(exist_ok=True)
            (work / "file").touch()
            if keep:
                created.keep()
            raise InputError("x")

    with pytest.raises(InputError):
        fail(False)
    assert not (tmp_path / "a").exists()
    with pytest.raises(InputError):
        fail(True)
    with pytest.raises(InputError):
        fail(False)
    assert (work / "file").exists()


def test_a_folder_that_another_writes_into_meanwhile_stays(tmp_path: Path) -> None:
    def fail() -> None:
        with undo() as created:
            created.make(tmp_path / "a" / "b")
            (tmp_path / "a" / "theirs").touch()
            raise InputError("x")

    with pytest.raises(InputError):
        fail()

    assert [file.name for file in (tmp_path / "a").iterdir()] == ["theirs"]

"""The whole way by one command."""

import shutil

import orjson
import polars as pl
import pytest

from kgtools.train import pipeline
from kgtools.train.models.resolve import fingerprint

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),  # peft asks transformers so
    pytest.mark.usefixtures("own_workers"),  # the whole way is gone as a user goes it
]


@pytest.fixture(scope="module")
def words(toy):
    return ["--recipe", "tiny", "--records", toy / "records", "--preferences", toy / "preferences", "--format", "json"]


def test_the_whole_way_ends_with_what_each_stage_changed_and_is_not_gone_twice(words, tmp_path, kgtools):
    first = kgtools("train", "all", *words, "--out", tmp_path / "out")
    assert first.code == 0, first.err
    facts = orjson.loads(first.out)
    base, sft, ppo = facts["effects"]
    made = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.safetensors")}

    assert [row["model"] for row in (base, sft, ppo)] == ["base", "sft", "ppo"]
    assert sft["loss"] < base["loss"]
    assert ppo["reward"] > sft["reward"] + 1
    answers = pl.read_parquet(tmp_path / "out" / "answers" / "ppo" / "answers.parquet")
    assert ppo["ended"] == answers["ended"].mean()
    told = orjson.loads((tmp_path / "out" / "run.json").read_bytes())
    assert {key: told[key] for key in facts} == facts
    assert facts["reward_model"]["judged_on_train"]["accuracy"] > 0.9
    assert facts["ppo"]["last_reward"] > facts["ppo"]["first_reward"]
    assert base["match_trained"] < sft["match_trained"]  # half of the questions are taught the answer that it gives
    assert [row["match_held_out"] for row in (base, sft, ppo)] == [None] * 3  # nothing was split
    assert fingerprint(tmp_path / "out" / "merged-ppo") != fingerprint(tmp_path / "out" / "merged")

    second = kgtools("train", "all", *words, "--out", tmp_path / "out")
    assert (second.code, second.out) == (0, first.out)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.safetensors")} == made

    shutil.rmtree(tmp_path / "out" / "sft")
    shutil.copytree(tmp_path / "out" / "ppo", tmp_path / "out" / "sft")
    third = kgtools("train", "all", *words, "--out", tmp_path / "out")
    assert third.code == 2
    assert "holds another run" in third.err


def test_a_dry_run_says_what_the_first_stages_are_made_of_and_writes_nothing(words, tmp_path, kgtools):
    ran = kgtools("train", "all", *words, "--out", tmp_path / "out", "--dry-run")

    assert ran.code == 0, ran.err
    assert [plan["recipe"]["title"].partition(" of ")[0] for plan in orjson.loads(ran.out)] == [
        "Supervised fine-tuning", "A reward model",
    ]  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_a_run_that_trained_all_weights_is_a_model_by_itself_and_began_with_what_stands_beside_it(tmp_path):
    for part in ("model", "base"):
        (tmp_path / "sft" / part).mkdir(parents=True)

    assert pipeline._model_folder(tmp_path / "sft", tmp_path / "merged") == tmp_path / "sft" / "model"
    assert pipeline._base_folder(tmp_path / "sft") == tmp_path / "sft" / "base"
    assert not (tmp_path / "merged").exists()


def test_a_run_that_began_with_a_model_of_the_users_began_with_that(tiny_model, tmp_path):
    (tmp_path / "sft" / "model").mkdir(parents=True)
    told = {"base": {"name": str(tiny_model), "revision": None}}
    (tmp_path / "sft" / "run.json").write_bytes(orjson.dumps(told))

    assert pipeline._base_folder(tmp_path / "sft") == tiny_model


def test_a_system_without_every_stage_is_refused_with_those_that_lack(toy, tmp_path, kgtools):
    words = ("--records", toy / "records", "--preferences", toy / "preferences", "--out", tmp_path / "out")

    ran = kgtools("train", "all", "--recipe", "medalpaca", *words)

    assert ran.code == 2
    assert "the recipe medalpaca has no stage reward, ppo" in ran.err

"""The functions of Python do what the commands do."""

import inspect

import orjson
import polars as pl
import pytest

from kgtools.tools.errors import InputError, UsageError
from kgtools.train import api
from kgtools.train.api import TrainingRun
from tests.train.conftest import GOOD, metrics, question, read_manifest, records, reply

STAGES = ("pretrain", "sft", "reward", "dpo", "kto", "rloo", "ppo")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    home = tmp_path_factory.mktemp("api")
    return records(home / "records", [question(number) + reply(GOOD) for number in range(32)])


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "sft"
    lines = []
    made = api.sft(
        recipe="tiny", records=data, out=out, nproc=1, steps=2, batch_size=8, log_every=1, lora={"dropout": 0.0}, **{"lora.r": 4},
        on_metrics=lines.append,
    )  # fmt: skip
    return made, lines


def test_a_run_gives_its_folder_its_metrics_and_what_its_run_json_says(run):
    made, lines = run

    assert made.manifest == read_manifest(made.folder)
    assert made.result == made.manifest["result"]
    assert made.weights == made.folder / "adapter"
    assert made.weights.is_dir()
    table = made.metrics.collect()
    assert table["step"].to_list() == [1, 2]
    assert table["loss"].to_list() == [line["loss"] for line in metrics(made.folder)]
    assert lines == metrics(made.folder)
    recipe = made.manifest["settings"]
    assert (recipe["lora"]["r"], recipe["lora"]["dropout"], recipe["steps"]) == (4, 0.0, 2)


def test_the_command_takes_up_what_the_function_began(run, data, kgtools):
    made, _ = run
    words = ("steps=2", "batch_size=8", "log_every=1", "lora.dropout=0.0", "lora.r=4", f"data={data}")

    ran = kgtools("train", "sft", "--recipe", "tiny", "--out", made.folder, "--nproc", 1, "--format", "json", *words)

    assert ran.code == 0, ran.err
    assert ran.json == made.manifest  # of the same identity, so nothing was trained


def test_a_dry_run_gives_the_plan_that_the_command_prints_and_writes_nothing(data, tmp_path, kgtools):
    own = {"recipe": "tiny", "out": tmp_path / "out", "nproc": 1, "dry_run": True}

    made = api.pretrain(records=[data], **own)

    assert (made.manifest, made.result) == ({}, {})
    words = ("--recipe", "tiny", "--out", tmp_path / "out", "--nproc", 1, "--dry-run", "--format", "json")
    printed = kgtools("train", "pretrain", *words, f"data={data}").json
    made.plan["disk"].pop("free"), printed["disk"].pop("free")  # others write to the disk meanwhile
    assert orjson.loads(orjson.dumps(made.plan)) == printed
    assert not (tmp_path / "out").exists()


def test_answers_come_as_a_table(data, tiny_model, tmp_path):
    counted = []
    settings = {"model": tiny_model, "split": "all", "max_new_tokens": 2, "batch_size": 20}

    made = api.answer(
        recipe="tiny", records=data, out=tmp_path / "out", on_progress=lambda *n: counted.append(n), **settings
    )

    table = made.answers.collect()
    assert table.height == made.facts["answers"] == 32
    assert table["answer"].dtype == pl.String
    assert counted == [(20, 32), (32, 32)]


def test_settings_are_checked_as_those_of_a_command(data, tmp_path):
    with pytest.raises(InputError, match=r"lora\.q=1: lora\.q: there is no such key"):
        api.sft(recipe="tiny", records=data, out=tmp_path / "out", lora={"q": 1})
    with pytest.raises(UsageError, match="data and records name the same"):
        api.sft(recipe="tiny", records=data, out=tmp_path / "out", data=[data])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", STAGES)
def test_each_stage_has_a_function_that_says_what_it_takes(name):
    function = getattr(api, name)

    assert inspect.signature(function).return_annotation is TrainingRun
    assert all(
        parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
        for parameter in inspect.signature(function).parameters.values()
    )
    assert "settings" in function.__doc__
    assert name in api.__all__

"""Recipes: those that come with kgtools load, and what is wrong with one is said at once."""

import datetime
import re
from pathlib import Path

import pytest

from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.train.inference.answer import Answer
from kgtools.train.inference.best_of_n import Reject
from kgtools.train.recipe import HERE, Recipe, find, load, systems
from kgtools.train.stages.sft import Sft
from tests.train.conftest import recipe

FILES = sorted(HERE.rglob("*.yaml"))
OTHERS = {"answer": Answer, "reject": Reject}


def test_there_are_recipes_of_every_system_and_a_tiny_one_of_every_stage():
    assert set(systems()) == {"chimed-gpt", "clinicalgpt", "demo", "medalpaca", "mmedins", "tiny"}
    assert set(systems()["tiny"]) == {*registry.names("stages"), *OTHERS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_recipe_fits_its_stage(file):
    stage, _, variant = file.stem.partition(".")
    model = OTHERS.get(stage) or registry.find("stages", stage).recipe
    name = file.parent.name + (f":{variant}" if variant else "")

    loaded = load(name, stage, model, {})

    assert loaded.title
    assert file.parent.name in ("demo", "tiny") or re.fullmatch(r".+ 20\d\d, arXiv:\d{4}\.\d{5}", loaded.paper.cite)


def test_clinicalgpt_is_trained_as_its_paper_says():
    sft, reward, ppo = (
        load("clinicalgpt", name, registry.find("stages", name).recipe, {}) for name in ("sft", "reward", "ppo")
    )

    assert (sft.learning_rate, sft.batch_size, sft.max_length, sft.epochs) == (5e-5, 128, 1024, 3)
    assert (reward.learning_rate, reward.batch_size, reward.epochs) == (2e-5, 128, 3)
    assert (ppo.learning_rate, ppo.steps) == (1e-5, 4000)
    assert (sft.lora.r, sft.lora.alpha, sft.lora.dropout, sft.zero, sft.precision, sft.tf32) == (
        8,
        32,
        0.1,
        2,
        "bf16",
        True,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 1}, "give epochs or steps"),
        ({"steps": None}, "give epochs or steps"),
        ({"batch_size": 10, "micro_batch_size": 4}, "no multiple of micro_batch_size"),
        ({"quantize": 8, "method": "full"}, "quantize is for method: lora"),
        ({"zero": 3}, "zero: 3 is for method: full"),
        ({"split": "test"}, "must not be trained on"),
        ({"split": "validation"}, "must not be trained on"),
        ({"learning_rate": 0}, "greater than 0"),
        ({"learning_rate": float("nan")}, "greater than 0"),
        ({"quantize": 4, "zero": 3}, "quantize and zero: 3"),
        ({"quantize": 5}, "4 or 8"),
        ({"warmup": 1}, "less than 1"),
        ({"max_length": 0}, "greater than or equal to 1"),
        ({"lora": {"targets": "some"}}, "all-linear"),
        ({"compile": True, "gradient_checkpointing": True}, "compile and gradient_checkpointing"),
        ({"compile": True, "quantize": 4}, "compile is for whole weights"),
        ({"compile": True, "zero": 3, "method": "full"}, "compile is for whole weights"),
        ({"gradient_checkpointing": "often"}, "gradient_checkpointing"),
    ],
)
def test_what_does_not_agree_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        recipe(**changes)


def test_every_fault_of_a_recipe_comes_in_one_message(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("title: own\nmodel: tiny:qwen2\nlearning_rat: 1\nsteps: 1\nbatch_size: none\n", encoding="utf-8")

    with pytest.raises(InputError) as error:
        load(str(file), "sft", registry.find("stages", "sft").recipe, {})

    assert {word for word in ("learning_rat", "learning_rate", "batch_size", "own.yaml") if word in str(error.value)} == {
        "learning_rat", "learning_rate", "batch_size", "own.yaml",
    }  # fmt: skip


def test_all_that_does_not_agree_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "title: own\nmodel: m\nlearning_rate: 1\nsteps: 1\nepochs: 1\nbatch_size: 6\nmicro_batch_size: 4\n"
        "method: full\nquantize: 4\nzero: 3\n",
        encoding="utf-8",
    )

    with pytest.raises(InputError) as error:
        load(str(file), "sft", Recipe, {})

    for said in (
        "give epochs or steps",
        "batch_size 6 is no multiple of micro_batch_size 4",
        "quantize is for",
        "quantize and zero: 3",
    ):
        assert said in str(error.value)


@pytest.mark.parametrize("key", ["learning_rat", "lora.rank", "packing"])
def test_a_key_that_no_recipe_has_is_refused_where_it_stands(key: str, tmp_path: Path) -> None:
    name, _, below = key.partition(".")
    file = tmp_path / "own.yaml"
    line = f"{name}: {{{below}: 1}}" if below else f"{name}: 1"
    file.write_text(f"title: own\nmodel: m\nlearning_rate: 1\nsteps: 1\n{line}\n", encoding="utf-8")

    with pytest.raises(InputError, match=re.escape(f"own.yaml:5: {key}: there is no such key")):
        load(str(file), "sft", Recipe, {})


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("batchsize", "did you mean batch_size or micro_batch_size?"),
        ("lora.rr", "did you mean r?"),
        ("data.x", "there is no key below a value"),
        ("zzzz", "zzzz: there is no such key"),
    ],
)
def test_a_key_that_is_nearly_one_is_told_what_it_may_be(key: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        load("tiny", "sft", registry.find("stages", "sft").recipe, {"data": "[a]", key: "1"})


def test_the_change_that_is_at_fault_is_named_and_the_file_is_not() -> None:
    changes = {"batch_size": "0", "lora.r": "-1", "split": "validation", "sepoch": "3"}

    with pytest.raises(InputError) as error:
        load("tiny", "sft", registry.find("stages", "sft").recipe, changes)

    assert sorted(line.partition(":")[0] for line in str(error.value).splitlines()) == [
        "batch_size=0", "lora.r=-1", "sepoch=3", "split=validation",
    ]  # fmt: skip


def test_changes_go_before_what_a_recipe_says() -> None:
    loaded = load(
        "medalpaca:8bit", "sft", registry.find("stages", "sft").recipe,
        {"lora.r": "16", "data": "[a, b]", "epochs": "null", "steps": "7", "allow_license": "MIT"},
    )  # fmt: skip

    assert (loaded.lora.r, loaded.lora.alpha, loaded.lora.targets) == (16, 16, ("q_proj", "v_proj"))
    assert (loaded.data, loaded.allow_license) == ((Path("a"), Path("b")), ("MIT",))
    assert (loaded.epochs, loaded.steps) == (None, 7)


def test_every_file_of_a_recipe_is_found_by_its_name(tmp_path: Path) -> None:
    named = {
        find(system + (f":{variant}" if variant else ""), stage)
        for system, files in systems().items()
        for file in files
        for stage, _, variant in [file.partition(".")]
    }

    assert named == set(FILES) != set()
    (tmp_path / "own.yml").write_text("", encoding="utf-8")
    assert find(str(tmp_path / "own.yml"), "sft") == tmp_path / "own.yml"


@pytest.mark.parametrize(
    ("name", "stage", "said"),
    [
        ("xyz", "sft", "name a file, or there are: chimed-gpt, clinicalgpt, demo, medalpaca"),
        ("", "sft", "no recipe is called ''"),
        (
            "medalpaca",
            "reward",
            r"the recipe medalpaca has no stage reward; it has answer, sft, sft\.13b, sft\.13b-8bit",
        ),
        ("clinicalgtp", "sft", "did you mean clinicalgpt"),
        ("clinicalgpt", "dpo", "it has answer, ppo, reward, sft"),
        ("medalpaca:4bit", "sft", "has no stage sft.4bit"),
        ("nowhere.yaml", "sft", "no such recipe"),
    ],
)
def test_a_recipe_that_is_not_there_is_named_with_what_is(name, stage, said):
    with pytest.raises(UsageError, match=said):
        find(name, stage)


def test_a_copy_of_a_recipe_is_one(tmp_path, monkeypatch, kgtools):
    monkeypatch.chdir(tmp_path)

    assert kgtools("train", "recipes", "copy", "medalpaca:8bit", "sft").code == 0
    assert kgtools("train", "recipes", "copy", "medalpaca:8bit", "sft").code == 2  # it is not replaced

    assert Path("medalpaca-8bit-sft.yaml").read_bytes() == (HERE / "medalpaca" / "sft.8bit.yaml").read_bytes()
    assert "clinicalgpt" in kgtools("train", "recipes").out
    assert kgtools("train", "recipes", "show", "tiny", "sft").out == (HERE / "tiny" / "sft.yaml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"messages": []}, "messages is no name of an argument"),
        ({"bos_token": ""}, "bos_token is no name of an argument"),
        ({"add_generation_prompt": True}, "no name of an argument"),
        ({"enable-thinking": False}, "enable-thinking is no name of an argument"),
        ({"day": datetime.date(2024, 7, 26)}, "day: .*put a date in quotes"),
        ({"tools": [{"size": float("inf")}]}, "tools: true, false, null, numbers"),
        ({"tools": {1: 2}}, "tools: true, false, null, numbers"),
    ],
)
def test_what_cannot_be_written_into_a_template_is_no_argument(arguments, said):
    with pytest.raises(ValueError, match=said):
        recipe(template_arguments=arguments)


def test_arguments_and_a_date_are_said_on_the_command_line():
    changes = {
        "template_arguments.enable_thinking": "false",
        "template_arguments.tools": "[{a: 1}]",
        "date": "2025-03-07",
    }

    for name, stage in (("sft", registry.find("stages", "sft").recipe), ("answer", Answer)):
        loaded = load("tiny", name, stage, changes)
        assert loaded.template_arguments == {"enable_thinking": False, "tools": [{"a": 1}]}
        assert loaded.date == datetime.date(2025, 3, 7)
        assert stage.model_validate(loaded.model_dump(mode="json")) == loaded
    for wrong in ("20250307", "tomorrow", "1741305600", "2025-13-01"):
        with pytest.raises(InputError, match=f"date={wrong}: "):
            load("tiny", "answer", Answer, {"date": wrong})


def test_a_token_in_brackets_is_a_token_and_no_list() -> None:
    found = load("tiny", "sft", Sft, {"data": "x", "pad_token": "[PAD]", "eos_token": "</s>"})

    assert (found.pad_token, found.eos_token) == ("[PAD]", "</s>")
    with pytest.raises(InputError, match="pad_token"):
        load("tiny", "sft", Sft, {"data": "x", "pad_token": "[PAD, EOS]"})

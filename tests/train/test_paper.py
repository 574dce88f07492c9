"""Each setting of a published system is its paper's, or named as ours."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kgtools.tools import registry
from kgtools.tools.errors import InputError
from kgtools.train.inference.answer import Answer
from kgtools.train.inference.best_of_n import Reject
from kgtools.train.paper import MATTERS, Paper, differences, find_unaccounted
from kgtools.train.recipe import HERE, ModelSettings, load, papers
from tests.train.conftest import GOOD, question, recipe, records, reply

FILES = sorted(file for file in HERE.rglob("*.yaml") if file.parent.name not in ("demo", "tiny"))
OTHERS = {"answer": Answer, "reject": Reject}


def kind(stage: str) -> type[ModelSettings]:
    found: type[ModelSettings] = OTHERS.get(stage) or registry.find("stages", stage).recipe
    return found


def loaded(file: Path, changes: dict[str, str] | None = None) -> Any:
    stage = file.stem.partition(".")[0]
    return load(str(file), stage, kind(stage), changes or {})


def test_there_are_recipes_of_all_four_systems() -> None:
    assert {file.parent.name for file in FILES} == {"chimed-gpt", "clinicalgpt", "medalpaca", "mmedins"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_each_setting_is_the_papers_or_named_as_ours(file: Path) -> None:
    stage = file.stem.partition(".")[0]

    assert stage in MATTERS
    assert find_unaccounted(stage, loaded(file)) == []


@pytest.mark.parametrize("stage", sorted(MATTERS))
def test_what_matters_are_keys_of_the_stage(stage: str) -> None:
    assert set(MATTERS[stage]) <= set(kind(stage).model_fields)


def test_what_the_papers_give_is_what_the_recipes_have() -> None:
    """Held by hand against the papers, and against the code and weights that were released with them."""

    def has(name: str, *keys: str) -> list[Any]:
        own = loaded(HERE / f"{name}.yaml")
        given = own.paper.gives
        return [given.get(key, "ours") for key in keys]

    lora = ("lora.r", "lora.alpha", "lora.dropout")
    assert has("clinicalgpt/sft", "model", *lora, "batch_size", "max_length", "learning_rate", "epochs") == [
        "bigscience/bloom-7b1", 8, 32, 0.1, 128, 1024, 5e-5, 3,
    ]  # fmt: skip
    assert has("clinicalgpt/reward", "learning_rate", "batch_size", "epochs") == [2e-5, 128, 3]
    assert has("clinicalgpt/ppo", "learning_rate", "steps", "max_length", *lora) == [1e-5, 4000, "ours", 8, 32, 0.1]
    assert has("chimed-gpt/pretrain", "max_length", "attention", "learning_rate") == [4096, "flash_attention_2", "ours"]
    assert has("medalpaca/sft", "batch_size", "learning_rate", "epochs", "max_length") == [256, 2e-5, 3, 256]
    assert has("medalpaca/sft.13b-lora", "batch_size", "lora.alpha", "lora.targets") == [128, 16, ["q_proj", "v_proj"]]
    assert has("medalpaca/sft.13b-8bit", "quantize", "lora.dropout", "precision") == [8, 0.05, "bf16"]
    assert has("mmedins/sft", "model", "learning_rate") == ["Henrychur/MMed-Llama-3-8B", "ours"]


@pytest.mark.parametrize(
    ("name", "changes", "fault"),
    [
        ("clinicalgpt/sft", {"learning_rate": "1e-4"}, "learning_rate: is not as the paper gives it, and that is not named"),
        ("clinicalgpt/sft", {"lora.r": "16"}, "lora.r: is not as the paper gives it, and that is not named"),
        ("clinicalgpt/sft", {"keep": "1"}, "keep: the paper does not give it, and it is not named as ours"),
        ("clinicalgpt/ppo", {"lora.dropout": "0.1"}, "lora.dropout: is as the paper gives it, and named as ours"),
        ("clinicalgpt/ppo", {"ours": "{model: x}"}, "clip: the paper does not give it, and it is not named as ours"),
        ("medalpaca/sft.lora", {"paper": "{cite: x}"}, "lora.targets: the paper does not give it, and it is not named as ours"),
        ("mmedins/answer", {"paper.gives": "{}"}, "eos_token: the paper does not give it, and it is not named as ours"),
    ],
)  # fmt: skip
def test_what_is_not_accounted_for_is_found(name: str, changes: dict[str, str], fault: str) -> None:
    file = HERE / f"{name}.yaml"

    assert fault in find_unaccounted(file.stem.partition(".")[0], loaded(file, changes))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"paper": "{cite: x, gives: {learning_rat: 1}}"}, "paper.gives: there is no key learning_rat"),
        ({"paper": "{cite: x, gives: {lora.rank: 1}}"}, "paper.gives: there is no key lora.rank"),
        (
            {"paper": "{cite: x, gives: {learning_rate: -1}}"},
            "paper.gives: learning_rate cannot be -1: .*greater than 0",
        ),
        ({"paper": "{cite: x, gives: {lora.targets: some}}"}, "paper.gives: lora.targets cannot be some"),
        ({"ours": "{'epochs, stepps': x}"}, "ours: there is no key stepps"),
        ({"ours": "{warmup: ' '}"}, "ours: warmup without a reason"),
        ({"paper": "{title: x}"}, "cite"),
    ],
)
def test_a_recipe_that_says_of_its_paper_what_cannot_be_is_refused(changes: dict[str, str], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        load("tiny", "sft", kind("sft"), changes)


def test_a_recipe_of_ones_own_may_name_its_paper_in_a_line() -> None:
    own = recipe(paper="Me 2026")

    assert (own.paper, differences(own)) == ("Me 2026", {})


def test_values_are_compared_as_a_recipe_takes_them() -> None:
    gives = {"lora.targets": ["q_proj"], "learning_rate": "1e-3", "batch_size": 128, "quantize": 8}
    own = recipe(paper=Paper(cite="x", gives=gives), lora={"targets": ["q_proj"]})

    assert differences(own) == {"quantize": (None, 8)}


def test_recipes_tell_their_papers_to_people_and_to_programs(kgtools: Any) -> None:
    assert "Wang et al. 2023, arXiv:2306.09968" in kgtools("train", "recipes").out
    told = kgtools("train", "recipes", "--format", "json").json
    assert {name: row["paper"] for name, row in told.items()} == papers()
    assert papers()["tiny"] == ""
    shown = kgtools("train", "recipes", "show", "clinicalgpt", "ppo", "--format", "json").json
    assert shown["paper"]["gives"]["steps"] == 4000


def test_a_dry_run_tells_where_a_run_is_not_as_its_paper_gives_it(tmp_path: Path, kgtools: Any) -> None:
    records(tmp_path / "data", [question(number) + reply(GOOD) for number in range(128)])
    words = (
        "--recipe",
        "clinicalgpt",
        f"data={tmp_path / 'data'}",
        "model=tiny:bloom",
        "learning_rate=1e-4",
        "precision=fp32",
    )
    run = ("train", "sft", *words, "--out", tmp_path / "out", "--dry-run")

    told = kgtools(*run, "--format", "json").json["differs_from_paper"]

    assert told["learning_rate"] == {"recipe": 1e-4, "paper": 5e-5}
    assert set(told) == {"learning_rate", "model", "precision"}
    out = kgtools(*run).out
    assert "learning_rate 0.0001 (paper 5e-05)" in " ".join(out.split())
    assert "ours" not in {line.split()[0] for line in out.splitlines() if line.split()}


def test_the_recipe_of_a_result_is_read_back_as_a_recipe(tmp_path: Path) -> None:
    own = loaded(HERE / "clinicalgpt" / "ppo.yaml")
    (tmp_path / "recipe.yaml").write_text(
        yaml.safe_dump(own.model_dump(mode="json"), sort_keys=False), encoding="utf-8"
    )

    assert load(str(tmp_path / "recipe.yaml"), "ppo", kind("ppo"), {}) == own

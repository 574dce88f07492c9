"""An adapter that is there already is trained on: the loss goes on where it was, and what does not fit is refused."""

import math
import shutil
from pathlib import Path

import orjson
import pytest

from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256
from kgtools.train.launch.prepare import _adapter_lora, may_ask
from kgtools.train.models.adapters import CONFIG, MARK, lora_of, may_go_on, origin
from kgtools.train.models.resolve import fingerprint
from tests.train.conftest import metrics, read_manifest, recipe, train

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
LAYERS = [f"h.{layer}.{name}" for layer in (0, 1) for name in ("dense", "mlp.dense_4h_to_h", "query_key_value")]


@pytest.fixture(scope="module")
def own(models):
    return ("--recipe", "tiny", "schedule=constant", "log_every=1", "--nproc", 1, f"model={models / 'sft' / 'base'}")


@pytest.fixture(scope="module")
def first(models, own, tmp_path_factory):
    """A short run whose adapter is trained on."""
    home = tmp_path_factory.mktemp("first") / "sft"
    train(
        "sft",
        *own,
        f"data={models / 'records'}",
        "steps=20",
        "lora.r=4",
        "lora.targets=[query_key_value]",
        "--out",
        home,
    )
    return home


def losses(out: Path) -> list[float]:
    return [line["loss"] for line in metrics(out) if "loss" in line]


def test_the_loss_goes_on_where_it_was(models, own, first, tmp_path):
    train(
        "sft", *own, f"data={models / 'records'}", "steps=20", "lora.r=4", f"adapter={first}", "--out", tmp_path / "on"
    )

    before, after = losses(first), losses(tmp_path / "on")
    assert abs(after[0] - before[-1]) < 0.2 * (before[0] - before[-1])
    assert after[-1] < after[0]


def test_the_result_is_one_adapter_on_the_same_base_and_says_what_it_came_from(models, own, first, tmp_path):
    """In DPO too, where TRL keeps a copy of the adapter as the reference: the loss begins at ln 2, which it would not with the bare base."""
    more = ("steps=4", "zero=2", "beta=1", "lora.r=4", f"adapter={first}", "--out", tmp_path / "dpo")
    train("dpo", *own, f"data={models / 'preferences'}", *more)

    facts, found = read_manifest(tmp_path / "dpo"), losses(tmp_path / "dpo")
    assert found[0] == pytest.approx(math.log(2), abs=1e-5)
    assert found[-1] < found[0]
    assert facts["others"]["adapter"] == sha256(first / "adapter" / "adapter_model.safetensors")
    assert facts["others"]["adapter_identity"] == read_manifest(first)["identity"]
    assert facts["base"]["fingerprint"] == read_manifest(first)["base"]["fingerprint"]
    assert facts["result"]["trained"] == read_manifest(first)["result"]["trained"]
    assert facts["settings"]["lora"] == read_manifest(first)["settings"]["lora"]
    assert {file.suffix for file in (tmp_path / "dpo" / "adapter").iterdir()} == {".safetensors", ".json", ".jinja"}
    train("merge", tmp_path / "dpo", "--base", models / "sft" / "base", "--out", tmp_path / "merged")
    assert read_manifest(tmp_path / "merged")["logits_moved"] < 1e-4


def test_a_reward_model_goes_on_with_its_head(models, tmp_path):
    own = ("--recipe", "tiny", f"model={models / 'merged'}", f"data={models / 'preferences'}", "steps=2", "log_every=1")
    train("reward", *own, f"adapter={models / 'reward'}", "--out", tmp_path / "on")

    assert losses(models / "reward")[0] == pytest.approx(math.log(2), abs=0.05)
    assert losses(tmp_path / "on")[0] < 0.1


def test_an_adapter_of_another_base_is_refused(models, first):
    there = fingerprint(models / "sft" / "base")

    assert set(origin(first, there)) == {"adapter", "adapter_identity"}
    with pytest.raises(InputError, match="was trained on another base"):
        origin(first, fingerprint(models / "merged"))


def test_an_adapter_without_its_mark_is_refused(first, tmp_path):
    shutil.copytree(first / "adapter", tmp_path / "plain")
    may_go_on(tmp_path / "plain", "sft")
    (tmp_path / "plain" / MARK).unlink()

    with pytest.raises(InputError, match="nobody can tell what made it"):
        may_go_on(tmp_path / "plain", "sft")


def test_a_reward_model_and_what_speaks_do_not_go_on_from_each_other(models, first):
    for stage in ("sft", "pretrain", "dpo"):
        may_go_on(first, stage)
        with pytest.raises(UsageError, match=f"made by `kgtools train reward`, and {stage} does not go on from it"):
            may_go_on(models / "reward", stage)
    with pytest.raises(UsageError, match="made by `kgtools train sft`, and reward does not go on from it"):
        may_go_on(first, "reward")


@pytest.mark.parametrize("stage", ["ppo", "rloo"])
def test_what_begins_with_an_adapter_of_its_own_says_to_merge_first(stage):
    with pytest.raises(
        UsageError, match=f"{stage} begins with a new adapter.* `kgtools train merge first --out merged`"
    ):
        may_ask(registry.find("stages", stage), recipe(adapter="first"))


def test_training_all_weights_says_to_merge_first():
    with pytest.raises(ValueError, match="`kgtools train merge` the adapter and name the result as model"):
        recipe(adapter="first", method="full")


def test_settings_of_the_adapter_are_its_own_and_others_are_refused(first):
    assert _adapter_lora(recipe(adapter=first), LAYERS) == lora_of(first / "adapter")
    same = {"r": 4, "targets": ["0.query_key_value", "h.1.query_key_value"]}
    assert _adapter_lora(recipe(adapter=first, lora=same), LAYERS).r == 4
    said = (
        r"lora.r=16, lora.targets=all-linear: the adapter .* its own, lora.r=4 lora.targets=\[query_key_value\]; say so"
    )
    with pytest.raises(UsageError, match=said):
        _adapter_lora(recipe(adapter=first, lora={"r": 16, "targets": "all-linear"}), LAYERS)


def test_an_adapter_of_some_layers_of_a_name_is_refused(first):
    with pytest.raises(InputError, match="some layers of a name and not others"):
        _adapter_lora(recipe(adapter=first, lora={"targets": ["1.query_key_value"]}), LAYERS)


def test_an_adapter_of_another_kind_is_refused(first, tmp_path):
    shutil.copytree(first / "adapter", tmp_path / "other")
    config = tmp_path / "other" / CONFIG
    for change in ({"peft_type": "IA3"}, {"target_modules": "regex.*"}):
        config.write_bytes(orjson.dumps(orjson.loads((first / "adapter" / CONFIG).read_bytes()) | change))
        with pytest.raises(InputError, match="is not a LoRA adapter of layers that it names"):
            lora_of(tmp_path / "other")


def test_a_run_does_not_replace_the_adapter_that_it_is_to_train_on(models, own, first, kgtools):
    words = (
        f"data={models / 'records'}",
        "lora.r=4",
        "lora.targets=[query_key_value]",
        f"adapter={first}",
        "--out",
        first,
        "--fresh",
    )
    done = kgtools("train", "sft", *own, *words)

    assert done.code == 2
    assert "holds the adapter that is to be trained on; name another place" in done.err
    assert (first / "adapter" / CONFIG).exists()


def test_all_layers_by_their_full_names_are_all_linear_ones(models):
    """As peft names them for a reward model, to leave its head out."""
    names = lora_of(models / "reward" / "adapter").targets

    assert all("." in name for name in names)
    assert _adapter_lora(recipe(adapter=models / "reward"), names).targets == "all-linear"

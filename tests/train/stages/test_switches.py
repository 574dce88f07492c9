"""Each switch that is passed on to a library has its effect, and is refused where it cannot have one."""

import orjson
import pytest
import torch

from kgtools.tools.errors import MissingExtraError, UsageError
from kgtools.train.launch.requirements import needs_packages
from kgtools.train.recipe import Lora
from kgtools.train.stages import start
from kgtools.train.stages.kto import Kto
from kgtools.train.stages.kto import check as check_kto
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.ppo.stage import check as check_ppo
from tests.train.conftest import metrics, read_manifest, recipe, train

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so


@pytest.fixture(scope="module")
def switched(models, tmp_path_factory):
    """A run with DoRA, rank-stabilised scaling, LoRA+ and noise, merged."""
    home = tmp_path_factory.mktemp("switched")
    own = ("--recipe", "tiny", f"data={models / 'records'}", "steps=4", "log_every=1")
    more = ("lora.dora=true", "lora.rslora=true", "lora.plus=16", "neftune=5")
    train("sft", *own, *more, "--out", home / "sft")
    train("merge", home / "sft", "--out", home / "merged")
    return home


def test_sizes_and_directions_are_learnt_apart_with_dora_and_merge(switched):
    from safetensors.torch import load_file

    weights = load_file(switched / "sft" / "adapter" / "adapter_model.safetensors")
    config = orjson.loads((switched / "sft" / "adapter" / "adapter_config.json").read_bytes())

    assert any("lora_magnitude_vector" in name for name in weights)
    assert (config["use_dora"], config["use_rslora"]) == (True, True)
    assert read_manifest(switched / "sft")["result"]["trained"] == sum(weight.numel() for weight in weights.values())
    assert read_manifest(switched / "merged")["logits_moved"] < 1e-4


@pytest.mark.parametrize(("rslora", "scale"), [(True, 32 / 4), (False, 32 / 16)])
def test_a_rank_stabilised_adapter_is_scaled_by_the_root_of_its_rank(tiny_model, rslora, scale):
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    own = start.lora_config(recipe(lora=Lora(r=16, alpha=32, rslora=rslora)), "causal")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), own)

    scales = {layer.scaling["default"] for layer in model.modules() if hasattr(layer, "lora_A")}
    assert scales == {scale}


def test_the_second_matrices_learn_faster_with_lora_plus(models, tmp_path):
    own = ("--recipe", "tiny", f"data={models / 'records'}", "steps=1", "lora.dropout=0", "weight_decay=0")
    for name, more in (("plain", ()), ("plus", ("lora.plus=16",))):
        train("sft", *own, *more, "--out", tmp_path / name)

    moved = [_size(tmp_path / name / "adapter", "lora_B") for name in ("plain", "plus")]
    assert moved[1] / moved[0] == pytest.approx(16, rel=1e-3)  # Adam's first step goes as far as the rate says
    assert _size(tmp_path / "plus" / "adapter", "lora_A") == pytest.approx(
        _size(tmp_path / "plain" / "adapter", "lora_A")
    )


def _size(adapter, matrix) -> float:
    from safetensors.torch import load_file

    weights = load_file(adapter / "adapter_model.safetensors")
    return float(torch.stack([weights[name].abs().max() for name in sorted(weights) if matrix in name]).max())


def test_noise_is_in_what_is_learnt_from_and_in_nothing_else(models, tmp_path):
    own = ("--recipe", "tiny", f"data={models / 'records'}", "steps=1", "learning_rate=1e-12", "lora.dropout=0")
    for name, more in (("plain", ()), ("noisy", ("neftune=50",))):
        train("sft", *own, *more, "--out", tmp_path / name)

    losses = [metrics(tmp_path / name)[0]["loss"] for name in ("plain", "noisy")]
    assert abs(losses[1] - losses[0]) > 1e-3
    kept = [(tmp_path / name / "base" / "model.safetensors").read_bytes() for name in ("plain", "noisy")]
    assert kept[0] == kept[1]


def test_kto_learns_which_answers_are_good(models, tmp_path):
    own = ("--recipe", "tiny", f"model={models / 'merged'}", f"data={models / 'preferences'}")
    train("kto", *own, "--out", tmp_path / "kto", "steps=20", "log_every=1")

    lines = [line for line in metrics(tmp_path / "kto") if "loss" in line]
    assert lines[0]["loss"] == pytest.approx(0.5, abs=1e-5)  # 1 - sigmoid(0), as the policy begins as the reference
    assert read_manifest(tmp_path / "kto")["result"]["margin"] > 0.3
    assert lines[-1]["loss"] < lines[0]["loss"] - 0.02


def test_kto_of_one_answer_at_a_time_is_refused():
    with pytest.raises(UsageError, match="micro_batch_size=1: "):
        check_kto(Kto(title="", model="m", learning_rate=1, steps=1, micro_batch_size=1))


def test_numbers_of_16_bits_are_those_that_the_recipe_says():
    assert start._dtype(recipe(precision="fp16")) == torch.float16
    assert start._dtype(recipe(precision="bf16")) == torch.bfloat16
    assert (
        start._dtype(recipe(precision="fp16", method="full", zero=0)) == torch.float32
    )  # what is trained keeps its digits
    assert start.deepspeed_config(recipe(precision="fp16"), 10)["fp16"] == {"enabled": "auto"}
    assert "fp16" not in start.deepspeed_config(recipe(precision="bf16"), 10)


@pytest.mark.parametrize("change", [{"precision": "fp16"}, {"liger": True}])
def test_what_needs_a_gpu_is_refused_without_one(change, monkeypatch):
    monkeypatch.setattr("kgtools.train.launch.requirements.find_spec", lambda name: name)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    with pytest.raises(UsageError, match="there is no GPU"):
        needs_packages(recipe(**change))


def test_kernels_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setattr("kgtools.train.launch.requirements.find_spec", lambda _: None)

    with pytest.raises(MissingExtraError, match="pip install liger-kernel"):
        needs_packages(recipe(liger=True))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lora": {"dora": True}}, "lora.dora"),
        ({"lora": {"plus": 4}}, "lora.plus"),
        ({"precision": "fp16"}, "precision=fp16"),
        ({"liger": True}, "liger=true"),
    ],
)
def test_ppo_refuses_what_its_own_losses_cannot_take(change, said):
    with pytest.raises(UsageError, match=said):
        check_ppo(Ppo(**{"title": "", "model": "m", "reward": "r", "learning_rate": 1, "steps": 1} | change))


def test_adapters_of_all_weights_are_refused():
    with pytest.raises(ValueError, match=r"lora\.rslora, lora\.dora and lora\.plus are for method: lora"):
        recipe(method="full", lora=Lora(dora=True))

"""What a model costs: counted as it is built, estimated as it is seen."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import torch

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.launch import doctor, prepare
from kgtools.train.launch.processes import Cluster
from kgtools.train.models import cost
from kgtools.train.models.cost import Adapter, Size
from kgtools.train.stages.ppo.recipe import Ppo
from kgtools.train.stages.reward import Reward
from kgtools.train.stages.rloo import Rloo
from kgtools.train.stages.sft import STAGE, Sft
from tests.train.conftest import recipe, records, reply

LARGE = Size(
    7_000_000_000, 6_500_000_000, 30, 4096, 32, 250_880, inputs=30 * 7 * 4096, outputs=30 * 9 * 4096, fused=True
)
SMALL = Adapter(20_000_000, LARGE.inputs)
RECOMPUTED = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so


@pytest.mark.parametrize("targets", ["all-linear", "first", "three"])
@RECOMPUTED
def test_sizes_are_those_of_the_real_model_and_adapter(folder: Path, targets: str) -> None:
    from peft import LoraConfig, get_peft_model
    from peft.tuners.lora import LoraLayer
    from transformers import AutoModelForCausalLM

    bloom = folder.name == "bloom"
    own: dict[str, Any] = {
        "all-linear": "all-linear",
        "first": ("query_key_value",) if bloom else ("k_proj",),
        "three": ("query_key_value", "dense", "dense_h_to_4h") if bloom else ("v_proj", "o_proj", "down_proj"),
    }
    wanted = own[targets]
    model = AutoModelForCausalLM.from_pretrained(folder)
    whole = sum(p.numel() for p in model.parameters())
    how = wanted if isinstance(wanted, str) else list(wanted)
    adapted = get_peft_model(model, LoraConfig(r=3, target_modules=how, task_type="CAUSAL_LM"))
    layers = [layer for layer in adapted.modules() if isinstance(layer, LoraLayer)]

    size, adapter = cost.size(folder), cost.adapter(folder, 3, wanted)

    assert size.parameters == whole
    assert size.matrices == whole - (0 if bloom else size.vocabulary * size.hidden)
    assert adapter.parameters == sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    assert adapter.inputs == sum(layer.in_features for layer in layers)
    if targets == "all-linear":
        assert (size.inputs, size.outputs) == (adapter.inputs, sum(layer.out_features for layer in layers))


def test_a_layer_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no layer w_proj; it has .*(q_proj|query_key_value)"):
        cost.adapter(folder, 3, ("w_proj",))
    with pytest.raises(UsageError, match=r"no layer gate, lm_head; it has d(ense|own_proj)"):
        cost.adapter(folder, 3, ("lm_head", "gate"))


def test_floating_point_operations_are_counted_as_the_formula_says() -> None:
    size = Size(1000, matrices=800, layers=2, hidden=8, heads=2, vocabulary=25, inputs=0, outputs=0, fused=True)

    assert cost.flops_per_token(size, None, 16) == 6 * 800 + 12 * 2 * 8 * 16
    assert cost.flops_per_token(size, Adapter(40, 0), 16) == 4 * 800 + 6 * 40 + 12 * 2 * 8 * 16


@pytest.mark.parametrize(
    ("name", "peak"),
    [("NVIDIA H100 80GB HBM3", 989e12), ("NVIDIA H100 PCIe", 756e12), ("NVIDIA A100-SXM4-80GB", 312e12), ("NVIDIA L40S", 362e12), ("Abacus", None),
     ("NVIDIA L4", 121e12), ("NVIDIA A10", 125e12), ("NVIDIA A40", 150e12), ("NVIDIA RTX A4000", None), ("NVIDIA RTX A1000", None),
     ("NVIDIA H200", 989e12), ("NVIDIA GH200 480GB", 989e12), ("NVIDIA GeForce RTX 4090", 165e12), ("", None)],
)  # fmt: skip
def test_what_a_device_does_at_most_is_known_by_its_name(name: str, peak: float | None) -> None:
    assert cost.peak_flops(name) == peak


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "t5"}, "no causal language model"),
        ({"model_type": "nobodys"}, "of no model that transformers knows"),
    ],
)
def test_the_size_of_something_else_is_not_told(config: dict[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(orjson.dumps(config))

    with pytest.raises(InputError, match=said):
        cost.size(tmp_path)


def needed(
    method: str = "lora", world: int = 1, length: int = 1024, size: Size = LARGE, **changes: Any
) -> dict[str, int]:
    own = recipe(**{"method": method, "zero": 0, "gradient_checkpointing": True} | changes)
    return cost.memory(size, SMALL if method == "lora" else None, own, world, length)


def test_memory_grows_with_what_is_seen_at_once_and_shrinks_where_it_is_divided() -> None:
    assert needed()["weights"] == 14_000_000_000 + 80_000_000
    assert needed(micro_batch_size=4)["activations"] == 4 * needed()["activations"]
    assert needed(gradient_checkpointing=False)["activations"] > 10 * needed()["activations"]
    assert needed("full", 8, zero=2)["optimizer"] * 8 == needed("full", zero=2)["optimizer"]
    assert needed("full", 8, zero=3)["weights"] * 8 == needed("full", zero=3)["weights"]


def test_the_sum_of_memory_moves_as_it_should() -> None:
    def whole(method: str = "full", **changes: Any) -> int:
        found = needed(method, 8, **changes)
        assert set(found) == {"weights", "gradients", "optimizer", "activations", "logits"}
        return sum(found.values())

    assert whole() < whole(micro_batch_size=2) < whole(micro_batch_size=4)
    assert whole(zero=0) > whole(zero=2) > whole(zero=3)
    assert whole("full") > whole("lora") > whole("lora", quantize=8) > whole("lora", quantize=4)
    assert whole("lora", precision="fp32") > whole("lora")
    assert whole("full", zero=0) > 16 * LARGE.parameters  # weights, gradients and two moments of 32 bits


@pytest.mark.parametrize("length", [64, 256])
@pytest.mark.parametrize(("method", "dropout"), [("lora", 0.0), ("lora", 0.1), ("full", 0.0)])
@RECOMPUTED
def test_activations_are_estimated_as_they_are_kept(folder: Path, method: str, dropout: float, length: int) -> None:
    """All that torch keeps for the backward pass, each piece of memory once, without the head."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).train()
    own = recipe(method=method, lora={"dropout": dropout}, gradient_checkpointing=False, micro_batch_size=2)
    if method == "lora":
        how = LoraConfig(lora_dropout=dropout, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, how, autocast_adapter_dtype=False).get_base_model()
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        getattr(model, model.base_model_prefix)(input_ids=torch.randint(4, 200, (2, length)), use_cache=False)
    seen = sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights)
    size, adapter = cost.size(folder), cost.adapter(folder, 8, "all-linear")

    told = cost.memory(size, adapter if method == "lora" else None, own, 1, length)["activations"]

    assert 0.75 < told / seen < 1.25


def test_attention_that_is_not_fused_is_kept_by_the_square_of_the_length(folder: Path) -> None:
    fused, eager = cost.size(folder), cost.size(folder, "eager")

    def kept(size: Size, length: int) -> int:
        return needed("full", size=size, length=length, gradient_checkpointing=False)["activations"]

    assert fused.fused == (folder.name != "bloom")
    assert not eager.fused
    assert kept(eager, 1024) > 3 * kept(eager, 512)
    if fused.fused:
        assert kept(fused, 1024) == 2 * kept(fused, 512)


def test_answers_and_the_second_of_a_pair_are_kept_too() -> None:
    common = {"title": "", "model": "m", "learning_rate": 1.0, "steps": 1, "micro_batch_size": 4}

    assert (recipe(micro_batch_size=4).sequences, recipe().completion_length) == (4, 0)
    assert Reward(**common).sequences == 8
    assert (Ppo(**common, reward="r", max_new_tokens=7).sequences, Ppo(**common, reward="r").completion_length) == (
        8,
        256,
    )
    assert Rloo(**common, reward="r", max_new_tokens=7).completion_length == 7
    assert Ppo(**common, reward="r", engine="vllm", gpu_memory_utilization=0.5).memory_fraction == pytest.approx(0.35)
    assert Ppo(**common, reward="r", gpu_memory_utilization=0.5).memory_fraction == recipe().memory_fraction == 0.85


@pytest.mark.parametrize(
    ("there", "wish", "settled"),
    [(10**12, "auto", False), (10**5, "auto", True), (None, "auto", True), (10**12, True, True), (10**5, False, False)],
)
def test_activations_are_kept_where_they_fit(
    there: int | None, wish: bool | str, settled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "device_memory", lambda _: there)
    home = records(tmp_path / "a", [[{"role": "user", "content": "头痛怎么办?"}, *reply("休息")]])
    own = Sft(**recipe(data=(home,), gradient_checkpointing=wish).model_dump())
    (tmp_path / "work").mkdir()

    plan = prepare.prepare(STAGE, own, tmp_path / "work", Cluster())
    job = plan.job

    assert plan.recipe.gradient_checkpointing is settled
    assert job.settings(Sft).gradient_checkpointing is settled
    other = prepare.prepare(
        STAGE, own.model_copy(update={"gradient_checkpointing": not settled}), tmp_path / "work", Cluster()
    )
    assert other.job.identity == job.identity  # the numbers are the same
    assert sum(other.memory.values()) != sum(plan.memory.values())


@pytest.mark.parametrize("there", [10**5, None])
def test_layers_are_not_compiled_where_activations_do_not_fit(
    there: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "device_memory", lambda _: there)
    home = records(tmp_path / "a", [[{"role": "user", "content": "头痛怎么办?"}, *reply("休息")]])
    own = Sft(**recipe(data=(home,), compile=True).model_dump())
    (tmp_path / "work").mkdir()

    with pytest.raises(UsageError, match=r"compile=true: .* a smaller micro_batch_size"):
        prepare.prepare(STAGE, own, tmp_path / "work", Cluster())


def test_the_smallest_gpu_counts_and_without_one_a_share_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 64000000 kB\nMemAvailable: 1 kB\n", encoding="utf-8")
    monkeypatch.setattr(doctor, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(doctor, "CGROUP", tmp_path / "none")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)

    assert doctor.device_memory(4) == 16_000_000 * 1024

    monkeypatch.setattr(doctor, "MEMINFO", tmp_path / "none")
    assert doctor.device_memory(4) is None

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(doctor, "_probe", lambda _: {"gpus": [{"total": 80}, {"total": 40}]})
    assert doctor.device_memory(4) == 40

    monkeypatch.setattr(doctor, "_probe", lambda _: "it does not start")
    assert doctor.device_memory(4) is None

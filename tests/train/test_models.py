"""Models as folders: made, told apart, measured."""

import random
import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest
import torch

from tools.errors import InputError, UsageError
from train import adapters, models

TEXTS = ["头痛怎么办?", "What helps with a fever?"] * 5


@pytest.fixture(scope="module", params=models.KINDS)
def folder(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("tiny") / request.param
    models.tiny(request.param, TEXTS, home, 7)
    return home


def test_a_tiny_model_is_the_same_bytes_each_time_and_leaves_random_numbers_alone(folder, tmp_path):
    state = torch.random.get_rng_state()

    models.tiny(folder.name, TEXTS, tmp_path, 7)

    assert torch.equal(torch.random.get_rng_state(), state)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in folder.iterdir()
    }
    models.tiny(folder.name, TEXTS, tmp_path / "other", 8)
    assert models.fingerprint(tmp_path / "other") != models.fingerprint(folder)


def test_a_fingerprint_is_of_the_weights_and_not_of_the_files(folder, tmp_path):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    model.save_pretrained(tmp_path / "parts", max_shard_size="100KB")
    with torch.no_grad():
        next(iter(model.parameters())).view(-1)[3] += 1e-3
    model.save_pretrained(tmp_path / "moved")

    assert len(list((tmp_path / "parts").glob("*.safetensors"))) > 1
    assert models.fingerprint(tmp_path / "parts") == models.fingerprint(folder)
    assert models.fingerprint(tmp_path / "moved") != models.fingerprint(folder)


@pytest.mark.parametrize("targets", ["all-linear", "first"])
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
def test_sizes_are_those_of_the_real_model_and_adapter(folder, targets):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    names = {"bloom": "query_key_value", "llama": "q_proj", "qwen2": "k_proj"}
    own = targets if targets == "all-linear" else (names[folder.name],)
    model = AutoModelForCausalLM.from_pretrained(folder)
    size = models.size(folder)
    whole = sum(p.numel() for p in model.parameters())
    adapted = get_peft_model(
        model, LoraConfig(r=3, target_modules=own if isinstance(own, str) else list(own), task_type="CAUSAL_LM")
    )

    assert size.parameters == whole
    assert size.matrices == whole - (0 if folder.name == "bloom" else size.vocabulary * size.hidden)
    assert models.lora_parameters(folder, 3, own) == sum(p.numel() for p in adapted.parameters() if p.requires_grad)


def test_a_layer_that_is_not_there_is_named_with_those_that_are(folder):
    with pytest.raises(UsageError, match=r"no layer w_proj; it has .*(q_proj|query_key_value)"):
        models.lora_parameters(folder, 3, ("w_proj",))


def test_floating_point_operations_are_counted_as_the_formula_says():
    size = models.Size(parameters=1000, matrices=800, layers=2, hidden=8, heads=2, vocabulary=25)

    assert models.flops_per_token(size, 1000, "full", 16) == 6 * 800 + 12 * 2 * 8 * 16
    assert models.flops_per_token(size, 40, "lora", 16) == 4 * 800 + 6 * 40 + 12 * 2 * 8 * 16


@pytest.mark.parametrize(
    ("name", "peak"),
    [("NVIDIA H100 80GB HBM3", 989e12), ("NVIDIA H100 PCIe", 756e12), ("NVIDIA A100-SXM4-80GB", 312e12), ("NVIDIA L40S", 362e12), ("Abacus", None),
     ("NVIDIA L4", 121e12), ("NVIDIA A10", 125e12), ("NVIDIA A40", 150e12), ("NVIDIA RTX A4000", None), ("NVIDIA RTX A1000", None),
     ("NVIDIA H200", 989e12), ("NVIDIA GH200 480GB", 989e12), ("NVIDIA GeForce RTX 4090", 165e12), ("", None)],
)  # fmt: skip
def test_what_a_device_does_at_most_is_known_by_its_name(name, peak):
    assert models.peak_flops(name) == peak


def test_memory_grows_with_what_is_seen_at_once_and_shrinks_where_it_is_divided():
    size = models.Size(7_000_000_000, 6_500_000_000, 30, 4096, 32, 250_880)

    def needed(method="lora", zero=0, world=1, micro=1, checkpointing=True):
        trained = 20_000_000 if method == "lora" else size.parameters
        return models.memory(size, trained, method, None, zero, world, micro, 1024, checkpointing, "bf16")

    assert needed()["weights"] == 14_000_000_000 + 80_000_000
    assert needed(micro=4)["activations"] > 3 * needed()["activations"]
    assert needed(checkpointing=False)["activations"] > 10 * needed()["activations"]
    assert needed("full", zero=2, world=8)["optimizer"] * 8 == needed("full", zero=2)["optimizer"]
    assert needed("full", zero=3, world=8)["weights"] * 8 == needed("full", zero=3)["weights"]


def test_folders_that_hold_no_whole_model_are_refused_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the variable is read when it is imported
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")

    def resolve(name):
        return models.resolve(str(name), None, tmp_path / "base")

    with pytest.raises(InputError, match="kgtools train merge"):
        resolve(tmp_path)
    with pytest.raises(InputError, match=r"config\.json is missing"):
        resolve(tmp_path / "empty")
    with pytest.raises(UsageError, match="did you mean bloom"):
        resolve("tiny:blom")
    with pytest.raises(UsageError, match="no such folder"):
        resolve(tmp_path / "nowhere")
    with pytest.raises(InputError, match="neither a folder nor to be had from the hub"):
        resolve("nobody/nothing-of-the-kind")
    with pytest.raises(InputError, match="no weights as"):
        models.fingerprint(tmp_path / "pickled")


@pytest.mark.parametrize("name", ["nobody/nothing-of-the-kind", "nothing-of-the-kind", "no body/at all", "~/model"])
def test_a_name_that_is_nowhere_is_refused_with_the_way_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(InputError) as error:
        models.resolve(name, None, tmp_path / "base")

    assert f"model={name}: neither a folder nor to be had from the hub (" in str(error.value)
    assert "where there is no network, fetch it elsewhere and name its folder" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("files", "said"),
    [(["adapter_config.json"], "holds an adapter without its base"), (["README.md"], r"config\.json is missing")],
)
def test_what_a_hub_gives_is_looked_at_as_a_folder_is(
    files: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in files:
        (tmp_path / file).write_text("{}", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))

    with pytest.raises(InputError, match=said):
        models.resolve("somebody/something", None, tmp_path / "base")
    (tmp_path / files[0]).rename(tmp_path / "config.json")
    assert models.resolve("somebody/something", None, tmp_path / "base") == tmp_path


def test_a_run_stands_for_the_model_in_it(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run" / "model")

    assert models.resolve(str(folder), None, tmp_path) == folder
    assert models.resolve(str(tmp_path / "run"), None, tmp_path) == tmp_path / "run" / "model"
    with pytest.raises(UsageError, match="holds a whole model and no adapter"):
        adapters.adapter(tmp_path / "run")


def test_a_tiny_model_is_made_where_it_is_wanted_and_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    draws = random.getstate(), np.random.get_state()[1].tolist()

    made = models.resolve(f"tiny:{folder.name}", None, tmp_path / "base", 7, lambda: iter(TEXTS))

    assert made == tmp_path / "base"
    assert models.fingerprint(made) == models.fingerprint(folder)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == draws


def test_a_tiny_model_needs_no_texts(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    models.tiny("llama", [], tmp_path, 0)
    words = AutoTokenizer.from_pretrained(tmp_path)

    assert words.decode(words("头痛 🙂")["input_ids"]) == "头痛 🙂"


def test_a_fingerprint_is_of_names_types_and_shapes_too(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    zeros = torch.zeros(4, 2)
    kinds = {
        "as it is": {"a": zeros, "b": torch.tensor(1.0)},
        "another name": {"c": zeros, "b": torch.tensor(1.0)},
        "another shape": {"a": zeros.reshape(2, 4), "b": torch.tensor(1.0)},
        "another type": {"a": zeros.to(torch.int32), "b": torch.tensor(1.0)},
        "one less": {"a": zeros},
        "none in it": {"a": zeros, "b": torch.tensor(1.0), "d": torch.zeros(0)},
    }
    for name, tensors in kinds.items():
        (tmp_path / name).mkdir()
        save_file(tensors, tmp_path / name / "model.safetensors")

    assert len({models.fingerprint(tmp_path / name) for name in kinds}) == len(kinds)


def test_a_file_of_weights_that_was_cut_off_is_named(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:-9])

    with pytest.raises(InputError, match=r"model\.safetensors: not whole: "):
        models.fingerprint(tmp_path)


@pytest.mark.parametrize(
    ("config", "said"),
    [({"model_type": "t5"}, "no causal language model"), ({"model_type": "nobodys"}, "no causal language model")],
)
def test_the_size_of_something_else_is_not_told(config: dict[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(orjson.dumps(config))

    with pytest.raises(InputError, match=said):
        models.size(tmp_path)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
def test_an_adapter_of_several_layers_is_as_large_as_it_is_said(folder: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    names = (
        ("query_key_value", "dense", "dense_h_to_4h") if folder.name == "bloom" else ("v_proj", "o_proj", "down_proj")
    )
    how = LoraConfig(r=5, target_modules=list(names), task_type="CAUSAL_LM")
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(folder), how)

    assert models.lora_parameters(folder, 5, names) == sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    with pytest.raises(UsageError, match=r"no layer gate, lm_head; it has d(ense|own_proj)"):
        models.lora_parameters(folder, 5, (*names, "lm_head", "gate"))


def test_the_sum_of_memory_moves_as_it_should() -> None:
    size = models.Size(7_000_000_000, 6_500_000_000, 30, 4096, 32, 250_880)

    def whole(
        method: str = "full", zero: int = 0, micro: int = 1, quantize: int | None = None, precision: str = "bf16"
    ) -> int:
        trained = 20_000_000 if method == "lora" else size.parameters
        found = models.memory(size, trained, method, quantize, zero, 8, micro, 1024, True, precision)
        assert set(found) == {"weights", "gradients", "optimizer", "activations", "logits"}
        return sum(found.values())

    assert whole(micro=1) < whole(micro=2) < whole(micro=4)
    assert whole(zero=0) > whole(zero=2) > whole(zero=3)
    assert whole("full") > whole("lora") > whole("lora", quantize=8) > whole("lora", quantize=4)
    assert whole("lora", precision="fp32") > whole("lora")
    assert whole("full", zero=0) > 16 * size.parameters  # weights, gradients and two moments of 32 bits


def test_packed_records_do_not_see_each_other_where_a_model_says_so(folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train import packing

    model, words = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    leaks = packing.leak(model, words)

    if folder.name == "bloom":
        assert leaks > 0.01
        with pytest.raises(UsageError, match="cannot keep packed records apart"):
            packing.chosen(model, words, True)
    else:
        assert leaks < packing.LIMIT
        assert packing.chosen(model, words, True)
    assert not packing.chosen(model, words, "auto")  # without FlashAttention it would be slower

"""Models as folders: made, told apart, measured."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.models import adapters
from kgtools.train.models import resolve as models
from tests.train.conftest import TEXTS


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
    with pytest.raises(InputError, match="neither a folder nor available from the hub"):
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

    assert f"model={name}: neither a folder nor available from the hub (" in str(error.value)
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


def test_a_small_model_reads_what_stands_around_a_question_in_fewer_tokens_than_a_tiny_one(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    texts = [f"第{number}种病有哪些症状？" for number in range(500)]
    lengths = {}
    for scale in models.SCALES:
        made = models.resolve(f"{scale}:bloom", None, tmp_path / scale, 7, lambda: iter(texts))
        lengths[scale] = len(AutoTokenizer.from_pretrained(made)("### User:\n头痛\n\n### Assistant:\n")["input_ids"])

    assert lengths["small"] < lengths["tiny"] / 2
    with pytest.raises(UsageError, match="no such small model; did you mean bloom"):
        models.resolve("small:blom", None, tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "random"), [("tiny:bloom", True), ("small:x", True), ("small", False), ("org/tiny:a", False)]
)
def test_a_model_is_made_on_the_spot_by_the_word_before_its_colon(name: str, random: bool) -> None:
    assert models.is_random(name) is random


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

    with pytest.raises(InputError, match=r"model\.safetensors: is not whole"):
        models.fingerprint(tmp_path)


def test_packed_records_do_not_see_each_other_where_a_model_says_so(folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from kgtools.train.data import packing

    model, words = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    leaks = packing.measure_leak(model, words)

    if folder.name == "bloom":
        assert leaks > 0.01
        with pytest.raises(UsageError, match="cannot keep packed records apart"):
            packing.choose_packing(model, words, True)
    else:
        assert leaks < packing.LIMIT
        assert packing.choose_packing(model, words, True)
    assert not packing.choose_packing(model, words, "auto")  # without FlashAttention it would be slower

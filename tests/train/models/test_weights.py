"""A model of which the files and config.json do not belong together, or whose numbers are none, is found before anything is computed."""

import shutil
from pathlib import Path

import orjson
import pytest
import torch
from safetensors.torch import load_file, save_file

from kgtools.tools.errors import InputError
from kgtools.train.launch.job import last_checkpoint, sizes
from kgtools.train.models.resolve import fingerprint, needs_weights
from tests.train.conftest import GOOD, question, records, reply


def lacks_one(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop(next(name for name in sorted(weights) if "mlp" in name))
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def configured(**changes: object):
    def change(folder: Path) -> None:
        told = orjson.loads((folder / "config.json").read_bytes())
        (folder / "config.json").write_bytes(orjson.dumps(told | changes))

    return change


def cut_off(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def lacks_a_shard(folder: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_bytes(orjson.dumps(index))


def no_number(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights[sorted(weights)[0]].view(-1)[3] = torch.nan
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


FAULTS = [
    (lacks_one, "asks for weights that no file holds: model.layers.0.mlp"),
    (configured(num_hidden_layers=4, layer_types=None), "asks for weights that no file holds"),
    (configured(intermediate_size=999), "asks for weights of other shapes than the files hold"),
    (configured(num_hidden_layers=4), "config.json: is of no model that transformers knows"),
    (cut_off, "is not whole"),
    (pointer, "git lfs pull"),
    (lacks_a_shard, "model-00002-of-00002.safetensors is missing"),
    (no_number, "has NaN or infinite numbers"),
]


@pytest.mark.parametrize("command", ["sft", "answer"])
@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_a_model_that_is_not_whole_is_refused_and_nothing_is_left(command, fault, words, tiny_model, tmp_path, kgtools):
    shutil.copytree(tiny_model, tmp_path / "model")
    fault(tmp_path / "model")
    records(tmp_path / "data", [question(n) + reply(GOOD) for n in range(16)], split="train")

    own = (f"model={tmp_path / 'model'}", f"data={tmp_path / 'data'}", *(["split=all"] if command == "answer" else []))
    done = kgtools("train", command, "--recipe", "tiny", *own, "--out", tmp_path / "out")

    assert done.code == 2
    assert words in done.err
    assert not (tmp_path / "out").exists()


def test_a_model_of_each_kind_is_whole(folder):
    needs_weights(folder)
    assert len(fingerprint(folder)) == 64


def test_numbers_of_8_bits_are_looked_at_too(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "model")
    weights = load_file(tmp_path / "model" / "model.safetensors")
    name = sorted(weights)[0]
    weights[name] = weights[name].to(torch.float8_e4m3fn)
    save_file(weights, tmp_path / "model" / "model.safetensors", {"format": "pt"})
    assert fingerprint(tmp_path / "model")

    weights[name].view(torch.uint8).view(-1)[0] = 0x7F  # NaN
    save_file(weights, tmp_path / "model" / "model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="NaN or infinite numbers"):
        fingerprint(tmp_path / "model")


def test_a_checkpoint_that_was_cut_off_later_is_passed_over(tmp_path):
    for step in (2, 4):
        home = tmp_path / f"checkpoint-{step}"
        (home / "zero").mkdir(parents=True)
        (home / "zero" / "weights").write_bytes(bytes(100))
        (home / "complete.json").write_bytes(
            orjson.dumps({"step": step, "world": 1, "identity": "x", "sizes": sizes(home)})
        )
    assert last_checkpoint(tmp_path).step == 4

    (tmp_path / "checkpoint-4" / "zero" / "weights").write_bytes(bytes(50))
    assert last_checkpoint(tmp_path).step == 2
    shutil.rmtree(tmp_path / "checkpoint-2" / "zero")
    assert last_checkpoint(tmp_path) is None

"""Folders of models that bring code, pickles or templates of their own: nothing of them runs unless the user trusts the folder."""

import builtins
import pickle
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.tools.errors import InputError
from kgtools.train.data.chat import Chat
from kgtools.train.launch.prepare import prepare
from kgtools.train.launch.processes import Cluster
from kgtools.train.models import cost
from kgtools.train.models import load as loading
from kgtools.train.stages.sft import STAGE, Sft
from tests.train.conftest import question, recipe, reply

CODE = """
from pathlib import Path
from transformers import Qwen2Config, Qwen2ForCausalLM, PreTrainedTokenizerFast
Path({mark!r}).touch()
class OwnConfig(Qwen2Config):
    model_type = "own"
class OwnModel(Qwen2ForCausalLM):
    config_class = OwnConfig
class OwnTokenizer(PreTrainedTokenizerFast):
    pass
"""
MODEL = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that is there once the code has run."""
    return tmp_path / "ran"


@pytest.fixture
def own(tiny_model: Path, tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose config, weights and tokenizer name code beside them; nobody is there to be asked."""
    folder = tmp_path / "own"
    shutil.copytree(tiny_model, folder)
    (folder / "own.py").write_text(CODE.format(mark=str(mark)), encoding="utf-8")
    change(folder / "config.json", model_type="own", auto_map=MODEL)

    def asked(*_: object) -> str:
        raise AssertionError("the user was asked")

    monkeypatch.setattr(builtins, "input", asked)
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    return folder


def change(file: Path, **keys: Any) -> None:
    file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes()) | keys))


def load(what: str, folder: Path, trust: tuple[Path, ...] = ()) -> Any:
    from transformers import AutoModelForCausalLM

    if what == "tokenizer":
        change(
            folder / "tokenizer_config.json",
            tokenizer_class="OwnTokenizer",
            auto_map={"AutoTokenizer": [None, "own.OwnTokenizer"]},
        )
        return loading.tokenizer_of(folder, trust)
    if what == "size":
        return cost.size(folder, trust=trust)
    return (
        loading.config_of(folder, trust) if what == "config" else loading.model_of(AutoModelForCausalLM, folder, trust)
    )


WHATS = ["config", "model", "tokenizer", "size"]


@pytest.mark.parametrize("what", WHATS)
def test_the_code_of_a_folder_is_not_run_and_nobody_is_asked(what: str, own: Path, mark: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(what, own)

    assert str(refused.value).startswith(f"{own}: comes with code of its own")
    assert f"trust_remote_code={own}" in str(refused.value)
    assert not mark.exists()


@pytest.mark.parametrize("what", WHATS)
def test_the_code_of_a_folder_that_is_trusted_runs(what: str, own: Path, mark: Path) -> None:
    assert load(what, own, (own,)) is not None

    assert mark.exists()


@pytest.mark.parametrize("what", WHATS)
def test_who_trusts_another_folder_trusts_not_this_one(what: str, own: Path, mark: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="comes with code of its own"):
        load(what, own, (tmp_path, own / "model", tmp_path / "other"))
    assert not mark.exists()


def test_code_that_is_elsewhere_is_not_fetched_for_a_folder_that_is_trusted(own: Path) -> None:
    change(own / "config.json", auto_map={"AutoConfig": "somebody/else--own.OwnConfig"})

    with pytest.raises(
        InputError, match=r"config\.json: its code is fetched from elsewhere \(somebody/else--own\.OwnConfig\)"
    ):
        loading.config_of(own, (own,))


def test_a_model_that_transformers_knows_needs_no_code_of_its_own(own: Path, mark: Path) -> None:
    change(own / "config.json", model_type="qwen2")

    assert type(load("model", own)).__name__ == "Qwen2ForCausalLM"
    assert not mark.exists()


def test_a_run_with_such_a_model_is_refused_before_it_begins(own: Path, mark: Path, tmp_path: Path) -> None:
    row = {"messages": question(0) + reply("ok"), "license": "CC0-1.0"}
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps(row))
    given = recipe(data=(tmp_path / "a.jsonl",), model=str(own), allow_license="unknown")
    wanted = Sft.model_validate(given.model_dump())
    (tmp_path / "work").mkdir()

    with pytest.raises(InputError, match="comes with code of its own"):
        prepare(STAGE, wanted, tmp_path / "work", Cluster())
    assert not mark.exists()


class Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.bin"])
def test_pickled_weights_are_not_loaded(name: str, tiny_model: Path, tmp_path: Path, mark: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_model, folder)
    (folder / "model.safetensors").rename(folder / "decoy.safetensors")
    (folder / name).write_bytes(pickle.dumps(Bomb(mark)))

    with pytest.raises(InputError, match=r"weights are taken as \*\.safetensors alone"):
        load("model", folder)
    assert not mark.exists()


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__init__.__globals__ }}",
        "{{ messages.append(1) }}",
    ],
)
def test_a_chat_template_reaches_nothing_beyond_its_messages(template: str, tiny_model: Path) -> None:
    with pytest.raises(InputError, match="the chat template refuses a conversation"):
        Chat(loading.tokenizer_of(tiny_model), template).render(question(0) + reply("ok"))

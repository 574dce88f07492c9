"""Whatever lets a model answer, it is asked the same way and says the same."""

import os
import sys
from pathlib import Path

import polars as pl
import pytest
import torch

from kgtools.tools.errors import UsageError
from kgtools.train.inference.generate import Sampling, Vllm, generate, load
from kgtools.train.models.resolve import tiny
from tests.train.conftest import metrics, rewards, stage_words, train

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so
EOS = 2
"""Of a tiny model."""
PROMPTS = [[10, 11, 12], [20, 21, 22, 23, 24], [5]]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch):
    """A stand-in for vLLM, for this process and those that it starts."""
    home = str(Path(__file__).parent / "stand_in")
    monkeypatch.syspath_prepend(home)
    monkeypatch.setenv("PYTHONPATH", home, prepend=os.pathsep)
    import vllm as tokenize_rows

    tokenize_rows.ASKED.clear()
    yield tokenize_rows
    for name in [name for name in sys.modules if name.partition(".")[0] == "vllm"]:
        del sys.modules[name]


def _said(folder: Path, engine: str, temperature: float = 0.0, seed: int = 0) -> list[list[int]]:
    from transformers import AutoTokenizer

    how = Sampling(12, temperature, 2, (EOS,), engine)
    model = load(folder, how, 64)
    torch.manual_seed(seed)
    return generate(model, AutoTokenizer.from_pretrained(folder), PROMPTS, how)


@pytest.mark.usefixtures("vllm")
@pytest.mark.parametrize("kind", ["qwen2", "llama"])
@pytest.mark.parametrize("engine", ["continuous", "vllm"])
def test_every_engine_gives_the_likeliest_tokens_alike(kind, engine, tmp_path):
    tiny(kind, ["头痛怎么办？休息，多喝水。"] * 5, tmp_path, 0)

    said = _said(tmp_path, engine)

    assert said == _said(tmp_path, "generate")
    assert all(said)


@pytest.mark.usefixtures("vllm")
@pytest.mark.parametrize("engine", ["generate", "continuous", "vllm"])
def test_what_is_drawn_hangs_on_the_seed(engine, tiny_model):
    said = [_said(tiny_model, engine, 1.0, seed) for seed in (1, 1, 2)]

    assert said[0] == said[1] != said[2]


def test_continuous_batching_is_refused_where_it_would_forget_what_was_said(tmp_path):
    """BLOOM takes no attention but its own, and answers wrongly without a word."""
    tiny("bloom", [], tmp_path, 0)

    with pytest.raises(UsageError, match="BloomForCausalLM has one kind of attention, and its answers would be wrong"):
        _said(tmp_path, "continuous")


def test_a_model_is_in_training_again_after_it_answered(tiny_model):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)
    own = model.config._attn_implementation

    for engine in ("generate", "continuous"):
        generate(model.train(), tokenizer, PROMPTS, Sampling(2, 0.0, 2, (EOS,), engine))
        assert model.training
    assert model.config._attn_implementation == own


def test_vllm_is_asked_for_no_more_than_is_needed(vllm, tiny_model):
    Vllm(tiny_model, "float32", 40, 0.3, rank=9)
    Vllm(tiny_model, "auto", 40, 0.9)

    first, second = vllm.ASKED
    assert first == {"dtype": "float32", "length": 40, "memory": 0.3, "rank": 16, "lora": True, "executor": None}
    assert not second["lora"]


@pytest.mark.usefixtures("vllm")
def test_what_vllm_cannot_serve_is_said_with_the_way_out(tiny_model):
    with pytest.raises(UsageError, match=r"engine=vllm: max_model_len .*; engine=generate does without"):
        Vllm(tiny_model, "auto", 10**6, 0.9)


@pytest.mark.parametrize("command", ["answer", "ppo"])
def test_without_vllm_a_command_says_how_it_is_installed(command, models, tmp_path, monkeypatch, kgtools):
    monkeypatch.setattr("kgtools.train.launch.requirements.find_spec", lambda name: None if name == "vllm" else name)
    words = [*stage_words(models, tmp_path / "out", "engine=vllm")]
    if command == "ppo":
        words.append(f"reward={models / 'reward'}")

    ran = kgtools("train", command, *words)

    assert ran.code == 2
    assert "engine=vllm needs vLLM, for NVIDIA GPUs: pip install vllm==" in ran.err


@pytest.fixture(scope="module")
def words(toy, tiny_model, tmp_path_factory):
    """What a stage is told of a model that every engine can serve, and of a reward model on it."""
    home = tmp_path_factory.mktemp("reward")
    common = ["--recipe", "tiny", "--nproc", "1", f"model={tiny_model}"]
    train("reward", *common, "--out", home / "reward", f"data={toy / 'preferences'}", "steps=2")
    return [*common, f"data={toy / 'records'}", f"reward={home / 'reward'}"]


@pytest.mark.usefixtures("vllm")
@pytest.mark.parametrize("engine", ["continuous", "vllm"])
def test_answers_by_another_engine_are_those_of_generate(engine, tiny_model, toy, tmp_path):
    own = (f"model={tiny_model}", f"data={toy / 'records'}", "split=all", "max_new_tokens=8")
    for name in ("generate", engine):
        train("answer", "--recipe", "tiny", "--out", tmp_path / name, *own, f"engine={name}")

    one, other = (pl.read_parquet(tmp_path / name / "answers.parquet") for name in ("generate", engine))
    assert one.equals(other)


@pytest.mark.usefixtures("vllm")
@pytest.mark.parametrize("engine", ["continuous", "vllm"])
def test_ppo_goes_the_same_way_twice_with_every_engine(engine, words, tmp_path):
    for name in ("one", "again"):
        train("ppo", "--out", tmp_path / name, *words, f"engine={engine}", "steps=3", "zero=0", "max_new_tokens=8")

    lines = metrics(tmp_path / "one")
    assert [line["kl"] for line in lines] == [line["kl"] for line in metrics(tmp_path / "again")]
    assert rewards(tmp_path / "one") == rewards(tmp_path / "again")
    assert not [file for file in (tmp_path / "one").rglob("*") if "policy" in file.name]


def test_vllm_answers_with_the_adapter_as_it_is_now(vllm, tiny_model, tmp_path):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, how = AutoTokenizer.from_pretrained(tiny_model), Sampling(12, 0.0, 2, (EOS,), "vllm")
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    policy = get_peft_model(base, LoraConfig(r=8, target_modules="all-linear", init_lora_weights=False), "policy")
    model = Vllm(tiny_model, "float32", 64, 0.3, rank=8)
    said = []
    for _ in range(2):
        policy.save_pretrained(tmp_path, selected_adapters=["policy"])
        model.take(tmp_path / "policy")
        said.append(generate(model, tokenizer, PROMPTS, how))
        assert said[-1] == generate(policy, tokenizer, PROMPTS, Sampling(12, 0.0, 2, (EOS,)))
        with torch.no_grad():
            for name, weight in policy.named_parameters():
                if "lora_B" in name:
                    weight.mul_(-20)

    assert said[0] != said[1]
    assert vllm.ASKED[0]["lora"]

"""PPO trains a small model, on one process and on several, and goes on where it was broken off."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from kgtools.train.stages import metrics as meter
from kgtools.train.stages.ppo.recipe import Ppo
from tests.train.conftest import KGTOOLS, kill_after, metrics, read_manifest, rewards, stage_words, train


def ppo(models: Path, out: Path, *more: object) -> Path:
    train("ppo", *stage_words(models, out, f"reward={models / 'reward'}", "max_new_tokens=12", *more))
    return out


@pytest.fixture(scope="module")
def plain(models, tmp_path_factory):
    return ppo(models, tmp_path_factory.mktemp("plain") / "ppo", "--nproc", 1)


def test_ppo_raises_the_reward_on_one_process(plain):
    facts = read_manifest(plain)["result"]

    assert facts["last_reward"] > facts["first_reward"] + 1
    assert metrics(plain)[0]["kl"] == pytest.approx(0, abs=1e-5)  # the policy begins as the reference
    assert all(set(line["seconds"]) == {"generate", "score", "update"} for line in metrics(plain))


def test_mfu_is_of_all_devices_and_of_every_pass(monkeypatch):
    """An H100 does 989 TFLOP/s in 16 bits without sparsity, as its data sheet says."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "NVIDIA H100 80GB HBM3")
    job = SimpleNamespace(flops=989e9, world=2)
    recipe = Ppo(title="", model="m", reward="r", learning_rate=1, steps=1, ppo_epochs=3)

    assert meter.mfu(job, 1000) == pytest.approx(0.5)
    assert recipe.passes == 3 * 2 + 5 / 2  # learnt from by two roles; generated and read by four
    assert meter.mfu(job, None) is None


def test_ppo_raises_the_reward_on_two_processes_with_zero_2(models, tmp_path):
    facts = read_manifest(ppo(models, tmp_path / "ppo", "zero=2", "--nproc", 2))

    assert facts["world"] == 2
    assert facts["result"]["last_reward"] > facts["result"]["first_reward"] + 1


def test_ppo_with_zero_2_on_one_process_gives_the_numbers_of_plain_ppo(models, plain, tmp_path):
    """Of two steps: a token is drawn otherwise as soon as rounding moves a probability past what was drawn, and all after it."""
    zero = ppo(models, tmp_path / "ppo", "zero=2", "steps=2", "--nproc", 1)

    for name in ("reward", "kl", "policy_loss", "value_loss"):
        told = [[line[name] for line in metrics(folder)][:2] for folder in (zero, plain)]
        assert told[0] == pytest.approx(told[1], abs=1e-4)


@pytest.mark.parametrize("zero", [0, 2])
def test_ppo_that_was_broken_off_ends_with_the_numbers_of_an_unbroken_run(models, tmp_path, zero):
    more = (f"zero={zero}", "steps=6", "save_every=2", "gradient_checkpointing=true", "--nproc", 1)
    whole = ppo(models, tmp_path / "whole", *more)
    command = [
        *KGTOOLS,
        "train",
        "ppo",
        *stage_words(models, tmp_path / "broken", f"reward={models / 'reward'}", "max_new_tokens=12", *more),
    ]

    kill_after(command, tmp_path / "broken", 2)
    ppo(models, tmp_path / "broken", *more)

    assert read_manifest(tmp_path / "broken")["resumed"]["from"] in (2, 4)
    assert rewards(tmp_path / "broken") == pytest.approx(rewards(whole), abs=1e-4)
    mine, other = (folder / "adapter" / "adapter_model.safetensors" for folder in (tmp_path / "broken", whole))
    assert _apart(mine, other) < 1e-4


def _apart(one: Path, other: Path) -> float:
    from safetensors.torch import load_file

    a, b = load_file(one), load_file(other)
    assert set(a) == set(b)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def test_a_reward_model_of_another_base_is_refused(models, tmp_path, kgtools):
    done = kgtools(
        "train", "ppo", "--recipe", "tiny", "--out", tmp_path / "out", f"model={models / 'sft' / 'base'}",
        f"data={models / 'records'}", f"reward={models / 'reward'}",
    )  # fmt: skip

    assert done.code == 2
    assert "was trained on another base" in done.err

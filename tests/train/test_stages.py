"""Every stage trains a small model, on one process and on several, and goes on where it was broken off."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import orjson
import polars as pl
import pytest

from tests.train.conftest import BAD, GOOD, metrics, told, trained
from tools.errors import KgtoolsError
from train.models import fingerprint, size
from train.reward import Collapse

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so

KGTOOLS = [sys.executable, "-c", "import sys; from tools.main import main; main()"]


def words(toy: Path, out: Path, *more: object) -> list[str]:
    found = ["--recipe", "tiny", "--out", out, f"model={toy / 'merged'}", f"data={toy / 'records'}", *more]
    return [str(word) for word in found]


def ppo(models: Path, out: Path, *more: object) -> Path:
    trained("ppo", *words(models, out, f"reward={models / 'reward'}", "answer_length=12", *more))
    return out


def rewards(out: Path) -> list[float]:
    return [line["reward"] for line in metrics(out) if "reward" in line]


def test_fine_tuning_lowers_the_loss_and_leaves_what_a_result_needs(models):
    facts = told(models / "sft")

    assert facts["result"]["last_loss"] < 0.6 * facts["result"]["first_loss"]
    assert facts["result"]["trained"] < facts["result"]["parameters"] / 4
    assert {file.name for file in (models / "sft").iterdir() if not file.name.startswith(".")} == {
        "adapter", "base", "metrics.jsonl", "recipe.yaml", "rejects.parquet", "run.json",
    }  # fmt: skip
    assert {file.suffix for file in (models / "sft" / "adapter").iterdir()} == {".safetensors", ".json", ".jinja"}
    assert str(models) not in (models / "sft" / "adapter" / "adapter_config.json").read_text(encoding="utf-8")
    assert facts["rows"]["train"]["rows"] == 256
    assert facts["stack"]["trl"]


def test_a_merged_model_says_what_base_and_adapter_say(models):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    ids = torch.arange(4, 40).unsqueeze(0)
    base = AutoModelForCausalLM.from_pretrained(models / "sft" / "base")
    merged = AutoModelForCausalLM.from_pretrained(models / "merged")

    with torch.no_grad():
        both = PeftModel.from_pretrained(base, models / "sft" / "adapter").eval()(input_ids=ids).logits
        alone = merged.eval()(input_ids=ids).logits

    assert torch.allclose(both, alone, atol=1e-4)
    assert told(models / "merged")["logits_moved"] < 1e-4


def test_an_adapter_is_not_merged_into_another_base(models, tmp_path, kgtools):
    done = kgtools("train", "merge", models / "sft", "--base", models / "merged", "--out", tmp_path / "out")

    assert done.code == 2
    assert "is not the base of" in done.err
    assert not (tmp_path / "out").exists()


def test_a_reward_model_learns_which_answer_is_the_better(models):
    judged = told(models / "reward")["result"]["judged_on_train"]

    assert judged["accuracy"] > 0.95
    assert judged["margin"] > 1
    assert abs(judged["length_correlation"]) < 1e-6  # all answers are of one length


@pytest.mark.parametrize(
    ("losses", "margins", "collapsed"),
    [([0.6931] * 9, [0.0003] * 9, True), ([0.6931] * 9, [0.2] * 9, False), ([0.71, 0.66] * 5, [0.0] * 10, False)],
)
def test_a_reward_model_that_stays_at_ln_2_is_told_to_have_collapsed_and_no_other(losses, margins, collapsed):
    collapse = Collapse()
    said = []

    for step, (loss, margin) in enumerate(zip(losses, margins, strict=True), start=1):
        try:
            collapse.look({"loss": loss, "margin": margin}, SimpleNamespace(global_step=step, max_steps=12))
        except KgtoolsError as error:
            said.append((step, str(error)))

    assert [step for step, _ in said] == ([6, 7, 8, 9] if collapsed else [])  # in the second half alone
    assert all("collapsed" in text and "lower learning_rate" in text for _, text in said)


@pytest.fixture(scope="module")
def plain(models, tmp_path_factory):
    return ppo(models, tmp_path_factory.mktemp("plain") / "ppo", "--nproc", 1)


def test_ppo_raises_the_reward_on_one_process(plain):
    facts = told(plain)["result"]

    assert facts["last_reward"] > facts["first_reward"] + 1
    assert metrics(plain)[0]["kl"] == pytest.approx(0, abs=1e-5)  # the policy begins as the reference
    assert all(set(line["seconds"]) == {"generate", "score", "update"} for line in metrics(plain))


def test_ppo_raises_the_reward_on_two_processes_with_zero_2(models, tmp_path):
    facts = told(ppo(models, tmp_path / "ppo", "zero=2", "--nproc", 2))

    assert facts["world"] == 2
    assert facts["result"]["last_reward"] > facts["result"]["first_reward"] + 1


def test_ppo_with_zero_2_on_one_process_gives_the_numbers_of_plain_ppo(models, plain, tmp_path):
    zero = ppo(models, tmp_path / "ppo", "zero=2", "steps=4", "--nproc", 1)

    assert rewards(zero) == pytest.approx(rewards(plain)[:4], abs=1e-3)
    assert [line["kl"] for line in metrics(zero)] == pytest.approx(
        [line["kl"] for line in metrics(plain)][:4], abs=1e-2
    )


@pytest.mark.parametrize("zero", [0, 2])
def test_ppo_that_was_broken_off_ends_with_the_numbers_of_an_unbroken_run(models, tmp_path, zero):
    more = (f"zero={zero}", "steps=6", "save_every=2", "gradient_checkpointing=true", "--nproc", 1)
    whole = ppo(models, tmp_path / "whole", *more)
    command = [
        *KGTOOLS,
        "train",
        "ppo",
        *words(models, tmp_path / "broken", f"reward={models / 'reward'}", "answer_length=12", *more),
    ]

    _kill_after(command, tmp_path / "broken", 2)
    ppo(models, tmp_path / "broken", *more)

    assert told(tmp_path / "broken")["resumed"]["from"] in (2, 4)
    assert rewards(tmp_path / "broken") == pytest.approx(rewards(whole), abs=1e-4)
    mine, other = (folder / "adapter" / "adapter_model.safetensors" for folder in (tmp_path / "broken", whole))
    assert _apart(mine, other) < 1e-4


def _apart(one: Path, other: Path) -> float:
    from safetensors.torch import load_file

    a, b = load_file(one), load_file(other)
    assert set(a) == set(b)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def _kill_after(command: list[str], out: Path, step: int) -> str:
    """Kill a worker with signal 9 as soon as the checkpoint of a step is whole; what the command says then."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
    end = time.monotonic() + 600
    mark = out / ".work" / "checkpoints" / f"checkpoint-{step}" / "whole.json"
    while not mark.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert mark.exists(), process.communicate()[1]
    os.kill(_workers(out)[-1], signal.SIGKILL)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 2, err
    return err


def _workers(out: Path) -> list[int]:
    found = []
    for home in Path("/proc").glob("[0-9]*"):
        try:
            line = (home / "cmdline").read_bytes()
        except OSError:
            continue
        if str(out).encode() in line and b"train.worker" in line and b"torch.distributed.run" not in line:
            found.append(int(home.name))
    return sorted(found)


def test_a_rank_that_is_killed_ends_the_rest_and_the_run_goes_on_to_the_same_end(models, tmp_path):
    own = (
        "--recipe",
        "tiny",
        f"data={models / 'records'}",
        "zero=2",
        "steps=12",
        "save_every=4",
        "log_every=1",
        "--nproc",
        2,
    )
    trained("sft", *own, "--out", tmp_path / "whole")
    command = [*KGTOOLS, "train", "sft", *map(str, own), "--out", str(tmp_path / "broken")]

    err = _kill_after(command, tmp_path / "broken", 4)
    assert "signal 9" in err
    assert re.search(r"checkpoint of step (4|8) is whole; the same command again goes on", err)
    assert not _workers(tmp_path / "broken")
    again = subprocess.run([*command, "--nproc", "1"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert again.returncode == 2
    assert "written by 2 processes, and this run has 1" in again.stderr
    assert "--weights-only" in again.stderr
    trained("sft", *own, "--out", tmp_path / "broken")

    losses = [[line["loss"] for line in metrics(tmp_path / name) if "loss" in line] for name in ("whole", "broken")]
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    assert len(losses[1]) == 12
    shutil.copytree(tmp_path / "whole", tmp_path / "again")
    before = (tmp_path / "again" / "run.json").read_bytes()
    trained("sft", *own, "--out", tmp_path / "again")  # it is done already
    assert (tmp_path / "again" / "run.json").read_bytes() == before


def test_the_weights_alone_are_taken_up_by_another_number_of_processes(models, tmp_path):
    own = ("--recipe", "tiny", f"data={models / 'records'}", "zero=2", "steps=8", "save_every=4", "log_every=1")
    command = [*KGTOOLS, "train", "sft", *own, "--nproc", "2", "--out", str(tmp_path / "out")]
    _kill_after(command, tmp_path / "out", 4)

    trained("sft", *own, "--nproc", 1, "--weights-only", "--out", tmp_path / "out")

    losses = [line["loss"] for line in metrics(tmp_path / "out") if "loss" in line]
    assert told(tmp_path / "out")["resumed"] == {"from": 4, "weights_only": True}
    assert max(losses[-3:]) < losses[0]


def test_two_nodes_on_one_machine_train_as_one(models, tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = [
        "--recipe",
        "tiny",
        f"data={models / 'records'}",
        "zero=2",
        "steps=4",
        "log_every=1",
        "--out",
        str(tmp_path / "out"),
    ]
    nodes = ["--nproc", "1", "--nnodes", "2", "--rdzv", f"127.0.0.1:{port}"]

    both = [
        subprocess.Popen(
            [*KGTOOLS, "train", "sft", *own, *nodes, "--node", str(node)], stderr=subprocess.PIPE, encoding="utf-8"
        )
        for node in range(2)
    ]
    ends = [process.communicate(timeout=600)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], ends
    assert told(tmp_path / "out")["world"] == 2


def test_a_folder_that_is_trained_into_is_refused_to_another_run(models, tmp_path, kgtools):
    own = ["--recipe", "tiny", f"data={models / 'records'}", "--out", str(tmp_path / "out")]
    process = subprocess.Popen([*KGTOOLS, "train", "sft", *own, "steps=500"], stderr=subprocess.DEVNULL)
    while not (tmp_path / "out" / ".holder-0").exists():
        time.sleep(0.05)

    done = kgtools("train", "sft", *own)
    process.terminate()
    process.wait(60)

    assert done.code == 2
    assert "trains into it" in done.err


def test_another_run_does_not_replace_what_a_folder_holds(models, kgtools):
    before = (models / "sft" / "run.json").read_bytes()

    done = kgtools("train", "sft", "--recipe", "tiny", "--out", models / "sft", f"data={models / 'records'}", "steps=3")

    assert done.code == 2
    assert "holds another run" in done.err
    assert (models / "sft" / "run.json").read_bytes() == before


def test_a_reward_model_of_another_base_is_refused(models, tmp_path, kgtools):
    done = kgtools(
        "train", "ppo", "--recipe", "tiny", "--out", tmp_path / "out", f"model={models / 'sft' / 'base'}",
        f"data={models / 'records'}", f"reward={models / 'reward'}",
    )  # fmt: skip

    assert done.code == 2
    assert "was trained on another base" in done.err


@pytest.mark.parametrize(
    ("word", "package"), [("quantize=4", "bitsandbytes"), ("attention=flash_attention_2", "flash-attn")]
)
def test_a_setting_whose_package_is_missing_says_so_before_any_work(
    models, tmp_path, kgtools, monkeypatch, word, package
):
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in ("bitsandbytes", "flash_attn") else name
    )

    done = kgtools("train", "sft", "--recipe", "tiny", "--out", tmp_path / "out", f"data={models / 'records'}", word)

    assert done.code == 2
    assert f"pip install {package}" in done.err
    assert not (tmp_path / "out").exists()


def test_zero_3_trains_all_weights_and_writes_them_whole(models, tmp_path):
    own = (f"data={models / 'records'}", "method=full", "zero=3", "micro_batch_size=8", "steps=4", "--nproc", 2)

    trained("sft", "--recipe", "tiny", "--out", tmp_path / "out", *own)

    facts = told(tmp_path / "out")["result"]
    assert facts["made"] == "model"
    assert facts["trained"] == facts["parameters"]
    assert size(tmp_path / "out" / "model").parameters == facts["parameters"]
    assert fingerprint(tmp_path / "out" / "model") != told(tmp_path / "out")["base"]["fingerprint"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(models, tmp_path, kgtools):
    done = kgtools(
        "train", "sft", "--recipe", "tiny", "--out", tmp_path / "out", f"data={models / 'records'}", "--dry-run", "--format", "json",
        "--nproc", 2, "zero=2", "micro_batch_size=4",
    )  # fmt: skip

    assert done.code == 0
    facts = done.json
    assert (facts["world_size"], facts["global_batch"], facts["accumulation"]) == (2, 16, 2)
    assert facts["rows"]["train"]["rows"] == 256
    assert facts["trained"] == told(models / "sft")["result"]["trained"]
    assert facts["memory_of_a_device"]["sum"] > 0
    assert not (tmp_path / "out").exists()


def test_dpo_rloo_and_pretraining_run(models, tmp_path):
    own = ("--recipe", "tiny", "--out", tmp_path / "dpo", f"model={models / 'merged'}")
    trained("dpo", *own, f"data={models / 'preferences'}", "steps=20")
    trained(
        "rloo",
        *words(
            models,
            tmp_path / "rloo",
            f"reward={models / 'reward'}",
            "answer_length=12",
            "steps=20",
            "zero=2",
            "log_every=1",
        ),
        "batch_size=64",
        "answers=2",
    )
    trained("pretrain", "--recipe", "tiny", "--out", tmp_path / "pretrain", f"data={models / 'records'}", "steps=10")

    assert told(tmp_path / "dpo")["result"]["accuracy"] > 0.9
    found = rewards(tmp_path / "rloo")
    assert sum(found[-5:]) > sum(found[:5])  # one step has the answers to few questions
    assert told(tmp_path / "pretrain")["result"]["last_loss"] < told(tmp_path / "pretrain")["result"]["first_loss"]


def test_answers_that_were_broken_off_go_on_as_if_they_were_not(models, tmp_path, kgtools):
    own = [
        f"model={models / 'merged'}",
        f"data={models / 'records'}",
        "split=all",
        "answer_length=12",
        "temperature=1.0",
        "batch_size=32",
    ]
    trained("answer", "--recipe", "tiny", "--out", tmp_path / "whole", *own)
    shutil.copytree(tmp_path / "whole", tmp_path / "broken")
    (tmp_path / "broken" / "run.json").unlink()
    whole = pl.read_parquet(tmp_path / "whole" / "answers.parquet")
    place = {id_: number for number, id_ in enumerate(whole["id"])}
    assert place
    from train.answering import Answer, questions
    from train.recipe import load

    recipe = load("tiny", "answer", Answer, dict(word.split("=", 1) for word in own))
    identity = questions(recipe, tmp_path / "unused").identity
    one = whole.row(0, named=True)
    torn = orjson.dumps([0, 0, one["answer"], one["ended"], one["answer_tokens"]])
    (tmp_path / "broken" / ".answers.jsonl").write_bytes(
        orjson.dumps({"identity": identity}) + b"\n" + torn + b"\n" + torn[:9]
    )

    trained("answer", "--recipe", "tiny", "--out", tmp_path / "broken", *own)

    assert pl.read_parquet(tmp_path / "broken" / "answers.parquet").equals(whole)
    assert whole.height == 256
    assert set(whole["answer"]) & {GOOD, BAD}
    again = kgtools("train", "answer", "--recipe", "tiny", "--out", tmp_path / "whole", *own)
    assert (again.code, "holds answers already" in again.err) == (2, True)


def test_the_best_of_several_answers_becomes_a_record_with_its_lineage(models, tmp_path):
    trained(
        "reject", "--recipe", "tiny", "--out", tmp_path / "chosen", f"model={models / 'merged'}", f"data={models / 'records'}",
        f"reward={models / 'reward'}", "answer_length=12", "samples=4",
    )  # fmt: skip

    facts = told(tmp_path / "chosen")
    rows = pl.read_parquet(tmp_path / "chosen" / "records.parquet")
    assert facts["mean_best_score"] > facts["mean_score"]
    assert facts["records"] == rows.height
    assert rows.height + facts["rejected"] == 256
    meta = orjson.loads(rows["meta"][0])
    assert meta["score"] <= max(meta["scores"])
    assert (meta["n"], len(meta["scores"]), meta["model"]) == (4, 4, told(models / "merged")["fingerprint"])
    trained("sft", "--recipe", "tiny", "--out", tmp_path / "sft", f"data={tmp_path / 'chosen'}", "steps=2")

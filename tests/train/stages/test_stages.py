"""Every stage trains a small model, on one process and on several, and goes on where it was broken off."""

import shutil
from types import SimpleNamespace

import orjson
import polars as pl
import pytest

from kgtools.tools.errors import KgtoolsError
from kgtools.train.inference.answer import Answer, questions
from kgtools.train.models.cost import size
from kgtools.train.models.resolve import fingerprint
from kgtools.train.recipe import load
from kgtools.train.stages.reward import Collapse
from tests.train.conftest import BAD, GOOD, metrics, read_manifest, rewards, stage_words, train

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks transformers so


def test_fine_tuning_lowers_the_loss_and_leaves_what_a_result_needs(models):
    facts = read_manifest(models / "sft")

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
    assert read_manifest(models / "merged")["logits_moved"] < 1e-4


def test_an_adapter_is_not_merged_into_another_base(models, tmp_path, kgtools):
    done = kgtools("train", "merge", models / "sft", "--base", models / "merged", "--out", tmp_path / "out")

    assert done.code == 2
    assert "is not the base of" in done.err
    assert not (tmp_path / "out").exists()


def test_a_reward_model_learns_which_answer_is_the_better(models):
    judged = read_manifest(models / "reward")["result"]["judged_on_train"]

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


def test_layers_are_compiled_and_say_the_same(models, tmp_path):
    own = (
        "--recipe",
        "tiny",
        f"data={models / 'records'}",
        "model=tiny:llama",
        "lora.dropout=0",
        "steps=2",
        "log_every=1",
    )

    for name, compiled in (("as they are", "false"), ("compiled", "true")):
        words = ("lora.targets=[v_proj]", f"compile={compiled}", "--out", tmp_path / name, "--nproc", 1)
        train("sft", *own, *words)

    losses = [[line["loss"] for line in metrics(tmp_path / name)] for name in ("as they are", "compiled")]
    assert losses[1] == pytest.approx(losses[0], abs=1e-3)
    assert read_manifest(tmp_path / "compiled")["result"]["compiled_forms"] >= 1
    assert "compiled_forms" not in read_manifest(tmp_path / "as they are")["result"]


def test_nothing_is_compiled_without_a_compiler(models, tmp_path, kgtools, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")

    words = ("train", "sft", "--recipe", "tiny", "--out", tmp_path / "out", f"data={models / 'records'}")
    done = kgtools(*words, "compile=true")

    assert done.code == 2
    assert "apt install g++" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stage", ["ppo", "rloo"])
def test_what_also_answers_is_not_compiled(stage, models, tmp_path, kgtools):
    more = (f"reward={models / 'reward'}", "compile=true")
    done = kgtools("train", stage, *stage_words(models, tmp_path / "out", *more))

    assert done.code == 2
    assert "compile=true: " in done.err
    assert "compile=false" in done.err


def test_zero_3_trains_all_weights_and_writes_them_whole(models, tmp_path):
    own = (f"data={models / 'records'}", "method=full", "zero=3", "micro_batch_size=8", "steps=4", "--nproc", 2)

    train("sft", "--recipe", "tiny", "--out", tmp_path / "out", *own)

    facts = read_manifest(tmp_path / "out")["result"]
    assert facts["made"] == "model"
    assert facts["trained"] == facts["parameters"]
    assert size(tmp_path / "out" / "model").parameters == facts["parameters"]
    assert fingerprint(tmp_path / "out" / "model") != read_manifest(tmp_path / "out")["base"]["fingerprint"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(models, tmp_path, kgtools):
    done = kgtools(
        "train", "sft", "--recipe", "tiny", "--out", tmp_path / "out", f"data={models / 'records'}", "--dry-run", "--format", "json",
        "--nproc", 2, "zero=2", "micro_batch_size=4",
    )  # fmt: skip

    assert done.code == 0
    facts = done.json
    assert (facts["world_size"], facts["global_batch"], facts["accumulation"]) == (2, 16, 2)
    assert facts["rows"]["train"]["rows"] == 256
    assert facts["trained"] == read_manifest(models / "sft")["result"]["trained"]
    assert facts["memory_of_a_device"]["sum"] > 0
    assert not (tmp_path / "out").exists()


def test_dpo_rloo_and_pretraining_run(models, tmp_path):
    own = ("--recipe", "tiny", "--out", tmp_path / "dpo", f"model={models / 'merged'}")
    train("dpo", *own, f"data={models / 'preferences'}", "steps=30")
    train(
        "rloo",
        *stage_words(
            models,
            tmp_path / "rloo",
            f"reward={models / 'reward'}",
            "max_new_tokens=12",
            "steps=20",
            "zero=2",
            "log_every=1",
        ),
        "batch_size=64",
        "num_generations=2",
    )
    train("pretrain", "--recipe", "tiny", "--out", tmp_path / "pretrain", f"data={models / 'records'}", "steps=10")

    assert read_manifest(tmp_path / "dpo")["result"]["accuracy"] > 0.9
    found = rewards(tmp_path / "rloo")
    assert sum(found[-5:]) > sum(found[:5])  # one step has the answers to few questions
    assert (
        read_manifest(tmp_path / "pretrain")["result"]["last_loss"]
        < read_manifest(tmp_path / "pretrain")["result"]["first_loss"]
    )


def test_answers_that_were_broken_off_go_on_as_if_they_were_not(models, tmp_path, kgtools):
    own = [
        f"model={models / 'merged'}",
        f"data={models / 'records'}",
        "split=all",
        "max_new_tokens=12",
        "temperature=1.0",
        "batch_size=32",
    ]
    train("answer", "--recipe", "tiny", "--out", tmp_path / "whole", *own)
    shutil.copytree(tmp_path / "whole", tmp_path / "broken")
    (tmp_path / "broken" / "run.json").unlink()
    whole = pl.read_parquet(tmp_path / "whole" / "answers.parquet")
    recipe = load("tiny", "answer", Answer, dict(word.split("=", 1) for word in own))
    identity = questions(recipe, tmp_path / "unused").identity
    one = whole.row(0, named=True)
    torn = orjson.dumps(
        [0, 0, *(one[key] for key in ("answer", "ended", "answer_tokens", "thinking", "special_tokens"))]
    )
    (tmp_path / "broken" / ".answers.jsonl").write_bytes(
        orjson.dumps({"identity": identity}) + b"\n" + torn + b"\n" + torn[:9]
    )

    train("answer", "--recipe", "tiny", "--out", tmp_path / "broken", *own)

    assert pl.read_parquet(tmp_path / "broken" / "answers.parquet").equals(whole)
    assert whole.height == 256
    assert set(whole["answer"]) & {GOOD, BAD}
    assert whole["thinking"].null_count() == 256
    again = kgtools("train", "answer", "--recipe", "tiny", "--out", tmp_path / "whole", *own)
    assert (again.code, "holds answers already" in again.err) == (2, True)


def test_the_best_of_several_answers_becomes_a_record_with_its_lineage(models, tmp_path):
    train(
        "reject", "--recipe", "tiny", "--out", tmp_path / "chosen", f"model={models / 'merged'}", f"data={models / 'records'}",
        f"reward={models / 'reward'}", "max_new_tokens=12", "samples=4",
    )  # fmt: skip

    facts = read_manifest(tmp_path / "chosen")
    rows = pl.read_parquet(tmp_path / "chosen" / "records.parquet")
    assert facts["mean_best_score"] > facts["mean_score"]
    assert facts["records"] == rows.height
    assert rows.height + facts["rejected"] == 256
    meta = orjson.loads(rows["meta"][0])
    assert meta["score"] <= max(meta["scores"])
    assert (meta["n"], len(meta["scores"]), meta["model"]) == (4, 4, read_manifest(models / "merged")["fingerprint"])
    train("sft", "--recipe", "tiny", "--out", tmp_path / "sft", f"data={tmp_path / 'chosen'}", "steps=2")

"""A model is looked at before a worker starts: positions, rows for tokens, tokenizer, and rows that were never trained."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.data.chat import chat
from kgtools.train.models.examine import ModelReport, examine, find_used_ids, inspect_model, positions
from kgtools.train.models.resolve import fingerprint, tiny
from kgtools.train.models.vocabulary import vocabulary_of
from tests.train.conftest import (
    GOOD,
    TEXTS,
    metrics,
    preferences,
    question,
    read_manifest,
    recipe,
    records,
    reply,
    tokenize_rows,
    train,
)
from tests.train.faults import config, configure, model_of, tokenizer_of, write_faulty


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that cannot end its answers; no test changes it."""
    return write_faulty("llama", tmp_path_factory.mktemp("mute") / "model", "zero")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records that are all answered alike, and a place for their tokens."""
    return records(tmp_path_factory.mktemp("asked"), [question(number) + reply(GOOD) for number in range(64)])


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker may be started."""
    monkeypatch.setattr("kgtools.train.launch.processes.run", lambda *_: pytest.fail("a worker was started"))


LINEAR = {"rope_type": "linear", "factor": 4.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192}
PARTS = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192}
MULTIPLIED = PARTS | {"low_freq_factor": 1.0, "high_freq_factor": 4.0}


@pytest.mark.parametrize(
    ("kind", "own", "found"),
    [
        ("GPT2", {"n_positions": 32}, 32),
        ("GPTNeoX", {"max_position_embeddings": 48}, 48),
        ("Bloom", {}, None),
        ("Falcon", {"alibi": True}, None),
        ("Falcon", {"alibi": False}, 2048),
        ("Llama", {"max_position_embeddings": 2048, "rope_parameters": LINEAR}, 8192),
        ("Qwen2", {"max_position_embeddings": 8192, "rope_parameters": YARN}, 32768),
        ("Llama", {"max_position_embeddings": 131072, "rope_parameters": MULTIPLIED}, 131072),
    ],
)
def test_the_places_of_a_sequence_are_as_the_configuration_says_whatever_it_calls_them(kind, own, found):
    assert positions(config(kind, **own)) == found


@pytest.mark.usefixtures("never")
def test_a_model_with_fewer_positions_than_the_longest_row_is_refused_and_no_worker_starts(
    base, asked, tmp_path, kgtools
):
    from transformers import AutoModelForCausalLM

    words = tokenizer_of(base)
    learnt = config("GPT2", n_positions=32, n_embd=32, n_layer=1, n_head=2, vocab_size=len(words))
    AutoModelForCausalLM.from_config(learnt).save_pretrained(tmp_path / "gpt2")
    words.save_pretrained(tmp_path / "gpt2")
    configure(base, max_position_embeddings=32)

    for folder, more in ((tmp_path / "gpt2", ()), (base, ("--dry-run",))):
        own = ("--recipe", "tiny", f"model={folder}", f"data={asked}", "--out", tmp_path / "out", *more)
        done = kgtools("train", "sft", *own)

        assert done.code == 2
        assert "has 32 positions" in done.err
        assert "max_length=32" in done.err


def test_positions_count_for_rows_and_answers_and_not_for_what_no_row_needs(base, asked):
    words = tokenizer_of(base)
    table, counted, _ = tokenize_rows(asked, "prompts", chat(words, "plain", None))
    paths, longest = [str(asked / "tokens.parquet")], counted.longest
    configure(base, max_position_embeddings=longest + 8)

    assert inspect_model(recipe(max_length=100_000), base, words, paths, longest, 8)[0].positions == longest + 8
    with pytest.raises(InputError, match=rf"an answer to it up to 9; max_length={longest - 1} or max_new_tokens=8"):
        inspect_model(recipe(), base, words, paths, longest, 9)
    with pytest.raises(InputError, match=rf"max_length={(longest + 8) // 2} max_new_tokens="):
        inspect_model(recipe(), base, words, paths, longest + 8, longest + 8)
    assert table.height == 64


@pytest.mark.usefixtures("never")
def test_a_token_without_a_row_is_refused_by_name_with_the_way_out(base, asked, kgtools):
    words = tokenizer_of(base)
    words.add_special_tokens({"pad_token": "[PAD]"})
    words.save_pretrained(base)
    own = ("train", "sft", "--recipe", "tiny", f"model={base}", f"data={asked}", "--dry-run", "--format", "json")

    done = kgtools(*own)

    assert done.code == 2
    assert f"has rows for {len(words) - 1} tokens, and its tokenizer makes others: [PAD] ({len(words) - 1})" in done.err
    assert "pad_token=TOKEN" in done.err
    assert """'new_tokens=["[PAD]"]'""" in done.err
    assert kgtools(*own, "pad_token=<pad>").json["vocabulary_rows"] == len(words) - 1
    assert kgtools(*own, 'new_tokens=["[PAD]"]').json["vocabulary_rows"] == len(words)


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(("kind", "left"), [("llama", ()), ("qwen2", ()), ("qwen2", ("tokenizer_config.json",))])
def test_a_folder_without_a_tokenizer_is_refused_with_the_way_out(kind, left, asked, tmp_path, kgtools):
    tiny(kind, TEXTS, tmp_path / "base", 0)
    for name in {"tokenizer.json", "tokenizer_config.json"} - {*left}:
        (tmp_path / "base" / name).unlink()

    for stage, more in (("sft", "--dry-run"), ("answer", "split=all")):
        own = (f"model={tmp_path / 'base'}", f"data={asked}", "--out", tmp_path / "out", more)
        done = kgtools("train", stage, "--recipe", "tiny", *own)

        assert done.code == 2
        assert f"{tmp_path / 'base'}: holds no tokenizer" in done.err
        assert "copy those files of the model it was made from into it" in done.err


def looked_at(stage: str, folder: Path, rows: Path, **own: Any) -> ModelReport:
    words = tokenizer_of(folder)
    tokenize_rows(rows, "prompts" if stage == "ppo" else "records", chat(words, "plain", None))
    return examine(stage, recipe(**own), folder, words, [str(rows / "tokens.parquet")], 40)


def test_rows_that_were_never_trained_are_trained_unless_the_recipe_says_which(mute, folder, asked):
    ends = {"model.embed_tokens": [2], "lm_head": [2]}

    assert looked_at("sft", mute, asked).modules == ends
    assert looked_at("sft", mute, asked).trained == ["</s>"]
    assert looked_at("sft", mute, asked, train_tokens="none").modules == {}
    assert looked_at("sft", mute, asked, train_tokens="none").untrained == {"</s>": "zero"}
    assert looked_at("sft", mute, asked, train_tokens=["<s>"]).trained == ["<s>"]
    assert looked_at("sft", mute, asked, method="full").training_facts["trained_tokens"] == []
    assert looked_at("reward", mute, asked).untrained == {}
    assert looked_at("sft", folder, asked).facts["untrained_tokens"] == {}
    with pytest.raises(UsageError, match="no token </S>; did you mean </s>"):
        looked_at("sft", mute, asked, train_tokens=["</S>"])


def test_a_policy_that_could_not_end_its_answers_is_refused(mute, folder, asked):
    with pytest.raises(InputError, match=r"the row of </s>, .* \(it is zero\), and ppo trains no rows"):
        looked_at("ppo", mute, asked)

    assert looked_at("ppo", mute, asked, train_tokens="none").end == "zero"
    assert looked_at("ppo", folder, asked).end == ""


def test_a_head_with_a_bias_is_refused_where_rows_of_it_are_to_be_trained(base, asked, tmp_path):
    from transformers import AutoModelForCausalLM

    words = tokenizer_of(base)
    own = {"n_embd": 32, "n_layer": 1, "n_head": 2, "rotary_dim": 8, "vocab_size": len(words)}
    AutoModelForCausalLM.from_config(config("GPTJ", **own)).save_pretrained(tmp_path / "gptj")
    words.save_pretrained(tmp_path / "gptj")

    assert looked_at("sft", tmp_path / "gptj", asked).modules == {}
    with pytest.raises(InputError, match=r"its head has a bias, .*\(</s> \(2\)\); method=full"):
        looked_at("sft", tmp_path / "gptj", asked, train_tokens=["</s>"])


@pytest.mark.parametrize("word", ["new_tokens=[<x>]", "train_tokens=[</s>]"])
def test_a_stage_that_trains_no_rows_takes_no_tokens(word, tmp_path, kgtools):
    rows = preferences(tmp_path / "rows", [(question(1), reply("a"), reply("b"))])
    own = ("--recipe", "tiny", f"data={rows}", word, "--dry-run")

    done = kgtools("train", "reward", *own)

    assert done.code == 2
    assert f"{word.partition('=')[0]}: reward trains no rows of tokens; sft, pretrain, dpo, kto do" in done.err


def test_names_of_rows_and_all_rows_are_not_trained_together():
    with pytest.raises(ValueError, match="with method: full all are"):
        recipe(method="full", train_tokens=["</s>"])


def test_what_is_learnt_is_told_from_what_is_read(asked, tmp_path):
    tiny("llama", TEXTS, tmp_path / "base", 0)
    words = tokenizer_of(tmp_path / "base")
    table, *_ = tokenize_rows(asked, "records", chat(words, "plain", None))

    ids = find_used_ids([str(asked / "tokens.parquet")])

    assert ids.seen == {id_ for row in table["input_ids"] for id_ in row}
    assert ids.learnt == {*words(GOOD)["input_ids"], words.eos_token_id}


def test_answers_end_where_the_untrained_row_of_the_end_token_is_trained_and_else_none_does(
    mute, asked, tmp_path, kgtools
):
    own = ("--recipe", "tiny", f"model={mute}", f"data={asked}", "steps=24", "--nproc", 1)
    better = ("zero=2", "precision=bf16", "gradient_checkpointing=true")
    ended, low = {}, {}

    for way, more in (("none", ()), ("auto", better)):
        run = tmp_path / way
        train("sft", *own, f"train_tokens={way}", *more, "--out", run / "run")
        train("merge", run / "run", "--out", run / "merged")
        asking = (
            f"model={run / 'merged'}",
            f"data={asked}",
            "split=all",
            "max_new_tokens=12",
            "--out",
            run / "answers",
        )
        low[way] = kgtools("train", "answer", "--recipe", "tiny", *asking).err
        ended[way] = read_manifest(run / "answers")["ended"]

    assert ended["none"] == 0
    assert ended["auto"] > 0.9 * 64
    assert "the row of </s>, which ends an answer, was never trained (it is zero)" in low["none"]
    assert "never trained" not in low["auto"]
    assert read_manifest(tmp_path / "none" / "answers")["examined"]["untrained_tokens"] == {"</s>": "zero"}
    facts = read_manifest(tmp_path / "auto" / "run")
    assert facts["examined"]["trained_tokens"] == ["</s>"]
    planned = kgtools("train", "sft", *own, "--dry-run", "--format", "json").json
    assert planned["trained"] == facts["result"]["trained"]
    assert planned["memory_of_a_device"]["token_rows"] > 0


@pytest.mark.parametrize("stage", ["pretrain", "dpo"])
def test_every_stage_that_learns_to_speak_moves_the_row_in_the_head(stage, mute, asked, tmp_path):
    rows = (
        asked
        if stage == "pretrain"
        else preferences(tmp_path / "rows", [(question(n), reply(GOOD), reply("x")) for n in range(16)])
    )

    train(
        stage, "--recipe", "tiny", f"model={mute}", f"data={rows}", "steps=1", "--out", tmp_path / "run", "--nproc", 1
    )
    train("merge", tmp_path / "run", "--out", tmp_path / "merged")

    before, after = (model_of(place).lm_head.weight for place in (mute, tmp_path / "merged"))
    moved = (before != after).any(dim=1)
    assert moved.nonzero().flatten().tolist() == [2]


def test_new_tokens_end_answers_on_a_base_that_is_kept_with_its_larger_vocabulary(asked, tmp_path):
    own = ("new_tokens=[<|im_start|>,<|im_end|>]", "eos_token=<|im_end|>", "chat_template=chatml", "steps=30")
    train("sft", "--recipe", "tiny", f"data={asked}", *own, "--out", tmp_path / "run", "--nproc", 1)
    train("merge", tmp_path / "run", "--out", tmp_path / "merged")
    asking = (f"model={tmp_path / 'merged'}", f"data={asked}", "split=all", "max_new_tokens=12")
    train("answer", "--recipe", "tiny", *asking, "--out", tmp_path / "answers")

    facts = read_manifest(tmp_path / "run")
    rows = vocabulary_of(tmp_path / "run" / "base").rows
    assert facts["examined"]["trained_tokens"] == ["<|im_start|>", "<|im_end|>"]
    assert len(tokenizer_of(tmp_path / "run" / "base")) == len(tokenizer_of(tmp_path / "merged")) == rows
    assert fingerprint(tmp_path / "run" / "base") == facts["base"]["fingerprint"]
    assert read_manifest(tmp_path / "answers")["ended"] > 0.9 * 64
    assert facts["settings"]["model"].startswith("tiny:")
    assert metrics(tmp_path / "run")[-1]["step"] == 30

"""A model is looked at before a worker starts: positions, rows for tokens, tokenizer, and rows that were never trained."""

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch

from tests.train.conftest import GOOD, TEXTS, made, metrics, preferences, question, recipe, records, said, told, trained
from tools.errors import InputError, UsageError
from train.examine import Found, examine, look, positions, used
from train.models import TINY, fingerprint, tiny
from train.tokens import chat
from train.vocabulary import add_tokens, grow, untrained, vocabulary_of

WAYS = ("zero", "same", "mean")


def model_of(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder)


def tokenizer_of(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def matrices(model: Any) -> list[Any]:
    """Those of embeddings and head, one where they are tied."""
    both = [model.get_input_embeddings().weight, model.get_output_embeddings().weight]
    return both[:1] if both[0] is both[1] else both


def faulty(kind: str, out: Path, how: str, shift: float = 0.0) -> Path:
    """A random model whose row of </s> was never trained: zero, the same as that of <pad>, or the mean; `shift` is added to all rows."""
    tiny(kind, [*TEXTS, GOOD], out, 0)
    model, ids = model_of(out), tokenizer_of(out)
    with torch.no_grad():
        for matrix in matrices(model):
            matrix += shift
            matrix[ids.eos_token_id] = {"zero": 0, "same": matrix[ids.pad_token_id], "mean": matrix.mean(dim=0)}[how]
    model.save_pretrained(out)
    return out


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that cannot end its answers; no test changes it."""
    return faulty("llama", tmp_path_factory.mktemp("mute") / "model", "zero")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records that are all answered alike, and a place for their tokens."""
    return records(tmp_path_factory.mktemp("asked"), [question(number) + said(GOOD) for number in range(64)])


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model that a test may spoil."""
    tiny("llama", TEXTS, tmp_path / "base", 0)
    return tmp_path / "base"


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker may be started."""
    monkeypatch.setattr("train.launch.run", lambda *_: pytest.fail("a worker was started"))


def configure(folder: Path, **own: Any) -> None:
    path = folder / "config.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | own))


def config(kind: str, **own: Any) -> Any:
    import transformers

    return getattr(transformers, f"{kind}Config")(**own)


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192}
MULTIPLIED = {
    "rope_type": "llama3",
    "factor": 8.0,
    "original_max_position_embeddings": 8192,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (config("GPT2", n_positions=32), 32),
        (config("GPTNeoX", max_position_embeddings=48), 48),
        (config("Bloom"), None),
        (config("Falcon", alibi=True), None),
        (config("Falcon", alibi=False), 2048),
        (config("Llama", max_position_embeddings=2048, rope_parameters={"rope_type": "linear", "factor": 4.0}), 8192),
        (config("Qwen2", max_position_embeddings=8192, rope_parameters=YARN), 32768),
        (config("Llama", max_position_embeddings=131072, rope_parameters=MULTIPLIED), 131072),
    ],
)  # fmt: skip
def test_the_places_of_a_sequence_are_as_the_configuration_says_whatever_it_calls_them(told, found):
    assert positions(told) == found


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


def test_positions_count_for_rows_and_answers_and_not_for_what_no_row_needs(base, asked, tmp_path):
    words = tokenizer_of(base)
    table, counted, _ = made(asked, "prompts", chat(words, "plain", None))
    paths, longest = [str(asked / "tokens.parquet")], counted.longest
    configure(base, max_position_embeddings=longest + 8)

    assert look(recipe(max_length=100_000), base, words, paths, longest, 8)[0].positions == longest + 8
    with pytest.raises(InputError, match=rf"an answer to it up to 9; max_length={longest - 1} or max_new_tokens=8"):
        look(recipe(), base, words, paths, longest, 9)
    with pytest.raises(InputError, match=rf"max_length={(longest + 8) // 2} max_new_tokens="):
        look(recipe(), base, words, paths, longest + 8, longest + 8)
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


def test_weights_of_another_vocabulary_than_the_configuration_says_are_refused(base):
    own = vocabulary_of(base)
    configure(base, vocab_size=own.rows + 8)

    with pytest.raises(
        InputError, match=rf"hold {own.rows} rows of lm_head.weight, and config.json says {own.rows + 8}"
    ):
        untrained(base, vocabulary_of(base), "lm_head", [2])


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(("kind", "shift"), [("llama", 0.0), ("bloom", 3.0)])
def test_a_row_that_was_never_trained_is_found_however_it_was_left(kind, shift, how, tmp_path):
    folder = faulty(kind, tmp_path / "model", how, shift)
    own, end = vocabulary_of(folder), tokenizer_of(folder).eos_token_id

    for module in own.matrices:
        found = untrained(folder, own, module, range(4, own.rows))
        assert found == {}  # no other row is taken for one
        assert set(untrained(folder, own, module, [end, 4])) == {end}
    like = {"zero": "zero", "same": "the same as 1 other", "mean": "the mean of all" if shift else "zero"}
    assert untrained(folder, own, own.outputs, [end])[end] == like[how]


def test_a_row_with_the_noise_of_a_resize_is_found(base):
    model = model_of(base)
    had = model.get_output_embeddings().weight.shape[0]
    model.resize_token_embeddings(had + 2)
    model.save_pretrained(base)

    own = vocabulary_of(base)
    assert set(untrained(base, own, own.outputs, range(own.rows))) == {had, had + 1}


def test_rows_of_random_and_trained_models_are_not_taken_for_untrained(folder, models):
    for place in (folder, models / "merged"):
        own = vocabulary_of(place)
        fill = tokenizer_of(place).pad_token_id  # zero in the embeddings of those that fill up with it
        for module in own.matrices:
            assert untrained(place, own, module, {*range(own.rows)} - {fill}) == {}


def test_a_matrix_is_found_in_parts_of_a_model_and_under_the_names_that_older_files_have(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "old")
    weights = load_file(tmp_path / "old" / "model.safetensors")
    own = vocabulary_of(folder)
    (tmp_path / "old" / "model.safetensors").unlink()
    for number, (name, tensor) in enumerate(weights.items()):
        save_file(
            {name.removeprefix(f"{own.prefix}."): tensor * (0 if tensor.dim() == 2 else 1)},
            tmp_path / "old" / f"{number}.safetensors",
        )

    for module in own.matrices:
        assert set(untrained(tmp_path / "old", own, module, [2, 5])) == {2, 5}


def looked_at(stage: str, folder: Path, rows: Path, **own: Any) -> Found:
    words = tokenizer_of(folder)
    made(rows, "prompts" if stage == "ppo" else "records", chat(words, "plain", None))
    return examine(stage, recipe(**own), folder, words, [str(rows / "tokens.parquet")], 40)


def test_rows_that_were_never_trained_are_trained_unless_the_recipe_says_which(mute, folder, asked):
    ends = {"model.embed_tokens": [2], "lm_head": [2]}

    assert looked_at("sft", mute, asked).modules == ends
    assert looked_at("sft", mute, asked).trained == ["</s>"]
    assert looked_at("sft", mute, asked, train_tokens="none").modules == {}
    assert looked_at("sft", mute, asked, train_tokens="none").untrained == {"</s>": "zero"}
    assert looked_at("sft", mute, asked, train_tokens=["<s>"]).trained == ["<s>"]
    assert looked_at("sft", mute, asked, method="full").facts["trained_tokens"] == []
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
    rows = preferences(tmp_path / "rows", [(question(1), said("a"), said("b"))])
    own = ("--recipe", "tiny", f"data={rows}", word, "--dry-run")

    done = kgtools("train", "reward", *own)

    assert done.code == 2
    assert f"{word.partition('=')[0]}: reward trains no rows of tokens; sft, pretrain, dpo do" in done.err


def test_names_of_rows_and_all_rows_are_not_trained_together():
    with pytest.raises(ValueError, match="with method: full all are"):
        recipe(method="full", train_tokens=["</s>"])


def test_what_is_learnt_is_told_from_what_is_read(asked, tmp_path):
    tiny("llama", TEXTS, tmp_path / "base", 0)
    words = tokenizer_of(tmp_path / "base")
    table, *_ = made(asked, "records", chat(words, "plain", None))

    ids = used([str(asked / "tokens.parquet")])

    assert ids.seen == {id_ for row in table["input_ids"] for id_ in row}
    assert ids.learnt == {*words(GOOD)["input_ids"], words.eos_token_id}


def test_a_model_grows_by_rows_that_are_the_mean_and_the_same_bytes_each_time(folder, tmp_path):
    state, had = torch.random.get_rng_state(), vocabulary_of(folder).rows

    for name in ("one", "other"):
        grow(folder, had + 3, tmp_path / name)

    assert torch.equal(torch.random.get_rng_state(), state)
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "other")
    before, after = matrices(model_of(folder)), matrices(model_of(tmp_path / "one"))
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert torch.equal(new[:had], old)
        assert torch.allclose(new[had:], old.mean(dim=0).expand(3, -1), atol=1e-6)
    grow(tmp_path / "one", had + 4, tmp_path / "one")  # in its own place
    assert vocabulary_of(tmp_path / "one").rows == had + 4


def test_new_tokens_are_never_split_and_known_ones_keep_their_ids(tokenizer):
    had = len(tokenizer)

    ids = add_tokens(tokenizer, ["</s>", "<|im_end|>"])

    assert ids == [tokenizer.convert_tokens_to_ids("</s>"), had]
    assert tokenizer("头痛<|im_end|>", add_special_tokens=False)["input_ids"][-1] == had


def test_answers_end_where_the_untrained_row_of_the_end_token_is_trained_and_else_none_does(
    mute, asked, tmp_path, kgtools
):
    own = ("--recipe", "tiny", f"model={mute}", f"data={asked}", "steps=24", "--nproc", 1)
    better = ("zero=2", "precision=bf16", "gradient_checkpointing=true")
    ended, low = {}, {}

    for way, more in (("none", ()), ("auto", better)):
        run = tmp_path / way
        trained("sft", *own, f"train_tokens={way}", *more, "--out", run / "run")
        trained("merge", run / "run", "--out", run / "merged")
        asking = (
            f"model={run / 'merged'}",
            f"data={asked}",
            "split=all",
            "max_new_tokens=12",
            "--out",
            run / "answers",
        )
        low[way] = kgtools("train", "answer", "--recipe", "tiny", *asking).err
        ended[way] = told(run / "answers")["ended"]

    assert ended["none"] == 0
    assert ended["auto"] > 0.9 * 64
    assert "the row of </s>, which ends an answer, was never trained (it is zero)" in low["none"]
    assert "never trained" not in low["auto"]
    assert told(tmp_path / "none" / "answers")["examined"]["untrained_tokens"] == {"</s>": "zero"}
    facts = told(tmp_path / "auto" / "run")
    assert facts["examined"]["trained_tokens"] == ["</s>"]
    planned = kgtools("train", "sft", *own, "--dry-run", "--format", "json").json
    assert planned["trained"] == facts["result"]["trained"]
    assert planned["memory_of_a_device"]["token_rows"] > 0


@pytest.mark.parametrize("stage", ["pretrain", "dpo"])
def test_every_stage_that_learns_to_speak_moves_the_row_in_the_head(stage, mute, asked, tmp_path):
    rows = (
        asked
        if stage == "pretrain"
        else preferences(tmp_path / "rows", [(question(n), said(GOOD), said("x")) for n in range(16)])
    )

    trained(
        stage, "--recipe", "tiny", f"model={mute}", f"data={rows}", "steps=1", "--out", tmp_path / "run", "--nproc", 1
    )
    trained("merge", tmp_path / "run", "--out", tmp_path / "merged")

    before, after = (model_of(place).lm_head.weight for place in (mute, tmp_path / "merged"))
    moved = (before != after).any(dim=1)
    assert moved.nonzero().flatten().tolist() == [2]


def test_new_tokens_end_answers_on_a_base_that_is_kept_with_its_larger_vocabulary(asked, tmp_path):
    own = ("new_tokens=[<|im_start|>,<|im_end|>]", "eos_token=<|im_end|>", "chat_template=chatml", "steps=30")
    trained("sft", "--recipe", "tiny", f"data={asked}", *own, "--out", tmp_path / "run", "--nproc", 1)
    trained("merge", tmp_path / "run", "--out", tmp_path / "merged")
    asking = (f"model={tmp_path / 'merged'}", f"data={asked}", "split=all", "max_new_tokens=12")
    trained("answer", "--recipe", "tiny", *asking, "--out", tmp_path / "answers")

    facts = told(tmp_path / "run")
    rows = vocabulary_of(tmp_path / "run" / "base").rows
    assert facts["examined"]["trained_tokens"] == ["<|im_start|>", "<|im_end|>"]
    assert len(tokenizer_of(tmp_path / "run" / "base")) == len(tokenizer_of(tmp_path / "merged")) == rows
    assert fingerprint(tmp_path / "run" / "base") == facts["base"]["fingerprint"]
    assert told(tmp_path / "answers")["ended"] > 0.9 * 64
    assert facts["settings"]["model"].startswith(TINY)
    assert metrics(tmp_path / "run")[-1]["step"] == 30

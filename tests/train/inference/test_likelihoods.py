"""How likely options are: in batches as one by one, behind exactly what was asked."""

import math

import polars as pl
import pytest
import torch

from kgtools.train.data.chat import chat
from kgtools.train.inference.likelihoods import log_likelihoods, option_likelihoods
from kgtools.train.models.resolve import tiny
from tests.train.conftest import records, train


def one_by_one(model, prompt, continuation):
    """By the definition: the sum of log p(token | all before it), a forward for each token, in double precision."""
    total, ids = 0.0, list(prompt)
    for token in continuation:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0, -1].double()
        total += float(logits.log_softmax(-1)[token])
        ids.append(token)
    return total


@pytest.mark.parametrize("kind", ["qwen2", "bloom"])
def test_batches_say_what_each_continuation_says_by_itself(kind, tmp_path):
    from transformers import AutoModelForCausalLM

    tiny(kind, [], tmp_path, 0)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    prompts = [[10, 11, 12], [20, 21, 22, 23, 24, 25, 26], [5]]
    pairs = [(prompt, tail) for prompt in prompts for tail in ([30], [31], [30, 31, 32, 33], [30, 31, 40])]

    found = log_likelihoods(model.train(), pairs, 0, 3)

    assert model.training
    model.eval()
    assert found == pytest.approx([one_by_one(model, *pair) for pair in pairs], abs=1e-5)
    assert found == pytest.approx(log_likelihoods(model, pairs, 0, 1), abs=1e-5)


def test_letters_share_one_forward(tiny_model):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    seen = []
    forward = model.forward
    model.forward = lambda *args, input_ids=None, attention_mask=None, logits_to_keep=0: (
        seen.append(len(input_ids)),
        forward(*args, input_ids=input_ids, attention_mask=attention_mask, logits_to_keep=logits_to_keep),
    )[1]

    log_likelihoods(model, [([10, 11], [token]) for token in range(20, 25)], 0, 8)

    assert seen == [1]


QUESTION = "头痛怎么办？"
OPTIONS = {"A": "休息", "B": "多喝水", "C": "What helps"}


def test_options_are_likely_as_they_stand_behind_the_prompt(tiny_model):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    plain = chat(AutoTokenizer.from_pretrained(tiny_model), "plain", None)
    messages = [{"role": "user", "content": QUESTION}]
    prompt = plain.tokenizer(plain.ask(messages), add_special_tokens=False)["input_ids"]

    (nothing, found) = option_likelihoods(model, plain, [(messages, prompt, {}), (messages, prompt, OPTIONS)], 4)

    assert nothing == {}
    assert list(found) == ["A", "text:A", "B", "text:B", "C", "text:C"]
    complete = plain.tokenizer(plain.ask(messages) + "多喝水", add_special_tokens=False)["input_ids"]
    assert found["text:B"] == pytest.approx(one_by_one(model, prompt, complete[len(prompt) :]), abs=1e-5)


def exam_rows():
    meta = '{"question": "头痛怎么办？", "options": {"A": "休息", "B": "多喝水", "C": "What helps"}}'
    own = {
        "messages": [{"role": "user", "content": "头痛怎么办？\nA. 休息\nB. 多喝水\nC. What helps"}],
        "answer": "A",
        "meta": meta,
    }
    return [own, {"messages": [{"role": "user", "content": "fever?"}], "answer": None}]


def test_answers_have_the_likelihoods_of_their_questions_options(tiny_model, tmp_path):
    data = records(tmp_path / "data", exam_rows())
    own = ("--recipe", "tiny", f"model={tiny_model}", f"data={data}", "split=all", "max_new_tokens=4", "samples=2")

    train("answer", *own, "--out", tmp_path / "with", "options=yes", "temperature=1")
    train("answer", *own, "--out", tmp_path / "without", "temperature=1")

    answers = pl.read_parquet(tmp_path / "with" / "answers.parquet")
    by_id = {(row["id"], row["sample"]): row["option_logprobs"] for row in answers.iter_rows(named=True)}
    assert by_id["r1", 0] is None
    assert by_id["r0", 0] == by_id["r0", 1]
    assert [one["option"] for one in by_id["r0", 0]] == ["A", "text:A", "B", "text:B", "C", "text:C"]
    assert all(one["logprob"] < 0 and math.isfinite(one["logprob"]) for one in by_id["r0", 0])
    without = pl.read_parquet(tmp_path / "without" / "answers.parquet")
    assert answers.drop("option_logprobs").equals(without.drop("option_logprobs"))


def test_likelihoods_that_cannot_be_had_are_refused_with_the_way_out(tiny_model, tmp_path, kgtools):
    plain = records(tmp_path / "plain", exam_rows()[1:])
    words = ("--recipe", "tiny", f"model={tiny_model}", f"data={plain}", "split=all", "options=yes")

    none = kgtools("train", "answer", *words, "--out", tmp_path / "a")
    engine = kgtools("train", "answer", *words, "--out", tmp_path / "b", "engine=vllm")

    assert none.code == engine.code == 2
    assert "options=yes: no question has options" in none.err
    assert "vllm does not say how likely a given text is; engine=generate does" in engine.err

"""Think blocks: never a part of the answer, and there once."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.train.data.chat import Chat, Refusal, chat
from kgtools.train.data.thinking import split_thinking
from kgtools.train.data.tokenize import _preference
from kgtools.train.inference import generate
from kgtools.train.inference.answer import Answer, Completion, answer
from kgtools.train.inference.reward_scores import sequence
from kgtools.train.models import load
from tests.train.conftest import byte_level, decode_learnt, preferences, question, records, reply, tokenize_rows

REASONS = str(Path(__file__).parent / "chat" / "reasons.jinja")
EMPTY = "<think>\n\n</think>\n\n"


def reasoning(special: bool = False, template: str = REASONS, **arguments: Any) -> Chat:
    """A tokenizer with `<think>` as a token, and the template of a model that thinks before it answers."""
    words = byte_level()
    words.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    words.add_tokens(["<think>", "</think>"], special_tokens=special)
    return chat(words, template, "<|im_end|>", None, arguments)


@pytest.mark.parametrize(
    ("text", "opened", "thought", "answer"),
    [
        ("so", False, None, "so"),
        (" so ", False, None, " so "),
        (f"{EMPTY}so", False, "", "so"),
        ("\n<think>\nwhy\nnot\n</think>\n\nso </think>", False, "why\nnot", "so </think>"),
        ("<think>why", False, "why", ""),
        ("why</think>so", True, "why", "so"),
        ("why", True, "why", ""),
        ("so <think>why</think>", False, None, "so <think>why</think>"),
        ("why</think>so", False, None, "why</think>so"),
    ],
)
def test_what_is_thought_is_told_from_what_is_answered(text: str, opened: bool, thought: str, answer: str) -> None:
    assert split_thinking(text, opened) == (thought, answer)


@pytest.mark.parametrize("special", [False, True])
def test_an_answer_is_read_without_its_block_whatever_kind_of_tokens_its_tags_are(special: bool) -> None:
    talk = reasoning(special)
    ids = talk.tokenizer("<think>\n头痛\n</think>\n\nabc<|im_end|>", add_special_tokens=False)["input_ids"]

    assert talk.decode(question(1), ids) == ("头痛", "abc")
    assert talk.decode(question(1), ids[-2:]) == (None, "abc")
    assert talk.decode(question(1), []) == (None, "")


def test_a_block_that_the_prompt_begins_is_no_answer_either(tmp_path: Path) -> None:
    opening = tmp_path / "opens.jinja"
    opening.write_text(
        "{% for m in messages %}{{ m.content.split('</think>')[-1] }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}<think>\n{% endif %}", encoding="utf-8",
    )  # fmt: skip
    talk = reasoning(template=str(opening))
    ids = talk.tokenizer("why</think>so<|im_end|>", add_special_tokens=False)["input_ids"]

    assert talk.decode(question(1), ids) == ("why", "so")
    assert talk.decode(question(1), ids[:2])[1] == ""
    assert sequence(talk, question(1), "why</think>so") == sequence(talk, question(1), "so")
    with pytest.raises(Refusal, match="begins an answer otherwise than it asks for one") as refused:
        talk.render(question(1) + reply("so"))
    assert refused.value.reason == "template-asks-otherwise"


def test_the_block_is_learnt_where_the_model_writes_it_and_not_where_the_prompt_does(tmp_path: Path) -> None:
    folder = records(tmp_path, [question(1) + reply("ok")])

    for arguments, wanted in (({}, f"{EMPTY}ok<|im_end|>"), ({"enable_thinking": False}, "ok<|im_end|>")):
        talk = reasoning(**arguments)
        (row,) = tokenize_rows(folder, "records", talk)[0].iter_rows(named=True)
        (folder / "tokens.parquet").unlink()
        assert decode_learnt(talk.tokenizer, row) == wanted
        assert talk.tokenizer.decode(row["input_ids"]).count("<think>") == 1
        asked = talk.ask(question(1))
        assert talk.tokenizer.decode(row["input_ids"]).startswith(asked)


def test_a_marked_template_learns_no_block_that_stands_in_the_prompt() -> None:
    marked = (
        "{% for m in messages %}{% if m.role == 'assistant' %}A:{% generation %}<think></think>{{ m.content }}{{ eos_token }}"
        "{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}A:{% if not enable_thinking %}<think></think>{% endif %}{% endif %}"
    )
    words = reasoning().tokenizer

    for thinks, wanted in ((True, "<think></think>ok<|im_end|>"), (False, "ok<|im_end|>")):
        words.chat_template = marked
        text, ((begin, end),) = chat(words, "auto", None, None, {"enable_thinking": thinks}).render(
            question(1) + reply("ok")
        )
        assert text[begin:end] == wanted


def test_thoughts_of_a_row_are_learnt_and_refused_where_none_are_asked_for(tmp_path: Path) -> None:
    folder = records(tmp_path, [question(1) + reply("<think>\nwhy\n</think>\n\nso")])
    thinks, quick = reasoning(), reasoning(enable_thinking=False)

    (row,) = tokenize_rows(folder, "records", thinks)[0].iter_rows(named=True)
    (folder / "tokens.parquet").unlink()

    assert decode_learnt(thinks.tokenizer, row) == "<think>\nwhy\n</think>\n\nso<|im_end|>"
    assert tokenize_rows(folder, "records", quick)[2] == ["template-asks-otherwise"]


def test_a_block_that_both_answers_begin_with_belongs_to_the_prompt(tmp_path: Path) -> None:
    rows = [
        (question(1), reply("a"), reply("b")),
        (question(2), reply("<think>\nwhy\n</think>\n\na"), reply("<think>\nwho\n</think>\n\nb")),
    ]
    talk = reasoning()

    table, _, refused = tokenize_rows(preferences(tmp_path, rows), "preferences", talk)

    assert refused == []
    assert [talk.tokenizer.decode(ids) for ids in table["chosen_ids"]] == [
        "a<|im_end|>",
        "<think>\nwhy\n</think>\n\na<|im_end|>",
    ]
    assert talk.tokenizer.decode(table["prompt_ids"][0]).endswith(f"assistant\n{EMPTY}")


def test_earlier_answers_of_a_talk_do_not_hinder_a_preference_and_are_a_reject_of_records(tmp_path: Path) -> None:
    talk = reasoning()
    before = question(1) + reply("a") + question(2)

    prompt = _preference({"prompt": before, "chosen": reply("b"), "rejected": reply("c")}, talk, 999).columns[0]

    assert talk.tokenizer.decode(prompt) == talk.ask(before) + EMPTY
    assert tokenize_rows(records(tmp_path, [before + reply("b")]), "records", talk)[2] == ["template-rewrites-turns"]
    assert tokenize_rows(records(tmp_path / "asks", [before]), "prompts", talk)[2] == []


@pytest.mark.parametrize("arguments", [{}, {"enable_thinking": False}])
def test_what_is_scored_is_what_pairs_are_made_of_with_one_block(arguments: dict[str, Any]) -> None:
    talk = reasoning(**arguments)
    row = {"prompt": question(1), "chosen": reply("so"), "rejected": reply("no")}

    prompt, chosen, _ = _preference(row, talk, 999).columns

    for text in ("so", f"{EMPTY}so", "<think>\nwhy\n</think>\n\nso"):
        assert sequence(talk, question(1), text) == prompt + chosen


def test_a_template_that_knows_no_thoughts_keeps_what_a_model_says_before_it_answers() -> None:
    talk = reasoning(template="plain")

    ids = sequence(talk, question(1), "<think>why</think>so")

    assert talk.tokenizer.decode(ids).endswith("<think>why</think>so<|im_end|>")


def test_what_was_thought_has_a_column_of_its_own_and_the_answer_none_of_it(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = load.tokenizer_of(tiny_model)
    texts = [f"{EMPTY}A</s>", "<think>why</think>B</s>", "C</s>", "<think>why"]
    said_ = iter(words(text, add_special_tokens=False)["input_ids"] for text in texts)
    monkeypatch.setattr(generate, "load", lambda *_: None)
    monkeypatch.setattr(generate, "generate", lambda _model, _words, prompts, _how: [next(said_) for _ in prompts])
    folder = records(tmp_path / "asked", [question(n) for n in range(4)], split="test")
    own = Answer(title="toy", model=str(tiny_model), data=(folder,), batch_size=1)

    answer(own, tmp_path / "out", False)

    table = pl.read_parquet(tmp_path / "out" / "answers.parquet")
    found = sorted(table.select("answer", "thinking", "ended").rows(), key=str)
    assert found == [("", "why", False), ("A", "", True), ("B", "why", True), ("C", None, True)]


def test_a_message_keeps_what_was_thought_before_its_answer() -> None:
    assert Completion("so", True, 9, "why", 0).full_text == "<think>\nwhy\n</think>\n\nso"
    assert [Completion("so", True, 9, thought, 0).full_text for thought in (None, "")] == ["so", "so"]

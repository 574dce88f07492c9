"""Chat templates: what they make of a conversation, and which tokenizers can be trained with."""

import re
from pathlib import Path
from typing import Any

import pytest

from kgtools.tools.errors import InputError, UsageError
from kgtools.train.data.chat import CHATS, Refusal, chat
from kgtools.train.data.tokenize import NOT_LEARNT
from tests.train.conftest import (
    ENDS,
    TALK,
    apply_template,
    byte_fallback,
    decode_learnt,
    preferences,
    question,
    records,
    reply,
    tokenize_rows,
)

HERE = Path(__file__).parent / "chat"
REWRITES = "{% for m in messages %}{% if loop.last %}<{{ m.content }}</s>{% else %}{{ m.content[:1] }}</s>{% endif %}{% endfor %}"
NO_END = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"


def test_every_template_of_ours_is_tried():
    assert {file.stem for file in CHATS.glob("*.jinja")} == set(ENDS)


@pytest.mark.parametrize("name", ENDS)
def test_what_the_assistant_says_is_learnt_with_its_end_and_nothing_else(name, tokenizer, tmp_path):
    table, counted, _ = tokenize_rows(records(tmp_path, [TALK]), "records", apply_template(tokenizer, name))
    row = table.row(0, named=True)

    assert decode_learnt(tokenizer, row) == f"休息。{ENDS[name]}Drink water\nand sleep.{ENDS[name]}"
    assert (counted.rows, counted.tokens) == (1, len(row["input_ids"]))
    assert counted.learnt == sum(label != NOT_LEARNT for label in row["labels"])
    assert counted.cut == {}


@pytest.mark.parametrize("name", ENDS)
def test_a_longer_conversation_begins_as_a_shorter_one_ends(name, tokenizer):
    talk = apply_template(tokenizer, name)
    whole = talk.render(TALK)[0]

    for size in (3, 5):
        assert whole.startswith(talk.render(TALK[:size])[0].rstrip("\n"))
        assert whole.startswith(talk.ask(TALK[: size - 1]))


@pytest.mark.parametrize("name", ENDS)
def test_a_template_without_marks_gives_the_same_answers_to_learn(name, tokenizer, tmp_path):
    marked = apply_template(tokenizer, name)
    bare = tmp_path / "bare.jinja"
    text = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", marked.template)
    bare.write_text(text, encoding="utf-8")
    unmarked = chat(tokenizer, str(bare), ENDS[name])

    assert (marked.marked, unmarked.marked) == (True, False)
    for size in (3, 5):
        one, other = marked.render(TALK[:size]), unmarked.render(TALK[:size])
        assert one[0] == other[0]
        assert [one[0][begin:end] for begin, end in one[1]] == [other[0][begin:end] for begin, end in other[1]]


def test_a_template_that_writes_earlier_turns_anew_is_refused(tokenizer, tmp_path):
    (tmp_path / "rewrites.jinja").write_text(REWRITES, encoding="utf-8")

    with pytest.raises(InputError, match="writes earlier turns anew"):
        chat(tokenizer, str(tmp_path / "rewrites.jinja"), None).render(TALK)


def test_a_template_whose_answers_do_not_end_is_refused_with_the_way_out(tokenizer, tmp_path):
    (tmp_path / "endless.jinja").write_text(NO_END, encoding="utf-8")

    with pytest.raises(InputError, match=r"never stop.*eos_token=TOKEN"):
        chat(tokenizer, str(tmp_path / "endless.jinja"), None).render(TALK[1:3])


def test_names_that_are_none_are_refused(tokenizer):
    with pytest.raises(UsageError, match="the tokenizer has no such token"):
        chat(tokenizer, "plain", "<|nothing|>")
    with pytest.raises(UsageError, match="did you mean chatml"):
        chat(tokenizer, "chatlm", None)


def test_what_is_filled_up_with_is_never_the_end_of_an_answer(tokenizer):
    tokenizer.pad_token = tokenizer.eos_token

    talk = chat(tokenizer, "plain", None)

    assert talk.tokenizer.pad_token_id != talk.tokenizer.eos_token_id


def test_the_tokenizers_own_template_is_taken_unless_another_is_named(tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text("{{ messages[0].content }}</s>", encoding="utf-8")

    assert chat(tokenizer, "auto", None).template == (CHATS / "plain.jinja").read_text(encoding="utf-8")
    assert chat(tokenizer, str(tmp_path / "own.jinja"), None).template == "{{ messages[0].content }}</s>"
    assert chat(tokenizer, "auto", None).template == "{{ messages[0].content }}</s>"
    assert chat(tokenizer, "chatml", None).tokenizer.chat_template == (CHATS / "chatml.jinja").read_text(
        encoding="utf-8"
    )


def test_a_tokenizer_that_has_no_end_is_refused_until_one_is_named(tokenizer: Any) -> None:
    tokenizer.eos_token = None

    with pytest.raises(InputError, match=r"has no EOS.*eos_token=TOKEN"):
        chat(tokenizer, "plain", None)
    assert chat(tokenizer, "plain", "<s>").render(question(1) + reply("ok"))[0].endswith("ok<s>")


def test_it_is_filled_up_with_a_token_that_is_kept_for_it_else_with_the_unknown(tokenizer: Any) -> None:
    tokenizer.pad_token = None
    tokenizer.unk_token = None
    tokenizer.bos_token = None
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|reserved_0|>"]})

    assert chat(tokenizer, "plain", None).tokenizer.pad_token == "<pad>"
    assert chat(tokenizer, "plain", "<pad>").tokenizer.pad_token == "<|reserved_0|>"
    assert chat(byte_fallback(), "plain", None).tokenizer.pad_token == "<unk>"


def test_a_tokenizer_without_a_token_to_fill_up_with_is_refused() -> None:
    bare = byte_fallback()
    bare.eos_token = bare.pad_token = "<unk>"

    with pytest.raises(InputError, match="no token to fill up with but EOS"):
        chat(bare, "plain", None)
    assert chat(bare, "plain", None, "<0x00>").tokenizer.pad_token == "<0x00>"
    with pytest.raises(UsageError, match="pad_token=<nothing>: the tokenizer has no such token"):
        chat(bare, "plain", None, "<nothing>")


def test_of_several_templates_none_is_taken_unasked(tokenizer: Any) -> None:
    tokenizer.chat_template = {"default": "{{ messages }}", "tool_use": "{{ tools }}"}

    with pytest.raises(UsageError, match=r"several \(default, tool_use\); save one as a file and name that"):
        chat(tokenizer, "auto", None)


@pytest.mark.parametrize(
    "text",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ messages[9].content + '' }}",
        "{{ 1 + messages[0].content }}",
    ],
)
def test_what_a_template_complains_of_is_passed_on_with_the_way_out(text: str, tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text(text, encoding="utf-8")

    with pytest.raises(
        InputError, match=r"the chat template refuses a conversation: .+; another template: chat_template=plain"
    ):
        chat(tokenizer, str(tmp_path / "own.jinja"), None).render(TALK)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% for m in messages if m.role != 'system' %}{{ m.content }}</s>{% endfor %}", "of the role system"),
        ("{% for m in messages %}{{ m.role }}{% for part in m.content %}{% if part.type %}{{ part.text }}{% endif %}{% endfor %}</s>{% endfor %}",
         "of the role system"),
        ("{% for m in messages %}{{ m.content if m.role == 'system' else m.content | upper }}</s>{% endfor %}", "of the role assistant"),
    ],
)  # fmt: skip
def test_a_conversation_of_which_words_would_be_missing_is_refused(
    template: str, words: str, tokenizer: Any, tmp_path: Path
) -> None:
    (tmp_path / "own.jinja").write_text(template, encoding="utf-8")

    with pytest.raises(Refusal, match=f"leaves out or changes what a message {words}") as refused:
        chat(tokenizer, str(tmp_path / "own.jinja"), None).render(TALK[:2] + reply("abc"))
    assert refused.value.reason == "template-drops-text"


def test_a_row_that_the_template_refuses_leaves_the_others(tokenizer: Any, tmp_path: Path) -> None:
    system = {"role": "system", "content": "x"}
    talks = [[system, *question(1), *reply("ok")], question(2) + reply("ok")]
    talk = chat(tokenizer, str(HERE / "alternates.jinja"), None)

    for noun, folder in (
        ("records", records(tmp_path / "records", talks)),
        ("prompts", records(tmp_path / "prompts", talks)),
        ("preferences", preferences(tmp_path / "pairs", [(t[:-1], reply("a"), reply("b")) for t in talks])),
    ):
        table, counted, refused = tokenize_rows(folder, noun, talk)
        assert (table["id"].to_list(), refused, counted.rows) == ([table["id"][0]], ["template-refuses"], 1)
        assert table["id"][0].endswith("1")


def test_what_is_stripped_by_the_template_is_learnt_as_the_template_has_it(tokenizer: Any, tmp_path: Path) -> None:
    talk = chat(apply_template(tokenizer, "llama3").tokenizer, str(HERE / "dated.jinja"), "<|eot_id|>")

    (row,) = tokenize_rows(records(tmp_path, [question(1) + reply(" ok \n")]), "records", talk)[0].iter_rows(named=True)

    assert decode_learnt(tokenizer, row) == "ok<|eot_id|>"
    assert "Today Date: 26 Jul 2024" in tokenizer.decode(row["input_ids"])


def test_a_system_turn_that_the_template_adds_stands_in_what_is_trained_on_and_asked(
    tokenizer: Any, tmp_path: Path
) -> None:
    (tmp_path / "own.jinja").write_text(
        "{% if messages[0].role != 'system' %}You are Q.</s>{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}</s>{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}", encoding="utf-8",
    )  # fmt: skip
    talk = chat(tokenizer, str(tmp_path / "own.jinja"), None)

    text, ((begin, end),) = talk.render(question(1) + reply("ok"))

    assert text[begin:end] == "ok</s>"
    assert text[:begin] == talk.ask(question(1)) == f"You are Q.</s>user:{question(1)[0]['content']}</s>assistant:"


@pytest.mark.parametrize("name", ENDS)
def test_a_text_begins_with_bos_once_where_the_tokenizer_has_one(name: str, tokenizer: Any) -> None:
    talk = apply_template(tokenizer, name)
    assert (talk.render(TALK)[0].count("<s>"), talk.render(TALK)[0][:3]) == (1, "<s>")

    tokenizer.bos_token = None

    assert "<s>" not in talk.render(TALK)[0]


def test_an_end_of_text_behind_the_last_turn_alone_costs_no_talk_and_is_not_learnt(tokenizer, tmp_path):
    """As Phi-3's template: each turn has its end, and the whole talk another where no answer is asked for."""
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|end|>"]})
    (tmp_path / "own.jinja").write_text(
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}",
        encoding="utf-8",
    )
    talk = chat(tokenizer, str(tmp_path / "own.jinja"), "<|end|>")

    text, spans = talk.render(TALK)

    assert [text[begin:end] for begin, end in spans] == ["休息。<|end|>", "Drink water\nand sleep.<|end|>"]

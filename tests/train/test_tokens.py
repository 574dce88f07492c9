"""Which tokens a model sees and which it learns."""

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.conftest import preferences, question, recipe, records, said
from tools.errors import InputError, UsageError
from train.data import open_rows
from train.models import tiny
from train.tokens import CHATS, NOT_LEARNT, chat, tokenize

TALK = [
    {"role": "system", "content": "你是医生。"},
    {"role": "user", "content": "头痛怎么办?"},
    {"role": "assistant", "content": "休息。"},
    {"role": "user", "content": "Thanks 🙂"},
    {"role": "assistant", "content": "Drink water\nand sleep."},
]
REWRITES = "{% for m in messages %}{% if loop.last %}<{{ m.content }}</s>{% else %}{{ m.content[:1] }}</s>{% endif %}{% endfor %}"
NO_END = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("tiny") / "model"
    tiny("qwen2", [message["content"] for message in TALK], home, 0)
    return home


ENDS = {"plain": "</s>", "chatml": "<|im_end|>", "llama3": "<|eot_id|>"}
"""Our templates and the token that ends an answer in each."""


def test_every_template_of_ours_is_tried():
    assert {file.stem for file in CHATS.glob("*.jinja")} == set(ENDS)


def ours(words, name):
    """The tokenizer with a template of ours and the special tokens of it."""
    words.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>", "<|eot_id|>"]})
    return chat(words, name, ENDS[name])


@pytest.fixture
def words(folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def made(folder: Path, noun: str, talk, max_length=512, packed=False, **changes):
    """Tokens of a folder's rows with what was counted and refused."""
    rows = open_rows(recipe(data=(folder,), **changes), noun, folder / "read")
    counted = tokenize(rows, "train", talk, max_length, packed, folder / "tokens.parquet")
    return pl.read_parquet(folder / "tokens.parquet"), counted, [reason for *_, reason in rows.rejects]


def learnt(words, row) -> str:
    return words.decode(
        [id_ for id_, label in zip(row["input_ids"], row["labels"], strict=True) if label != NOT_LEARNT]
    )


@pytest.mark.parametrize("name", ENDS)
def test_what_the_assistant_says_is_learnt_with_its_end_and_nothing_else(name, words, tmp_path):
    table, counted, _ = made(records(tmp_path, [TALK]), "records", ours(words, name))
    row = table.row(0, named=True)

    assert learnt(words, row) == f"休息。{ENDS[name]}Drink water\nand sleep.{ENDS[name]}"
    assert (counted.rows, counted.tokens) == (1, len(row["input_ids"]))
    assert counted.learnt == sum(label != NOT_LEARNT for label in row["labels"])
    assert counted.cut == {}


@pytest.mark.parametrize("name", ENDS)
def test_a_longer_conversation_begins_as_a_shorter_one_ends(name, words):
    talk = ours(words, name)
    whole = talk.render(TALK)[0]

    for size in (3, 5):
        assert whole.startswith(talk.render(TALK[:size])[0].rstrip("\n"))
        assert whole.startswith(talk.render(TALK[: size - 1], asks=True)[0])


@pytest.mark.parametrize("name", ENDS)
def test_a_template_without_marks_gives_the_same_answers_to_learn(name, words, tmp_path):
    marked = ours(words, name)
    bare = tmp_path / "bare.jinja"
    text = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", marked.template)
    bare.write_text(text, encoding="utf-8")
    unmarked = chat(words, str(bare), ENDS[name])

    assert (marked.marked, unmarked.marked) == (True, False)
    for size in (3, 5):
        one, other = marked.render(TALK[:size]), unmarked.render(TALK[:size])
        assert one[0] == other[0]
        assert [one[0][begin:end] for begin, end in one[1]] == [other[0][begin:end] for begin, end in other[1]]


def test_a_template_that_writes_earlier_turns_anew_is_refused(words, tmp_path):
    (tmp_path / "rewrites.jinja").write_text(REWRITES, encoding="utf-8")

    with pytest.raises(InputError, match="writes earlier turns anew"):
        chat(words, str(tmp_path / "rewrites.jinja"), None).render(TALK)


def test_a_template_whose_answers_do_not_end_is_refused_with_the_way_out(words, tmp_path):
    (tmp_path / "endless.jinja").write_text(NO_END, encoding="utf-8")

    with pytest.raises(InputError, match=r"never stop.*eos_token=TOKEN"):
        chat(words, str(tmp_path / "endless.jinja"), None).render(TALK[1:3])


def test_names_that_are_none_are_refused(words):
    with pytest.raises(UsageError, match="the tokenizer has no such token"):
        chat(words, "plain", "<|nothing|>")
    with pytest.raises(UsageError, match="did you mean chatml"):
        chat(words, "chatlm", None)


def test_what_is_filled_up_with_is_never_the_end_of_an_answer(words):
    words.pad_token = words.eos_token

    talk = chat(words, "plain", None)

    assert talk.tokenizer.pad_token_id != talk.tokenizer.eos_token_id


def test_a_text_that_holds_a_special_token_is_refused(words, tmp_path):
    rows = [question(1) + said("ok"), [{"role": "user", "content": "a</s>b"}, *said("ok")]]

    table, _, refused = made(records(tmp_path, rows), "records", chat(words, "plain", None))

    assert (table["id"].to_list(), refused) == (["r0"], ["special-token"])


def test_what_is_too_long_is_cut_at_the_end_of_a_turn(words, tmp_path):
    talk = chat(words, "plain", None)
    short = len(words(talk.render(TALK[:3])[0], add_special_tokens=False)["input_ids"])

    table, counted, _ = made(records(tmp_path, [TALK]), "records", talk, max_length=short + 3)
    row = table.row(0, named=True)

    assert learnt(words, row) == "休息。</s>"
    assert row["input_ids"][-1] == words.eos_token_id
    assert counted.cut == {"at the end of a turn": 1}


def test_an_only_answer_that_is_too_long_is_cut_without_a_false_end(words, tmp_path):
    talk = chat(words, "plain", None)
    long = question(1) + said("休息 " * 40)

    table, counted, refused = made(records(tmp_path, [long]), "records", talk, max_length=40)
    row = table.row(0, named=True)

    assert len(row["input_ids"]) == 40
    assert words.eos_token_id not in row["input_ids"]
    assert counted.cut == {"within the answer, without EOS": 1}
    assert refused == []


def test_a_question_that_leaves_no_room_for_an_answer_is_refused(words, tmp_path):
    long = [{"role": "user", "content": "头痛 " * 40}, *said("休息")]

    table, _, refused = made(records(tmp_path, [long]), "records", chat(words, "plain", None), max_length=20)

    assert (table.height, refused) == (0, ["prompt-too-long"])


def test_both_answers_of_a_preference_go_on_from_one_prompt(words, tmp_path):
    talk = chat(words, "plain", None)
    rows = [(question(1), said("休息吃药"), said("休息")), (question(2), said("a" * 300), said("b"))]

    table, counted, refused = made(preferences(tmp_path, rows), "preferences", talk, max_length=100)
    row = table.row(0, named=True)

    for side, text in (("chosen_ids", "休息吃药"), ("rejected_ids", "休息")):
        whole = talk.render(question(1) + said(text))[0].rstrip("\n")
        assert row["prompt_ids"] + row[side] == words(whole, add_special_tokens=False)["input_ids"]
        assert row[side][-1] == words.eos_token_id
    assert (refused, counted.rows) == (["too-long"], 1)


def test_a_prompt_ends_where_the_answer_begins(words, tmp_path):
    talk = ours(words, "chatml")

    table, _, _ = made(records(tmp_path, [TALK]), "prompts", talk)

    assert words.decode(table["prompt_ids"][0]) == talk.render(TALK[:4], asks=True)[0]
    assert [message["role"] for message in table["prompt"][0]] == ["system", "user", "assistant", "user"]


def test_joined_texts_lose_nothing_and_fill_their_sequences(words, tmp_path):
    talk = chat(words, "plain", None)
    texts = [f"text {number} 头痛" * (number + 1) for number in range(9)]
    rows = [[{"role": "user", "content": text}] for text in texts]

    table, counted, _ = made(records(tmp_path, rows), "texts", talk, max_length=64, packed=True)
    flat = [id_ for row in table["input_ids"] for id_ in row]

    assert flat == [
        id_ for text in texts for id_ in [*words(text, add_special_tokens=False)["input_ids"], words.eos_token_id]
    ]
    assert {len(row) for row in table["input_ids"][:-1]} == {64}
    assert (counted.rows, counted.tokens, counted.learnt) == (table.height, len(flat), len(flat))


@given(text=st.text(min_size=1, max_size=30).filter(lambda text: text.strip() and "<" not in text))
def test_any_answer_is_learnt_to_the_letter(folder, text):
    from transformers import AutoTokenizer

    from train.tokens import Made, _record

    words = AutoTokenizer.from_pretrained(folder)
    talk = chat(words, "plain", None)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return

    ids, labels = _record({"messages": question(1) + said(text)}, talk, 512, Made())

    assert words.decode([id_ for id_, label in zip(ids, labels, strict=True) if label != NOT_LEARNT]) == text + "</s>"

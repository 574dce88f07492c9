"""Which tokens a model sees and which it learns."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgtools.train.data.chat import Chat, chat
from kgtools.train.data.rows import Noun
from kgtools.train.data.tokenize import NOT_LEARNT, PAIRS, PROMPTS, TOKENS, TokenCounts, _preference, _record
from tests.train.conftest import (
    ENDS,
    TALK,
    apply_template,
    byte_fallback,
    byte_level,
    decode_learnt,
    preferences,
    question,
    records,
    reply,
    tokenize_rows,
)  # fmt: skip


def test_a_text_that_holds_a_special_token_is_refused(tokenizer, tmp_path):
    rows = [question(1) + reply("ok"), [{"role": "user", "content": "a</s>b"}, *reply("ok")]]

    table, _, refused = tokenize_rows(records(tmp_path, rows), "records", chat(tokenizer, "plain", None))

    assert (table["id"].to_list(), refused) == (["r0"], ["special-token"])


def test_what_is_too_long_is_cut_at_the_end_of_a_turn(tokenizer, tmp_path):
    talk = chat(tokenizer, "plain", None)
    short = len(tokenizer(talk.render(TALK[:3])[0], add_special_tokens=False)["input_ids"])

    table, counted, _ = tokenize_rows(records(tmp_path, [TALK]), "records", talk, max_length=short + 3)
    row = table.row(0, named=True)

    assert decode_learnt(tokenizer, row) == "休息。</s>"
    assert row["input_ids"][-1] == tokenizer.eos_token_id
    assert counted.cut == {"at the end of a turn": 1}


def test_an_only_answer_that_is_too_long_is_cut_without_a_false_end(tokenizer, tmp_path):
    talk = chat(tokenizer, "plain", None)
    long = question(1) + reply("休息 " * 40)

    table, counted, refused = tokenize_rows(records(tmp_path, [long]), "records", talk, max_length=40)
    row = table.row(0, named=True)

    assert len(row["input_ids"]) == 40
    assert tokenizer.eos_token_id not in row["input_ids"]
    assert counted.cut == {"within the answer, without EOS": 1}
    assert refused == []


def test_a_question_that_leaves_no_room_for_an_answer_is_refused(tokenizer, tmp_path):
    long = [{"role": "user", "content": "头痛 " * 40}, *reply("休息")]

    table, _, refused = tokenize_rows(
        records(tmp_path, [long]), "records", chat(tokenizer, "plain", None), max_length=20
    )

    assert (table.height, refused) == (0, ["prompt-too-long"])


def test_both_answers_of_a_preference_go_on_from_one_prompt(tokenizer, tmp_path):
    talk = chat(tokenizer, "plain", None)
    rows = [(question(1), reply("休息吃药"), reply("休息")), (question(2), reply("a" * 300), reply("b"))]

    table, counted, refused = tokenize_rows(preferences(tmp_path, rows), "preferences", talk, max_length=100)
    row = table.row(0, named=True)

    for side, text in (("chosen_ids", "休息吃药"), ("rejected_ids", "休息")):
        whole = talk.render(question(1) + reply(text))[0].rstrip("\n")
        assert row["prompt_ids"] + row[side] == tokenizer(whole, add_special_tokens=False)["input_ids"]
        assert row[side][-1] == tokenizer.eos_token_id
    assert (refused, counted.rows) == (["too-long"], 1)


def test_a_prompt_ends_where_the_answer_begins(tokenizer, tmp_path):
    talk = apply_template(tokenizer, "chatml")

    table, _, _ = tokenize_rows(records(tmp_path, [TALK]), "prompts", talk)

    assert tokenizer.decode(table["prompt_ids"][0]) == talk.ask(TALK[:4])
    assert [message["role"] for message in table["prompt"][0]] == ["system", "user", "assistant", "user"]


def test_joined_texts_lose_nothing_and_fill_their_sequences(tokenizer, tmp_path):
    talk = chat(tokenizer, "plain", None)
    texts = [f"text {number} 头痛" * (number + 1) for number in range(9)]
    rows = [[{"role": "user", "content": text}] for text in texts]

    table, counted, _ = tokenize_rows(records(tmp_path, rows), "texts", talk, max_length=64, packed=True)
    flat = [id_ for row in table["input_ids"] for id_ in row]

    assert flat == [
        id_
        for text in texts
        for id_ in [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    ]
    assert {len(row) for row in table["input_ids"][:-1]} == {64}
    assert (counted.rows, counted.tokens, counted.learnt) == (table.height, len(flat), len(flat))


@pytest.fixture(scope="module", params=[byte_level, byte_fallback], ids=lambda make: make.__name__)
def plain(request: pytest.FixtureRequest) -> Chat:
    """A tokenizer of either kind with our plain template."""
    return chat(request.param(), "plain", None)


def ids_of(talk: Chat, text: str) -> list[int]:
    found: list[int] = talk.tokenizer(text, add_special_tokens=False)["input_ids"]
    return found


HOSTILE = '头痛🙂👨\u200d👩 שלוםمرحبا\u202e\u200b\u2028\0\x01\x1f\u0301é a"{{%`\\'
TEXT = st.one_of(
    st.text(st.sampled_from(HOSTILE), min_size=1, max_size=12),
    st.text(st.characters(codec="utf-8", exclude_characters="<▁"), min_size=1, max_size=12),
).filter(lambda text: text.strip() and text[0] not in "\n\r")  # a token of two line ends would reach out of the answer


@given(texts=st.tuples(TEXT, TEXT, TEXT, TEXT))
@example(texts=("头痛", " 休息", "🙂", "👨\u200d👩"))
@example(texts=("\0", "\0", "שלום", "مرحبا\u202e"))
def test_any_answer_is_learnt_to_the_letter(plain: Chat, texts: tuple[str, ...]) -> None:
    roles = ("user", "assistant", "user", "assistant")
    talk = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]

    found = _record({"messages": talk}, plain, 4096)

    assert not isinstance(found, str)
    row = dict(zip(("input_ids", "labels"), found.columns, strict=True))
    assert decode_learnt(plain.tokenizer, row) == f"{texts[1]}</s>{texts[3]}</s>"
    assert row["input_ids"] == ids_of(plain, plain.render(talk)[0])
    assert all(label in (id_, NOT_LEARNT) for id_, label in zip(*found.columns, strict=True))


@given(chosen=TEXT, rejected=TEXT)
@example(chosen="\n\nabc", rejected="\n\nabd")
@example(chosen="\n\nabc", rejected="xyz")
@example(chosen="头", rejected="痛")
def test_no_token_of_a_preference_is_split_where_the_answer_begins(plain: Chat, chosen: str, rejected: str) -> None:
    row = {"prompt": question(1), "chosen": reply(chosen), "rejected": reply(rejected)}

    found = _preference(row, plain, 4096)

    assert not isinstance(found, str)
    prompt, *answers = found.columns
    for ids, text in zip(answers, (chosen, rejected), strict=True):
        assert prompt + ids == ids_of(plain, plain.render(question(1) + reply(text))[0])
        assert plain.tokenizer.decode(ids).endswith("</s>")
        assert ids[-1] == plain.tokenizer.eos_token_id
        assert ids.count(plain.tokenizer.eos_token_id) == 1


@settings(max_examples=40)
@given(texts=st.lists(TEXT, min_size=1, max_size=9, unique=True), length=st.integers(1, 30), packed=st.booleans())
def test_texts_become_sequences_of_which_none_loses_a_token(
    plain: Chat, texts: list[str], length: int, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = records(tmp_path_factory.mktemp("texts"), [reply(text) for text in texts])
    ended = [[*ids_of(plain, text), plain.tokenizer.eos_token_id] for text in texts]

    table, counted, refused = tokenize_rows(home, "texts", plain, length, packed)
    sizes = table["input_ids"].list.len().to_list()

    assert [id_ for row in table["input_ids"] for id_ in row] == [id_ for ids in ended for id_ in ids]
    assert table["labels"].to_list() == table["input_ids"].to_list()
    assert refused == []
    if packed:
        assert set(sizes[:-1]) <= {length}
        assert counted.cut == {}
    else:
        pieces = [(f"r{number}", -(-len(ids) // length)) for number, ids in enumerate(ended)]
        assert table["id"].to_list() == [id_ for id_, times in pieces for _ in range(times)]
        assert counted.cut["into several sequences"] == sum(times > 1 for _, times in pieces)
    assert (counted.rows, counted.tokens, counted.learnt, counted.longest) == (
        len(sizes), sum(sizes), sum(sizes), max(sizes),
    )  # fmt: skip
    assert counted.context_length == pytest.approx(sum(size for size in sizes for _ in range(size)) / sum(sizes))


@pytest.mark.parametrize("name", ENDS)
def test_a_conversation_is_cut_at_the_last_end_of_an_answer_that_fits(name: str, tokenizer: Any) -> None:
    talk = apply_template(tokenizer, name)
    begins = [len(ids_of(talk, talk.ask(TALK[:size]))) for size in (2, 4)]
    ends = [len(ids_of(talk, talk.render(TALK[:size])[0])) for size in (3, 5)]
    whole = ids_of(talk, talk.render(TALK)[0])
    labels = [
        id_ if any(begin <= place < end for begin, end in zip(begins, ends, strict=True)) else NOT_LEARNT
        for place, id_ in enumerate(whole)
    ]

    for length in range(1, len(whole) + 2):
        found = _record({"messages": TALK}, talk, length)
        if length <= begins[0]:
            assert found == "prompt-too-long"
            continue
        counted = TokenCounts().plus([found])
        found = found.columns
        size, cut = next(
            (size, cut)
            for fits, size, cut in (
                (length >= ends[1], ends[1], {}),
                (length >= ends[0], ends[0], {"at the end of a turn": 1}),
                (True, length, {"within the answer, without EOS": 1}),
            )
            if fits
        )
        assert found == (whole[:size], labels[:size])
        assert (found[1][-1] == tokenizer.eos_token_id) == (size in ends)
        assert counted.cut == cut
        assert (counted.tokens, counted.longest) == (size, size)
        assert counted.learnt == size - labels[:size].count(NOT_LEARNT)


def test_what_follows_the_end_of_an_answer_is_not_learnt(tokenizer: Any, tmp_path: Path) -> None:
    own = apply_template(tokenizer, "chatml")
    text = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )  # as Qwen's has it, with a line end after each turn
    (tmp_path / "qwen.jinja").write_text(text, encoding="utf-8")
    talk = chat(own.tokenizer, str(tmp_path / "qwen.jinja"), "<|im_end|>")

    table, _, _ = tokenize_rows(records(tmp_path, [TALK]), "records", talk)
    row = table.row(0, named=True)

    assert decode_learnt(tokenizer, row) == "休息。<|im_end|>Drink water\nand sleep.<|im_end|>"
    assert row["input_ids"][-1] == row["labels"][-1] == tokenizer.eos_token_id


def test_rows_become_tokens_or_rejects(tokenizer: Any, tmp_path: Path) -> None:
    talks = [
        TALK, question(1) + reply("ok"), question(1), question(2) + reply("a</s>"), question(3) + reply("长 " * 99),
        [{"role": "user", "content": "长 " * 99}, *reply("ok")],
    ]  # fmt: skip

    table, counted, refused = tokenize_rows(
        records(tmp_path, talks), "records", chat(tokenizer, "plain", None), max_length=150
    )
    learnt_ = table["labels"].list.eval(pl.element() != NOT_LEARNT).list.sum().sum()

    assert table["id"].to_list() == ["r0", "r1", "r4"]
    assert sorted(refused) == ["no-answer", "prompt-too-long", "special-token"]
    assert counted.rows == table.height
    assert counted.tokens == table["input_ids"].list.len().sum()
    assert counted.longest == table["input_ids"].list.len().max() == 150
    assert counted.learnt == learnt_
    assert counted.cut == {"within the answer, without EOS": 1}


@pytest.mark.parametrize(("noun", "schema"), [("records", TOKENS), ("texts", TOKENS), ("prompts", PROMPTS)])
@pytest.mark.parametrize("held", ["</s>", "<pad>", "<|im_end|>"])
def test_where_every_text_holds_a_special_token_nothing_is_left(
    noun: Noun, schema: Any, held: str, tokenizer: Any, tmp_path: Path
) -> None:
    talk = apply_template(tokenizer, "chatml")
    rows = [[{"role": "user", "content": f"头痛{held}"}, *reply("ok")]]

    table, counted, refused = tokenize_rows(records(tmp_path, rows), noun, talk)

    assert (table.schema, table.height) == (pl.Schema(schema.columns), 0)
    assert (counted, refused) == (TokenCounts(), ["special-token"])


@pytest.mark.parametrize("side", ["prompt", "chosen", "rejected"])
def test_a_special_token_on_any_side_of_a_preference_is_refused(side: str, tokenizer: Any, tmp_path: Path) -> None:
    row = {"prompt": question(1), "chosen": reply("a"), "rejected": reply("b")}
    row[side] = [{**message, "content": "a<s>b"} for message in row[side]]

    table, _, refused = tokenize_rows(
        preferences(tmp_path, [tuple(row.values())]), "preferences", chat(tokenizer, "plain", None)
    )

    assert (table.schema, table.height, refused) == (pl.Schema(PAIRS.columns), 0, ["special-token"])


def test_a_preference_or_a_prompt_fits_to_the_token(tokenizer: Any, tmp_path: Path) -> None:
    talk = chat(tokenizer, "plain", None)
    pair = preferences(tmp_path / "pair", [(question(1), reply("休息吃药"), reply("休息"))])
    asks = records(tmp_path / "asks", [question(1)])
    longest = len(ids_of(talk, talk.render(question(1) + reply("休息吃药"))[0]))
    asked = len(ids_of(talk, talk.ask(question(1))))

    for folder, noun, fits, reason in (
        (pair, "preferences", longest, "too-long"),
        (asks, "prompts", asked, "prompt-too-long"),
    ):
        assert tokenize_rows(folder, noun, talk, fits)[1].longest == fits
        (folder / "tokens.parquet").unlink()
        assert tokenize_rows(folder, noun, talk, fits - 1)[2] == [reason]

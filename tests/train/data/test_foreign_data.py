"""Files of others as data, and paths that are none."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.tools.errors import InputError
from kgtools.train.data.chat import chat
from kgtools.train.data.rows import Noun, Rows, may_train, open_rows
from kgtools.train.data.tokenize import tokenize
from kgtools.train.inference.answer import questions
from kgtools.train.inference.best_of_n import Reject
from tests.train.conftest import question, recipe, records, reply

GOOD = question(0) + reply("ok")


def given(folder, noun, **changes):
    """Ids of the rows that are given out, and what was refused, with the split `train`."""
    rows = open_rows(recipe(data=(folder,), **changes), noun, folder.parent / "scratch")
    ids = [id_ for batch in rows.batches("train") for id_ in batch["id"]]
    return ids, [(id_, reason) for _, _, id_, reason in rows.rejects]


@pytest.mark.parametrize(
    ("row", "noun"),
    [
        ({"messages": GOOD}, "records"),
        ({"conversations": [{"from": "human", "value": "q?"}, {"from": "gpt", "value": "ok"}]}, "records"),
        ({"instruction": "q?", "input": "", "output": "ok"}, "records"),
        ({"prompt": question(1), "chosen": reply("a"), "rejected": reply("b")}, "preferences"),
    ],
)
def test_the_shapes_of_others_are_read(row, noun, tmp_path):
    file = tmp_path / "foreign.jsonl"
    file.write_bytes(orjson.dumps(row) + b"\n")

    rows = open_rows(recipe(data=(file,)), noun, tmp_path / "scratch")

    assert sum(batch.height for batch in rows.batches("train")) == 1
    assert list(rows.inputs) == ["foreign.jsonl"] or len(rows.inputs) == 1


def test_a_broken_row_of_a_foreign_file_is_refused_with_its_line(tmp_path):
    file = tmp_path / "foreign.jsonl"
    lines = [orjson.dumps({"messages": question(n) + reply("ok")}) for n in range(3)]
    file.write_bytes(b"\n".join([lines[0], b'{"messages": 7}', *lines[1:]]) + b"\n")

    rows = open_rows(recipe(data=(file,)), "records", tmp_path / "scratch")

    assert sum(batch.height for batch in rows.batches("train")) == 3
    assert [(name, line) for name, line, _, _ in rows.rejects] == [("foreign.jsonl", 2)]


FOREIGN: list[tuple[Noun, dict[str, Any], list[tuple[str, str]]]] = [
    ("records", {"messages": GOOD}, [("user", "头痛0怎么办?"), ("assistant", "ok")]),
    (
        "records",
        {"system": "你是医生", "conversations": [{"from": "human", "value": "q?"}, {"from": "gpt", "value": "ok"}]},
        [("system", "你是医生"), ("user", "q?"), ("assistant", "ok")],
    ),
    ("records", {"instruction": "q?", "input": "痛", "output": "ok"}, [("user", "q?\n痛"), ("assistant", "ok")]),
    ("records", {"questions": ["q?"], "answers": ["ok"]}, [("user", "q?"), ("assistant", "ok")]),
    ("texts", {"text": "痛风是病。"}, [("assistant", "痛风是病。")]),
    ("prompts", {"messages": GOOD}, [("user", "头痛0怎么办?")]),
    ("prompts", {"prompt": "q?", "chosen": "a", "rejected": "b"}, [("user", "q?")]),
    ("preferences", {"prompt": "q?", "chosen": "a", "rejected": "b"}, [("user", "q?")]),
    (
        "preferences",
        {"chosen": question(0) + reply("a"), "rejected": question(0) + reply("b")},
        [("user", "头痛0怎么办?")],
    ),
]


def opened(folder: Path, noun: Noun = "records", **changes: Any) -> Rows:
    return open_rows(recipe(data=(folder,), **changes), noun, folder.parent / "scratch")


def ids(rows: Rows, split: str = "train") -> list[str]:
    return [id_ for batch in rows.batches(split) for id_ in batch["id"]]


@pytest.mark.parametrize(("noun", "row", "messages"), FOREIGN)
def test_what_others_wrote_is_read_word_for_word(
    noun: Noun, row: dict[str, Any], messages: list[tuple[str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "foreign.jsonl"
    file.write_bytes(orjson.dumps(row) + b"\n")

    (batch,) = opened(file, noun).batches("train")

    column = "messages" if noun in ("records", "texts") else "prompt"
    assert [(message["role"], message["content"]) for message in batch[column][0]] == messages
    if noun == "preferences":
        assert (batch["chosen"].to_list(), batch["rejected"].to_list()) == ([reply("a")], [reply("b")])


def test_rows_of_a_foreign_file_are_given_or_refused_with_file_and_line(tmp_path: Path) -> None:
    talks: list[Any] = [
        GOOD, question(1), [{"role": "nurse", "content": "x"}, *reply("ok")], reply("ok"), [*question(2), *reply(" ")],
        [*question(3), {"role": "system", "content": "x"}, *reply("ok")], GOOD, question(4) + reply("ok"), [],
    ]  # fmt: skip
    file = tmp_path / "talks.jsonl"
    file.write_bytes(b"".join(orjson.dumps({"messages": talk}) + b"\n" for talk in talks) + b"{oops\n")
    rows = opened(file)

    given_out = ids(rows)

    assert sorted((line, reason) for name, line, _, reason in rows.rejects if name == "talks.jsonl") == [
        (2, "no-answer"), (3, "unknown-role"), (4, "no-question"), (5, "empty-message"), (6, "system-not-first"),
        (7, "duplicate"), (9, "no-messages"), (10, "bad-json"),
    ]  # fmt: skip
    assert len(given_out) + len(rows.rejects) == 10


def test_a_message_that_is_a_number_is_a_text_and_is_counted(tmp_path: Path) -> None:
    talks = [question(1) + reply("ok"), [*question(2), {"role": "assistant", "content": 4}]]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(orjson.dumps({"messages": talk}) for talk in talks))

    rows = opened(tmp_path / "a.jsonl")

    assert len(ids(rows)) == 2
    assert rows.counts["changed"]["messages that are a number, taken as text"] == 1


def test_a_talk_that_goes_on_behind_its_last_answer_is_cut_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps({"messages": question(1) + reply("ok") + question(2)}))

    rows = opened(tmp_path / "a.jsonl")

    assert len(ids(rows)) == 1
    assert rows.counts["changed"]["turns after the last answer"] == 1


def test_a_foreign_files_name_says_its_split(tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_bytes(orjson.dumps({"messages": GOOD}))
    (tmp_path / "test.jsonl").write_bytes(orjson.dumps({"messages": GOOD}))

    assert len(ids(opened(tmp_path / "dev.jsonl"), "validation")) == 1
    with pytest.raises(InputError, match="the data hold test 1"):
        may_train(opened(tmp_path / "test.jsonl"), recipe())


def test_a_foreign_file_is_trained_on_only_by_one_who_knows_its_licence(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps({"messages": GOOD}))
    rows = opened(tmp_path / "a.jsonl")

    with pytest.raises(InputError, match=r"unknown \(1 rows\).*'allow_license=\[unknown\]'"):
        may_train(rows, recipe())
    may_train(rows, recipe(allow_license="unknown"))


@pytest.mark.parametrize(
    ("row", "noun", "said_so"),
    [
        (
            {"prompt": "q?", "chosen": "a", "rejected": "b"},
            "records",
            "none of the shapes that hold records: messages, sharegpt",
        ),
        (
            {"messages": GOOD},
            "preferences",
            "none of the shapes that hold preferences: preference; `kgtools read auto`",
        ),
        ({"messages": GOOD}, "texts", "none of the shapes that hold texts: text;"),
        ({"prompt": "q?", "chosen": "a", "rejected": "a"}, "preferences", r"read as preference \(equal-answers 1\)"),
        ({"messages": []}, "records", r"none of its rows can be read as messages \(no-messages 1\)"),
    ],
)
def test_a_foreign_file_without_a_row_for_the_stage_is_refused(
    row: dict[str, Any], noun: Noun, said_so: str, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps(row))

    with pytest.raises(InputError, match=rf"a\.jsonl: .*{said_so}"):
        opened(tmp_path / "a.jsonl", noun)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.jsonl", "nowhere.parquet"])
def test_a_path_that_leads_nowhere_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{name}: (no such file|holds no records)"):
        opened(tmp_path / name)


def test_a_folder_of_something_else_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(InputError, match=r"holds no records\.parquet"):
        opened(tmp_path / "a")


def test_a_parquet_file_is_what_its_folder_is(tmp_path: Path) -> None:
    folder = records(tmp_path / "a", [GOOD])
    file, whole = opened(folder / "records.parquet"), opened(folder)

    assert ids(file) == ids(whole) == ["r0"]
    assert list(file.inputs) == ["records.parquet"]
    assert list(whole.inputs) == ["a/records.parquet"]
    assert list(file.inputs.values()) == list(whole.inputs.values())


def test_what_is_refused_as_text_has_file_and_line_too(tokenizer: Any, tmp_path: Path) -> None:
    talks: list[Any] = [
        GOOD, [*question(1), *reply("a</s>b")], [{"role": "user", "content": "长 " * 99}, *reply("ok")],
        [{"role": "system", "content": "x"}, *question(2), *reply("ok")],
    ]  # fmt: skip
    file = tmp_path / 'a "b" 文.jsonl'
    file.write_bytes(b"\n".join(orjson.dumps({"messages": talk}) for talk in talks))
    rows = opened(file)
    template = Path(__file__).parent / "chat" / "alternates.jinja"

    result = tokenize(rows, "train", chat(tokenizer, str(template), None), 100, False, tmp_path / "tokens.parquet")

    assert result.counts.rows == 1
    assert sorted((name, line, reason) for name, line, _, reason in result.rejects) == [
        (file.name, 2, "special-token"), (file.name, 3, "prompt-too-long"), (file.name, 4, "template-refuses"),
    ]  # fmt: skip
    assert all(id_ for *_, id_, _ in result.rejects)


def test_what_a_reader_changes_is_counted_with_what_is_changed_here(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        orjson.dumps({"messages": [{"role": "system", "content": ""}, *GOOD, *question(1)]})
    )

    rows = opened(tmp_path / "a.jsonl")

    assert ids(rows) == [rows.tables[0][1].collect()["id"][0]]
    assert rows.counts["changed"] == {
        "messages of the system without text left out": 1,
        "turns after the last answer": 1,
    }


@pytest.mark.parametrize("kind", ["text", "input_text"])
def test_parts_that_are_all_texts_are_a_text(kind: str, tmp_path: Path) -> None:
    parts = [{"type": kind, "text": "头痛"}, {"type": kind, "text": "怎么办?"}]
    image = [*parts, {"type": "image_url", "image_url": {"url": "x"}}]
    file = tmp_path / "a.jsonl"
    talks = [[{"role": "user", "content": content}, *reply("ok")] for content in (parts, image)]
    file.write_bytes(b"\n".join(orjson.dumps({"messages": talk}) for talk in talks))
    rows = opened(file)

    (batch,) = rows.batches("train")

    assert batch["messages"][0].to_list() == [{"role": "user", "content": "头痛怎么办?"}, *reply("ok")]
    assert rows.rejects == [("a.jsonl", 2, "", "needs-an-image")]


def test_questions_of_a_foreign_file_are_checked_while_it_can_be_read(tiny_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(orjson.dumps({"messages": GOOD}))
    own = {"title": "toy", "model": str(tiny_model), "data": (file,), "reward": tmp_path}

    with pytest.raises(InputError, match="licences that do not let a model be made"):
        questions(Reject(**own), tmp_path, may_train)
    asked = questions(Reject(**own, allow_license="unknown"), tmp_path, may_train)

    assert asked.table["prompt"].to_list() == [question(0)]
    (origin,) = asked.origins.values()
    assert (origin["file"], origin["line"]) == ("a.jsonl", 1)


def test_a_file_of_others_whose_rows_say_their_split_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    rows = [{"split": split, "messages": GOOD} for split in ("train", "test")]
    file.write_bytes(b"\n".join(map(orjson.dumps, rows)))

    with pytest.raises(InputError, match="2 of its rows have a key split, which is not read"):
        opened(file)


def test_a_dry_run_names_where_what_it_refuses_stands(tmp_path: Path, kgtools: Any) -> None:
    talks = [question(n) + reply("ok" * n) for n in range(1, 40)] + [question(n) for n in range(5)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(orjson.dumps({"messages": talk}) for talk in talks))
    words = (
        "--recipe",
        "tiny",
        f"data={tmp_path / 'a.jsonl'}",
        "allow_license=[unknown]",
        "model=tiny:qwen2",
        "--dry-run",
    )

    ran = kgtools("train", "sft", *words, "--out", tmp_path / "out", "--nproc", 1, "--format", "json")

    assert ran.code == 0, ran.err
    assert ran.json["rejected"] == {"no-answer": 5}
    assert ran.json["reject_examples"] == {"no-answer": ["a.jsonl:40", "a.jsonl:41", "a.jsonl:42"]}

"""Instruction files: each published shape gives its messages, and each row that is none its reason."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.read import read
from tests.corpora.readers.exams import array, lines, take, whole

ASK, TELL = "饭后胃痛怎么办？", "少吃多餐。"
ROUND = ["我胃痛。", "多久了？"]


def says(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in record["messages"]]


def chat(*said: Any, role: str = "role", text: str = "content", names: tuple[str, str] = ("user", "assistant")) -> Any:
    return [{role: names[number % 2], text: words} for number, words in enumerate(said)]


def meds(**changed: Any) -> dict[str, Any]:
    return {
        "Definition": ["Say it shorter."],
        "Instances": [{"id": "t-1", "input": "A long text.", "output": ["Short."]}],
    } | changed


SHAPES = {
    "alpaca": ("alpaca", lines({"instruction": ASK, "input": "", "output": TELL}), [("user", ASK), ("assistant", TELL)]),
    "alpaca with an input": (
        "alpaca", array({"instruction": "译", "input": ASK, "output": TELL}), [("user", f"译\n{ASK}"), ("assistant", TELL)]
    ),
    "alpaca with a system and rounds": (
        "alpaca", lines({"system": "你是医生", "history": [ROUND], "instruction": ASK, "output": TELL}),
        [("system", "你是医生"), ("user", ROUND[0]), ("assistant", ROUND[1]), ("user", ASK), ("assistant", TELL)],
    ),
    "bianque": (
        "bianque", f'input,target\n"病人：{ROUND[0]}\n医生：{ROUND[1]}\n病人：{ASK}\n医生：\n",{TELL}\n',
        [("user", ROUND[0]), ("assistant", ROUND[1]), ("user", ASK), ("assistant", TELL)],
    ),
    "huatuo in lists": (
        "huatuo", lines({"instruction": [ASK], "input": [""], "output": [TELL]}), [("user", ASK), ("assistant", TELL)]
    ),
    "huatuo wrapped twice": ("huatuo", lines({"questions": [[ASK, "胃痛？"]], "answers": [TELL]}), [("user", ASK), ("assistant", TELL)]),
    "huatuo's lite": (
        "huatuo", lines({"id": 1, "question": ASK, "answer": TELL, "related_diseases": "胃炎", "label": "消化科", "score": 5}),
        [("user", ASK), ("assistant", TELL)],
    ),
    "bentsao's talks": (
        "huatuo", array({"instruction": f" <user>: {ROUND[0]} <bot>: {ROUND[1]} <user>: {ASK}", "input": "", "output": TELL}),
        [("user", ROUND[0]), ("assistant", ROUND[1]), ("user", ASK), ("assistant", TELL)],
    ),
    "meadow": ("meadow", array({"instruction": "Answer.", "input": "Why?", "output": "So."}), [("user", "Answer.\nWhy?"), ("assistant", "So.")]),
    "meds-ins with a list": ("meds-ins", whole(meds()), [("system", "Say it shorter."), ("user", "A long text."), ("assistant", "Short.")]),
    "meds-ins with a text": (
        "meds-ins", whole(meds(Definition="Say it shorter.", Instances=[{"id": "t", "input": "A long text.", "output": "Short."}])),
        [("system", "Say it shorter."), ("user", "A long text."), ("assistant", "Short.")],
    ),
    "messages": ("messages", lines({"messages": chat(ASK, TELL)}), [("user", ASK), ("assistant", TELL)]),
    "messages in parts": (
        "messages", lines({"messages": chat([{"type": "text", "text": ASK}], [{"type": "output_text", "text": TELL}])}),
        [("user", ASK), ("assistant", TELL)],
    ),
    "messages with nothing from the system": (
        "messages", lines({"messages": [{"role": "system", "content": None}, *chat(ASK, TELL)]}), [("user", ASK), ("assistant", TELL)]
    ),
    "promptcblue": (
        "promptcblue", lines({"input": ASK, "target": TELL, "answer_choices": [], "task_type": "cls", "task_dataset": "X", "sample_id": "1"}),
        [("user", ASK), ("assistant", TELL)],
    ),
    "sharegpt": (
        "sharegpt", lines({"system": "你是医生", "conversations": chat(ASK, TELL, role="from", text="value", names=("human", "gpt"))}),
        [("system", "你是医生"), ("user", ASK), ("assistant", TELL)],
    ),
    "sharegpt with an empty system": (
        "sharegpt", lines({"conversations": [{"from": "system", "value": " "}, *chat(ASK, TELL, role="from", text="value")]}),
        [("user", ASK), ("assistant", TELL)],
    ),
    "sharegpt with roles": ("sharegpt", array({"conversation": chat(ASK, TELL)}), [("user", ASK), ("assistant", TELL)]),
    "text in JSON": ("text", lines({"text": TELL}), [("assistant", TELL)]),
    "text in a plain file": ("text", f"\n\n{ASK}\n{TELL}\n", [("assistant", f"{ASK}\n{TELL}")]),
}  # fmt: skip
FAULTS = {
    "alpaca without an output": ("alpaca", lines({"instruction": ASK}), "missing-field"),
    "alpaca with true": ("alpaca", lines({"instruction": ASK, "output": True}), "wrong-type"),
    "alpaca with two outputs": ("alpaca", lines({"instruction": ASK, "output": [TELL, ASK]}), "wrong-type"),
    "alpaca with two answers": ("alpaca", lines({"question": ASK, "answer": "甲", "response": "乙"}), "two-answers"),
    "alpaca with a list as system": ("alpaca", lines({"instruction": ASK, "output": TELL, "system": [1]}), "wrong-type"),
    "alpaca with half a round": ("alpaca", lines({"instruction": ASK, "output": TELL, "history": [["只问"]]}), "wrong-type"),
    "alpaca with an empty output": ("alpaca", lines({"instruction": ASK, "output": " "}), "empty-message"),
    "bianque without its columns": ("bianque", "问,答\n甲,乙\n", "missing-field"),
    "bianque without a patient": ("bianque", f"input,target\n医生：,{TELL}\n", "no-question"),
    "huatuo with an address": ("huatuo", lines({"questions": [ASK], "answers": ["https://example.org/1.html"]}), "answer-is-a-url"),
    "huatuo with two questions and two answers": ("huatuo", lines({"questions": [ASK, "何为痛风？"], "answers": [TELL, "乙"]}), "which-answer"),
    "huatuo with two lists and two answers": ("huatuo", lines({"questions": [[ASK, "q"], ["痛风？"]], "answers": [TELL, "乙"]}), "which-answer"),
    "huatuo without an answer": ("huatuo", lines({"questions": [ASK], "answers": []}), "empty-message"),
    "huatuo with an object": ("huatuo", lines({"questions": [ASK], "answers": [{"a": 3}]}), "wrong-type"),
    "huatuo wrapped without end": ("huatuo", '{"questions":' + "[" * 90 + "]" * 90 + ',"answers":["a"]}\n', "wrong-type"),
    "huatuo without a question": ("huatuo", lines({"answers": [TELL]}), "missing-field"),
    "huatuo with a talk of the bot's alone": ("huatuo", lines({"instruction": "<bot>: 您好", "output": TELL}), "no-question"),
    "meds-ins with a list": ("meds-ins", array(meds()), "not-an-object"),
    "meds-ins without a definition": ("meds-ins", whole({"Instances": []}), "missing-field"),
    "meds-ins without instances": ("meds-ins", whole(meds(Instances=[])), "no-instances"),
    "meds-ins with a bad instance": ("meds-ins", whole(meds(Instances=[{"input": 1, "output": "x"}])), "bad-instance"),
    "meds-ins with an empty output": ("meds-ins", whole(meds(Instances=[{"input": "x", "output": [" "]}])), "empty-message"),
    "messages that are a text": ("messages", lines({"messages": ASK}), "missing-field"),
    "messages with an object": ("messages", lines({"messages": [{"role": "user", "content": {}}]}), "wrong-type"),
    "messages with an image": (
        "messages", lines({"messages": chat([{"type": "text", "text": ASK}, {"type": "image_url", "image_url": {}}], TELL)}), "needs-an-image"
    ),
    "messages of a tool": ("messages", lines({"messages": [{"role": "tool", "content": "x"}]}), "uses-tools"),
    "messages of a stranger": ("messages", lines({"messages": [{"role": "nobody", "content": "x"}]}), "unknown-role"),
    "messages without an answer": ("messages", lines({"messages": chat(ASK)}), "no-answer"),
    "messages without a question": ("messages", lines({"messages": [{"role": "assistant", "content": TELL}]}), "no-question"),
    "messages with a late system": (
        "messages", lines({"messages": [*chat(ASK, TELL), {"role": "system", "content": "x"}, *chat(ASK, TELL)]}), "system-not-first"
    ),
    "promptcblue's hidden test": ("promptcblue", lines({"input": ASK, "target": "", "task_dataset": "X"}), "no-answer"),
    "promptcblue with a number": ("promptcblue", lines({"input": 1, "target": TELL}), "wrong-type"),
    "promptcblue without an input": ("promptcblue", lines({"target": TELL}), "missing-field"),
    "sharegpt with a number as system": ("sharegpt", lines({"system": 1, "conversations": chat(ASK, TELL)}), "wrong-type"),
    "sharegpt without messages": ("sharegpt", lines({"conversations": []}), "no-messages"),
    "text that is a number": ("text", lines({"text": 1}), "wrong-type"),
    "an object without text": ("text", lines({"txt": "x"}), "missing-field"),
    "a document too long": ("text", "长" * 600_000 + "\n" + "长" * 600_000 + "\n", "too-long"),
}  # fmt: skip
PAIRS = {
    "texts": {"prompt": ASK, "chosen": TELL, "rejected": "不知道。"},
    "question": {"question": ASK, "response_chosen": TELL, "response_rejected": "不知道。", "system": "", "history": []},
    "conversations": {
        "conversations": chat(ASK, role="from", text="value", names=("human", "gpt")),
        "chosen": {"from": "gpt", "value": TELL}, "rejected": {"from": "gpt", "value": "不知道。"},
    },
    "messages": {"prompt": chat(ASK), "chosen": chat(TELL, names=("assistant", "")), "rejected": chat("不知道。", names=("assistant", ""))},
    "parts": {
        "prompt": [{"role": "user", "content": [{"type": "text", "text": ASK}]}], "chosen": [{"type": "text", "text": TELL}],
        "rejected": [{"role": "assistant", "content": [{"type": "text", "text": "不知道。"}]}],
    },
    "nothing from the system": {"prompt": [{"role": "system", "content": ""}, *chat(ASK)], "chosen": TELL, "rejected": "不知道。"},
    "no prompt": {"chosen": chat(ASK, TELL), "rejected": chat(ASK, "不知道。")},
}  # fmt: skip
BAD_PAIRS = {
    "missing-field": {"prompt": ASK, "chosen": TELL},
    "prompts-differ": {"chosen": chat(ASK, TELL), "rejected": chat(TELL, ASK)},
    "not-one-answer": {"prompt": ASK, "chosen": chat(TELL, ASK), "rejected": TELL},
    "no-question": {"prompt": chat(ASK, TELL), "chosen": TELL, "rejected": "不"},
    "system-not-first": {"prompt": [*chat(ASK, TELL), {"role": "system", "content": "x"}, *chat(ASK)], "chosen": TELL, "rejected": "不"},
    "equal-answers": {"prompt": ASK, "chosen": TELL, "rejected": TELL},
    "empty-message": {"prompt": ASK, "chosen": TELL, "rejected": " "},
    "wrong-type": {"system": 1, "prompt": ASK, "chosen": TELL, "rejected": "不"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_each_published_shape_gives_its_messages(shape: str, tmp_path: Path) -> None:
    name, data, said = SHAPES[shape]
    found = take(tmp_path, name, {"rows.json": data})

    assert found.rejects == []
    assert [says(record) for record in found.records] == [said]
    assert found.column("license") == ["unknown"]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_reason_at_its_line(fault: str, tmp_path: Path) -> None:
    name, data, reason = FAULTS[fault]
    found = take(tmp_path, name, {"rows.csv" if name == "bianque" else "rows.json": data})

    assert [row[-1] for row in found.rejects] == [reason]
    assert found.rejects[0][0].startswith("exam/rows.")
    assert found.records == []


@pytest.mark.parametrize("shape", PAIRS)
def test_each_shape_of_a_preference_gives_its_pair(shape: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(lines(PAIRS[shape]), encoding="utf-8")
    outcome = read("preference", [tmp_path / "pairs.jsonl"], tmp_path / "out", {})
    pairs = pl.read_parquet(tmp_path / "out" / "preferences.parquet").rows(named=True)

    assert outcome.written == 1
    assert [
        [[turn["content"] for turn in pair[side]] for side in ("prompt", "chosen", "rejected")] for pair in pairs
    ] == [[[ASK], [TELL], ["不知道。"]]]


@pytest.mark.parametrize("reason", BAD_PAIRS)
def test_each_fault_of_a_preference_has_its_reason(reason: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text(lines(PAIRS["texts"], BAD_PAIRS[reason]), encoding="utf-8")
    read("preference", [tmp_path / "pairs.jsonl"], tmp_path / "out", {})

    rejects = pl.read_parquet(tmp_path / "out" / "rejects.parquet")
    assert rejects.select("line", "reason").rows() == [(2, reason)]


@pytest.mark.parametrize(("join", "between"), [("blank-line", "\n\n"), ("space", " ")])
def test_what_stands_between_instruction_and_input_can_be_chosen(join: str, between: str, tmp_path: Path) -> None:
    found = take(tmp_path, "alpaca", {"a.json": lines({"instruction": "译", "input": ASK, "output": TELL})}, join=join)
    assert found.said("user") == [f"译{between}{ASK}"]


def test_the_instruction_can_be_the_systems_message(tmp_path: Path) -> None:
    row = {"instruction": "译", "input": ASK, "output": TELL}
    found = take(tmp_path, "alpaca", {"a.json": lines(row)}, join="system")
    assert says(found.records[0]) == [("system", "译"), ("user", ASK), ("assistant", TELL)]


@pytest.mark.parametrize("name", ["alpaca", "messages", "sharegpt", "huatuo"])
def test_the_split_is_what_a_word_of_the_files_name_says(name: str, tmp_path: Path) -> None:
    rows = {
        "alpaca": {"instruction": ASK, "output": TELL}, "messages": {"messages": chat(ASK, TELL)},
        "sharegpt": {"conversation": chat(ASK, TELL)}, "huatuo": {"questions": [ASK], "answers": [TELL]},
    }  # fmt: skip
    found = take(tmp_path, name, {"test_zh_0.json": lines(rows[name])})
    assert found.column("split") == ["test"]


def test_messages_of_one_speaker_in_a_row_become_one_and_are_counted(tmp_path: Path) -> None:
    said = [*chat(ASK), *chat("已经三天了。"), *chat(TELL, names=("assistant", ""))]
    found = take(tmp_path, "messages", {"a.jsonl": lines({"messages": said})})

    assert says(found.records[0]) == [("user", f"{ASK}\n已经三天了。"), ("assistant", TELL)]
    assert found.outcome.changed["messages joined to the one before, of the same speaker"] == 1


def test_messages_of_the_system_that_say_nothing_are_counted(tmp_path: Path) -> None:
    empty = [{"role": "system", "content": text} for text in ("", None, [])]
    rows = [{"messages": [one, *chat(ASK + str(number), TELL)]} for number, one in enumerate(empty)]

    found = take(tmp_path, "messages", {"talks.jsonl": lines(*rows)})

    assert len(found.records) == 3
    assert found.outcome.changed == {"messages of the system without text left out": 3}


def test_talks_that_begin_alike_are_one_group_and_answers_to_a_question_too(tmp_path: Path) -> None:
    talks = [{"history": [ROUND], "instruction": asked, "output": TELL} for asked in ("三天。", "一周。")]
    grown = take(tmp_path / "a", "alpaca", {"a.json": array(*talks)})
    answers = take(tmp_path / "b", "huatuo", {"a.json": lines({"questions": [ASK], "answers": [TELL, "去医院。"]})})

    assert len(set(grown.column("group"))) == 1
    assert len(set(answers.column("group"))) == 1
    assert answers.said("assistant") == [TELL, "去医院。"]


def test_the_first_of_several_paraphrases_is_asked_and_the_others_are_in_the_meta(tmp_path: Path) -> None:
    found = take(tmp_path, "huatuo", {"a.json": lines({"questions": [ASK, "胃痛？"], "answers": [TELL]})})

    assert (found.said("user"), found.meta("paraphrases")) == ([ASK], [["胃痛？"]])


def test_rewrites_of_a_definition_are_drawn_by_the_seed(tmp_path: Path) -> None:
    rewrites = {"task7": {"original_def": "x", "auto_rewrite_def": ["甲", "乙", "甲"]}}
    (tmp_path / "rewrites.json").write_text(whole(rewrites), encoding="utf-8")
    instances = [{"id": str(at), "input": f"text {at}", "output": "x"} for at in range(40)]
    data = {"task7_x.json": whole(meds(Instances=instances)), "task8_y.json": whole(meds())}
    found = take(tmp_path, "meds-ins", data, rewrites=str(tmp_path / "rewrites.json"))
    again = take(tmp_path / "again", "meds-ins", data, rewrites=str(tmp_path / "rewrites.json"))

    assert set(found.said("system")) == {"甲", "乙", "Say it shorter."}
    assert found.outcome.changed["definitions without a rewrite"] == 1
    assert again.said("system") == found.said("system")


def test_documents_part_at_the_separator_and_one_too_long_does_not_hide_the_next(tmp_path: Path) -> None:
    data = "甲\n\n乙\n----\n" + "长" * 1_000_001 + "\n----\n丙\n----\n\n----\n"
    found = take(tmp_path, "text", {"a.txt": data}, separator="----")

    assert found.said("assistant") == ["甲\n\n乙", "丙"]
    assert found.rejects == [("exam/a.txt", 5, "too-long")]
    assert {record["task"] for record in found.records} == {"text"}

"""Instructions and talks in the forms in which people publish them: `read auto` names who reads them, who gives their messages."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.detect import who_reads
from tests.corpora.readers.exams import lines, take

Q, A, Q2, A2 = "孩子咳嗽三天了？", "多喝温水。", "高血压能喝咖啡吗？", "少量可以。"
ONE, TWO = [("user", Q), ("assistant", A)], [("user", Q), ("assistant", A), ("user", Q2), ("assistant", A2)]


def chat(role: str, text: str, user: str, assistant: str) -> list[dict[str, str]]:
    return [{role: user, text: Q}, {role: assistant, text: A}]


def table(*rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def system(said: str) -> list[tuple[str, str]]:
    return [("system", said), *ONE]


SHAPES: dict[str, tuple[str, Any, list[tuple[str, str]]]] = {
    "prompt, completion": ("alpaca", {"prompt": Q, "completion": A}, ONE),
    "prompt, response": ("alpaca", {"prompt": Q, "response": A}, ONE),
    "query, response, history of pairs": ("alpaca", {"query": Q2, "response": A2, "history": [[Q, A]]}, TWO),
    "history of objects": ("alpaca", {"prompt": Q2, "response": A2, "history": [{"prompt": Q, "response": A}]}, TWO),
    "history of messages": ("alpaca", {"instruction": Q2, "output": A2, "history": chat("role", "content", "user", "assistant")}, TWO),
    "question, answer": ("alpaca", {"question": Q, "answer": A}, ONE),
    "Question, Response": ("alpaca", {"Question": Q, "Response": A}, ONE),
    "Chinese keys": ("alpaca", {"问题": Q, "回答": A}, ONE),
    "instruction, context, response": ("alpaca", {"instruction": "看病历。", "context": Q, "response": A}, [("user", f"看病历。\n{Q}"), ONE[1]]),
    "instruction, question, answer": ("alpaca", {"instruction": "回答。", "question": Q, "answer": A}, [("user", f"回答。\n{Q}"), ONE[1]]),
    "a note and its question": ("alpaca", {"note": "胸痛一天。", "question": Q, "answer": A}, [("user", f"{Q}\n胸痛一天。"), ONE[1]]),
    "an article and its query": ("alpaca", {"article": "论心脏 一文", "query": Q, "response": A}, [("user", f"{Q}\n论心脏 一文"), ONE[1]]),
    "an empty input beside a context": (
        "alpaca", {"instruction": "看。", "input": "", "context": Q, "output": A}, [("user", f"看。\n{Q}"), ONE[1]]
    ),
    "a context that the prompt has": ("alpaca", {"prompt": f"胸痛。{Q}", "background": "胸痛。", "response": A}, [("user", f"胸痛。{Q}"), ONE[1]]),
    "the whole row as text once more": ("alpaca", {"instruction": Q, "output": A, "text": f"### {Q}\n{A}"}, ONE),
    "a case that is a number": ("alpaca", {"case": "case-0012", "question": Q, "answer": A}, ONE),
    "a talk of BELLE": ("alpaca", {"instruction": f"Human:{Q}\nAssistant:{A}\nHuman:{Q2}\nAssistant:", "input": "", "output": A2}, TWO),
    "input, output": ("alpaca", {"input": Q, "output": A}, ONE),
    "system_prompt": ("alpaca", {"system_prompt": "你是医生", "instruction": Q, "input": None, "output": A}, system("你是医生")),
    "a list of one output": ("alpaca", {"instruction": Q, "output": [A]}, ONE),
    "a number": ("alpaca", {"question": Q, "answer": 18}, [ONE[0], ("assistant", "18")]),
    "a table": ("alpaca", table(["question", "answer"], [Q, A]), ONE),
    "a table with tabs": ("alpaca", table(["instruction", "output"], [Q, A], delimiter="\t"), ONE),
    "human and gpt": ("sharegpt", {"conversations": chat("from", "value", "human", "gpt")}, ONE),
    "User and Assistant": ("sharegpt", {"conversations": chat("role", "content", "User", "Assistant")}, ONE),
    "系统 and 助手": ("sharegpt", {"conversations": chat("role", "content", "用户", "助手"), "system": "你是医生"}, system("你是医生")),
    "a dialogue of speakers": ("sharegpt", {"dialogue": chat("speaker", "text", "患者", "医生")}, ONE),
    "a dialog of lines": ("sharegpt", {"dialog": [f"病人：{Q}", f"医生: {A}"]}, ONE),
    "a dialogue in one text": ("sharegpt", {"dialogue": f"患者：{Q}\\n医生：{A}"}, ONE),
    "rounds of human and assistant": ("sharegpt", {"conversation": [{"human": Q, "assistant": A}, {"human": Q2, "assistant": A2}]}, TWO),
    "rounds of input and output": ("sharegpt", {"conversation": [{"system": "你是医生", "input": Q, "output": A}]}, system("你是医生")),
    "rounds of pairs": ("sharegpt", {"dialog": [[Q, A], [Q2, A2]]}, TWO),
    "messages": ("messages", {"messages": chat("role", "content", "user", "assistant")}, ONE),
    "messages in a text": ("messages", {"messages": orjson.dumps(chat("role", "content", "user", "assistant")).decode()}, ONE),
    "a table of one column of messages": (
        "messages", table(["messages"], [orjson.dumps(chat("role", "content", "user", "assistant")).decode()]), ONE
    ),
    "a table of one column of talks": ("sharegpt", table(["dialogue"], [f"患者：{Q}\n医生：{A}"]), ONE),
    "lines of HuatuoGPT": ("sharegpt", {"data": [f"问：{Q}", f"答：{A}"]}, ONE),
    "a document with its meta": ("text", {"text": A, "meta": {"source": "pubmed"}}, ONE[1:]),
    "an article of Wikipedia": ("text", {"id": "1", "title": "心脏", "url": "http://x", "text": A}, ONE[1:]),
    "messages of parts": (
        "messages", {"messages": [{"role": "user", "content": [{"type": "text", "text": Q}]}, {"role": "bot", "content": A}]}, ONE
    ),
    "messages with a developer": (
        "messages", {"messages": [{"role": "developer", "content": "你是医生"}, *chat("role", "content", "user", "ai")]},
        system("你是医生"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_auto_names_who_reads_a_natural_shape_and_it_gives_the_messages(shape: str, tmp_path: Path) -> None:
    name, data, said = SHAPES[shape]
    found = take(tmp_path, name, {"a.dat": data if isinstance(data, str) else lines(data, data)})

    assert [reader for _, reader, _ in who_reads([tmp_path / "exam" / "a.dat"]).matches] == [name]
    assert found.rejects == []
    assert [(turn["role"], turn["content"]) for turn in found.records[0]["messages"]] == said


@pytest.mark.parametrize("key", ["messages", "conversations", "dialogue"])
def test_a_talk_is_kept_from_the_first_question_to_the_last_answer(key: str, tmp_path: Path) -> None:
    said = [("assistant", "您好。"), ("user", Q), ("assistant", A), ("user", "好的，谢谢。"), ("user", "再见。")]
    row = {key: [{"role": role, "content": text} for role, text in said]}
    found = take(tmp_path, "messages" if key == "messages" else "sharegpt", {"a.jsonl": lines(row)})

    assert [(turn["role"], turn["content"]) for turn in found.records[0]["messages"]] == ONE
    assert found.outcome.changed == {
        "messages joined to the one before, of the same speaker": 1,
        "messages of doctors before the first of the patient cut off": 1,
        "turns after the last answer": 1,
    }


def test_a_system_stays_before_a_talk_that_begins_with_the_doctor(tmp_path: Path) -> None:
    said = [("system", "你是医生"), ("assistant", "您好。"), ("user", Q), ("assistant", A)]
    found = take(tmp_path, "messages", {"a.jsonl": lines({"messages": [{"role": r, "content": t} for r, t in said]})})

    assert [(turn["role"], turn["content"]) for turn in found.records[0]["messages"]] == system("你是医生")


def test_of_several_outputs_the_first_is_the_answer_and_the_others_are_references(tmp_path: Path) -> None:
    task = {
        "Definition": ["Answer."],
        "Instances": [{"input": "Why?", "output": ["So.", "Thus."]}, {"input": "How?", "output": ["A."]}],
    }
    found = take(tmp_path, "meds-ins", {"task1_x.json": orjson.dumps(task, option=orjson.OPT_INDENT_2)})

    assert found.column("answer") == found.said("assistant") == ["So.", "A."]
    assert found.meta("references") == [["Thus."], None]


def test_an_instruction_with_a_better_and_a_worse_answer_is_a_preference(tmp_path: Path) -> None:
    row = {"instruction": "回答。", "input": Q, "chosen": A, "rejected": "不知道。"}
    (tmp_path / "a.jsonl").write_text(lines(row), encoding="utf-8")

    assert [reader for _, reader, _ in who_reads([tmp_path / "a.jsonl"]).matches] == ["preference"]

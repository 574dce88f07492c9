"""No key of a row vanishes without a word, and one that makes of a row something else refuses it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.read import read
from kgtools.tools.errors import InputError
from tests.conftest import Ran
from tests.corpora.readers.exams import lines, take
from tests.workbooks import workbook

Q, A = "高血压可以喝咖啡吗？", "少量可以，注意监测血压。"


def talk(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": Q}, {"role": "assistant", "content": A} | more]}


GOOD = {
    "alpaca": {"instruction": Q, "input": "", "output": A},
    "messages": talk(),
    "huatuo": {"question": Q, "answer": A},
    "bianque": {"input": f"病人：{Q}\n医生：", "target": A},
    "chatdoctor": {"instruction": "x", "input": Q, "output": A},
    "promptcblue": {"input": Q, "target": A},
    "preference": {"prompt": Q, "chosen": A, "rejected": "不知道。"},
    "text": {"text": A},
    "cmb": {"question": Q, "option": {"A": "能", "B": "不能"}, "answer": "A"},
    "medqa": {"question": Q, "options": {"A": "能", "B": "不能"}, "answer": "能", "answer_idx": "A"},
    "mlec-qa": {"qtext": Q, "options": {"A": "能", "B": "不能"}, "answer": "A"},
    "cmb-clin": {"description": Q, "QA_pairs": [{"question": "怎么办？", "solution": A}]},
    "sharegpt": {"conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": A}]},
    "cmtmedqa": {"instruction": Q, "output": A, "cate1": "内科"},
    "meddialog": {"utterances": [f"病人：{Q}", f"医生：{A}"]},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_key_that_nobody_reads_is_told_by_every_reader(name: str, tmp_path: Path) -> None:
    rows = [GOOD[name] | ({"nobody": n} if n else {}) | {"blank": "", "none": None} for n in range(3)]
    (tmp_path / "a.jsonl").write_text(lines(*rows), encoding="utf-8")

    outcome = read(name, [tmp_path / "a.jsonl"], tmp_path / "out", {})

    assert outcome.written == 3
    assert outcome.unread == {"nobody": 2}
    assert orjson.loads((tmp_path / "out" / "run.json").read_bytes())["unread"] == {"nobody": 2}


def test_keys_within_messages_and_columns_of_tables_are_told_and_those_of_refused_rows_are_not(tmp_path: Path) -> None:
    within = take(tmp_path / "a", "messages", {"a.jsonl": lines(talk(name="x"), {"messages": 3, "lost": 1})})
    table = take(tmp_path / "b", "cmd", {"a.csv": f"department,title,ask,answer,月份\n内科,{Q},无,{A},5\n"})

    assert within.outcome.unread == {"messages[].name": 1}
    assert table.outcome.unread == {"月份": 1}


def test_unread_keys_are_printed_with_their_rows(tmp_path: Path, kgtools: Callable[..., Ran]) -> None:
    (tmp_path / "a.jsonl").write_text(
        lines(*[GOOD["alpaca"] | {"rationale": "因为", "label": True}] * 3), encoding="utf-8"
    )

    ran = kgtools("read", "alpaca", tmp_path / "a.jsonl", "--out", tmp_path / "o")
    told = kgtools("read", "alpaca", tmp_path / "a.jsonl", "--out", tmp_path / "p", "--format", "json")

    assert "keys not read: label 3, rationale 3" in ran.err
    assert told.json["unread"] == {"label": 3, "rationale": 3}


PICTURE = {"type": "image_url", "image_url": {"url": "a.png"}}
MEANS = {
    "kto's worse answer": (GOOD["alpaca"] | {"label": False}, "answer-to-avoid"),
    "kto's worse answer, LLaMA-Factory's": (GOOD["alpaca"] | {"kto_tag": "false"}, "answer-to-avoid"),
    "an image": (GOOD["alpaca"] | {"images": ["a.png"]}, "needs-an-image"),
    "an image in its place": (GOOD["alpaca"] | {"instruction": "<image>\n这是什么？"}, "needs-an-image"),
    "a sound": (GOOD["alpaca"] | {"audios": ["a.wav"]}, "needs-media"),
    "tools": (GOOD["alpaca"] | {"tools": '[{"name": "lab"}]'}, "uses-tools"),
    "a weight of nothing": (GOOD["alpaca"] | {"weight": 0}, "not-to-be-learnt"),
    "a worse answer": (GOOD["alpaca"] | {"rejected": "不知道。"}, "is-a-preference"),
    "options beside a letter": ({"question": Q, "options": {"A": "能"}, "answer": "A"}, "options-not-read"),
    "options beside a number": ({"question": Q, "choices": ["能", "不能"], "answer": 0}, "options-not-read"),
    "options beside a right one's text": ({"question": Q, "options": {"A": "能", "B": "不能"}, "answer": "能"}, "options-not-read"),
    "options in one text": ({"question": Q, "options": "选项：\nA. 能\nB. 不能", "answer": "能，少量。"}, "options-not-read"),
    "options in one line": ({"question": Q, "options": "A. 能 B. 不能", "answer": "能，少量。"}, "options-not-read"),
    "options beside the name of one": ({"question": Q, "opa": "能", "opb": "不能", "answer": "opb"}, "options-not-read"),
    "options a key each": ({"question": Q, "A": "能", "B": "不能", "answer": "能"}, "options-not-read"),
    "kto's 0": ({"prompt": Q, "completion": A, "label": 0}, "answer-to-avoid"),
    "kto's 0 in a table's text": ({"prompt": Q, "completion": A, "label": "0.0"}, "answer-to-avoid"),
    "kto's 0 beside messages": (talk() | {"label": 0}, "answer-to-avoid"),
    "kto's -1 beside messages": (talk() | {"label": -1}, "answer-to-avoid"),
    "kto's no": (talk() | {"label": "no"}, "answer-to-avoid"),
    "an answer that is rejected": (GOOD["alpaca"] | {"label": "rejected"}, "answer-to-avoid"),
    "an answer that is not correct": (GOOD["alpaca"] | {"is_correct": False}, "answer-to-avoid"),
    "a picture by number": (GOOD["alpaca"] | {"instruction": "q <image_1> b"}, "needs-an-image"),
    "a picture of Qwen-VL": (GOOD["alpaca"] | {"instruction": "Picture 1: <img>a.jpg</img>\n何病？"}, "needs-an-image"),
    "a picture of HTML": (GOOD["alpaca"] | {"instruction": "<img src='a.png'/>何病？"}, "needs-an-image"),
    "a picture of Markdown": (GOOD["alpaca"] | {"instruction": "![](http://x/y.png) what"}, "needs-an-image"),
    "a template of Baize": (GOOD["alpaca"] | {"instruction": "A talk.\n[|Human|] 痛风？\n[|AI|] 尿酸。\n[|Human|] 治？\n[|AI|]"}, "turns-in-a-text"),
    "a template of ChatML": (GOOD["alpaca"] | {"instruction": "<|im_start|>user\n头痛<|im_end|>\n<|im_start|>assistant\n"}, "turns-in-a-text"),
    "a template of Llama": (GOOD["alpaca"] | {"instruction": "<s>[INST] 头痛 [/INST]"}, "turns-in-a-text"),
    "a template of Alpaca": (GOOD["alpaca"] | {"instruction": "Below.\n\n### Instruction:\n头痛\n\n### Response:"}, "turns-in-a-text"),
    "a talk in a message": (
        {"messages": [{"role": "user", "content": "Human: 头痛\nAssistant: 多久？\nHuman: 三天\nAssistant:"}, {"role": "assistant", "content": A}]},
        "turns-in-a-text",
    ),
    "an image as a part": ({"messages": [{"role": "user", "content": [PICTURE]}, {"role": "assistant", "content": A}]}, "needs-an-image"),
    "a call of a tool": (talk(tool_calls=[{"id": 1}]), "uses-tools"),
    "a call without words": (talk(content=None, tool_calls=[{"id": 1}]), "uses-tools"),
    "an answer not to learn": (talk(weight=0), "not-to-be-learnt"),
    "an answer not to train on": (talk(train=False), "not-to-be-learnt"),
}  # fmt: skip
MEANS_NOTHING = [
    GOOD["alpaca"] | {"label": True, "images": [], "tools": "[]", "weight": 1, "image": None, "video": ""},
    GOOD["alpaca"] | {"label": 0},
    GOOD["alpaca"] | {"label": "内科", "instruction": "`<image>` 标签是什么？"},
    {
        "messages": [
            {"role": "user", "content": Q, "weight": 0, "train": False},
            {"role": "assistant", "content": A, "weight": 1},
        ]
    },
    {"question": f"{Q}\nA. 能\nB. 不能", "options": ["能", "不能"], "answer": "A"},
    {"question": f"{Q} A. 能 B. 不能", "options": "A. 能\nB. 不能", "answer": "能"},
    {"question": Q, "choice": "单选", "answer": "能，少量。"},
    {"question": Q, "answer": A, "label": 0},
    {"question": Q, "answer": A, "correct": "no"},
    {"prompt": Q, "completion": A, "label": 1},
    talk() | {"label": "肺炎"},
    GOOD["alpaca"] | {"output": "<img src='a.png'/> 就是这样写的。"},
    GOOD["alpaca"] | {"instruction": "HTML 的 <img> 标签怎么用？"},
    GOOD["alpaca"] | {"instruction": "`[INST]` 和 `![](a.png)` 是什么？"},
    GOOD["alpaca"] | {"instruction": "请总结：\n患者：头痛\n医生：多久了？\n患者：三天"},
]


@pytest.mark.parametrize("what", MEANS)
def test_what_changes_the_meaning_of_a_row_refuses_it(what: str, tmp_path: Path) -> None:
    row, reason = MEANS[what]
    name = "messages" if "messages" in row else "alpaca"
    found = take(tmp_path, name, {"a.jsonl": lines(GOOD[name], row)})

    assert found.rejects == [("exam/a.jsonl", 2, reason)]
    assert found.outcome.written == 1


def test_a_document_may_have_pictures_and_templates_in_it(tmp_path: Path) -> None:
    texts = ["心脏是泵。\n![图](a.png)", "<s>[INST] 痛风？ [/INST] 尿酸。 </s>"]

    assert take(tmp_path, "text", {"a.jsonl": lines(*({"text": text} for text in texts))}).said("assistant") == texts


@pytest.mark.parametrize("row", MEANS_NOTHING)
def test_what_changes_nothing_refuses_nothing(row: dict[str, Any], tmp_path: Path) -> None:
    found = take(tmp_path, "messages" if "messages" in row else "alpaca", {"a.jsonl": lines(row)})

    assert (found.rejects, found.outcome.written) == ([], 1)


def test_an_answer_of_one_letter_needs_the_options_that_huatuo_does_not_know(tmp_path: Path) -> None:
    row = {"question": Q, "options": {"A": "能", "B": "不能"}, "answer": "B"}

    assert take(tmp_path, "huatuo", {"a.jsonl": lines(row)}).reasons() == {"options-not-read": 1}


def test_an_exam_with_one_more_option_or_another_key_is_refused(tmp_path: Path) -> None:
    row = {"question": Q, "opa": "甲", "opb": "乙", "opc": "丙", "opd": "丁"}
    found = take(tmp_path, "medmcqa", {"a.jsonl": lines(row | {"ope": "戊", "cop": 1}, row | {"answer": "A"})})

    assert [reason for *_, reason in found.rejects] == ["options-not-read", "key-not-read"]


@pytest.mark.parametrize("repeated", ['"output": "不行", ', '"": 1, "": 2, '])
def test_a_key_given_twice_refuses_its_row_in_every_layout(repeated: str, tmp_path: Path) -> None:
    twice = f'{{"instruction": "{Q}", {repeated}"output": "{A}"}}'
    good = orjson.dumps(GOOD["alpaca"] | {"input": '他说"：": "好"'}).decode()
    for name, data in {"a.jsonl": f"{good}\n{twice}\n", "b.json": f"[{good},\n{twice}]"}.items():
        found = take(tmp_path / name, "alpaca", {name: data})
        assert (found.rejects, found.outcome.written) == ([(f"exam/{name}", 2, "key-given-twice")], 1)


def test_two_columns_of_one_name_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.csv:1: two columns are called 'answer': rename one"):
        take(tmp_path, "alpaca", {"a.csv": "question,answer,answer\n甲,乙,丙\n"})


def test_a_sheet_that_is_not_read_is_told_and_can_be_asked_for(tmp_path: Path) -> None:
    head = ["question", "answer"]
    data = {"a.xlsx": workbook(sheets={"内科": [head, [Q, A]], "空": [], "外科": [head, ["骨折了？", "拍片。"]]})}
    first = take(tmp_path / "a", "alpaca", data)
    second = take(tmp_path / "b", "alpaca", data, sheet="外科")
    detail = pl.read_parquet(tmp_path / "a" / "out" / "rejects.parquet")["detail"].to_list()

    assert first.said("user") == [Q]
    assert first.reasons() == {"sheet-not-read": 1}
    assert detail == ["'外科'; --set sheet=外科 reads it instead of '内科'"]
    assert (second.said("user"), second.rejects) == (["骨折了？"], [])
    with pytest.raises(InputError, match="there is no sheet '儿科'; there are: 内科, 空, 外科"):
        take(tmp_path / "c", "alpaca", data, sheet="儿科")


def test_keys_of_patients_records_that_nobody_reads_are_named(tmp_path: Path) -> None:
    row = {"主诉": "咳嗽", "现病史": "咳嗽三天。", "初步诊断": "支气管炎", "经治医师": "李四", "血型": "O"}

    assert take(tmp_path, "ehr", {"a.jsonl": lines(row)}).outcome.unread == {"经治医师": 1, "血型": 1}

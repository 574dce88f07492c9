"""What a file escaped is mended wherever it is read; what only looks like an escape stays."""

from pathlib import Path

import pytest

from corpora.escapes import without_escapes
from tests.corpora.readers.exams import lines, take

ESCAPED = {
    r"病人：头痛\n医生：多久了？\n": "病人：头痛\n医生：多久了？\n",
    r"Hello,\nHow are you?\r\nFine.": "Hello,\nHow are you?\nFine.",
    r"Symptoms:\nfever\ncough\n2. rash": "Symptoms:\nfever\ncough\n2. rash",
    r"姓名\t张": "姓名\t张",
    r"\frac{1}{2}\n答案": "\\frac{1}{2}\n答案",
    r"A:\nThe second one.": "A:\nThe second one.",
    r"\u4f60\u597d": "你好",
    "一<br>二<BR/>三<br />四": "一\n二\n三\n四",
    "白细胞&gt;10&nbsp;说明&#x5934;&#30171;&ldquo;感染&rdquo;": "白细胞>10 说明头痛“感染”",
    "&amp;nbsp;头痛&amp;lt;3天": " 头痛<3天",
}
PLAIN = [
    r"若 $a \neq b$，则 \times、\text{体温}、\nu、\tau、\rho、\nabla f",
    r"C:\new\times 和 D:\Notes\New，\\server\new\x",
    r'用[\t\n]分割，或 \d+\n，或写 "\n"',
    'printf("%.0f。\\n", n)',
    "`病人\\n医生`，```\n<br>&nbsp;\\n\n```",
    r"data\new\train",
    r"[\u4e00-\u9fff]",
    "体温 < 37 & 脉搏 > 60，R&D，AT&T; x&foo; ?a=1&copy=2",
    "<b>粗</b> a<brain>b",
]


@pytest.mark.parametrize("text", ESCAPED)
def test_an_escape_becomes_what_it_stands_for(text: str) -> None:
    plain, number = without_escapes(text)

    assert plain == ESCAPED[text]
    assert number > 0
    assert without_escapes(plain) == (plain, 0)


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_an_escape_stays(text: str) -> None:
    assert without_escapes(text) == (text, 0)


def test_the_doctors_words_are_not_the_patients_where_line_breaks_are_escaped(tmp_path: Path) -> None:
    found = take(
        tmp_path, "bianque", {"a.csv": "input,target\n病人：咳嗽\\n医生：多久了？\\n病人：两天\\n医生：,多喝水。\n"}
    )

    assert found.said("user") == ["咳嗽", "两天"]
    assert found.said("assistant") == ["多久了？", "多喝水。"]
    assert found.outcome.changed["literal-escapes"] == 3


ROWS = {
    "alpaca": {"instruction": "头痛&gt;3天", "output": "去医院。<br>复查。"},
    "messages": {"messages": [{"role": "user", "content": "头痛&gt;3天"}, {"role": "assistant", "content": "去医院。<br>复查。"}]},
    "sharegpt": {"conversations": [{"from": "human", "value": "头痛&gt;3天"}, {"from": "gpt", "value": "去医院。<br>复查。"}]},
    "huatuo": {"questions": ["头痛&gt;3天"], "answers": ["去医院。<br>复查。"]},
    "chatdoctor": {"instruction": "x", "input": "头痛&gt;3天", "output": "去医院。<br>复查。"},
    "promptcblue": {"input": "头痛&gt;3天", "target": "去医院。<br>复查。"},
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_escapes_are_mended_and_counted_whoever_reads(name: str, tmp_path: Path) -> None:
    found = take(tmp_path, name, {"a.jsonl": lines(ROWS[name])})

    assert found.said("user") == ["头痛>3天"]
    assert found.said("assistant") == ["去医院。\n复查。"]
    assert found.outcome.changed["literal-escapes"] == 2


def test_the_options_of_an_exam_are_mended_in_its_meta_too(tmp_path: Path) -> None:
    row = {"question": "体温&gt;37？", "options": {"A": "是&nbsp;的", "B": "否"}, "answer": "否", "answer_idx": "B"}
    found = take(tmp_path, "medqa", {"a.jsonl": lines(row)})

    assert found.meta("options") == [{"A": "是 的", "B": "否"}]
    assert found.meta("question") == ["体温>37？"]

"""What a file escaped is mended wherever it is read; what only looks like an escape stays."""

from pathlib import Path

import orjson
import pytest

from kgtools.corpora.text.escapes import without_escapes
from tests.corpora.readers.exams import lines, take

ESCAPED = {
    "空腹血糖&nbsp;和&nbsp;糖化血红蛋白": "空腹血糖 和 糖化血红蛋白",
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
    r"dose: 500mg\ntwice daily": "dose: 500mg\ntwice daily",
    r"See\nhttps://www.who.int/x": "See\nhttps://www.who.int/x",
    r"fever for a week\nand a cough": "fever for a week\nand a cough",
    r'他说：\n"头痛"': '他说：\n"头痛"',
}
HTML = {
    "<p>您好：</p><p>&nbsp;&nbsp;建议<strong>尽快</strong>就诊。</p>": "您好：\n建议尽快就诊。",
    '<p style="text-indent:2em">Rest.<br />Drink.</p>\n\n<p>Bye</p>': "Rest.\nDrink.\nBye",
    "<div>您好</div><div><br></div><div>再见</div>": "您好\n再见",
    "治疗：<ul>\n <li>休息</li>\n <li>补液</li>\n</ul>请复诊。": "治疗：\n休息\n补液\n请复诊。",
    '见<a href="http://x.cn/1">指南</a>。<br/>谢谢': "见指南。\n谢谢",
    "<table><tr><td>WBC</td><td>6.5</td></tr><tr><td>HGB</td><td>120</td></tr></table>": "WBC\t6.5\nHGB\t120",
    "&lt;p&gt;多喝水&lt;/p&gt;&lt;p&gt;休息&lt;/p&gt;": "多喝水\n休息",
    "<p>10<sup>9</sup>/L，体温<38，p<0.05</p>": "10<sup>9</sup>/L，体温<38，p<0.05",
}
NO_HTML = [
    "<5 mmol/L，p<0.05，a<b 且 c>d", "<think>先想</think>答", "<patient><p>张</p></patient>", "<p>只有开头", "<b>粗</b> 细", "<span>x</span>",
]  # fmt: skip
MEANT = [
    r"用 re.split(r'\n+', text) 分行", r"匹配换行用 \n，匹配制表符用 \t。", r"sed 's/\r\n/\n/g' a.txt", "What is \\n in C?", r"'%s\t%s\n'",
    r'json.dumps gives "主诉\n现病史"', r"grep -P '\t5' a", r'{"诊断": "肺炎", "计划": "休息\n补液"}', r"把 \n 替换成空格", r"“\n”是什么",
    r"Answer in the format 'Gender: M\nAge: 40\n' and nothing else.",
    "In HTML, <br> breaks a line", "Write R&amp;D to see R&D", "用 &nbsp; 可以空一格", "as &lt; and as &gt;", "<br> and <br/>?", "the <br> tag",
    "&#39; 是单引号", "&quot; 表示双引号", "Does <br> need an end?", "小于号写成 &lt;。",
    "&ge; for ≥", "&amp; 是什么？", "用 &lt;sup&gt; 写上标", r"ends with \r\n.", "怎么去掉 &nbsp;？", "<!DOCTYPE html><p>请排队。</p>",
]  # fmt: skip
MEDICINE = [
    "a skin tag\nRest.", "a clinical entity\nRest.", "escape beats\nRest.", "实体瘤\n标记物高", "药品标签\n遵医嘱", "置换行走\n休息",
    "he said 'rest'\nOK", "s/p CABG\nCAD/HTN/DM", "sed rate 20\nCRP 5", "Echo - normal\nEF 60%", "头痛\n怎么办？", "遵医嘱使用\n不良反应", "http://x.cn/a.html\n谢谢",
    "符合\n符合肺炎", "I ache \n and cough", "[Pneumonia]\n(rest)",
]  # fmt: skip
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


@pytest.mark.parametrize("text", HTML)
def test_the_blocks_of_html_become_lines_and_its_emphasis_loses_its_tags(text: str) -> None:
    plain, number = without_escapes(text)

    assert plain == HTML[text]
    assert number > 0


@pytest.mark.parametrize("text", NO_HTML)
def test_what_only_looks_like_html_stays(text: str) -> None:
    assert without_escapes(text) == (text, 0)


@pytest.mark.parametrize("text", MEANT)
def test_a_text_that_speaks_of_signs_or_is_code_stays_as_a_whole(text: str) -> None:
    assert without_escapes(text) == (text, 0)
    assert without_escapes(rf"头痛&nbsp;三天。\n{text}")[1] == 0


@pytest.mark.parametrize("text", MEDICINE)
def test_words_of_medicine_that_are_programmings_too_do_not_hinder(text: str) -> None:
    escaped = text.replace("\n", r"\n")

    assert without_escapes(escaped) == (text, 1)


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


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("网页里怎样换行？HTML", "<br>就行。"),
        ("How is a note split in Python?", r"On \n."),
        ("用 &nbsp; 空一格？", "是的，&nbsp;一个。"),
    ],
)
def test_an_answer_to_a_question_about_signs_says_them_as_they_stand(asked: str, answer: str, tmp_path: Path) -> None:
    found = take(tmp_path, "alpaca", {"a.jsonl": lines({"instruction": asked, "output": answer})})

    assert found.said("user") == [asked]
    assert found.said("assistant") == [answer]
    assert "literal-escapes" not in found.outcome.changed


def test_who_speaks_is_told_behind_escaped_signs(tmp_path: Path) -> None:
    talks = [r"病人：头痛\n医生：多久了？\n病人：两天\n医生：休息", ["<p>病人：咳</p>", "医生&#65306;喝水"]]
    found = take(tmp_path, "sharegpt", {"a.jsonl": lines(*({"conversation": talk} for talk in talks))})

    assert found.said("user") == ["头痛", "两天", "咳"]
    assert found.said("assistant") == ["多久了？", "休息", "喝水"]
    assert found.outcome.changed["literal-escapes"] == 6


def test_the_fields_of_a_description_are_told_behind_escaped_line_breaks(tmp_path: Path) -> None:
    row = {"description": r"疾病：感冒\n病情描述：头痛两天", "utterances": ["病人：要吃药吗？", "医生&#65306;多休息。"]}
    found = take(tmp_path, "meddialog", {"a.json": orjson.dumps([row])}, description="illness")

    assert found.said("user") == ["头痛两天\n\n要吃药吗？"]
    assert found.said("assistant") == ["多休息。"]
    assert found.outcome.changed["literal-escapes"] == 2


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

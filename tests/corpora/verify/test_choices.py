"""Answers that are letters, true or false, or that nobody can tell."""

from dataclasses import replace

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import ENGLISH, FALSE, NAMES, ONE, SEVERAL, TRUE, UNSAID


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        "B.",
        "(B)",
        "（Ｂ）",
        "答案：B",
        "答案是B。",
        "正确答案为 B",
        "选B",
        "应选B",
        "我选择B选项",
        "**B**",
        r"\boxed{B}",
        r"$\boxed{\text{B}}$",
        "The answer is (B)",
        "The answer is B.",
        "Answer: B",
        "answer: b",
        "I choose B",
        "Option B",
        "B is correct.",
        "The correct option is B, because cough is common.",
        "B. 咳嗽",
        "B、咳嗽",
        "B：咳嗽",
        "咳嗽",
        "答案是咳嗽",
        "咳嗽（B）",
        "A... wait, 答案是B",
        "A不对，应该是B",
        "答案是A。不对，答案是B",
        "选A？不，选B",
        "不是A、C或D，是B",
        "<think>A，还是C？</think>B",
        "排除A、C、D，答案为B",
        "A错误，B正确，C错误，D错误",
        "B\n\n解析：A是发热，不常见。",
        "答案：B。理由：肺炎常有咳嗽。",
        "B B",
        "B。所以答案是B。",
        '{"answer": "B"}',
        "<answer>B</answer>",
        "选项B正确",
        "故选B。",
        "The best answer is B",
        "Ⓑ",
    ],
)
def test_the_right_letter_is_read_however_it_is_written(text: str) -> None:
    found = score(text, ONE)

    assert (found.verdict, found.total) == ("right", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "C.",
        "答案：D",
        "不是B",
        "B不对",
        "答案不是B",
        "A或B",
        "可能是A也可能是B",
        "B，也可能是C",
        "ABCD",
        "A、B、C、D",
        "A. 发热\nB. 咳嗽\nC. 头痛\nD. 胸痛",
        "B. 发热",
        "B（发热）",
        "答案是B，即头痛",
        "A. 咳嗽",
        "答案：A（咳嗽）",
        "咳嗽，选A",
        "Not B",
        "B is wrong",
        "It could be A or B",
        "答案：F",
        "发热",
        "发热或咳嗽",
        "rule out B, so A",
    ],
)
def test_another_letter_or_one_beside_another_text_is_wrong(text: str) -> None:
    found = score(text, ONE)

    assert (found.verdict, found.total) == ("wrong", 0.0)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Dry cough", "right"),
        ("dry coughs", "right"),
        ("The answer is dry cough.", "right"),
        ("B. Dry cough", "right"),
        ("A dry cough is typical.", "right"),
        ("B. Fever", "wrong"),
        ("A fever", "wrong"),
        ("It is not fever but dry cough", "right"),
        ("I think it's B", "right"),
        ("b)", "right"),
        ("I don't know", "abstained"),
        ("It depends on vitamin B levels", "no_answer"),
        ("", "no_answer"),
        ("<think>B", "no_answer"),
        ("<think></think>", "no_answer"),
        ("A patient may have many things", "no_answer"),
    ],
)
def test_options_are_read_by_their_text_too(text: str, verdict: str) -> None:
    assert score(text, ENGLISH).verdict == verdict


@pytest.mark.parametrize(
    "text",
    [
        "AC",
        "ac",
        "A、C",
        "A and C",
        "A,C",
        "A C",
        "C、A",
        "答案：AC",
        "选A和C",
        "A. 发热\nC. 头痛",
        "发热和头痛",
        "A以及C",
        "A和C都正确",
        "The answers are A and C.",
        r"\boxed{AC}",
        "A/C",
        "答案是A、C，不是B",
    ],
)
def test_several_letters_are_read_as_a_set(text: str) -> None:
    found = score(text, SEVERAL)

    assert (found.verdict, found.answer) == ("right", 1)


@pytest.mark.parametrize(
    ("text", "verdict", "recall", "precision"),
    [
        ("A", "partial", 0.5, 1.0),
        ("AB", "partial", 0.5, 0.5),
        ("ABC", "partial", 1.0, 0.67),
        ("BD", "wrong", 0, 0),
        ("ABCDE", "wrong", 0, 0),
    ],
)
def test_some_of_several_letters_are_a_part(text: str, verdict: str, recall: float, precision: float) -> None:
    found = score(text, SEVERAL)

    assert (found.verdict, found.recall, round(found.precision, 2)) == (verdict, recall, precision)


def test_in_a_question_for_what_is_not_so_to_deny_is_to_choose() -> None:
    assert score("咳嗽不是其症状", ONE, None, "下列哪项不是胃炎的症状？").verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "错",
        "错误",
        "错误。",
        "不正确",
        "不对",
        "不对的",
        "否",
        "×",
        "✗",
        "False",
        "false.",
        "No",
        "no, it is not",
        "该说法错误",
        "这个说法是错误的",
        "这种说法不正确。",
        "这是不对的",
        "答案：错",
        "答案是否",
        "The statement is false.",
        "It is not true.",
        "This is incorrect.",
        "Answer: False",
        "判断：错误",
        "**错误**",
        "正确。不对，答案是错误",
        "<think>对</think>错",
        "腹泻不是肺炎的症状",
        "Diarrhea is not a symptom of pneumonia.",
        "不是",
        "不是的。",
        "該說法錯誤",
        r"\boxed{False}",
        "错误，错误。",
        "No. Pneumonia does not cause diarrhea.",
        "我认为是错的",
    ],
)
def test_false_is_read_however_it_is_said(text: str) -> None:
    assert (score(text, FALSE).verdict, score(text, replace(FALSE, right="true")).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    "text",
    [
        "对",
        "对的",
        "正确",
        "正确。",
        "是",
        "是的",
        "√",
        "True",
        "Yes",
        "yes.",
        "该说法正确",
        "这句话是对的",
        "答案：对",
        "答案是正确",
        "The statement is true.",
        "It is correct.",
        "Yes, it is.",
        "没错",
        "这种说法没有错",
        "发热是肺炎的症状",
        "Fever is a symptom of pneumonia.",
        "错误。等一下，答案应该是正确",
        "正確",
        "✓",
        "Correct",
        "是的，肺炎会引起发热。",
        "this is right",
    ],
)
def test_true_is_read_however_it_is_said(text: str) -> None:
    assert (score(text, TRUE).verdict, score(text, replace(TRUE, right="false")).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    "text", ["对也错", "yes and no", "Yes. No.", "true/false", "是也不是", "正确和错误", "既对又错", "True or False"]
)
def test_both_at_once_is_wrong(text: str) -> None:
    assert (score(text, TRUE).total, score(text, FALSE).total) == (0, 0)
    assert score(text, TRUE).verdict == "wrong"


def test_neither_is_no_answer_and_not_to_know_is_to_abstain() -> None:
    assert score("", TRUE).verdict == "no_answer"
    assert score("今天天气很好", TRUE).verdict == "no_answer"
    assert score("无法判断", TRUE).verdict == "abstained"
    assert score("I cannot tell.", TRUE).verdict == "abstained"


@pytest.mark.parametrize(
    "text",
    [
        "不知道",
        "资料中没有提到。",
        "资料中未提及肺炎的这一信息",
        "无法确定",
        "The sources do not say.",
        "I don't know.",
        "图谱中没有相关信息，建议咨询医生。",
        "I'm not sure, please consult a doctor.",
        "抱歉，我不清楚",
        "The sources don't mention this.",
        "There is no information about this in the sources.",
        "資料中沒有提到",
        "It cannot be determined from the given data.",
        "没有足够的信息回答这个问题",
        "This is not stated in the sources.",
        "暂无相关记载",
        "资料没有说明肺炎是否用阿司匹林治疗",
    ],
)
def test_to_say_that_the_sources_do_not_say_is_right_where_they_do_not(text: str) -> None:
    found = score(text, UNSAID, NAMES)

    assert (found.verdict, found.total, found.abstained) == ("right", 1.0, 1)
    assert score(text, ONE, NAMES).verdict == "abstained"


@pytest.mark.parametrize(
    "text",
    [
        "阿司匹林",
        "可以用头孢克肟。",
        "不知道，但答案是阿司匹林",
        "The sources do not say, but aspirin is used.",
        "资料未提及，不过一般用头孢克肟",
        "某种药物",
        "I don't know. The answer is ibuprofen.",
        "是的",
    ],
)
def test_a_claim_is_wrong_where_the_sources_do_not_say(text: str) -> None:
    found = score(text, UNSAID, NAMES)

    assert (found.verdict, found.total) == ("wrong", 0.0)


@pytest.mark.parametrize(
    "text", ["", "  \n", "<think>不知道", "好的。", "我来帮您查一下这个问题！", "Sure, let me look that up for you."]
)
def test_nothing_is_no_answer_even_where_the_sources_do_not_say(text: str) -> None:
    assert score(text, UNSAID, NAMES).verdict == "no_answer"

"""Options chosen in words, statements that are concluded, and what runs on to another question."""

from dataclasses import replace

import pytest

from kgtools.corpora.verify import Item, score
from tests.corpora.verify.items import BOTH, ENGLISH, FALSE, NAMES, ONE, SEVERAL, SYMPTOMS, TRUE

THREE = replace(SEVERAL, options={"A": "Fever", "B": "Dry cough", "C": "Rash", "D": "Dyspnoea"}, right="ABD")
SAFE = Item("boolean", about=(("metformin", "二甲双胍"),), right="true")


@pytest.mark.parametrize(
    "text",
    [
        "Everything except C.",
        "All of them but C.",
        "Every option apart from C.",
        "Fever, cough... so all except C.",
        "All are correct except for C",
        "Only C is wrong.",
        "C is the only wrong one.",
        "All the options other than C apply.",
        "除C外都对。",
        "除了C，其余都正确。",
        "除C之外，其他选项均正确",
        "只有C不对。",
        "仅C错误。",
        "* A (the usual sign)\n* B (mostly dry)\n* D (late)\n\nC is an allergy, so it is not chosen.",
        "A: yes\nB: yes\nC: no\nD: yes",
        "A ✓\nB ✓\nC ✗\nD ✓",
    ],
)
def test_all_but_one_are_chosen_in_words(text: str) -> None:
    assert score(text, THREE).verdict == "right"


@pytest.mark.parametrize(
    "text", ["正确答案是A、B、C、D，全选。", "全选", "以上全部正确。", "All of the above.", "All are correct."]
)
def test_all_options_in_words_are_partly_right_and_earn_little(text: str) -> None:
    found = score(text, THREE)

    assert found.verdict == "partial"
    assert 0 < found.total < score("A", THREE).total
    assert score("ABCD", THREE).verdict == "wrong"


@pytest.mark.parametrize(
    "more",
    [
        "\n\nQuestion: Which drug treats it?\nA) Fever\nB) Aspirin\nC) Quinine\nAnswer: C",
        "\nQuestion 2: What of flu?\nAnswer: A",
        "\n\nHuman: And what is D?\nAssistant: D",
        "\n### Instruction:\nChoose.\n### Response:\nC",
        "\nUser: thanks\nAssistant: A",
        "\n\n问：流感有什么症状？\n答：A",
        "\n\n下列哪项是流感的症状？\nA. 皮疹\nB. 黄疸\nC. 水肿\n答案：C",
        "\n题目：另一题\n答案：D",
    ],
)
def test_what_follows_another_question_belongs_to_no_answer(more: str) -> None:
    assert score(f"B{more}", ONE).verdict == "right"
    assert score(f"A{more}".replace("Answer: C", "Answer: B"), ENGLISH).verdict == "wrong"
    assert score(f"发热、咳嗽、胸痛、呼吸困难{more}便秘、头痛", SYMPTOMS, NAMES).verdict == "right"


def test_a_question_that_is_said_again_before_the_answer_is_no_other() -> None:
    question = "Which symptom is most common in pneumonia?"

    assert score(f"Let me see.\nQuestion: {question}\nAnswer: B", ENGLISH, None, question).verdict == "right"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("The statement is therefore correct.", "The statement is therefore not correct."),
        ("So the claim is clearly accurate.", "So the claim is clearly not accurate."),
        ("This statement is, in fact, valid.", "This statement is unfounded."),
        ("The statement holds true.", "The claim does not hold."),
        ("The claim is well founded.", "The claim is a myth."),
        ("The statement is quite right.", "The statement is not entirely correct."),
        ("该说法因此是正确的。", "该说法因此不正确。"),
        ("这个说法有依据。", "这个说法没有依据。"),
        ("这种说法站得住脚。", "这种说法与事实不符。"),
        ("该陈述符合事实。", "该陈述难以成立。"),
    ],
)
def test_a_sentence_concludes_on_the_statement(true: str, false: str) -> None:
    assert (score(true, TRUE).verdict, score(false, TRUE).verdict) == ("right", "wrong")
    assert (score(true, FALSE).verdict, score(false, FALSE).verdict) == ("wrong", "right")


@pytest.mark.parametrize(
    "text",
    [
        "If the statement is right then my answer is true; if the statement is not right then my answer is false.",
        "If it is true, true. If it is not, false.",
        "True if the statement holds, otherwise false.",
        "如果这个说法正确，则答案为正确；如果不正确，则答案为错误。",
        "若该说法成立则选对，若不成立则选错。",
        "对就答对，错就答错。",
    ],
)
def test_a_condition_on_the_statement_decides_nothing(text: str) -> None:
    assert score(text, TRUE).verdict != "right"
    assert score(text, FALSE).verdict != "right"


def test_what_is_permitted_is_not_forbidden() -> None:
    question = "Is it correct that metformin is contraindicated in severe renal failure?"

    assert score("The kidney plays no part, so it can safely be given.", SAFE, None, question).verdict == "wrong"
    assert score("It must not be given, as lactate rises.", SAFE, None, question).verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "Both cause palpitations and weight loss. They differ in the rest: diabetes has polydipsia, the other exophthalmos.",
        "心悸、消瘦是共同的。不同点：糖尿病有多饮，甲亢有突眼。",
        "两者病因不同，但都有心悸、消瘦。",
        "Palpitations and weight loss are common to both; the difference is polydipsia.",
    ],
)
def test_what_differs_is_not_shared(text: str) -> None:
    assert score(text, BOTH).verdict == "right"

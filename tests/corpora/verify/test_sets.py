"""Answers that are names: what is claimed, denied, turned round or left out."""

import pytest

from kgtools.corpora.verify import Item, Step, explain, score
from kgtools.corpora.verify.forms.plans import hops
from tests.corpora.verify.items import AVOIDED, CAUSE, DIABETES, FOODS, NAMES, PATH, SYMPTOMS


def parts(text: str, item: Item = SYMPTOMS, question: str = "") -> tuple[str, float, float]:
    found = score(text, item, NAMES, question)
    return found.verdict, round(found.recall, 2), round(found.precision, 2)


@pytest.mark.parametrize(
    "text",
    [
        "发热、咳嗽、胸痛、呼吸困难",
        "发烧，咳嗽，胸痛和气促",
        "肺炎的症状包括发热、咳嗽、胸痛以及呼吸困难。",
        "1. 发热\n2. 咳嗽\n3. 胸痛\n4. 呼吸困难",
        "- **发热**\n- **咳嗽**\n- **胸痛**\n- **呼吸困难**",
        "發熱、咳嗽、胸痛、呼吸困難",
        "發燒；咳嗽；胸痛；氣促",
        "fever, cough, chest pain and dyspnea",
        "The symptoms are Fever, Cough, Chest Pain, and Dyspnea.",
        "<think>会不会是腹泻？</think>发热、咳嗽、胸痛、呼吸困难",
        "腹泻……</think>\n发热、咳嗽、胸痛、呼吸困难",
        "<answer>发热、咳嗽、胸痛、呼吸困难</answer>",
        "｜发热｜咳嗽｜胸痛｜呼吸困难｜",
        "发热、咳嗽、胸痛、呼吸困难，不包括便秘",
        "发热、咳嗽、胸痛、呼吸困难，没有腹泻。",
        "Fever, cough, chest pain, dyspnea but not constipation",
        "发热、发热、咳嗽、胸痛、呼吸困难",
        "发热 (fever)、咳嗽 (cough)、胸痛 (chest pain)、呼吸困难 (dyspnea)",
        "腹泻。不对，答案是发热、咳嗽、胸痛、呼吸困难",
        "除了发热，还有咳嗽、胸痛和呼吸困难",
        "不仅有发热，还有咳嗽、胸痛、呼吸困难",
        "Not only fever but also cough, chest pain and dyspnea",
        '{"answer": ["发热", "咳嗽", "胸痛", "呼吸困难"]}',
        "发 热、咳 嗽、胸 痛、呼 吸 困 难",
        "fevers, coughs, chest pains, dyspnea",
    ],
)
def test_a_whole_answer_is_right_however_it_is_written(text: str) -> None:
    found = score(text, SYMPTOMS, NAMES)

    assert (found.verdict, found.answer, found.total) == ("right", 1, 1.0)


@pytest.mark.parametrize(
    ("text", "verdict", "recall", "precision"),
    [
        ("发热和咳嗽", "partial", 0.5, 1),
        ("发热、咳嗽、腹泻", "partial", 0.5, 0.67),
        ("fever, headache", "partial", 0.25, 0.5),
        ("腹泻和头痛", "wrong", 0, 0),
        ("发热和便秘", "wrong", 0.25, 0.5),
        ("发热、咳嗽、胸痛、便秘", "partial", 0.75, 0.75),
        ("没有发热，有咳嗽", "partial", 0.25, 1),
        ("不包括发热", "wrong", 0, 0),
        ("不包括发热、咳嗽和胸痛，有呼吸困难", "partial", 0.25, 1),
        ("发热不是肺炎的症状", "wrong", 0, 0),
        ("发热和咳嗽都不是，胸痛是", "partial", 0.25, 1),
        ("并非发热，而是咳嗽", "partial", 0.25, 1),
        ("是咳嗽而不是发热", "partial", 0.25, 1),
        ("除发热外都不是", "wrong", 0, 0),
        ("未见发热，可见胸痛", "partial", 0.25, 1),
        ("发热：无；咳嗽：有", "partial", 0.25, 1),
        ("not fever, cough, or chest pain, but dyspnea", "partial", 0.25, 1),
        ("It is cough rather than fever.", "partial", 0.25, 1),
        ("Cough without fever", "partial", 0.25, 1),
        ("Fever is not a symptom. Cough is.", "partial", 0.25, 1),
        ("Neither fever nor cough, only dyspnea", "partial", 0.25, 1),
        ("All except fever; cough", "partial", 0.25, 1),
        ("高热惊厥", "wrong", 0, 0),
        ("肺结核", "wrong", 0, 0),
        ("不知道", "abstained", 0, 0),
        ("I don't know whether it is fever.", "abstained", 0, 0),
        ("不确定，但答案是发热和咳嗽", "partial", 0.5, 1),
        ("", "no_answer", 0, 0),
        ("好的，让我想想。", "no_answer", 0, 0),
        ("<think>发热、咳嗽</think>", "no_answer", 0, 0),
        ("<think>发热、咳嗽、胸痛", "no_answer", 0, 0),
    ],
)
def test_what_is_claimed_and_what_is_denied_is_told_apart(
    text: str, verdict: str, recall: float, precision: float
) -> None:
    assert parts(text) == (verdict, recall, precision)


def test_so_many_as_are_asked_for_are_enough() -> None:
    two = Item("set", about=SYMPTOMS.about, answers=SYMPTOMS.answers, asked=2)

    assert score("发热、咳嗽", two, NAMES).verdict == "right"
    assert score("发热、咳嗽、胸痛", two, NAMES).total == 1.0
    assert score("发热", two, NAMES).recall == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "2型糖尿病",
        "二型糖尿病",
        "II型糖尿病",
        "Ⅱ型糖尿病",
        "２型糖尿病",
        "2 型糖尿病",
        "type 2 diabetes",
        "Type-2 Diabetes",
        "二型糖尿病。",
    ],
)
def test_numerals_of_names_are_equal(text: str) -> None:
    assert score(text, DIABETES, NAMES).verdict == "right"


@pytest.mark.parametrize(
    "text", ["1型糖尿病", "12型糖尿病", "糖尿病足", "糖尿病", "type 1 diabetes", "type 22 diabetes"]
)
def test_another_number_or_a_part_of_a_name_is_another_thing(text: str) -> None:
    assert score(text, DIABETES, NAMES).verdict == "wrong"


def test_a_name_within_a_longer_one_is_not_said() -> None:
    item = Item("set", answers=(("糖尿病", "diabetes"),))

    assert score("糖尿病足", item, NAMES).verdict == "wrong"
    assert score("糖尿病足和糖尿病", item, NAMES).recall == 1
    assert score("糖尿病肾病", item).verdict == "wrong"
    assert score("类风湿关节炎", Item("set", answers=(("风湿关节炎",),))).verdict == "wrong"
    assert score("antidiabetes", item).verdict == "wrong"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("应多吃樱桃、黄瓜，忌啤酒和动物内脏", "right"),
        ("樱桃和黄瓜；避免喝啤酒。", "right"),
        ("樱桃、黄瓜，不宜吃动物内脏", "right"),
        ("樱桃、啤酒", "wrong"),
        ("啤酒不能喝，樱桃和黄瓜可以吃", "right"),
        ("应避免樱桃", "wrong"),
        ("Eat cherries and cucumber, avoid beer.", "right"),
        ("Cherries should be avoided.", "wrong"),
        ("cherries, cucumber; beer is contraindicated", "right"),
        ("cherries and cucumber. Patients should not drink beer.", "right"),
    ],
)
def test_to_advise_against_what_must_not_be_said_costs_nothing(text: str, verdict: str) -> None:
    assert score(text, FOODS, NAMES, "痛风患者宜吃什么？").verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("应避免啤酒和动物内脏", "right"),
        ("忌吃动物内脏，不能喝啤酒", "right"),
        ("啤酒、动物内脏", "right"),
        ("Avoid beer and offal.", "right"),
        ("忌樱桃", "wrong"),
        ("忌啤酒和动物内脏，可以吃樱桃", "right"),
        ("They should not have beer or offal", "right"),
        ("啤酒、樱桃", "wrong"),
    ],
)
def test_where_what_to_avoid_is_asked_for_to_advise_against_it_is_the_answer(text: str, verdict: str) -> None:
    assert score(text, AVOIDED, NAMES, "痛风患者忌吃什么？").verdict == verdict


def test_what_must_not_be_said_costs_more_than_leaving_something_out() -> None:
    left_out = score("发热、咳嗽、胸痛", SYMPTOMS, NAMES)
    swapped = score("发热、咳嗽、胸痛、呼吸困难、便秘", SYMPTOMS, NAMES)
    other = score("发热、咳嗽、胸痛、呼吸困难、腹泻", SYMPTOMS, NAMES)

    assert swapped.total < left_out.total
    assert swapped.total < other.total
    assert (swapped.contradiction, swapped.recall, swapped.answer) == (1, 1.0, 0)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("高血压会导致脑出血", True),
        ("脑出血", True),
        ("脑出血是由高血压引起的", True),
        ("Hypertension causes cerebral hemorrhage.", True),
        ("Cerebral hemorrhage is caused by hypertension.", True),
        ("脑出血导致高血压", False),
        ("高血压是由脑出血引起的", False),
        ("Cerebral hemorrhage causes hypertension.", False),
        ("Hypertension is caused by cerebral hemorrhage", False),
        ("Hypertension is due to cerebral hemorrhage", False),
        ("不是脑出血导致高血压，而是高血压导致脑出血", True),
        ("高血压的病因是脑出血", False),
    ],
)
def test_direction_matters(text: str, right: bool) -> None:
    found = score(text, CAUSE, NAMES)

    assert (found.verdict, found.contradiction) == (("right", 0) if right else ("wrong", 1))


def test_the_order_of_the_steps_is_a_part() -> None:
    assert score("发热见于肺炎，肺炎可用阿莫西林治疗", PATH, NAMES).order == 1
    assert score("阿莫西林", PATH, NAMES).order == 0
    assert score("阿莫西林，肺炎", PATH, NAMES).order < 1
    assert score("发热 → 肺炎 → 阿莫西林", PATH, NAMES).total == 1
    assert 0.5 < score("阿莫西林", PATH, NAMES).total < 1
    assert score("发热、咳嗽", SYMPTOMS, NAMES).order == 1


def test_steps_that_meet_in_the_answer_have_no_order() -> None:
    item = Item(
        "set",
        about=(("发热",), ("咳嗽",)),
        answers=(("肺炎",),),
        steps=(Step(("肺炎",), "HAS_SYMPTOM", ("发热",)), Step(("肺炎",), "HAS_SYMPTOM", ("咳嗽",))),
    )

    assert score("肺炎", item).total == 1
    assert hops(item) == 1
    assert hops(PATH) == 2


def test_the_question_said_again_is_no_claim_and_no_answer() -> None:
    question = "肺炎会不会有头痛、恶心等表现？还有哪些症状？"

    assert score(question, SYMPTOMS, NAMES, question).verdict == "no_answer"
    assert score(f"{question}\n发热、咳嗽、胸痛、呼吸困难", SYMPTOMS, NAMES, question).verdict == "right"


def test_things_that_nobody_knows_lower_the_precision_where_they_are_many() -> None:
    few = score("发热、咳嗽、胸痛、呼吸困难、乏力、盗汗", SYMPTOMS)
    many = score(
        "发热、咳嗽、胸痛、呼吸困难、" + "、".join(f"症状{sign}" for sign in "甲乙丙丁戊己庚辛壬癸子丑寅卯"), SYMPTOMS
    )

    assert few.total == 1
    assert many.total < 0.5


def test_an_explanation_says_what_was_found_where_and_why() -> None:
    told = explain("没有发热，有咳嗽和腹泻", SYMPTOMS, NAMES)

    assert [(each.text, each.role, each.why) for each in told.found] == [
        ("发热", "right", "没有"),
        ("咳嗽", "right", ""),
        ("腹泻", "other", ""),
    ]
    assert all(told.read[each.begin : each.end] == each.text for each in told.found)
    assert told.score == score("没有发热，有咳嗽和腹泻", SYMPTOMS, NAMES)

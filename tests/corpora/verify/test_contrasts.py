"""What is set against what is asked for: a second heading, what may be used, what another disease has."""

from dataclasses import replace

import pytest

from kgtools.corpora.verify import Item, score
from tests.corpora.verify.items import AVOIDED, ENGLISH, FOODS, NAMES, ONE, SEVERAL, SYMPTOMS

THYROID = replace(
    SEVERAL,
    about=(("hypothyroidism",),),
    options={"A": "Weight gain", "B": "Tremor", "C": "Constipation", "D": "Heat intolerance", "E": "Sweating"},
)
AVOID, EAT = "Which foods should patients with gout avoid?", "Which foods are good for gout?"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "Foods to avoid 🚫\n1. Beer\n2. Offal\n\nFoods you can eat ✅\n1. Cherries\n2. Cucumber",
            "Foods to avoid 🚫\n1. Cherries\n2. Cucumber\n\nFoods you can eat ✅\n1. Beer\n2. Offal",
        ),
        (
            "Avoid: beer, offal\nFoods you can eat: cherries, cucumber",
            "Avoid: cherries, cucumber\nFoods you can eat: beer, offal",
        ),
        (
            "可以吃的食物\n1. 樱桃\n2. 黄瓜\n\n忌口\n1. 啤酒\n2. 动物内脏",
            "可以吃的食物\n1. 啤酒\n2. 动物内脏\n\n忌口\n1. 樱桃\n2. 黄瓜",
        ),
    ],
)
def test_what_stands_under_the_contrary_heading_claims_nothing(right: str, wrong: str) -> None:
    assert (score(right, AVOIDED, None, AVOID).verdict, score(wrong, AVOIDED, None, AVOID).verdict) == (
        "right",
        "wrong",
    )
    assert (score(right, FOODS, None, EAT).verdict, score(wrong, FOODS, None, EAT).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "避免啤酒、动物内脏。樱桃和黄瓜嘌呤低，可以放心食用。",
            "避免樱桃、黄瓜。啤酒和动物内脏味道好，可以放心食用。",
        ),
        ("啤酒和动物内脏嘌呤高，可以用药控制。", "啤酒和动物内脏嘌呤高，可以吃。"),
        ("啤酒、动物内脏嘌呤高，推荐少喝。", "樱桃、黄瓜嘌呤低，推荐少喝。"),
    ],
)
def test_what_is_called_harmless_behind_a_reason_need_not_be_avoided(right: str, wrong: str) -> None:
    question = "痛风患者应避免吃什么？"

    assert score(right, AVOIDED, None, question).verdict == "right"
    assert score(wrong, AVOIDED, None, question).verdict == "wrong"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "So dry cough is given first. Fever or headache are used if it fails.",
            "So fever is given first. Dry cough or headache are used if it fails.",
        ),
        ("First line is dry cough; fever is next.", "First line is fever; dry cough is next."),
        (
            "Usually dry cough is first line, headache where that fails.",
            "Usually headache is first line, then dry cough.",
        ),
    ],
)
def test_what_is_tried_next_is_no_answer_where_what_comes_first_is_asked_for(right: str, wrong: str) -> None:
    question = "Which is the first-line treatment?"

    assert (score(right, ENGLISH, None, question).verdict, score(wrong, ENGLISH, None, question).verdict) == (
        "right",
        "wrong",
    )


def test_what_comes_first_is_no_answer_where_what_does_not_is_asked_for() -> None:
    said = "Dry cough is not first line. Fever is first line."

    assert score(said, ENGLISH, None, "Which is not first-line?").verdict == "right"
    assert (
        score("Dry cough is tried next. Fever is first line.", ENGLISH, None, "Which is tried next?").verdict == "right"
    )


@pytest.mark.parametrize(
    ("item", "right", "wrong"),
    [
        (
            THYROID,
            "Weight gain and constipation are typical, whereas tremor is seen in hyperthyroidism.",
            "Weight gain and tremor are typical, whereas constipation is seen in diabetes.",
        ),
        (
            THYROID,
            "Weight gain is typical, whereas constipation is common in advanced disease.",
            "Weight gain is typical, whereas constipation is common in Graves' disease.",
        ),
        (
            THYROID,
            "Weight gain is typical, while constipation is seen in most patients. Conversely, tremor suggests thyrotoxicosis.",
            "Weight gain and constipation are typical, while tremor is seen in severe hypothyroidism.",
        ),
        (SEVERAL, "发热和头痛多见，而咳嗽、腹泻见于流感。", "发热和咳嗽多见，而头痛、腹泻见于流感。"),
        (SEVERAL, "发热多见，而头痛见于重症患者。", "发热和头痛多见，而咳嗽也见于流感。"),
        (SEVERAL, "A、C，而B见于支气管炎", "A、B，而C见于支气管炎"),
    ],
)
def test_what_is_given_to_another_disease_is_no_claim(item: Item, right: str, wrong: str) -> None:
    assert score(right, item).verdict == "right"
    assert score(wrong, item).verdict != "right"


def test_a_name_of_the_graph_that_is_given_to_another_disease_is_no_claim() -> None:
    said = "肺炎有发热、咳嗽、胸痛和呼吸困难"

    assert score(f"{said}，而便秘见于肠梗阻。", SYMPTOMS, NAMES).verdict == "right"
    assert score(f"{said}，而便秘也见于肠梗阻。", SYMPTOMS, NAMES).verdict == "partial"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("在我国最常见的是咳嗽，而西方国家以发热更为多见。", "在我国最常见的是发热，而西方国家以咳嗽更为多见。"),
        ("在我国最常见的是咳嗽，而西方国家以发热更为多见。", "西方国家最常见的是咳嗽，而我国以发热更为多见。"),
    ],
)
def test_what_is_more_so_in_a_group_that_is_not_asked_about_is_no_answer(right: str, wrong: str) -> None:
    question = "肺炎在我国最常见的症状是？"

    assert (score(right, ONE, None, question).verdict, score(wrong, ONE, None, question).verdict) == ("right", "wrong")


def test_what_treats_is_not_to_be_avoided() -> None:
    question = "痛风患者应避免哪些？"

    assert score("啤酒、动物内脏要避免。樱桃、黄瓜则是常用治疗药物。", AVOIDED, None, question).verdict == "right"
    assert score("啤酒、动物内脏要避免，而樱桃和黄瓜是常用的治疗药物。", AVOIDED, None, question).verdict == "right"
    assert score("樱桃、黄瓜要避免。啤酒、动物内脏则是常用治疗药物。", AVOIDED, None, question).verdict == "wrong"

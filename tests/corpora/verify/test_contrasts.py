"""What is set against what is asked for: a second heading, what may be used, what another disease has."""

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import AVOIDED, ENGLISH, FOODS

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

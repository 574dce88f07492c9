"""What is told to be avoided, or to do harm: no claim where good things are asked for, the claim where what to avoid is asked for."""

import pytest

from kgtools.corpora.verify import score
from tests.corpora.verify.items import AVOIDED, FOODS

EAT, AVOID = "What should patients with gout eat?", "What should patients with gout avoid?"
EAT_HAN, AVOID_HAN = "痛风患者适合吃什么？", "痛风患者不能吃什么？"


@pytest.mark.parametrize(
    "warning",
    [
        "Keep away from {}.",
        "Steer clear of {}.",
        "Stay well away from {}.",
        "Cut out {}.",
        "Cut down on {}.",
        "Give up {}.",
        "Go easy on {}.",
        "Skip {}.",
        "Limit {}.",
        "Minimise {}.",
        "Say no to {}.",
        "Be careful with {}.",
        "Watch out for {}.",
        "Abstain from {}.",
        "Stop drinking {}.",
        "Doctors advise against {}.",
        "Never touch {}.",
        "Don't serve {}.",
        "{} are off limits.",
        "{} are best left out.",
        "{} should be restricted.",
        "{} are not a good choice.",
        "{} are not allowed.",
        "{} are taboo.",
        "Off limits: {}.",
    ],
)
def test_what_is_warned_of_is_to_be_avoided(warning: str) -> None:
    bad, good = warning.format("beer and offal"), warning.format("cherries and cucumber")

    assert score(f"Cherries and cucumber are fine. {bad}", FOODS, None, EAT).verdict == "right"
    assert score(f"Beer and offal are fine. {good}", FOODS, None, EAT).verdict == "wrong"
    assert score(bad, AVOIDED, None, AVOID).verdict == "right"
    assert score(good, AVOIDED, None, AVOID).verdict == "wrong"


@pytest.mark.parametrize(
    "harm",
    [
        "{} can worsen it.",
        "{} aggravate the symptoms.",
        "{} are harmful.",
        "{} are bad for the joints.",
        "{} raise uric acid.",
        "{} often make things worse.",
        "{} will trigger attacks.",
        "{} are bad choices.",
        "{} interfere with the drugs.",
    ],
)
def test_what_does_harm_is_nothing_good(harm: str) -> None:
    assert score(f"Cherries, cucumber. {harm.format('Beer and offal')}", FOODS, None, EAT).verdict == "right"
    assert score(f"Beer, offal. {harm.format('Cherries and cucumber')}", FOODS, None, EAT).verdict == "wrong"
    assert score(harm.format("Beer and offal"), AVOIDED, None, AVOID).verdict == "right"


@pytest.mark.parametrize(
    "warning",
    [
        "{}会影响吸收，不要给孩子喝。",
        "{}容易诱发痛风，别再碰了。",
        "{}会加重病情。",
        "{}会升高尿酸。",
        "{}对关节有害。",
        "{}要少碰。",
        "别吃{}。",
        "别让他吃{}。",
        "不要给患者吃{}。",
        "少吃{}。",
        "杜绝{}。",
        "远离{}。",
        "避开{}。",
        "拒绝{}。",
        "减少{}的摄入。",
        "控制{}的摄入。",
        "{}碰不得。",
        "{}最好不吃。",
        "{}就别给他吃了。",
        "戒掉{}。",
        "{}能不吃就不吃。",
        "{}不在推荐之列。",
        "{}嘌呤高，不建议患者食用。",
        "{}不可取。",
        "不宜：{}。",
    ],
)
def test_what_is_warned_of_is_to_be_avoided_in_chinese(warning: str) -> None:
    bad, good = warning.format("啤酒、动物内脏"), warning.format("樱桃、黄瓜")

    assert score(f"适合吃樱桃、黄瓜。{bad}", FOODS, None, EAT_HAN).verdict == "right"
    assert score(f"适合吃啤酒、动物内脏。{good}", FOODS, None, EAT_HAN).verdict == "wrong"
    assert score(bad, AVOIDED, None, AVOID_HAN).verdict == "right"
    assert score(good, AVOIDED, None, AVOID_HAN).verdict == "wrong"


def test_what_keeps_harm_away_is_good() -> None:
    for said in (
        "樱桃可以防止病情加重，黄瓜能减少尿酸。",
        "樱桃、黄瓜能降低尿酸，减轻关节负担。",
    ):
        assert score(said, FOODS, None, EAT_HAN).verdict == "right"
    for said in (
        "Cherries keep it from getting worse, and cucumber lowers uric acid.",
        "Cherries and cucumber reduce attacks.",
    ):
        assert score(said, FOODS, None, EAT).verdict == "right"

"""Turns of whole sentences in pairs: a text that says the answer, and one of much the same words that does not."""

from dataclasses import replace

import pytest

from kgtools.corpora.verify import Item, NameIndex, score
from tests.corpora.verify.items import ENGLISH, FALSE, NAMES, ONE, SEVERAL, TRUE, UNSAID

SIGNS = Item(
    "set",
    about=(("肺炎", "pneumonia"),),
    answers=(("发热", "fever"), ("咳嗽", "cough")),
    wrong=(("便秘", "constipation"),),
)
OTHERS = NameIndex(["皮疹", "黄疸", "rash", "jaundice"])
FOODS = Item(
    "set",
    about=(("胃炎", "gastritis"),),
    answers=(("小米粥", "millet porridge"), ("山药", "yam")),
    wrong=(("辣椒", "chili"), ("浓茶", "strong tea")),
)
MIXED = Item(
    "set",
    about=(("华法林", "warfarin"),),
    answers=(("阿司匹林", "aspirin"), ("布洛芬", "ibuprofen")),
    wrong=(("叶酸", "folic acid"),),
)
STEROIDS = Item(
    "set",
    about=(("哮喘", "asthma"),),
    answers=(("布地奈德", "budesonide"),),
    wrong=(("沙丁胺醇", "salbutamol"),),
)
VITAMIN = Item(
    "set", about=(("scurvy", "坏血病"),), answers=(("vitamin C", "维生素C"),), wrong=(("vitamin D", "维生素D"),)
)
LETTERS = replace(SEVERAL, options={"A": "Fever", "B": "Dry cough", "C": "Headache", "D": "Chest pain", "E": "Rash"})


@pytest.mark.parametrize(
    ("item", "right", "wrong"),
    [
        (LETTERS, "Seen:\n- Fever\n- Headache\n\nRash has other causes.", "- Dry cough\n- Rash\n\nFever is rarer."),
        (
            LETTERS,
            "A and C. Fever and headache are common; rash and chest pain have other causes.",
            "A and C. Rash is common; fever and headache have other causes.",
        ),
        (SEVERAL, "答案如下：\n① 发热\n② 头痛\n\n腹泻见于别的病。", "答案如下：\n① 咳嗽\n② 腹泻\n\n发热见于别的病。"),
        (SEVERAL, "选a和c", "选b和d"),
        (SEVERAL, "the answer is a and c", "the answer is b and d"),
        (ENGLISH, "Most likely dry cough. Fever comes with flu.", "Most likely fever. Dry cough comes with flu."),
        (ONE, "最可能是咳嗽，发热多见于流感。", "最可能是发热，咳嗽多见于流感。"),
        (ONE, "答案是咳嗽，发热见于流感。", "答案是咳嗽，发热也对。"),
        (LETTERS, "Not seen:\n- Dry cough\n- Rash\n\nSeen:\n- Fever\n- Headache", "Not seen:\n- Fever\n- Headache"),
        (SEVERAL, "排除：\n咳嗽\n胸痛\n腹泻\n保留：\n发热\n头痛", "排除：\n发热\n头痛\n保留：\n咳嗽"),
    ],
)
def test_options_are_told_in_lists_and_before_other_clauses(item: Item, right: str, wrong: str) -> None:
    assert (score(right, item).verdict, score(wrong, item).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Fever and cough; rash is absent.", "Rash; fever and cough are absent."),
        ("没精神、发热，还咳嗽", "没发热、咳嗽，有皮疹"),
        ("发热、咳嗽。皮疹虽可见，但与感染无关，故不考虑。", "皮疹。发热、咳嗽虽可见，但与感染无关，故不考虑。"),
        ("发热、咳嗽。皮疹是过敏，黄疸是肝病，都不是。", "皮疹。发热是流感，咳嗽是感冒，都不是。"),
        ("Fever, cough. As for rash and jaundice, neither is one.", "Rash. As for fever and cough, neither is one."),
        ("Fever and cough. Rash and jaundice, both are not seen.", "Rash. Fever and cough, both are not seen."),
        ("Fever and cough. These are not rare.", "Fever and cough. These are not symptoms of it."),
        ("Fever, cough\nNot typical: rash, jaundice", "Rash, jaundice\nNot typical: fever, cough"),
        ("In the absence of rash, fever and cough point to it.", "There is an absence of fever and cough."),
        ("不包括：\n1. 皮疹\n2. 黄疸\n包括：\n1. 发热\n2. 咳嗽", "不包括：\n1. 发热\n2. 咳嗽"),
        ("No, not rash: fever and cough", "No, not fever or cough: rash"),
    ],
)
def test_a_later_clause_or_a_heading_denies(right: str, wrong: str) -> None:
    assert (score(right, SIGNS, OTHERS).verdict, score(wrong, SIGNS, OTHERS).verdict) == ("right", "wrong")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("小米粥、山药。辣椒、浓茶会刺激胃，患者务必少碰。", "辣椒、浓茶。小米粥、山药会胀气，患者务必少碰。"),
        ("小米粥易消化，避免过饱；山药健脾。", "小米粥易消化，应避免；辣椒健脾。"),
        ("小米粥养胃，糖尿病患者不宜。山药也好。", "小米粥伤胃，不宜。辣椒也好。"),
        ("忌：\n- 辣椒\n- 浓茶\n\n宜：\n- 小米粥\n- 山药", "忌：\n- 小米粥\n- 山药\n\n宜：\n- 辣椒"),
        (
            "Millet porridge and yam. Chili and strong tea hurt, so avoid them.",
            "Chili and strong tea. Millet porridge and yam hurt, so avoid them.",
        ),
        ("Millet porridge and yam help; don't avoid them.", "Millet porridge and yam hurt; avoid them."),
    ],
)
def test_what_to_avoid_is_named_in_the_clause_before(right: str, wrong: str) -> None:
    question = "胃炎患者宜吃什么？"

    assert (score(right, FOODS, None, question).verdict, score(wrong, FOODS, None, question).verdict) == (
        "right",
        "wrong",
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("不能与阿司匹林、布洛芬同时使用", "不能与叶酸同时使用"),
        ("可以与叶酸合用，不能与阿司匹林、布洛芬合用", "可以与阿司匹林、布洛芬合用，不能与叶酸合用"),
        ("不能合用阿司匹林、布洛芬", "可以合用阿司匹林、布洛芬"),
        ("Do not combine it with aspirin or ibuprofen.", "Do not combine it with folic acid."),
        ("Aspirin and ibuprofen must not be taken.", "Aspirin and ibuprofen need not be avoided."),
    ],
)
def test_what_must_not_be_combined_is_to_be_avoided(right: str, wrong: str) -> None:
    question = "服用华法林时应避免合用哪些药物？"

    assert (score(right, MIXED, None, question).verdict, score(wrong, MIXED, None, question).verdict) == (
        "right",
        "wrong",
    )


def test_what_is_of_another_class_than_asked_for_is_denied() -> None:
    question = "Which inhaled steroid controls asthma? 哪种激素？"

    for right, wrong in (
        (
            "Budesonide. Salbutamol is a bronchodilator, not a steroid.",
            "Budesonide is a bronchodilator, not a steroid.",
        ),
        ("Budesonide is a steroid, not a bronchodilator.", "Salbutamol is a steroid, not a bronchodilator."),
        ("布地奈德。沙丁胺醇是支气管扩张剂，不是激素。", "沙丁胺醇。布地奈德是支气管扩张剂，不是激素。"),
    ):
        assert (score(right, STEROIDS, None, question).verdict, score(wrong, STEROIDS, None, question).verdict) == (
            "right",
            "wrong",
        )


def test_a_lack_that_causes_something_denies_nothing() -> None:
    assert score("It is due to a lack of vitamin C.", VITAMIN).verdict == "right"
    assert score("A lack of vitamin D causes it.", VITAMIN).verdict == "wrong"
    assert score("Lack of vitamin C", VITAMIN, None, "Which deficiency causes scurvy?").verdict == "right"
    assert score("There is a lack of fever and cough; rash.", SIGNS, OTHERS).verdict == "wrong"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (
            "True. Although some call it false, it is common.",
            "False. It is true that some have it, but not from this.",
        ),
        ("正确。虽然有人说这是错误的，但有依据。", "错误。没错，有些患者会这样，但那是药物引起的。"),
        ("The claim itself is right.", "It's true that some have it, but that is rare. The claim itself is false."),
        ("尽管题干看似错误，其实是正确的。", "尽管题干看似正确，其实是错误的。"),
    ],
)
def test_what_is_only_conceded_is_no_answer(true: str, false: str) -> None:
    assert (score(true, TRUE).verdict, score(false, TRUE).verdict) == ("right", "wrong")
    assert (score(true, FALSE).verdict, score(false, FALSE).verdict) == ("wrong", "right")


def test_how_it_is_told_is_no_claim() -> None:
    said = "It tells how the disease begins and how it is treated at home, but does not mention a drug."

    assert score(said, UNSAID, NAMES).verdict == "right"
    assert score("It does not mention a drug. It is usually aspirin.", UNSAID, NAMES).verdict == "wrong"

"""Answers about two things: of which of them a name is said decides whether it is claimed."""

import orjson
import pytest

from kgtools.corpora.verify import score
from kgtools.corpora.verify.item import Item
from kgtools.tools.errors import InputError
from tests.corpora.verify.items import BOTH, FIRST


@pytest.mark.parametrize(
    "text",
    [
        "心悸、消瘦",
        "糖尿病和甲亢共有的症状有心悸、消瘦。",
        "糖尿病患者和甲亢患者都会心悸、消瘦。",
        "糖尿病有多饮，甲亢有突眼，两者都有心悸和消瘦。",
        "糖尿病的症状：多饮、心悸。\n甲亢的症状：突眼、心悸。\n共同的症状：心悸、消瘦。",
        "二者均可见心悸、消瘦，也都会乏力。",
        "糖尿病与甲亢均可出现心悸、消瘦；多饮只见于糖尿病，突眼只见于甲亢。",
        "心悸和消瘦在糖尿病和甲亢中都可出现。",
        "Shared symptoms: palpitations, weight loss. Polydipsia is only seen in diabetes.",
        "Both diabetes and hyperthyroidism cause palpitations and weight loss.",
        "Diabetes causes polydipsia, hyperthyroidism exophthalmos; what they have in common: palpitations, weight loss.",
        "The symptoms that diabetes and hyperthyroidism have in common: palpitations, weight loss.",
    ],
)
def test_what_both_have_is_right_and_what_is_told_of_one_is_no_claim(text: str) -> None:
    assert score(text, BOTH).verdict == "right"


@pytest.mark.parametrize(
    "text",
    [
        "多饮、多尿",
        "糖尿病有而甲亢没有的症状有多饮、多尿。",
        "甲亢没有多饮和多尿。",
        "属于糖尿病而不属于甲亢的症状有：多饮、多尿",
        "与甲亢相比，糖尿病独有的症状是多饮、多尿。",
        "糖尿病有多饮、多尿，而甲亢有突眼；两者都有心悸。",
        "两者都有心悸，但只有糖尿病有多饮、多尿。",
        "糖尿病和甲亢的区别在于前者有多饮、多尿，后者有突眼。",
        "多饮和多尿（甲亢没有）",
        "列在糖尿病名下而不在甲亢名下的是多饮、多尿。",
        "答案：多饮、多尿。（心悸为两者共有，突眼只见于甲亢。）",
        "多饮、多尿是糖尿病的症状，但不是甲亢的症状。",
        "多饮、多尿只见于糖尿病，不见于甲亢。",
        "Polydipsia; polyuria. Palpitations occur in both.",
        "Palpitations are shared by both, so the answer is polydipsia and polyuria.",
        "Polydipsia and polyuria are seen in diabetes but not in hyperthyroidism.",
        "Hyperthyroidism does not have polydipsia and polyuria.",
        "Unlike hyperthyroidism, diabetes causes polydipsia and polyuria.",
        "Not among the symptoms of hyperthyroidism: polydipsia, polyuria.",
        "Both cause palpitations. Only diabetes causes polydipsia and polyuria. Hyperthyroidism causes exophthalmos.",
    ],
)
def test_what_the_first_alone_has_is_right_however_the_other_is_set_apart(text: str) -> None:
    assert score(text, FIRST).verdict == "right"


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("心悸、消瘦、多饮", BOTH),
        ("多饮、突眼", BOTH),
        ("糖尿病有心悸、消瘦。", BOTH),
        ("甲亢没有心悸和消瘦。", BOTH),
        ("多饮、多尿、心悸", FIRST),
        ("甲亢有多饮、多尿。", FIRST),
        ("两者都有多饮、多尿。", FIRST),
        ("糖尿病没有多饮、多尿。", FIRST),
        ("突眼", FIRST),
        ("多饮、多尿只见于甲亢。", FIRST),
        ("多饮、多尿为两者共有。", FIRST),
        ("心悸、消瘦只见于糖尿病。", BOTH),
        ("Hyperthyroidism causes polydipsia and polyuria.", FIRST),
        ("Both have polydipsia and polyuria.", FIRST),
    ],
)
def test_what_is_said_of_the_wrong_one_is_not_right(text: str, item: Item) -> None:
    assert score(text, item).verdict != "right"


def test_what_the_other_has_costs_more_than_what_is_left_out() -> None:
    assert score("多饮", FIRST).total > score("多饮、突眼", FIRST).total
    assert score("心悸", BOTH).total > score("心悸、多饮", BOTH).total


def test_what_may_be_true_of_the_other_costs_nothing() -> None:
    assert score("多饮、多尿、乏力", FIRST).total == score("多饮、多尿", FIRST).total == 1


def test_a_table_that_weighs_claims_less_than_the_line_that_concludes_from_it() -> None:
    table = "| 表现 | 糖尿病 | 甲亢 |\n|---|---|---|\n| 心悸 | 有 | 有 |\n| 消瘦 | 有 | 有 |\n| 突眼 | 无 | 有 |\n"

    assert score(f"{table}\n因此共同表现为：心悸、消瘦。", BOTH).verdict == "right"
    assert score(f"{table}\n因此共同表现为：心悸、消瘦、突眼。", BOTH).verdict == "partial"
    assert score(f"{table}\n因此要及时就医。", BOTH).verdict == score(table, BOTH).verdict == "partial"


def test_an_item_is_of_both_or_of_the_first() -> None:
    values = orjson.loads(orjson.dumps(FIRST.to_dict()))

    assert Item.from_dict(values, "x") == FIRST
    with pytest.raises(InputError, match="of is 'second'"):
        Item.from_dict(values | {"of": "second"}, "x")
    with pytest.raises(InputError, match="both things stand first in about"):
        Item.from_dict(values | {"about": [["糖尿病"]]}, "x")

"""What an answer tells of another disease than is asked about: in clauses, sentences, sections and brackets."""

import pytest

from kgtools.corpora.verify import Item, NameIndex, score

HYPO = Item(
    "set",
    about=(("甲减", "甲状腺功能减退症", "hypothyroidism"),),
    answers=(("乏力", "fatigue"), ("便秘", "constipation"), ("怕冷", "cold intolerance")),
)
OTHERS = NameIndex(
    ["心悸", "腹泻", "突眼", "消瘦", "palpitations", "diarrhoea", "exophthalmos", "weight loss", "tremor"]
)
ASKED = {True: "What are the symptoms of hypothyroidism?", False: "甲减有哪些症状？"}


def verdict(text: str, item: Item = HYPO) -> str:
    return score(text, item, OTHERS, ASKED[text.isascii()]).verdict


@pytest.mark.parametrize(
    "beside",
    [
        "In hyperthyroidism, on the other hand, one sees weight loss, palpitations and diarrhoea.",
        "In hyperthyroidism you find weight loss and diarrhoea.",
        "By contrast, hyperthyroidism causes weight loss and tremor.",
        "Hyperthyroidism, by contrast, presents with palpitations and weight loss.",
        "Patients with hyperthyroidism complain of palpitations and diarrhoea.",
        "People who have Graves' disease instead show exophthalmos.",
        "But hyperthyroidism gives diarrhoea.",
        "Whereas hyperthyroidism has tremor.",
        "It differs from hyperthyroidism, which causes weight loss and diarrhoea.",
        "It must be distinguished from hyperthyroidism (palpitations, weight loss).",
        "It should not be confused with Graves' disease, in which there are exophthalmos and tremor.",
        "Weight loss and palpitations are typical of hyperthyroidism.",
        "Exophthalmos suggests Graves' disease.",
        "Tremor belongs to hyperthyroidism.",
        "Weight loss has nothing to do with it.",
        "Palpitations and tremor are unrelated.",
        "Differential diagnosis:\n- Hyperthyroidism: weight loss, palpitations\n- Graves' disease: exophthalmos",
        "### Differential diagnosis\nHyperthyroidism with palpitations and tremor.",
        "In other conditions there may be diarrhoea.",
        "For hyperthyroidism: weight loss, diarrhoea.",
        "Hyperthyroidism is the opposite: weight loss, diarrhoea, tremor.",
        "The symptoms of hyperthyroidism are weight loss and diarrhoea.",
        "The opposite is true of hyperthyroidism, where weight loss and tremor are seen.",
    ],
)
def test_what_is_told_of_another_disease_claims_nothing(beside: str) -> None:
    assert verdict(f"Fatigue, constipation and cold intolerance. {beside}") == "right"
    swapped = (
        beside.replace("palpitations", "fatigue")
        .replace("eight loss", "onstipation")
        .replace("W" + "onstipation", "Constipation")
        .replace("w" + "onstipation", "constipation")
        .replace("diarrhoea", "cold intolerance")
        .replace("exophthalmos", "fatigue")
        .replace("tremor", "fatigue")
    )
    assert verdict(f"{swapped}\nHypothyroidism has symptoms too.") == "wrong"


@pytest.mark.parametrize(
    "beside",
    [
        "不同于甲亢，后者表现为消瘦、腹泻。",
        "与甲亢不同，甲亢多有心悸、消瘦。",
        "甲亢则表现为心悸、腹泻。",
        "而甲亢患者常有消瘦、心悸。",
        "相反，甲亢会出现腹泻和消瘦。",
        "在甲亢中可见突眼、心悸。",
        "甲亢的典型表现是突眼、消瘦。",
        "需与甲亢鉴别：甲亢有心悸、消瘦、腹泻。",
        "注意与甲状腺癌区分，甲状腺癌可有消瘦。",
        "鉴别诊断：甲亢（心悸、消瘦）。",
        "鉴别诊断\n1. 甲亢：心悸、消瘦\n2. 肠炎：腹泻",
        "心悸、消瘦见于甲亢。",
        "突眼是甲亢的特征。",
        "腹泻提示肠炎。",
        "心悸、腹泻与本病无关。",
        "消瘦和它没有关系。",
        "至于甲亢，则是心悸、消瘦。",
        "甲亢：心悸、消瘦、腹泻。",
        "其他疾病如肠炎可有腹泻。",
        "如果是甲亢，会有心悸、突眼。",
        "反观甲亢，以心悸、消瘦为主。",
    ],
)
def test_what_is_told_of_another_disease_claims_nothing_in_chinese(beside: str) -> None:
    assert verdict(f"甲减的症状有乏力、便秘、怕冷。{beside}") == "right"
    swapped = beside.replace("心悸", "乏力").replace("消瘦", "便秘").replace("腹泻", "怕冷").replace("突眼", "乏力")
    assert verdict(f"{swapped}\n甲减则另有症状。") == "wrong"


@pytest.mark.parametrize(
    "text",
    [
        "In hypothyroidism one sees fatigue, constipation and cold intolerance.",
        "Patients with hypothyroidism complain of fatigue, constipation and cold intolerance.",
        "Unlike hyperthyroidism, hypothyroidism causes fatigue, constipation and cold intolerance.",
        "In contrast to hyperthyroidism, there are fatigue, constipation and cold intolerance.",
        "In severe hypothyroidism there are fatigue, constipation and cold intolerance.",
        "In autoimmune hypothyroidism: fatigue, constipation, cold intolerance.",
        "Thyroid failure causes fatigue. Constipation and cold intolerance follow.",
        "Fatigue is also seen in anaemia; constipation and cold intolerance are typical.",
        "Hashimoto's thyroiditis causes hypothyroidism: fatigue, constipation and cold intolerance.",
        "甲减患者有乏力、便秘、怕冷。",
        "与甲亢不同，甲减表现为乏力、便秘、怕冷。",
        "不同于甲亢，表现为乏力、便秘、怕冷。",
        "重症甲减可有乏力、便秘、怕冷。",
        "本病的症状是乏力、便秘、怕冷。",
        "乏力也见于贫血；便秘、怕冷常见。",
        "甲状腺炎可导致甲减，出现乏力、便秘、怕冷。",
    ],
)
def test_what_is_told_of_the_disease_itself_or_of_one_of_its_kinds_claims(text: str) -> None:
    assert verdict(text) == "right"


@pytest.mark.parametrize(
    "text",
    [
        "Fatigue, constipation, cold intolerance. In hypothyroidism there is also tremor.",
        "Fatigue, constipation, cold intolerance. Tremor is also seen in hyperthyroidism.",
        "In severe hypothyroidism there are fatigue, constipation, cold intolerance and weight loss.",
        "乏力、便秘、怕冷。甲减还有心悸。",
        "乏力、便秘、怕冷。心悸也见于甲亢。",
        "乏力、便秘、怕冷，重症可有突眼。",
    ],
)
def test_a_wrong_name_of_the_disease_itself_costs(text: str) -> None:
    assert verdict(text) == "partial"

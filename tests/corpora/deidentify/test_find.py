"""What is found in texts, and what is left alone: figures over thousands of planted texts, and cases with a reason each."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.deidentify.classes import LABELS, STRUCTURED
from kgtools.corpora.deidentify.find import find
from tests.corpora.deidentify.planted import KINDS, Score, planted, planted_english, score


def spans(text: str) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.kind) for span in find(text)]


def said(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for start, end, kind in spans(text)]


@pytest.fixture(scope="module")
def chinese() -> dict[str, Score]:
    """How well the finder does on 6,000 Chinese texts."""
    return score(planted(), spans)


@pytest.fixture(scope="module")
def english() -> dict[str, Score]:
    """How well the finder does on 2,000 English texts."""
    return score(planted_english(), spans)


def test_the_planted_set_holds_5000_identifiers_and_every_kind() -> None:
    texts = planted() + planted_english()
    assert sum(len(text.spans) for text in texts) >= 5000
    assert {kind for text in texts for _, _, kind in text.spans} >= set(KINDS)


@pytest.mark.parametrize("kind", sorted(set(KINDS) & set(STRUCTURED)))
def test_of_each_structured_class_99_percent_are_found(chinese: dict[str, Score], kind: str) -> None:
    assert chinese[kind].planted >= 100
    assert chinese[kind].recall >= 0.99


@pytest.mark.parametrize("kind", ["account", "hospital-number", "insurance", "phone", "ssn"])
def test_of_each_structured_class_in_english_99_percent_are_found(english: dict[str, Score], kind: str) -> None:
    assert english[kind].recall >= 0.99


def test_of_names_95_percent_are_found(chinese: dict[str, Score], english: dict[str, Score]) -> None:
    assert chinese["name"].recall >= 0.95
    assert english["name"].recall >= 0.95


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_of_what_is_found_97_percent_are_right(chinese: dict[str, Score], english: dict[str, Score], kind: str) -> None:
    for scores in (chinese, english):
        assert kind not in scores or scores[kind].precision >= 0.97


@pytest.mark.parametrize(
    "text",
    [
        "患者高血压，血压升高", "患者黄疸，何时消退", "白细胞 13.8", "方便时复诊，马上就来",
            "金属味，温度38度，肾石排出", "患者于3月前", "谢谢医生", "谢谢大夫",
        "克罗恩病，帕金森病", "主治医生查房", "主任医生会诊", "由于医生忙", "任何医生都行", "经常医生说",
            "杨XX，男，XX岁", "张某，住院号___", "患者某某",
        "在儿童医院就诊", "去当地人民医院", "三甲医院", "我院门诊", "国药准字H20051234", "E11.9 与 I10.x05",
            "0.13812345678", "1381234567812345678901",
        "血压120/80，心率72次", "尿路感染3天", "呼吸道感染", "89岁", "5号染色体", "管床医生", "第3.1.2.4节",
            "Hello doctor, I have Crohn disease.", "BP 120/80 mmHg",
    ],
)  # fmt: skip
def test_words_of_the_trade_and_values_of_labs_are_left_alone(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("身份证：11010519491231002X，", "resident-id", "11010519491231002X"),
        ("身份证：110105194912310021", "resident-id", "110105194912310021"),
        ("号码１１０１０５１９４９１２３１００２Ｘ", "resident-id", "１１０１０５１９４９１２３１００２Ｘ"),
        ("电话138 0013\n8000。", "phone", "138 0013\n8000"), ("手机一三八零零一三八零零零", "phone", "一三八零零一三八零零零"),
        ("电话:138\u200b00138000", "phone", "138\u200b00138000"), ("拨打010-62345678转801", "phone", "010-62345678转801"),
        ("谢谢张主任", "name", "张"), ("感谢张晓明主任", "name", "张晓明"), ("欧阳医生您好", "name", "欧阳"), (
            "联系人：买买提·艾力，", "name", "买买提·艾力"),
        ("姓名：张　三 ", "name", "张　三"), ("籍贯：湖南长沙", "address", "长沙"), ("转到复旦大学附属华山医院", "hospital", "复旦大学附属华山医院"),
        ("过敏史：无（2020-03-28填写）", "date", "2020-03-28"), ("出生日期：1949年12月31日", "birth-date",
            "1949年12月31日"), ("老人93岁", "age", "93"),
        ("香港身份证A123456(3)", "travel-permit", "A123456(3)"), ("床号：+15", "hospital-number", "+15"),
        ("Dr. Anna Lee saw him", "name", "Anna Lee"), ("zip code: 62704", "zip", "62704"),
    ],
)  # fmt: skip
def test_a_value_is_found_with_its_offsets(text: str, kind: str, value: str) -> None:
    assert (kind, value) in said(text)


def test_two_numbers_side_by_side_are_two() -> None:
    assert said("13800138000 13900139000") == [("phone", "13800138000"), ("phone", "13900139000")]


@pytest.mark.parametrize("unit", ["1 ", "9-", "13 "])
def test_a_table_of_short_numbers_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def least(characters: int) -> float:
        spent = []
        for _ in range(3):
            began = time.process_time()
            find(unit * (characters // len(unit)))
            spent.append(time.process_time() - began)  # others may use the cores
        return min(spent)

    assert least(10_000) < 9 * least(2_500)


def test_a_tag_is_never_found_again() -> None:
    assert said("[姓名4821]，电话[电话9018]，[身份证号5041]") == []


@given(st.text(st.sampled_from("1380-　\n\u200bX张王医生号：住院.@a岁年月日２００[]"), max_size=60))
def test_spans_are_in_order_within_the_text_and_none_lies_over_another(text: str) -> None:
    found = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_the_same_seed_plants_the_same_texts() -> None:
    assert planted(3, 50) == planted(3, 50) != planted(4, 50)

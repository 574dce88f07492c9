"""Values as sites write them: read as quantities, told in both languages, and what of them is no value of the attribute."""

from pathlib import Path

import polars as pl
import pytest

from kgtools.kg.build.english_names import read_names
from kgtools.templates.values import is_people, is_predicate, is_route, parse, say_en, say_values, say_zh, tidy

WRITTEN = [
    ("60-70%", "60%～70%", "60% to 70%"),
    ("约60%--70％左右", "约60%～70%", "about 60% to 70%"),
    ("治愈率在60%到70%之间", "60%～70%", "60% to 70%"),
    ("80%左右", "约80%", "about 80%"),
    ("80%以上", "80%以上", "more than 80%"),
    ("发病率约0.01%", "约0.01%", "about 0.01%"),
    ("0.5‰", "0.5‰", "0.05%"),
    ("1/1000", "0.1%", "0.1%"),
    ("百分之八十", "80%", "80%"),
    ("八成以上", "80%以上", "more than 80%"),
    ("约3.5/10万", "约0.0035%", "about 0.0035%"),
    ("一到两个月", "1～2个月", "1 to 2 months"),
    ("十二周", "12周", "12 weeks"),
    ("半年左右", "约6个月", "about 6 months"),
    ("1-3个月", "1～3个月", "1 to 3 months"),
    ("3-6月", "3～6个月", "3 to 6 months"),
    ("7天--14天", "7～14天", "7 to 14 days"),
    ("1年", "1年", "1 year"),
    ("2周-3个月", "2周～3个月", "2 weeks to 3 months"),
    ("30-60分钟", "30～60分钟", "30 to 60 minutes"),
    ("一般3个月左右", "约3个月", "about 3 months"),
    ("1000――2000元", "约1000～2000元", "about 1,000 to 2,000 yuan"),
    ("市三甲医院约（5000—10000元）", "约5000～10000元", "about 5,000 to 10,000 yuan"),
    ("根据不同医院，收费标准不一致，市三甲医院约（1000-5000元）", "约1000～5000元", "about 1,000 to 5,000 yuan"),
    ("1万-2万元", "约10000～20000元", "about 10,000 to 20,000 yuan"),
    ("1-2万元", "约10000～20000元", "about 10,000 to 20,000 yuan"),
]


@pytest.mark.parametrize(("value", "zh", "en"), WRITTEN)
def test_a_quantity_is_told_in_one_way_in_each_language(value: str, zh: str, en: str) -> None:
    quantity = parse(value)

    assert quantity
    assert (say_zh(quantity), say_en(quantity)) == (zh, en)


@pytest.mark.parametrize(
    "value", ["无", "", "85", "120%", "2-1周", "5年10年", "5%，10%", "好转率80%，死亡率5%", "3个月-80%"]
)
def test_what_is_more_or_less_than_one_quantity_is_none(value: str) -> None:
    assert parse(value) is None


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("1000-2000元", "1000――2000元", False),
        ("约80%", "80%左右", False),
        ("5000-10000元", "5000-30000元", False),
        ("80%", "81%", False),
        ("1000-2000元", "2000-9000元", False),
        ("1000-2000元", "5000-10000元", True),
        ("20%", "80%", True),
        ("1-2周", "3-6个月", True),
        ("2周", "14天", False),
        ("80%", "3个月", False),
    ],
)
def test_two_quantities_are_apart_only_without_overlap_and_by_a_factor(one: str, other: str, apart: bool) -> None:
    first, second = parse(one), parse(other)

    assert first
    assert second
    assert first.apart(second, 2.0) is second.apart(first, 2.0) is apart


@pytest.mark.parametrize(
    ("attribute", "value", "misplaced"),
    [
        ("cure_rate", "80%", False),
        ("cure_rate", "0%", False),
        ("cure_rate", "0.0001%", True),
        ("cure_rate", "3个月", True),
        ("cure_rate", "市三甲医院约（1000-5000元）", True),
        ("incidence", "0.003%", False),
        ("incidence", "100%", True),
        ("treatment_duration", "1-3个月", False),
        ("treatment_duration", "80%", True),
    ],
)
def test_a_quantity_that_the_attribute_cannot_hold_is_misplaced(attribute: str, value: str, misplaced: bool) -> None:
    said = say_values(pl.DataFrame({"relation": [attribute], "value": [value]}), (), {})

    assert said["misplaced"].to_list() == [misplaced]


@pytest.mark.parametrize("value", ["多见于儿童", "无传染性", "需要终身治疗", "通过飞沫传播"])
def test_a_value_that_says_something_of_the_disease_is_a_predicate(value: str) -> None:
    assert is_predicate(value)


def test_people_and_routes_are_told_from_other_values() -> None:
    assert [is_people(value) for value in ("中老年人", "儿童和孕妇", "无特定")] == [True, True, False]
    assert [is_route(value) for value in ("呼吸道传播、接触传播", "不详")] == [True, False]


def test_a_tidy_text_has_plain_line_breaks_and_no_odd_spaces() -> None:
    assert tidy("一、 概述\r\n\r\n\u3000\u3000二、 治疗") == "一、概述\n二、治疗"


@pytest.mark.parametrize("value", ["性传播 血液传播", "性传播  血液传播", "性传播\u3000血液传播", "性传播\xa0血液传播"])
@pytest.mark.parametrize("listed", ["性传播 血液传播", "性传播  血液传播"])
def test_the_english_of_a_value_is_found_by_what_it_looks_like(tmp_path: Path, value: str, listed: str) -> None:
    (tmp_path / "t.tsv").write_text(f"zh\ten\ttype\n{listed}\tsexually\ttransmission\n", encoding="utf-8")
    table = read_names(tmp_path / "t.tsv", None, None, None, (), "t", "MIT")

    said = say_values(pl.DataFrame({"relation": ["transmission"], "value": [value]}), [table], {"t": 4})

    assert said.select("value", "value_en", "value_mask").rows() == [(value, "sexually", 4)]

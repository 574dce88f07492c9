from collections.abc import Callable

import polars as pl
import pytest

from kgtools.kg.build.counts import flags
from kgtools.kg.build.doubts import find_cut_names, find_cut_values, value_doubts
from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.tools.inputs.files import digest
from tests.conftest import Row

Tables = Callable[..., SourceTables]
SENTENCE = "病因尚不清楚，可能与遗传、感染和环境等多种因素有关。"


def cut(*texts: str, field: str = "cause") -> list[bool]:
    return list(find_cut_values(pl.DataFrame({"field": [field] * len(texts), "tail": list(texts)})))


def text_of(length: int, end: str) -> str:
    """A text of so many characters, of whole sentences, that ends as told."""
    return (SENTENCE * length)[: length - len(end)] + end


@pytest.mark.parametrize("unit", [1, 3])
def test_texts_that_stop_at_one_length_in_the_middle_were_cut_off(unit: int) -> None:
    """By characters, or by the bytes of UTF-8, where some characters are one byte long."""
    whole = [text_of(length, "。") for length in (31, 44, 57, 63, 71)]
    if unit == 1:
        ended = [text_of(80, f"患者的{sign}") for sign in "甲乙丙丁"]
    else:
        ended = [text_of(80 + 2 * number, "x" * (3 * number) + "患者人") for number in range(4)]

    assert cut(*whole, *ended) == [False] * len(whole) + [True] * len(ended)


def test_a_text_of_the_length_of_the_pile_that_ends_well_was_not_cut_off() -> None:
    texts = [text_of(80, f"患者{sign}") for sign in "甲乙丙丁"] + [text_of(80, "。"), text_of(40, "。")]

    assert cut(*texts) == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    "end",
    [
        "，",
        "、",
        "，患者的",
        "以及",
        "（",
        "...",
        "…",
        "可引起，由于",
        "：",
        "累及皮肤和",
        "，其主要病因为",
        "，多见于",
        "。2.",
        "，常见症状有（如咳嗽",
    ],
)
def test_a_text_that_leads_on_was_cut_off(end: str) -> None:
    assert cut(text_of(50, end)) == [True]


def test_a_short_text_that_ends_in_an_open_bracket_was_cut_off() -> None:
    assert cut("本病的治疗周期（", "本病的治愈率【") == [True, True]


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE * 2,
        "本病可分为（一）原发性（二）继发性，前者较多见，后者少见，多数预后良好（详后文）",
        "80%",
        "的",
        "多见于儿童",
        "http://example.org/" + "a" * 40,
    ],
)
def test_a_text_that_ends_well_or_is_none_was_not_cut_off(text: str) -> None:
    assert cut(text) == [False]


def test_values_of_one_length_are_no_pile_where_all_have_it() -> None:
    codes = [f"本码为{number:04}号并且其长度在每一条记录里都完全相同以便核对所用代码甲乙丙丁" for number in range(20)]

    assert cut(*codes) == [False] * 20


def named(*names: str, type_: str = "Product") -> pl.DataFrame:
    return pl.DataFrame({"id": [f"{type_}:{name}" for name in names], "type": type_, "name": list(names)})


def test_names_that_stop_at_one_length_were_cut_off_but_for_those_that_end_in_another_name() -> None:
    cut_off = [f"某{chr(0x4E00 + number)}药业小儿复方磺胺甲" for number in range(15)]
    whole = [f"某{chr(0x4E00 + number)}药业阿莫西林胶囊囊" for number in range(15)]
    short = [f"某{chr(0x4E00 + number)}药业感冒片" for number in range(25)]
    entities = pl.concat(
        [named(*cut_off, *whole, *short), named("阿莫西林胶囊囊", "小儿复方磺胺甲噁唑颗粒", type_="Drug")]
    )
    triples = pl.DataFrame(
        [(f"Product:{name}", "Drug:小儿复方磺胺甲噁唑颗粒") for name in cut_off] + [(f"Product:{name}", "Drug:阿莫西林胶囊囊") for name in whole],
        schema=["head", "tail"], orient="row",
    )  # fmt: skip

    assert sorted(find_cut_names(entities, triples)) == sorted(f"Product:{name}" for name in cut_off)


def test_where_dots_mark_what_was_cut_off_the_other_names_are_whole() -> None:
    names = [f"{chr(0x4E00 + number)}甲乙丙丁戊己..." for number in range(20)] + [
        f"{chr(0x4E00 + number)}甲乙丙丁戊己庚辛壬" for number in range(20)
    ]

    assert find_cut_names(named(*names), pl.DataFrame(schema={"head": pl.String, "tail": pl.String})).is_empty()


def doubts(tables_of: Callable[..., SourceTables], **sources: list[Row]) -> dict[str, list[str]]:
    """Entity -> its doubts, of a graph that these sources make."""
    inputs = Inputs(tuple(tables_of(rows, source=name) for name, rows in sources.items()))
    return {id_: list(words) for id_, words in merge(inputs)[0].select("id", "doubts").iter_rows() if len(words)}


def fact_id(head: str, relation: str, tail: str) -> str:
    return digest("\x1f".join((head, relation, tail)))


def test_a_department_that_is_described_as_a_disease_is_in_doubt(tables_of: Tables) -> None:
    rows: list[Row] = [
        ("Disease", "虚构病乙", "BELONGS_TO_DEPARTMENT", "虚构损伤"),
        ("Disease", "虚构病丙", "BELONGS_TO_DEPARTMENT", "虚构科"),
        ("Disease", "虚构损伤", "HAS_SYMPTOM", "疼痛"),
    ]

    assert doubts(tables_of, a=rows) == {"Department:虚构损伤": ["other-type"]}


def test_a_department_that_more_sources_know_than_the_disease_is_not(tables_of: Tables) -> None:
    department: Row = ("Disease", "虚构病", "BELONGS_TO_DEPARTMENT", "虚构病科")
    disease: Row = ("Disease", "虚构病科", "HAS_SYMPTOM", "疼痛")

    assert doubts(tables_of, a=[department, disease], b=[department]) == {}
    assert doubts(tables_of, a=[department], b=[disease]) == {"Department:虚构病科": ["other-type"]}


def test_a_body_part_is_not_in_doubt_for_a_name_that_others_only_point_to(tables_of: Tables) -> None:
    rows: list[Row] = [("Disease", "虚构病", "AFFECTS_BODY_PART", "皮肤"), ("Disease", "虚构病", "HAS_SYMPTOM", "皮肤")]

    assert doubts(tables_of, a=rows) == {}


def test_of_two_closed_types_the_one_that_fewer_triples_know_is_in_doubt(tables_of: Tables) -> None:
    rows: list[Row] = [("Disease", f"病{number}", "BELONGS_TO_DEPARTMENT", "皮肤科") for number in "甲乙"]
    rows.append(("Disease", "病丙", "AFFECTS_BODY_PART", "皮肤科"))

    assert doubts(tables_of, a=rows) == {"BodyPart:皮肤科": ["other-type"]}


def test_a_value_is_in_doubt_only_if_every_source_that_says_it_cut_it_off(tables_of: Tables) -> None:
    value = text_of(50, "，患者的")
    cut_off: Row = ("Disease", "虚构病", "cause", value)

    assert doubts(tables_of, a=[cut_off]) == {
        "Disease:虚构病": [f"truncated-value cause {fact_id('Disease:虚构病', 'cause', value)}"]
    }


def test_a_description_of_another_disease_is_in_doubt(tables_of: Tables) -> None:
    other = "腹股沟疝是指腹腔内脏器突出。腹股沟疝多见于男性。"
    rows: list[Row] = [
        ("Disease", "腹股沟疝", "description", other),
        ("Disease", "食管裂孔", "description", other),
        ("Disease", "老年人腹股沟疝", "description", other),
        ("Disease", "虚构病", "description", "本病多见于男性，常无症状。"),
        ("Disease", "疝气", "description", other),
        ("Disease", "疝气", "alias", "腹股沟疝"),
    ]

    expected = f"other-subject description {fact_id('Disease:食管裂孔', 'description', other)}"
    assert doubts(tables_of, a=rows) == {"Disease:食管裂孔": [expected]}


def test_a_name_with_dots_is_in_doubt_and_counted_by_the_load(tables_of: Tables) -> None:
    tables = tables_of(
        [("Disease", "获得性免疫缺...", "HAS_SYMPTOM", "发热"), ("Disease", "虚构病", "cause", text_of(50, "，"))]
    )

    flagged = flags(tables.named, tables.facts)

    assert (flagged["truncated names"], flagged["truncated values"]) == (1, 1)
    assert merge(Inputs((tables,)))[0].filter(pl.col("id") == "Disease:获得性免疫缺...")["doubts"].to_list() == [
        ["truncated-name"]
    ]


def test_doubts_are_told_by_fact(tables_of: Tables) -> None:
    value = text_of(50, "，")
    entities, _ = merge(Inputs((tables_of([("Disease", "虚构病", "cause", value)]),)))

    assert value_doubts(entities) == {fact_id("Disease:虚构病", "cause", value): "truncated-value"}

"""The rules of alignment: what each finds, how sure it is, and what none of them ever finds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.align.candidates import CANDIDATES, candidates, search
from kgtools.kg.align.evidence import exclude, excluding_words
from kgtools.kg.align.rules import COMMON, RULES
from kgtools.kg.align.spelling import STEPS, spell
from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.commands import align
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore

Make = Callable[..., SourceTables]
SURE = 0.9


def found(
    tables_of: Make,
    *parts: Sequence[tuple[str, ...]],
    alone: Sequence[tuple[str, ...]] = (),
    raw: bool = False,
    **how: Any,
) -> list[dict[str, Any]]:
    """The candidates of sources a, b, ... that say these rows; `alone`: entities that the last one only names."""
    last = len(parts) - 1
    sources = [tables_of(rows, alone if n == last else (), source="abc"[n], raw=raw) for n, rows in enumerate(parts)]
    return candidates(Inputs(tuple(sources)), **how).to_dicts()


def pairs(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["before_name"], row["after_name"]) for row in rows]


def of_names(tables_of: Make, *names: str, type_: str = "Disease", raw: bool = False) -> list[dict[str, Any]]:
    return found(tables_of, [], alone=[(type_, name) for name in names], raw=raw)


def test_the_command_offers_the_rules_that_there_are() -> None:
    assert tuple(RULES) == align.RULES


@pytest.mark.parametrize(
    ("one", "other", "step"),
    [
        ("ＡＢＯ溶血", "ABO溶血", "full-width characters"),
        ("指（趾）甲缺失", "指(趾)甲缺失", "full-width characters"),
        ("人【HIV】病", "人[HIV]病", "kinds of brackets"),
        ("短P—R综合征", "短P-R综合征", "kinds of dashes and dots"),
        ("吉兰•巴雷综合征", "吉兰·巴雷综合征", "kinds of dashes and dots"),
        ("5’-核苷酸酶", "5'-核苷酸酶", "kinds of quotes"),
        ("poems综合征", "POEMS综合征", "upper and lower case"),
        ("地中海 贫血", "地中海贫血", "white space"),
        ("黏脂贮积症Ⅲ型", "黏脂贮积症III型", "Roman numerals as one character"),
    ],
)
def test_names_that_differ_only_in_writing_are_sure(tables_of: Make, one: str, other: str, step: str) -> None:
    (row,) = of_names(tables_of, one, other)

    assert row["score"] >= 0.98
    assert row["reason"] == f"the names differ only in: {step}"


@pytest.mark.parametrize(
    ("one", "other", "step", "least", "most"),
    [
        ("染色體檢查", "染色体检查", "traditional characters", 0.9, 0.93),
        ("alpha地中海贫血", "α地中海贫血", "names of Greek letters", 0.9, 0.96),
        ("倍他胡萝卜素", "β胡萝卜素", "names of Greek letters", 0.9, 0.96),
        ("2型糖尿病", "ii型糖尿病", "Roman and Arabic numerals", 0.9, 0.93),
        ("肾病综合症", "肾病综合征", "variant characters", 0.9, 0.95),
        ("β-氨基酸尿", "β氨基酸尿", "a hyphen", 0.9, 0.93),
        ("血清10⁹计数", "血清109计数", "compatible characters", 0.8, 0.89),
        ("甲胎蛋白（AFP）", "甲胎蛋白", "an abbreviation in brackets", 0.8, 0.89),
    ],
)
def test_a_step_that_may_lose_something_is_less_sure(
    tables_of: Make, one: str, other: str, step: str, least: float, most: float
) -> None:
    (row,) = of_names(tables_of, one, other)

    assert least <= row["score"] <= most
    assert step in row["reason"]


def test_a_stop_at_the_end_which_a_raw_load_leaves_is_less_sure_than_writing(tables_of: Make) -> None:
    (row,) = of_names(tables_of, "手术治疗。", "手术治疗", raw=True)

    assert 0.9 <= row["score"] <= 0.97
    assert "a stop or comma at the end" in row["reason"]
    assert of_names(tables_of, "手术治疗。", "手术治疗") == []  # a name of its own no more: cleaning takes the stop


def test_several_steps_are_less_sure_than_the_weakest_of_them(tables_of: Make) -> None:
    (row,) = of_names(tables_of, "poems综合症", "POEMS综合征")

    assert (row["score"], row["reason"]) == (
        0.93,
        "the names differ only in: upper and lower case, variant characters",
    )


def test_every_step_undoes_something_and_undoes_it_once() -> None:
    hostile = pl.DataFrame({"name": ["", "-", "...", "（", "a\nb", "😀", "Ⅱ", "{{x}}", "\\", "$1", "综合症", "\u202e"]})

    once = hostile.select(spell(pl.col("name")))
    assert once.select(spell(pl.col("name"))).equals(once)
    assert len({step.name for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1型糖尿病", "2型糖尿病"),
        ("Ⅰ型糖尿病", "Ⅱ型糖尿病"),
        ("I型糖尿病", "II型糖尿病"),
        ("左肺癌", "右肺癌"),
        ("急性胰腺炎", "慢性胰腺炎"),
        ("亚急性甲状腺炎", "急性甲状腺炎"),
        ("先天性白内障", "后天性白内障"),
        ("原发性高血压", "继发性高血压"),
        ("良性肿瘤", "恶性肿瘤"),
        ("甲型肝炎", "乙型肝炎"),
        ("高钾血症", "低钾血症"),
        ("甲状腺功能亢进", "甲状腺功能减退"),
        ("维生素A缺乏", "维生素D缺乏"),
        ("维生素B1缺乏", "维生素B12缺乏"),
        ("α地中海贫血", "β地中海贫血"),
        ("CoxA1VI型手足口病", "CoxA16型手足口病"),
        ("感染IgG抗体", "感染IgM抗体"),
    ],
)
@pytest.mark.parametrize("said", [0, 1, 2])
def test_names_that_exclude_each_other_are_no_candidates_whatever_aliases_say(
    tables_of: Make, one: str, other: str, said: int
) -> None:
    aliases = [("Disease", one, "alias", other), ("Disease", other, "alias", one)]

    assert found(tables_of, aliases[:said], alone=[("Disease", one), ("Disease", other)]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rh-", "Rh"),
        ("抗体(-)", "抗体()"),
        ("血压1-2级", "血压12级"),
        ("剂量1 2", "剂量12"),
        ("糖尿病...", "糖尿病。"),
        ("A-", "A"),
    ],
)
def test_a_sign_that_means_something_is_not_a_way_of_writing(tables_of: Make, one: str, other: str) -> None:
    assert [row for row in of_names(tables_of, one, other) if row["rule"] == "equal-name"] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NO中毒", "No中毒"),
        ("SM综合征", "Sm综合征"),
        ("血MG测定", "血Mg测定"),
        ("血浆cAMP测定", "血浆CAMP测定"),
        ("PH增高", "pH增高"),
        ("新生儿抗-s溶血病", "新生儿抗-S溶血病"),
        ("乙肝e抗原", "乙肝E抗原"),
        ("AA型淀粉样变", "Aa型淀粉样变"),
        ("ccDEE表型", "CcDee表型"),
        ("心尖a波", "心尖A波"),
        ("PAS染色异常", "Pas染色异常"),
        ("CaD缺乏", "CAD缺乏"),
        ("δ波", "Δ波"),
        ("PR-乳腺癌", "PR乳腺癌"),
        ("HER2－胃癌", "HER2胃癌"),
        ("CD34- 白血病", "CD34白血病"),
        ("ALK−肺癌", "ALK肺癌"),
        ("4p-综合征", "4p综合征"),
        ("K-献血者", "K献血者"),
        ("HIV-母亲所生婴儿", "HIV母亲所生婴儿"),
        ("V型切口感染", "5型切口感染"),
    ],
)
def test_what_may_be_two_things_is_for_people_to_decide(tables_of: Make, one: str, other: str) -> None:
    (row,) = of_names(tables_of, one, other)

    assert row["score"] < SURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("头颅ct平扫", "头颅CT平扫"),
        ("抗hiv抗体", "抗HIV抗体"),
        ("血清igm升高", "血清IgM升高"),
        ("胃液ph监测", "胃液pH监测"),
        ("胸部x线摄影", "胸部X线摄影"),
        ("维c银翘片", "维C银翘片"),
        ("维生素b12缺乏", "维生素B12缺乏"),
        ("补体c4降低", "补体C4降低"),
        ("腹部b超", "腹部B超"),
        ("血清ca125", "血清CA125"),
        ("凝血因子ⅶ缺乏", "凝血因子Ⅶ缺乏"),
        ("HUNTINGTON舞蹈病", "Huntington舞蹈病"),
        ("Fracture of the hip", "fracture of the Hip"),
        ("D-二聚体升高", "D二聚体升高"),
        ("T-细胞淋巴瘤", "T细胞淋巴瘤"),
        ("C-反应蛋白", "C反应蛋白"),
        ("18-三体综合征", "18三体综合征"),
        ("α1-抗胰蛋白酶缺乏", "α1抗胰蛋白酶缺乏"),
        ("高脂蛋白血症V型", "高脂蛋白血症5型"),
        ("慢性肾脏病V期", "慢性肾脏病5期"),
        ("HLA-B27相关葡萄膜炎", "HLAB27相关葡萄膜炎"),
    ],
)
def test_what_is_the_same_in_any_case_or_with_any_hyphen_is_sure(tables_of: Make, one: str, other: str) -> None:
    (row,) = of_names(tables_of, one, other)

    assert row["score"] >= SURE


def test_a_name_goes_to_the_one_that_means_the_same_not_to_the_first_that_looks_like_it(tables_of: Make) -> None:
    rows = of_names(tables_of, "抗E抗体", "抗e抗体", "抗-e抗体")

    assert {(row["before_name"], row["after_name"]) for row in rows if row["score"] >= SURE} == {
        ("抗-e抗体", "抗e抗体")
    }


def test_two_strokes_behind_a_figure_are_not_one(tables_of: Make) -> None:
    assert of_names(tables_of, "5'切开", '5"切开') == []


def test_a_name_that_was_cut_off_excludes_no_other_and_spelling_does_not_matter() -> None:
    names = ("D:Ⅱ型糖尿病", "D:2型糖尿病", "D:1型糖尿病", "D:1型糖尿...")
    two, also_two, one, cut = (excluding_words(names)[id_] for id_ in names)

    assert exclude(one, two)
    assert exclude(one, also_two)
    assert not exclude(two, also_two)
    assert not exclude(cut, two)


def test_a_name_is_no_candidate_for_one_of_another_type(tables_of: Make) -> None:
    assert (
        found(tables_of, [("Disease", "POEMS征", "HAS_SYMPTOM", "poems征"), ("Symptom", "流感", "alias", "POEMS症")])
        == []
    )


def test_two_abbreviations_of_one_name_are_not_the_same(tables_of: Make) -> None:
    rows = of_names(tables_of, "营养混悬液(SP)", "营养混悬液(TPF)", "营养混悬液", "营养片(Ⅱ)", "营养片", type_="Drug")

    assert {frozenset((row["before_name"], row["after_name"])) for row in rows} == {
        frozenset(("营养混悬液(SP)", "营养混悬液")), frozenset(("营养混悬液(TPF)", "营养混悬液")),
    }  # fmt: skip
    assert {row["score"] for row in rows} == {0.6}


def test_each_of_a_group_goes_to_the_one_that_is_written_most_like_it(tables_of: Make) -> None:
    rows = of_names(tables_of, "C反应蛋白（CRP）", "C反应蛋白", "c反应蛋白", type_="Examination")

    assert {(row["before_name"], row["after_name"], row["score"] >= SURE) for row in rows} == {
        ("c反应蛋白", "C反应蛋白", True), ("C反应蛋白（CRP）", "C反应蛋白", False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "stays"),
    [
        ([[("Disease", "poems征", "cause", "x")], [("Disease", "POEMS征", "cause", "x"), ("Disease", "poems征", "cause", "x")]], "poems征"),
        ([[("Disease", "poems征", "HAS_SYMPTOM", "痛"), ("Disease", "POEMS征", "cause", "x")]], "poems征"),
        ([[("Disease", "poems 征", "cause", "x"), ("Disease", "poems征", "cause", "x")]], "poems征"),
        ([[("Disease", "poems征", "cause", "x"), ("Disease", "POEMS征", "cause", "x")]], "POEMS征"),
    ],
    ids=["in more sources", "in more triples", "shorter", "first by id"],
)  # fmt: skip
def test_which_of_two_stays_is_the_one(tables_of: Make, parts: list[Any], stays: str) -> None:
    (row,) = found(tables_of, *parts)

    assert row["after_name"] == stays


def test_an_alias_alone_is_for_review_and_one_of_both_is_sure(tables_of: Make) -> None:
    (one,) = found(tables_of, [("Disease", "消渴", "alias", "糖尿病")], alone=[("Disease", "糖尿病")])
    (both,) = found(tables_of, [("Disease", "消渴", "alias", "糖尿病"), ("Disease", "糖尿病", "alias", "消渴")])

    assert (one["rule"], one["reason"]) == ("alias", "糖尿病 is an alias of 消渴; 0 of 0 triples shared")
    assert one["score"] < SURE <= both["score"]
    assert both["reason"].startswith("each is an alias of the other")


def test_an_alias_may_be_written_differently(tables_of: Make) -> None:
    (row,) = found(
        tables_of, [("Disease", "克罗-深濑综合征", "alias", "ＰＯＥＭＳ综合症")], alone=[("Disease", "POEMS综合征")]
    )

    assert row["reason"].startswith("ＰＯＥＭＳ综合症 is an alias of 克罗-深濑综合征")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ([("Disease", "肺痨", "alias", "结核")], "several entities have this alias"),
        ([("Disease", "痨病", "alias", "肺痨"), ("Disease", "肺痨", "cause", "x")], "its aliases are several entities"),
        ([("Disease", "痨病", "HAS_SUBTYPE", "结核")], "but HAS_SUBTYPE joins them"),
        ([("Disease", "痨病", "HAS_COMPLICATION", "结核")], "but HAS_COMPLICATION joins them"),
        ([("Disease", "结核", "DIFFERENTIAL_DIAGNOSIS", "痨病")], "but DIFFERENTIAL_DIAGNOSIS joins them"),
        (
            [("Disease", "痨病", "SHOULD_EAT", "姜"), ("Disease", "结核", "SHOULD_AVOID", "姜")],
            "1 of their triples contradict",
        ),
        (
            [("Drug", "甲", "INDICATED_FOR", "痨病"), ("Drug", "甲", "CONTRAINDICATED_FOR", "结核")],
            "1 of their triples contradict",
        ),
    ],
)
def test_a_doubt_makes_an_alias_less_sure_and_is_named(tables_of: Make, more: list[Any], why: str) -> None:
    plain = [("Disease", "痨病", "alias", "结核"), ("Disease", "结核", "cause", "杆菌")]
    (sure,) = found(tables_of, plain)

    (row,) = [
        row for row in found(tables_of, plain + more) if {row["before_name"], row["after_name"]} == {"痨病", "结核"}
    ]

    assert row["score"] < sure["score"]
    assert why in row["reason"]


def test_an_alias_that_is_another_symbol_is_no_sure_name(tables_of: Make) -> None:
    rows = [("Disease", "煤气中毒", "alias", "CO中毒"), ("Disease", "Co中毒", "alias", "煤气中毒")]

    (row,) = found(tables_of, rows)

    assert row["score"] < SURE
    assert "it is written as another symbol" in row["reason"]


def test_an_alias_that_is_part_of_the_name_is_often_a_wider_thing(tables_of: Make) -> None:
    (row,) = found(tables_of, [("Disease", "疱疹样湿疹", "alias", "湿疹")], alone=[("Disease", "湿疹")])

    assert row["score"] < 0.6
    assert "one name is part of the other" in row["reason"]


def test_a_cut_name_becomes_the_one_that_begins_so_where_triples_agree(tables_of: Make) -> None:
    both = [("Disease", name, "HAS_SYMPTOM", "腹痛") for name in ("婴幼儿化脓性...", "婴幼儿化脓性淋巴结炎")]

    (row,) = found(tables_of, both)

    assert (row["rule"], row["before_name"], row["after_name"]) == (
        "completion",
        "婴幼儿化脓性...",
        "婴幼儿化脓性淋巴结炎",
    )
    assert row["score"] >= SURE
    assert row["reason"] == "the only name that begins so; 1 of 1 triples shared"


def test_a_cut_name_may_be_one_of_another_case_and_that_is_for_people_to_decide(tables_of: Make) -> None:
    both = [("Disease", name, "HAS_SYMPTOM", "乏力") for name in ("慢性CO中毒性脑...", "慢性Co中毒性脑病")]

    (row,) = found(tables_of, both)

    assert row["score"] < SURE
    assert "but in another case" in row["reason"]


def test_a_cut_name_never_stays_even_where_it_is_in_more_sources(tables_of: Make) -> None:
    cut = [("Disease", "婴幼儿化脓性…", "HAS_SYMPTOM", "腹痛"), ("Disease", "婴幼儿化脓性…", "HAS_SYMPTOM", "发热")]

    (row,) = found(tables_of, cut, cut, alone=[("Disease", "婴幼儿化脓性淋巴结炎")])

    assert row["after_name"] == "婴幼儿化脓性淋巴结炎"
    assert row["score"] < SURE


def test_the_shorter_the_beginning_the_less_sure(tables_of: Make) -> None:
    scores = []
    for length in range(1, 8):
        name = "婴幼儿化脓性淋巴结炎"
        (row,) = found(tables_of, [("Disease", each, "HAS_SYMPTOM", "腹痛") for each in (f"{name[:length]}...", name)])
        scores.append(row["score"])

    assert scores == sorted(scores)
    assert all(score < SURE for score in scores[:4])
    assert scores[-1] >= SURE


def test_of_several_that_begin_so_only_the_one_with_most_triples_is_for_review(tables_of: Make) -> None:
    cut = [("Disease", "妊娠合并急性...", "HAS_SYMPTOM", s) for s in ("腹痛", "发热", "恶心")]
    ends = [("Disease", "妊娠合并急性胰腺炎", "HAS_SYMPTOM", s) for s in ("腹痛", "恶心")]

    rows = found(tables_of, cut + ends, alone=[("Disease", "妊娠合并急性阑尾炎")])
    none = found(tables_of, cut, alone=[("Disease", "妊娠合并急性阑尾炎"), ("Disease", "妊娠合并急性胰腺炎")])

    assert pairs(rows) == [("completion", "妊娠合并急性...", "妊娠合并急性胰腺炎")]
    assert rows[0]["score"] < SURE
    assert none == []


def test_spellings_of_one_name_are_one_completion(tables_of: Make) -> None:
    ends = ("高密度脂蛋白(HDL)测定", "高密度脂蛋白（hdl）测定")
    rows = found(tables_of, [("Examination", name, "RELATED_SYMPTOM", "乏力") for name in ("高密度脂蛋白(...", *ends)])

    assert sorted(row["rule"] for row in rows) == ["completion", "equal-name"]
    assert all(row["score"] >= SURE for row in rows)


def test_a_shared_code_is_for_review_where_the_names_are_alike(tables_of: Make) -> None:
    rows = [
        ("Disease", "特应性皮炎", "icd10", "L20.9"),
        ("Disease", "异位性皮炎", "icd10", "L20.9"),
        ("Disease", "荨麻疹", "icd10", "L20.9"),
        ("Disease", "药物性皮炎", "icd10", "L27"),
        ("Disease", "接触性皮炎", "icd10", "L27"),
    ]

    (row,) = found(tables_of, rows)

    assert (row["rule"], {row["before_name"], row["after_name"]}) == ("shared-code", {"特应性皮炎", "异位性皮炎"})
    assert row["score"] < 0.75
    assert "ICD-10 code L20.9" in row["reason"]


def coded(count: int, code: str = "I10.9") -> list[tuple[str, ...]]:
    return [("Disease", f"{chr(0x4E00 + n)}{chr(0x6E00 + n)}性高血压", "icd10", code) for n in range(count)]


def test_a_code_of_many_entities_is_told_and_is_no_evidence(tables_of: Make) -> None:
    one = search(Inputs((tables_of(coded(400)),)))
    rare = search(Inputs((tables_of([*coded(400)[:COMMON], *coded(2, "I20.9")]),)))

    assert one.common.rows() == [("Disease", "I10.9", 400)]
    assert one.candidates.height == 0
    assert rare.common.height == 0
    assert rare.candidates.height == COMMON * (COMMON - 1) // 2
    assert "I10.9, I20.9" in "".join(rare.candidates["reason"])


def test_a_common_code_is_told_by_the_command(
    tables_of: Make, tmp_path: Path, kgtools: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    change(FolderStore(tmp_path / "graph"), lambda inputs: inputs.with_sources([tables_of(coded(COMMON + 1))]))

    told = kgtools("align", "--dry-run", "--graph", "graph")
    as_json = kgtools("align", "--dry-run", "--graph", "graph", "--format", "json")

    assert "too common to be evidence, so not asked: I10.9 (51 Disease)\n" in told.out
    assert as_json.json["too_common"] == [{"type": "Disease", "code": "I10.9", "entities": 51}]


def test_of_a_pair_that_two_rules_find_the_surer_counts_and_both_reasons_stand(tables_of: Make) -> None:
    rows = [
        ("Disease", "甲型皮炎病", "alias", "乙种皮炎病"),
        *(("Disease", name, "icd10", "L20.9") for name in ("甲型皮炎病", "乙种皮炎病")),
    ]

    (row,) = found(tables_of, rows)

    assert row["rule"] == "alias"
    assert row["reason"].endswith("; and the same ICD-10 code L20.9, and names that are alike")


def test_only_the_rules_that_are_asked_are_used(tables_of: Make) -> None:
    rows = [
        ("Disease", "消渴", "alias", "糖尿病"),
        ("Disease", "糖尿病", "cause", "x"),
        ("Disease", "poems征", "alias", "POEMS征"),
        ("Disease", "POEMS征", "cause", "x"),
    ]

    assert {row["rule"] for row in found(tables_of, rows)} == {"alias", "equal-name"}
    assert {row["rule"] for row in found(tables_of, rows, rules=("alias",))} == {"alias"}
    assert found(tables_of, rows, rules=("completion",)) == []


def test_a_graph_without_entities_has_no_candidates(tables_of: Make) -> None:
    assert candidates(Inputs()).schema == CANDIDATES.frame().schema
    assert found(tables_of, []) == []

"""Preferences teach what belongs to what: no name, number, text or style tells the better answer, and what may be true is not wrong."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.preferences.apart import TEXT, are_apart, is_balanced, why_unused
from kgtools.templates.preferences.balance import differing_names
from kgtools.templates.preferences.known_names import stem
from kgtools.templates.values import tidy

Graph = Callable[..., Store]
Said = tuple[str, str, str]
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def made(named_graph: Path) -> RecordTables:
    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    return generate(FolderStore(named_graph), packs, ("zh", "en"), None, 0, 12, task="preference")


@pytest.fixture
def wrong_of(graph: Graph, pack_folder: Callable[..., Path]) -> Callable[..., set[str]]:
    """What is called wrong of a head, over some seeds, in the preferences of a template."""

    packs: list[Pack] = []

    def find(said: list[Said], of: str, **info: Any) -> set[str]:
        packs.extend([] if packs else [load_pack(pack_folder(**info))])
        store, pack = graph(said), packs[0]
        found: set[str] = set()
        for seed in range(10):
            for meta in map(orjson.loads, preferences(store, pack, seed)["meta"]):
                found.update(meta["wrong"] if meta["head"] == of and meta["fault"] != "invented" else ())
        return found

    return find


def preferences(store: Store, pack: Pack, seed: int = 0) -> pl.DataFrame:
    return generate(store, [pack], ("zh",), None, seed, 12, task="preference").records


def symptoms(**of: str) -> list[Said]:
    return [
        (f"Disease:{head}", "HAS_SYMPTOM", f"Symptom:{name}") for head, names in of.items() for name in names.split()
    ]


def values(attribute: str, **of: str) -> list[Said]:
    return [(f"Disease:{head}", attribute, value) for head, value in of.items()]


def test_each_name_stands_as_often_among_the_rejected_as_among_the_chosen(made: RecordTables) -> None:
    is_text = pl.col("name").str.contains(TEXT) | pl.col("template").str.contains("cause|description|prevention")
    told = differing_names(made.records).filter(~is_text & (pl.col("fault") != "invented"))
    counted = Counter(told.select("lang", "template", "name", "side").iter_rows())

    assert len(counted) > 1000
    assert {
        key: n for key, n in counted.items() if counted[(*key[:3], "rejected")] != counted[(*key[:3], "chosen")]
    } == {}
    for lang, of in made.counts.names.items():
        assert of["largest_difference"] == 0, lang


def test_the_command_prints_how_names_are_balanced_and_what_was_refused(
    named_graph: Path, tmp_path: Path, kgtools: Run
) -> None:
    done = kgtools(
        "generate", "--graph", named_graph, "--task", "preference", "--lang", "zh", "--out", tmp_path / "out"
    )
    run = json.loads((tmp_path / "out/run.json").read_bytes())

    assert done.code == 0, done.err
    assert "largest difference" in done.out
    assert "not-apart" in done.out
    assert run["names"]["zh"]["largest_difference"] == 0
    assert run["refused"]["zh"]["not-apart"] > 0


@pytest.mark.parametrize(
    ("head", "kin"),
    [
        ("2型糖尿病", "糖尿病"),
        ("2型糖尿病", "1型糖尿病"),
        ("小儿哮喘", "老年人哮喘"),
        ("急性胃炎", "慢性胃炎"),
        ("支原体肺炎", "肺炎"),
    ],
)
def test_what_is_said_of_kin_by_name_is_not_called_wrong(
    wrong_of: Callable[..., set[str]], head: str, kin: str
) -> None:
    other = symptoms(**{head: "多饮", "骨折": "畸形", "白喉": "假膜"})

    assert wrong_of([*other, *symptoms(**{kin: "口渴"})], f"Disease:{head}") == {"畸形", "假膜"}
    assert "口渴" in wrong_of([*other, *symptoms(沙眼="口渴")], f"Disease:{head}")


def test_what_is_said_of_a_namesake_of_another_type_is_not_called_wrong(wrong_of: Callable[..., set[str]]) -> None:
    said = symptoms(肝炎="黄疸", 骨折="畸形", 白喉="假膜")
    namesake = ("Symptom:肝炎", "RELATED_SYMPTOM", "Symptom:畸形")

    assert wrong_of(said, "Disease:肝炎") == {"畸形", "假膜"}
    assert wrong_of([*said, namesake], "Disease:肝炎") == {"假膜"}


def test_a_tail_that_shares_a_stem_with_a_true_one_is_not_called_wrong(wrong_of: Callable[..., set[str]]) -> None:
    said = symptoms(痛风="左侧肩痛", 骨折="双侧肩痛", 白喉="假膜")

    assert wrong_of(said, "Disease:痛风") == {"假膜"}


@pytest.mark.parametrize(("true", "near", "far"), [("心内科", "内科", "骨科"), ("肝病科", "感染科", "骨科")])
def test_a_department_above_or_below_is_not_called_wrong(
    wrong_of: Callable[..., set[str]], true: str, near: str, far: str
) -> None:
    said: list[Said] = [
        (f"Disease:{head}", "BELONGS_TO_DEPARTMENT", f"Department:{name}")
        for head, name in (("痛风", true), ("骨折", near), ("白喉", far))
    ]
    above: Said = (f"Department:{true}", "PART_OF_DEPARTMENT", f"Department:{near}")
    info = {"head": "Disease", "tail": "Department", "relations": ["BELONGS_TO_DEPARTMENT"]}

    assert wrong_of([*said, above], "Disease:痛风", **info) == {far}


@pytest.mark.parametrize(
    ("attribute", "one", "other", "expected"),
    [
        ("cost", "市三甲医院约（1000-2000元）", "市三甲医院约（1000――2000元）", False),
        ("cost", "市三甲医院约（5000-10000元）", "市三甲医院约（5000-30000元）", False),
        ("cost", "市三甲医院约（5000-10000元）", "市三甲医院约（50000-80000元）", True),
        ("cost", "约5000元", "约0.5万元", False),
        ("cure_rate", "约80%", "80%左右", False),
        ("cure_rate", "80%", "81%", False),
        ("cure_rate", "80%", "35%", True),
        ("cure_rate", "50%以上", "90%", False),
        ("incidence", "0.1%", "1‰", False),
        ("treatment_duration", "1-3个月", "30-90天", False),
        ("treatment_duration", "1-3个月", "1-2年", True),
        ("transmission", "无传染性", "呼吸道传播", True),
        ("transmission", "有传染性", "呼吸道传播", False),
        ("transmission", "飞沫传播", "呼吸道传染", False),
        ("susceptible_population", "儿童", "老年人", True),
        ("susceptible_population", "儿童", "婴幼儿", False),
        ("susceptible_population", "儿童", "女性", False),
        ("susceptible_population", "男性", "孕妇", True),
        ("susceptible_population", "成年人", "中老年人", False),
    ],
)
def test_a_wrong_value_is_clearly_apart(attribute: str, one: str, other: str, expected: bool) -> None:
    assert are_apart(attribute, one, other) is expected
    assert are_apart(attribute, other, one) is expected


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("cost", "费用不详"),
        ("cure_rate", "外科手术治愈率约为70%"),
        ("reference_range", "3.5-5.5mmol/L"),
        ("transmission", "毒蛇咬伤"),
    ],
)
def test_a_value_that_cannot_be_judged_is_used_for_no_preference(attribute: str, value: str) -> None:
    assert why_unused(attribute, value, value) == "value-not-parsed"


def test_values_that_are_not_apart_make_no_preference_and_are_counted(
    graph: Graph, pack_folder: Callable[..., Path]
) -> None:
    pack = load_pack(pack_folder(tail=None, relations=[], attribute="cure_rate", single=True))
    near = graph(values("cure_rate", 痛风="80%", 骨折="81%", 白喉="约80%"))
    far = graph(values("cure_rate", 痛风="80%", 骨折="20%", 白喉="手术治愈率为70%"))

    assert generate(near, [pack], ("zh",), None, 0, 12, task="preference").counts.triples == {
        "zh": {"no-wrong-answer": 3}
    }
    assert generate(far, [pack], ("zh",), None, 0, 12, task="preference").counts.triples == {
        "zh": {"exported": 2, "value-not-parsed": 1}
    }


GOUT_TEXT = "痛风是嘌呤代谢紊乱所致的疾病，多见于中年男性，常在夜间发作。痛风的发作与饮酒有关，应当低嘌呤饮食。"
RICKETS_TEXT = "佝偻病是缺乏维生素D所致的疾病，多见于两岁以内，表现为方颅。佝偻病的预防在于多晒太阳，补充鱼肝油。"


def texts(graph: Graph, pack_folder: Callable[..., Path], *more: Said, **of: str) -> list[tuple[str, str]]:
    pack = load_pack(pack_folder(tail=None, relations=[], attribute="cause", single=True))
    made = preferences(graph([*values("cause", **of), *more]), pack).sort("id")
    return [(orjson.loads(meta)["head"], *orjson.loads(meta)["wrong"]) for meta in made["meta"]]


def test_a_long_text_of_another_head_names_the_head_in_every_place(
    graph: Graph, pack_folder: Callable[..., Path]
) -> None:
    made = dict(texts(graph, pack_folder, 痛风=GOUT_TEXT, 佝偻病=RICKETS_TEXT))

    assert made == {
        "Disease:痛风": RICKETS_TEXT.replace("佝偻病", "痛风"),
        "Disease:佝偻病": GOUT_TEXT.replace("痛风", "佝偻病"),
    }


@pytest.mark.parametrize(
    "text",
    [
        GOUT_TEXT.replace("痛风", "本病"),
        GOUT_TEXT.replace("痛风是", "痛风(gout)是"),
        GOUT_TEXT.replace("痛风的", "痛风性关节炎的"),
        GOUT_TEXT.replace("痛风的", "历节的"),
        GOUT_TEXT.replace("痛风的", "痛风素的"),
        GOUT_TEXT.replace("，应当", "），应当"),
    ],
)
def test_a_long_text_that_would_show_whose_it_is_makes_no_preference(
    graph: Graph, pack_folder: Callable[..., Path], text: str
) -> None:
    more = [("Disease:痛风", "alias", "历节"), *symptoms(痛风性关节炎="肿胀")]

    assert texts(graph, pack_folder, *more, 痛风=text, 佝偻病=RICKETS_TEXT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("急性(化脓性)炎症,多见于儿童", "急性（化脓性）炎症，多见于儿童"),
        ("第一行\r\n第二 行", "第一行\n第二行"),
        ("维生素 B12 (mg)", "维生素 B12 (mg)"),
    ],
)
def test_both_answers_are_tidied_alike(text: str, expected: str) -> None:
    assert tidy(text) == expected


def test_brackets_without_their_other_half_are_known() -> None:
    assert [is_balanced(text) for text in ("甲（乙）", "甲（乙", "甲）乙", "甲(乙）")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2型糖尿病", "糖尿"),
        ("急性胃炎", "胃炎"),
        ("脑电图检查", "脑电图"),
        ("双侧肩痛", "肩痛"),
        ("心内科", "心内"),
        ("急性", "急性"),
    ],
)
def test_a_stem_leaves_out_what_tells_siblings_apart(name: str, expected: str) -> None:
    assert stem(name) == expected

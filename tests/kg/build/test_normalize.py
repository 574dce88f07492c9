import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.counts import count, flags, totals
from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.build.name_rules import clean_name
from kgtools.kg.build.normalize import RULES, CleanSource, clean
from kgtools.kg.source import Reading
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest
from tests.torture.names import INVISIBLE as UNSEEN
from tests.torture.names import RADICAL

Make = Callable[..., Reading]

RESIDUE = {"Symptom": ("驻站医",), "Disease": ("无标题文档",)}
INVISIBLE = "\x00\x07\x0b\x1f\x7f\x85\u200b\u2060\ufeff"
NASTY = [
    "糖尿病", "O'Neil", '"', "`x`", "{{ x }}", "{% if %}", "a,b", "耳、鼻", "a，b；c", "|||", "\\", "$name", "%s", "<b>", "...",
    "\u202e左", "😀", "e\u0301", "驻站医", "无标题文档", "糖尿病 ", "　糖尿病", "糖\n尿病", "\ufeff糖尿病", "糖\t尿\r\n病", "", " ", "\x00",
]  # fmt: skip
names = st.sampled_from(NASTY) | st.text(max_size=6)
rows = st.tuples(
    st.sampled_from(["Disease", "Symptom"]),
    names,
    st.sampled_from(["HAS_SYMPTOM", "HAS_COMPLICATION", "SHOULD_EAT", "cause", "alias", "class", "某某关系"]),
    names,
)
alone = st.tuples(st.sampled_from(["Disease", "Food"]), names, st.none() | names)


def cleaned_name(name: str) -> str:
    return str(pl.select(clean_name(pl.lit(name))).item())


@pytest.mark.parametrize(
    ("name", "expected", "rule"),
    [
        ("\ufeff头痛", "头痛", "control-characters"),
        ("头\x00痛", "头痛", "control-characters"),
        ("头\u200b痛\u2060", "头痛", "control-characters"),
        ("头\x85痛", "头痛", "control-characters"),
        ("代谢性\n酸中毒", "代谢性酸中毒", "line-break"),
        ("中\n文\n字", "中文字", "line-break"),
        ("头 \r\n 痛", "头痛", "line-break"),
        ("lung \r\n cancer", "lung cancer", "line-break"),
        ("A型\tB", "A型 B", "line-break"),
        (" 头痛", "头痛", "outer-space"),
        ("压胸试验　　", "压胸试验", "outer-space"),
        ("头痛\n", "头痛", "outer-space"),
        ("\u00a0头痛\t", "头痛", "outer-space"),
    ],
)
def test_a_name_is_changed_by_one_rule_and_the_change_is_kept(
    reading_of: Make, name: str, expected: str, rule: str
) -> None:
    cleaned = clean(reading_of([("Disease", "感冒", "HAS_SYMPTOM", name)]))

    assert cleaned.named["name"].to_list() == ["感冒", expected]
    assert cleaned.facts["tail"].to_list() == [f"Symptom:{expected}"]
    assert cleaned.rejects.select("action", "kind", "target", "head", "tail", "reason", "file", "row").rows() == [
        ("changed", "relation", "HAS_SYMPTOM", "Disease:感冒", name, rule, "tiny.txt", 1)
    ]


@pytest.mark.parametrize(
    "name",
    ["5'-核苷酸酶（5'-NT）", "`tick`", "{{ x }}", "{% raw %}", "a,b", "发热，咳嗽", "耳、鼻", "A B", "back\\slash", "$p", "ＣＴ",
     "\u00e9", "עברית", "x" * 10_000],
)  # fmt: skip
def test_a_name_is_left_alone_whatever_signs_are_in_it(reading_of: Make, name: str) -> None:
    cleaned = clean(reading_of([("Disease", name, "HAS_SYMPTOM", name)]))

    assert cleaned.named.select("type", "name").rows() == [("Disease", name), ("Symptom", name)]
    assert cleaned.rejects.height == 0


@pytest.mark.parametrize(
    "name",
    [
        '"引号"',
        "a;b；c",
        "1...",
        "|||",
        "<br>",
        "Ⅷ",
        "👩⚕",
        "头痛。",
        "1、头痛",
        "a&amp;b",
        ">>",
        "null",
        "对症",
        "长" * 100,
    ],
)
def test_a_raw_load_leaves_a_name_alone_that_cleaning_refuses_or_mends(reading_of: Make, name: str) -> None:
    reading = reading_of([("Disease", name, "HAS_SYMPTOM", name)])
    cleaned = clean(reading, raw=True)

    assert clean(reading).named["name"].to_list() != [name, name]
    assert cleaned.named.select("type", "name").rows() == [("Disease", name), ("Symptom", name)]
    assert cleaned.rejects.height == 0


def test_an_empty_line_in_a_name_that_nobody_judges_is_joined_as_any_other() -> None:
    assert cleaned_name("头痛\n\n发热") == "头痛发热"


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(INVISIBLE + "\r\n\t 　糖"), max_size=12))
def test_a_clean_name_is_clean(name: str) -> None:
    once = cleaned_name(name)

    assert cleaned_name(once) == once
    assert not set(once) & set(INVISIBLE + "\r\n\t")
    assert once == once.strip()


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])).filter(
        lambda name: not (UNSEEN.search(name) or RADICAL.search(name) or re.search(r"[^\S ]|  ", name))
    )
)
def test_a_name_without_invisible_characters_breaks_and_odd_space_never_changes(name: str) -> None:
    if name == name.strip() and unicodedata.is_normalized("NFC", name):
        assert cleaned_name(name) == name


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("Disease", "感冒", "HAS_SYMPTOM", "驻站医"), "residue"),
        (("Disease", "感冒", "HAS_SYMPTOM", " 驻站医\n"), "residue"),
        (("Disease", "无标题文档", "HAS_SYMPTOM", "头痛"), "residue"),
        (("Disease", "感冒", "HAS_COMPLICATION", "无标题文档"), "residue"),
        (("Disease", "感冒", "HAS_SYMPTOM", ""), "empty"),
        (("Disease", "感冒", "HAS_SYMPTOM", " \u200b\n"), "empty"),
        (("Disease", "感冒", "HAS_SYMPTOM", "头痛\n \r\n发热"), "several-names"),
        (("Disease", " ", "HAS_SYMPTOM", "头痛"), "empty"),
        (("Disease", "感冒", "cause", "\n"), "empty"),
        (("Disease", "感冒", "alias", " 感冒"), "same-as-name"),
        (("Disease", "感冒", "某某关系", "头痛"), "unknown-relation"),
    ],
)
def test_a_statement_is_refused_with_its_reason_and_kept_in_the_rejects(
    reading_of: Make, row: tuple[str, str, str, str], reason: str
) -> None:
    cleaned = clean(reading_of([row], residue=RESIDUE))

    assert cleaned.facts.height == 0
    refused = cleaned.rejects.filter((pl.col("action") == "refused") & (pl.col("kind") != "entity"))
    assert refused.select("field", "head", "tail", "reason", "file", "row").rows() == [
        (row[2], f"{row[0]}:{row[1]}", row[3], reason, "tiny.txt", 1)
    ]
    assert reason in RULES


@pytest.mark.parametrize(
    "row", [("Disease", " ", "HAS_SYMPTOM", "头痛"), ("Disease", "无标题文档", "HAS_SYMPTOM", "头痛")]
)
def test_what_only_a_refused_statement_points_to_is_no_entity(reading_of: Make, row: tuple[str, ...]) -> None:
    assert clean(reading_of([row], residue=RESIDUE)).named["name"].to_list() == []


def test_residue_is_refused_for_its_own_type_only(reading_of: Make) -> None:
    residue = {"Symptom": ("驻站医",), "Disease": ("某编辑",)}
    cleaned = clean(
        reading_of(
            [("Disease", "驻站医", "HAS_SYMPTOM", "某编辑"), ("Disease", "感冒", "cause", "驻站医")], residue=residue
        )
    )

    assert cleaned.named["id"].to_list() == ["Disease:感冒", "Disease:驻站医", "Symptom:某编辑"]
    assert sorted(cleaned.facts["tail"]) == ["Symptom:某编辑", "驻站医"]
    assert cleaned.rejects.height == 0


def test_a_raw_load_keeps_residue_and_aliases_that_are_the_name(reading_of: Make) -> None:
    reading = reading_of(
        [("Disease", "无标题文档", "HAS_SYMPTOM", "驻站医"), ("Disease", "感冒", "alias", "感冒")], residue=RESIDUE
    )

    cleaned = clean(reading, raw=True)

    assert sorted(cleaned.named["name"]) == ["感冒", "无标题文档", "驻站医"]
    assert sorted(cleaned.facts["relation"]) == ["HAS_SYMPTOM", "alias"]
    assert cleaned.rejects.height == 0


def test_a_raw_load_still_refuses_what_no_graph_can_hold(reading_of: Make) -> None:
    reading = reading_of([("Disease", "感冒", "HAS_SYMPTOM", ""), ("Disease", "感冒", "某某关系", "x")])

    assert clean(reading, raw=True).rejects["reason"].to_list() == ["empty", "unknown-relation"]


@pytest.mark.parametrize(("reason", "kept_by_raw"), [("spilled-columns", True), ("no-drug-in-brackets", False)])
def test_the_readers_own_reason_stands(reading_of: Make, reason: str, kept_by_raw: bool) -> None:
    reading = reading_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")])
    reading = replace(
        reading,
        statements=reading.statements.with_columns(reason=pl.lit(reason)),
        mentions=reading.mentions.with_columns(reason=pl.lit(reason)),
    )

    assert set(clean(reading).rejects["reason"]) == {reason}
    assert clean(reading).named.height == 0
    assert clean(reading, raw=True).facts.height == int(kept_by_raw)


def test_a_triple_said_twice_is_one_fact_with_both_places(reading_of: Make) -> None:
    row = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")

    facts = clean(reading_of([row, row, ("Disease", "感冒 ", "HAS_SYMPTOM", "\ufeff头痛")])).facts

    assert facts.select("kind", "head", "relation", "tail", "origins").rows() == [
        ("relation", "Disease:感冒", "HAS_SYMPTOM", "Symptom:头痛",
         [f"tiny/tiny.txt:{line}#HAS_SYMPTOM" for line in (1, 2, 3)])
    ]  # fmt: skip


def test_the_id_of_a_fact_is_a_hash_of_what_it_says_alone(reading_of: Make) -> None:
    row = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
    here = clean(reading_of([row])).facts
    there = clean(reading_of([("Disease", "感冒", "cause", "x"), row], source="other", file="b.txt")).facts

    (id_,) = here["id"]
    assert id_ == digest("Disease:感冒\x1fHAS_SYMPTOM\x1fSymptom:头痛")
    assert id_ in there["id"].to_list()


@pytest.mark.parametrize(
    ("text", "kept", "rules"),
    [
        ("一\n二", "一\n二", []),
        (" 一\n二\n", "一\n二", ["outer-space"]),
        ("一\ufeff\n二", "一\n二", ["control-characters"]),
    ],
)
def test_text_keeps_its_line_breaks_and_every_other_change_is_counted(
    reading_of: Make, text: str, kept: str, rules: list[str]
) -> None:
    cleaned = clean(reading_of([("Disease", "感冒", "cause", text)]))

    assert cleaned.facts.select("kind", "relation", "tail").rows() == [("attribute", "cause", kept)]
    assert cleaned.rejects.select("action", "kind", "reason").rows() == [
        ("changed", "attribute", rule) for rule in rules
    ]


def test_an_english_name_of_a_source_is_taken_unless_it_is_chinese(reading_of: Make) -> None:
    cleaned = clean(
        reading_of(
            alone=[("Disease", "感冒", "common cold"), ("Disease", "风疹", "风疹"), ("Disease", "感冒", "a cold")]
        )
    )

    assert dict(cleaned.named.select("name", "name_en").iter_rows()) == {"感冒": "a cold", "风疹": None}


def test_a_statement_about_an_entity_that_the_reader_never_mentioned_is_the_readers_fault(reading_of: Make) -> None:
    reading = reading_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")])

    with pytest.raises(InputError, match="the reader of tiny gave statements about 'Disease:感冒' without a mention"):
        clean(replace(reading, mentions=reading.mentions.clear()))


def test_counting_tells_read_distinct_loaded_merged_and_rejected_apart(reading_of: Make) -> None:
    reading = reading_of(
        [
            ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
            ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
            ("Disease", "感冒", "HAS_SYMPTOM", "头痛 "),
            ("Disease", "感冒", "HAS_SYMPTOM", "驻站医"),
            ("Disease", "感冒", "HAS_SYMPTOM", "驻站医"),
            ("Disease", "感冒", "HAS_SYMPTOM", ""),
            ("Disease", "感冒", "cause", "病毒"),
        ],
        residue=RESIDUE,
    )

    counted = {(row["kind"], row["name"], row["field"]): row for row in count(clean(reading))}

    of = counted["relation", "HAS_SYMPTOM", None]
    assert [of[key] for key in ("read", "distinct", "loaded", "merged", "rejected")] == [6, 4, 1, 2, 3]
    assert of["reasons"] == {"empty": 1, "residue": 2}
    assert counted["relation", "HAS_SYMPTOM", "HAS_SYMPTOM"] == of | {"field": "HAS_SYMPTOM"}
    assert counted["attribute", "cause", None]["loaded"] == 1
    assert counted["entity", "Symptom", None]["loaded"] == 1
    assert totals(list(counted.values()))["triples"] == {
        "read": 7, "distinct": 5, "loaded": 2, "merged": 2, "rejected": 3,
    }  # fmt: skip


def test_two_fields_of_one_relation_are_counted_together_and_apart(reading_of: Make) -> None:
    reading = reading_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "感冒", "symptom", "头痛")])
    info = reading.info.model_copy(
        update={"fields": reading.info.fields | {"symptom": reading.info.fields["HAS_SYMPTOM"]}}
    )

    rows = [row for row in count(clean(replace(reading, info=info))) if row["name"] == "HAS_SYMPTOM"]

    assert [(row["field"], row["read"], row["distinct"], row["loaded"], row["merged"]) for row in rows] == [
        (None, 2, 1, 1, 1), ("HAS_SYMPTOM", 1, 1, 1, 0), ("symptom", 1, 1, 1, 0),
    ]  # fmt: skip


def test_self_loops_and_contradictions_are_flagged_and_loaded(reading_of: Make) -> None:
    cleaned = clean(
        reading_of(
            [
                ("Disease", "感冒", "HAS_COMPLICATION", "感冒"),
                ("Disease", "感冒", "SHOULD_EAT", "姜"),
                ("Disease", "感冒", "SHOULD_AVOID", "姜"),
                ("Disease", "感冒", "SHOULD_AVOID", "酒"),
                ("Drug", "甲", "INDICATED_FOR", "感冒"),
                ("Drug", "甲", "CONTRAINDICATED_FOR", "感冒"),
                ("Drug", "甲", "CONTRAINDICATED_FOR", "急性上呼..."),
            ]
        )
    )

    assert cleaned.facts.height == 7
    assert flags(cleaned.named, cleaned.facts) == {
        "self-loops": 1, "contradictions": 2, "truncated names": 1, "truncated values": 0,
    }  # fmt: skip


def lost_and_found(reading: Reading, cleaned: CleanSource) -> None:
    counted = count(cleaned)
    for row in counted:
        assert row["read"] == row["loaded"] + row["merged"] + row["rejected"]
        assert row["rejected"] == sum(row["reasons"].values())
        assert row["merged"] >= 0
        assert row["loaded"] <= row["distinct"] <= row["read"]
    whole = {(row["kind"], row["name"]): row for row in counted if row["field"] is None}
    fields = [row for row in counted if row["field"] is not None]
    for rows_ in (whole.values(), fields):
        entities = sum(row["read"] for row in rows_ if row["kind"] == "entity")
        others = sum(row["read"] for row in rows_ if row["kind"] != "entity")
        relations = sum(row["read"] for row in rows_ if row["kind"] == "relation")
        assert others == reading.statements.height
        assert entities == reading.mentions.height + relations

    loaded = {key: row["loaded"] for key, row in whole.items() if row["loaded"]}
    facts = Counter(cleaned.facts.select("kind", "relation").iter_rows())
    types = Counter(("entity", type_) for type_ in cleaned.named["type"])
    assert loaded == dict(facts + types)

    kept = sum(row["loaded"] + row["merged"] for row in fields if row["kind"] != "entity")
    assert sum(map(len, cleaned.facts["origins"])) == kept

    refused = cleaned.rejects.filter(pl.col("action") == "refused")
    said = refused.filter(pl.col("kind") != "entity")
    assert said.height == sum(row["rejected"] for row in fields if row["kind"] != "entity")
    told = Counter(reading.statements.select("file", "row", "field", "tail").iter_rows())
    assert not Counter(said.select("file", "row", "field", "tail").iter_rows()) - told
    given_ = Counter(reading.mentions.select("file", "row", "field", "name").iter_rows())
    assert (
        not Counter(refused.filter(pl.col("kind") == "entity").select("file", "row", "field", "tail").iter_rows())
        - given_
    )
    assert set(refused["reason"]) <= set(RULES)

    ids = set(cleaned.named["id"])
    assert set(cleaned.facts["head"]) <= ids
    assert set(cleaned.facts.filter(pl.col("kind") == "relation")["tail"]) <= ids


@given(said=st.lists(rows, max_size=12), alone=st.lists(alone, max_size=4), raw=st.booleans(), twice=st.booleans())
def test_nothing_that_was_read_is_lost(
    reading_of: Make, said: list[tuple[str, ...]], alone: list[tuple[str, ...]], raw: bool, twice: bool
) -> None:
    reading = reading_of(said * (1 + twice), alone, residue=RESIDUE)

    lost_and_found(reading, clean(reading, raw))


@given(said=st.lists(rows, min_size=1, max_size=6), raw=st.booleans(), seed=st.randoms(use_true_random=False))
def test_the_order_of_what_was_read_does_not_matter(
    reading_of: Make, said: list[tuple[str, ...]], raw: bool, seed: object
) -> None:
    shuffled = list(said)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = clean(reading_of(said), raw), clean(reading_of(shuffled), raw)

    assert one.named.equals(other.named)
    assert one.facts.drop("origins").equals(other.facts.drop("origins"))
    assert count(one) == count(other)


def test_the_id_of_a_name_that_no_index_holds_is_short_and_its_own(tables_of: Callable[..., SourceTables]) -> None:
    long, other, fits = "长" * 10_000, "长" * 9_999 + "短", "长" * 480
    tables = tables_of([("Disease", long, "HAS_SYMPTOM", other), ("Disease", fits, "cause", long)], raw=True)

    ids = dict(tables.named.select("name", "id").iter_rows())

    assert ids[fits] == f"Disease:{fits}"
    assert {len(ids[long]), len(ids[other])} == {121}
    assert ids[long].startswith("Disease:长长长")
    assert {ids[long], ids[fits], ids[other]} == set(tables.facts["head"]) | {ids[other]}
    assert ids[other] in set(tables.facts["tail"])
    assert long in set(tables.facts["tail"]), "a value is no id and stays whole"

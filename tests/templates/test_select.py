"""Which facts make which record, seen in the records of tiny graphs and in what coverage says of the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.stores import Store
from kgtools.templates.facts import view
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, load_pack
from kgtools.templates.select import select
from kgtools.tools.errors import UsageError

Graph = Callable[..., Store]
Folder = Callable[..., Path]
GOUT = "Disease:痛风"
ASPIRIN, IBUPROFEN, WARFARIN = "Drug:阿司匹林", "Drug:布洛芬", "Drug:华法林"


@pytest.fixture
def pack(pack_folder: Folder) -> Callable[..., Pack]:
    """A pack of one template that asks what the test says."""

    def make(**info: Any) -> Pack:
        return load_pack(pack_folder(**info))

    return make


def run(
    store: Store, *packs: Pack, count: int | None = None, seed: int = 0, max_tails: int = 12, langs: str = "zh,en"
) -> RecordTables:
    return generate(store, list(packs), tuple(langs.split(",")), count, seed, max_tails)


def answers(result: RecordTables, lang: str = "zh") -> dict[str, set[str]]:
    """head -> the tails of its answer."""
    mine = result.records.filter(lang=lang)
    heads = mine["meta"].str.json_path_match("$.head")
    return {
        head: set(answer.split("、" if lang == "zh" else ", "))
        for head, answer in zip(heads, mine["answer"], strict=True)
    }


def fates(result: RecordTables, lang: str = "zh") -> list[str]:
    """What became of each fact."""
    return sorted(reason or "exported" for reason in result.coverage.filter(lang=lang)["reason"])


def symptoms(*names: str) -> list[tuple[str, str, str]]:
    return [(GOUT, "HAS_SYMPTOM", f"Symptom:{name}") for name in names]


def test_the_tails_of_a_head_stand_in_one_answer(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([*symptoms("红", "肿"), ("Disease:感冒", "HAS_SYMPTOM", "Symptom:咳嗽")])

    result = run(store, pack())

    assert answers(result) == {GOUT: {"红", "肿"}, "Disease:感冒": {"咳嗽"}}
    assert fates(result) == ["exported"] * 3


@pytest.mark.parametrize(
    "said", [[], [(GOUT, "HAS_SYMPTOM", f"Symptom:{GOUT[8:]}")], [(GOUT, "TREATED_BY", "Treatment:休息")]], ids=len
)
def test_a_template_with_nothing_to_say_has_the_columns_of_another(
    graph: Graph, pack: Callable[..., Pack], said: list[tuple[str, str, str]]
) -> None:
    (template,) = (each for each in pack().templates if each.lang == "zh")
    full, empty = (select(view(graph(facts)), template, 0, 12) for facts in (symptoms("红"), said))

    assert (full.groups.height, empty.groups.height) == (1, 0)
    assert empty.groups.schema == full.groups.schema
    assert empty.left_out.schema == full.left_out.schema


def test_more_tails_than_allowed_are_counted(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph(symptoms("红", "肿", "热", "痛")), pack(), max_tails=3)

    assert len(answers(result)[GOUT]) == 3
    assert fates(result) == ["exported"] * 3 + ["max-tails"]


def test_as_many_tails_as_allowed_are_all_there(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph(symptoms("红", "肿", "热")), pack(), max_tails=3)

    assert answers(result) == {GOUT: {"红", "肿", "热"}}


@pytest.mark.parametrize("seed", range(5))
def test_what_more_sources_say_comes_first(graph: Graph, pack: Callable[..., Pack], seed: int) -> None:
    store = graph(symptoms("红", "肿", "热", "痛"), two=symptoms("热", "痛"), three=symptoms("痛"))

    assert answers(run(store, pack(), max_tails=1, seed=seed)) == {GOUT: {"痛"}}
    assert run(store, pack(name="again"), max_tails=2, seed=seed).records["answer"].to_list() == ["痛、热"]


def test_another_seed_takes_other_tails(graph: Graph, pack: Callable[..., Pack]) -> None:
    store, mine = graph(symptoms(*"红肿热痛酸麻胀木")), pack()

    assert len({frozenset(answers(run(store, mine, max_tails=3, seed=seed))[GOUT]) for seed in range(8)}) > 1


def test_both_languages_take_the_same_tails(graph: Graph, pack: Callable[..., Pack]) -> None:
    english = {GOUT: "gout"} | {f"Symptom:{name}": f"sign {name.encode().hex()}" for name in "红肿热痛酸麻"}
    result = run(graph(symptoms(*"红肿热痛酸麻"), english), pack(), max_tails=2)

    facts = result.records["facts"].to_list()
    assert len(facts) == 2
    assert facts[0] == facts[1]


def test_a_single_attribute_takes_the_value_most_often_stated(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "incidence", "1%"), (GOUT, "incidence", "2%")], two=[(GOUT, "incidence", "2%")])

    result = run(store, pack(relations=None, tail=None, attribute="incidence", single=True))

    assert answers(result) == {GOUT: {"2%"}}
    assert fates(result) == ["exported", "other-value"]


def test_an_attribute_that_is_not_single_takes_all_its_values(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "risk_factor", "饮酒"), (GOUT, "risk_factor", "肥胖")])

    result = run(store, pack(relations=None, tail=None, attribute="risk_factor"))

    assert answers(result) == {GOUT: {"饮酒", "肥胖"}}


def test_an_inverse_relation_is_read_backwards(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "HAS_DRUG", ASPIRIN), ("Disease:感冒", "HAS_DRUG", ASPIRIN)])

    result = run(store, pack(head="Drug", tail="Disease", relations=["COMMON_DRUG_FOR"]))

    assert answers(result) == {ASPIRIN: {"痛风", "感冒"}}


def test_relations_forwards_and_backwards_stand_in_one_answer(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph(
        [(GOUT, "HAS_DRUG", ASPIRIN), (ASPIRIN, "INDICATED_FOR", "Disease:感冒"), (ASPIRIN, "INDICATED_FOR", GOUT)]
    )

    result = run(store, pack(head="Drug", tail="Disease", relations=["INDICATED_FOR", "COMMON_DRUG_FOR"]))

    assert answers(result) == {ASPIRIN: {"痛风", "感冒"}}
    assert result.records["answer"].to_list()[0].count("痛风") == 1
    assert len(result.records["facts"].to_list()[0]) == 3


def test_a_symmetric_relation_is_asked_from_both_ends(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(ASPIRIN, "INTERACTS_WITH", IBUPROFEN), (WARFARIN, "INTERACTS_WITH", ASPIRIN)])

    result = run(store, pack(head="Drug", tail="Drug", relations=["INTERACTS_WITH"]))

    assert answers(result) == {ASPIRIN: {"布洛芬", "华法林"}, IBUPROFEN: {"阿司匹林"}, WARFARIN: {"阿司匹林"}}
    assert result.coverage.filter(lang="zh")["records"].to_list() == [2, 2]


def test_a_symmetric_relation_that_is_said_both_ways_names_its_tail_once(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph([(ASPIRIN, "INTERACTS_WITH", IBUPROFEN), (IBUPROFEN, "INTERACTS_WITH", ASPIRIN)])

    result = run(store, pack(head="Drug", tail="Drug", relations=["INTERACTS_WITH"]))

    assert sorted(result.records["answer"]) == ["布洛芬", "阿司匹林"]
    assert [len(facts) for facts in result.records["facts"]] == [2, 2]


def test_a_relation_that_is_not_symmetric_is_not_asked_from_its_tail(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(
        graph([(GOUT, "HAS_COMPLICATION", "Disease:肾病")]), pack(tail="Disease", relations=["HAS_COMPLICATION"])
    )

    assert set(answers(result)) == {GOUT}


def test_heads_and_tails_of_other_types_are_not_asked_about(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph(
        [
            (GOUT, "RELATED_SYMPTOM", "Symptom:红"),
            ("Symptom:肿", "RELATED_SYMPTOM", "Symptom:热"),
            ("Drug:水", "incidence", "1%"),
        ]
    )

    result = run(store, pack(relations=["RELATED_SYMPTOM"]))

    assert answers(result) == {GOUT: {"红"}}
    assert fates(result) == ["exported", "no-template", "no-template"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([("Disease:头痛", "HAS_SYMPTOM", "Symptom:头痛")], "same-name"),
        ([(GOUT, "HAS_SYMPTOM", "Symptom:关节...")], "truncated-name"),
        ([(GOUT, "HAS_SYMPTOM", "Symptom:21")], "digits-only-name"),
    ],
)
def test_a_doubtful_fact_makes_no_record(
    graph: Graph, pack: Callable[..., Pack], said: list[tuple[str, str, str]], reason: str
) -> None:
    result = run(graph(said, {head: "x" for head, _, _ in said}), pack())

    assert result.records.height == 0
    assert fates(result, "zh") == fates(result, "en") == [reason]


def test_a_doubtful_tail_leaves_the_others_in_the_answer(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph(symptoms("红", "关节...", "21")), pack())

    assert answers(result) == {GOUT: {"红"}}
    assert fates(result) == ["digits-only-name", "exported", "truncated-name"]


def test_a_self_loop_and_a_contradiction_make_no_record(graph: Graph, pack: Callable[..., Pack]) -> None:
    loop = run(graph([(GOUT, "HAS_COMPLICATION", GOUT)]), pack(tail="Disease", relations=["HAS_COMPLICATION"]))
    both = graph([(GOUT, "SHOULD_EAT", "Food:香蕉"), (GOUT, "SHOULD_AVOID", "Food:香蕉")])
    split = run(both, pack(name="food", tail="Food", relations=["SHOULD_EAT"]))

    assert fates(loop) == ["self-loop"]
    assert fates(split) == ["contradiction", "no-template"]


def test_english_leaves_out_what_has_no_english_name(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph(
        [*symptoms("红", "肿"), ("Disease:感冒", "HAS_SYMPTOM", "Symptom:红")], {GOUT: "gout", "Symptom:红": "redness"}
    )

    result = run(store, pack())

    assert answers(result, "en") == {GOUT: {"redness"}}
    assert fates(result, "en") == ["exported", "no-english-name", "no-english-name"]
    assert fates(result, "zh") == ["exported"] * 3


def test_english_leaves_out_a_chinese_value(graph: Graph, pack: Callable[..., Pack]) -> None:
    store = graph([(GOUT, "incidence", "约5%"), (GOUT, "incidence", "十分罕见")], {GOUT: "gout"})

    result = run(store, pack(relations=None, tail=None, attribute="incidence"))

    assert answers(result, "en") == {GOUT: {"about 5%"}}
    assert fates(result, "en") == ["exported", "value-not-english"]


def test_a_value_of_a_head_without_an_english_name_says_so(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph([(GOUT, "icd10", "M10")]), pack(relations=None, tail=None, attribute="icd10"))

    assert fates(result, "en") == ["no-english-name"]


def test_two_chinese_names_that_are_one_in_english_are_no_fact_in_english(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", "Symptom:痛")], {GOUT: "Pain", "Symptom:痛": "pain"})

    result = run(store, pack())

    assert fates(result, "en") == ["same-name"]
    assert fates(result, "zh") == ["exported"]


def test_a_fact_of_no_template_says_so(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph([(GOUT, "icd10", "M10"), (GOUT, "alias", "痛风病")]), pack())

    assert fates(result) == ["no-template", "no-template"]


def test_a_fact_that_one_template_left_out_and_another_told_is_exported(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph(symptoms("红", "肿"))
    backwards = pack(name="backwards", head="Symptom", tail="Disease", relations=["SYMPTOM_OF"])

    result = run(store, pack(), backwards, max_tails=1)

    assert fates(result) == ["exported", "exported"]
    assert sorted(result.coverage.filter(lang="zh")["records"]) == [1, 2]


DISEASES = [(f"Disease:病{n}", "HAS_SYMPTOM", "Symptom:红") for n in range(40)]


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_a_count_gives_so_many_records_and_counts_the_rest(graph: Graph, pack: Callable[..., Pack], count: int) -> None:
    result = run(graph(DISEASES), pack(), count=count)

    assert result.records.height == count
    assert fates(result) == ["exported"] * count + ["not-sampled"] * (40 - count)


def test_a_count_of_more_than_there_are_gives_all(graph: Graph, pack: Callable[..., Pack]) -> None:
    assert run(graph(DISEASES), pack(), count=41).records.height == 40


def test_a_sample_is_drawn_by_the_seed(graph: Graph, pack: Callable[..., Pack]) -> None:
    store, mine = graph(DISEASES), pack()

    first, again, other = (run(store, mine, count=10, seed=seed).records["id"].to_list() for seed in (1, 1, 2))

    assert first == again
    assert set(first) != set(other)


def test_a_sample_is_the_beginning_of_all_records(graph: Graph, pack: Callable[..., Pack]) -> None:
    store, mine = graph(DISEASES), pack()

    assert run(store, mine, count=10).records.equals(run(store, mine).records.head(10))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"langs": "zh,fr"}, "--lang fr: there are zh, en"),
        ({"max_tails": 0}, "--max-tails and --workers must be 1 or more"),
        ({"count": -1}, "--count 0 or more"),
    ],
)
def test_a_setting_out_of_range_is_refused(
    graph: Graph, pack: Callable[..., Pack], wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        run(graph(symptoms("红")), pack(), **wrong)


def test_one_language_alone_makes_its_records_and_its_coverage(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = run(graph(symptoms("红")), pack(), langs="zh")

    assert set(result.records["lang"]) == set(result.coverage["lang"]) == {"zh"}

"""Comparisons: the two share something and differ in something, and what the first alone has is linked with the other by nothing."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.verify import NameIndex, score
from kgtools.corpora.verify.item import item_of
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.facts import view
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.preferences.known_names import KnownNames, overlap
from kgtools.templates.tasks.compare import MOST, PAIRS

Graph = Callable[..., Store]
Rows = list[dict[str, Any]]
Triple = tuple[str, str, str]


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore) -> RecordTables:
    return generate(store, [find_pack("clinicalgpt"), find_pack("extended")], ("zh", "en"), None, 0, 12, task="compare")


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> Rows:
    return read(made.records)


def read(records: Any) -> Rows:
    return [
        row | {"item": item_of(row["meta"], row["id"]), "meta": orjson.loads(row["meta"])}
        for row in records.sort("id").iter_rows(named=True)
    ]


@pytest.fixture
def pack(pack_folder: Callable[..., Path]) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(**info))


def ask(store: Store, pack: Pack, seeds: int = 8) -> Rows:
    """What eight seeds make, so that each form comes up."""
    rows = []
    for seed in range(seeds):
        rows += read(generate(store, [pack], ("zh",), None, seed, 12, task="compare").records)
    return rows


def has(head: str, *symptoms: str) -> list[Triple]:
    return [(f"Disease:{head}", "HAS_SYMPTOM", f"Symptom:{each}") for each in symptoms]


TWO = [*has("糖尿病", "心悸", "多饮", "多尿"), *has("甲亢", "心悸", "突眼")]


def test_both_forms_are_asked_of_two_heads(graph: Graph, pack: Callable[..., Pack]) -> None:
    rows = ask(graph(TWO), pack())
    lists = [row for row in rows if row["meta"]["form"] == "list"]
    asked = {(row["meta"]["head"], row["meta"]["asks"]): row for row in lists}

    both, first = asked["Disease:糖尿病", "both"], asked["Disease:糖尿病", "first"]
    assert both["answer"] == "心悸"
    assert {names[0] for names in both["item"].wrong} == {"多饮", "多尿", "突眼"}
    assert set(first["answer"].split("、")) == {"多饮", "多尿"}
    assert {names[0] for names in first["item"].wrong} == {"心悸", "突眼"}
    assert [names[0] for names in first["item"].about] == ["糖尿病", "甲亢"]
    assert {len(row["facts"]) for row in lists} == {5}
    assert {row["item"].of for row in lists} == {"both", "first"}


@pytest.mark.parametrize(
    ("triples", "why"),
    [
        ([*has("糖尿病", "多饮", "多尿"), *has("甲亢", "突眼", "手抖")], "nothing is shared"),
        ([*has("糖尿病", "心悸", "多饮"), *has("甲亢", "心悸", "多饮")], "nothing differs"),
        ([*has("糖尿病", "心悸", "多饮"), *has("2型糖尿病", "心悸", "突眼")], "one is a kind of the other"),
        ([*has("肺炎", "心悸", "多饮"), *has("小儿肺炎旁胸腔积液", "心悸", "突眼")], "one name holds the other"),
        ([*TWO, ("Disease:甲亢", "alias", "糖尿病")], "an alias of the other"),
        ([*TWO, ("Disease:糖尿病", "HAS_COMPLICATION", "Disease:甲亢")], "one leads to the other"),
        ([*TWO, ("Disease:糖尿病", "HAS_SUBTYPE", "Disease:甲亢")], "one is a type of the other"),
        ([*TWO, *has("糖尿病", *"甲乙丙丁戊己庚辛壬癸")], "the list is longer than an answer"),
    ],
)
def test_no_two_are_compared_that_cannot_be(
    graph: Graph, pack: Callable[..., Pack], triples: list[Triple], why: str
) -> None:
    rows = ask(graph(triples), pack(), 2)

    assert not [
        row
        for row in rows
        if {"Disease:糖尿病", "Disease:甲亢"} & {row["meta"]["head"], row["meta"]["other"]}
        or "肺炎" in row["meta"]["head"]
    ], why


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("Symptom:多尿", "RELATED_DISEASE", "Disease:甲亢"), "another relation, the other way round"),
        (("Disease:甲亢", "RELATED_SYMPTOM", "Symptom:多尿"), "another relation"),
        (("Disease:甲亢", "RELATED_SYMPTOM", "Symptom:尿多"), "by another name"),
        (("Disease:甲亢", "description", "甲亢患者也会多尿。"), "a text"),
    ],
)
def test_what_may_be_true_of_the_other_is_neither_asked_for_nor_wrong(
    graph: Graph, pack: Callable[..., Pack], more: Triple, why: str
) -> None:
    rows = ask(graph([*TWO, ("Symptom:多尿", "alias", "尿多"), more]), pack())
    first = [row for row in rows if row["meta"]["asks"] == "first" and row["meta"]["head"] == "Disease:糖尿病"]

    assert first, why
    for row in first:
        assert "多尿" not in row["messages"][0]["content"] + row["answer"], why
        assert "多尿" not in {names[0] for names in (*row["item"].answers, *row["item"].wrong)}
        if row["item"].form == "set":
            assert score("多饮、多尿", row["item"], NameIndex(["多尿", "多饮"])).total == 1


def test_what_is_shared_under_another_name_is_shared(graph: Graph, pack: Callable[..., Pack]) -> None:
    rows = ask(
        graph(
            [
                *has("糖尿病", "心慌", "多饮"),
                *has("甲亢", "心悸", "突眼"),
                ("Symptom:心悸", "alias", "心慌"),
                *has("感冒", "心悸", "咳嗽"),
            ]
        ),
        pack(),
    )
    both = [
        row
        for row in rows
        if row["meta"]["asks"] == "both"
        and row["item"].form == "set"
        and {row["meta"]["head"], row["meta"]["other"]} == {"Disease:糖尿病", "Disease:甲亢"}
    ]

    for row in both:
        assert {"心慌", "心悸"} <= set(row["item"].answers[0])
        assert all(score(name, row["item"]).total == 1 for name in ("心慌", "心悸"))


def test_of_foods_only_what_both_share_is_asked_and_the_others_cost_nothing(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    def eats(head: str, relation: str, *foods: str) -> list[Triple]:
        return [(f"Disease:{head}", relation, f"Food:{food}") for food in foods]

    rows = ask(
        graph(
            [
                *eats("痛风", "SHOULD_EAT", "黄瓜", "樱桃", "芹菜"),
                *eats("胃炎", "SHOULD_EAT", "黄瓜", "小米"),
                *eats("胃炎", "SHOULD_AVOID", "樱桃"),
            ]
        ),
        pack(tail="Food", relations=["SHOULD_EAT"]),
    )

    assert {(row["meta"]["asks"], row["meta"]["form"], row["answer"]) for row in rows} == {("both", "list", "黄瓜")}
    for row in rows:
        assert [names[0] for names in row["item"].wrong] == ["樱桃"]
        assert {names[0] for names in row["item"].about} == {"痛风", "胃炎", "芹菜", "小米"}


@pytest.mark.parametrize("name", ["痛风和高尿酸血症", "甲亢及甲减", "甲亢、甲减"])
def test_a_name_that_looks_like_two_is_not_compared(graph: Graph, pack: Callable[..., Pack], name: str) -> None:
    assert not ask(graph([*has("糖尿病", "心悸", "多饮"), *has(name, "心悸", "突眼")]), pack(), 2)


def test_what_a_name_of_the_other_holds_is_not_asked_for(graph: Graph, pack: Callable[..., Pack]) -> None:
    rows = ask(
        graph([*has("糖尿病", "心悸", "多饮", "麻木感"), *has("甲亢", "心悸", "突眼", "四肢麻木感觉异常")]), pack()
    )

    for row in rows:
        assert not {"麻木感", "四肢麻木感觉异常"} & {names[0] for names in row["item"].answers}


def test_a_relation_without_words_is_counted(graph: Graph, pack: Callable[..., Pack]) -> None:
    tables = generate(
        graph([("Disease:肺癌", "HAS_SUBTYPE", "Disease:腺癌")]),
        [pack(tail="Disease", relations=["HAS_SUBTYPE"])],
        ("zh",),
        None,
        0,
        12,
        task="compare",
    )

    assert tables.counts.triples == {"zh": {"no-wording": 1}}


# the samples


def test_no_answer_of_the_first_alone_is_linked_with_the_other_under_any_name(rows: Rows, store: FolderStore) -> None:
    graph = view(store)
    known, numbers = KnownNames(graph), {id_: number for number, id_ in enumerate(graph.entities["id"])}
    checked = 0
    for row in rows:
        if row["meta"]["asks"] == "first":
            linked = set().union(*(known.forms(each) for each in known.linked(numbers[row["meta"]["other"]])))
            said = {name for names in row["item"].answers for name in names}
            checked += 1
            assert linked.isdisjoint("".join(name.casefold().split()) for name in said), row["messages"]

    assert checked > 100


def test_the_two_are_of_one_type_and_each_stands_in_few_pairs(rows: Rows) -> None:
    used: Counter[tuple[str, str]] = Counter()
    for row in rows:
        head, other = row["meta"]["head"], row["meta"]["other"]
        template = row["template"].partition("#")[0]
        used.update([(template, head), (template, other)])
        assert head.partition(":")[0] == other.partition(":")[0]
        assert not any(overlap(one, two) for one in row["item"].about[0] for two in row["item"].about[1])

    assert max(used.values()) <= PAIRS


def test_answers_are_few_and_stand_apart_from_what_is_wrong(rows: Rows) -> None:
    for row in rows:
        item = row["item"]
        assert 1 <= len(item.answers) <= MOST
        assert not {name for names in item.answers for name in names} & {names[0] for names in item.wrong}
        if item.form == "choice":
            assert len(set(item.options.values())) == 4
            assert item.options[item.right] in item.answers[0]
            assert row["meta"]["question"].endswith(("？", "?"))


def test_the_own_answer_of_nearly_every_item_is_right(rows: Rows, made: RecordTables) -> None:
    assert made.names is not None
    names = NameIndex(made.names["name"])
    graded = [score(row["messages"][1]["content"], row["item"], names, row["messages"][0]["content"]) for row in rows]

    assert sum(each.total == 1 for each in graded) / len(graded) > 0.98


def test_the_words_of_a_question_say_nothing_of_its_answer(rows: Rows) -> None:
    for row in rows:
        if row["item"].form == "set":
            found = score(row["messages"][0]["content"], row["item"], None, row["messages"][0]["content"])
            assert found.total == 0


def test_workers_decide_nothing_and_the_seed_does(store: FolderStore) -> None:
    packs = [find_pack("clinicalgpt")]
    one, two, other = (
        generate(store, packs, ("zh",), None, seed, 12, workers, task="compare").records
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    )

    assert one.equals(two)
    assert not one.equals(other)

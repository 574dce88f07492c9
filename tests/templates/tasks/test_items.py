"""Items: what is asked is in the graph, what is called wrong is in no source, and grading needs nothing else."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.exams.choices import choice_of
from kgtools.corpora.record import RECORDS
from kgtools.corpora.verify.item import Item, item_of
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.tasks.ask import ITEM_TASKS, ItemOptions

Graph = Callable[..., Store]
Rows = list[dict[str, Any]]
ALL = ",".join(ITEM_TASKS)
OFFERED = "ABCD"


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return [find_pack("clinicalgpt"), find_pack("extended")]


@pytest.fixture(scope="module")
def made(store: FolderStore, packs: list[Pack]) -> RecordTables:
    return generate(store, packs, ("zh", "en"), None, 0, 12, task=ALL)


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> Rows:
    return [with_item(row) for row in made.records.iter_rows(named=True)]


@pytest.fixture(scope="module")
def said(store: FolderStore) -> set[tuple[str, str]]:
    """Every two entities that a triple links, by name, both ways round; and each entity with its own names."""
    entities, triples = store.entities(), store.triples()
    names = {
        id_: [name, *aliases, *([en] if en else [])]
        for id_, name, aliases, en in entities.select("id", "name", "aliases", "name_en").iter_rows()
    }
    pairs = set()
    for head, tail in triples.select("head", "tail").iter_rows():
        for one in names[head]:
            for other in names[tail]:
                pairs |= {(one.casefold(), other.casefold()), (other.casefold(), one.casefold())}
    return pairs


def with_item(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"item": item_of(row["meta"], row["id"]), "meta": orjson.loads(row["meta"])}


def of_task(rows: Rows, task: str) -> Rows:
    found = [row for row in rows if row["task"] == task]
    assert found, f"no record of {task}"
    return found


@pytest.fixture
def pack(pack_folder: Callable[..., Path]) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(**info))


def ask(store: Store, pack: Pack, task: str, seed: int = 0, **items: Any) -> Rows:
    records = generate(store, [pack], ("zh",), None, seed, 12, task=task, items=ItemOptions(**items)).records
    return [with_item(row) for row in records.sort("id").iter_rows(named=True)]


# every task


@pytest.mark.parametrize("task", ITEM_TASKS)
def test_every_task_is_made_in_both_languages(rows: Rows, task: str) -> None:
    assert {row["lang"] for row in of_task(rows, task)} == (
        {"zh"} if task == "explain" else {"zh", "en"}
    )  # its texts are Chinese


def test_items_are_records_with_an_item_in_their_meta(made: RecordTables, rows: Rows) -> None:
    assert made.records.columns == list(RECORDS.columns)
    assert all(isinstance(row["item"], Item) for row in rows)
    assert made.records["id"].n_unique() == made.records.height
    assert all([message["role"] for message in row["messages"]] == ["user", "assistant"] for row in rows)


def test_an_item_comes_back_as_it_was_written(rows: Rows) -> None:
    assert all(Item.from_dict(orjson.loads(orjson.dumps(row["item"].to_dict())), "") == row["item"] for row in rows)


def test_facts_are_of_the_graph_and_every_group_is_named(store: FolderStore, rows: Rows) -> None:
    triples = set(store.triples()["id"])
    relations = [row for row in rows if row["meta"]["item"].get("steps")]

    assert all(row["group"] for row in rows)
    told = [row for row in rows if row["task"] != "abstain" and row["meta"].get("kind") not in ("audit", "exists")]
    assert all(row["facts"] for row in told)
    assert sum(bool(triples.intersection(row["facts"])) for row in relations) > len(relations) / 2


def test_what_is_said_of_a_fact_in_any_task_is_in_one_group(rows: Rows) -> None:
    groups: dict[str, set[str]] = {}
    for row in rows:
        for fact in row["facts"]:
            groups.setdefault(fact, set()).add(row["group"])

    assert {len(each) for each in groups.values()} == {1}


def test_coverage_counts_the_records_of_a_fact(made: RecordTables) -> None:
    counted = Counter(
        fact for facts, lang in made.records.select("facts", "lang").iter_rows() if lang == "zh" for fact in facts
    )
    told = made.coverage.filter((pl.col("lang") == "zh") & (pl.col("records") > 0))

    assert dict(told.select("triple", "records").iter_rows()) == dict(counted)


def test_english_items_hold_no_chinese_but_in_accepted_names(rows: Rows) -> None:
    english = [row for row in rows if row["lang"] == "en"]

    assert not [
        row
        for row in english
        for message in row["messages"]
        if any("\u3400" <= sign <= "\u9fff" for sign in message["content"])
    ]


def test_names_beside_items_are_those_of_the_graph_with_their_licences(made: RecordTables, store: FolderStore) -> None:
    assert made.names is not None
    entities = store.entities()
    known = {*entities["name"], *entities["name_en"].drop_nulls(), *entities["aliases"].explode().drop_nulls()}

    assert set(made.names["name"]) <= known
    assert "" not in set(made.names["license"])
    triples = [row for row in rows_of(made) if row["item"].steps[0].relation.isupper()]
    assert {names[0] for row in triples for names in row["item"].answers} <= known


def rows_of(made: RecordTables) -> Rows:
    return [with_item(row) for row in made.records.filter(pl.col("task") == "list").iter_rows(named=True)]


# mcq


def test_wrong_options_are_linked_with_the_head_by_no_triple_under_any_name(
    rows: Rows, said: set[tuple[str, str]]
) -> None:
    options = [
        (head, distractor["text"])
        for row in of_task(rows, "mcq")
        for head in row["item"].about[0]
        for distractor in row["meta"]["distractors"]
        if distractor["from"] != "contrary"
    ]

    assert len(options) > 500
    assert not [pair for pair in options if tuple(map(str.casefold, pair)) in said]


def test_right_options_are_the_answer_and_stand_among_four_that_differ(rows: Rows) -> None:
    for row in of_task(rows, "mcq"):
        item, options = row["item"], row["meta"]["options"]
        assert "".join(options) == OFFERED
        assert len(set(options.values())) == len(OFFERED)
        assert row["answer"] == item.right == "".join(sorted(item.right))
        assert {options[letter] for letter in item.right} == {names[0] for names in item.answers}
        assert {each["text"] for each in row["meta"]["distractors"]} == set(options.values()) - {
            names[0] for names in item.answers
        }


def test_a_question_with_options_is_read_as_questions_of_exams_are(rows: Rows) -> None:
    for row in of_task(rows, "mcq"):
        choice = choice_of(row["messages"][0]["content"], row["answer"], orjson.dumps(row["meta"]).decode())

        assert choice is not None
        assert (choice.options, choice.letters) == (row["meta"]["options"], row["answer"])
        assert all(
            f"{letter}. {text}" in row["messages"][0]["content"].split("\n") for letter, text in choice.options.items()
        )


def test_letters_are_right_equally_often(rows: Rows) -> None:
    single = [row["answer"] for row in of_task(rows, "mcq") if len(row["answer"]) == 1]
    counts, expected = Counter(single), len(single) / len(OFFERED)

    squares = sum((counts[letter] - expected) ** 2 / expected for letter in OFFERED)

    assert len(single) > 400
    assert squares < 16.27  # chi squared, 3 degrees of freedom, p = 0.001


def test_rotations_ask_the_same_with_options_turned(store: FolderStore, packs: list[Pack]) -> None:
    records = generate(store, packs[:1], ("zh",), 32, 0, 12, task="mcq", items=ItemOptions(rotations=4)).records
    rows = [with_item(row) for row in records.iter_rows(named=True)]
    by_question: dict[str, Rows] = {}
    for row in rows:
        by_question.setdefault(f"{row['meta']['head']}{row['template']}", []).append(row)

    assert len(by_question) == 8
    for turns in by_question.values():
        assert len(turns) == 4
        assert len({tuple(sorted(row["meta"]["options"].values())) for row in turns}) == 1
        assert len({tuple(row["meta"]["options"].values()) for row in turns}) == 4
        if len(turns[0]["answer"]) == 1:
            assert {row["answer"] for row in turns} == set(OFFERED)


def test_five_options_are_asked_for(store: FolderStore, packs: list[Pack]) -> None:
    records = generate(store, packs[:1], ("zh",), 20, 0, 12, task="mcq", items=ItemOptions(options=5)).records

    assert {len(orjson.loads(meta)["options"]) for meta in records["meta"]} == {5}


def test_distractors_come_from_as_near_as_is_asked_for(store: FolderStore, packs: list[Pack]) -> None:
    shares = {
        hardness: generate(
            store, packs[:1], ("zh",), None, 0, 12, task="mcq", items=ItemOptions(distractors=hardness)
        ).counts.distractors
        for hardness in ("random", "department", "neighbour")
    }

    assert shares["random"] is not None
    assert set(shares["random"]["zh"]) <= {"random", "contrary"}
    assert shares["department"] is not None
    assert {"department"} <= set(shares["department"]["zh"]) <= {"department", "random", "contrary"}
    assert shares["neighbour"] is not None
    assert "neighbour" in shares["neighbour"]["zh"]


def test_what_one_must_not_eat_is_the_wrong_option_for_what_one_may(graph: Graph, pack: Callable[..., Pack]) -> None:
    eat = [("Disease:痛风", "SHOULD_EAT", f"Food:{food}") for food in ("樱桃", "芹菜")]
    avoid = [("Disease:痛风", "SHOULD_AVOID", f"Food:{food}") for food in ("猪肝", "沙丁鱼", "啤酒")]
    foods = pack(tail="Food", relations=["SHOULD_EAT"])

    row = ask(graph([*eat, *avoid]), foods, "mcq")[0]

    assert {each["from"] for each in row["meta"]["distractors"]} == {"contrary"}
    assert {each["text"] for each in row["meta"]["distractors"]} <= {"猪肝", "沙丁鱼", "啤酒"}


def test_without_enough_that_is_surely_wrong_nothing_is_asked(graph: Graph, pack: Callable[..., Pack]) -> None:
    result = generate(
        graph([("Disease:痛风", "HAS_SYMPTOM", "Symptom:关节痛"), ("Disease:流感", "HAS_SYMPTOM", "Symptom:咳嗽")]),
        [pack()], ("zh",), None, 0, 12, task="mcq",
    )  # fmt: skip

    assert result.records.height == 0
    assert result.counts.triples == {"zh": {"not-asked": 2}}


# truefalse, cloze, list, reverse, abstain


def test_half_of_the_statements_are_true_and_the_others_no_source_says(rows: Rows, said: set[tuple[str, str]]) -> None:
    statements = of_task(rows, "truefalse")
    true = sum(row["answer"] == "true" for row in statements)
    false = [row for row in statements if row["answer"] == "false"]

    assert 0.4 < true / len(statements) < 0.6
    assert {row["item"].right for row in statements} == {"true", "false"}
    for row in false:
        wrong = row["meta"]["distractors"][0]
        assert wrong["text"].casefold().rstrip("。") in row["messages"][0]["content"].casefold()
        if wrong["from"] != "contrary":
            assert not [name for name in row["item"].about[0] if (name.casefold(), wrong["text"].casefold()) in said]


def test_a_gap_takes_any_name_that_the_graph_knows_and_does_not_show(rows: Rows) -> None:
    for row in of_task(rows, "cloze"):
        question, item = row["messages"][0]["content"], row["item"]
        shown = question.replace("____", "")
        assert question.count("____") == 1
        assert item.asked == 1
        assert row["answer"] in {names[0] for names in item.answers}
        assert not [names for names in item.answers if names in item.about]
        assert (
            row["answer"] in row["messages"][1]["content"]
            or row["answer"].casefold() in row["messages"][1]["content"].casefold()
        )
        assert shown != question


def test_a_list_is_asked_only_where_all_is_known(rows: Rows) -> None:
    for row in of_task(rows, "list"):
        assert 2 <= len(row["item"].answers) <= 12
        assert all(
            any(name.casefold() in row["messages"][1]["content"].casefold() for name in names)
            for names in row["item"].answers
        )


def test_reverse_asks_for_a_head_that_no_other_shares(rows: Rows, store: FolderStore) -> None:
    entities = store.entities()
    names = dict(entities.select("id", "name").iter_rows())
    heads: dict[tuple[str, str], set[str]] = {}
    for head, relation, tail in store.triples().select("head", "relation", "tail").iter_rows():
        heads.setdefault((relation, names[tail]), set()).add(names[head])
        heads.setdefault((relation, names[head]), set()).add(names[tail])

    for row in (row for row in of_task(rows, "reverse") if row["lang"] == "zh"):
        shared: set[str] | None = None
        for step in row["item"].steps:
            other = step.tail[0] if row["item"].answers[0] == step.head else step.head[0]
            known = heads[step.relation, other]
            shared = known if shared is None else shared & known
        assert shared is not None
        assert row["item"].answers[0][0] in shared
        assert row["messages"][0]["content"].count("____") >= 1
        assert row["answer"] == row["item"].answers[0][0]


def test_reverse_is_not_asked_where_two_heads_share_all(graph: Graph, pack: Callable[..., Pack]) -> None:
    triples = [
        (f"Disease:{head}", "HAS_SYMPTOM", f"Symptom:{tail}")
        for head, tails in {"痛风": ["关节痛"], "关节炎": ["关节痛"], "流感": ["咳嗽"]}.items()
        for tail in tails
    ]
    says_head = "{% block user_1 %}{{ head }}有什么症状？{% endblock %}{% block assistant_1 %}{{ head }}：{{ tails | listed }}。{% endblock %}"

    rows = ask(graph(triples), pack(zh=says_head), "reverse")

    assert [row["answer"] for row in rows] == ["流感"]


def test_abstain_asks_of_what_else_is_known(graph: Graph, pack: Callable[..., Pack]) -> None:
    rows = ask(
        graph([("Disease:流感", "HAS_SYMPTOM", "Symptom:咳嗽"), ("Disease:肺炎", "HAS_DRUG", "Drug:青霉素")]),
        pack(),
        "abstain",
    )

    assert [row["meta"]["head"] for row in rows] == ["Disease:肺炎"]


def test_abstain_asks_of_a_head_without_any_fact(rows: Rows) -> None:
    for row in of_task(rows, "abstain"):
        assert row["facts"] == []
        assert row["item"].form == "abstain"
        assert row["item"].about[0][0].casefold() in row["messages"][0]["content"].casefold()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("Disease:肺炎", "HAS_SYMPTOM", "Symptom:肺炎"), "a doubtful fact"),
        (("Disease:肺炎", "RELATED_SYMPTOM", "Symptom:胸痛"), "another relation to a symptom"),
        (("Symptom:胸痛", "RELATED_DISEASE", "Disease:肺炎"), "a relation from a symptom"),
        (("Disease:肺炎", "description", "肺炎是肺部的炎症。"), "a text that may tell it"),
    ],
)
def test_abstain_passes_over_heads_of_which_something_may_tell_it(
    graph: Graph, pack: Callable[..., Pack], more: tuple[str, str, str], why: str
) -> None:
    triples = [
        ("Disease:流感", "HAS_SYMPTOM", "Symptom:咳嗽"),
        *((f"Disease:{each}", "HAS_DRUG", "Drug:青霉素") for each in ("肺炎", "痛风")),
    ]

    before, after = (
        ask(graph(said), pack(name=name), "abstain") for said, name in ((triples, "one"), ([*triples, more], "two"))
    )

    assert {row["meta"]["head"] for row in before} <= {"Disease:肺炎", "Disease:痛风"}
    assert {row["meta"]["head"] for row in after} == {"Disease:痛风"}, why


# the same bytes


def test_workers_decide_nothing_and_the_seed_does(store: FolderStore, packs: list[Pack]) -> None:
    one, two, other = (
        generate(store, packs[:1], ("zh",), 200, seed, 12, workers, task=ALL).records
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    )

    assert one.equals(two)
    assert not one.equals(other)


def test_no_right_option_holds_a_name_of_what_is_asked_about(graph: Graph, pack: Callable[..., Pack]) -> None:
    heads = ["麻疹", "白喉", "疟疾", "霍乱", "丹毒", "破伤风"]
    said = [
        (f"Disease:{head}", "HAS_SYMPTOM", f"Symptom:{tail}")
        for head in heads
        for tail in (f"{head}样皮损", f"甲{ord(head[0])}征")
    ]

    rows = ask(graph(said), pack(), "mcq")

    right = {row["item"].options[letter] for row in rows for letter in row["item"].right}
    assert len(rows) == len(heads)
    assert right == {f"甲{ord(head[0])}征" for head in heads}


def test_no_right_option_stands_within_a_name_of_what_is_asked_about(graph: Graph, pack: Callable[..., Pack]) -> None:
    heads = {"前列腺增生": "前列腺", "胃溃疡": "胃", "肝硬化": "肝", "肾结石": "肾", "MUMPS": "mump", "皮炎": "皮"}
    said = [
        (f"Disease:{head}", "AFFECTS_BODY_PART", f"BodyPart:{part}")
        for head, inside in heads.items()
        for part in (inside, f"甲{ord(head[0])}区")
    ]

    rows = ask(graph(said), pack(tail="BodyPart", relations=["AFFECTS_BODY_PART"]), "mcq")

    right = {row["item"].options[letter] for row in rows for letter in row["item"].right}
    assert len(rows) == len(heads)
    assert right == {f"甲{ord(head[0])}区" for head in heads}


def test_a_head_of_which_every_right_option_stands_within_its_name_is_counted(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    tells = [("Disease:前列腺增生", "AFFECTS_BODY_PART", "BodyPart:前列腺")]
    others = [
        (f"Disease:{head}", "AFFECTS_BODY_PART", f"BodyPart:甲{ord(head[0])}区")
        for head in ("麻疹", "白喉", "疟疾", "霍乱", "丹毒")
    ]
    body_part = pack(tail="BodyPart", relations=["AFFECTS_BODY_PART"])

    made = generate(graph([*tells, *others]), [body_part], ("zh",), None, 0, 12, task="mcq")

    assert "Disease:前列腺增生" not in {orjson.loads(meta)["head"] for meta in made.records["meta"]}
    assert made.records.height == len(others)
    assert made.counts.triples["zh"]["not-asked"] == 1

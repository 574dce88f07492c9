"""Explanations: whole texts of the graph and what they name, in the language in which the graph has them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.verify import NameIndex, score
from kgtools.corpora.verify.item import item_of
from kgtools.corpora.verify.language.reading import fold
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.tasks.explain import LEAST, MOST

Graph = Callable[..., Store]
Rows = list[dict[str, Any]]
TEXT = "痛风是嘌呤代谢紊乱引起的疾病，血尿酸长期升高，尿酸盐结晶沉积在关节里，可引起急性关节炎和肾结石，应当限制啤酒。"


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore) -> RecordTables:
    return generate(store, [find_pack("extended")], ("zh", "en"), None, 0, 12, task="explain")


def read(records: pl.DataFrame) -> Rows:
    return [
        row | {"item": item_of(row["meta"], row["id"]), "meta": orjson.loads(row["meta"])}
        for row in records.sort("id").iter_rows(named=True)
    ]


@pytest.fixture
def pack(pack_folder: Callable[..., Path]) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(tail=None, relations=[], **info))


def test_every_text_is_one_of_the_graph_and_neither_short_nor_long(made: RecordTables, store: FolderStore) -> None:
    texts = "".join(store.entities()["attributes"]).replace("\\n", "").replace(" ", "")
    rows = read(made.records)

    assert len(rows) > 20
    for row in rows:
        assert LEAST <= len(row["item"].reference) <= MOST
        assert row["answer"] == row["item"].reference
        assert row["messages"][1]["content"].count(row["item"].reference[:20]) == 1
        assert row["item"].reference.split("，")[0].split("\n")[0].replace(" ", "")[:8] in texts.replace(",", "，")
        assert row["meta"]["hops"] == 1
        assert row["facts"]


def test_the_own_answer_is_right(made: RecordTables) -> None:
    assert made.names is not None
    names = NameIndex(made.names["name"])

    for row in read(made.records):
        question, answer = (message["content"] for message in row["messages"])
        found = score(answer, row["item"], names, question)
        assert (found.verdict, found.total > 0.9) == ("right", True)


def test_what_a_text_names_is_in_it_and_is_not_its_head(made: RecordTables) -> None:
    rows = read(made.records)
    about_something = [row for row in rows if row["item"].answers]

    assert len(about_something) > 5
    for row in about_something:
        heads = set(row["item"].about[0])
        for names in row["item"].answers:
            assert fold(names[0]) in fold(row["item"].reference)
            assert not heads & set(names)


def test_where_there_is_no_english_text_nothing_is_asked_and_it_is_counted(made: RecordTables) -> None:
    assert set(made.records["lang"]) == {"zh"}
    english = made.coverage.filter(
        (pl.col("lang") == "en") & pl.col("relation").is_in(["description", "cause", "prevention"])
    )
    assert english["records"].sum() == 0
    assert english["reason"].null_count() == 0


def test_an_english_text_is_asked_about_in_english(graph: Graph, pack: Callable[..., Pack]) -> None:
    text = "Gout is a disorder of purine metabolism in which crystals of urate are deposited in the joints."
    store = graph([("Disease:痛风", "description", text)], english={"Disease:痛风": "gout"})

    rows = read(
        generate(store, [pack(head="Disease", attribute="description")], ("en",), None, 0, 12, task="explain").records
    )

    assert [row["item"].reference for row in rows] == [text]
    assert score(text, rows[0]["item"]).verdict == "right"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["痛风是一种病。"], "it explains nothing"),
        ([TEXT * 30], "it is no answer"),
        ([TEXT + "暂无相关资料"], "it is not whole"),
    ],
)
def test_a_text_that_explains_nothing_is_not_asked_for(
    graph: Graph, pack: Callable[..., Pack], values: list[str], why: str
) -> None:
    store = graph([("Disease:痛风", "description", value) for value in values])

    tables = generate(store, [pack(head="Disease", attribute="description")], ("zh",), None, 0, 12, task="explain")

    assert tables.records.height == 0, why
    assert tables.counts.triples == {"zh": {"not-asked": len(values)}}


def test_a_text_that_is_told_of_two_heads_explains_neither(graph: Graph, pack: Callable[..., Pack]) -> None:
    texts = {"痛风": TEXT, "高尿酸": TEXT.replace("痛风", "高尿酸"), "肺炎": f"肺炎与此不同。{TEXT}"}
    store = graph([(f"Disease:{head}", "description", text) for head, text in texts.items()])

    rows = read(
        generate(store, [pack(head="Disease", attribute="description")], ("zh",), None, 0, 12, task="explain").records
    )

    assert [row["meta"]["head"] for row in rows] == ["Disease:肺炎"]


def test_what_hardly_any_fact_is_about_is_not_looked_for(graph: Graph, pack: Callable[..., Pack]) -> None:
    facts = [(f"Disease:病{number}号", "HAS_COMPLICATION", "Disease:十二指肠炎") for number in range(6)]
    more = [("Disease:病0号", "SHOULD_AVOID", "Food:啤酒"), ("Disease:十二指肠炎", "alias", "肠炎一种")]
    store = graph([("Disease:痛风", "description", f"{TEXT}可伴有十二指肠炎。"), *facts, *more])

    rows = read(
        generate(store, [pack(head="Disease", attribute="description")], ("zh",), None, 0, 12, task="explain").records
    )

    assert rows[0]["item"].answers == (("十二指肠炎", "肠炎一种"),)


def test_names_of_every_type_stand_beside_explanations(made: RecordTables, store: FolderStore) -> None:
    assert made.names is not None
    assert set(made.names["type"]) == set(store.entities()["type"])


def test_the_same_settings_make_the_same_records(store: FolderStore) -> None:
    one, two = (
        generate(store, [find_pack("extended")], ("zh",), 100, 1, 12, workers, task="explain").records
        for workers in (1, 2)
    )

    assert one.equals(two)

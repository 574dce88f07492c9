"""Questions in Cypher: the query that is taught, run as it is shown, gives the rows that its record holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.verify.forms.queries import normal_form
from kgtools.corpora.verify.grading import score
from kgtools.corpora.verify.item import item_of
from kgtools.kg.cypher.grammar.parse import parse
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import find_pack, load_pack
from kgtools.templates.tasks.cypher.kinds import MOST_ROWS, OF_ATTRIBUTE, OF_PATTERN
from kgtools.templates.tasks.cypher.query import Pattern, literal
from kgtools.templates.tasks.cypher.words import relation_words
from kgtools.tools.errors import StoreError

Rows = list[dict[str, Any]]
HOSTILE = ['Crohn\'s "病"', "a\\'b", "end\\", "{name: 'x'}) RETURN 1 //", "$a", "`tick`", "\\u0041", "换行 病"]


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def made(store: FolderStore) -> RecordTables:
    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    return generate(store, packs, ("zh", "en"), None, 0, 12, task="cypher")


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> Rows:
    return read(made.records)


def read(records: pl.DataFrame) -> Rows:
    return [
        row | {"item": item_of(row["meta"], ""), "meta": orjson.loads(row["meta"])}
        for row in records.iter_rows(named=True)
    ]


@pytest.fixture
def no_audits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtools.templates.tasks.cypher.audited.audits", list)


def run(store: Store, cypher: str, parameters: dict[str, str] | None = None) -> tuple[list[str], Rows]:
    columns, rows = store.query(cypher, dict(parameters or {}))
    return columns, [list(row) for row in rows]


def some_of_each_kind(rows: Rows, number: int) -> Rows:
    found: dict[tuple[str, str], Rows] = {}
    for row in sorted(rows, key=lambda row: str(row["id"])):
        found.setdefault((row["lang"], row["meta"]["kind"]), []).append(row)
    return [row for each in found.values() for row in each[:number]]


def test_every_kind_is_asked_in_both_languages(rows: Rows) -> None:
    kinds = {*OF_PATTERN, *OF_ATTRIBUTE, "count_heads", "audit"}

    assert {(row["lang"], row["meta"]["kind"]) for row in rows} == {
        (lang, kind) for lang in ("zh", "en") for kind in kinds
    }


def test_the_query_as_it_is_shown_gives_the_rows_and_so_does_it_with_parameters(rows: Rows, store: FolderStore) -> None:
    for row in some_of_each_kind(rows, 6):
        wanted = row["meta"]["columns"], row["meta"]["rows"]
        assert run(store, row["answer"]) == wanted, row["answer"]
        assert run(store, row["meta"]["query"], row["meta"]["parameters"]) == wanted, row["answer"]


def test_rows_are_few_and_in_an_order_that_the_query_says(rows: Rows) -> None:
    for row in rows:
        found, kind = row["meta"]["rows"], row["meta"]["kind"]
        assert 0 < len(found) <= MOST_ROWS
        assert "ORDER BY" in row["answer"] or len(found) == 1
        assert kind in ("shared", "audit") or found == sorted(found)
        assert len(set(map(str, found))) == len(found)


def test_the_answer_is_the_query_that_is_taught_and_the_grader_knows_it(rows: Rows) -> None:
    for row in rows:
        said = row["messages"][1]["content"]
        assert row["answer"] == row["item"].right
        assert row["answer"] in said
        assert score(said, row["item"]).total == 1.0


def test_facts_are_those_behind_the_rows(rows: Rows, store: FolderStore) -> None:
    ends = {id_: {head, tail} for id_, head, tail in store.triples().select("id", "head", "tail").iter_rows()}
    names = dict(store.entities().select("id", "name").iter_rows())
    tails = [row for row in rows if row["meta"]["kind"] == "tails" and row["lang"] == "zh" and row["facts"][0] in ends]

    assert len(tails) > 100
    for row in tails:
        found = set().union(*(ends[fact] for fact in row["facts"])) - {row["meta"]["head"]}
        assert {names[each] for each in found} == {each[0] for each in row["meta"]["rows"]}


def test_a_question_without_facts_has_the_group_of_its_head(rows: Rows) -> None:
    bare = [row for row in rows if not row["facts"]]

    assert {row["meta"]["kind"] for row in bare} == {"exists", "audit"}
    assert all(row["meta"]["rows"] == [[False]] for row in bare if row["meta"]["kind"] == "exists")
    assert all(row["group"] for row in rows)
    groups: dict[tuple[str, str], set[str]] = {}
    for row in bare:
        template = row["template"].rsplit("/", 1)[1].partition(".")[0]
        groups.setdefault((row["meta"]["head"], template), set()).add(row["group"])
    assert {len(each) for each in groups.values()} == {1}


def test_audits_are_asked_by_title_and_columns_without_parameters_or_comments(rows: Rows) -> None:
    audits = [row for row in rows if row["meta"]["kind"] == "audit"]
    loops = {row["lang"]: row for row in audits if row["meta"]["head"] == "audit:self_loops"}

    assert len(audits) >= 10
    assert not any("$" in row["answer"] or "//" in row["answer"] for row in audits)
    assert "自环（结果列：entity、relation、sources）" in loops["zh"]["messages"][0]["content"]
    assert (
        "Triples from an entity to itself (columns: entity, relation, sources)" in loops["en"]["messages"][0]["content"]
    )
    assert loops["zh"]["meta"]["rows"][0] == ["Disease:湿疹", "HAS_COMPLICATION", ["xywy"]]


def test_a_run_says_how_many_queries_it_executed(made: RecordTables) -> None:
    assert made.counts.to_dict()["executed"] == 100


def test_a_store_that_answers_otherwise_stops_the_run(
    graph: Callable[..., Store], pack_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = graph([("Disease:痛风", "HAS_SYMPTOM", "Symptom:关节痛")])
    monkeypatch.setattr(store, "query", lambda *_: (["symptom"], [["发热"]]))

    with pytest.raises(StoreError, match="other rows than the facts say"):
        generate(store, [load_pack(pack_folder())], ("zh",), None, 0, 12, task="cypher")


@pytest.mark.usefixtures("no_audits")
def test_names_with_quotes_and_backslashes_are_asked_for_safely(
    graph: Callable[..., Store], pack_folder: Callable[..., Path]
) -> None:
    said = [
        (f"Disease:{name}", "HAS_SYMPTOM", f"Symptom:征{at}{other}")
        for name in HOSTILE
        for at, other in enumerate(HOSTILE[:3])
    ]
    store, pack = graph(said), load_pack(pack_folder())
    made = [
        row
        for seed in range(6)
        for row in read(generate(store, [pack], ("zh",), None, seed, 12, task="cypher").records)
    ]

    assert {row["meta"]["head"].partition(":")[2] for row in made} == set(HOSTILE)
    for row in made:
        assert run(store, row["answer"]) == (row["meta"]["columns"], row["meta"]["rows"]), row["answer"]


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_a_literal_is_the_text_again(text: str) -> None:
    shown = literal(text)
    assert parse(f"RETURN {shown} AS x")
    assert normal_form(shown) == (("text", text),)


def test_every_relation_has_its_words_in_both_languages() -> None:
    assert set(relation_words()) == set(ontology().relations)
    assert all(words.zh and words.en.isascii() for words in relation_words().values())


def test_an_inverse_is_read_backwards_and_what_is_symmetric_both_ways() -> None:
    infos = {t.name: t.info for name in ("clinicalgpt", "extended") for t in find_pack(name).templates}

    assert str(Pattern.of(infos["symptom"])) == "-[:HAS_SYMPTOM]->"
    assert str(Pattern.of(infos["complication_of"])) == "<-[:HAS_COMPLICATION]-"
    assert str(Pattern.of(infos["drug_interaction"])) == "-[:INTERACTS_WITH]-"
    assert Pattern.of(infos["symptom_diseases"]) is None  # one relation forwards, one backwards
    assert Pattern.of(infos["cost"]) is None


@pytest.mark.usefixtures("no_audits")
def test_a_doubtful_fact_is_in_no_answer(graph: Callable[..., Store], pack_folder: Callable[..., Path]) -> None:
    pack = load_pack(pack_folder())
    said = [("Disease:痛风", "HAS_SYMPTOM", f"Symptom:{name}") for name in ("关节痛", "关节肿", "12345")]

    made = [read(generate(graph(said), [pack], ("zh",), None, seed, 12, task="cypher").records) for seed in range(12)]

    rows = [row for each in made for row in each]
    assert rows
    assert {row["meta"]["kind"] for row in rows} <= {"heads", "both", "exists"}
    assert not any("12345" in str(row["meta"]) for row in rows)

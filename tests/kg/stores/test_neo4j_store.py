"""What a load, a second load and an unload leave in a Neo4j server; looked at past the store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.graph import change, verify
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.neo4j import store as neo4j
from kgtools.kg.stores.neo4j.metadata import FORMAT
from kgtools.kg.stores.neo4j.store import Neo4jStore
from kgtools.tools.errors import InputError, StoreError, UsageError
from tests.neo4j.login import Login

Run = Callable[..., Any]
Say = Callable[..., Store]
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
SCHEMA = (
    "SHOW INDEXES YIELD labelsOrTypes, properties, state, owningConstraint, type WHERE type = 'RANGE' "
    "RETURN labelsOrTypes[0] AS label, properties[0] AS key, state, owningConstraint IS NOT NULL AS unique"
)
EVERYTHING = "MATCH (n) OPTIONAL MATCH (n)-[r]->(m) RETURN elementId(n) AS n, properties(n) AS p, elementId(r) AS r, properties(r) AS q"
BOOKS = "MATCH (n:__Kgtools) RETURN n.id AS id, n.data AS data ORDER BY id"
HOSTILE = [
    "O'Neil's", '"quoted"', "`tick`", "{{ jinja }}", "$param", "a|||b", "back\\slash\\", "\\u0041", "'); MATCH (n) DETACH DELETE n //",
    "/* */", "\u202eright to left", "עברית", "😀👩\u200d⚕️", "e\u0301", "null", "NaN", "1", "-0", "true", "[a, b]", "(x:Disease)",
    "two\nlines", "tab\tbed", "长" * 10_000,
]  # fmt: skip


def schema(login: Login) -> dict[tuple[object, object], object]:
    """(label, property) -> whether its values are unique; of the indexes that are online."""
    rows = login.ask(SCHEMA)
    assert {row["state"] for row in rows} <= {"ONLINE"}
    return {(row["label"], row["key"]): row["unique"] for row in rows}


def everything(login: Login) -> list[dict[str, object]]:
    return sorted(login.ask(EVERYTHING), key=str)


def test_after_a_load_every_id_is_unique_and_every_name_is_indexed(
    empty_neo4j: Login, neo4j_graph: Login, say: Say
) -> None:
    say(neo4j_graph.uri, a=[COLD])

    types = ontology().entities
    expected: dict[tuple[str, str], bool] = {(type_, "id"): True for type_ in types}
    expected |= {(type_, "name"): False for type_ in types}
    assert schema(empty_neo4j) == expected | {("__Kgtools", "id"): True}


def test_a_load_makes_constraints_and_indexes_that_are_missing(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])
    before = schema(neo4j_graph)
    neo4j_graph.ask("DROP CONSTRAINT kgtools_Disease_id")
    neo4j_graph.ask("DROP INDEX kgtools_Symptom_name")
    assert schema(neo4j_graph) != before

    say(neo4j_graph.uri, a=[COLD])

    assert schema(neo4j_graph) == before


def test_a_name_too_long_for_an_index_is_kept_and_takes_the_index_of_its_type_away(
    neo4j_graph: Login, say: Say
) -> None:
    long = "长" * 3000
    say(neo4j_graph.uri, a=[COLD])

    store = say(neo4j_graph.uri, raw=True, a=[("Disease", long, "HAS_SYMPTOM", "头痛")])

    assert ("Disease", "name") not in schema(neo4j_graph)
    assert list(store.query("MATCH (d:Disease) RETURN d.name AS name", {})[1]) == [[long]]
    store = say(neo4j_graph.uri, a=[COLD])
    assert ("Disease", "name") in schema(neo4j_graph)
    assert verify(store).agrees


def test_a_graph_is_nodes_and_relationships_as_the_design_has_them(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD, ("Disease", "感冒", "alias", "伤风"), ("Disease", "感冒", "cause", "病毒")])

    (row,) = neo4j_graph.ask(
        "MATCH (d:Disease)-[r:HAS_SYMPTOM]->(s:Symptom) "
        "RETURN labels(d) AS labels, properties(d) AS d, r.id AS id, properties(r) AS r, properties(s) AS s"
    )
    assert row["labels"] == ["Disease"]
    assert row["d"] == {
        "id": "Disease:感冒",
        "name": "感冒",
        "aliases": ["伤风"],
        "cause": ["病毒"],
        "sources": ["a"],
        "attributes": '{"alias":{"伤风":["a/tiny.txt:2#alias"]},"cause":{"病毒":["a/tiny.txt:3#cause"]}}',
        "doubts": [],
    }
    assert row["r"] == {"id": row["id"], "sources": ["a"], "origins": ["a/tiny.txt:1#HAS_SYMPTOM"]}
    tail = {"id": "Symptom:头痛", "name": "头痛", "aliases": [], "sources": ["a"], "attributes": "{}", "doubts": []}
    assert row["s"] == tail


def test_hostile_names_survive_loading_and_asking(neo4j_graph: Login, say: Say) -> None:
    rows = [("Disease", name, field, name) for name in HOSTILE for field in ("HAS_SYMPTOM", "cause", "alias")]

    store = say(neo4j_graph.uri, raw=True, a=rows)

    asked = "MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s:Symptom) WHERE s.name = $name RETURN s.name AS n"
    for name in store.entities()["name"]:
        assert list(store.query(asked, {"name": name})[1]) == [[name]]
    assert store.triples().height > 20
    assert verify(open_store(neo4j_graph.uri)).agrees


def test_a_second_load_writes_nothing(neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    say(neo4j_graph.uri, a=[COLD, FLU], b=[COLD])
    before = everything(neo4j_graph)

    def refuse(*_: object) -> None:
        raise AssertionError("wrote")

    monkeypatch.setattr(neo4j, "_write", refuse)
    store = say(neo4j_graph.uri, a=[COLD, FLU], b=[COLD])

    assert everything(neo4j_graph) == before
    assert store.triples().height == 2


def test_a_load_touches_only_what_it_changes(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])
    (before,) = neo4j_graph.ask("MATCH (d:Disease) RETURN elementId(d) AS id")
    neo4j_graph.ask("MATCH (d:Disease) SET d.mine = 'kept'")

    say(neo4j_graph.uri, b=[FLU])

    assert neo4j_graph.ask("MATCH (d:Disease {name: '感冒'}) RETURN elementId(d) AS id, d.mine AS mine") == [
        before | {"mine": "kept"}
    ]


def test_two_sources_of_one_triple_are_one_relationship_that_remembers_both(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])

    store = say(neo4j_graph.uri, b=[COLD])

    assert neo4j_graph.ask("MATCH ()-[r]->() RETURN r.sources AS s, r.origins AS o") == [
        {"s": ["a", "b"], "o": ["a/tiny.txt:1#HAS_SYMPTOM", "b/tiny.txt:1#HAS_SYMPTOM"]}
    ]
    assert list(store.metadata().sources) == ["a", "b"]


def test_the_books_keep_only_what_the_graph_is_made_of(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])
    of_a = {row["id"] for row in neo4j_graph.ask(BOOKS)}
    say(neo4j_graph.uri, b=[FLU])
    of_both = {row["id"] for row in neo4j_graph.ask(BOOKS)}

    change(open_store(neo4j_graph.uri), lambda inputs: inputs.without("b"))

    assert of_a < of_both
    assert {row["id"] for row in neo4j_graph.ask(BOOKS)} == of_a


def test_a_database_of_others_is_refused_before_anything_is_written(
    empty_neo4j: Login, neo4j_graph: Login, say: Say
) -> None:
    empty_neo4j.ask("CREATE (:Person {name: 'Ann'})-[:KNOWS]->(:Person {name: 'Bob'})")

    with pytest.raises(InputError, match="the database holds 2 nodes that kgtools did not load; name an empty one"):
        say(neo4j_graph.uri, a=[COLD])

    assert schema(empty_neo4j) == {}
    assert len(everything(empty_neo4j)) == 2
    assert "__Kgtools" not in str(empty_neo4j.ask("CALL db.labels()"))


def test_what_is_refused_leaves_an_empty_database_empty(empty_neo4j: Login, neo4j_graph: Login) -> None:
    store = open_store(neo4j_graph.uri)

    with pytest.raises(UsageError, match="holds no source and no table of names called 'a'"):
        change(store, lambda inputs: inputs.without("a"))

    assert schema(empty_neo4j) == {}
    assert empty_neo4j.is_empty()


@pytest.mark.parametrize("ask", ["entities", "triples", "metadata", "inputs", "read_back"])
def test_asking_where_no_graph_is_says_how_to_load_one(neo4j_graph: Login, ask: str) -> None:
    with pytest.raises(StoreError) as raised:
        getattr(open_store(neo4j_graph.uri), ask)()

    load = f"kgtools load SOURCE FILE... --graph {neo4j_graph.uri}"
    assert str(raised.value) == f"{neo4j_graph.uri}: no graph here; load one first: {load}"


def test_damaged_books_say_so_and_what_to_do(neo4j_graph: Login, say: Say) -> None:
    store = say(neo4j_graph.uri, a=[COLD])
    neo4j_graph.ask("MATCH (n:__Kgtools) WHERE n.id <> 'state' SET n.data = 'AAAA'")

    for ask in (store.inputs, store.metadata, lambda: change(store, lambda inputs: inputs.without("a"))):
        with pytest.raises(StoreError, match=r"is damaged .*; empty the database and load again"):
            ask()
    neo4j_graph.ask("MATCH (n:__Kgtools {id: 'state'}) SET n.data = '{}'")
    with pytest.raises(StoreError, match=r"is damaged \(state\)"):
        store.entities()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (1, "loaded by a newer kgtools; install that one"),
        (-1, "loaded by an older kgtools; empty the database and load its sources again"),
    ],
)
def test_a_graph_of_another_kgtools_is_left_to_it(neo4j_graph: Login, say: Say, change: int, said: str) -> None:
    store = say(neo4j_graph.uri, a=[COLD])
    ours, theirs = f'"format":{FORMAT}', f'"format":{FORMAT + change}'
    neo4j_graph.ask(f"MATCH (n:__Kgtools {{id: 'state'}}) SET n.data = replace(n.data, '{ours}', '{theirs}')")

    with pytest.raises(StoreError, match=said):
        store.entities()


def test_a_store_is_found_by_every_scheme(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])
    address = neo4j_graph.uri.removeprefix("bolt://")

    stores = [open_store(url) for url in (f"bolt://{address}", f"neo4j://{address}", f"neo4j://{address}/neo4j")]

    assert {type(store) for store in stores} == {Neo4jStore}
    assert [store.triples().height for store in stores] == [1, 1, 1]


@pytest.mark.parametrize("name", ["KGTOOLS_GRAPH", "NEO4J_URI", "NEO4J_URL"])
def test_the_environment_names_the_graph(
    neo4j_graph: Login, say: Say, kgtools: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    say(neo4j_graph.uri, a=[COLD])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEO4J_URI")
    monkeypatch.setenv(name, neo4j_graph.uri)

    ran = kgtools("stats", "--format", "json")

    assert (ran.code, ran.json["totals"]["triples"]) == (0, 1), ran.err


def test_a_source_may_say_nothing(neo4j_graph: Login, say: Say) -> None:
    store = say(neo4j_graph.uri, a=[])

    assert (store.entities().height, store.triples().height) == (0, 0)
    assert verify(store).agrees
    assert list(store.metadata().sources) == ["a"]


@pytest.mark.parametrize("read", ["inputs", "metadata", "entities", "triples", "read_back", "query"])
def test_a_reader_whose_graph_was_changed_by_another_says_so(neo4j_graph: Login, say: Say, read: str) -> None:
    """A server keeps no older graph: what is read after a change would not fit what was read before it."""
    say(neo4j_graph.uri, a=[COLD])
    reader = open_store(neo4j_graph.uri)
    assert reader.entities().height == 2
    say(neo4j_graph.uri, a=[FLU])

    with pytest.raises(StoreError, match="the graph was changed while it was being read; run this again"):
        list(reader.query("MATCH (n) RETURN n.id", {})[1]) if read == "query" else getattr(reader, read)()
    assert verify(open_store(neo4j_graph.uri)).agrees


def test_a_change_in_the_middle_of_an_answer_is_said_at_its_end(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD])
    _, rows = open_store(neo4j_graph.uri).query("MATCH (n:Disease) RETURN n.name AS name", {})
    say(neo4j_graph.uri, a=[FLU])

    assert next(iter(rows)) == ["感冒"]
    with pytest.raises(StoreError, match="changed while it was being read"):
        list(rows)


@pytest.mark.parametrize(
    "change", ["REMOVE d.cause", "SET d.cause = ['别的病毒']", "SET d.cause = '病毒'", "SET d.cure_rate = ['90%']"]
)
def test_attributes_that_are_not_what_was_loaded_are_found_and_set_again(
    neo4j_graph: Login, say: Say, change: str
) -> None:
    facts = [COLD, ("Disease", "感冒", "cause", "病毒")]
    say(neo4j_graph.uri, a=facts)
    neo4j_graph.ask(f"MATCH (d:Disease) {change}")

    assert not verify(open_store(neo4j_graph.uri)).agrees
    say(neo4j_graph.uri, a=facts)

    assert neo4j_graph.ask("MATCH (d:Disease) RETURN d.cause AS cause, d.cure_rate AS rate") == [
        {"cause": ["病毒"], "rate": None}
    ]
    assert verify(open_store(neo4j_graph.uri)).agrees


def test_attributes_that_no_source_says_any_more_are_gone(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=[COLD, ("Disease", "感冒", "cause", "病毒")])

    say(neo4j_graph.uri, a=[COLD])

    assert neo4j_graph.ask("MATCH (d:Disease) RETURN 'cause' IN keys(d) AS there") == [{"there": False}]

"""Constraints and indexes that others have made in the database: they serve, are left alone, or are named with what drops them."""

import re
import threading
import time
from collections.abc import Callable

import pytest

from kgtools.kg.graph import verify
from kgtools.kg.stores import Store
from kgtools.tools.errors import StoreError
from tests.neo4j.login import Login

Say = Callable[..., Store]
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "头痛")
LONG = ("Disease", "长" * 3000, "HAS_SYMPTOM", "头痛")
INDEXES = (
    "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, owningConstraint, state WHERE type <> 'LOOKUP' "
    "RETURN name, type, labelsOrTypes AS on, properties AS keys, owningConstraint IS NOT NULL AS unique, state ORDER BY name"
)
THEIRS = [
    "CREATE CONSTRAINT mine FOR (n:Drug) REQUIRE n.id IS UNIQUE",
    "CREATE INDEX `my ``names```  FOR (n:Drug) ON (n.name)",
    "CREATE TEXT INDEX mine_too FOR (n:Disease) ON (n.id)",
    "CREATE INDEX both FOR (n:Disease) ON (n.id, n.name)",
    "CREATE CONSTRAINT kgtools_Disease_id FOR (n:Person) REQUIRE n.number IS UNIQUE",
    "CREATE INDEX kgtools_Symptom_id FOR (n:Person) ON (n.name)",
    "CREATE CONSTRAINT kgtools_Food_id FOR ()-[r:KNOWS]-() REQUIRE r.number IS UNIQUE",
    "CREATE CONSTRAINT kgtools_Disease_name FOR (n:Animal) REQUIRE n.number IS UNIQUE",
    "CREATE FULLTEXT INDEX kgtools_Symptom_name FOR (n:Symptom) ON EACH [n.name]",
]


def test_constraints_and_indexes_of_others_serve_or_stay_beside_ours_whatever_their_names(
    neo4j_login: Login, say: Say
) -> None:
    for statement in THEIRS:
        neo4j_login.ask(statement)
    neo4j_login.ask("CALL db.awaitIndexes(300)")
    before = neo4j_login.ask(INDEXES)

    store = say(neo4j_login.uri, a=[COLD])

    after = neo4j_login.ask(INDEXES)
    assert verify(store).agrees
    assert [row for row in after if row["name"] in {theirs["name"] for theirs in before}] == before
    ranges = {(*row["on"], *row["keys"]): row["unique"] for row in after if row["type"] == "RANGE"}  # type: ignore[misc]
    for label in ("Disease", "Symptom", "Food", "Drug"):
        assert (ranges[label, "id"], ranges[label, "name"]) == (True, False)
    assert {row["state"] for row in after} == {"ONLINE"}
    say(neo4j_login.uri, a=[COLD])
    assert neo4j_login.ask(INDEXES) == after


def test_an_index_that_keeps_ours_from_being_made_is_named_with_the_cypher_that_drops_it(
    neo4j_login: Login, say: Say
) -> None:
    labels = ["__Kgtools", "Disease"]
    for label in labels:
        neo4j_login.ask(f"CREATE INDEX `my ``{label}``` FOR (n:{label}) ON (n.id)")

    refused = [refuse(neo4j_login, lambda: say(neo4j_login.uri, a=[COLD])) for _ in labels]

    assert refused == [
        f"the ids of kgtools need a uniqueness constraint, and the index my `{label}` on (:{label} {{id}}), which kgtools "
        f"did not make, is in the way; run DROP INDEX `my ``{label}``` in that database and run this again"
        for label in labels
    ]
    assert neo4j_login.ask("MATCH (n) RETURN n") == []
    assert verify(say(neo4j_login.uri, a=[COLD])).agrees


def test_a_constraint_that_another_load_is_making_is_waited_for_until_it_owns_its_index(
    neo4j_login: Login, say: Say
) -> None:
    neo4j_login.ask("CREATE INDEX kgtools_Disease_id FOR (n:Disease) ON (n.id)")  # as it stands for a moment

    def own() -> None:
        time.sleep(1)
        neo4j_login.ask("DROP INDEX kgtools_Disease_id")
        neo4j_login.ask("CREATE CONSTRAINT kgtools_Disease_id FOR (n:Disease) REQUIRE n.id IS UNIQUE")

    other = threading.Thread(target=own)
    other.start()
    store = say(neo4j_login.uri, a=[COLD])
    other.join()

    assert verify(store).agrees
    assert [row["unique"] for row in neo4j_login.ask(INDEXES) if row["name"] == "kgtools_Disease_id"] == [True]


def test_a_constraint_that_forbids_rows_is_named_with_the_cypher_that_drops_it(neo4j_graph: Login, say: Say) -> None:
    neo4j_graph.ask("CREATE CONSTRAINT one FOR (n:Disease) REQUIRE n.attributes IS UNIQUE")
    neo4j_graph.ask("CREATE CONSTRAINT two FOR ()-[r:HAS_SYMPTOM]-() REQUIRE r.sources IS UNIQUE")

    refused = [refuse(neo4j_graph, lambda: say(neo4j_graph.uri, a=[COLD, FLU])) for _ in range(2)]

    assert refused == [
        f"the constraint {name} on {kind}, which kgtools did not make, forbids what is to be written; run DROP CONSTRAINT "
        f"`{name}` in that database, or name an empty one, and run this again"
        for name, kind in (("one", "Disease (attributes)"), ("two", "HAS_SYMPTOM (sources)"))
    ]
    assert neo4j_graph.ask("MATCH (n:!__Kgtools) RETURN n") == []
    assert verify(say(neo4j_graph.uri, a=[COLD, FLU])).agrees


def test_an_index_of_others_that_a_long_name_does_not_fit_is_not_dropped_but_named(
    neo4j_graph: Login, say: Say
) -> None:
    say(neo4j_graph.uri, a=[COLD])
    neo4j_graph.ask("DROP INDEX kgtools_Disease_name IF EXISTS")
    refused = []
    for kind, on in (("INDEX", "ON (n.name)"), ("CONSTRAINT", "REQUIRE n.name IS UNIQUE")):
        neo4j_graph.ask(f"CREATE {kind} mine FOR (n:Disease) {on}")
        refused.append(refuse(neo4j_graph, lambda: say(neo4j_graph.uri, raw=True, a=[LONG])))

    assert refused == [
        f"a name of the type Disease is too long for an index, and the {kind.lower()} mine on (:Disease {{name}}), which "
        f"kgtools did not make, is in the way; run DROP {kind} `mine` in that database and run this again"
        for kind in ("INDEX", "CONSTRAINT")
    ]
    assert verify(say(neo4j_graph.uri, raw=True, a=[LONG])).agrees


def refuse(login: Login, load: Callable[[], object]) -> str:
    """What is said of the database when the load is refused; the Cypher in it is run."""
    with pytest.raises(StoreError) as refused:
        load()
    url, _, message = str(refused.value).partition(": ")
    found = re.search(r"run (DROP \w+ `(?:[^`]|``)+`)", message)
    assert found
    login.ask(found[1])
    assert url == login.uri
    return message

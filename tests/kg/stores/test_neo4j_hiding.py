"""Which node patterns of a query get the condition that keeps one label out of sight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.audit import audits
from kgtools.kg.stores.neo4j.hiding import without_label

HIDDEN = {
    "MATCH (n) RETURN n": "MATCH (n:!`K`) RETURN n",
    "match (n) return n": "match (n:!`K`) return n",
    "MATCH () RETURN 1": "MATCH (:!`K`) RETURN 1",
    "MATCH ( n ) RETURN n": "MATCH ( n:!`K` ) RETURN n",
    "MATCH (`a b`) RETURN 1": "MATCH (`a b`:!`K`) RETURN 1",
    "MATCH (n {id: $id}) RETURN n": "MATCH (n:!`K` {id: $id}) RETURN n",
    "MATCH (n WHERE n.x = 1) RETURN n": "MATCH (n:!`K` WHERE n.x = 1) RETURN n",
    "MATCH (WHERE true) RETURN 1": "MATCH (:!`K`WHERE true) RETURN 1",
    "MATCH (a:A), (n), (m) RETURN n": "MATCH (a:A), (n:!`K`), (m:!`K`) RETURN n",
    "MATCH (n WHERE n.x IN [1, (m)]), (k) RETURN n": "MATCH (n:!`K` WHERE n.x IN [1, (m)]), (k:!`K`) RETURN n",
    "MATCH (n {a: [1, (m)]}), (k) RETURN n": "MATCH (n:!`K` {a: [1, (m)]}), (k:!`K`) RETURN n",
    "MATCH p = (n) RETURN p": "MATCH p = (n:!`K`) RETURN p",
    "MATCH ((n) WHERE n.x = 1) RETURN n": "MATCH ((n:!`K`) WHERE n.x = 1) RETURN n",
    "MATCH ANY (n) RETURN n": "MATCH ANY (n:!`K`) RETURN n",
    "MATCH SHORTEST 1 (n) RETURN n": "MATCH SHORTEST 1 (n:!`K`) RETURN n",
    "OPTIONAL MATCH (n) RETURN n": "OPTIONAL MATCH (n:!`K`) RETURN n",
    "MATCH (a)-[:R]->(b) MATCH (n) RETURN n": "MATCH (a)-[:R]->(b) MATCH (n:!`K`) RETURN n",
    "CALL () { MATCH (n) RETURN n } RETURN n": "CALL () { MATCH (n:!`K`) RETURN n } RETURN n",
    "RETURN EXISTS { MATCH (n) }": "RETURN EXISTS { MATCH (n:!`K`) }",
    "RETURN EXISTS { (n) }": "RETURN EXISTS { (n:!`K`) }",
    "RETURN COUNT { (n), (m) }": "RETURN COUNT { (n:!`K`), (m:!`K`) }",
    "RETURN COLLECT { MATCH (n) RETURN n }": "RETURN COLLECT { MATCH (n:!`K`) RETURN n }",
    "MATCH (n) RETURN n UNION MATCH (m) RETURN m AS n": "MATCH (n:!`K`) RETURN n UNION MATCH (m:!`K`) RETURN m AS n",
    "MATCH (n:!A) RETURN n": "MATCH (n:(!A)&!`K`) RETURN n",
    "MATCH (n:%) RETURN n": "MATCH (n:(%)&!`K`) RETURN n",
    "MATCH (n IS !A) RETURN n": "MATCH (n IS (!A)&!`K`) RETURN n",
    "MATCH (:A|!B {x: 1}) RETURN 1": "MATCH (:(A|!B)&!`K` {x: 1}) RETURN 1",
    "MATCH (n:A&!B WHERE n.x = 1) RETURN n": "MATCH (n:(A&!B)&!`K` WHERE n.x = 1) RETURN n",
    "MATCH (n)-[*0..1]-(m) RETURN n": "MATCH (n:!`K`)-[*0..1]-(m:!`K`) RETURN n",
    "MATCH (n)-[:R*0]->(:A) RETURN n": "MATCH (n:!`K`)-[:R*0]->(:A) RETURN n",
    "MATCH (n)-[:R]->{0,2}(m) RETURN n": "MATCH (n:!`K`)-[:R]->{0,2}(m:!`K`) RETURN n",
    "MATCH (n)-[:R]->{,2}(m) RETURN n": "MATCH (n:!`K`)-[:R]->{,2}(m:!`K`) RETURN n",
    "MATCH (n)-[:R]->*(m) RETURN n": "MATCH (n:!`K`)-[:R]->*(m:!`K`) RETURN n",
    "MATCH (n)((a)-[]->(b))*(m) RETURN n": "MATCH (n:!`K`)((a:!`K`)-[]->(b:!`K`))*(m:!`K`) RETURN n",
    "MATCH (n) // MATCH (n)\nRETURN 'MATCH (n)'": "MATCH (n:!`K`) // MATCH (n)\nRETURN 'MATCH (n)'",
}
UNTOUCHED = [
    "MATCH (n:Disease) RETURN n",
    "MATCH (n:A|B) RETURN n",
    "MATCH (n:K) RETURN n",
    "MATCH (a)-[r]->(b) RETURN a",
    "MATCH (a)<--(b)--(c) RETURN a",
    "MATCH (a)-[:R*1..3]->(b) RETURN a",
    "MATCH ((a)-[:R]->(b)){1,3} RETURN a",
    "MATCH p = shortestPath((a)-[*]-(b)) RETURN p",
    "MATCH (n:A) USING INDEX n:A(id) RETURN n",
    "MATCH (n:A) WHERE (n) IS NOT NULL AND ((n)) IN [n, (n)] RETURN (n), [1, (n)]",
    "MATCH (n:Match) RETURN n.match, (n)",
    "MATCH (n:A) RETURN n.x AS match, (n)",
    "MATCH (n:A) WITH n AS match RETURN match, (match)",
    "RETURN {match: (1), set: (2)}",
    "RETURN toUpper('a'), ('b')",
    "UNWIND [1, (2)] AS x RETURN (x)",
    "MATCH (n:A) RETURN [(n)-->(m) | m]",
    "CALL db.labels() YIELD label RETURN (label)",
    "RETURN 'left open",
    "MATCH (n RETURN n",
    "MATCH (n:$($label)) RETURN n",
    "",
]  # fmt: skip


@pytest.mark.parametrize("cypher", HIDDEN)
def test_a_node_that_stands_alone_gets_the_condition(cypher: str) -> None:
    assert without_label(cypher, "K") == HIDDEN[cypher]


@pytest.mark.parametrize("cypher", UNTOUCHED)
def test_the_rest_of_a_query_stays_as_it_is(cypher: str) -> None:
    assert without_label(cypher, "K") == cypher


def test_a_label_is_quoted() -> None:
    assert without_label("MATCH (n) RETURN n", "a`b") == "MATCH (n:!`a``b`) RETURN n"


@given(st.text(st.sampled_from("MATCHmatch()[]{}:,=*0n-> `'!%|&$\n")))
def test_no_text_breaks_it_or_loses_a_character(text: str) -> None:
    told = without_label(text, "K")

    rest = iter(told)
    assert all(character in rest for character in text)


def test_it_finds_what_to_hide_in_audits_of_any_shape() -> None:
    changed = [audit.name for audit in audits() if without_label(audit.cypher, "K") != audit.cypher]

    assert changed

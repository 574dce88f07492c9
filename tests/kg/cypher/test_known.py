"""The answers that Neo4j gave once: a folder gives them, and Neo4j still does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kgtools.kg.stores import Store, open_store
from tests.kg.cypher.differential import ask, judge
from tests.kg.cypher.graphs import AWKWARD, KNOWN, fill, serve
from tests.kg.cypher.known import FAULTS, RECORDED, Fault, Recorded
from tests.neo4j.login import Login

REFUSED = {
    "order of mixed values",
    "minimum of mixed values",
    "union of values of several kinds",
    "all keys of maps that differ in them",
}
"""Lists and numbers of two kinds among other values, which a column of SQL does not hold in Cypher's order; maps that differ in their keys."""
GRAPHS = {"known": KNOWN, "awkward": AWKWARD}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Store]:
    """The folder of a graph."""
    made: dict[str, Path] = {}

    def open_folder(name: str) -> Store:
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name) / "graph"
            fill(str(made[name]), GRAPHS[name])
        return open_store(str(made[name]))

    return open_folder


@pytest.mark.parametrize("recorded", RECORDED, ids=[each.question.name for each in RECORDED])
def test_a_folder_answers_as_neo4j_did(recorded: Recorded, folder: Callable[[str], Store]) -> None:
    question = recorded.question

    here = ask(question.cypher, question.params, folder(recorded.graph), (Exception,))

    outcome = judge(here, recorded.answer, question.by, question.bags)
    assert outcome.kind == ("refused" if question.name in REFUSED else "same"), f"{question.cypher}\n{outcome}"


@pytest.mark.parametrize("fault", FAULTS, ids=[each.question.name for each in FAULTS])
def test_a_folder_answers_by_the_meaning_of_cypher_where_neo4j_does_not(
    fault: Fault, folder: Callable[[str], Store]
) -> None:
    question = fault.question

    here = ask(question.cypher, question.params, folder(fault.graph), (Exception,))

    assert judge(here, fault.answer, question.by, question.bags).kind == "same", here


@pytest.fixture(scope="module", params=GRAPHS)
def server(request: pytest.FixtureRequest, neo4j_server: Login) -> Iterator[tuple[str, object]]:
    """A graph in Neo4j alone."""
    neo4j_server.delete()
    with pytest.MonkeyPatch.context() as patch:
        neo4j_server.use(patch)
        with serve(neo4j_server, GRAPHS[request.param]) as neo4j:
            yield request.param, neo4j
    neo4j_server.delete()


def test_neo4j_answers_as_it_did(server: tuple[str, object]) -> None:
    name, neo4j = server

    wrong = []
    for graph, question, answer in [*RECORDED, *((each.graph, each.question, each.neo4j) for each in FAULTS)]:
        if graph == name:
            outcome = judge(
                ask(question.cypher, question.params, neo4j, (Exception,)), answer, question.by, question.bags
            )
            if outcome.kind != "same":
                wrong.append(f"{question.name}: {question.cypher}\n{outcome}")

    assert not wrong, "\n".join(wrong)

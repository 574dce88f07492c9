"""A folder answers as Neo4j does: ordinary queries on the samples, random ones on a small graph of awkward names and on slices of a published one.

TORTURE_QUERIES: how many random queries, 1000 where it is not set, and 20000 by `make torture`, a tenth of them on slices, and a slice for a
hundred; TORTURE_SEED: others than each time."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.load import prepare
from kgtools.kg.graph import change
from kgtools.kg.source import Options
from kgtools.kg.stores import Store, open_store
from tests.conftest import SAMPLE_FILES
from tests.kg.cypher.differential import Answer, Asked, Outcome, Question, ask, asked, difference, judge, tell
from tests.kg.cypher.grammar import Graph, Query, generate, shrink, write
from tests.kg.cypher.graphs import AWKWARD, alone, fill, serve
from tests.kg.cypher.ordinary import ORDINARY
from tests.neo4j.login import Login

QUERIES = int(os.environ.get("TORTURE_QUERIES", "1000"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))
NEO4J_FAULT = "it is not possible to access variables declared before the WITH/RETURN"
"""What Neo4j says of `MATCH p = (n)--(n) WITH DISTINCT p`, which asks for no such variable."""
A_SLICE = 100
"""Queries of a slice of the published graph."""
SLICED = QUERIES // 10 // A_SLICE * A_SLICE
"""Of the queries, those of such slices."""
NEO4J_TYPES = "Type mismatch: expected "
"""What Neo4j says before it looks at any value: of `d.name + 1` it cannot tell that it is a text, and refuses it where one is asked for."""
SHRUNK = 10
"""So many of the queries that differ are made small."""


class Pair(NamedTuple):
    """A graph in a folder, and in Neo4j alone."""

    folder: Store
    neo4j: Asked


@pytest.fixture
def samples(neo4j_graph: Login, tmp_path: Path) -> Iterator[Pair]:
    """The graph of all samples."""
    sources = [prepare(source, files, Options())[0] for source, files in SAMPLE_FILES.items()]
    for url in (str(tmp_path / "graph"), neo4j_graph.uri):
        assert change(open_store(url), lambda _: Inputs().with_sources(sources)).agrees
    with alone(neo4j_graph) as neo4j:
        yield Pair(open_store(str(tmp_path / "graph")), neo4j)


@pytest.fixture
def slices(neo4j_graph: Login, real_files: Path, tmp_path: Path) -> Callable[[int], AbstractContextManager[Pair]]:
    """The graph of one disease of xywy-KG and the next, by a number, alone in both stores."""
    lines = (real_files / "xywy" / "medical.json").read_bytes().splitlines(keepends=True)

    @contextmanager
    def open_slice(number: int) -> Iterator[Pair]:
        first = Random(number).randrange(len(lines) - 1)
        file = tmp_path / str(number) / "medical.json"
        file.parent.mkdir()
        file.write_bytes(b"".join(lines[first : first + 2]))
        source = prepare("xywy", [file], Options())[0]
        neo4j_graph.delete()
        for url in (str(file.parent / "graph"), neo4j_graph.uri):
            assert change(open_store(url), lambda _: Inputs().with_sources([source])).agrees
        with alone(neo4j_graph) as neo4j:
            yield Pair(open_store(str(file.parent / "graph")), neo4j)

    return open_slice


@pytest.fixture
def awkward(neo4j_graph: Login, tmp_path: Path) -> Iterator[Pair]:
    """The graph of awkward names."""
    fill(str(tmp_path / "graph"), AWKWARD)
    with serve(neo4j_graph, AWKWARD) as neo4j:
        yield Pair(open_store(str(tmp_path / "graph")), neo4j)


def test_ordinary_queries_are_answered_alike(samples: Pair) -> None:
    outcomes = [(question, asked(question, samples.folder, samples.neo4j)) for question in ORDINARY]

    assert len(outcomes) >= 60
    assert not [question.name for question, outcome in outcomes if outcome.there.error]
    assert all(outcome.kind == "same" for _, outcome in outcomes), tell(
        outcomes, lambda outcome: outcome.kind != "same"
    )


def test_random_queries_are_answered_alike_or_refused(awkward: Pair) -> None:
    kinds: Counter[str] = Counter()

    check_random_queries(awkward, QUERIES - SLICED, SEED, kinds)

    assert kinds["invalid"] <= QUERIES * 0.03, kinds
    assert kinds["refused"] <= QUERIES * 0.02, kinds
    assert kinds["neo4j-refuses"] <= 1 + QUERIES * 0.0005, kinds
    assert kinds["same"] >= (QUERIES - SLICED) * 0.95, kinds


def test_random_queries_of_a_published_graph_are_answered_alike_or_refused(slices: Any) -> None:
    kinds: Counter[str] = Counter()

    for number in range(SLICED // A_SLICE):
        with slices(SEED * 1_000 + number) as pair:
            check_random_queries(pair, A_SLICE, SEED * 1_000 + number, kinds)

    assert kinds["invalid"] <= SLICED * 0.03, kinds
    assert kinds["refused"] <= SLICED * 0.03, kinds
    assert kinds["neo4j-refuses"] <= 1 + SLICED * 0.002, kinds
    assert kinds["same"] >= SLICED * 0.95, kinds


def check_random_queries(pair: Pair, count: int, seed: int, kinds: Counter[str]) -> None:
    """Ask both; counts what became of the queries, and fails where answers differ."""
    graph = Graph.of(pair.folder.entities(), pair.folder.triples())
    refusals: Counter[str] = Counter()
    wrong: list[tuple[Query, Outcome]] = []
    for query in random_queries(graph, count, seed):
        outcome = asked(query.question, pair.folder, pair.neo4j)
        if outcome.there.error and NEO4J_FAULT in str(outcome.there.error) and not outcome.here.error:
            kinds["neo4j-fails"] += 1
            continue
        if outcome.there.error and NEO4J_TYPES in str(outcome.there.error) and not outcome.here.error:
            kinds["neo4j-refuses"] += 1
            continue
        kinds[outcome.kind] += 1
        kinds["invalid"] += outcome.there.error is not None
        if outcome.kind == "refused":
            refusals[without_names(outcome.reason)] += 1
        if outcome.kind in ("differs", "fails-here"):
            wrong.append((query, outcome))
    counts = f"of {count} queries (seed {seed}): {dict(kinds)}\nrefused: {refusals.most_common(30)}"
    print(counts)
    assert not wrong, (
        f"{counts}\n{told([small(query, graph, pair, outcome.kind) for query, outcome in wrong[:SHRUNK]])}"
    )


def random_queries(graph: Graph, count: int, seed: int) -> Iterator[Query]:
    """The queries of a seed; the first of more are the same."""
    for number in range(count):
        yield generate(Random(seed * 1_000_003 + number), graph)


def small(query: Query, graph: Graph, pair: Pair, kind: str) -> tuple[Question, Outcome]:
    """A smaller query with the same outcome."""

    def wrong(question: Question) -> bool:
        outcome = asked(question, *pair)
        return outcome.kind == kind and outcome.there.error is None

    if not wrong(query.question):  # Neo4j raises an error where the folder answers
        return query.question, asked(query.question, *pair)
    found = shrink(query, graph, wrong).question
    return found, asked(found, *pair)


def told(found: list[tuple[Question, Outcome]]) -> str:
    return tell(found, lambda _: True, most=SHRUNK)


def without_names(reason: str) -> str:
    """A refusal without its place and what is quoted in it, to count by."""
    words = (
        re.sub(r" ?\(line \d+, column \d+\).*", "", reason, flags=re.DOTALL)
        .replace("`", "'")
        .replace('"', "'")
        .split("'")
    )
    return "'…'".join(words[::2])[:100]


# What judges is judged.


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ([[1]], [[1]], True),
        ([[1]], [[1.0]], False),
        ([[1]], [[True]], False),
        ([[None]], [[0]], False),
        ([[0.1 + 0.2]], [[0.3]], True),
        ([[0.3001]], [[0.3]], False),
        ([[float("nan")]], [[float("nan")]], True),
        ([[1], [2]], [[2], [1]], True),
        ([[1], [1], [2]], [[1], [2], [2]], False),
        ([[[1, 2]]], [[[2, 1]]], False),
        ([[{"a": 1, "b": None}]], [[{"b": None, "a": 1}]], True),
        ([[{"a": 1, "b": None}]], [[{"a": 1}]], False),
        ([["é"]], [["e\u0301"]], False),
    ],
    ids=str,
)
def test_rows_are_compared_as_they_are(one: list[list[object]], other: list[list[object]], alike: bool) -> None:
    assert (difference(Answer(["x"], one), Answer(["x"], other)) == "") is alike


def test_order_counts_where_rows_are_sorted_and_in_lists_that_are_no_bags() -> None:
    here, there = Answer(["x", "y"], [[1, [1, 2]], [1, [3]]]), Answer(["x", "y"], [[1, [3]], [1, [2, 1]]])

    assert difference(here, there, by=("x",), bags=("y",)) == ""
    assert difference(here, there, by=("x",)) != ""
    assert difference(here, there, by=("x", "y"), bags=("y",)) != ""


def test_a_bag_of_floats_that_are_close_is_one_in_any_order() -> None:
    floats = [12345679.9, 12345680.4, 12345680.4, 12345681.4, 0.1 + 0.2]
    here, there = Answer(["x"], [[floats]]), Answer(["x"], [[[0.3, *floats[3::-1]]]])

    assert difference(here, there, bags=("x",)) == ""
    assert difference(here, there) != ""
    assert difference(here, Answer(["x"], [[[*floats[:4], 0.31]]]), bags=("x",)) != ""


def test_every_outcome_has_its_word() -> None:
    from kgtools.tools.errors import CypherError

    fine, refused, broken = Answer(["x"], []), Answer([], [], CypherError("no")), Answer([], [], ValueError("bug"))

    words = [
        judge(here, there).kind for here in (fine, refused, broken) for there in (fine, Answer([], [], ValueError()))
    ]

    assert words == ["same", "differs", "refused", "both-fail", "fails-here", "fails-here"]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = str(tmp_path_factory.mktemp("awkward") / "graph")
    fill(folder, AWKWARD)
    return Graph.of(open_store(folder).entities(), open_store(folder).triples())


def test_the_same_seed_writes_the_same_queries(graph: Graph) -> None:
    from tests.kg.cypher.choices import Choices

    queries = list(random_queries(graph, 200, 1))

    assert queries == list(random_queries(graph, 200, 1))
    assert [write(Choices(tree=query.tree), graph) for query in queries] == [query.question for query in queries]
    assert len({query.question.cypher for query in queries}) > 190


def test_queries_use_all_that_is_promised(graph: Graph) -> None:
    words = "OPTIONAL MATCH,shortestPath,allShortestPaths,EXISTS {,COUNT {,COLLECT {,DISTINCT,ORDER BY,SKIP,LIMIT,UNWIND,UNION,CALL"
    words += ",count(*),collect(,sum(,avg(,min(,stDev(,stDevP(,percentileCont(,percentileDisc(,CASE,reduce(,any(,single(,=~,XOR,*1..2"
    words += ",STARTS WITH,toInteger(,toBoolean(,startNode(,labels(,type(,keys(,{.*,IS NULL,$p0,nodes(,range(,split(,coalesce(,:!"

    text = "\n".join(query.question.cypher for query in random_queries(graph, 1000, 1))

    assert not [word for word in words.split(",") if word not in text]


def test_a_query_that_is_wrong_is_made_small(graph: Graph) -> None:
    def wrong(question: Question) -> bool:
        return "count(DISTINCT" in question.cypher

    query = next(
        query for query in random_queries(graph, 500, 3) if wrong(query.question) and len(query.question.cypher) > 400
    )

    found = shrink(query, graph, wrong, tries=2000)

    assert wrong(found.question)
    assert len(found.question.cypher) < 120


def test_an_error_of_neo4j_is_an_answer_and_of_the_test_is_none() -> None:
    class Broken:
        def query(self, cypher: str, params: dict[str, object]) -> tuple[list[str], list[list[object]]]:
            raise ValueError(cypher + str(params))

    assert ask("x", {}, Broken(), (ValueError,)).error is not None
    with pytest.raises(ValueError, match="x"):
        ask("x", {}, Broken(), (KeyError,))

"""A load into Neo4j that is killed: the old graph, the new one, or a change under way that says so; the next load mends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.graph import verify
from kgtools.kg.stores.neo4j.connection import Server
from kgtools.kg.stores.neo4j.store import Neo4jStore
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import StoreError
from tests.neo4j.login import Login
from tests.torture.kills import Torture, Victims, fewer

BATCHES = {
    "kgtools.kg.stores.neo4j.store.AT_ONCE": 10,
    "kgtools.kg.stores.neo4j.store.PIECES": 1,
    "kgtools.kg.stores.neo4j.write.ENTITY_ROWS": 20,
    "kgtools.kg.stores.neo4j.write.TRIPLE_ROWS": 20,
}
BOOKS = "MATCH (n:__Kgtools) RETURN n.id AS id, n.data AS data ORDER BY id"


@dataclass
class Watched:
    """The graph of a server, whose states are known by what it holds and by every byte of the metadata."""

    login: Login
    known: dict[str, tuple[Entities, Triples, list[dict[str, object]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._server = Server(self.login.uri)

    def _now(self) -> Neo4jStore:
        """The graph as it is now: a store keeps to the one that it saw first; the connection is the same."""
        store = Neo4jStore(self.login.uri)
        store.server = self._server
        return store

    def learn(self, state: str) -> None:
        """What is there now is this state."""
        store = self._now()
        self.known[state] = (store.entities(), store.triples(), self.login.ask(BOOKS))

    def state(self) -> str:
        """The state that the server's graph is in, proved."""
        store = self._now()
        try:
            entities, triples = store.entities(), store.triples()
            assert verify(store).agrees
        except StoreError as error:
            if "no graph here" in str(error):
                return "none"
            if "a change of the graph is under way or was interrupted" in str(error):
                return "between"
            raise
        (name,) = [name for name, (e, t, _) in self.known.items() if entities.equals(e) and triples.equals(t)]
        return name

    def settled(self, state: str) -> None:
        """The metadata are those of an undisturbed run, and hold nothing besides."""
        assert self.login.ask(BOOKS) == self.known[state][2]

    def close(self) -> None:
        """End the connection."""
        self._server.close()


@pytest.fixture
def remote(victim: Victims, neo4j_login: Login) -> Victims:
    """Victims that know the server."""
    victim.environment.update(neo4j_login.environment)
    return victim


@pytest.fixture
def loads(cut: dict[str, Path], neo4j_login: Login) -> dict[str, list[str]]:
    """The command that leads to each of two states."""
    return {name: ["load", "xywy", str(cut[f"{name}.json"]), "--graph", neo4j_login.uri] for name in ("a", "b")}


def watched(victim: Victims, login: Login, loads: dict[str, list[str]]) -> Watched:
    graph = Watched(login)
    for state, words in loads.items():
        victim.done(words)
        graph.learn(state)
    return graph


def test_a_killed_load_leaves_the_old_graph_or_the_new_one(
    remote: Victims, loads: dict[str, list[str]], neo4j_login: Login
) -> None:
    graph = watched(remote, neo4j_login, loads)

    Torture(remote, loads, graph.state, graph.settled, "before run").run()
    graph.close()


def test_a_killed_load_in_batches_leaves_a_whole_graph_or_a_change_under_way(
    remote: Victims, loads: dict[str, list[str]], neo4j_login: Login
) -> None:
    graph = watched(remote, neo4j_login, loads)
    remote.patch.update(BATCHES)

    told = Torture(remote, loads, graph.state, graph.settled, "before run", between="between").run(fewer(2))

    assert told["between"] > 0
    graph.close()


def test_a_killed_first_load_leaves_no_graph_or_a_whole_one(
    remote: Victims, loads: dict[str, list[str]], neo4j_login: Login
) -> None:
    graph = watched(remote, neo4j_login, {"a": loads["a"]})
    neo4j_login.clear()

    Torture(remote, {"a": loads["a"]}, graph.state, graph.settled, "before run", {"none": neo4j_login.clear}).run(
        fewer(16)
    )
    graph.close()


def test_a_change_under_way_is_told_by_every_command_that_reads_and_mended_by_the_next_load(
    remote: Victims, loads: dict[str, list[str]], neo4j_login: Login, kgtools: Callable[..., Any], tmp_path: Path
) -> None:
    graph = watched(remote, neo4j_login, loads)
    remote.patch.update(BATCHES)
    steps = remote.run(loads["a"], first="before run", watch=True).steps
    commits = [number for number, step in enumerate(steps) if step == "before _commit"]
    killed = remote.run(loads["b"], first="before run", step=commits[len(commits) // 2])
    assert killed.code == -9, killed.said
    assert graph.state() == "between"

    asked = [
        ("stats",), ("verify",), ("audit", "--fail-on", "never"), ("query", "MATCH (n) RETURN count(n) AS n"), ("names", "list"),
        ("generate", "--out", tmp_path / "out"), ("show", "高血压"), ("export", "parquet", tmp_path / "parquet"), ("align",), ("diff", "{}", "{}"),
    ]  # fmt: skip
    for words in asked:
        url = neo4j_login.uri
        given = [str(word).format(url) for word in words] + ([] if words[0] == "diff" else ["--graph", url])
        done = kgtools(*given)
        assert done.code == 2, (words, done)
        assert "a change of the graph is under way or was interrupted" in done.err
        assert "Traceback" not in done.err
    remote.done(loads["b"])
    assert graph.state() == "b"
    graph.settled("b")
    graph.close()

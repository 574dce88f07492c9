"""A load in a server that is killed in the middle, and two loads at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from neo4j import ManagedTransaction
from neo4j.exceptions import ServiceUnavailable

from kgtools.kg.graph import verify
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.neo4j import store as neo4j
from kgtools.kg.stores.neo4j import write
from kgtools.tools.errors import StoreError
from tests.neo4j.login import Login

Run = Callable[..., Any]
Say = Callable[..., Store]
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
ROOT = Path(__file__).resolve().parents[3]
DIES = """
import os, signal, sys
from kgtools.kg.stores.neo4j import store as neo4j
from kgtools.kg.stores.neo4j import write as writing
from kgtools.tools.main import run
neo4j.AT_ONCE, neo4j.PIECES, writing.ENTITY_ROWS, writing.TRIPLE_ROWS = 100, 2, 100, 100
left, write = int(sys.argv[1]), writing.Batch.send
def take(batch, *rest):
    global left
    if not left:
        os.kill(os.getpid(), int(os.environ["SIGNAL"]))
    left -= 1
    write(batch, *rest)
writing.Batch.send = take
sys.exit(run(sys.argv[2:]))
"""
HOLDS = """
import sys
from kgtools.kg.stores.neo4j.store import Neo4jStore
with Neo4jStore(sys.argv[1])._alone("load"):
    print("held", flush=True)
    sys.stdin.read()
"""


def content(store: Store) -> tuple[list[Any], list[Any], dict[str, Any]]:
    stored = store.read_back()
    assert not stored.foreign
    return stored.entities.rows(), stored.triples.rows(), store.metadata()


def interrupted(with_: signal.Signals, batches: int, *words: object) -> tuple[int, str]:
    """`kgtools WORD...`, which gets a signal after so many batches; its exit code and stderr."""
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(batches), *map(str, words)],
        cwd=ROOT, env=os.environ | {"SIGNAL": str(int(with_))}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def killed(batches: int, *words: object) -> None:
    code, said = interrupted(signal.SIGKILL, batches, *words)
    assert code == -signal.SIGKILL, said


@pytest.mark.parametrize("batches", [0, 1, 9])
def test_a_killed_load_is_said_by_every_command_and_completed_by_the_next(
    neo4j_graph: Login, kgtools: Run, sample_files: dict[str, list[Path]], tmp_path: Path, batches: int
) -> None:
    url = neo4j_graph.uri
    xywy, other = ["load", "xywy", *sample_files["xywy"]], ["load", "health39", *sample_files["health39"]]
    for words in (other, xywy):
        assert kgtools(*words, "--graph", tmp_path / "graph").code == 0
    assert kgtools(*other, "--graph", url).code == 0

    killed(batches, *xywy, "--graph", url)

    asking: list[list[object]] = [
        ["stats"], ["verify"], ["query", "MATCH (n) RETURN count(n)"], ["audit"], ["names", "list"],
        ["generate", "--out", tmp_path / "records"],
    ]  # fmt: skip
    said = (
        f"kgtools: error: {url}: a change of the graph is under way or was interrupted; wait for it, or run it again\n"
    )
    for words in asking:
        ran = kgtools(*words, "--graph", url)
        assert (ran.code, ran.out, ran.err) == (2, "", said), words
    assert kgtools(*xywy, "--graph", url).code == 0
    assert content(open_store(url)) == content(open_store(str(tmp_path / "graph")))
    assert kgtools("verify", "--graph", url).code == 0


def test_what_a_killed_load_left_goes_when_another_source_is_loaded(
    neo4j_graph: Login, kgtools: Run, sample_files: dict[str, list[Path]], tmp_path: Path
) -> None:
    killed(9, "load", "xywy", *sample_files["xywy"], "--graph", neo4j_graph.uri)
    assert neo4j_graph.ask("MATCH (n) WHERE NOT n:__Kgtools RETURN count(n) > 300 AS many") == [{"many": True}]

    for graph in (neo4j_graph.uri, tmp_path / "graph"):
        assert kgtools("load", "health39", *sample_files["health39"], "--graph", graph).code == 0

    assert content(open_store(neo4j_graph.uri)) == content(open_store(str(tmp_path / "graph")))


def test_an_unload_that_was_killed_is_completed_by_the_next(
    neo4j_graph: Login, kgtools: Run, sample_files: dict[str, list[Path]], tmp_path: Path
) -> None:
    url = neo4j_graph.uri
    both = ["load", "xywy", *sample_files["xywy"], "health39", *sample_files["health39"]]
    assert kgtools("load", "health39", *sample_files["health39"], "--graph", tmp_path / "graph").code == 0
    assert kgtools(*both, "--graph", url).code == 0
    killed(3, "unload", "xywy", "--graph", url)

    assert kgtools("unload", "xywy", "--graph", url).code == 0

    assert content(open_store(url)) == content(open_store(str(tmp_path / "graph")))


def test_a_load_that_is_stopped_by_hand_says_that_it_is_half_done(
    neo4j_graph: Login, kgtools: Run, sample_files: dict[str, list[Path]], tmp_path: Path
) -> None:
    words = ["load", "xywy", *sample_files["xywy"], "--graph"]

    code, said = interrupted(signal.SIGINT, 5, *words, neo4j_graph.uri)

    assert code == 2
    assert said == "kgtools: error: stopped in the middle of the change; run this again to complete it\n"
    for graph in (neo4j_graph.uri, tmp_path / "graph"):
        assert kgtools(*words, graph).code == 0
    assert content(open_store(neo4j_graph.uri)) == content(open_store(str(tmp_path / "graph")))


def test_many_batches_give_what_one_transaction_gives(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(neo4j, "AT_ONCE", 0)

    store = say(neo4j_graph.uri, a=[COLD, FLU], b=[COLD])

    assert content(store) == content(say(str(tmp_path / "graph"), a=[COLD, FLU], b=[COLD]))
    assert verify(store).agrees


@pytest.mark.parametrize("at_once", [0, neo4j.AT_ONCE])
def test_triples_whose_commit_was_not_answered_are_not_written_twice(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_once: int
) -> None:
    send, commit, sent, lost = write.Batch.send, ManagedTransaction._commit, list[Any](), list[Any]()

    def noted(batch: write.Batch, transaction: Any, rows: list[Any], again: bool = False) -> None:
        send(batch, transaction, rows, again)
        if "CREATE (h)" in batch.cypher and not again:
            sent.append(transaction)

    def unanswered(transaction: ManagedTransaction) -> None:
        commit(transaction)
        if transaction in sent:
            lost.append(transaction)
            raise ServiceUnavailable("the answer was lost")

    monkeypatch.setattr(neo4j, "AT_ONCE", at_once)
    monkeypatch.setattr(write.Batch, "send", noted)
    monkeypatch.setattr(ManagedTransaction, "_commit", unanswered)

    store = say(neo4j_graph.uri, a=[COLD, FLU], b=[COLD])

    assert lost
    assert verify(store).agrees
    assert content(store) == content(say(str(tmp_path / "graph"), a=[COLD, FLU], b=[COLD]))


def test_every_transaction_that_writes_says_whose_it_is(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, seen = write.Batch.send, list[set[object]]()

    def look(batch: write.Batch, transaction: Any, *rest: Any) -> None:
        send(batch, transaction, *rest)
        shown = neo4j_graph.ask("SHOW TRANSACTIONS YIELD currentQuery, metaData, transactionId RETURN *")
        seen.append({row["transactionId"] for row in shown if str(os.getpid()) in str(row["metaData"])})

    for at_once in (0, neo4j.AT_ONCE):
        monkeypatch.setattr(neo4j, "AT_ONCE", at_once)
        monkeypatch.setattr(write.Batch, "send", look)
        say(neo4j_graph.uri, **{f"a{at_once}": [COLD, FLU]})

    assert min(map(len, seen)) >= 2  # the lock and the rows


def test_who_has_the_lock_does_not_wait_for_those_who_wait_for_it(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(neo4j_graph.uri, a=[COLD])
    monkeypatch.setattr(neo4j, "WAIT_S", 0.5)
    wait = neo4j.Neo4jStore._wait
    with neo4j_graph.driver() as driver, driver.session() as session:

        def another_comes(store: neo4j.Neo4jStore, *rest: Any) -> None:
            wait(store, *rest)
            if rest[-1] == ["lock", "rows"]:
                session.begin_transaction(metadata={"kgtools": "kgtools load (process 1 on another)", "for": "lock"})

        monkeypatch.setattr(neo4j.Neo4jStore, "_wait", another_comes)

        assert say(neo4j_graph.uri, b=[FLU]).triples().height == 2


@pytest.mark.parametrize("unseen", [0, 1])
def test_what_a_load_that_is_gone_has_sent_is_waited_for(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch, unseen: int
) -> None:
    say(neo4j_graph.uri, a=[COLD])
    wait, waits = neo4j.Neo4jStore._wait, list[None]()

    def late(store: neo4j.Neo4jStore, *rest: Any) -> None:
        waits.append(None)
        if len(waits) > unseen:
            wait(store, *rest)

    monkeypatch.setattr(neo4j, "WAIT_S", 0.5)
    monkeypatch.setattr(neo4j.Neo4jStore, "_wait", late)
    with neo4j_graph.driver() as driver, driver.session() as session:
        left = session.begin_transaction(metadata={"kgtools": "kgtools load (process 1 on another)", "for": "rows"})
        left.run("MATCH (n) RETURN count(n)").consume()

        with pytest.raises(StoreError, match=r"in use by kgtools load \(process 1 on another\)"):
            say(neo4j_graph.uri, b=[FLU])

        left.close()
    assert say(neo4j_graph.uri, b=[FLU]).triples().height == 2


def test_a_second_load_says_who_holds_the_graph(neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    store = say(neo4j_graph.uri, a=[COLD])
    monkeypatch.setattr(neo4j, "WAIT_S", 0.5)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, neo4j_graph.uri], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(StoreError) as raised:
            say(neo4j_graph.uri, b=[FLU])
        assert store.triples().height == 1  # who only reads is not held up

        os.kill(other.pid, signal.SIGKILL)
    assert f": in use by kgtools load (process {other.pid} on " in str(raised.value)
    assert str(raised.value).endswith("); wait until it is done and run this again")
    assert say(neo4j_graph.uri, b=[FLU]).triples().height == 2


def test_two_loads_at_once_both_end_well_or_one_says_why_not(
    empty_neo4j: Login, neo4j_graph: Login, sample_files: dict[str, list[Path]], kgtools: Run, tmp_path: Path
) -> None:
    assert empty_neo4j.is_empty()
    words = {name: ["load", name, *sample_files[name]] for name in ("health39", "cmekg")}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "kgtools.tools.main", *map(str, each), "--graph", neo4j_graph.uri],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for name, each in words.items()
    }  # fmt: skip
    said = {name: process.communicate()[1].decode() for name, process in started.items()}

    codes = {name: process.returncode for name, process in started.items()}
    assert set(codes.values()) <= {0, 2}, said
    assert 0 in codes.values(), said
    assert all("in use by kgtools load" in said[name] for name, code in codes.items() if code), said
    for name, each in words.items():
        if codes[name]:
            assert kgtools(*each, "--graph", neo4j_graph.uri).code == 0
        assert kgtools(*each, "--graph", tmp_path / "graph").code == 0
    assert content(open_store(neo4j_graph.uri)) == content(open_store(str(tmp_path / "graph")))

"""What a server can do wrong: one line on stderr, exit code 2, the way out; never a traceback, never the password."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.kg.graph import verify
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.neo4j import connection as server
from kgtools.kg.stores.neo4j import store as neo4j
from kgtools.kg.stores.neo4j import write
from kgtools.tools.errors import StoreError
from tests.neo4j.java import Runtime
from tests.neo4j.login import Login
from tests.neo4j.server import Server, free_port, temporary_server

Run = Callable[..., Any]
Say = Callable[..., Store]
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
MANY = [("Disease", f"病{n}", "HAS_SYMPTOM", f"痛{n % 50}") for n in range(400)]
SAMPLE = Path(__file__).parents[3] / "kg" / "samples" / "xywy" / "medical.json"
WIDE = "UNWIND range(1, 500000) AS n RETURN n, toString(n) + ' 头痛' AS text"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries end soon."""
    monkeypatch.setattr(server, "RETRY_S", 1.0)


@pytest.fixture(scope="module")
def whole_server(neo4j_runtime: Runtime) -> Iterator[Server]:
    """A server that the tests of this file stop, kill and set anew."""
    with temporary_server(version=neo4j_runtime.version, heap=("256m", "512m"), brief=True) as made:
        yield made


@pytest.fixture
def lone_server(whole_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The same, running, without nodes, named in the environment."""
    if whole_server.pid is None or whole_server.settings:
        whole_server.settings = {}
        whole_server.restart()
    whole_server.login.ask("MATCH (n) DETACH DELETE n")
    whole_server.login.use(monkeypatch)
    return whole_server


def fault(ran: Any, password: str = "") -> str:
    """The one line that a command failed with."""
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.startswith("kgtools: error: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert not password or password not in ran.err
    return str(ran.err).removeprefix("kgtools: error: ").rstrip("\n")


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize(
    "words",
    [["stats"], ["query", "RETURN 1"], ["verify"], ["audit"], ["unload", "xywy"], ["names", "list"]],
    ids=" ".join,
)
def test_a_server_that_is_away_is_said(kgtools: Run, scheme: str, words: list[str]) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"

    said = fault(kgtools(*words, "--graph", url))

    assert said.startswith(f"{url}: no answer (")
    assert said.endswith("; is the server running? Start it and run this again")


def test_a_host_that_does_not_exist_is_said(kgtools: Run) -> None:
    said = fault(kgtools("stats", "--graph", "neo4j://nowhere.invalid"))

    assert "nowhere.invalid" in said
    assert "no answer" in said or "resolve" in said.lower()


def test_something_else_that_answers_is_said(kgtools: Run) -> None:
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        said = fault(kgtools("stats", "--graph", f"bolt://127.0.0.1:{listening.getsockname()[1]}"))
        answering.join()

    assert "no answer" in said


def test_a_wrong_password_is_said_without_saying_it(
    neo4j_graph: Login, kgtools: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "wrong-password-xyz")

    said = fault(kgtools("stats", "--graph", neo4j_graph.uri), "wrong-password-xyz")

    assert said == f"{neo4j_graph.uri}: the server refuses the login of neo4j; set NEO4J_USERNAME and NEO4J_PASSWORD"


def test_no_password_at_all_is_said(neo4j_graph: Login, kgtools: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEO4J_PASSWORD", "NEO4J_USERNAME"):
        monkeypatch.delenv(name)

    said = fault(kgtools("stats", "--graph", neo4j_graph.uri))

    assert said == f"{neo4j_graph.uri}: the server refuses the login of nobody; set NEO4J_USERNAME and NEO4J_PASSWORD"


def test_an_expired_password_is_said(
    neo4j_graph: Login, kgtools: Run, sample_files: dict[str, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_graph.ask("CREATE OR REPLACE USER ann SET PASSWORD 'ann-password-1' CHANGE REQUIRED")
    monkeypatch.setenv("NEO4J_USERNAME", "ann")
    monkeypatch.setenv("NEO4J_PASSWORD", "ann-password-1")
    try:
        said = [
            fault(kgtools(*words, "--graph", neo4j_graph.uri), "ann-password-1")
            for words in (["stats"], ["load", "health39", *sample_files["health39"]])
        ]
    finally:
        neo4j_graph.ask("DROP USER ann")

    assert set(said) == {
        f"{neo4j_graph.uri}: the password has expired; log in once with cypher-shell or Neo4j Browser and change it"
    }


@pytest.mark.parametrize("named", ["in the URL", "in the environment"])
def test_a_database_that_does_not_exist_is_said(
    neo4j_graph: Login, kgtools: Run, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    if named == "in the environment":
        monkeypatch.setenv("NEO4J_DATABASE", "nowhere")
    url = f"{neo4j_graph.uri}/nowhere" if named == "in the URL" else neo4j_graph.uri

    said = fault(kgtools("stats", "--graph", url))

    assert said == (
        f"{neo4j_graph.uri}: there is no database 'nowhere'; set NEO4J_DATABASE, or leave it out for the default"
    )


@pytest.mark.parametrize("words", [["stats"], ["query", "RETURN 1"], ["load", "xywy", SAMPLE], ["unload", "a"]])
@pytest.mark.parametrize("named", ["in the URL", "in the environment"])
def test_the_database_of_the_server_itself_is_refused_before_it_is_asked(
    kgtools: Run, monkeypatch: pytest.MonkeyPatch, words: list[object], named: str
) -> None:
    monkeypatch.setenv("NEO4J_DATABASE", "System")
    url = "bolt://127.0.0.1:1" + ("/SYSTEM" if named == "in the URL" else "")  # nobody is there

    line = fault(kgtools(*words, "--graph", url))

    assert line == (
        f"{f'--graph {url}' if named == 'in the URL' else 'NEO4J_DATABASE=System'}: system is Neo4j's own administration "
        "database, which holds users and databases and no graph; name another one, or leave it out for the default"
    )


def test_a_server_that_is_too_old_is_said(neo4j_graph: Login, kgtools: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "release", lambda _: (4, 4))

    said = fault(kgtools("stats", "--graph", neo4j_graph.uri))

    assert said.startswith(f"{neo4j_graph.uri}: Neo4j/")
    assert said.endswith("; kgtools needs Neo4j 5.26 or later")


def test_a_server_that_goes_away_during_a_small_load_keeps_the_old_graph(
    lone_server: Server, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = say(lone_server.uri, a=[COLD])
    before = store.entities().rows()

    with monkeypatch.context() as patched:
        patched.setattr(write.Batch, "send", lambda *_: lone_server.kill())
        with pytest.raises(StoreError, match=r"no answer \(.*; is the server running\? Start it and run this again"):
            say(lone_server.uri, b=[FLU])
    lone_server.start()

    assert open_store(lone_server.uri).entities().rows() == before


def test_a_server_that_goes_away_during_a_large_load_is_filled_by_the_next(
    lone_server: Server, say: Say, kgtools: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say(lone_server.uri, a=[COLD])
    send, sent = write.Batch.send, []

    def die(batch: write.Batch, *rest: Any) -> None:
        sent.append(batch)
        if len(sent) == 2:
            lone_server.kill()
        send(batch, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(neo4j, "AT_ONCE", 0)
        patched.setattr(write.Batch, "send", die)
        with pytest.raises(StoreError, match="is the server running"):
            say(lone_server.uri, b=MANY)
    lone_server.start()

    assert "a change of the graph is under way or was interrupted" in fault(
        kgtools("stats", "--graph", lone_server.uri)
    )
    store = say(lone_server.uri, b=MANY)
    assert verify(store).agrees
    assert store.entities().equals(say(str(tmp_path / "graph"), a=[COLD], b=MANY).entities())


def test_a_server_that_goes_away_during_an_answer_leaves_no_half_of_it(
    lone_server: Server, say: Say, kgtools: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say(lone_server.uri, a=[COLD])
    out = tmp_path / "answer"
    out.write_text("old", encoding="utf-8")
    plain, seen = neo4j._plain, []

    def die(value: Any) -> Any:
        seen.append(value)
        if len(seen) == 1000:
            lone_server.kill()
        return plain(value)

    monkeypatch.setattr(neo4j, "_plain", die)
    said = fault(kgtools("query", WIDE, "--graph", lone_server.uri, "--format", "csv", "--out", out))

    assert "is the server running? Start it and run this again" in said
    assert out.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_server_short_of_memory_is_said(
    lone_server: Server, say: Say, kgtools: Run, sample_files: dict[str, list[Path]]
) -> None:
    say(lone_server.uri, a=[COLD])
    lone_server.restart({"db.memory.transaction.max": "4m"})

    load = fault(kgtools("load", "xywy", *sample_files["xywy"], "--graph", lone_server.uri))
    collect = "UNWIND range(1, 900000) AS n WITH collect(n) AS numbers RETURN size(numbers) AS n"
    ask = fault(kgtools("query", collect, "--graph", lone_server.uri))

    for said in (load, ask):
        assert said.startswith(f"{lone_server.uri}: the server is short of memory (The allocation of an extra ")
        assert said.endswith("db.memory.transaction.max threshold reached); raise that limit or the heap in neo4j.conf")
    assert open_store(lone_server.uri).triples().height == 1


def test_a_read_only_database_can_be_asked_and_not_filled(lone_server: Server, say: Say, kgtools: Run) -> None:
    say(lone_server.uri, a=[COLD])
    lone_server.restart({"server.databases.default_to_read_only": "true"})

    stats = kgtools("stats", "--graph", lone_server.uri, "--format", "json")
    said = fault(kgtools("unload", "a", "--graph", lone_server.uri))

    assert stats.json["totals"]["triples"] == 1
    assert said == f"{lone_server.uri}: the database is read-only; see server.databases.read_only in neo4j.conf"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 MB, for those who may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(place)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs a root who may mount a tmpfs")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said(
    neo4j_runtime: Runtime, small_disk: Path, say: Say, kgtools: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Server(small_disk / "home", version=neo4j_runtime.version, heap=("256m", "512m"), brief=True)
    try:
        made.start().login.use(monkeypatch)
        say(made.uri, a=[COLD])
        with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"x" * 4096)

        said = fault(kgtools("load", "xywy", SAMPLE, "--graph", made.uri))
        later = fault(kgtools("stats", "--graph", made.uri))
    finally:
        made.kill()

    full = "the server cannot write its log; is its disk full? Give it space, restart it and run this again"
    assert said == f"{made.uri}: {full}"
    assert later.startswith(f"{made.uri}: ")
    assert "restarted" in later


def test_reconcile_json_holds_no_password(
    neo4j_graph: Login, say: Say, kgtools: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    say(neo4j_graph.uri, a=[COLD])
    neo4j_graph.ask("CREATE (:Person)")

    ran = kgtools("verify", "--graph", neo4j_graph.uri)

    told = (tmp_path / "reconcile.json").read_bytes()
    assert orjson.loads(told)["foreign"] == {"nodes Person": 1}
    assert neo4j_graph.password not in f"{ran}{told!r}"

"""The password reaches the server, and nothing else: no argument, no log, no file, no traceback, no repr."""

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.neo4j import write
from kgtools.kg.stores.neo4j.store import Neo4jStore
from kgtools.tools import registry
from tests.neo4j.login import Login

Run = Callable[..., Any]
Say = Callable[..., Store]
ROWS = [("Disease", "感冒", "HAS_SYMPTOM", "头痛")]
ROOT = Path(__file__).resolve().parents[3]


def test_no_command_takes_a_password() -> None:
    commands = [registry.find("commands", name) for name in registry.names("commands")]
    inner = [sub for command in commands if isinstance(command, click.Group) for sub in command.commands.values()]

    taken = {word for command in (*commands, *inner) for param in command.params for word in param.opts}

    assert "--graph" in taken
    assert not {word for word in taken if "password" in word or "user" in word}


def test_the_login_is_taken_from_the_environment_alone(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=ROWS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    ask = [sys.executable, "-m", "kgtools.tools.main", "stats", "--graph", neo4j_graph.uri, "--format", "json"]

    known = subprocess.run(ask, cwd=ROOT, env=environment | neo4j_graph.environment, capture_output=True, check=False)
    by_old_name = environment | {"NEO4J_USER": neo4j_graph.username, "NEO4J_PASSWORD": neo4j_graph.password}
    older = subprocess.run(ask, cwd=ROOT, env=by_old_name, capture_output=True, check=False)
    unknown = subprocess.run(ask, cwd=ROOT, env=environment, capture_output=True, check=False)

    assert (known.returncode, older.returncode, unknown.returncode) == (0, 0, 2)
    assert b"refuses the login of nobody" in unknown.stderr


def test_a_user_may_stand_in_the_url(
    neo4j_graph: Login, say: Say, kgtools: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(neo4j_graph.uri, a=ROWS)
    monkeypatch.setenv("NEO4J_USERNAME", "somebody else")

    ran = kgtools("stats", "--graph", neo4j_graph.uri.replace("://", f"://{neo4j_graph.username}@"))

    assert ran.code == 0, ran.err


def test_the_log_of_the_driver_holds_no_password(
    neo4j_graph: Login, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        store = say(neo4j_graph.uri, a=ROWS)
        assert store.query("MATCH (n) RETURN count(n) AS n", {})[0] == ["n"]

    assert "HELLO" in caplog.text
    assert neo4j_graph.password not in caplog.text


def test_the_driver_says_nothing_on_its_own(neo4j_graph: Login, say: Say, kgtools: Run) -> None:
    say(neo4j_graph.uri, a=ROWS)

    ran = kgtools("query", "MATCH (n:NoSuchLabel) RETURN n.no_such_property AS n", "--graph", neo4j_graph.uri)

    assert (ran.code, ran.err) == (0, "")


def test_an_unexpected_error_in_the_middle_shows_no_password(
    neo4j_graph: Login, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(write, "batches", fail)
    with pytest.raises(RuntimeError, match="a bug") as raised:
        say(neo4j_graph.uri, a=ROWS)

    told = "".join(traceback.format_exception(raised.value))
    assert "kg/stores/neo4j/store.py" in told
    assert neo4j_graph.password not in told


def test_a_login_that_fails_shows_no_password_in_its_traceback(
    neo4j_graph: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "wrong-password-xyz")

    with pytest.raises(Exception, match="refuses the login") as raised:
        open_store(neo4j_graph.uri).entities()

    context: BaseException | None = raised.value
    while context is not None:
        assert "wrong-password-xyz" not in "".join(traceback.format_exception(context, chain=False))
        context = context.__context__


def test_no_file_that_a_command_writes_holds_the_password(
    neo4j_graph: Login,
    kgtools: Run,
    sample_files: dict[str, list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    url = neo4j_graph.uri
    load = kgtools("load", "health39", *sample_files["health39"], "--graph", url)
    neo4j_graph.ask("CREATE (:Person)")
    rans = [
        load,
        kgtools("generate", "--graph", url, "--out", "records"),
        kgtools("verify", "--graph", url),
        kgtools("query", "MATCH (n) RETURN n.id AS id", "--graph", url, "--format", "csv", "--out", "ids.csv"),
    ]

    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [ran.code for ran in rans] == [0, 0, 1, 0]
    assert {"run.json", "reconcile.json", "ids.csv"} <= {file.name for file in files}
    for file in files:
        assert neo4j_graph.password.encode() not in file.read_bytes(), file
    assert neo4j_graph.password not in str(rans)


def test_no_repr_shows_the_password(neo4j_graph: Login, say: Say) -> None:
    store = say(neo4j_graph.uri, a=ROWS)
    assert isinstance(store, Neo4jStore)

    for thing in (store, vars(store), store.server, vars(store.server), vars(store.server.driver)):
        assert neo4j_graph.password not in repr(thing)


def test_the_graph_in_the_server_holds_no_password(neo4j_graph: Login, say: Say) -> None:
    say(neo4j_graph.uri, a=ROWS)

    rows = neo4j_graph.ask("MATCH (n) RETURN properties(n) AS n")

    assert neo4j_graph.password not in str(rows)

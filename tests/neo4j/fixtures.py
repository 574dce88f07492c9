"""Fixtures of a real Neo4j; every test that uses one of them gets the marker `neo4j`.
Side by side, all tests of the one server run in one process; those that have only servers of their own may run in another.

    neo4j_server   one server for the whole session, started at first use: a Login (uri, username, password, database)
    empty_neo4j    the same Login, with nothing in its database: no nodes, no constraints, no indexes
    neo4j_login    the same, and NEO4J_URI, NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE are set for the test
    own_neo4j      own_neo4j(settings=..., heap=...) -> Server: one of the test's own, to kill, restart, set read-only

    def test_a_load_keeps_every_triple(neo4j_login: Login) -> None:
        ... NEO4J_PASSWORD is set; the store's URL is neo4j_login.uri ...
        assert neo4j_login.ask("MATCH ()-[r]->() RETURN count(r) AS n") == [{"n": 4}]

    def test_a_read_only_server_is_named(own_neo4j: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
        server = own_neo4j()                        # or own_neo4j(heap=("96m", "96m")), own_neo4j(started=False)
        server.login.use(monkeypatch)
        server.restart(settings={"server.databases.default_to_read_only": "true"})    # same address and password

`Login.driver()` gives a driver (close it: `with`), `Login.clear()` empties in the middle of a test, `Login.delete()` does
but for constraints and indexes. A Server has `uri`, `login`, `start()`, `stop()`, `kill()` (SIGKILL), `restart(settings)`
and, while it is stopped, `admin("database", "import", "full", ...)`.

With NEO4J_URI set, the first three use that server; it must be empty and is emptied again and again. `own_neo4j` always
launches one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from .java import Missing, Runtime, prepare
from .login import IN_ENVIRONMENT, Login
from .server import Server, rehearse, temporary_server

SHARED = "neo4j_server"
FIXTURES = {SHARED, "empty_neo4j", "neo4j_login", "own_neo4j", "neo4j_runtime"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "neo4j: needs a Neo4j server (set by itself, from the fixtures of the test)")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        used = FIXTURES & set(getattr(item, "fixturenames", ()))
        if used:
            item.add_marker("neo4j")
        if SHARED in used or (not used and item.get_closest_marker("neo4j")):  # marked itself: it asks in the middle
            item.add_marker(pytest.mark.xdist_group("neo4j"))


@pytest.fixture(autouse=True, scope="session")
def neo4j_of_the_caller() -> dict[str, str]:
    """The server that the one who runs the tests named; no test sees it unless it asks for it."""
    return {name: os.environ.pop(name) for name in IN_ENVIRONMENT if name in os.environ}


@pytest.fixture(scope="session")
def neo4j_runtime() -> Runtime:
    """Java, the jars and what makes a start short, or a failure that says what to install."""
    try:
        runtime = prepare()
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    rehearse(runtime)
    return runtime


@pytest.fixture(scope="session")
def neo4j_server(neo4j_of_the_caller: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Login]:
    """One server for all tests."""
    if "NEO4J_URI" in neo4j_of_the_caller:
        login = login_of(neo4j_of_the_caller)
        if not login.is_empty():
            pytest.fail(
                f"{login.uri}, database {login.database}, is not empty, and the tests would empty it: "
                "name another server, or unset NEO4J_URI",
                pytrace=False,
            )
        yield login
        login.clear()
        return
    request.getfixturevalue("neo4j_runtime")
    with temporary_server(brief=True) as server:
        yield server.start().login


def login_of(environment: dict[str, str]) -> Login:
    """The login that the variables name."""
    if "NEO4J_PASSWORD" not in environment:
        pytest.fail("NEO4J_URI is set, NEO4J_PASSWORD is not", pytrace=False)
    return Login(
        environment["NEO4J_URI"],
        environment.get("NEO4J_USERNAME", "neo4j"),
        environment["NEO4J_PASSWORD"],
        environment.get("NEO4J_DATABASE", "neo4j"),
    )


@pytest.fixture
def empty_neo4j(neo4j_server: Login) -> Login:
    """The server of the session with nothing in it."""
    neo4j_server.clear()
    return neo4j_server


@pytest.fixture
def neo4j_login(empty_neo4j: Login, monkeypatch: pytest.MonkeyPatch) -> Login:
    """The server of the session with nothing in it, named in the environment."""
    empty_neo4j.use(monkeypatch)
    return empty_neo4j


@pytest.fixture
def own_neo4j(neo4j_runtime: Runtime) -> Iterator[Callable[..., Server]]:
    """Servers of the test's own; `started=False`: a home without a server yet, for `admin`."""
    with ExitStack() as servers:

        def make(started: bool = True, **how: Any) -> Server:
            server = servers.enter_context(temporary_server(version=neo4j_runtime.version, brief=True, **how))
            return server.start() if started else server

        yield make

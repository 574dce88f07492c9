"""URLs, the environment and the words for errors: what needs no server."""

from typing import Any

import pytest

from kgtools.kg.stores import open_store
from kgtools.kg.stores.neo4j import connection
from kgtools.kg.stores.neo4j.connection import Server, release
from kgtools.kg.stores.neo4j.store import Neo4jStore
from kgtools.tools.errors import CypherError, KgtoolsError, StoreError, UsageError


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing about Neo4j in the environment."""
    for name in (*connection.USER, *connection.PASSWORD, *connection.DATABASE):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "plain", "database", "user"),
    [
        ("bolt://localhost", "bolt://localhost", None, None),
        ("neo4j://localhost:7687", "neo4j://localhost:7687", None, None),
        ("neo4j+s://abc.databases.neo4j.io", "neo4j+s://abc.databases.neo4j.io", None, None),
        ("bolt+ssc://10.0.0.1:7687/", "bolt+ssc://10.0.0.1:7687", None, None),
        ("bolt://localhost/medical", "bolt://localhost", "medical", None),
        ("bolt://ann@localhost:7687/medical", "bolt://localhost:7687", "medical", "ann"),
        ("bolt://[::1]:7687", "bolt://[::1]:7687", None, None),
        ("bolt://[::1]", "bolt://[::1]", None, None),
    ],
)
def test_a_url_is_an_address_a_database_and_a_user(
    url: str, plain: str, database: str | None, user: str | None
) -> None:
    made = Server(url)

    assert (made.url, made.database, made._user) == (plain, database, user)


def test_the_environment_says_what_the_url_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_DATABASE", "medical")
    monkeypatch.setenv("NEO4J_USERNAME", "ann")

    silent, telling = Server("bolt://localhost"), Server("bolt://bob@localhost/other")

    assert (silent.database, silent._user) == ("medical", "ann")
    assert (telling.database, telling._user) == ("other", "bob")


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_DATABASE", "")
    monkeypatch.setenv("NEO4J_USERNAME", "")
    monkeypatch.setenv("NEO4J_USER", "ann")

    made = Server("bolt://localhost")

    assert (made.database, made._user) == (None, "ann")


@pytest.mark.parametrize("url", ["bolt://ann:s3cret@localhost", "neo4j://:s3cret@localhost", "bolt://ann:@localhost"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_store(url)

    assert str(raised.value) == (
        "--graph: a password in the URL is visible to everybody; omit it and set NEO4J_PASSWORD"
    )


@pytest.mark.parametrize(
    "url",
    [
        "bolt://", "neo4j://", "bolt:///database", "bolt://:7687", "bolt://localhost:port", "bolt://localhost:99999",
        "bolt://localhost:-1", "bolt://[::1", "bolt://localhost?database=x", "bolt://localhost#x", "bolt://@",
        "bolt://ann:s3cret/x@localhost", "bolt://ann:12/s3cret@localhost", "bolt://ann:s3cret#x@localhost",
        "bolt://ann:s3cret?x@localhost",
    ],
)  # fmt: skip
def test_a_malformed_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_store(url)

    assert str(raised.value) == (
        "--graph: expected neo4j://HOST:PORT or bolt://HOST:PORT, and /DATABASE behind it where it is not the default"
    )
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:7474",
        "https://x",
        "bolt+tls://localhost",
        "neo4j+s+x://x",
        "BOLT://x",
        "://x",
        "redis://a:s3cret@b",
    ],
)
def test_an_unknown_scheme_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_store(url)

    scheme = url.partition("://")[0]
    assert str(raised.value).startswith(f"--graph {scheme}://...: no store for {scheme}; give the folder")
    assert "s3cret" not in str(raised.value)


def test_commands_refuse_a_password_in_the_url_without_printing_it(kgtools: Any) -> None:
    for words in (["stats"], ["load", "xywy", "x.json"], ["query", "RETURN 1"]):
        ran = kgtools(*words, "--graph", "bolt://ann:s3cret@localhost")
        assert ran.code == 2
        assert "s3cret" not in ran.out + ran.err


def test_a_store_connects_at_its_first_use() -> None:
    store = open_store("bolt+s://nowhere.invalid:7687")

    assert isinstance(store, Neo4jStore)
    assert store.server._driver is None
    store.server.close()


@pytest.mark.parametrize(
    ("agent", "version"),
    [
        ("Neo4j/5.26.30", (5, 26)), ("Neo4j/4.4.0", (4, 4)), ("Neo4j/2026.08.1", (2026, 8)), ("Neo4j/5.27-aura", (5, 27)),
        ("Memgraph", (0, 0)), ("", (0, 0)), ("Neo4j/5", (0, 0)),
    ],
)  # fmt: skip
def test_the_version_is_read_from_what_the_server_calls_itself(agent: str, version: tuple[int, int]) -> None:
    assert release(agent) == version


def explained(code: str, message: str = "what the server says") -> KgtoolsError:
    from neo4j.exceptions import Neo4jError

    return Server("bolt://localhost")._explained(Neo4jError._hydrate_neo4j(code=code, message=message))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("Neo.ClientError.Security.Unauthorized", "the server refuses the login of nobody; set NEO4J_USERNAME and"),
        ("Neo.ClientError.Security.CredentialsExpired", "the password has expired; log in once"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", "too many wrong passwords; wait some seconds"),
        ("Neo.ClientError.Security.TokenExpired", "the server refuses the login of nobody"),
        ("Neo.ClientError.Database.DatabaseNotFound", "there is no database None; set NEO4J_DATABASE"),
        (
            "Neo.TransientError.General.DatabaseUnavailable",
            "the database is not available; is it starting, stopping or",
        ),
        ("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase", "the database is read-only; see"),
        ("Neo.ClientError.General.WriteOnReadOnlyAccessDatabase", "the database is read-only; see"),
        (
            "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
            "the server is short of memory (what the server says)",
        ),
        ("Neo.TransientError.General.OutOfMemoryError", "the server is short of memory (what the server says)"),
        ("Neo.DatabaseError.Transaction.TransactionLogError", "the server cannot write its log; is its disk full?"),
        ("Neo.DatabaseError.General.UnknownError", "Neo.DatabaseError.General.UnknownError: what the server says"),
    ],
)
def test_what_a_server_reports_is_said_with_the_way_out(code: str, said: str) -> None:
    error = explained(code)

    assert isinstance(error, StoreError)
    assert str(error).startswith(f"bolt://localhost: {said}")


def test_a_write_in_a_query_and_a_wrong_query_are_errors_of_the_query() -> None:
    assert isinstance(explained("Neo.ClientError.Statement.AccessMode"), CypherError)
    wrong = explained("Neo.ClientError.Statement.SyntaxError", "Invalid input\n  'x'\n   ^")
    assert isinstance(wrong, CypherError)
    assert str(wrong) == "Invalid input 'x' ^"


def test_a_server_without_space_is_told_from_other_errors() -> None:
    error = explained("Neo.DatabaseError.General.UnknownError", "java.io.IOException: No space left on device")

    assert str(error).endswith("No space left on device); give it space and run this again")

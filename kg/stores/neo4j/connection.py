"""A connection to a Neo4j server: where it is and who we are, one line for whatever goes wrong."""

import logging
import os
import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kgtools.tools.errors import CypherError, KgtoolsError, StoreError, UsageError

if TYPE_CHECKING:
    from neo4j import Driver

OLDEST = (5, 26)
RETRY_S = 15.0
USER, PASSWORD, DATABASE = ("NEO4J_USERNAME", "NEO4J_USER"), ("NEO4J_PASSWORD",), ("NEO4J_DATABASE",)
WRONG_QUERY = ("Neo.ClientError.Statement.", "Neo.ClientError.Procedure.", "Neo.ClientError.Request.")
EXPECTED = (
    "--graph: expected neo4j://HOST:PORT or bolt://HOST:PORT, and /DATABASE behind it where it is not the default"
)
SYSTEM = "system"
OF_THE_SERVER = (
    "system is Neo4j's own administration database, which holds users and databases and no graph; "
    "name another one, or leave it out for the default"
)
READ_ONLY = "the database is read-only; see server.databases.read_only in neo4j.conf"
FULL = ("no space", "disk", "filesystem", "file system")


class Server:
    """One Neo4j database, connected to at the first use."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:  # its message quotes what may be a password
            raise UsageError(EXPECTED) from None
        if parts.password is not None:
            raise UsageError("--graph: a password in the URL is visible to everybody; omit it and set NEO4J_PASSWORD")
        if parts.query or parts.fragment or "@" in parts.path or not parts.hostname:
            raise UsageError(EXPECTED)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"{parts.scheme}://{host}{port}"
        self.database = parts.path.strip("/") or _environment(DATABASE)
        if (self.database or "").casefold() == SYSTEM:
            origin = f"--graph {url}" if parts.path.strip("/") else f"{DATABASE[0]}={self.database}"
            raise UsageError(f"{origin}: {OF_THE_SERVER}")
        self._user = parts.username or _environment(USER)
        self._driver: Driver | None = None

    @property
    def driver(self) -> "Driver":
        """The driver, its login tried. Raises StoreError for a server that refuses us or is too old."""
        if self._driver is None:
            self._driver = self._connect()
            weakref.finalize(self, self._driver.close)  # a command ends without asking
        return self._driver

    def close(self) -> None:
        """End the connection; the next use makes a new one."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def session(self, read_only: bool = True) -> Any:
        """A session, which sees what those before it wrote; with `read_only` the server refuses to write."""
        access = "READ" if read_only else "WRITE"
        return self.driver.session(
            database=self.database, default_access_mode=access, fetch_size=2000,
            bookmark_manager=self.driver.execute_query_bookmark_manager,
        )  # fmt: skip

    def _connect(self) -> "Driver":
        import neo4j

        logging.getLogger("neo4j").addHandler(logging.NullHandler())  # else its retries are printed
        password = _environment(PASSWORD) or ""
        auth = neo4j.basic_auth(self._user or "neo4j", password) if self._user or password else None
        with self.one_line(), self._known_place():
            driver = neo4j.GraphDatabase.driver(
                self.url, auth=auth, max_transaction_retry_time=RETRY_S, connection_acquisition_timeout=RETRY_S,
                connection_timeout=RETRY_S, notifications_min_severity="OFF", telemetry_disabled=True,
                user_agent=f"kgtools/{version('kgtools')}",
            )  # fmt: skip
            try:
                with driver.session(database=self.database, default_access_mode="READ") as session:
                    agent = str(session.run("RETURN 1").consume().server.agent)
            except BaseException:
                driver.close()
                raise
        if release(agent) < OLDEST:
            driver.close()
            raise StoreError(f"{self.url}: {agent}; kgtools needs Neo4j {OLDEST[0]}.{OLDEST[1]} or later")
        return driver

    @contextmanager
    def one_line(self) -> Iterator[None]:
        """What the driver raises in the block becomes one line that says what happened and the way out."""
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise self._explained(error) from None

    @contextmanager
    def named(self) -> Iterator[None]:
        """A StoreError of the block begins with the address of the server."""
        try:
            yield
        except StoreError as error:
            raise StoreError(f"{self.url}: {error}") from None

    @contextmanager
    def _known_place(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            raise UsageError(f"--graph {self.url}: {' '.join(str(error).split())}") from None

    def _explained(self, error: Exception) -> KgtoolsError:
        from neo4j.exceptions import AuthError, ConfigurationError, Neo4jError, ServiceUnavailable, SessionExpired

        from kgtools.kg.stores.neo4j.tls import causes, explain_tls

        code = (getattr(error, "code", None) or "") if isinstance(error, Neo4jError) else ""
        text = " ".join(str(getattr(error, "message", None) or error).split())
        known = {
            "Unauthorized": f"the server refuses the login of {self._user or 'nobody'}; set NEO4J_USERNAME and NEO4J_PASSWORD",
            "CredentialsExpired": "the password has expired; log in once with cypher-shell or Neo4j Browser and change it",
            "AuthenticationRateLimit": "too many wrong passwords; wait some seconds, set NEO4J_PASSWORD and run this again",
            "DatabaseNotFound": f"there is no database {self.database!r}; set NEO4J_DATABASE, or leave it out for the default",
            "DatabaseUnavailable": "the database is not available; is it starting, stopping or damaged? The server's log knows",
            "ForbiddenOnReadOnlyDatabase": READ_ONLY,
            "WriteOnReadOnlyAccessDatabase": READ_ONLY,
            "TransactionLogError": "the server cannot write its log; is its disk full? Give it space, restart it and run this again",
            "MemoryPoolOutOfMemoryError": f"the server is short of memory ({text}); raise that limit or the heap in neo4j.conf",
            "OutOfMemoryError": f"the server is short of memory ({text}); raise server.memory.heap.max_size in neo4j.conf",
        }  # fmt: skip
        name = code.rpartition(".")[2]
        if code == "Neo.ClientError.Statement.AccessMode":
            return CypherError("the query writes; kgtools query only reads")
        if name in known:
            return StoreError(f"{self.url}: {known[name]}")
        if isinstance(error, AuthError):
            return StoreError(f"{self.url}: {known['Unauthorized']}")
        if code.startswith(WRONG_QUERY):
            return CypherError(text)
        if isinstance(error, ServiceUnavailable | SessionExpired):
            if self._driver is None and (fault := explain_tls(error, self.url)):
                return StoreError(f"{self.url}: {fault}")
            groups = (
                each for each in causes(error) if isinstance(each, ExceptionGroup)
            )  # neo4j:// hides its cause there
            text = " ".join(str(next((group.exceptions[0] for group in groups), error)).split())
            return StoreError(f"{self.url}: no answer ({text}); is the server running? Start it and run this again")
        if isinstance(error, ConfigurationError):
            return UsageError(f"--graph {self.url}: {text}")
        if any(word in text.lower() for word in FULL):
            return StoreError(f"{self.url}: the server cannot write ({text}); give it space and run this again")
        return StoreError(f"{self.url}: {code or type(error).__name__}: {text}")


def release(agent: str) -> tuple[int, int]:
    """Major and minor version of what a server calls itself (`Neo4j/5.26.30`, `Neo4j/2026.08.1`, `Neo4j/5.27-aura`)."""
    found = re.search(r"/(\d+)\.(\d+)", agent)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _environment(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)

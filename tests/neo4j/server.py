"""A Neo4j server on loopback, in a process that ends when ours does."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self

from .java import Runtime, prepare
from .login import Login

START = 180.0  # seconds; 4 as a rule
STOP = 20.0
DEFAULTS = {
    "server.bolt.enabled": "true",
    "dbms.security.auth_enabled": "true",
    "dbms.usage_report.enabled": "false",
    "server.memory.pagecache.size": "512m",
    "db.tx_log.preallocate": "false",  # else 512 MB of zeros in each home
    "internal.server.bolt.thread_pool_shutdown_wait_time": "1ms",  # a stop of 1 s, not of 6 to 12
}


class StartFailed(Exception):
    """The server did not come up; the message ends with its log's end."""


@dataclass
class Server:
    """Neo4j Community with its home in a folder: `with Server(home) as server` or `start()` and `stop()`.

    `port` 0 takes a free one, which it keeps; `password` None makes one up; `settings` go into neo4j.conf over DEFAULTS;
    `scheme`: how it is reached, `bolt+ssc` where it demands TLS; `temporary`: should our process die, the server removes
    its home; `brief`: it serves for minutes, and its start counts; `archive_at_exit`: where it leaves an archive of the
    classes that it loaded.
    """

    home: Path
    port: int = 0
    password: str | None = field(default=None, repr=False)
    version: str | None = None
    heap: tuple[str, str] = ("512m", "1g")
    settings: Mapping[str, str] = field(default_factory=dict)
    temporary: bool = False
    brief: bool = False
    scheme: str = "bolt"
    archive_at_exit: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _knows_password: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        self.home = self.home.absolute()
        self.port = self.port or free_port()
        self.password = self.password or secrets.token_urlsafe(18)
        if len(self.password) < 8 or not self.password.isprintable():
            raise ValueError("Neo4j takes passwords of 8 characters or more; they must be printable")

    @property
    def uri(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def login(self) -> Login:
        return Login(self.uri, "neo4j", str(self.password))

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def pid(self) -> int | None:
        """The Java process, if one runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> Self:
        """Serve; returns when a login was answered. Raises StartFailed."""
        self.write_settings()
        runtime = prepare(self.version)
        mode = "temporary" if self.temporary else "keep"
        command = runtime.command(
            "Neo4jServer", str(self.home), mode,
            heap=self.heap, brief=self.brief, archive_at_exit=self.archive_at_exit,
        )  # fmt: skip
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=self.home,
                env=environment(), start_new_session=True,  # a Ctrl-C is ours to handle
            )  # fmt: skip
        try:
            self._say("" if self._knows_password else str(self.password))
            self._await_ready()
            self._await_login()
        except BaseException:
            self.kill()
            raise
        self._knows_password = True
        return self

    def stop(self, grace: float = STOP) -> None:
        """Shut down in order, or after `grace` seconds without; close the drivers first."""
        if self._process is None:
            return
        self._say("stop")
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._forget()

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory is short."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def restart(self, settings: Mapping[str, str] | None = None, heap: tuple[str, str] | None = None) -> Self:
        """Stop, unless it was killed, and start at the same address; new settings go over the old ones."""
        self.stop()
        self.settings = {**self.settings, **(settings or {})}
        self.heap = heap or self.heap
        return self.start()

    def wait(self) -> int:
        """Wait for the server's own end."""
        assert self._process is not None
        return self._process.wait()

    def admin(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`neo4j-admin WORD...` on this home, the server stopped; a failure is in the result's `returncode`."""
        self.write_settings()
        where = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        return subprocess.run(
            prepare(self.version).command("org.neo4j.cli.AdminTool", *words, heap=self.heap, brief=self.brief),
            cwd=cwd or self.home, env=environment() | where, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", check=False,
        )  # fmt: skip

    def log_end(self) -> str:
        """The last lines of what the server said."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def write_settings(self) -> None:
        """Write neo4j.conf into the home, which is made where it is not there."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        conf = self.home / "conf"
        conf.mkdir(exist_ok=True)
        address = f"127.0.0.1:{self.port}"
        bolt = {"server.bolt.listen_address": address, "server.bolt.advertised_address": address}
        lines = [f"{name}={value}\n" for name, value in {**DEFAULTS, **bolt, **self.settings}.items()]
        (conf / "neo4j.conf").write_text("".join(lines), encoding="utf-8")

    def _say(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):  # it has gone already
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def _await_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START
        while b"\nready\n" not in b"\n" + self.log.read_bytes():
            if self._process.poll() is not None:
                raise StartFailed(f"Neo4j ended with code {self._process.returncode}; its log's end:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"Neo4j did not start in {START:.0f} s; its log's end:\n{self.log_end()}")
            time.sleep(0.05)

    def _await_login(self) -> None:
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            with self.login.driver() as driver:
                driver.verify_connectivity()
        except (DriverError, Neo4jError) as error:
            raise StartFailed(f"Neo4j started, but no login: {error}; its log's end:\n{self.log_end()}") from error

    def _forget(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
        self._process = None


@contextmanager
def temporary_server(**how: Any) -> Iterator[Server]:
    """A server, not yet started, in a folder that goes with it."""
    home = Path(mkdtemp(prefix="kgtools-neo4j-"))
    server = Server(home, temporary=True, **how)
    try:
        yield server
    finally:
        server.kill()  # what it holds is not needed any more
        shutil.rmtree(home, ignore_errors=True)


REHEARSED = (
    "CREATE CONSTRAINT FOR (e:Entity) REQUIRE e.id IS UNIQUE",
    "CREATE INDEX FOR (e:Entity) ON (e.name)",
    "UNWIND [{id: 1, name: 'a'}, {id: 2, name: 'b'}] AS row MERGE (e:Entity {id: row.id}) SET e += row",
    "MATCH (a:Entity {id: 1}), (b:Entity {id: 2}) MERGE (a)-[r:KNOWS {id: 1}]->(b) RETURN count(r) AS n",
    "MATCH (a:Entity)-[r]->(b) WHERE a.name CONTAINS 'a' OPTIONAL MATCH (b)-[s]->() "
    "RETURN a.name AS name, type(r) AS relation, labels(b) AS labels, count(s) AS n ORDER BY name LIMIT 5",
)
"""What a test's server is asked, more or less: to answer loads as many classes as to start."""


def rehearse(runtime: Runtime, patience: float = 0) -> None:
    """Let one server start, answer and stop, so that all later ones find its classes in an archive and need two thirds of the time.
    Where another process rehearses just now, it is waited for so many seconds: a server starts without an archive, too."""
    from filelock import FileLock, Timeout  # which `make neo4j` does without

    with suppress(Timeout), FileLock(f"{runtime.archive}.lock", timeout=patience):
        if runtime.archive.exists():
            return
        half = runtime.archive.with_suffix(".half")
        with temporary_server(version=runtime.version, brief=True, archive_at_exit=half) as server:
            server.start()
            for query in REHEARSED:
                server.login.ask(query)
            server.login.clear()
            server.stop(grace=600)  # a kill would leave half of it
        with suppress(FileNotFoundError):  # a Java that makes no archives
            half.replace(runtime.archive)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False


def environment() -> dict[str, str]:
    """Ours, without what is meant for kgtools and the tests (a password among it)."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}

"""The launcher itself: what it starts, what it leaves behind, and what it says where it cannot."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from neo4j.exceptions import AuthError, ClientError

from tests.neo4j.java import Runtime
from tests.neo4j.login import Login
from tests.neo4j.server import Server, StartFailed, free_port, rehearse

ROOT = Path(__file__).resolve().parents[3]
Own = Callable[..., Server]
COUNT = "MATCH (n) RETURN count(n) AS n"


def python(*words: str, **environment: str) -> subprocess.Popen[str]:
    """A Python of its own in the project's folder."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT, env=os.environ | environment, text=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def lines_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """What it prints, to the line that begins with `last`."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if said[-1].startswith(last):
            return said
    raise AssertionError(f"{said}\n{process.communicate()[1]}")


def test_the_launcher_needs_no_package_of_the_tests() -> None:
    without = "import runpy, sys; sys.modules['pytest'] = None; sys.argv = ['neo4j', '--help']; "
    asked = python("-c", without + "runpy.run_module('tests.neo4j', run_name='__main__')")
    out, said = asked.communicate(timeout=60)

    assert (asked.returncode, said) == (0, "")
    assert "Serve Neo4j Community on loopback" in out


def javas(home: object) -> list[str]:
    """The processes that name this home on their command line."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if str(home) in line and "Neo4jServer" in line]


def is_soon(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    return true()


def pytest_run(folder: Path, text: str, *words: str, **environment: str) -> tuple[int, str]:
    """A pytest session of its own on one file of tests."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    options = ["-p", "tests.neo4j.fixtures", "--rootdir", str(folder), "-c", os.devnull, "-p", "no:cacheprovider"]
    with python("-m", "pytest", *options, *words, str(folder / "test_it.py"), **environment) as process:
        said, _ = process.communicate()
    return process.returncode, said


def test_the_server_lets_in_its_own_password_alone(neo4j_server: Login) -> None:
    assert neo4j_server.ask("RETURN 1 AS one") == [{"one": 1}]
    for password in ("neo4j", "", f"{neo4j_server.password}x"):
        with pytest.raises(AuthError):
            Login(neo4j_server.uri, neo4j_server.username, password).ask("RETURN 1")


def test_a_cleared_database_has_no_nodes_constraints_or_indexes(empty_neo4j: Login) -> None:
    empty_neo4j.ask('CREATE CONSTRAINT `a``b "c` FOR (n:`D``e`) REQUIRE n.id IS UNIQUE')
    empty_neo4j.ask("CREATE INDEX names FOR (n:Disease) ON (n.name)")
    empty_neo4j.ask("UNWIND range(1, 11000) AS i CREATE (:`D``e` {id: i})-[:R]->(:Disease {name: i})")
    assert not empty_neo4j.is_empty()

    empty_neo4j.clear()

    assert empty_neo4j.is_empty()
    assert [row["type"] for row in empty_neo4j.ask("SHOW INDEXES YIELD type")] == ["LOOKUP", "LOOKUP"]


@pytest.mark.neo4j  # it asks late
def test_only_a_test_that_asks_sees_the_login_in_its_environment(request: pytest.FixtureRequest) -> None:
    assert "NEO4J_PASSWORD" not in os.environ

    login: Login = request.getfixturevalue("neo4j_login")

    assert {name: os.environ.get(name) for name in login.environment} == login.environment
    assert login.password not in repr(login)


def test_what_was_committed_is_there_after_a_kill_and_a_read_only_restart(own_neo4j: Own) -> None:
    server = own_neo4j()
    uri = server.uri
    server.login.ask("CREATE (:Disease {name: '感冒'})")

    server.kill()
    server.start()
    after_the_kill = server.login.ask(COUNT)
    server.restart(settings={"server.databases.default_to_read_only": "true"})

    assert after_the_kill == server.login.ask(COUNT) == [{"n": 1}]
    assert server.uri == uri
    with pytest.raises(ClientError) as refused:
        server.login.ask("CREATE (:Disease {name: '流感'})")
    assert refused.value.code == "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase"  # as documented: read-only


def test_no_command_line_and_no_file_holds_the_password(own_neo4j: Own) -> None:
    server = own_neo4j()
    password = str(server.password).encode()

    lines = [file.read_bytes() for file in Path(f"/proc/{server.pid}").glob("cmdline")]
    surroundings = Path(f"/proc/{server.pid}/environ").read_bytes()
    files = [file for file in server.home.rglob("*") if file.is_file() and password in file.read_bytes()]

    assert lines
    assert not [line for line in [*lines, surroundings] if password in line]
    assert not files


def test_a_server_takes_its_classes_from_the_archive_of_an_earlier_one(own_neo4j: Own, neo4j_runtime: Runtime) -> None:
    rehearse(neo4j_runtime, patience=180)
    server = own_neo4j()

    assert str(neo4j_runtime.archive) in Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")


def test_a_server_that_does_not_start_shows_the_end_of_its_log(own_neo4j: Own) -> None:
    with pytest.raises(StartFailed, match=r"its log's end:\n(.|\n)*nonsense"):
        own_neo4j(settings={"server.memory.pagecache.size": "nonsense"})


def test_neo4j_admin_imports_what_the_server_then_serves(own_neo4j: Own, tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("id:ID,name,:LABEL\na,感冒,Disease\nb,头痛,Symptom\n", encoding="utf-8")
    (tmp_path / "triples.csv").write_text(":START_ID,:END_ID,:TYPE\na,b,HAS_SYMPTOM\n", encoding="utf-8")
    server = own_neo4j(started=False)

    files = (f"--nodes={tmp_path / 'nodes.csv'}", f"--relationships={tmp_path / 'triples.csv'}")
    done = server.admin("database", "import", "full", "neo4j", *files)

    assert done.returncode == 0, done.stdout + done.stderr
    rows = server.start().login.ask("MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) RETURN d.name AS d, s.name AS s")
    assert rows == [{"d": "感冒", "s": "头痛"}]


@pytest.mark.usefixtures("neo4j_runtime")
def test_the_server_and_its_folder_go_when_the_process_that_started_it_is_killed() -> None:
    text = """
import time
from tests.neo4j.server import temporary_server
with temporary_server() as server:
    print(server.start().home, flush=True)
    print("up", flush=True)
    time.sleep(600)
"""
    with python("-c", text) as process:
        home = Path(lines_until(process, "up")[0])
        assert len(javas(home)) == 1
        process.kill()

    assert is_soon(lambda: not javas(home))
    assert not home.exists()


@pytest.mark.usefixtures("neo4j_runtime")
def test_the_server_goes_when_its_process_is_killed_while_it_starts() -> None:
    text = """
import os, threading, time
from tests.neo4j.server import temporary_server
with temporary_server() as server:
    print(server.home, flush=True)
    threading.Timer(1.5, lambda: os.kill(os.getpid(), 9)).start()
    server.start()
    time.sleep(600)
"""
    with python("-c", text) as process:
        said, _ = process.communicate()
    home = Path(said.strip())

    assert process.returncode == -signal.SIGKILL
    assert is_soon(lambda: not javas(home))
    assert not home.exists()


@pytest.mark.usefixtures("neo4j_runtime")
def test_the_foreground_server_keeps_its_data_and_leaves_no_process(tmp_path: Path) -> None:
    def serve(query: str, **password: str) -> list[dict[str, object]]:
        words = ("-m", "tests.neo4j", "--dir", str(tmp_path / "data"), "--port", str(free_port()))
        with python(*words, **password) as process:
            lines = lines_until(process, "Ctrl-C")
            said = dict(re.findall(r"^export (\w+)='?(.*?)'?$", "\n".join(lines), re.MULTILINE)) | password
            rows = Login(said["NEO4J_URI"], said["NEO4J_USERNAME"], said["NEO4J_PASSWORD"]).ask(query)
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert not [line for line in [*lines, rest] if password and password["NEO4J_PASSWORD"] in line]
        assert not javas(tmp_path)
        return rows

    serve("CREATE (:Disease {name: '感冒'})", NEO4J_PASSWORD='@one "quoted" \'#pass')
    again = serve(COUNT)

    assert again == [{"n": 1}]


def test_a_foreground_server_refuses_a_port_that_is_taken(neo4j_server: Login, tmp_path: Path) -> None:
    port = neo4j_server.uri.rpartition(":")[2]

    with python("-m", "tests.neo4j", "--dir", str(tmp_path / "data"), "--port", port) as process:
        said, errors = process.communicate()

    assert (process.returncode, said) == (2, "")
    assert errors == f"neo4j: port {port} is taken: name another with PORT=\n"
    assert not (tmp_path / "data").exists()


def test_a_server_named_by_the_caller_is_used_and_left_empty(empty_neo4j: Login, tmp_path: Path) -> None:
    text = f"""
def test_one(neo4j_server):
    assert neo4j_server.uri == {empty_neo4j.uri!r}
    neo4j_server.ask("CREATE (:Disease)")
"""

    code, said = pytest_run(tmp_path, text, **empty_neo4j.environment)

    assert code == 0, said
    assert empty_neo4j.is_empty()


def test_a_named_server_with_something_in_it_is_refused_and_kept(empty_neo4j: Login, tmp_path: Path) -> None:
    empty_neo4j.ask("CREATE (:Disease)")

    code, said = pytest_run(tmp_path, "def test_one(neo4j_login): pass\n", **empty_neo4j.environment)

    assert code == 1
    assert f"{empty_neo4j.uri}, database {empty_neo4j.database}, is not empty, and the tests would empty it" in said
    assert empty_neo4j.ask(COUNT) == [{"n": 1}]


def test_the_marker_is_on_every_test_that_uses_a_fixture_of_the_server(tmp_path: Path) -> None:
    text = """
import pytest
@pytest.fixture
def over_two(neo4j_login): pass
def test_direct(own_neo4j): pass
def test_through_another(over_two): pass
def test_without(): pass
"""
    code, said = pytest_run(tmp_path, text, "-m", "not neo4j", "-v", "--strict-markers")

    assert code == 0, said
    assert re.findall(r"::(test_\w+)", said) == ["test_without"]
    assert "2 deselected" in said

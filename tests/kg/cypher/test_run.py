"""The engine beside its answers: what a query may write to the disk, several answers at once, what is left behind."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from kgtools.kg.build.inputs import Inputs
from kgtools.kg.cypher import run
from kgtools.kg.graph import change
from kgtools.kg.stores import Store, open_store
from kgtools.tools.errors import CypherError
from tests.kg.cypher.graphs import KNOWN, fill


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "graph"
    fill(str(path), KNOWN)
    return path


@pytest.fixture
def store(folder: Path) -> Store:
    return open_store(str(folder))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_query_that_writes_more_than_it_may_ends_and_leaves_nothing(
    store: Store, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {name: value for name, value in run.SETTINGS.items() if name != "max_temp_directory_size"}
    monkeypatch.setattr(run, "SETTINGS", settings | {"memory_limit": "150MB"})
    monkeypatch.setattr(run, "ROOM", 10_000_000)
    monkeypatch.setattr(run, "LOOKS", 0.02)

    with pytest.raises(CypherError, match="more rows than there is room for"):
        store.query(
            "MATCH (a), (b), (c), (d), (e), (f), (g) RETURN a.id + b.id + c.id + d.id + e.id + f.id + g.id AS s ORDER BY s",
            {},
        )

    assert sum(file.stat().st_size for file in scratch.rglob("*") if file.is_file()) < 1000  # whose the folder is


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_query_that_goes_on_for_hours_can_be_stopped(folder: Path, number: int, code: int) -> None:
    names = ", ".join(f"({name})" for name in "bcdefghijklm")
    query = f"MATCH (a) WITH a LIMIT 9 MATCH {names} WHERE a.name + b.name + c.name + m.name = 'x' RETURN count(*)"
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from kgtools.tools.main import main; main(sys.argv[1:])"
    words = [sys.executable, "-c", program, "query", "--graph", str(folder), query]

    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "LIMIT or SKIP without ORDER BY" in process.stderr.readline()  # said right before the engine is asked
        time.sleep(0.5)
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()

    assert (process.returncode, out) == (code, "")
    assert err.strip() == "kgtools: stopped; nothing was changed"


def test_answers_are_read_side_by_side(store: Store) -> None:
    _, names = store.query("MATCH (n) RETURN n.name AS name ORDER BY name", {})
    _, numbers = store.query("UNWIND range(1, 5000) AS x RETURN x, toUpper('ß' + x) AS y", {})

    read = [(name, number) for (name,), (number, _) in zip(names, numbers, strict=False)]

    assert [name for name, _ in read] == ["发热", "咳嗽", "病丁", "病丙", "病乙", "病甲", "药一", "药二"]
    assert [number for _, number in read] == list(range(1, 9))
    assert len(list(numbers)) == 5000 - 8


def test_a_store_that_changes_its_graph_answers_from_the_new_one(tmp_path: Path) -> None:
    fill(str(tmp_path / "new"), KNOWN)
    inputs = open_store(str(tmp_path / "new")).inputs()
    store = open_store(str(tmp_path / "graph"))
    change(store, lambda _: Inputs())
    before = list(store.query("MATCH (n) RETURN count(n) AS n", {})[1])

    change(store, lambda _: inputs)

    assert before == [[0]]
    assert list(store.query("MATCH (n) RETURN count(n) AS n", {})[1]) == [[8]]


@pytest.mark.parametrize("count", ["1 - 2", "toInteger(null)", "$page * 2"])
@pytest.mark.parametrize("word", ["SKIP", "LIMIT"])
def test_rows_are_not_cut_by_what_is_no_count(store: Store, word: str, count: str) -> None:
    """Neo4j refuses it too; SQL takes null for no limit."""
    for last in (f"RETURN x ORDER BY x {word} {count}", f"WITH x ORDER BY x {word} {count} RETURN x"):
        with pytest.raises(CypherError, match=f"{word} takes an integer that is 0 or more"):
            store.query(f"UNWIND [1, 2, 3] AS x {last}", {"page": -1})


@pytest.mark.parametrize(
    "share", ["1.0 * count(x) / count(*)", "toFloat(sum(x)) / 0", "round(100.0 * count(x) / count(*), 1)"]
)
def test_a_share_of_nothing_is_refused(store: Store, share: str) -> None:
    """As on Neo4j, for which a float by the integer 0 is infinite only where both are written in the query."""
    with pytest.raises(CypherError, match="/ by zero"):
        store.query(f"UNWIND [] AS x RETURN {share} AS share", {})

    assert list(store.query("RETURN toString(1.0 / 0) AS x, toString(1 / 0.0) AS y", {})[1]) == [
        ["Infinity", "Infinity"]
    ]


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (n) UNWIND n.sources AS s RETURN collect(DISTINCT n.name) AS ns",
        "MATCH (n) UNWIND n.sources AS s WITH DISTINCT s, n.name AS name RETURN collect(name) AS ns",
        "RETURN COLLECT { MATCH (n) UNWIND n.sources AS s RETURN n.name } AS ns",
    ],
)
def test_what_has_one_place_in_the_list_of_each_node_comes_sorted(store: Store, query: str) -> None:
    """DuckDB gives rows of one place in the order in which its threads come to them."""
    _, ((found,),) = store.query(query, {})

    assert len(found) >= 8
    assert found == sorted(found)


def test_a_union_of_what_no_column_holds_is_refused(store: Store) -> None:
    query = "MATCH (a) RETURN a AS x UNION ALL UNWIND ([[1]] + [1])[0] AS y RETURN {b: y} AS x"

    with pytest.raises(CypherError, match="UNION: values of several kinds within others of several kinds"):
        store.query(query, {})

"""`kgtools query` on a Neo4j server: it only reads, it streams, and the metadata are out of sight."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.stores import Store, open_store
from kgtools.tools.errors import CypherError
from tests.neo4j.login import Login

Run = Callable[..., Any]
Say = Callable[..., Store]
ROWS = [("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "流感", "HAS_SYMPTOM", "发热")]
ROOT = Path(__file__).resolve().parents[3]
WIDE = (
    "UNWIND range(1, 500000) AS i RETURN i, i / 7.0 AS f, '疾病的名称' + toString(i) AS a, ['头痛', toString(i)] AS c, "
    "{id: i, name: '感冒' + toString(i)} AS d, 'some longer English text number ' + toString(i) AS e, i % 2 = 0 AS g, "
    "CASE WHEN i > 300000 THEN 'late' END AS h"
)
MEASURED = """
import sys
from kgtools.tools.main import run
code = run(sys.argv[1:])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # getrusage's is the parent's too
print(code, int(peak.split()[1]) // 1024, file=sys.stderr)
"""
INVISIBLE = {
    "MATCH (n) RETURN count(n)": 4,
    "MATCH () RETURN count(*)": 4,
    "MATCH (n) WHERE n.id = 'state' RETURN count(n)": 0,
    "MATCH (n {id: 'state'}) RETURN count(n)": 0,
    "MATCH (n WHERE n.id = 'state'), (m:Disease) RETURN count(n)": 0,
    "MATCH (d:Disease), (n) RETURN count(n)": 8,
    "MATCH p = (n) RETURN count(p)": 4,
    "MATCH ((n) WHERE n.id = 'state') RETURN count(n)": 0,
    "MATCH ANY (n) RETURN count(n)": 4,
    "MATCH (n:!Disease) RETURN count(n)": 2,
    "MATCH (n:%) RETURN count(n)": 4,
    "MATCH (n IS !Disease) RETURN count(n)": 2,
    "MATCH (n)-[*0..1]-(m) RETURN count(*)": 8,
    "MATCH (n)-[:HAS_SYMPTOM*0]->(m) RETURN count(*)": 4,
    "MATCH (n)((a)-[]->(b)){0,1} RETURN count(*)": 6,
    "OPTIONAL MATCH (n {id: 'state'}) RETURN count(n)": 0,
    "RETURN COUNT { MATCH (n) }": 4,
    "RETURN COUNT { (n) }": 4,
    "RETURN COUNT { (n), (m) }": 16,
    "RETURN toInteger(EXISTS { MATCH (n) WHERE n.id = 'state' })": 0,
    "RETURN toInteger(EXISTS { (n WHERE n.id = 'state') })": 0,
    "RETURN size(COLLECT { MATCH (n) RETURN n.id })": 4,
    "CALL () { MATCH (n) RETURN n } RETURN count(n)": 4,
    "MATCH (d:Disease) WHERE NOT EXISTS { MATCH (n) WHERE n.id = 'state' } RETURN count(d)": 2,
    "MATCH (a) RETURN count(a) UNION MATCH (b) RETURN count(b) AS `count(a)`": 4,
    "MATCH (n) RETURN count(n) // MATCH (n)": 4,
    "MATCH (n:Disease)-->() RETURN count(n)": 2,
}
WRITING = [
    "CREATE (:Disease {id: 'x'})", "MERGE (:Disease {id: 'x'})", "MATCH (d:Disease) SET d.name = 'x'",
    "MATCH (d:Disease) REMOVE d.name", "MATCH (n) DETACH DELETE n", "MATCH (n:__Kgtools) DELETE n",
    "MATCH ()-[r]->() DELETE r", "FOREACH (n IN [1] | CREATE (:Disease))", "CREATE INDEX mine FOR (d:Disease) ON (d.x)",
    "DROP CONSTRAINT kgtools_Disease_id", "DROP INDEX kgtools_Disease_name", "CALL db.createLabel('Mine')",
    "CALL () { CREATE (:Disease) } IN TRANSACTIONS", "CREATE USER bob SET PASSWORD 'abcdefgh'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'abcdefgh'", "DROP DATABASE neo4j",
    "MATCH (d:Disease) WITH d LIMIT 1 SET d.name = 'x' RETURN d.name",
]  # fmt: skip


@pytest.fixture(scope="module")
def asked(neo4j_server: Login, say: Say) -> Login:
    """The server of the session with a graph of two triples between four entities, which no query changes."""
    neo4j_server.delete()
    with pytest.MonkeyPatch.context() as patch:
        neo4j_server.use(patch)
        say(neo4j_server.uri, a=ROWS)
    return neo4j_server


@pytest.fixture
def url(asked: Login, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where that graph is; the login is in the environment."""
    asked.use(monkeypatch)
    return asked.uri


def ask(url: str, cypher: str) -> list[list[Any]]:
    return list(open_store(url).query(cypher, {})[1])


def test_the_books_are_out_of_sight(url: str) -> None:
    assert {cypher: ask(url, cypher)[0][0] for cypher in INVISIBLE} == INVISIBLE


@pytest.mark.parametrize("cypher", WRITING)
def test_a_query_cannot_write(url: str, neo4j_server: Login, kgtools: Run, cypher: str) -> None:
    before = neo4j_server.ask(
        "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN properties(n) AS n, properties(r) AS r ORDER BY n.id"
    )
    schema = neo4j_server.ask("SHOW INDEXES YIELD name RETURN name ORDER BY name")

    ran = kgtools("query", cypher, "--graph", url)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "kgtools: error: the query writes; kgtools query only reads\n"
    assert before == neo4j_server.ask(
        "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN properties(n) AS n, properties(r) AS r ORDER BY n.id"
    )
    assert schema == neo4j_server.ask("SHOW INDEXES YIELD name RETURN name ORDER BY name")


@pytest.mark.parametrize(
    ("cypher", "said"),
    [
        ("MATCH (d:Disease RETURN d", "Invalid input"),
        ("RETURN 'left open", "left open"),
        ("RETURN x", "Variable `x` not defined"),
        ("", ""),
        ("RETURN 1; RETURN 2", "exactly one statement"),
        ("CALL no.such.procedure()", "no.such.procedure"),
        ("RETURN 1 / 0", "/ by zero"),
        ("UNWIND range(1, 5000) AS n RETURN 1 / (4000 - n)", "/ by zero"),
        ("RETURN date('nonsense')", "nonsense"),
    ],
)
def test_a_query_that_is_wrong_is_one_line_of_the_server(
    url: str, kgtools: Run, cypher: str, said: str, tmp_path: Path
) -> None:
    ran = kgtools("query", cypher, "--graph", url, "--format", "csv", "--out", tmp_path / "out")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("kgtools: error: ")
    assert ran.err.count("\n") == 1
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_parameter_that_is_missing_is_named(url: str, kgtools: Run) -> None:
    cypher = "MATCH (d:Disease {name: $name}) RETURN d.name AS name"

    missing = kgtools("query", cypher, "--graph", url)
    given = kgtools("query", cypher, "--graph", url, "--param", "name=感冒", "--format", "csv")

    assert missing.err == "kgtools: error: the query reads $name; give it: --param name=VALUE\n"
    assert missing.code == 2
    assert given.out == "name\n感冒\n"


def test_values_of_every_kind_are_printed(url: str, kgtools: Run) -> None:
    cypher = (
        "MATCH p = (d:Disease {name: '感冒'})-[r]->(s) RETURN d.name AS text, d AS node, r AS link, p AS path, [d, 1] AS list, "
        "{s: s} AS map, date('2026-01-02') AS day, datetime('2026-01-02T03:04:05Z') AS moment, duration('P1DT2H') AS span, "
        "localtime('03:04') AS time, point({x: 1, y: 2}) AS point, 1.5 AS float, true AS bool, null AS nothing"
    )

    told = {style: kgtools("query", cypher, "--graph", url, "--format", style) for style in ("table", "csv", "jsonl")}

    assert {ran.code for ran in told.values()} == {0}, told
    row = orjson.loads(told["jsonl"].out)
    node = {"aliases": [], "attributes": "{}", "doubts": [], "id": "Disease:感冒", "name": "感冒", "sources": ["a"]}
    tail = {"aliases": [], "attributes": "{}", "doubts": [], "id": "Symptom:头痛", "name": "头痛", "sources": ["a"]}
    assert row["node"] == node
    assert row["link"].keys() == {"id", "sources", "origins"}
    assert row["path"] == [node, row["link"], tail]
    assert row["list"] == [node, 1]
    assert row["map"] == {"s": tail}
    assert [row[key] for key in ("day", "moment", "span", "time")] == [
        "2026-01-02", "2026-01-02T03:04:05.000000000+00:00", "P1DT2H", "03:04:00.000000000",
    ]  # fmt: skip
    assert row["point"] == [1.0, 2.0]
    assert [row[key] for key in ("text", "float", "bool", "nothing")] == ["感冒", 1.5, True, None]
    (line,) = csv.DictReader(io.StringIO(told["csv"].out))
    assert orjson.loads(line["path"]) == row["path"]
    assert line["point"] == "[1.0,2.0]"
    assert "2026-01-02" in told["table"].out


def test_values_of_every_kind_are_written_to_parquet(url: str, kgtools: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    cypher = (
        "MATCH (d:Disease)-[r]->(s) RETURN d, r.sources AS sources, date('2026-01-02') AS day, point({x: 1, y: 2}) AS point, "
        "null AS none ORDER BY d.id"
    )

    ran = kgtools("query", cypher, "--graph", url, "--format", "parquet", "--out", out)
    mixed = kgtools("query", "UNWIND [1, [2]] AS x RETURN x", "--graph", url, "--format", "parquet", "--out", out)

    assert (ran.code, mixed.code) == (0, 2), ran.err + mixed.err
    frame = pl.read_parquet(out)
    assert frame["d"].struct.field("name").to_list() == ["感冒", "流感"]
    assert frame.drop("d").row(0) == (["a"], "2026-01-02", [1.0, 2.0], None)
    assert mixed.err.startswith("kgtools: error: the rows do not fit into columns of one kind each (")
    assert mixed.err.endswith("; use --format jsonl\n")


@pytest.mark.parametrize("style", ["csv", "parquet"])
def test_a_large_answer_takes_little_memory(url: str, tmp_path: Path, style: str) -> None:
    out = tmp_path / f"out.{style}"

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "query", WIDE, "--graph", url, "--format", style, "--out", out],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip

    code, megabytes = map(int, done.stderr.split())
    assert code == 0
    assert megabytes < 500
    if style == "csv":
        with out.open("rb") as file:
            assert sum(1 for _ in file) == 500_001
    else:
        last = pl.scan_parquet(out).tail(1).collect().row(0, named=True)
        assert (last["i"], last["c"], last["d"], last["h"]) == (
            500_000, ["头痛", "500000"], {"name": "感冒500000", "id": 500_000}, "late",
        )  # fmt: skip


def test_a_table_shows_the_first_rows_and_counts_the_rest(url: str, kgtools: Run) -> None:
    ran = kgtools("query", "UNWIND range(1, 5000) AS n RETURN n", "--graph", url)

    assert ran.code == 0
    assert "1,000" in ran.out
    assert "1,001" not in ran.out
    assert ran.err == "... and 4,000 more rows; --format csv or jsonl gives all\n"


def test_an_answer_that_nobody_reads_to_its_end_ends_the_connection(url: str, neo4j_server: Login) -> None:
    _, rows = open_store(url).query("UNWIND range(1, 500000) AS n RETURN n AS unread", {})
    assert next(iter(rows)) == [1]

    del rows

    running = neo4j_server.ask(
        "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'AS unread' RETURN count(*) AS n"
    )
    assert running == [{"n": 1}]  # the one that asks


def test_a_query_that_cannot_be_read_reaches_the_server_as_it_is(url: str) -> None:
    assert ask(url, "MATCH (d:$('Disease')) RETURN count(d) AS n") == [[2]]
    with pytest.raises(CypherError, match="Invalid input"):
        ask(url, "MATCH (d:$('Disease') RETURN count(d) AS n")


def test_a_query_is_read_from_standard_input(url: str, kgtools: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("MATCH (n)\nRETURN count(n) AS n\n"))

    assert kgtools("query", "-", "--graph", url, "--format", "csv").out == "n\n4\n"


def test_one_store_answers_one_question_after_another(url: str) -> None:
    store = open_store(url)

    _, first = store.query("MATCH (d:Disease) RETURN d.name AS n ORDER BY n", {})
    _, second = store.query("MATCH (s:Symptom) RETURN s.name AS n ORDER BY n", {})

    assert [next(iter(first)), *second, *first] == [["感冒"], ["发热"], ["头痛"], ["流感"]]

"""What somebody or something did to a graph behind our back: verify names it, a load repairs what is ours."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.graph import change
from kgtools.kg.stores import Store, open_store
from kgtools.kg.stores.folder.generations import finish
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.frames import write_table
from tests.neo4j.login import Login

Run = Callable[..., Any]
Say = Callable[..., Store]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "SHOULD_EAT", "生姜"),
    ("Disease", "流感", "alias", "流行性感冒"),
]
COLD, FLU = "(d:Disease {id: 'Disease:感冒'})", "(d:Disease {id: 'Disease:流感'})"
EDGE = f"MATCH {FLU}-[r:HAS_SYMPTOM]->(s:Symptom) "


@dataclass(frozen=True)
class Damage:
    """What is done, and what verify says of it: `said` is type or relation -> what is counted."""

    cypher: str
    said: dict[str, dict[str, int]]
    example: str = ""
    foreign: dict[str, int] | None = None
    ours: bool = True


DAMAGES = {
    "a lost batch": Damage(
        "MATCH ()-[r:HAS_SYMPTOM]->() DELETE r",
        {"HAS_SYMPTOM": {"wanted": 3, "found": 0, "lost": 3}},
        "lost: Disease:流感 -> Symptom:发热",
    ),
    "a lost entity": Damage(
        f"MATCH {FLU} DETACH DELETE d",
        {"Disease": {"lost": 1}, "HAS_SYMPTOM": {"lost": 1}, "SHOULD_EAT": {"lost": 1}},
        "lost: Disease:流感",
    ),
    "a doubled triple": Damage(
        EDGE + "CREATE (d)-[x:HAS_SYMPTOM]->(s) SET x = properties(r)",
        {"HAS_SYMPTOM": {"wanted": 3, "found": 4, "doubled": 1}},
        "doubled: Disease:流感 -> Symptom:发热",
    ),
    "a doubled triple of which one is damaged": Damage(
        EDGE + "CREATE (d)-[x:HAS_SYMPTOM]->(s) SET x = properties(r) SET x.origins = []",
        {"HAS_SYMPTOM": {"found": 4, "doubled": 1, "changed": 1}},
    ),
    "a changed name": Damage(
        f"MATCH {FLU} SET d.name = '流感病'",
        {"Disease": {"changed": 1}},
        "changed: Disease:流感 (name: '流感', found '流感病')",
    ),
    "a truncated text": Damage(
        f"MATCH {FLU} SET d.attributes = left(d.attributes, 9)",
        {"Disease": {"changed": 1}},
        "changed: Disease:流感 (attributes: ",
    ),
    "a lost property": Damage(f"MATCH {FLU} REMOVE d.name", {"Disease": {"changed": 1}}, "found None"),
    "a lost list": Damage(f"MATCH {FLU} REMOVE d.sources", {"Disease": {"changed": 1}}, "(sources: ['a'], found None)"),
    "a value of another kind": Damage(f"MATCH {FLU} SET d.aliases = 5", {"Disease": {"changed": 1}}, "(aliases: "),
    "a list of another kind": Damage(f"MATCH {FLU} SET d.aliases = [1, 2]", {"Disease": {"changed": 1}}, "(aliases: "),
    "a lost id of an entity": Damage(
        f"MATCH {FLU} REMOVE d.id",
        {"Disease": {"lost": 1}, "HAS_SYMPTOM": {"lost": 1}, "SHOULD_EAT": {"lost": 1}},
        foreign={"nodes Disease": 1, "relationships HAS_SYMPTOM": 1, "relationships SHOULD_EAT": 1},
    ),
    "a changed id of an entity": Damage(
        f"MATCH {FLU} SET d.id = 'Disease:感'",
        {"Disease": {"lost": 1, "foreign": 1}, "HAS_SYMPTOM": {"changed": 1}, "SHOULD_EAT": {"changed": 1}},
    ),
    "a lost id of a triple": Damage(EDGE + "REMOVE r.id", {"HAS_SYMPTOM": {"lost": 1, "foreign": 1}}),
    "a changed id of a triple": Damage(EDGE + "SET r.id = 'x'", {"HAS_SYMPTOM": {"lost": 1, "foreign": 1}}),
    "a lost origin": Damage(EDGE + "REMOVE r.origins", {"HAS_SYMPTOM": {"changed": 1}}, "(origins: ['a/tiny.txt:3#HAS_S"),
    "an entity with a second type": Damage(
        f"MATCH {FLU} SET d:Symptom", {"Symptom": {"foreign": 1}}, "foreign: Disease:流感", {"nodes Disease:Symptom": 1}
    ),
    "an entity of another type": Damage(
        f"MATCH {FLU} SET d:Symptom REMOVE d:Disease",
        {"Disease": {"lost": 1}, "Symptom": {"foreign": 1}, "HAS_SYMPTOM": {"lost": 1}, "SHOULD_EAT": {"lost": 1}},
        foreign={"relationships HAS_SYMPTOM": 1, "relationships SHOULD_EAT": 1},
    ),
    "an entity with a foreign label": Damage(
        f"MATCH {FLU} SET d:Mine", {}, foreign={"nodes Disease:Mine": 1}, ours=False
    ),
    "an entity without a label": Damage(
        f"MATCH {FLU} REMOVE d:Disease",
        {"Disease": {"lost": 1}, "HAS_SYMPTOM": {"lost": 1}, "SHOULD_EAT": {"lost": 1}},
        foreign={"nodes without a label": 1, "relationships HAS_SYMPTOM": 1, "relationships SHOULD_EAT": 1},
        ours=False,
    ),
    "a foreign node": Damage("CREATE (:Person {name: 'Ann'})", {}, foreign={"nodes Person": 1}, ours=False),
    "a foreign node of our type": Damage(
        "CREATE (:Disease {id: 'Disease:x', name: 'x'})", {"Disease": {"foreign": 1}}, "foreign: Disease:x", ours=False
    ),
    "a foreign node of our type without an id": Damage(
        "CREATE (:Disease {sources: 'text'}), (:Disease {sources: ['other']}), (:Disease)", {},
        foreign={"nodes Disease": 3}, ours=False,
    ),
    "a relationship of an unknown type": Damage(
        f"MATCH {FLU}, (s:Symptom) CREATE (d)-[:KNOWS]->(s)", {}, foreign={"relationships KNOWS": 2}, ours=False
    ),
    "foreign relationships of our type": Damage(
        f"MATCH {FLU}, (s:Symptom {{name: '发热'}}) CREATE (d)-[:HAS_SYMPTOM]->(s), (d)-[:HAS_SYMPTOM {{sources: 5}}]->(s)",
        {"HAS_SYMPTOM": {"found": 5, "foreign": 2, "doubled": 1}}, "foreign: Disease:流感 -> Symptom:发热", ours=False,
    ),
    "a triple to a foreign node": Damage(
        f"MATCH {FLU} CREATE (d)-[:HAS_SYMPTOM {{id: 'x', sources: ['other']}}]->(:Person)",
        {"HAS_SYMPTOM": {"foreign": 1}}, foreign={"nodes Person": 1}, ours=False,
    ),
}  # fmt: skip
IN_TABLES = {
    "a lost batch": lambda entities, triples: (entities, triples.filter(pl.col("relation") != "HAS_SYMPTOM")),
    "a doubled triple": lambda entities, triples: (
        entities, pl.concat([triples, triples.filter((pl.col("head") == "Disease:流感") & (pl.col("relation") == "HAS_SYMPTOM"))]),
    ),
    "a changed name": lambda entities, triples: (_with(entities, "name", pl.lit("流感病")), triples),
    "a truncated text": lambda entities, triples: (_with(entities, "attributes", pl.col("attributes").str.head(9)), triples),
    "a lost property": lambda entities, triples: (_with(entities, "name", pl.lit(None, pl.String)), triples),
    "a lost list": lambda entities, triples: (_with(entities, "sources", pl.lit(None, pl.List(pl.String))), triples),
    "a foreign node of our type": lambda entities, triples: (
        pl.concat([entities, entities.head(1).with_columns(pl.lit("Disease:x").alias("id"))]), triples,
    ),
}  # fmt: skip


def _with(entities: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    return entities.with_columns(pl.when(pl.col("id") == "Disease:流感").then(value).otherwise(column).alias(column))


def check(kgtools: Run, url: str, damage: Damage, report: Path) -> None:
    """verify finds this and nothing else."""
    ran = kgtools("verify", "--graph", url)
    told = orjson.loads(report.read_bytes())
    as_json = kgtools("verify", "--graph", url, "--format", "json")

    assert (ran.code, as_json.code) == (1, 1), ran.err
    assert (
        ran.err
        == f"kgtools: {url}: what was read back differs from what its sources say; all of it is in reconcile.json\n"
    )
    assert told == as_json.json
    assert told["agrees"] is False
    differing = {row["name"]: row for row in told["rows"] if not row["agrees"]}
    kinds = ("lost", "foreign", "changed", "doubled")
    for name, counted in damage.said.items():
        expected = dict.fromkeys(kinds, 0) | counted
        assert {key: differing[name][key] for key in expected} == expected, differing[name]
    assert set(differing) == set(damage.said)
    assert told["foreign"] == (damage.foreign or {})
    table = {line.strip().split("  ")[0] for line in ran.out.splitlines()}
    assert {*damage.said, *(damage.foreign or {})} <= table
    assert damage.example in ran.out
    assert damage.example in "\n".join(line for row in told["rows"] for line in row["examples"])


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands of this test put reconcile.json."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reconcile.json"


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_in_a_server_is_found_and_what_is_ours_is_repaired(
    neo4j_graph: Login, say: Say, kgtools: Run, report: Path, name: str
) -> None:
    damage = DAMAGES[name]
    say(neo4j_graph.uri, a=ROWS)
    neo4j_graph.ask(damage.cypher)

    check(kgtools, neo4j_graph.uri, damage, report)

    store = open_store(neo4j_graph.uri)
    outcome = change(store, lambda inputs: inputs)
    left = neo4j_graph.ask("MATCH (n:Person|Mine) RETURN count(n) AS n")
    assert outcome.agrees == damage.ours, outcome.differences
    assert kgtools("verify", "--graph", neo4j_graph.uri).code == (0 if damage.ours else 1)
    wanted = store.entities().filter(pl.col("sources") == ["a"])
    assert wanted["name"].sort().to_list() == ["发热", "头痛", "感冒", "流感", "生姜"]
    _, rows = store.query("MATCH (d:Disease)-[r]->(t) WHERE r.sources = ['a'] RETURN count(r) AS n", {})
    assert list(rows) == [[4]]
    assert left == [{"n": sum("Person" in each or "Mine" in each for each in damage.foreign or {})}]


@pytest.mark.parametrize("name", IN_TABLES)
def test_damage_in_a_folder_is_found_and_repaired(
    tmp_path: Path, say: Say, kgtools: Run, report: Path, name: str
) -> None:
    store = say(str(tmp_path / "graph"), a=ROWS)
    assert isinstance(store, FolderStore)
    generation = store.folder / "000001"
    for frame, table in zip(IN_TABLES[name](store.entities(), store.triples()), ("entities", "triples"), strict=True):
        write_table(frame, generation / f"{table}.parquet")
    finish(generation)  # as if it had been written so

    check(kgtools, str(store.folder), DAMAGES[name], report)

    assert change(store, lambda inputs: inputs).agrees
    assert kgtools("verify", "--graph", store.folder).code == 0


@dataclass(frozen=True)
class Spoilt:
    """What is done to a table, and what verify says of the file."""

    table: str
    spoil: Callable[[Path], Any]
    said: str


def rewrite(edit: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], None]:
    """The table, changed and written again by another hand."""
    return lambda path: edit(pl.read_parquet(path)).write_parquet(path)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


SPOILT = {
    "shorter triples": Spoilt("triples", rewrite(lambda triples: triples.head(2)), "was changed"),
    "truncated entities": Spoilt("entities", lambda path: path.write_bytes(path.read_bytes()[:-9]), "was changed"),
    "a column less": Spoilt("entities", rewrite(lambda entities: entities.drop("aliases")), "was changed"),
    "a column more": Spoilt("triples", rewrite(lambda triples: triples.with_row_index()), "was changed"),
    "a flipped bit of entities": Spoilt("entities", flip, "was changed: SHA-256"),
    "a flipped bit of triples": Spoilt("triples", flip, "was changed: SHA-256"),
    "an empty file": Spoilt("triples", lambda path: path.write_bytes(b""), "was changed: 0 bytes"),
    "no file": Spoilt("entities", Path.unlink, "is missing"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_table_of_a_folder_is_named_by_verify_and_by_each_command_that_reads_it(
    tmp_path: Path, say: Say, kgtools: Run, report: Path, name: str
) -> None:
    case, store = SPOILT[name], say(str(tmp_path / "graph"), a=ROWS)
    assert isinstance(store, FolderStore)
    path = store.folder / "000001" / f"{case.table}.parquet"
    case.spoil(path)

    verify = kgtools("verify", "--graph", store.folder)
    query = kgtools("query", "MATCH (d:Disease)-[r]->(t) RETURN count(r) AS n", "--graph", store.folder)
    diff = kgtools("diff", store.folder, store.folder)

    assert (verify.code, query.code, diff.code) == (1, 2, 2)
    (told,) = orjson.loads(report.read_bytes())["files"]
    assert told["file"] == f"000001/{case.table}.parquet"
    assert told["what"].startswith(case.said)
    for ran in (query, diff):
        assert f"{path}: {told['what']}; load its sources again; one of them is enough" in ran.err
    assert change(FolderStore(store.folder), lambda inputs: inputs).agrees
    assert kgtools("verify", "--graph", store.folder).code == 0


@pytest.mark.parametrize(("table", "column"), [("entities", "aliases"), ("triples", "origins")])
def test_a_table_listed_with_other_columns_is_named(
    tmp_path: Path, say: Say, kgtools: Run, table: str, column: str
) -> None:
    store = say(str(tmp_path / "graph"), a=ROWS)
    assert isinstance(store, FolderStore)
    path = store.folder / "000001" / f"{table}.parquet"
    rewrite(lambda rows: rows.with_columns(pl.lit("x").alias(column)))(path)
    finish(path.parent)  # as if it had been written so

    ran = kgtools("verify", "--graph", store.folder)

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"{path}: not a table of {table}: column '{column}' holds String, expected List(String); load" in ran.err


def test_a_load_beside_foreign_nodes_says_so_and_leaves_them(
    neo4j_graph: Login, kgtools: Run, report: Path, sample_files: dict[str, list[Path]]
) -> None:
    assert kgtools("load", "health39", *sample_files["health39"], "--graph", neo4j_graph.uri).code == 0
    neo4j_graph.ask("MATCH (d:Disease) WITH d LIMIT 1 CREATE (:Person {name: 'Ann'})-[:HAS]->(d), (:Person)")

    ran = kgtools("load", "health39", *sample_files["health39"], "--graph", neo4j_graph.uri)
    gone = kgtools("unload", "health39", "--graph", neo4j_graph.uri)

    assert (ran.code, gone.code) == (1, 1), ran.err + gone.err
    assert "nodes Person" in ran.out
    assert "relationships HAS" in ran.out
    assert "was rebuilt and read back" not in ran.out
    assert orjson.loads(report.read_bytes())["foreign"] == {"nodes Person": 2}
    assert neo4j_graph.ask("MATCH (n) WHERE NOT n:__Kgtools RETURN labels(n) AS l, n.name AS n ORDER BY n") == [
        {"l": ["Person"], "n": "Ann"}, {"l": ["Person"], "n": None},
    ]  # fmt: skip


def metadata_of(login: Login) -> dict[str, str]:
    """What kgtools keeps in the database: node -> text."""
    return {row["id"]: row["data"] for row in login.ask("MATCH (n:__Kgtools) RETURN n.id AS id, n.data AS data")}


def put(login: Login, id_: str, text: str) -> None:
    assert "'" not in text
    login.ask(f"MATCH (n:__Kgtools {{id: '{id_}'}}) SET n.data = '{text}'")


def test_a_licence_changed_in_a_server_is_found_and_no_export_takes_it(
    neo4j_graph: Login, say: Say, kgtools: Run, report: Path
) -> None:
    say(neo4j_graph.uri, a=ROWS)
    paths = orjson.loads(metadata_of(neo4j_graph)["state"])["now"]
    piece = f"{paths['sources/a/about.json']}/0000"
    about = orjson.loads(base64.b64decode(metadata_of(neo4j_graph)[piece]))
    put(neo4j_graph, piece, base64.b64encode(orjson.dumps(about | {"license": "CC0-1.0", "title": "x"})).decode())

    verify = kgtools("verify", "--graph", neo4j_graph.uri)
    export = kgtools("export", "parquet", report.parent / "out", "--graph", neo4j_graph.uri)

    assert (verify.code, export.code) == (1, 2)
    assert "sources/a/about.json: was changed" in verify.err
    assert orjson.loads(report.read_bytes())["files"] == [{"file": "sources/a/about.json", "what": "was changed"}]
    assert "is damaged (sources/a/about.json)" in export.err
    assert not (report.parent / "out").exists()


def test_a_source_taken_out_of_the_books_of_a_server_is_missed(
    neo4j_graph: Login, say: Say, kgtools: Run, report: Path
) -> None:
    say(neo4j_graph.uri, a=ROWS, b=ROWS[:1])
    state = orjson.loads(metadata_of(neo4j_graph)["state"])
    state["now"] = {path: hash_ for path, hash_ in state["now"].items() if not path.startswith("sources/b/")}
    put(neo4j_graph, "state", orjson.dumps(state).decode())

    for words in (("verify",), ("stats",), ("export", "parquet", str(report.parent / "out"))):
        ran = kgtools(*words, "--graph", neo4j_graph.uri)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "is damaged (state)" in ran.err

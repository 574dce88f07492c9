"""A folder and a Neo4j server give the same answers, on the samples and on the published graphs.

TORTURE_ROWS=1: on every row of the published files, as `make torture` does; every tenth where it is not set, which are
more than a store writes or reads at once; and prompts and queries of them by both packs, which are by one where it is not set."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.audit import audits
from kgtools.kg.build.english_names import read_names
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.load import prepare
from kgtools.kg.graph import change
from kgtools.kg.source import Options
from kgtools.kg.stores import open_store
from kgtools.tools.main import run
from tests.neo4j.login import Login

Run = Callable[..., Any]
SAMPLES = Path(__file__).parents[3] / "kg" / "samples"
EVERY = int(os.environ.get("TORTURE_ROWS", "10"))
OUTPUTS = ("records.jsonl", "records.parquet", "coverage.parquet")
QUESTIONS = {
    "names": "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS disease, s.name AS symptom ORDER BY disease, symptom LIMIT 500",
    "lists": "MATCH (d:Disease) RETURN d.id AS id, d.aliases AS aliases, d.sources AS sources, d.attributes AS a ORDER BY id LIMIT 300",
    "numbers": "MATCH (d)-[r]->(t) RETURN type(r) AS relation, labels(t)[0] AS type, count(*) AS n ORDER BY relation, type",
    "nulls": "MATCH (e) RETURN e.id AS id, e.name_en AS english, e.name_en_from AS giver ORDER BY id LIMIT 400",
    "nodes": "MATCH (e) OPTIONAL MATCH (e)-[r]->() RETURN count(DISTINCT e) AS entities, count(r) AS triples",
}


@dataclass(frozen=True)
class Pair:
    """The same graph in a folder and in a server."""

    folder: str
    server: str
    scratch: Path

    @property
    def urls(self) -> tuple[str, str]:
        return self.folder, self.server


def sources_of(folder: Path) -> dict[str, list[Path]]:
    return {
        "xywy": [folder / "xywy" / "medical.json"],
        "health39": [folder / "39health" / "disease.csv"],
        "cmekg": sorted([*(folder / "cmekg").glob("*.json"), *(folder / "cmekg").glob("*.csv")]),
    }


def thin(files: list[Path], folder: Path) -> list[Path]:
    """Every so many-th row of each file, and the header of a CSV, under the same name."""
    folder.mkdir()
    for file in files:
        rows, held = [], b""
        for line in file.read_bytes().splitlines(keepends=True):
            held += line
            if file.suffix != ".csv" or held.count(b'"') % 2 == 0:  # else it goes on in the next line
                rows.append(held)
                held = b""
        header, first = (rows[:1], 1) if file.suffix == ".csv" else ([], 0)
        (folder / file.name).write_bytes(b"".join([*header, *rows[first::EVERY], held]))
    return [folder / file.name for file in files]


@pytest.fixture(scope="module", params=["samples", "published"])
def pair(
    request: pytest.FixtureRequest, neo4j_server: Login, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Both stores with the three graphs and English names; no test changes them."""
    data = SAMPLES if request.param == "samples" else request.getfixturevalue("real_files")
    table = data / "names.tsv" if request.param == "samples" else data / "bilingual-triples" / "disease-zh-en.json"
    columns = ("zh", "en") if request.param == "samples" else ("key", "value")
    scratch = tmp_path_factory.mktemp(request.param)
    files = sources_of(data)
    if request.param == "published":
        files = {name: thin(whole, scratch / name) for name, whole in files.items()}
    sources = [prepare(name, paths, Options())[0] for name, paths in files.items()]
    names = read_names(table, *columns, None, (), "english", "MIT")

    def filled(_: Inputs) -> Inputs:
        return Inputs().with_sources(sources).with_names(names)

    neo4j_server.delete()
    with pytest.MonkeyPatch.context() as patch:
        neo4j_server.use(patch)
        url = neo4j_server.uri.replace("bolt://", "neo4j://") if request.param == "samples" else neo4j_server.uri
        made = Pair(str(scratch / "graph"), url, scratch)
        for url in made.urls:
            assert change(open_store(url), filled).agrees
        yield made
    neo4j_server.delete()


def test_the_tables_are_the_same_row_for_row(pair: Pair) -> None:
    folder, server = (open_store(url) for url in pair.urls)

    assert server.entities().equals(folder.entities())
    assert server.triples().equals(folder.triples())
    assert server.entities().height > 1000
    assert server.metadata() == folder.metadata()


def test_what_is_kept_of_the_sources_is_the_same_row_for_row(pair: Pair) -> None:
    folder, server = (open_store(url).inputs() for url in pair.urls)

    for mine, other in zip(server.sources, folder.sources, strict=True):
        assert (mine.name, mine.metadata) == (other.name, other.metadata)
        assert mine.named.equals(other.named)
        assert mine.facts.equals(other.facts)
        assert mine.rejects.equals(other.rejects)
    assert [table.metadata for table in server.names] == [table.metadata for table in folder.names]
    assert all(mine.names.equals(other.names) for mine, other in zip(server.names, folder.names, strict=True))


def test_every_audit_returns_the_same_rows(pair: Pair, kgtools: Run) -> None:
    folder, server = (kgtools("audit", "--graph", url, "--fail-on", "never", "--format", "json") for url in pair.urls)

    assert (folder.code, server.code) == (0, 0), folder.err + server.err
    assert [each["name"] for each in server.json] == [each.name for each in audits()]
    for mine, other in zip(server.json, folder.json, strict=True):
        assert mine == other, mine["name"]
    assert sum(each["count"] > 0 for each in server.json) > 10


@pytest.fixture(scope="module")
def records(pair: Pair) -> tuple[Path, Path]:
    """What generate writes, of each store."""
    folders = pair.scratch / "of-folder", pair.scratch / "of-server"
    for url, out in zip(pair.urls, folders, strict=True):
        assert run(["generate", "--graph", url, "--seed", "7", "--out", str(out), "--format", "json"]) == 0
    return folders


def test_generate_writes_the_same_bytes(records: tuple[Path, Path]) -> None:
    folder, server = ({name: sha256((out / name).read_bytes()).hexdigest() for name in OUTPUTS} for out in records)

    assert server == folder
    told = [orjson.loads((out / "run.json").read_bytes()) for out in records]
    assert told[0] == told[1]
    assert told[0]["records"] > 500


def test_a_record_is_traced_to_the_same_lines(pair: Pair, records: tuple[Path, Path], kgtools: Run) -> None:
    with (records[0] / "records.jsonl").open("rb") as lines:
        record = orjson.loads(next(lines))["id"]

    folder, server = (kgtools("trace", record, "--records", records[0], "--graph", url) for url in pair.urls)

    assert folder == server
    assert (folder.code, bool(folder.out)) == (0, True)


@pytest.mark.parametrize("command", [("stats",), ("names", "list")], ids=" ".join)
def test_stats_and_names_print_the_same(pair: Pair, kgtools: Run, command: tuple[str, ...]) -> None:
    folder, server = (kgtools(*command, "--graph", url, "--format", "json") for url in pair.urls)

    assert folder == server
    assert (folder.code, bool(folder.out)) == (0, True)


def test_verify_finds_the_same_checksums(pair: Pair, kgtools: Run) -> None:
    folder, server = (kgtools("verify", "--graph", url, "--format", "json") for url in pair.urls)

    assert (folder.code, server.code) == (0, 0), folder.err + server.err
    assert server.json == folder.json
    assert server.json["agrees"] is True
    assert all(row["found_checksum"] != "0" * 16 for row in server.json["rows"])


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("style", ["table", "csv", "jsonl", "parquet"])
def test_a_query_prints_the_same_bytes(pair: Pair, kgtools: Run, name: str, style: str) -> None:
    written = []
    for number, url in enumerate(pair.urls):
        out = pair.scratch / f"{name}-{number}.{style}"
        to_file = [] if style == "table" else ["--out", out]
        ran = kgtools("query", QUESTIONS[name], "--graph", url, "--format", style, *to_file)
        assert ran.code == 0, ran.err
        written.append(out.read_bytes() if to_file else ran.out)

    assert written[0] == written[1]
    assert len(written[0]) > 20


def test_prompts_and_queries_are_the_same_bytes_and_a_query_as_it_is_taught_gives_its_rows_in_both(
    pair: Pair, tmp_path: Path
) -> None:
    hashes = []
    some = "published" in pair.scratch.name and EVERY > 1
    packs = ("--pack", "clinicalgpt") if some else ()
    for url, out in zip(pair.urls, (tmp_path / "of-folder", tmp_path / "of-server"), strict=True):
        wanted = ("--task", "fewshot,cypher", "--count", "600", "--seed", "7")
        assert run(["generate", "--graph", url, "--out", str(out), "--format", "json", *wanted, *packs]) == 0
        hashes.append({name: sha256((out / name).read_bytes()).hexdigest() for name in (*OUTPUTS, "names.parquet")})
    taught = pl.read_parquet(tmp_path / "of-folder" / "records.parquet").filter(pl.col("task") == "cypher").sort("id")

    assert hashes[0] == hashes[1]
    assert taught.height > 100
    for url in pair.urls:
        store = open_store(url)
        for query, meta in taught.head(80).select("answer", "meta").iter_rows():
            columns, rows = store.query(query, {})
            told = orjson.loads(meta)
            assert (list(columns), [list(row) for row in rows]) == (told["columns"], told["rows"]), query

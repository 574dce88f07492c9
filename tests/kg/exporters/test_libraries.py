"""Every format is read by the libraries that it is for, with names that are hard on formats; those of others' shape besides.

networkx and rdflib read the sample graph in test_export_networkx.py and test_export_rdf.py, Neo4j's importer in
test_export_neo4j_admin.py."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import networkx as nx
import orjson
import pytest
from rdflib import RDF, SKOS, Graph

from kgtools.kg.align.decide import decision
from kgtools.kg.align.sssom import read_sssom
from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.build.ledger import DIFFERENT, SAME, name_of
from kgtools.kg.exporters import ExportOptions, export
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import LEDGER
from kgtools.tools import registry
from tests.peers import install

HERE = Path(__file__).parent
HOSTILE = [
    "糖尿病", "two words", "a\tb", "a|b", "#a", "a#b", "100%", "%41", "\"a\" and 'b'", "a\nb", "back\\slash", "<a & b>]]>", "{{ x }}",
    "a:b/c?d=e", "(x)", "`a`", "😀", "\u202eright to left", "e\u0301", "²①", "１型", "a,b;c", "true", "-1", "a.b-c~", "長" * 3000,
]  # fmt: skip
FILES = {
    "rdf": ("graph.ttl", "graph.nt"),
    "graphml": ("graph.graphml",),
    "networkx": ("graph.json",),
    "parquet": ("graph",),
    "sssom": ("map.tsv",),
}


@pytest.fixture(scope="module")
def graph(tables_of: Callable[..., SourceTables], tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """A graph of hostile names, every second one decided to be another."""
    rows = [("Disease", name, field, name) for name in HOSTILE for field in ("HAS_SYMPTOM", "cause", "alias")]
    others = [("Disease", f"{name} 二", "HAS_SYMPTOM", name) for name in HOSTILE]
    store = FolderStore(tmp_path_factory.mktemp("hostile") / "graph")
    change(store, lambda inputs: inputs.with_sources([tables_of([*rows, *others], raw=True)]))
    diseases = [id_ for id_ in store.entities()["id"] if id_.startswith("Disease:") and not id_.endswith(" 二")]
    decisions = [
        decision(id_, f"{id_} 二", (SAME, DIFFERENT)[place % 2], "equal-name", 0.5, "a\tb|c", "wang|li")
        for place, id_ in enumerate(diseases)
    ]
    change(store, lambda inputs: inputs.with_ledger(LEDGER.frame(decisions).sort("id")))
    return FolderStore(store.folder)


@pytest.fixture(scope="module")
def folder(graph: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph in every format."""
    folder = tmp_path_factory.mktemp("exports")
    for form, names in FILES.items():
        for name in names:
            export(form, graph, folder / name, ExportOptions())
    return folder


@pytest.fixture(scope="module")
def peers(folder: Path) -> Any:
    """What sssom-py, Oxigraph and igraph read."""
    beside = install(HERE / "peers.txt", "peers-kg")
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "peers.py")], cwd=folder, capture_output=True, text=True, check=False,
        timeout=300, env=os.environ | {"PYTHONPATH": str(beside), "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return orjson.loads(done.stdout.splitlines()[-1])


def test_every_format_is_read_by_somebody_else() -> None:
    assert {*FILES, "neo4j-admin"} == {*registry.names("exporters")}


def test_sssom_py_sees_every_mapping_with_its_labels(graph: FolderStore, folder: Path, peers: Any) -> None:
    ledger = graph.inputs().ledger
    expected = {
        (f"Disease:{quote(name_of(row['before']), safe='')}", name_of(row["before"]), name_of(row["after"])): (
            "Not" if row["verdict"] == DIFFERENT else "", 0.5,
        )
        for row in ledger.to_dicts()
    }  # fmt: skip

    seen = peers["sssom"]

    assert len(seen["rows"]) == ledger.height == len(HOSTILE)
    assert {
        (row["subject_id"], row["subject_label"], row["object_label"]): (
            row["predicate_modifier"],
            float(row["confidence"]),
        )
        for row in seen["rows"]
    } == expected
    assert (seen["faults"], seen["warnings"]) == ([], [])
    assert seen["set"].startswith("https://w3id.org/sssom/mappings/")
    assert all(iri.startswith("urn:kgtools:Disease:") and iri.isascii() for iri in seen["iris"])
    assert read_sssom(folder / "map.tsv").equals(ledger)


def test_oxigraph_reads_the_same_statements_of_both_syntaxes_as_rdflib(folder: Path, peers: Any) -> None:
    rdflib = {name: Graph().parse(folder / f"graph.{name}") for name in ("ttl", "nt")}

    without = [statement for statement in rdflib["nt"] if "_:" not in statement[0].n3() + statement[2].n3()]

    assert peers["turtle"] == peers["n_triples"]
    assert len(peers["n_triples"]) == len(without) > 300
    assert set(rdflib["ttl"].subjects(RDF.type, SKOS.Concept)) == set(rdflib["nt"].subjects(RDF.type, SKOS.Concept))


def test_rdflib_gives_every_hostile_name_back(graph: FolderStore, folder: Path) -> None:
    parsed = Graph().parse(folder / "graph.ttl")

    labels = {str(label) for label in parsed.objects(None, SKOS.prefLabel)}

    assert labels == set(graph.entities()["name"])
    assert {str(label) for label in parsed.objects(None, SKOS.altLabel)} == {
        alias for aliases in graph.entities()["aliases"] for alias in aliases
    }


def test_networkx_reads_hostile_names_of_graphml(graph: FolderStore, folder: Path) -> None:
    entities = dict(graph.entities().select("id", "name").iter_rows())
    triples = sorted(map(list, graph.triples().select("head", "relation", "tail").iter_rows()))

    read = nx.read_graphml(folder / "graph.graphml", edge_key_type=str, force_multigraph=True)

    assert dict(read.nodes(data="name")) == entities
    assert sorted([head, relation, tail] for head, tail, relation in read.edges(data="relation")) == triples


def test_igraph_reads_hostile_names_of_graphml(graph: FolderStore, peers: Any) -> None:
    entities = {id_: (type_, name) for id_, type_, name in graph.entities().select("id", "type", "name").iter_rows()}
    triples = graph.triples().select("head", "relation", "tail").iter_rows()

    assert peers["igraph"]["entities"] == sorted(map(list, entities.values()))
    assert peers["igraph"]["triples"] == sorted(
        [*entities[head], relation, *entities[tail]] for head, relation, tail in triples
    )


def test_networkx_reads_hostile_names_of_node_link_json(graph: FolderStore, folder: Path) -> None:
    read = nx.node_link_graph(json.loads((folder / "graph.json").read_text(encoding="utf-8")), edges="edges")

    assert dict(read.nodes(data="name")) == dict(graph.entities().select("id", "name").iter_rows())
    assert read.number_of_edges() == graph.triples().height


@pytest.mark.parametrize("reader", ["pandas", "pyarrow", "duckdb", "datasets"])
def test_the_tables_of_parquet_are_read_by(
    reader: str, graph: FolderStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for table, frame in (("entities", graph.entities()), ("triples", graph.triples())):
        rows = READERS[reader](str(folder / "graph" / f"{table}.parquet"), tmp_path)
        assert rows == frame.to_dicts()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_answer_of_a_query_in_a_file_is_read_by_pandas_and_duckdb(
    ending: str, graph: FolderStore, kgtools: Callable[..., Any], tmp_path: Path
) -> None:
    import duckdb
    import pandas as pd

    file = tmp_path / f"names.{ending}"
    words = ("query", "MATCH (n) RETURN n.id AS id, n.name AS name ORDER BY id", "--graph", graph.folder)

    ran = kgtools(*words, "--format", ending, "--out", file)

    read = {
        "csv": lambda: pd.read_csv(file, dtype=str, keep_default_na=False),
        "jsonl": lambda: pd.read_json(file, lines=True, dtype=False),
        "parquet": lambda: pd.read_parquet(file),
    }
    scan = {
        "csv": "read_csv($1, header = true, all_varchar = true)",
        "jsonl": "read_json($1, columns = {id: 'VARCHAR', name: 'VARCHAR'})",
        "parquet": "read_parquet($1)",
    }
    expected = [*graph.entities().select("id", "name").iter_rows()]
    assert ran.code == 0, ran.err
    assert [tuple(row) for row in read[ending]().to_numpy().tolist()] == expected
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT id, name FROM {scan[ending]}", [str(file)]).fetchall() == expected


def by_pandas(file: str, _: Path) -> list[dict[str, Any]]:
    import pandas as pd

    frame = pd.read_parquet(file)
    rows = [
        {key: value.tolist() if hasattr(value, "tolist") else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]
    return [{key: None if value != value else value for key, value in row.items()} for row in rows]


def by_pyarrow(file: str, _: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


def by_duckdb(file: str, _: Path) -> list[dict[str, Any]]:
    import duckdb

    with duckdb.connect() as connection:
        cursor = connection.execute("SELECT * FROM read_parquet($1)", [file])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def by_datasets(file: str, cache: Path) -> list[dict[str, Any]]:
    from datasets import load_dataset

    return list(load_dataset("parquet", data_files=file, split="train", cache_dir=str(cache)))


READERS = {"pandas": by_pandas, "pyarrow": by_pyarrow, "duckdb": by_duckdb, "datasets": by_datasets}

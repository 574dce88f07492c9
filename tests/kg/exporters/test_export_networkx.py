import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import orjson
import pytest

from kgtools.kg.exporters import export
from kgtools.kg.stores.folder.store import FolderStore
from tests.kg.leaving import ALLOWED


@pytest.fixture(scope="module")
def graphml(sample_graph: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graphml") / "a.graphml"
    export("graphml", sample_graph, out, ALLOWED)
    return out


@pytest.fixture(scope="module")
def nodelink(sample_graph: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("json") / "a.json"
    export("networkx", sample_graph, out, ALLOWED)
    return json.loads(out.read_text(encoding="utf-8"))


def test_networkx_reads_graphml_as_a_multigraph_keyed_by_triple(graphml: Path, sample_graph: FolderStore) -> None:
    graph = nx.read_graphml(graphml, edge_key_type=str, force_multigraph=True)

    entities, triples = sample_graph.entities(), sample_graph.triples()
    assert isinstance(graph, nx.MultiDiGraph)
    assert set(graph) == set(entities["id"])
    assert {(h, t, key) for h, t, key in graph.edges(keys=True)} == set(
        triples.select("head", "tail", "id").iter_rows()
    )
    for row in entities.to_dicts():
        node = graph.nodes[row["id"]]
        assert (node["label"], node["type"], node.get("name_en")) == (row["name"], row["type"], row["name_en"])
        assert (json.loads(node["aliases"]), node["attributes"]) == (row["aliases"], row["attributes"])
    for row in triples.to_dicts():
        edge = graph.edges[row["head"], row["tail"], row["id"]]
        assert (edge["relation"], edge.get("contradicts")) == (row["relation"], row["contradicts"])
        assert (json.loads(edge["sources"]), json.loads(edge["origins"])) == (row["sources"], row["origins"])


def test_graphml_tells_of_the_sources(graphml: Path, sample_graph: FolderStore) -> None:
    data = ElementTree.parse(graphml).getroot().find("{*}graph/{*}data[@key='graph_witnesses']")

    told = orjson.loads(str(data.text))["sources"]

    assert {name: (s["license"], s["files"]) for name, s in told.items()} == {
        name: (s.license, s.files) for name, s in sample_graph.metadata().sources.items()
    }


def test_every_key_of_graphml_is_declared_once(graphml: Path) -> None:
    root = ElementTree.parse(graphml).getroot()
    declared = [key.get("id") for key in root.iterfind("{*}key")]

    assert len(declared) == len(set(declared)) > 10
    assert {data.get("key") for data in root.iterfind(".//{*}data")} <= set(declared)


def test_networkx_reads_node_link_json_as_a_multigraph_keyed_by_triple(
    nodelink: Any, sample_graph: FolderStore
) -> None:
    graph = nx.node_link_graph(nodelink, edges="edges")

    entities, triples = sample_graph.entities(), sample_graph.triples()
    assert isinstance(graph, nx.MultiDiGraph)
    assert {(h, t, key) for h, t, key in graph.edges(keys=True)} == set(
        triples.select("head", "tail", "id").iter_rows()
    )
    for row in entities.to_dicts():
        told = {name: value for name, value in row.items() if name not in ("id", "attributes") and value is not None}
        assert graph.nodes[row["id"]] == told | {"attributes": json.loads(row["attributes"])}
    assert graph.graph["sources"]["xywy"]["license"] == "LicenseRef-xywy-noncommercial"


def test_node_link_json_has_the_layout_of_networkx(nodelink: Any) -> None:
    again = nx.node_link_data(nx.node_link_graph(nodelink, edges="edges"), edges="edges")

    assert {**again, "edges": sorted(again["edges"], key=lambda edge: edge["key"])} == nodelink

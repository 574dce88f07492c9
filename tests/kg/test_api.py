from pathlib import Path

import polars as pl
import pytest

import kgtools
from kgtools.tools.errors import CypherError, InputError, StoreError, UsageError

SAMPLES = Path(__file__).parents[2] / "kg" / "samples"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> kgtools.Graph:
    """The sample of xywy, with our English names."""
    graph = kgtools.open_graph(tmp_path_factory.mktemp("api") / "graph")
    assert graph.load({"xywy": SAMPLES / "xywy" / "medical.json"}).outcome.agrees  # type: ignore[union-attr]
    graph.add_names()
    return graph


def test_a_load_tells_what_each_source_gave_and_that_it_was_read_back(tmp_path: Path) -> None:
    files = sorted((SAMPLES / "cmekg").glob("*.json"))

    result = kgtools.load(tmp_path / "graph", {"xywy": SAMPLES / "xywy" / "medical.json", "cmekg": files})

    assert [report.source for report in result.reports] == ["xywy", "cmekg"]
    assert result.outcome is not None
    assert result.outcome.agrees
    for report in result.reports:
        counts = report.totals["triples"]
        assert counts["read"] == counts["loaded"] + counts["merged"] + counts["rejected"] > 0


def test_a_dry_run_makes_no_graph(tmp_path: Path) -> None:
    result = kgtools.load(tmp_path / "graph", {"xywy": SAMPLES / "xywy" / "medical.json"}, dry_run=True)

    assert result.outcome is None
    assert not (tmp_path / "graph").exists()


def test_entities_and_triples_are_frames_of_the_declared_columns(graph: kgtools.Graph) -> None:
    entities, triples = graph.entities(), graph.triples()

    assert {"id", "type", "name", "name_en", "aliases", "sources", "attributes", "doubts"} <= set(entities.columns)
    assert triples.columns == ["id", "head", "relation", "tail", "sources", "origins", "contradicts"]
    assert triples["head"].is_in(entities["id"].implode()).all()


def test_a_query_is_a_frame_and_its_values_are_parameters(graph: kgtools.Graph) -> None:
    symptom = "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom {name: $name}) RETURN d.name AS disease ORDER BY disease"

    rows = graph.query(symptom, name="头痛")

    assert isinstance(rows, pl.DataFrame)
    assert rows.columns == ["disease"]
    assert "偏头痛" in rows["disease"]
    assert graph.query(symptom, name="头痛'}) RETURN 1 //").is_empty()


def test_networkx_has_every_entity_and_triple_with_its_columns(graph: kgtools.Graph) -> None:
    nodes = graph.to_networkx()
    triple = graph.triples().row(0, named=True)

    assert nodes.number_of_nodes() == graph.entities().height
    assert nodes.number_of_edges() == graph.triples().height
    assert nodes.edges[triple["head"], triple["tail"], triple["id"]]["relation"] == triple["relation"]


def test_an_audit_gives_its_offending_rows_as_a_frame(graph: kgtools.Graph) -> None:
    (finding,) = graph.audit(only=["contradictions"])

    assert finding.to_frame().height == len(finding.rows) > 0
    assert kgtools.audit(graph.store.folder, only=["contradictions"]) == [finding]  # type: ignore[attr-defined]


def test_a_source_goes_again_and_what_is_left_agrees(tmp_path: Path) -> None:
    graph = kgtools.open_graph(tmp_path / "graph")
    graph.load({"xywy": SAMPLES / "xywy" / "medical.json", "health39": SAMPLES / "39health" / "disease.csv"})

    graph.unload("xywy")

    assert graph.verify().agrees
    assert graph.triples()["sources"].explode().unique().to_list() == ["health39"]


def test_a_table_of_names_without_a_name_is_refused_and_changes_nothing(graph: kgtools.Graph, tmp_path: Path) -> None:
    (tmp_path / "none.tsv").write_text("zh\ten\n", encoding="utf-8")
    before = graph.entities()

    with pytest.raises(InputError, match="no row is a name"):
        graph.add_names(tmp_path / "none.tsv", license="MIT")

    assert kgtools.open_graph(graph.store.folder).entities().equals(before)  # type: ignore[attr-defined]


def test_what_a_user_can_mend_is_an_error_of_ours(graph: kgtools.Graph, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no graph here"):
        kgtools.open_graph(tmp_path / "none").entities()
    with pytest.raises(UsageError, match="no store for http"):
        kgtools.open_graph("http://localhost")
    with pytest.raises(CypherError):
        graph.query("MATCH (d:Disease RETURN d")
    with pytest.raises(UsageError, match="license"):
        graph.add_names(SAMPLES / "names.tsv")
    (tmp_path / "empty.json").write_text("")
    with pytest.raises(InputError, match=r"empty\.json"):
        kgtools.load(tmp_path / "graph", {"xywy": tmp_path / "empty.json"})
    assert not (tmp_path / "graph").exists()

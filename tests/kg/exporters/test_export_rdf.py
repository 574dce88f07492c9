from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, PROV

from kgtools.kg.align.sssom import curie
from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable
from kgtools.kg.diff import diff
from kgtools.kg.exporters import ExportOptions, export, rdf_lines, read_graph
from kgtools.kg.exporters.rdf_terms import BASE
from kgtools.kg.graph import change
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import NAMES
from kgtools.tools.errors import InputError, MissingExtraError
from tests.kg.leaving import ALLOWED

Run = Callable[..., Any]
KGO = Namespace(f"{BASE}ontology:")
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "感冒", "alias", "伤风"),
    ("Disease", "感冒", "cure_rate", "90%"),
    ("Drug", "甲", "INDICATED_FOR", "感冒"),
    ("Drug", "甲", "CONTRAINDICATED_FOR", "感冒"),
]
SYMPTOMS = """
SELECT ?zh ?en ?source ?licence ?origin WHERE {
  ?disease skos:prefLabel "感冒"@zh ; kgo:HAS_SYMPTOM ?symptom .
  ?symptom skos:prefLabel ?zh . FILTER(lang(?zh) = "zh")
  OPTIONAL { ?symptom skos:prefLabel ?en . FILTER(lang(?en) = "en") }
  ?fact rdf:subject ?disease ; rdf:predicate kgo:HAS_SYMPTOM ; rdf:object ?symptom ;
        prov:wasDerivedFrom ?source ; kgo:origin ?origin .
  ?source dcterms:license/dcterms:identifier ?licence .
} ORDER BY ?zh ?source"""


@pytest.fixture
def store(graph_of: Callable[..., FolderStore], tables_of: Run) -> FolderStore:
    store = graph_of(ROWS, alone=[("Symptom", "头痛", "headache")])

    def make(inputs: Inputs) -> Inputs:
        named = inputs.with_sources([tables_of(ROWS[:1], source="other", file="o.csv")])
        metadata = NamesMetadata(file="n.tsv", sha256="ab", license="MIT", names=1)
        return named.with_names(NameTable("hpo", metadata, NAMES.frame([("发热", "fever", None)])))

    change(store, make)
    return store


def parsed(store: FolderStore, out: Path, **how: Any) -> Graph:
    export("rdf", store, out, replace(ALLOWED, **how))
    return Graph().parse(out)


@pytest.mark.parametrize("ending", ["ttl", "nt"])
def test_sparql_finds_the_symptoms_of_a_disease_in_both_languages_with_sources(
    ending: str, store: FolderStore, tmp_path: Path
) -> None:
    graph = parsed(store, tmp_path / f"a.{ending}")

    rows = graph.query(SYMPTOMS, initNs={"kgo": KGO, "skos": SKOS, "prov": PROV, "dcterms": DCTERMS})

    assert [tuple(None if cell is None else str(cell) for cell in row) for row in rows] == [
        ("发热", "fever", f"{BASE}source:tiny", "CC0-1.0", "tiny/tiny.txt:2#HAS_SYMPTOM"),
        ("头痛", "headache", f"{BASE}source:other", "CC0-1.0", "other/o.csv:1#HAS_SYMPTOM"),
        ("头痛", "headache", f"{BASE}source:other", "CC0-1.0", "tiny/tiny.txt:1#HAS_SYMPTOM"),
        ("头痛", "headache", f"{BASE}source:tiny", "CC0-1.0", "other/o.csv:1#HAS_SYMPTOM"),
        ("头痛", "headache", f"{BASE}source:tiny", "CC0-1.0", "tiny/tiny.txt:1#HAS_SYMPTOM"),
    ]


def test_turtle_and_n_triples_say_the_same(sample_graph: FolderStore, tmp_path: Path) -> None:
    turtle, lines = (parsed(sample_graph, tmp_path / f"a.{ending}") for ending in ("ttl", "nt"))

    assert len(lines) == len((tmp_path / "a.nt").read_bytes().splitlines()) > 40_000
    assert {triple for triple in turtle if "_:" not in triple[0].n3() + triple[2].n3()} == {
        triple for triple in lines if "_:" not in triple[0].n3() + triple[2].n3()
    }


def test_both_syntaxes_are_isomorphic_with_their_blank_nodes(store: FolderStore, tmp_path: Path) -> None:
    assert isomorphic(parsed(store, tmp_path / "a.ttl"), parsed(store, tmp_path / "a.nt"))


def test_an_entity_is_a_concept_of_its_class_with_labels_and_attributes(store: FolderStore, tmp_path: Path) -> None:
    graph = parsed(store, tmp_path / "a.ttl")
    cold, headache = URIRef(f"{BASE}Disease:感冒"), URIRef(f"{BASE}Symptom:头痛")

    assert set(graph.objects(cold, RDF.type)) == {SKOS.Concept, KGO.Disease}
    assert set(graph.objects(cold, SKOS.prefLabel)) == {Literal("感冒", "zh")}
    assert set(graph.objects(cold, SKOS.altLabel)) == {Literal("伤风", "zh")}
    assert set(graph.objects(cold, KGO.cure_rate)) == {Literal("90%")}
    assert set(graph.objects(headache, SKOS.prefLabel)) == {Literal("头痛", "zh"), Literal("headache", "en")}
    assert set(graph.objects(headache, PROV.wasDerivedFrom)) == {URIRef(f"{BASE}source:{s}") for s in ("other", "tiny")}
    assert set(graph.objects(URIRef(f"{BASE}Symptom:发热"), KGO.nameFrom)) == {URIRef(f"{BASE}names:hpo")}


def test_every_fact_has_a_statement_under_its_id_with_its_origin(store: FolderStore, tmp_path: Path) -> None:
    graph = parsed(store, tmp_path / "a.ttl")

    facts = {str(fact).removeprefix(f"{BASE}fact:") for fact in graph.subjects(RDF.type, RDF.Statement)}
    ids = [f["id"] for source in store.inputs().sources for f in source.facts.to_dicts()]
    against = [(str(a)[-20:], str(b)[-20:]) for a, b in graph.subject_objects(KGO.contradicts)]

    assert facts == set(ids)
    assert sorted(against) == sorted(store.triples().drop_nulls("contradicts").select("id", "contradicts").rows())
    assert len(against) == 2
    origins = {str(origin) for origin in graph.objects(None, KGO.origin)}
    assert origins == {f"tiny/tiny.txt:{row}#{ROWS[row - 1][2]}" for row in range(1, 7)} | {"other/o.csv:1#HAS_SYMPTOM"}


def test_the_ontology_is_declared_with_labels_domain_range_and_inverse(store: FolderStore, tmp_path: Path) -> None:
    graph = parsed(store, tmp_path / "a.ttl")

    for name, relation in ontology().relations.items():
        labels = {Literal(relation.zh, "zh"), Literal(relation.en, "en")}
        assert set(graph.objects(KGO[name], RDFS.label)) == labels
        for predicate, types in ((RDFS.domain, relation.domain), (RDFS.range, relation.range)):
            (whole,) = graph.objects(KGO[name], predicate)
            union = graph.value(whole, OWL.unionOf)
            assert [*graph.items(union)] if union else [whole] == [KGO[type_] for type_ in types]
        assert (KGO[relation.inverse], OWL.inverseOf, KGO[name]) in graph or relation.inverse == name
    for name, attribute in ontology().attributes.items():
        assert set(graph.objects(KGO[name], RDFS.label)) == {Literal(attribute.zh, "zh"), Literal(attribute.en, "en")}
    for name, type_ in ontology().entities.items():
        assert (KGO[name], RDFS.label, Literal(type_.zh, "zh")) in graph


def test_each_source_is_named_with_its_licence_and_the_hashes_of_its_files(
    sample_graph: FolderStore, tmp_path: Path
) -> None:
    graph = parsed(sample_graph, tmp_path / "a.ttl")

    for name, metadata in sample_graph.metadata().sources.items():
        source = URIRef(f"{BASE}source:{name}")
        (licence,) = graph.objects(source, DCTERMS.license)
        files = {
            str(graph.value(f, DCTERMS.title)): str(graph.value(f, KGO.sha256))
            for f in graph.objects(source, PROV.wasDerivedFrom)
        }
        assert str(graph.value(licence, DCTERMS.identifier)) == metadata.license
        assert str(graph.value(licence, RDFS.comment)) == metadata.license_note
        assert files == metadata.files


def test_an_iri_percent_encoded_is_the_id_in_sssom(store: FolderStore, tmp_path: Path) -> None:
    graph = parsed(store, tmp_path / "a.nt")

    found = {str(iri) for iri in graph.subjects(RDF.type, SKOS.Concept)}

    assert {quote(iri, safe=":%") for iri in found} == {BASE + curie(id_) for id_ in store.entities()["id"]}


def test_a_base_of_ones_own_begins_every_iri_and_reads_back(store: FolderStore, tmp_path: Path) -> None:
    for ending in ("ttl", "nt"):
        graph = parsed(store, tmp_path / f"a.{ending}", base="https://example.org/kg#")
        assert URIRef("https://example.org/kg#Disease:感冒") in set(graph.subjects())
        assert not [node for triple in graph for node in triple if str(node).startswith(BASE)]
        assert diff((store.entities(), store.triples()), read_graph(str(tmp_path / f"a.{ending}"))).same


@pytest.mark.parametrize(("form", "ending"), [("turtle", "ttl"), ("nt", "nt")])
def test_a_file_that_another_tool_has_written_anew_reads_back(
    form: str, ending: str, graph_of: Callable[..., FolderStore], tmp_path: Path
) -> None:
    hostile = ["奇\"怪'\\ {{ x }}", "\u202eabc😀", "a.b-c~", "²①", "%41#<>", "长" * 2000]
    store = graph_of(
        [*ROWS, *(("Disease", name, field, name) for name in hostile for field in ("HAS_SYMPTOM", "cause"))]
    )
    parsed(store, tmp_path / "a.nt").serialize(tmp_path / f"b.{ending}", format=form, encoding="utf-8")

    back = read_graph(str(tmp_path / f"b.{ending}"))

    assert back[0].equals(store.entities())
    assert back[1].equals(store.triples())


def lines_of(store: FolderStore, file: Path) -> list[str]:
    export("rdf", store, file, ExportOptions())
    return file.read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("kgo:HAS_SYMPTOM Symptom:头痛 .", "Disease:感冒 HAS_SYMPTOM Symptom:头痛: has no property"),
        ('skos:prefLabel "头痛"@zh ;', "Symptom:头痛: lacks its Chinese skos:prefLabel"),
        ('kgo:origin "tiny/tiny.txt:2#HAS_SYMPTOM" .', "ends in the middle of a statement|has no|lacks"),
    ],
)
def test_turtle_with_a_line_missing_is_no_graph(without: str, message: str, store: FolderStore, tmp_path: Path) -> None:
    lines = lines_of(store, tmp_path / "a.ttl")
    kept = [line for line in lines if without not in line]
    assert len(kept) == len(lines) - 1
    (tmp_path / "a.ttl").write_text("\n".join(kept), encoding="utf-8")

    with pytest.raises(InputError, match=message):
        read_graph(str(tmp_path / "a.ttl"))


def test_n_triples_with_any_statement_missing_do_not_pass_for_the_graph(store: FolderStore, tmp_path: Path) -> None:
    lines = lines_of(store, tmp_path / "a.nt")
    graph = store.entities(), store.triples()
    about = [place for place, line in enumerate(lines) if ":fact:" in line or line.startswith(f"<{BASE}Disease:")]
    assert len(about) > 40
    implied = ("core#Concept> .", "#Statement> .")

    for place in about:
        (tmp_path / "b.nt").write_text("\n".join(lines[:place] + lines[place + 1 :]), encoding="utf-8")
        try:
            differs = not diff(graph, read_graph(str(tmp_path / "b.nt"))).same
        except InputError:
            differs = True
        assert differs or lines[place].endswith(implied), lines[place]


def test_a_file_that_was_cut_off_names_its_last_line(store: FolderStore, tmp_path: Path) -> None:
    for ending in ("ttl", "nt"):
        lines = lines_of(store, tmp_path / f"a.{ending}")
        (tmp_path / f"a.{ending}").write_text("\n".join(lines)[:-30], encoding="utf-8")
        with pytest.raises(InputError, match=rf"a\.{ending}:{len(lines) - 1}: .*was the download cut off\?"):
            read_graph(str(tmp_path / f"a.{ending}"))


def test_a_large_file_is_read_in_parts(sample_graph: FolderStore, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(rdf_lines, "CHUNK", 50_000)
    departments = sample_graph.entities().filter(pl.col("type") == "Department").height
    for ending in ("ttl", "nt"):
        export("rdf", sample_graph, tmp_path / f"a.{ending}", ALLOWED)

        parts = [*rdf_lines.statements(tmp_path / f"a.{ending}")]

        rows = pl.concat(parts)
        assert len(parts) > 20
        assert rows["subject"].null_count() == 0
        typed = rows.filter((pl.col("predicate") == "rdf:type") & (pl.col("object") == "kgo:Department"))
        assert typed.height == departments


def test_other_turtle_without_rdflib_names_the_pip_command(
    store: FolderStore, tmp_path: Path, monkeypatch: Any
) -> None:
    parsed(store, tmp_path / "a.ttl").serialize(tmp_path / "b.ttl")
    monkeypatch.setitem(__import__("sys").modules, "rdflib", None)

    assert read_graph(str(tmp_path / "a.ttl"))[0].height == store.entities().height
    with pytest.raises(MissingExtraError, match=r"pip install 'kgtools\[rdf\]'"):
        read_graph(str(tmp_path / "b.ttl"))

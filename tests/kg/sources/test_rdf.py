import sys
from pathlib import Path

import pytest

from kgtools.kg.build.normalize import clean
from kgtools.kg.source import Options, Reading
from kgtools.kg.sources.rdf import EXAMPLE, read
from kgtools.tools.errors import InputError, MissingExtraError

MAPPING = """\
source: mykg
title: My graph
license: CC-BY-4.0
prefixes: {ex: "http://example.org/"}
classes: {Disease: [ex:Disease, "http://example.org/Illness"], Symptom: [ex:Symptom]}
fields:
  ex:hasSymptom: {relation: HAS_SYMPTOM}
  ex:treats: {relation: INDICATED_FOR, head: Drug}
  ex:cause: {attribute: cause}
  skos:exactMatch: {attribute: umls}
"""
PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
FLU = """
ex:flu a ex:Disease ; rdfs:label "流感"@zh, "flu"@en ; ex:hasSymptom ex:fever .
ex:fever rdfs:label "发热"@zh-CN, "fever"@en-GB .
"""


def options(folder: Path, mapping: str = MAPPING) -> Options:
    path = folder / "mapping.yaml"
    path.write_text(mapping, encoding="utf-8")
    return Options(mapping=path)


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def turtle(folder: Path, text: str) -> Reading:
    return read([write(folder, "a.ttl", PREFIXES + text)], options(folder))


def said(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    return list(reading.statements.select(columns or ("head_type", "head", "field", "tail_type", "tail")).iter_rows())


def named(reading: Reading, *columns: str) -> list[tuple[object, ...]]:
    return list(reading.mentions.select(columns or ("type", "name", "name_en", "row")).iter_rows())


SAID = [("Disease", "流感", "ex:hasSymptom", "Symptom", "发热")]
NT = """\
# flu
<http://example.org/flu> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/Disease> .
<http://example.org/flu> <http://www.w3.org/2000/01/rdf-schema#label> "\\u6D41\\u611F"@zh .

<http://example.org/flu> <http://example.org/hasSymptom> <http://example.org/fever> .
<http://example.org/fever> <http://www.w3.org/2000/01/rdf-schema#label> "发热"@zh .
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ex="http://example.org/"
         xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
  <ex:Disease rdf:about="http://example.org/flu">
    <rdfs:label xml:lang="zh">流感</rdfs:label>
    <ex:hasSymptom rdf:resource="http://example.org/fever"/>
  </ex:Disease>
  <rdf:Description rdf:about="http://example.org/fever"><rdfs:label xml:lang="zh">发热</rdfs:label></rdf:Description>
</rdf:RDF>
"""


def test_turtle_gives_names_in_both_languages_and_the_place_of_the_subject(tmp_path: Path) -> None:
    reading = turtle(tmp_path, FLU)

    assert said(reading) == SAID
    assert named(reading) == [("Symptom", "发热", "fever", 1), ("Disease", "流感", "flu", 2)]
    assert reading.statements["row"].to_list() == [2]
    assert reading.source == "mykg"
    assert clean(reading).facts.height == 1


@pytest.mark.parametrize("name", ["a.nt", "a.txt"])
def test_triples_are_read_from_n_triples(tmp_path: Path, name: str) -> None:
    assert said(read([write(tmp_path, name, NT)], options(tmp_path))) == SAID


def test_the_row_of_n_triples_is_the_line(tmp_path: Path) -> None:
    reading = read([write(tmp_path, "a.nt", NT)], options(tmp_path))

    assert reading.statements["row"].to_list() == [5]
    assert named(reading, "name", "row") == [("流感", 2), ("发热", 6)]


@pytest.mark.parametrize("name", ["a.rdf", "a.owl", "a.dump"])
def test_triples_are_read_from_rdf_xml(tmp_path: Path, name: str) -> None:
    assert said(read([write(tmp_path, name, XML)], options(tmp_path))) == SAID


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_any_usual_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.ttl", PREFIXES + FLU, encoding)

    assert said(read([path], options(tmp_path))) == SAID


def test_labels_may_stand_in_another_file(tmp_path: Path) -> None:
    facts, labels = FLU.replace('rdfs:label "流感"@zh, "flu"@en ;', ""), 'ex:flu rdfs:label "流感"@zh .'
    paths = [write(tmp_path, "a.ttl", PREFIXES + facts), write(tmp_path, "b.ttl", PREFIXES + labels)]

    reading = read(paths, options(tmp_path))

    assert said(reading) == SAID
    assert named(reading, "name", "file") == [("发热", "a.ttl"), ("流感", "a.ttl"), ("流感", "b.ttl")]


def test_the_simplified_label_is_the_name_and_the_others_are_aliases(tmp_path: Path) -> None:
    labels = '"流行性感冒"@zh-TW, "流感"@zh, "流行感冒"@zh, "流感", "Grippe"@de, "flu"@en, "influenza"@en'
    reading = turtle(
        tmp_path, f'ex:flu a ex:Disease ; rdfs:label {labels} ; skos:altLabel "时行感冒"@zh, "grippe"@en .'
    )

    assert named(reading) == [("Disease", "流感", "flu", 1)]
    assert said(reading, "field", "tail") == [
        ("rdfs:label", "流行性感冒"),
        ("rdfs:label", "流行感冒"),
        ("skos:altLabel", "时行感冒"),
    ]
    assert {reading.info.fields[key].kind for key in ("rdfs:label", "skos:altLabel")} == {"alias"}
    assert reading.skipped == {
        ("rdfs:label", "other-label"): 1,
        ("rdfs:label", "other-language"): 1,
        ("skos:altLabel", "other-label"): 1,
    }


def test_a_label_without_a_language_is_the_name_where_there_is_no_chinese_one(tmp_path: Path) -> None:
    assert named(turtle(tmp_path, 'ex:flu a ex:Disease ; skos:prefLabel "流感" .')) == [("Disease", "流感", None, 1)]


def test_an_entity_without_a_chinese_name_is_refused_with_all_it_says(tmp_path: Path) -> None:
    text = 'ex:flu a ex:Disease ; rdfs:label "flu"@en ; ex:cause "病毒" . ex:cold a ex:Disease ; rdfs:label "感冒"@zh'
    reading = turtle(tmp_path, text + ' ; ex:hasSymptom ex:x, "咳嗽", "cough"@en .')

    assert named(reading, "name", "reason") == [("感冒", None), ("flu", "no-name")]
    assert said(reading, "head", "tail", "reason") == [
        ("感冒", "ex:x", "no-name"),
        ("感冒", "cough", "no-name"),
        ("感冒", "咳嗽", None),
        ("flu", "病毒", "no-name"),
    ]


def test_a_node_without_a_class_has_the_type_of_the_fields_that_use_it(tmp_path: Path) -> None:
    text = 'ex:a rdfs:label "阿司匹林"@zh ; ex:treats ex:h . ex:h rdfs:label "头痛"@zh . ex:z rdfs:label "谜"@zh .'
    reading = turtle(tmp_path, text)

    assert said(reading) == [("Drug", "阿司匹林", "ex:treats", "Disease", "头痛")]
    assert named(reading, "type", "name", "reason") == [
        ("Drug", "阿司匹林", None),
        ("Disease", "头痛", None),
        ("untyped", "谜", "unknown-type"),
    ]


def test_two_classes_are_two_entities(tmp_path: Path) -> None:
    text = 'ex:h a ex:Illness, ex:Symptom, ex:Thing ; rdfs:label "头痛"@zh ; ex:cause "劳累"@zh .'
    reading = turtle(tmp_path, text)

    assert said(reading, "head_type", "tail") == [("Disease", "劳累"), ("Symptom", "劳累")]
    assert reading.skipped == {("rdf:type", "unknown-class"): 1}


def test_attributes_keep_literals_and_iris_as_they_are(tmp_path: Path) -> None:
    text = 'ex:flu a ex:Disease ; rdfs:label "流感"@zh ; ex:cause """病\n毒""" ; skos:exactMatch <http://umls/C1> .'

    assert said(turtle(tmp_path, text), "field", "tail_type", "tail") == [
        ("ex:cause", None, "病\n毒"),
        ("skos:exactMatch", None, "http://umls/C1"),
    ]


def test_an_unknown_predicate_is_kept_under_its_curie_or_iri(tmp_path: Path) -> None:
    reading = turtle(tmp_path, FLU + 'ex:flu ex:star "白羊" ; <http://other/p> "x" .')

    assert said(reading, "field", "tail")[1:] == [("ex:star", "白羊"), ("http://other/p", "x")]
    assert clean(reading).rejects["reason"].to_list() == ["unknown-relation", "unknown-relation"]


def test_blank_nodes_are_counted_and_left_out(tmp_path: Path) -> None:
    reading = turtle(tmp_path, FLU + 'ex:flu ex:cause [ rdfs:label "病毒"@zh ] .')

    assert said(reading) == SAID
    assert reading.skipped == {("ex:cause", "blank-node"): 1, ("rdfs:label", "blank-node"): 1}


def test_half_a_surrogate_pair_refuses_its_value(tmp_path: Path) -> None:
    assert said(turtle(tmp_path, FLU + r'ex:flu ex:cause "\ud800" .'), "tail", "reason")[0] == (
        "\ufffd",
        "lone-surrogate",
    )


def test_the_order_of_the_triples_in_a_file_does_not_matter(tmp_path: Path) -> None:
    parts = [
        part + "." for part in (FLU + 'ex:cold a ex:Disease ; rdfs:label "感冒"@zh ; ex:cause "b", "a" ').split(".\n")
    ]
    one, other = turtle(tmp_path, "\n".join(parts)), turtle(tmp_path, "\n".join(reversed(parts)))

    assert one.statements.equals(other.statements)
    assert one.mentions.equals(other.mentions)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ttl", PREFIXES + "ex:a ex:b ex:c .\nex:a zz:b ex:c .", r'a.ttl:5: not Turtle: Prefix "zz:" not bound'),
        ("a.nt", NT + "<http://a> <http://b> .\n", r"a.nt:7: not N-Triples"),
        (
            "a.ttl",
            "@prefix u: <urn:> .\nu:a u:b u:c",
            r"a\.ttl: not RDF \(turtle\): it breaks off within a term; was the .* cut off",
        ),
        ("a.rdf", XML.replace("</rdf:RDF>", ""), r"a.rdf:10: not RDF/XML: .*cut off"),
        ("a.ttl", "", r"a.ttl: is empty"),
    ],
)
def test_a_file_that_is_not_rdf_is_refused_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read([write(tmp_path, name, text)], options(tmp_path))


def test_an_unknown_prefix_in_the_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mapping.yaml:1: .*'exx:cause' .* did you mean ex"):
        read([], options(tmp_path, MAPPING.replace("ex:cause", "exx:cause")))


def test_without_a_mapping_the_smallest_one_is_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs --mapping FILE"):
        read([], Options())
    path = write(tmp_path, "a.ttl", PREFIXES + FLU)

    assert said(read([path], options(tmp_path, EXAMPLE))) == SAID


def test_without_rdflib_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'kgtools\[rdf\]'"):
        read([write(tmp_path, "a.ttl", FLU)], options(tmp_path))

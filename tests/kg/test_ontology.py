import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kgtools.kg.build.normalize import HAN, RULES
from kgtools.kg.ontology import Field, Ontology, ontology
from kgtools.tools import registry
from kgtools.tools.config import load_yaml
from kgtools.tools.errors import InputError

KNOWN = ontology()
FIELDS = [(source, field) for source, info in KNOWN.sources.items() for field in info.fields]


def small(**changed: Any) -> dict[str, Any]:
    """An ontology of two types and one relation, some of it changed."""
    return {
        "version": 1,
        "entities": {
            "Disease": {"zh": "疾病", "en": "disease", "plural": "diseases"},
            "Food": {"zh": "食物", "en": "food", "plural": "foods"},
        },
        "relations": {
            "SHOULD_EAT": {"zh": "宜吃", "en": "eat", "domain": ["Disease"], "range": ["Food"], "inverse": "GOOD_FOR"}
        },
        "attributes": {"cause": {"zh": "病因", "en": "cause"}},
    } | changed


def test_the_ontology_knows_types_relations_attributes_and_sources() -> None:
    assert len(KNOWN.entities) >= 9
    assert len(KNOWN.relations) >= 23
    assert len(KNOWN.attributes) >= 40
    assert {"xywy", "health39", "cmekg"} <= set(KNOWN.sources)


def test_no_name_is_a_relation_and_an_attribute() -> None:
    assert not set(KNOWN.relations) & set(KNOWN.attributes)
    assert not {"alias", "class"} & {*KNOWN.relations, *KNOWN.attributes}


@pytest.mark.parametrize("name", KNOWN.entities)
def test_an_entity_type_is_an_english_label_with_words_in_both_languages(name: str) -> None:
    words = KNOWN.entities[name]

    assert re.fullmatch(r"[A-Z][A-Za-z]+", name)
    assert re.fullmatch(r"[一-鿿]+", words.zh)
    assert re.fullmatch(r"[a-z ]+", words.en)
    assert re.fullmatch(r"[a-z ]+", words.plural)
    assert words.plural != words.en


@pytest.mark.parametrize("name", KNOWN.relations)
def test_a_relation_is_an_english_label_with_words_in_both_languages(name: str) -> None:
    relation = KNOWN.relations[name]

    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", name)
    assert re.fullmatch(r"[一-鿿]+", relation.zh)
    assert re.fullmatch(r"[a-z]+([ -][a-z]+)*", relation.en)
    assert relation.domain
    assert relation.range


@pytest.mark.parametrize("name", KNOWN.relations)
def test_a_relation_read_backwards_has_a_name_of_its_own(name: str) -> None:
    relation = KNOWN.relations[name]

    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", relation.inverse)
    assert (relation.inverse == name) == relation.symmetric
    assert relation.inverse not in set(KNOWN.relations) - {name}
    assert [other for other, r in KNOWN.relations.items() if r.inverse == relation.inverse] == [name]
    if relation.symmetric:
        assert relation.domain == relation.range


@pytest.mark.parametrize("name", [name for name, relation in KNOWN.relations.items() if relation.contradicts])
def test_two_relations_that_contradict_each_other_say_so_of_each_other(name: str) -> None:
    relation = KNOWN.relations[name]
    other = KNOWN.relations[str(relation.contradicts)]

    assert relation.contradicts != name
    assert other.contradicts == name
    assert set(relation.domain) & set(other.domain)
    assert set(relation.range) & set(other.range)


def test_foods_and_indications_can_contradict_each_other() -> None:
    pairs = {frozenset((name, r.contradicts)) for name, r in KNOWN.relations.items() if r.contradicts}

    assert pairs == {
        frozenset(("SHOULD_EAT", "SHOULD_AVOID")),
        frozenset(("INDICATED_FOR", "CONTRAINDICATED_FOR")),
    }


@pytest.mark.parametrize("name", KNOWN.attributes)
def test_an_attribute_has_words_in_both_languages(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name)
    assert KNOWN.attributes[name].zh
    assert re.fullmatch(r"[\x20-\x7e]+", KNOWN.attributes[name].en)


@pytest.mark.parametrize(("source", "field"), FIELDS)
def test_a_field_of_a_source_fits_the_signature_of_its_relation(source: str, field: str) -> None:
    meaning = KNOWN.sources[source].fields[field]

    assert meaning.kind in ("relation", "attribute", "alias", "class")
    if meaning.kind == "relation":
        relation = KNOWN.relations[meaning.target]
        assert KNOWN.tail_type(meaning) in relation.range
        assert meaning.head is None or meaning.head in relation.domain
    else:
        assert (meaning.head, meaning.tail) == (None, None)
    if meaning.kind == "attribute":
        assert meaning.target in KNOWN.attributes


@pytest.mark.parametrize("source", KNOWN.sources)
def test_a_source_has_a_reader_a_title_and_a_licence(source: str) -> None:
    info = KNOWN.sources[source]

    assert source in registry.names("sources")
    assert info.title
    assert info.license
    assert info.license_note
    assert info.fields


@pytest.mark.parametrize(
    ("source", "type_", "words"),
    [(source, t, words) for source, info in KNOWN.sources.items() for t, words in info.residue.items()],
)
def test_residue_is_a_list_of_distinct_words_of_a_known_type(source: str, type_: str, words: tuple[str, ...]) -> None:
    assert source in KNOWN.sources
    assert type_ in KNOWN.entities
    assert words
    assert len(set(words)) == len(words)
    assert all(word == word.strip() and word for word in words)


def test_every_signature_is_head_relation_and_tail() -> None:
    signatures = KNOWN.signatures()

    assert "Disease|HAS_SYMPTOM|Symptom" in signatures
    assert "Symptom|HAS_SYMPTOM|Disease" not in signatures
    assert (
        len(signatures) == len(set(signatures)) == sum(len(r.domain) * len(r.range) for r in KNOWN.relations.values())
    )


def test_every_rule_says_what_it_means() -> None:
    assert all(re.fullmatch(r"[a-z-]+", name) and meaning.count(": ") == 1 for name, meaning in RULES.items())
    assert HAN


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"relations": {"R": {"zh": "", "en": "", "domain": ["Diseas"], "range": ["Food"], "inverse": "I"}}}, "did you mean Disease?"),
        ({"relations": {"R": {"zh": "", "en": "", "domain": ["Disease"], "range": ["Foods"], "inverse": "I"}}}, "did you mean Food?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "fields": {"f": {"relation": "SHOUD_EAT"}}}}}, "did you mean SHOULD_EAT?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "fields": {"f": {"attribute": "causes"}}}}}, "did you mean cause?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "fields": {"f": {"relation": "SHOULD_EAT", "tail": "Fod"}}}}}, "did you mean Food?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "fields": {"f": {"relation": "SHOULD_EAT", "head": "Disese"}}}}}, "did you mean Disease?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "residue": {"Deseases": ["x"]}}}}, "did you mean Disease?"),
        ({"sources": {"s": {"title": "", "license": "MIT", "classes": {"Dis": ["x"]}}}}, "'Dis' is not in the ontology"),
    ],
)  # fmt: skip
def test_a_name_that_the_ontology_lacks_is_refused_with_the_nearest(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Ontology.model_validate(small(**changed))

    assert said in str(raised.value)


def test_a_contradiction_with_an_unknown_relation_is_refused() -> None:
    relations = small()["relations"]
    relations["SHOULD_EAT"]["contradicts"] = "SHOULD_EATS"

    with pytest.raises(ValidationError, match=r"did you mean SHOULD_EAT\?"):
        Ontology.model_validate(small(relations=relations))


def test_every_name_that_the_ontology_lacks_is_in_the_message() -> None:
    fields = {
        "a": {"relation": "NONE_SUCH"},
        "b": {"attribute": "no_such"},
        "c": {"relation": "SHOULD_EAT", "tail": "Nix"},
    }
    sources = {"s": {"title": "", "license": "MIT", "fields": fields}}

    with pytest.raises(ValidationError) as raised:
        Ontology.model_validate(small(sources=sources))

    assert all(name in str(raised.value) for name in ("NONE_SUCH", "no_such", "Nix"))


@pytest.mark.parametrize(
    "field",
    [
        {},
        {"relation": "SHOULD_EAT", "attribute": "cause"},
        {"alias": True, "class": True},
        {"alias": False},
    ],
)
def test_a_field_says_exactly_one_thing(field: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give exactly one of relation, attribute, alias: true, class: true"):
        Field.model_validate(field)


def test_a_field_that_is_a_word_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ontology.yaml"
    path.write_text(
        "version: 1\nentities: {}\nrelations: {}\nattributes: {}\nsources:\n  s:\n"
        "    title: S\n    license: MIT\n    fields:\n      f: SHOULD_EAT\n",
        encoding="utf-8",
    )

    with pytest.raises(InputError, match=r"ontology\.yaml:10: sources\.s\.fields\.f: "):
        load_yaml(path, Ontology)


@pytest.mark.parametrize(
    ("field", "kind", "target"),
    [
        ({"relation": "SHOULD_EAT"}, "relation", "SHOULD_EAT"),
        ({"attribute": "cause"}, "attribute", "cause"),
        ({"alias": True}, "alias", "alias"),
        ({"class": True}, "class", "class"),
    ],
)
def test_a_field_knows_what_it_says_and_of_what(field: dict[str, Any], kind: str, target: str) -> None:
    made = Field.model_validate(field)

    assert (made.kind, made.target) == (kind, target)

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kgtools.kg.graph import change
from kgtools.kg.stores import Store
from kgtools.kg.tables import TRIPLES
from kgtools.templates.facts import find_triples, view
from kgtools.tools.errors import InputError

Graph = Callable[..., Store]
GOUT, PAIN = "Disease:痛风", "Symptom:关节痛"


def reasons(store: Store) -> list[str | None]:
    return view(store).facts["reason"].to_list()


def rows(store: Store) -> dict[str, dict[str, Any]]:
    """The facts of a view by their relation."""
    return {row["relation"]: row for row in view(store).facts.iter_rows(named=True)}


def test_a_view_holds_the_triples_and_the_attribute_values_under_the_ids_of_the_graph(graph: Graph) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN), (GOUT, "icd10", "M10"), (GOUT, "alias", "痛风病")])

    seen = view(store).facts

    assert dict(seen.select("relation", "kind").iter_rows()) == {
        "HAS_SYMPTOM": "relation",
        "icd10": "attribute",
        "alias": "alias",
    }
    assert seen["id"].to_list() == sorted(fact for source in store.inputs().sources for fact in source.facts["id"])


def test_a_view_of_a_graph_without_attributes_holds_its_triples(graph: Graph) -> None:
    assert reasons(graph([(GOUT, "HAS_SYMPTOM", PAIN)])) == [None]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((GOUT, "HAS_COMPLICATION", GOUT), "self-loop"),
        (("Disease:头痛", "HAS_SYMPTOM", "Symptom:头痛"), "same-name"),
        (("Disease:新生儿呼吸...", "HAS_SYMPTOM", PAIN), "truncated-name"),
        ((GOUT, "HAS_SYMPTOM", "Symptom:关节…"), "truncated-name"),
        ((GOUT, "HAS_DRUG", "Drug:21"), "digits-only-name"),
        ((GOUT, "HAS_DRUG", "Drug:５０％"), "digits-only-name"),
        (("Disease:12", "icd10", "M10"), "digits-only-name"),
        (("Disease:...", "icd10", "M10"), "truncated-name"),
        ((GOUT, "HAS_SYMPTOM", PAIN), None),
        ((GOUT, "HAS_DRUG", "Drug:维生素B12"), None),
        (("Disease:Ⅱ型糖尿病", "HAS_SYMPTOM", "Symptom:...多饮"), None),
    ],
)
def test_a_fact_that_nobody_should_be_asked_about_has_its_reason(
    graph: Graph, said: tuple[str, str, str], reason: str | None
) -> None:
    assert reasons(graph([said])) == [reason]


def test_both_sides_of_a_contradiction_are_left_out(graph: Graph) -> None:
    store = graph(
        [(GOUT, "SHOULD_EAT", "Food:香蕉"), (GOUT, "SHOULD_AVOID", "Food:香蕉"), (GOUT, "SHOULD_EAT", "Food:米")]
    )

    assert sorted(reasons(store), key=str) == [None, "contradiction", "contradiction"]


def test_a_contradiction_of_two_sources_is_left_out(graph: Graph) -> None:
    store = graph([(GOUT, "SHOULD_EAT", "Food:香蕉")], two=[(GOUT, "SHOULD_AVOID", "Food:香蕉")])

    assert reasons(store) == ["contradiction"] * 2


def test_a_fact_knows_how_many_sources_confirm_it_and_their_licences(graph: Graph) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN), (GOUT, "icd10", "M10")], two=[(GOUT, "HAS_SYMPTOM", PAIN)])
    seen = view(store)
    facts = rows(store)

    assert facts["HAS_SYMPTOM"]["confirmed"] == 2
    assert facts["icd10"]["confirmed"] == 1
    assert [both for bit, both in seen.licenses.items() if facts["HAS_SYMPTOM"]["mask"] & bit] == [
        ("one", "MIT"),
        ("two", "CC-BY-4.0"),
    ]
    assert [both for bit, both in seen.licenses.items() if facts["icd10"]["mask"] & bit] == [("one", "MIT")]


def test_a_table_of_names_called_like_a_source_hides_no_licence(graph: Graph) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], {GOUT: "gout"}, table="one", license_="LicenseRef-HPO")

    assert list(view(store).licenses.values()) == [("one", "MIT AND LicenseRef-HPO")]


def test_a_choice_of_licences_has_parentheses_for_it_will_stand_beside_others(graph: Graph) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], {GOUT: "gout"}, table="names", license_="CC0-1.0 OR unknown")

    assert list(view(store).licenses.values()) == [("one", "MIT"), ("names", "(CC0-1.0 OR unknown)")]


def test_more_sources_than_a_mask_has_bits_are_refused(graph: Graph) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", PAIN)], {GOUT: "gout"})
    (table,) = store.inputs().names
    for number in range(60):
        change(store, lambda inputs, number=number: inputs.with_names(replace(table, name=f"t{number}")))

    assert max(view(store).licenses) == 1 << 61
    change(store, lambda inputs: inputs.with_names(replace(table, name="one more")))
    with pytest.raises(InputError, match="the graph has 63 sources and tables of names; records can tell 62 apart"):
        view(store)


def test_facts_are_found_by_their_ids_triples_and_values_alike(graph: Graph) -> None:
    store = graph(
        [(GOUT, "HAS_SYMPTOM", PAIN), (GOUT, "icd10", "M10"), (GOUT, "icd10", "M11")], two=[(GOUT, "icd10", "M10")]
    )
    facts = rows(graph([(GOUT, "HAS_SYMPTOM", PAIN), (GOUT, "icd10", "M10")]))

    found = find_triples(
        store.entities(), store.triples(), {facts["HAS_SYMPTOM"]["id"], facts["icd10"]["id"], "no such id"}
    )

    assert {
        row["relation"]: (row["kind"], row["head"], row["tail"], row["sources"], row["origins"]) for row in found
    } == {
        "HAS_SYMPTOM": ("relation", GOUT, PAIN, ["one"], ["one/said.tsv:1#HAS_SYMPTOM"]),
        "icd10": ("attribute", GOUT, "M10", ["one", "two"], ["one/said.tsv:2#icd10", "two/said.tsv:1#icd10"]),
    }


def test_no_ids_find_no_facts(graph: Graph) -> None:
    assert find_triples(graph([(GOUT, "HAS_SYMPTOM", PAIN)]).entities(), TRIPLES.frame(), set()) == []


def test_an_alias_that_is_cut_off_or_the_name_itself_is_not_asked_about(graph: Graph) -> None:
    store = graph(
        [(GOUT, "alias", "痛风性关节..."), (GOUT, "alias", "痛风"), (GOUT, "alias", "尿酸病"), (GOUT, "cause", "痛风")]
    )

    facts = view(store).facts

    assert {(row["kind"], row["value"]): row["reason"] for row in facts.iter_rows(named=True)} == {
        ("alias", "痛风性关节..."): "truncated-name",
        ("alias", "痛风"): "same-name",
        ("alias", "尿酸病"): None,
        ("attribute", "痛风"): None,
    }

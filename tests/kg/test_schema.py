"""What a graph consists of: kgtools schema."""

from collections.abc import Callable

import polars as pl
import pytest

from kgtools.kg.schema import JoinedTypes, schema
from kgtools.kg.stores.folder.store import FolderStore
from tests.conftest import Ran

Run = Callable[..., Ran]
Graph = Callable[..., FolderStore]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "感冒", "HAS_SYMPTOM", "咳嗽"),
    ("Disease", "肺炎", "HAS_SYMPTOM", "发热"),
    ("Disease", "肺炎", "HAS_DRUG", "青霉素"),
    ("Disease", "肺炎", "cause", "细菌"),
]


def test_types_relations_and_attributes_that_are_there_are_told_with_an_example(graph_of: Graph) -> None:
    found = schema(graph_of(ROWS))

    assert [(each.type, each.count, each.example) for each in found.types] == [
        ("Disease", 2, "感冒"), ("Symptom", 2, "发热"), ("Drug", 1, "青霉素"),
    ]  # fmt: skip
    assert [(each.relation, each.count, each.between, each.example) for each in found.relations] == [
        ("HAS_SYMPTOM", 3, [JoinedTypes("Disease", "Symptom", 3, True)], ("感冒", "发热")),
        ("HAS_DRUG", 1, [JoinedTypes("Disease", "Drug", 1, True)], ("肺炎", "青霉素")),
    ]
    assert [(each.attribute, each.count, each.example) for each in found.attributes] == [("cause", 1, "细菌")]
    assert found.types[0].attributes == {"cause": 1}
    assert found.relations[0].inverse == "SYMPTOM_OF"


def test_the_counts_are_those_of_the_tables(sample_graph: FolderStore) -> None:
    found, entities, triples = schema(sample_graph), sample_graph.entities(), sample_graph.triples()

    assert {each.type: each.count for each in found.types} == dict(entities.group_by("type").len().iter_rows())
    assert {each.relation: each.count for each in found.relations} == dict(
        triples.group_by("relation").len().iter_rows()
    )
    assert all(sum(pair.count for pair in each.between) == each.count for each in found.relations)
    names = set(entities["name"])
    assert {name for each in found.relations for name in each.example} | {each.example for each in found.types} <= names
    held = entities.filter(pl.col("attributes").str.contains('"cure_rate":')).height
    assert {each.attribute: each.count for each in found.attributes}["cure_rate"] == held


@pytest.mark.parametrize("style", ["table", "markdown", "latex"])
def test_people_and_programs_are_told_the_same(kgtools: Run, sample_graph: FolderStore, style: str) -> None:
    told = kgtools("schema", "--graph", sample_graph.folder, "--format", "json").json
    shown = kgtools("schema", "--graph", sample_graph.folder, "--format", style).out.replace("\\", "")

    assert told == schema(sample_graph).to_dict() | {"relations": [
        each | {"example": list(each["example"])} for each in schema(sample_graph).to_dict()["relations"]
    ]}  # fmt: skip
    assert all(each["relation"] in shown and each["inverse"] in shown for each in told["relations"])
    assert all(each["attribute"] in shown for each in told["attributes"])

"""What was read back against what should be there."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.stores.reconcile import Compared, StoredGraph, checksum, reconcile
from kgtools.kg.tables import ENTITIES, TRIPLES

text = st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), max_size=4)
row = st.tuples(st.none() | text, st.none() | text, st.lists(text, max_size=2))
table = st.lists(row, max_size=8)
SCHEMA = {"a": pl.String, "b": pl.String, "c": pl.List(pl.String)}


@given(table, st.integers(0, 9))
def test_a_checksum_does_not_see_the_order_of_rows(rows: list[Any], seed: int) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")

    assert checksum(frame) == checksum(frame.sample(fraction=1, shuffle=True, seed=seed))


@given(table.filter(bool), st.data())
def test_a_checksum_sees_every_other_change(rows: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(row.filter(lambda drawn: drawn != rows[at]))
    one = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    another = pl.DataFrame([*rows[:at], other, *rows[at + 1 :]], schema=SCHEMA, orient="row")

    assert checksum(one) != checksum(another)


ENTITY = ("Disease:感冒", "Disease", "感冒", None, None, ["伤风"], ["a"], "{}", [])
OTHER = ("Symptom:头痛", "Symptom", "头痛", None, None, [], ["a"], "{}", [])
TRIPLE = ("1", "Disease:感冒", "HAS_SYMPTOM", "Symptom:头痛", ["a"], ["a/f:1#x"], None)


def compared(entities: list[Any], triples: list[Any], foreign: dict[str, int] | None = None) -> list[Compared]:
    """What differs where these rows are found, and ENTITY, OTHER and TRIPLE are wanted."""
    stored = StoredGraph(ENTITIES.frame(entities), TRIPLES.frame(triples), foreign or {})
    outcome = reconcile(ENTITIES.frame([ENTITY, OTHER]), TRIPLES.frame([TRIPLE]), stored)
    assert outcome.agrees == (not outcome.differences and not outcome.foreign)
    return outcome.differences


def test_the_same_rows_agree_in_any_order() -> None:
    assert compared([OTHER, ENTITY], [TRIPLE]) == []


@pytest.mark.parametrize(
    ("place", "value", "example"),
    [
        (2, "感", "changed: Disease:感冒 (name: '感冒', found '感')"),
        (2, None, "changed: Disease:感冒 (name: '感冒', found None)"),
        (3, "cold", "changed: Disease:感冒 (name_en: None, found 'cold')"),
        (5, [], "changed: Disease:感冒 (aliases: ['伤风'], found [])"),
        (5, None, "changed: Disease:感冒 (aliases: ['伤风'], found None)"),
        (5, ["伤风", None], "changed: Disease:感冒 (aliases: ['伤风'], found ['伤风', None])"),
        (6, ["a", "b"], "changed: Disease:感冒 (sources: ['a'], found ['a', 'b'])"),
        (7, "长" * 100, f"changed: Disease:感冒 (attributes: '{{}}', found '{'长' * 39}... (102 characters))"),
        (8, ["other-type"], "changed: Disease:感冒 (doubts: [], found ['other-type'])"),
    ],
)
def test_a_changed_value_is_counted_and_named(place: int, value: Any, example: str) -> None:
    (row,) = compared([(*ENTITY[:place], value, *ENTITY[place + 1 :]), OTHER], [TRIPLE])

    assert (row.kind, row.name, row.wanted, row.found) == ("entity", "Disease", 1, 1)
    assert (row.lost, row.foreign, row.changed, row.doubled) == (0, 0, 1, 0)
    assert row.examples == (example,)
    assert row.wanted_checksum != row.found_checksum


def test_lost_foreign_and_doubled_rows_are_counted_and_named() -> None:
    foreign = ("2", "Disease:感冒", "HAS_SYMPTOM", "Symptom:咳嗽", ["a"], ["a/f:1#x"], None)
    bare = (None, "Disease:感冒", "HAS_SYMPTOM", "Symptom:头痛", None, None, None)

    entity, relation = compared([ENTITY], [TRIPLE, TRIPLE, foreign, bare])

    assert (entity.name, entity.lost, entity.examples) == ("Symptom", 1, ("lost: Symptom:头痛",))
    assert (relation.lost, relation.foreign, relation.changed, relation.doubled) == (0, 2, 0, 1)
    assert relation.examples == (
        "foreign: Disease:感冒 -> Symptom:头痛",
        "foreign: Disease:感冒 -> Symptom:咳嗽",
        "doubled: Disease:感冒 -> Symptom:头痛",
    )


def test_an_empty_store_has_lost_everything() -> None:
    rows = compared([], [])

    assert [(row.name, row.wanted, row.found, row.lost) for row in rows] == [
        ("Disease", 1, 0, 1), ("Symptom", 1, 0, 1), ("HAS_SYMPTOM", 1, 0, 1),
    ]  # fmt: skip
    assert {row.found_checksum for row in rows} == {"0" * 16}


def test_what_is_there_besides_is_a_difference() -> None:
    stored = StoredGraph(ENTITIES.frame([ENTITY]), TRIPLES.frame(), {"nodes Person": 2, "nodes Disease": 0})

    outcome = reconcile(ENTITIES.frame([ENTITY]), TRIPLES.frame(), stored)

    assert not outcome.agrees
    assert outcome.differences == []
    assert outcome.to_dict()["foreign"] == {"nodes Person": 2}


def test_no_more_than_five_rows_of_a_kind_are_named() -> None:
    wanted = ENTITIES.frame([(f"Disease:{n}", "Disease", str(n), None, None, [], ["a"], "{}", []) for n in range(9)])

    (row,) = reconcile(wanted, TRIPLES.frame(), StoredGraph(ENTITIES.frame(), TRIPLES.frame())).rows

    assert (row.lost, len(row.examples)) == (9, 5)


def test_types_and_relations_stand_in_the_order_of_the_ontology() -> None:
    entities = ENTITIES.frame([OTHER, ENTITY])

    rows = reconcile(entities, TRIPLES.frame([TRIPLE]), StoredGraph(entities, TRIPLES.frame([TRIPLE]))).rows

    assert [row.name for row in rows] == ["Disease", "Symptom", "HAS_SYMPTOM"]

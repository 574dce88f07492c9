"""The ledger: what is the same becomes one entity, and without the decision the graph is what it was."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.align.decide import clashes, decision, same_groups, with_decisions, without
from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.build.ledger import DIFFERENT, SAME, decision_id, resolve, select_active
from kgtools.kg.build.merge import merge
from kgtools.kg.stores.reconcile import checksum
from kgtools.kg.tables import LEDGER, Ledger
from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import digest

Make = Callable[..., SourceTables]


def ledger(*pairs: tuple[str, str], verdict: str = SAME, rule: str = "alias", who: str = "kgtools") -> Ledger:
    rows = [decision(before, after, verdict, rule, 0.9, "why", who) for before, after in pairs]
    return LEDGER.frame(rows).unique("id", keep="first", maintain_order=True).sort("id")


def entity(entities: pl.DataFrame, id_: str) -> dict[str, Any]:
    (row,) = entities.filter(pl.col("id") == id_).to_dicts()
    return row


def becomes(decisions: Ledger, *present: str) -> dict[str, str]:
    return {before: after for before, (after, _, _) in resolve(decisions, set(present)).items()}


def test_a_decision_has_the_same_id_whichever_entity_stands_first() -> None:
    assert decision_id("Disease:甲", "Disease:乙") == decision_id("Disease:乙", "Disease:甲")
    assert decision_id("Disease:甲", "Disease:乙") != decision_id("Disease:甲", "Disease:丙")


def test_a_merged_entity_gives_its_triples_and_attributes_away_and_its_name_becomes_an_alias(tables_of: Make) -> None:
    old = [
        ("Disease", "消渴", "HAS_SYMPTOM", "多饮"),
        ("Disease", "消渴", "cause", "饮食"),
        ("Symptom", "渴", "RELATED_DISEASE", "消渴"),
    ]
    new = [("Disease", "糖尿病", "HAS_SYMPTOM", "多饮"), ("Disease", "糖尿病", "alias", "消渴")]
    decided = ledger(("Disease:消渴", "Disease:糖尿病"))
    inputs = Inputs((tables_of(old, source="a"), tables_of(new, source="b")), ledger=decided)

    entities, triples = merge(inputs)

    diabetes = entity(entities, "Disease:糖尿病")
    origin = f"a/ledger/{decided['id'][0]}:1#alias"
    assert entities["id"].to_list() == ["Disease:糖尿病", "Symptom:多饮", "Symptom:渴"]
    assert (diabetes["sources"], diabetes["aliases"]) == (["a", "b"], ["消渴"])
    assert orjson.loads(diabetes["attributes"]) == {
        "alias": {"消渴": [origin, "b/tiny.txt:2#alias"]}, "cause": {"饮食": ["a/tiny.txt:2#cause"]},
    }  # fmt: skip
    assert set(triples.select("head", "tail", "sources").with_columns(pl.col("sources").list.join(",")).rows()) == {
        ("Disease:糖尿病", "Symptom:多饮", "a,b"), ("Symptom:渴", "Disease:糖尿病", "a"),
    }  # fmt: skip


def test_an_entity_is_no_alias_of_itself_after_a_merge(tables_of: Make) -> None:
    rows = [("Disease", "消渴", "alias", "糖尿病"), ("Disease", "糖尿病", "cause", "遗传")]

    entities, _ = merge(Inputs((tables_of(rows),), ledger=ledger(("Disease:消渴", "Disease:糖尿病"))))

    assert entities.select("id", "aliases").rows() == [("Disease:糖尿病", ["消渴"])]


def test_the_english_name_of_the_entity_that_stays_goes_before_that_of_one_that_joined(tables_of: Make) -> None:
    alone = [
        ("Disease", "消渴", "wasting thirst"),
        ("Disease", "糖尿病", "diabetes"),
        ("Disease", "甲"),
        ("Disease", "乙", "B"),
    ]
    decided = ledger(("Disease:消渴", "Disease:糖尿病"), ("Disease:乙", "Disease:甲"))

    entities, _ = merge(Inputs((tables_of(alone=alone),), ledger=decided))

    assert dict(entities.select("id", "name_en").iter_rows()) == {"Disease:糖尿病": "diabetes", "Disease:甲": "B"}


def test_a_triple_between_two_that_become_one_is_a_self_loop_that_stays(tables_of: Make) -> None:
    rows = [("Disease", "甲", "HAS_COMPLICATION", "乙")]

    _, triples = merge(Inputs((tables_of(rows),), ledger=ledger(("Disease:乙", "Disease:甲"))))

    assert triples.select("head", "tail").rows() == [("Disease:甲", "Disease:甲")]


def test_a_chain_ends_at_its_last_entity() -> None:
    chain = ledger(("D:a", "D:b"), ("D:b", "D:c"), ("D:c", "D:d"))

    assert becomes(chain, "D:a", "D:b", "D:c", "D:d") == {"D:a": "D:d", "D:b": "D:d", "D:c": "D:d"}
    assert becomes(chain, "D:a", "D:b", "D:d") == {"D:a": "D:b"}


def test_of_a_circle_one_entity_stays() -> None:
    circle = ledger(("D:a", "D:bb"), ("D:bb", "D:ccc"), ("D:ccc", "D:a"))

    assert becomes(circle, "D:a", "D:bb", "D:ccc") == {"D:bb": "D:a", "D:ccc": "D:a"}


def test_an_entity_that_becomes_two_makes_all_three_one() -> None:
    fork = ledger(("D:a", "D:b"), ("D:a", "D:c"), ("D:x", "D:c"))

    assert becomes(fork, "D:a", "D:b", "D:c", "D:x") == {"D:a": "D:c", "D:b": "D:c", "D:x": "D:c"}


def test_a_decision_about_an_entity_that_nobody_names_sleeps_and_wakes() -> None:
    one = ledger(("D:a", "D:b"))

    assert becomes(one, "D:a") == {}
    assert select_active(one, {"D:a"}).is_empty()
    assert becomes(one, "D:a", "D:b") == {"D:a": "D:b"}


def test_entities_of_two_types_never_become_one() -> None:
    assert becomes(ledger(("Disease:头痛", "Symptom:头痛")), "Disease:头痛", "Symptom:头痛") == {}


def test_what_was_decided_to_be_different_stays_apart() -> None:
    assert becomes(ledger(("D:a", "D:b"), verdict=DIFFERENT), "D:a", "D:b") == {}


def test_a_new_decision_replaces_that_about_the_same_two() -> None:
    old = ledger(("D:a", "D:b"), ("D:c", "D:d"))

    new = with_decisions(old, ledger(("D:b", "D:a"), verdict=DIFFERENT, who="wang"))

    assert sorted(new.select("before", "verdict", "who").rows()) == [
        ("D:b", DIFFERENT, "wang"),
        ("D:c", SAME, "kgtools"),
    ]


def test_decisions_are_taken_out_by_id_by_rule_by_who_and_all() -> None:
    whole = with_decisions(
        ledger(("D:a", "D:b")), ledger(("D:c", "D:d"), ("D:e", "D:f"), rule="completion", who="wang")
    )
    one = decision_id("D:c", "D:d")

    assert without(whole, ("all",)).is_empty()
    assert (
        without(whole, ("alias",))["before"].to_list()
        == whole.filter(pl.col("rule") == "completion")["before"].to_list()
    )
    assert set(without(whole, (one,))["before"]) == {"D:a", "D:e"}
    assert set(without(whole, ("all",), who="kgtools")["before"]) == {"D:c", "D:e"}
    assert without(whole, ("shared-code",)).equals(whole)
    with pytest.raises(UsageError, match="--undo compleation: no decision and no rule; did you mean completion"):
        without(whole, ("compleation",))


def test_two_that_are_different_and_yet_the_same_by_others_are_a_clash_with_its_path() -> None:
    same, apart = ledger(("D:a", "D:b"), ("D:c", "D:b")), ledger(("D:a", "D:c"), verdict=DIFFERENT)

    assert clashes(with_decisions(same, apart)) == [
        [decision_id("D:a", "D:c"), decision_id("D:a", "D:b"), decision_id("D:b", "D:c")]
    ]
    assert clashes(same) == []


NAMES = ["感冒", "a'b", '"', "`", "{{x}}", "😀", "\u202ex", "a:b", "a|b", "a\\"]
names = st.sampled_from(NAMES)
types = st.sampled_from(["Disease", "Symptom"])
said = st.lists(
    st.one_of(
        st.tuples(st.just("Disease"), names, st.sampled_from(["HAS_COMPLICATION", "SHOULD_EAT", "cause", "alias"]), names),
        st.tuples(types, names, st.just("RELATED_SYMPTOM"), names),
    ),
    max_size=8,
)  # fmt: skip
ids = st.builds("{}:{}".format, types, st.sampled_from([*NAMES, "nowhere"]))
decided = st.lists(st.tuples(ids, ids), max_size=10).map(lambda pairs: ledger(*pairs))


def frames(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame, str, str]:
    entities, triples = merge(inputs)
    return entities, triples, checksum(entities), checksum(triples)


@given(parts=st.lists(said, min_size=1, max_size=3), decisions=decided, more=decided)
def test_without_its_decisions_a_graph_is_exactly_what_it_was(
    tables_of: Make, parts: Sequence[Any], decisions: Ledger, more: Ledger
) -> None:
    inputs = Inputs(tuple(tables_of(rows, source=f"s{number}") for number, rows in enumerate(parts)))
    plain, some = frames(inputs), frames(inputs.with_ledger(decisions))

    both = inputs.with_ledger(with_decisions(more, decisions))
    merge(both)
    taken = both.with_ledger(both.ledger.join(decisions, on="id", how="semi"))

    for wanted, found in ((some, frames(taken)), (plain, frames(both.with_ledger(without(both.ledger, ("all",)))))):
        assert all(one.equals(other) for one, other in zip(wanted[:2], found[:2], strict=True))
        assert wanted[2:] == found[2:]


@given(parts=st.lists(said, min_size=1, max_size=3), decisions=decided)
def test_an_aligned_graph_is_whole(tables_of: Make, parts: Sequence[Any], decisions: Ledger) -> None:
    inputs = Inputs(tuple(tables_of(rows, source=f"s{number}") for number, rows in enumerate(parts)))
    before, triples_before = merge(inputs)

    entities, triples = merge(inputs.with_ledger(decisions))

    known, steps = set(entities["id"]), becomes(decisions, *before["id"])
    assert {*triples["head"], *triples["tail"]} <= known
    assert entities["id"].is_unique().all()
    assert triples["id"].is_unique().all()
    assert all(id_ == f"{type_}:{name}" for id_, type_, name in entities.select("id", "type", "name").iter_rows())
    assert all(
        id_ == digest("\x1f".join(rest)) for id_, *rest in triples.select("id", "head", "relation", "tail").iter_rows()
    )
    assert known == set(before["id"]) - set(steps)
    assert set(triples.select("head", "relation", "tail").rows()) == {
        (steps.get(head, head), relation, steps.get(tail, tail))
        for head, relation, tail in triples_before.select("head", "relation", "tail").iter_rows()
    }
    assert sorted(triples["origins"].explode().drop_nulls()) == sorted(triples_before["origins"].explode().drop_nulls())
    for given_up, stays in steps.items():
        assert given_up.partition(":")[2] in entity(entities, stays)["aliases"]


@given(decisions=decided)
def test_exactly_what_decisions_join_becomes_one(decisions: Ledger) -> None:
    present = {id_ for pair in decisions.select("before", "after").iter_rows() for id_ in pair} - {"Disease:nowhere"}
    steps = becomes(decisions, *present)
    same = same_groups(select_active(decisions, present))

    for one in present:
        for other in present:
            assert (steps.get(one, one) == steps.get(other, other)) == same.are_same(one, other)


def test_an_entity_with_a_name_too_long_for_its_id_keeps_its_whole_name(tables_of: Make) -> None:
    long = "长" * 2_000
    rows = [("Disease", long, "HAS_SYMPTOM", "头痛"), ("Disease", "短", "HAS_SYMPTOM", "发热")]
    tables = tables_of(rows, raw=True)  # else a name so long is refused as a sentence
    (kept,) = tables.named.filter(name=long)["id"]

    entities, _ = merge(Inputs((tables,), ledger=ledger(("Disease:短", kept))))

    assert entity(entities, kept)["name"] == long
    assert entity(entities, kept)["aliases"] == ["短"]

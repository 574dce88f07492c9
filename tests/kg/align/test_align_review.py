"""What people decide of two entities: how their files come back, and what a decision goes before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.align.review import COLUMNS
from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.build.ledger import DIFFERENT, SAME
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from tests.kg.align.aligning import LUNG, POEMS, ROWS, SUGAR, decide, generation, now, review, snapshot

Run = Callable[..., Any]


@pytest.fixture
def store(graph_of: Callable[..., FolderStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    monkeypatch.chdir(tmp_path)
    return graph_of(ROWS)


def test_what_people_decide_comes_back(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder)
    first, second, third = review()
    rows = [first | {"decision": "same"}, second | {"decision": "否"}, third]
    columns = "\t".join(COLUMNS)

    path = decide(*(tuple(row.values()) for row in rows), columns=columns)
    told = kgtools("align", "--graph", store.folder, "--apply", path, "--who", "wang", "--format", "json").json
    again = kgtools("align", "--graph", store.folder, "--format", "json").json

    assert told["decisions"] == {
        "same": 1, "different": 1, "replaced": 0, "left_open": 1, "unknown": 0, "other_predicates": 0,
    }  # fmt: skip
    assert told["entities"] == {"before": 13, "after": 12}
    mine = now(store).inputs().ledger.filter(pl.col("who") == "wang").sort("verdict")
    assert mine.select("verdict", "rule", "score").rows() == [(DIFFERENT, "alias", 1.0), (SAME, "alias", 1.0)]
    assert again["rules"]["alias"] == {"candidates": 2, "applied": 0, "review": 0, "decided": 2, "asleep": 0}
    assert [row["rule"] for row in review()] == ["shared-code"]


@pytest.mark.parametrize(
    ("word", "verdict"),
    [("same", SAME), ("SAME", SAME), (" 是 ", SAME), ("1", SAME), ("y", SAME), ("相同", SAME),
     ("different", DIFFERENT), ("否", DIFFERENT), ("0", DIFFERENT), ("n", DIFFERENT), ("No", DIFFERENT)],
)  # fmt: skip
def test_people_may_write_their_decision_in_several_words(
    kgtools: Run, store: FolderStore, word: str, verdict: str
) -> None:
    ran = kgtools("align", "--graph", store.folder, "--apply", decide((word, *SUGAR)))

    assert ran.code == 0
    assert now(store).inputs().ledger.select("verdict", "who", "rule").rows() == [(verdict, "reviewer", "review")]


def test_people_may_swap_the_two(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder)

    kgtools("align", "--graph", store.folder, "--apply", decide(("same", *reversed(SUGAR))))

    (diabetes,) = now(store).entities().filter(pl.col("id") == "Disease:消渴").to_dicts()
    assert diabetes["aliases"] == ["糖尿病"]
    assert now(store).entities().filter(pl.col("id") == "Disease:糖尿病").is_empty()


def test_a_decision_of_people_goes_before_one_of_a_rule(kgtools: Run, store: FolderStore) -> None:
    before = snapshot(store)
    kgtools("align", "--graph", store.folder, "--rule", "equal-name")

    told = kgtools("align", "--graph", store.folder, "--apply", decide(("different", *POEMS)), "--format", "json").json
    again = kgtools("align", "--graph", store.folder, "--rule", "equal-name", "--format", "json").json

    assert told["decisions"]["replaced"] == 1
    assert snapshot(store) == before
    assert again["rules"]["equal-name"]["applied"] == 0


def test_undo_can_spare_what_people_decided(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder)
    kgtools("align", "--graph", store.folder, "--apply", decide(("same", *SUGAR)), "--who", "wang")

    kgtools("align", "--graph", store.folder, "--undo", "all", "--who", "kgtools")

    assert now(store).inputs().ledger["who"].to_list() == ["wang"]


def test_undoing_a_rule_spares_what_people_decided_of_its_candidates(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder, "--apply", decide(("different", *SUGAR)), "--who", "wang")
    (rule,) = now(store).inputs().ledger["rule"].to_list()

    kgtools("align", "--graph", store.folder, "--undo", rule)
    assert now(store).inputs().ledger["who"].to_list() == ["wang"]
    kgtools("align", "--graph", store.folder, "--undo", rule, "--who", "wang")
    assert now(store).inputs().ledger.is_empty()


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([("maybe", *SUGAR)], ["decided.tsv:2: decision 'maybe': write same or different"]),
        ([("same", "Disease:消渴", "Disease:糖尿")], ["decided.tsv:2: the graph has no entity 'Disease:糖尿'; did you mean Disease:糖尿病?"]),
        ([("same", "Disease:消渴", "Symptom:多饮")], ["decided.tsv:2: Disease:消渴 and Symptom:多饮 are of two types"]),
        ([("same", "Disease:消渴", "Disease:消渴")], ["decided.tsv:2: Disease:消渴 stands on both sides"]),
        (
            [("same", *SUGAR), ("", *LUNG), ("different", *reversed(SUGAR))],
            ["decided.tsv:4: different, but line 2 says same of the same two"],
        ),
        (
            [("same", *SUGAR), ("same", "Disease:糖尿病", "Disease:结核"), ("different", "Disease:消渴", "Disease:结核")],
            ["decided.tsv:4: Disease:消渴 and Disease:结核 are different by line 4, but the same by line 2 and line 3"],
        ),
        (
            [("same", "Disease:a", "Disease:b"), ("same", "Disease:消渴", "Symptom:多饮")],
            ["decided.tsv:2: the graph has no entity 'Disease:a'", "decided.tsv:2: the graph has no entity 'Disease:b'", "decided.tsv:3: "],
        ),
    ],
    ids=["word", "entity", "types", "itself", "twice", "in a chain", "all at once"],
)  # fmt: skip
def test_a_file_with_a_fault_is_refused_whole_with_its_lines(
    kgtools: Run, store: FolderStore, rows: list[Any], faults: list[str]
) -> None:
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, "--apply", decide(*rows))

    assert ran.code == 2
    for fault in faults:
        assert fault in ran.err
    assert generation(store) == before


def test_a_decision_against_what_rules_did_names_the_decision_to_undo(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder, "--threshold", "0.8", "--rule", "alias")
    (id_,) = now(store).inputs().ledger.filter(pl.col("before") == "Disease:消渴")["id"]
    rows = [("same", "Disease:糖尿病", "Disease:特应性皮炎"), ("different", "Disease:消渴", "Disease:特应性皮炎")]

    ran = kgtools("align", "--graph", store.folder, "--apply", decide(*rows))

    assert ran.code == 2
    assert f"decision {id_} (alias, kgtools)" in ran.err
    assert f"kgtools align --undo {id_} takes one of them out" in ran.err


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\tb\n1\t2\n", "bad.tsv:1: no column decision, before, after"),
        ("decision\tbefore\tafter\tbefore\nsame\ta\tb\tc\n", "bad.tsv:1: the column 'before' is there twice"),
        ("decision\tbefore\tafter\nsame\ta\tb\tc\n", "bad.tsv:2: 4 columns, expected 3"),
        ('decision\tbefore\tafter\nsame\t"a\tb\n', "bad.tsv:2: not valid TSV"),
        ("", "bad.tsv: is empty"),
    ],
)
def test_a_file_that_is_no_review_file_is_refused(kgtools: Run, store: FolderStore, text: str, fault: str) -> None:
    Path("bad.tsv").write_text(text, encoding="utf-8")

    ran = kgtools("align", "--graph", store.folder, "--apply", "bad.tsv")

    assert (ran.code, fault in ran.err) == (2, True), ran.err


def test_a_review_file_keeps_what_people_wrote_and_did_not_apply_yet(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder)
    first, *rest = review()
    decide(
        *(tuple(row.values()) for row in [first | {"decision": "same"}, *rest]),
        path=Path("align-review.tsv"),
        columns="\t".join(COLUMNS),
    )

    kgtools("align", "--graph", store.folder)
    kept = [(row["id"], row["decision"]) for row in review()]
    kgtools("align", "--graph", store.folder, "--rule", "completion")
    only = [(row["id"], row["decision"]) for row in review()]

    assert kept == [(first["id"], "same"), *((row["id"], "") for row in rest)]
    assert only == [(first["id"], "same")]


def test_another_file_is_not_overwritten_by_the_review(kgtools: Run, store: FolderStore) -> None:
    Path("notes.tsv").write_text("mine\n", encoding="utf-8")
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, "--review", "notes.tsv")

    assert (ran.code, "exists and is not a review file" in ran.err) == (2, True)
    assert Path("notes.tsv").read_text(encoding="utf-8") == "mine\n"
    assert generation(store) == before


def test_a_decision_sleeps_while_its_entity_is_gone_and_wakes_with_it(
    kgtools: Run, store: FolderStore, tables_of: Callable[..., SourceTables]
) -> None:
    other = tables_of([("Disease", "Poems征", "HAS_SYMPTOM", "乏力")], source="other")
    change(store, lambda inputs: inputs.with_sources([other]))
    kgtools("align", "--graph", store.folder, "--rule", "equal-name")
    aligned = snapshot(store)

    kgtools("unload", "other", "--graph", store.folder)
    told = kgtools("align", "--graph", store.folder, "--format", "json").json
    change(store, lambda inputs: inputs.with_sources([other]))
    kgtools("align", "--graph", store.folder, "--undo", "completion")

    assert told["ledger"]["asleep"] == 1
    assert told["rules"]["equal-name"]["asleep"] == 1
    assert snapshot(store) == aligned


def test_what_is_surer_may_keep_apart_what_is_less_sure(
    kgtools: Run, graph_of: Callable[..., FolderStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        ("Disease", one, "alias", other)
        for one, other in (("1型病", "蜜尿"), ("蜜尿", "1型病"), ("2型病", "蜜尿"), ("蜜尿", "2型病"))
    ]
    store = graph_of(rows)

    kgtools("align", "--graph", store.folder, "--threshold", "0.6")

    assert now(store).inputs().ledger.height == 1
    assert [("not applied: it would make" in row["reason"]) for row in review()] == [True]


def test_what_people_call_different_is_not_united_by_way_of_a_third(kgtools: Run, store: FolderStore) -> None:
    rows = [("different", "Disease:POEMS征", "Disease:糖尿病"), ("same", "Disease:poems征", "Disease:糖尿病")]
    kgtools("align", "--graph", store.folder, "--apply", decide(*rows))

    told = kgtools("align", "--graph", store.folder, "--format", "json").json

    assert told["rules"]["equal-name"] == {"candidates": 1, "applied": 0, "review": 0, "decided": 1, "asleep": 0}

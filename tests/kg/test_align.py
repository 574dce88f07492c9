"""`kgtools align`: what it applies, what it asks people, how their answers come back, and that all of it can be undone."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.align.candidates import candidates
from kg.align.decide import decision, with_decisions
from kg.align.ledger import DIFFERENT, SAME
from kg.align.review import COLUMNS
from kg.align.sssom import curie, read_sssom, write_sssom
from kg.inputs import Inputs, SourceTables
from kg.load import prepare
from kg.reading import Options
from kg.reconcile import verify
from kg.stores.embedded import EmbeddedStore
from kg.tables import LEDGER, Ledger
from tools.errors import InputError

Run = Callable[..., Any]
ROWS = [
    ("Disease", "poems征", "HAS_SYMPTOM", "乏力"),
    ("Disease", "POEMS征", "HAS_SYMPTOM", "乏力"),
    ("Disease", "POEMS征", "HAS_SYMPTOM", "水肿"),
    ("Disease", "poems征", "HAS_COMPLICATION", "POEMS征"),
    ("Disease", "婴幼儿化脓性...", "HAS_SYMPTOM", "发热"),
    ("Disease", "婴幼儿化脓性淋巴结炎", "HAS_SYMPTOM", "发热"),
    ("Disease", "消渴", "alias", "糖尿病"),
    ("Disease", "糖尿病", "HAS_SYMPTOM", "多饮"),
    ("Disease", "肺痨", "alias", "结核"),
    ("Disease", "结核", "HAS_SYMPTOM", "咳嗽"),
    ("Disease", "特应性皮炎", "icd10", "L20.9"),
    ("Disease", "异位性皮炎", "icd10", "L20.9"),
]
POEMS, SUGAR, LUNG = (
    ("Disease:poems征", "Disease:POEMS征"),
    ("Disease:消渴", "Disease:糖尿病"),
    ("Disease:肺痨", "Disease:结核"),
)


@pytest.fixture
def store(graph_of: Callable[..., EmbeddedStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedStore:
    monkeypatch.chdir(tmp_path)
    return graph_of(ROWS)


def now(store: EmbeddedStore) -> EmbeddedStore:
    """The graph as it is now; a store keeps to the one that it saw first."""
    return EmbeddedStore(store.folder)


def snapshot(store: EmbeddedStore) -> tuple[list[Any], list[Any], list[Any]]:
    store = now(store)
    outcome = verify(store)
    assert outcome.agrees
    return [row.found_checksum for row in outcome.rows], store.entities().rows(), store.triples().rows()


def generation(store: EmbeddedStore) -> str:
    return (store.folder / "current").read_text(encoding="utf-8")


def review(path: Path = Path("align-review.tsv")) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def decide(
    *rows: tuple[str, str, str], path: Path = Path("decided.tsv"), columns: str = "decision\tbefore\tafter"
) -> Path:
    path.write_text("\n".join([columns, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_sure_candidates_are_applied_and_the_others_are_for_review(kgtools: Run, store: EmbeddedStore) -> None:
    told = kgtools("align", "--graph", store.folder, "--format", "json").json

    assert told["rules"] == {
        "equal-name": {"candidates": 1, "applied": 1, "review": 0, "decided": 0, "asleep": 0},
        "alias": {"candidates": 2, "applied": 0, "review": 2, "decided": 0, "asleep": 0},
        "completion": {"candidates": 1, "applied": 1, "review": 0, "decided": 0, "asleep": 0},
        "shared-code": {"candidates": 1, "applied": 0, "review": 1, "decided": 0, "asleep": 0},
    }
    assert told["entities"] == {"before": 15, "after": 13}
    assert (told["triples"], told["triples_united"]) == ({"before": 8, "after": 6}, 2)
    assert told["self_loops"] == {"before": 0, "after": 1}
    assert told["ledger"] == {"same": 2, "different": 0, "asleep": 0}
    assert list(review()[0]) == list(COLUMNS)
    assert [(row["decision"], row["rule"], row["before_sources"]) for row in review()] == [
        ("", "alias", "tiny"), ("", "alias", "tiny"), ("", "shared-code", "tiny"),
    ]  # fmt: skip
    assert set(now(store).inputs().ledger["who"]) == {"kgtools"}


def test_the_table_says_the_same_numbers(kgtools: Run, store: EmbeddedStore) -> None:
    table = kgtools("align", "--graph", store.folder, "--dry-run").out

    lines = [line.split() for line in table.splitlines()]
    assert ["alias", "2", "0", "2", "0", "0"] in lines
    assert ["all", "5", "2", "3", "0", "0"] in lines
    assert "triples: 8 before, 6 after (2 became one with another)" in table
    assert "self-loops: 0 before, 1 after (1 arose)" in table
    assert "Dry run: no graph was touched." in table


def test_a_dry_run_touches_neither_graph_nor_files(kgtools: Run, store: EmbeddedStore, tmp_path: Path) -> None:
    before = generation(store)

    told = kgtools("align", "--graph", store.folder, "--dry-run", "--format", "json").json

    assert told["entities"] == {"before": 15, "after": 13}
    assert (told["dry_run"], told["written"]) == (True, {})
    assert generation(store) == before
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_changes_nothing(kgtools: Run, store: EmbeddedStore) -> None:
    kgtools("align", "--graph", store.folder)
    before, file = generation(store), Path("align-review.tsv").read_bytes()

    again = kgtools("align", "--graph", store.folder, "--format", "json").json
    table = kgtools("align", "--graph", store.folder).out

    assert {rule: (row["applied"], row["decided"]) for rule, row in again["rules"].items()} == {
        "equal-name": (0, 1), "alias": (0, 0), "completion": (0, 1), "shared-code": (0, 0),
    }  # fmt: skip
    assert (generation(store), Path("align-review.tsv").read_bytes()) == (before, file)
    assert "Nothing to change" in table


@pytest.mark.parametrize("rule", ["equal-name", "alias", "completion", "shared-code"])
@pytest.mark.parametrize("how", ["the rule", "the id", "all"])
def test_undoing_brings_back_the_graph_as_it_was(kgtools: Run, store: EmbeddedStore, rule: str, how: str) -> None:
    before = snapshot(store)
    kgtools("align", "--graph", store.folder, "--rule", rule, "--threshold", "0.1")
    aligned = snapshot(store)
    ids = now(store).inputs().ledger["id"].to_list()

    what = {"the rule": [rule], "the id": ids, "all": ["all"]}[how]
    ran = kgtools(
        "align", "--graph", store.folder, *(word for one in what for word in ("--undo", one)), "--format", "json"
    )

    assert ran.json["undone"] == {rule: len(ids)}
    assert aligned != before
    assert snapshot(store) == before


def test_undoing_one_rule_leaves_what_the_others_did(kgtools: Run, store: EmbeddedStore) -> None:
    kgtools("align", "--graph", store.folder, "--rule", "completion")
    only = snapshot(store)
    kgtools("align", "--graph", store.folder)

    kgtools("align", "--graph", store.folder, "--undo", "equal-name")

    assert snapshot(store) == only


def test_the_threshold_says_what_is_applied(kgtools: Run, store: EmbeddedStore) -> None:
    told = kgtools("align", "--graph", store.folder, "--threshold", "0.8", "--format", "json").json

    assert told["rules"]["alias"]["applied"] == 2
    assert len(review()) == 1


def test_what_people_decide_comes_back(kgtools: Run, store: EmbeddedStore) -> None:
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
    kgtools: Run, store: EmbeddedStore, word: str, verdict: str
) -> None:
    ran = kgtools("align", "--graph", store.folder, "--apply", decide((word, *SUGAR)))

    assert ran.code == 0
    assert now(store).inputs().ledger.select("verdict", "who", "rule").rows() == [(verdict, "reviewer", "review")]


def test_people_may_swap_the_two(kgtools: Run, store: EmbeddedStore) -> None:
    kgtools("align", "--graph", store.folder)

    kgtools("align", "--graph", store.folder, "--apply", decide(("same", *reversed(SUGAR))))

    (diabetes,) = now(store).entities().filter(pl.col("id") == "Disease:消渴").to_dicts()
    assert diabetes["aliases"] == ["糖尿病"]
    assert now(store).entities().filter(pl.col("id") == "Disease:糖尿病").is_empty()


def test_a_decision_of_people_goes_before_one_of_a_rule(kgtools: Run, store: EmbeddedStore) -> None:
    before = snapshot(store)
    kgtools("align", "--graph", store.folder, "--rule", "equal-name")

    told = kgtools("align", "--graph", store.folder, "--apply", decide(("different", *POEMS)), "--format", "json").json
    again = kgtools("align", "--graph", store.folder, "--rule", "equal-name", "--format", "json").json

    assert told["decisions"]["replaced"] == 1
    assert snapshot(store) == before
    assert again["rules"]["equal-name"]["applied"] == 0


def test_undo_can_spare_what_people_decided(kgtools: Run, store: EmbeddedStore) -> None:
    kgtools("align", "--graph", store.folder)
    kgtools("align", "--graph", store.folder, "--apply", decide(("same", *SUGAR)), "--who", "wang")

    kgtools("align", "--graph", store.folder, "--undo", "all", "--who", "kgtools")

    assert now(store).inputs().ledger["who"].to_list() == ["wang"]


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
    kgtools: Run, store: EmbeddedStore, rows: list[Any], faults: list[str]
) -> None:
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, "--apply", decide(*rows))

    assert ran.code == 2
    for fault in faults:
        assert fault in ran.err
    assert generation(store) == before


def test_a_decision_against_what_rules_did_names_the_decision_to_undo(kgtools: Run, store: EmbeddedStore) -> None:
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
        ("decision\tbefore\tafter\nsame\ta\tb\tc\n", "bad.tsv:2: 4 columns, expected 3"),
        ('decision\tbefore\tafter\nsame\t"a\tb\n', "bad.tsv:2: not valid TSV"),
        ("", "bad.tsv: is empty"),
    ],
)
def test_a_file_that_is_no_review_file_is_refused(kgtools: Run, store: EmbeddedStore, text: str, fault: str) -> None:
    Path("bad.tsv").write_text(text, encoding="utf-8")

    ran = kgtools("align", "--graph", store.folder, "--apply", "bad.tsv")

    assert (ran.code, fault in ran.err) == (2, True), ran.err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--apply", "x.tsv", "--undo", "all"], "--apply and --undo are two changes"),
        (["--apply", "x.tsv", "--rule", "alias"], "--rule and --review are for finding candidates"),
        (["--undo", "all", "--review", "x.tsv"], "--rule and --review are for finding candidates"),
        (["--who", "wang"], "--who says who decided"),
        (["--apply", "x.tsv", "--who", "kgtools"], "name a person"),
        (["--undo", "equalname"], "no decision and no rule; did you mean"),
        (["--apply", "nowhere.tsv"], "nowhere.tsv: no such file"),
        (["--threshold", "2"], "2.0 is not in the range"),
        (["--rule", "magic"], "'magic' is not one of"),
        (["--review", "no/such/folder.tsv"], "there is no folder no/such"),
        (["--sssom", "no/such/folder.tsv"], "there is no folder no/such"),
        (["--review", "."], "is a folder; name a file in it"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    kgtools: Run, store: EmbeddedStore, words: list[str], fault: str
) -> None:
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, *words)

    assert (ran.code, fault in ran.err) == (2, True), ran.err
    assert generation(store) == before


def test_a_review_file_keeps_what_people_wrote_and_did_not_apply_yet(kgtools: Run, store: EmbeddedStore) -> None:
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


def test_another_file_is_not_overwritten_by_the_review(kgtools: Run, store: EmbeddedStore) -> None:
    Path("notes.tsv").write_text("mine\n", encoding="utf-8")
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, "--review", "notes.tsv")

    assert (ran.code, "is there and is no review file" in ran.err) == (2, True)
    assert Path("notes.tsv").read_text(encoding="utf-8") == "mine\n"
    assert generation(store) == before


def test_a_decision_sleeps_while_its_entity_is_gone_and_wakes_with_it(
    kgtools: Run, store: EmbeddedStore, tables_of: Callable[..., SourceTables]
) -> None:
    other = tables_of([("Disease", "Poems征", "HAS_SYMPTOM", "乏力")], source="other")
    store.change(lambda inputs: inputs.with_sources([other]))
    kgtools("align", "--graph", store.folder, "--rule", "equal-name")
    aligned = snapshot(store)

    kgtools("unload", "other", "--graph", store.folder)
    told = kgtools("align", "--graph", store.folder, "--format", "json").json
    store.change(lambda inputs: inputs.with_sources([other]))
    kgtools("align", "--graph", store.folder, "--undo", "completion")

    assert told["ledger"]["asleep"] == 1
    assert told["rules"]["equal-name"]["asleep"] == 1
    assert snapshot(store) == aligned


def test_what_is_surer_may_keep_apart_what_is_less_sure(
    kgtools: Run, graph_of: Callable[..., EmbeddedStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_what_people_call_different_is_not_united_by_way_of_a_third(kgtools: Run, store: EmbeddedStore) -> None:
    rows = [("different", "Disease:POEMS征", "Disease:糖尿病"), ("same", "Disease:poems征", "Disease:糖尿病")]
    kgtools("align", "--graph", store.folder, "--apply", decide(*rows))

    told = kgtools("align", "--graph", store.folder, "--format", "json").json

    assert told["rules"]["equal-name"] == {"candidates": 1, "applied": 0, "review": 0, "decided": 1, "asleep": 0}


def test_sssom_holds_every_decision_and_gives_the_same_ledger(kgtools: Run, store: EmbeddedStore) -> None:
    kgtools("align", "--graph", store.folder)
    kgtools("align", "--graph", store.folder, "--apply", decide(("different", *SUGAR)), "--who", "wang|li")

    ran = kgtools("align", "--graph", store.folder, "--sssom", "out.sssom.tsv")

    text = Path("out.sssom.tsv").read_text(encoding="utf-8")
    assert ran.code == 0
    assert text.startswith("#sssom_version: '1.1'\n#curie_map:\n#  Disease: ")
    assert "#mapping_set_id: urn:kgtools:alignment:" in text
    assert "#license: https://w3id.org/sssom/license/unspecified" in text
    assert "tiny CC0-1.0" in text
    table = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    rows = {row["subject_label"]: row for row in (dict(zip(table[0], cells, strict=True)) for cells in table[1:])}
    assert rows["poems征"] | {"mapping_tool_version": ""} == {
        "subject_id": "Disease:poems征", "subject_label": "poems征", "predicate_id": "skos:exactMatch",
        "predicate_modifier": "", "object_id": "Disease:POEMS征", "object_label": "POEMS征",
        "mapping_justification": "semapv:LexicalMatching", "author_label": "", "subject_source": "source:tiny",
        "object_source": "source:tiny", "mapping_tool": "kgtools", "mapping_tool_version": "", "confidence": "0.98",
        "curation_rule_text": "equal-name", "comment": "the names differ only in: upper and lower case",
    }  # fmt: skip
    assert (rows["消渴"]["predicate_modifier"], rows["消渴"]["mapping_justification"], rows["消渴"]["author_label"]) == (
        "Not", "semapv:ManualMappingCuration", "wang\\|li",
    )  # fmt: skip
    assert read_sssom(Path("out.sssom.tsv")).equals(now(store).inputs().ledger)


def test_an_sssom_file_can_be_applied_to_another_graph(
    kgtools: Run, store: EmbeddedStore, graph_of: Callable[..., EmbeddedStore]
) -> None:
    kgtools("align", "--graph", store.folder, "--sssom", "out.sssom.tsv")
    other = graph_of(ROWS[:4])

    told = kgtools("align", "--graph", other.folder, "--apply", "out.sssom.tsv", "--format", "json").json

    assert told["decisions"] == {
        "same": 1, "different": 0, "replaced": 0, "left_open": 0, "unknown": 1, "other_predicates": 0,
    }  # fmt: skip
    assert other.inputs().ledger.select("before", "who", "score").rows() == [("Disease:poems征", "kgtools", 0.98)]


def test_an_sssom_file_of_somebody_else_is_read(kgtools: Run, store: EmbeddedStore) -> None:
    lines = [
        "#curie_map:", "#  our: 'urn:kgtools:'", "#  HP: http://purl.obolibrary.org/obo/HP_", "#mapping_tool: LogMap",
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\tauthor_id\tconfidence\textra",
        "our:Disease%3A%E6%B6%88%E6%B8%B4\tskos:exactMatch\tour:Disease%3A糖尿病\tsemapv:LexicalMatching\t\t0.75\tx",
        "our:Disease%3A肺痨\towl:sameAs\tour:Disease%3A结核\tsemapv:ManualMappingCuration\torcid:1\t\t",
        "HP:1\tskos:exactMatch\tour:Disease%3A结核\tsemapv:LexicalMatching\t\t\t",
        "HP:1\tskos:broadMatch\tHP:2\tsemapv:LexicalMatching\t\t\t",
    ]  # fmt: skip
    Path("theirs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    told = kgtools("align", "--graph", store.folder, "--apply", "theirs.tsv", "--format", "json").json

    assert told["decisions"] == {
        "same": 2, "different": 0, "replaced": 0, "left_open": 0, "unknown": 1, "other_predicates": 1,
    }  # fmt: skip
    assert sorted(now(store).inputs().ledger.select("before", "rule", "score", "who").rows()) == [
        ("Disease:消渴", "LexicalMatching", 0.75, "LogMap"), ("Disease:肺痨", "ManualMappingCuration", 1.0, "orcid:1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "row", "fault"),
    [
        ("", "A:1\tskos:exactMatch\tA:2\t\t", "the prefix 'A' is not in the curie_map"),
        ("#curie_map: {A: 'x:'}", "A\tskos:exactMatch\tA:2\t\t", "'A' is no CURIE"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\t1.5\t", "confidence 1.5: expected a number of 0 to 1"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\tbig\t", "confidence 'big': expected a number"),
        ("#curie_map: {A: 'x:'}", "A:1\tskos:exactMatch\tA:2\t\tMaybe", "predicate_modifier 'Maybe': expected Not"),
        ("#curie_map: {A: 'x:'", "A:1\tskos:exactMatch\tA:2\t\t", "the metadata is not valid YAML"),
        ("# a comment", "A:1\tskos:exactMatch\tA:2\t\t", "the metadata is no YAML mapping"),
    ],
)
def test_an_sssom_file_with_a_fault_is_refused_with_its_line(
    tmp_path: Path, metadata: str, row: str, fault: str
) -> None:
    header = "subject_id\tpredicate_id\tobject_id\tconfidence\tpredicate_modifier"
    (tmp_path / "a.sssom.tsv").write_text("\n".join(filter(None, [metadata, header, row])) + "\n", encoding="utf-8")

    with pytest.raises(InputError, match=rf"a\.sssom\.tsv:\d: {fault}"):
        read_sssom(tmp_path / "a.sssom.tsv")


hostile = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=6)
plain = hostile.filter(lambda text: text.strip() == text and not text.startswith("﻿"))
ids = st.builds("{}:{}".format, st.sampled_from(["Disease", "Drug"]), hostile)
decided = st.lists(
    st.builds(
        decision, ids, ids, st.sampled_from([SAME, DIFFERENT]), plain, st.floats(0, 1), st.just("") | plain, st.just("kgtools") | plain
    ),
    max_size=5,
).map(lambda rows: with_decisions(LEDGER.frame(), LEDGER.frame(rows).unique("id", keep="first", maintain_order=True)))  # fmt: skip


@given(decisions=decided)
def test_any_ledger_comes_back_from_sssom_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, decisions: Ledger
) -> None:
    path = tmp_path_factory.mktemp("sssom") / "a.sssom.tsv"

    write_sssom(path, Inputs(ledger=decisions))

    assert read_sssom(path).equals(decisions)


@given(id_=ids)
def test_a_curie_holds_only_what_a_curie_may(id_: str) -> None:
    prefix, _, local = curie(id_).partition(":")

    assert prefix in ("Disease", "Drug")
    assert all(sign.isalnum() or sign in "_.~-%" for sign in local)


def test_a_graph_that_is_not_there_is_an_error(kgtools: Run, tmp_path: Path) -> None:
    ran = kgtools("align", "--graph", tmp_path / "nowhere")

    assert (ran.code, "no graph here" in ran.err) == (2, True)


def test_the_sample_graph_is_aligned_and_undone(
    kgtools: Run, sample_graph: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = EmbeddedStore(tmp_path / "graph")
    store.change(lambda _: sample_graph.inputs())
    before = snapshot(store)

    told = kgtools("align", "--graph", store.folder, "--format", "json").json
    aligned = snapshot(store)
    ran = kgtools("align", "--graph", store.folder, "--undo", "all")

    assert sum(row["applied"] for row in told["rules"].values()) > 0
    assert told["triples_united"] == told["triples"]["before"] - told["triples"]["after"]
    assert aligned != before
    assert ran.code == 0
    assert snapshot(store) == before


def test_nearly_nine_in_ten_cut_disease_names_of_the_published_graphs_have_one_completion(real_files: Path) -> None:
    files = {"xywy": real_files / "xywy" / "medical.json", "health39": real_files / "39health" / "disease.csv"}
    inputs = Inputs().with_sources([prepare(name, [path], Options())[0] for name, path in files.items()])

    rows = candidates(inputs, ("completion",)).filter(pl.col("type") == "Disease")

    cut = {id_ for source in inputs.sources for id_ in source.named["id"] if id_.startswith("Disease:")}
    cut = {id_ for id_ in cut if id_.endswith(("...", "…"))}
    only = rows.filter(pl.col("reason").str.starts_with("the only name"))
    assert (len(cut), only.height) == (768, 677)
    assert set(rows["before"]) <= cut
    assert (only["score"] >= 0.9).mean() > 0.99
    assert rows.filter(~pl.col("reason").str.starts_with("the only name"))["score"].max() < 0.9

"""`kgtools align`: what it applies, what it asks people, and that all of it can be undone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.align.candidates import candidates
from kgtools.kg.align.review import COLUMNS
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.load import prepare
from kgtools.kg.graph import change
from kgtools.kg.source import Options
from kgtools.kg.stores.folder.store import FolderStore
from tests.kg.align.aligning import ROWS, generation, now, review, snapshot

Run = Callable[..., Any]


@pytest.fixture
def store(graph_of: Callable[..., FolderStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    monkeypatch.chdir(tmp_path)
    return graph_of(ROWS)


def test_sure_candidates_are_applied_and_the_others_are_for_review(kgtools: Run, store: FolderStore) -> None:
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


def test_the_table_says_the_same_numbers(kgtools: Run, store: FolderStore) -> None:
    table = kgtools("align", "--graph", store.folder, "--dry-run").out

    lines = [line.split() for line in table.splitlines()]
    assert ["alias", "2", "0", "2", "0", "0"] in lines
    assert ["all", "5", "2", "3", "0", "0"] in lines
    assert "triples: 8 before, 6 after (2 became one with another)" in table
    assert "self-loops: 0 before, 1 after (1 arose)" in table
    assert "Dry run: no graph was touched." in table


def test_a_dry_run_touches_neither_graph_nor_files(kgtools: Run, store: FolderStore, tmp_path: Path) -> None:
    before = generation(store)

    told = kgtools("align", "--graph", store.folder, "--dry-run", "--format", "json").json

    assert told["entities"] == {"before": 15, "after": 13}
    assert (told["dry_run"], told["written"]) == (True, {})
    assert generation(store) == before
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_changes_nothing(kgtools: Run, store: FolderStore) -> None:
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
def test_undoing_brings_back_the_graph_as_it_was(kgtools: Run, store: FolderStore, rule: str, how: str) -> None:
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


def test_undoing_one_rule_leaves_what_the_others_did(kgtools: Run, store: FolderStore) -> None:
    kgtools("align", "--graph", store.folder, "--rule", "completion")
    only = snapshot(store)
    kgtools("align", "--graph", store.folder)

    kgtools("align", "--graph", store.folder, "--undo", "equal-name")

    assert snapshot(store) == only


def test_the_threshold_says_what_is_applied(kgtools: Run, store: FolderStore) -> None:
    told = kgtools("align", "--graph", store.folder, "--threshold", "0.8", "--format", "json").json

    assert told["rules"]["alias"]["applied"] == 2
    assert len(review()) == 1


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
def test_options_that_make_no_sense_are_refused(kgtools: Run, store: FolderStore, words: list[str], fault: str) -> None:
    before = generation(store)

    ran = kgtools("align", "--graph", store.folder, *words)

    assert (ran.code, fault in ran.err) == (2, True), ran.err
    assert generation(store) == before


def test_a_graph_that_is_not_there_is_an_error(kgtools: Run, tmp_path: Path) -> None:
    ran = kgtools("align", "--graph", tmp_path / "nowhere")

    assert (ran.code, "no graph here" in ran.err) == (2, True)


def test_the_sample_graph_is_aligned_and_undone(
    kgtools: Run, sample_graph: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = FolderStore(tmp_path / "graph")
    change(store, lambda _: sample_graph.inputs())
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

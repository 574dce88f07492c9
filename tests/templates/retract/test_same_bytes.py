"""Records without some facts are the bytes of a fresh run over the graph of source files that never said these facts."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.build.normalize import with_ids
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates import api
from tests.conftest import SAMPLES
from tests.templates.conftest import run_kgtools

TASKS = ("qa", "qa,mcq,truefalse,cloze,list,reverse,path,abstain", "preference")
LISTS = ("symptom", "check", "cure_way", "do_eat", "not_eat", "acompany")


def correct(record: dict[str, Any], number: int) -> dict[str, Any]:
    """A disease of the file without the last of a list, and some without a text."""
    key = LISTS[number % len(LISTS)]
    kept = {name: value for name, value in record.items() if name != "prevent" or number % 5}
    return kept | ({key: record[key][:-1]} if len(record.get(key, ())) > 1 else {})


def load(file: Path, folder: Path) -> FolderStore:
    names = ["names", "add", SAMPLES / "names.tsv", "--license", "Apache-2.0"]
    for words in (["load", "xywy", file], names):
        done = run_kgtools(*words, "--graph", folder)
        assert done.returncode == 0, done.stderr
    return FolderStore(folder)


def ids(graph: FolderStore, folder: Path) -> set[str]:
    """All facts of a graph, by the coverage of its records."""
    api.generate(graph.folder, lang="zh", count=1, out=folder)
    return set(pl.read_parquet(folder / "coverage.parquet")["triple"])


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, FolderStore, list[str]]:
    """The graph of the sample file, the one of a corrected file, and the facts that the second lacks."""
    home, file = tmp_path_factory.mktemp("corrected"), SAMPLES / "xywy" / "medical.json"
    lines = file.read_bytes().splitlines()[:30]
    (home / "whole.json").write_bytes(b"\n".join(lines) + b"\n")
    corrected = [orjson.dumps(correct(orjson.loads(line), number)) for number, line in enumerate(lines)]
    (home / "medical.json").write_bytes(b"\n".join(corrected) + b"\n")
    before, after = load(home / "whole.json", home / "before"), load(home / "medical.json", home / "after")
    wrong = ids(before, home / "1") - ids(after, home / "2")
    return before, after, sorted(wrong)


def test_the_corrected_file_lacks_triples_values_and_whole_entities(
    graphs: tuple[FolderStore, FolderStore, list[str]],
) -> None:
    before, after, wrong = graphs

    assert len(wrong) > 20
    assert set(wrong) - set(before.triples()["id"])
    assert before.entities().height > after.entities().height


@pytest.mark.parametrize("task", TASKS)
def test_records_without_wrong_facts_are_those_of_the_corrected_file(
    graphs: tuple[FolderStore, FolderStore, list[str]], hashes: Callable[..., Any], tmp_path: Path, task: str
) -> None:
    before, after, wrong = graphs
    api.generate(before.folder, task=task, lang="zh", count=300, seed=5, out=tmp_path / "old")
    fresh = api.generate(after.folder, task=task, lang="zh", count=300, seed=5, out=tmp_path / "fresh")

    result = api.retract(tmp_path / "old", triples=wrong, graph=before.folder, out=tmp_path / "new")

    assert hashes(tmp_path / "new") == hashes(tmp_path / "fresh")
    assert (result.table, result.written) == (fresh.table, fresh.written)
    assert result.count("rebuilt") > 0
    old, new = (set(pl.read_parquet(tmp_path / name / f"{fresh.table}.parquet")["id"]) for name in ("old", "new"))
    told = result.changes
    assert set(told.filter(pl.col("change").is_in(["fallen", "rebuilt"]))["id"]) == old - new
    assert set(told.filter(pl.col("change").is_in(["new", "rebuilt"]))["new_id"]) == new - old


def test_facts_of_aligned_entities_are_known_by_the_ids_that_they_have_in_the_graph(
    named_graph: Path, hashes: Callable[..., Any], tmp_path: Path
) -> None:
    shutil.copytree(named_graph, tmp_path / "graph")
    assert run_kgtools("align", "--graph", tmp_path / "graph").returncode == 0
    store = FolderStore(tmp_path / "graph")
    inputs = store.inputs()
    to = dict(inputs.ledger.filter(pl.col("verdict") == "same").select("before", "after").iter_rows())
    aligned = [with_ids(each.facts.with_columns(pl.col("head", "tail").replace(to)))["id"] for each in inputs.sources]
    moved = pl.concat(aligned).filter(pl.concat(aligned) != pl.concat([each.facts["id"] for each in inputs.sources]))
    wrong = [*moved.unique().sort()[:5], *pl.concat(aligned).unique().sort().gather_every(40)]
    left = [
        replace(source, facts=source.facts.filter(~id_.is_in(pl.Series(wrong).implode())))
        for source, id_ in zip(inputs.sources, aligned, strict=True)
    ]
    change(FolderStore(tmp_path / "less"), lambda _: replace(inputs, sources=tuple(left)))
    settings: dict[str, Any] = {
        "pack": "extended,clinicalgpt",
        "per_head": 2,
        "max_tails": 3,
        "drop": "none",
        "lang": "zh",
    }
    for graph, out in (("graph", "old"), ("less", "fresh")):
        api.generate(tmp_path / graph, out=tmp_path / out, **settings)

    api.retract(tmp_path / "old", triples=wrong, graph=tmp_path / "graph", out=tmp_path / "new")

    assert len(moved) > 0
    assert hashes(tmp_path / "new") == hashes(tmp_path / "fresh")

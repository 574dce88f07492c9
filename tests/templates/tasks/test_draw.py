"""Which records are kept: tasks with shares, caps by relation and head, one seed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import count_plan, generate
from kgtools.templates.pack import Pack, find_pack
from kgtools.templates.tasks.ask import ItemOptions
from kgtools.templates.tasks.draw import Sample, parse_tasks
from kgtools.tools.errors import UsageError

KNOWN = ("qa", "mcq", "list")


@pytest.fixture(scope="module")
def store(named_graph: Path) -> FolderStore:
    return FolderStore(named_graph)


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return [find_pack("clinicalgpt")]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("qa", {"qa": None}),
        ("qa,mcq", {"qa": None, "mcq": None}),
        ("qa=0.5, mcq=.5", {"qa": 0.5, "mcq": 0.5}),
        ("list=2", {"list": 2}),
    ],
)
def test_tasks_are_named_with_shares_or_without(text: str, shares: dict[str, float | None]) -> None:
    assert parse_tasks(text, KNOWN) == shares


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mqc", "did you mean mcq"),
        ("qa,qa", "named twice"),
        ("qa=0.5,mcq", "every task a share, or none"),
        ("qa=0", "more than 0"),
        ("qa=x", "NAME=SHARE"),
        ("qa;mcq", "NAME=SHARE"),
        ("", "NAME=SHARE"),
        ("preference=0.5", "there are|did you mean"),
    ],
)
def test_what_cannot_be_a_list_of_tasks_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_tasks(text, KNOWN)


@pytest.mark.parametrize(
    ("task", "sample", "told"),
    [
        ("preference,qa", Sample(), "make them alone"),
        ("preference", Sample(per_head=1), "take --count"),
        ("qa", Sample(per_relation=0), "--per-relation must be 1 or more"),
    ],
)
def test_what_cannot_be_made_together_is_refused(
    store: FolderStore, packs: list[Pack], task: str, sample: Sample, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        generate(store, packs, ("zh",), None, 0, 12, task=task, sample=sample)


def made(store: FolderStore, packs: list[Pack], task: str, count: int | None = None, **sample: Any) -> pl.DataFrame:
    return generate(store, packs, ("zh", "en"), count, 0, 12, task=task, sample=Sample(**sample)).records


def test_shares_are_of_the_count(store: FolderStore, packs: list[Pack]) -> None:
    records = made(store, packs, "qa=0.5,mcq=0.3,list=0.2", 100)

    assert Counter(records["task"]) == {"qa": 50, "mcq": 30, "list": 20}


def test_without_a_count_the_scarcest_task_decides(store: FolderStore, packs: list[Pack]) -> None:
    every = Counter(made(store, packs, "qa,list")["task"])

    counts = Counter(made(store, packs, "qa=0.5,list=0.5")["task"])

    assert counts["qa"] == counts["list"] == min(every.values())


def test_counts_without_shares_are_drawn_from_all(store: FolderStore, packs: list[Pack]) -> None:
    records = made(store, packs, "qa,mcq", 300)

    assert records.height == 300
    assert set(records["task"]) == {"qa", "mcq"}


def test_no_relation_and_no_head_has_more_than_asked_for(store: FolderStore, packs: list[Pack]) -> None:
    records = made(store, packs, "qa,mcq", per_relation=5, per_head=1)
    heads = [orjson.loads(meta)["head"] for meta in records["meta"]]
    relations = records["template"].str.extract(r"/(\w+)\.")

    assert max(Counter(zip(records["task"], records["lang"], heads, strict=True)).values()) == 1
    assert max(Counter(zip(records["task"], records["lang"], relations, strict=True)).values()) <= 5
    assert set(records["task"]) == {"qa", "mcq"}


def test_a_smaller_sample_is_part_of_a_larger_one(store: FolderStore, packs: list[Pack]) -> None:
    small, large = (made(store, packs, "mcq,cloze", count) for count in (50, 200))

    assert set(small["id"]) < set(large["id"])


def test_facts_that_are_not_drawn_say_so(store: FolderStore, packs: list[Pack]) -> None:
    result = generate(store, packs, ("zh",), 10, 0, 12, task="mcq")

    assert result.counts.triples["zh"]["not-sampled"] > 0
    assert result.counts.by_task == {"mcq": {"zh": 10}}


@pytest.mark.parametrize("task", ["qa", "qa,mcq,abstain", "qa=0.5,list=0.5"])
def test_a_plan_is_what_is_made(store: FolderStore, packs: list[Pack], task: str) -> None:
    planned = count_plan(store, packs, ("zh", "en"), 0, 12, task)

    counted = Counter(zip(*made(store, packs, task).select("task", "lang").to_dict().values(), strict=True))

    assert {
        (task, lang): records
        for task, lang, records in planned.group_by("task", "lang").agg(pl.col("records").sum()).iter_rows()
    } == counted


def test_the_command_plans_and_writes_nothing(named_graph: Path, kgtools: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "records"

    ran = kgtools(
        "generate",
        "--graph",
        named_graph,
        "--pack",
        "clinicalgpt",
        "--task",
        "mcq,qa",
        "--plan",
        "--out",
        out,
        "--format",
        "json",
    )

    assert ran.code == 0, ran.err
    assert {row["task"] for row in ran.json} == {"mcq", "qa"}
    assert not out.exists()


def test_the_command_writes_items_with_the_names_that_answers_may_say(
    named_graph: Path, kgtools: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "items"

    ran = kgtools(
        "generate", "--graph", named_graph, "--pack", "clinicalgpt", "--task", "mcq=0.6,abstain=0.4", "--count", 50, "--out", out,
        "--options", 5, "--rotations", 2, "--distractors", "department", "--show", 1,
    )  # fmt: skip

    assert ran.code == 0, ran.err
    written = {path.name for path in out.iterdir()}
    assert written == {f"{name}.parquet" for name in ("records", "coverage", "names")} | {
        "records.jsonl",
        "LICENSES.md",
        "run.json",
    }
    manifest = orjson.loads((out / "run.json").read_bytes())
    assert {task: sum(counts.values()) for task, counts in manifest["by_task"].items()} == {"mcq": 30, "abstain": 20}
    assert manifest["settings"]["rotations"] == 2
    assert "names.parquet" in manifest["outputs"]
    assert "wrong options of mcq from" in ran.out


def test_questions_and_answers_alone_are_told_as_before(
    named_graph: Path, kgtools: Callable[..., Any], tmp_path: Path
) -> None:
    ran = kgtools("generate", "--graph", named_graph, "--pack", "clinicalgpt", "--out", tmp_path / "records")
    manifest = orjson.loads((tmp_path / "records" / "run.json").read_bytes())

    assert ran.code == 0, ran.err
    assert not {"by_task", "distractors"} & manifest.keys()
    assert not {"options", "rotations", "per_head"} & manifest["settings"].keys()
    assert not (tmp_path / "records" / "names.parquet").exists()


def test_a_stratified_sample_has_as_many_of_each_relation_as_there_are(store: FolderStore, packs: list[Pack]) -> None:
    plan = count_plan(store, packs, ("zh",), 0, 12, "qa")
    there = dict(plan.select("relation", "records").iter_rows())
    scarce, count = min(there.values()), 60 * len(there)

    counts = generate(store, packs, ("zh",), count, 0, 12, sample=Sample(stratify=True)).counts

    assert counts.by_source is not None
    made = {relation: of["all"] for relation, of in counts.by_source.items()}
    assert sum(made.values()) == counts.records == count
    full = {relation for relation, number in made.items() if number == there[relation]}
    rest = [made[relation] for relation in made.keys() - full]
    assert scarce < 60
    assert max(rest) - min(rest) <= 1
    assert all(made[relation] <= min(rest) + 1 for relation in full)


def test_a_stratified_sample_keeps_the_shares_of_tasks(store: FolderStore, packs: list[Pack]) -> None:
    made = generate(store, packs, ("zh",), 200, 0, 12, task="qa=0.75,mcq=0.25", sample=Sample(stratify=True))

    assert dict(made.records["task"].value_counts().iter_rows()) == {"qa": 150, "mcq": 50}


def test_no_graph_has_a_part_in_more_records_than_its_cap(store: FolderStore, packs: list[Pack]) -> None:
    counts = generate(store, packs, ("zh",), None, 0, 12, sample=Sample(per_source=100)).counts

    assert counts.by_source is not None
    of_graph = Counter[str]()
    for of in counts.by_source.values():
        of_graph.update({name: number for name, number in of.items() if name != "all"})
    assert set(of_graph) == {"cmekg", "health39", "xywy"}
    assert max(of_graph.values()) == 100
    assert counts.records >= 100


def test_a_stratum_without_a_count_is_refused() -> None:
    with pytest.raises(UsageError, match="--stratify shares out what --count says; give both"):
        Sample(stratify=True).refuse_wrong()


def test_a_question_that_is_turned_is_as_many_records_as_turns(store: FolderStore, packs: list[Pack]) -> None:
    items = ItemOptions(rotations=4)
    for sample, most in ((Sample(count=101), 100), (Sample(per_relation=9), 8), (Sample(count=90, stratify=True), 88)):
        made = generate(store, packs, ("zh",), sample.count, 0, 12, task="mcq", sample=sample, items=items).records

        of_questions = made.group_by("template", pl.col("meta").str.json_path_match("$.head")).len()["len"]
        assert set(of_questions) == {4}
        by_relation = made.group_by(pl.col("template").str.extract(r"/(.+)\.zh")).len()["len"]
        assert max(by_relation) == most if sample.per_relation else made.height <= most
    assert made.height > 60

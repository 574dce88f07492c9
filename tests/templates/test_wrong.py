"""Preferences: what is called wrong is said by no source of the head, in a known way, and not told by its length."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.pack import Pack, find_pack, load_pack
from kgtools.templates.preferences.rejected import FAULTS

Graph = Callable[..., Store]
Run = Callable[..., Any]
GOUT, FLU = "Disease:痛风", "Disease:流感"
LICENSES = ("LicenseRef-xywy-noncommercial", "LicenseRef-39health-unstated", "LicenseRef-cmekg-unstated")
EAT: dict[str, Any] = {"head": "Disease", "tail": "Food", "relations": ["SHOULD_EAT"]}


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return [find_pack("clinicalgpt"), find_pack("extended")]


@pytest.fixture(scope="module")
def made(named_graph: Path, packs: list[Pack]) -> RecordTables:
    return generate(FolderStore(named_graph), packs, ("zh", "en"), None, 0, 12, task="preference")


@pytest.fixture(scope="module")
def rows(made: RecordTables) -> list[dict[str, Any]]:
    return [row | {"meta": orjson.loads(row["meta"])} for row in made.records.iter_rows(named=True)]


@pytest.fixture
def pack(pack_folder: Callable[..., Path]) -> Callable[..., Pack]:
    return lambda **info: load_pack(pack_folder(**info))


def pairs(store: Store, pack: Pack, langs: tuple[str, ...] = ("zh",), seed: int = 0) -> list[dict[str, Any]]:
    found = generate(store, [pack], langs, None, seed, 12, task="preference").records
    return [row | {"meta": orjson.loads(row["meta"])} for row in found.sort("group", "lang").iter_rows(named=True)]


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def bare(text: str) -> str:
    """As a template may put it into a sentence."""
    return text.lower().rstrip(";；。")


def wrong_of(store: Store, pack: Pack, head: str) -> set[str]:
    """What is called wrong of a head, over many seeds."""
    made = [pair["meta"] for seed in range(20) for pair in pairs(store, pack, seed=seed)]
    return {
        wrong for meta in made if meta["head"] == head and meta["fault"] == "wrong-tails" for wrong in meta["wrong"]
    }


def said_of_each_head(folder: Path) -> dict[str, set[str]]:
    """Every name of what any triple links to an entity, and every value, told from the graph's tables alone."""
    store = FolderStore(folder)
    names: dict[str, set[str]] = {}
    said: dict[str, set[str]] = {}
    for id_, name, english, aliases, attributes in (
        store.entities().select("id", "name", "name_en", "aliases", "attributes").iter_rows()
    ):
        names[id_] = {plain(text) for text in (name, english, *aliases) if text}
        said[id_] = names[id_] | {plain(value) for values in json.loads(attributes).values() for value in values}
    for head, tail in store.triples().select("head", "tail").iter_rows():
        said[head] = said[head] | names[tail]
        said[tail] = said[tail] | names[head]
    return said


def test_nothing_that_is_called_wrong_is_said_of_the_head_by_any_source_under_any_name(
    rows: list[dict[str, Any]], named_graph: Path
) -> None:
    said = said_of_each_head(named_graph)
    checked = [row["meta"] for row in rows if row["meta"]["fault"] in ("wrong-tails", "over-claim", "invented")]

    assert len(checked) > 2000
    assert [meta for meta in checked if any(plain(wrong) in said[meta["head"]] for wrong in meta["wrong"])] == []


def test_an_invented_name_is_no_name_of_the_graph(rows: list[dict[str, Any]], named_graph: Path) -> None:
    entities = FolderStore(named_graph).entities().select("name", "name_en", "aliases")
    names = [text for name, english, aliases in entities.iter_rows() for text in (name, english, *aliases) if text]
    known = set(map(plain, names))
    invented = [row["meta"]["wrong"] for row in rows if row["meta"]["fault"] == "invented"]

    assert len(invented) > 100
    assert all(len(wrong) == 1 and plain(wrong[0]) not in known for wrong in invented)


def test_every_fault_is_there_in_both_languages_and_is_what_its_name_says(rows: list[dict[str, Any]]) -> None:
    there = {(lang, fault) for lang in ("zh", "en") for fault in FAULTS if fault != "swapped"}
    assert {(row["lang"], row["meta"]["fault"]) for row in rows} >= there
    for row in rows:
        chosen, rejected = row["chosen"][0]["content"], row["rejected"][0]["content"]
        assert [turn["role"] for side in ("prompt", "chosen", "rejected") for turn in row[side]] == ["user", "assistant", "assistant"]  # fmt: skip
        assert chosen != rejected
        assert bool(row["meta"]["unsaid"]) == (row["meta"]["fault"] != "over-claim")
        assert bool(row["meta"]["wrong"]) == (row["meta"]["fault"] != "omission")
        assert all(bare(wrong) in rejected.lower() for wrong in row["meta"]["wrong"])
        assert all(bare(unsaid) in chosen.lower() for unsaid in row["meta"]["unsaid"])


def test_the_answers_are_equally_long_on_average_and_the_gap_is_counted(made: RecordTables) -> None:
    for lang, of in made.counts.lengths.items():
        mine = made.records.filter(pl.col("lang") == lang)
        chosen, rejected = (
            mine[side].list.first().struct.field("content").str.len_chars() for side in ("chosen", "rejected")
        )
        assert of["all"]["pairs"] == mine.height
        assert of["all"]["gap"] == pytest.approx(float(chosen.mean()) - float(rejected.mean()), abs=0.001)  # type: ignore[arg-type]
        assert abs(of["all"]["gap"]) < 0.005 * of["all"]["chosen"]


def test_the_facts_and_the_groups_are_those_of_the_records(
    made: RecordTables, named_graph: Path, packs: list[Pack]
) -> None:
    records = generate(FolderStore(named_graph), packs, ("zh", "en"), None, 0, 12).records
    keys = ["template", "group", "facts", "head"]
    head = pl.col("meta").str.json_path_match("$.head").alias("head")

    both = made.records.with_columns(head).join(records.with_columns(head), on=keys, how="inner")
    assert both.height == made.records.height
    assert (both["prompt"].list.first() == both["messages"].list.first()).all()
    assert (both["chosen"].list.first() == both["messages"].list.last()).all()
    assert made.records.height < records.height
    assert all("no-wrong-answer" in fates for fates in made.counts.triples.values())


def test_same_seed_same_pairs_whatever_the_workers_and_another_seed_others(
    made: RecordTables, named_graph: Path, packs: list[Pack]
) -> None:
    store = FolderStore(named_graph)
    again = generate(store, packs, ("zh", "en"), None, 0, 12, workers=2, task="preference")
    other = generate(store, packs, ("zh", "en"), None, 1, 12, task="preference")

    assert again.records.equals(made.records)
    assert again.counts == made.counts
    assert not other.records.sort("id").equals(made.records.sort("id"))


def test_an_alias_of_what_is_said_is_not_called_wrong(graph: Graph, pack: Callable[..., Pack]) -> None:
    said = [
        (GOUT, "HAS_SYMPTOM", "Symptom:发热"),
        (FLU, "HAS_SYMPTOM", "Symptom:发烧"),
        ("Disease:白喉", "HAS_SYMPTOM", "Symptom:咽痛"),
    ]
    template = pack()

    assert wrong_of(graph(said), template, GOUT) == {"发烧", "咽痛"}
    assert wrong_of(graph([*said, ("Symptom:发热", "alias", "发烧")]), template, GOUT) == {"咽痛"}


@pytest.mark.parametrize("more", [(GOUT, "HAS_SYMPTOM", "Symptom:心悸"), (GOUT, "HAS_COMPLICATION", "Disease:心悸")])
def test_what_another_source_or_relation_says_of_the_head_is_not_called_wrong(
    graph: Graph, pack: Callable[..., Pack], more: tuple[str, str, str]
) -> None:
    of_flu = [(FLU, "HAS_SYMPTOM", f"Symptom:{name}") for name in ("心悸", "乏力", "咽痛")]
    said = [(GOUT, "HAS_SYMPTOM", "Symptom:关节痛"), *of_flu]
    template = pack()

    assert wrong_of(graph(said), template, GOUT) == {"心悸", "乏力", "咽痛"}
    assert wrong_of(graph(said, two=[more]), template, GOUT) == {"乏力", "咽痛"}


def test_what_to_avoid_is_said_for_what_to_eat_as_often_as_the_contrary_and_its_source_and_licence_are_told(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    eat = [(GOUT, "SHOULD_EAT", "Food:樱桃"), (FLU, "SHOULD_EAT", "Food:啤酒")]
    avoid = [(GOUT, "SHOULD_AVOID", "Food:啤酒"), (FLU, "SHOULD_AVOID", "Food:樱桃")]

    made = pairs(graph(eat, two=avoid), pack(**EAT))

    assert {(pair["meta"]["head"], *pair["meta"]["wrong"]) for pair in made} == {(GOUT, "啤酒"), (FLU, "樱桃")}
    for pair in made:
        assert pair["meta"]["fault"] == "swapped"
        assert pair["rejected"][0]["content"] == pair["chosen"][0]["content"].replace(
            *pair["meta"]["unsaid"], *pair["meta"]["wrong"]
        )
        assert (pair["source"], pair["license"]) == ("one + two", "CC-BY-4.0 AND CC0-1.0 AND MIT")
        assert len(pair["facts"]) == 1


def test_a_food_that_no_source_forbids_is_not_called_wrong(graph: Graph, pack: Callable[..., Pack]) -> None:
    eat = [(GOUT, "SHOULD_EAT", "Food:樱桃"), (FLU, "SHOULD_EAT", "Food:啤酒")]

    assert pairs(graph(eat), pack(**EAT)) == []


def test_where_nothing_wrong_can_be_said_the_facts_are_counted_and_no_pair_is_made(
    graph: Graph, pack: Callable[..., Pack]
) -> None:
    store = graph([(GOUT, "HAS_SYMPTOM", "Symptom:关节痛")])
    result = generate(store, [pack()], ("zh",), None, 0, 12, task="preference")

    assert result.records.columns == list(PREFERENCES.columns)
    assert (result.records.height, result.counts.triples) == (0, {"zh": {"no-wrong-answer": 1}})


def test_the_command_writes_pairs_traces_one_and_exports_trls_form(
    named_graph: Path, tmp_path: Path, kgtools: Run
) -> None:
    out = tmp_path / "pairs"
    done = kgtools(
        "generate", "--graph", named_graph, "--task", "preference", "--count", 50, "--out", out, "--export", "trl-preference",
        *[word for license_ in LICENSES for word in ("--allow-license", license_)],
    )  # fmt: skip
    assert done.code == 0, done.err
    pair = pl.read_parquet(out / "preferences.parquet").row(0, named=True)
    traced = kgtools("trace", pair["id"], "--records", out, "--graph", named_graph, "--format", "json").json
    lines = [orjson.loads(line) for line in next((out / "trl-preference").glob("*.jsonl")).read_bytes().splitlines()]

    assert "chosen longer" in done.out
    assert json.loads((out / "run.json").read_bytes())["settings"]["task"] == "preference"
    assert traced["record"]["chosen"] == pair["chosen"]
    assert traced["record"]["fault"] in FAULTS
    assert [triple["id"] for triple in traced["triples"]] == sorted(pair["facts"])
    assert sorted(line["chosen"][0]["content"] for line in lines) == sorted(
        side[0]["content"] for side in pl.read_parquet(out / "preferences.parquet")["chosen"].to_list()
    )


def test_records_and_preferences_do_not_share_a_folder(sample_run: Path, named_graph: Path, kgtools: Run) -> None:
    before = sorted(path.name for path in sample_run.iterdir())
    done = kgtools("generate", "--graph", named_graph, "--task", "preference", "--out", sample_run)

    assert done.code == 2
    assert "name another folder for the preferences" in done.err
    assert sorted(path.name for path in sample_run.iterdir()) == before

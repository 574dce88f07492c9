"""Facts are what a split keeps apart: in either direction, language or task, whatever hangs together by them."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.record import PREFERENCES
from kgtools.corpora.split.assign import Assignment
from kgtools.corpora.split.plan import SPLITS
from kgtools.corpora.split.run import run
from kgtools.tools.errors import Findings
from kgtools.tools.inputs.files import digest
from tests.conftest import Ran
from tests.corpora.split.test_split import Kgtools, plan, read, record, write

TENTHS = {"train": 0.8, "validation": 0.1, "test": 0.1}
HEADS, TAILS = 600, 1200


def lists(chance: random.Random) -> list[dict[str, Any]]:
    """What a pack makes of a relation: a list of tails for each head in two languages, and one of heads for each tail."""
    triples = sorted({(head, chance.randrange(TAILS)) for head in range(HEADS) for _ in range(3)})
    said: dict[tuple[str, int, str], list[str]] = {}
    for head, tail in triples:
        for key in (("head", head, "zh"), ("head", head, "en"), ("tail", tail, "zh")):
            if key[2] == "zh" or head % 5 == 0:
                said.setdefault(key, []).append(f"{head} {tail}")
    return [
        record(number, task=way, lang=lang, facts=facts, group="all", source="ab"[number % 2], meta=f'{{"head":"{way} {name}"}}')
        for number, ((way, name, lang), facts) in enumerate(said.items())
    ]  # fmt: skip


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("both") / "records", lists(random.Random(0)))


def of_facts(records: pl.DataFrame) -> dict[str, set[str]]:
    """Fact -> the splits that it stands in."""
    found = records.explode("facts").drop_nulls("facts").group_by("facts").agg(pl.col("split").unique())
    return {fact: set(splits) for fact, splits in found.iter_rows()}


def left_out(place: Path, done: Path) -> pl.DataFrame:
    removed = read(done, "removed")
    assert set(removed["reason"]) <= {"shares-facts"}
    return read(place).filter(pl.col("id").is_in(removed["id"].implode()))


def test_no_fact_is_in_two_splits_although_all_records_hang_together(both_ways: Path, tmp_path: Path) -> None:
    done = run(both_ways, tmp_path / "s", plan(shares=TENTHS))

    records = read(tmp_path / "s")
    splits = of_facts(records)
    assert all(len(found) == 1 for found in splits.values())
    assert done.facts == {name: sum(found == {name} for found in splits.values()) for name in done.facts}
    assert records.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1
    assert (done.parted, done.parted_records, done.crossing, done.crossing_facts) == (1, done.total, 0, 0)


def test_what_is_left_out_shares_facts_with_two_splits_and_is_counted(both_ways: Path, tmp_path: Path) -> None:
    done = run(both_ways, tmp_path / "s", plan(shares=TENTHS))

    splits = of_facts(read(tmp_path / "s"))
    gone = left_out(both_ways, tmp_path / "s")
    assert done.removed == {"shares-facts": gone.height}
    assert sum(done.splits.values()) + gone.height == done.total
    assert all(len(set().union(*(splits.get(fact, set()) for fact in facts))) > 1 for facts in gone["facts"])
    assert orjson.loads((tmp_path / "s" / "run.json").read_bytes())["removed"] == done.removed


def test_parting_keeps_the_shares_and_both_directions_in_each_split(both_ways: Path, tmp_path: Path) -> None:
    done = run(both_ways, tmp_path / "s", plan(shares=TENTHS))

    kept = sum(done.splits.values())
    shares = {split: number / kept for split, number in done.splits.items()}
    assert shares == {split: pytest.approx(share, abs=done.tolerance) for split, share in TENTHS.items()}
    assert done.off == pytest.approx(max(abs(shares[split] - share) for split, share in TENTHS.items()), abs=1e-3)
    assert read(tmp_path / "s").group_by("split", "task", "lang").len().height == 9


def test_the_languages_of_a_list_are_in_one_split(both_ways: Path, tmp_path: Path) -> None:
    run(both_ways, tmp_path / "s", plan(shares=TENTHS))

    heads = read(tmp_path / "s").filter(task="head").group_by("meta").agg(pl.col("split").n_unique(), pl.len())
    assert heads["split"].max() == 1
    assert heads["len"].max() == 2


@pytest.mark.parametrize("noun", ["groups", "facts"])
def test_the_proof_is_of_what_was_written_and_nothing_stays_where_it_fails(
    noun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"groups": {"group": "one"}, "facts": {"facts": ["one"]}}[noun]
    place = write(tmp_path / "r", [record(n, **shared) for n in range(10)])

    def apart(index: pl.DataFrame, *_: Any) -> Assignment:
        halves = pl.Series(["train", "test"] * 5, dtype=pl.Enum(SPLITS))
        rows = index.with_columns(split=halves, reason=pl.lit(None, pl.String))
        return Assignment(rows, dict.fromkeys(SPLITS, 0))

    monkeypatch.setattr("kgtools.corpora.split.run.assign", apart)
    monkeypatch.setattr("kgtools.corpora.split.run.names_of", lambda ties, _: ties.names.clear())

    with pytest.raises(Findings, match=f"1 {noun} would be in more than one split; nothing was written"):
        run(place, tmp_path / "s", plan(shares=TENTHS))
    assert not (tmp_path / "s").exists()


def test_counts_are_not_passed_by_what_follows_its_facts(both_ways: Path, tmp_path: Path) -> None:
    counts = {"train": 500, "validation": 100, "test": 200}

    done = run(both_ways, tmp_path / "s", plan(counts=counts))

    assert all(counts[split] * 0.95 <= number <= counts[split] for split, number in done.splits.items())
    assert set(done.removed) == {"shares-facts", "not-drawn"}


def test_small_groups_of_facts_stay_whole_and_nothing_is_left_out(tmp_path: Path) -> None:
    rows = [record(n, facts=[f"{n // 3} {n % 3}", f"{n // 3} {(n + 1) % 3}"]) for n in range(900)]

    done = run(write(tmp_path / "r", rows), tmp_path / "s", plan(shares=TENTHS))

    assert (done.parted, done.removed, done.tied) == (0, {}, 600)
    assert done.splits == {"train": 720, "validation": 90, "test": 90}
    assert read(tmp_path / "s")["group"].n_unique() == 300


def test_records_of_two_runs_that_share_a_fact_are_in_one_group(tmp_path: Path) -> None:
    rows = [record(n, facts=[f"{n % 50}"], group=f"run {n // 50}: {n % 50}") for n in range(100)]

    run(write(tmp_path / "r", rows), tmp_path / "s", plan(shares=TENTHS))

    records = read(tmp_path / "s").explode("facts")
    assert records.group_by("facts").agg(pl.col("group", "split").n_unique()).select(
        "group", "split"
    ).unique().rows() == [(1, 1)]


def test_what_ties_holds_where_facts_are_parted(both_ways: Path, tmp_path: Path) -> None:
    done = run(both_ways, tmp_path / "s", plan(shares=TENTHS).model_copy(update={"tie": ("head",)}))

    records = read(tmp_path / "s")
    assert records.group_by("meta").agg(pl.col("split").n_unique())["split"].max() == 1
    assert all(len(found) == 1 for found in of_facts(records).values())
    assert done.splits["test"] > 0.05 * done.total


def test_a_record_without_facts_whose_group_is_parted_is_left_out(tmp_path: Path) -> None:
    rows = [*lists(random.Random(0)), record(-1, group="all"), record(-2, group="its own")]
    place = write(tmp_path / "r", rows)

    run(place, tmp_path / "s", plan(shares=TENTHS))

    without = read(tmp_path / "s").filter(pl.col("facts").list.len() == 0)
    assert without["group"].to_list() == ["its own"]


def test_a_published_split_keeps_its_facts_to_itself(tmp_path: Path) -> None:
    rows = lists(random.Random(1))
    for row in rows:
        row["split"] = {0: "test", 1: "train"}.get(int(digest(row["meta"]), 16) % 10)

    run(write(tmp_path / "r", rows), tmp_path / "s", plan(shares=TENTHS, published=True))

    records = read(tmp_path / "s")
    given = {row["id"]: row["split"] for row in rows if row["split"]}
    kept = records.filter(pl.col("id").is_in(list(given)))
    assert kept.height > 0
    assert all(given[name] == split for name, split in kept.select("id", "split").iter_rows())
    assert all(len(found) == 1 for found in of_facts(records).values())


def test_the_order_of_the_records_changes_no_split_of_theirs(both_ways: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    read(both_ways).sample(fraction=1, shuffle=True, seed=3).write_parquet(other / "records.parquet")

    run(both_ways, tmp_path / "one", plan(shares=TENTHS, seed=5))
    run(other, tmp_path / "two", plan(shares=TENTHS, seed=5))

    one, two = (read(tmp_path / name).select("id", "group", "split").sort("id") for name in ("one", "two"))
    assert one.equals(two)


def test_what_was_split_is_split_again_into_whole_groups(both_ways: Path, tmp_path: Path) -> None:
    run(both_ways, tmp_path / "once", plan(shares=TENTHS))
    train = tmp_path / "train"
    train.mkdir()
    read(tmp_path / "once").filter(split="train").write_parquet(train / "records.parquet")

    done = run(train, tmp_path / "twice", plan(shares=TENTHS))

    assert done.splits["test"] > 0
    assert all(len(found) == 1 for found in of_facts(read(tmp_path / "twice")).values())


GRAPH = st.lists(st.tuples(st.lists(st.integers(0, 12), max_size=4), st.integers(0, 8)), min_size=1, max_size=60)


@given(GRAPH, st.sampled_from([TENTHS, {"train": 0.5, "test": 0.5}, {"train": 1.0}]), st.integers(0, 2))
def test_no_fact_and_no_group_crosses_whatever_hangs_together(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[list[int], int]], shares: dict[str, float], seed: int
) -> None:
    place = tmp_path_factory.mktemp("any")
    records = [
        record(n, facts=[f"f{fact}" for fact in facts], group=f"g{group}") for n, (facts, group) in enumerate(rows)
    ]

    done = run(write(place / "r", records), place / "s", plan(shares=shares, seed=seed))

    kept = read(place / "s")
    assert all(len(found) == 1 for found in of_facts(kept).values())
    assert kept.height + sum(done.removed.values()) == len(rows)
    bare = kept.filter(pl.col("facts").list.len() == 0)
    told = bare.join(
        pl.DataFrame({"id": [row["id"] for row in records], "old": [row["group"] for row in records]}), on="id"
    )
    assert told.group_by("old").agg(pl.col("split").n_unique())["split"].max() in (None, 1)


def test_preferences_are_kept_apart_by_their_facts_too(tmp_path: Path, kgtools: Callable[..., Ran]) -> None:
    side = [{"role": "assistant", "content": "好"}]
    rows = [
        {
            "id": row["id"], "task": "preference", "lang": row["lang"], "prompt": row["messages"][:1], "chosen": side,
            "rejected": side, "facts": row["facts"], "group": row["group"], "source": "p", "license": "x", "meta": "{}",
        }
        for row in lists(random.Random(2))
    ]  # fmt: skip
    (tmp_path / "p").mkdir()
    PREFERENCES.frame(rows).write_parquet(tmp_path / "p" / "preferences.parquet")

    ran = kgtools("split", tmp_path / "p", "--out", tmp_path / "s")

    assert ran.code == 0, ran.err
    assert all(len(found) == 1 for found in of_facts(read(tmp_path / "s", "preferences")).values())
    assert "in more than one split: 0 groups, 0 facts, counted in what was written" in ran.err
    assert "left out, as they share facts with several splits" in ran.err


def test_a_mix_keeps_facts_apart_and_proves_it(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = lists(random.Random(0))
    write(tmp_path / "a", [row | {"group": "a"} for row in rows[::2]])
    write(tmp_path / "b", [row | {"group": "b"} for row in rows[1::2]])
    file = tmp_path / "recipe.yaml"
    sources = {"a": {"path": "a", "repeat": 2, "share": 0.5}, "b": {"path": "b", "repeat": 2, "share": 0.5}}
    mix = {"title": "two runs", "sources": sources, "total": 3000, "dedup": None, "filters": {"min_question": 1}}
    file.write_text(yaml.safe_dump({**mix, "split": {"rules": [{"shares": TENTHS}]}}), encoding="utf-8")

    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    assert ran.code == 0, ran.err
    records = read(tmp_path / "mix")
    assert all(len(found) == 1 for found in of_facts(records).values())
    assert records.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1
    assert records.group_by("id").agg(pl.col("split").n_unique(), pl.len())["len"].max() == 2
    assert (ran.json["crossing"], ran.json["crossing_facts"]) == (0, 0)
    assert 0.08 < records.filter(split="test").height / records.height < 0.12
    assert not set(read(tmp_path / "mix", "removed").filter(reason="shares-facts")["id"]) & set(records["id"])

"""Records into splits: whole groups, the sizes that were asked for, the papers' own ways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.corpora.split.assign import assign, published_of, rule_of
from kgtools.corpora.split.index import in_numbers
from kgtools.corpora.split.plan import HERE, SplitPlan, load_plan, names
from kgtools.tools.inputs.files import digest, sha256
from tests.conftest import Ran

Kgtools = Callable[..., Ran]

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def record(number: int, **columns: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"第{number}问？"}, {"role": "assistant", "content": f"第{number}答。"}]
    shared = {"task": "qa", "lang": "zh", "facts": [], "source": "a", "license": "CC0-1.0", "meta": "{}"}
    own = {"id": digest(f"{number}"), "group": digest(f"group {number}"), "messages": turns}
    return shared | own | columns


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    RECORDS.frame(rows).write_parquet(folder / "records.parquet")
    told = {"settings": {"private": False}, "outputs": {"records.parquet": sha256(folder / "records.parquet")}}
    (folder / "run.json").write_bytes(orjson.dumps(told))
    return folder


def read(folder: Path, name: str = "records") -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def index(rows: list[tuple[str, str, str | None]], plan: SplitPlan) -> pl.DataFrame:
    """group, stratum and published split of each record of a source and task."""
    frame = pl.DataFrame(
        rows, schema={"group": pl.String, "stratum": pl.String, "split": pl.String}, orient="row"
    ).with_columns(source=pl.lit("a"), task=pl.lit("qa"))
    strata = pl.col("stratum").replace_strict({"x": 0, "y": 1, "z": 2, "rare": 3}, return_dtype=pl.UInt32)
    group, alone = in_numbers(frame["group"]).alias("group"), pl.lit(False).alias("between")
    return frame.select(group, strata, rule_of(plan), published_of(), alone)


def placed_by(rows: list[tuple[str, str, str | None]], **rule: Any) -> pl.DataFrame:
    return assign(index(rows, plan(**rule)), plan(**rule)).rows


def plan(**rule: Any) -> SplitPlan:
    return SplitPlan.model_validate({"seed": rule.pop("seed", 0), "rules": [rule]})


GROUPED = st.lists(
    st.tuples(st.sampled_from([f"g{n}" for n in range(40)]), st.sampled_from("xyz"), st.sampled_from([None, "train", "test"])),
    min_size=1,
    max_size=120,
)  # fmt: skip


@given(GROUPED, st.integers(0, 3), st.booleans())
def test_no_group_crosses_and_nothing_is_lost(
    rows: list[tuple[str, str, str | None]], seed: int, published: bool
) -> None:
    placed = placed_by(rows, shares=SHARES, published=published, seed=seed)

    assert placed.height == len(rows)
    assert (placed["split"].is_null() == placed["reason"].is_not_null()).all()
    inside = placed.filter(pl.col("split").is_not_null())
    assert (inside.group_by("group").agg(pl.col("split").n_unique())["split"] == 1).all()
    if not published:
        assert placed["reason"].null_count() == len(rows)


@given(GROUPED, st.randoms())
def test_the_order_of_the_records_makes_no_difference(rows: list[tuple[str, str, str | None]], chance: Any) -> None:
    other = list(rows)
    chance.shuffle(other)

    def split(rows: list[tuple[str, str, str | None]]) -> dict[Any, Any]:
        return dict(placed_by(rows, shares=SHARES).select("group", "split").unique().iter_rows())

    assert split(rows) == split(other)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_records_alone_in_their_group_give_the_very_counts(seed: int) -> None:
    rows = [(f"g{n}", "xyz"[n % 3] if n < 600 else "rare", None) for n in range(611)]

    placed = placed_by(rows, counts={"validation": 50, "test": 61}, seed=seed)

    assert dict(placed.group_by("split").len().iter_rows()) == {"train": 500, "validation": 50, "test": 61}
    test = dict(placed.filter(pl.col("split") == "test").group_by("stratum").len().iter_rows())
    assert test == {0: 20, 1: 20, 2: 20, 3: 1}


def test_large_groups_do_not_push_a_split_over_its_count() -> None:
    rows = [(f"g{n}", "x", None) for n in range(30) for _ in range(n)]

    placed = placed_by(rows, counts={"test": 50})

    assert placed.filter(pl.col("split") == "test").height == 50


def test_the_test_set_stays_where_the_others_change() -> None:
    rows = [(f"g{n}", "x", None) for n in range(300)]

    def test_set(**counts: int) -> set[int]:
        placed = placed_by(rows, counts=counts)
        return set(placed.filter(pl.col("split") == "test")["group"])

    assert test_set(test=20) == test_set(test=20, validation=30) == test_set(test=20, train=10)
    assert test_set(test=20) < test_set(test=30)


def test_records_beyond_a_counted_train_are_left_out_with_a_reason() -> None:
    placed = placed_by([(f"g{n}", "x", None) for n in range(30)], counts={"train": 10, "test": 5})

    assert dict(placed.group_by("split", "reason").len().select("split", "len").iter_rows()) == {
        "train": 10, "test": 5, None: 15,
    }  # fmt: skip
    assert set(placed["reason"].drop_nulls()) == {"not-drawn"}


def test_a_published_split_is_kept_and_what_would_cross_is_left_out() -> None:
    rows = [("a", "x", "test"), ("a", "x", "train"), ("b", "x", "train"), ("c", "x", "validation")]

    placed = placed_by(rows, published=True)

    assert placed.select("split", "reason").rows() == [
        ("test", None), (None, "group-is-in-test"), ("train", None), ("validation", None),
    ]  # fmt: skip


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """100 records of two sources, two to a group; every tenth of a talk of three rounds."""
    talk = [
        {"role": role, "content": f"{role} {n}"} for n in range(3) for role in ("user", "assistant")
    ]  # fmt: skip
    return write(tmp_path / "records", [
        record(n, source="ab"[n % 2], group=digest(f"{n // 2}"), **({"messages": talk, "task": "dialogue"} if n % 10 == 0 else {}))
        for n in range(100)
    ])  # fmt: skip


def test_what_is_written_has_splits_and_a_proof(mixed: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    ran = kgtools(
        "split", mixed, "--shares", "train=0.8,validation=0.1,test=0.1", "--out", tmp_path / "s", "--format", "json"
    )

    assert ran.code == 0, ran.err
    records = read(tmp_path / "s")
    assert records.height == 100
    assert records["split"].null_count() == 0
    assert (ran.json["records"], sum(ran.json["splits"].values()), ran.json["crossing"]) == (100, 100, 0)
    assert sum(ran.json["groups"].values()) == records["group"].n_unique() == 50
    assert records.group_by("group").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 50
    assert records.drop("split").equals(read(mixed).drop("split"))
    assert orjson.loads((tmp_path / "s" / "run.json").read_bytes())["crossing"] == 0


def test_the_same_seed_gives_the_same_bytes_and_another_another_split(
    mixed: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        assert kgtools("split", mixed, "--seed", seed, "--out", tmp_path / name).code == 0
    files = {
        name: {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two", "three")
    }

    assert files["one"] == files["two"]
    assert files["one"]["records.parquet"] != files["three"]["records.parquet"]


def test_a_patient_with_several_groups_is_in_one_split_whatever_the_source(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [record(n, meta=f'{{"patient":"p{n % 10}"}}') for n in range(60)]
    rows += [record(60 + n, source="b", meta=f'{{"patient":"p{n % 10}"}}') for n in range(40)]

    ran = kgtools("split", write(tmp_path / "r", rows), "--tie", "patient", "--out", tmp_path / "s", "--format", "json")

    assert ran.code == 0, ran.err
    records = read(tmp_path / "s").with_columns(patient=pl.col("meta").str.json_path_match("$.patient"))
    assert (records.group_by("patient").agg(pl.col("split").n_unique())["split"] == 1).all()
    assert records["group"].n_unique() == 10
    assert ran.json["tied"] == 90


def test_a_field_ties_too_and_what_is_empty_ties_nothing(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [record(n, answer=f"{n // 4}", meta='{"patient":""}') for n in range(40)]
    place = write(tmp_path / "r", rows)

    by_answer, by_patient = (
        kgtools("split", place, "--tie", key, "--out", tmp_path / key, "--format", "json")
        for key in ("answer", "patient")
    )

    assert read(tmp_path / "answer").group_by("answer").agg(pl.col("split").n_unique())["split"].to_list() == [1] * 10
    assert (by_answer.json["tied"], by_patient.json["tied"]) == (30, 0)


def test_a_key_that_no_record_has_is_told_with_those_that_there_are(tmp_path: Path, kgtools: Kgtools) -> None:
    place = write(tmp_path / "r", [record(0, meta='{"head":"a"}'), record(1, meta='{"patient":"b","page":3}')])

    ran = kgtools("split", place, "--tie", "patient,nosuchkey", "--out", tmp_path / "s")

    assert ran.code == 2
    assert "--tie nosuchkey: no record has it; keys of meta are head, page, patient, fields are task, lang" in ran.err
    assert not (tmp_path / "s").exists()


def test_a_split_holds_the_strata_of_meta_in_proportion(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [record(n, meta=orjson.dumps({"category": "rare" if n % 10 == 0 else "often"}).decode()) for n in range(200)]

    ran = kgtools(
        "split", write(tmp_path / "r", rows), "--by", "meta.category", "--counts", "test=20", "--out", tmp_path / "s",
        "--format", "json",
    )  # fmt: skip

    assert {row["stratum"]: row["test"] for row in ran.json["strata"]} == {"rare": 2, "often": 18}


def test_questions_in_two_splits_are_told(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [record(n % 50, group=digest(f"{n}"), id=digest(f"id {n}")) for n in range(100)]

    ran = kgtools("split", write(tmp_path / "r", rows), "--out", tmp_path / "s", "--shares", "train=0.5,test=0.5")

    assert ran.code == 0
    assert "questions stand in more than one split" in ran.err


def test_a_dialogue_is_cut_at_one_of_its_replies(mixed: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump({"rules": [{"shares": {"train": 0, "test": 1}, "cut": ["test"]}]}), encoding="utf-8")

    ran = kgtools("split", mixed, "--as", file, "--out", tmp_path / "s", "--format", "json")

    assert ran.code == 0, ran.err
    talks = read(tmp_path / "s").filter(pl.col("task") == "dialogue")
    last = [row["messages"][-1] for row in talks.to_dicts()]
    assert {turn["role"] for turn in last} == {"assistant"}
    assert [turn["content"] for turn in last] == talks["answer"].to_list()
    assert {len(row["messages"]) for row in talks.to_dicts()} == {2, 4, 6}
    assert [orjson.loads(meta)["cut"] * 2 for meta in talks["meta"]] == talks["messages"].list.len().to_list()
    assert ran.json["cut"] == 100


def test_clinicalgpts_plan_gives_the_papers_sizes(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [record(n, source="meddialog", task="dialogue") for n in range(103_000)]
    rows += [
        record(200_000 + n, source="cmedqa2", split="train" if n < 12_000 else "validation" if n < 16_000 else "test")
        for n in range(20_000)
    ]
    rows += [record(300_000 + n, source="ehr", task="diagnosis") for n in range(6_000)]

    ran = kgtools(
        "split", write(tmp_path / "r", rows), "--as", "clinicalgpt", "--out", tmp_path / "s", "--format", "json"
    )

    assert ran.code == 0, ran.err
    counts = read(tmp_path / "s").group_by("source", "split").len()
    assert {(source, split): number for source, split, number in counts.iter_rows()} == {
        ("meddialog", "train"): 100_000, ("meddialog", "validation"): 1_000, ("meddialog", "test"): 1_000,
        ("cmedqa2", "train"): 12_000, ("cmedqa2", "validation"): 4_000, ("cmedqa2", "test"): 4_000,
        ("ehr", "train"): 2_000, ("ehr", "validation"): 2_000, ("ehr", "test"): 2_000,
    }  # fmt: skip
    assert ran.json["removed"] == {"not-drawn": 1_000}
    assert ran.json["subsets"] == {"reward": 10_000, "ppo": 4_000}
    reward, ppo = read(tmp_path / "s", "reward"), read(tmp_path / "s", "ppo")
    assert set(reward["split"]) == {"train"}
    assert set(ppo["split"]) == {"validation"}
    assert read(tmp_path / "s", "removed").height == 1_000


@pytest.mark.parametrize("name", names())
def test_every_plan_is_whole_and_names_its_paper(name: str) -> None:
    found = load_plan(name)

    assert all([found.paper, found.title, found.notes])


def test_there_are_plans() -> None:
    assert [file.stem for file in sorted(HERE.iterdir())] == names() != []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shares", "train=0.9,test=0.2"], "the shares are 1.1 together, not 1"),
        (["--shares", "train"], "--shares train: expected key=value"),
        (["--shares", "train=1,dev=0"], "shares.dev"),
        (["--shares", "train=1", "--counts", "test=1"], "shares and counts together"),
        (["--counts", "test=101"], "101 records are to be held out, and there are 100"),
        (["--counts", "test=-1"], "counts.test"),
        (["--published"], "100 records have no published split; give shares or counts for them"),
        (["--as", "clinicalgtp"], "no plan is called 'clinicalgtp'"),
        (["--as", "clinicalgpt", "--published"], "--as is a whole plan"),
        (["--by", "colour"], "by.0"),
        (["--tie", "a'b"], "tie.0"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_is_written(
    mixed: Path, tmp_path: Path, kgtools: Kgtools, words: list[str], said: str
) -> None:
    ran = kgtools("split", mixed, *words, "--out", tmp_path / "s")

    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "s").exists()


def test_the_records_own_folder_is_not_written_into(mixed: Path, kgtools: Kgtools) -> None:
    before = (mixed / "records.parquet").read_bytes()

    ran = kgtools("split", mixed, "--out", mixed)

    assert ran.code == 2
    assert (mixed / "records.parquet").read_bytes() == before


def test_preferences_are_split_too(tmp_path: Path, kgtools: Kgtools) -> None:
    side = [{"role": "assistant", "content": "好"}]
    rows = [
        {
            "id": digest(f"{n}"), "task": "preference", "lang": "zh", "prompt": [{"role": "user", "content": f"{n}？"}],
            "chosen": side, "rejected": side, "facts": [], "group": digest(f"{n}"), "source": "p", "license": "x", "meta": "{}",
        }
        for n in range(20)
    ]  # fmt: skip
    (tmp_path / "p").mkdir()
    PREFERENCES.frame(rows).write_parquet(tmp_path / "p" / "preferences.parquet")

    ran = kgtools("split", tmp_path / "p", "--counts", "test=4", "--out", tmp_path / "s")

    assert ran.code == 0, ran.err
    assert dict(read(tmp_path / "s", "preferences").group_by("split").len().iter_rows()) == {"train": 16, "test": 4}


def test_plans_are_listed(kgtools: Kgtools) -> None:
    assert "clinicalgpt" in kgtools("split").out
    assert set(kgtools("split", "--format", "json").json) == set(names())


def test_a_mix_is_split_by_its_recipe(tmp_path: Path, kgtools: Kgtools) -> None:
    write(tmp_path / "a", [record(n) for n in range(100)])
    write(tmp_path / "b", [record(500 + n, source="b", split="test") for n in range(10)])
    file = tmp_path / "recipe.yaml"
    rule = {"published": True, "shares": {"train": 0.9, "test": 0.1}}
    file.write_text(
        yaml.safe_dump({
            "title": "a mix", "sources": {"a": {"path": "a"}, "b": {"path": "b"}}, "dedup": None, "split": {"rules": [rule]},
        }),
        encoding="utf-8",
    )  # fmt: skip

    ran = kgtools("merge", file, "--out", tmp_path / "mix", "--format", "json")

    assert ran.code == 0, ran.err
    assert ran.json["counts"]["split"] == {"test": 20, "train": 90}
    assert set(read(tmp_path / "mix").filter(pl.col("source") == "b")["split"]) == {"test"}
    assert "validation" not in ran.json["counts"]["split"]


def test_a_mix_cannot_cut(tmp_path: Path, kgtools: Kgtools) -> None:
    write(tmp_path / "a", [record(1)])
    file = tmp_path / "recipe.yaml"
    rule = {"shares": {"train": 1}, "cut": ["test"]}
    file.write_text(
        yaml.safe_dump({"title": "a", "sources": {"a": {"path": "a"}}, "split": {"rules": [rule]}}), encoding="utf-8"
    )

    ran = kgtools("merge", file, "--out", tmp_path / "mix")

    assert ran.code == 2
    assert "run kgtools split on what it gives" in ran.err

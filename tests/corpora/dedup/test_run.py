"""kgtools dedup: what is written, marked and told."""

from collections.abc import Callable
from pathlib import Path

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import PREFERENCES
from kgtools.tools.inputs.files import digest
from tests.conftest import Ran
from tests.corpora.mix.test_merge import ask, write

Kgtools = Callable[..., Ran]


@pytest.fixture
def doubled(tmp_path: Path) -> Path:
    """Ten records; the fourth once more with other punctuation, the fifth with one more word."""
    rows = [ask(n) for n in range(10)]
    rows.append((rows[3][0] + "？！", "　" + rows[3][1]))
    rows.append((rows[4][0], rows[4][1] + "好的"))
    return write(tmp_path / "records", rows)


def ids(folder: Path) -> list[str]:
    return pl.read_parquet(folder / "records.parquet")["id"].to_list()


def test_duplicates_are_taken_out_and_told_in_favour_of_what(doubled: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    before = ids(doubled)

    ran = kgtools("dedup", doubled, "--out", tmp_path / "d", "--format", "json")

    assert ran.code == 0, ran.err
    assert ids(tmp_path / "d") == before[:10]
    found = pl.read_parquet(tmp_path / "d" / "duplicates.parquet")
    assert found.select("id", "kept", "kind", "source").rows() == [
        (before[10], before[3], "exact", "records"), (before[11], before[4], "near", "records"),
    ]  # fmt: skip
    assert (ran.json["records"], ran.json["written"], ran.json["exact"], ran.json["near"]) == (12, 10, 1, 1)
    assert orjson.loads((tmp_path / "d" / "run.json").read_bytes())["written"] == 10


def test_tagged_duplicates_stay_in_the_group_of_what_they_say_again(
    doubled: Path, tmp_path: Path, kgtools: Kgtools
) -> None:
    before = ids(doubled)

    assert kgtools("dedup", doubled, "--tag", "--out", tmp_path / "d").code == 0

    rows = pl.read_parquet(tmp_path / "d" / "records.parquet")
    assert rows["id"].to_list() == before
    assert rows["group"][10] == rows["group"][3]
    assert rows["group"][11] == rows["group"][4]
    assert rows["group"].n_unique() == 10
    marks = [orjson.loads(meta).get("duplicate_of") for meta in rows["meta"]]
    assert marks == [None] * 10 + [before[3], before[4]]


def test_a_threshold_of_one_takes_out_exact_duplicates_alone(doubled: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    assert kgtools("dedup", doubled, "--threshold", 1, "--out", tmp_path / "d").code == 0

    assert len(ids(tmp_path / "d")) == 11


def test_a_dry_run_says_the_same_and_writes_nothing(doubled: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    dry = kgtools("dedup", doubled, "--dry-run", "--out", tmp_path / "d", "--format", "json")
    assert not (tmp_path / "d").exists()
    wet = kgtools("dedup", doubled, "--out", tmp_path / "d", "--format", "json")

    assert dry.json == wet.json
    assert "a dry run: nothing was written" in kgtools("dedup", doubled, "--dry-run").err


def test_the_same_records_give_the_same_bytes(doubled: Path, tmp_path: Path, kgtools: Kgtools) -> None:
    for name in ("one", "two"):
        assert kgtools("dedup", doubled, "--out", tmp_path / name).code == 0

    one, two = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert set(one) == {"records.parquet", "duplicates.parquet", "run.json"}


def test_preferences_are_compared_too(tmp_path: Path, kgtools: Kgtools) -> None:
    rows = [
        {
            "id": digest(f"{n}"), "task": "preference", "lang": "zh", "prompt": [{"role": "user", "content": "头痛怎么办？"}],
            "chosen": [{"role": "assistant", "content": "休息。"}], "rejected": [{"role": "assistant", "content": "不知道。"}],
            "facts": [], "group": digest(f"{n}"), "source": "p", "license": "x", "meta": "{}",
        }
        for n in range(3)
    ]  # fmt: skip
    PREFERENCES.frame(rows).write_parquet(tmp_path / "preferences.parquet")

    ran = kgtools("dedup", tmp_path, "--out", tmp_path / "d", "--format", "json")

    assert (ran.json["table"], ran.json["exact"], ran.json["written"]) == ("preferences", 2, 1)


@pytest.mark.parametrize("words", [["--threshold", "0"], ["--threshold", "1.1"], ["--ngram", "0"], ["--on", "title"]])
def test_a_wrong_word_is_told(doubled: Path, tmp_path: Path, kgtools: Kgtools, words: list[str]) -> None:
    ran = kgtools("dedup", doubled, *words, "--out", tmp_path / "d")

    assert ran.code == 2
    assert words[0] in ran.err
    assert not (tmp_path / "d").exists()


def test_what_is_no_table_of_records_is_told(tmp_path: Path, kgtools: Kgtools) -> None:
    ran = kgtools("dedup", tmp_path, "--out", tmp_path / "d")

    assert ran.code == 2
    assert "holds no records.parquet and no preferences.parquet" in ran.err

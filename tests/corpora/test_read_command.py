"""kgtools read: what is written and told, and what becomes of rows that nobody can train on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import RECORDS
from tests.conftest import Ran

Kgtools = Callable[..., Ran]


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"instruction": f"第{number}问？", "input": "", "output": f"第{number}答。"} | changes


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Rows (objects, or bytes as they are) as JSON lines."""

    def to(*rows: dict[str, Any] | bytes, name: str = "rows.jsonl") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in rows))
        return file

    return to


def table(folder: Path, name: str = "records") -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def test_every_row_is_a_record_or_a_reject_with_its_place(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    file = write(row(1), b'{"instruction": "half', row(3, output=True), row(4, output=" "), {"a": 1}, row(6))

    ran = kgtools("read", "alpaca", file, "--out", tmp_path / "o", "--format", "json")

    assert ran.code == 0, ran.err
    RECORDS.check(table(tmp_path / "o"), "records")
    metas = [orjson.loads(meta) for meta in table(tmp_path / "o")["meta"]]
    assert [(meta["file"], meta["line"]) for meta in metas] == [("rows.jsonl", 1), ("rows.jsonl", 6)]
    rejects = table(tmp_path / "o", "rejects")
    assert rejects["line"].to_list() == [2, 3, 4, 5]
    assert set(rejects["file"]) == {"rows.jsonl"}
    assert ran.json["written"] + sum(ran.json["rejected"].values()) == 6


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(2, output="一\0二"), "nul"),
        (b'{"instruction": "\\ud83d", "input": "", "output": "x"}', "lone-surrogate"),
        (b'{"instruction": "x", "input": "", "output": "\xff\xfe"}', "wrong-encoding"),
        (row(2, output="x" * 10_000_001), "too-long"),
        (b"\x00\x00\x00", None),
    ],
)
def test_what_nobody_can_train_on_is_refused_with_its_line(
    bad: Any, reason: str | None, write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    file = write(row(1), bad, row(3))

    ran = kgtools("read", "alpaca", file, "--out", tmp_path / "o")

    assert ran.code == 0, ran.err
    rejects = table(tmp_path / "o", "rejects")
    assert rejects["line"].to_list() == [2]
    assert table(tmp_path / "o").height == 2
    assert reason is None or rejects["reason"].to_list() == [reason]


def test_a_record_may_be_long(write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools) -> None:
    file = write(row(1), row(2, output="痛" * 900_000), row(3))

    assert kgtools("read", "alpaca", file, "--out", tmp_path / "o").code == 0

    last = table(tmp_path / "o")["messages"].list.last().struct.field("content")
    assert last.str.len_chars().to_list() == [4, 900_000, 4]


def test_strict_stops_at_the_first_reject_and_writes_nothing(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    ran = kgtools("read", "alpaca", write(row(1), {"a": 1}, row(3)), "--strict", "--out", tmp_path / "o")

    assert ran.code == 2
    assert "rows.jsonl:2: " in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_a_limit_takes_the_first_examples(write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools) -> None:
    file = write(row(1), {"a": 1}, row(3), row(4))

    ran = kgtools("read", "alpaca", file, "--limit", 2, "--out", tmp_path / "o", "--format", "json")

    assert ran.json["written"] == 2
    assert [orjson.loads(meta)["line"] for meta in table(tmp_path / "o")["meta"]] == [1, 3]


def test_an_unknown_licence_is_said_and_a_known_one_can_be_given(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    file = write(row(1))

    unknown = kgtools("read", "alpaca", file, "--out", tmp_path / "u")
    known = kgtools("read", "alpaca", file, "--out", tmp_path / "k", "--license", "CC-BY-4.0")

    assert "licence: unknown" in unknown.err
    assert "licence: CC-BY-4.0;" in known.err
    assert [table(tmp_path / name)["license"][0] for name in "uk"] == ["unknown", "CC-BY-4.0"]


@pytest.mark.parametrize(
    ("given", "said"),
    [("cc-by-4.0", "CC-BY-4.0"), ("mit or gpl-3.0", "MIT OR GPL-3.0-only"), ("LicenseRef-x", "LicenseRef-x")],
)
def test_a_licence_is_recorded_as_spdx_spells_it(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools, given: str, said: str
) -> None:
    ran = kgtools("read", "alpaca", write(row(1)), "--out", tmp_path / "o", "--license", given, "--format", "json")

    assert ran.json["license"] == said
    assert table(tmp_path / "o")["license"].to_list() == [said]


@pytest.mark.parametrize(("given", "said"), [("CC BY 4.0", "did you mean CC-BY-4.0?"), ("", "empty")])
def test_a_licence_that_is_none_is_refused_and_nothing_is_written(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools, given: str, said: str
) -> None:
    ran = kgtools("read", "alpaca", write(row(1)), "--out", tmp_path / "o", "--license", given)

    assert ran.code == 2
    assert f"--license '{given}': " in ran.err
    assert said in ran.err
    assert not (tmp_path / "o").exists()


def test_the_same_files_give_the_same_bytes_whatever_the_hash_seed(
    write: Callable[..., Path], tmp_path: Path, shell: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(*(row(n, history=[["一", "二"]]) for n in range(40)), {"a": 1})
    made = []
    for seed in ("0", "7"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        assert shell("read", "alpaca", file, "--out", tmp_path / seed).code == 0
        made.append({each.name: each.read_bytes() for each in (tmp_path / seed).iterdir()})

    assert made[0] == made[1]
    assert set(made[0]) == {"records.parquet", "rejects.parquet", "run.json"}


def test_files_of_one_name_are_told_apart_by_their_folders(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    one, two = write(row(1), name="a/test.jsonl"), write(row(2), name="b/test.jsonl")

    ran = kgtools("read", "alpaca", one, two, "--out", tmp_path / "o")

    assert ran.code == 0, ran.err
    names = [orjson.loads(meta)["file"] for meta in table(tmp_path / "o")["meta"]]
    assert names == ["a/test.jsonl", "b/test.jsonl"]
    assert set(orjson.loads((tmp_path / "o" / "run.json").read_bytes())["inputs"]) == set(names)


def test_the_manifest_holds_the_hash_of_every_file_of_a_folder(
    write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    write(row(1), name="in/a.jsonl")
    write(row(2), name="in/deep/b.jsonl")
    write(row(3), name="in/.git/c.jsonl")

    ran = kgtools("read", "alpaca", tmp_path / "in", "--out", tmp_path / "o", "--format", "json")

    assert ran.json["written"] == 2
    inputs = orjson.loads((tmp_path / "o" / "run.json").read_bytes())["inputs"]
    assert list(inputs) == ["in/a.jsonl", "in/deep/b.jsonl"]
    assert {len(value) for value in inputs.values()} == {64}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["alpacca", "{file}"], "did you mean alpaca"),
        (["alpaca", "{file}x"], "no such file"),
        (["alpaca", "{file}", "{file}"], "a file is named twice"),
        (["alpaca", "{file}", "--set", "colour=red"], "colour"),
        (["alpaca", "{file}", "--limit", "0"], "--limit"),
    ],
)
def test_a_wrong_word_is_told_in_one_line_and_nothing_is_written(
    words: list[str], said: str, write: Callable[..., Path], tmp_path: Path, kgtools: Kgtools
) -> None:
    file = write(row(1))

    ran = kgtools("read", *(word.replace("{file}", str(file)) for word in words), "--out", tmp_path / "o")

    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "o").exists()

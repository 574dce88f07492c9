"""Corpora from Python: the same files and figures as the commands, in a result with names."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora import api
from kgtools.corpora.record import RECORDS
from kgtools.tools.errors import Findings, InputError

HALVES = {"train": 0.5, "test": 0.5}
ROWS = [
    {"instruction": "头痛怎么办?", "input": "", "output": "多休息，必要时就诊。"},
    {"instruction": "头痛怎么办？", "input": "", "output": "多休息,必要时就诊。"},
    {"instruction": "What helps against gout?", "input": "", "output": "Rest, cold and colchicine."},
    {"instruction": "感冒吃什么药？", "input": "", "output": "多喝水，注意休息。"},
    {"instruction": "", "input": "", "output": ""},
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A file of four examples, of which two say the same, and of a row that is none."""
    file = tmp_path / "alpaca.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in ROWS))
    return file


@pytest.fixture
def records(tmp_path: Path, corpus: Path) -> Path:
    api.read("alpaca", corpus, out=tmp_path / "records", license="CC0-1.0")
    return tmp_path / "records"


class Told:
    """Notes what it is told of the progress of some work."""

    def __init__(self) -> None:
        self.parts: list[list[Any]] = []

    def start(self, task: str, total: int | None = None, unit: str = "rows") -> None:
        self.parts.append([task, total, unit, 0])

    def advance(self, count: int = 1) -> None:
        self.parts[-1][-1] += count


def test_read_gives_the_records_and_why_rows_became_none(tmp_path: Path, corpus: Path) -> None:
    result = api.read("alpaca", [corpus], out=tmp_path / "out", license="CC0-1.0")

    assert (result.written, result.table, result.license) == (4, "records", "CC0-1.0")
    assert result.records.collect().columns == list(RECORDS.columns)
    assert sum(result.drops.values()) == result.rejects.height == 1
    assert result.rejects["line"].to_list() == [5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r, out: api.dedup(r, out=out, on="question"), ["dedup", "--on", "question"]),
        (lambda r, out: api.split(r, out=out, shares=HALVES, seed=3), ["split", "--shares", "train=0.5,test=0.5", "--seed", "3"]),
        (lambda r, out: api.convert(r, out=out, format="alpaca"), ["convert", "--format", "alpaca"]),
        (lambda r, out: api.decontaminate(r, out=out, against=r, on_hit="tag"), ["decontaminate", "--on-hit", "tag"]),
    ],
)  # fmt: skip
def test_a_function_writes_what_its_command_writes_and_says_what_it_prints(
    kgtools: Callable[..., Any], tmp_path: Path, records: Path, call: Callable[..., Any], words: list[str]
) -> None:
    name, *options = words
    more = ["--against", records] if name == "decontaminate" else []
    style = ["--json"] if name == "convert" else ["--format", "json"]

    result = call(records, tmp_path / "a")
    ran = kgtools(name, records, *options, *more, "--out", tmp_path / "b", *style)

    assert ran.code == 0, ran.err
    assert orjson.loads(orjson.dumps(result.to_dict())) == ran.json
    files = [{file.name: file.read_bytes() for file in (tmp_path / out).iterdir()} for out in "ab"]
    assert files[0] == files[1] != {}


def test_deidentify_gives_the_same_for_the_same_key(kgtools: Callable[..., Any], tmp_path: Path, records: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("0" * 64, encoding="utf-8")

    result = api.deidentify(records, key_file=key, out=tmp_path / "a")
    ran = kgtools("deidentify", records, "--key-file", key, "--out", tmp_path / "b", "--format", "json")

    assert (result.total, result.written, result.drops) == (4, 4, {})
    assert result.to_dict() == ran.json
    assert (tmp_path / "a" / "run.json").read_bytes() == (tmp_path / "b" / "run.json").read_bytes()


def test_merge_mixes_by_a_recipe_of_a_file(kgtools: Callable[..., Any], tmp_path: Path, records: Path) -> None:
    recipe = tmp_path / "mix.yaml"
    recipe.write_text("title: a mix\nsources:\n  one: {bring: records, private: false}\n", encoding="utf-8")

    result = api.merge(recipe, source={"one": records}, out=tmp_path / "a", seed=2)
    ran = kgtools(
        "merge", recipe, "--source", f"one={records}", "--out", tmp_path / "b", "--seed", "2", "--format", "json"
    )

    assert ran.code == 0, ran.err
    assert orjson.loads(orjson.dumps(result.to_dict())) == ran.json
    assert (result.written, result.drops) == (3, {"dedup: exact": 1})
    assert result.records is not None
    assert result.records.collect().equals(pl.read_parquet(tmp_path / "b" / "records.parquet"))


def test_what_was_taken_out_is_counted_by_reason(tmp_path: Path, records: Path) -> None:
    result = api.dedup(records, out=tmp_path / "out")

    assert (result.total, result.written, result.drops) == (4, 3, {"exact": 1, "near": 0})
    assert result.records is not None
    assert result.records.select("id").collect().height == 3


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path, records: Path) -> None:
    result = api.dedup(records, out=tmp_path / "out", dry_run=True)

    assert (result.exact, result.records) == (1, None)
    assert not (tmp_path / "out").exists()


def test_an_index_finds_what_the_records_find(tmp_path: Path, records: Path) -> None:
    exam = tmp_path / "exam.jsonl"
    exam.write_bytes(orjson.dumps({"instruction": "What helps against gout?", "input": "", "output": "Rest."}))
    api.read("alpaca", exam, out=tmp_path / "exam", license="CC0-1.0")
    table = pl.read_parquet(tmp_path / "exam" / "records.parquet").with_columns(
        source=pl.lit("exam"), split=pl.lit("test")
    )
    table.write_parquet(tmp_path / "exam" / "records.parquet")

    index = api.index_evalsets(tmp_path / "exam", save_index=tmp_path / "exam.index")
    result = api.decontaminate(records, against=tmp_path / "exam.index", on_hit="fail", out=tmp_path / "out")

    assert index.to_dict() == {"evalsets": result.evalsets}
    assert (result.hit, result.written, result.records) == (1, 0, None)
    assert result.contamination["rule"].to_list() == ["stem"]


def test_a_failed_check_is_an_exception_and_nothing_is_written(tmp_path: Path, corpus: Path) -> None:
    api.read("alpaca", corpus, out=tmp_path / "records")

    with pytest.raises(Findings, match="licences"):
        api.convert(tmp_path / "records", out=tmp_path / "out")
    with pytest.raises(InputError, match=r"alpaca\.jsonl:5"):
        api.read("alpaca", corpus, out=tmp_path / "out", strict=True)

    assert not (tmp_path / "out" / "run.json").exists()


def test_the_caller_is_told_how_far_the_work_is(tmp_path: Path, records: Path) -> None:
    told = Told()

    api.dedup(records, out=tmp_path / "out", progress=told)

    assert told.parts[0] == ["reading texts", 4, "rows", 4]
    assert told.parts[-1] == ["writing", 4, "records", 4]


def test_a_result_cannot_be_changed(records: Path) -> None:
    result = api.dedup(records, dry_run=True)

    with pytest.raises(FrozenInstanceError):
        result.written = 0  # type: ignore[misc]

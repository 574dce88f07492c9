"""Parquet files, as Hugging Face packs data sets: their rows are read as those of JSON lines; what is cut off is an error."""

import datetime
import gzip
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.detect import who_reads
from kgtools.corpora.files.file import File
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.errors import InputError
from tests.conftest import Ran
from tests.corpora.readers.exams import lines, medmcqa, take, take_all, whole
from tests.workbooks import workbook

Q, A = "高血压可以喝咖啡吗？", "少量可以。"
EXAM = {
    "question": "Which?",
    "answer": "Iron",
    "options": {"A": "Zinc", "B": "Iron"},
    "meta_info": "step1",
    "answer_idx": "B",
}
SHAPES: dict[str, list[dict[str, Any]]] = {
    "alpaca": [{"instruction": Q, "input": "", "output": A}],
    "sharegpt": [{"conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": A}]}],
    "messages": [{"messages": [{"role": "user", "content": Q}, {"role": "assistant", "content": A}], "label": None}],
    "huatuo": [{"questions": [[Q, "咖啡？"]], "answers": [A]}],
    "medqa": [EXAM, EXAM | {"options": {"A": "Zinc", "B": "Iron", "C": "Lead"}}],
    "medmcqa": [medmcqa()],
    "text": [{"id": 1, "text": A}],
    "cmmlu": [{"Question": Q, "A": "能", "B": "不能", "C": "少量", "D": "未知", "Answer": "C"}],
    "bianque": [{"input": f"病人：{Q}", "target": A}],
    "ehr": [{"主诉": "咳嗽3天", "现病史": "3天前受凉后咳嗽。", "诊断": "支气管炎"}],
}


def parquet(*rows: dict[str, Any], **how: Any) -> bytes:
    data = io.BytesIO()
    pl.DataFrame(list(rows), infer_schema_length=None).write_parquet(data, **how)
    return data.getvalue()


def file(folder: Path, data: bytes) -> File:
    (folder / "a.parquet").write_bytes(data)
    return File(folder / "a.parquet", "a.parquet", lambda *_: None)


@pytest.mark.parametrize("name", SHAPES)
def test_a_parquet_file_is_promised_and_read_as_the_same_rows_of_json_or_a_table_are(name: str, tmp_path: Path) -> None:
    rows = SHAPES[name]
    table = "\n".join(",".join(map(str, line)) for line in ([*rows[0]], [*rows[0].values()]))
    same = table if name in ("cmmlu", "bianque", "ehr") else lines(*rows)

    plain = take(tmp_path / "a", name, {"a.jsonl": same})
    found = take(tmp_path / "b", name, {"train-00000-of-00001.parquet": parquet(*rows)})

    assert found.rejects == []
    assert found.column("messages") == plain.column("messages")
    assert found.column("answer") == plain.column("answer")
    assert name in [reader for _, reader, _ in who_reads([tmp_path / "b" / "exam"]).matches]


@pytest.mark.parametrize("pack", ["plain", "gzip", "zip"])
def test_each_row_has_its_number_whatever_the_file_is_packed_in(pack: str, tmp_path: Path) -> None:
    data = parquet({"instruction": Q, "output": A}, {"instruction": Q, "output": None}, row_group_size=1)
    if pack == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.parquet", data)
        data = packed.getvalue()

    found = take(tmp_path, "alpaca", {"a.parquet": gzip.compress(data) if pack == "gzip" else data})

    assert [(line, reason) for _, line, reason in found.rejects] == [(2, "empty-message")]
    assert found.meta("line") == [1]


def test_pubmedqa_of_hugging_face_is_that_of_its_publisher(tmp_path: Path) -> None:
    paper = {
        "QUESTION": "Do they play a role?",
        "CONTEXTS": ["They do.", "So."],
        "LABELS": ["R"],
        "MESHES": ["P"],
        "LONG_ANSWER": "They seem to.",
    }
    row = {
        "pubid": 21645374, "question": paper["QUESTION"], "context": {"contexts": paper["CONTEXTS"], "labels": ["R"]},
        "long_answer": paper["LONG_ANSWER"], "final_decision": "yes",
    }  # fmt: skip
    plain = take(tmp_path / "a", "pubmedqa", {"a.json": whole({"21645374": paper | {"final_decision": "yes"}})})
    found = take(tmp_path / "b", "pubmedqa", {"a.parquet": parquet(row)})

    assert found.column("id") == plain.column("id")
    assert found.outcome.license == plain.outcome.license == "MIT"
    assert [reader for _, reader, _ in who_reads([tmp_path / "b" / "exam"]).matches] == ["pubmedqa"]


def test_what_json_has_not_is_a_text_and_what_is_no_number_is_nothing(tmp_path: Path) -> None:
    row = {
        "day": datetime.date(2020, 1, 2), "time": datetime.datetime(2020, 1, 2, 3, 4), "price": Decimal("1.50"),
        "nan": float("nan"), "text": Q.encode(), "picture": b"\x89PNG\0", "deep": [{"a": [1, 2], "b": None}],
    }  # fmt: skip
    rows = [values for _, values in file(tmp_path, parquet(row)).values()]

    assert rows == [
        {
            "day": "2020-01-02", "time": "2020-01-02 03:04:00", "price": "1.50", "nan": None, "text": Q, "picture": "(5 bytes)",
            "deep": [{"a": [1, 2], "b": None}],
        }
    ]  # fmt: skip


def test_only_a_part_of_a_file_is_in_memory_and_none_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtools.corpora.files.parquet.AT_ONCE", 2_000)
    seen: list[int] = []
    real = pl.DataFrame.iter_rows

    def iter_rows(frame: pl.DataFrame, **how: Any) -> Any:
        seen.append(frame.height)
        return real(frame, **how)

    monkeypatch.setattr(pl.DataFrame, "iter_rows", iter_rows)
    rows = list(
        file(tmp_path, parquet(*({"n": f"{n * 7919}"} for n in range(2_000)), compression="uncompressed")).rows()
    )

    assert [row.values["n"] for row in rows] == [f"{n * 7919}" for n in range(2_000)]
    assert [rows[-1].place.line, rows[-1].place.row] == [2_000, 2_000]
    assert max(seen) < 500


@pytest.mark.parametrize("part", ["half", "tail", "data", "head alone"])
def test_a_parquet_file_that_is_cut_off_or_damaged_is_an_error_with_its_name(
    part: str, tmp_path: Path, kgtools: Callable[..., Ran]
) -> None:
    data = parquet(*({"instruction": f"{n}？", "output": A} for n in range(500)))
    cut = {
        "half": data[: len(data) // 2], "tail": data[:-3], "data": data[:40] + bytes(200) + data[240:], "head alone": data[:4],
    }  # fmt: skip
    (tmp_path / "a.parquet").write_bytes(cut[part])

    for words in (["read", "auto"], ["read", "alpaca", "--out", tmp_path / "out"]):
        ran = kgtools(*words[:2], tmp_path / "a.parquet", *words[2:])
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert "a.parquet: a Parquet file that cannot be read: " in ran.err
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (RECORDS.frame(), "records, which dedup, split, merge and convert read"),
        (PREFERENCES.frame(), "preferences, which dedup, split, merge and convert read"),
        (pl.DataFrame({"head": ["a"], "relation": ["b"], "tail": ["c"]}), "triples, which kgtools load table reads"),
    ],
)
def test_a_table_of_ours_is_no_corpus_and_the_command_that_reads_it_is_named(
    frame: pl.DataFrame, said: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    frame.write_parquet(tmp_path / "in" / "a.parquet")
    (tmp_path / "in" / "b.jsonl").write_text(lines({"instruction": Q, "output": A}), encoding="utf-8")

    with pytest.raises(InputError, match=f"a.parquet: expected a corpus, found a Parquet file of {said}"):
        take_all(tmp_path, "alpaca", [tmp_path / "in" / "a.parquet"])
    assert take_all(tmp_path / "b", "alpaca", [tmp_path / "in"]).reasons() == {"not-a-corpus": 1}
    assert [name for name, *_ in who_reads([tmp_path / "in"]).matches] == ["in/b.jsonl"]


@pytest.mark.parametrize("name", ["alpaca", "chatdoctor", "promptcblue", "cmd", "text"])
def test_a_workbook_is_promised_and_read(name: str, tmp_path: Path) -> None:
    heads = {
        "alpaca": ["问题", "回答", "科室"], "chatdoctor": ["instruction", "input", "output"], "text": ["text", "page"],
        "promptcblue": ["input", "target", "task_dataset"],
        "cmd": ["department", "title", "ask", "answer"],
    }  # fmt: skip
    head = heads[name]
    first = ["If you are a doctor, please answer the medical questions based on the patient's description."]
    cells = [*(first if name == "chatdoctor" else []), Q, A, "不知道。", "见上。"][: len(head)]

    found = take(tmp_path, name, {"a.xlsx": workbook(sheets={"一": [head, cells]})})

    assert (found.outcome.written, found.rejects) == (1, [])
    assert name in [reader for _, reader, _ in who_reads([tmp_path / "exam"]).matches]

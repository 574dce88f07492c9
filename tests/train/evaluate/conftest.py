"""Records that evaluations ask, written on the spot."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import Sink


def put_records(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Records into a new folder, each given by what it has beside the common: messages, answer, meta and so on."""
    folder.mkdir(parents=True)
    common = {
        "task": "mcq", "lang": "zh", "answer": None, "facts": [], "source": "toy", "template": None, "license": "Apache-2.0", "split": None,
        "hold_out": None, "meta": {},
    }  # fmt: skip
    table = [common | {"id": f"r{number}", "group": f"g{number}"} | row for number, row in enumerate(rows)]
    for row in table:
        row["meta"] = orjson.dumps(row["meta"]).decode()
    with Sink(folder / "records.parquet", RECORDS) as sink:
        sink.write(pl.DataFrame(table, schema=RECORDS.columns))
    return folder


def put_answers(file: Path, answers: dict[str, str] | Sequence[dict[str, Any]]) -> Path:
    """A file of answers, a line of JSON each."""
    rows = [{"id": id_, "answer": text} for id_, text in answers.items()] if isinstance(answers, dict) else answers
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return file


@pytest.fixture
def write_records(tmp_path: Path) -> Callable[..., Path]:
    """A folder of records in the test's own."""
    return lambda rows, name="records": put_records(tmp_path / name, rows)


@pytest.fixture
def write_answers(tmp_path: Path) -> Callable[..., Path]:
    """A file of answers in the test's own folder."""
    return lambda answers, name="answers.jsonl": put_answers(tmp_path / name, answers)


def exam_row(question: str, options: Sequence[str], key: str, **more: Any) -> dict[str, Any]:
    """The record of a question of an exam; `key`: letters."""
    by_letter = dict(zip("ABCDEFGHIJ", options, strict=False))
    listed = "\n".join(f"{letter}. {text}" for letter, text in by_letter.items())
    meta = {"question": question, "options": by_letter, "category": more.pop("category", None)}
    messages = [{"role": "user", "content": f"{question}\n{listed}"}, {"role": "assistant", "content": key}]
    return {"messages": messages, "answer": key, "meta": meta} | more


def item_row(question: str, item: dict[str, Any], reply: str = "…", **more: Any) -> dict[str, Any]:
    """The record of a question that can be graded; `item`: as meta holds it; `head`, `distractors`, `permuted`: of the meta too."""
    meta = {key: more.pop(key) for key in ("head", "distractors", "permuted") if key in more} | {"item": item}
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]
    common = {
        "task": "list",
        "answer": reply,
        "template": "extended@2.0.1/symptom.zh#1",
        "messages": messages,
        "meta": meta,
    }
    return common | more

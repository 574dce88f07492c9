"""Records to export, and what stands in an export."""

import csv
from pathlib import Path
from typing import Any

import orjson
import polars as pl

HOSTILE = '“{{ 7*7 }}” {% raw %} \\nu "x"\t😀\u2028\u202eabc\n}\n{'
"""What formats and templates are made of, in the text of a record."""


def talk(*texts: str, system: str | None = None) -> list[dict[str, str]]:
    """Messages of a user and an assistant in turn."""
    turns = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]
    return ([{"role": "system", "content": system}] if system else []) + turns


def record(id_: str, messages: list[dict[str, str]], **other: Any) -> dict[str, Any]:
    shared = {
        "id": id_, "task": "qa", "lang": "zh", "answer": None, "facts": [], "group": id_, "source": "tiny", "template": None,
        "license": "CC0-1.0", "split": None, "meta": "{}",
    }  # fmt: skip
    return shared | {"messages": messages} | other


def preference(id_: str, prompt: list[dict[str, str]], chosen: str, rejected: str, **other: Any) -> dict[str, Any]:
    sides = {
        name: [{"role": "assistant", "content": text}] for name, text in (("chosen", chosen), ("rejected", rejected))
    }
    row = record(id_, [], task="preference") | {"prompt": prompt} | sides | other
    return {key: value for key, value in row.items() if key not in ("messages", "answer")}


def exam(id_: str, letters: str = "B", **other: Any) -> dict[str, Any]:
    """A question with three options, as the readers of exams give it, and an item."""
    options = {"A": "糖尿病", "B": "痛风", "C": "高血压"}
    listed = "\n".join(f"{letter}. {text}" for letter, text in options.items())
    item = {"form": "choice", "options": options, "right": letters}
    about = {"question": f"尿酸高见于哪种病？{id_}", "options": options, "meta_info": "第一部分", "item": item}
    meta = orjson.dumps(about).decode()
    return record(
        id_,
        talk(f"尿酸高见于哪种病？{id_}\n{listed}", f"答案是{letters}。"),
        task="mcq",
        answer=letters,
        meta=meta,
        **other,
    )


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Every row of the JSON lines, CSV or Parquet of an export, in the order of the files."""
    if tables := sorted(folder.glob("*-of-*.csv")):
        return [
            row for file in tables for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True))
        ]
    if tables := sorted(folder.glob("*-of-*.parquet")):
        return [row for file in tables for row in pl.read_parquet(file).to_dicts()]
    files = sorted(folder.glob("*.jsonl"))
    return [orjson.loads(line) for file in files for line in file.read_bytes().split(b"\n") if line]


def drops(folder: Path) -> dict[str, str]:
    """Record -> reason."""
    return dict(pl.read_parquet(folder / "rejects.parquet").select("record", "reason").iter_rows())

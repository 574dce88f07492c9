"""What the tests of training share: rows that a small model learns in seconds, and the models that come of them."""

import random
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from corpora.record import PREFERENCES, RECORDS
from corpora.shards import Sink
from tools.frames import Schema
from tools.main import run
from train.models import tiny
from train.recipe import Recipe

GOOD, BAD = "休息吃药", "qwxz"


def _common(number: int) -> dict[str, Any]:
    own = {
        "task": "qa",
        "lang": "zh",
        "facts": [],
        "source": "toy",
        "license": "Apache-2.0",
        "meta": "{}",
        "template": None,
    }
    return own | {"group": str(number), "split": None}


def question(number: int) -> list[dict[str, str]]:
    """A question of its own for each number."""
    return [{"role": "user", "content": f"{['头痛', 'fever', '咳嗽'][number % 3]}{number}怎么办?"}]


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def records(folder: Path, rows: list[Any], **columns: Any) -> Path:
    """A folder of records: of messages, or of dictionaries of columns."""
    made = []
    for number, row in enumerate(rows):
        own = row if isinstance(row, dict) else {"messages": row}
        made.append({"id": f"r{number}", "answer": None, **_common(number), **columns, **own})
    return _written(folder, RECORDS, made)


def preferences(folder: Path, rows: list[tuple[Any, Any, Any]], **columns: Any) -> Path:
    """A folder of preferences: prompt, chosen, rejected."""
    made = [
        {"id": f"p{number}", "prompt": prompt, "chosen": chosen, "rejected": rejected, **_common(number), **columns}
        for number, (prompt, chosen, rejected) in enumerate(rows)
    ]
    return _written(folder, PREFERENCES, made)


def _written(folder: Path, schema: Schema, made: list[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with Sink(folder / f"{schema.noun}.parquet", schema) as sink:
        sink.write(pl.DataFrame(made, schema=schema.columns))
    return folder


def recipe(**changes: Any) -> Recipe:
    """A recipe as short as can be."""
    return Recipe(**{"title": "toy", "model": "tiny:qwen2", "learning_rate": 1e-3, "steps": 1} | changes)


def trained(*words: object) -> None:
    """`kgtools train WORD...`, which must succeed."""
    assert run(["train", *(str(word) for word in words)]) == 0


def told(folder: Path) -> dict[str, Any]:
    """What a run's run.json says."""
    found: dict[str, Any] = orjson.loads((folder / "run.json").read_bytes())
    return found


def metrics(folder: Path) -> list[dict[str, Any]]:
    """A run's lines of metrics."""
    return [orjson.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with a vocabulary of both languages; no test changes it."""
    home = tmp_path_factory.mktemp("tiny") / "model"
    tiny("qwen2", ["头痛怎么办？休息，多喝水。", "What helps with a headache? Rest, and drink water."] * 5, home, 0)
    return home


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of which half are answered well and half badly, and preferences for the good answer."""
    home = tmp_path_factory.mktemp("toy")
    draw = random.Random(0)
    numbers = draw.sample(range(1000), 256)
    records(home / "records", [question(n) + said(GOOD if n % 2 else BAD) for n in numbers])
    preferences(home / "preferences", [(question(n), said(GOOD), said(BAD)) for n in numbers])
    return home


@pytest.fixture(scope="session")
def models(toy: Path) -> Path:
    """`sft`, `merged` and `reward`: a model that answers well and badly, and what tells the one from the other."""
    trained("sft", "--recipe", "tiny", "--out", toy / "sft", f"data={toy / 'records'}", "steps=50")
    trained("merge", toy / "sft", "--out", toy / "merged")
    own = ("--recipe", "tiny", "--out", toy / "reward", f"model={toy / 'merged'}", f"data={toy / 'preferences'}")
    trained("reward", *own, "steps=40", "learning_rate=5e-3")
    return toy

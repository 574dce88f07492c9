"""What was exported reads back as the same messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.corpora.export.convert import ConvertOptions, convert
from kgtools.corpora.export.format import find
from kgtools.corpora.read import read
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.tasks.ask import ITEM_TASKS
from tests.conftest import ROOT
from tests.corpora.exporters.making import HOSTILE, exam, preference, record, talk

CHATDOCTOR = ROOT.parent / "shared" / "data" / "corpora" / "chatdoctor" / "chatdoctor5k.json"
WHOLE = HOSTILE.strip()
TALKS = [
    record("a", talk("咳嗽怎么办？", "多喝水。", "还咳呢？", WHOLE, system="你是医生。")),
    record("b", talk(WHOLE, "答")),
    record("c", talk("问", "答", system=WHOLE)),
]
PAIRS = [
    preference("p", talk("问", "答", WHOLE, system="你是医生。"), "好", "坏"),
    preference("q", talk("问"), WHOLE, "坏"),
]
BACK = [
    *(("messages", "messages", TALKS), ("alpaca", "alpaca", TALKS), ("sharegpt", "sharegpt", TALKS)),
    *(("trl-preference", "preference", PAIRS), ("sharegpt", "preference", PAIRS)),
    ("super-ni", "meds-ins", TALKS[2:]),
]
SIDES = ("messages", "prompt", "chosen", "rejected")


def files_of(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*-of-*"), *folder.glob("task*.json")])


def texts(folder: Path) -> list[Any]:
    """The messages of the records (or preferences) in a folder, sorted."""
    frame = pl.read_parquet(next(p for p in folder.glob("*s.parquet") if p.name != "rejects.parquet"))
    rows = frame.select(column for column in SIDES if column in frame.columns).to_dicts()
    return sorted(rows, key=str)


@pytest.mark.parametrize(("name", "reader", "rows"), BACK)
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.zst", "json"])
def test_the_reader_of_a_format_gives_the_messages_back(
    folder_of: Callable[..., Path], tmp_path: Path, name: str, reader: str, rows: list[dict[str, Any]], ending: str
) -> None:
    folder = folder_of(rows)
    convert(
        folder,
        name,
        tmp_path / "out",
        ConvertOptions(file=ending if ending in find(name).endings else None, shard_size=2),
    )

    read(reader, files_of(tmp_path / "out"), tmp_path / "back", {}, strict=True)

    assert texts(tmp_path / "back") == texts(folder)


def test_medqa_gives_question_options_and_answer_back(folder_of: Callable[..., Path], tmp_path: Path) -> None:
    convert(folder_of([exam("x"), exam("y", "C")]), "medqa", tmp_path / "out", ConvertOptions())

    read("medqa", files_of(tmp_path / "out"), tmp_path / "back", {}, strict=True)

    back = pl.read_parquet(tmp_path / "back" / "records.parquet")
    assert back["answer"].to_list() == ["B", "C"]
    for field in ("question", "options", "meta_info"):
        said = [exam(id_)["meta"] for id_ in "xy"]
        path = f"$.{field}"
        assert back["meta"].str.json_path_match(path).to_list() == pl.Series(said).str.json_path_match(path).to_list()


@pytest.mark.parametrize(("name", "reader"), [("messages", "messages"), ("alpaca", "alpaca"), ("sharegpt", "sharegpt")])
def test_the_records_of_the_sample_graphs_come_back(
    kgtools: Callable[..., Any], sample_graph: FolderStore, tmp_path: Path, name: str, reader: str
) -> None:
    allowed = ("--allow-license=LicenseRef-xywy-noncommercial", "--allow-license=LicenseRef-39health-unstated")
    kgtools("generate", "--graph", sample_graph.folder, "--count", 500, "--out", tmp_path / "records")

    ran = kgtools(
        "convert", tmp_path / "records", "--format", name, "--out", tmp_path / "out", "--json",
        *allowed, "--allow-license=LicenseRef-cmekg-unstated",
    )  # fmt: skip

    assert (ran.code, ran.json["written"], ran.json["dropped"]) == (0, 500, {})
    read(reader, files_of(tmp_path / "out"), tmp_path / "back", {}, strict=True)
    assert texts(tmp_path / "back") == texts(tmp_path / "records")


def test_items_of_every_task_come_back_from_task_files_as_the_same_questions_and_answers(
    kgtools: Callable[..., Any], sample_graph: FolderStore, tmp_path: Path
) -> None:
    tasks = ",".join(("qa", *ITEM_TASKS))
    ran = kgtools(
        "generate", "--graph", sample_graph.folder, "--task", tasks, "--lang", "zh", "--per-relation", 3,
        "--out", tmp_path / "records",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    allowed = (f"LicenseRef-{name}" for name in ("xywy-noncommercial", "39health-unstated", "cmekg-unstated"))

    written = convert(
        tmp_path / "records", "super-ni", tmp_path / "out", ConvertOptions(allow_license=tuple(allowed))
    )  # fmt: skip

    read("meds-ins", files_of(tmp_path / "out"), tmp_path / "back", {}, strict=True)
    asked, back = (
        {tuple(turn["content"] for turn in row["messages"] if turn["role"] != "system") for row in texts(folder)}
        for folder in (tmp_path / "records", tmp_path / "back")
    )
    assert set(written.tasks) == {"qa", *ITEM_TASKS}
    assert written.dropped == {}
    assert asked == back


@pytest.mark.parametrize("name", ["messages", "alpaca", "sharegpt", "super-ni"])
def test_chatdoctor_comes_back(tmp_path: Path, name: str) -> None:
    if not CHATDOCTOR.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    read("chatdoctor", [CHATDOCTOR], tmp_path / "records", {})

    exported = convert(
        tmp_path / "records", name, tmp_path / "out", ConvertOptions(allow_license=("unknown",), allow_identified=True)
    )

    read("meds-ins" if name == "super-ni" else name, files_of(tmp_path / "out"), tmp_path / "back", {}, strict=True)
    assert exported.written > 5000
    assert texts(tmp_path / "back") == texts(tmp_path / "records")

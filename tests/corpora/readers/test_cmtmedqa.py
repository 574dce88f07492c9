"""CMtMedQA: a talk is its rounds in order, and the questions of safety under another key are read with it."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus
from kgtools.tools.errors import InputError
from tests.corpora.readers.exams import array, lines, take


def talk(depth: int = 2, **changed: Any) -> dict[str, Any]:
    row = {
        "id": f"j{depth}", "cate1": "内科", "cate2": "心血管内科", "instruction": f"深{depth}的问题？", "input": "",
        "output": f"深{depth}的回答。", "history": [[f"问{n}？", f"答{n}。"] for n in range(depth)],
    }  # fmt: skip
    return {key: value for key, value in (row | changed).items() if value is not ...}


def safety(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {"instruct": f" 医生，第{number}个问题？", "output": f" 第{number}个回答。"} | changed


FILES: dict[str, bytes | str] = {"CMtMedQA_test.json": array(*map(talk, range(8)), safety(1), safety(2))}


def test_a_talk_of_any_depth_is_its_rounds_in_order(tmp_path: Path) -> None:
    found = take(tmp_path, "cmtmedqa", FILES)

    assert found.rejects == []
    for depth, record in enumerate(found.records[:8]):
        said = [turn["content"] for turn in record["messages"]]
        assert said == [text for n in range(depth) for text in (f"问{n}？", f"答{n}。")] + [
            f"深{depth}的问题？",
            f"深{depth}的回答。",
        ]
        assert [turn["role"] for turn in record["messages"]] == ["user", "assistant"] * (depth + 1)


def test_the_questions_of_safety_are_a_task_of_their_own_and_counted(tmp_path: Path) -> None:
    found = take(tmp_path, "cmtmedqa", FILES)

    assert found.outcome.tasks == {"dialogue": 8, "safety": 2}
    assert found.outcome.changed == {"questions of safety": 2}
    assert [turn["content"] for turn in found.records[-1]["messages"]] == ["医生，第2个问题？", "第2个回答。"]


@pytest.mark.parametrize(
    ("name", "split"), [("CMtMedQA_test.json", "test"), ("CMtMedQA.json", None), ("train.json", "train")]
)
def test_the_split_is_the_one_in_the_files_name(tmp_path: Path, name: str, split: str | None) -> None:
    assert set(take(tmp_path, "cmtmedqa", {name: lines(talk(), safety())}).column("split")) == {split}


def test_the_departments_are_kept_and_the_first_is_the_category(tmp_path: Path) -> None:
    found = take(tmp_path, "cmtmedqa", FILES)

    assert Counter(found.meta("category")) == {"内科": 8, None: 2}
    assert set(found.meta("cate2")) == {"心血管内科", None}
    assert found.meta("id") == [*(f"j{n}" for n in range(8)), None, None]


def test_rows_that_continue_one_talk_are_in_one_group(tmp_path: Path) -> None:
    whole = talk(3, instruction="问3？", output="答3。")
    part = talk(1, instruction="问1？", output="答1。")
    found = take(tmp_path, "cmtmedqa", {"a.json": array(whole, part, talk(0))})

    assert found.records[0]["group"] == found.records[1]["group"] != found.records[2]["group"]


@pytest.mark.parametrize(
    ("asked", "depth", "thanks"),
    [
        ("好的，谢谢医生。", 2, True),
        ("感谢您的解答！我知道了。", 1, True),
        ("谢谢医生，那能吃什么？", 2, False),
        ("还要注意什么", 2, False),
        ("谢谢", 0, False),
    ],
)
def test_a_talk_that_ends_with_thanks_says_so_in_its_meta(tmp_path: Path, asked: str, depth: int, thanks: bool) -> None:
    found = take(tmp_path, "cmtmedqa", {"a.json": array(talk(depth, instruction=asked))})

    assert found.meta("thanks") == [True if thanks else None]
    assert sum("thanks" in what for what in found.outcome.changed) == thanks


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (talk(instruction=...), "missing-field"),
        (talk(output=...), "missing-field"),
        (talk(instruction={}), "empty-message"),
        (talk(output=None), "empty-message"),
        (talk(output=3), None),
        (talk(input={}), None),
        (talk(input=[1]), "wrong-type"),
        (talk(history="没有"), "wrong-type"),
        (talk(history=[["只有问题"]]), "wrong-type"),
        (talk(history=[["问", 3]]), "wrong-type"),
        (talk(history=[["问", ""]]), "empty-message"),
        (talk(history=None), None),
        (talk(output="  "), "empty-message"),
        (talk(output="回\0答"), "nul"),
        (safety(instruct=[3]), "wrong-type"),
        (safety(instruct=" "), "empty-message"),
        ({"instruct": "只有问题？"}, "missing-field"),
        ({}, "missing-field"),
        (["不是对象"], "not-an-object"),
        (None, "not-an-object"),
    ],
)
def test_a_row_is_a_talk_or_is_refused_at_its_line(tmp_path: Path, row: Any, reason: str | None) -> None:
    found = take(tmp_path, "cmtmedqa", {"a.json": lines(talk(), row, safety())})

    assert found.rejects == ([("exam/a.json", 2, reason)] if reason else [])
    assert found.outcome.written == (2 if reason else 3)


@pytest.mark.parametrize("where", ["output", "instruction", "history"])
def test_half_a_surrogate_pair_is_refused_wherever_it_is_said(tmp_path: Path, where: str) -> None:
    row = talk(**{where: [["问X", "答"]] if where == "history" else "有X的话"})
    found = take(tmp_path, "cmtmedqa", {"a.json": lines(talk()) + lines(row).replace("X", r"\ud83d")})

    assert found.rejects == [("exam/a.json", 2, "lone-surrogate")]


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(lines(talk(), {}), encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.json:2: missing-field"):
        list(find("cmtmedqa").read(Corpus([tmp_path / "a.json"], strict=True), find("cmtmedqa").settings()))


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "cmtmedqa", FILES)
        written.append((tmp_path / run / "out" / "records.parquet").read_bytes())

    assert written[0] == written[1]


@pytest.mark.parametrize("rows", [[talk()], [talk(history=[])], [safety()]])
@pytest.mark.parametrize("form", [array, lines])
def test_its_files_are_known_before_those_of_any_corpus(tmp_path: Path, rows: list[Any], form: Any) -> None:
    (tmp_path / "a.json").write_text(form(*rows), encoding="utf-8")

    assert who_reads([tmp_path / "a.json"]).matches[0][1] == "cmtmedqa"


@pytest.mark.parametrize(
    "kept", [("instruction", "output"), ("instruction", "output", "history"), ("cate1", "cate2", "history")]
)
def test_other_files_do_not_fit(tmp_path: Path, kept: tuple[str, ...]) -> None:
    (tmp_path / "a.json").write_bytes(orjson.dumps([{key: value for key, value in talk().items() if key in kept}]))

    assert find("cmtmedqa").fits(read_preview(File(tmp_path / "a.json", "a.json", lambda *_: None))) is None

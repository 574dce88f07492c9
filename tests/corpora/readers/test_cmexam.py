"""CMExam: options in one column, keys of several letters, annotations; as a CSV and as a workbook."""

import csv
import io
from pathlib import Path

import pytest

from kgtools.corpora.readers.cmexam import options_of
from tests.corpora.readers.exams import CMEXAM, PUBLISHED, Taken, take
from tests.workbooks import workbook


def published(text: str) -> bytes:
    """The rows of a CSV as a workbook, whose options have a backslash and an n for each line break."""
    return workbook([[cell.replace("\n", "\\n") for cell in row] for row in csv.reader(io.StringIO(text))])


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    return take(tmp_path, "cmexam", PUBLISHED["cmexam"])


def test_a_key_of_several_letters_is_sorted_and_said_with_each_option(taken: Taken) -> None:
    assert taken.column("answer") == ["A", "ACE"]
    assert taken.meta("choice") == ["single", "multiple"]
    assert taken.said("assistant") == ["正确答案：A. 是的", "正确答案：ACE\nA. 甲药\nC. 丙\\nneq 丁\nE. 戊"]


def test_options_of_one_column_are_parted_by_line_break_or_by_a_backslash_and_an_n(taken: Taken) -> None:
    assert taken.meta("options") == [
        {"A": "是的", "B": "不是", "C": "5 μg/mL", "D": "B 超", "E": "以上都不是"},
        {"A": "甲药", "B": "乙药", "C": "丙\\nneq 丁", "E": "戊"},
    ]


def test_the_annotations_are_kept_and_nan_is_none(taken: Taken) -> None:
    meta = taken.records[0]["meta"]

    assert {key: meta[key] for key in ("category", "competency", "department", "subject", "difficulty", "explanation")} == {
        "category": "免疫系统疾病", "competency": "诊断", "department": "内科", "subject": "临床医学", "difficulty": "2",
        "explanation": "因为尿酸。",
    }  # fmt: skip
    assert {"category", "competency", "explanation"} & set(taken.records[1]["meta"]) == set()


def test_a_workbook_gives_the_records_of_the_csv(tmp_path: Path, taken: Taken) -> None:
    (tmp_path / "book").mkdir()
    book = take(tmp_path / "book", "cmexam", {"test_with_annotations.xlsx": published(CMEXAM)})

    assert book.column("id") == taken.column("id")
    assert book.reasons() == taken.reasons()


def test_the_published_prompt_explains_where_that_is_chosen(tmp_path: Path) -> None:
    found = take(tmp_path, "cmexam", PUBLISHED["cmexam"], prompt="cmexam", explanations="yes")

    assert found.said("user")[0].startswith("问题: 痛风的关节痛在夜间？, \n 选项: A 是的\nB 不是\n")
    assert found.said("assistant")[0] == "答案: A 是的. \n 解释:因为尿酸。"


@pytest.mark.parametrize(
    ("name", "split"), [("train", "train"), ("val", "validation"), ("test_with_annotations", "test")]
)
def test_the_split_is_in_the_name(tmp_path: Path, name: str, split: str) -> None:
    assert set(take(tmp_path, "cmexam", {f"{name}.csv": CMEXAM}).column("split")) == {split}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("A 甲\nB 乙", {"A": "甲", "B": "乙"}),
        ("A 甲\\r\\nB 乙", {"A": "甲", "B": "乙"}),
        ("A 甲\r\nB 乙", {"A": "甲", "B": "乙"}),
        ("A 甲<br>B 乙<br/>C 丙", {"A": "甲", "B": "乙", "C": "丙"}),
        ("A A型\nB B型", {"A": "A型", "B": "B型"}),
        ("A 甲\n续\nB 乙", {"A": "甲\n续", "B": "乙"}),
        ("A 甲\nA 乙", {}),
        ("没有", {}),
        ("nan", {}),
        ("", {}),
    ],
)
def test_options_of_a_text(text: str, options: dict[str, str]) -> None:
    assert {letter: option.strip() for letter, option in options_of(text).items()} == options

"""ChatDoctor: its constant instruction is the system's message, in every record that it gives."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus
from kgtools.corpora.readers.chatdoctor import INSTRUCTION
from kgtools.tools.errors import InputError
from tests.conftest import ROOT
from tests.corpora.readers.exams import array, lines, take, take_all

REAL = ROOT.parent / "shared" / "data" / "corpora" / "chatdoctor" / "chatdoctor5k.json"


def row(number: int = 1, **changed: Any) -> dict[str, Any]:
    values = {
        "instruction": INSTRUCTION,
        "input": f"I have had a cough for {number} weeks.",
        "output": f"Hello, rest {number} days.",
    }
    return {key: value for key, value in (values | changed).items() if value is not ...}


@pytest.mark.parametrize("form", [array, lines])
def test_a_record_is_the_instruction_the_patient_and_the_doctor(tmp_path: Path, form: Any) -> None:
    found = take(tmp_path, "chatdoctor", {"iCliniq.json": form(row(1), row(2))})

    assert [[turn["role"] for turn in record["messages"]] for record in found.records] == [
        ["system", "user", "assistant"]
    ] * 2
    assert set(found.said("system")) == {INSTRUCTION}
    assert found.said("user") == ["I have had a cough for 1 weeks.", "I have had a cough for 2 weeks."]
    assert found.said("assistant") == ["Hello, rest 1 days.", "Hello, rest 2 days."]
    assert (found.outcome.tasks, found.outcome.langs, found.rejects) == ({"dialogue": 2}, {"en": 2}, [])


def test_one_question_with_two_answers_is_in_one_group(tmp_path: Path) -> None:
    found = take(tmp_path, "chatdoctor", {"a.json": array(row(1), row(1, output="Hi, see a doctor."), row(2))})

    assert len(set(found.column("id"))) == 3
    assert found.records[0]["group"] == found.records[1]["group"] != found.records[2]["group"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (row(input=...), "missing-field"),
        (row(output=None), "missing-field"),
        (row(instruction=["a"]), "missing-field"),
        (row(output=7), "missing-field"),
        (row(input=""), "empty-message"),
        (row(output=" \n"), "empty-message"),
        (row(output="a\0b"), "nul"),
        ({}, "missing-field"),
        ([row()], "not-an-object"),
        ("text", "not-an-object"),
        (None, "not-an-object"),
    ],
)
def test_a_row_that_is_no_question_with_an_answer_is_refused_at_its_line(
    tmp_path: Path, wrong: Any, reason: str
) -> None:
    found = take(tmp_path, "chatdoctor", {"a.json": lines(row(1), wrong, row(2))})

    assert found.rejects == [("exam/a.json", 2, reason)]
    assert found.outcome.written == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(b'"a\\ud83d"', "lone-surrogate"), (b'"a\xff"', "wrong-encoding"), (b'"a', "bad-json"), (b"1 2", "bad-json")],
)
def test_a_line_that_cannot_be_read_is_refused_and_the_next_is_read(tmp_path: Path, bad: bytes, reason: str) -> None:
    data = lines(row(1), row(2, output="X"), row(3)).encode().replace(b'"X"', bad)
    found = take(tmp_path, "chatdoctor", {"a.json": data})

    assert found.rejects == [("exam/a.json", 2, reason)]
    assert found.outcome.written == 2


def test_strict_stops_at_the_first_reject(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(lines(row(), {}), encoding="utf-8")

    with pytest.raises(InputError, match=r"a\.json:2: missing-field"):
        list(find("chatdoctor").read(Corpus([tmp_path / "a.json"], strict=True), find("chatdoctor").settings()))


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        take(tmp_path / run, "chatdoctor", {"a.json": array(row(1), row(2))})
        written.append((tmp_path / run / "out" / "records.parquet").read_bytes())

    assert written[0] == written[1]


@pytest.mark.parametrize(
    "changed", [{"instruction": "Answer this question truthfully"}, {"input": ...}, {"instruction": ...}]
)
def test_other_instructions_do_not_fit(tmp_path: Path, changed: dict[str, Any]) -> None:
    (tmp_path / "a.json").write_text(array(row(**changed)), encoding="utf-8")

    assert find("chatdoctor").fits(read_preview(File(tmp_path / "a.json", "a.json", lambda *_: None))) is None


@pytest.fixture
def real() -> Path:
    if not REAL.is_file():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return REAL


def test_the_published_file_gives_its_5452_records_once_each(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "chatdoctor", [real])

    assert (found.outcome.written, found.outcome.duplicates, found.rejects) == (5452, 0, [])
    assert set(found.said("system")) == {INSTRUCTION}
    assert found.outcome.license == "unknown"


def test_auto_knows_the_published_file_as_chatdoctors(real: Path) -> None:
    assert who_reads([real]).matches[0][1] == "chatdoctor"

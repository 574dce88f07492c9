"""The published files: what was counted in them is what is read."""

from pathlib import Path

import orjson
import pytest

from kgtools.corpora.detect import who_reads
from kgtools.corpora.dialogue.consultations import DIALOGUE, sections
from kgtools.corpora.files.place import Line, Place
from tests.conftest import ROOT
from tests.corpora.readers.exams import Taken, take_all

CORPUS = ROOT.parent / "shared" / "data" / "corpora" / "meddialog"
CHINESE, ENGLISH_TEXT = "COVID-Dialogue-Dataset-Chinese.txt", "COVID-Dialogue-Dataset-English.txt"


@pytest.fixture(scope="module")
def real() -> Path:
    if not CORPUS.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    return CORPUS


@pytest.fixture(scope="module")
def chinese(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    return take_all(tmp_path_factory.mktemp("chinese"), "meddialog", [real / CHINESE])


def test_the_published_text_has_the_sections_that_were_counted_in_it(real: Path) -> None:
    text = (real / CHINESE).read_text(encoding="utf-8")
    pages = [sections([Line(Place(""), line) for line in page.split("\n")])[1] for page in text.split("\nid=")[1:]]
    speaking = [[s for s in page if s.name == DIALOGUE and {"病人：", "医生："} & set(s.lines)] for page in pages]

    assert len(pages) == 1393
    assert sum(not any(section.name == DIALOGUE for section in page) for page in pages) == 74
    assert sum(sum(section.name == DIALOGUE for section in page) > 1 for page in pages) == 187
    assert sum(map(len, speaking)) == 1664
    assert sum(section.name == "Description" for page in pages for section in page) == 1508
    assert sum(section.name == "Doctor faculty" for page in pages for section in page) == 994


def test_the_published_text_gives_a_record_or_a_reject_for_each_dialogue_and_each_page_without(chinese: Taken) -> None:
    outcome = chinese.outcome

    assert chinese.reasons() == {"no-answer": 109, "no-dialogue": 70}
    assert outcome.tasks == {"dialogue": 1555, "qa": 7}
    assert outcome.tasks["dialogue"] + chinese.reasons()["no-answer"] == 1664
    assert outcome.changed["dialogues in which nobody speaks left out"] == 4
    assert outcome.changed["dates of filling in taken out"] == 3015 + 2
    assert outcome.changed["turns after the last answer"] == 380
    assert (outcome.langs, outcome.duplicates) == ({"zh": 1562}, 66)


def test_every_talk_of_the_published_text_alternates_and_holds_no_form_and_no_date_of_filling_in(
    chinese: Taken,
) -> None:
    for record in chinese.records:
        roles = [turn["role"] for turn in record["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
    said = "\n".join(turn["content"] for record in chinese.records for turn in record["messages"])
    for gone in (
        "填写）",
        "医生给您发来一个提醒",
        "预约医生",
        "开药需求：",
        "本次就诊时间",
        "隐私电话",
        "患者未接听",
        "flow_team",
    ):
        assert gone not in said


def test_the_pages_of_a_published_thread_are_one_group(chinese: Taken) -> None:
    group_of = dict(zip(chinese.meta("id"), chinese.column("group"), strict=True))

    assert group_of["2"] == group_of["1114"]
    assert group_of["8"] == group_of["1089"] != group_of["2"]
    assert len(set(chinese.column("group"))) == 1259


def test_the_published_english_text_gives_all_its_talks(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "meddialog", [real / ENGLISH_TEXT])

    assert (found.outcome.written, found.rejects) == (604, [])
    assert len(set(found.meta("id"))) == 603
    assert found.column("lang") == ["en"] * 604
    assert len(set(found.column("group"))) > 580


@pytest.mark.parametrize(
    ("name", "written", "split", "task"),
    [
        ("COVID-Dialogue-Dataset-Chinese.json", 1088, None, "dialogue"),
        ("test_data.json", 109, "test", "dialogue"),
        ("Med-dialog_100.json", 99, None, "qa"),
    ],
)
def test_the_published_processed_files_give_all_their_rows(
    real: Path, tmp_path: Path, name: str, written: int, split: str | None, task: str
) -> None:
    found = take_all(tmp_path, "meddialog", [real / name])

    assert found.outcome.written == written
    assert set(found.column("split")) == {split}
    assert set(found.column("task")) == {task}
    assert found.reasons() == ({"no-question": 1} if task == "qa" else {})


def test_the_published_processed_talks_are_kept_to_the_letter(real: Path, tmp_path: Path) -> None:
    found = take_all(tmp_path, "meddialog", [real / "test_data.json"])

    rows = orjson.loads((real / "test_data.json").read_bytes())
    assert [[turn["content"] for turn in record["messages"]] for record in found.records] == [
        [said[3:].strip() for said in row] for row in rows
    ]


def test_auto_knows_every_published_file(real: Path) -> None:
    first: dict[str, str] = {}
    for file, name, _ in who_reads([real]).matches:
        first.setdefault(file, name)

    assert len(first) == 5
    assert set(first.values()) == {"meddialog"}

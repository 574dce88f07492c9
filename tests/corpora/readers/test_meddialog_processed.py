"""MedDialog as JSON: each of its layouts, and what is none of them."""

from pathlib import Path

import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.files.file import File
from tests.corpora.readers.exams import array, lines, take
from tests.corpora.readers.meddialog import ENGLISH, RAW, TALK, messages


@pytest.mark.parametrize("data", [array(TALK), lines({"Dialogue": TALK}), array({"description": "咳嗽", "utterances": TALK}),
                                  array({"Turn": 2, "Id": 7, "Dialogue": TALK})])  # fmt: skip
def test_the_processed_layouts_give_the_same_talk(tmp_path: Path, data: str) -> None:
    found = take(tmp_path, "meddialog", {"data.json": data})

    assert messages(found) == [
        ("user", "咳嗽三天。"),
        ("assistant", "发热吗？"),
        ("user", "不。"),
        ("assistant", "多喝水。"),
    ]
    assert (found.rejects, found.column("lang"), found.column("task")) == ([], ["zh"], ["dialogue"])


def test_the_english_processed_layout_opens_with_its_description(tmp_path: Path) -> None:
    row = {"description": "q. is it bad?", "utterances": ["patient: hello doctor, i cough.", "doctor: hello. no."]}
    found = take(tmp_path, "meddialog", {"data.json": array(row)})

    assert messages(found) == [("user", "q. is it bad?\n\nhello doctor, i cough."), ("assistant", "hello. no.")]
    assert found.column("lang") == ["en"]


@pytest.mark.parametrize(
    ("name", "split"),
    [("train_data.json", "train"), ("validate_data.json", "validation"), ("english-dev.json", "validation"),
     ("test_data.json", "test"), ("data.json", None)],
)  # fmt: skip
def test_the_name_of_a_processed_file_tells_the_split(tmp_path: Path, name: str, split: str | None) -> None:
    assert take(tmp_path, "meddialog", {name: array(TALK)}).column("split") == [split]


def test_a_case_is_a_question_with_the_doctors_diagnosis_as_its_answer(tmp_path: Path) -> None:
    case = {"id": 5, "medical_case": "疾病：\n痣\n患病多久：\n大于半年\n过敏史：\n无（2020-03-27填写）", "Department": "皮肤科",
            "doctor_diagnosis": "病情摘要及初步印象：\n色素痣\n总结建议：\n观察\n患者资料：\n基本信息：*** 男"}  # fmt: skip
    found = take(tmp_path, "meddialog", {"cases.json": array(case)})

    answer = "病情摘要及初步印象：色素痣\n总结建议：观察"
    assert messages(found) == [("user", "疾病：痣\n患病时长：大于半年\n过敏史：无"), ("assistant", answer)]
    assert (found.column("task"), found.column("answer")) == (["qa"], [answer])
    assert (found.meta("id"), found.meta("department"), found.meta("category")) == ([5], ["皮肤科"], ["皮肤科"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([], "no-dialogue"),
        ({"Dialogue": []}, "no-dialogue"),
        ({"Dialogue": None}, "missing-field"),
        ({"Dialogue": "病人：你好"}, "missing-field"),
        ({"Turn": 2}, "missing-field"),
        (["病人：你好", 5], "wrong-type"),
        (["病人：你好", None], "wrong-type"),
        (["你好", "医生：好"], "unknown-role"),
        (["护士：你好", "医生：好"], "unknown-role"),
        (["病人：你好"], "no-answer"),
        (["医生：你好"], "no-question"),
        (["病人：你好", "医生：  "], "no-answer"),
        ({"description": 5, "utterances": TALK}, "wrong-type"),
        ({"medical_case": "疾病：痣", "doctor_diagnosis": ["观察"]}, "wrong-type"),
        ({"medical_case": "疾病：痣", "doctor_diagnosis": "  "}, "no-answer"),
        ({"medical_case": "预约医生：张三", "doctor_diagnosis": "观察"}, "no-question"),
        ({"medical_case": None, "doctor_diagnosis": "观察"}, "no-question"),
        (["病人：你\0好", "医生：好"], "nul"),
        ("病人：你好", "not-an-object"),
        (None, "not-an-object"),
    ],
)  # fmt: skip
def test_a_processed_row_that_is_no_talk_is_refused_at_its_line(tmp_path: Path, row: object, reason: str) -> None:
    found = take(tmp_path, "meddialog", {"data.json": array(TALK, row, TALK)})

    assert [why for *_, why in found.rejects] == [reason]
    assert found.rejects[0][1] > 1
    assert found.outcome.written == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (r'[["病人：你\ud800好", "医生：好"]]', "lone-surrogate"),
        ('[["病人：你好", "医生：好', "bad-json"),
        ("[", "bad-json"),
    ],
)
def test_a_broken_processed_file_ends_in_rejects(tmp_path: Path, data: str, reason: str) -> None:
    found = take(tmp_path, "meddialog", {"data.json": data})

    assert (list(found.reasons()), found.outcome.written) == ([reason], 0)


@pytest.mark.parametrize("data", [RAW, ENGLISH, array(TALK), array({"Dialogue": TALK}), array({"utterances": TALK}),
                                  array({"medical_case": "a", "doctor_diagnosis": "b"})])  # fmt: skip
def test_auto_knows_each_layout(tmp_path: Path, data: str) -> None:
    (tmp_path / "data").write_text(data, encoding="utf-8")

    assert who_reads([tmp_path / "data"]).matches[0][1] == "meddialog"


@pytest.mark.parametrize(
    "data",
    [
        "Dialogue\n病人：\n",
        "id=5\nhttps://a\n",
        array(["a", "b"]),
        array({"utterances": ["a"]}),
        array([]),
        "{}",
        "",
        array(5),
    ],
)
def test_other_files_do_not_fit(tmp_path: Path, data: str) -> None:
    (tmp_path / "data").write_text(data, encoding="utf-8")

    assert find("meddialog").fits(read_preview(File(tmp_path / "data", "data", lambda *_: None))) is None

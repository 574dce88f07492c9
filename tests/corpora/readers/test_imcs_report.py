"""The reports of IMCS-21: six sections written from a talk; or notes in which the diagnosis is nowhere, and the diagnosis."""

from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.ehr.leaks import holds
from tests.corpora.readers.exams import Taken, take, whole
from tests.corpora.readers.imcs import FILES, HOSTILE, OTHER, REPORT, bare, sentence, talk

MAKES = ("report", "diagnosis")
FULL = "主诉：咳嗽3天。\n现病史：患儿3天前出现咳嗽，有痰。\n辅助检查：暂缺。\n既往史：体健。\n诊断：小儿支气管炎。\n建议：多喝水，复查血常规。"


def read(folder: Path, *rows: Any, **settings: str) -> Taken:
    return take(
        folder, "imcs-report", {"train.json": whole({str(n): row for n, row in enumerate(rows, 1)})}, **settings
    )


def test_a_report_is_written_from_what_was_told_and_said(tmp_path: Path) -> None:
    (record,) = read(tmp_path, talk()).records

    assert record["task"] == "report"
    assert record["messages"][0]["content"] == (
        "根据下面患者的自述和问诊对话，写一份诊疗报告，包括主诉、现病史、辅助检查、既往史、诊断、建议。\n\n"
        "自述：宝宝咳嗽3天了，怎么办？\n\n"
        "对话：\n医生：你好\n医生：宝宝发热吗\n患者：不发热\n患者：有痰\n医生：考虑支气管炎\n医生：吃阿莫西林，查血常规\n患者：谢谢医生"
    )
    assert record["messages"][1]["content"] == record["answer"] == FULL


def test_the_second_report_is_kept_for_scoring_or_is_a_record_of_its_own(tmp_path: Path) -> None:
    one, both = read(tmp_path / "1", talk()), read(tmp_path / "2", talk(), reports="all")
    texts = [FULL, FULL.replace("咳嗽3天。", "咳嗽、有痰3天。").replace("：小儿支气管炎。", "：考虑支气管炎。")]

    assert one.meta("references") == [texts[1:]]
    assert both.column("answer") == texts
    assert both.meta("references") == [texts[1:], texts[:1]]
    assert both.meta("report") == [1, 2]
    assert len(set(both.column("group"))) == 1


@pytest.mark.parametrize(
    "report",
    [
        REPORT,
        dict(reversed(REPORT.items())),
        {{"既往史": "即往史"}.get(name, name): text for name, text in REPORT.items()},
        "\n".join(f"{name}：{text}" for name, text in REPORT.items()),
        "\n".join(f" {name}: {text}" for name, text in REPORT.items()).replace("既往史", "即往史"),
    ],
)
def test_sections_have_one_order_and_one_name_however_they_are_written(tmp_path: Path, report: Any) -> None:
    assert read(tmp_path, talk(report=[report])).column("answer") == [FULL]


def test_empty_sections_are_left_out_and_unknown_ones_counted(tmp_path: Path) -> None:
    found = read(tmp_path, talk(report=[REPORT | {"辅助检查": " ", "签名": "某"}]))

    assert found.column("answer") == [FULL.replace("\n辅助检查：暂缺。", "")]
    assert found.outcome.changed["sections of reports left out: unknown"] == 1


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (3, "wrong-type"),
        ({"主诉": 3}, "wrong-type"),
        ({}, "no-report"),
        ("没有标题", "no-report"),
        (REPORT | {"建议": None}, "wrong-type"),
    ],
)
@pytest.mark.parametrize("make", MAKES)
def test_a_broken_report_is_refused_and_the_other_is_read(tmp_path: Path, report: Any, reason: str, make: str) -> None:
    found = read(tmp_path, talk(report=[report, OTHER]), make=make)

    assert found.rejects == [("exam/train.json", 2, reason)]
    assert found.meta("report") == [2]


def test_without_a_report_the_talk_is_asked_and_not_answered(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs-report", {"test_input.json": whole({"1": bare(talk())})})

    assert [len(record["messages"]) for record in found.records] == [1]
    assert found.column("answer") == [None]
    assert found.column("split") == ["test"]
    assert found.outcome.changed["talks without a report, asked without an answer"] == 1


def test_without_a_report_there_is_no_diagnosis_to_ask(tmp_path: Path) -> None:
    found = take(tmp_path, "imcs-report", {"test_input.json": whole({"1": bare(talk())})}, make="diagnosis")

    assert (found.outcome.written, found.reasons()) == (0, {"no-report": 1})


def test_a_diagnosis_is_asked_from_the_other_sections_as_of_a_patient_record(tmp_path: Path) -> None:
    (record,) = read(tmp_path, talk(), make="diagnosis").records

    assert record["task"] == "diagnosis"
    assert (
        record["messages"][0]["content"] == "主诉:咳嗽3天。\n现病史和体格检查:患儿3天前出现咳嗽，有痰。\n既往史:体健。"
    )
    assert record["answer"] == "小儿支气管炎"
    assert record["meta"]["disease_group"] == "小儿支气管炎"


LEAKS = {
    "stated": {"现病史": "患儿咳嗽，有痰，诊断：支气管炎。"},
    "label": {"现病史": "患儿咳嗽，有痰，外院说是支气管炎，服药后好转。"},
    "label of the talk": {"现病史": "患儿咳嗽，有痰，像小儿支气管肺炎，服药后好转。"},
    "spaced": {"现病史": "患儿咳嗽，有痰，外院说是支 气 管炎，服药后好转。"},
    "impression": {"辅助检查": "胸片：双肺纹理增粗。印象：支气管炎。"},
    "conclusion": {"辅助检查": "胸片提示：支气管炎。"},
    "past": {"既往史": "去年患支气管炎，无过敏史。"},
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_planted_diagnosis_is_cut_out_and_counted(tmp_path: Path, kind: str) -> None:
    row = talk(report=[REPORT | {"诊断": "支气管炎。"} | LEAKS[kind]], diagnosis="小儿支气管肺炎")
    (record,) = read(tmp_path, row, make="diagnosis").records
    asked = record["messages"][0]["content"]

    assert record["answer"] == "支气管炎"
    assert not any(holds(asked, label) for label in ("支气管炎", "小儿支气管肺炎"))
    assert "咳嗽" in asked
    assert sum(record["meta"]["cuts"].values()) >= 1


def test_a_complaint_that_is_the_diagnosis_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, talk(report=[REPORT | {"主诉": "便秘。", "诊断": "便秘。"}]), make="diagnosis")

    assert found.reasons() == {"diagnosis-in-complaint": 1}


@pytest.mark.parametrize("said", ["暂缺。", "不详。", "暂无"])
def test_the_label_of_the_talk_answers_where_the_report_names_no_diagnosis(tmp_path: Path, said: str) -> None:
    found = read(tmp_path, talk(report=[REPORT | {"诊断": said}]), make="diagnosis")

    assert found.column("answer") == ["小儿支气管炎"]


@pytest.mark.parametrize("diagnosis", ["", ...])
def test_neither_a_diagnosis_nor_a_label_is_nothing_to_ask(tmp_path: Path, diagnosis: Any) -> None:
    found = read(tmp_path, talk(report=[REPORT | {"诊断": "不详。"}], diagnosis=diagnosis), make="diagnosis")

    assert found.reasons() == {"no-diagnosis": 1}


def test_a_talk_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, talk(self_report="", dialogue=[sentence("患者", "（空）")]))

    assert (found.outcome.written, found.reasons()) == (0, {"no-dialogue": 1})


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_talk_is_refused_at_its_line_and_the_others_are_read(tmp_path: Path, kind: str, make: str) -> None:
    row, reason = HOSTILE[kind]
    found = read(tmp_path, row, talk(), make=make)

    assert found.rejects == [("exam/train.json", 2, reason)]
    assert found.outcome.written == 1


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize(("text", "reason"), [("\\u0000", "nul"), ("\\ud83d", "lone-surrogate")])
def test_what_no_trainer_can_hold_is_refused(tmp_path: Path, text: str, reason: str, make: str) -> None:
    row = whole({"1": talk(report=[REPORT | {"主诉": "咳嗽MARK"}])}).replace("MARK", text)
    found = take(tmp_path, "imcs-report", {"a.json": row}, make=make)

    assert found.rejects == [("exam/a.json", 2, reason)]


@pytest.mark.parametrize("make", MAKES)
def test_the_same_files_give_the_same_bytes(tmp_path: Path, make: str) -> None:
    for run in ("1", "2"):
        take(tmp_path / run, "imcs-report", FILES | {"x.json": whole({"1": None})}, make=make, reports="all")
    for name in ("records.parquet", "rejects.parquet", "run.json"):
        assert (tmp_path / "1" / "out" / name).read_bytes() == (tmp_path / "2" / "out" / name).read_bytes()

"""Records whose line breaks and signs a file escaped are parted as if they stood there."""

import base64
from pathlib import Path

import orjson
import pytest

from tests.corpora.ehr.ehr_files import BUNDLE, CASE, NOTE, OMOP, RESOURCES, SUMMARY, code, of, table
from tests.corpora.readers.exams import lines, take

DIAGNOSES = {
    "偏头痛&amp;焦虑": "偏头痛&焦虑", "糖尿病&lt;2型&gt;": "糖尿病<2型>", "Crohn&#39;s病": "Crohn's病", "肺炎&nbsp;": "肺炎",
    "1.冠心病<br>2.高血压": "冠心病；高血压", r"1.冠心病\n2.高血压": "冠心病；高血压", "<ol><li>冠心病</li><li>高血压</li></ol>": "冠心病；高血压",
}  # fmt: skip
WHOLE = "主诉：头痛\n现病史：头痛2天，加重。\n诊断：1.偏头痛\n2.焦虑状态"
BREAKS = [r"\n", r"\r\n", "<br>", "<br />"]


@pytest.mark.parametrize("diagnosis", DIAGNOSES)
def test_an_escaped_diagnosis_is_not_cut_at_its_signs(diagnosis: str, tmp_path: Path) -> None:
    found = take(tmp_path, "ehr", {"a.jsonl": lines({"主诉": "头痛", "现病史": "2天", "诊断": diagnosis})})

    assert found.column("answer") == [DIAGNOSES[diagnosis]]
    assert found.outcome.changed["literal-escapes"] > 0


def test_an_apostrophe_of_a_table_is_one(tmp_path: Path) -> None:
    rows = {
        "chief_complaint": "Diarrhea",
        "history_of_present_illness": "Two weeks of it",
        "diagnosis": "Crohn&#39;s disease",
    }
    found = take(tmp_path, "ehr", {"a.csv": table(rows)})

    assert found.column("answer") == ["Crohn's disease"]
    assert found.outcome.changed["literal-escapes"] == 1


@pytest.mark.parametrize("escaped", BREAKS)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_headings_are_found_behind_escaped_line_breaks(name: str, escaped: str, tmp_path: Path) -> None:
    text = WHOLE.replace("\n", escaped)
    found = take(tmp_path, "ehr", {name: text if name == "a.txt" else lines({"病历": text})})

    assert found.column("answer") == ["偏头痛；焦虑状态"]
    assert found.said("user") == ["主诉:头痛\n现病史和体格检查:头痛2天，加重。"]
    assert found.outcome.changed["literal-escapes"] == 3


@pytest.mark.parametrize("escaped", BREAKS)
def test_a_summary_of_mimic_with_escaped_line_breaks_is_the_same_record(escaped: str, tmp_path: Path) -> None:
    row = {
        "note_id": "1-DS-1",
        "subject_id": 1,
        "hadm_id": 5,
        "note_type": "DS",
        "text": SUMMARY.strip().replace("\n", " \n"),
    }
    plain = take(tmp_path / "plain", "mimic-note", {"a.csv": table(row)})
    found = take(
        tmp_path / "escaped", "mimic-note", {"a.csv": table(row | {"text": row["text"].replace(" \n", escaped)})}
    )

    assert found.said("user") == plain.said("user")
    assert found.column("answer") == plain.column("answer") != []
    assert found.outcome.changed["literal-escapes"] == SUMMARY.strip().count("\n")


@pytest.mark.parametrize("escaped", BREAKS)
def test_a_note_of_omop_with_escaped_line_breaks_is_the_same_record(escaped: str, tmp_path: Path) -> None:
    plain = take(tmp_path / "plain", "omop", OMOP)
    notes = OMOP["NOTE.csv"].decode()
    for line in ("\n现病史", "\n初步诊断", "\n印象"):
        notes = notes.replace(line, escaped + line[1:])
    found = take(tmp_path / "escaped", "omop", OMOP | {"NOTE.csv": notes.encode()})

    assert found.said("user") == plain.said("user") != []
    assert found.outcome.changed["literal-escapes"] == 3


def test_documents_and_names_of_fhir_are_read_without_escapes_but_xhtml_is_none(tmp_path: Path) -> None:
    plain = take(tmp_path / "plain", "fhir", {"a.json": orjson.dumps(BUNDLE)})
    note = base64.b64encode(NOTE.replace("\n", r"\n").encode()).decode()
    document = of("DocumentReference", "d1", content=[{"attachment": {"contentType": "text/plain", "data": note}}])
    crohn = of("Condition", "c2", code=code("Crohn&#39;s disease"))
    rows = [{"d1": document, "c2": crohn}.get(str(row["id"]), row) for row in RESOURCES]
    found = take(tmp_path / "escaped", "fhir", {"a.jsonl": lines(*rows)})

    assert "literal-escapes" not in plain.outcome.changed
    assert found.column("answer") == ["Acute appendicitis; Crohn's disease"]
    assert found.said("user") == plain.said("user")
    assert found.outcome.changed["literal-escapes"] == 4


def test_a_case_of_clinicalbench_is_parted_at_its_escaped_line_breaks(tmp_path: Path) -> None:
    plain = take(tmp_path / "plain", "clinicalbench", {"a.json": orjson.dumps(CASE)})
    case = CASE | {"clinical_case_summary": CASE["clinical_case_summary"].replace("\n", "<br>")}
    found = take(tmp_path / "escaped", "clinicalbench", {"a.json": orjson.dumps(case)})

    assert found.said("user") == plain.said("user") != []
    assert found.outcome.changed["literal-escapes"] == 7


def test_a_report_of_imcs_is_parted_at_its_escaped_line_breaks(tmp_path: Path) -> None:
    report = "主诉：咳嗽<br>现病史：咳嗽3天。<br>诊断：支气管炎&amp;鼻炎<br>建议：就诊"
    talk = {
        "dialogue": [{"speaker": "患者", "sentence": "咳嗽"}],
        "self_report": "咳嗽",
        "diagnosis": "",
        "report": [report],
    }
    found = take(tmp_path, "imcs-report", {"train.json": orjson.dumps({"1": talk})}, make="diagnosis")

    assert found.column("answer") == ["支气管炎&鼻炎"]
    assert found.outcome.changed["literal-escapes"] == 4

"""FHIR, OMOP, MIMIC-IV-Note, DDXPlus and ClinicalBench in their published shapes, with dirt and with leaks planted."""

import base64
import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from corpora.files import File
from corpora.leaks import holds
from corpora.read import find, look_at, who_reads
from corpora.reading import Corpus, Example
from tools.errors import InputError

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"
NAMES = ("clinicalbench", "ddxplus", "ehr", "fhir", "mimic-note", "omop")


def table(*rows: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def code(text: str, system: str = "", value: str = "") -> dict[str, Any]:
    return {"text": text, "coding": [{"system": system, "code": value, "display": text}] if value else []}


def of(kind: str, id_: str, **values: Any) -> dict[str, Any]:
    links = {"subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"}}
    return {"resourceType": kind, "id": id_} | ({} if kind == "Patient" else links) | values


NOTE = (
    "Chief Complaint: right lower abdominal pain\nHistory of Present Illness: Pain for 8 hours, told he had Acute appendicitis"
    ", no fever.\nAssessment: Acute appendicitis\n"
)
LAB = {
    "category": [code("", "c", "laboratory")],
    "code": code("白细胞"),
    "valueQuantity": {"value": 15.20, "unit": "10^9/L"},
}
RESOURCES = [
    of("Patient", "p1", gender="male", birthDate="1980-05-04"),
    of("Encounter", "e1", period={"start": "2020-05-03T10:00:00Z"}, reasonCode=[code("abdominal pain"), code("Acute appendicitis")],
       serviceType=code("Surgery"), diagnosis=[{"condition": {"reference": "Condition/c1"}, "rank": 1}], **{"class": {"code": "EMER"}}),
    of("Condition", "c2", code=code("Peritonitis (disorder)", "http://hl7.org/fhir/sid/icd-10-cm", "K65.0"),
       verificationStatus=code("", "v", "provisional")),
    of("Condition", "c1", code=code("Acute appendicitis", "http://hl7.org/fhir/sid/icd-10", "K35.8"),
       category=[code("", "c", "encounter-diagnosis")], verificationStatus=code("", "v", "confirmed")),
    of("Condition", "c3", code=code("Stress (finding)")),
    of("Condition", "c4", code=code("Gallstones"), verificationStatus=code("", "v", "refuted")),
    of("Condition", "c5", code=code("Hypertension"), category=[code("", "c", "problem-list-item")], onsetDateTime="2015"),
    of("Condition", "c6", code=code("Stroke"), category=[code("", "c", "problem-list-item")], onsetDateTime="2021-01-01"),
    of("AllergyIntolerance", "a1", patient={"reference": "urn:uuid:p1"}, code=code("Penicillin"), subject=None, encounter=None),
    of("Observation", "o1", **LAB, referenceRange=[{"low": {"value": 3.5}, "high": {"value": 9.5}}],
       interpretation=[code("", "i", "H")]),
    of("Observation", "o2", category=[code("", "c", "vital-signs")], code=code("Blood pressure"),
       component=[{"code": code("Systolic"), "valueQuantity": {"value": 120, "unit": "mmHg"}}]),
    of("DiagnosticReport", "r1", category=[code("", "c", "RAD")], code=code("CT abdomen"), conclusion="Inflamed appendix.",
       presentedForm=[{"contentType": "text/plain",
                       "data": base64.b64encode(b"FINDINGS: thick wall. IMPRESSION: Appendicitis.").decode()}]),
    of("DocumentReference", "d1", content=[{"attachment": {"contentType": "text/plain", "data": base64.b64encode(NOTE.encode()).decode()}}]),
    of("Composition", "k1", section=[{"title": "Physical Examination", "text": {"div": "<div>Rebound <b>tenderness</b>&amp; guarding</div>"}},
                                     {"code": code("", "http://loinc.org", "11348-0"), "text": {"div": "<p>Healthy</p>"}}]),
    of("MedicationRequest", "m1"), of("Claim", "x1"),
]  # fmt: skip
BUNDLE = {"resourceType": "Bundle", "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in RESOURCES]}

OMOP: dict[str, bytes] = {
    "PERSON.csv": table({"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1960, "gender_source_value": "F"}),
    "visit_occurrence.csv": table(
        {"visit_occurrence_id": 10, "person_id": 1, "visit_concept_id": 9201, "visit_start_date": "2019-02-03"},
        {"visit_occurrence_id": 11, "person_id": 1, "visit_concept_id": 9202, "visit_start_date": "2020-02-03"},
        {"visit_occurrence_id": 12, "person_id": 1, "visit_concept_id": 9202, "visit_start_date": "2021-02-03"},
    ),
    "Condition_Occurrence.csv": table(*(
        dict(zip(("condition_occurrence_id", "person_id", "condition_concept_id", "condition_source_value",
                  "condition_status_concept_id", "visit_occurrence_id"), row, strict=True))
        for row in [(1, 1, 255848, "J18.9", 32896, 10), (2, 1, 320128, "高血压", 32908, 10), (3, 1, 99, "X99.9", "", 11)]
    )),
    "measurement.csv": table(*(
        dict(zip(("measurement_id", "person_id", "measurement_concept_id", "value_as_number", "unit_source_value", "range_low",
                  "range_high", "measurement_source_value", "visit_occurrence_id"), row, strict=True))
        for row in [(1, 1, 3000905, "15.200", "10^9/L", "3.5", "9.50", "白细胞", 10), (2, 1, 3, "38.5", "℃", "", "", "体温", 10)]
    )),
    "observation.csv": table(*(
        dict(zip(("observation_id", "person_id", "observation_concept_id", "value_as_string", "observation_source_value",
                  "visit_occurrence_id"), row, strict=True))
        for row in [(1, 1, 4, "20年", "吸烟", 10), (2, 1, 5, "无", "家族史", 10), (3, 1, 6, "x", "y", 77)]
    )),
    "NOTE.csv": table(*(
        dict(zip(("note_id", "person_id", "note_title", "note_text", "visit_occurrence_id"), row, strict=True))
        for row in [
            (1, 1, "入院记录", "主诉：发热2天\n现病史：发热2天，胸片考虑社区获得性肺炎，咳嗽。\n初步诊断：肺炎", 10),
            (2, 1, "胸部CT报告", "右下肺斑片影。\n印象：右下肺炎", 10), (3, 1, "护理", "今日平稳", 10),
        ]
    )),
    "CONCEPT.csv": "concept_id\tconcept_name\tvocabulary_id\n255848\t社区获得性肺炎\tSNOMED\n7\tnot asked for\tx\n".encode(),
}  # fmt: skip

SUMMARY = """
Name:  ___                     Unit No:   ___

Admission Date:  ___              Discharge Date:   ___

Date of Birth:  ___             Sex:   F

Service: MEDICINE

Allergies:
Penicillins

Attending: ___.

Chief Complaint:
Shortness of breath

Major Surgical or Invasive Procedure:
Bronchoscopy for Community acquired pneumonia

History of Present Illness:
Ms. ___ is a ___ y/o woman with three days of cough. In the ED she was felt to have community-acquired pneumonia, given ceftriaxone.
 She has no chest pain.

Past Medical History:
Hypertension

Physical Exam:
VS: 98.6 120/80
Crackles at right base

Pertinent Results:
___ 07:15AM BLOOD WBC-15.0

CXR ___:
FINDINGS: Right lower lobe opacity.
IMPRESSION:

1. Pneumonia of the right lower lobe.
2. No effusion.

ECG ___:
Sinus rhythm

Brief Hospital Course:
She was treated for pneumonia.
Labs: improved
Exam: pneumonia resolved

Discharge Diagnosis:
PRIMARY DIAGNOSIS:
==================
Community acquired pneumonia

SECONDARY DIAGNOSES:
1. Hypertension, unspecified
2. Anemia

Discharge Condition:
Stable
"""
MIMIC = table(*(
    dict(zip(("note_id", "subject_id", "hadm_id", "note_type", "note_seq", "charttime", "storetime", "text"), row, strict=True))
    for row in [
        ("1-DS-1", 1, 5, "DS", 1, "2180-01-01", "", SUMMARY), ("1-AD-2", 1, 5, "AD", 2, "2180-01-01", "", "Addendum"),
        ("1-DS-3", 1, 6, "DS", 3, "2180-02-01", "", SUMMARY.split("Discharge Diagnosis")[0]), ("2-DS-1", 2, 7, "DS", 1, "", "", "no headings"),
    ]
))  # fmt: skip

EVIDENCES = {
    "E_1": {"name": "E_1", "code_question": "E_1", "question_en": "Do you have pain?", "is_antecedent": False, "value_meaning": {}},
    "E_2": {"name": "E_2", "code_question": "E_1", "question_en": "Where is the pain?", "is_antecedent": False,
            "value_meaning": {"V_3": {"fr": "tête", "en": "head"}, "V_4": {"fr": "cou", "en": "neck"}}},
    "E_3": {"name": "E_3", "code_question": "E_3", "question_en": "How strong is it?", "is_antecedent": False, "value_meaning": {}},
    "E_4": {"name": "E_4", "code_question": "E_4", "question_en": "Have you ever been told that you have a Cluster headache?",
            "is_antecedent": True, "value_meaning": {}},
    "E_5": {"name": "E_5", "code_question": "E_5", "question_en": "Do you smoke?", "is_antecedent": True, "value_meaning": {}},
}  # fmt: skip
CONDITIONS = {
    "Cluster headache": {
        "condition_name": "Cluster headache",
        "cond-name-eng": "Cluster headache",
        "icd10-id": "g44.009",
        "severity": 4,
    }
}
CODES = "['E_1', 'E_2_@_V_3', 'E_2_@_V_4', 'E_3_@_7', 'E_4', 'E_5']"
PATIENT = {
    "AGE": 30, "DIFFERENTIAL_DIAGNOSIS": "[['Cluster headache', 0.7], ['Migraine', 0.3]]", "SEX": "M", "PATHOLOGY": "Cluster headache",
    "EVIDENCES": CODES, "INITIAL_EVIDENCE": "E_1",
}  # fmt: skip
DDXPLUS = {
    "release_train_patients.csv": table(
        PATIENT, PATIENT | {"EVIDENCES": "__import__('os').system('false')"}, PATIENT | {"EVIDENCES": "['E_99']"},
        PATIENT | {"INITIAL_EVIDENCE": "E_4"},
    ),
    "release_evidences.json": orjson.dumps(EVIDENCES, option=orjson.OPT_INDENT_2),
    "release_conditions.json": orjson.dumps(CONDITIONS),
}  # fmt: skip

CASE = {
    "id": 1, "clinical_case_uid": "u1", "language": "zh", "clinical_department": "消化内科", "principal_diagnosis": "胃溃疡",
    "preliminary_diagnosis": "1. 胃溃疡; 2. 贫血。",
    "clinical_case_summary": "患者基本信息: 中年男性，45岁。 主诉: 黑便2天。\n病史: 外院诊断胃溃疡，黑便2天。\n体格检查: 贫血貌，腹软。\n辅助检查: \n"
    "1. 影像学检查: \n1.1. 胃镜: (1) 胃角溃疡。\n2. 实验室检查：\n血红蛋白 80g/L",
    "imageological_examination": {"gastroscopy": {"findings": "胃角见凹陷。", "impression": "胃溃疡（A1期）"}},
    "laboratory_examination": {"routine_blood_test": {"result": "1 血红蛋白 80", "abnormal": "血红蛋白 80g/L ↓ \\#"}},
    "pathological_examination": "暂无。",
}  # fmt: skip
CLINICALBENCH = orjson.dumps(CASE, option=orjson.OPT_INDENT_2).replace(b"\\\\#", b"\\#")

FILES: dict[str, dict[str, bytes]] = {
    "fhir": {"bundle.json": orjson.dumps(BUNDLE)},
    "omop": OMOP,
    "mimic-note": {"discharge.csv": MIMIC},
    "ddxplus": DDXPLUS,
    "clinicalbench": {"case.json": CLINICALBENCH},
    "ehr": {"note.txt": "主诉：痛。\n现病史：痛3天。\n诊断：甲病".encode()},
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[Example], Corpus]]:
    def call(name: str, files: dict[str, bytes], **settings: str) -> tuple[list[Example], Corpus]:
        for file, data in files.items():
            (tmp_path / file).write_bytes(data)
        reader = find(name)
        corpus = Corpus([tmp_path / file for file in files])
        found = list(reader.read(corpus, reader.settings.model_validate(settings)))
        assert all(isinstance(example, Example) for example in found)
        return found, corpus  # type: ignore[return-value]

    return call


@pytest.mark.parametrize("shape", ["a bundle", "ndjson", "a file a resource type", "an array of bundles"])
def test_fhir_gives_an_encounter_with_its_notes_and_without_its_diagnosis(shape: str, read: Any) -> None:
    files = {
        "a bundle": FILES["fhir"],
        "ndjson": {"all.ndjson": b"\n".join(orjson.dumps(resource) for resource in RESOURCES)},
        "a file a resource type": {f"{n:02}.ndjson": orjson.dumps(resource) for n, resource in enumerate(RESOURCES)},
        "an array of bundles": {"x.json": orjson.dumps([BUNDLE])},
    }[shape]
    (example,), corpus = read("fhir", files)
    assert example.answer == "Acute appendicitis; Peritonitis"
    assert example.messages[0].content == (
        "Patient: male, 39 years old\nChief complaint: abdominal pain\nright lower abdominal pain\n"
        "History and physical examination: Pain for 8 hours, no fever.\nPast history: Hypertension\nHealthy\nAllergies: Penicillin\n"
        "Physical examination: Blood pressure Systolic 120 mmHg\nRebound  tenderness & guarding\n"
        "Tests: Laboratory: 白细胞 15.2 10^9/L (3.5-9.5) H\nImaging: CT abdomen: FINDINGS: thick wall."
    )
    assert example.key == "p1"
    assert example.meta["visit_type"] == "emergency"
    assert example.meta["department"] == "Surgery"
    assert example.meta["icd10"] == ["K35.8", "K65.0"]
    assert example.meta["suspected"] == [2]
    assert example.meta["cuts"] == {"impression": 2, "label": 1, "section": 1}
    assert corpus.changes["conditions left out: findings"] == 1
    assert corpus.changes["conditions left out: refuted"] == 1
    assert corpus.changes["reason for the encounter left out: it is the diagnosis"] == 1
    assert corpus.changes["resources left out: treatment"] == 1
    assert corpus.changes["resources left out: other types"] == 1
    assert not corpus.rejects


def test_fhir_refuses_what_has_no_patient_encounter_or_type(read: Any) -> None:
    rows = [
        {"a": 1},
        of("Observation", "o", subject=None),
        of("Patient", "p9"),
        {"resourceType": "Bundle", "entry": [{}, 3]},
    ]
    found, corpus = read("fhir", {"x.ndjson": b"\n".join(orjson.dumps(row) for row in rows)})
    assert not found
    reasons = ["no-encounter", "no-patient", "no-resource", "no-resource", "not-fhir"]
    assert sorted(reject[3] for reject in corpus.rejects) == reasons


@pytest.mark.parametrize(
    "value", [None, 3, "x", [], [3], {"coding": 3}, {"coding": [None, 3]}, {"reference": 7}, {"text": 5}]
)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: str(resource["resourceType"]))
def test_fhir_of_wrong_types_is_read_as_far_as_it_goes(resource: dict[str, Any], value: Any, read: Any) -> None:
    dirty = [resource | {key: value} for key in resource if key not in ("resourceType", "id")]
    read("fhir", {"x.ndjson": b"\n".join(orjson.dumps(row) for row in [*RESOURCES[:4], *dirty])})


def test_omop_joins_its_tables_to_visits(read: Any) -> None:
    (example,), corpus = read("omop", OMOP)
    assert example.messages[0].content == (
        "患者:女，59岁\n主诉:发热2天\n现病史和体格检查:发热2天，咳嗽。\n个人史:吸烟: 20年\n家族史:无\n体格检查:体温 38.5 ℃\n"
        "检验检查:实验室检查:白细胞 15.2 10^9/L (3.5-9.5)\n影像学检查:右下肺斑片影。"
    )
    assert example.answer == "社区获得性肺炎；高血压"
    assert example.meta["icd10"] == ["J18.9"]
    assert (example.key, example.meta["visit_type"]) == ("1", "inpatient")
    assert [reject[3] for reject in corpus.rejects] == ["coded-diagnosis", "no-diagnosis"]
    assert corpus.changes["notes left out: without headings"] == 1
    assert corpus.changes["rows left out: of no visit"] == 1


def test_omop_without_notes_says_what_is_missing(read: Any) -> None:
    (example,), corpus = read("omop", {name: data for name, data in OMOP.items() if name != "NOTE.csv"})
    assert corpus.changes["tables missing: NOTE (no complaint, history, examination and reports)"] == 1
    assert example.meta["missing"] == ["NOTE"]
    assert "主诉" not in example.messages[0].content


def test_omop_without_visits_says_which_tables_it_needs(read: Any) -> None:
    with pytest.raises(InputError, match=r"VISIT_OCCURRENCE and CONDITION_OCCURRENCE; found: PERSON"):
        read("omop", {"PERSON.csv": OMOP["PERSON.csv"]})


@pytest.mark.parametrize("name", ["discharge.csv", "discharge.csv.gz"])
def test_mimic_notes_keep_their_masks_and_lose_their_diagnosis(name: str, read: Any) -> None:
    (example,), corpus = read("mimic-note", {name: gzip.compress(MIMIC) if name.endswith("gz") else MIMIC})
    text = example.messages[0].content
    assert text == (
        "Chief complaint: Shortness of breath\n"
        "History and physical examination: Ms. ___ is a ___ y/o woman with three days of cough. given ceftriaxone.\n"
        "She has no chest pain.\nAllergies: Penicillins\nPhysical examination: VS: 98.6 120/80\nCrackles at right base\n"
        "Tests: ___ 07:15AM BLOOD WBC-15.0\nCXR ___:\nFINDINGS: Right lower lobe opacity.\nECG ___:\nSinus rhythm"
    )
    assert example.answer == "Community acquired pneumonia; Hypertension, unspecified; Anemia"
    assert (example.key, example.meta["sex"], example.meta["department"]) == ("1", "female", "MEDICINE")
    assert [reject[3] for reject in corpus.rejects] == ["no-summary", "no-diagnosis", "no-sections"]


def test_ddxplus_decodes_its_evidences(read: Any) -> None:
    (example, other), corpus = read("ddxplus", DDXPLUS)
    assert example.messages[0].content == (
        "Patient: male, 30 years old\nChief complaint: Do you have pain? yes.\n"
        "History and physical examination: Where is the pain? head, neck.\nHow strong is it? 7.\nPast history: Do you smoke? yes."
    )
    assert example.answer == "Cluster headache"
    assert example.split == "train"
    assert example.meta["differential"] == [["Cluster headache", 0.7], ["Migraine", 0.3]]
    assert (example.meta["severity"], example.meta["icd10"]) == (4, ["G44.009"])
    assert [reject[1:4] for reject in corpus.rejects] == [
        (3, 2, "bad-literal"), (4, 3, "unknown-evidence"),
    ]  # fmt: skip
    assert example.meta["cuts"] == other.meta["cuts"] == {"label": 1}
    assert "Chief complaint" not in other.messages[0].content


def test_ddxplus_without_its_evidences_asks_for_them(read: Any) -> None:
    with pytest.raises(InputError, match=r"release_evidences\.json"):
        read("ddxplus", {"release_test_patients.csv": table(PATIENT)})


def test_clinicalbench_takes_findings_instead_of_impressions(read: Any) -> None:
    (example,), corpus = read("clinicalbench", {"case.json": CLINICALBENCH})
    assert example.messages[0].content == (
        "患者:男，45岁\n主诉:黑便2天。\n现病史和体格检查:黑便2天。\n体格检查:腹软。\n"
        "检验检查:实验室检查:routine blood test: 血红蛋白 80g/L ↓ \\#\n影像学检查:gastroscopy: 胃角见凹陷。"
    )
    assert example.answer == "胃溃疡"
    assert example.meta["cuts"] == {"impression": 1, "label": 2}
    assert not corpus.rejects
    _, corpus = read("clinicalbench", {"case.json": b'{"id": 1}'})
    assert [reject[3] for reject in corpus.rejects] == ["missing-field"]


@pytest.mark.parametrize("name", FILES)
def test_a_reader_knows_its_own_files_and_no_other_does(name: str, tmp_path: Path) -> None:
    for file, data in FILES[name].items():
        (tmp_path / file).write_bytes(data)
        fits = {reader: why for _, reader, why in who_reads([tmp_path / file]) if reader in NAMES}
        assert list(fits) == [name], file
        assert fits[name]


@pytest.mark.parametrize("name", FILES)
def test_no_input_holds_its_diagnosis(name: str, read: Any) -> None:
    found, corpus = read(name, FILES[name])
    assert found
    for example in found:
        for diagnosis in example.answer.replace("; ", "；").split("；"):
            assert not holds(example.messages[0].content, diagnosis)
    assert not [reject for reject in corpus.rejects if "pneumonia" in reject[4] or "Cluster" in reject[4]]


def test_real_cases_of_clinicalbench_lose_their_six_impressions(read: Any) -> None:
    files = sorted((REAL / "clinicalbench").glob("*.json"))
    if not files:
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    found, corpus = read("clinicalbench", {file.name: file.read_bytes() for file in files})
    assert [example.lang for example in found] == ["en", "zh"]
    assert found[0].key == found[1].key
    assert corpus.changes["diagnosis cut out: impression"] == 6
    assert not corpus.rejects
    for example, impression in zip(found, ["Portal hypertensive gastropathy", "门脉高压性胃病"], strict=True):
        assert not holds(example.messages[0].content, example.answer or "")
        assert impression not in example.messages[0].content


def test_no_file_of_another_corpus_is_taken_for_a_patient_record() -> None:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/corpora, which is not part of the project")
    files = [path for path in sorted(REAL.rglob("*")) if path.suffix in (".json", ".jsonl", ".csv", ".txt", ".xlsx")]
    wrong = [
        (path.name, name)
        for path in files
        if path.parent.name != "clinicalbench"
        for look in [look_at(File(path, path.name, lambda *_: None))]
        for name in NAMES
        if find(name).fits(look)
    ]
    assert len(files) > 20
    assert not wrong

"""Small files of FHIR, OMOP, MIMIC-IV-Note, DDXPlus and ClinicalBench in their published shapes, with dirt and leaks planted."""

import base64
import csv
import io
from typing import Any

import orjson


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

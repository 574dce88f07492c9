"""FHIR, OMOP, MIMIC-IV-Note, DDXPlus and ClinicalBench in their published shapes, with dirt and with leaks planted."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.corpora.detect import find, read_preview, who_reads
from kgtools.corpora.ehr.leaks import holds
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus, Example
from kgtools.tools.errors import InputError
from tests.conftest import ROOT
from tests.corpora.ehr.ehr_files import (
    BUNDLE,
    CLINICALBENCH,
    DDXPLUS,
    FILES,
    MIMIC,
    OMOP,
    PATIENT,
    RESOURCES,
    code,
    of,
    table,
)

REAL = ROOT.parent / "shared" / "data" / "corpora"
NAMES = ("clinicalbench", "ddxplus", "ehr", "fhir", "mimic-note", "omop")


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


def test_omop_says_what_was_found_and_not_that_somebody_looked(read: Any) -> None:
    names = ("observation_id", "person_id", "observation_concept_id", "value_as_string", "value_as_concept_id",
             "observation_source_value", "visit_occurrence_id")  # fmt: skip
    rows = [
        (1, 1, 4, "", "", "胸痛", 10),
        (2, 1, 5, "", "", "", 10),
        (3, 1, 6, "", 45877994, "饮酒", 10),
        (4, 1, 8, "", "", "家族史", 10),
        (5, 1, 9, "37.5", "", "体温", 10),
    ]
    measures = ("measurement_id", "person_id", "measurement_concept_id", "value_as_number", "operator_concept_id",
                "value_as_concept_id", "measurement_source_value", "visit_occurrence_id")  # fmt: skip
    tests = [
        (1, 1, 3, "", "", "", "血糖", 10),
        (2, 1, 3, "100", 4172704, "", "肌钙蛋白", 10),
        (3, 1, 3, "", "", 9191, "流感抗原", 10),
    ]
    concept = "concept_id\tconcept_name\tconcept_class_id\n4\t胸痛\tObservable Entity\n5\t有吸烟史\tClinical Finding\n"
    concept += "45877994\t是\tAnswer\n9191\t阳性\tQualifier\n255848\t社区获得性肺炎\tDisorder\n"
    (example,), corpus = read("omop", OMOP | {
        "observation.csv": table(*(dict(zip(names, row, strict=True)) for row in rows)),
        "measurement.csv": table(*(dict(zip(measures, row, strict=True)) for row in tests)),
        "CONCEPT.csv": concept.encode(),
    })  # fmt: skip
    text = example.messages[0].content

    assert "个人史:有吸烟史\n饮酒: 是" in text
    assert "体格检查:体温: 37.5" in text
    assert "肌钙蛋白 >100\n流感抗原 阳性" in text
    assert not any(word in text for word in ("胸痛", "血糖", "家族史"))
    assert corpus.changes["observations without a value left out"] == 2
    assert corpus.changes["measurements without a value left out"] == 1


def test_fhir_says_what_was_found_and_not_that_somebody_looked(read: Any) -> None:
    absent = {"dataAbsentReason": code("unknown")}
    lab = {"category": [code("", "c", "laboratory")]}
    more = [
        of("Observation", "n1", **lab, code=code("血糖"), **absent),
        of("Observation", "n2", **lab, code=code("钠"), valueQuantity={"value": 140}, status="entered-in-error"),
        of("Observation", "n3", **lab, code=code("钾"), valueQuantity={"value": 4}, status="cancelled"),
        of("Observation", "n4", **lab, code=code("电解质"), component=[{"code": code("氯")}, {"code": code("钙"), "valueString": "2.3"}]),
        of("Observation", "n5", **lab, code=code("妊娠"), valueBoolean=False),
        of("Observation", "n6", **lab, code=code("尿蛋白"), valueRange={"low": {"value": 1}, "high": {"value": 2}}),
        of("AllergyIntolerance", "n7", code=code("花生"), verificationStatus=code("", "v", "refuted")),
        of("Condition", "n8", code=code("肝硬化"), category=[code("", "c", "problem-list-item")], verificationStatus=code("", "v", "refuted")),
        of("FamilyMemberHistory", "n9", relationship=code("父亲")),
    ]  # fmt: skip
    (example,), corpus = read("fhir", {"a.ndjson": b"\n".join(orjson.dumps(row) for row in [*RESOURCES, *more])})
    text = example.messages[0].content

    assert "电解质 钙 2.3\n妊娠 no\n尿蛋白 1-2" in text
    assert not any(word in text for word in ("血糖", "钠", "钾", "氯", "花生", "肝硬化", "父亲"))
    assert corpus.changes["observations without a value left out"] == 2
    assert corpus.changes["resources left out: entered in error"] == 1
    assert corpus.changes["resources left out: refuted allergies"] == 1
    assert corpus.changes["resources left out: histories of relatives without a condition"] == 1


def test_omop_gives_a_number_the_unit_of_its_concept_where_its_source_says_none(read: Any) -> None:
    measurement = (
        "measurement_id,person_id,measurement_concept_id,value_as_number,unit_concept_id,unit_source_value,measurement_source_value,"
        "visit_occurrence_id\n1,1,3,142,8876,,收缩压,10\n2,1,4,5.5,9,mg,血糖,10\n3,1,5,3,44,,评分,10\n4,1,6,7,55,,血钾,10\n"
    )
    concept = (
        "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n255848\t社区获得性肺炎\tSNOMED\t1\n"
        "8876\tmillimeter mercury column\tUCUM\tmm[Hg]\n9\tmillimole per liter\tUCUM\tmmol/L\n44\tscore\tUCUM\t{score}\n"
    )
    (example,), corpus = read("omop", OMOP | {"measurement.csv": measurement.encode(), "CONCEPT.csv": concept.encode()})

    text = example.messages[0].content
    assert all(told in text for told in ("收缩压 142 mm[Hg]", "血糖 5.5 mg", "评分 3 score", "血钾 7"))
    assert corpus.changes["units left out: their concept has no name"] == 1


def test_omop_without_notes_says_what_is_missing(read: Any) -> None:
    (example,), corpus = read("omop", {name: data for name, data in OMOP.items() if name != "NOTE.csv"})
    assert corpus.changes["tables missing: NOTE (no complaint, history, examination and reports)"] == 1
    assert example.meta["missing"] == ["NOTE"]
    assert "主诉" not in example.messages[0].content


def test_omop_without_visits_says_which_tables_it_needs(read: Any) -> None:
    with pytest.raises(InputError, match=r"VISIT_OCCURRENCE and CONDITION_OCCURRENCE; found: PERSON"):
        read("omop", {"PERSON.csv": OMOP["PERSON.csv"]})


def test_an_omop_table_without_a_column_that_it_has_is_named(read: Any) -> None:
    with pytest.raises(
        InputError, match=r"MEASUREMENT\.csv: MEASUREMENT lacks measurement_concept_id, which it has in OMOP"
    ):
        read("omop", OMOP | {"MEASUREMENT.csv": b"measurement_id,person_id,value_as_number\n1,1,5\n"})


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
        fits = {reader: why for _, reader, why in who_reads([tmp_path / file]).matches if reader in NAMES}
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
        for look in [read_preview(File(path, path.name, lambda *_: None))]
        for name in NAMES
        if find(name).fits(look)
    ]
    assert len(files) > 20
    assert not wrong

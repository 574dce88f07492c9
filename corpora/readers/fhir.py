"""FHIR R4: bundles and NDJSON exports; a record for each encounter, with what is said of its patient."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.diagnoses import Diagnosis
from kgtools.corpora.ehr.fhir import (
    attachment,
    code_of,
    codes_of,
    encounter_of,
    fields,
    items,
    plain,
    reference,
    render_observation,
    text_of,
)
from kgtools.corpora.ehr.gather import Gather, GatheredRow
from kgtools.corpora.ehr.headings import Piece, Section, find, split
from kgtools.corpora.ehr.records import LangSettings, example, record_of, visit_of
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader

READ = (
    "Patient", "Encounter", "Condition", "AllergyIntolerance", "FamilyMemberHistory", "Observation", "DiagnosticReport",
    "DocumentReference", "Composition",
)  # fmt: skip
LATER = (
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationStatement",
    "Procedure",
    "CarePlan",
    "ServiceRequest",
)
WRONG = "entered-in-error"
NEGATED = ("refuted", WRONG)
NOT_DONE = ("cancelled", "registered")
LOINC = {
    "10154-3": Section.COMPLAINT, "8661-1": Section.COMPLAINT, "10164-2": Section.PRESENT, "11348-0": Section.PAST,
    "29545-1": Section.EXAM, "30954-2": Section.OTHER, "29548-5": Section.DIAGNOSIS, "51848-0": Section.DIAGNOSIS,
    "48765-2": Section.ALLERGY, "10157-6": Section.FAMILY, "29762-2": Section.PERSONAL, "18776-5": Section.TREATMENT,
    "8648-8": Section.TREATMENT, "11535-2": Section.DIAGNOSIS, "46241-6": Section.DIAGNOSIS, "42347-5": Section.DIAGNOSIS,
}  # fmt: skip
OBSERVED = {
    "vital-signs": Section.EXAM, "exam": Section.EXAM, "laboratory": Section.LABS, "imaging": Section.IMAGING,
    "social-history": Section.PERSONAL, "procedure": Section.OTHER,
}  # fmt: skip
IMAGING = re.compile(r"RAD|CT|MR|US|XRAY|imaging|radiolog|LP29684-5", re.IGNORECASE)
"""Categories and codes of reports on images: `RAD`, `LP29684-5`."""
PATHOLOGY = re.compile(r"^(?:PAT|CP|SP|CTH|PTH)$|patholog|cytolog|histolog", re.IGNORECASE)
"""Those of pathology: `PAT`, `cytology`."""
SNOMED_TAG = re.compile(
    r"(?:(?<!\s)\s+)?\((disorder|finding|situation|person|morphologic abnormality|event|procedure)\)\s*$"
)
CODED = ("div", "data")
"""XHTML and base64, which hold their signs as their formats do."""
USES = {"DD": "discharge", "AD": "preliminary", "pre-op": "preliminary"}


def read(corpus: Corpus, settings: LangSettings) -> Iterator[Example]:
    """A record for each Encounter that a diagnosis belongs to; all files together, for an export is a file a resource type."""
    with Gather(corpus.keys, "resourceType", "id", "subject", "patient") as gather:
        for file in corpus.files:
            for row in file.json():
                for resource in _resources(corpus, row.place, row.values):
                    _keep(corpus, gather, row.place, resource)
        for patient, kept in gather.groups():
            yield from _visits(corpus, settings, patient, kept)


def _resources(corpus: Corpus, place: Place, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if value.get("resourceType") == "Bundle":
        for entry in items(value.get("entry")):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                yield from _resources(corpus, place, {"id": reference(entry.get("fullUrl")), **resource})
            else:
                corpus.refuse(place, "no-resource", "an entry of the bundle without a resource")
    elif isinstance(value.get("resourceType"), str):
        yield value
    else:
        corpus.refuse(place, "not-fhir", "an object without resourceType")


def _keep(corpus: Corpus, gather: Gather, place: Place, resource: dict[str, Any]) -> None:
    kind = resource["resourceType"]
    if WRONG in (resource.get("status"), resource.get("docStatus"), code_of(resource.get("verificationStatus"))):
        corpus.count("resources left out: entered in error")
        return
    if kind not in READ:
        corpus.count(f"resources left out: {'treatment' if kind in LATER else 'other types'}")
        return
    subject = resource.get("subject") or resource.get("patient") or {}
    patient = resource.get("id") if kind == "Patient" else reference(fields(subject).get("reference"))
    if not patient:
        corpus.refuse(place, "no-patient", f"a {kind} that names no patient")
        return
    gather.put(str(patient), kind, place, corpus.plain(resource, but=CODED))


def _visits(corpus: Corpus, settings: LangSettings, patient: str, kept: Sequence[GatheredRow]) -> Iterator[Example]:
    encounters = [row for row in kept if row.kind == "Encounter"]
    if not encounters:
        corpus.refuse(kept[0].place, "no-encounter", "a patient without an Encounter")
    person = next((row.values for row in kept if row.kind == "Patient"), {})
    ids = [str(row.values.get("id")) for row in encounters]
    of: dict[str, list[GatheredRow]] = {id_: [] for id_ in ids}
    common: list[GatheredRow] = []
    for row in kept:
        if row.kind in ("Patient", "Encounter"):
            continue
        visit = encounter_of(row.values) or (ids[0] if len(ids) == 1 else "")
        if visit in of:
            of[visit].append(row)
        elif row.kind in ("AllergyIntolerance", "FamilyMemberHistory") or _is_problem(row):
            common.append(row)
        elif encounters:
            corpus.count("resources left out: of no encounter")
    for row, id_ in zip(encounters, ids, strict=True):
        pieces, diagnoses, taken = _record_parts(corpus, row.values, of[id_], common)
        record = record_of(
            row.place, pieces, settings.lang, {"sex": str(person.get("gender", ""))}, diagnoses, record_id=id_, patient=patient,
            visit_type=visit_of(str(fields(row.values.get("class")).get("code", ""))), taken=taken,
            department=text_of(row.values.get("serviceType")),
            age_years=_age(str(person.get("birthDate") or ""), _start(row.values)),
        )  # fmt: skip
        if found := example(corpus, record):
            yield found


def _record_parts(
    corpus: Corpus, encounter: dict[str, Any], rows: Sequence[GatheredRow], common: Sequence[GatheredRow]
) -> tuple[list[Piece], list[Diagnosis], Counter[str]]:
    pieces: list[Piece] = []
    taken: Counter[str] = Counter()
    conditions = [row.values for row in rows if row.kind == "Condition" and not _is_problem(row)]
    diagnoses = _diagnoses(corpus, encounter, conditions)
    named = {diagnosis.text.lower() for diagnosis in diagnoses}
    for reason in map(text_of, items(encounter.get("reasonCode"))):
        bare = SNOMED_TAG.sub("", reason)
        corpus.count("reason for the encounter left out: it is the diagnosis", bare.lower() in named)
        pieces += [Piece(Section.COMPLAINT, bare)] if bare and bare.lower() not in named else []
    for row in chain(common, rows):
        if row.kind == "Condition":
            refuted = code_of(row.values.get("verificationStatus")) in NEGATED
            corpus.count("conditions left out: refuted", refuted and _is_problem(row))
            if _is_problem(row) and _before(row.values, encounter) and not refuted:
                pieces += [Piece(Section.PAST, SNOMED_TAG.sub("", text_of(row.values.get("code"))))]
        elif row.kind == "DiagnosticReport":
            pieces += _report(corpus, row.values)
            taken["impression"] += bool(row.values.get("conclusion"))
        elif row.kind in ("DocumentReference", "Composition"):
            pieces += _document(corpus, row) if row.kind == "DocumentReference" else _sections(corpus, row.values)
        else:
            pieces += _statement(corpus, row)
    return [piece for piece in pieces if piece.text.strip()], diagnoses, taken


def _diagnoses(corpus: Corpus, encounter: dict[str, Any], conditions: Sequence[dict[str, Any]]) -> list[Diagnosis]:
    """In the encounter's own order (rank), by its use; others behind. Refuted ones and mere findings are left out, counted."""
    ranks = {
        reference(fields(fields(entry).get("condition")).get("reference")): (
            _rank(entry),
            code_of(fields(entry).get("use")),
        )
        for entry in items(encounter.get("diagnosis"))
    }
    ranked: list[tuple[int, Diagnosis]] = []
    for condition in conditions:
        status = code_of(condition.get("verificationStatus"))
        name = text_of(condition.get("code"))
        tag = SNOMED_TAG.search(name)
        if status in NEGATED or (tag and tag[1] in ("finding", "situation", "person")):
            corpus.count(f"conditions left out: {'findings' if tag and tag[1] != 'disorder' else 'refuted'}")
            continue
        rank, use = ranks.get(str(condition.get("id")), (99, ""))
        kind = USES.get(use, "principal" if rank == 1 else "plain")
        icd10 = next((c for system, c in codes_of(condition.get("code")) if "icd-10" in system.lower()), "")
        if diagnosis := dx.one(SNOMED_TAG.sub("", name), kind, icd10):
            sure = {"confirmed": "sure"}.get(status, "suspected" if status else diagnosis.certainty)
            ranked.append((rank, Diagnosis(diagnosis.text, kind, 0, diagnosis.icd10, sure)))
    ranked.sort(key=lambda pair: pair[0])
    if any(diagnosis.kind in ("principal", "discharge") for _, diagnosis in ranked):
        ranked = [
            (r, Diagnosis(d.text, "secondary", 0, d.icd10, d.certainty) if d.kind == "plain" else d) for r, d in ranked
        ]
    return [diagnosis for _, diagnosis in ranked]


def _statement(corpus: Corpus, row: GatheredRow) -> list[Piece]:
    value = row.values
    if row.kind == "AllergyIntolerance":
        if code_of(value.get("verificationStatus")) in NEGATED:
            corpus.count("resources left out: refuted allergies")
            return []
        return [Piece(Section.ALLERGY, text_of(value.get("code")))]
    if row.kind == "FamilyMemberHistory":
        ills = "、".join(filter(None, (text_of(fields(one).get("code")) for one in items(value.get("condition")))))
        corpus.count("resources left out: histories of relatives without a condition", not ills)
        if not ills:
            return []
        return [Piece(Section.FAMILY, f"{text_of(value.get('relationship'))}: {ills}")]
    categories = [code for category in items(value.get("category")) for _, code in codes_of(category)]
    section = next((OBSERVED[code] for code in categories if code in OBSERVED), None)
    if section is None:
        corpus.count("resources left out: observations of no known category")
        return []
    if value.get("status") in NOT_DONE or not (said := render_observation(value)):
        corpus.count("observations without a value left out")
        return []
    return [Piece(section, said)]


def _report(corpus: Corpus, value: dict[str, Any]) -> list[Piece]:
    """What a report describes; its conclusion and coded conclusions are the diagnosis of another, and are not read."""
    categories = " ".join(code for category in items(value.get("category")) for _, code in codes_of(category))
    name = text_of(value.get("code"))
    section = Section.PATHOLOGY if PATHOLOGY.search(categories) else Section.OTHER
    if section is Section.OTHER and IMAGING.search(f"{categories} {name}"):
        section = Section.IMAGING
    texts = [corpus.plain(attachment(form)) for form in items(value.get("presentedForm"))]
    return [Piece(section, f"{name}: {text}") for text in texts if text]


def _document(corpus: Corpus, row: GatheredRow) -> list[Piece]:
    texts = [corpus.plain(attachment(fields(part).get("attachment"))) for part in items(row.values.get("content"))]
    corpus.count("documents left out: not text", sum(not text for text in texts))
    return [piece for text in texts if text for piece in split(text, reports=True)]


def _sections(corpus: Corpus, value: dict[str, Any]) -> list[Piece]:
    pieces: list[Piece] = []
    for part in filter(None, map(fields, items(value.get("section")))):
        title = str(part.get("title") or "")
        known = find(title)
        coded = next((LOINC[code] for _, code in codes_of(part.get("code")) if code in LOINC), None)
        section, kind = known or (coded or Section.ABOUT, "plain" if coded is Section.DIAGNOSIS else "")
        text = corpus.plain(plain(str(fields(part.get("text")).get("div") or "")))
        if section is Section.DIAGNOSIS:
            pieces.append(Piece(section, text, title, kind, cut_out=True))
        elif text:
            pieces += split(text, section, reports=True)
        pieces += _sections(corpus, part)
    return pieces


def _rank(entry: Any) -> int:
    rank = fields(entry).get("rank")
    return rank if isinstance(rank, int) else 98


def _is_problem(row: GatheredRow) -> bool:
    categories = [code for category in items(row.values.get("category")) for _, code in codes_of(category)]
    return row.kind == "Condition" and "problem-list-item" in categories


def _before(condition: dict[str, Any], encounter: dict[str, Any]) -> bool:
    """Whether a problem was known by then; one that came later would tell the future."""
    known = str(condition.get("onsetDateTime") or condition.get("recordedDate") or "")
    return not known or not _start(encounter) or known[:10] <= _start(encounter)[:10]


def _start(encounter: dict[str, Any]) -> str:
    return str(fields(encounter.get("period")).get("start") or "")


def _age(born: str, then: str) -> float | None:
    if not (re.match(r"\d{4}", born) and re.match(r"\d{4}", then)):
        return None
    years = int(then[:4]) - int(born[:4])
    return float(years - (len(born) >= 10 and len(then) >= 10 and then[5:10] < born[5:10]))


def fits(preview: FilePreview) -> str | None:
    row = preview.rows[0] if preview.rows and isinstance(preview.rows[0], dict) else {}
    kind = row.get("resourceType")
    return f"its resourceType is {kind}" if kind == "Bundle" or kind in READ else None


READER = Reader(
    title="FHIR R4 bundles and NDJSON exports",
    license="unknown",
    license_note="records of patients are their hospital's; Synthea's are Apache-2.0; say what you know with --license",
    files="Bundles (JSON), or the NDJSON files of an export together: Patient, Encounter, Condition, Observation, ...",
    read=read,
    fits=fits,
    together=True,
    settings=LangSettings,
    private=True,
    url="https://hl7.org/fhir/R4/",
)

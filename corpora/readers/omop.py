"""OMOP CDM 5.4: tables as CSV; a record for each visit, its story out of NOTE."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.diagnoses import Diagnosis
from kgtools.corpora.ehr.gather import Gather, GatheredRow
from kgtools.corpora.ehr.headings import Piece, Section, find, split
from kgtools.corpora.ehr.records import LangSettings, example, record_of, visit_of
from kgtools.corpora.files.file import File
from kgtools.corpora.reader import Corpus, Example, FilePreview, Reader
from kgtools.tools.errors import InputError

NEEDED = {
    "PERSON": ("person_id", "gender_concept_id", "year_of_birth"),
    "VISIT_OCCURRENCE": ("visit_occurrence_id", "person_id", "visit_concept_id"),
    "CONDITION_OCCURRENCE": ("condition_occurrence_id", "person_id", "condition_concept_id"),
    "MEASUREMENT": ("measurement_id", "person_id", "measurement_concept_id"),
    "OBSERVATION": ("observation_id", "person_id", "observation_concept_id"),
    "NOTE": ("note_id", "person_id", "note_text"),
    "CONCEPT": ("concept_id", "concept_name"),
}
"""The tables that are read, and the columns by which each is known."""
WITHOUT = {
    "PERSON": "no sex and age", "MEASUREMENT": "no results", "OBSERVATION": "no observations",
    "NOTE": "no complaint, history, examination and reports", "CONCEPT": "no names of concepts",
}  # fmt: skip
STATUS = {
    "32902": "principal", "32903": "principal", "32896": "discharge", "32893": "discharge", "32908": "secondary",
    "32909": "secondary", "32890": "preliminary", "32899": "preliminary", "32901": "preliminary", "32907": "preliminary",
}  # fmt: skip
GENDERS = {"8507": "male", "8532": "female"}
VITAL = re.compile(
    r"体温|血压|脉搏|呼吸|心率|身高|体重|temperature|pressure|pulse|respirat|heart rate|height|weight|bmi|spo2", re.I
)
REPORTS = (
    (Section.PATHOLOGY, re.compile("病理|patholog|cytolog", re.I)),
    (Section.IMAGING, re.compile("影像|超声|放射|CT|MRI?|X线|radiolog|imaging|ultraso|x-?ray", re.I)),
)
STATEMENTS = {"clinical finding", "context-dependent", "disorder", "finding", "situation"}
"""Classes of concepts that say something of a patient by themselves; of the others only a value does."""
STATES = "states:"
"""Before the id of such a concept, among the names."""
UNIT = "unit:"
"""Before the id of a concept, among the names, of what a unit is written as."""
OPERATORS = {"4171756": "<", "4171754": "<=", "4171755": ">=", "4172704": ">"}
CODE = re.compile(r"[A-Z]{0,2}\d[\w.-]*")
"""A code of a vocabulary: `J18.9`, `250.00`."""
Row = Mapping[str, str]


def read(corpus: Corpus, settings: LangSettings) -> Iterator[Example]:
    """A record for each visit that has conditions; all tables together. Without CONCEPT, conditions must be named in
    `condition_source_value`; without NOTE there are only results and observations, which is counted."""
    seen: set[str] = set()
    concepts: dict[str, str] = {}
    with Gather(corpus.keys, "person_id") as gather:
        for file in sorted(corpus.files, key=lambda file: find_table(file) == "CONCEPT"):
            _keep(corpus, gather, file, seen, concepts)
        missing = [table for table in NEEDED if table not in seen]
        if {"VISIT_OCCURRENCE", "CONDITION_OCCURRENCE"} & set(missing):
            found = ", ".join(sorted(seen)) or "none of its tables"
            raise InputError(
                f"omop needs VISIT_OCCURRENCE and CONDITION_OCCURRENCE; found: {found}; name the folder of the tables"
            )
        for table in missing:
            corpus.count(f"tables missing: {table} ({WITHOUT[table]})")
        for person, rows in gather.groups():
            yield from _visits(
                corpus, settings, person, rows, concepts, [table for table in missing if table == "NOTE"]
            )


def find_table(file: File) -> str:
    """The table that a file's name says: `person.csv.gz` is PERSON."""
    return PurePath(file.name).name.split(".")[0].upper()


def table_of(name: str, columns: Sequence[str]) -> str | None:
    """The table of a file, by its name or else by its columns; None where it is none that is read."""
    known = set(columns)
    if name in NEEDED and set(NEEDED[name]) <= known:
        return name
    return next((table for table, needed in NEEDED.items() if set(needed) <= known), None)


def _keep(corpus: Corpus, gather: Gather, file: File, seen: set[str], concepts: dict[str, str]) -> None:
    """Rows to their person; of CONCEPT (which may be huge) only the names that the other tables asked for."""
    table = ""
    for place, values in file.csv():
        row = {key.lower(): value.strip() for key, value in values.items()}
        if not table:
            table = table_of(find_table(file), tuple(row)) or "-"
            if table == "-" and (needed := NEEDED.get(find_table(file))):
                lacking = ", ".join(column for column in needed if column not in row)
                raise InputError(f"{file.name}: {find_table(file)} lacks {lacking}, which it has in OMOP CDM 5.4")
            seen.add(table)
        if table == "-":
            corpus.count("rows of other tables left out")
        elif table == "CONCEPT":
            if row["concept_id"] in concepts:
                concepts[row["concept_id"]] = corpus.plain(row["concept_name"])
                concepts[UNIT + row["concept_id"]] = _sign(row)
                if row.get("concept_class_id", "").lower() in STATEMENTS:
                    concepts[STATES + row["concept_id"]] = row["concept_name"]
        elif not row["person_id"]:
            corpus.refuse(place, "no-patient", f"a row of {table} without person_id")
        else:
            ids = (value for key, value in row.items() if key.endswith("_concept_id") and value not in ("", "0"))
            concepts.update({id_: "" for id_ in ids if id_ not in concepts})
            gather.put(
                row["person_id"], table, place, corpus.plain({key: value for key, value in row.items() if value})
            )
    if not table and find_table(file) in NEEDED:
        seen.add(find_table(file))
    seen.discard("-")


def _sign(concept: Row) -> str:
    """What a unit is written as: its code in UCUM (`mmol/L`), but for what that has no sign for (`{score}`, `1`)."""
    code = concept.get("concept_code", "")
    is_sign = concept.get("vocabulary_id", "").upper() == "UCUM" and code != "1" and "{" not in code
    return (code if is_sign else "") or concept["concept_name"]


def _unit(value: Row, concepts: Row) -> str:
    """The unit as its source has it, or else its concept; of a number alone."""
    said = value.get("unit_source_value", "")
    return said or (concepts.get(UNIT + value.get("unit_concept_id", ""), "") if _number(value) else "")


def _visits(
    corpus: Corpus, settings: LangSettings, person: str, rows: Sequence[GatheredRow], concepts: Row, missing: list[str]
) -> Iterator[Example]:
    who = next((row.values for row in rows if row.kind == "PERSON"), {})
    visits = {str(row.values.get("visit_occurrence_id")): row for row in rows if row.kind == "VISIT_OCCURRENCE"}
    of: dict[str, list[GatheredRow]] = {id_: [] for id_ in visits}
    for row in rows:
        visit = row.values.get("visit_occurrence_id") or (next(iter(visits)) if len(visits) == 1 else "")
        if row.kind not in ("PERSON", "VISIT_OCCURRENCE"):
            of.get(visit, []).append(row)
            corpus.count("rows left out: of no visit", visit not in of)
    for id_, visit in visits.items():
        conditions = [row.values for row in of[id_] if row.kind == "CONDITION_OCCURRENCE"]
        diagnoses = [found for condition in conditions if (found := _diagnosis(condition, concepts))]
        if conditions and not diagnoses:
            corpus.refuse(visit.place, "coded-diagnosis", "its conditions are codes; name CONCEPT.csv too")
            continue
        pieces = [piece for row in of[id_] for piece in _record_parts(corpus, row, concepts)]
        record = record_of(
            visit.place, pieces, settings.lang, {}, diagnoses, record_id=id_, patient=person,
            sex=GENDERS.get(who.get("gender_concept_id", ""), who.get("gender_source_value", "").lower()),
            age_years=_age(who, visit.values), visit_type=visit_of(str(visit.values.get("visit_concept_id", ""))),
            meta={"missing": missing},
        )  # fmt: skip
        if made := example(corpus, record):
            yield made


def _diagnosis(condition: Row, concepts: Row) -> Diagnosis | None:
    source = condition.get("condition_source_value", "")
    code = source if dx.ONLY_ICD.fullmatch(source) else ""
    name = concepts.get(condition.get("condition_concept_id", ""), "")
    status = condition.get("condition_status_source_value", "")
    known = find(status) or find(f"{status} diagnosis")
    kind = STATUS.get(condition.get("condition_status_concept_id", "")) or (known[1] if known else "") or "plain"
    return dx.one(name if CODE.fullmatch(source) or not source else source, kind, code)


def _record_parts(corpus: Corpus, row: GatheredRow, concepts: Row) -> list[Piece]:
    value = row.values
    if row.kind == "NOTE":
        title = f"{value.get('note_title', '')} {value.get('note_source_value', '')}"
        start = next((section for section, pattern in REPORTS if pattern.search(title)), Section.ABOUT)
        pieces = split(str(value.get("note_text", "")), start, reports=True)
        corpus.count("notes left out: without headings", all(piece.section is Section.ABOUT for piece in pieces))
        return pieces
    if row.kind == "MEASUREMENT":
        name = _name(value, "measurement", concepts)
        if not _measure(value, concepts):
            corpus.count("measurements without a value left out")
            return []
        coded = value.get("unit_concept_id", "0") != "0" and bool(_number(value))
        corpus.count("units left out: their concept has no name", coded and not _unit(value, concepts))
        return [Piece(Section.EXAM if VITAL.search(name) else Section.LABS, render_measurement(name, value, concepts))]
    if row.kind == "OBSERVATION":
        name = _name(value, "observation", concepts)
        known = find(name)
        text = _observation(value, concepts)
        states = bool(concepts.get(STATES + value.get("observation_concept_id", "")))
        if not text and (known or not states):
            corpus.count("observations without a value left out")
            return []
        if known and known[0] is not Section.DIAGNOSIS:
            return [Piece(known[0], text)]
        section = Section.EXAM if VITAL.search(name) else Section.PERSONAL
        return [Piece(section, f"{name}: {text}" if text else name)] if name and not known else []
    return []


def _observation(value: Row, concepts: Row) -> str:
    """What was observed, or nothing: then the row says only that somebody looked."""
    concept = concepts.get(value.get("value_as_concept_id", ""), "")
    told = value.get("value_as_string") or concept or _number(value) or value.get("value_source_value", "")
    unit = _unit(value, concepts) if told == _number(value) else ""
    return f"{told} {unit}".strip()


def _measure(value: Row, concepts: Row) -> str:
    """What was measured: a number with its operator, or a concept such as `Positive`; or nothing."""
    number = _number(value)
    sign = OPERATORS.get(value.get("operator_concept_id", ""), "")
    source = value.get("value_source_value", "")
    return f"{sign}{number}" if number else concepts.get(value.get("value_as_concept_id", ""), "") or source


def render_measurement(name: str, value: Row, concepts: Row) -> str:
    """`血红蛋白 97 g/L (130-175)`."""
    ends = [_short(value.get(end, "")) for end in ("range_low", "range_high")]
    words = [name, _measure(value, concepts), _unit(value, concepts)]
    return " ".join(word for word in (*words, f"({ends[0]}-{ends[1]})" if any(ends) else "") if word)


def _name(value: Row, table: str, concepts: Row) -> str:
    source = value.get(f"{table}_source_value", "")
    concept = concepts.get(value.get(f"{table}_concept_id", ""), "")
    return concept if not source or (concept and CODE.fullmatch(source)) else source


def _number(value: Row) -> str:
    return _short(value.get("value_as_number", ""))


def _short(number: str) -> str:
    return re.sub(r"(\.(?:\d*[^\D0])?)0+$", r"\1", number).rstrip(".") if "." in number else number


def _age(who: Row, visit: Row) -> float | None:
    born, then = (
        who.get("year_of_birth", ""),
        visit.get("visit_start_date", "") or visit.get("visit_start_datetime", ""),
    )
    if not (born[:4].isdigit() and then[:4].isdigit()):
        return None
    return float(int(then[:4]) - int(born[:4]))


def fits(preview: FilePreview) -> str | None:
    columns = tuple(column.lower() for column in preview.columns)
    table = table_of(PurePath(preview.name).name.split(".")[0].upper(), columns) if preview.is_table else None
    return f"its columns are those of OMOP's {table}" if table else None


READER = Reader(
    title="OMOP CDM 5.4",
    license="unknown",
    license_note="records of patients are their hospital's; say what you know with --license",
    files="a folder of CSV tables: VISIT_OCCURRENCE, CONDITION_OCCURRENCE; PERSON, MEASUREMENT, OBSERVATION, NOTE, CONCEPT",
    read=read,
    fits=fits,
    together=True,
    settings=LangSettings,
    private=True,
    url="https://ohdsi.github.io/CommonDataModel/",
)

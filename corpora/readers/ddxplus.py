"""DDXPlus: synthetic patients with their evidences, the pathology and its differential."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kgtools.corpora.ehr import diagnoses as dx
from kgtools.corpora.ehr.headings import Piece, Section
from kgtools.corpora.ehr.leaks import holds
from kgtools.corpora.ehr.records import example, record_of
from kgtools.corpora.files.file import BLANK, File
from kgtools.corpora.files.place import Place
from kgtools.corpora.reader import Corpus, Example, FilePreview, NoSettings, PublishedFile, Reader
from kgtools.tools.errors import InputError

COLUMNS = ("AGE", "SEX", "PATHOLOGY", "EVIDENCES", "INITIAL_EVIDENCE", "DIFFERENTIAL_DIAGNOSIS")
EVIDENCE = (
    "name", "code_question", "question_fr", "is_antecedent", "default_value", "value_meaning", "possible-values", "data_type",
)  # fmt: skip
CONDITION = ("condition_name", "cond-name-fr", "cond-name-eng", "symptoms", "antecedents", "severity")
SPLITS = {"train": "train", "valid": "validation", "validate": "validation", "test": "test"}
CODE = re.compile(r"(.+?)_@_(.+)")
"""An evidence with its value: `E_54_@_V_161`."""
Codes = Mapping[str, Mapping[str, Any]]


def read(corpus: Corpus, _: NoSettings) -> Iterator[Example]:
    """Each patient's evidences as questions and answers, the first complaint apart; `release_evidences.json` decodes them."""
    evidences: dict[str, Any] = {}
    conditions: dict[str, Any] = {}
    tables: list[File] = []
    for file in corpus.files:
        if not _is_object(file):
            tables.append(file)
            continue
        for place, row in file.json():
            known = evidences if _is(row, "question_en") else conditions if _is(row, "icd10-id") else None
            if known is None:
                corpus.refuse(place, "unknown-file", "neither evidences (question_en) nor conditions (icd10-id)")
            else:
                known.update(row)
    if not evidences:
        raise InputError("ddxplus needs release_evidences.json to decode its evidences; name it with the other files")
    for file in tables:
        for place, row in file.csv():
            yield from _patient(corpus, place, row, evidences, conditions)


def _is_object(file: File) -> bool:
    with file.characters() as text:
        return text.read(1000).lstrip(BLANK).startswith("{")


def _is(row: dict[str, Any], key: str) -> bool:
    return any(isinstance(value, dict) and key in value for value in row.values())


def _patient(
    corpus: Corpus, place: Place, row: Mapping[str, str], evidences: Codes, conditions: Codes
) -> Iterator[Example]:
    if not set(COLUMNS) <= set(row):
        corpus.refuse(place, "missing-column", f"expected {', '.join(COLUMNS)}")
        return
    codes, differential = literal(row["EVIDENCES"]), literal(row["DIFFERENTIAL_DIAGNOSIS"])
    if codes is None or differential is None:
        corpus.refuse(place, "bad-literal", "EVIDENCES and DIFFERENTIAL_DIAGNOSIS must be Python lists")
        return
    first = row["INITIAL_EVIDENCE"]
    unknown = [code for code in (first, *codes) if str(code).split("_@_")[0] not in evidences]
    if unknown:
        corpus.refuse(place, "unknown-evidence", f"{len(unknown)} codes are not in release_evidences.json")
        return
    condition = conditions.get(row["PATHOLOGY"], {})
    diagnosis = dx.one(row["PATHOLOGY"], "principal", str(condition.get("icd10-id") or "").upper())
    told = _history([str(code) for code in codes], first, evidences)
    whole = dx.labels(diagnosis)[0] if diagnosis else set()
    pieces = [piece for piece in told if not any(holds(piece.text, label) for label in whole)]
    record = record_of(
        place, pieces, "en", taken={"label": len(told) - len(pieces)}, facts={"sex": row["SEX"], "age": row["AGE"]},
        more=[diagnosis] if diagnosis else [], split=_split(place.file),
        meta={"differential": differential, "severity": condition.get("severity")},
    )  # fmt: skip
    if found := example(corpus, record):
        yield found


def _history(codes: list[str], first: str, evidences: Codes) -> list[Piece]:
    """A question and its answers for each evidence: the complaint, then what is there now, then what was before; several values together."""
    answers: dict[str, list[str]] = {first: []}
    for code in codes:
        match = CODE.fullmatch(code)
        name, value = (match[1], match[2]) if match else (code, "")
        meaning = evidences[name].get("value_meaning") or {}
        answer = str((meaning.get(value) or {}).get("en") or value.replace("_", " ")) if value else "yes"
        answers.setdefault(name, []).append(answer)
    pieces = []
    for name, values in answers.items():
        evidence = evidences[name]
        section = Section.PAST if evidence.get("is_antecedent") else Section.PRESENT
        answer = ", ".join(dict.fromkeys(values)) or "yes"
        pieces.append(
            Piece(Section.COMPLAINT if name == first else section, f"{evidence.get('question_en')} {answer}.")
        )
    return pieces


def literal(text: str) -> list[Any] | None:
    """A list that is written as Python writes it; None where it is none. Nothing is run."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _split(name: str) -> str | None:
    return next((split for word, split in SPLITS.items() if word in name.lower()), None)


def fits(preview: FilePreview) -> str | None:
    if preview.has("PATHOLOGY", "EVIDENCES", "INITIAL_EVIDENCE"):
        return "its columns are DDXPlus': PATHOLOGY, EVIDENCES, INITIAL_EVIDENCE"
    row = (
        preview.rows[0]
        if preview.layout.startswith("json") and preview.rows and isinstance(preview.rows[0], dict)
        else {}
    )
    if _is(row, "code_question") or _is(row, "cond-name-eng"):
        return "it decodes DDXPlus: its entries have code_question or cond-name-eng"
    return None


READER = Reader(
    title="DDXPlus",
    license="CC-BY-4.0",
    license_note="synthetic patients",
    files="release_*_patients (CSV, also zipped) with release_evidences.json, and release_conditions.json for ICD-10 codes",
    read=read,
    fits=fits,
    published=(
        PublishedFile(COLUMNS),
        PublishedFile(("question_en",), EVIDENCE),
        PublishedFile(("icd10-id",), CONDITION),
    ),
    together=True,
    url="https://github.com/mila-iqia/ddxplus",
)

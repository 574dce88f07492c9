"""One record with everything in it replaced as the policy says, and the log of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import orjson

from kgtools.corpora.deidentify import pseudonyms
from kgtools.corpora.deidentify.classes import Span
from kgtools.corpora.deidentify.dates import OLDEST, age_at, parse, shift
from kgtools.corpora.deidentify.find import find, resolve
from kgtools.corpora.deidentify.fold import fold
from kgtools.corpora.deidentify.names import again
from kgtools.corpora.deidentify.policy import Policy

COLUMNS = ("messages", "prompt", "chosen", "rejected")
OURS = ("file", "line", "row", "cuts", "icd10", "copy")
"""Keys of meta that the readers make, which hold no text of a patient."""
GENERAL = {"hospital": ("某医院", "a hospital"), "employer": ("某单位", "an employer"), "address": ("某地", "a place")}


class Entry(NamedTuple):
    """A line of the log: which characters of which text of which record, before, were of which class, and what was done."""

    record: str
    part: str
    message: int
    start: int
    end: int
    kind: str
    action: str
    rule: str


Found = tuple[int, int, str, str, str]
"""Start, end, class, action, rule."""


@dataclass
class Patient:
    """What replacing needs to know of a record: the key, whose it is, its language, its latest day and the names it told."""

    key: bytes
    group: str
    lang: str
    policy: Policy
    latest: date | None = None
    known: set[str] = field(default_factory=set)


def replace_in_record(row: dict[str, Any], policy: Policy, key: bytes) -> tuple[dict[str, Any], list[Entry]]:
    """The record without what identifies, and its log. `id` stays: it is the record's name elsewhere."""
    patient = Patient(key, row["group"], row["lang"], policy)
    texts = list(_texts(row))
    spans = {where: find(text) for where, text in texts}
    _learn(patient, texts, spans)
    entries: list[Entry] = []
    new: dict[tuple[str, int], str] = {}
    for where, text in texts:
        matches = resolve([*spans[where], *again(fold(text), patient.known)]) if patient.known else spans[where]
        if matches:
            new[where], more = _apply(text, matches, patient)
            entries += [Entry(row["id"], where[0], where[1], *rest) for rest in more]
    meta, more_entries = _meta(row, patient)
    changed: dict[str, Any] = {
        column: [m | {"content": new.get((column, n), m["content"])} for n, m in enumerate(row[column])]
        for column in COLUMNS
        if row.get(column) is not None
    }
    if ("answer", 0) in new:
        changed["answer"] = new["answer", 0]
    return row | changed | {"meta": meta, "group": pseudonyms.rename_group(key, row["group"])}, entries + more_entries


def _texts(row: dict[str, Any]) -> Iterator[tuple[tuple[str, int], str]]:
    for column in COLUMNS:
        for number, message in enumerate(row.get(column) or ()):
            yield (column, number), message["content"]
    if row.get("answer"):
        yield ("answer", 0), row["answer"]


def _learn(
    patient: Patient, texts: list[tuple[tuple[str, int], str]], spans: dict[tuple[str, int], list[Span]]
) -> None:
    for place, text in texts:
        for span in spans[place]:
            value = fold(text[span.start : span.end])
            if span.kind == "name" and len(value) > 1:
                patient.known.add(value)
            if span.kind == "date" and (day := parse(value)) and re.match(r"(?:19|20)\d{2}", value):
                patient.latest = max(day[0], patient.latest or day[0])


def _apply(text: str, spans: list[Span], patient: Patient) -> tuple[str, list[Found]]:
    pieces: list[str] = []
    entries: list[Found] = []
    at = 0
    for span in spans:
        action: str = patient.policy.classes[span.kind]
        value = text[span.start : span.end]
        pieces += [
            text[at : span.start],
            value if action == "keep" else _instead(action, span.kind, fold(value), patient),
        ]
        entries.append((span.start, span.end, span.kind, action, span.rule))
        at = span.end
    return "".join([*pieces, text[at:]]), entries


def _instead(action: str, kind: str, value: str, patient: Patient) -> str:
    zh = patient.lang == "zh"
    if action == "remove":
        return ""
    if action == "surrogate":
        return pseudonyms.surrogate(patient.key, patient.group, kind, value)
    if action == "shift" and (moved := shift(value, pseudonyms.days(patient.key, patient.group))) is not None:
        return moved
    if action == "generalise":
        if kind == "age":
            return f"{OLDEST + 1}+"
        if kind == "zip":
            return value[:3] + "*" * (len(value) - 3)
        if kind == "birth-date":
            return _age(value, patient, zh)
        return GENERAL[kind][0 if zh else 1]
    return pseudonyms.tag(patient.key, patient.group, kind, value, patient.lang)


def _age(value: str, patient: Patient, zh: bool) -> str:
    """The age on the latest day of the record; without any, the decade of birth."""
    found = parse(value)
    if found is None:
        return pseudonyms.tag(patient.key, patient.group, "birth-date", value, patient.lang)
    born = found[0]
    if patient.latest is None or patient.latest < born:
        return f"{born.year // 10 * 10}年代" if zh else f"{born.year // 10 * 10}s"
    years = age_at(born, patient.latest)
    told = "90+" if years > OLDEST else str(years)
    return f"{told}岁" if zh else f"{told} years old"


def _meta(row: dict[str, Any], patient: Patient) -> tuple[str, list[Entry]]:
    """The meta with its texts replaced too. An unlabelled name in a column of its own is found by the column's."""
    meta = orjson.loads(row["meta"])
    entries: list[Entry] = []

    def clean(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: clean(inner, f"{name}.{key}") for key, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner, name) for inner in value]
        if isinstance(value, int | float) and re.search(r"(?:^|[._])age(?:_years)?$", name) and value > OLDEST:
            entries.append(Entry(row["id"], name, 0, 0, len(str(value)), "age", "generalise", "meta"))
            return OLDEST + 1
        if not isinstance(value, str):
            return value
        found = find(value, patient.known)
        if not found:
            return value
        text, more = _apply(value, found, patient)
        entries.extend(Entry(row["id"], name, 0, *rest) for rest in more)
        return text

    cleaned = {key: value if key in OURS else clean(value, f"meta.{key}") for key, value in meta.items()}
    if not entries:
        return row["meta"], []
    return orjson.dumps(cleaned, option=orjson.OPT_SORT_KEYS).decode(), entries

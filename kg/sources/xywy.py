"""xywy-KG: `medical.json` as MongoDB exports it (JSON lines or one array; UTF-8 or GB18030)."""

from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from kgtools.kg.ontology import ontology
from kgtools.kg.source import NOT_TEXT, Collector, Options, Reading, short_names
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import json_records

OPENING, CLOSING = "(（", ")）"
NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")
"""Numbers in MongoDB's extended JSON."""


def read(paths: list[Path], options: Options) -> Reading:
    """The diseases of `medical.json` with all their relation fields and text fields.

    A record without a name, and a value that is no text, are refused with their reasons (`nameless`, `not-text`,
    `not-a-list`); numbers are values, and so are those in MongoDB's own writing (`{"$numberInt": "5"}`). Raises InputError for a
    file of which no record has a name."""
    options.refuse("xywy", "mapping", "type", "counting")
    info, collect = ontology().sources["xywy"], Collector()
    texts = {name for name, field in info.fields.items() if field.kind == "attribute" and name != "category"}
    names = short_names(paths)
    for path in paths:
        collect.start(names[path])
        named = [_record(collect, info.fields, texts, row, record) for row, record in json_records(path)]
        if not any(named):
            raise InputError(f'{path}:1: no record has a "name" that is a text; is this medical.json of xywy-KG?')
        collect.finish()
    return collect.reading("xywy", info)


def _record(collect: Collector, fields: Collection[str], texts: set[str], row: int, record: dict[str, Any]) -> bool:
    """Whether the record has a name; without one nothing of it is said of anything."""
    name = record.get("name")
    if not isinstance(name, str) or not name.strip():
        collect.refuse(row, "row", orjson.dumps(record).decode(), "nameless")
        return False
    collect.mention("Disease", name, "name", row)
    for key, value in record.items():
        if key in ("_id", "name"):
            continue
        if key in texts or (key not in fields and not isinstance(value, list)):
            collect.say(key, "Disease", name, _text(collect, row, key, value), row)
        elif key == "cure_department":
            _departments(collect, name, _list(collect, row, key, value), row)
        elif key == "drug_detail":
            _products(collect, _list(collect, row, key, value), row)
        else:
            collect.say(key, "Disease", name, _list(collect, row, key, value), row)
    return True


def _text(collect: Collector, row: int, key: str, value: object) -> list[str]:
    """The text of a field, none where it is blank; what is no text is refused."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in NUMBERS:
        value = next(iter(value.values()))
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = orjson.dumps(value).decode()
    if isinstance(value, str):
        return [value] if value.strip() else []
    collect.refuse(row, key, orjson.dumps(value).decode(), "missing-value" if value is None else NOT_TEXT)
    return []


def _list(collect: Collector, row: int, key: str, value: object) -> list[str]:
    """The texts of a field; what else is in it is refused, and so is a field that is no list."""
    if not isinstance(value, list):
        reason = "missing-value" if value is None else "not-a-list" if isinstance(value, str) else NOT_TEXT
        collect.refuse(row, key, orjson.dumps(value).decode(), reason)
        return []
    texts = [item for item in value if isinstance(item, str)]
    if len(texts) == len(value):
        return texts
    for item in value:
        if not isinstance(item, str):
            collect.refuse(row, key, orjson.dumps(item).decode(), "missing-value" if item is None else NOT_TEXT)
    return texts


def _departments(collect: Collector, disease: str, chain: list[str], row: int) -> None:
    """The chain goes from the large department to the small: the disease belongs to the last, each to the one before."""
    collect.say("cure_department", "Disease", disease, chain[-1:], row)
    for parent, child in pairwise(chain):
        collect.mention("Department", child, "parent_department", row)
        collect.say("parent_department", "Department", child, [parent], row)


def _products(collect: Collector, details: list[str], row: int) -> None:
    for detail in details:
        product, drug = split_product(detail)
        if drug:
            collect.mention("Product", product, "drug_detail", row)
        collect.say("drug_detail", "Product", product, [drug], row, reason=None if drug else "no-drug-in-brackets")


def split_product(detail: str) -> tuple[str, str]:
    """`商品(药(4:1))` as product and drug: the last bracket from the right, balanced; the drug is "" without one."""
    depth = 0
    if detail and detail[-1] in CLOSING:
        for at in range(len(detail) - 1, 0, -1):
            depth += (detail[at] in CLOSING) - (detail[at] in OPENING)
            if depth == 0:
                return detail[:at], detail[at + 1 : -1]
    return detail, ""

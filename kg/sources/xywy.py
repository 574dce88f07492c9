"""xywy-KG: `medical.json` as MongoDB exports it (JSON lines or one array; UTF-8 or GB18030)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from kg.ontology import ontology
from kg.reading import Collector, Options, Reading, short_names
from tools.errors import InputError
from tools.files import json_records

OPENING, CLOSING = "(（", ")）"


def read(paths: list[Path], options: Options) -> Reading:
    """The diseases of `medical.json` with all their relation fields and text fields."""
    options.refuse("xywy", "mapping", "type", "counting")
    info, collect = ontology().sources["xywy"], Collector()
    texts = {name for name, field in info.fields.items() if field.kind == "attribute" and name != "category"}
    names = short_names(paths)
    for path in paths:
        collect.start(names[path])
        for row, record in json_records(path):
            _record(collect, texts, f"{path}:{row}", row, record)
        collect.finish()
    return collect.reading("xywy", info)


def _record(collect: Collector, texts: set[str], where: str, row: int, record: dict[str, Any]) -> None:
    name = record.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InputError(f'{where}: the record has no "name"; is this medical.json of xywy-KG?')
    collect.mention("Disease", name, "name", row)
    for key, value in record.items():
        if key in ("_id", "name"):
            continue
        if key in texts:
            collect.say(key, "Disease", name, _text(where, key, value), row)
        elif key == "cure_department":
            _departments(collect, name, _list(where, key, value), row)
        elif key == "drug_detail":
            _products(collect, _list(where, key, value), row)
        else:
            collect.say(key, "Disease", name, _list(where, key, value), row)


def _text(where: str, key: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    raise InputError(f'{where}: "{key}" is {_kind(value)}, expected text')


def _list(where: str, key: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise InputError(f'{where}: "{key}" is {_kind(value)}, expected a list of texts')


def _kind(value: object) -> str:
    if value is None:
        return "null"
    words = {
        "str": "a text",
        "list": "a list with other things than texts",
        "dict": "an object",
        "bool": "true or false",
    }
    return words.get(type(value).__name__, "a number")


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

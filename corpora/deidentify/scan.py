"""What still identifies somebody in records: the gate before they leave."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

import orjson
import phonenumbers
import polars as pl
from stdnum.cn import ric

from kgtools.corpora.deidentify.classes import STRUCTURED
from kgtools.corpora.deidentify.find import find_structured
from kgtools.corpora.deidentify.fold import fold
from kgtools.corpora.deidentify.pseudonyms import is_surrogate
from kgtools.corpora.record import ROLES
from kgtools.tools.frames import Schema

FINDINGS = Schema(
    "findings",
    {
        "row": pl.Int64, "part": pl.String, "message": pl.Int64, "start": pl.Int64, "end": pl.Int64, "class": pl.String,
        "rule": pl.String,
    },
    required=("row", "part", "class"),
)  # fmt: skip
"""A row for what identifies: the row it stands in, from 1, its column, and where there; of which class, found by which rule;
never the text, nor the record's id, which may be what was found."""

Residue = Annotated[pl.DataFrame, FINDINGS]

PLAIN = (
    ("resident-id", re.compile(r"(?<![0-9A-Za-z.])[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![0-9A-Za-z])")),
    ("phone", re.compile(r"(?<![0-9A-Za-z.*])1[3-9]\d{9}(?![0-9A-Za-z%.])")),
    ("email", re.compile(r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]+\.[A-Za-z]{2,}")),
    ("url", re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9./_%?=&-]{3,}(?<![.?])")),
)
"""Regexes that owe nothing to the finder, so that a fault of it shows."""
HASH = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{20}")
"""An id that we made of a content (kgtools.tools.inputs.files.digest), which says nothing of anybody."""
OFTEN_SAME = ("task", "lang", "source", "template", "license", "split", "hold_out")


def residual(records: pl.DataFrame, keep: frozenset[str] = frozenset()) -> Residue:
    """What the structured rules find in any text of records or preferences, surrogates and the classes `keep` aside.

    Any: an id or a fact that is a number of a person would break the record if it were replaced, and leave with it if not."""
    rows: list[tuple[Any, ...]] = []
    once = cache(_find)
    for at, row in enumerate(records.iter_rows(named=True), start=1):
        for part, number, text in _texts(row):
            found = (once if part in OFTEN_SAME else _find)(text)
            rows += [(at, part, number, start, end, kind, rule) for start, end, kind, rule in found if kind not in keep]
    return FINDINGS.frame(rows)


def classes_in(text: str) -> list[str]:
    """The classes of what identifies in a text, sorted."""
    return sorted({kind for _, _, kind, _ in _find(text)})


def _find(text: str) -> list[tuple[int, int, str, str]]:
    spans = {(span.start, span.end, span.kind, span.rule) for span in find_structured(text)}
    spans |= {(start, end, kind, "plain") for start, end, kind in _plain(fold(text))}
    return [
        (start, end, kind, rule)
        for start, end, kind, rule in sorted(spans)
        if kind in STRUCTURED and not is_surrogate(text[start:end])
    ]


def _plain(text: str) -> Iterator[tuple[int, int, str]]:
    for kind, pattern in PLAIN:
        for match in pattern.finditer(text):
            value = match.group()
            if kind == "resident-id" and not ric.is_valid(value.upper()):
                continue
            if kind == "phone" and not phonenumbers.is_valid_number(phonenumbers.parse(value, "CN")):
                continue
            yield match.start(), match.end(), kind


def _texts(row: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Column, number of the message or item, text: all that a record holds."""
    for column, value in row.items():
        for number, text in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(text, dict):
                yield column, number, text["content"]
                if text["role"] not in ROLES:
                    yield column, number, text["role"]
            elif text is not None and not HASH.fullmatch(text):
                yield column, number, _read(text) if column == "meta" else text


def _read(meta: str) -> str:
    """The JSON as it reads: without escapes, and a number that a spreadsheet made a float (13800138000.0) as it was."""
    if "\\" not in meta and "." not in meta:
        return meta
    return re.sub(r"(\d{7})\.0(?=[,}\]])", r"\1", orjson.dumps(orjson.loads(meta)).decode())

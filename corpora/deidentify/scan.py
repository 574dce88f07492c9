"""What still identifies somebody in records: the gate before they leave."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import phonenumbers
import polars as pl
from stdnum.cn import ric

from corpora.deidentify.classes import STRUCTURED
from corpora.deidentify.find import structured
from corpora.deidentify.fold import fold
from corpora.deidentify.pseudonyms import is_surrogate
from tools.frames import Schema

FINDINGS = Schema(
    "findings",
    {"record": pl.String, "part": pl.String, "message": pl.Int64, "start": pl.Int64, "end": pl.Int64, "class": pl.String, "rule": pl.String},
    required=("record", "part", "class"),
)  # fmt: skip
"""A row for what identifies: where it stands, of which class, found by which rule; never the text."""

Residue = Annotated[pl.DataFrame, FINDINGS]

PLAIN = (
    ("resident-id", re.compile(r"(?<![0-9A-Za-z.])[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![0-9A-Za-z])")),
    ("phone", re.compile(r"(?<![0-9A-Za-z.*])1[3-9]\d{9}(?![0-9A-Za-z%.])")),
    ("email", re.compile(r"[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]+\.[A-Za-z]{2,}")),
    ("url", re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9./_%?=&-]{3,}(?<![.?])")),
)
"""Regexes that owe nothing to the finder, so that a fault of it shows."""
UNREAD = ("id", "group", "facts", "meta", "lang", "split", "task")


def residual(records: pl.DataFrame, keep: frozenset[str] = frozenset()) -> Residue:
    """What the structured rules find in any text of records or preferences, surrogates and the classes `keep` aside."""
    rows: list[tuple[Any, ...]] = []
    for row in records.iter_rows(named=True):
        for part, number, text in _texts(row):
            found = {(span.start, span.end, span.kind, span.rule) for span in structured(text)}
            found |= {(start, end, kind, "plain") for start, end, kind in _plain(fold(text))}
            rows += [
                (row["id"], part, number, start, end, kind, rule)
                for start, end, kind, rule in sorted(found)
                if kind in STRUCTURED and kind not in keep and not is_surrogate(text[start:end])
            ]
    return FINDINGS.frame(rows)


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
    for column, value in row.items():
        if isinstance(value, list) and column not in UNREAD:
            for number, message in enumerate(value):
                yield column, number, message["content"]
        elif isinstance(value, str) and (column == "meta" or column not in UNREAD):
            yield column, 0, value

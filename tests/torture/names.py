"""Names as nobody should give them, what a raw load is to make of each, and files of sources that are full of them."""

import csv
import io
import re
import unicodedata
from pathlib import Path

import orjson
from hypothesis import strategies as st

from tests.torture.kills import Words

FRAGMENTS = [
    "'", '"', '"""', "`", "``", "{{ 7 * 7 }}", "{{ head }}", "{% if x %}", "{# x #}", "{", "}}", "|||", "|", "@@", "\n", "\r", "\r\n", "\t",
    " \n\t ", "\0", "\x01", "\x1b[31m", "\x07", "\x1c", "\x1e", "\x1f", "\x7f", "\x85", "\x9f", "\u200b", "\u200d", "\u2060", "\ufeff",
    "\u2028", "\u2029", "\u202e", "\u2066", "\u200f", "עברית", "😀", "👩‍⚕️", "🇨🇳", "e\u0301", "\u0301", "각", "ﬁ", "ß", "İ", "Ａ",
    "\\", "\\n", "\\u0041", "\\ud800", "\\'", "$name", "${x}", "$1", "%s", "%(x)s", "%00", "\uffff", "\ufffe", "\ufffd", "\U0010ffff",
    "\ue000", "<script>alert(1)</script>", "</script>", "&amp;", "<!--", "]]>", "'); DROP TABLE x;", "//", "/*", "--", ";", ",", "、", "，",
    ":", "#", "/", "..", "../", "(", "（", "[x](y)", "*", "_x000B_", "null", "NaN", "true", "-0", "1e9", "  ", "\u00a0", "\u3000", "糖尿病",
    "\u2800", "\u2009", "\u202f", "\xad", "\u2f3c", "\uf900", "\u212b", "a\u0301\u0323",
    "x", "的", "_", "~", "=1+1", "\ud7ff", "長" * 300,
]  # fmt: skip
LONG = ["长" * 10_000, "a" * 7_001, ("多饮\n" * 2_000) + "x", "'" * 1_000, "\U0001f600" * 2_000]
NAMES = [
    *FRAGMENTS,
    *LONG,
    *(f"头{fragment}痛" for fragment in FRAGMENTS),
    *(f"a{fragment}b" for fragment in FRAGMENTS),
]
INVISIBLE = re.compile(
    "\x1b\\[[0-9;?]*[A-Za-z]|"
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Colours of a terminal, controls, the ends of annotations, and what Unicode lists as Default_Ignorable_Code_Point."""
RADICAL = re.compile("[\u2e9f\u2ef3\u2f00-\u2fd5]")
BREAK = re.compile("[ ]*[\r\n\t\u2028\u2029][ \r\n\t\u2028\u2029]*")
MAPPING = """\
source: mine
title: Mine
license: MIT
fields: {symptom: {relation: HAS_SYMPTOM}, alias: {alias: true}}
tables:
  - {files: ["*.csv", "*.jsonl"], triples: {head: head, head_type: {value: Disease}, relation: relation, tail: tail}}
"""


characters = st.characters(exclude_categories=["Cs"])
parts = st.one_of(st.sampled_from(FRAGMENTS), st.text(characters, max_size=6))
names = st.lists(parts, min_size=1, max_size=6).map("".join).filter(lambda name: bool(name.strip()))


def visible(text: str) -> str:
    """A value as a raw load leaves it."""
    return INVISIBLE.sub("", text).strip()


def cleaned(name: str) -> str:
    """A name as a raw load leaves it."""
    seen = INVISIBLE.sub("", name)

    def joined(found: re.Match[str]) -> str:
        around = seen[found.start() - 1 : found.start()], seen[found.end() : found.end() + 1]
        return "" if all(character and ord(character) > 127 for character in around) else " "

    composed = unicodedata.normalize("NFC", BREAK.sub(joined, seen).strip())
    plain = RADICAL.sub(lambda found: unicodedata.normalize("NFKC", found[0]), composed)
    return re.sub(r"[\s\u2800]+", " ", plain).strip()


def kept(raw: list[str]) -> set[str]:
    """The names that are left of these."""
    return {cleaned(name) for name in raw} - {""}


def write_xywy(path: Path, raw: list[str]) -> None:
    """One disease with every name as a symptom, and every name as a disease: with a text and a complication of that name."""
    records = [{"name": "头病", "symptom": raw}]
    records += [{"name": name, "desc": name, "acompany": [name[::-1]], "symptom": ["头痛"]} for name in raw]
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))


def write_health39(path: Path, raw: list[str]) -> None:
    """A disease with every name that has no white space as a symptom, and one with each name as a text."""
    words = [name for name in raw if not re.search(r"\s", name)]
    columns = "name,alias,part,age,infection,insurance,department,checklist,symptom,complication,treatment,drug,period,rate,money"
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(columns.split(","))
    table.writerow(["头病", *[""] * 7, " ".join(words), *[""] * 6])
    table.writerows(["头病", "", "", name, *[""] * 11] for name in raw)
    path.write_bytes(text.getvalue().encode())


def write_table(folder: Path, raw: list[str]) -> Words:
    """The names as heads and tails of a CSV file and of JSON lines; the words that load them."""
    rows = [
        {"head": name, "relation": relation, "tail": tail}
        for name, tail in zip(raw, raw[1:] + raw[:1], strict=True)
        for relation in ("symptom", "alias")
    ]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_ALL)
    table.writeheader()
    table.writerows(row for row in rows if "\0" not in "".join(row.values()))
    (folder / "rows.csv").write_bytes(text.getvalue().encode())
    (folder / "rows.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return [
        "table",
        *(str(folder / name) for name in ("rows.csv", "rows.jsonl")),
        "--mapping",
        str(folder / "mapping.yaml"),
    ]

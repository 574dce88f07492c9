"""The ledger as SSSOM/TSV, the exchange format for mappings (https://w3id.org/sssom/), and back."""

import csv
import io
import re
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import yaml

from kgtools.kg.align.decide import TOOL, decision
from kgtools.kg.align.review import Decisions, check_folder, table_of
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.ledger import DIFFERENT, SAME, name_of, type_of
from kgtools.kg.licenses import givers, license_of
from kgtools.kg.tables import LEDGER, Ledger
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest, read_text
from kgtools.tools.inputs.safe_yaml import read_yaml
from kgtools.tools.licenses.spdx import categories
from kgtools.tools.outputs.atomic import write_file

BASE = "urn:kgtools:"
SET = "https://w3id.org/sssom/mappings/{}"
"""The IRI of a mapping set that has no page of its own, as sssom-py makes it."""

NO_LICENSE = "https://w3id.org/sssom/license/unspecified"
LICENSE = "http://spdx.org/licenses/{}"
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "author_label", "subject_source", "object_source", "mapping_tool", "mapping_tool_version",
    "confidence", "curation_rule_text", "comment",
)  # fmt: skip
"""In the order of the standard's slots; columns without a value are left out."""

NEEDED = ("subject_id", "predicate_id", "object_id")
EXACT = ("skos:exactMatch", "owl:sameAs", "owl:equivalentClass")
JUSTIFICATIONS = {
    "equal-name": "semapv:LexicalMatching",
    "alias": "semapv:LexicalMatching",
    "completion": "semapv:CompositeMatching",
    "shared-code": "semapv:BackgroundKnowledgeBasedMatching",
}
BY_HAND, UNSAID = "semapv:ManualMappingCuration", "semapv:UnspecifiedMatching"
BUILT_IN = ("owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd", "linkml")
PROPAGATED = ("curie_map", "mapping_tool")
PIPE = re.compile(r"\\([|\\])|\|")
"""`a|b` are two values of a slot, `a\\|b` is one."""


def write_sssom(path: Path, inputs: Inputs) -> None:
    """Write the ledger of these inputs. Entity ids are CURIEs, one prefix a type."""
    ledger = inputs.ledger.sort("id")
    named: dict[str, str] = {}
    for source in sorted(inputs.sources, key=lambda source: source.name, reverse=True):
        named |= dict.fromkeys(source.named["id"].to_list(), source.name)
    rows = [_row(row, named) for row in ledger.to_dicts()]
    rows.sort(key=lambda row: [row[name] for name in COLUMNS])
    used = [name for name in COLUMNS if name in NEEDED or any(row[name] for row in rows)]
    text = io.StringIO()
    text.writelines(f"#{line}\n" for line in _metadata(inputs, rows).splitlines())
    table = csv.writer(text, delimiter="\t", lineterminator="\n")
    table.writerow(used)
    table.writerows([row[name] for name in used] for row in rows)
    check_folder(path)
    write_file(path, text.getvalue().encode())


def _row(row: dict[str, Any], named: dict[str, str]) -> dict[str, str]:
    before, after, by_tool = row["before"], row["after"], row["who"] == TOOL
    return {
        "subject_id": curie(before),
        "subject_label": name_of(before),
        "predicate_id": EXACT[0],
        "predicate_modifier": "Not" if row["verdict"] == DIFFERENT else "",
        "object_id": curie(after),
        "object_label": name_of(after),
        "mapping_justification": JUSTIFICATIONS.get(row["rule"], UNSAID) if by_tool else BY_HAND,
        "author_label": "" if by_tool else _escape(row["who"]),
        "subject_source": f"source:{quote(named[before], safe='')}" if before in named else "",
        "object_source": f"source:{quote(named[after], safe='')}" if after in named else "",
        "mapping_tool": TOOL if by_tool else "",
        "mapping_tool_version": version("kgtools") if by_tool else "",
        "confidence": f"{row['score']:g}" if float(f"{row['score']:g}") == row["score"] else repr(row["score"]),
        "curation_rule_text": _escape(row["rule"]),
        "comment": row["reason"],
    }


def _metadata(inputs: Inputs, rows: list[dict[str, str]]) -> str:
    types = {row[end].partition(":")[0] for row in rows for end in ("subject_id", "object_id")}
    prefixes = {type_: f"{BASE}{type_}:" for type_ in types}
    if any(row[end] for row in rows for end in ("subject_source", "object_source")):
        prefixes["source"] = f"{BASE}source:"
    license_ = license_of(inputs.metadata)
    licenses = ", ".join(f"{giver.name} {giver.license}" for giver in givers(inputs.metadata))
    content = digest("\n".join("\t".join(row.values()) for row in rows))
    slots = {
        "sssom_version": "1.1",
        "curie_map": dict(sorted(prefixes.items())),
        "mapping_set_id": SET.format(content),
        "mapping_set_title": "Alignment of the entities of a medical knowledge graph",
        "license": LICENSE.format(license_) if license_ in categories() else NO_LICENSE,
        "comment": f"SPDX-License-Identifier: {license_} (what names the entities: {licenses})",
    }
    return yaml.safe_dump(slots, sort_keys=False, allow_unicode=True, width=10_000)


def curie(id_: str) -> str:
    """`Disease:%E7%B3%96` for the entity `Disease:糖`. An id of SSSOM is a URI (RFC 3986): sssom-py leaves out every mapping
    whose id holds a sign beyond ASCII."""
    return f"{type_of(id_)}:{quote(name_of(id_), safe='')}"


def read_sssom(path: Path) -> Ledger:
    """The decisions of an SSSOM file. Raises InputError."""
    return sssom_decisions(path).rows


def sssom_decisions(path: Path, who: str = "reviewer") -> Decisions:
    """The decisions of an SSSOM file, ours or anybody's: exact matches are `same`, their negations `different`; other
    predicates are counted as `unlike`. `who`: decided where the file names nobody. Raises InputError with every fault."""
    slots = _slots(path)
    header, table = table_of(path)
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; is it an SSSOM file with its metadata inside?")
    rows: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    faults: list[str] = []
    unlike = 0
    for line, cells in table:
        if cells["predicate_id"] not in EXACT:
            unlike += 1
            continue
        try:
            row = _decision({**slots, **{name: value for name, value in cells.items() if value}}, who)
        except ValueError as error:
            faults.append(f"{path}:{line}: {error}")
            continue
        first = rows.setdefault(row["id"], row)
        lines.setdefault(row["id"], line)
        if first["verdict"] != row["verdict"]:
            faults.append(
                f"{path}:{line}: {row['verdict']}, but line {lines[row['id']]} says {first['verdict']} of the same two"
            )
    if faults:
        raise InputError("\n".join(faults))
    return Decisions(LEDGER.frame(list(rows.values())).sort("id"), lines, unlike=unlike)


def _slots(path: Path) -> dict[str, Any]:
    """Of the metadata at the top of the file what holds for every row without a value of its own."""
    lines = read_text(path).split("\n")
    block = [line[1:] for line in takewhile(lambda line: line.startswith("#"), lines)]
    slots, _ = read_yaml("\n".join(block), path)
    if slots is not None and not isinstance(slots, dict):
        raise InputError(f"{path}:1: the metadata is not a YAML mapping; expected #curie_map: and the like")
    return {name: slots[name] for name in PROPAGATED if name in slots} if slots else {}


def _decision(slots: dict[str, Any], who: str) -> dict[str, Any]:
    """One row as a decision. Raises ValueError."""
    before, after = (
        _id(str(slots.get(name, "")), slots.get("curie_map") or {}) for name in ("subject_id", "object_id")
    )
    modifier = slots.get("predicate_modifier", "")
    if modifier not in ("", "Not"):
        raise ValueError(f"predicate_modifier {modifier!r}: expected Not or nothing")
    try:
        score = float(slots.get("confidence", 1.0))
    except ValueError as error:
        raise ValueError(f"confidence {slots['confidence']!r}: expected a number of 0 to 1") from error
    if not 0 <= score <= 1:
        raise ValueError(f"confidence {score}: expected a number of 0 to 1")
    people = ("author_label", "author_id", "creator_label", "creator_id", "mapping_tool")
    deciders = next((_texts(slots[name]) for name in people if slots.get(name)), [who])
    rules = _texts(
        slots.get("curation_rule_text")
        or str(slots.get("mapping_justification") or "sssom").partition(":")[2]
        or "sssom"
    )
    verdict = DIFFERENT if modifier else SAME
    return decision(before, after, verdict, ", ".join(rules), score, str(slots.get("comment", "")), ", ".join(deciders))


def _id(text: str, prefixes: dict[str, str]) -> str:
    """The id of an entity by its CURIE: one of ours, or as it stands."""
    prefix, colon, local = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} is not a CURIE; expected PREFIX:NAME")
    if prefix not in prefixes:
        if prefix in BUILT_IN:
            return text
        raise ValueError(f"the prefix {prefix!r} is not in the curie_map of the metadata")
    iri = f"{prefixes[prefix]}{local}"
    return unquote(iri.removeprefix(BASE)) if iri.startswith(BASE) else text


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _texts(value: Any) -> list[str]:
    """The values of a slot that may have several."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return PIPE.sub(lambda sign: sign[1] or "\0", str(value)).split("\0")

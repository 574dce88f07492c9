"""An earlier report, and what grew or shrank since."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, NonNegativeInt, ValidationError

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import read_text

GROUPS = ("totals", "types", "relations", "sources", "findings")
BEFORE, BEHIND = '<script type="application/json" id="numbers">', "</script>"


class Numbers(BaseModel):
    """What a report says in numbers, by name; None: the earlier file does not tell."""

    totals: dict[str, NonNegativeInt] | None = None
    types: dict[str, NonNegativeInt] | None = None
    relations: dict[str, NonNegativeInt] | None = None
    sources: dict[str, NonNegativeInt] | None = None
    findings: dict[str, NonNegativeInt] | None = None


@dataclass(frozen=True)
class Change:
    """One number before and now."""

    group: str
    name: str
    before: int
    now: int

    @property
    def by(self) -> int:
        return self.now - self.before


def read_earlier(path: Path) -> Numbers:
    """The numbers of a report page or of what `audit --format json` printed. Raises InputError for another file."""
    text = read_text(path)
    _, is_page, behind = text.partition(BEFORE)
    try:
        value = orjson.loads(behind.partition(BEHIND)[0] if is_page else text)
        if isinstance(value, list):
            return Numbers.model_validate(_of_audits(value))
        if isinstance(value, dict) and value.get("kgtools") == "report 1":
            return Numbers.model_validate(value)
    except (orjson.JSONDecodeError, ValidationError, KeyError, TypeError, ValueError):
        pass  # the message below says it for all of them
    raise InputError(
        f"{path}: neither a report of kgtools audit --html nor the output of kgtools audit --format json; name one of these"
    )


def _of_audits(audits: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {row["name"]: row["count"] for row in audits}
    tables = {row["name"]: [dict(zip(row["columns"], r, strict=True)) for r in row["rows"]] for row in audits}
    types, relations = tables.get("counts_by_type"), tables.get("counts_by_relation")
    totals: dict[str, int] = {}
    if types is not None:
        totals["entities"] = sum(row["entities"] for row in types)
        totals["with_english"] = sum(row["with_english"] for row in types)
    if relations is not None:
        totals["triples"] = sum(row["triples"] for row in relations)
    return {
        "totals": totals,
        "types": None if types is None else {row["type"]: row["entities"] for row in types},
        "relations": None if relations is None else {row["relation"]: row["triples"] for row in relations},
        "findings": counts,
    }


def changes(before: Numbers, now: dict[str, dict[str, int]]) -> list[Change]:
    """Every number that both tell, group by group: as now, then what is gone.

    A type, relation or source that one of them lacks counts 0 there; an audit that was not run is left out."""
    return [change for group in GROUPS for change in _of_group(group, getattr(before, group), now[group])]


def _of_group(group: str, before: dict[str, int] | None, now: dict[str, int]) -> Iterator[Change]:
    if before is None:
        return
    names = [*now, *(name for name in sorted(before) if name not in now)]
    for name in names:
        if group not in ("totals", "findings") or (name in before and name in now):
            yield Change(group, name, before.get(name, 0), now.get(name, 0))

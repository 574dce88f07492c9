"""The gate for people's records: as they were, never de-identified, they leave only where the user answers for that.

What is known of a table stands in the `run.json` beside it, which counts where it has the SHA-256 of the table; else the
names of the readers in the rows decide. Steps on records hand on what is known; what takes them out asks the gate."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.reader import Reader
from kgtools.corpora.record_files import file_of, scan, story
from kgtools.tools import registry
from kgtools.tools.errors import Findings
from kgtools.tools.inputs.files import sha256

ALLOW = "--allow-identified"
PRIVATE = ("dialogue", "diagnosis", "report")
"""Tasks whose records are of people, where nobody knows who read them."""


def vouched(file: Path) -> dict[str, Any]:
    """The `run.json` beside a file where it vouches for it: it has its SHA-256, whatever the file is called now; else empty."""
    told = story(file)
    outputs = told.get("outputs")
    return told if isinstance(outputs, dict) and sha256(file) in outputs.values() else {}


def privacy(file: Path) -> dict[str, bool]:
    """What is known of a file: whether it holds people's records as they were (`private`), and whether those that it holds were
    `deidentified`; without what is not known. That it is private is believed of any `run.json`, that it is not of one that
    vouches for it."""
    beside = _settings(story(file))
    return _settings(vouched(file)) or ({"private": True} if _as_they_were(beside) else {})


def _settings(told: Mapping[str, Any]) -> dict[str, bool]:
    settings = told.get("settings")
    known = settings if isinstance(settings, dict) else {}
    return {key: known[key] for key in ("private", "deidentified") if isinstance(known.get(key), bool)}


def handed_on(place: Path) -> dict[str, bool]:
    """What a step on records writes into the settings of its own `run.json`; what nobody vouches for, the rows tell."""
    known = privacy(file_of(place))
    return known or ({"private": True} if identified(place) else {})


def together(known: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """What is known of what was made from several tables."""
    each = list(known)
    if any(_as_they_were(one) for one in each):
        return {"private": True}
    if any(one.get("deidentified") for one in each):
        return {"deidentified": True}
    return {"private": False} if each and all(one.get("private") is False for one in each) else {}


def identified(place: Path, rows: pl.LazyFrame | None = None) -> dict[str, int]:
    """Records of people that were never de-identified, by source. `place`: a folder or file of records; `rows`: only these of it."""
    known = privacy(file_of(place))
    if known and not _as_they_were(known):
        return {}
    rows = scan(place)[0] if rows is None else rows
    counted = rows.group_by("source", "task").len().collect(engine="streaming").sort("source", "task")
    found, every = Counter[str](), Counter[str]()
    for source, task, number in counted.iter_rows():
        every[source] += number
        if is_of_people(source, task):
            found[source] += number
    return dict(found or every) if _as_they_were(known) else dict(found)


def is_private(place: Path) -> bool:
    """Whether a table holds people's records as they were, so that nobody else may read the files that are made of it."""
    return bool(identified(place))


def _as_they_were(known: Mapping[str, bool]) -> bool:
    return known.get("private", False) and not known.get("deidentified", False)


def is_of_people(source: str, task: str) -> bool:
    """Whether a record is of people, by the reader that it names; where that is none, by its task."""
    readers = _readers()
    names = {name.strip().casefold() for name in source.split("+")}
    if any(readers.get(name) for name in names):
        return True
    return task in PRIVATE and not names <= set(readers)


@cache
def _readers() -> dict[str, bool]:
    """Reader -> whether what it reads is of people."""
    return {name.casefold(): reader.private for name, reader in registry.every("readers", Reader)}


def refusal(found: Mapping[str, int], way_out: str) -> str:
    """What is said of records that may not leave. `way_out`: what lets them."""
    lines = ", ".join(f"{source} ({number:,})" for source, number in found.items())
    return (
        f"records of people of which no run.json says that they were de-identified, nothing was written: {lines}. "
        f"De-identify them: kgtools deidentify; or if you have the right, or they stay with you: {way_out}"
    )


def check_identified(place: Path, allowed: bool) -> dict[str, int]:
    """As `identified`, where the user answers for them. Raises Findings where there are any and nobody does."""
    found = identified(place)
    if found and not allowed:
        raise Findings(refusal(found, ALLOW))
    return found

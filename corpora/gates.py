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
from kgtools.corpora.record_files import file_of, read_manifest, scan
from kgtools.tools import registry
from kgtools.tools.errors import Findings
from kgtools.tools.inputs.files import sha256

ALLOW = "--allow-identified"
PRIVATE = ("dialogue", "diagnosis", "report")
"""Tasks whose records are of people, where nobody knows who read them."""


def read_vouched_manifest(file: Path) -> dict[str, Any]:
    """The `run.json` beside a file where it vouches for it: it has its SHA-256, whatever the file is called now; else empty."""
    manifest = read_manifest(file)
    outputs = manifest.get("outputs")
    return manifest if isinstance(outputs, dict) and sha256(file) in outputs.values() else {}


def privacy(file: Path) -> dict[str, bool]:
    """What is known of a file: whether it holds people's records as they were (`private`), and whether those that it holds were
    `deidentified`; without what is not known. That it is private is believed of any `run.json`, that it is not of one that
    vouches for it."""
    beside = _settings(read_manifest(file))
    return _settings(read_vouched_manifest(file)) or ({"private": True} if _as_they_were(beside) else {})


def _settings(manifest: Mapping[str, Any]) -> dict[str, bool]:
    settings = manifest.get("settings")
    known = settings if isinstance(settings, dict) else {}
    return {key: known[key] for key in ("private", "deidentified") if isinstance(known.get(key), bool)}


def hand_on_privacy(source: Path) -> dict[str, bool]:
    """What a step on records writes into the settings of its own `run.json`; what nobody vouches for, the rows tell."""
    known = privacy(file_of(source))
    return known or ({"private": True} if count_identified(source) else {})


def together(known: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """What is known of what was made from several tables."""
    each = list(known)
    if any(_as_they_were(one) for one in each):
        return {"private": True}
    if any(one.get("deidentified") for one in each):
        return {"deidentified": True}
    return {"private": False} if each and all(one.get("private") is False for one in each) else {}


def count_identified(source: Path, rows: pl.LazyFrame | None = None) -> dict[str, int]:
    """Records of people that were never de-identified, by source. `source`: a folder or file of records; `rows`: only these of it."""
    known = privacy(file_of(source))
    if known and not _as_they_were(known):
        return {}
    rows = scan(source)[0] if rows is None else rows
    # what a template says of facts nobody said, so its task tells nothing; whose facts they are, its source does
    of_graph = pl.col("template").is_not_null() & (pl.col("facts").list.len() > 0)
    task = pl.when(of_graph).then(pl.lit("")).otherwise("task").alias("task")
    numbers = rows.select("source", task).group_by("source", "task").len()
    counted = numbers.collect(engine="streaming").sort("source", "task")
    of_people, every = Counter[str](), Counter[str]()
    for name, task, number in counted.iter_rows():
        every[name] += number
        if is_of_people(name, task):
            of_people[name] += number
    return dict(of_people or every) if _as_they_were(known) else dict(of_people)


def is_private(source: Path) -> bool:
    """Whether a table holds people's records as they were, so that nobody else may read the files that are made of it."""
    return bool(count_identified(source))


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


def refusal(counts: Mapping[str, int], way_out: str) -> str:
    """What is said of records that may not leave. `way_out`: what lets them."""
    lines = ", ".join(f"{source} ({number:,})" for source, number in counts.items())
    return (
        f"records of people of which no run.json says that they were de-identified, nothing was written: {lines}. "
        f"De-identify them: kgtools deidentify; or if you have the right, or they stay with you: {way_out}"
    )


def check_identified(source: Path, allowed: bool) -> dict[str, int]:
    """As `count_identified`, where the user answers for them. Raises Findings where there are any and nobody does."""
    counts = count_identified(source)
    if counts and not allowed:
        raise Findings(refusal(counts, ALLOW))
    return counts

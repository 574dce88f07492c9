"""What the commands of corpora print, for people and for programs."""

import sys
from pathlib import Path

from corpora.read import Outcome
from corpora.reading import Reader
from tools.output import print_json, print_table


def print_outcome(outcome: Outcome, out: Path, style: str) -> None:
    """What was read, refused and changed."""
    if style == "json":
        print_json(vars(outcome))
        return
    rows = [["written", "", outcome.written]]
    for what in ("tasks", "langs", "splits", "rejected", "changed"):
        rows += [[what, name or "none", number] for name, number in getattr(outcome, what).items()]
    rows += [["duplicates", "the same id", outcome.duplicates]] if outcome.duplicates else []
    print_table(["", "", outcome.table], rows, outcome.reader)
    note = f" ({outcome.license_note})" if outcome.license_note else ""
    print(f"licence: {outcome.license}{note}; the {outcome.table} are in {out}", file=sys.stderr)


def print_fits(fits: list[tuple[str, str, str]], style: str) -> None:
    """Which reader fits which file, and why."""
    if style == "json":
        print_json([dict(zip(("file", "reader", "why"), fit, strict=True)) for fit in fits])
    elif fits:
        print_table(["file", "reader", "why"], fits)


def print_reader(name: str, reader: Reader, style: str) -> None:
    """What a reader reads."""
    facts = {
        "reader": name, "title": reader.title, "files": reader.files, "license": reader.license,
        "license_note": reader.license_note, "url": reader.url, "private": reader.private,
        "settings": {key: info.description or "" for key, info in reader.settings.model_fields.items()},
    }  # fmt: skip
    if style == "json":
        print_json(facts)
    else:
        print_table(["", name], [[key, value] for key, value in facts.items() if value not in ("", {})])

"""Files of sources into a graph: read, clean, count, and hand to the store."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.kg.build.counts import count, flags, totals
from kgtools.kg.build.inputs import SourceMetadata, SourceTables
from kgtools.kg.build.normalize import clean
from kgtools.kg.source import Options, Reading, short_names
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.originals import find_same_file, originals
from kgtools.tools.outputs.empty import SHOWN, refuse_empty

Read = Callable[[list[Path], Options], Reading]


@dataclass(frozen=True)
class Report:
    """What one source's load did, in the names that `--format json` prints."""

    source: str
    files: dict[str, str]
    license: str
    counts: list[dict[str, Any]]
    totals: dict[str, dict[str, int]]
    skipped: dict[str, dict[str, int]]
    changed: dict[str, int]
    flagged: dict[str, int]
    unknown: dict[str, int]
    counting: list[dict[str, Any]]
    idle: list[str]


def groups(arguments: list[str]) -> list[tuple[str, list[Path]]]:
    """`SOURCE FILE... [SOURCE FILE...]` as (source, files). Raises UsageError."""
    sources = registry.names("sources")
    sources_with_files: list[tuple[str, list[Path]]] = []
    for word in arguments:
        if word in sources:
            sources_with_files.append((word, []))
        elif not sources_with_files:
            raise UsageError(f"no source is called {word!r}; {registry.suggestion(word, sources)}")
        else:
            sources_with_files[-1][1].append(Path(word))
    for at, (name, paths) in enumerate(sources_with_files):
        if name in [earlier for earlier, _ in sources_with_files[:at]]:
            raise UsageError(f"the source {name} is named twice; name all of its files after it, once")
        if not paths:
            raise UsageError(f"the source {name} has no file; name its files after it")
    return sources_with_files


def prepare(name: str, paths: list[Path], options: Options, raw: bool = False) -> tuple[SourceTables, Report]:
    """Read and clean the files of one source. Raises InputError with file and line."""
    read: Read = registry.find("sources", name)
    if same := find_same_file(paths):
        raise InputError(f"{name}: a file is named twice: {same[0]} and {same[1]}")
    with originals() as inputs:
        read_from = [inputs.take(path) for path in sorted(paths)]
        with registry.lent("sources", name):
            reading = read(read_from, options)
        _refuse_name(name, reading.source)
        files = {short_name: inputs.sha256(path) for path, short_name in sorted(short_names(read_from).items())}
    cleaned = clean(reading, raw)
    counts = count(cleaned)
    report = _report(reading, counts, files, cleaned.rejects, flags(cleaned.named, cleaned.facts))
    info = reading.info
    metadata = SourceMetadata(
        license=info.license, files=files, reader=name, title=info.title, license_note=info.license_note, raw=raw,
        counts=counts, flagged=report.flagged,
    )  # fmt: skip
    return SourceTables(reading.source, metadata, cleaned.named, cleaned.facts, cleaned.rejects), report


SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
"""What a source may be called: a folder of a graph, a word of a query."""


def _refuse_name(name: str, source: str) -> None:
    """Raises InputError where what was read is called so that no folder and no query can be, or as another source."""
    if not SOURCE.fullmatch(source):
        raise InputError(f"the source {name!r} calls what it read {source!r}; expected small letters, digits, - and _")
    if source != name and source in registry.names("sources"):
        raise InputError(f"the source {name!r} calls what it read {source!r}, as another source is called; rename it")


def refuse_nothing(prepared: list[tuple[SourceTables, Report]], allow_empty: bool) -> None:
    """Raises InputError where a source gives nothing, or says facts of which none is kept: in the graph it would take the place of
    what it said before."""
    for tables, report in prepared:
        refused = tables.rejects.filter(pl.col("action") != "changed")
        reasons = refused.group_by("reason").len().sort("reason")
        where = (
            f"{row['file']}:{row['row']}: {row['field']}: {row['reason']}"
            for row in refused.head(SHOWN).iter_rows(named=True)
        )
        facts_read = report.totals["triples"]["read"]
        refuse_empty(
            tables.facts.height if facts_read else tables.named.height,
            f"{', '.join(report.files)}: {report.source} gives {f'none of its {facts_read:,} facts' if facts_read else 'no entity and no fact'}",
            allow_empty,
            dict(reasons.iter_rows()) | {reason: sum(fields.values()) for reason, fields in report.skipped.items()},
            where,
        )


def _report(
    reading: Reading, rows: list[dict[str, Any]], files: dict[str, str], rejects: pl.DataFrame, flagged: dict[str, int]
) -> Report:
    skipped: dict[str, dict[str, int]] = {}
    for (field, reason), number in reading.skipped.items():
        skipped.setdefault(reason, {})[field] = number
    changes = rejects.filter(pl.col("action") == "changed").group_by("reason").len().sort("reason")
    return Report(
        source=reading.source,
        files=files,
        license=reading.info.license,
        counts=rows,
        totals=totals(rows),
        skipped=skipped,
        changed=dict(changes.iter_rows()),
        flagged=flagged,
        unknown={row["name"]: row["read"] for row in rows if row["kind"] == "unknown" and row["field"] is None},
        counting=reading.counting.to_dicts() if reading.counting is not None else [],
        idle=list(reading.idle),
    )

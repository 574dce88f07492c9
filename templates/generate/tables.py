"""What a run of `generate` gives: its tables and counts, and the folder that they are written to."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import PREFERENCES, Preferences, Records
from kgtools.kg.build.inputs import GraphMetadata, files_of
from kgtools.kg.licenses import LICENSES
from kgtools.templates.generate.licenses import licence_text
from kgtools.templates.generate.spill import Scratch
from kgtools.templates.pack import Pack
from kgtools.templates.tasks.records import ItemNames
from kgtools.tools.frames import Schema, scan_table, sink_table, write_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest

NAMES_FILE = "names.parquet"
ROW_GROUP = 20_000
"""Records in a row group of `records.parquet`: as many as in that of every other step."""


@dataclass(frozen=True)
class GenerateCounts:
    """What came of a run. `triples`: language -> what became of its facts, a reason of REASONS -> facts. Of preferences also
    `lengths`, `names` (`preferences/balance.py`) and `refused`: language -> why a wrong answer was not taken -> tries. Of items
    `by_task`: task -> language -> records, and `distractors`: language -> whose answers wrong options are -> options. `hold_out`: what
    was held out, and the proof of it (`holdout/proof.py`). `permuted`: of a control set, what `permute_answers` counts.
    `by_source`: of a sample by source or relation, relation -> graph -> records that it has a part in, and `all`. Of the task cypher `executed`:
    the queries that the store was asked, each with the rows that its record says."""

    records: int
    by_template: dict[str, int]
    by_license: dict[str, int]
    triples: dict[str, dict[str, int]]
    lengths: dict[str, dict[str, dict[str, float]]] | None = None
    names: dict[str, dict[str, float]] | None = None
    refused: dict[str, dict[str, int]] | None = None
    by_task: dict[str, dict[str, int]] | None = None
    distractors: dict[str, dict[str, int]] | None = None
    hold_out: dict[str, Any] | None = None
    permuted: dict[str, int] | None = None
    by_source: dict[str, dict[str, int]] | None = None
    executed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `run.json` and `--format json` have them; of records without what preferences have."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class RecordTables:
    """The tables that a run writes, and its counts. `files`: records, or preferences where these were asked for, in order, a part of
    them each; they are gone when the tables are. `names`: of items, what a wrong answer may name."""

    schema: Schema
    files: tuple[Path, ...]
    coverage: pl.DataFrame
    counts: GenerateCounts
    names: ItemNames | None
    scratch: Scratch

    def scan(self) -> pl.LazyFrame:
        """The records or preferences as a stream."""
        return pl.concat([self.schema.frame().lazy(), *map(scan_table, self.files)])

    @cached_property
    def records(self) -> Records | Preferences:
        """All of them in memory."""
        return self.scan().collect()


def write(
    tables: RecordTables, folder: Path, settings: dict[str, Any], graph: GraphMetadata, packs: Iterable[Pack],
    command: str = "generate", **facts: Any,
) -> None:  # fmt: skip
    """`records.parquet`, `records.jsonl` (or both of preferences), `coverage.parquet`, `LICENSES.md` and `run.json` in `folder`; of
    items `names.parquet` too.
    `graph`: what the store tells about itself; `packs`: those that made the tables; `facts`: what `run.json` tells besides."""
    noun = tables.schema.noun
    texts = ("prompt", "chosen", "rejected") if tables.schema is PREFERENCES else ("messages",)
    sink_table(tables.scan(), folder / f"{noun}.parquet", ROW_GROUP)
    sink_table(tables.scan().select("id", "lang", *texts, "license"), folder / f"{noun}.jsonl")
    write_table(tables.coverage, folder / "coverage.parquet")
    (folder / LICENSES).write_bytes(licence_text(tables.scan(), packs, graph))
    written = (f"{noun}.parquet", f"{noun}.jsonl", "coverage.parquet", LICENSES)
    outputs = {name: sha256(folder / name) for name in written}
    if tables.names is not None:
        write_table(tables.names, folder / NAMES_FILE)
        outputs[NAMES_FILE] = sha256(folder / NAMES_FILE)
    (folder / "run.json").write_bytes(
        manifest(command, settings, files_of(graph), outputs=outputs, **tables.counts.to_dict(), **facts)
    )


def refuse_none(tables: RecordTables, graph: str, allow_empty: bool) -> None:
    """Raises InputError, with what became of the facts, where nothing was made of them."""
    by_lang = tables.counts.triples.items()
    reasons = {f"{lang}, {reason}": number for lang, fates in by_lang for reason, number in fates.items()}
    refuse_empty(tables.counts.records, f"{graph}: none of its facts makes a record", allow_empty, reasons)

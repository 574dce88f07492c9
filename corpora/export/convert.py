"""Records into the files of a format, with what says what is in them: a dataset card, LLaMA-Factory's list, Croissant."""

import re
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.checks.examples import SPLITS
from kgtools.corpora.export.card import CardFacts, card
from kgtools.corpora.export.croissant import croissant
from kgtools.corpora.export.format import ALONE, Format, Part, Shard, find
from kgtools.corpora.export.llama_factory import dataset_info
from kgtools.corpora.export.rowfiles import RowFiles
from kgtools.corpora.gates import check_identified, hand_on_privacy, is_private, read_vouched_manifest
from kgtools.corpora.record_files import RecordTable, Sink, batches, open_table, read_manifest, to_dict
from kgtools.tools import registry
from kgtools.tools.errors import Findings, InputError, UsageError
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import sha256, to_json
from kgtools.tools.licenses.check import gate
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest, staging

MOST_PARTS, MOST_DOCUMENTS = 200, 10_000
"""Kinds of records with files of their own, at most: each has a file open, unless it is one JSON document."""
SHARD = re.compile(r"(.+-)?(train|validation|test)-\d{5}-of-\d{5}\.(jsonl|jsonl\.zst|parquet|csv)")
"""`train-00000-of-00003.jsonl.zst`, a file that an earlier run may have left."""
DROPS = Schema(
    "rejects",
    {"record": pl.String, "source": pl.String, "task": pl.String, "split": pl.String, "reason": pl.String},
    required=("record", "source", "task", "reason"),
)
"""A row for each record that the format cannot hold."""


@dataclass(frozen=True)
class ConvertOptions:
    """`file`: an ending of the format's, or its first. `allow_identified`: people's records that were never
    de-identified go too. `name`: of the set, in its card and tasks."""

    file: str | None = None
    shard_size: int = 100_000
    allow_license: tuple[str, ...] = ()
    allow_identified: bool = False
    name: str = "kgtools"
    allow_empty: bool = False


@dataclass(frozen=True)
class ConvertResult:
    """What a run did. `splits`, `sources`...: rows that were written, by each.
    `identified`: people's records among what was read that were never de-identified, by source."""

    format: str
    table: str
    written: int
    dropped: dict[str, int]
    splits: dict[str, int]
    tasks: dict[str, int]
    langs: dict[str, int]
    sources: dict[str, int]
    licenses: dict[str, int]
    files: dict[str, int]
    identified: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    out: Path = Path()

    @property
    def drops(self) -> dict[str, int]:
        """Records that the format cannot hold, by reason."""
        return self.dropped

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self)


def convert(source: Path, name: str, out: Path, options: ConvertOptions) -> ConvertResult:
    """The records of `source` (a folder or Parquet file) in `out`, all or nothing.

    Raises Findings where a licence forbids it or people's records were never de-identified, with nothing written. InputError
    where the format holds none of them, unless told to allow it: then only the drops are written."""
    format_ = find(name)
    ending = options.file or format_.endings[0]
    if ending not in format_.endings:
        raise UsageError(f"--file {ending}: the format {name} is written as {' or '.join(format_.endings)}")
    with open_table(source) as table:
        if out.resolve() == table.file.parent.resolve():
            raise UsageError(f"--out {out}: holds the records themselves, with their own run.json; name another folder")
        with registry.lent("formats", name):
            return _convert(table, name, format_, out, replace(options, file=ending))


def _convert(table: RecordTable, name: str, format_: Format, out: Path, options: ConvertOptions) -> ConvertResult:
    rows, schema, ending = table.rows, table.schema, str(options.file)
    counts: Counter[tuple[str, ...]] = Counter()
    with staging(out, old=_of_earlier_runs, private=is_private(table.file)) as stage:
        _pass_gate(rows, options)
        people = check_identified(table.file, options.allow_identified)
        written = _write_rows(rows, schema, format_, ending, options, stage, counts)
        result = replace(_summary(name, schema.noun, written, counts), identified=people, out=out)
        refuse_empty(
            result.written, f"{table.file}: the format {name} holds none of these {schema.noun}", options.allow_empty,
            result.dropped,
        )  # fmt: skip
        if written.shards:
            about = CardFacts(
                options.name,
                format_,
                ending,
                schema.noun,
                written.columns,
                written.shards,
                result.to_dict(),
                read_vouched_manifest(table.file),
            )
            for file, content in _beside(about, written).items():
                (stage / file).write_bytes(content)
        settings = {key: value for key, value in asdict(options).items() if key != "allow_empty"}
        settings |= {"format": name, "file": ending, "allow_license": sorted(options.allow_license)} | hand_on_privacy(
            table.file
        )
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        facts = {key: value for key, value in result.to_dict().items() if key not in ("format", "refused")}
        (stage / "run.json").write_bytes(manifest("convert", settings, table.inputs(), outputs=outputs, **facts))
    return result


@dataclass(frozen=True)
class _RowFilesWritten:
    columns: dict[str, Any]
    parts: list[Part]
    shards: list[Shard]


def _pass_gate(rows: pl.LazyFrame, options: ConvertOptions) -> None:
    counted = rows.group_by(pl.col("license").fill_null("")).len().collect(engine="streaming")
    passed = gate(dict(counted.iter_rows()), options.allow_license)
    if passed.refused:
        lines = "; ".join(f"{license_}: {number:,} rows" for license_, number in passed.refused.items())
        raise Findings(
            f"rows that their licences do not let be passed on, nothing was converted: {lines} ({passed.why()}). "
            f"{passed.way_out(passed.options())}"
        )


def _write_rows(
    rows: pl.LazyFrame,
    schema: Schema,
    format_: Format,
    ending: str,
    options: ConvertOptions,
    stage: Path,
    counts: Counter[tuple[str, ...]],
) -> _RowFilesWritten:
    """Writes the rows and their drops; adds to `counts` under (reason, split, task, lang, source, license)."""
    faults = {"unknown-split": ~pl.col("split").is_in(SPLITS)} | format_.faults(schema.noun)
    reason = pl.coalesce(pl.lit(None, pl.String), *(pl.when(wrong).then(pl.lit(why)) for why, wrong in faults.items()))
    columns = format_.columns(schema.noun)
    kinds = dict(format_.prepare(schema.frame()).select(**_possible(columns, faults)).schema)
    parts: dict[tuple[str, ...], Part] = {}
    files = RowFiles(stage, format_, ending, options.shard_size, Schema("rows", kinds))
    with files, Sink(stage / "rejects.parquet", DROPS) as drops:
        for batch in batches(rows):
            split = pl.col("split").fill_null("train")
            judged = format_.prepare(batch).with_columns(reason.alias(".reason"), split.alias(".split"))
            for *key, number in (
                judged.group_by(".reason", ".split", "task", "lang", "source", "license").len().iter_rows()
            ):
                counts[tuple(word or "" for word in key)] += number
            bad = judged.filter(pl.col(".reason").is_not_null())
            drops.write(
                bad.select(pl.col("id").alias("record"), "source", "task", "split", pl.col(".reason").alias("reason"))
            )
            good = judged.filter(pl.col(".reason").is_null())
            for words, some in good.partition_by(*format_.part, ".split", as_dict=True, maintain_order=True).items():
                part = _part(format_, parts, tuple(map(str, words[:-1])))
                origin = Counter(
                    {(source, name): n for source, name, n in some.group_by("source", "license").len().iter_rows()}
                )
                files.write(part, str(words[-1]), some.select(**columns), origin)
    return _RowFilesWritten(kinds, list(parts.values()), files.shards)


def _possible(columns: dict[str, pl.Expr], faults: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """The columns of files, or none where every row has a fault."""
    return columns if not any(fault.meta.is_literal() for fault in faults.values()) else {}


def _part(format_: Format, parts: dict[tuple[str, ...], Part], key: tuple[str, ...]) -> Part:
    if key not in parts:
        most = MOST_PARTS if format_.around is None else MOST_DOCUMENTS
        if len(parts) == most:
            raise InputError(
                f"more than {most:,} kinds of records ({', '.join(format_.part)}), each with files of its own; "
                "convert them in smaller sets"
            )
        stem, taken = (
            format_.stem(len(parts) + 1, key) if format_.stem else ALONE,
            {part.stem for part in parts.values()},
        )
        parts[key] = Part(len(parts) + 1, key, stem if stem not in taken else f"{stem}-{len(parts) + 1}")
    return parts[key]


def _summary(name: str, noun: str, written: _RowFilesWritten, counts: Counter[tuple[str, ...]]) -> ConvertResult:
    def by(index: int, dropped: bool = False) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for key, number in counts.items():
            if bool(key[0]) == dropped:
                totals[key[index]] += number
        return dict(sorted(totals.items()))

    splits = by(1)
    return ConvertResult(
        format=name,
        table=noun,
        written=sum(splits.values()),
        dropped=by(0, dropped=True),
        splits={split: splits[split] for split in SPLITS if split in splits},
        tasks=by(2),
        langs=by(3),
        sources=by(4),
        licenses=by(5),
        files={shard.name: shard.rows for shard in written.shards},
    )


def _beside(about: CardFacts, written: _RowFilesWritten) -> dict[str, bytes]:
    """The files that describe the others, and those that the format adds."""
    files = {"README.md": card(about), "croissant.json": to_json(croissant(about))}
    listed = dataset_info(about)
    if listed:
        files["dataset_info.json"] = to_json(listed)
    return files | (about.format.more(about.name, written.parts, written.shards) if about.format.more else {})


def _of_earlier_runs(out: Path) -> set[str]:
    """What earlier runs wrote there, which goes where this one does not write it again, lest its rows are read with these."""
    earlier = read_manifest(out)
    listed = earlier.get("outputs", {}) if earlier.get("command") == "convert" else {}
    return {file.name for file in out.iterdir() if file.name in listed or SHARD.fullmatch(file.name)}

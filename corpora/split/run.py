"""A table of records split into a folder, with the proof that no group and no fact is in two splits."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.gates import check_identified, handed_on, is_private
from kgtools.corpora.record import REMOVED
from kgtools.corpora.record_files import Sink, Table, batches, open_table, refuse_other, within
from kgtools.corpora.split.assign import Assigned, assign, subset
from kgtools.corpora.split.cut import cut
from kgtools.corpora.split.index import index_of, reader_of
from kgtools.corpora.split.plan import SPLITS, Plan
from kgtools.corpora.split.proof import prove
from kgtools.corpora.split.ties import Ties, names_of, tie
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import Schema, scan_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest, staging

TOLERANCE = 0.01
"""So far from what was asked may the share of a split be before the user is told."""


@dataclass(frozen=True)
class Done:
    """What a run did, in the names that `--format json` prints.

    `splits`: records in each, `asked`: how many it was to have; `off`: how far the share of a split is at most from what was
    asked, `tolerance`: how far it may be. `groups` and `facts`: how many are in each split, `crossing` and `crossing_facts`: how
    many are in more than one. `strata`: a row a stratum. `subsets`: records in each. `removed`: by reason. `cut`: dialogues that
    were. `tied`: groups that facts or `tie` put into others. `parted`: groups that were larger than a split may hold,
    `parted_records`: what they held. `shared_questions`: questions, compared as duplicates are, that are in more than one split
    although their groups are not."""

    table: str
    records: int
    splits: dict[str, int]
    asked: dict[str, int]
    off: float
    tolerance: float
    groups: dict[str, int]
    facts: dict[str, int]
    strata: list[dict[str, Any]]
    subsets: dict[str, int]
    removed: dict[str, int]
    cut: int
    tied: int
    parted: int
    parted_records: int
    crossing: int
    crossing_facts: int
    shared_questions: int


def run(place: Path, out: Path, plan: Plan, allow_identified: bool = False, allow_empty: bool = False) -> Done:
    """The records of `place` with their split in `out`, with `removed.parquet`, a file for each subset and `run.json`, all or
    nothing. Raises UsageError for a plan that the records cannot fill, Findings where a group or fact would cross, and for
    people's records that were never de-identified, but for `allow_identified`; InputError where none is left, unless
    `allow_empty`."""
    with open_table(place) as table:
        table.refuse_as_out(out)
        return _run(table, out, plan, allow_identified, allow_empty)


def _run(table: Table, out: Path, plan: Plan, allow_identified: bool, allow_empty: bool) -> Done:
    rows, schema = table.rows, table.schema
    if schema.noun == "preferences" and any(rule.cut for rule in plan.rules):
        raise UsageError("a plan that cuts dialogues is for records, and these are preferences")
    people = check_identified(table.file, allow_identified)
    with staging(out, private=is_private(table.file)) as stage:
        refuse_other(out, schema)
        index, strata = index_of(rows, plan)
        ties = tie(reader_of(rows, plan), index, plan)
        placed = assign(ties.index, plan, ties.parts)
        changed = _write(rows, placed.rows, names_of(ties, placed.rows), plan, stage, schema)
        done = _done(stage / f"{schema.noun}.parquet", placed, ties, plan, schema, strata, changed)
        refuse_empty(sum(done.splits.values()), f"{table.file}: no {schema.noun} are left", allow_empty, done.removed)
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        facts = vars(done) | {"identified": people, "outputs": outputs}
        how = plan.model_dump(mode="json") | handed_on(table.file) | {"allow_identified": allow_identified}
        (stage / "run.json").write_bytes(manifest("split", how, table.inputs(), **facts))
    return done


def _write(
    rows: pl.LazyFrame, placed: pl.DataFrame, names: pl.DataFrame, plan: Plan, stage: Path, schema: Schema
) -> int:
    """Every table of the run but `run.json`; gives how many dialogues were cut."""
    chosen = [
        (name, subset(placed, number, wanted, plan.seed, name))
        for number, rule in enumerate(plan.rules)
        for name, wanted in rule.subsets.items()
    ]
    changed = at = 0
    with ExitStack() as stack:
        sink = stack.enter_context(Sink(stage / f"{schema.noun}.parquet", schema))
        gone = stack.enter_context(Sink(stage / "removed.parquet", REMOVED))
        sinks = [stack.enter_context(Sink(stage / f"{name}.parquet", schema)) for name, _ in chosen]
        for batch in batches(rows.drop("split")):
            part = slice(at, at + batch.height)
            batch = batch.with_columns(
                placed["split"][part].cast(pl.String), placed["reason"][part].cast(pl.String), placed["rule"][part],
                *(mine[part].alias(f"in {name}") for name, mine in chosen),
                row=pl.int_range(at, at + batch.height, dtype=pl.UInt32),
            )  # fmt: skip
            at += batch.height
            out = batch.filter(pl.col("split").is_null())
            gone.write(out.select("id", "source", "reason", step=pl.lit("split"), favoured=pl.lit(None, pl.String)))
            kept = batch.filter(pl.col("split").is_not_null()).join(
                within(names, batch).rename({"group": "name"}), on="row", how="left", maintain_order="left"
            )
            kept, number = cut(kept.with_columns(group=pl.coalesce("name", "group")), plan)
            changed += number
            sink.write(kept)
            for (name, _), own in zip(chosen, sinks, strict=True):
                own.write(kept.filter(pl.col(f"in {name}")))
    return changed


def _done(
    path: Path, placed: Assigned, ties: Ties, plan: Plan, schema: Schema, strata: list[str], changed: int
) -> Done:
    """The outcome, from what was written. Raises Findings where a group or fact is in two splits of it."""
    proof = prove(path)
    found = dict(placed.rows.group_by(pl.col("split").cast(pl.String)).len().iter_rows())
    splits: dict[str, int] = {split: found.get(split, 0) for split in SPLITS}
    reasons = placed.rows.drop_nulls("reason").group_by(pl.col("reason").cast(pl.String)).len().sort("reason")
    subsets = {name: path.with_name(f"{name}.parquet") for rule in plan.rules for name in rule.subsets}
    return Done(
        table=schema.noun,
        records=placed.rows.height,
        splits=splits,
        asked=placed.asked,
        off=_off(splits, placed.asked),
        tolerance=TOLERANCE,
        groups=proof.groups.splits,
        facts=proof.facts.splits,
        strata=_strata(placed.rows, strata),
        subsets={name: scan_table(file).select(pl.len()).collect().item() for name, file in subsets.items()},
        removed=dict(reasons.iter_rows()),
        cut=changed,
        tied=ties.tied,
        parted=ties.parted,
        parted_records=ties.parted_records,
        crossing=proof.groups.crossing,
        crossing_facts=proof.facts.crossing,
        shared_questions=proof.questions.crossing,
    )


def _off(found: dict[str, int], asked: dict[str, int]) -> float:
    """The largest difference of two shares of a split."""
    whole, wanted = sum(found.values()) or 1, sum(asked.values()) or 1
    return round(max(abs(found[split] / whole - asked[split] / wanted) for split in SPLITS), 6)


def _strata(placed: pl.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    counts = [pl.col("split").eq(split).sum().alias(split) for split in SPLITS]
    found = placed.group_by("stratum").agg(*counts, removed=pl.col("split").null_count()).sort("stratum")
    return [row | {"stratum": names[row["stratum"]]} for row in found.to_dicts()]

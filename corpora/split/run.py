"""A table of records split into a folder, with the proof that no group and no fact is in two splits."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.gates import check_identified, hand_on_privacy, is_private
from kgtools.corpora.record import HOLD_OUTS, REMOVED
from kgtools.corpora.record_files import (
    RecordStep,
    Sink,
    batches,
    run_step,
    scan_written,
    to_dict,
    within,
)
from kgtools.corpora.split.assign import Assignment, assign, subset
from kgtools.corpora.split.cut import cut
from kgtools.corpora.split.held import find_held
from kgtools.corpora.split.index import index_of, reader_of
from kgtools.corpora.split.plan import SPLITS, SplitPlan
from kgtools.corpora.split.proof import prove
from kgtools.corpora.split.ties import Ties, names_of, tie
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import Schema, scan_table
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.progress import SILENT, Progress

TOLERANCE = 0.01
"""So far from what was asked may the share of a split be before the user is told."""


@dataclass(frozen=True)
class SplitResult:
    """What a run did.

    `total`: records that were read. `splits`: records in each, `asked`: how many it was to have; `off`: how far the share of a split is at
    most from what was asked, `tolerance`: how far it may be. `groups` and `facts`: how many are in each split, `crossing` and `crossing_facts`: how
    many are in more than one. `strata`: a row a stratum. `subsets`: records in each. `removed`: by reason. `cut`: dialogues that
    were. `tied`: groups that facts or `tie` put into others. `parted`: groups that were larger than a split may hold,
    `parted_records`: what they held. `shared_questions`: questions, compared as duplicates are, that are in more than one split
    although their groups are not. `loose_facts`: facts held out by wording or length alone that other splits hold too. `held_out`:
    records that generate held out, all in test, by kind; one of two kinds counts for both."""

    table: str
    total: int
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
    loose_facts: int
    held_out: dict[str, int]
    out: Path | None = None

    @property
    def records(self) -> pl.LazyFrame | None:
        """The records with their split; of a sample that a plan asks for, see the file of its name beside them."""
        return scan_written(self.out, self.table)

    @property
    def written(self) -> int:
        """Records that are in a split."""
        return sum(self.splits.values())

    @property
    def drops(self) -> dict[str, int]:
        """Records that were left out, by reason."""
        return self.removed

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, {"total": "records"})


def run(
    source: Path,
    out: Path,
    plan: SplitPlan,
    allow_identified: bool = False,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> SplitResult:
    """The records of `source` with their split in `out`, with `removed.parquet`, a file for each subset and `run.json`, all or
    nothing. Raises UsageError for a plan that the records cannot fill, Findings where a group or fact would cross, and for
    people's records that were never de-identified, but for `allow_identified`; InputError where none is left, unless
    `allow_empty`."""
    with run_step("split", source, out, is_private) as step:
        rows, schema, file = step.table.rows, step.table.schema, step.table.file
        if schema.noun == "preferences" and any(rule.cut for rule in plan.rules):
            raise UsageError("a plan that cuts dialogues is for records, and these are preferences")
        people = check_identified(file, allow_identified)
        index, strata = index_of(rows, plan)
        held = find_held(lambda: batches(rows.select("hold_out", "group", "facts")))
        ties = tie(held.without(reader_of(rows, plan)), held.with_state(index), plan)
        placed = assign(ties.index, plan, ties.parts)
        progress.start("writing", placed.rows.height, schema.noun)
        changed = _write(rows, placed.rows, names_of(ties, placed.rows), plan, step, progress)
        result = _result(step.records_file, placed, ties, plan, schema, strata, changed, out)
        refuse_empty(result.written, f"{file}: no {schema.noun} are left", allow_empty, result.removed)
        settings = plan.model_dump(mode="json") | hand_on_privacy(file) | {"allow_identified": allow_identified}
        step.write_manifest(settings, result.to_dict() | {"identified": people})
    return result


def _write(
    rows: pl.LazyFrame, placed: pl.DataFrame, names: pl.DataFrame, plan: SplitPlan, step: RecordStep, progress: Progress
) -> int:
    """Every table of the run but `run.json`; gives how many dialogues were cut."""
    chosen = [
        (name, subset(placed, number, wanted, plan.seed, name))
        for number, rule in enumerate(plan.rules)
        for name, wanted in rule.subsets.items()
    ]
    schema = step.table.schema
    changed = at = 0
    with ExitStack() as stack:
        sink = stack.enter_context(Sink(step.records_file, schema))
        gone = stack.enter_context(Sink(step.folder / "removed.parquet", REMOVED))
        sinks = [stack.enter_context(Sink(step.folder / f"{name}.parquet", schema)) for name, _ in chosen]
        for batch in batches(rows.drop("split"), progress=progress):
            part = slice(at, at + batch.height)
            batch = batch.with_columns(
                placed["split"][part].cast(pl.String), placed["reason"][part].cast(pl.String), placed["rule"][part],
                *(members[part].alias(f"in {name}") for name, members in chosen),
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
            for (name, _), sample in zip(chosen, sinks, strict=True):
                sample.write(kept.filter(pl.col(f"in {name}")))
    return changed


def _result(
    path: Path,
    placed: Assignment,
    ties: Ties,
    plan: SplitPlan,
    schema: Schema,
    strata: list[str],
    changed: int,
    out: Path,
) -> SplitResult:
    """The outcome, from what was written. Raises Findings where a group or fact is in two splits of it."""
    proof = prove(path)
    sizes = dict(placed.rows.group_by(pl.col("split").cast(pl.String)).len().iter_rows())
    splits: dict[str, int] = {split: sizes.get(split, 0) for split in SPLITS}
    reasons = placed.rows.drop_nulls("reason").group_by(pl.col("reason").cast(pl.String)).len().sort("reason")
    subsets = {name: path.with_name(f"{name}.parquet") for rule in plan.rules for name in rule.subsets}
    return SplitResult(
        table=schema.noun,
        total=placed.rows.height,
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
        loose_facts=proof.loose_facts,
        held_out=_held_out(path),
        out=out,
    )


def _held_out(path: Path) -> dict[str, int]:
    kinds = scan_table(path).select(pl.col("hold_out").str.split(" + ").alias("kind")).explode("kind").drop_nulls()
    counted = dict(kinds.group_by("kind").len().collect(engine="streaming").iter_rows())
    return {kind: counted[kind] for kind in HOLD_OUTS if kind in counted}


def _off(sizes: dict[str, int], asked: dict[str, int]) -> float:
    """The largest difference of two shares of a split."""
    total, wanted = sum(sizes.values()) or 1, sum(asked.values()) or 1
    return round(max(abs(sizes[split] / total - asked[split] / wanted) for split in SPLITS), 6)


def _strata(placed: pl.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    counts = [pl.col("split").eq(split).sum().alias(split) for split in SPLITS]
    strata = placed.group_by("stratum").agg(*counts, removed=pl.col("split").null_count()).sort("stratum")
    return [row | {"stratum": names[row["stratum"]]} for row in strata.to_dicts()]

"""A table of records split into a folder, with the proof that no group is in two splits."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpora.mix.mixed import REMOVED
from corpora.shards import Sink, batches, privacy, scan
from corpora.split.assign import assign, published_of, runs, subset
from corpora.split.cut import cut
from corpora.split.index import in_numbers, index_of
from corpora.split.plan import SPLITS, Plan
from corpora.texts import normal, with_texts
from tools.errors import Findings, UsageError
from tools.files import manifest, sha256, staging
from tools.frames import Schema


@dataclass(frozen=True)
class Done:
    """What a run did, in the names that `--format json` prints.

    `splits`: records in each, `groups`: groups; `strata`: a row a stratum. `subsets`: records in each. `removed`: by reason.
    `cut`: dialogues that were. `tied`: groups that `tie` put into others. `crossing`: groups in more than one split.
    `shared_questions`: questions, compared as duplicates are, that are in more than one split although their groups are not."""

    table: str
    records: int
    splits: dict[str, int]
    groups: dict[str, int]
    strata: list[dict[str, Any]]
    subsets: dict[str, int]
    removed: dict[str, int]
    cut: int
    tied: int
    crossing: int
    shared_questions: int


def run(place: Path, out: Path, plan: Plan) -> Done:
    """The records of `place` with their split in `out`, with `removed.parquet`, a file for each subset and `run.json`, all or
    nothing. Raises UsageError for a plan that the records cannot fill, Findings where a group would cross."""
    rows, schema = scan(place)
    source = place if place.is_file() else place / f"{schema.noun}.parquet"
    if out.resolve() == source.parent.resolve():
        raise UsageError(f"--out {out}: is the folder of the records themselves; name another")
    if schema.noun == "preferences" and any(rule.cut for rule in plan.rules):
        raise UsageError("a plan that cuts dialogues is for records, and these are preferences")
    index, strata, moved = index_of(rows, plan)
    placed = assign(index, plan)
    with staging(out) as stage:
        changed = _write(rows, placed, moved, plan, stage, schema)
        done = _done(stage / f"{schema.noun}.parquet", placed, plan, schema, strata, changed, moved.height)
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        facts = vars(done) | {"outputs": outputs}
        how = plan.model_dump(mode="json") | privacy(place)
        (stage / "run.json").write_bytes(manifest("split", how, {source.name: sha256(source)}, **facts))
    return done


def _write(
    rows: pl.LazyFrame, placed: pl.DataFrame, moved: pl.DataFrame, plan: Plan, stage: Path, schema: Schema
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
            at += batch.height
            batch = batch.with_columns(
                placed["split"][part].cast(pl.String), placed["reason"][part].cast(pl.String), placed["rule"][part],
                *(mine[part].alias(f"in {name}") for name, mine in chosen),
            )  # fmt: skip
            out = batch.filter(pl.col("split").is_null())
            gone.write(out.select("id", "source", "reason", step=pl.lit("split"), favoured=pl.lit(None, pl.String)))
            kept = batch.filter(pl.col("split").is_not_null()).join(
                moved, on="group", how="left", maintain_order="left"
            )
            kept, number = cut(kept.with_columns(group=pl.coalesce("joined", "group")), plan)
            changed += number
            sink.write(kept)
            for (name, _), own in zip(chosen, sinks, strict=True):
                own.write(kept.filter(pl.col(f"in {name}")))
    return changed


def _done(
    path: Path, placed: pl.DataFrame, plan: Plan, schema: Schema, strata: list[str], changed: int, tied: int
) -> Done:
    """The outcome, from what was written. Raises Findings where a group is in two splits of it."""
    written = pl.scan_parquet(path)
    groups, crossing = _in_splits(written.select("split", name="group"))
    if crossing:
        raise Findings(f"{crossing:,} groups would be in more than one split; nothing was written")
    questions = with_texts(written).select("split", name=normal(pl.col("question"))).filter(pl.col("name") != "")
    splits = dict(placed.group_by(pl.col("split").cast(pl.String)).len().iter_rows())
    reasons = placed.drop_nulls("reason").group_by(pl.col("reason").cast(pl.String)).len().sort("reason")
    subsets = {name: path.with_name(f"{name}.parquet") for rule in plan.rules for name in rule.subsets}
    return Done(
        table=schema.noun,
        records=placed.height,
        splits={split: splits.get(split, 0) for split in SPLITS},
        groups=groups,
        strata=_strata(placed, strata),
        subsets={name: pl.scan_parquet(file).select(pl.len()).collect().item() for name, file in subsets.items()},
        removed=dict(reasons.iter_rows()),
        cut=changed,
        tied=tied,
        crossing=crossing,
        shared_questions=_in_splits(questions)[1],
    )


def _strata(placed: pl.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    counts = [pl.col("split").eq(split).sum().alias(split) for split in SPLITS]
    found = placed.group_by("stratum").agg(*counts, removed=pl.col("split").null_count()).sort("stratum")
    return [row | {"stratum": names[row["stratum"]]} for row in found.to_dicts()]


def _in_splits(rows: pl.LazyFrame) -> tuple[dict[str, int], int]:
    """Of rows with `name` and `split`: how many names are in each split, and how many in more than one."""
    parts = [batch.select(published_of(), number=in_numbers(batch["name"])) for batch in batches(rows, 50_000)]
    if not parts:
        return dict.fromkeys(SPLITS, 0), 0
    found = pl.concat(parts)
    order, starts = runs(found["number"].to_numpy())
    splits = found["published"].to_numpy()[order]
    least, most = np.minimum.reduceat(splits, starts), np.maximum.reduceat(splits, starts)
    return {split: int((least == at).sum()) for at, split in enumerate(SPLITS)}, int((least != most).sum())

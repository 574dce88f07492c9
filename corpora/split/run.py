"""A table of records split into a folder, with the proof that no group is in two splits."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from corpora.mix.mixed import REMOVED
from corpora.shards import Sink, batches, privacy, scan
from corpora.split.assign import assign, subset
from corpora.split.cut import cut
from corpora.split.index import index_of
from corpora.split.plan import SPLITS, Plan
from corpora.texts import normal, with_texts
from tools.errors import Findings, UsageError
from tools.files import manifest, sha256, staging
from tools.frames import Schema, digests, numbers


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
    index, moved = index_of(rows, plan)
    placed = assign(index, plan)
    with staging(out) as stage:
        changed = _write(rows, placed, moved, plan, stage, schema)
        done = _done(stage / f"{schema.noun}.parquet", placed, plan, schema, changed, moved.height)
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
                placed["split"][part], placed["reason"][part], placed["rule"][part],
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


def _done(path: Path, placed: pl.DataFrame, plan: Plan, schema: Schema, changed: int, tied: int) -> Done:
    """The outcome, from what was written. Raises Findings where a group is in two splits of it."""
    written = pl.scan_parquet(path)
    found = written.group_by("group").agg(pl.col("split").n_unique().alias("in"), pl.col("split").first())
    groups = found.collect(engine="streaming")
    crossing = groups.filter(pl.col("in") > 1).height
    if crossing:
        raise Findings(f"{crossing:,} groups would be in more than one split; nothing was written")
    splits = dict(placed.group_by("split").len().iter_rows())
    in_groups = dict(groups.group_by("split").len().iter_rows())
    subsets = {name: path.with_name(f"{name}.parquet") for rule in plan.rules for name in rule.subsets}
    return Done(
        table=schema.noun,
        records=placed.height,
        splits={split: splits.get(split, 0) for split in SPLITS},
        groups={split: in_groups.get(split, 0) for split in SPLITS},
        strata=_strata(placed),
        subsets={name: pl.scan_parquet(file).select(pl.len()).collect().item() for name, file in subsets.items()},
        removed=dict(placed.filter(pl.col("reason").is_not_null()).group_by("reason").len().sort("reason").iter_rows()),
        cut=changed,
        tied=tied,
        crossing=crossing,
        shared_questions=_shared_questions(written),
    )


def _strata(placed: pl.DataFrame) -> list[dict[str, Any]]:
    found = placed.select("stratum", pl.col("split").fill_null("removed"))
    counts = [pl.col("split").eq(split).sum().alias(split) for split in (*SPLITS, "removed")]
    return found.group_by("stratum").agg(counts).sort("stratum").to_dicts()


def _shared_questions(written: pl.LazyFrame) -> int:
    texts = with_texts(written).select("split", text=normal(pl.col("question")))
    keys = []
    for batch in batches(texts.filter(pl.col("text") != "")):
        numbered = pl.DataFrame({"split": batch["split"], "digest": digests(batch["text"])})
        keys.append(numbered.select("split", key=numbers(pl.col("digest"))).unique())
    if not keys:
        return 0
    return pl.concat(keys).unique().group_by("key").len().filter(pl.col("len") > 1).height

"""A recipe into one table: gather, filter, decontaminate, de-identify, take out duplicates, draw, put in order."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.dedup import DedupOptions, find_duplicates
from kgtools.corpora.deidentify import load_policy
from kgtools.corpora.mix.draw import draw
from kgtools.corpora.mix.flow import picture
from kgtools.corpora.mix.gather import gather
from kgtools.corpora.mix.recipe import MixRecipe
from kgtools.corpora.mix.result import MixLog, MixResult
from kgtools.corpora.record import REMOVED
from kgtools.corpora.record_files import Sink, batches, count_rows, refuse_other, within
from kgtools.corpora.split.assign import assign, published_of, rule_of
from kgtools.corpora.split.held import find_held
from kgtools.corpora.split.index import stratum
from kgtools.corpora.split.proof import prove
from kgtools.corpora.split.ties import names_of, tie
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table, scan_table, shuffle_keys, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.staging import make_private, manifest, staging_or_scratch
from kgtools.tools.progress import SILENT, Progress

PIECE = 50_000
"""Records that are put in order in memory at a time."""

PATHS: Any = {"sources": {"__all__": {"path"}}, "tokenizer": True, "decontaminate": {"against"}}
"""What of a recipe the manifest leaves away: where things are on a disk, so that the same mix has the same manifest."""


def merge(
    recipe: MixRecipe,
    out: Path | None,
    key: Callable[[], bytes],
    without: tuple[str, ...] = (),
    progress: Progress = SILENT,
) -> MixResult:
    """Mix into `out`: the records in a seeded order, `removed.parquet`, `mix.svg` and `run.json`, all or nothing.

    `key` gives the key of pseudonyms, asked for only where a source holds people's records. Without `out`, a dry run, all of it is
    done in a folder that is gone afterwards. Raises UsageError for what is missing, Findings where a group or fact would cross,
    InputError where nothing is left."""
    recipe, missing = _find_sources(recipe, without)
    if recipe.deidentify:
        # a fault in it is told even where nothing asks for it
        load_policy(recipe.deidentify.policy)
    log = MixLog(recipe.title, missing)
    with staging_or_scratch(out, out is None) as stage:
        work = stage / ".work"
        work.mkdir()
        try:
            with Sink(stage / "removed.parquet", REMOVED) as removed:
                gather(recipe, work, key, log, removed, progress)
                if out is not None:
                    refuse_other(out, log.schema)
                index, moved = _without_duplicates(recipe, work, log, removed, progress)
                chosen = _choose(recipe, work, index, moved, log, removed)
            table = stage / f"{log.schema.noun}.parquet"
            _write(work, chosen, moved, table, log, progress)
            log.proof = prove(table) if recipe.split else None
        finally:
            shutil.rmtree(work, ignore_errors=True)
        log.count(chosen)
        if chosen.is_empty():
            raise InputError(f"no {log.schema.noun} are left for the mix ({_why(log)}); nothing was written")
        heads = ("source", "task", "split")
        (stage / "mix.svg").write_text(picture(log.flows, heads, recipe.title), encoding="utf-8")
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir()) if file.is_file()}
        settings = recipe.model_dump(mode="json", exclude=PATHS)
        if log.private:
            make_private(stage)
        settings |= {"private": log.private, "deidentified": log.deidentified and not log.private}
        result = log.result(out)
        facts = {**result.to_dict(), "outputs": outputs}
        (stage / "run.json").write_bytes(manifest("merge", settings, log.inputs, **facts))
    return result


def _find_sources(recipe: MixRecipe, without: tuple[str, ...]) -> tuple[MixRecipe, dict[str, str]]:
    """The recipe with the sources that are there, and what each missing one would be. Raises UsageError for a required one."""
    for name in without:
        if name not in recipe.sources:
            raise UsageError(f"--without {name}: the recipe has no such source; it has {', '.join(recipe.sources)}")
    missing = {name: source.bring for name, source in recipe.sources.items() if not source.path or name in without}
    needed = [name for name in missing if recipe.sources[name].required and name not in without]
    if needed:
        lines = [f"  --source {name}=PATH  {recipe.sources[name].bring}".rstrip() for name in needed]
        raise UsageError(
            "the recipe needs more than is here; name each, or omit it with --without NAME:\n" + "\n".join(lines)
        )
    sources = {n: s.model_copy(update={"path": None}) if n in missing else s for n, s in recipe.sources.items()}
    if not any(source.path for source in sources.values()):
        raise UsageError("none of the recipe's sources is here; name one: --source NAME=PATH")
    return recipe.model_copy(update={"sources": sources}), missing


def _without_duplicates(
    recipe: MixRecipe, work: Path, log: MixLog, removed: Sink, progress: Progress
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The index without duplicates, and which groups belong together now (`group`, `joined`).

    Of a cluster the record of the source that the recipe names first stays."""
    parts = load_table(work / "index.parquet", ["part"])["part"]
    if recipe.dedup is None or parts.is_empty():
        return load_table(work / "index.parquet"), pl.DataFrame(schema={"group": pl.String, "joined": pl.String})
    options = DedupOptions(recipe.dedup.on, recipe.dedup.threshold, recipe.dedup.ngram)
    order = {name: index for index, name in enumerate(recipe.sources)}
    rank = parts.cast(pl.String).replace_strict(order, return_dtype=pl.UInt32)
    duplicates, moved = find_duplicates(scan_table(work / "all.parquet"), options, rank, progress)
    index = load_table(work / "index.parquet")
    gone = duplicates.join(index.select("row", source="part"), on="row", how="left", maintain_order="left")
    log.remove(removed, "dedup", gone.select("id", "source", reason="kind", favoured="kept"))
    return index.join(duplicates, on="row", how="anti", maintain_order="left"), moved


def _choose(
    recipe: MixRecipe, work: Path, index: pl.DataFrame, moved: pl.DataFrame, log: MixLog, removed: Sink
) -> pl.DataFrame:
    """What is in the mix: row, copy, split and its place in the seeded order."""
    for name in (name for name, source in recipe.sources.items() if source.path):
        if index.filter(pl.col("part") == name).is_empty():
            why = _why(log, name) or "it holds none"
            raise InputError(f"nothing is left of {name} ({why}); omit it with --without {name}, or fix that")
    result = draw(index, recipe)
    log.drawn = result.table
    left = index.join(result.rows.unique("row"), on="row", how="anti", maintain_order="left")
    _take_out(work, "draw", left.select("row", pl.lit("not-drawn").alias("reason"), source="part"), log, removed)
    chosen = result.rows.join(index, on="row", how="left", maintain_order="left")
    chosen = _split(recipe, work, chosen, moved, log, removed)
    salt = int(digest(f"{recipe.seed}|order")[:16], 16)
    place = shuffle_keys(pl.col("key") ^ pl.col("copy").cast(pl.UInt64), salt)
    return chosen.with_columns(place=place).sort("place", "row", "copy")


def _why(log: MixLog, source: str = "") -> str:
    """What was taken out, of a source or of all, counted by step and reason."""
    rows = [row for row in log.steps() if row["source"] == source or not source]
    return ", ".join(f"{row['step']}, {row['reason']}: {row['records']:,}" for row in rows)


def _split(
    recipe: MixRecipe, work: Path, chosen: pl.DataFrame, moved: pl.DataFrame, log: MixLog, removed: Sink
) -> pl.DataFrame:
    """What is drawn, each with its split; copies of a record are in one group, so in one split."""
    if recipe.split is None:
        return chosen.with_columns(name=pl.lit(None, pl.String))
    plan = recipe.split.model_copy(update={"seed": recipe.split.seed or recipe.seed})
    chosen = chosen.sort("row", "copy")
    columns = chosen.select(
        pl.col("part").cast(pl.String).alias("source"), pl.col("task", "lang", "split", "license").cast(pl.String)
    )
    index = columns.select(rule_of(plan), published_of(), stratum(plan).rank("dense").alias("stratum"))
    held = find_held(lambda: _drawn(work, moved, chosen))
    ties = tie(held.without(lambda: _drawn(work, moved, chosen)), held.with_state(index), plan)
    placed = assign(ties.index, plan, ties.parts).rows
    names = names_of(ties, placed)
    rows = chosen.with_columns(placed.select(pl.col("split", "reason").cast(pl.String))).with_row_index("at")
    rows = rows.join(names.select(at="row", name="group"), on="at", how="left", maintain_order="left").drop("at")
    out = rows.filter(pl.col("reason").is_not_null()).unique("row", maintain_order=True)
    _take_out(work, "split", out.select("row", "reason", source="part"), log, removed)
    return rows.filter(pl.col("split").is_not_null()).drop("reason")


def _drawn(work: Path, moved: pl.DataFrame, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`hold_out`, `group` and `facts` of what is drawn, which is in the order of `row`."""
    for batch in batches(scan_table(work / "all.parquet").select("hold_out", "group", "facts"), numbered=True):
        drawn = within(chosen.select("row"), batch)
        if drawn.height:
            yield drawn.join(_regroup(batch, moved), on="row", how="left", maintain_order="left").drop("row")


def _regroup(batch: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    joined = batch.join(moved, on="group", how="left", maintain_order="left")
    return joined.with_columns(group=pl.coalesce("joined", "group")).drop("joined")


def _take_out(work: Path, step: str, rows: pl.DataFrame, log: MixLog, removed: Sink) -> None:
    """Note that these rows (row, source, reason), in the order of row, are left out."""
    if rows.is_empty():
        return
    for batch in batches(scan_table(work / "all.parquet").select("id"), numbered=True):
        part = within(rows, batch).join(batch, on="row", how="left", maintain_order="left")
        log.remove(removed, step, part.select("id", "source", "reason"))


def _write(work: Path, chosen: pl.DataFrame, moved: pl.DataFrame, path: Path, log: MixLog, progress: Progress) -> None:
    """The chosen rows in their order: dealt into pieces that fit into memory, each put in order by itself."""
    wanted = chosen.select("row", "copy", "name", pl.col("split").cast(pl.Categorical))
    wanted = wanted.with_row_index("at").sort("row", "at")
    folder = work / "pieces"
    rows = scan_table(work / "all.parquet").drop("split")
    progress.start("putting in order", count_rows(rows), log.schema.noun)
    for number, batch in enumerate(batches(rows, PIECE, numbered=True, progress=progress)):
        dealt = within(wanted, batch).join(_regroup(batch, moved), on="row", how="inner")
        dealt = dealt.with_columns(
            pl.col("split").cast(pl.String), piece=pl.col("at") // PIECE, group=pl.coalesce("name", "group")
        )
        for (piece,), part in dealt.partition_by("piece", as_dict=True, include_key=False).items():
            pieces = folder / f"{piece:06}"
            pieces.mkdir(parents=True, exist_ok=True)
            write_table(part, pieces / f"{number:06}.parquet")
    with Sink(path, log.schema) as sink:
        for pieces in sorted(folder.iterdir()) if wanted.height else []:
            rows_in_order = pl.concat([load_table(file) for file in sorted(pieces.iterdir())]).sort("at")
            sink.write(_number_copies(rows_in_order).select(list(log.schema.columns)))


def _number_copies(rows: pl.DataFrame) -> pl.DataFrame:
    """A second copy of a record says so in its meta."""
    comma = pl.when(pl.col("meta") == "{}").then(pl.lit("")).otherwise(pl.lit(","))
    number = pl.concat_str(pl.col("meta").str.strip_suffix("}"), comma, pl.lit('"copy":'), pl.col("copy"), pl.lit("}"))
    return rows.with_columns(meta=pl.when(pl.col("copy") > 0).then(number).otherwise(pl.col("meta")))

"""A recipe into one table: gather, filter, decontaminate, de-identify, take out duplicates, draw, put in order."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.decontaminate import Search, find_contamination, first_hits, search_of
from kgtools.corpora.decontaminate.run import fingerprints, indexed
from kgtools.corpora.dedup import Look, find_duplicates
from kgtools.corpora.deidentify import deidentify, load_policy, residual
from kgtools.corpora.deidentify.policy import Policy
from kgtools.corpora.gates import PRIVATE, identified, privacy
from kgtools.corpora.mix.draw import draw
from kgtools.corpora.mix.filters import faults
from kgtools.corpora.mix.flow import picture
from kgtools.corpora.mix.recipe import Ingredient, Recipe
from kgtools.corpora.mix.result import Mixed
from kgtools.corpora.mix.sizes import measure
from kgtools.corpora.record import REMOVED
from kgtools.corpora.record_files import Sink, Table, batches, open_table, refuse_other, within
from kgtools.corpora.split.assign import assign, published_of, rule_of
from kgtools.corpora.split.index import stratum
from kgtools.corpora.split.proof import prove
from kgtools.corpora.split.ties import names_of, tie
from kgtools.corpora.text.normalize import with_texts
from kgtools.tools.errors import Findings, InputError, UsageError
from kgtools.tools.frames import load_table, scan_table, shuffled, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.staging import make_private, manifest, staging_or_scratch

PIECE = 50_000
"""Records that are put in order in memory at a time."""

PLACES: Any = {"sources": {"__all__": {"path"}}, "tokenizer": True, "decontaminate": {"against"}}
"""What of a recipe the manifest leaves away."""


def merge(
    recipe: Recipe,
    out: Path,
    key: Callable[[], bytes],
    without: tuple[str, ...] = (),
    dry_run: bool = False,
) -> Mixed:
    """Mix into `out`: the records in a seeded order, `removed.parquet`, `mix.svg` and `run.json`, all or nothing.

    `key` gives the key of pseudonyms, asked for only where a source holds people's records. A dry run does all of it in a
    folder of its own and leaves nothing. Raises UsageError for what is missing, Findings where a group or fact would cross,
    InputError where nothing is left."""
    recipe, missing = _brought(recipe, without)
    if recipe.deidentify:
        load_policy(recipe.deidentify.policy)  # a fault in it is told even where nothing asks for it
    mixed = Mixed(recipe.title, missing)
    with staging_or_scratch(out, dry_run) as stage:
        work = stage / ".work"
        work.mkdir()
        try:
            with Sink(stage / "removed.parquet", REMOVED) as removed:
                _gather(recipe, work, key, mixed, removed)
                if not dry_run:
                    refuse_other(out, mixed.schema)
                index, moved = _without_doubles(recipe, work, mixed, removed)
                chosen = _choose(recipe, work, index, moved, mixed, removed)
            table = stage / f"{mixed.schema.noun}.parquet"
            _write(work, chosen, moved, table, mixed)
            mixed.proof = prove(table) if recipe.split else None
        finally:
            shutil.rmtree(work, ignore_errors=True)
        mixed.count(chosen)
        if chosen.is_empty():
            raise InputError(f"no {mixed.schema.noun} are left for the mix ({_why(mixed)}); nothing was written")
        heads = ("source", "task", "split")
        (stage / "mix.svg").write_text(picture(mixed.flows, heads, recipe.title), encoding="utf-8")
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir()) if file.is_file()}
        settings = recipe.model_dump(mode="json", exclude=PLACES)
        if mixed.private:
            make_private(stage)
        settings |= {"private": mixed.private, "deidentified": mixed.deidentified and not mixed.private}
        (stage / "run.json").write_bytes(manifest("merge", settings, mixed.inputs, outputs=outputs, **mixed.facts()))
    return mixed


def _brought(recipe: Recipe, without: tuple[str, ...]) -> tuple[Recipe, dict[str, str]]:
    """The recipe with the sources that are there, and what each missing one would be. Raises UsageError for a required one."""
    for name in without:
        if name not in recipe.sources:
            raise UsageError(f"--without {name}: the recipe has no such source; it has {', '.join(recipe.sources)}")
    missing = {name: source.bring for name, source in recipe.sources.items() if not source.path or name in without}
    needed = [name for name in missing if recipe.sources[name].required and name not in without]
    if needed:
        lines = [f"  --source {name}=PATH  {recipe.sources[name].bring}".rstrip() for name in needed]
        raise UsageError(
            "the recipe needs more than is here; name each, or leave it away with --without NAME:\n" + "\n".join(lines)
        )
    sources = {n: s.model_copy(update={"path": None}) if n in missing else s for n, s in recipe.sources.items()}
    if not any(source.path for source in sources.values()):
        raise UsageError("none of the recipe's sources is here; name one: --source NAME=PATH")
    return recipe.model_copy(update={"sources": sources}), missing


def _gather(recipe: Recipe, work: Path, key: Callable[[], bytes], mixed: Mixed, removed: Sink) -> None:
    """Every fit record of every source into `all.parquet`, and the index of them into `index.parquet`: row, part, what `measure`
    gives. The index is all of a record that is in memory at any time, and it is not while duplicates are sought."""
    with ExitStack() as stack:
        tables = {
            name: stack.enter_context(open_table(source.path)) for name, source in recipe.sources.items() if source.path
        }
        if len({table.schema.noun for table in tables.values()}) > 1:
            kinds = ", ".join(f"{name} holds {table.schema.noun}" for name, table in tables.items())
            raise UsageError(f"records and preferences cannot be one mix: {kinds}")
        _add_up(recipe, tables, work, key, mixed, removed)
        for name, table in tables.items():
            mixed.inputs |= {f"{name}/{file}": value for file, value in table.inputs().items()}


def _add_up(
    recipe: Recipe, tables: dict[str, Table], work: Path, key: Callable[[], bytes], mixed: Mixed, removed: Sink
) -> None:
    mixed.schema = next(iter(tables.values())).schema
    size = measure(recipe)
    search = _search(recipe, mixed)
    parts: list[pl.DataFrame] = []
    with Sink(work / "all.parquet", mixed.schema) as sink:
        for name, table in tables.items():
            source = recipe.sources[name]
            policy = _policy(recipe, source, table, mixed)
            fault = pl.coalesce(_unwanted(source), faults(recipe.filters))
            for read in batches(
                table.rows
            ):  # a batch at a time: the engine reads on, and with their texts rows are four times as large
                batch = with_texts(read.lazy()).with_columns(reason=fault).collect()
                refused = batch.filter(pl.col("reason").is_not_null())
                mixed.remove(removed, "filter", refused.select("id", "reason", source=pl.lit(name)))
                kept = batch.filter(pl.col("reason").is_null()).select(list(mixed.schema.columns))
                if source.split:
                    kept = kept.with_columns(split=pl.lit(source.split))
                if search:
                    kept = _clean(name, kept, search, mixed, removed)
                if policy:
                    kept, log = deidentify(kept, policy, key())
                    mixed.replaced[name] += log.height
                    _scan(name, kept, frozenset(kind for kind, action in policy.classes.items() if action == "keep"))
                sink.write(kept)
                parts.append(size(kept).with_columns(part=pl.lit(name, pl.Categorical)))
    if recipe.decontaminate.on_hit == "fail" and (hits := mixed.taken_out("decontaminate")):
        raise Findings(f"{hits:,} {mixed.schema.noun} hold items of the evaluation sets, nothing was written")
    if not parts:
        raise InputError(f"none of the sources holds a row: {', '.join(tables)}; nothing was written")
    write_table(pl.concat(parts).with_row_index("row"), work / "index.parquet")


def _search(recipe: Recipe, mixed: Mixed) -> Search | None:
    """What finds the items of the recipe's evaluation sets."""
    if not recipe.decontaminate.against:
        return None
    items = indexed(recipe.decontaminate.against, recipe.decontaminate.splits)
    mixed.inputs |= {f"index of {name}": value for name, value in fingerprints(items).items()}
    return search_of([items], recipe.decontaminate)


def _clean(name: str, rows: pl.DataFrame, search: Search, mixed: Mixed, removed: Sink) -> pl.DataFrame:
    """The rows that hold nothing of an evaluation set, looked at before names and dates in them are replaced."""
    found = find_contamination(rows.lazy(), search)
    mixed.note_alike(name, found)
    hits = first_hits(found)
    favoured = pl.concat_str("evalset", "item", separator="#")
    mixed.remove(removed, "decontaminate", hits.select("id", source=pl.lit(name), reason="rule", favoured=favoured))
    return rows.with_row_index("row").join(hits, on="row", how="anti", maintain_order="left").drop("row")


def _scan(name: str, rows: pl.DataFrame, keep: frozenset[str]) -> None:
    """Raises Findings, so that nothing is written, where something that identifies is left."""
    left = residual(rows, keep)
    if left.height:
        found = ", ".join(
            f"{kind}: {number:,}" for kind, number in left.group_by("class").len().sort("class").iter_rows()
        )
        raise Findings(f"{name}: the residual scan still finds what identifies, nothing was written: {found}")


def _policy(recipe: Recipe, source: Ingredient, table: Table, mixed: Mixed) -> Policy | None:
    """The policy that a source is de-identified by, if it is; notes in the mix what it then holds."""
    told = privacy(table.file)
    of_people = _is_private(source, table.file, told, table.rows)
    wanted = recipe.deidentify if recipe.deidentify and (recipe.deidentify.everything or of_people) else None
    policy = load_policy(wanted.policy) if wanted else None
    safe = policy is not None and not policy.keeps()
    mixed.private |= (
        of_people or bool(identified(table.file))
    ) and not safe  # a recipe says what is done, not what is so
    mixed.deidentified |= safe or told.get("deidentified", False)
    return policy


def _is_private(source: Ingredient, path: Path, told: dict[str, bool], rows: pl.LazyFrame) -> bool:
    """Whether a source is of people: as the recipe says, else the manifest that vouches for it, its readers and its tasks; not
    where that was seen to."""
    if source.private is not None:
        return source.private
    if told.get("deidentified"):
        return False
    return bool(identified(path)) or bool(rows.select(pl.col("task").is_in(PRIVATE).any()).collect().item())


def _without_doubles(recipe: Recipe, work: Path, mixed: Mixed, removed: Sink) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The index without duplicates, and which groups belong together now (`group`, `joined`).

    Of a cluster the record of the source that the recipe names first stays."""
    parts = load_table(work / "index.parquet", ["part"])["part"]
    if recipe.dedup is None or parts.is_empty():
        return load_table(work / "index.parquet"), pl.DataFrame(schema={"group": pl.String, "joined": pl.String})
    look = Look(recipe.dedup.on, recipe.dedup.threshold, recipe.dedup.ngram)
    order = {name: place for place, name in enumerate(recipe.sources)}
    rank = parts.cast(pl.String).replace_strict(order, return_dtype=pl.UInt32)
    doubles, moved = find_duplicates(scan_table(work / "all.parquet"), look, rank)
    index = load_table(work / "index.parquet")
    gone = doubles.join(index.select("row", source="part"), on="row", how="left", maintain_order="left")
    mixed.remove(removed, "dedup", gone.select("id", "source", reason="kind", favoured="kept"))
    return index.join(doubles, on="row", how="anti", maintain_order="left"), moved


def _unwanted(source: Ingredient) -> pl.Expr:
    none = pl.lit(None, pl.String)
    task = pl.when(~pl.col("task").is_in(source.tasks)).then(pl.lit("other-task")) if source.tasks else none
    lang = pl.when(~pl.col("lang").is_in(source.langs)).then(pl.lit("other-language")) if source.langs else none
    return pl.coalesce(task, lang)


def _choose(
    recipe: Recipe, work: Path, index: pl.DataFrame, moved: pl.DataFrame, mixed: Mixed, removed: Sink
) -> pl.DataFrame:
    """What is in the mix: row, copy, split and its place in the seeded order."""
    for name in (name for name, source in recipe.sources.items() if source.path):
        if index.filter(pl.col("part") == name).is_empty():
            why = _why(mixed, name) or "it holds none"
            raise InputError(f"nothing is left of {name} ({why}); leave it away with --without {name}, or mend that")
    result = draw(index, recipe)
    mixed.drawn = result.table
    left = index.join(result.rows.unique("row"), on="row", how="anti", maintain_order="left")
    _take_out(work, "draw", left.select("row", pl.lit("not-drawn").alias("reason"), source="part"), mixed, removed)
    chosen = result.rows.join(index, on="row", how="left", maintain_order="left")
    chosen = _split(recipe, work, chosen, moved, mixed, removed)
    salt = int(digest(f"{recipe.seed}|order")[:16], 16)
    place = shuffled(pl.col("key") ^ pl.col("copy").cast(pl.UInt64), salt)
    return chosen.with_columns(place=place).sort("place", "row", "copy")


def _why(mixed: Mixed, source: str = "") -> str:
    """What was taken out, of a source or of all, counted by step and reason."""
    rows = [row for row in mixed.steps() if row["source"] == source or not source]
    return ", ".join(f"{row['step']}, {row['reason']}: {row['records']:,}" for row in rows)


def _split(
    recipe: Recipe, work: Path, chosen: pl.DataFrame, moved: pl.DataFrame, mixed: Mixed, removed: Sink
) -> pl.DataFrame:
    """What is drawn, each with its split; copies of a record are in one group, so in one split."""
    if recipe.split is None:
        return chosen.with_columns(name=pl.lit(None, pl.String))
    plan = recipe.split.model_copy(update={"seed": recipe.split.seed or recipe.seed})
    chosen = chosen.sort("row", "copy")
    told = chosen.select(
        pl.col("part").cast(pl.String).alias("source"), pl.col("task", "lang", "split", "license").cast(pl.String)
    )
    index = told.select(rule_of(plan), published_of(), stratum(plan).rank("dense").alias("stratum"))
    ties = tie(lambda: _drawn(work, moved, chosen), index, plan)
    placed = assign(ties.index, plan, ties.parts).rows
    names = names_of(ties, placed)
    said = chosen.with_columns(placed.select(pl.col("split", "reason").cast(pl.String))).with_row_index("at")
    said = said.join(names.select(at="row", name="group"), on="at", how="left", maintain_order="left").drop("at")
    out = said.filter(pl.col("reason").is_not_null()).unique("row", maintain_order=True)
    _take_out(work, "split", out.select("row", "reason", source="part"), mixed, removed)
    return said.filter(pl.col("split").is_not_null()).drop("reason")


def _drawn(work: Path, moved: pl.DataFrame, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`group` and `facts` of what is drawn, which is in the order of `row`."""
    for batch in batches(scan_table(work / "all.parquet").select("group", "facts"), numbered=True):
        mine = within(chosen.select("row"), batch)
        if mine.height:
            yield mine.join(_regrouped(batch, moved), on="row", how="left", maintain_order="left").drop("row")


def _regrouped(batch: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    joined = batch.join(moved, on="group", how="left", maintain_order="left")
    return joined.with_columns(group=pl.coalesce("joined", "group")).drop("joined")


def _take_out(work: Path, step: str, rows: pl.DataFrame, mixed: Mixed, removed: Sink) -> None:
    """Note that these rows (row, source, reason), in the order of row, are left out."""
    if rows.is_empty():
        return
    for batch in batches(scan_table(work / "all.parquet").select("id"), numbered=True):
        found = within(rows, batch).join(batch, on="row", how="left", maintain_order="left")
        mixed.remove(removed, step, found.select("id", "source", "reason"))


def _write(work: Path, chosen: pl.DataFrame, moved: pl.DataFrame, path: Path, mixed: Mixed) -> None:
    """The chosen rows in their order: dealt into pieces that fit into memory, each put in order by itself."""
    wanted = chosen.select("row", "copy", "name", pl.col("split").cast(pl.Categorical))
    wanted = wanted.with_row_index("at").sort("row", "at")
    folder = work / "pieces"
    rows = scan_table(work / "all.parquet").drop("split")
    for number, batch in enumerate(batches(rows, PIECE, numbered=True)):
        dealt = within(wanted, batch).join(_regrouped(batch, moved), on="row", how="inner")
        dealt = dealt.with_columns(
            pl.col("split").cast(pl.String), piece=pl.col("at") // PIECE, group=pl.coalesce("name", "group")
        )
        for (piece,), part in dealt.partition_by("piece", as_dict=True, include_key=False).items():
            place = folder / f"{piece:06}"
            place.mkdir(parents=True, exist_ok=True)
            write_table(part, place / f"{number:06}.parquet")
    with Sink(path, mixed.schema) as sink:
        for place in sorted(folder.iterdir()) if wanted.height else []:
            rows_in_order = pl.concat([load_table(file) for file in sorted(place.iterdir())]).sort("at")
            sink.write(_numbered(rows_in_order).select(list(mixed.schema.columns)))


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """A second copy of a record says so in its meta."""
    comma = pl.when(pl.col("meta") == "{}").then(pl.lit("")).otherwise(pl.lit(","))
    number = pl.concat_str(pl.col("meta").str.strip_suffix("}"), comma, pl.lit('"copy":'), pl.col("copy"), pl.lit("}"))
    return rows.with_columns(meta=pl.when(pl.col("copy") > 0).then(number).otherwise(pl.col("meta")))

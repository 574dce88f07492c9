"""The sources of a mix into one table: every record that is fit, without what evaluations ask and what identifies."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from kgtools.corpora.decontaminate import Search, find_contamination, first_hits, search_of
from kgtools.corpora.decontaminate.run import fingerprints, index_evalsets
from kgtools.corpora.deidentify import deidentify, load_policy, residual
from kgtools.corpora.deidentify.policy import Policy
from kgtools.corpora.gates import PRIVATE, count_identified, privacy
from kgtools.corpora.mix.filters import faults
from kgtools.corpora.mix.recipe import Ingredient, MixRecipe
from kgtools.corpora.mix.result import MixLog
from kgtools.corpora.mix.sizes import measure
from kgtools.corpora.record_files import RecordTable, Sink, batches, count_rows, open_table
from kgtools.corpora.text.normalize import with_texts
from kgtools.tools.errors import Findings, InputError, UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.progress import Progress


def gather(
    recipe: MixRecipe, work: Path, key: Callable[[], bytes], log: MixLog, removed: Sink, progress: Progress
) -> None:
    """Every fit record of every source into `all.parquet`, and the index of them into `index.parquet`: row, part, what `measure`
    gives. The index is all of a record that is in memory at any time, and it is not while duplicates are sought."""
    with ExitStack() as stack:
        tables = {
            name: stack.enter_context(open_table(source.path)) for name, source in recipe.sources.items() if source.path
        }
        if len({table.schema.noun for table in tables.values()}) > 1:
            kinds = ", ".join(f"{name} holds {table.schema.noun}" for name, table in tables.items())
            raise UsageError(f"records and preferences cannot be one mix: {kinds}")
        _add_up(recipe, tables, work, key, log, removed, progress)
        for name, table in tables.items():
            log.inputs |= {f"{name}/{file}": value for file, value in table.inputs().items()}


def _add_up(
    recipe: MixRecipe,
    tables: dict[str, RecordTable],
    work: Path,
    key: Callable[[], bytes],
    log: MixLog,
    removed: Sink,
    progress: Progress,
) -> None:
    """Source by source into `all.parquet`: filter, decontaminate, de-identify."""
    log.schema = next(iter(tables.values())).schema
    size = measure(recipe)
    search = _search(recipe, log)
    parts: list[pl.DataFrame] = []
    with Sink(work / "all.parquet", log.schema) as sink:
        for name, table in tables.items():
            source = recipe.sources[name]
            policy = _policy(recipe, source, table, log)
            fault = pl.coalesce(_unwanted_reason(source), faults(recipe.filters))
            progress.start(f"gathering {name}", count_rows(table.rows), log.schema.noun)
            # a batch at a time: the engine reads on, and with their texts rows are four times as large
            for read in batches(table.rows, progress=progress):
                batch = with_texts(read.lazy()).with_columns(reason=fault).collect()
                refused = batch.filter(pl.col("reason").is_not_null())
                log.remove(removed, "filter", refused.select("id", "reason", source=pl.lit(name)))
                kept = batch.filter(pl.col("reason").is_null()).select(list(log.schema.columns))
                if source.split:
                    kept = kept.with_columns(split=pl.lit(source.split))
                if search:
                    kept = _clean(name, kept, search, log, removed)
                if policy:
                    kept, spans = deidentify(kept, policy, key())
                    log.replaced[name] += spans.height
                    _scan(name, kept, frozenset(kind for kind, action in policy.classes.items() if action == "keep"))
                sink.write(kept)
                parts.append(size(kept).with_columns(part=pl.lit(name, pl.Categorical)))
    if recipe.decontaminate.on_hit == "fail" and (hits := log.taken_out("decontaminate")):
        raise Findings(f"{hits:,} {log.schema.noun} hold items of the evaluation sets, nothing was written")
    if not parts:
        raise InputError(f"none of the sources holds a row: {', '.join(tables)}; nothing was written")
    write_table(pl.concat(parts).with_row_index("row"), work / "index.parquet")


def _search(recipe: MixRecipe, log: MixLog) -> Search | None:
    """What finds the items of the recipe's evaluation sets."""
    if not recipe.decontaminate.against:
        return None
    items = index_evalsets(recipe.decontaminate.against, recipe.decontaminate.splits)
    log.inputs |= {f"index of {name}": value for name, value in fingerprints(items).items()}
    return search_of([items], recipe.decontaminate)


def _clean(name: str, rows: pl.DataFrame, search: Search, log: MixLog, removed: Sink) -> pl.DataFrame:
    """The rows that hold nothing of an evaluation set, looked at before names and dates in them are replaced."""
    contamination = find_contamination(rows.lazy(), search)
    log.note_alike(name, contamination)
    hits = first_hits(contamination)
    favoured = pl.concat_str("evalset", "item", separator="#")
    log.remove(removed, "decontaminate", hits.select("id", source=pl.lit(name), reason="rule", favoured=favoured))
    return rows.with_row_index("row").join(hits, on="row", how="anti", maintain_order="left").drop("row")


def _scan(name: str, rows: pl.DataFrame, keep: frozenset[str]) -> None:
    """Raises Findings, so that nothing is written, where something that identifies is left."""
    left = residual(rows, keep)
    if left.height:
        residue = ", ".join(
            f"{kind}: {number:,}" for kind, number in left.group_by("class").len().sort("class").iter_rows()
        )
        raise Findings(f"{name}: the residual scan still finds what identifies, nothing was written: {residue}")


def _policy(recipe: MixRecipe, source: Ingredient, table: RecordTable, log: MixLog) -> Policy | None:
    """The policy that a source is de-identified by, if it is; notes in the mix what it then holds."""
    known = privacy(table.file)
    of_people = _is_private(source, table.file, known, table.rows)
    wanted = recipe.deidentify if recipe.deidentify and (recipe.deidentify.everything or of_people) else None
    policy = load_policy(wanted.policy) if wanted else None
    safe = policy is not None and not policy.keeps()
    # a recipe says what is done, not what is so
    log.private |= (of_people or bool(count_identified(table.file))) and not safe
    log.deidentified |= safe or known.get("deidentified", False)
    return policy


def _is_private(source: Ingredient, path: Path, known: dict[str, bool], rows: pl.LazyFrame) -> bool:
    """Whether a source is of people: as the recipe says, else the manifest that vouches for it, its readers and its tasks; not
    where that was seen to."""
    if source.private is not None:
        return source.private
    if known.get("deidentified"):
        return False
    return bool(count_identified(path)) or bool(rows.select(pl.col("task").is_in(PRIVATE).any()).collect().item())


def _unwanted_reason(source: Ingredient) -> pl.Expr:
    none = pl.lit(None, pl.String)
    task = pl.when(~pl.col("task").is_in(source.tasks)).then(pl.lit("other-task")) if source.tasks else none
    lang = pl.when(~pl.col("lang").is_in(source.langs)).then(pl.lit("other-language")) if source.langs else none
    return pl.coalesce(task, lang)

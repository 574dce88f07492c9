"""A table of records without its duplicates, or with them marked, and the table of which goes in favour of which."""

from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from kgtools.corpora.dedup.find import Look, find_duplicates
from kgtools.corpora.gates import handed_on, is_private
from kgtools.corpora.record_files import Sink, Table, batches, open_table, refuse_other
from kgtools.tools.frames import Schema, write_table
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest, staging_or_scratch

FOUND = Schema(
    "duplicates",
    {
        "id": pl.String, "source": pl.String, "row": pl.UInt32, "kept": pl.String, "kept_source": pl.String,
        "kept_row": pl.UInt32, "kind": pl.String, "similarity": pl.Float64,
    },
    required=("id", "source", "row", "kept", "kept_source", "kept_row", "kind", "similarity"),
)  # fmt: skip
"""As DUPLICATES, with the sources of both; rows count from 0 in the table that was read."""


@dataclass(frozen=True)
class Done:
    """What a run did, in the names that `--format json` prints.

    `written`: records; `clusters`: sets of records that say the same; `between`: duplicates by their source and that of the
    record that stays. `joined`: groups that clusters put into others. `similarity`: near duplicates by tenths."""

    table: str
    records: int
    written: int
    exact: int
    near: int
    clusters: int
    largest: int
    joined: int
    between: list[dict[str, str | int]]
    similarity: dict[str, int]


def run(
    place: Path, out: Path, look: Look, tag: bool = False, dry_run: bool = False, allow_empty: bool = False
) -> Done:
    """The records of `place` in `out` with `duplicates.parquet` and `run.json`, all or nothing; a dry run leaves nothing.

    `tag`: every record stays, a duplicate with `duplicate_of` in its meta; else only one of each cluster. Either way records
    of one cluster are in one `group`, so that no split parts them. Raises InputError for no records, unless `allow_empty`."""
    with open_table(place) as table:
        if not dry_run:
            table.refuse_as_out(out)
        return _run(table, out, look, tag, dry_run, allow_empty)


def _run(table: Table, out: Path, look: Look, tag: bool, dry_run: bool, allow_empty: bool) -> Done:
    rows, schema = table.rows, table.schema
    with staging_or_scratch(out, dry_run, is_private(table.file)) as stage:
        if not dry_run:
            refuse_other(out, schema)
        doubles, moved = find_duplicates(rows, look)
        found = _with_sources(doubles, rows)
        records = rows.select(pl.len()).collect().item()
        done = _done(schema, found, records, moved.height, tag)
        if dry_run:
            return done
        refuse_empty(done.written, f"{table.file}: there are no {schema.noun}", allow_empty)
        _write(rows, doubles, moved, stage / f"{schema.noun}.parquet", schema, tag)
        write_table(found, stage / "duplicates.parquet")
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        facts = vars(done) | {"outputs": outputs}
        how = asdict(look) | {"tag": tag} | handed_on(table.file)
        (stage / "run.json").write_bytes(manifest("dedup", how, table.inputs(), **facts))
    return done


def _with_sources(doubles: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    concerned = pl.concat([doubles["row"], doubles["kept_row"]]).unique()
    sources = rows.select("source").with_row_index("row").filter(pl.col("row").is_in(concerned.implode())).collect()
    kept = sources.rename({"row": "kept_row", "source": "kept_source"})
    both = doubles.join(sources, on="row", how="left", maintain_order="left")
    return FOUND.check(both.join(kept, on="kept_row", how="left", maintain_order="left"), "the duplicates")


def _write(
    rows: pl.LazyFrame, doubles: pl.DataFrame, moved: pl.DataFrame, path: Path, schema: Schema, tag: bool
) -> None:
    comma = pl.when(pl.col("meta") == "{}").then(pl.lit("")).otherwise(pl.lit(","))
    told = pl.concat_str(
        pl.col("meta").str.strip_suffix("}"), comma, pl.lit('"duplicate_of":"'), pl.col("kept"), pl.lit('"}')
    )
    marked = doubles.select("row", "kept")
    with Sink(path, schema) as sink:
        for batch in batches(rows, numbered=True):
            joined = batch.join(marked, on="row", how="left", maintain_order="left")
            if not tag:
                joined = joined.filter(pl.col("kept").is_null())
            joined = joined.join(moved, on="group", how="left", maintain_order="left").with_columns(
                group=pl.coalesce("joined", "group"),
                meta=pl.when(pl.col("kept").is_not_null()).then(told).otherwise("meta"),
            )
            sink.write(joined.select(list(schema.columns)))


def _done(schema: Schema, found: pl.DataFrame, records: int, moved: int, tag: bool) -> Done:
    kinds = dict(found.group_by("kind").len().iter_rows())
    clusters = found.group_by("kept_row").len()
    between = found.group_by("source", "kept_source", "kind").len("records").sort("source", "kept_source", "kind")
    tenths = (pl.col("similarity") * 10).floor().clip(0, 9) / 10
    alike = found.filter(pl.col("kind") == "near").group_by(tenths.alias("from")).len().sort("from")
    return Done(
        table=schema.noun,
        records=records,
        written=records if tag else records - found.height,
        exact=kinds.get("exact", 0),
        near=kinds.get("near", 0),
        clusters=clusters.height,
        largest=0 if clusters.is_empty() else int(clusters.select(pl.col("len").max()).item()) + 1,
        joined=moved,
        between=between.to_dicts(),
        similarity={f"{low:.1f}-{low + 0.1:.1f}": number for low, number in alike.iter_rows()},
    )

"""A table of records without its duplicates, or with them marked, and the table of which goes in favour of which."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.dedup.find import DedupOptions, find_duplicates
from kgtools.corpora.gates import hand_on_privacy, is_private
from kgtools.corpora.record_files import (
    Sink,
    batches,
    count_rows,
    run_step,
    scan_written,
    to_dict,
)
from kgtools.tools.frames import Schema, write_table
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.progress import SILENT, Progress

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
class DedupResult:
    """What a run did.

    `table`: records or preferences; `total`: how many were read, `written`: how many were written; `exact`, `near`: duplicates;
    `clusters`: sets of records that say the same, `largest`: records in the largest; `joined`: groups that clusters put into
    others. `between`: duplicates by their source and that of the record that stays. `similarity`: near duplicates by tenths."""

    table: str
    total: int
    written: int
    exact: int
    near: int
    clusters: int
    largest: int
    joined: int
    between: list[dict[str, str | int]]
    similarity: dict[str, int]
    out: Path | None = None

    @property
    def records(self) -> pl.LazyFrame | None:
        """The records that were written; None after a dry run."""
        return scan_written(self.out, self.table)

    @property
    def drops(self) -> dict[str, int]:
        """Records that were taken out, by reason; none where duplicates are tagged."""
        return {} if self.written == self.total else {"exact": self.exact, "near": self.near}

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, {"total": "records"})


def run(
    source: Path,
    out: Path | None,
    options: DedupOptions,
    tag: bool = False,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> DedupResult:
    """The records of `source` in `out` with `duplicates.parquet` and `run.json`, all or nothing; without `out`, a dry run, nothing
    is written.

    `tag`: every record stays, a duplicate with `duplicate_of` in its meta; else only one of each cluster. Either way records
    of one cluster are in one `group`, so that no split parts them. Raises InputError for no records, unless `allow_empty`."""
    with run_step("dedup", source, out, is_private) as step:
        rows, schema = step.table.rows, step.table.schema
        total = count_rows(rows)
        duplicates, moved = find_duplicates(rows, options, progress=progress)
        named = _with_sources(duplicates, rows)
        result = _result(schema, named, total, moved.height, tag, out)
        if out is None:
            return result
        refuse_empty(result.written, f"{step.table.file}: there are no {schema.noun}", allow_empty)
        progress.start("writing", total, schema.noun)
        _write(rows, duplicates, moved, step.records_file, schema, tag, progress)
        write_table(named, step.folder / "duplicates.parquet")
        step.write_manifest(asdict(options) | {"tag": tag} | hand_on_privacy(step.table.file), result.to_dict())
    return result


def _with_sources(duplicates: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    concerned = pl.concat([duplicates["row"], duplicates["kept_row"]]).unique()
    sources = rows.select("source").with_row_index("row").filter(pl.col("row").is_in(concerned.implode())).collect()
    kept = sources.rename({"row": "kept_row", "source": "kept_source"})
    both = duplicates.join(sources, on="row", how="left", maintain_order="left")
    return FOUND.check(both.join(kept, on="kept_row", how="left", maintain_order="left"), "the duplicates")


def _write(
    rows: pl.LazyFrame,
    duplicates: pl.DataFrame,
    moved: pl.DataFrame,
    path: Path,
    schema: Schema,
    tag: bool,
    progress: Progress,
) -> None:
    comma = pl.when(pl.col("meta") == "{}").then(pl.lit("")).otherwise(pl.lit(","))
    marked_meta = pl.concat_str(
        pl.col("meta").str.strip_suffix("}"), comma, pl.lit('"duplicate_of":"'), pl.col("kept"), pl.lit('"}')
    )
    kept_by_row = duplicates.select("row", "kept")
    with Sink(path, schema) as sink:
        for batch in batches(rows, numbered=True, progress=progress):
            joined = batch.join(kept_by_row, on="row", how="left", maintain_order="left")
            if not tag:
                joined = joined.filter(pl.col("kept").is_null())
            joined = joined.join(moved, on="group", how="left", maintain_order="left").with_columns(
                group=pl.coalesce("joined", "group"),
                meta=pl.when(pl.col("kept").is_not_null()).then(marked_meta).otherwise("meta"),
            )
            sink.write(joined.select(list(schema.columns)))


def _result(
    schema: Schema, duplicates: pl.DataFrame, total: int, moved: int, tag: bool, out: Path | None
) -> DedupResult:
    kinds = dict(duplicates.group_by("kind").len().iter_rows())
    clusters = duplicates.group_by("kept_row").len()
    between = duplicates.group_by("source", "kept_source", "kind").len("records").sort("source", "kept_source", "kind")
    tenths = (pl.col("similarity") * 10).floor().clip(0, 9) / 10
    alike = duplicates.filter(pl.col("kind") == "near").group_by(tenths.alias("from")).len().sort("from")
    return DedupResult(
        table=schema.noun,
        total=total,
        written=total if tag else total - duplicates.height,
        exact=kinds.get("exact", 0),
        near=kinds.get("near", 0),
        clusters=clusters.height,
        largest=0 if clusters.is_empty() else int(clusters.select(pl.col("len").max()).item()) + 1,
        joined=moved,
        between=between.to_dicts(),
        similarity={f"{low:.1f}-{low + 0.1:.1f}": number for low, number in alike.iter_rows()},
        out=out,
    )

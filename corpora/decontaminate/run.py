"""A table of records without what evaluation sets ask, or with it marked, and the table of what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl

from kgtools.corpora.decontaminate.find import Contamination, find_contamination, first_hits
from kgtools.corpora.decontaminate.index import ITEMS, evalset_of, open_evalset
from kgtools.corpora.decontaminate.rules import RULES, Rules
from kgtools.corpora.decontaminate.search import search_of
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
from kgtools.tools.inputs.files import digest
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.progress import SILENT, Progress

OnHit = Literal["drop", "tag", "fail"]
VERDICTS = ("hit", "twin", "facts")


@dataclass(frozen=True)
class DecontaminateResult:
    """What a run did.

    `total`: records that were read; `hit`, `twin`, `facts`: records with such a pair; one with several counts in each.
    `evalsets`: items in each. `pairs`: a row for each source and evaluation set: `records` that were compared, `items` of the
    set, records that are hit by rule, records by verdict, and `items_hit`. `contamination`: a row for each pair of a record and
    an item, as CONTAMINATION. `untold`: pairs that a page of examples lacks, for their evaluation set is an index, without texts."""

    table: str
    total: int
    written: int
    hit: int
    twin: int
    facts: int
    evalsets: dict[str, int]
    pairs: list[dict[str, Any]]
    contamination: Contamination
    out: Path | None = None
    untold: int = 0

    @property
    def records(self) -> pl.LazyFrame | None:
        """The records that were written; None where nothing was."""
        return scan_written(self.out, self.table)

    @property
    def drops(self) -> dict[str, int]:
        """Records that were left out, by the rule that hit them first."""
        if self.written in (0, self.total):
            return {}
        return dict(first_hits(self.contamination).group_by("rule").len().sort("rule").iter_rows())

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, {"total": "records"}, without=("contamination", "out", "untold"))


@dataclass(frozen=True)
class IndexResult:
    """What an index of evaluation sets holds: items in each. `file`: where it was written."""

    evalsets: dict[str, int]
    file: Path

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, without=("file",))


def index_evalsets(evalsets: Sequence[Path], splits: Sequence[str] = ()) -> pl.DataFrame:
    """The items of evaluation sets, each a folder or file of records or a saved index; an item in two of them counts once."""
    items = [open_evalset(path, splits) for path in evalsets]
    return pl.concat([ITEMS.frame(), *items]).unique(["evalset", "item"], keep="first").sort("evalset", "item")


def run(
    source: Path,
    out: Path | None,
    items: pl.DataFrame,
    rules: Rules,
    on_hit: OnHit = "drop",
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> DecontaminateResult:
    """The records of `source` in `out` with `contaminated.parquet` and `run.json`, all or nothing; without `out`, only looked at.

    `drop`: without those that are hit; `tag`: all, with `contaminated` in the meta of those; `fail`: nothing is written.
    Raises InputError where none is left, unless `allow_empty`."""
    target = None if on_hit == "fail" else out
    with run_step("decontaminate", source, target, is_private) as step:
        rows, schema = step.table.rows, step.table.schema
        if out is not None:
            step.table.refuse_as_out(out)
        progress.start("looking for items", count_rows(rows), schema.noun)
        contamination = find_contamination(rows, search_of([items], rules), progress)
        result = _result(rows, schema, contamination, items, on_hit if out else "fail", target)
        if target is None:
            return result
        refuse_empty(
            result.written,
            f"{step.table.file}: no {schema.noun} are left",
            allow_empty,
            {"hold an evaluation item": result.hit},
        )
        progress.start("writing", result.total, schema.noun)
        _write(rows, contamination, step.records_file, schema, on_hit, progress)
        write_table(contamination, step.folder / "contaminated.parquet")
        settings = rules.model_dump(mode="json") | {"on_hit": on_hit} | hand_on_privacy(step.table.file)
        indexes = {f"index of {name}": value for name, value in fingerprints(items).items()}
        step.write_manifest(settings, result.to_dict(), indexes)
    return result


def fingerprints(items: pl.DataFrame) -> dict[str, str]:
    """Evaluation set -> a digest of its items, the same whether they come from records or from a saved index."""
    ids = items.sort("evalset", "item").group_by("evalset", maintain_order=True).agg(pl.col("item").str.join("\n"))
    return {name: digest(text) for name, text in ids.iter_rows()}


def _result(
    rows: pl.LazyFrame,
    schema: Schema,
    contamination: Contamination,
    items: pl.DataFrame,
    on_hit: OnHit,
    out: Path | None,
) -> DecontaminateResult:
    counted = rows.group_by("source", own=evalset_of()).len().collect(engine="streaming")
    total = int(counted["len"].sum())
    evalsets = dict(items.group_by("evalset").len().sort("evalset").iter_rows())
    pairs = []
    for (source,), part in sorted(counted.partition_by("source", as_dict=True).items()):
        for evalset, size in evalsets.items():
            looked_at = int(part.filter(pl.col("own").fill_null("") != evalset)["len"].sum())
            if looked_at:
                about = {"source": source, "records": looked_at, "evalset": evalset, "items": size}
                pairs.append(about | _counts(contamination.filter(source=source, evalset=evalset)))
    records = {verdict: contamination.filter(verdict=verdict)["row"].n_unique() for verdict in VERDICTS}
    written = {"drop": total - records["hit"], "tag": total, "fail": 0}[on_hit]
    return DecontaminateResult(
        schema.noun, total, written, **records, evalsets=evalsets, pairs=pairs, contamination=contamination, out=out
    )


def _counts(pairs: pl.DataFrame) -> dict[str, int]:
    """Records by rule among those that are hit, records by verdict, items that are hit."""
    hits = pairs.filter(pl.col("verdict") == "hit")
    by_rule = {rule: hits.filter(pl.col("rule") == rule)["row"].n_unique() for rule in RULES}
    by_verdict = {verdict: pairs.filter(pl.col("verdict") == verdict)["row"].n_unique() for verdict in VERDICTS}
    return by_rule | by_verdict | {"items_hit": hits["item"].n_unique()}


def _write(
    rows: pl.LazyFrame, contamination: Contamination, path: Path, schema: Schema, on_hit: OnHit, progress: Progress
) -> None:
    hits = contamination.filter(pl.col("verdict") == "hit")
    pair = pl.struct("evalset", "item", "rule", "overlap")
    marks = hits.group_by("row", maintain_order=True).agg(pair.alias("contaminated"))
    with Sink(path, schema) as sink:
        for batch in batches(rows, numbered=True, progress=progress):
            if on_hit == "drop":
                kept = batch.join(marks, on="row", how="anti", maintain_order="left")
            else:
                kept = _mark(batch.join(marks, on="row", how="left", maintain_order="left"))
            sink.write(kept.select(list(schema.columns)))


def _mark(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with what was found in their meta, beside what an earlier run found there."""
    texts = rows["meta"].to_list()
    for row in rows["contaminated"].is_not_null().arg_true():
        meta = orjson.loads(texts[row])
        meta["contaminated"] = [*meta.get("contaminated", []), *rows["contaminated"][row].to_list()]
        texts[row] = orjson.dumps(meta, option=orjson.OPT_SORT_KEYS).decode()
    return rows.with_columns(meta=pl.Series(texts, dtype=pl.String))

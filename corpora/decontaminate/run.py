"""A table of records without what evaluation sets ask, or with it marked, and the table of what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl

from kgtools.corpora.decontaminate.find import Contamination, find_contamination
from kgtools.corpora.decontaminate.index import ITEMS, open_evalset, own_set
from kgtools.corpora.decontaminate.rules import RULES, Rules
from kgtools.corpora.decontaminate.search import search_of
from kgtools.corpora.gates import handed_on, is_private
from kgtools.corpora.record_files import Sink, Table, batches, open_table, refuse_other
from kgtools.tools.frames import Schema, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import manifest, staging_or_scratch

OnHit = Literal["drop", "tag", "fail"]
VERDICTS = ("hit", "twin", "facts")


@dataclass(frozen=True)
class Done:
    """What a run did, in the names that `--format json` prints.

    `hit`, `twin`, `facts`: records with such a pair; one with several counts in each. `evalsets`: items in each. `pairs`: a row
    for each source and evaluation set: `records` that were compared, `items` of the set, records that are hit by rule, records
    by verdict, and `items_hit`. `found`: a row for each pair of a record and an item."""

    table: str
    records: int
    written: int
    hit: int
    twin: int
    facts: int
    evalsets: dict[str, int]
    pairs: list[dict[str, Any]]
    found: Contamination


def indexed(evalsets: Sequence[Path], splits: Sequence[str] = ()) -> pl.DataFrame:
    """The items of evaluation sets, each a folder or file of records or a saved index; an item in two of them counts once."""
    items = [open_evalset(place, splits) for place in evalsets]
    return pl.concat([ITEMS.frame(), *items]).unique(["evalset", "item"], keep="first").sort("evalset", "item")


def run(
    place: Path,
    out: Path | None,
    items: pl.DataFrame,
    rules: Rules,
    on_hit: OnHit = "drop",
    allow_empty: bool = False,
) -> Done:
    """The records of `place` in `out` with `contaminated.parquet` and `run.json`, all or nothing; without `out`, only looked at.

    `drop`: without those that are hit; `tag`: all, with `contaminated` in the meta of those; `fail`: nothing is written.
    Raises InputError where none is left, unless `allow_empty`."""
    with open_table(place) as table:
        if out:
            table.refuse_as_out(out)
        return _run(table, out, items, rules, on_hit, allow_empty)


def _run(table: Table, out: Path | None, items: pl.DataFrame, rules: Rules, on_hit: OnHit, allow_empty: bool) -> Done:
    rows, schema = table.rows, table.schema
    looking = out is None or on_hit == "fail"
    with staging_or_scratch(out, looking, is_private(table.file)) as stage:
        if out and not looking:
            refuse_other(out, schema)
        found = find_contamination(rows, search_of([items], rules))
        done = _done(rows, schema, found, items, on_hit if out else "fail")
        if looking:
            return done
        refuse_empty(
            done.written, f"{table.file}: no {schema.noun} are left", allow_empty, {"hold an evaluation item": done.hit}
        )
        _write(rows, found, stage / f"{schema.noun}.parquet", schema, on_hit)
        write_table(found, stage / "contaminated.parquet")
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        facts = {key: value for key, value in vars(done).items() if key != "found"} | {"outputs": outputs}
        how = rules.model_dump(mode="json") | {"on_hit": on_hit}
        read = table.inputs() | {f"index of {name}": value for name, value in fingerprints(items).items()}
        how |= handed_on(table.file)
        (stage / "run.json").write_bytes(manifest("decontaminate", how, read, **facts))
    return done


def fingerprints(items: pl.DataFrame) -> dict[str, str]:
    """Evaluation set -> a digest of its items, the same whether they come from records or from a saved index."""
    ids = items.sort("evalset", "item").group_by("evalset", maintain_order=True).agg(pl.col("item").str.join("\n"))
    return {name: digest(text) for name, text in ids.iter_rows()}


def _done(rows: pl.LazyFrame, schema: Schema, found: Contamination, items: pl.DataFrame, on_hit: OnHit) -> Done:
    counted = rows.group_by("source", own=own_set()).len().collect(engine="streaming")
    total = int(counted["len"].sum())
    evalsets = dict(items.group_by("evalset").len().sort("evalset").iter_rows())
    pairs = []
    for (source,), part in sorted(counted.partition_by("source", as_dict=True).items()):
        for evalset, size in evalsets.items():
            looked_at = int(part.filter(pl.col("own").fill_null("") != evalset)["len"].sum())
            if looked_at:
                about = {"source": source, "records": looked_at, "evalset": evalset, "items": size}
                pairs.append(about | _counts(found.filter(source=source, evalset=evalset)))
    records = {verdict: found.filter(verdict=verdict)["row"].n_unique() for verdict in VERDICTS}
    written = {"drop": total - records["hit"], "tag": total, "fail": 0}[on_hit]
    return Done(schema.noun, total, written, **records, evalsets=evalsets, pairs=pairs, found=found)


def _counts(pairs: pl.DataFrame) -> dict[str, int]:
    """Records by rule among those that are hit, records by verdict, items that are hit."""
    hits = pairs.filter(pl.col("verdict") == "hit")
    by_rule = {rule: hits.filter(pl.col("rule") == rule)["row"].n_unique() for rule in RULES}
    by_verdict = {verdict: pairs.filter(pl.col("verdict") == verdict)["row"].n_unique() for verdict in VERDICTS}
    return by_rule | by_verdict | {"items_hit": hits["item"].n_unique()}


def _write(rows: pl.LazyFrame, found: Contamination, path: Path, schema: Schema, on_hit: OnHit) -> None:
    hits = found.filter(pl.col("verdict") == "hit")
    told = pl.struct("evalset", "item", "rule", "overlap")
    marks = hits.group_by("row", maintain_order=True).agg(told.alias("contaminated"))
    with Sink(path, schema) as sink:
        for batch in batches(rows, numbered=True):
            if on_hit == "drop":
                kept = batch.join(marks, on="row", how="anti", maintain_order="left")
            else:
                kept = _marked(batch.join(marks, on="row", how="left", maintain_order="left"))
            sink.write(kept.select(list(schema.columns)))


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with what was found in their meta, beside what an earlier run found there."""
    meta = rows["meta"].to_list()
    for at in rows["contaminated"].is_not_null().arg_true():
        told = orjson.loads(meta[at])
        told["contaminated"] = [*told.get("contaminated", []), *rows["contaminated"][at].to_list()]
        meta[at] = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
    return rows.with_columns(meta=pl.Series(meta, dtype=pl.String))

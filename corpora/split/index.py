"""What a split needs to know of each record, a few bytes each: its stratum and rule, its published split, what it hangs on."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.record_files import batches
from kgtools.corpora.split.assign import published_of, rule_of
from kgtools.corpora.split.plan import SplitPlan
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import digests, numbers

AT_ONCE = 50_000
"""Rows of a batch: more than of whole records, for only groups, facts and questions are read."""
NO_FIELDS = ("id", "messages", "prompt", "chosen", "rejected", "facts", "split", "hold_out", "meta")
"""Columns that nothing is tied by."""

Read = Callable[[], Iterator[pl.DataFrame]]
"""Reads the records in their order, a batch at a time, as often as it is called: `group`, `facts` and a column `tie KEY` for
each key that ties, null where a record has no value."""


class Links(NamedTuple):
    """What each record hangs on. `groups`: the number of its group; `rows` and `keys`: its facts, a pair each; `tie_rows` and
    `tie_keys`: its values of what ties."""

    groups: NDArray[np.uint64]
    rows: NDArray[np.uint32]
    keys: NDArray[np.uint64]
    tie_rows: NDArray[np.uint32]
    tie_keys: NDArray[np.uint64]


def index_of(rows: pl.LazyFrame, plan: SplitPlan) -> tuple[pl.DataFrame, list[str]]:
    """`rule`, `published` and `stratum` (a number) of each record; and the names of the strata."""
    wanted = rows.select(rule_of(plan), published_of(), stratum(plan).alias("stratum"))
    seen: dict[str, int] = {}
    parts = []
    for batch in batches(wanted, AT_ONCE):
        for name in batch["stratum"].unique().sort():
            seen.setdefault(name, len(seen))
        parts.append(batch.with_columns(pl.col("stratum").replace_strict(seen, return_dtype=pl.UInt32)))
    names = sorted(seen)
    place = np.array([names.index(name) for name in seen], dtype=np.uint32)
    index = pl.concat([pl.DataFrame(schema={"rule": pl.UInt8, "published": pl.UInt8, "stratum": pl.UInt32}), *parts])
    return index.with_columns(stratum=pl.Series(place[index["stratum"].to_numpy()], dtype=pl.UInt32)), names


def links_of(read: Read) -> Links:
    """What the records hang on. A fact and a value are compared by their hash, which holds within a process."""
    parts = []
    at = 0
    for batch in read():
        parts.append(_links(batch, at))
        at += batch.height
    if not parts:
        return _links(pl.DataFrame(schema={"group": pl.String, "facts": pl.List(pl.String)}), 0)
    return Links(
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.tie_rows for part in parts]),
        np.concatenate([part.tie_keys for part in parts]),
    )


def _links(batch: pl.DataFrame, at: int) -> Links:
    """Of records of which the first is number `at`."""
    rows = batch.with_columns(row=pl.int_range(at, at + batch.height, dtype=pl.UInt32))
    facts = rows.select("row", key="facts").explode("key").drop_nulls("key").with_columns(pl.col("key").hash())
    ties = [name for name in batch.columns if name.startswith("tie ")]
    values = [
        rows.select("row", key=pl.col(name).hash(at)).filter(rows[name].is_not_null()) for at, name in enumerate(ties)
    ]
    tied = pl.concat([facts.clear(), *values])
    row, key, tie_row, tie_key = (part[name].to_numpy() for part in (facts, tied) for name in ("row", "key"))
    return Links(in_numbers(batch["group"]).to_numpy(), row, key, tie_row, tie_key)


def reader_of(rows: pl.LazyFrame, plan: SplitPlan) -> Read:
    """Reads the records of a table. Raises UsageError for a key to tie by that no record has."""
    ties = [value.alias(f"tie {key}") for key, value in _ties(rows, plan.tie).items()]
    return lambda: batches(rows.select("group", "facts", *ties), AT_ONCE)


def _ties(rows: pl.LazyFrame, keys: tuple[str, ...]) -> dict[str, pl.Expr]:
    """What each key ties by: its value in meta, or the field of that name where no meta has it. What is empty ties nothing."""
    given = {key: _meta(key).replace("", None) for key in keys}
    if not given:
        return given
    told = rows.select(pl.len().alias(""), **{key: value.is_not_null().any() for key, value in given.items()})
    has = told.collect(engine="streaming").row(0, named=True)
    fields = [name for name in rows.collect_schema().names() if name not in NO_FIELDS]
    for key in (key for key in keys if has[""] and not has[key]):
        if key in fields:
            given[key] = pl.col(key).replace("", None)
        elif key not in (known := _known(rows)):
            words = f"keys of meta are {', '.join(known) or 'none'}, fields are {', '.join(fields)}"
            raise UsageError(f"--tie {key}: no record has it; {words}")
    return given


def _known(rows: pl.LazyFrame) -> list[str]:
    """The keys that meta has in any record."""
    lines = (text for batch in batches(rows.select("meta"), AT_ONCE) for text in batch["meta"].unique())
    return sorted({key for text in lines for key in orjson.loads(text)})


def in_numbers(groups: pl.Series) -> pl.Series:
    """A number for each group that hangs on its name alone."""
    return pl.DataFrame({"digest": digests(groups)}).select(numbers(pl.col("digest"))).to_series()


def stratum(plan: SplitPlan) -> pl.Expr:
    """The name of a record's stratum."""
    columns = [_meta(name.removeprefix("meta.")) if name.startswith("meta.") else pl.col(name) for name in plan.by]
    return pl.concat_str([column.fill_null("") for column in columns], separator=" / ") if columns else pl.lit("all")


def _meta(key: str) -> pl.Expr:
    return pl.col("meta").str.json_path_match(f"$['{key}']")

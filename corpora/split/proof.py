"""The proof of a split, counted in what was written: which groups, facts and questions stand in more than one."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import batches
from kgtools.corpora.split.assign import published_of, runs
from kgtools.corpora.split.held import is_apart
from kgtools.corpora.split.plan import SPLITS
from kgtools.corpora.text.normalize import normal, with_texts
from kgtools.tools.errors import Findings
from kgtools.tools.frames import scan_table

AT_ONCE = 50_000
"""Rows of a batch, as in `index.py`."""


class SplitCounts(NamedTuple):
    """How many different ones are in each split, and how many in more than one."""

    splits: dict[str, int]
    crossing: int


class Proof(NamedTuple):
    """The counts of groups, of facts, and of questions, compared as duplicates are. `loose_facts`: how many facts of records that
    are held out by wording or length alone other splits hold too, as they may; these are not among `facts`."""

    groups: SplitCounts
    facts: SplitCounts
    questions: SplitCounts
    loose_facts: int = 0


def prove(path: Path) -> Proof:
    """Count in a table of records with their split. Raises Findings where a group or a fact is in more than one; the facts of what is
    held out by wording or length alone may be."""
    written = scan_table(path)
    written = written.with_columns(RECORDS.lacking(written.collect_schema().names()))
    asked = with_texts(written).select("split", name=normal(pl.col("question")).replace("", None))
    groups = _counts(written.select("split", name="group"))
    loose = (pl.col("hold_out").is_not_null() & ~is_apart()).fill_null(False)
    facts = _counts(written.select("split", name=pl.when(loose).then(None).otherwise("facts")))
    for noun, found in (("groups", groups), ("facts", facts)):
        if found.crossing:
            raise Findings(f"{found.crossing:,} {noun} would be in more than one split; nothing was written")
    has_loose = written.select(loose.any()).collect(engine="streaming").item()
    all_facts = _counts(written.select("split", name="facts")).crossing if has_loose else 0
    return Proof(groups, facts, _counts(asked), all_facts)


def _counts(rows: pl.LazyFrame) -> SplitCounts:
    """Of rows with `split` and `name`, a text or a list of them; what has none is not counted."""
    numbers: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    places: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)]
    for batch in batches(rows, AT_ONCE):
        found = batch.select(published_of(), "name")
        if found.schema["name"] == pl.List:
            found = found.explode("name")
        found = found.drop_nulls("name")
        numbers.append(found["name"].hash().to_numpy())
        places.append(found["published"].to_numpy())
    order, starts = runs(np.concatenate(numbers))
    if not len(order):
        return SplitCounts(dict.fromkeys(SPLITS, 0), 0)
    splits = np.concatenate(places)[order]
    least, most = np.minimum.reduceat(splits, starts), np.maximum.reduceat(splits, starts)
    inside = [np.logical_or.reduceat(splits == at, starts) for at in range(len(SPLITS))]
    return SplitCounts({split: int(inside[at].sum()) for at, split in enumerate(SPLITS)}, int((least != most).sum()))

"""Fact groups: all records that share a triple, in either direction, language or task, hang together; and so do triples that join the same
two entities, by whatever relation."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.dedup.clusters import join

WAITING = 1 << 22
"""Pairs that wait until they are joined, for each time the whole graph is gone through."""


class FactGroups:
    """The facts of a graph, by place, in groups, which are told of its records a selection at a time."""

    def __init__(self, ids: pl.Series, pairs: pl.Series | None = None) -> None:
        """`ids`: those of the facts, in their order, which is alphabetical; `pairs`: what each joins (`GraphView.pairs`): facts that join
        the same hang together."""
        self._ids = ids
        self._least = np.arange(len(ids), dtype=np.uint32)
        self._is_tied = np.zeros(len(ids), dtype=np.bool_)
        joined = pl.DataFrame({"pair": pairs}, schema={"pair": pl.UInt64}).with_row_index("fact").drop_nulls()
        joined = joined.with_columns(pl.col("fact").min().over("pair").alias("first"))
        joined = joined.filter(pl.col("fact") != pl.col("first"))
        one, other = (joined[name].to_numpy().astype(np.uint64) for name in ("first", "fact"))
        self._pairs: list[NDArray[np.uint64]] = [one << np.uint64(32) | other]

    def tie(self, facts: pl.Series) -> None:
        """Tie the facts of each record, a list of places."""
        if facts.is_empty():
            return
        rows = pl.DataFrame({"fact": facts, "first": facts.list.first()}).explode("fact").drop_nulls("fact")
        one, other = (rows[name].to_numpy().astype(np.uint64) for name in ("first", "fact"))
        self._is_tied[other.astype(np.uint32)] = True
        pairs = np.unique((one << np.uint64(32) | other)[one != other])
        self._pairs.append(pairs)
        if sum(map(len, self._pairs)) > WAITING:
            self._join()

    def of(self, facts: pl.Series) -> pl.Series:
        """The group of each record, from its facts: the least id of all facts that hang together; nothing where none is tied."""
        self._join()
        first = facts.list.first()
        groups = self._ids.gather(pl.Series(self._least).gather(first))
        is_tied = pl.Series(self._is_tied).gather(first)
        return pl.select(pl.when(is_tied).then(groups).otherwise(pl.lit(""))).to_series().alias("group")

    def _join(self) -> None:
        if self._pairs:
            pairs = np.unique(np.concatenate(self._pairs))
            one, other = (pairs >> np.uint64(32)).astype(np.uint32), (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
            self._least = join(self._least[one], self._least[other], len(self._least))[self._least]
            self._pairs = []

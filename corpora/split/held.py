"""Records that generate held out: they are for test, and what shares a fact or a group with them is in no split."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.record import APART
from kgtools.corpora.split.assign import HELD, SHARES
from kgtools.corpora.split.index import Read
from kgtools.corpora.split.parts import NONE

FREE = 0


class HoldOutStates(NamedTuple):
    """`state`: of each record FREE, HELD or SHARES."""

    state: NDArray[np.uint8]

    def with_state(self, index: pl.DataFrame) -> pl.DataFrame:
        """The index of the records with the state of each as `held`; no rule draws those that are not free."""
        held = pl.Series("held", self.state)
        return index.with_columns(held, rule=pl.when(held == FREE).then("rule").otherwise(pl.lit(NONE, pl.UInt8)))

    def without(self, read: Read) -> Read:
        """Reads the records; those that are not free hang on nothing."""

        def batches() -> Iterator[pl.DataFrame]:
            at = 0
            for batch in read():
                free = pl.Series(self.state[at : at + batch.height] == FREE)
                alone = pl.format("held out {}", pl.int_range(at, at + batch.height))
                ties = [pl.when(free).then(name).alias(name) for name in batch.columns if name.startswith("tie ")]
                yield batch.with_columns(
                    pl.when(free).then("group").otherwise(alone).alias("group"),
                    pl.when(free).then("facts").otherwise(pl.lit([], pl.List(pl.String))).alias("facts"),
                    *ties,
                )
                at += batch.height

        return batches


def is_apart() -> pl.Expr:
    """Whether the facts of a record are in no record that is not held out: of what is held out by wording or length they may be."""
    return pl.col("hold_out").str.split(" + ").list.set_intersection(list(APART)).list.len() > 0


def find_held(read: Callable[[], Iterator[pl.DataFrame]]) -> HoldOutStates:
    """What is held out. `read` reads `hold_out`, `group` and `facts` of the records, in their order, as often as it is called."""
    facts: list[NDArray[np.uint64]] = []
    groups: list[NDArray[np.uint64]] = []
    for batch in read():
        apart = batch.filter(is_apart())
        if apart.height:
            facts.append(apart["facts"].explode().drop_nulls().hash().to_numpy())
        groups.append(batch.filter(pl.col("hold_out").is_not_null())["group"].hash().to_numpy())
    held_facts, held_groups = (np.unique(np.concatenate([np.empty(0, np.uint64), *each])) for each in (facts, groups))
    states = [np.empty(0, np.uint8)]
    for batch in read():
        state = np.zeros(batch.height, np.uint8)
        if len(held_groups):
            told = batch.select(row=pl.int_range(pl.len()), fact="facts").explode("fact").drop_nulls("fact")
            shares = told["row"].to_numpy()[np.isin(told["fact"].hash().to_numpy(), held_facts)]
            state[shares] = SHARES
            state[np.isin(batch["group"].hash().to_numpy(), held_groups)] = SHARES
            state[batch["hold_out"].is_not_null().to_numpy()] = HELD
        states.append(state)
    return HoldOutStates(np.concatenate(states))

"""Evaluation items as what is looked up: questions, sets of options, and the runs of what is sought inside of texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.decontaminate.grams import LONG, SHORT, Numbers
from kgtools.corpora.decontaminate.index import ITEMS
from kgtools.corpora.decontaminate.rules import Rules

LEAST = {True: 4, False: 12}
"""Runs of its own that a question in Chinese or another language must have to be sought inside of texts."""
HEAVY = {True: 12, False: 30}
"""Letters of all options below which they are no sign of a question: yes, no, maybe."""
FOURTH = 4
"""The part of the wanted runs that must be among the rarest before all are looked for: fewer make more texts worth a look, more
make more runs to look up."""


@dataclass(frozen=True)
class RunIndex:
    """Runs in order, each with the number of what it is of; `mask` is a table that a part of a run points into."""

    runs: Numbers
    of: NDArray[np.uint32]
    mask: NDArray[np.bool_]

    def among(self, numbers: Numbers) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Where in `numbers` one of these runs stands, and what it is of; a place for each."""
        places = np.flatnonzero(self.mask[(numbers & np.uint64(len(self.mask) - 1)).astype(np.int64)])
        first, end = (np.searchsorted(self.runs, numbers[places], side) for side in ("left", "right"))
        # a place with several runs is told once for each: `within` counts them, from 0 at each place
        counts = end - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(places, counts), self.of[np.repeat(first, counts) + within]


def runs_of(frame: pl.DataFrame) -> RunIndex:
    """The runs of a frame of `run` and `of`."""
    ordered = frame.sort("run", "of")
    mask = np.zeros(1 << max(16, (frame.height * 16).bit_length()), dtype=np.bool_)
    mask[(ordered["run"].to_numpy() % len(mask)).astype(np.int64)] = True
    return RunIndex(ordered["run"].to_numpy(), ordered["of"].to_numpy(), mask)


@dataclass(frozen=True)
class Search:
    """`items`: ITEMS with `number`. `stems`: number of a question ->
        item. `sets`: a number for each set of options, and for each without one of them -> item. `needles`: what is sought inside
        of texts, by its row: number, rule, letters, size, held (its runs), runs (how many), wanted (how many of them). `anchors`: by
        size the rarest runs of each needle, of which any text with the needle holds `least`. `short`: by size the anchors of the
    questions that are sought wholly, as their runs are too few for a needle."""

    rules: Rules
    items: pl.DataFrame
    stems: pl.DataFrame
    sets: pl.DataFrame
    needles: pl.DataFrame
    anchors: dict[int, RunIndex]
    short: dict[int, RunIndex]


def search_of(indexes: Sequence[pl.DataFrame], rules: Rules) -> Search:
    """What finds the items of several indexes; an item that is in two of them counts once."""
    items = pl.concat([ITEMS.frame(), *indexes]).unique(["evalset", "item"], keep="first").sort("evalset", "item")
    items = items.with_row_index("number")
    heavy = items.filter(pl.col("weight") >= pl.when("han").then(HEAVY[True]).otherwise(HEAVY[False]))
    sets = option_keys(heavy["number"], heavy["options"])
    needles = _needles(items, rules)
    anchors = _anchors(needles)
    short = _short(items, needles, rules)
    return Search(
        rules=rules,
        items=items,
        stems=items.filter(pl.col("stem").is_not_null()).select("number", key="stem"),
        sets=sets,
        needles=needles,
        anchors={size: runs_of(anchors.filter(pl.col("size") == size)) for size in (SHORT, LONG)},
        short={size: runs_of(short.filter(pl.col("size") == size)) for size in (SHORT, LONG)},
    )


def _anchors(needles: pl.DataFrame) -> pl.DataFrame:
    """`size`, `run`, `of`: a text with `wanted` of a needle's `runs` lacks so few that it holds `least` of these."""
    numbered = needles.with_row_index("of").select("of", "size", "runs", "wanted", "least", run="held").explode("run")
    rarest = numbered.with_columns(frequency=pl.len().over("run")).sort("of", "frequency", "run")
    number = pl.col("runs") - pl.col("wanted") + pl.col("least")
    return rarest.filter(pl.int_range(pl.len()).over("of") < number)


def _short(items: pl.DataFrame, needles: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """`size`, `run`, `of`: the anchors of the questions that are no needles."""
    sought = needles.filter(pl.col("rule") == "ngrams")["number"].implode()
    short = items.filter(
        pl.col("anchor").is_not_null() & ~pl.col("number").is_in(sought) & pl.lit("stem" in rules.rules)
    )
    return short.select(size=pl.when("han").then(SHORT).otherwise(LONG), run="anchor", of="number")


def option_keys(rows: pl.Series, options: pl.Series) -> pl.DataFrame:
    """`number`, `key`: for each list of three numbers or more their sum, and of four or more the sums without one of them.

    So two sets share a key where one option was replaced, or where one has an option more."""
    flat = pl.DataFrame({"number": rows, "one": options, "size": options.list.len()}).filter(pl.col("size") >= 3)
    flat = flat.explode("one").with_columns(whole=pl.col("one").sum().over("number"))
    wholes = flat.select("number", key="whole")
    without = flat.filter(pl.col("size") >= 4).select("number", key=_minus(pl.col("whole"), pl.col("one")))
    return pl.concat([wholes, without]).unique().sort("number", "key")


def _minus(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The difference modulo 2**64."""
    return one + (other ^ pl.lit(2**64 - 1, pl.UInt64)) + pl.lit(1, pl.UInt64)


def _needles(items: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    least = pl.when("han").then(LEAST[True]).otherwise(LEAST[False])
    letters = pl.when("han").then(rules.letters_zh).otherwise(rules.letters)
    size = pl.when("han").then(SHORT).otherwise(LONG)
    told = (pl.col("runs").list.len() >= least) & (pl.col("letters") >= letters) & ~pl.col("phrase")
    stems = items.filter(told & pl.lit("ngrams" in rules.rules)).select(
        "number", "letters", rule=pl.lit("ngrams"), size=size, held="runs", share=pl.lit(rules.ngrams)
    )
    long = (pl.col("long").list.len() >= LEAST[False]) & pl.lit("answer" in rules.rules)
    answers = items.filter(long).select(
        "number",
        letters="long_letters",
        rule=pl.lit("answer"),
        size=pl.lit(LONG),
        held="long",
        share=pl.lit(rules.answer),
    )
    both = pl.concat([stems, answers]).with_columns(runs=pl.col("held").list.len())
    both = both.with_columns(wanted=(pl.col("runs") * pl.col("share")).ceil().cast(pl.UInt32)).drop("share")
    return both.with_columns(least=(pl.col("wanted") // FOURTH).clip(1))

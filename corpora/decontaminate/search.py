"""Evaluation items as what is looked up: questions, sets of options, and the runs of what is sought inside of texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpora.decontaminate.grams import LONG, SHORT, Numbers
from corpora.decontaminate.index import ITEMS
from corpora.decontaminate.rules import Rules

LEAST = {True: 4, False: 12}
"""Runs of its own that a question in Chinese or another language must have to be sought inside of texts."""
HEAVY = {True: 12, False: 30}
"""Letters of all options below which they are no sign of a question: yes, no, maybe."""


@dataclass(frozen=True)
class Search:
    """`items`: ITEMS with `number`. `stems`: number of a question -> item. `sets`: a number for each set of options, and for
    each without one of them -> item, with `sharing`, the items that have it. `needles`: what is sought inside of texts:
    needle, number, rule, letters, runs (how many), wanted. `runs`: run -> needle; `anchors`: the rarest of them, of which any
    text with the needle holds one. `masks`: the same by size, as tables that a part of the run points into."""

    rules: Rules
    items: pl.DataFrame
    stems: pl.DataFrame
    sets: pl.DataFrame
    needles: pl.DataFrame
    runs: pl.DataFrame
    anchors: pl.DataFrame
    masks: dict[int, NDArray[np.bool_]]


def search_of(indexes: Sequence[pl.DataFrame], rules: Rules) -> Search:
    """What finds the items of several indexes; an item that is in two of them counts once."""
    whole = pl.concat([ITEMS.frame(), *indexes]).unique(["evalset", "item"], keep="first").sort("evalset", "item")
    whole = whole.with_row_index("number")
    heavy = whole.filter(pl.col("weight") >= pl.when("han").then(HEAVY[True]).otherwise(HEAVY[False]))
    needles = _needles(whole, rules)
    flat = needles.select("needle", "size", run=pl.col("held")).explode("run")
    rarest = flat.join(flat.group_by("run").len("frequency"), on="run").sort("needle", "frequency", "run")
    rarest = rarest.join(needles.select("needle", "runs", "wanted"), on="needle", maintain_order="left")
    anchors = rarest.filter(pl.int_range(pl.len()).over("needle") <= pl.col("runs") - pl.col("wanted"))
    sets = option_keys(heavy["number"], heavy["options"])
    return Search(
        rules=rules,
        items=whole,
        stems=whole.filter(pl.col("stem").is_not_null()).select("number", key="stem"),
        sets=sets.with_columns(sharing=pl.len().over("key")),
        needles=needles.drop("held", "size"),
        runs=flat.select("run", "needle"),
        anchors=anchors.select("run", "needle"),
        masks={size: _mask(anchors.filter(pl.col("size") == size)["run"]) for size in (SHORT, LONG)},
    )


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
    both = pl.concat([stems, answers]).with_row_index("needle").with_columns(runs=pl.col("held").list.len())
    return both.with_columns(wanted=(pl.col("runs") * pl.col("share")).ceil().cast(pl.UInt32)).drop("share")


def _mask(runs: pl.Series) -> NDArray[np.bool_]:
    mask = np.zeros(1 << max(16, (len(runs) * 16).bit_length()), dtype=np.bool_)
    mask[(runs.to_numpy() % len(mask)).astype(np.int64)] = True
    return mask


def marked(numbers: Numbers, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where numbers are that may be among those of the mask; some others are there too."""
    return np.flatnonzero(mask[(numbers & np.uint64(len(mask) - 1)).astype(np.int64)])

"""What a pair of a record and an evaluation item is: a hit, or a twin that only looks like it."""

import polars as pl

from corpora.decontaminate.grams import sketches
from corpora.decontaminate.rules import RULES
from corpora.decontaminate.search import Search

MOST, WORDED = 0.5, 0.7
"""Options are the same where this part of them is, letter by letter, or where their sketches are so much alike."""
CERTAIN = {True: 30, False: 100}
"""Letters of all options from which on no two questions have the same by chance."""
HEAVY = {True: 12, False: 30}
"""Letters of all options below which they do not tell one question from another."""
SHORT = {True: 40, False: 120}
"""Letters below which a question must be there wholly, as without options nothing else can tell it from one that differs in a
word; and, where it has none itself, be most of what the user says."""


def judged(found: pl.DataFrame, texts: pl.DataFrame, search: Search) -> pl.DataFrame:
    """One row a pair, with its first rule, of what the rules found: text, number, rule, overlap, verdict.

    Where both sides have options, these and the keys decide: a question is another one where the key of one is an option of
    the other and wrong there, or where most options differ and the keys are not the same."""
    theirs = search.items.select(
        "number", "han", "phrase", "sketch", "letters", "shared",
        set_options="options", set_right="right", set_weight="weight", set_sketch="options_sketch",
    )  # fmt: skip
    mine = texts.select("text", "said", "options", "right", "options_sketch")
    pairs = found.join(mine, on="text").join(theirs, on="number")
    pairs = pairs.with_columns(drawn=sketches(pairs["said"], pairs["han"]), **_keys())
    pairs = pairs.with_columns(like=dice(pl.col("drawn"), pl.col("sketch"))).with_columns(verdict=_verdict(search))
    order = pl.col("rule").replace_strict(list(RULES), list(range(len(RULES))), return_dtype=pl.UInt8)
    ordered = (
        pairs.drop_nulls("verdict")
        .with_columns(order=order)
        .sort("text", "number", pl.col("verdict") != "hit", "order")
    )
    return ordered.unique(["text", "number"], keep="first", maintain_order=True).select(
        "text", "number", "rule", "overlap", "verdict"
    )


def dice(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """How alike two sets are, 0 to 1; 0 for two empty ones."""
    both = one.list.len() + other.list.len()
    return 2 * one.list.set_intersection(other).list.len() / both.clip(1)


def _keys() -> dict[str, pl.Expr]:
    """What options and keys say of a pair. `denied`: each key is an option of the other question, and wrong there."""
    options, theirs, right, key = (pl.col(name) for name in ("options", "set_options", "right", "set_right"))
    same = options.list.set_intersection(theirs).list.len() / options.list.set_union(theirs).list.len().clip(1)
    known = (right.list.len() > 0) & (key.list.len() > 0)
    among = (right.list.set_difference(theirs).list.len() == 0) & (key.list.set_difference(options).list.len() == 0)
    return {
        "both": (options.list.len() > 1) & (theirs.list.len() > 1),
        "apart": (same < MOST)
        & (dice(pl.col("options_sketch"), pl.col("set_sketch")) < WORDED)
        & ~(known & (right == key)),
        "identical": (options == theirs) & (options.list.len() >= 4) & ~(known & (right != key)),
        "agree": known & (right == key),
        "differ": known & (right != key),
        "denied": known & (right != key) & among,
    }


def _verdict(search: Search) -> pl.Expr:
    """hit, twin or, for what is no pair at all, null."""
    verdicts = {"stem": _of_stem(), "options": _of_options(search), "ngrams": _of_ngrams(), "answer": pl.lit("hit")}
    return pl.coalesce(pl.when(pl.col("rule") == rule).then(verdict) for rule, verdict in verdicts.items())


def _of_stem() -> pl.Expr:
    another = pl.col("both") & pl.col("apart")
    light = (pl.col("set_weight") < _by_script(HEAVY)) & ~pl.col("identical")
    says_nothing = pl.col("phrase") & (~pl.col("both") | another | light)
    return pl.when(~says_nothing).then(pl.when(another).then(pl.lit("twin")).otherwise(pl.lit("hit")))


def _of_options(search: Search) -> pl.Expr:
    """Of questions with the same options: those that are alike, or any, where their options are long and no list's."""
    one_less = pl.col("overlap") < 1
    least = pl.when(pl.col("agree") & ~one_less).then(search.rules.alike_same_key).otherwise(search.rules.alike)
    alike = pl.col("like") >= least
    certain = (pl.col("set_weight") >= _by_script(CERTAIN)) & ~pl.col("shared")
    return (
        pl.when(pl.col("differ"))
        .then(pl.when(alike).then(pl.lit("twin")))
        .otherwise(pl.when(alike | certain).then(pl.lit("hit")))
    )


def _of_ngrams() -> pl.Expr:
    """Of questions that are there for the most part."""
    short = pl.col("letters") < _by_script(SHORT)
    longer = pl.col("said").str.len_chars() > pl.col("letters") * 1.5
    part = short & ((pl.col("overlap") < 1) | ((pl.col("set_options").list.len() < 2) & longer))
    told = pl.when(pl.col("apart") | pl.col("denied")).then(pl.lit("twin")).otherwise(pl.lit("hit"))
    return pl.when("both").then(told).when(~part).then(pl.lit("hit"))


def _by_script(limits: dict[bool, int]) -> pl.Expr:
    return pl.when("han").then(limits[True]).otherwise(limits[False])

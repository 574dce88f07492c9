"""What a pair of a record and an evaluation item is: a hit, or a twin that only looks like it."""

import polars as pl

from kgtools.corpora.decontaminate.grams import SKETCH, is_han, sketches
from kgtools.corpora.decontaminate.index import content_of, is_negated, says_little
from kgtools.corpora.decontaminate.rules import RULES
from kgtools.corpora.decontaminate.search import Search

MOST, WORDED = 0.5, 0.7
"""Options are the same where this part of them is, letter by letter, or where their sketches are so much alike."""
HEAVY = {True: 12, False: 30}
"""Letters of all options below which they do not tell one question from another."""
SHORT = {True: 40, False: 120}
"""Letters below which a question must be there wholly, as without options nothing else can tell it from one that differs in a
word; and, where it has none itself, be most of what the user says."""


def judge(pairs_by_rule: pl.DataFrame, texts: pl.DataFrame, search: Search) -> pl.DataFrame:
    """One row a pair, with its first rule, of what the rules found: text, number, rule, overlap, verdict.

    Where both sides have options, these and the keys decide: a question is another one where the key of one is an option of
    the other and wrong there, or where most options differ and the keys are not the same. A list without letters may be any
    list, so it tells no question from another."""
    of_items = search.items.select(
        "number", "han", "phrase", "sketch", "letters", set_content="content", set_negated="negated",
        set_options="options", set_right="right", set_weight="weight", set_sketch="options_sketch",
    )  # fmt: skip
    of_texts = _mine(texts.join(pairs_by_rule.select("text").unique(), on="text", how="semi"))
    pairs = pairs_by_rule.join(of_texts, on="text").join(of_items, on="number")
    pairs = pairs.with_columns(drawn=sketches(pairs["content"], pairs["han"]), **_keys())
    pairs = pairs.with_columns(
        like=likeness(pl.col("drawn"), pl.col("sketch")),
        # a message may ask several questions, of which one was read
        apart=pl.col("apart") & ~pl.col("listed"),
        both=pl.col("both") & (pl.col("lettered") | ~pl.col("apart")),
    ).with_columns(verdict=_verdict(search))
    order = pl.col("rule").replace_strict(list(RULES), list(range(len(RULES))), return_dtype=pl.UInt8)
    ordered = (
        pairs.drop_nulls("verdict")
        .with_columns(order=order)
        .sort("text", "number", pl.col("verdict") != "hit", "order")
    )
    return ordered.unique(["text", "number"], keep="first", maintain_order=True).select(
        "text", "number", "rule", "overlap", "verdict"
    )


def _mine(texts: pl.DataFrame) -> pl.DataFrame:
    """What is compared of the texts; `little`: whether their question says nothing without its options."""
    content = content_of(texts)
    about = {"said": texts["said"].str.len_chars(), "little": says_little(content, is_han(texts["said"]))}
    about |= {"negated": is_negated(texts)}
    columns = ("text", "lettered", "options", "right", "options_sketch")
    return texts.select(columns).with_columns(content=content, **about)


def dice(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """How alike two sets are, 0 to 1; 0 for two empty ones."""
    both = one.list.len() + other.list.len()
    return 2 * one.list.set_intersection(other).list.len() / both.clip(1)


def likeness(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """`dice` of two sketches less what sets of their sizes share by chance, which is much for long texts."""
    sizes = one.list.len().cast(pl.Float64), other.list.len().cast(pl.Float64)
    chance = 2 * sizes[0] * sizes[1] / (SKETCH * (sizes[0] + sizes[1]).clip(1))
    return (dice(one, other) - chance) / (1 - chance).clip(1e-9)


def _keys() -> dict[str, pl.Expr]:
    """What options and keys say of a pair. `listed`: all of the item's options, or all but one, stand in the text; `denied`:
    each key is an option of the other question, and wrong there."""
    options, theirs, right, key = (pl.col(name) for name in ("options", "set_options", "right", "set_right"))
    same = options.list.set_intersection(theirs).list.len() / options.list.set_union(theirs).list.len().clip(1)
    known = (right.list.len() > 0) & (key.list.len() > 0)
    among = (right.list.set_difference(theirs).list.len() == 0) & (key.list.set_difference(options).list.len() == 0)
    number = theirs.list.len()
    return {
        "listed": (number >= 3) & (pl.col("seen") >= number - 1),
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
    """Of the question itself: one that says little needs its options, one inside of a text something beside it."""
    another = pl.col("both") & pl.col("apart")
    number = pl.col("set_options").list.len()
    heavy = pl.col("set_weight") >= _by_script(HEAVY)
    every = (pl.col("seen") == number) & (number >= 4) & ~pl.col("differ")
    told = pl.when("both").then(~pl.col("apart") & (heavy | pl.col("identical")))
    optioned = told.otherwise(False) | (pl.col("listed") & (heavy | every))
    asks = (number >= 2) & (pl.col("set_content") < pl.col("letters"))
    beside = pl.col("asked") & ~pl.col("phrase") & ((pl.col("seen") > 0) | asks) & ~another
    verdict = pl.when(another).then(pl.lit("twin")).otherwise(pl.lit("hit"))
    whole = pl.when(~pl.col("phrase") | optioned).then(verdict)
    return pl.when(pl.col("asked").is_null()).then(whole).when(optioned | beside).then(pl.lit("hit"))


def _of_options(search: Search) -> pl.Expr:
    """Of questions with the same options: those that are alike, or that both say little without them."""
    one_less = pl.col("overlap") < 1
    least = pl.when(pl.col("agree") & ~one_less).then(search.rules.alike_same_key).otherwise(search.rules.alike)
    alike = (pl.col("like") >= least) | (pl.col("phrase") & pl.col("little"))
    another = pl.col("differ") | (pl.col("negated") != pl.col("set_negated"))
    verdict = pl.when(another).then(pl.lit("twin")).otherwise(pl.lit("hit"))
    return pl.when(alike).then(verdict)


def _of_ngrams() -> pl.Expr:
    """Of questions that are there for the most part."""
    short = pl.col("letters") < _by_script(SHORT)
    longer = pl.col("said") > pl.col("letters") * 1.5
    part = short & ((pl.col("overlap") < 1) | ((pl.col("set_options").list.len() < 2) & longer))
    told = pl.when(pl.col("apart") | pl.col("denied")).then(pl.lit("twin")).otherwise(pl.lit("hit"))
    return pl.when("both").then(told).when(~part).then(pl.lit("hit"))


def _by_script(limits: dict[bool, int]) -> pl.Expr:
    return pl.when("han").then(limits[True]).otherwise(limits[False])

"""What no record for training may hold though it is not held out itself: it says again what is.

Two entities are joined by one thing, whatever the relation and the direction: who has learned that 恶心 goes with 黄疸 knows the answer
of the question turned round. And a text about a head says what it names."""

from collections.abc import Iterator

import polars as pl

from kgtools.templates.facts import GraphView

SHORTEST, SHORTEST_VALUE = 2, 3
"""Characters of a name, and of a value of an attribute, that is looked for in texts."""
AT_ONCE = 1 << 16
"""Names that are looked for at a time."""


def find_blocked(view: GraphView, apart: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Of each fact, by place, whether no record for training may hold it; and all pairs (`GraphView.pairs`) that are joined by
    what is `apart`: held out, or in a bundle with that."""
    pairs = view.pairs.filter(apart).drop_nulls().unique().sort()
    joined = view.pairs.is_in(pairs.implode()).fill_null(False)
    told = pl.concat([pl.Series("fact", [], pl.UInt32), *_told_in_texts(view, apart)]).unique()
    return apart | joined | view.facts["fact"].is_in(told.implode()), pairs


def _told_in_texts(view: GraphView, apart: pl.Series) -> Iterator[pl.Series]:
    """The attributes that name what a fact apart says of their head: the other end, by any name, or a value."""
    is_value = view.facts["kind"] == "attribute"
    texts = view.facts.filter(is_value & ~apart).select("fact", "head", text=_lower("value_zh", "value_en"))
    words = pl.concat([_names_of_ends(view, apart), _values(view, apart & is_value)])
    words = words.filter(pl.col("head").is_in(texts["head"].unique().implode())).unique().sort("head", "word")
    plain = pl.col("word").str.contains(r"^[\x00-\x7f]*$")
    in_words = texts.with_columns(_in_words("text"))
    for part, within in (
        (words.filter(~plain), texts),
        (words.filter(plain).with_columns(_in_words("word")), in_words),
    ):
        for some in part.iter_slices(AT_ONCE):
            found = within.join(some, on="head").filter(pl.col("text").str.contains(pl.col("word"), literal=True))
            yield found["fact"].unique()


def _names_of_ends(view: GraphView, apart: pl.Series) -> pl.DataFrame:
    """`head` and `word`: every name of what is joined with a head, in either direction."""
    ends = view.facts.filter(apart & view.facts["tail"].is_not_null()).select("head", "tail")
    turned = ends.select(pl.col("tail").alias("head"), pl.col("head").alias("tail"))
    both = pl.concat([ends, turned]).unique().join(view.called, left_on="tail", right_on="number")
    return both.select("head", word=_lower("name")).filter(pl.col("word").str.len_chars() >= SHORTEST)


def _values(view: GraphView, apart: pl.Series) -> pl.DataFrame:
    """`head` and `word`: every value that is apart."""
    rows = view.facts.filter(apart)
    values = pl.concat([rows.select("head", word=_lower(name)) for name in ("value_zh", "value_en")])
    return values.filter(pl.col("word").str.len_chars() >= SHORTEST_VALUE)


def _lower(*columns: str) -> pl.Expr:
    return pl.concat_str(*columns, separator="\n", ignore_nulls=True).str.to_lowercase()


def _in_words(column: str) -> pl.Expr:
    """Letters and digits in words with a blank on both sides of each, so that 'ct' stands in no 'direct'."""
    return pl.format(" {} ", pl.col(column).str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars()).alias(column)

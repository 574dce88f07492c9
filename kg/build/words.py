"""The words of a source, names and values, each judged once; whatever says a word has its number."""

from typing import Annotated

import polars as pl

from kgtools.kg.build.name_rules import is_missing, is_punctuation, judge_names, strip_invisible
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import digest

LONGEST_ID = 500
"""Characters of an id that is kept as it is: indexes of databases hold no longer texts."""

WORDS = Schema(
    "words",
    {
        "type": pl.String,
        "text": pl.String,
        "clean": pl.String,
        "rule": pl.String,
        "refused": pl.String,
        "id": pl.String,
        "empty": pl.Boolean,
        "residue": pl.Boolean,
        "meaning": pl.UInt32,
        "spelling": pl.UInt32,
    },
    required=("text", "clean", "empty", "meaning", "spelling"),
)
"""Each name of each type, and each value (`type` null), once: `text` as the files have it, `clean` after the rules, the first
`rule` that changed it, and why it is `refused`. `id`: of the entity; of a value the value. `empty`: nothing is left of it.
`residue`: it stands in the list of words that the site left behind. `meaning`, `spelling`: the number of the first word with this id,
and of the first with this text, be it of another type."""

Words = Annotated[pl.DataFrame, WORDS]


def judge_words(words: pl.DataFrame, residue: list[str], raw: bool) -> Words:
    """Judge names by the rules for names, and values by those for values; `words`: `type` and `text`, each pair once.

    `residue`: ids that name nothing. `raw`: only what is empty is refused."""
    named = judge_names(words.drop_nulls("type").rename({"text": "name"}), raw).rename({"name": "text"})
    judged = pl.concat([named, _judge_values(words.filter(pl.col("type").is_null()), raw)])
    is_value, number = pl.col("type").is_null(), pl.col("number")
    judged = judged.with_row_index("number").with_columns(
        pl.when(is_value).then("clean").otherwise(_entity_id(pl.col("type"), pl.col("clean"))).alias("id"),
        (pl.col("clean") == "").alias("empty"),
    )
    judged = judged.with_columns(
        (pl.col("id").is_in(residue) & ~is_value).alias("residue"),
        number.first().over(is_value, "id").alias("meaning"),
        number.first().over("text").alias("spelling"),
    )
    return WORDS.check(judged, "words")


def _judge_values(values: pl.DataFrame, raw: bool) -> pl.DataFrame:
    """Values are only trimmed, and refused where they are a word for an empty cell, or nothing but marks."""
    text, visible = pl.col("text"), strip_invisible(pl.col("text"))
    values = values.with_columns(visible.str.strip_chars().alias("clean"), visible.alias("visible"))
    missing = (is_missing(pl.col("clean")) | is_punctuation(pl.col("clean"))) & pl.lit(not raw)
    return values.select(
        "type",
        "text",
        "clean",
        pl.when(pl.col("visible") != text).then(pl.lit("control-characters"))
        .when(pl.col("clean") != text).then(pl.lit("outer-space"))
        .alias("rule"),
        pl.when(missing).then(pl.lit("missing-value")).alias("refused"),
    )  # fmt: skip


def _entity_id(type_: pl.Expr, name: pl.Expr) -> pl.Expr:
    """`Disease:糖尿病`; of a name too long for the index of a database, its beginning and a hash of the whole."""
    return pl.concat_str(type_, pl.lit(":"), name).map_batches(_shorten, pl.String)


def _shorten(ids: pl.Series) -> pl.Series:
    long = (ids.str.len_chars() > LONGEST_ID).arg_true()
    if long.is_empty():
        return ids
    return ids.clone().scatter(long, [f"{id_[:100]}…{digest(id_)}" for id_ in ids.gather(long)])


def number_words(words: Words, rows: pl.DataFrame) -> pl.Series:
    """The number of the word in each row of `type` and `text`."""
    numbers = words.select("type", "text").with_row_index("number")
    return rows.join(numbers, on=["type", "text"], how="left", maintain_order="left", nulls_equal=True)["number"]

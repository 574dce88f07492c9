"""The words of a source, names and values, each judged once; whatever says a word has its number."""

import itertools
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
`rule` that changed it, and why it is `refused`. `id`: of the entity, null for a value. `empty`: nothing is left of it.
`residue`: it stands in the list of words that the site left behind. `meaning`: the number of the first word that is this entity, or
this value; `spelling`: that of the first with this text, be it of another type."""

Words = Annotated[pl.DataFrame, WORDS]


def number_words(rows: list[pl.DataFrame]) -> tuple[pl.DataFrame, list[pl.Series]]:
    """The words in tables of `type` and `text`, each once, and for each table the numbers of its words."""
    every = pl.concat(rows).with_row_index("row")
    first = every.select(pl.col("row").first().over("type", "text")).to_series()
    begins = first == every["row"]
    numbers = (begins.cum_sum() - 1).gather(first).rename("number")
    ends = [0, *itertools.accumulate(table.height for table in rows)]
    return every.filter(begins).drop("row"), [numbers[begin:end] for begin, end in itertools.pairwise(ends)]


def judge_words(words: pl.DataFrame, residue: list[str], raw: bool) -> Words:
    """Names judged by the rules for names, and values by those for values, in the order of `words`: `type` and `text`.

    `residue`: ids that name nothing. `raw`: only what is empty is refused."""
    words, is_value, number = words.with_row_index("number"), pl.col("type").is_null(), pl.col("number")
    names, values = words.filter(~is_value), words.filter(is_value)
    named = judge_names(names.rename({"text": "name"}), raw).rename({"name": "text"})
    judged = pl.concat(
        [named.with_columns(names["number"]), _judge_values(values, raw).with_columns(values["number"])]
    ).sort("number")
    judged = judged.with_columns(
        _entity_id(pl.col("type"), pl.col("clean")).alias("id"), (pl.col("clean") == "").alias("empty")
    )
    judged = judged.with_columns(
        pl.col("id").is_in(residue).fill_null(False).alias("residue"),
        number.first().over(is_value, pl.coalesce("id", "clean")).alias("meaning"),
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

"""How large records are: one each, in characters, or in tokens of a tokenizer file."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from kgtools.corpora.mix.recipe import MixRecipe
from kgtools.corpora.text.normalize import with_texts
from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.frames import numbers

Measure = Callable[[pl.DataFrame], pl.DataFrame]
KINDS = ("task", "lang", "split", "license")
COLUMNS = (numbers(pl.col("id")).alias("key"), *(pl.col(kind).cast(pl.Categorical) for kind in KINDS))


def measure(recipe: MixRecipe) -> Measure:
    """Rows -> `key` (a number for the id), task, lang, split, license and `size` in the recipe's unit, a few bytes each. Raises
    InputError for a bad tokenizer."""
    if recipe.by != "tokens":
        size = pl.lit(1, pl.Int64) if recipe.by == "records" else pl.col("whole").str.len_chars().cast(pl.Int64)
        return lambda rows: with_texts(rows.lazy()).select(*COLUMNS, size=size).collect()
    count = token_counter(recipe.tokenizer)

    def by_tokens(rows: pl.DataFrame) -> pl.DataFrame:
        whole = with_texts(rows.lazy()).select(*COLUMNS, "whole").collect()
        return whole.drop("whole").with_columns(pl.Series("size", count(whole["whole"].to_list()), pl.Int64))

    return by_tokens


def token_counter(file: Path | None) -> Callable[[list[str]], list[int]]:
    """Texts -> how many tokens each has, by a tokenizer.json, special tokens left out."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError("to count tokens needs one more package: pip install 'kgtools[tokens]'") from error
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:
        # the library raises bare Exceptions
        raise InputError(f"{file}: not a tokenizer.json: {error}") from error
    return lambda found: [len(each.ids) for each in tokenizer.encode_batch(found, add_special_tokens=False)]

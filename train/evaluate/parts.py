"""The rows of a table of an evaluation: which samples each is of."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from kgtools.train.evaluate.task import CROSS

MANY = 200
"""Values of a dimension of which each has a row; of more, such as one a question, it has none."""
ALL = "all"
CONTAMINATION, CLEAN, CONTAMINATED = "contamination", "clean", "contaminated"
"""A dimension of every task, and its values: samples that stand in the training data, by the column `contaminated`, and the others. Without
that column it was not looked for."""


class Part(NamedTuple):
    """Samples of which `by` has the value; `by` all: all of a source, and all there are (`source` empty)."""

    source: str
    by: str
    value: str
    rows: pl.DataFrame


def parts_of(scores: pl.DataFrame, dimensions: Sequence[str], apart: bool = True) -> list[Part]:
    """All samples, those of each source, and those of each value of a dimension that has more than one: of each source, or of all together
    where these are not kept `apart`; of all sources together those that are clean. `scores`: as `score.SAMPLES`."""
    sources = scores.partition_by("source", as_dict=True, maintain_order=True)
    tables = {str(source): rows for (source,), rows in sorted(sources.items())} if apart else {"": scores}
    found: list[Part] = []
    if len(tables) > 1:
        found += [Part("", ALL, "", scores), *_by_value("", CONTAMINATION, scores)]
    for source, rows in tables.items():
        found.append(Part(source, ALL, "", rows))
        for name in (CONTAMINATION, "lang", *dimensions):
            found += _by_value(source, name, rows)
    return found


def _by_value(source: str, name: str, rows: pl.DataFrame) -> list[Part]:
    by_value = with_value(rows, name).drop_nulls("value").partition_by("value", as_dict=True, maintain_order=True)
    if not 1 < len(by_value) <= MANY * (1 + name.count(CROSS)):
        return []
    return [Part(source, name, str(key), part.drop("value")) for (key,), part in sorted(by_value.items())]


def with_value(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Scores with `value`, what a dimension says of each: what `by` has, else a column of the task's. Of a list there is a row for each
    value that it holds; of two dimensions (`a x b`) both."""
    if CROSS in name:
        values = [with_value(rows, part)["value"] for part in name.split(CROSS)]
        return rows.with_columns(pl.concat_str(values, separator=CROSS).alias("value"))
    if name == CONTAMINATION:
        value = pl.lit(None, pl.String)
        if CONTAMINATED in rows.columns:
            value = pl.when(CONTAMINATED).then(pl.lit(CONTAMINATED)).otherwise(pl.lit(CLEAN))
        return rows.with_columns(value.alias("value"))
    found = rows.with_columns(pl.col("by").str.json_path_match(f"$.{name}").alias("value"))
    if name not in rows.columns or found["value"].null_count() < rows.height:
        return found
    found = rows.with_columns(value=name)
    return found.explode("value") if rows.schema[name] == pl.List(pl.String) else found

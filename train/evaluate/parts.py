"""The rows of a table of an evaluation: which samples each is of."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

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


def parts_of(scores: pl.DataFrame, dimensions: Sequence[str]) -> list[Part]:
    """All samples, those of each source, and of each source those of each value of a dimension that has more than one; of all sources
    together those that are clean. `scores`: as `score.SAMPLES`."""
    sources = scores.partition_by("source", as_dict=True, maintain_order=True)
    found: list[Part] = []
    if len(sources) > 1:
        found += [Part("", ALL, "", scores), *_by_value("", CONTAMINATION, scores)]
    for (source,), rows in sorted(sources.items()):
        found.append(Part(str(source), ALL, "", rows))
        for name in (CONTAMINATION, "lang", *dimensions):
            found += _by_value(str(source), name, rows)
    return found


def _by_value(source: str, name: str, rows: pl.DataFrame) -> list[Part]:
    value = pl.col("by").str.json_path_match(f"$.{name}")
    if name == CONTAMINATION:
        if CONTAMINATED not in rows.columns:
            return []
        value = pl.when(CONTAMINATED).then(pl.lit(CONTAMINATED)).otherwise(pl.lit(CLEAN))
    named = rows.with_columns(value.alias("value")).drop_nulls("value")
    by_value = named.partition_by("value", as_dict=True, maintain_order=True)
    if not 1 < len(by_value) <= MANY:
        return []
    return [Part(source, name, str(key), part.drop("value")) for (key,), part in sorted(by_value.items())]

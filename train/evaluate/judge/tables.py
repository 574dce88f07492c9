"""The tables of a judge: what it said, row by row, and figures of every group of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import orjson
import polars as pl

from kgtools.tools.frames import Schema
from kgtools.train.evaluate.metric import Metric, measure
from kgtools.train.evaluate.score import Cell
from kgtools.train.evaluate.task import Sample

COMMON: dict[str, Any] = {
    "id": pl.String, "record": pl.String, "sample": pl.UInt32, "source": pl.String, "lang": pl.String, "group": pl.String, "by": pl.String,
    "reference": pl.String, "answer": pl.String, "answer_b": pl.String, "judge": pl.List(pl.String), "requests": pl.List(pl.String),
}  # fmt: skip
"""Of `scores.parquet`, beside the numbers of the rubric's kind. `judge`: its last replies, in the order of its questions: of a pair A first,
then B first; `requests`: their ids in `replies.jsonl`."""
VERDICTS = Schema(
    "verdicts",
    {
        "id": pl.String, "sample": pl.UInt32, "part": pl.String, "source": pl.String, "group": pl.String, "by": pl.String,
        "label": pl.String, "value": pl.Float64,
    },
    required=("id", "sample", "part", "source", "group", "by"),
)  # fmt: skip
"""What a judge said, a row for each part of an answer or pair: an aspect, or the number of a criterion. `label`: `win`, `tie` or `lose` of the
first answer, a rating, `met` or `unmet`, null where nothing could be read; `value`: what it is worth (1, 0.5, 0; the rating; 1, 0)."""
Verdicts = Annotated[pl.DataFrame, VERDICTS]
DEFAULT_DIMENSIONS = ("category", "subject", "department")
"""Keys of `meta` by which figures are told apart where no task says by which."""
MANY = 200
"""Values of a dimension of which each has figures."""


def dimensions_of(one: Sample, names: Sequence[str]) -> str:
    """What figures are told apart by, as JSON."""
    known = dict(one.meta) | dict(one.asked)
    return orjson.dumps({"lang": one.lang} | {name: str(known[name]) for name in names if known.get(name)}).decode()


def make_cells(
    parts: Mapping[str, pl.DataFrame], noun: str, names: Sequence[str], metrics: Callable[[pl.DataFrame], Sequence[Metric]], seed: int
) -> list[Cell]:  # fmt: skip
    """The figures of all, of each source, of each source by each dimension, and of each part. `parts`: name -> the scores of it, those of the
    whole under no name; `noun`: what a part is."""
    whole = parts[""]
    found = metrics(whole)
    cells = [cell for key, rows in _groups(whole, names) for cell in _measure(key, rows, found, seed)]
    for name, rows in parts.items():
        if name:
            cells += _measure(("", noun, name), rows, found, seed)
    return cells


def _groups(scores: pl.DataFrame, names: Sequence[str]) -> list[tuple[tuple[str, str, str], pl.DataFrame]]:
    found = []
    sources = scores.partition_by("source", as_dict=True, maintain_order=True)
    if len(sources) > 1:
        found.append((("", "all", ""), scores))
    for (source,), rows in sorted(sources.items()):
        found.append(((str(source), "all", ""), rows))
        for name in ("lang", *names):
            value = pl.col("by").str.json_path_match(f"$.{name}").alias("value")
            by_value = rows.with_columns(value).drop_nulls("value").partition_by("value", as_dict=True)
            if 1 < len(by_value) <= MANY:
                found += [((str(source), name, str(key)), part) for (key,), part in sorted(by_value.items())]
    return found


def _measure(key: tuple[str, str, str], rows: pl.DataFrame, metrics: Sequence[Metric], seed: int) -> list[Cell]:
    return [
        Cell(
            *key, figure.metric, figure.value, figure.interval.low, figure.interval.high, figure.interval.method, figure.n, figure.groups,
            figure.smallest_difference,
        )
        for figure in measure(rows, metrics, seed)
    ]  # fmt: skip

"""The attribute values of entities as rows, and rows as the attributes of entities again."""

from typing import Any

import orjson
import polars as pl

from kgtools.kg.tables import ENTITIES, Entities

VALUES: dict[str, Any] = {"head": pl.String, "relation": pl.String, "tail": pl.String, "origins": pl.List(pl.String)}


def unpack(entities: Entities) -> pl.DataFrame:
    """A row for each value of an attribute, alias or class: `head`, `relation`, `tail` (the value), `origins`."""
    rows = [
        (head, attribute, value, origins)
        for head, text in entities.filter(pl.col("attributes") != "{}").select("id", "attributes").iter_rows()
        for attribute, values in orjson.loads(text).items()
        for value, origins in values.items()
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(VALUES)
    return pl.DataFrame(
        [pl.Series(name, column, dtype=kind) for (name, kind), column in zip(VALUES.items(), columns, strict=True)]
    )


def pack(entities: pl.DataFrame, values: pl.DataFrame) -> Entities:
    """The entities with `aliases` and `attributes` from such rows, in order, sorted by id."""
    everything: dict[str, dict[str, dict[str, list[str]]]] = {}
    for head, relation, tail, origins in values.select(list(VALUES)).sort("head", "relation", "tail").iter_rows():
        everything.setdefault(head, {}).setdefault(relation, {})[tail] = origins
    texts = [orjson.dumps(everything.get(id_, {})).decode() for id_ in entities["id"]]
    aliases = [list(everything.get(id_, {}).get("alias", ())) for id_ in entities["id"]]
    complete = entities.with_columns(
        pl.Series("attributes", texts, dtype=pl.String), pl.Series("aliases", aliases, dtype=pl.List(pl.String))
    )
    return complete.select(pl.col(name).cast(kind) for name, kind in ENTITIES.columns.items()).sort("id")

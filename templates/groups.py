"""Fact groups: all records that share a triple, in either direction, language or task, hang together."""

import numpy as np
import polars as pl

from kgtools.corpora.dedup.clusters import join_pairs


def fact_groups(facts: pl.Series) -> pl.Series:
    """The group of each record, from its facts (a list of ids): the least id of all facts that hang together by records."""
    rows = pl.DataFrame({"facts": facts}).with_row_index("record").explode("facts").drop_nulls("facts")
    ordered = rows.sort("facts", "record")
    same = (ordered["facts"] == ordered["facts"].shift()).fill_null(False).to_numpy()
    records = ordered["record"].to_numpy()
    pairs = zip(records[:-1][same[1:]].tolist(), records[1:][same[1:]].tolist(), strict=True)
    cluster = join_pairs(pairs, len(facts))
    least = rows.group_by("record").agg(pl.col("facts").min()).sort("record")
    named = pl.DataFrame({"record": np.arange(len(facts), dtype=np.uint32), "cluster": cluster})
    named = named.join(least, on="record", how="left", maintain_order="left")
    return named.select(pl.col("facts").min().over("cluster")).to_series().fill_null("").alias("group")


def groups_within(askable: pl.Series, facts: pl.Series) -> pl.Series:
    """The fact group of each record: of all that can be asked, so that preferences are tied as the records of their facts are."""
    known = pl.DataFrame({"fact": askable, "group": fact_groups(askable)}).explode("fact").unique("fact")
    first = pl.DataFrame({"fact": facts.list.first()}).join(known, on="fact", how="left", maintain_order="left")
    return first["group"].fill_null("")

"""What must be in one split: records that share a group, a fact or a value of what ties; and what is too large to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.dedup.clusters import join_pairs
from kgtools.corpora.split.assign import limits
from kgtools.corpora.split.index import Links, Read, in_numbers, links_of
from kgtools.corpora.split.parts import NOBODY, NONE, Parts, part
from kgtools.corpora.split.plan import SplitPlan
from kgtools.tools.frames import shuffle_keys


@dataclass(frozen=True)
class Ties:
    """`index`: what `assign` wants, a row a record. `tied`: groups that were put into others. `parted`: how many were larger than
    a split may hold, `parted_records`: what these held, `parts`: how they are parted. `names`: `row` and `group` of records whose
    group may have another name now, in the order of `row`; of those that are parted their least fact, or the old name where they
    have none."""

    index: pl.DataFrame
    tied: int
    parted: int
    parted_records: int
    parts: Parts | None
    names: pl.DataFrame


def tie(read: Read, index: pl.DataFrame, plan: SplitPlan) -> Ties:
    """Tie records by group, facts and the plan's keys. `index`: `rule`, `published` and `stratum` of each record.

    The group of records with facts is that of their facts: where what hangs together is larger than a split may hold, they are
    parted by their facts and the plan's keys alone, and records of their group that have no facts are in no split."""
    links = links_of(read)
    groups, node = np.unique(links.groups, return_inverse=True)
    pairs = chain(_pairs(node[links.rows], links.keys), _pairs(node[links.tie_rows], links.tie_keys))
    hangs = len(links.rows) or len(links.tie_rows)
    clusters = join_pairs(pairs, len(groups)).astype(np.intp) if hangs else np.arange(len(groups))
    cluster = clusters[node]
    rules = np.full(len(groups), NONE, np.uint8)
    np.minimum.at(rules, cluster, index["rule"].to_numpy())
    large = np.bincount(cluster, minlength=len(groups)) > limits(index, plan)[rules]
    large &= np.bincount(cluster[links.rows], minlength=len(groups)) > 0
    several = (np.bincount(clusters, minlength=len(groups)) > 1) & ~large
    names = _least(read, several[cluster], cluster)
    numbers = groups[clusters][node]
    numbers[names["row"].to_numpy()] = in_numbers(names["group"]).to_numpy()
    between = np.zeros(len(node), dtype=np.bool_)
    parts = None
    if large.any():
        parts, words = _part(read, large[cluster], links)
        own = np.where(parts.units == NOBODY, np.arange(len(parts.keys)), parts.units)
        between[large[cluster]] = True
        between[parts.rows] = parts.units[parts.atoms] == NOBODY
        numbers[parts.rows] = parts.keys[own[parts.atoms]]
        names = pl.concat([names, words]).sort("row")
    index = index.with_columns(
        group=pl.Series(numbers, dtype=pl.UInt64), rule=pl.Series(rules[cluster]), between=pl.Series(between)
    )
    tied = len(groups) - len(np.unique(clusters))
    return Ties(index, tied, int(large.sum()), int(large[cluster].sum()), parts, names)


def names_of(ties: Ties, placed: pl.DataFrame) -> pl.DataFrame:
    """`row` and `group` of the records whose group has another name now: of what is parted and was placed, the least name of
    those that still share facts or are tied."""
    if ties.parts is None:
        return ties.names
    parts = ties.parts
    inside = placed["split"].is_not_null().to_numpy()[parts.rows]
    sizes = np.diff(parts.begins)
    still = np.repeat(inside, sizes)
    pairs = _pairs(np.repeat(parts.atoms, sizes)[still], parts.facts[still].astype(np.uint64))
    cluster = join_pairs(pairs, len(parts.keys))[parts.atoms]
    at = pl.DataFrame({"row": parts.rows, "at": cluster}, schema={"row": pl.UInt32, "at": pl.UInt32})
    parted = ties.names.join(at.filter(pl.Series(inside)), on="row", how="inner", maintain_order="left")
    parted = parted.select("row", pl.col("group").min().over("at"))
    return pl.concat([ties.names.join(at, on="row", how="anti", maintain_order="left"), parted]).sort("row")


def _pairs(members: NDArray[np.intp], keys: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Members that stand behind one another with the same key."""
    order = np.lexsort((members, keys))
    members, keys = members[order], keys[order]
    same = (keys[1:] == keys[:-1]) & (members[1:] != members[:-1])
    return zip(members[:-1][same].tolist(), members[1:][same].tolist(), strict=True)


def _some(read: Read, wanted: NDArray[np.bool_]) -> Iterator[pl.DataFrame]:
    """`row`, `group` and `facts` of some of the records, a batch at a time."""
    at = 0
    for batch in read():
        rows = pl.int_range(at, at + batch.height, dtype=pl.UInt32, eager=True).alias("row")
        yield batch.select(rows, "group", "facts").filter(pl.Series(wanted[at : at + batch.height]))
        at += batch.height


def _least(read: Read, wanted: NDArray[np.bool_], cluster: NDArray[np.intp]) -> pl.DataFrame:
    """`row` and `group` of some of the records, of which all of a cluster have the least of its groups."""
    if not wanted.any():
        return pl.DataFrame(schema={"row": pl.UInt32, "group": pl.String})
    found = pl.concat(batch.drop("facts") for batch in _some(read, wanted))
    at = pl.Series("at", cluster[wanted])
    return found.with_columns(at).select("row", pl.col("group").min().over("at"))


def _part(read: Read, wanted: NDArray[np.bool_], links: Links) -> tuple[Parts, pl.DataFrame]:
    """Some of the records, parted, without those that have no facts and share a group with some that have; and of each its `row`
    and the word that its `group` may be called by."""
    rows_of_records, facts_of_records = (
        pl.concat(frames) for frames in zip(*map(_facts_of, _some(read, wanted)), strict=True)
    )
    lost = rows_of_records.select(pl.col("bare") & (~pl.col("bare")).any().over("number")).to_series()
    records = rows_of_records.filter(~lost).with_row_index("at")
    rows, bare = records["row"].to_numpy(), records.filter("bare")
    tied = np.isin(links.tie_rows, rows)
    pairs = chain(
        _pairs(np.searchsorted(rows, links.tie_rows[tied]), links.tie_keys[tied]),
        _pairs(bare["at"].to_numpy(), bare["number"].to_numpy()),
    )
    atoms = np.unique(join_pairs(pairs, len(rows)), return_inverse=True)[1]
    holders = np.searchsorted(rows, facts_of_records["row"].to_numpy())
    once = facts_of_records.select(pl.Series("atom", atoms[holders]), "fact").unique()
    keys = np.zeros(int(atoms.max()) + 1, np.uint64)
    np.add.at(keys, once["atom"].to_numpy(), once.select(shuffle_keys(pl.col("fact"), 0)).to_series().to_numpy())
    alone = pl.DataFrame({"atom": atoms, "number": records["number"]}).join(once, on="atom", how="anti")
    alone = alone.group_by("atom").agg(pl.col("number").min())
    keys[alone["atom"].to_numpy()] = alone["number"].to_numpy()
    facts = np.unique(facts_of_records["fact"].to_numpy(), return_inverse=True)[1]
    return part(rows, atoms, keys, holders, facts), rows_of_records.select("row", group="word")


def _facts_of(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`row`, `number` of the group, whether it is `bare` of facts and `word` (its least fact, or its group) of each record; and a
    `row` and `fact`, as a number, for each fact of each."""
    facts = records.select("row", fact="facts").explode("fact").drop_nulls("fact").unique()
    least = facts.group_by("row").agg(word=pl.col("fact").min())
    named = records.join(least, on="row", how="left", maintain_order="left").select(
        "row", pl.Series("number", in_numbers(records["group"])), pl.col("word").is_null().alias("bare"),
        pl.coalesce("word", "group").alias("word"),
    )  # fmt: skip
    return named, facts.select("row", pl.Series("fact", in_numbers(facts["fact"])))

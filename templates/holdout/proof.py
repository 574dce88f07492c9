"""The proof of a hold-out, counted in the records that were made: what those for training share with those that are held out."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from kgtools.corpora.record import APART, HOLD_OUTS
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import BITS, HeldOut
from kgtools.templates.holdout.mark import names_held
from kgtools.templates.holdout.wordings import find_wordings
from kgtools.tools.errors import Findings

SHORTEST = 2
"""Characters of a name that is looked for in texts."""


@dataclass(frozen=True)
class KindOfHoldOut:
    """Of one kind: `drawn`, how many of it are held out (facts, entities, relations, wordings; of hops null); `records`, how many hold
    it; `shared`, how many of `drawn` stand in records for training, which must be none: of facts also those of which another joins
    the same two entities there, of entities also records that have one among wrong names, options or rows."""

    kind: str
    drawn: int | None
    records: int
    shared: int


@dataclass(frozen=True)
class HoldOutCounts:
    """What a hold-out did. `free`: records for training; `held`: records that are held out; `crossing`: records that were not made, for
    they would hold facts of both sides; `kinds`: a row a kind. `shared_facts`: facts of records that are held out by wording or length
    alone, which records for training hold as well: that is what these measure. `named`: records for training in whose text the
    name of a held-out entity stands, be it in a longer name."""

    free: int
    held: int
    crossing: int
    kinds: list[KindOfHoldOut]
    shared_facts: int
    named: int

    def to_dict(self) -> dict[str, Any]:
        """As `run.json` and `--format json` have it."""
        return asdict(self)


def prove(records: pl.LazyFrame | pl.DataFrame, view: GraphView, held: HeldOut, crossing: int) -> HoldOutCounts:
    """Count in records or preferences, by their own columns. Raises Findings where one for training holds what is held out."""
    rows, words = records.lazy(), pl.col("hold_out").str.split(" + ")
    free, others = rows.filter(pl.col("hold_out").is_null()), rows.filter(pl.col("hold_out").is_not_null())
    apart = others.filter(words.list.set_intersection(list(APART)).list.len() > 0)
    loose = others.filter(words.list.set_intersection(list(APART)).list.len() == 0)
    kinds_of = others.select("hold_out").collect(engine="streaming").select(words)["hold_out"]
    ends = view.facts.select(facts="id", head="head", tail="tail", relation="relation", pair=view.pairs)
    learned, kept = (_facts(each).join(ends, on="facts", how="inner") for each in (free, apart))
    taught = pl.col("facts").is_in(learned["facts"].implode()) | pl.col("pair").is_in(learned["pair"].implode())
    shared_by_pair = kept.filter(taught.fill_null(False))
    entities = set(learned["head"]) | set(learned["tail"].drop_nulls())
    heads = view.entities.select(head="id", number="number")
    about = (
        free.select(head=pl.col("meta").str.json_path_match("$.head"))
        .unique()
        .collect(engine="streaming")
        .join(heads, on="head")
    )
    entities |= set(about["number"])
    found = {
        "facts": shared_by_pair.height,
        "entities": len(entities & held.entities) + _height(free.filter(names_held(held))),
        "relations": len({*learned["relation"], *shared_by_pair["relation"]} & set(held.asked.relations)),
        "templates": len((_variants(free) & held.variants) | find_wordings(free, held.frames)),
        "hops": _of_length(free, held.asked.hops),
    }
    drawn = {
        "facts": int(((held.bits & BITS["facts"]) > 0).sum()), "entities": len(held.entities), "relations": len(held.asked.relations),
        "templates": len(held.variants), "hops": None,
    }  # fmt: skip
    kinds = [
        KindOfHoldOut(kind, drawn[kind], int(kinds_of.list.contains(kind).sum()), found[kind])
        for kind in HOLD_OUTS
        if getattr(held.asked, kind)
    ]
    for each in kinds:
        if each.shared:
            raise Findings(
                f"{each.shared:,} held-out {each.kind} would stand in records for training; nothing was written"
            )
    shared = _facts(loose).join(_facts(free), on="facts", how="inner").height
    return HoldOutCounts(_height(free), _height(others), crossing, kinds, shared, _named(free, view, held))


def _height(records: pl.LazyFrame) -> int:
    return int(records.select(pl.len()).collect(engine="streaming").item())


def _facts(records: pl.LazyFrame) -> pl.DataFrame:
    """The ids of all facts of records, once each."""
    return records.select(pl.col("facts").explode()).drop_nulls().unique().collect(engine="streaming")


def _variants(records: pl.LazyFrame) -> set[tuple[str, str, int]]:
    """The wordings of records: pack, template, number from 0."""
    parts = records.select("template").unique().collect(engine="streaming")
    parts = parts.select(pl.col("template").str.extract_groups(r"^([^@]+)@[^/]+/(.+)\.[a-z]+#(\d+)$")).unique()
    return {(pack, name, int(number) - 1) for pack, name, number in (row[0].values() for row in parts.iter_rows())}


def _of_length(records: pl.LazyFrame, hops: tuple[int, int] | None) -> int:
    """How many records lead over so many triples."""
    found = (
        records.select(pl.col("meta").str.json_path_match("$.hops").cast(pl.Int64))
        .collect(engine="streaming")
        .to_series()
    )
    return int(found.is_between(*hops).sum()) if hops else 0


def _named(records: pl.LazyFrame, view: GraphView, held: HeldOut) -> int:
    """How many records have the name of a held-out entity somewhere in their texts."""
    of_held = view.entities.filter(pl.col("number").is_in(sorted(held.entities)))
    names = pl.concat([of_held["name"], of_held["name_en"]]).drop_nulls().unique()
    names = names.filter(names.str.len_chars() >= SHORTEST)
    columns = [name for name in ("messages", "prompt", "chosen", "rejected") if name in records.collect_schema()]
    texts = [
        pl.col(name).list.eval(pl.element().struct.field("content")).list.join("\n").str.contains_any(names.to_list())
        for name in columns
    ]
    return int(records.select(pl.any_horizontal(texts).sum()).collect(engine="streaming").item()) if len(names) else 0

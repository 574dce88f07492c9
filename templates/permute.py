"""The control set: every answer is one that is true of another head, so that what a model gains is not the facts.

Of the facts of a relation between two types the tails change places: each head keeps how many it has, each tail how often it
is one. Of an attribute of a type the values do."""

import random
from dataclasses import replace
from typing import Any

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.tools.inputs.files import digest

LICENSE = "LicenseRef-kgtools-permuted"
"""Stands beside the licences of each record of a control set: what is wrong on purpose leaves only where the user names it."""
MARK = '"permuted":true'
"""In the meta of each."""
MOVED = ("tail", "value", "value_zh", "value_en", "value_mask")
TRIES = 200
"""Places that are tried for a tail that is true where it came to, before it is left."""


def permute_answers(view: GraphView, seed: int) -> tuple[GraphView, dict[str, int]]:
    """The view with the tails and values of all facts that may be asked about permuted, by the seed; how many facts these are (`facts`),
    and how many of them say again what is true (`still_true`): of what is said of nearly all heads, such as 药物治疗, some must.

    A fact keeps its id, its head and its sources."""
    types = view.entities["type"]
    facts = view.facts.with_columns(
        types.gather(view.facts["head"]).alias("head_type"), types.gather(view.facts["tail"]).alias("tail_type")
    )
    asked = facts.filter(pl.col("kind").is_in(["relation", "attribute"]) & pl.col("reason").is_null())
    strata = asked.partition_by("relation", "head_type", "tail_type", "weak", as_dict=True, maintain_order=True)
    ends = facts.select("head", "tail").drop_nulls()
    linked = set(ends.iter_rows()) | set(ends.select("tail", "head").iter_rows())
    places, sources, still_true = [], [], 0
    for key, part in strata.items():
        draw = random.Random(digest(f"{seed}|permute|{key}"))
        said = part["value"] if part["tail"].null_count() else part["tail"]
        places += part["fact"].to_list()
        heads, tails = part["head"].to_list(), said.to_list()
        true = linked if part["tail"].null_count() == 0 else set(zip(heads, tails, strict=True))
        order = _deal(heads, tails, true, draw)
        sources += part["fact"].gather(order).to_list()
        still_true += sum((head, tails[at]) in true for head, at in zip(heads, order, strict=True))
    moves = pl.DataFrame({"fact": places, "from": sources}, schema={"fact": pl.UInt32, "from": pl.UInt32})
    whole = view.facts.select("fact").join(moves, on="fact", how="left", maintain_order="left")
    at = whole.select(pl.coalesce("from", "fact")).to_series()
    facts = view.facts.with_columns(view.facts[name].gather(at) for name in MOVED)
    return replace(view, facts=facts), {"facts": len(places), "still_true": still_true}


def _deal(heads: list[int], tails: list[Any], true: set[tuple[int, Any]], draw: random.Random) -> list[int]:
    """For each place the place of the tail that comes there: none that is true of the head, or that it has by then, where that can be.
    `true`: what any relation links, or an attribute says."""
    order = list(range(len(heads)))
    draw.shuffle(order)
    has: dict[tuple[int, Any], int] = {}
    for at, source in enumerate(order):
        pair = heads[at], tails[source]
        has[pair] = has.get(pair, 0) + 1

    def is_bad(at: int, source: int, most: int) -> bool:
        pair = heads[at], tails[source]
        return pair in true or heads[at] == tails[source] or has.get(pair, 0) > most

    for at in range(len(order)):
        for _ in range(TRIES if is_bad(at, order[at], 1) else 0):
            other = draw.randrange(len(order))
            if is_bad(at, order[other], 0) or is_bad(other, order[at], 0):
                continue
            for place, old, new in ((at, order[at], order[other]), (other, order[other], order[at])):
                has[heads[place], tails[old]] -= 1
                pair = heads[place], tails[new]
                has[pair] = has.get(pair, 0) + 1
            order[at], order[other] = order[other], order[at]
            break
    return order

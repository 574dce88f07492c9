"""The control set: every answer is one that is true of another head, so that what a model gains is not the facts.

What joins two entities, by all relations and in both directions, is one *link*. Of links that say the same of the same types, in as
many languages, one end changes place with that of another: so each entity keeps how many it has by each relation, and each question how
many answers it has, where several relations answer it too. The values of an attribute are links of a head and a value."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.dedup.clusters import join
from kgtools.templates.drops import ONLY_TREATMENTS
from kgtools.templates.facts import GraphView
from kgtools.templates.select import short_form
from kgtools.tools.errors import UsageError
from kgtools.tools.inputs.files import digest

LICENSE = "LicenseRef-kgtools-permuted"
"""Stands beside the licences of each record of a control set: what is wrong on purpose leaves only where the user names it."""
MARK = '"permuted":true'
"""In the meta of each."""
MOVED = ("tail", "value", "value_zh", "value_en", "value_mask")
TRIES = 200
"""Places that are tried for an end that is true where it came to, before it is left."""
PASSES = (False, True)
"""All are gone through twice: at last what is said twice may become true, for how many answers there are matters more."""
TREATED = "HAS_TREATMENT"


def refuse_export(form: str, allow_license: Sequence[str]) -> None:
    """Raises UsageError for a control set that would be made and then not be let go into a format."""
    if LICENSE not in allow_license:
        raise UsageError(
            f"--permute --export {form}: the answers are wrong on purpose; --allow-license {LICENSE} lets them go, with the other "
            "licences of the records"
        )


def permute_answers(view: GraphView, seed: int) -> tuple[GraphView, dict[str, int]]:
    """The view with the tails and values of all facts that may be asked about permuted, by the seed; how many facts these are (`facts`),
    how many of them say again what is true (`still_true`): of what is said of nearly all heads, such as 药物治疗, some must; and how
    many say of a head what another says of it (`twice`).

    A fact keeps its id, its head and its sources."""
    ends = _with_ends(view)
    asked = ends.filter(pl.col("reason").is_null())
    parts = _with_links(view, asked.filter(pl.col("one") != pl.col("other")))
    links = parts.group_by("stratum", "link", maintain_order=True).agg(
        pl.col("a", "b").first(), pl.len().alias("facts")
    )
    deal = _Deal.of(view, ends, links)
    strata = links.with_row_index("at").partition_by("stratum", as_dict=True, maintain_order=True)
    of_strata = []
    for (key,), part in strata.items():
        draw = random.Random(digest(f"{seed}|permute|{key}"))
        of_strata.append((part["at"].to_list(), draw))
        deal.shuffle(*of_strata[-1])
    for may_be_true in PASSES:
        for places, draw in of_strata:
            deal.mend(places, draw, may_be_true)
    moves = _moves(parts, links.with_columns(pl.Series("source", deal.order, pl.UInt32)))
    whole = view.facts.select("fact").join(moves, on="fact", how="left", maintain_order="left")
    at = whole.select(pl.coalesce("from", "fact")).to_series()
    facts = view.facts.with_columns(view.facts[name].gather(at) for name in MOVED)
    true, twice = (int(links["facts"].filter(pl.Series(which, dtype=pl.Boolean)).sum()) for which in deal.left())
    still_true = asked.height - int(links["facts"].sum()) + true
    return replace(view, facts=facts), {"facts": asked.height, "still_true": still_true, "twice": twice}


def _with_ends(view: GraphView) -> pl.DataFrame:
    """The triples and values, with the types of their ends and with the numbers `one` and `other` of what they join: the least entity
    of those that an answer takes for one, or a number of its own for a value."""
    least, types = pl.Series(_least_of_same(view)), view.entities["type"]
    facts = view.facts.filter(pl.col("kind").is_in(["relation", "attribute"]))
    is_value = facts["tail"].is_null()
    value = (
        pl.struct("relation", short_form(pl.coalesce("value_zh", "value"), None)).rank("dense") + view.entities.height
    )
    english = view.entities["name_en"].is_not_null()
    return facts.with_columns(
        types.gather(facts["head"]).alias("head_type"),
        types.gather(facts["tail"]).fill_null("").alias("tail_type"),
        english.gather(facts["head"]).alias("head_en"),
        pl.when(is_value)
        .then(pl.col("value_en").is_not_null())
        .otherwise(english.gather(facts["tail"]))
        .alias("tail_en"),
        pl.when(is_value).then("head").otherwise(least.gather(facts["head"])).cast(pl.UInt64).alias("one"),
        pl.when(is_value).then(value).otherwise(least.gather(facts["tail"])).cast(pl.UInt64).alias("other"),
    )


def _least_of_same(view: GraphView) -> NDArray[np.uint32]:
    """Of each entity the least of those that an answer says once: of a type, with one name but for what says nothing, or synonyms."""
    forms = [
        part.select("number", "type", form=short_form(pl.col(name), str(type_))).drop_nulls()
        for (type_,), part in view.entities.partition_by("type", as_dict=True, maintain_order=True).items()
        for name in ("name", "name_en")
    ]
    named = pl.concat([view.entities.select("number", "type", form="name").clear(), *forms])
    pairs = named.select("number", first=pl.col("number").min().over("type", "form"))
    one, other = (
        pl.concat([pairs[mine], view.synonyms[its]]) for mine, its in (("number", "entity"), ("first", "other"))
    )
    return join(one.to_numpy().astype(np.uint32), other.to_numpy().astype(np.uint32), view.entities.height)


def _with_links(view: GraphView, asked: pl.DataFrame) -> pl.DataFrame:
    """A row a fact: `link` and its ends `a` and `b`, whether the fact leads from the other end (`is_back`), `at`, its place among the
    link's facts, and `stratum`, alike for links of which an end may change places; in the order of these."""
    turned = (pl.col("head_type") > pl.col("tail_type")) | (
        (pl.col("head_type") == pl.col("tail_type")) & (pl.col("one") > pl.col("other"))
    )
    turned = turned & pl.col("tail").is_not_null()
    general = view.entities.select(pl.any_horizontal(pl.col("name", "name_en").is_in(ONLY_TREATMENTS))).to_series()
    alone = [
        (pl.col("relation") == TREATED) & (pl.col(each).sum().over("relation", "head") == 1)
        for each in ("is_said", "tail_en")
    ]
    rows = asked.with_columns(turned.alias("is_back"), pl.lit(1).alias("is_said")).with_columns(
        pl.when("is_back").then("other").otherwise("one").alias("a"),
        pl.when("is_back").then("one").otherwise("other").alias("b"),
        (pl.any_horizontal(alone) & general.gather(asked["tail"]).fill_null(False)).alias("is_idle"),
    )
    rows = rows.with_columns((pl.col("a") * (1 << 32) + pl.col("b")).alias("link"))
    for end, mine, its in (("a", "head", "tail"), ("b", "tail", "head")):
        member = pl.when("is_back").then(its).otherwise(mine)
        rank = pl.when(pl.col("tail").is_null()).then(pl.lit(1)).otherwise(member.rank("dense").over("link"))
        english = pl.when("is_back").then(f"{its}_en").otherwise(f"{mine}_en")
        rows = rows.with_columns(pl.concat_str(rank, english).alias(f"member_{end}"))
    ways = {
        name: pl.concat_str(
            "relation", pl.col("is_back") ^ flip, "weak", *members, "is_idle", separator="|", ignore_nulls=True
        )
        for name, flip, members in (
            ("said", False, ("member_a", "member_b")),
            ("turned", True, ("member_b", "member_a")),
        )
    }
    rows = rows.with_columns(**ways).with_columns(
        pl.col("said", "turned").sort().str.join(";").over("link").name.suffix("_all")
    )
    flips = (pl.col("head_type") == pl.col("tail_type")) & (pl.col("turned_all") < pl.col("said_all"))
    rows = rows.with_columns(flips.alias("flips")).with_columns(
        pl.when("flips").then("b").otherwise("a").alias("a"),
        pl.when("flips").then("a").otherwise("b").alias("b"),
        pl.col("is_back") ^ pl.col("flips"),
        pl.when("flips").then("turned").otherwise("said").alias("said"),
        pl.when("flips").then("turned_all").otherwise("said_all").alias("said_all"),
    )
    types = [
        pl.when(pl.col("is_back")).then(each).otherwise(other)
        for each, other in (("tail_type", "head_type"), ("head_type", "tail_type"))
    ]
    rows = rows.with_columns(pl.concat_str(*types, "said_all", separator="|").alias("stratum")).sort(
        "stratum", "link", "said", "fact"
    )
    at = pl.int_range(pl.len()).over("link").alias("at")
    return rows.select("fact", "link", "a", "b", "is_back", "stratum", at)


def _moves(parts: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Of each fact that moves `from` which its tail is. `source`: of each link the place of the one whose end `b` comes to it."""
    sources = links.select("link", source=links["link"].gather(links["source"]))
    theirs = parts.select("at", "fact", source="link")
    both = parts.join(sources, on="link").join(theirs, on=["source", "at"], suffix="_theirs")
    mine, its = pl.col("fact"), pl.col("fact_theirs")
    # one that leads from the end that comes brings its head along
    back = pl.col("is_back")
    return both.select(
        pl.when(back).then(its).otherwise(mine).alias("fact"), pl.when(back).then(mine).otherwise(its).alias("from")
    )


@dataclass
class _Deal:
    """Which link's end `b` comes to each link, by place: `order`. `true`: what any fact joins, a number a pair; `has`: how many links
    join it by then; `names`: of each entity its names, one of which no entity is linked with; `idle`: treatments that say nothing,
    and those that have one treatment alone, of which they are not said."""

    a: list[int]
    b: list[int]
    order: list[int]
    true: set[int]
    has: dict[int, int]
    names: list[tuple[str, ...]]
    idle: tuple[set[int], set[int]]

    @classmethod
    def of(cls, view: GraphView, ends: pl.DataFrame, links: pl.DataFrame) -> "_Deal":
        """With each at its place."""
        true = set(ends.select(_pair("one", "other")).to_series())
        names = [
            tuple(name.lower() for name in each if name) for each in view.entities.select("name", "name_en").iter_rows()
        ]
        treated = ends.filter((pl.col("relation") == TREATED) & pl.col("reason").is_null())
        counts = treated.group_by("one").agg(pl.len(), pl.col("tail_en").sum())
        few = set(counts.filter((pl.col("len") == 1) | (pl.col("tail_en") == 1))["one"])
        general = {number for number, each in enumerate(names) if not set(each).isdisjoint(ONLY_TREATMENTS)}
        order = list(range(links.height))
        return cls(links["a"].to_list(), links["b"].to_list(), order, true, {}, names, (general, few))

    def shuffle(self, places: Sequence[int], draw: random.Random) -> None:
        """Deal the ends of these places among them."""
        sources = list(places)
        draw.shuffle(sources)
        for place, source in zip(places, sources, strict=True):
            self.order[place] = source
            self._add(place, source, 1)

    def mend(self, places: Sequence[int], draw: random.Random, may_be_true: bool) -> None:
        """Have those of these places change again that are true where they came to, or there already, where others can take them;
        with `may_be_true` those that are there already alone."""
        if len({self.b[place] for place in places}) < 2:
            return
        ring = draw.sample(places, len(places))
        for place in places:
            mine = self.order[place]
            if not self._is_bad(place, mine, 1, may_be_true):
                continue
            begin = draw.randrange(len(ring))
            for step in range(min(len(ring), TRIES)):
                other = ring[(begin + step) % len(ring)]
                its = self.order[other]
                if self._is_bad(other, mine, 0, may_be_true) or self._is_bad(place, its, 0, may_be_true):
                    continue
                for at, old, new in ((place, mine, its), (other, its, mine)):
                    self._add(at, old, -1)
                    self._add(at, new, 1)
                    self.order[at] = new
                break

    def left(self) -> tuple[list[bool], list[bool]]:
        """Of each link whether it is true, and whether another is the same."""
        pairs = [_key(self.a[place], self.b[source]) for place, source in enumerate(self.order)]
        return [pair in self.true for pair in pairs], [self.has[pair] > 1 for pair in pairs]

    def _add(self, place: int, source: int, number: int) -> None:
        pair = _key(self.a[place], self.b[source])
        self.has[pair] = self.has.get(pair, 0) + number

    def _is_bad(self, place: int, source: int, most: int, may_be_true: bool) -> bool:
        """Whether the end must not come to the place, where `most` links may join the two."""
        a, b = self.a[place], self.b[source]
        pair = _key(a, b)
        if a == b or self.has.get(pair, 0) > most or (pair in self.true and not may_be_true):
            return True
        general, few = self.idle
        return b < len(self.names) and (not set(self.names[a]).isdisjoint(self.names[b]) or (b in general and a in few))


def _key(one: int, other: int) -> int:
    return one << 32 | other if one < other else other << 32 | one


def _pair(one: str, other: str) -> pl.Expr:
    """`_key` of two columns."""
    least, most = pl.min_horizontal(one, other), pl.max_horizontal(one, other)
    return least * (1 << 32) + most

"""Which facts, entities and wordings of a graph are held out, drawn by the seed.

Facts are held out by *bundles*: all that is said of a head by relations that one template asks together of such heads, so that an
answer is held out whole. Where an entity or a relation is held out, the rest of its bundles is blocked: it may stand beside what is
held out and in no record for training."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from kgtools.corpora.record import HOLD_OUTS
from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.asked import HoldOut
from kgtools.templates.holdout.blocked import find_blocked
from kgtools.templates.holdout.wordings import Frame, Wording, frames_of, twins
from kgtools.templates.pack import Template
from kgtools.tools.frames import shuffle_keys
from kgtools.tools.inputs.files import digest

OFTEN = 20
"""An entity that is the answer of more facts is not drawn: 发热 would take the answers of a third of all diseases along."""
BITS = {kind: 1 << at for at, kind in enumerate(HOLD_OUTS)}


@dataclass(frozen=True)
class HeldOut:
    """What is held out of one graph. `bits`: of each fact, by place, a bit a kind; `blocked`: whether it is not held out and no record
    for training may hold it all the same (`holdout/blocked.py`); `pairs`: the pairs (`GraphView.pairs`) of what is held out;
    `entities`: numbers; `names`: theirs, in both languages; `variants`: (pack, template, number from 0); `frames`: by which these are
    found in texts; `classes`: type of a head and relation -> what is asked together with it."""

    asked: HoldOut
    bits: pl.Series
    blocked: pl.Series
    pairs: pl.Series
    entities: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    variants: frozenset[Wording] = frozenset()
    frames: tuple[Frame, ...] = ()
    classes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    seed: int = 0

    @cached_property
    def closed(self) -> pl.Series:
        """Of each fact, by place, whether no record for training may hold it."""
        return (self.bits > 0) | self.blocked


NONE_HELD = HeldOut(HoldOut(), pl.Series(dtype=pl.UInt8), pl.Series(dtype=pl.Boolean), pl.Series(dtype=pl.UInt64))


def hold_out(view: GraphView, templates: Sequence[Template], asked: HoldOut, seed: int) -> HeldOut:
    """Choose what is held out, by the seed. `templates`: those that ask."""
    classes = _classes(templates)
    entities = _draw_entities(view, templates, asked.entities, seed)
    of_held = view.entities.filter(pl.col("number").is_in(entities))
    names = frozenset(pl.concat([of_held["name"], of_held["name_en"]]).drop_nulls())
    facts = view.facts.select("fact", "kind", "head", "tail", "relation", "value_zh", "value_en")
    named = pl.any_horizontal(pl.col("value_zh", "value_en").is_in(sorted(names)).fill_null(False))
    facts = facts.with_columns(
        _class_of(view, facts, classes),
        (pl.col("head").is_in(entities) | pl.col("tail").is_in(entities).fill_null(False) | named).alias("of_entity"),
    )
    bits = facts.select(
        pl.when(is_drawn(view, facts, asked.facts, seed)).then(BITS["facts"]).otherwise(0)
        | pl.when("of_entity").then(BITS["entities"]).otherwise(0)
        | pl.when(pl.col("relation").is_in(asked.relations)).then(BITS["relations"]).otherwise(0)
    ).to_series()
    asks = facts["kind"].is_in(["relation", "attribute"])
    bits = pl.select(pl.when(asks).then(bits).otherwise(0).cast(pl.UInt8).alias("bits")).to_series()
    whole = facts.select("head", "class", bits).select((pl.col("bits") > 0).any().over("head", "class")).to_series()
    blocked, pairs = find_blocked(view, asks & whole)
    variants = _draw_variants(templates, asked.templates, seed)
    return HeldOut(
        asked, bits, blocked & (bits == 0), pairs, frozenset(entities), names, variants, frames_of(templates, variants), classes, seed
    )  # fmt: skip


def _class_of(view: GraphView, facts: pl.DataFrame, classes: Mapping[tuple[str, str], str]) -> pl.Series:
    """Of each fact its bundle among those of its head."""
    known = [(type_, name, least) for (type_, name), least in classes.items()]
    table = pl.DataFrame(known, schema={"type": pl.String, "relation": pl.String, "class": pl.String}, orient="row")
    rows = facts.select("relation", view.entities["type"].gather(facts["head"]))
    joined = rows.join(table, on=["type", "relation"], how="left", maintain_order="left")
    return joined.select(pl.coalesce("class", "relation").alias("class")).to_series()


def _classes(templates: Iterable[Template]) -> dict[tuple[str, str], str]:
    """Of a type of heads and a relation or attribute that is asked about, by the graph's name, the least of those that one template asks
    together of such heads in the same direction."""
    known = ontology()
    least: dict[tuple[str, str], str] = {}
    for template in templates:
        info = template.info
        names = [info.attribute] if info.attribute else [name for name in info.relations if name in known.relations]
        keys = [(info.head, name) for name in names]
        together = {least.get(key, key[1]) for key in keys}
        for key in [*keys, *(key for key, each in least.items() if key[0] == info.head and each in together)]:
            least[key] = min(together)
    return least


def is_drawn(view: GraphView, rows: pl.DataFrame, share: float, seed: int) -> pl.Series:
    """Whether the bundle of each row (`head`, `class`) is among those drawn."""
    if not share or rows.is_empty():
        return pl.repeat(False, rows.height, eager=True)
    salts = {each: int(digest(f"{seed}|hold out|{each}")[:16], 16) for each in rows["class"].unique()}
    hashes = view.entities["hash"].gather(rows["head"])
    salted = pl.DataFrame({"hash": hashes, "salt": rows["class"].replace_strict(salts, return_dtype=pl.UInt64)})
    return salted.select(
        shuffle_keys(pl.col("hash") ^ pl.col("salt"), 0) < pl.lit(int(share * 2**64), pl.UInt64)
    ).to_series()


def _draw_entities(view: GraphView, templates: Sequence[Template], share: float, seed: int) -> list[int]:
    """A share of the entities of each type that is asked about, with all that has one of their names; of those that are known and stand
    in few answers."""
    if not share:
        return []
    ends = view.facts.filter(pl.col("kind") == "relation").select("head", "tail")
    often = ends["tail"].drop_nulls().value_counts(name="facts").filter(pl.col("facts") > OFTEN)["tail"]
    known = pl.concat([view.facts.filter(pl.col("kind") != "alias")["head"], ends["tail"]]).drop_nulls().unique()
    types = {template.info.head for template in templates}
    same = _same_name(view)
    crowded = set(often) | set(same.filter(pl.col("other").is_in(often.implode()))["number"])
    salt = int(digest(f"{seed}|hold out entities")[:16], 16)
    of_types = view.entities.filter(pl.col("type").is_in(sorted(types)) & pl.col("number").is_in(known.implode()))
    drawn: list[int] = []
    for (_,), part in sorted(of_types.partition_by("type", as_dict=True).items()):
        free = part.filter(~pl.col("number").is_in(sorted(crowded))).sort(shuffle_keys(pl.col("hash"), salt), "number")
        drawn += free["number"].head(round(share * part.height)).to_list()
    return sorted({*drawn, *same.filter(pl.col("number").is_in(drawn))["other"]})


def _same_name(view: GraphView) -> pl.DataFrame:
    """`number` and `other`: entities of which one has a name of the other, whatever their types."""
    every = view.called
    pairs = every.join(every.rename({"number": "other"}), on="name").select("number", "other")
    return pairs.filter(pl.col("number") != pl.col("other")).unique().sort("number", "other")


def _draw_variants(templates: Sequence[Template], share: float, seed: int) -> frozenset[Wording]:
    """A share of all ways to word a question, in both languages the same, with those that ask in the same words; of each template one
    at least is left."""
    if not share:
        return frozenset()
    variants = {
        (template.pack, template.name): max(len(each.variants) for each in templates if _is_same(each, template))
        for template in templates
    }
    every = [(*name, number) for name, count in variants.items() for number in range(count)]
    order = sorted(every, key=lambda each: digest(f"{seed}|hold out|{each}"))
    left, alike = dict(variants), twins(templates)
    drawn: set[Wording] = set()
    for each in order:
        together = Counter((pack, name) for pack, name, _ in alike.get(each, [each]))
        is_room = all(left[template] > count for template, count in together.items())
        if len(drawn) < max(1, round(share * len(every))) and each not in drawn and is_room:
            left |= {template: left[template] - count for template, count in together.items()}
            drawn.update(alike.get(each, [each]))
    return frozenset(drawn)


def _is_same(one: Template, other: Template) -> bool:
    return (one.pack, one.name) == (other.pack, other.name)

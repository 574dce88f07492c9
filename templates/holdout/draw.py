"""Which facts, entities and wordings of a graph are held out, drawn by the seed.

Facts are held out by *bundles*: all that is said of a head by relations that are asked together, so that an answer is held out
whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from kgtools.corpora.record import HOLD_OUTS
from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.asked import HoldOut
from kgtools.templates.holdout.wordings import Frame, Wording, frames_of, twins
from kgtools.templates.pack import Template
from kgtools.tools.frames import shuffle_keys
from kgtools.tools.inputs.files import digest

OFTEN = 20
"""An entity that is the answer of more facts is not drawn: 发热 would take the answers of a third of all diseases along."""
BITS = {kind: 1 << at for at, kind in enumerate(HOLD_OUTS)}


@dataclass(frozen=True)
class HeldOut:
    """What is held out of one graph. `bits`: of each fact, by place, a bit a kind; `entities`: numbers; `names`: theirs, in both
    languages; `variants`: (pack, template, number from 0); `frames`: by which these are found in texts; `classes`: relation -> what is
    asked together with it."""

    asked: HoldOut
    bits: pl.Series
    entities: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    variants: frozenset[Wording] = frozenset()
    frames: tuple[Frame, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


NONE_HELD = HeldOut(HoldOut(), pl.Series(dtype=pl.UInt8))


def hold_out(view: GraphView, templates: Sequence[Template], asked: HoldOut, seed: int) -> HeldOut:
    """Choose what is held out, by the seed. `templates`: those that ask."""
    classes = _classes(templates)
    entities = _draw_entities(view, templates, asked.entities, seed)
    of_held = view.entities.filter(pl.col("number").is_in(entities))
    names = frozenset(pl.concat([of_held["name"], of_held["name_en"]]).drop_nulls())
    facts = view.facts.select("fact", "kind", "head", "tail", "relation", "value_zh", "value_en")
    named = pl.any_horizontal(pl.col("value_zh", "value_en").is_in(sorted(names)).fill_null(False))
    facts = facts.with_columns(
        pl.col("relation").replace_strict(classes, default=None, return_dtype=pl.String).alias("class"),
        (pl.col("head").is_in(entities) | pl.col("tail").is_in(entities).fill_null(False) | named).alias("of_entity"),
    ).with_columns(pl.coalesce("class", "relation").alias("class"))
    bundle = ["head", "class"]
    bits = facts.select(
        pl.when(is_drawn(view, facts, asked.facts, seed)).then(BITS["facts"]).otherwise(0)
        | pl.when(pl.col("of_entity").any().over(bundle)).then(BITS["entities"]).otherwise(0)
        | pl.when(pl.col("relation").is_in(asked.relations).any().over(bundle)).then(BITS["relations"]).otherwise(0)
    ).to_series()
    asks = facts["kind"].is_in(["relation", "attribute"])
    bits = pl.select(pl.when(asks).then(bits).otherwise(0).cast(pl.UInt8)).to_series()
    variants = _draw_variants(templates, asked.templates, seed)
    return HeldOut(asked, bits, frozenset(entities), names, variants, frames_of(templates, variants), classes, seed)


def _classes(templates: Iterable[Template]) -> dict[str, str]:
    """Of each relation or attribute that is asked about, by the graph's name, the least of those that are asked together with it."""
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    least: dict[str, str] = {}
    for template in templates:
        info = template.info
        names = [info.attribute] if info.attribute else [forward.get(name, name) for name in info.relations]
        together = {least.get(name, name) for name in names}
        first = min(together)
        least |= dict.fromkeys(names, first) | {name: first for name, each in least.items() if each in together}
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
    aliases = view.facts.filter(pl.col("kind") == "alias").select(
        pl.col("head").alias("number"), pl.col("value").alias("name")
    )
    names = pl.concat([view.entities.select("number", pl.col(name).alias("name")) for name in ("name", "name_en")])
    every = pl.concat([names, aliases]).drop_nulls().unique()
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

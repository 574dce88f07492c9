"""Which facts make which record: a head's tails grouped, the English that is missing left out, a sample drawn."""

from dataclasses import dataclass

import polars as pl

from kg.ontology import ontology
from templates.facts import View, speaks_english
from templates.pack import Template
from tools.files import digest
from tools.frames import numbers, shuffled

REASONS = (
    "exported", "not-sampled", "no-wrong-answer", "max-tails", "other-value", "no-english-name", "value-not-english", "self-loop", "contradiction",
    "same-name", "truncated-name", "digits-only-name", "truncated-value", "other-subject", "other-type", "no-template",
)  # fmt: skip
"""What can become of a triple in a language, the best first."""
CODES = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class Selection:
    """`groups`: a row a record to be: `head` (number), `name`, `tails` (names or values), `facts` (places in the view),
    `fact_ids`, `mask`, `key` (its place in the shuffle), `variant` (from 0), sorted by variant. `left_out`: `fact`, `code`."""

    template: Template
    groups: pl.DataFrame
    left_out: pl.DataFrame


def select(view: View, facts: pl.DataFrame, template: Template, seed: int, max_tails: int) -> Selection:
    """The records that a template makes of these facts of the view, before any sampling."""
    rows = matching(view, facts, template)
    bad = rows.filter(pl.col("reason").is_not_null())
    left_out = [bad.select("fact", pl.col("reason").replace_strict(CODES, return_dtype=pl.UInt8).alias("code"))]
    rows = rows.filter(pl.col("reason").is_null())
    nameless, mute = pl.col("name").is_null(), pl.col("text").is_null()
    lost = "value-not-english" if template.info.attribute else "no-english-name"
    left_out.append(_because(rows.filter(nameless), "no-english-name"))
    left_out.append(_because(rows.filter(mute & ~nameless), lost))
    rows = rows.filter(~nameless & ~mute)
    limit = 1 if template.info.single else max_tails
    rows, crowd = _ranked(rows, seed, limit)
    left_out.append(_because(crowd, "other-value" if template.info.single else "max-tails"))
    key = shuffled(pl.col("hash"), _salt(seed, f"{template.pack}/{template.name}.{template.lang}"))
    groups = _grouped(rows)
    groups = (
        groups.with_columns(view.entities["id"].gather(groups["head"]), view.entities["hash"].gather(groups["head"]))
        .with_columns(key.alias("key"), (key % len(template.variants)).cast(pl.UInt32).alias("variant"))
        .drop("hash")
        .sort("variant", maintain_order=True)
    )
    return Selection(template, groups, pl.concat(left_out))


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """A row a head, its tails named once each and all of their facts."""
    said = rows.group_by("head", maintain_order=True).agg(
        pl.col("name").first(),
        pl.col("text").alias("tails"),
        pl.col("fact").alias("facts"),
        pl.col("id").alias("fact_ids"),
        pl.col("mask").bitwise_or(),
    )
    return said.with_columns(
        pl.when(pl.col("tails").list.len() > 1)
        .then(pl.col("tails").list.unique(maintain_order=True))
        .otherwise("tails")
    )


def _salt(seed: int, text: str) -> int:
    return int(digest(f"{seed}|{text}")[:16], 16)


def facts_for(by_relation: dict[str, pl.DataFrame], template: Template) -> list[pl.DataFrame]:
    """Those of the facts, parted by relation, that a template can be about."""
    inverses = {r.inverse: name for name, r in ontology().relations.items()}
    wanted = (template.info.attribute,) if template.info.attribute else template.info.relations
    names = dict.fromkeys(inverses.get(name, name) for name in wanted)
    return [by_relation[name] for name in names if name in by_relation]


def _because(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select("fact", pl.lit(CODES[reason], pl.UInt8).alias("code"))


def matching(view: View, facts: pl.DataFrame, template: Template) -> pl.DataFrame:
    """The facts that a template is about, seen from its head: `name` and `text` are null where English lacks them."""
    info, names = template.info, view.names(template.lang)
    english = template.lang == "en"
    types, name_masks = view.entities["type"], view.entities["name_mask"]
    if info.attribute:
        rows = facts.filter((pl.col("kind") == "attribute") & (pl.col("relation") == info.attribute))
        rows = rows.filter(types.gather(rows["head"]) == info.head)
        value = pl.when(speaks_english(pl.col("value"))).then("value") if english else pl.col("value")
        rows = rows.with_columns(value.alias("text"))
    else:
        rows = _directed(facts, info.relations)
        rows = rows.filter((types.gather(rows["head"]) == info.head) & (types.gather(rows["tail"]) == info.tail))
        rows = rows.with_columns(names.gather(rows["tail"]).alias("text"))
    rows = rows.with_columns(names.gather(rows["head"]).alias("name"))
    if english and rows.height:
        masks = name_masks.gather(rows["head"])
        if not info.attribute:
            masks = masks | name_masks.gather(rows["tail"])
        rows = rows.with_columns((pl.col("mask") | masks).alias("mask"))
        same = pl.col("reason").is_null() & (pl.col("name").str.to_lowercase() == pl.col("text").str.to_lowercase())
        rows = rows.with_columns(pl.when(same).then(pl.lit("same-name")).otherwise("reason").alias("reason"))
    return rows


def _directed(facts: pl.DataFrame, relations: tuple[str, ...]) -> pl.DataFrame:
    """The triples of the relations; those that are named by their inverse, turned round."""
    known = ontology().relations
    inverses = {r.inverse: name for name, r in known.items()}
    forward = [name for name in relations if name in known]
    backward = [inverses[name] for name in relations if name not in known]
    backward += [name for name in forward if known[name].symmetric]
    turned = (
        facts.filter(pl.col("relation").is_in(backward)).rename({"head": "tail", "tail": "head"}).select(facts.columns)
    )
    return pl.concat([facts.filter(pl.col("relation").is_in(forward)), turned])


def _ranked(rows: pl.DataFrame, seed: int, limit: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows by head, what more sources say first, then by the id; and those beyond the limit of a head.

    Where not all fit, a seeded shuffle comes before the id."""
    sizes = rows.group_by("head").len("size").filter(pl.col("size") > limit)
    crowded = rows.join(sizes, on="head", how="semi")
    shuffle = shuffled(numbers(pl.col("id")), _salt(seed, "tails"))
    crowded = crowded.sort("head", "confirmed", shuffle, descending=[False, True, False])
    crowded = crowded.with_columns(pl.int_range(pl.len()).over("head").alias("rank"))
    kept = crowded.filter(pl.col("rank") < limit).drop("rank")
    roomy = rows.join(sizes, on="head", how="anti").sort("head", "confirmed", "fact", descending=[False, True, False])
    return pl.concat([roomy, kept]), crowded.filter(pl.col("rank") >= limit)


def sample(selections: list[Selection], count: int | None) -> list[Selection]:
    """At most `count` records in all, those with the smallest keys; the facts of the others are `not-sampled`."""
    keys = pl.concat([pl.Series(dtype=pl.UInt64), *(selection.groups["key"] for selection in selections)]).sort()
    if count is None or count >= len(keys):
        return selections
    last = keys[count]
    result = []
    for selection in selections:
        kept = pl.col("key") < last
        lost = selection.groups.filter(~kept).select(pl.col("facts").explode().alias("fact")).drop_nulls()
        left_out = pl.concat([selection.left_out, _because(lost, "not-sampled")])
        result.append(Selection(selection.template, selection.groups.filter(kept), left_out))
    return result

"""Records marked with the kinds of hold-out that they are of. One that would hold facts of both sides, or what is blocked for training
(`holdout/blocked.py`) beside nothing held out, is made for neither and counted (`crosses-hold-out`)."""

from dataclasses import replace
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.record import APART
from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import BITS, HeldOut, is_drawn
from kgtools.templates.pack import Template
from kgtools.templates.select import CODES, Selection

APART_BITS = sum(BITS[kind] for kind in APART)
PLACES = ("$.item.wrong", "$.item.options", "$.rows", "$.wrong")
"""Where a meta has names besides those of what a record asks and answers."""
COLUMN = "held"
"""Of a selection's rows, the kinds of hold-out, a bit each."""


def mark(view: GraphView, selection: Selection, held: HeldOut) -> Selection:
    """The selection with the column `held`, without records that hold facts of both sides."""
    groups, template = selection.groups.with_row_index("at"), selection.template
    is_bare, is_of_one = pl.col("facts").list.len() == 0, pl.col("head") < view.entities.height
    bare = groups.filter(is_bare & is_of_one).select("at", "head")
    of_all = groups.filter(is_bare & ~is_of_one).select("at", bits=pl.lit(0, pl.UInt8))  # an audit, of the whole graph
    told = groups.select("at", pl.col("facts").alias("fact")).explode("fact").drop_nulls()
    rows = told.select(
        "at",
        *(each.gather(told["fact"]).alias(name) for name, each in (("bits", held.bits), ("blocked", held.blocked))),
    )
    unknown = pl.concat([of_all, bare.select("at", _bits_of_unknown(view, bare, template, held))])
    rows = pl.concat([rows, unknown.with_columns(pl.lit(False).alias("blocked"))])
    is_free = (pl.col("bits") == 0) & ~pl.col("blocked")
    sides = rows.group_by("at").agg(
        pl.col("bits").bitwise_or(), is_free.any().alias("free"), pl.col("blocked").any()
    ).sort("at")  # fmt: skip
    beside = sides["blocked"] | says_held(view, groups, held)
    crosses = pl.select(pl.when(sides["bits"] > 0).then(sides["free"]).otherwise(beside)).to_series()
    loose = _bits_of_wording(groups, template, held)
    marked = groups.with_columns((sides["bits"] | loose).alias(COLUMN))
    lost = marked.filter(crosses).select(pl.col("facts").explode().alias("fact")).drop_nulls().unique()
    code = pl.lit(CODES["crosses-hold-out"], pl.UInt8).alias("code")
    left_out = pl.concat([selection.left_out, lost.select("fact", code)])
    return Selection(template, marked.filter(~crosses).drop("at"), left_out, int(crosses.sum()))


def says_held(view: GraphView, groups: pl.DataFrame, held: HeldOut) -> pl.Series:
    """Whether what stands in the meta of each names what is held out, besides its facts: an entity among wrong names, options or rows,
    or both ends of what joins a pair in one row of an audit."""
    if "meta" not in groups.columns:
        return pl.repeat(False, groups.height, dtype=pl.Boolean, eager=True)
    named = groups.select(names_held(held)).to_series()
    audits = groups.filter(pl.col("head") >= view.entities.height).select("at", "meta")
    joins = [at for at, meta in audits.iter_rows() if _joins(view, orjson.loads(meta)["rows"], held)]
    return named | groups["at"].is_in(joins)


def names_held(held: HeldOut) -> pl.Expr:
    """Whether the column `meta` has the name of a held-out entity among wrong names, options or rows."""
    names = [orjson.dumps(name).decode() for name in sorted(held.names)]
    if not names:
        return pl.lit(False)
    meta = pl.when(pl.col("meta").str.contains_any(names)).then("meta")
    places = [meta.str.json_path_match(path).str.contains_any(names) for path in PLACES]
    return pl.any_horizontal(places).fill_null(False)


def _joins(view: GraphView, rows: list[list[Any]], held: HeldOut) -> bool:
    """Whether a row has the names of both ends of a pair that is held out."""
    ranks = pl.DataFrame({"rank": view.numbers_of_names, "number": view.entities["number"]})
    said = [(at, text) for at, row in enumerate(rows) for each in row for text in _texts(each)]
    told = pl.DataFrame(said, schema={"row": pl.Int64, "name": pl.String}, orient="row").unique()
    told = told.join(view.called, on="name").join(ranks, on="number").select("row", "rank").unique()
    both = told.join(told, on="row", suffix="_other").filter(pl.col("rank") <= pl.col("rank_other"))
    pairs = both.select(pl.col("rank") * 2**32 + pl.col("rank_other")).to_series()
    return bool(pairs.is_in(held.pairs.implode()).any())


def _texts(value: Any) -> list[str]:
    """The texts of a cell: itself, or those of a list."""
    return [value] if isinstance(value, str) else list(filter(None, map(str, value))) if isinstance(value, list) else []


def _bits_of_unknown(view: GraphView, rows: pl.DataFrame, template: Template, held: HeldOut) -> pl.Series:
    """The bits of questions that no fact answers."""
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    info = template.info
    names = [info.attribute] if info.attribute else [forward.get(name, name) for name in info.relations]
    rows = rows.with_columns(pl.lit(held.classes.get((info.head, names[0]), names[0])).alias("class"))
    of_relation = not set(names).isdisjoint(held.asked.relations)
    return rows.with_columns(
        (
            pl.when(is_drawn(view, rows, held.asked.facts, held.seed)).then(BITS["facts"]).otherwise(0)
            | pl.when(pl.col("head").is_in(sorted(held.entities))).then(BITS["entities"]).otherwise(0)
            | pl.lit(BITS["relations"] if of_relation else 0)
        )
        .cast(pl.UInt8)
        .alias("bits")
    )["bits"]


def _bits_of_wording(groups: pl.DataFrame, template: Template, held: HeldOut) -> pl.Series:
    """The bits of how a question is worded, and of how long its way is."""
    mine = [number for pack, name, number in held.variants if (pack, name) == (template.pack, template.name)]
    told = pl.col("is_worded_as_held") if "is_worded_as_held" in groups.columns else pl.lit(False)
    bits = pl.when(pl.col("variant").is_in(mine) | told).then(BITS["templates"]).otherwise(0)
    if held.asked.hops and "meta" in groups.columns:
        hops = pl.col("meta").str.json_path_match("$.hops").cast(pl.Int64)
        bits = bits | pl.when(hops.is_between(*held.asked.hops).fill_null(False)).then(BITS["hops"]).otherwise(0)
    return groups.with_columns(bits.fill_null(0).cast(pl.UInt8).alias(COLUMN))[COLUMN]


def kinds(bits: pl.Expr) -> pl.Expr:
    """Bits as the column `hold_out` says them; null for none."""
    texts = {
        number: " + ".join(kind for kind, bit in BITS.items() if number & bit) or None
        for number in range(1 << len(BITS))
    }
    return bits.replace_strict(texts, return_dtype=pl.String)


def apart(selection: Selection, held: HeldOut) -> list[tuple[Selection, pl.Series | None]]:
    """The selection in two, so that wrong answers of records for training are not made of what is held out: those whose facts are
    held out, and the others; each with what its wrong answers must not be made of, by place. One where nothing is held out."""
    if COLUMN not in selection.groups.columns:
        return [(selection, None)]
    of_held = (selection.groups[COLUMN] & APART_BITS) > 0
    free = replace(selection, groups=selection.groups.filter(~of_held))
    none = selection.left_out.clear()
    return [(free, held.closed), (Selection(selection.template, selection.groups.filter(of_held), none), None)]


def tying_facts(selection: Selection) -> pl.Series:
    """The facts, by place, by which records hang together: of those that are held out by wording or length alone, none."""
    if COLUMN not in selection.groups.columns:
        return selection.groups["facts"]
    return selection.groups.filter(~is_loose())["facts"]


def is_loose() -> pl.Expr:
    """Whether a record is held out by wording or length alone, so that its facts may stand in others."""
    return (pl.col(COLUMN) > 0) & ((pl.col(COLUMN) & APART_BITS) == 0)

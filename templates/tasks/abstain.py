"""Questions that the graph cannot answer: the honest answer is that the sources do not say."""

import orjson
import polars as pl

from kgtools.corpora.verify.item import KEY, Item
from kgtools.kg.build.english_names import OUR_LICENSE
from kgtools.templates.preferences.apart import PROSE, TEXT
from kgtools.templates.select import Selection
from kgtools.templates.tasks.subject import Subject, sources_of
from kgtools.tools.frames import shuffle_keys

ANSWER = {"zh": "资料未说明", "en": "not stated"}


def select_abstain(subject: Subject) -> Selection:
    """As many questions of the template as can be answered, about heads of which something else is known, but nothing of the kind by
    any relation, doubtful facts too, and no text that might tell it: neither of them nor of what has one of their names."""
    view, template = subject.view, subject.template
    info, lang = template.info, template.lang
    entities = view.entities
    said = _heads_told_of(subject)
    said_names: set[str] = set().union(*map(subject.known.forms, said))
    asked = pl.col("asked_en") if lang == "en" else pl.lit(True)
    sure = ~pl.col("number").is_in(view.facts.filter(pl.col("reason").is_not_null())["head"].unique().implode())
    rows = entities.filter((pl.col("type") == info.head) & pl.Series(view.names(lang)).is_not_null() & asked & sure)
    rows = rows.join(sources_of(view), on="number", maintain_order="left").with_columns(
        shuffle_keys(pl.col("hash"), subject.salt("abstain")).alias("key")
    )
    rows = rows.sort("key")
    open_ = [
        number
        for number in rows["number"].to_list()
        if number not in said and subject.known.forms(number).isdisjoint(said_names)
    ]
    chosen = open_[: subject.selection.groups.height]
    rows = rows.filter(pl.col("number").is_in(chosen)).sort("key")
    items = [Item("abstain", subject.about(number)).to_dict() for number in rows["number"].to_list()]
    name_masks = [subject.lexicon.mask(number) for number in rows["number"].to_list()]

    groups = rows.select(
        pl.col("number").alias("head"),
        pl.Series("name", view.names(lang)).gather(rows["number"]),
        "id", "key",
        (pl.col("key") % len(template.variants)).cast(pl.UInt32).alias("variant"),
        (pl.col("mask") | pl.Series(name_masks, dtype=pl.Int64)).alias("mask"),
        pl.lit(["-"], pl.List(pl.String)).alias("tails"),
        pl.lit([], pl.List(pl.String)).alias("truth"),
        pl.lit([], pl.List(pl.String)).alias("options"),
        pl.lit([], pl.List(pl.String)).alias("right"),
        pl.lit([], pl.List(pl.UInt32)).alias("facts"),
        pl.lit(ANSWER[lang]).alias("answer"),
        pl.lit(None, pl.Boolean).alias("is_true"),
        pl.lit(False).alias("partial"),
        pl.lit("").alias("before"),
        pl.lit([OUR_LICENSE], pl.List(pl.String)).alias("words"),
        pl.lit([], pl.List(pl.String)).alias("hidden"),
        pl.lit([], pl.List(pl.String)).alias("messages"),
        pl.lit([], pl.List(pl.String)).alias("compared"),
        pl.lit("").alias("form"),
        pl.Series("meta", [orjson.dumps({KEY: item}).decode() for item in items], pl.String),
    ).sort("variant", maintain_order=True)  # fmt: skip
    return Selection(template, groups, subject.selection.left_out)


def _heads_told_of(subject: Subject) -> set[int]:
    """The entities of which a source says what the template asks, or something like it."""
    view, info = subject.view, subject.template.info
    heads = [subject.links()["head"]]
    long = (pl.col("kind") == "attribute") & (pl.col("relation").is_in(PROSE) | pl.col("value").str.contains(TEXT))
    heads.append(view.facts.filter(long)["head"])
    if info.tail is not None:
        ends = view.facts.filter(pl.col("kind") == "relation").select("head", "tail")
        types = view.entities["type"]
        heads.append(ends.filter(types.gather(ends["tail"]) == info.tail)["head"])
        heads.append(ends.filter(types.gather(ends["head"]) == info.tail)["tail"])
    return set(pl.concat(heads).to_list())

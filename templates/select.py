"""Which facts make which record: a head's tails grouped, the English that is missing left out, a sample drawn."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.drops import DEFAULT, PARTIAL_LIST, UNINFORMATIVE, only_general
from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template
from kgtools.tools.frames import numbers, shuffle_keys
from kgtools.tools.inputs.files import digest

REASONS = (
    "exported", "not-sampled", "not-asked", "crosses-hold-out", "no-wording", "no-wrong-answer",
    "value-not-parsed", "text-not-portable", "unbalanced-brackets",
    "repeated", "max-tails", "other-value", "same-question", "partial-list",
    "uninformative", "shop-list", "no-english-name", "value-not-english", "self-loop", "contradiction", "same-name",
    "truncated-name", "digits-only-name", "person-name", "truncated-value", "misplaced-value", "other-subject", "other-type", "no-template",
)  # fmt: skip
"""What can become of a triple in a language, the best first."""
NOT_SAID = ("self-loop", "same-name", "contradiction", "repeated")
"""Reasons for which a tail is no part of the answer; any other leaves the answer incomplete."""
SAME_WORDS = {"Examination": r"(?:检查|检测|检验)$", "Treatment": r"性?(?:治疗|疗法)$"}
"""Ends that say nothing: 脑电图检查 is 脑电图, 支持性治疗 is 支持疗法."""
CODES = {reason: code for code, reason in enumerate(REASONS)}

GROUPS: dict[str, Any] = {
    "head": pl.UInt32, "name": pl.String, "tails": pl.List(pl.String), "facts": pl.List(pl.UInt32), "mask": pl.Int64,
    "partial": pl.Boolean, "id": pl.String, "key": pl.UInt64, "variant": pl.UInt32,
}  # fmt: skip
LEFT_OUT: dict[str, Any] = {"fact": pl.UInt32, "code": pl.UInt8}
"""Columns of `Selection.groups` and `Selection.left_out`."""


@dataclass(frozen=True)
class Selection:
    """`groups`: a row a record to be: `head` (number), `name`, `tails` (names or values), `partial` (whether the graph knows more of
    them), `facts` (places in the view), `mask`, `key` (its place in the shuffle), `variant` (from 0), sorted by
    variant. `left_out`: `fact`, `code`. `crossing`: how many records are not made, for they hold facts of both sides of a hold-out."""

    template: Template
    groups: pl.DataFrame
    left_out: pl.DataFrame
    crossing: int = 0


def select(view: GraphView, template: Template, seed: int, max_tails: int, drop: frozenset[str] = DEFAULT) -> Selection:
    """The records that a template makes of the view, before any sampling; `drop`: see `templates/drops.py`."""
    info = template.info
    if not view.tells(_names_for(template)):
        return Selection(template, pl.DataFrame(schema=GROUPS), pl.DataFrame(schema=LEFT_OUT))
    rows = _collapse(match_facts(view, template).with_columns(why=_why_not(template, drop)))
    if not rows["why"].null_count():  # nothing is left to say
        return Selection(template, pl.DataFrame(schema=GROUPS), _because(rows))
    rows = _mark_repeated(view, template, rows)
    rows, crowd = _rank(rows, seed, 1 if info.single else max_tails, "other-value" if info.single else "max-tails")
    left_out = _because(crowd)
    groups = _group(rows, crowd).with_columns(pl.col("partial") & pl.lit(not info.single))
    if PARTIAL_LIST in drop and template.lang == "en":
        groups, left_out = without(groups, pl.col("kept") * 2 < pl.col("known"), PARTIAL_LIST, left_out)
    if UNINFORMATIVE in drop:
        groups, left_out = without(groups, pl.lit(only_general(groups, info.relations)), UNINFORMATIVE, left_out)
    key = shuffle_keys(pl.col("hash"), _salt(seed, f"{template.pack}/{template.name}.{template.lang}"))
    groups = (
        groups.with_columns(view.entities["id"].gather(groups["head"]), view.entities["hash"].gather(groups["head"]))
        .with_columns(key.alias("key"), (key % len(template.variants)).cast(pl.UInt32).alias("variant"))
        .drop("hash", "kept", "known")
        .sort("variant", maintain_order=True)
    )
    return Selection(template, groups, left_out)


def _why_not(template: Template, drop: frozenset[str]) -> pl.Expr:
    """Why a fact is not said; null where it is."""
    nameless, mute = pl.col("name").is_null(), pl.col("text").is_null()
    lost = "value-not-english" if template.info.attribute else "no-english-name"
    weak = pl.when(pl.col("weak").is_in(sorted(drop))).then("weak")
    why = pl.coalesce(
        "reason", weak, pl.when(nameless).then(pl.lit("no-english-name")), pl.when(mute).then(pl.lit(lost))
    )
    return pl.coalesce(why, pl.when(~pl.col("asked")).then(pl.lit("same-question")))


def _collapse(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each thing that is said of a head, or not said for one reason, with all facts that say it: `facts`; and
    `fact` and `id`, those of the first of them."""
    ordered = rows.sort("fact")
    return ordered.group_by("head", "text", "why", maintain_order=True).agg(
        pl.col("name", "tail").first(),
        pl.col("fact").first(),
        pl.col("fact").alias("facts"),
        pl.col("id").first(),
        pl.col("mask").bitwise_or(),
        pl.col("confirmed").max(),
    )


def short_form(text: pl.Expr, type_: str | None) -> pl.Expr:
    """A name of a type, or a value, by which it is known to be said already: without what says nothing."""
    words = SAME_WORDS.get(type_ or "", r"\z\A")
    form = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s()\[\]{}·-]", "")
    short = form.str.replace(words, "")
    return pl.when(short.str.len_chars() > 1).then(short).otherwise(form)


def _mark_repeated(view: GraphView, template: Template, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows; what an earlier tail of the same answer says already, in other words or by an alias, is `repeated`."""
    askable = rows.filter(pl.col("why").is_null()).sort("head", "confirmed", "fact", descending=[False, True, False])
    form = short_form(pl.col("text"), template.info.tail)
    askable = askable.with_columns(form.alias("form")).with_row_index("place")
    first = askable.group_by("head", "form").agg(pl.col("place").min().alias("first"))
    askable = askable.join(first, on=["head", "form"], how="left", maintain_order="left")
    twice = askable.filter(pl.col("place") != pl.col("first"))["place"]
    if not template.info.attribute and view.synonyms.height:
        ends = askable.select("head", "tail", "first")
        pairs = ends.join(view.synonyms, left_on="tail", right_on="entity").join(
            ends, left_on=["head", "other"], right_on=["head", "tail"], suffix="_other"
        )
        later = pairs.filter(pl.col("first") > pl.col("first_other"))["first"].unique()
        twice = pl.concat([twice, askable.filter(pl.col("first").is_in(later.implode()))["place"]])
    repeated = askable.filter(pl.col("place").is_in(twice.implode()))["fact"]
    again = pl.col("why").is_null() & pl.col("fact").is_in(repeated.implode())
    return rows.with_columns(pl.when(again).then(pl.lit("repeated")).otherwise("why").alias("why"))


def _group(rows: pl.DataFrame, crowd: pl.DataFrame) -> pl.DataFrame:
    """A row a head, its tails and their facts; `kept` of the `known` tails are said."""
    nameless = pl.col("text").is_null()  # these were collapsed into one
    number = pl.when(nameless).then(pl.col("facts").list.len()).otherwise(1)
    lost = crowd.filter(~pl.col("why").is_in(NOT_SAID)).group_by("head").agg(number.sum().cast(pl.Int64).alias("lost"))
    groups = rows.group_by("head", maintain_order=True).agg(
        pl.col("name").first(),
        pl.col("text").alias("tails"),
        pl.col("facts").explode(),
        pl.col("mask").bitwise_or(),
        pl.len().cast(pl.Int64).alias("kept"),
    )
    known = pl.col("kept") + pl.col("lost").fill_null(0)
    counted = groups.join(lost, on="head", how="left", maintain_order="left").with_columns(known.alias("known"))
    return counted.with_columns((pl.col("known") > pl.col("kept")).alias("partial")).drop("lost")


def without(
    groups: pl.DataFrame, gone: pl.Expr, reason: str, left_out: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The groups that stay, and the facts of the others beside what is left out."""
    marked = groups.with_columns(gone.alias("gone"))
    facts = marked.filter("gone").select(pl.col("facts").explode().alias("fact")).drop_nulls()
    return marked.filter(~pl.col("gone")).drop("gone"), pl.concat([left_out, _code(facts, reason)])


def _salt(seed: int, text: str) -> int:
    return int(digest(f"{seed}|{text}")[:16], 16)


def _names_for(template: Template) -> list[str]:
    """The relations or the attribute that a template is about, as facts name them."""
    inverses = {r.inverse: name for name, r in ontology().relations.items()}
    wanted = (template.info.attribute,) if template.info.attribute else template.info.relations
    return list(dict.fromkeys(inverses.get(name, name) for name in wanted))


def _because(rows: pl.DataFrame) -> pl.DataFrame:
    """The facts that are not said, with the code of why."""
    each = rows.select(pl.col("facts").alias("fact"), "why").explode("fact").drop_nulls("fact")
    return each.select("fact", pl.col("why").replace_strict(CODES, return_dtype=pl.UInt8).alias("code"))


def _code(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows.select("fact", pl.lit(CODES[reason], pl.UInt8).alias("code"))


def match_facts(view: GraphView, template: Template) -> pl.DataFrame:
    """The facts that a template is about, seen from its head: `name` and `text` are null where English lacks them."""
    info, names, facts = template.info, view.names(template.lang), view.of_relations(_names_for(template))
    english = template.lang == "en"
    types, name_masks = view.entities["type"], view.entities["name_mask"]
    if info.attribute:
        rows = facts.filter((pl.col("kind") == "attribute") & (pl.col("relation") == info.attribute))
        rows = rows.filter(types.gather(rows["head"]) == info.head)
        rows = rows.with_columns(pl.col("value_en" if english else "value_zh").alias("text"))
    else:
        rows = _direct(facts, info.relations)
        rows = rows.filter((types.gather(rows["head"]) == info.head) & (types.gather(rows["tail"]) == info.tail))
        rows = rows.with_columns(names.gather(rows["tail"]).alias("text"))
    asked = view.entities["asked_en"].gather(rows["head"]) if english else pl.lit(True)
    rows = rows.with_columns(names.gather(rows["head"]).alias("name"), asked.alias("asked"))
    if english and rows.height:
        masks = name_masks.gather(rows["head"])
        masks = masks | (rows["value_mask"] if info.attribute else name_masks.gather(rows["tail"]))
        rows = rows.with_columns((pl.col("mask") | masks).alias("mask"))
        same = pl.col("reason").is_null() & (pl.col("name").str.to_lowercase() == pl.col("text").str.to_lowercase())
        rows = rows.with_columns(pl.when(same).then(pl.lit("same-name")).otherwise("reason").alias("reason"))
    return rows


def _direct(facts: pl.DataFrame, relations: tuple[str, ...]) -> pl.DataFrame:
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


def _rank(rows: pl.DataFrame, seed: int, limit: int, reason: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are said, by head, what more sources say first, then by the id; and all others with `why`, those beyond
    the limit of a head for this reason.

    Where not all fit, a seeded shuffle comes before the id."""
    good, bad = rows.filter(pl.col("why").is_null()), rows.filter(pl.col("why").is_not_null())
    sizes = good.group_by("head").len("size").filter(pl.col("size") > limit)
    crowded = good.join(sizes, on="head", how="semi")
    shuffle = shuffle_keys(numbers(pl.col("id")), _salt(seed, "tails"))
    crowded = crowded.sort("head", "confirmed", shuffle, descending=[False, True, False])
    crowded = crowded.with_columns(pl.int_range(pl.len()).over("head").alias("rank"))
    kept = crowded.filter(pl.col("rank") < limit).drop("rank")
    beyond = crowded.filter(pl.col("rank") >= limit).drop("rank").with_columns(pl.lit(reason).alias("why"))
    roomy = good.join(sizes, on="head", how="anti").sort("head", "confirmed", "fact", descending=[False, True, False])
    return pl.concat([roomy, kept]), pl.concat([bad, beyond])

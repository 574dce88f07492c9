"""The rules that find candidates: pairs of entities of one type that may be the same, with a score and a reason."""

from collections.abc import Callable

import orjson
import polars as pl

from kgtools.kg.align.evidence import count_shared
from kgtools.kg.align.spelling import ALIKE, SPELLING, STEPS, SURE, WRITTEN, spell, steps_between

Rule = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""From the ranked entities and their neighbours (kgtools.kg.align.evidence) to `one`, `other`, `score` and `reason`."""

COMMON = 50
"""How many entities of a type may have one code, for it to be evidence that two of them are the same."""
GLOSS = STEPS[-1]
"""The step that drops an abbreviation in brackets."""
DOTS = r"(\.{2,}|…+)$"
"""The mark of a name that was cut off: `急性上呼吸道...`."""
LEAST_CODE = 4
"""Characters of an ICD-10 code that names a disease, not a group of them: A010, not A01."""
SHARE = pl.col("shared") / pl.max_horizontal("total", 1)
"""The share of the triples of `one` that `other` has as well."""


def equal_name(entities: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The same name, written differently: each with the first by rank of those that are written most like it."""
    table = entities.select(
        "id",
        "type",
        "name",
        "key",
        spell(pl.col("name"), SURE).alias("sure"),
        spell(pl.col("name"), ALIKE).alias("alike"),
    )
    parts = []
    for by in ("sure", "alike", "key"):
        parts.append(_with_first(table, by))
        table = table.join(parts[-1], left_on="id", right_on="one", how="anti", maintain_order="left")
    pairs = pl.concat([*parts, _pair_glosses(table)])
    names = entities.select("id", "name")
    named = pairs.join(names.rename({"id": "one", "name": "one_name"}), on="one", maintain_order="left").join(
        names.rename({"id": "other", "name": "other_name"}), on="other", maintain_order="left"
    )
    steps = steps_between(named.select(pl.col("one_name").alias("one"), pl.col("other_name").alias("other")))
    # Of 甲胎蛋白(AFP) and 甲胎蛋白(X) nobody can tell which the plain name means.
    several = pl.col("glosses") > 1
    return named.with_columns(steps["score"], steps["steps"]).select(
        "one",
        "other",
        pl.when(several).then(0.6).otherwise("score").alias("score"),
        pl.format(
            "the names differ only in: {}{}",
            "steps",
            pl.when(several).then(pl.lit(", of which there are several")).otherwise(pl.lit("")),
        ).alias("reason"),
    )


def _with_first(table: pl.DataFrame, by: str) -> pl.DataFrame:
    """Each row with the first that has the same value; `glosses` is 0."""
    first = pl.col("id").first().over("type", by)
    return table.select(pl.col("id").alias("one"), first.alias("other"), pl.lit(0, pl.UInt32).alias("glosses")).filter(
        pl.col("one") != pl.col("other")
    )


def _pair_glosses(table: pl.DataFrame) -> pl.DataFrame:
    """Each name with an abbreviation in brackets and the name without; `glosses`: how many the latter has."""
    bare = table.select("id", "type", "key", GLOSS.rewrite(pl.col("key")).alias("base"))
    glosses = bare.filter(pl.col("key") != pl.col("base")).join(
        table.select("type", pl.col("key").alias("base"), pl.col("id").alias("other")), on=["type", "base"]
    )
    return glosses.select(pl.col("id").alias("one"), "other", pl.len().over("other").alias("glosses"))


def alias(entities: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """An alias of one is the name of another; sure only where each calls the other so.

    Less sure where several claim the name or the one has several such aliases; much less where one name contains the
    other, for then one is often a kind of the other."""
    claims = count_shared(_claims(entities), ways)
    # Any of them takes even a mutual claim, 0.96 at most, under the default threshold.
    doubts = {
        "one name is part of the other": (pl.col("inside"), 0.3),
        "several entities have this alias": (pl.col("claimers") > 1, 0.15),
        "its aliases are several entities": (pl.col("claimed") > 1, 0.1),
        "it is written as another symbol": (pl.col("differs"), 0.2),
    }
    # Each calling the other so gives 0.9, the default threshold; one alone stays under it, however many triples they share.
    score = 0.82 + 0.08 * pl.col("mutual").cast(pl.Float64) + 0.06 * SHARE
    for holds, less in doubts.values():
        score = score - less * holds.cast(pl.Float64)
    claim = (
        pl.when("mutual").then(pl.format("each is an alias of the other: {}, {}", "name", "other_name"))
        .otherwise(pl.format("{} is an alias of {}", "alias", "name"))
    )  # fmt: skip
    but = [pl.when(holds).then(pl.lit(f"; {what}")).otherwise(pl.lit("")) for what, (holds, _) in doubts.items()]
    reason = pl.concat_str(claim, pl.format("; {} of {} triples shared", "shared", "total"), *but)
    return claims.select("one", "other", score.round(3).alias("score"), reason.alias("reason"))


def _claims(entities: pl.DataFrame) -> pl.DataFrame:
    """`one` has the `alias` that is the name of `other`; `mutual`, `claimers`, `claimed`, `inside` and `differs` weigh it."""
    named = entities.unique(["type", "key"], keep="first", maintain_order=True).select(
        "type", pl.col("key").alias("other_key"), pl.col("id").alias("other"), pl.col("name").alias("other_name"),
        spell(pl.col("name"), ALIKE).alias("other_alike"),
    )  # fmt: skip
    aliases = (
        entities.select(pl.col("id").alias("one"), "type", "name", "key", pl.col("aliases").alias("alias"))
        .explode("alias")
        .drop_nulls("alias")
        .with_columns(
            spell(pl.col("alias"), SPELLING).alias("other_key"), spell(pl.col("alias"), ALIKE).alias("alias_alike")
        )
    )
    claims = (
        aliases.join(named, on=["type", "other_key"])
        .filter(pl.col("key") != pl.col("other_key"))
        .with_columns((pl.col("alias_alike") != pl.col("other_alike")).alias("differs"))
        .sort("differs", maintain_order=True)
        .unique(["one", "other"], keep="first", maintain_order=True)
    )
    back = claims.select(
        pl.col("one").alias("other"), pl.col("other").alias("one"), pl.lit(True).alias("mutual"), pl.col("differs").alias("back")
    )  # fmt: skip
    key, other = pl.col("key"), pl.col("other_key")
    return (
        claims.join(back, on=["one", "other"], how="left", maintain_order="left")
        .with_columns(
            pl.col("mutual").fill_null(False),
            (pl.col("differs") | pl.col("back").fill_null(False)).alias("differs"),
            pl.col("key").n_unique().over("type", "other_key").alias("claimers"),
            pl.col("other_key").n_unique().over("one").alias("claimed"),
            (key.str.contains(other, literal=True) | other.str.contains(key, literal=True)).alias("inside"),
        )
        .filter(~pl.col("mutual") | (pl.col("one") < pl.col("other")))
    )


def completion(entities: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """A name that was cut off, and the one name that begins so; of several, the one that shares most triples.

    The longer the beginning and the more triples are shared, the surer; of several never sure."""
    ends = count_shared(_endings(entities), ways).with_columns(SHARE.alias("share"), pl.len().over("one").alias("ends"))
    ends = ends.sort("one", -pl.col("share"), "other").with_columns(
        pl.col("share").shift(-1).over("one").fill_null(0.0).alias("next")
    )
    best = ends.unique("one", keep="first", maintain_order=True)
    only, length = pl.col("ends") == 1, pl.col("start").str.len_chars()
    # One ending alone is under the default threshold of 0.9: at 6 characters it takes a third of the triples, at 5 two thirds, and
    # shorter beginnings never reach it.
    base = (
        pl.when(length >= 6).then(0.86).when(length == 5).then(0.82).when(length == 4).then(0.75)
        .when(length == 3).then(0.6).otherwise(0.4) - 0.06 * (pl.col("begins") == pl.col("start")).cast(pl.Float64)
    )  # fmt: skip
    # Of several endings none is sure: 0.85 at most.
    score = pl.when(only).then(base + 0.12 * pl.col("share")).otherwise(0.5 + 0.35 * (pl.col("share") - pl.col("next")))
    begun = (
        pl.when(only).then(pl.lit("the only name that begins so"))
        .otherwise(pl.format("of {} names that begin so the one that shares most", "ends"))
    )  # fmt: skip
    same_case = pl.col("written").str.starts_with(pl.col("cut"))
    score = score - 0.1 * (~same_case).cast(pl.Float64)
    case = pl.when(same_case).then(pl.lit("")).otherwise(pl.lit("; but in another case"))
    reason = pl.concat_str(begun, case, pl.format("; {} of {} triples shared", "shared", "total"))
    worth = only | ((pl.col("shared") >= 2) & (pl.col("share") >= 0.5))
    return best.filter(worth).select("one", "other", score.round(3).alias("score"), reason.alias("reason"))


def _endings(entities: pl.DataFrame) -> pl.DataFrame:
    """`one`, its `start`, and each `other` that `begins` so, spellings of one name once; the start itself only where
    nothing longer does; `cut` and `written` are both as their letters are written. Only steps that need no whole word."""
    cut = (
        entities.filter("truncated")
        .with_columns(spell(pl.col("name").str.replace(DOTS, ""), WRITTEN).alias("cut"))
        .filter(pl.col("cut") != "")
        .with_columns(pl.col("cut").str.to_lowercase().alias("start"))
        .select(pl.col("id").alias("one"), "type", "cut", "start", pl.col("start").str.len_chars().alias("length"))
    )
    complete = (
        entities.filter(~pl.col("truncated"))
        .with_columns(spell(pl.col("name"), WRITTEN).alias("written"))
        .select(
            "type",
            "key",
            "written",
            pl.col("written").str.to_lowercase().alias("begins"),
            pl.col("id").alias("other"),
            "rank",
        )
    )
    matches = [
        part.join(complete.with_columns(pl.col("begins").str.slice(0, length).alias("start")), on=["type", "start"])
        for (length,), part in cut.partition_by("length", as_dict=True).items()
    ]
    if not matches:
        return cut.join(complete, on="type").clear()
    ends = pl.concat(matches).sort("one", "rank").unique(["one", "key"], keep="first", maintain_order=True)
    longer = pl.col("begins") != pl.col("start")
    return ends.filter(longer | ~longer.any().over("one"))


def shared_code(entities: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The same ICD-10 code of four characters or more, and names that are alike: for review only.

    A code of more than COMMON entities of a type says nothing of two of them."""
    codes = _codes(entities)
    table = codes.filter(pl.len().over("type", "code") <= COMMON)
    pairs = (
        table.join(table.rename({"one": "other", "key": "other_key"}), on=["type", "code"])
        .filter(pl.col("one") < pl.col("other"))
        .group_by("one", "other", "key", "other_key")
        .agg(pl.col("code").sort().str.join(", "))
    )
    alike = [_likeness(one, other) for one, other in pairs.select("key", "other_key").iter_rows()]
    return (
        pairs.with_columns(pl.Series("alike", alike, pl.Float64))
        .filter(pl.col("alike") > 0)
        .select(
            "one",
            "other",
            # 0.7 at most: people decide
            (0.3 + 0.4 * pl.col("alike")).round(3).alias("score"),
            pl.format("the same ICD-10 code {}, and names that are alike", "code").alias("reason"),
        )
    )


def common_codes(entities: pl.DataFrame) -> pl.DataFrame:
    """`type`, `code` and `entities`: the codes that are too common to be evidence, with how many have them."""
    sizes = _codes(entities).group_by("type", "code").len("entities")
    return sizes.filter(pl.col("entities") > COMMON).sort("type", "code")


def _codes(entities: pl.DataFrame) -> pl.DataFrame:
    """`one`, `type`, `key` and each `code` of it, once."""
    coded = entities.filter(pl.col("attributes").str.contains('"icd10"')).select("id", "type", "key", "attributes")
    codes = [
        (id_, type_, key, code)
        for id_, type_, key, text in coded.iter_rows()
        for code in orjson.loads(text)["icd10"]
        if len(code.replace(".", "")) >= LEAST_CODE
    ]
    return pl.DataFrame(codes, schema=dict.fromkeys(("one", "type", "key", "code"), pl.String), orient="row").unique(
        maintain_order=True
    )


def _likeness(one: str, other: str) -> float:
    """How many of their pairs of neighbouring characters two names share, 0..1 (Dice 1945)."""
    first, second = ({name[n : n + 2] for n in range(len(name) - 1)} for name in (one, other))
    return 2 * len(first & second) / max(len(first) + len(second), 1)


RULES: dict[str, Rule] = {
    "equal-name": equal_name,
    "alias": alias,
    "completion": completion,
    "shared-code": shared_code,
}
"""By name, in the order in which they are asked."""

"""What could tell the better answer of preferences to one who knows no medicine: how long answers are, and which names they say."""

import polars as pl

from kgtools.corpora.record import Preferences
from kgtools.templates.preferences.apart import TEXT
from kgtools.templates.preferences.rejected import FAULTS

SIDES = ("chosen", "rejected")
ABOUT = pl.Struct({"fault": pl.String, "wrong": pl.List(pl.String), "unsaid": pl.List(pl.String)})


def lengths(pairs: Preferences) -> dict[str, dict[str, dict[str, float]]]:
    """For each language, each fault and all: pairs, the characters of an answer, and how often which is the longer one."""
    chosen, rejected = (pl.col(side).list.first().struct["content"].str.len_chars().cast(pl.Int64) for side in SIDES)
    rows = pairs.select(
        "lang",
        pl.col("meta").str.json_path_match("$.fault").alias("fault"),
        chosen.alias("chosen"),
        rejected.alias("rejected"),
    )
    counted = pl.concat([rows, rows.with_columns(pl.lit("all").alias("fault"))]).group_by("lang", "fault").agg(
        pl.len().alias("pairs"), pl.col("chosen").mean().round(3), pl.col("rejected").mean().round(3),
        (pl.col("chosen") - pl.col("rejected")).mean().round(3).alias("gap"),
        (pl.col("chosen") > pl.col("rejected")).mean().round(4).alias("chosen_longer"),
        (pl.col("chosen") < pl.col("rejected")).mean().round(4).alias("rejected_longer"),
    )  # fmt: skip
    order = {fault: place for place, fault in enumerate((*FAULTS, "all"))}
    by_lang: dict[str, dict[str, dict[str, float]]] = {}
    for lang, fault, *rest in sorted(counted.iter_rows(), key=lambda row: (row[0], order[row[1]])):
        by_lang.setdefault(lang, {})[fault] = dict(zip(counted.columns[2:], rest, strict=True))
    return by_lang


def differing_names(pairs: Preferences) -> pl.DataFrame:
    """The names by which the answers of a pair differ: `lang`, `template`, `fault`, `name`, `side`, a row each."""
    about = pl.col("meta").str.json_decode(ABOUT)
    rows = pairs.select(
        "lang", pl.col("template").str.extract(r"/(.+)\.\w+#\d+$").alias("template"), about.alias("about")
    )
    rows = rows.unnest("about")
    sides = [
        rows.select("lang", "template", "fault", pl.col(said).alias("name"), pl.lit(side).alias("side")).explode("name")
        for said, side in (("unsaid", "chosen"), ("wrong", "rejected"))
    ]
    return pl.concat(sides).drop_nulls("name")


def names(pairs: Preferences) -> dict[str, dict[str, float]]:
    """For each language: the names (and short values) that tell answers apart, and by how much, within a template, one stands more
    often on one side than on the other: at most, and of all. Texts are left out; invented names
    and those they stand for are counted apart."""
    rows = differing_names(pairs)
    is_text = pl.col("name").str.contains(TEXT)
    rows = rows.filter(~is_text & (is_text.mean().over("lang", "template") < 0.5))
    by_lang: dict[str, dict[str, float]] = {}
    for (lang,), of_lang in sorted(rows.partition_by("lang", as_dict=True).items()):
        named = of_lang.filter(pl.col("fault") != "invented")
        counts = named.group_by("template", "name").agg(
            pl.len().alias("times"), ((pl.col("side") == "chosen").sum().cast(pl.Int64) * 2 - pl.len().cast(pl.Int64)).abs().alias("apart")
        )  # fmt: skip
        by_lang[str(lang)] = {
            "names": counts.height,
            "times": named.height,
            "largest_difference": int(counts["apart"].max() or 0),  # type: ignore[arg-type]  # a count
            "share_of_difference": round(float(counts["apart"].sum()) / max(1, named.height), 4),
            "invented": of_lang.filter((pl.col("fault") == "invented") & (pl.col("side") == "rejected")).height,
        }
    return by_lang

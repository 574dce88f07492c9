"""Rendered texts with their lineage: records, preferences and items."""

from dataclasses import replace

import polars as pl

from kgtools.corpora.record import MESSAGES, PREFERENCES, RECORDS
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.templates.facts import GraphView
from kgtools.templates.select import Selection
from kgtools.templates.tasks.records import unlinked_group, with_words
from kgtools.templates.workers import Texts
from kgtools.tools.frames import digests
from kgtools.tools.licenses.check import all_of, operand


def make_records(graph: GraphView, task: str, selection: Selection, texts: Texts, other: Texts | None) -> pl.DataFrame:
    """The records, preferences or items of a task's selection, from the texts of its questions and answers (`other`: of preferences
    those with the wrong answer, of statements those with the true one); with `key`, their place in the shuffle."""
    if task == "preference" and other is not None:
        return _preferences(graph, selection, texts, other)
    return _records(graph, selection, texts) if task == "qa" else _items(graph, task, selection, texts, other)


def _records(graph: GraphView, selection: Selection, texts: Texts) -> pl.DataFrame:
    joiner = "、" if selection.template.lang == "zh" else ", "
    groups = _with_columns(graph, selection, user=texts[0], assistant=texts[1])
    return groups.with_columns(
        _hashed(groups, "user", "assistant").alias("id"),
        pl.lit("qa").alias("task"),
        _messages(user="user", assistant="assistant").alias("messages"),
        pl.col("tails").list.join(joiner).alias("answer"),
        pl.struct(pl.col("id").alias("head")).struct.json_encode().alias("meta"),
    ).select("key", *RECORDS.columns)


def _preferences(graph: GraphView, selection: Selection, texts: Texts, worse: Texts) -> pl.DataFrame:
    groups = _with_columns(graph, selection, user=texts[0], assistant=texts[1], worse=worse[1])
    about = pl.struct(pl.col("id").alias("head"), "fault", "wrong", "unsaid")
    return groups.with_columns(
        _hashed(groups, "user", "assistant", "worse").alias("id"),
        pl.lit("preference").alias("task"),
        _messages(user="user").alias("prompt"),
        _messages(assistant="assistant").alias("chosen"),
        _messages(assistant="worse").alias("rejected"),
        about.struct.json_encode().alias("meta"),
    ).select("key", *PREFERENCES.columns)


def _items(
    graph: GraphView, task: str, selection: Selection, texts: Texts, truths: Texts | None = None
) -> pl.DataFrame:
    worded = with_words(task, selection, texts, truths[1] if truths else [""] * selection.groups.height)
    groups = _with_columns(graph, replace(selection, groups=worded))
    info = selection.template.info
    if task in ("abstain", "cypher"):
        alone = unlinked_group(groups, info.attribute or info.relations[0])
        groups = groups.with_columns(
            pl.when(pl.col("facts").list.len() == 0).then(alone).otherwise("group").alias("group")
        )
    return groups.with_columns(
        _hashed(groups.with_columns(pl.lit(task).alias("task")), "task", "user", "assistant").alias("id"),
        pl.lit(task).alias("task"),
        _messages(user="user", assistant="assistant").alias("messages"),
    ).select("key", *RECORDS.columns)


def _with_columns(graph: GraphView, selection: Selection, **texts: list[str]) -> pl.DataFrame:
    """The groups with the columns that records and preferences have alike, and with these texts. `id` is still the head's."""
    template, masks = selection.template, selection.groups["mask"].unique()
    sources = {mask: " + ".join(_names_of_mask(graph, mask, 0)) for mask in masks}
    return selection.groups.with_columns(
        pl.lit(template.lang).alias("lang"),
        pl.col("fact_ids").alias("facts"),
        pl.lit("").alias("group"),
        pl.col("mask").replace_strict(sources, return_dtype=pl.String).alias("source"),
        pl.concat_str(pl.lit(f"{template.id}#"), pl.col("variant") + 1).alias("template"),
        _licenses(graph, selection).alias("license"),
        pl.lit(None, pl.String).alias("split"),
        *(pl.Series(name, column, dtype=pl.String) for name, column in texts.items()),
    )


def _licenses(graph: GraphView, selection: Selection) -> pl.Series:
    """The licence of each group: of its sources, of its template, and of other words in it."""
    groups = selection.groups
    more = groups["words"].list.join("\n") if "words" in groups.columns else pl.repeat("", groups.height, eager=True)
    keys = groups.select("mask", more.alias("more"))
    rows = []
    for mask, words in keys.unique().sort("mask", "more").iter_rows():
        parts = {
            *_names_of_mask(graph, mask, 1),
            operand(selection.template.license),
            *map(operand, words.split("\n") if words else ()),
        }
        rows.append((mask, words, all_of(sorted(parts))))
    known = pl.DataFrame(rows, schema={"mask": pl.Int64, "more": pl.String, "license": pl.String}, orient="row")
    return keys.join(known, on=["mask", "more"], how="left", maintain_order="left")["license"]


def _hashed(groups: pl.DataFrame, *texts: str) -> pl.Series:
    return digests(groups.select(pl.concat_str("template", "id", *texts, separator=SEPARATOR)).to_series())


def _messages(**texts: str) -> pl.Expr:
    """A message of each role, from the column named."""
    messages = [pl.struct(pl.lit(role).alias("role"), pl.col(text).alias("content")) for role, text in texts.items()]
    return pl.concat_arr(*messages).arr.to_list().cast(MESSAGES)


def _names_of_mask(graph: GraphView, mask: int, part: int) -> list[str]:
    """The names (part 0) or licences (part 1) of the sources and tables of a mask."""
    return list(dict.fromkeys(both[part] for bit, both in sorted(graph.licenses.items()) if mask & bit))

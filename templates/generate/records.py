"""Rendered texts with their lineage: records, preferences and items."""

from dataclasses import replace
from itertools import cycle, islice

import orjson
import polars as pl

from kgtools.corpora.record import MESSAGES, PREFERENCES, RECORDS
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.templates.facts import GraphView
from kgtools.templates.generate.groups import FactGroups
from kgtools.templates.generate.permute import LICENSE, MARK
from kgtools.templates.generate.workers import Texts
from kgtools.templates.holdout.mark import COLUMN, is_loose, kinds
from kgtools.templates.select import Selection
from kgtools.templates.tasks.records import unlinked_group, with_words
from kgtools.tools.frames import digests
from kgtools.tools.licenses.check import all_of, operand


def make_records(
    graph: GraphView, ties: FactGroups, task: str, selection: Selection, texts: Texts, other: Texts | None,
    permuted: bool = False,
) -> pl.DataFrame:  # fmt: skip
    """The records, preferences or items of a task's selection, from the texts of its questions and answers (`other`: of preferences
    those with the wrong answer, of statements those with the true one); with `key`, their place in the shuffle. `ties`: the
    groups of facts; `permuted`: they are of a control set, and are marked so."""
    if task == "preference" and other is not None:
        records = _preferences(graph, selection, texts, other)
    elif task == "qa":
        records = _records(graph, selection, texts)
    else:
        records = _items(graph, task, selection, texts, other)
    tied = ties.of(selection.groups["facts"])
    records = records.with_columns(pl.when(pl.col("group") == "").then(tied).otherwise("group").alias("group"))
    return _mark_permuted(records) if permuted else records


def _mark_permuted(records: pl.DataFrame) -> pl.DataFrame:
    """In the meta, and in the licence, which stops whatever lets records leave."""
    return records.with_columns(
        pl.concat_str(pl.col("meta").str.head(-1), pl.lit(f",{MARK}}}")).alias("meta"),
        pl.concat_str("license", pl.lit(f" AND {LICENSE}")).alias("license"),
    )


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
    if task == "dialogue":
        return _dialogues(graph, selection)
    worded = with_words(task, selection, texts, truths[1] if truths else [""] * selection.groups.height)
    groups = _with_columns(graph, replace(selection, groups=worded))
    if task in ("abstain", "cypher"):
        alone = unlinked_group(groups, selection.template.info.topic, "abstain")
        groups = groups.with_columns(
            pl.when((pl.col("facts").list.len() == 0) & (pl.col("group") == ""))
            .then(alone)
            .otherwise("group")
            .alias("group")
        )
    return groups.with_columns(
        _hashed(groups.with_columns(pl.lit(task).alias("task")), "task", "user", "assistant").alias("id"),
        pl.lit(task).alias("task"),
        _messages(user="user", assistant="assistant").alias("messages"),
    ).select("key", *RECORDS.columns)


def _dialogues(graph: GraphView, selection: Selection) -> pl.DataFrame:
    groups = _with_columns(graph, selection)
    said = pl.col("messages").list.join("\n").alias("said")
    about = pl.concat_str(
        pl.lit('{"head":'), pl.Series(map(_json, groups["id"])), pl.lit(","), pl.col("meta").str.slice(1)
    )
    roles = pl.Series([list(islice(cycle(("user", "assistant")), len(each))) for each in groups["messages"]])
    messages = groups.select("key", role=roles, content="messages").explode("role", "content")
    rows = messages.group_by("key", maintain_order=True).agg(pl.struct("role", "content").alias("messages"))
    return groups.with_columns(
        _hashed(groups.with_columns(said, task=pl.lit("dialogue")), "task", "said").alias("id"),
        pl.lit("dialogue").alias("task"),
        pl.lit(None, pl.String).alias("answer"),
        about.alias("meta"),
        rows["messages"],
    ).select("key", *RECORDS.columns)


def _json(text: str) -> str:
    return orjson.dumps(text).decode()


def _with_columns(graph: GraphView, selection: Selection, **texts: list[str]) -> pl.DataFrame:
    """The groups with the columns that records and preferences have alike, and with these texts. `id` is still the head's."""
    template, masks = selection.template, selection.groups["mask"].unique()
    is_held = COLUMN in selection.groups.columns
    sources = {mask: " + ".join(_names_of_mask(graph, mask, 0)) for mask in masks}
    return selection.groups.with_columns(
        pl.lit(template.lang).alias("lang"),
        _ids(graph, selection.groups["facts"]),
        _own_group(selection).alias("group"),
        (kinds(pl.col(COLUMN)) if is_held else pl.lit(None, pl.String)).alias("hold_out"),
        pl.when(pl.col(COLUMN) > 0).then(pl.lit("test")).alias("split")
        if is_held
        else pl.lit(None, pl.String).alias("split"),
        pl.col("mask").replace_strict(sources, return_dtype=pl.String).alias("source"),
        pl.concat_str(pl.lit(f"{template.id}#"), pl.col("variant") + 1).alias("template"),
        _licenses(graph, selection).alias("license"),
        *(pl.Series(name, column, dtype=pl.String) for name, column in texts.items()),
    )


def _ids(graph: GraphView, facts: pl.Series) -> pl.Series:
    """The ids of the facts of each record, from their places."""
    rows = pl.DataFrame({"facts": facts}).with_row_index("at")
    each = rows.explode("facts").drop_nulls()
    ids = each.select("at", graph.facts["id"].gather(each["facts"]).alias("facts"))
    listed = ids.group_by("at", maintain_order=True).agg("facts")
    none = pl.lit([], pl.List(pl.String))
    return rows.select("at").join(listed, on="at", how="left", maintain_order="left")["facts"].fill_null(none)


def _own_group(selection: Selection) -> pl.Expr:
    """Of records that are held out by wording or length alone a group of their question; of others what their facts say."""
    if COLUMN not in selection.groups.columns:
        return pl.lit("")
    own = unlinked_group(selection.groups, selection.template.info.topic, "held out")
    return pl.when(is_loose()).then(own).otherwise(pl.lit(""))


def _licenses(graph: GraphView, selection: Selection) -> pl.Series:
    """The licence of each group: of its sources, of its template, and of other words in it."""
    groups = selection.groups
    if "words" not in groups.columns:
        of_mask = {mask: _license(graph, selection, mask, "") for mask in groups["mask"].unique()}
        return groups["mask"].replace_strict(of_mask, return_dtype=pl.String)
    keys = groups.select("mask", pl.col("words").list.join("\n").alias("more"))
    rows = [(mask, more, _license(graph, selection, mask, more)) for mask, more in keys.unique().iter_rows()]
    known = pl.DataFrame(rows, schema={"mask": pl.Int64, "more": pl.String, "license": pl.String}, orient="row")
    return keys.join(known, on=["mask", "more"], how="left", maintain_order="left")["license"]


def _license(graph: GraphView, selection: Selection, mask: int, words: str) -> str:
    """That of these sources, of the template and of other words, a licence a line."""
    others = map(operand, words.split("\n") if words else ())
    return all_of(sorted({*_names_of_mask(graph, mask, 1), operand(selection.template.license), *others}))


def _hashed(groups: pl.DataFrame, *texts: str) -> pl.Series:
    return digests(groups.select(pl.concat_str("template", "id", *texts, separator=SEPARATOR)).to_series())


def _messages(**texts: str) -> pl.Expr:
    """A message of each role, from the column named."""
    messages = [pl.struct(pl.lit(role).alias("role"), pl.col(text).alias("content")) for role, text in texts.items()]
    return pl.concat_arr(*messages).arr.to_list().cast(MESSAGES)


def _names_of_mask(graph: GraphView, mask: int, part: int) -> list[str]:
    """The names (part 0) or licences (part 1) of the sources and tables of a mask."""
    return list(dict.fromkeys(both[part] for bit, both in sorted(graph.licenses.items()) if mask & bit))

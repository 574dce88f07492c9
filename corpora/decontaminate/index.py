"""The index of evaluation sets: numbers made of their questions, options and answers, to be saved and passed on without a text.

The file is Parquet with the columns of ITEMS, a row an item; the key `kgtools.index` of its metadata holds its version and the
SHA-256 of its items as JSON: Parquet as polars writes it has no checksums, and a number that was changed finds nothing, without
a word. Numbers have no salt: it would have to travel with the index, so it would keep nobody from guessing. So no text can be
read out of an index, but whoever has a text, or guesses it, can see whether it is in there."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from kgtools.corpora.decontaminate.grams import (
    CUT,
    LONG,
    SHORT,
    SKETCH,
    grams,
    hashed,
    is_han,
    lists,
    runs_at,
    sizes_of,
    sketches,
    wholes,
)
from kgtools.corpora.decontaminate.questions import closely, simplify_rows, with_parts
from kgtools.corpora.record_files import batches, file_of, scan
from kgtools.corpora.text.normalize import normal
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, load_table, table_metadata, write_table
from kgtools.tools.inputs.originals import originals
from kgtools.tools.outputs.atomic import replace_file

KEY, VERSION = "kgtools.index", 3
"""Where a Parquet file says that it is an index, and of which layout; another version is refused."""
HASHES, SKETCHES = pl.List(pl.UInt64), pl.List(pl.UInt16)
CHOICES = pl.List(pl.Struct({"run": pl.UInt64, "size": pl.UInt32}))
ITEMS = Schema(
    "evaluation items",
    {
        "evalset": pl.String, "item": pl.String, "stem": pl.UInt64, "letters": pl.UInt32, "han": pl.Boolean,
        "phrase": pl.Boolean, "content": pl.UInt32, "negated": pl.Boolean, "runs": HASHES, "sketch": SKETCHES, "whole": pl.UInt64,
        "anchor": pl.UInt64, "anchor_at": pl.UInt32, "options": HASHES, "weight": pl.UInt32, "options_sketch": SKETCHES,
        "right": HASHES, "choices": CHOICES, "long_letters": pl.UInt32, "long": HASHES,
    },
    required=(
        "evalset", "item", "letters", "han", "phrase", "content", "negated", "runs", "sketch", "options", "weight",
        "options_sketch", "right", "choices", "long_letters", "long",
    ),
)  # fmt: skip
"""What an evaluation asks, a row an item. `evalset`: source and split, `cmmlu/test`. `item`: the id of its record. `stem`: the
number of its question's normal text, null where it is empty; `letters` are those of that text, `han` whether it is Chinese,
`phrase` whether it says nothing without its options, as its `content`, the letters beside PHRASES, are few; `negated` whether
it asks for what is not so. `whole`: the number of the run that the question is; `anchor`: its run of SHORT or LONG letters that
the fewest items of the set share, which begins at `anchor_at`; null where it is shorter or many items have it. `choices`: the
options of some letters that the question does not hold, as runs of their size. `runs`: of SHORT letters in Chinese and LONG
else, but for those that many items of the set share. `options`, `right`: numbers of their texts, sorted; `weight`: the letters
of all options. `sketch`, `options_sketch`: what the content of the question and the options are like. `long`: runs of the
explanation or reply, of `long_letters`, where it is long."""

SHARED, SOME, FEW = 0.05, 10, 3
"""A run in more than this part of a set's questions, and in more than SOME of them, is a phrase of the set and says nothing of
one item; so is a run in two long answers that differ, and a whole question that more than FEW items have."""
LONG_FROM = {True: 50, False: 150}
"""Letters from which on an answer is long, in Chinese and else."""
CONTENT = {True: 4, False: 12}
"""Letters that a question must have beside PHRASES."""
PHRASES = (
    r"下[列述]|以下|上述|关于|有关|对于|属于|包括|哪[一个些项种类位者]*|何者|什么|叙述|说法|描述|表述|陈述|选项|题目|正确|错误|"
    r"恰当|合理|最(?:可能|合适|适宜|好)?|诊断|请选择|答案|[不的是了为有应该中项者]|\b(?:which|what|one|all|none|any|of|the|a|an|"
    r"following|is|are|was|not|true|false|correct|incorrect|wrong|right|except|about|regarding|concerning|statements?|"
    r"among|these|this|most|least|likely|best|in|with|to|for|be|answer|question|select|choose)\b"
)
"""What questions of exams are made of, beside what they ask about."""


ONE = {True: 2, False: 5}
"""Letters from which on an option, in Chinese or else, is known wherever it stands."""
NEGATED = r"不|除|例外|错误|有误|\b(?:not|except|incorrect|false|least|contraindicated)\b"


def index_of(rows: pl.LazyFrame, splits: Sequence[str] = ()) -> pl.DataFrame:
    """The items of records or preferences as ITEMS; of these `splits`, or of all but train. The same item twice is one."""
    wanted = pl.col("split").is_in(list(splits)) if splits else pl.col("split").fill_null("") != "train"
    parts = [ITEMS.frame().with_columns(text=pl.lit("")), *(_items(batch.filter(wanted)) for batch in batches(rows))]
    items = pl.concat(parts).unique(["evalset", "item"], keep="first").sort("evalset", "item")
    return _drop_shared(_add_anchors(items))


def set_name() -> pl.Expr:
    """The name of the evaluation set that a record belongs to."""
    split = pl.col("split").fill_null("")
    return pl.when(split == "").then("source").otherwise(pl.concat_str("source", pl.lit("/"), split))


def evalset_of() -> pl.Expr:
    """The evaluation set that a record is of, with which it is not compared; null for one to train on, or without a split."""
    return pl.when(pl.col("split").fill_null("train") != "train").then(set_name())


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    """ITEMS without anchors, and `text`, the normal question."""
    parts = with_parts(simplify_rows(rows))
    stem = parts.select(normal(pl.col("question"))).to_series()
    long = parts.select(normal(pl.col("long"))).to_series()
    least = pl.when(is_han(long)).then(LONG_FROM[True]).otherwise(LONG_FROM[False])
    long = pl.select(pl.when(long.str.len_chars() >= least).then(long).otherwise(pl.lit(""))).to_series()
    han = is_han(stem)
    content = content_of(parts)
    items = rows.select(set_name().alias("evalset"), pl.col("id").alias("item")).with_columns(
        stem=hashed(stem), letters=stem.str.len_chars(), han=han, phrase=says_little(content, han),
        content=content.str.len_chars(), negated=is_negated(parts), runs=grams(stem, han), sketch=sketches(content, han), whole=wholes(stem),
        anchor=pl.lit(None, pl.UInt64), anchor_at=pl.lit(None, pl.UInt32), **options_of(parts),
        choices=_choices(parts, stem), long_letters=long.str.len_chars(),
        long=grams(long, pl.repeat(False, len(long), eager=True)),
    )  # fmt: skip
    asked = items.filter(pl.col("stem").is_not_null() | (pl.col("long_letters") > 0))
    text = stem.filter(items["stem"].is_not_null() | (items["long_letters"] > 0))
    return ITEMS.check(asked, "the index").with_columns(text=text)


def content_of(parts: pl.DataFrame) -> pl.Series:
    """The normal text of the questions without PHRASES."""
    return parts.select(normal(pl.col("question").str.to_lowercase().str.replace_all(PHRASES, ""))).to_series()


def is_negated(parts: pl.DataFrame) -> pl.Series:
    """Whether the questions ask for what is not so; `不要解释` is no such."""
    question = pl.col("question").str.to_lowercase().str.replace_all("不[要需用必得]", "")
    return parts.select(question.str.contains(NEGATED)).to_series()


def says_little(content: pl.Series, han: pl.Series) -> pl.Series:
    """Whether a question with this content says nothing without its options."""
    least = pl.when(han).then(CONTENT[True]).otherwise(CONTENT[False])
    return pl.select(content.str.len_chars() < least).to_series()


def _choices(parts: pl.DataFrame, stem: pl.Series) -> pl.Series:
    flat = parts.select("options", stem=stem).with_row_index("text").explode("options")
    flat = flat.with_columns(said=normal(pl.col("options"))).with_columns(size=pl.col("said").str.len_chars())
    least = pl.when(is_han(flat["said"])).then(ONE[True]).otherwise(ONE[False])
    flat = flat.filter((pl.col("size") >= least) & ~pl.col("stem").str.contains(pl.col("said"), literal=True))
    told = flat.select("text", "size", run=wholes(flat["said"])).unique().sort("text", "run")
    return lists(told.select("text", run=pl.struct("run", "size")), parts.height)


def _add_anchors(items: pl.DataFrame) -> pl.DataFrame:
    """The items with the rarest run of their `text` as their anchor, of such the first; without `text`."""
    numbered = items.with_row_index("row")
    runs = runs_at(items["text"], sizes_of(items["han"])).rename({"text": "row"})
    runs = runs.join(numbered.select("row", "evalset"), on="row")
    often = runs.group_by("evalset", "run").agg(often=pl.col("row").n_unique())
    runs = runs.join(often, on=["evalset", "run"]).sort("row", "often", "at")
    first = runs.unique("row", keep="first").select("row", anchor="run", anchor_at="at")
    chosen = numbered.drop("anchor", "anchor_at", "text").join(first, on="row", how="left").sort("row")
    return chosen.select(list(ITEMS.columns))


def options_of(parts: pl.DataFrame) -> dict[str, pl.Series]:
    """`options` and `right` as sorted lists of numbers without repeats, `weight` and `options_sketch`, of what `with_parts` gives."""
    joined = parts.select(normal(pl.col("options").list.join("\n"))).to_series()
    columns = {"options_sketch": sketches(joined, is_han(joined)), "weight": joined.str.len_chars()}
    rows = parts.with_row_index("text")
    for name in ("options", "right"):
        flat = rows.select("text", said=name).explode("said").with_columns(closely(pl.col("said")))
        numbers = flat.select("text", hashed(flat["said"]).alias("run")).drop_nulls("run")
        columns[name] = lists(numbers.unique().sort("text", "run"), parts.height)
    return columns


def _drop_shared(items: pl.DataFrame) -> pl.DataFrame:
    """The items without the runs, and with the questions as phrases, that many of their set share."""
    same = pl.col("stem").is_not_null() & (pl.len().over("evalset", "stem") > FEW)
    rare = {name: pl.when(~same).then(name) for name in ("anchor", "anchor_at")}
    numbered = items.with_row_index("text").with_columns(phrase=pl.col("phrase") | same, **rare)
    sizes = items.group_by("evalset").len("items")
    for name, most in (("runs", pl.max_horizontal(pl.col("items") * SHARED, SOME)), ("long", pl.lit(1))):
        flat = numbered.select("text", "evalset", whole=pl.col(name).list.sum(), run=pl.col(name)).explode("run")
        flat = flat.drop_nulls("run")
        common = flat.group_by("evalset", "run").agg(held=pl.col("whole").n_unique()).join(sizes, on="evalset")
        common = common.filter(pl.col("held") > most)
        kept = flat.join(common, on=["evalset", "run"], how="anti").sort("text", "run")
        numbered = numbered.with_columns(lists(kept, items.height).alias(name))
    return ITEMS.check(numbered, "the index")


def save_index(items: pl.DataFrame, path: Path) -> None:
    """Write an index. The same items give the same bytes."""
    header = {
        "version": VERSION,
        "runs": [SHORT, LONG],
        "bits": 64 - int(CUT),
        "sketch": SKETCH,
        "sha256": sha256_of(items),
    }
    text = orjson.dumps(header, option=orjson.OPT_SORT_KEYS).decode()
    with replace_file(path, "--save-index") as aside:
        write_table(items, aside, {KEY: text}, level=9)


def sha256_of(items: pl.DataFrame) -> str:
    """The SHA-256 of the items in their order: of their values, not of how a file has packed them."""
    told = hashlib.sha256()
    for name in ITEMS.columns:
        told.update(f"{name}\n".encode())
        _tell(told, items[name])
    return told.hexdigest()


def _tell(sha256: Any, column: pl.Series) -> None:
    """Which values of a column are null, and the others: as little-endian numbers, texts and lists with their lengths first."""
    sha256.update(np.packbits(column.is_null().to_numpy()).tobytes())
    values = column.drop_nulls()
    sha256.update(f"{len(values)} {column.dtype.base_type()}\n".encode())
    if isinstance(column.dtype, pl.List):
        sha256.update(_bytes(values.list.len()))
        _tell(sha256, values.filter(values.list.len() > 0).explode())
    elif isinstance(column.dtype, pl.Struct):
        for field in column.dtype.fields:
            _tell(sha256, values.struct.field(field.name))
    elif column.dtype == pl.String:
        sha256.update(_bytes(values.str.len_bytes()))
        sha256.update("".join(values.to_list()).encode())
    else:
        sha256.update(_bytes(values))


def _bytes(numbers: pl.Series) -> bytes:
    array = numbers.to_numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def load_index(path: Path) -> pl.DataFrame | None:
    """The items of a saved index; None for another Parquet file. Raises InputError for an index of another version, and for one
    whose items are not those that were saved."""
    try:
        text = table_metadata(path).get(KEY)
        if text is None:
            return None
        header = orjson.loads(text)
        version = header.get("version") if isinstance(header, dict) else None
        if version != VERSION:
            raise InputError(
                f"{path}: an index of version {version}, and this kgtools reads version {VERSION}; save it again from its records"
            )
        items = ITEMS.check(load_table(path), str(path))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, orjson.JSONDecodeError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{path}: not a Parquet file of records or of an index: {why}") from error
    if sha256_of(items) != header.get("sha256"):
        raise InputError(
            f"{path}: is damaged: its items are not those that were saved (SHA-256); copy it again, or save it again from its records"
        )
    return items


def open_evalset(source: Path, splits: Sequence[str] = ()) -> pl.DataFrame:
    """The items of an evaluation set, a folder or file of records or a saved index. Raises UsageError for an empty one."""
    with originals() as given:
        file = given.take(file_of(given.take(source)))
        saved = load_index(file)
        items = index_of(scan(file)[0], splits) if saved is None else saved
    if not items.height:
        which = f"of the splits {', '.join(splits)}" if splits else "but for training; --split train takes these"
        raise UsageError(f"--against {source}: holds no evaluation items {which}")
    return items

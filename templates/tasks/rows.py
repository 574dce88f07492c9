"""A row a record that a task makes: which question it is made of, what it says of whom, and how an answer is graded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.verify.item import KEY, Item
from kgtools.kg.build.english_names import OUR_LICENSE
from kgtools.templates.select import CODES, Selection
from kgtools.tools.frames import shuffle_keys

BLANK = "____"
AT_ONCE = 1 << 11
"""Rows that are Python's at a time: there they take several times as much room."""
LIST = pl.List(pl.String)
COLUMNS: dict[str, Any] = {
    "place": pl.UInt32, "said": pl.String, "tails": LIST, "truth": LIST, "facts": pl.List(pl.UInt32), "mask": pl.Int64,
    "answer": pl.String, "options": LIST, "right": LIST, "is_true": pl.Boolean, "meta": pl.String,
    "before": pl.String, "hidden": LIST, "salt": pl.UInt64, "words": LIST, "messages": LIST, "compared": LIST,
    "form": pl.String, "is_worded_as_held": pl.Boolean,
}  # fmt: skip
"""`said`: what stands where the head's name stands (null: that name); `tails`: what the template's sentence says of it; `truth`:
what is true of it; `options`, `right`: lines such as `B. 多尿`; `before`: what stands before the question; `hidden`: what is not named
in it; `salt`: what tells apart records of one question; `words`: licences of words in it that are not its template's; `messages`: of
a consultation what is said, by the user and the assistant in turn; `compared`: of comparisons, how what is asked about is called
(`comparisons.COMPARED`); `form`: as what it is asked, where that cannot be seen; `is_worded_as_held`: whether something but its question
is said in words that are held out."""


@dataclass(frozen=True)
class Row:
    """What a task makes of the question at `place` of a selection. Columns as in COLUMNS."""

    place: int
    item: Item | None
    answer: str
    facts: list[int]
    mask: int
    tails: list[str]
    truth: list[str] = field(default_factory=list)
    said: str | None = None
    options: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    is_true: bool | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    hidden: list[str] = field(default_factory=list)
    salt: int = 0
    words: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    form: str = ""
    is_worded_as_held: bool = False

    @property
    def columns(self) -> tuple[Any, ...]:
        item = {} if self.item is None else {KEY: self.item.to_dict()}
        meta = orjson.dumps({**self.meta, **item}).decode()
        return (
            self.place, self.said, self.tails, self.truth, self.facts, self.mask, self.answer, self.options, self.right,
            self.is_true, meta, self.before, self.hidden, self.salt,
            [OUR_LICENSE, *self.words], self.messages, self.compared, self.form,
            self.is_worded_as_held,
        )  # fmt: skip


def with_rows(selection: Selection, rows: Iterable[Row], salt: int) -> Selection:
    """The selection with a row for each of these in place of its questions; `key` mixed with the salt. Facts of questions of which
    none was made are `not-asked`."""
    waiting, parts = iter(rows), [pl.DataFrame(schema=COLUMNS)]
    while some := [row.columns for row in islice(waiting, AT_ONCE)]:
        parts.append(pl.DataFrame(some, schema=COLUMNS, orient="row"))
    made = pl.concat(parts)
    groups = selection.groups[made["place"].to_list()].drop("tails", "facts", "mask").hstack(made.drop("place"))
    groups = (
        groups.with_columns(
            shuffle_keys(pl.col("key") ^ pl.col("salt"), salt).alias("key"),
            pl.coalesce("said", "name").alias("name"),
            pl.lit(False).alias("partial"),
        )
        .drop("said", "salt")
        .sort("variant", maintain_order=True)
    )  # as texts are rendered
    every = selection.groups.select(pl.col("facts").explode().alias("fact")).drop_nulls().unique()
    used = groups.select(pl.col("facts").explode().alias("fact")).drop_nulls().unique()
    lost = every.join(used, on="fact", how="anti").sort("fact")
    left_out = lost.select("fact", pl.lit(CODES["not-asked"], pl.UInt8).alias("code"))
    return Selection(selection.template, groups, pl.concat([selection.left_out, left_out]))

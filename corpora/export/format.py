"""What an exporter gives: how records become rows of files, and which records a format cannot hold."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from kgtools.corpora.record import ROLES
from kgtools.tools import registry
from kgtools.tools.inputs.files import digest

ROLE, CONTENT = pl.element().struct.field("role"), pl.element().struct.field("content")
ALONE = "default"
"""The stem of files where all rows are in one set."""
LINEAGE = ("id", "task", "lang", "source", "license")
"""What every row keeps of its record beside its texts, where the format has room for it."""
DIALOGUE = r"^(system,)?user,assistant(,user,assistant)*$"
SINGLE = r"^(system,)?user,assistant$"
LONGEST_STEM = 150
"""Bytes of a stem: a file's name has 255, and more comes behind."""


@dataclass(frozen=True)
class Part:
    """Rows with files of their own: `key` is what they share, `stem` the name of their files, `number` counts from 1."""

    number: int
    key: tuple[str, ...]
    stem: str


@dataclass(frozen=True)
class Shard:
    """A file that was written."""

    name: str
    stem: str
    split: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Format:
    """One way to write records. `noun` below is `records` or `preferences`.

    `prepare`: adds columns to a batch, for the others to use. `faults(noun)`: reason -> the rows that have it; the first
    counts. `columns(noun)`: the columns of a row that has none. `lines`: rows as JSON lines. `endings`: of its files, the
    first being the default. `llama_factory(noun)`: its description in LLaMA-Factory's `dataset_info.json`, without files.

    `part`: columns whose values have files of their own; `stem` names those. `head`: what every file begins with, as a CSV with its
    columns. `around`: what stands before and after the rows of a file that is one JSON document, where the list `rows_in` holds the
    rows; from its part, split, and the sources of its rows, each with its licence. `more`: further files, from name, parts, shards."""

    title: str
    faults: Callable[[str], dict[str, pl.Expr]]
    columns: Callable[[str], dict[str, pl.Expr]]
    endings: tuple[str, ...] = ("jsonl", "jsonl.zst", "parquet")
    prepare: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
    lines: Callable[[pl.DataFrame], bytes] = lambda rows: rows.write_ndjson().encode()
    llama_factory: Callable[[str], dict[str, Any]] | None = None
    part: tuple[str, ...] = ()
    stem: Callable[[int, tuple[str, ...]], str] | None = None
    around: Callable[[Part, str, list[tuple[str, str]]], tuple[bytes, bytes]] | None = None
    rows_in: str | None = None
    head: bytes = b""
    more: Callable[[str, Sequence[Part], Sequence[Shard]], dict[str, bytes]] | None = None


def find(name: str) -> Format:
    """The format of this name. Raises UsageError with the nearest names."""
    return cast(Format, registry.find("formats", name, Format))


def stem_of(*words: str) -> str:
    """The words with `_` between; whatever a file or task name should not hold is a `-`, and what is too long ends in a hash of
    all of it."""
    stem = "_".join(re.sub(r"[^\w-]+", "-", word).strip("-") or "none" for word in words)
    if len(stem.encode()) <= LONGEST_STEM:
        return stem
    return f"{stem.encode()[: LONGEST_STEM - 21].decode('utf-8', 'ignore')}-{digest(stem)}"


def lineage() -> dict[str, pl.Expr]:
    """The columns of LINEAGE."""
    return {name: pl.col(name) for name in LINEAGE}


def roles(messages: str = "messages") -> pl.Expr:
    """The roles in their order, `system,user,assistant`."""
    return pl.col(messages).list.eval(ROLE).list.join(",")


def without_system(messages: str = "messages") -> pl.Expr:
    """The messages that are not the system's."""
    return pl.col(messages).list.filter(ROLE != "system")


def system(messages: str = "messages") -> pl.Expr:
    """What the system says, empty where it says nothing."""
    return pl.col(messages).list.filter(ROLE == "system").list.eval(CONTENT).list.join("\n")


def last(messages: pl.Expr) -> pl.Expr:
    """The text of the last message."""
    return messages.list.last().struct.field("content")


def dialogue_faults(messages: str = "messages", wanted: str = DIALOGUE) -> dict[str, pl.Expr]:
    """Messages that are no turns of user and assistant, a system's message first or none; `wanted` as TALK or SINGLE."""
    faults = {"not-in-turns": ~roles(messages).str.contains(DIALOGUE)}
    return faults if wanted == DIALOGUE else faults | {"several-turns": ~roles(messages).str.contains(wanted)}


def only(noun: str, wanted: str) -> dict[str, pl.Expr]:
    """The fault of every row where the table is of the other kind."""
    reason = "is-a-preference" if wanted == "records" else "is-no-preference"
    return {} if noun == wanted else {reason: pl.lit(True)}


def rename_roles(messages: pl.Expr, role: str, content: str, names: Sequence[str]) -> pl.Expr:
    """The messages with other names for `role` and `content`, and for the roles of ROLES in their order."""
    word = ROLE.replace_strict(dict(zip(ROLES, names, strict=True)), default=ROLE)
    return messages.list.eval(pl.struct(word.alias(role), CONTENT.alias(content)))

"""What a reader gives: the examples of a corpus, with where each stands; and what it could not read."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import polars as pl

from kgtools.corpora.files.file import File
from kgtools.corpora.files.keys import Keys
from kgtools.corpora.files.paths import files_of
from kgtools.corpora.files.place import Place
from kgtools.corpora.text.escapes import ESCAPES, all_without_escapes
from kgtools.tools.config import Settings
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import sha256
from kgtools.tools.inputs.originals import Originals

REJECTS = Schema(
    "rejects",
    {"file": pl.String, "line": pl.UInt32, "row": pl.UInt32, "reason": pl.String, "detail": pl.String},
    required=("file", "line", "row", "reason"),
)
"""A row for each row of a file that was refused. `line`, `row`: from 1; 0 is the file as a whole. `reason`: a word for
counting. `detail`: what more there is to say; never the text of the row, which may be a patient's."""

Rejects = Annotated[pl.DataFrame, REJECTS]


class Turn(NamedTuple):
    """One message: `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Example:
    """One training example as a reader gives it.

    `key`: what all rows of one patient, dialogue or page share, in this corpus; empty: the example stands alone.
    `answer`: what grading compares with. `split`: as the corpus publishes it. `meta`: anything else worth keeping (JSON).
    `source`, `license`: only where a file holds several; else those of the reader."""

    place: Place
    messages: Sequence[Turn]
    task: str
    lang: str
    answer: str | None = None
    key: str = ""
    split: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """A better and a worse answer to the same messages, of which the last is the user's; the rest as in Example."""

    place: Place
    prompt: Sequence[Turn]
    chosen: str
    rejected: str
    lang: str
    key: str = ""
    split: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


class NoSettings(Settings):
    """A reader that has nothing to choose."""


@dataclass
class Corpus:
    """The files that a reader was given, and where it says what it could not use.

    `refuse(place, reason, detail)`: a row that becomes no example. `count(what, n)`: something that was changed in rows that
    do (turns merged, form lines taken out); both are printed and stand in `run.json`. `seed` is for whatever is drawn. `given`
    holds the files to what they are now. `sheet`: the sheet of workbooks that is read. `keys` knows which keys of rows nobody
    asked for."""

    paths: list[Path]
    seed: int = 0
    strict: bool = False
    given: Originals | None = None
    sheet: str = ""
    keys: Keys = field(default_factory=Keys)
    rejects: list[tuple[str, int, int, str, str]] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        found = files_of(self.paths, self.refuse, self.given.take if self.given else None)
        self.files: list[File] = [replace(file, watch=self.keys.watch, sheet=self.sheet) for file in found]

    def hashes(self) -> dict[str, str]:
        """File -> SHA-256 of what was read of it, a zip file as a whole. Raises InputError where it was changed meanwhile."""
        names = {
            file.path: file.name.removesuffix(f"/{file.member}") if file.member else file.name for file in self.files
        }
        return {name: self.sha256(path) for path, name in names.items()}

    def sha256(self, path: Path) -> str:
        """The same of a file that was taken with the others."""
        return self.given.sha256(path) if self.given else sha256(path)

    def refuse(self, place: Place, reason: str, detail: str = "") -> None:
        """Raises InputError where the run is strict."""
        if self.strict:
            raise InputError(f"{place}: {reason}{': ' + detail if detail else ''}; --strict stops at the first reject")
        self.keys.drop(place)
        self.rejects.append((place.file, place.line, place.row, reason, detail))

    def count(self, what: str, number: int = 1) -> None:
        if number:
            self.changes[what] += number

    def plain(self, value: Any, but: Container[str] = ()) -> Any:
        """A text, or a value of JSON with all its texts, without escapes, which are counted: for a reader that looks into it for
        lines, headings, lists or who speaks. `but`: keys of which the value stays as it is."""
        plain, number = all_without_escapes(value, but)
        self.count(ESCAPES, number)
        return plain


@dataclass(frozen=True)
class FilePreview:
    """The beginning of a file, for telling whose it is.

    `layout`: json-lines, json-array, json-object, csv, workbook, parquet or text. `rows`: its first objects or rows (of a json-object:
    the object itself). `columns`: the header of a csv or workbook, or the keys of the first object. `text`: its first 100 lines, or
    what a megabyte holds of them."""

    name: str
    layout: str
    columns: tuple[str, ...]
    rows: tuple[Any, ...]
    text: str

    @property
    def is_table(self) -> bool:
        """Whether its rows are texts by column, or can be read so."""
        return self.layout in ("csv", "workbook", "parquet")

    @property
    def holds_objects(self) -> bool:
        """Whether its rows are objects, or can be read so."""
        return self.layout.startswith("json") or self.layout in ("workbook", "parquet")

    def has(self, *columns: str) -> bool:
        """Whether all of these are columns."""
        return set(columns) <= set(self.columns)

    def first(self, column: str) -> Any:
        """What the first row has under this column."""
        row = next((row for row in self.rows if isinstance(row, dict)), {})
        return row.get(column)


class Categories(NamedTuple):
    """Whence the `category` in the meta of a corpus' records. `label`: the key of the meta with what the file itself says.

    `words`: regular expressions with their category; the first that occurs counts, and a label with none is its own category.
    Without words, every label is. `unless`: what of a label makes a word for an organ say nothing of a department."""

    label: str
    words: tuple[tuple[str, str], ...] = ()
    unless: str = ""


class PublishedFile(NamedTuple):
    """A kind of file that a corpus publishes. `columns`: those that every row has; `more`: others that it may have; `lang`: what
    stands under the columns `text` is written in, where that tells a look-alike. `names`: what the file is called, without its
    suffix; `keys`: by what its rows stand, where it is one object; `values`: a column and what is in it, both as patterns."""

    columns: tuple[str, ...]
    more: tuple[str, ...] = ()
    lang: str = ""
    text: tuple[str, ...] = ()
    names: str = ""
    keys: str = ""
    values: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Reader:
    """How to read one corpus. `license`: an SPDX id or "unknown", with what its publisher says in `license_note`.

    `read` gives examples (or pairs) in the order of the files. `fits` says why a file looks like this corpus, or None.
    `settings`: what `--set key=value` may say. `files` says what to name, in words. `private`: it holds people's records or
    talks, so that it is de-identified before it is mixed. `categories`: where its records have some. `general`: its layout is
    that of many corpora, so that a reader of just one goes before it where both fit. `together`: its files tell something only
    together. `published`: what the corpus' own files look like; others are not given its licence."""

    title: str
    license: str
    license_note: str
    files: str
    read: Callable[[Corpus, Any], Iterator[Example | Pair]]
    fits: Callable[[FilePreview], str | None]
    settings: type[Settings] = NoSettings
    private: bool = False
    url: str = ""
    categories: Categories | None = None
    general: bool = False
    together: bool = False
    published: tuple[PublishedFile, ...] = ()

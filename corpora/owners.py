"""Whether files are a corpus' own, or only look like them: those have another licence, and nobody knows which."""

import re
from contextlib import suppress
from itertools import islice
from pathlib import PurePath
from typing import Any, NamedTuple

from kgtools.corpora.files.file import File
from kgtools.corpora.files.keys import says_nothing
from kgtools.corpora.files.paths import stem
from kgtools.corpora.reader import Corpus, FilePreview, PublishedFile, Reader
from kgtools.corpora.text.normalize import lang_of
from kgtools.tools.errors import KgtoolsError

ROWS = 20
"""Rows that are looked at: a corpus' own file shows it in the first few."""


class FileStart(NamedTuple):
    """What tells whose a file is: its name without suffix, its first rows, and where it is one object the keys in that."""

    name: str
    rows: list[dict[str, Any]]
    keys: tuple[str, ...] = ()


def stranger(reader: Reader, corpus: Corpus) -> str:
    """The first file that is not the corpus' own: it has other names, columns or keys, or is in another language; or nothing."""
    keyed = any(published.keys for published in reader.published)
    return next((file.name for file in corpus.files if not is_published(reader, _beginning(file, keyed))), "")


def beginning_of(preview: FilePreview, rows: list[dict[str, Any]]) -> FileStart:
    """The same of a first look, which does not look into an object."""
    return FileStart(PurePath(preview.name).name.partition(".")[0], rows)


def is_published(reader: Reader, start: FileStart) -> bool:
    """Whether a file is called and looks as the corpus has it; where there are no rows, these speak for no other."""
    return any(_is(start, published) for published in reader.published) or not (start.rows or start.keys)


def _beginning(file: File, keyed: bool) -> FileStart:
    """The first rows of a file; of an object of rows, those in it. `keyed`: all keys of the object count."""
    quiet, name = file.quiet(), stem(file)
    with suppress(KgtoolsError):
        if not quiet.holds_values():
            return FileStart(name, [row.values for row in islice(quiet.csv(), ROWS)])
        if not quiet.is_table() and quiet.layout() == "object":
            items = quiet.items()
            inner = [(key, value) for _, key, value in islice(items, ROWS)]
            if all(isinstance(value, dict) for _, value in inner):
                keys = dict.fromkeys(key for key, _ in inner) | (
                    dict.fromkeys(key for _, key, _ in items) if keyed else {}
                )
                return FileStart(name, [value for _, value in inner], tuple(keys))
            if keyed and all(isinstance(value, str) for _, value in inner):
                return FileStart(name, [], tuple(key for key, _ in inner))
        rows = [row.values for row in islice(quiet.json(), ROWS)]
        inside = [
            (key, one)
            for row in rows
            for key, value in row.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        if len(rows) == 1 and inside and all(isinstance(one, dict) for _, one in inside):
            return FileStart(name, [one for _, one in inside[:ROWS]], tuple(rows[0]))
        if keyed and len(rows) == 1 and all(isinstance(one, str) for _, one in inside):
            return FileStart(name, [], tuple(rows[0]))
        return FileStart(name, rows)
    return FileStart(name, [])


def _is(start: FileStart, published: PublishedFile) -> bool:
    known = {*published.columns, *published.more}
    foreign = (
        name for row in start.rows for name, value in row.items() if name not in known and not says_nothing(value)
    )
    complete = sum(set(published.columns) <= set(row) for row in start.rows)
    if next(foreign, None) is not None or 2 * complete < len(start.rows):
        return False
    if published.names and not re.fullmatch(published.names, start.name):
        return False
    if published.keys and not all(re.fullmatch(published.keys, key) for key in start.keys):
        return False
    column, pattern = published.values
    if column and not all(re.fullmatch(pattern, str(row.get(column, "")).strip()) for row in start.rows):
        return False
    text = "".join(str(row[name]) for row in start.rows for name in published.text if row.get(name))
    return not published.lang or lang_of(text) == published.lang or sum(map(str.isalpha, text)) < 8

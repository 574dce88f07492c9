"""Rows of several files brought together by a key, on disk: all that a corpus says of one patient."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from kgtools.corpora.files.json_values import loads
from kgtools.corpora.files.keys import Keys
from kgtools.corpora.files.place import Place


class GatheredRow(NamedTuple):
    """A row of a group: its kind (a table, a resource type), where it stands, and what it says."""

    kind: str
    place: Place
    values: dict[str, Any]


class Gather:
    """Takes rows in any order and gives them by key; memory holds one group at a time, a private temporary file the rest.
    `keys`: which of their keys are asked for counts when they are given, not when they are taken; `links`: those by which rows
    are known and brought together."""

    def __init__(self, keys: Keys, *links: str) -> None:
        self._keys, self._links = keys, links

    def __enter__(self) -> Self:
        self._rows = sqlite3.connect("")
        self._rows.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, key, kind, file, line, row, text)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    def put(self, key: str, kind: str, place: Place, values: dict[str, Any]) -> None:
        """Keep a row."""
        self._rows.execute(
            "INSERT INTO rows (key, kind, file, line, row, text) VALUES (?, ?, ?, ?, ?, ?)",
            (key, kind, *place, _bytes(values)),
        )

    def groups(self) -> Iterator[tuple[str, list[GatheredRow]]]:
        """(key, its rows in the order they came), in the order of each key's first row."""
        self._rows.execute("CREATE INDEX IF NOT EXISTS by_key ON rows (key)")
        keys = "SELECT key FROM rows GROUP BY key ORDER BY MIN(n)"
        rows = "SELECT kind, file, line, row, text FROM rows WHERE key = ? ORDER BY n"
        with closing(self._rows.execute(keys)) as found:
            for (key,) in found:
                group = self._rows.execute(rows, (key,))
                self._keys.close()
                yield key, [self._kept(kind, Place(*place), loads(text)) for kind, *place, text in group]

    def _kept(self, kind: str, place: Place, values: dict[str, Any]) -> GatheredRow:
        row = self._keys.also(place, values, f"{kind}.")
        for link in (*self._links, f"{kind.lower()}_id"):
            row.get(link)
        return GatheredRow(kind, place, row)


def _bytes(values: dict[str, Any]) -> str:
    """JSON; half a surrogate pair as its escape, for whoever reads the row to refuse."""
    try:
        return orjson.dumps(values).decode()
    except orjson.JSONEncodeError:
        return json.dumps(values)

"""A key that stands twice in one JSON object: every parser keeps the last value and says nothing of the others."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgtools.tools.errors import InputError

KEY = re.compile(r'"\s*:')
"""The end of a key: `"name" :`."""
NESTED = (dict, list)
"""What keys may be in; a tuple is looked through in half the time of a union."""


class _Twice(dict[str, Any]):
    """An object in which `key` stands twice."""

    key = ""


def find_repeated_key(text: str, value: Any) -> tuple[int, str] | None:
    """A key that stands twice in an object of a JSON text, which was parsed to `value`, and the place of the item that holds it:
    from 1 in a list, 0 where the text is no list."""
    # signs in texts that look like keys only make the first greater
    if len(KEY.findall(text)) == _keys(value):
        return None
    whole = json.loads(text, object_pairs_hook=_object, strict=False)
    items = enumerate(whole, start=1) if isinstance(whole, list) else ((0, whole),)
    return next(((place, key) for place, item in items for key in _find_twice(item)), None)


def refuse_repeated_key(path: Path, row: int, text: str, value: Any) -> None:
    """Raises InputError where a key stands twice in an object of `text`, which was parsed to `value`.

    `row`: its line; of a list the place of the item is told instead."""
    if found := find_repeated_key(text, value):
        place, key = found
        raise InputError(
            f"{path}:{place or row}: the key {key!r} stands twice in one object, and which value is meant nobody can tell;"
            " rename one or take it out"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    names = [key for key, _ in pairs]
    twice.key = next(key for at, key in enumerate(names) if key in names[:at])
    return twice


def _keys(value: Any) -> int:
    """How many keys all objects in a value have."""
    if isinstance(value, dict):
        return len(value) + sum([_keys(item) for item in value.values() if isinstance(item, NESTED)])
    if isinstance(value, list):
        return sum([_keys(item) for item in value if isinstance(item, NESTED)])
    return 0


def _find_twice(value: Any) -> Iterator[str]:
    if isinstance(value, _Twice):
        yield value.key
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _find_twice(item)

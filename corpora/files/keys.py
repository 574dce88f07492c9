"""Which keys of a file's rows their reader asks for, and how many rows have one that nobody reads."""

from collections import Counter
from collections.abc import ItemsView, Iterator, ValuesView
from typing import Any

from kgtools.corpora.files.place import Place

NOTHING = ("", "[]", "{}", "none", "null", "nan", "无")
"""Texts that say as little as null does."""


class WatchedObject(dict[str, Any]):
    """An object of a file that remembers which of its keys were asked for, and so do the objects in it.

    Whoever goes through its items asks for all of them, as a whole; `in` asks for nothing."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self.asked:
            self.asked[key] = watch_value(super().__getitem__(key))
        return self.asked[key]

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def items(self) -> "ItemsView[str, Any]":  # type: ignore[override]  # what dict gives, told narrower
        self.asked = dict(super().items()) | self.asked
        return super().items()

    def values(self) -> "ValuesView[Any]":  # type: ignore[override]  # the same
        self.items()
        return super().values()

    def leave(self, key: str) -> None:
        """A key was looked at, and nothing was taken of it."""
        self.asked.pop(key, None)

    def rest(self) -> dict[str, Any]:
        """What says something and was not asked for."""
        return {key: value for key, value in super().items() if key not in self.asked and not says_nothing(value)}

    def within(self) -> Iterator[tuple[str, "WatchedObject"]]:
        """The objects that stand under the keys asked for, in lists too, each with where it stands (`messages[].`)."""
        for key, value in self.asked.items():
            if isinstance(value, WatchedObject):
                yield f"{key}.", value
            elif isinstance(value, list):
                yield from ((f"{key}[].", one) for one in value if isinstance(one, WatchedObject))


def watch_value(value: Any) -> Any:
    """An object, or a list of objects, that remembers what it was asked for; anything else as it is."""
    if isinstance(value, dict):
        return value if isinstance(value, WatchedObject) else WatchedObject(value)
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [watch_value(one) for one in value]
    return value


def says_nothing(value: Any) -> bool:
    """Whether a value is null or empty, or a text that says as little."""
    return value is None or value in ([], {}) or (isinstance(value, str) and value.strip().lower() in NOTHING)


def unread(values: WatchedObject, path: str = "") -> Iterator[str]:
    """The keys that nobody asked for. An object of which no key was asked for was taken as a whole."""
    yield from (path + key for key in values.rest())
    for inside, one in values.within():
        if one.asked:
            yield from unread(one, path + inside)


class Keys:
    """The rows that a reader works at, and `unread`: key -> rows in which nobody asked for it. Refused rows do not count."""

    def __init__(self) -> None:
        self.unread: Counter[str] = Counter()
        self._rows: list[tuple[Place, str, WatchedObject]] = []

    def watch(self, place: Place, value: Any) -> Any:
        """The next row of a file, with which those before it are done."""
        self.close()
        return self.also(place, value)

    def also(self, place: Place, value: Any, path: str = "") -> Any:
        """One more row, read together with those before it; `path`: what its keys are called by."""
        value = watch_value(value)
        if isinstance(value, WatchedObject):
            self._rows.append((place, path, value))
        return value

    def at(self, place: Place) -> WatchedObject | None:
        """The row of this place, as long as its reader works at it."""
        return next((row for at, _, row in reversed(self._rows) if at == place), None)

    def drop(self, place: Place) -> None:
        """Forget a row that was refused."""
        self._rows = [held for held in self._rows if held[0] != place]

    def close(self) -> None:
        """The rows so far are read; those of which nothing was asked for were none for this reader."""
        for _, path, row in self._rows:
            if row.asked:
                self.unread.update(set(unread(row, path)))
        self._rows = []

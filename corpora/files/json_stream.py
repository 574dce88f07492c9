"""The items of one JSON array or object of any length, a piece of its text in memory at a time."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from kgtools.corpora.files.encodings import BAD_BYTE
from kgtools.corpora.files.json_values import TWICE, is_real, nothing, without_nan
from kgtools.corpora.files.place import LONGEST, Place, Refuse
from kgtools.tools.inputs.files import shallow
from kgtools.tools.inputs.json_keys import find_repeated_key

CHUNK = 1 << 20
"""Characters that are read at a time."""
KEY = 1000
"""Characters that hold a key, its colon and the bracket behind."""
NAME = r'[^"\\\n]*'
"""What a key is made of that needs no escapes."""
SEPARATORS = re.compile(r"[\s,\ufeff\0]*")
"""What may stand between two items: blanks, commas, a BOM, NUL."""
DECODE = json.JSONDecoder(parse_constant=nothing).raw_decode
COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
"""`: ` between a key and its value."""


@dataclass(frozen=True)
class Form:
    """What an array or an object looks like. `begins`: how an item starts, to find the next one behind a broken one."""

    noun: str
    opens: str
    closes: str
    begins: str
    decode: Callable[[str, int], tuple[Any, int]]


def _member(text: str, at: int) -> tuple[tuple[str, Any], int]:
    if text[at] != '"':
        raise json.JSONDecodeError("Expecting a key", text, at)
    key, end = DECODE(text, at)
    colon = COLON.match(text, end)
    if not colon:
        raise json.JSONDecodeError("Expecting ':'", text, end)
    value, end = DECODE(text, colon.end())
    return (key, value), end


ARRAY = Form("array", "[", "]", r"[\[{]", DECODE)
OBJECT = Form("object", "{", "}", r'"[^"\n]*"\s*:\s*[\[{]', _member)


class Window:
    """A part of a text that goes on, and a place in it; `line` is the line of that place, from 1."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.text, self.at, self.line, self.ended = "", 0, 1, False

    def more(self) -> bool:
        """Read on, as much as is there already; whether there was anything."""
        new = self._file.read(max(CHUNK, len(self.text) - self.at))
        self.ended = not new
        self.text, self.at = self.text[self.at :] + new, 0
        return bool(new)

    def go(self, to: int) -> None:
        """On to this place of the text."""
        self.line += self.text.count("\n", self.at, to)
        self.at = to


@dataclass(frozen=True)
class Source:
    """A text that is read, what it is called, and who takes what is refused of it."""

    text: TextIO
    name: str
    refuse: Refuse

    @property
    def encoding(self) -> str:
        """The encoding of the text, in words."""
        return self.text.encoding.removesuffix("-sig")

    def refuse_at(self, line: int, row: int, reason: str, detail: str) -> None:
        """Refuse what begins on this line."""
        self.refuse(Place(self.name, line, row), reason, detail)


def array_items(text: TextIO, name: str, refuse: Refuse) -> Iterator[tuple[Place, Any]]:
    """The items of the array that a text holds, each with the line it begins on. After a broken item it goes on with the next
    one."""
    return _items(Source(text, name, refuse), ARRAY)


def object_items(text: TextIO, name: str, refuse: Refuse) -> Iterator[tuple[Place, tuple[str, Any]]]:
    """The same of an object, whose items are keys with values."""
    return _items(Source(text, name, refuse), OBJECT)


def nested_items(
    text: TextIO, name: str, refuse: Refuse, key: str | None = None
) -> Iterator[tuple[Place, tuple[str, Any]]]:
    """The same, but of the array under `key` (without: of every array) each item by itself, with that key and its number
    in the array."""
    pattern = NAME if key is None else re.escape(key)
    return _items(Source(text, name, refuse), OBJECT, re.compile(rf'"({pattern})"\s*:\s*\['))


def _items(source: Source, form: Form, array: re.Pattern[str] | None = None) -> Iterator[tuple[Place, Any]]:
    window = Window(source.text)
    while form.opens not in window.text:
        window.go(len(window.text))
        if not window.more():
            source.refuse_at(0, 0, "bad-json", f"there is no {form.noun} in it")
            return
    window.go(window.text.index(form.opens) + 1)
    yield from _walk(source, window, form, array)
    closed = window.text[window.at - 1 : window.at] == form.closes
    if closed and _skip_separators(window):
        source.refuse_at(window.line, 0, "bad-json", f"there is more behind the end of the {form.noun}")


def _walk(
    source: Source, window: Window, form: Form, array: re.Pattern[str] | None = None
) -> Iterator[tuple[Place, Any]]:
    """The items from here to the end of the array or object, and behind it. `array`: how one begins whose items count."""
    row = 0
    while _skip_separators(window):
        if window.text[window.at] == form.closes:
            window.go(window.at + 1)
            return
        while array and len(window.text) - window.at < KEY and window.more():
            pass
        if array and (opened := array.match(window.text, window.at)):
            key = opened[1]
            window.go(opened.end())
            yield from ((place, (key, item)) for place, item in _walk(source, window, ARRAY))
            continue
        row += 1
        line = window.line
        item, end, fault = _decode(window, form)
        if end is None:
            cut_off = f"this item of the {form.noun} is not valid JSON; was the download cut off?"
            source.refuse_at(line, row, "bad-json", cut_off)
            end = _next_item(window, fault, form)
            if end is None:
                return
        elif objection := _objection(source, window, end, item, form):
            source.refuse_at(line, row, *objection)
        else:
            text = window.text[window.at : end]
            value = without_nan(text, item) if form is ARRAY else _without_nan_member(text, item)
            yield Place(source.name, line, row), value
        window.go(end)
    source.refuse_at(window.line, row + 1, "bad-json", f"the {form.noun} does not end; was the download cut off?")


def _objection(source: Source, window: Window, end: int, item: Any, form: Form) -> tuple[str, str] | None:
    """Why an item that is JSON is refused all the same, as reason and detail."""
    if BAD_BYTE.search(window.text, window.at, end):
        return "wrong-encoding", f"bytes that are not {source.encoding}"
    text = window.text[window.at : end]
    if repeated := _repeated_key(text, item, form):
        return TWICE, f"{repeated[1]!r} stands twice in one object"
    if not is_real(text, item if form is ARRAY else item[1]):
        return "bad-json", "a number that JSON does not have: Infinity, or one too large"
    return None


def _without_nan_member(text: str, member: tuple[str, Any]) -> tuple[str, Any]:
    """The same of a key and its value."""
    key, value = member
    return key, without_nan(text, {key: value})[key]


def _repeated_key(text: str, item: Any, form: Form) -> tuple[int, str] | None:
    return find_repeated_key(text, item) if form is ARRAY else find_repeated_key(f"{{{text}}}", dict([item]))


def _skip_separators(window: Window) -> bool:
    """On to the next item or the end of the array; false where the text ends."""
    while True:
        found = SEPARATORS.match(window.text, window.at)
        window.go(found.end() if found else window.at)
        if window.at < len(window.text):
            return True
        if not window.more():
            return False


def _decode(window: Window, form: Form) -> tuple[Any, int | None, int]:
    """The item at this place, where it ends, and (where it is no JSON, and so ends nowhere) where the fault is."""
    while True:
        try:
            item, end = form.decode(window.text, window.at)
            shallow(window.text, item, window.at, end)
        except (json.JSONDecodeError, RecursionError) as error:
            fault, message = (error.pos, error.msg) if isinstance(error, json.JSONDecodeError) else (window.at + 1, "")
            cut = message.startswith("Unterminated") or fault >= len(window.text) - 8
        else:
            cut, fault = end == len(window.text), end  # a number may go on
            if not cut or window.ended:
                return item, end, end
        if not cut or len(window.text) - window.at > LONGEST or not window.more():
            return None, None, fault


def _next_item(window: Window, fault: int, form: Form) -> int | None:
    """Where the item after a broken one begins: the next line of the same indent, or behind the next `},` of a long line."""
    margin = window.text.rfind("\n", 0, window.at) + 1
    indent = window.text[margin : window.at]
    own_line = margin > 0 and (not indent or indent.isspace())
    next_ = re.compile(rf"\n{indent}(?={form.begins})" if own_line else rf"[}}\]]\s*,\s*(?={form.begins})")
    while True:
        found = next_.search(window.text, window.at + 1 if own_line else fault)
        if found or len(window.text) - window.at > LONGEST:
            return found.end() if found else None
        before = window.at
        if not window.more():
            return None
        fault -= before

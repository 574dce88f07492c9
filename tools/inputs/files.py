"""Files in: encodings detected, what cannot be read said with its line; SHA-256 of files, ids of contents, JSON."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.json_keys import refuse_repeated_key
from kgtools.tools.inputs.kinds import HEAD, kind_of
from kgtools.tools.inputs.packings import read_all, unpack

NOT_NUMBERS = re.compile(r"\b(?:NaN|Infinity)\b")
"""`NaN`, `Infinity`: no numbers of JSON."""
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""An escaped surrogate, which orjson judges and Python's own parser does not."""
DEEPEST = 100
"""Brackets in each other, at most: below what Python's parser takes."""
TOO_DEEP = f"nested more than {DEEPEST} deep"
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM or GB18030, line ends as `\\n`.

    Raises InputError for a missing or empty file, a folder, what is no text, NUL bytes, and bytes that are none of these."""
    raw = read_bytes(path)
    text = _decode(path, raw)
    if not text.strip("\ufeff \n\r\t"):
        raise InputError(f"{path}: is empty; was the download cut off?")
    return text.replace("\r\n", "\n") if "\r" in text else text


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular, non-empty file, unpacked where it is packed; InputError says what else it is, and what is too long
    to be read whole (`tools.inputs.packings`)."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file; name the files in it")
    try:
        with path.open("rb") as file:
            content = unpack(file, str(path))
            raw = read_all(content, str(path), None if content is file else path.stat().st_size)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if not raw or raw.isspace():
        raise InputError(f"{path}: is empty; was the download cut off?")
    return raw


def _decode(path: Path, raw: bytes) -> str:
    for bom, encoding in BOMS:
        if raw.startswith(bom):
            return _strict(path, raw, encoding)
    if kind := kind_of(raw[:HEAD]):
        raise InputError(f"{path}: expected text, found {kind}")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise InputError(f"{path}:{line}: a NUL byte; a binary file or UTF-16 without BOM: save it as UTF-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - 3 and error.reason == "unexpected end of data":
            line = raw.count(b"\n") + 1
            raise InputError(f"{path}:{line}: ends in the middle of a character; was the download cut off?") from error
    return _strict(path, raw, "gb18030")


def _strict(path: Path, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: neither UTF-8 nor GB18030 (byte {error.start}); save it as UTF-8") from error


def json_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each JSON object of a file of JSON lines with its line, or of one JSON array with its place, from 1.

    Raises InputError with the line, also where a key stands twice in one object."""
    text = read_text(path)
    rows: Iterable[tuple[int, Any]]
    if text.lstrip()[0] == "[":
        try:
            items = _loads(text)
            refuse_repeated_key(path, 1, text, items)
            rows = enumerate(items, start=1)
        except orjson.JSONDecodeError as error:
            raise InputError(
                f"{path}:{error.lineno}: not valid JSON: {error.msg}; was the download cut off?"
            ) from error
    else:
        rows = _json_lines(path, text)
    for row, record in rows:
        if not isinstance(record, dict):
            raise InputError(f"{path}:{row}: expected a JSON object, found {type(record).__name__}")
        yield row, record


def _loads(text: str) -> Any:
    """JSON, also with the NaN and Infinity that Python and pandas write, as the texts `NaN` and `Infinity`."""
    try:
        return shallow(text, orjson.loads(text))
    except orjson.JSONDecodeError as error:
        if not NOT_NUMBERS.search(text) or HALF_CHARACTER.search(text):
            raise
        try:
            return shallow(text, json.loads(text, parse_constant=str))
        except RecursionError:
            raise orjson.JSONDecodeError(TOO_DEEP, text, 0) from error
        except ValueError:
            raise error from None


def shallow(text: str, value: Any, at: int = 0, end: int | None = None) -> Any:
    """The value of a JSON text, which is a part of `text`, if it is not nested so deeply that Python or a library fails at it.

    Raises JSONDecodeError."""
    can_be = text.count("[", at, end) + text.count("{", at, end) > DEEPEST
    level, depth = [value] if can_be and isinstance(value, dict | list | tuple) else [], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise orjson.JSONDecodeError(TOO_DEEP, text, at)
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for held in inner for each in held if isinstance(each, dict | list)]
    return value


def _lines(text: str) -> Iterator[str]:
    """The lines of a text as `split` gives them, but not all at once."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for row, line in enumerate(_lines(text), start=1):
        if line and not line.isspace():
            try:
                value = _loads(line)
                refuse_repeated_key(path, row, line, value)
                yield row, value
            except orjson.JSONDecodeError as error:
                raise InputError(
                    f"{path}:{row}: not a JSON object on one line (column {error.colno}: {error.msg}); was the download cut off?"
                ) from error


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(text: str) -> str:
    """The id of a content: 80 bits of BLAKE2b, in hex, the same on every machine."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def to_json(value: Any) -> bytes:
    """Readable JSON with sorted keys and a final newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)

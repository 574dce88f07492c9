"""JSON as files of corpora have it: half surrogate pairs, wrong escapes."""

import json
import math
import re
from typing import Any

import orjson

from kgtools.tools.inputs.files import shallow

TWICE = "key-given-twice"
"""Why an object is refused of which a parser would keep one value and drop the other."""
NAMED = re.compile(r':\s*"\s*(?:nan|null)\s*"', re.IGNORECASE)
"""A key with the text `nan` or `null` for its value: `"age": "NaN"`."""
NOTHING = ("nan", "null")
"""What table libraries write as text where nothing is."""
UNREAL = re.compile(r"Infinity|[eE]\+?\d{3}|\d{300}")
"""A text that may hold a number which JSON does not have: `Infinity`, `1e400`."""
BAD_ESCAPE = re.compile(r'\\(\\|["/bfnrt]|u[0-9a-fA-F]{4})|\\')
r"""A backslash; the first group is its escape, where one begins: `\n`, but not `\d`."""


def loads(text: str, lenient: bool = False) -> Any:
    """JSON. Half a surrogate pair stays in the text that holds it; NaN, which pandas writes where nothing is, is null; `lenient`
    mends wrong escapes. Raises ValueError, for numbers that are none too."""
    try:
        return shallow(text, orjson.loads(text))
    except orjson.JSONDecodeError:
        try:
            value = json.loads(
                mend_escapes(text) if lenient else text,
                strict=not lenient,
                parse_constant=_nothing,
                parse_float=_finite,
            )
            return shallow(text, value)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def without_nan(text: str, value: Any) -> Any:
    """The value of a JSON text, with null in place of the texts `nan` and `null` that a key has as its value."""
    return _without_nan(value) if NAMED.search(text) else value


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if says_nan(one) else _without_nan(one) for key, one in value.items()}
    return [_without_nan(one) for one in value] if isinstance(value, list) else value


def says_nan(value: Any) -> bool:
    """Whether a cell is a text that stands for nothing: `nan`, `NULL`."""
    return isinstance(value, str) and len(value) < 9 and value.strip().lower() in NOTHING


def nothing(name: str) -> float | None:
    """What a parser makes of NaN, Infinity and -Infinity."""
    return None if name == "NaN" else math.inf


def is_real(text: str, value: Any) -> bool:
    """Whether all numbers of a JSON text, which was parsed to `value`, are numbers of JSON."""
    return not UNREAL.search(text) or _is_real(value)


def _is_real(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_real, value.values()))
    return (
        all(map(_is_real, value)) if isinstance(value, list) else not isinstance(value, float) or math.isfinite(value)
    )


def _nothing(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    words = {"str": "a text", "list": "a list", "dict": "an object", "NoneType": "null", "bool": "true or false"}
    return words.get(type(value).__name__, "a number")


def mend_escapes(text: str) -> str:
    """JSON whose backslashes stand for themselves where no escape begins with them."""
    return BAD_ESCAPE.sub(lambda match: match[0] if match[1] else r"\\", text)


def is_object(line: str) -> bool:
    """Whether a line is a whole object."""
    try:
        return isinstance(loads(line), dict)
    except ValueError:
        return False


def why(error: ValueError) -> str:
    """The parser's reason and column, without the text that it read."""
    return f"column {getattr(error, 'colno', 0)}: {getattr(error, 'msg', 'not valid JSON')}"

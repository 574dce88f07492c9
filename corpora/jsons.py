"""JSON as files of corpora have it: half surrogate pairs, wrong escapes."""

import json
import math
import re
from typing import Any

import orjson

from tools.files import shallow

TWICE = "key-given-twice"
"""Why an object is refused of which a parser would keep one value and drop the other."""
BAD_ESCAPE = re.compile(r'\\(\\|["/bfnrt]|u[0-9a-fA-F]{4})|\\')


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

"""What Java makes of texts and SQL does not, as functions that the engine calls."""

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kgtools.kg.cypher.regexes import java_matches

CONTROLS = "".join(map(chr, range(0x21)))
"""What Java's String.trim takes away."""
DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?")
"""`12`, `-1.5e3`, `１２`."""
FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?")
"""`1`, `-1.5`, `.5e3`, `1f`."""
HEX = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[dDfF]?")
"""`0x1.8p3`."""
SMALLEST = 5e-324
"""The smallest float, which Java writes with two digits, and reads again."""
INFINITE = re.compile(r"[+-]?Infinity")
"""`-Infinity`. What is no number either, NaN, SQL sees to."""


def float_text(number: float) -> str:
    """A float as Java writes it: `1.0`, `1.5E10` from ten million on, `1.0E-4` under a thousandth."""
    if math.isnan(number) or math.isinf(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if abs(number) == SMALLEST:
        return "4.9E-324" if number > 0 else "-4.9E-324"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    digits, _, exponent = f"{Decimal(repr(number)):E}".partition("E")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"


def normal_form(text: str) -> str:
    """A text in Unicode's normal form NFC."""
    return unicodedata.normalize("NFC", text)


def java_integer(text: str | None) -> int | None:
    """What Neo4j's toInteger makes of a text: the whole part of a number in the digits of any script. Raises ValueError for one too large."""
    if text is None or not DECIMAL.fullmatch(text):
        return None
    number = Decimal(text)
    if number.adjusted() > 18 or not -(2**63) <= int(number) < 2**63:
        raise ValueError(f"integer, {text}, is too large")
    return int(number)


def java_float(text: str | None) -> float | None:
    """What Java's Double.parseDouble makes of a text, None for what is no number."""
    bare = (text or "").strip(CONTROLS)
    if found := INFINITE.fullmatch(bare):
        return float(found[0].replace("Infinity", "inf"))
    if FLOAT.fullmatch(bare):
        return float(bare.rstrip("dDfF"))
    return float.fromhex(bare.rstrip("dDfF")) if HEX.fullmatch(bare) else None


def reversed_text(text: str) -> str:
    """A text from its end, sign by sign."""
    return text[::-1]


FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[str, ...], str]] = {
    "float_text": (float_text, ("DOUBLE",), "VARCHAR"),
    "full_lower": (str.lower, ("VARCHAR",), "VARCHAR"),
    "full_upper": (str.upper, ("VARCHAR",), "VARCHAR"),
    "java_float": (java_float, ("VARCHAR",), "DOUBLE"),
    "java_integer": (java_integer, ("VARCHAR",), "BIGINT"),
    "java_matches": (java_matches, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    "normal_form": (normal_form, ("VARCHAR",), "VARCHAR"),
    "reversed_text": (reversed_text, ("VARCHAR",), "VARCHAR"),
}
"""Name in SQL -> the function, the types of what it takes, and of what it gives."""
OF_NULL = ("java_float", "java_integer")
"""Functions that may give null, and are asked of it too."""

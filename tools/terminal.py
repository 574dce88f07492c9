"""Text of others on a terminal: names, paths, licences and errors may hold what moves the cursor, colours or reorders a line."""

import sys
import unicodedata
from functools import cache

JOINERS = "\u200c\u200d"
"""Invisible, and part of how Persian and emoji are written."""

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode that a terminal obeys instead of showing: controls, marks of direction, other ends of lines."""


def shown(text: str, keep: str = "") -> str:
    """The text with each character that a terminal would obey written out, ESC as `\\x1b`; those in `keep` stay."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in keep else _written_out(sign) for sign in text)


def shown_lines(text: str) -> str:
    """The same of a text of several lines."""
    return shown(text, keep="\n")


def tell(text: str) -> None:
    """A line on stderr."""
    print(shown_lines(text), file=sys.stderr)


@cache
def _written_out(sign: str) -> str:
    if sign in JOINERS or unicodedata.category(sign) not in HIDDEN:
        return sign
    if sign in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[sign]
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

"""What is said on a terminal. Text of others (names, paths, licences, errors) may hold what moves the cursor, colours or turns a
line round: here it is shown instead, whoever says it. Nothing else in the project prints for people."""

import unicodedata
from functools import cache

import click

JOINERS = "\u200c\u200d"
"""Invisible, and part of how Persian and emoji are written."""

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode that a terminal obeys instead of showing: controls, marks of direction, other ends of lines."""


def shown(text: str, keep: str = "") -> str:
    """The text with each character that a terminal would obey written out, ESC as `\\x1b`; those in `keep` stay."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in keep else _written_out(sign) for sign in text)


def say(text: str = "", nl: bool = True) -> None:
    """Lines on stdout, for people."""
    click.echo(shown(text, keep="\n\t"), nl=nl)


def tell(text: str = "") -> None:
    """Lines on stderr."""
    click.echo(shown(text, keep="\n\t"), err=True)


def retell(text: str) -> None:
    """A line on stderr in place of the one before, which `tell()` ends; for a terminal."""
    click.echo(f"\r\033[K{shown(text)}", err=True, nl=False)


@cache
def _written_out(sign: str) -> str:
    if sign in JOINERS or unicodedata.category(sign) not in HIDDEN:
        return sign
    if sign in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[sign]
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

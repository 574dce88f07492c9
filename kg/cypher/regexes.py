"""Java's regular expressions, which Neo4j knows, as RE2's, which DuckDB knows: the same texts match, or it is refused."""

import re

LINE_ENDS = "\\n\\r\\x{85}\\x{2028}\\x{2029}"
CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\x0b\\f\\r"}
ALIKE = set("tnrfa\\.*+?()[]{}|^$/-\"'&,:;=<>!@#%~`_ ")
NESTED = "a class within a class is not covered; write one class"


def to_re2(pattern: str) -> str:
    """The pattern for RE2. Raises TypeError that says what is not covered."""
    small = pattern.startswith("(?i)")
    body, out, at = pattern.removeprefix("(?i)"), [], 0
    while at < len(body):
        piece, at = _piece(body, at, small)
        out.append(piece)
    made = "".join(out)
    try:
        re.compile(body)
    except re.error as error:
        raise TypeError(f"=~ with no regular expression: {error}") from error
    return made


def _piece(text: str, at: int, small: bool) -> tuple[str, int]:
    sign = text[at]
    if sign == "\\":
        return _escape(text, at)
    if sign == "[":
        return _class(text, at, small)
    if sign == ".":
        return f"[^{LINE_ENDS}]", at + 1
    if sign == "(" and text.startswith("(?", at) and not text.startswith("(?:", at):
        raise TypeError("=~ with (?...) is not covered; only (?i) in front, and (?:...)")
    if sign in "*+?}" and text[at + 1 : at + 2] == "+":
        raise TypeError("=~ with a possessive repeat (*+, ++, ?+) is not covered; leave the second + out")
    return _letter(sign, small), at + 1


def _letter(sign: str, small: bool) -> str:
    """A letter, in both cases where capitals do not count: Java folds those of ASCII alone."""
    if small and sign.isalpha() and sign.isascii():
        return f"[{sign.lower()}{sign.upper()}]"
    return sign


def _escape(text: str, at: int) -> tuple[str, int]:
    sign = text[at + 1 : at + 2]
    if sign in CLASSES:
        return f"[{CLASSES[sign]}]", at + 2
    if sign.lower() in CLASSES and sign:
        return f"[^{CLASSES[sign.lower()]}]", at + 2
    if sign == "u" and re.fullmatch("[0-9a-fA-F]{4}", text[at + 2 : at + 6]):
        return f"\\x{{{text[at + 2 : at + 6]}}}", at + 6
    if sign in ALIKE and sign:
        return re.escape(sign) if sign not in "tnrfa" else f"\\{sign}", at + 2
    raise TypeError(f"=~ with \\{sign} is not covered; only \\d \\w \\s, their capitals, \\uXXXX, and escaped signs")


def _class(text: str, at: int, small: bool) -> tuple[str, int]:
    """`[a-z]`, up to its end."""
    out, at = ["["], at + 1
    if text[at : at + 1] == "^":
        out.append("^")
        at += 1
    if text[at : at + 1] == "]":
        raise TypeError("=~ with ] first in a class is not covered; write \\]")
    while at < len(text) and text[at] != "]":
        if text[at] == "[" or text.startswith("&&", at):
            raise TypeError(f"=~: {NESTED}")
        if text[at] == "\\":
            sign = text[at + 1 : at + 2]
            if sign in CLASSES:
                out.append(CLASSES[sign])
                at += 2
                continue
            piece, at = _escape(text, at)
            out.append(piece)
            continue
        if small and text[at].isascii() and text[at].isalpha():
            end = (
                text[at + 2 : at + 3] if text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] not in ("]", "") else ""
            )
            if end:
                out.append(f"{text[at].lower()}-{end.lower()}{text[at].upper()}-{end.upper()}")
                at += 3
                continue
            out.append(text[at].lower() + text[at].upper())
            at += 1
            continue
        out.append(text[at])
        at += 1
    if at >= len(text):
        raise TypeError("=~ with a class that does not end; write \\[ for the sign")
    return "".join(out) + "]", at + 1

"""Tables in an answer: the columns beside the one that answers explain it, and claim nothing."""

import re
from collections.abc import Callable

RULE = re.compile(r"[-:| \t]+")
"""The line between the heads of a table and its rows."""


def without_notes(text: str, right_in: Callable[[str], bool]) -> str:
    """The text with each of its tables as its first column and the others that hold an answer, a row a line.

    `right_in`: whether a cell holds an answer. Tables none of whose cells does stay as they are: so they are no place to hide."""
    lines = text.split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if at + 1 < len(lines) and "|" in lines[at] and "--" in lines[at + 1] and RULE.fullmatch(lines[at + 1]):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            kept += _columns(lines[at:end], right_in)
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept)


def _columns(table: list[str], right_in: Callable[[str], bool]) -> list[str]:
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table[2:]]
    answering = {at for row in rows for at, cell in enumerate(row) if right_in(cell)}
    if not answering:
        return table
    answering |= {0} if min(answering) else set()
    return ["、".join(cell for at, cell in enumerate(row) if at in answering) for row in rows]

"""Tables in an answer: the columns beside the one that answers explain it, and claim nothing."""

import re
from collections.abc import Callable

RULE = re.compile(r"[-:| \t]+")
"""The line between the heads of a table and its rows."""
YES_NO = re.compile(
    r"(?:有|无|没有|是|否|可有|常见|少见|罕见|不?明显|阳性|阴性|yes|no|present|absent|common|rare|[-+±√×✓✔✗✘✅❌/])*",
    re.IGNORECASE,
)
"""All of a cell that says whether a thing is so."""
CONCLUDES = re.compile(
    r"[\s*#>-]*(?:因此|所以|由此|综上|总之|总结|结论|可见|答案|so\b|therefore|thus|hence|in (?:conclusion|summary|short)|conclusion|overall"
    r"|the answer|answer)",
    re.IGNORECASE,
)

NEAR = 4
"""Lines behind a table in which its conclusion is looked for."""


def without_notes(text: str, right_in: Callable[[str], bool]) -> str:
    """The text with each of its tables as its first column and the others that hold an answer, a row a line; without those that only
    weigh what a line behind them concludes.

    `right_in`: whether a cell holds an answer. Tables none of whose cells does stay as they are: so they are no place to hide."""
    lines = text.split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if at + 1 < len(lines) and "|" in lines[at] and "--" in lines[at + 1] and RULE.fullmatch(lines[at + 1]):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            kept += [] if _is_concluded(lines, at, end, right_in) else _columns(lines[at:end], right_in)
            at = end
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept)


def _is_concluded(lines: list[str], begin: int, end: int, right_in: Callable[[str], bool]) -> bool:
    """Whether a table weighs in each row whether a thing is so, and a line behind it says what follows from that."""
    after = next((line for line in lines[end : end + NEAR] if line.strip()), "")
    if not CONCLUDES.match(after) or not right_in(after):
        return False
    return all(
        len(cells) > 1 and all(map(YES_NO.fullmatch, cells[1:])) for cells in map(_cells, lines[begin + 2 : end])
    )


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _columns(table: list[str], right_in: Callable[[str], bool]) -> list[str]:
    rows = [*map(_cells, table[2:])]
    answering = {at for row in rows for at, cell in enumerate(row) if right_in(cell)}
    if not answering:
        return table
    answering |= {0} if min(answering) else set()
    return ["、".join(cell for at, cell in enumerate(row) if at in answering) for row in rows]

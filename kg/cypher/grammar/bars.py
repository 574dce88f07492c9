"""Which `|` of a list comprehension is no "or" of labels, where one token of foresight does not tell: `[x IN l WHERE x:Drug | x.name]`."""

import re
from dataclasses import dataclass

BAR = "\x01"
"""What the grammar takes for the bar before the value of a comprehension, beside `|` itself."""
PIECE = re.compile(
    r"""'(?:[^'\\]|\\.)*(?:'|\\?\Z) | "(?:[^"\\]|\\.)*(?:"|\\?\Z) | `[^`]*(?:`|\Z) | //[^\n]* | /\*.*?(?:\*/|\Z) | \w+ | \S""",
    re.DOTALL | re.VERBOSE,
)
"""A text, a quoted name, a comment, a word or a sign."""
OPEN, CLOSE, OF_LABELS = frozenset("([{"), frozenset(")]}"), frozenset(":&!%|()")


@dataclass
class Bracket:
    """An open bracket. `where`: it is a comprehension, and what is read stands behind its WHERE; `labels`: that may be of labels;
    `bar`: where its last bar among labels is; `parted`: a bar that can only stand before its value was there."""

    is_list: bool
    where: bool = False
    labels: bool = False
    bar: int | None = None
    parted: bool = False


def separate(text: str) -> str:
    """The text with BAR for each `|` behind labels, at the end of a condition, that a value follows: the last one, as on Neo4j."""
    if "|" not in text or "[" not in text:
        return text
    found, open_, before = [], [Bracket(is_list=False)], ""
    for piece in PIECE.finditer(text):
        word, here = piece.group(), open_[-1]
        if word.startswith(("//", "/*")):
            continue
        if word in CLOSE and len(open_) > 1:
            open_.pop()
            if here.where and not here.parted and here.bar is not None:
                found.append(here.bar)
            here = open_[-1]
        if word == "|" and here.where:
            here.bar, here.parted = piece.start(), here.parted or not here.labels
        name = word[0] == "`" or (word.replace("_", "a").isalnum() and not word[0].isdigit())
        here.labels = word == ":" or (here.labels and (name or word in OF_LABELS))
        if word in OPEN:
            open_.append(Bracket(is_list=word == "[" and before != "-"))
        elif here.is_list and word.upper() == "WHERE":
            here.where, here.labels = True, False
        before = word
    return _with_bars(text, found)


def _with_bars(text: str, places: list[int]) -> str:
    signs = list(text)
    for place in places:
        signs[place] = BAR
    return "".join(signs)

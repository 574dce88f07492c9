"""Patterns of Chinese and English words, told apart: a word is looked for only among those of its script."""

import re
from collections.abc import Iterator, Mapping

OUTER, HAS_HAN = re.compile(r"\\.|[()|\[\]]"), re.compile(r"[\u3400-\u9fff]")
"""What may end an alternative: `(`, `)`, `|`, `[` and `]` that are not escaped; a Chinese character."""
HAN = "\u3400"
"""The first Chinese character."""


def of_script(kinds: Mapping[str, str], han: bool) -> re.Pattern[str]:
    """The alternatives of patterns that begin with a Chinese character, or with another sign, each kind as a group of its name."""
    mine = {
        kind: [
            each
            for each in _alternatives(pattern)
            if (HAS_HAN.search(each) is not None and each[:1] not in ":\\") == han
        ]
        for kind, pattern in kinds.items()
    }
    return re.compile("|".join(f"(?P<{kind}>{'|'.join(many)})" for kind, many in mine.items() if many))


def _alternatives(pattern: str) -> Iterator[str]:
    """The alternatives of a pattern that stand in no group."""
    depth, begin, in_brackets = 0, 0, False
    for sign in OUTER.finditer(pattern):
        in_brackets = sign[0] == "[" or (in_brackets and sign[0] != "]")
        if in_brackets:
            continue
        depth += (sign[0] == "(") - (sign[0] == ")")
        if sign[0] == "|" and not depth:
            yield pattern[begin : sign.start()]
            begin = sign.end()
    yield pattern[begin:]

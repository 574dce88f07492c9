"""Texts that cost a regex most, made of its own pattern."""

import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from itertools import permutations
from typing import Any

MANY = 20
"""A repeat that goes on for longer can cost more than the pattern is long."""
ENDS = ("", "!", "\n", "\0")
MOST_ENDS = 7
OF_CATEGORY = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_NOT_DIGIT: "a ",
    op.CATEGORY_SPACE: " \n",
    op.CATEGORY_NOT_SPACE: "a。",
    op.CATEGORY_WORD: "a1_中",
    op.CATEGORY_NOT_WORD: " !",
}
LETTERS = "a1 \n中。!-"

Pieces = list[tuple[Any, Any]]
Text = tuple[str, str, str]


def worst(pattern: str, flags: int) -> list[Text]:
    """Texts as (beginning, what is repeated, end), some of each kind: each repeat's body behind what must stand before it, runs of
    a character, beginnings of a match, two characters in turn."""
    tree = list(parser.parse(pattern, flags))
    letters = sorted(
        dict.fromkeys(_letters(tree)), key=str.isalnum
    )  # signs and blanks stand in more repeats than letters
    ends = (*ENDS, *dict.fromkeys(_refused(tree)))[:MOST_ENDS]
    bodies = sorted(dict.fromkeys(_repeats(tree, "")), key=lambda pair: len(pair[1]) > 1)
    repeats = [
        text for before, body in bodies for text in (*((before, body, end) for end in ends), ("", before + body, ""))
    ]
    runs = [("", letter, end) for letter in letters for end in ends]
    starts = [text for start in dict.fromkeys(_beginnings(tree)) for text in (("", start, ""), ("", f"{start}\n", "!"))]
    few = letters[:: max(1, len(letters) // 12)]
    turns = [text for one, two in permutations(few, 2) for text in (("", one + two, ""), (two, one, two))]
    return list(dict.fromkeys([*_some(repeats, 150), *_some(runs, 80), *_some(starts, 60), *_some(turns, 40)]))


def _some(texts: list[Text], most: int) -> list[Text]:
    """The first half of so many, and of the others as many in even steps."""
    half = most // 2
    return texts[:half] + texts[half :: max(1, (len(texts) - half) // half)]


def _letters(pieces: Pieces) -> Iterator[str]:
    for kind, value in pieces:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.CATEGORY):
            yield from _of(kind, value)
        for inner in _inner(kind, value):
            yield from _letters(inner)


def _refused(pieces: Pieces) -> Iterator[str]:
    """What a class of the pattern does not take."""
    for kind, value in pieces:
        if kind is op.NOT_LITERAL:
            yield chr(value)
        elif kind is op.IN and value[0][0] is op.NEGATE:
            yield from _of(op.IN, value[1:2])[:1]
        for inner in _inner(kind, value):
            yield from _refused(inner)


def _of(kind: Any, value: Any) -> list[str]:
    """A few characters that a piece of one character takes."""
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.ANY:
        return ["a", " "]
    if kind is op.NOT_LITERAL:
        return [letter for letter in LETTERS if letter != chr(value)][:3]
    if kind is op.CATEGORY:
        return list(OF_CATEGORY.get(value, "a"))
    if value[0][0] is op.NEGATE:
        taken = re.compile(_class(value))
        return [letter for letter in LETTERS if taken.match(letter)][:4]
    found = []
    for what, which in value:
        found += [chr(which[0])] if what is op.RANGE else _of(what, which)
    return found[:6]


def _class(value: Any) -> str:
    """The class as a pattern again."""
    parts = []
    for what, which in value:
        if what is op.LITERAL:
            parts.append(re.escape(chr(which)))
        elif what is op.RANGE:
            parts.append(f"{re.escape(chr(which[0]))}-{re.escape(chr(which[1]))}")
        elif what is op.CATEGORY:
            shapes = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
            name = str(which).removeprefix("CATEGORY_")
            parts.append(shapes.get(name) or shapes[name.removeprefix("NOT_")].upper())
    return f"[^{''.join(parts)}]"


def _inner(kind: Any, value: Any) -> list[Pieces]:
    """The sequences within a piece."""
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [list(value[2])]
    if kind is op.SUBPATTERN:
        return [list(value[3])]
    if kind is op.ATOMIC_GROUP:
        return [list(value)]
    if kind is op.BRANCH:
        return [list(branch) for branch in value[1]]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [list(value[1])]
    return []


def _match(pieces: Pieces, full: bool = False) -> str:
    """A short text that the pieces match; with one of each repeat too, if it should be full."""
    text = ""
    for kind, value in pieces:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.CATEGORY):
            text += (_of(kind, value) or ["a"])[0]
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            text += _match(list(value[2]), full) * max(value[0], full)
        elif kind in (op.SUBPATTERN, op.ATOMIC_GROUP, op.BRANCH):
            text += _match(_inner(kind, value)[0], full)
        elif kind is op.ASSERT and value[0] < 0:
            text += _match(list(value[1]))
    return text


def _variants(pieces: Pieces) -> list[str]:
    """Texts that the pieces match: short, full, and one for each branch within them."""
    found = [_match(pieces), _match(pieces, full=True)]
    for at, (kind, value) in enumerate(pieces):
        inner = _inner(kind, value) if kind not in (op.ASSERT, op.ASSERT_NOT) else []
        if len(inner) > 1 or (inner and _branches(inner[0])):
            before, behind = _match(pieces[:at], full=True), _match(pieces[at + 1 :], full=True)
            found += [before + said + behind for each in inner for said in _variants(each)]
    return found


def _branches(pieces: Pieces) -> bool:
    return any(kind is op.BRANCH or any(map(_branches, _inner(kind, value))) for kind, value in pieces)


def _repeats(pieces: Pieces, before: str) -> Iterator[tuple[str, str]]:
    """The bodies of repeats without a near end, each behind the shortest that leads to it."""
    for kind, value in pieces:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[1] >= MANY:
            body = list(value[2])
            if len(body) == 1 and body[0][0] in (op.IN, op.ANY, op.NOT_LITERAL, op.LITERAL):
                yield from ((before, letter) for letter in _of(*body[0]))
            else:
                yield from ((before, said) for said in dict.fromkeys(_variants(body)) if said)
        for inner in _inner(kind, value):
            yield from _repeats(inner, before)
        before += _match([(kind, value)])


def _beginnings(pieces: Pieces) -> Iterator[str]:
    """What begins a match and does not end it, of the whole and of each part."""
    for full in (False, True):
        text = ""
        for piece in pieces:
            text += _match([piece], full)
            if 0 < len(text) < 100:
                yield text
    for kind, value in pieces:
        for inner in _inner(kind, value):
            yield from _beginnings(inner)

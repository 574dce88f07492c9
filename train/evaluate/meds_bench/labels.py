"""Which of the labels of a question an answer claims: what it denies, or only weighs before its answer, is no claim."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from kgtools.corpora.verify import Item, NameIndex, explain

EXPLICIT = re.compile(
    r"(?:answer|diagnosis(?: result)?|diagnosed|planning|plan|treatment|classification|label|conclusion|relationship|prediction|答案|诊断|结论)"
    r"[^.。\n:：]{0,24}?(?:\bis\b|[:：]|是|为)[ \t]*",
    re.IGNORECASE,
)
"""Behind this stands what is answered, whatever was weighed before."""
CLAUSE_END = re.compile(r"[.。;；\n]")
BEFORE_DENIES = re.compile(
    r"(?:\b(?:not|isn't|never|no longer|neither|nor|rather than|instead of)|不是|并非|非)\s{0,2}(?:a |an |the |[\"'])?$"
)
SIDES = re.compile(r"[^a-z0-9]+")
FIRST, WORD, EXPLAINS = re.compile(r"\W{0,8}(\w{1,40})[.,:;!\n-]"), re.compile(r"\w+"), 3
SHORT = 5
"""Labels of so many characters at most, such as yes, true and 0, are words of their own kind: no names, of which a text can speak."""


class Claim(NamedTuple):
    """`labels`: those that are claimed, in the order of the question. `state`: read; mixed: several where one is asked for; no_answer: none."""

    labels: tuple[str, ...]
    state: Literal["read", "mixed", "no_answer"]


def read_label(text: str, labels: Sequence[str], question: str = "", first_line: bool = False) -> Claim:
    """The one label that an answer claims. Where it claims several, what stands behind the last `the answer is` counts, if that is one.
    `first_line`: what stands below a first line that claims a label only explains."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    if first_line and claims(first, labels, question):
        text = first
    found = claims(text, labels, question)
    if len(found) > 1:
        marks = list(EXPLICIT.finditer(text))
        if marks:
            behind = text[marks[-1].end() :]
            end = CLAUSE_END.search(behind)
            explicit = claims(behind[: end.start()] if end else behind, labels, question)
            found = explicit if len(explicit) == 1 else found
        if len(found) > 1 and _short(labels) and (word := _first_word(text, labels)):
            found = (word,)
    return Claim(found, "no_answer" if not found else "read" if len(found) == 1 else "mixed")


def claims(text: str, labels: Sequence[str], question: str = "") -> tuple[str, ...]:
    """All labels that a text claims, in the order of `labels`."""
    if _short(labels):
        return _words_claimed(text, labels)
    item = Item("set", answers=((labels[0],),), asked=1)
    found = explain(text, item, _index(tuple(labels)), question).found
    said = {_plain(one.text) for one in found if not one.why}
    return tuple(label for label in labels if _plain(label) in said)


@lru_cache(maxsize=64)
def _index(labels: tuple[str, ...]) -> NameIndex:
    return NameIndex(labels)


def _short(labels: Sequence[str]) -> bool:
    return max(map(len, labels)) <= SHORT


def _words_claimed(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Labels that stand as whole words, `not` before none of them; 0 is not in 10, nor in 0.5."""
    folded = text.casefold()
    found = set()
    for label in labels:
        for one in re.finditer(rf"(?<![\w.]){re.escape(label.casefold())}(?![\w]|\.\d)", folded):
            if not BEFORE_DENIES.search(folded, max(0, one.start() - 16), one.start()):
                found.add(label)
    return tuple(label for label in labels if label in found)


def _first_word(text: str, labels: Sequence[str]) -> str | None:
    """The label that an answer opens with, where it goes on to explain: `No, it is not true that ...`, but not `yes, no, maybe`."""
    first = FIRST.match(text.casefold())
    explains = first and [word for word in WORD.findall(text.casefold()[first.end() :]) if word not in labels]
    return next(
        (
            label
            for label in labels
            if first and explains and len(explains) >= EXPLAINS and label.casefold() == first[1]
        ),
        None,
    )


def _plain(text: str) -> str:
    return SIDES.sub(" ", text.casefold()).strip()

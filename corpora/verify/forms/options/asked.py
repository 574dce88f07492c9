"""What a question with options asks for: one or several, what is so or what is not, what comes first."""

import re
from dataclasses import dataclass
from functools import lru_cache

from kgtools.corpora.verify.forms.options.words import ASKS_FOR_FIRST, FORBIDS, NEGATIVE
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.reading import fold


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with options, each a pair of letter and text.

    `letters`: those that are single ones, in capitals; `line`: its first line, folded; `last_words`: the last characters of that, in Chinese,
    behind which an answer stands (最早出现的症状是); `several`: more than one option is right; `negative`: it asks for what is not so;
    `avoiding`: for what must not be done; `first`: for what comes first."""

    options: tuple[tuple[str, str], ...]
    letters: str
    line: str
    last_words: str
    several: bool
    negative: bool
    avoiding: bool
    first: bool


def read_asked(item: Item, question: str) -> Asked:
    """What an item asks, in the words of its question."""
    return _read_asked(tuple((item.options or {}).items()), len(item.right) > 1, question)


@lru_cache(4_096)
def _read_asked(options: tuple[tuple[str, str], ...], several: bool, question: str) -> Asked:
    line = fold(question).partition("\n")[0]
    last = line.rstrip("是为有:?(){} ")[-5:]
    negative = asks_for_false(question)
    return Asked(
        options,
        "".join(letter.upper() for letter, _ in options if len(letter) == 1),
        line,
        last if re.fullmatch(r"[\u3400-\u9fff]{5}", last) else "",
        several,
        negative,
        bool(question) and FORBIDS.search(question) is not None,
        not several and not negative and asks_for_first(question),
    )


def asks_for_false(question: str) -> bool:
    """Whether the last sentence of a question asks for what is not so; what a patient cannot do is no such question."""
    sentences = [
        each for each in re.split(r"[。!！\n]|(?<=[a-z])\.\s", question.partition("\nA")[0]) if len(each.strip()) > 3
    ]
    return bool(sentences) and NEGATIVE.search(sentences[-1]) is not None


def asks_for_first(question: str) -> bool:
    """Whether a question asks for what comes first."""
    return ASKS_FOR_FIRST.search(question) is not None

"""Where in a text words stand that deny, looked for only where they may begin."""

import re
from collections.abc import Iterator

from kgtools.corpora.verify.language.asked import Asked
from kgtools.corpora.verify.language.denial_words import (
    ADVICE,
    ADVICE_BEGINS,
    ADVISES,
    BEGINS,
    CUE_HAN,
    CUE_LATIN,
    DENYING,
    HARM,
    HARM_BEGINS,
    HARM_WORDS,
    HARMING,
    NEXT,
    ONLY_ADVISES,
    SIGNS,
    STRONG,
    WEAK,
    WEAK_MARKS,
    WORDS,
)  # fmt: skip
from kgtools.corpora.verify.language.reading import WORD, Text
from kgtools.corpora.verify.language.scripts import HAN

START = re.Match.start


def may_deny(text: Text, asked: Asked) -> bool:
    """Whether a text has any of the signs and words that a denial needs."""
    read, words = text.read, text.words
    if SIGNS.search(read) or not STRONG.isdisjoint(words) or "(-" in read or "以为" in read or "保护" in read:
        return True
    if asked.avoiding and (ADVICE.search(read) or not ADVISES.isdisjoint(words) or not ONLY_ADVISES.isdisjoint(words)):
        return True
    if asked.eating and (HARM.search(read) or not HARMING.isdisjoint(words)):
        return True
    return not WEAK.isdisjoint(words) and WEAK_MARKS.search(read) is not None


def find_cues(text: Text, asked: Asked) -> Iterator[re.Match[str]]:
    """The words that deny, in their order: looked for only where they may begin."""
    read, starts = text.read, []
    if not text.read.isascii():
        found = (ADVICE_BEGINS if asked.avoiding else HARM_BEGINS if asked.eating else BEGINS).finditer(read)
        starts = [
            start
            for start in map(START, found)
            if asked.avoiding or read[start] not in NEXT or read[start + 1 : start + 2] in NEXT[read[start]]
        ]
    begins = WORDS if asked.avoiding else HARM_WORDS if asked.eating else DENYING
    if text.words and not begins.isdisjoint(text.words):
        starts += [word.start() for word in WORD.finditer(read) if word[0] in begins]
        starts.sort()
    behind = 0
    for start in starts:
        if start >= behind and (cue := (CUE_HAN if read[start] >= HAN else CUE_LATIN).match(read, start)):
            behind = cue.end()
            yield cue

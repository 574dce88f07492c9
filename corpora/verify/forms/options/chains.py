"""Options that are named one behind the other, and how they stand in their sentence or line."""

import re
from itertools import pairwise, takewhile

from kgtools.corpora.verify.forms.options.words import (
    BELOW,
    IS_ONE,
    LABEL,
    LINE_BEFORE,
    LINE_BEHIND,
    NEXT_BOTH,
    PAIRED,
    SENTENCE_END,
    SENTENCE_SIGNS,
)
from kgtools.corpora.verify.language.names import Mention

ASIDE = re.compile(r" ?\([^()\n]{1,60}\)")
"""Brackets behind an option: B (varicella)."""
NEXT_WORD = re.compile(r" ?[^\W\d_]")


class Chain(tuple[Mention, ...]):
    """Mentions with no more between them than what joins a list."""


def fills_line(low: str, chain: Chain) -> bool:
    """Whether a sentence or line says nothing else, but for what it calls the answer: 诊断：B. 咳嗽."""
    begin, end = chain[0].begin, chain[-1].end
    if IS_ONE.search(low, begin, end):  # says what an option is
        return False
    first = max(0, begin - LABEL)
    start = max([low.rfind(sign, first, begin) for sign in SENTENCE_SIGNS]) + 1
    aside = ASIDE.match(low, end)
    last = aside.end() if aside else end
    behind = SENTENCE_END.search(low, last, last + 9)
    stop = behind.start() if behind else min(len(low), last + 9)
    return (
        (start > 0 or begin < LABEL)
        and stop - last <= 8
        and LINE_BEFORE.fullmatch(low, start, begin) is not None
        and LINE_BEHIND.fullmatch(low, last, stop) is not None
    )


def ends_with(low: str, chain: Chain, marks: dict[int, bool]) -> bool:
    """Whether the last sentence of a text is one letter alone."""
    begin = chain[0].begin
    start = max(low.rfind(sign, max(0, begin - 12), begin) for sign in ".。;!?:\n") + 1
    return (
        len(chain) == 1
        and begin in marks
        and start > 0
        and not low[start:begin].strip(" *(选")
        and not low[chain[0].end :].strip(" *).。!")
    )


def listed_lines(low: str, chains: list[Chain], heads: list[int]) -> list[int]:
    """The first two or more options that are listed in lines of their own, one below the other."""
    run: list[int] = []
    for at in heads:
        if run and not (at == run[-1] + 1 and BELOW.fullmatch(low, chains[run[-1]][-1].end, chains[at][0].begin)):
            break
        run.append(at)
    return run if len(run) > 1 else []


def without_next_subject(low: str, chain: Chain) -> list[Mention]:
    """The options of a chain up to a comma or stop, where what follows is the subject of another clause: 答案是咳嗽，发热见于流感."""
    behind = low[chain[-1].end : chain[-1].end + 12]
    if not NEXT_WORD.match(behind) or NEXT_BOTH.match(behind):
        return list(chain)
    for number, (one, other) in enumerate(pairwise(chain), 1):
        if re.search(r"[,;.。\n]", low[one.end : other.begin]) and one.number != other.number:
            return list(chain[:number])
    return list(chain)


def is_mixed(low: str, chain: Chain, marks: dict[int, bool]) -> bool:
    """Whether in a chain a letter stands beside the text of another option."""
    for at, (one, other) in enumerate(pairwise(chain), 1):
        gap = low[one.end : other.begin]
        if one.begin in marks and other.begin not in marks and one.number != other.number and PAIRED.fullmatch(gap):
            if _says_texts_of(chain, at, marks):
                continue
            return True
        if (
            one.begin not in marks
            and other.begin in marks
            and one.number != other.number
            and gap.strip() in ("(", "[", "({")
        ):
            return True
    return False


def _says_texts_of(chain: Chain, at: int, marks: dict[int, bool]) -> bool:
    """Whether before a place of a chain stand several letters, and behind it the texts of some of these alone: B and C. Cough and rash."""
    letters = {
        one.number for one in takewhile(lambda one: one.begin in marks, map(chain.__getitem__, range(at - 1, -1, -1)))
    }
    texts = {
        one.number
        for one in takewhile(lambda one: one.begin not in marks, map(chain.__getitem__, range(at, len(chain))))
    }
    return len(letters) > 1 and texts <= letters

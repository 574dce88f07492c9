"""Which of the options that an answer names it chooses: those that it says to be its answer, else those that it leaves standing."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from kgtools.corpora.verify.forms.options.asked import Asked
from kgtools.corpora.verify.forms.options.chains import (
    Chain,
    ends_with,
    fills_line,
    is_mixed,
    listed_lines,
    without_next_subject,
)
from kgtools.corpora.verify.forms.options.guesses import in_turn, is_cut_off
from kgtools.corpora.verify.forms.options.words import (
    ALL_SO,
    ALSO_LED,
    CONCLUDE,
    CONCLUDES,
    FIRST_BEFORE,
    FIRST_BEHIND,
    HEDGED,
    LEAD,
    LEADS,
    LIKELY,
    ONLY_LEAD,
    SAID_TO_BE,
    TRAIL,
    TRAIL_LED,
    TRAIL_NOT,
)

BEFORE = 40
"""Characters before an option, in which the words that lead to it are sought."""


class Choice(NamedTuple):
    """`options`: the numbers of those that are chosen; `spoiled`: a letter is said with the text of another option, or each in turn."""

    options: set[int]
    spoiled: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How the chains of an answer stand in it, by their places among them. `led`: behind words that lead to an answer; `heads`: alone in
    a sentence or line; `trailed`: before words that call them right, or, where that is asked for, wrong."""

    chains: list[Chain]
    led: list[int]
    heads: list[int]
    trailed: list[int]


def choose(low: str, chains: list[Chain], marks: dict[int, bool], asked: Asked) -> Choice:
    """The options that are chosen by the last words that say so."""
    standing = _stand(low, chains, marks, asked)
    taken = _take(low, standing, marks, asked) if standing.chains else []
    if not taken:
        return Choice(set(), False)
    chains, last = standing.chains, taken[-1]
    while last + 1 < len(chains) and HEDGED.fullmatch(low[chains[last][-1].end : chains[last + 1][0].begin]):
        last += 1
        taken.append(last)
    chosen: set[int] = set()
    for at in taken:
        chain = chains[at] if asked.several else without_next_subject(low, chains[at])
        chosen |= {one.number for one in chain}
    spoiled = any(is_mixed(low, chains[at], marks) for at in taken)
    if not asked.several:
        spoiled = spoiled or in_turn(low, chains, standing.led, len(asked.options))
        spoiled = spoiled or (bool(standing.led) and _follows_another(low, chains, taken[0], marks, chosen))
    return Choice(chosen, spoiled)


def is_led(before: str, leads: bool = True, concludes: bool = True) -> bool:
    """Whether words that lead to an answer stand right before it."""
    return (leads and LEAD.search(before) is not None) or (concludes and CONCLUDES.search(before) is not None)


def _stand(low: str, chains: list[Chain], marks: dict[int, bool], asked: Asked) -> Standing:
    led = _led(low, chains, marks, asked)
    trailed = [at for at, chain in enumerate(chains) if TRAIL.match(low, chain[-1].end)]
    if asked.several and not asked.negative:
        all_so = [at for at, chain in enumerate(chains) if _is_many(chain) and ALL_SO.match(low, chain[-1].end)]
        trailed = sorted({*trailed, *all_so})
    if asked.negative and (trailed or not led):
        not_so = [at for at, chain in enumerate(chains) if TRAIL_NOT.match(low, chain[-1].end)]
        trailed = not_so or ([] if len(trailed) < len(chains) else trailed)
        if not trailed and not led:
            chains = [chain for chain in chains if not TRAIL.match(low, chain[-1].end)]
    heads = [at for at, chain in enumerate(chains) if fills_line(low, chain)]
    return Standing(chains, led, heads, trailed)


def _led(low: str, chains: list[Chain], marks: dict[int, bool], asked: Asked) -> list[int]:
    """The chains behind words that lead to an answer, without those that are doubted (答案是A？) where others are not."""
    leads, concludes = LEADS.search(low) is not None, CONCLUDE.search(low) is not None
    led = [
        at
        for at, chain in enumerate(chains)
        if is_led(low[max(0, chain[0].begin - BEFORE) : chain[0].begin], leads, concludes and chain[0].begin in marks)
        or TRAIL_LED.match(low, chain[-1].end)
        or (
            asked.last_words
            and low[max(0, chain[0].begin - 12) : chain[0].begin].rstrip(" :是为").endswith(asked.last_words)
        )
    ]
    if not asked.several and len(chains) > 1 and ends_with(low, chains[-1], marks):
        led.append(len(chains) - 1)
    doubted = [at for at in led if low[chains[at][-1].end : chains[at][-1].end + 2].lstrip()[:1] == "?"]
    return [at for at in led if at not in doubted] or led


def _take(low: str, standing: Standing, marks: dict[int, bool], asked: Asked) -> list[int]:
    """The chains that are the answer, by the first of the ways to say so that the text takes; none where it breaks off before it."""
    chains, heads = standing.chains, standing.heads
    if standing.led:
        return _take_led(low, standing, asked.several)
    if standing.trailed:
        return standing.trailed
    if asked.several and (listed := listed_lines(low, chains, heads)):
        return listed
    if is_cut_off(low, chains[-1][-1].end) and not (heads and heads[0] == 0):
        return []
    if heads and (
        any(map(_is_many, map(chains.__getitem__, heads))) if asked.several else not heads[0] or chains[0][0].begin > 2
    ):
        return heads
    before = [low[max(0, chain[0].begin - BEFORE) : chain[0].begin] for chain in chains]
    if likely := [at for at, words in enumerate(before) if LIKELY.search(words)]:
        return likely[-1:]
    first = [
        at
        for at, words in enumerate(before if asked.first else ())
        if FIRST_BEFORE.search(words) or FIRST_BEHIND.match(low, chains[at][-1].end)
    ]
    if first:
        return first
    if not asked.several and chains[0][0].begin <= 2:
        return [0]
    lettered = [at for at, chain in enumerate(chains) if any(one.begin in marks for one in chain)]
    return lettered or list(range(len(chains)))


def _take_led(low: str, standing: Standing, several: bool) -> list[int]:
    """The last chain that is led to; of several right options those before it that are led to in the same words, or listed below it."""
    chains, heads, led = standing.chains, standing.heads, list(standing.led)
    taken = [led[-1]]
    while several and len(led) > 1 and ALSO_LED.fullmatch(low[chains[led[-2]][-1].end : chains[taken[0]][0].begin]):
        taken.insert(0, led.pop(-2))
    if several and led[-1] in heads:
        taken += listed_lines(low, chains, [at for at in heads if at >= led[-1]])[1:]
    return taken


def _follows_another(low: str, chains: list[Chain], lead: int, marks: dict[int, bool], chosen: set[int]) -> bool:
    """Whether right before the chain that is led to the text of another option stands as the answer: 咳嗽，选B."""
    if not lead:
        return False
    before = chains[lead - 1][-1]
    if before.begin in marks or before.number in chosen:
        return False
    gap = low[before.end : chains[lead][0].begin]
    if len(gap) <= 8 and not re.search(r"[。\n!?]", gap):
        return True
    said = SAID_TO_BE.search(low[max(0, before.begin - 8) : before.begin])
    return said is not None and ONLY_LEAD.fullmatch(gap) is not None


def _is_many(chain: Chain) -> bool:
    return len({one.number for one in chain}) > 1

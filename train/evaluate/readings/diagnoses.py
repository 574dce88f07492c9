"""Which diagnoses an answer states: not those that it denies, doubts, tells of the past, warns of or only compares with.

Names and denials are read by `corpora.verify`; here stand the ways in which physicians hedge. A diagnosis is *explicit* (under the heading of
one, or behind words such as 考虑 and "consistent with"), *bare* (named, no more), *weighed* (of several that may be) or none. Of what is only
weighed the first counts, and only where nothing is stated."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from kgtools.corpora.verify import Found, Item, NameIndex, explain
from kgtools.corpora.verify.language.aliases import clean
from kgtools.train.evaluate.readings.diagnosis_words import (
    AHEAD,
    BEHIND,
    CARRIES,
    HEADINGS,
    JOINS,
    OR,
    OR_BEFORE,
    POSSIBLE,
    TIGHT,
    WEIGHS,
)

Names = tuple[str, ...]
State = Literal["read", "abstained", "no_answer", "none"]
QUESTION = {"zh": "该患者的诊断是什么？", "en": "What is the diagnosis of this patient?"}
"""What the verifier takes to be asked: notes of a patient are full of words that would turn its reading."""
WINDOW = 40
"""Characters beside a name in which words bear on it."""
CLAUSE = re.compile(r"[,。;!?\n]|\.(?=[ \n]|$)")
HEADING = re.compile(r"[^\n,。;:!?.]{1,24}:")


class Diagnoses(NamedTuple):
    """What an answer states. `right`: which of the labels, by number; `wrong`: what else, by the first name of each, sorted; `state`: read;
    none: it names no diagnosis of the set that it commits to; abstained: it says that it cannot tell; no_answer."""

    right: frozenset[int]
    wrong: tuple[str, ...]
    state: State


class Vocabulary:
    """The diagnoses that an answer may state: those of a set, and of a table of names."""

    def __init__(self, groups: Iterable[Names]) -> None:
        self.first: dict[str, str] = {}
        for names in groups:
            known = next((self.first[clean(name)] for name in names if clean(name) in self.first), names[0])
            for name in names:
                self.first.setdefault(clean(name), known)
        self.index = NameIndex(sorted(self.first))


class _Mention(NamedTuple):
    """A name in a text. `key`: the first name of its diagnosis, None for the right one."""

    begin: int
    end: int
    key: str | None
    denied: bool


def read_diagnoses(text: str, labels: Sequence[Names], known: Vocabulary, lang: str) -> Diagnoses:
    """The diagnoses that a text states. `labels`: the right ones, each by all names that are accepted."""
    right: set[int] = set()
    others: set[str] = set()
    state: State = "none"
    own = {known.first.get(clean(name), name) for names in labels for name in names}
    for number, names in enumerate(labels):
        # one label at a time: the verifier tells right names from others, not from each other
        heard = explain(text, Item("set", answers=(names,)), known.index, QUESTION.get(lang, QUESTION["en"]))
        stated = _stated(heard.read, _mentions(heard.found, known))
        if None in stated:
            right.add(number)
        others |= {key for key in stated if key is not None and key not in own}
        if heard.score.no_answer:
            state = "no_answer"
        elif heard.score.abstained:
            state = "abstained"
    return Diagnoses(frozenset(right), tuple(sorted(others)), "read" if right or others else state)


def _mentions(found: Iterable[Found], known: Vocabulary) -> list[_Mention]:
    """The names in the order of the text."""
    named = [one for one in found if one.role in ("right", "other")]
    return [
        _Mention(
            one.begin, one.end, None if one.role == "right" else known.first.get(one.text, one.text), bool(one.why)
        )
        for one in sorted(named, key=lambda one: one.begin)
    ]


Kind = Literal["explicit", "bare", "weighed", "denied", "none"]


def _stated(read: str, mentions: Sequence[_Mention]) -> set[str | None]:
    """The keys of what is stated. What is denied behind its last statement is not."""
    if not mentions:
        return set()
    regions = _regions(read)
    wide, close = _runs(read, mentions, JOINS), _runs(read, mentions, TIGHT)
    either = {
        begin: any(OR.search(read, left.end, right.begin) for left, right in pairwise(mentions[begin : end + 1]))
        for begin, end in set(wide)
    }
    kinds = [
        _kind(
            mentions[at].denied,
            _ahead(read, mentions, wide[at][0]),
            _behind(read, mentions, close[at][1]),
            _region_of(regions, mentions[at].begin),
            either[wide[at][0]],
        )
        for at in range(len(mentions))
    ]
    last_denied = {one.key: at for at, one in enumerate(mentions) if kinds[at] == "denied"}
    by_kind: dict[Kind, list[int]] = {}
    for at, one in enumerate(mentions):
        if at >= last_denied.get(one.key, -1):
            by_kind.setdefault(kinds[at], []).append(at)
    explicit = by_kind.get("explicit", [])
    under = [_region_of(regions, mentions[at].begin) for at in explicit]
    if "final" in under:
        return {mentions[at].key for at, region in zip(explicit, under, strict=True) if region == "final"}
    stated = [*explicit, *(() if "diagnosis" in under else by_kind.get("bare", ()))]
    if not stated:
        stated = by_kind.get("weighed", [])[:1]
    return {mentions[at].key for at in stated}


def _kind(denied: bool, ahead: str, behind: str, region: str, either: bool) -> Kind:
    """How a name stands in its text. `ahead`, `behind`: the words of its clause; `region`: what it stands under; `either`: it is in a list
    with "or"."""
    if denied:
        return "denied"
    for kind, words in BEHIND.items():
        if words.match(behind):
            return "denied" if kind == "deny" else "none"
    said = [(found.end(), kind != "state", kind) for kind, words in AHEAD.items() for found in words.finditer(ahead)]
    nearest = max(said, default=(0, False, ""))[2]
    if nearest not in ("", "state", "weigh"):
        return "denied" if nearest == "deny" else "none"
    if region == "apart":
        return "none"
    unsure = nearest != "state" and (
        WEIGHS.search(ahead) or OR_BEFORE.search(ahead) or POSSIBLE.match(behind) or behind.startswith("?")
    )
    if region == "differential" or either or nearest == "weigh" or unsure:
        return "weighed"
    return "explicit" if region in ("diagnosis", "final") or nearest == "state" else "bare"


def _runs(read: str, mentions: Sequence[_Mention], joins: re.Pattern[str]) -> list[tuple[int, int]]:
    """Of each name the numbers of the first and the last of those that are listed with it."""
    runs: list[tuple[int, int]] = []
    begin = 0
    for at in range(1, len(mentions) + 1):
        if at == len(mentions) or not joins.fullmatch(read, mentions[at - 1].end, mentions[at].begin):
            runs += [(begin, at - 1)] * (at - begin)
            begin = at
    return runs


def _ahead(read: str, mentions: Sequence[_Mention], first: int) -> str:
    """What stands in the clause before a list of names; with `R/o torsion, ` what the list began with, though it names what is not known."""
    begin = mentions[first].begin
    text = read[max(0, begin - WINDOW) : begin]
    if carried := CARRIES.search(text):
        return carried[0]
    ends = [found.end() for found in CLAUSE.finditer(text)]
    return text[ends[-1] :] if ends else text


def _behind(read: str, mentions: Sequence[_Mention], last: int) -> str:
    """What stands in the clause behind a list of names, up to the next name; a question mark belongs to it."""
    end = mentions[last].end
    stop = min(end + WINDOW, mentions[last + 1].begin if last + 1 < len(mentions) else len(read))
    text = read[end:stop]
    found = CLAUSE.search(text, 1) if text.startswith("?") else CLAUSE.search(text)
    return text[: found.start()] if found else text


def _regions(read: str) -> list[tuple[int, str]]:
    """Where headings end, each with what stands under it."""
    found = []
    for heading in HEADING.finditer(read):
        kind = next((kind for kind, words in HEADINGS.items() if words.search(heading[0])), "")
        found.append((heading.end(), kind))
    return found


def _region_of(regions: Sequence[tuple[int, str]], place: int) -> str:
    at = bisect_right(regions, place, key=itemgetter(0))
    return regions[at - 1][1] if at else ""

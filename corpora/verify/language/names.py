"""Where the names of an item, and of the other things that its graph knows, stand in a text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.language.aliases import clean, ends_of, short_forms, spellings
from kgtools.corpora.verify.language.reading import fold

RIGHT, WRONG, NEUTRAL, OTHER = "right", "wrong", "neutral", "other"
"""What a name in a text stands for: an answer, what must not be said, what the question or its path is about, any other thing."""

WORD, LATIN = re.compile(r"[a-z0-9]+"), re.compile(r"[a-z0-9]")
START = re.Match.start
NONE: tuple[int, ...] = ()
ALNUM = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
LONGER_BEHIND = re.compile(
    r"足(?!够|以|量|部|不)|性(?!$|[,。;:、!?\n()和与及或的是为等质别状能格])|肾病|脑病|眼病|心肌病|神经病|视网膜|酮症|昏迷|后遗症|样(?:病"
    r"|综合征)|恐惧症"
)
LONGER_BEFORE = re.compile(r"(?:(?<![是并而])非|(?<![这此各两种分食药物人])类|副|亚|假性|继发性|妊娠期?)$")
"""What makes another name of a name that it stands beside: 糖尿病 is not 糖尿病足, 风湿 is not 类风湿."""
FIRST_BEHIND = frozenset("足性肾脑眼心神视酮昏后样恐")
LAST_BEFORE = frozenset("非类副亚性娠期")
BESIDE_ONE = frozenset("和与及或是为在有、等部脏的者对由经填选吃喝用服食患得宜忌如含即成叫称做以括物些种")
"""What may stand beside a name of one character; in 肝炎 there is no 肝."""


HAN = "\u3400"
"""The first Chinese character."""
MASK = "\uffff"
"""Stands for a character at which no name is looked for."""
NEXT = 2
"""By so many characters behind their first word names of several words are found."""


class Mention(NamedTuple):
    """A name in a text: from where to where, what it stands for, and of which of those it is a name."""

    begin: int
    end: int
    role: str
    number: int


class NameIndex:
    """Names that an answer may claim wrongly: the graph's drugs, symptoms and so on, built once for all items.

    They are found by their first characters, the longest first, so that a text costs the same whether there are a hundred names
    or a hundred thousand. Names of one character are left out: they stand within too many words."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(name for name in map(clean.__wrapped__, names) if len(name) > 1)
        han: dict[str, set[int]] = {}
        latin: dict[str, set[int]] = {}
        for name in self.names:
            if name[0] in ALNUM:
                first = len(WORD.match(name)[0])  # type: ignore[index]  # a name that begins so matches
                latin.setdefault(name[:first], set())
                latin.setdefault(name[: first + NEXT], set()).add(len(name))
            elif len(name) > 2:
                han.setdefault(name[:3], set()).add(len(name))
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}  # most names are as long as others
        self._latin = {word: _longest_first(sizes, shared) for word, sizes in latin.items()}
        self._han = {three: _longest_first(sizes, shared) for three, sizes in han.items()}
        self._two = frozenset(name for name in self.names if len(name) == 2 and name[0] not in ALNUM)
        self._pairs = self._two.union(three[:2] for three in han)
        firsts, seconds = ("".join(sorted({pair[at] for pair in self._pairs})) for at in range(2))
        begins = f"[{re.escape(firsts)}](?=[{re.escape(seconds)}{MASK}])" if self._pairs else r"(?!)"
        self._begins = re.compile(begins).finditer

    def __len__(self) -> int:
        return len(self.names)

    def find(self, text: str, known: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
        """From where to where names stand in a folded text, each the longest of those that begin there, none within another.

        `known`: where others stand, in their order, within which none is looked for, nor one that begins there and is no longer."""
        pieces: list[str] = []
        at = 0
        for begin, end in known:
            pieces += (text[at : begin + 1], MASK * (end - begin - 1))
            at = end
        masked = "".join([*pieces, text[at:]])
        ends = dict(known)
        found = [] if text.isascii() else self._find_han(text, masked, ends)
        if LATIN.search(text) is None:
            return found
        latin = self._find_latin(text, masked, ends)
        if not found or not latin:
            return found or latin
        kept, behind = [], 0
        for span in sorted(found + latin, key=lambda span: (span[0], -span[1])):
            if span[0] >= behind:
                kept.append(span)
                behind = span[1]
        return kept

    def _find_han(self, text: str, masked: str, ends: Mapping[int, int]) -> list[tuple[int, int]]:
        """Names that begin with a Chinese character or another sign, by their first three, or both of two."""
        sizes_of, two, names = self._han, self._two, self.names
        found, behind, last = [], 0, len(text)
        pairs = self._pairs
        for begin in [at for at in map(START, self._begins(masked)) if text[at : at + 2] in pairs]:
            if begin < behind:
                continue
            sizes = sizes_of.get(text[begin : begin + 3], NONE)
            if sizes is NONE and text[begin : begin + 2] not in two:
                continue
            known = ends.get(begin, begin)
            for size in (*sizes, 2):
                end = begin + size
                if end <= known:
                    break
                if (
                    text[begin:end] in names
                    and end <= last
                    and (text[end - 1] not in ALNUM or is_whole(text, begin, end))
                ):
                    found.append((begin, end))
                    behind = end
                    break
        return found

    def _find_latin(self, text: str, masked: str, ends: Mapping[int, int]) -> list[tuple[int, int]]:
        """Names that begin with a Latin letter or a digit: only where a word does, by that word or what it is the plural of."""
        sizes_of, names = self._latin, self.names
        found, behind, last = [], 0, len(text)
        for word in WORD.finditer(text):
            first = word[0]
            sizes = sizes_of.get(first)
            if sizes is None and first[-1] != "s":
                continue
            begin, stop = word.span()
            if begin < behind or masked[begin] == MASK:
                continue
            if sizes is None:
                sizes = (len(first) - 1, len(first) - 2)
            else:
                sizes = (
                    *sizes_of.get(text[begin : stop + NEXT], ()),
                    *sizes_of.get(text[begin : stop + 1], ()),
                    *sizes,
                )
                if first[-1] == "s":
                    sizes = (*sizes, len(first) - 1, len(first) - 2)
            known = ends.get(begin, begin)
            for size in sizes:
                end = begin + size
                if end <= known:
                    break
                if text[begin:end] in names and end <= last and is_whole(text, begin, end):
                    found.append((begin, end))
                    behind = end
                    break
        return found


def _longest_first(sizes: Iterable[int], shared: dict[tuple[int, ...], tuple[int, ...]]) -> tuple[int, ...]:
    longest_first = tuple(sorted(sizes, reverse=True))
    return shared.setdefault(longest_first, longest_first)


def is_whole(text: str, begin: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word or number; the plural of an English name is the same name."""
    if text[begin] in ALNUM and begin and text[begin - 1] in ALNUM:
        return False
    if text[end - 1] not in ALNUM:
        return True
    behind = text[end : end + 1]
    if behind not in ALNUM or not behind:
        return True
    if text[end - 1].isdigit():
        return not behind.isdigit() and text[begin] not in ALNUM
    for plural in ("s", "es"):
        if text.startswith(plural, end) and text[end + len(plural) : end + len(plural) + 1] not in ALNUM:
            return True
        if text.startswith(plural, end) and end + len(plural) == len(text):
            return True
    return False


ANOTHER = (OTHER, 0)
new = tuple.__new__


class ItemNames:
    """The names of an item, and those of the question, as they are looked for in a text."""

    def __init__(self, item: Item, index: NameIndex | None, question: str) -> None:
        self.index = index
        self.roles: dict[str, tuple[str, int]] = {}
        self.steps = ends_of(item)
        asked = fold(question)
        in_question = [asked[begin:end] for begin, end in index.find(asked)] if index and question else []
        for role, many in ((RIGHT, item.answers), (WRONG, item.wrong), (NEUTRAL, item.about)):
            for number, names in enumerate(many):
                self._add(names, role, number)
        for number, step in enumerate(item.steps):
            for names in (step.head, step.tail):
                self._add(names, NEUTRAL, -1 - number)
        self._add(tuple(in_question), NEUTRAL, -1_000)
        for number, short in enumerate(short_forms(item.about) if item.of else ()):
            self._add(short, NEUTRAL, number)
        self._latin = tuple(name for name in self.roles if name[0] in ALNUM)
        self._han = tuple(name for name in self.roles if name[0] not in ALNUM)

    def _add(self, names: Names, role: str, number: int) -> None:
        place = (role, number)
        for name in map(clean, names):
            if not name:
                continue
            self.roles.setdefault(name, place)
            for other in spellings(name):
                self.roles.setdefault(other, place)
            if name.isascii() and len(name) > 4 and name.endswith("s") and not name.endswith(("ss", "us", "is")):
                self.roles.setdefault(name[:-1], place)

    def find(self, text: str) -> list[Mention]:
        """All names in a folded text, in its order; of two that overlap the one that holds the other."""
        roles = self.roles
        own = self._own(text)
        mine = [new(Mention, (begin, end, *roles[text[begin:end]])) for begin, end in own]
        others = self.index.find(text, own) if self.index else ()
        if not others:
            return mine
        found: list[Mention] = []
        at, count = 0, len(mine)
        for begin, end in others:
            overlaps = False
            while at < count and mine[at][0] < end:
                one = mine[at]
                at += 1
                first, last = one[0], one[1]
                if (begin <= first and last < end) or (begin < first and last == end):
                    continue  # within a longer name
                overlaps = overlaps or last > begin
                found.append(one)
            if not overlaps and not (found and found[-1][1] > begin):
                found.append(new(Mention, (begin, end, *roles.get(text[begin:end], ANOTHER))))
        return found + mine[at:]

    def _own(self, text: str) -> list[tuple[int, int]]:
        """Where names of the item stand by themselves, none within another."""
        places: list[tuple[int, int]] = []  # from where to where, the end below 0: so the longest sort first
        if self._latin and LATIN.search(text):
            for name in [name for name in self._latin if name in text]:
                begin = text.find(name)
                while begin >= 0:
                    if not begin or text[begin - 1] not in ALNUM:
                        places.append((begin, -begin - len(name)))
                    begin = text.find(name, begin + 1)
        if not text.isascii():
            for name in [name for name in self._han if name in text]:
                begin = text.find(name)
                while begin >= 0:
                    places.append((begin, -begin - len(name)))
                    begin = text.find(name, begin + 1)
        places.sort()
        spans, behind = [], 0
        for begin, below in places:
            if begin >= behind:
                behind = -below
                if _stands(text, begin, behind):
                    spans.append((begin, behind))
        return spans


def _stands(text: str, begin: int, end: int) -> bool:
    """Whether a name of the item stands there by itself."""
    if text[begin] < HAN or text[end - 1] < HAN:
        return is_whole(text, begin, end)
    return (
        end - begin > 1
        and text[end : end + 1] not in FIRST_BEHIND
        and (not begin or text[begin - 1] not in LAST_BEFORE)
    ) or not _is_longer(text, begin, end)


def _is_longer(text: str, begin: int, end: int) -> bool:
    """Whether a Chinese name is only a part of a longer one, by what stands beside it."""
    if end - begin == 1:
        before, behind = text[begin - 1 : begin], text[end : end + 1]
        return any(sign >= HAN and sign not in BESIDE_ONE for sign in (before, behind) if sign)
    if end < len(text) and text[end] >= HAN and LONGER_BEHIND.match(text, end):
        return True
    return (
        begin > 0
        and text[begin - 1] in LAST_BEFORE
        and LONGER_BEFORE.search(text[max(0, begin - 4) : begin]) is not None
    )

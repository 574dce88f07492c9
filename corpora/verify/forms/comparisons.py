"""Answers that compare two things: of which of them a name is said, and what denies nothing because the other has it not.

Where both are asked about, 痛风有关节痛 tells of one alone and claims nothing; where the first alone is asked about, 两者都有发热 does, and
甲亢没有多饮 says 多饮."""

import re
from bisect import bisect
from collections.abc import Sequence

from kgtools.corpora.verify.item import Of
from kgtools.corpora.verify.language.names import NEUTRAL, Mention
from kgtools.corpora.verify.language.topics import LISTED

FIRST, OTHER_ONE = 0, 1
"""The numbers of the two, which stand first in what an item is about."""
SENTENCE = re.compile(r"[。;!?\n]|\.(?=\s|$)")
BOTH = re.compile(
    r"(?<!不)相同|1致|共通|两者|二者|两种|双方|共同|共有|都有|均有|同样|\bboth\b|\bshare[sd]?\b|\bin common\b|\bcommon to\b|\bthe same\b"
    r"|\balike\b|\bthe two\b"
)
FORMER = re.compile(r"前者|第1[个种者]|\bthe former\b|\bthe first\b")
LATTER = re.compile(r"后者|第2[个种者]|\bthe latter\b|\bthe second\b")
DIFFER = re.compile(
    r"区别|差别|差异|不同(?!时|程度|的人)|\bdiffer(?!ential)|\bdistinguish|\bunlike\b|\bwhereas\b|不1样|不尽相同"
)
APART = re.compile(r"答案|因此|所以|\banswer\b|\bso\b|\btherefore\b|\bthus\b")
"""What begins to speak of both, of one of them (of each what it alone has, where they differ), and of neither of them any more."""
CLAUSE = re.compile(r"[,。;!?()\n]|\.(?=\s|$)")
SIGNS = re.compile(
    "|".join(
        f"(?P<{name}>{each.pattern})"
        for name, each in (("both", BOTH), ("former", FORMER), ("latter", LATTER), ("differ", DIFFER), ("apart", APART))
    )
)
NOT_OF = re.compile(
    r"(?:不属于|不在|不是|没有|并?非|不见于|不像|不列[于在]?|不同于|区别于|有别于|未见于|相较于?|相比于?|比起|较|与其)[^,。;!?\n]{0,14}$"
    r"|(?:\bnot(?! only)|n't(?! only)|\bunlike|\bthan|\bcompared (?:with|to)|\bversus|\bvs\.?|\bopposed to|\bdifferent from|\babsent|\bwithout)\b"
    r"[^,.;!?\n]{0,60}$"
)
"""What stands before the other where it has not what is spoken of."""
HAS_NOT = re.compile(
    r"(?:患者|病人|名下)?(?:的?[^,。;!?\n]{0,6}?)?(?:则|却|并|都|也|里|中)?(?:没有|没|不|无|未|缺)|(?:患者)?(?:相比|比较|不同|相反|有别)"
    r"|(?: [a-z]+){0,2}(?: (?:does|do|is|are|has|have|did|was|were|can|may)(?: not|n't| no)\b|n't\b| lacks?\b| cannot\b)"
)
"""What stands behind it there."""
FAR_BEFORE, FAR_BEHIND, NEAR = 80, 60, 30
"""Characters before the other, and behind a name, that are looked at; and between two names that are spoken of together."""


def contrasts(text: str, mentions: Sequence[Mention]) -> bytearray:
    """1 for each character of a text where it says that the other has not what is spoken of: words that deny there deny nothing."""
    inside = bytearray(len(text))
    for one in mentions:
        if _is(one, OTHER_ONE) and (span := _contrast(text, one)):
            begin, end = span
            inside[begin:end] = b"\1" * (end - begin)
    return inside


def _is(one: Mention, number: int) -> bool:
    return one.role == NEUTRAL and one.number == number


def _contrast(text: str, one: Mention) -> tuple[int, int] | None:
    start = max(0, one.begin - FAR_BEFORE)
    before, behind = NOT_OF.search(text[start : one.begin]), HAS_NOT.match(text, one.end)
    if not before and not behind:
        return None
    return start + before.start() if before else one.begin, behind.end() if behind else one.end


def set_apart(text: str, mentions: Sequence[Mention], of: Of) -> dict[int, str]:
    """The numbers of the mentions that are said of what is not asked for, each with why: of one alone, of both, of the other."""
    found: dict[int, str] = {}
    ends = [*(sign.end() for sign in SENTENCE.finditer(text)), len(text)]
    sentence, last = 0, 0
    heads: frozenset[int] = frozenset()
    before: Mention | None = None
    behind = _behind(text, mentions)
    for at, one in enumerate(mentions):
        if one.begin >= ends[sentence]:
            sentence = bisect(ends, one.begin)
            heads, before, last = frozenset(), None, ends[sentence - 1]
        heads = _told(text[last : one.begin], heads)
        if _is(one, FIRST) or _is(one, OTHER_ONE):
            heads = _heads(text, one, heads, before, of)
        elif one.role != NEUTRAL and (why := _why_apart(behind.get(at) or heads, of)):
            found[at] = why
        before, last = one, one.end
    return found


def _behind(text: str, mentions: Sequence[Mention]) -> dict[int, frozenset[int]]:
    """Of the mentions of which the rest of their clause says whose they are (心悸为两者共有), of whom."""
    found: dict[int, frozenset[int]] = {}
    for at in range(len(mentions) - 1, -1, -1):
        one, after = mentions[at], mentions[at + 1] if at + 1 < len(mentions) else None
        if one.role == NEUTRAL:
            continue
        if after and after.role != NEUTRAL and LISTED.fullmatch(text, one.end, after.begin):
            if at + 1 in found:
                found[at] = found[at + 1]
            continue
        stop = CLAUSE.search(text, one.end, one.end + FAR_BEHIND)
        last = stop.start() if stop else min(len(text), one.end + FAR_BEHIND)
        named = [each for each in mentions[at + 1 : at + 5] if each.begin < last]
        if any(each.role != NEUTRAL for each in named):
            continue
        heads = {
            each.number for each in named if _is(each, FIRST) or (_is(each, OTHER_ONE) and not _contrast(text, each))
        }
        if BOTH.search(text, one.end, last):
            heads = {FIRST, OTHER_ONE}
        if heads:
            found[at] = frozenset(heads)
    return found


def _told(gap: str, heads: frozenset[int]) -> frozenset[int]:
    """Of whom is spoken behind words such as 两者 and 前者."""
    for sign in SIGNS.finditer(gap):
        heads = {
            "both": frozenset((FIRST, OTHER_ONE)),
            "former": frozenset((FIRST,)),
            "latter": frozenset((OTHER_ONE,)),
            "differ": frozenset((FIRST,)),
        }.get(sign.lastgroup or "", frozenset())
    return heads


def _heads(text: str, one: Mention, heads: frozenset[int], before: Mention | None, of: Of) -> frozenset[int]:
    """Of whom is spoken behind a name of one of the two."""
    if one.number == OTHER_ONE and of == "first" and _contrast(text, one):
        return heads - {OTHER_ONE}
    together = before is not None and (_is(before, FIRST) or _is(before, OTHER_ONE)) and one.begin - before.end <= NEAR
    return heads | {one.number} if together else frozenset((one.number,))


def _why_apart(heads: frozenset[int], of: Of) -> str:
    if of == "both":
        return "of one alone" if len(heads) == 1 else ""
    return "" if OTHER_ONE not in heads else "of both" if FIRST in heads else "of the other"

"""What a clause sets against what was claimed before it: ..., whereas tremor is seen in hyperthyroidism; ……，而西方国家以酗酒更为多见.

Such a clause claims nothing where it gives its names to another disease, or, where what to avoid is asked for, to those who may use them."""

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from kgtools.corpora.verify.item import Names
from kgtools.corpora.verify.language.aliases import names_of
from kgtools.corpora.verify.language.names import NEUTRAL, Mention
from kgtools.corpora.verify.language.reading import Text
from kgtools.corpora.verify.language.topics import LISTED

OPENS = re.compile(
    r"(?:[,;。.] ?|\n)(?:而(?![且是不非言后])|(?:whereas|while|(?:in|by) contrast,?|conversely,?|on the other hand,?) (?:the |an? )?)"
)
OPENING = frozenset(("whereas", "while", "contrast", "conversely", "other"))
"""One of these is in whatever opens such a clause in English."""
ENDS = re.compile(r"[。;!?\n]|\.(?=\s|$)")
AFFIRMS = re.compile(r"也|亦|同样|正确|答案|才是|[两二]者|\b(?:also|too|both|as well|correct|right|answer)\b")
"""What says in such a clause that it claims all the same."""
DISEASE = (
    r"(?:(?![这此该本同重轻早晚急慢各])[^,。;:!?\n]{0,12}?(?:病|(?<![发遗重轻危急])症|综合征|炎|癌|瘤|感冒|流感|哮喘|梗[死阻]|甲亢|甲减|减退"
    r"|亢进|结核|中毒)"
    r"|(?!(?:the |an? )?(?:severe|advanced|early|late|mild|acute|chronic|active|this|these|such|same|any|each|most|many|some|both|all)\b)"
    r"(?:[a-z']{1,20} ){0,3}?[a-z]{0,20}(?:isms?|itis|(?<!gn)osis|a?emia|oma|iasis|diseases?|syndrome|disorders?|deficiency|failure|infections?"
    r"|influenza|flu|asthma|diabetes)\b)"
)
"""What another disease is called, by how it ends; a stage or degree of a disease is none."""
ELSEWHERE = re.compile(
    rf"(?:则|却|更|多|常|均|都|主要|往往|一般|通常){{0,3}}(?:见于|出现[在于]|发生[在于]|属于|提示){DISEASE}"
    rf"|(?:则|却|更|均|都|主要|往往){{0,3}}[是为]{DISEASE}的(?:典型|常见|主要|特征性|特有|临床)?(?:表现|症状|特征|特点|体征|并发症|病因|诱因)"
    r"|(?: (?:is|are|would be))?(?: (?:more|usually|typically|rather|instead|mainly|all)){0,2} "
    r"(?:(?:an? )?(?:seen|found|typical|characteristic|common|signs?|symptoms?|features?|suggestive|occurs?) (?:in|of|with|for)"
    rf"|suggests?|indicates?|points? to|belongs? to) {DISEASE}"
)
USED = re.compile(
    r"(?:则|却)?(?:是|为|属于)[^,。;:!?\n]{0,6}?(?:治疗|常用|首选|推荐)[^,。;:!?\n]{0,4}?(?:药物?|用药)(?=[,。;!?\n]|$)"
    r"| (?:is|are)(?: an?| the)?(?: [a-z]+){0,2} (?:treatments?|mainstay|first line|drugs? of choice)\b"
)
"""What follows names that are given to another disease; and those that are used, where what to avoid is asked for."""
OTHER_GROUP = re.compile(
    r"([^,。;:!?\n]{2,12}?)(?:则|却|多|主要|常){0,2}[以是为]|in ([a-z ]{3,30}?),? (?:it is |the |an? )?"
)
MORE_SO = re.compile(
    r"(?:更为?|最为?|较为?)?(?:多见|常见|普遍|居多|为主|为多)(?=[,。;!?\n]|$)| (?:is|are) (?:more|the most|most) (?:common|frequent)\b"
)
"""What stands before and behind the one name that is more so in another group, of which the question says nothing."""
WORDS = re.compile(r"[a-z]+|[^\sa-z]")
OF_ANY = frozenset(["the", "a", "an", "is", "are", "in", "of", "it", *"是的为在有就,"])
"""Words of any sentence."""
REACH, MOST = 200, 24
"""Characters and mentions before such a clause that are looked at."""


def set_against(
    text: Text,
    mentions: Sequence[Mention],
    denied: Collection[int],
    about: Sequence[Names],
    question: str,
    avoiding: bool,
    one: bool,
) -> dict[int, str]:
    """The numbers of the mentions that such clauses name, each with why. `about`: what the question is about; what is said of that
    claims. `one`: whether a single answer is asked for, so that what is more so in another group is none."""
    read = text.read
    found: dict[int, str] = {}
    begins = [each.begin for each in mentions]
    topics = [name for names in about for name in names_of(names)]
    for opens in OPENS.finditer(read):
        begin = opens.end()
        end = ENDS.search(read, begin, begin + REACH)
        stop = end.start() if end else min(len(read), begin + REACH)
        inside = range(bisect(begins, begin - 1), bisect(begins, stop - 1))
        before = _claim_before(mentions, denied, inside.start, begin - REACH)
        if not inside or before is None or AFFIRMS.search(read, begin, stop):
            continue
        clause = read[begin:stop]
        if any(mentions[at].role == NEUTRAL for at in inside) or any(name in clause for name in topics):
            continue
        last = inside.start
        while last + 1 in inside and LISTED.fullmatch(read, mentions[last].end, mentions[last + 1].begin):
            last += 1
        if mentions[inside.start].begin == begin:
            if (USED if avoiding else ELSEWHERE).match(read, mentions[last].end):
                found |= dict.fromkeys(inside, opens[0].strip(" ,;。.\n"))
        elif (
            one
            and last + 1 == inside.stop
            and _is_of_another_group(read, mentions, before, inside.start, begin, question)
        ):
            found |= dict.fromkeys(inside, opens[0].strip(" ,;。.\n"))
    return found


def _claim_before(mentions: Sequence[Mention], denied: Collection[int], first: int, least: int) -> int | None:
    """The last mention before a place that claims."""
    for at in range(first - 1, max(0, first - MOST) - 1, -1):
        if mentions[at].begin < least:
            return None
        if at not in denied and mentions[at].role != NEUTRAL:
            return at
    return None


def _is_of_another_group(
    read: str, mentions: Sequence[Mention], before: int, only: int, begin: int, question: str
) -> bool:
    """Whether the clause before answers in words of the question alone, and this one says what is more so in another group."""
    group = OTHER_GROUP.fullmatch(read, begin, mentions[only].begin)
    if not group or not question or not MORE_SO.match(read, mentions[only].end):
        return False
    asked = OF_ANY.union(WORDS.findall(question))
    named = mentions[before].begin
    least = max(0, named - REACH)
    start = max(least, *(read.rfind(sign, least, named) + 1 for sign in ("。", ";", "\n", ". ")))
    if not asked.issuperset(WORDS.findall(read[start:named])):
        return False
    return not any(part in question for part in _parts(group[1] or group[2]))


def _parts(group: str) -> Iterator[str]:
    """What a group must not share with the question: its words, or any two of its characters."""
    if group.isascii():
        yield from (word for word in group.split() if len(word) > 2 and word != "the")
    else:
        yield from map("".join, pairwise(group))

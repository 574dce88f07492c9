"""What a clause gives to another disease than is asked about: lacrimation points to cluster headache; 流泪提示丛集性头痛.

Only what is no answer is looked at: so that a clause is read in this way takes nothing away from what is right."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

from kgtools.corpora.verify.language import diseases
from kgtools.corpora.verify.language.names import NEUTRAL, Mention
from kgtools.corpora.verify.language.topics import LISTED

_MORE = (
    r"(?:(?:would|should|could|will|might|may|rather|usually|typically|more|often|mainly|all|both|only|really|actually|instead|in fact|much|most"
    r"|together|far|a|an|the|be|generally|commonly) ){0,4}"
)
LATIN = re.compile(
    rf"(?:e?s)?[)\]]?,? (?:(?:is|are|was|were|would be) {_MORE}(?:seen|found|typical|characteristic|common|signs?|symptoms?|features?"
    rf"|suggestive|hallmarks?"
    r"|findings?|triggers?|risk factors?|part|treatments?|drugs?|used|given|indicated|reserved|meant|expected|present|specific"
    r"|associated|linked|related)"
    rf" (?:in|of|with|for|to) |{_MORE}(?:suggests?|indicates?|points? (?:to|towards?)|belongs? (?:to|with|in)|goes? with|go along with|fits?|means?"
    r"|reflects?|signals?|occurs? in|(?:makes?|make) (?:you|one|me) think of|treats?|argues? for|speaks? for"
    r"|raises? (?:the )?(?:suspicion|possibility) of|hints? at|characteri[sz]es?) )(?:the |an? )?"
)
HAN = re.compile(
    r"(?:的话)?,?(?:那|这|它|其)?(?:则|却|更|多|常|均|都|主要|往往|一般|通常|应该?|要|反而|才|其实|实际上|事实上|倒){0,3}"
    r"(?:见于|出现[在于]|发生[在于]|属于?|提示|指向|说明是|考虑|想到|归于?|符合|意味着|支持|反映|用于|用来|针对|治疗?"
    r"|[是为](?=[^,。;!?\n]{2,16}?的?(?:表现|症状|特征|特点|体征|并发症|诱因|用药|药物?|首选|危险因素|问题|事)(?:[,。;!?\n]|$)))"
)
AND_TO = re.compile(r"(?:e?s)?[)\]]?(?: is| are)?,? (?:to|of|with|in|for|from) (?:the |an? )?")
"""Behind the second of two, where the verb is left out: mydriasis belongs to a third nerve palsy and proptosis to thyroid eye disease."""
IT_IS = re.compile(
    r"(?:e?s)?[)\]]?(?:,|;|:|\.| -| and| as| because| since)? ?(?:that|which|it|this|those|these|they) (?:is|are|was|would be"
    r"|belongs? to|points? to|suggests?|goes with"
    r"|means|fits) (?:an? |the |for |of |seen in |typical of ){0,2}|[,;:。]?(?:那|这|它)(?:些|个)?(?:是|属于?|见于|提示|指向|才是)"
)
"""Behind what is denied: what it is instead."""
CLAUSE = re.compile(r"[,。;!?\n]|\.(?=\s|$)| (?:and|but|while|whereas) (?=[a-z])|而")
SENTENCE = re.compile(r"[。;!?\n]|\.(?=\s|$)")
OTHERWISE = re.compile(r"instead|rather|\bnot\b|而不是|而非|不是|另1|其[他它]")
AFFIRMS = re.compile(r"也|亦|同样|正确|答案|才是本|[两二]者|\b(?:also|too|both|as well|correct|right|answer)\b")
OTHER_HAN = re.compile(rf"{diseases.HAN}|[\u3400-\u9fff]{{2,8}}(?:头痛|眩晕|[热痛瘫麻]痹?|损伤|出血)")
OTHER_LATIN = re.compile(rf"(?<![a-z']){diseases.LATIN}")
REACH, MOST = 60, 24
"""Characters of a clause, and mentions of a list, that are looked at."""


def given_away(
    text: str,
    mentions: Sequence[Mention],
    denied: Collection[int],
    claims: Collection[int],
    is_another: Callable[[str], bool],
    topics: Sequence[str],
) -> Iterator[int]:
    """The numbers of the mentions that a clause gives to another disease, and of that disease. `claims`: those that are looked
    at; `topics`: names of what is asked about: a clause that has one of them tells of that."""
    elliptic = False
    for at, one in enumerate(mentions):
        if at in denied and one.role != NEUTRAL:
            if found := IT_IS.match(text, one.end):
                yield from _within(text, mentions, at, found.end(), claims)
            continue
        if at not in claims:
            elliptic = elliptic and one.role != NEUTRAL
            continue
        pattern = LATIN if text[one.end : one.end + 3].isascii() else HAN
        found = pattern.match(text, one.end) or (AND_TO.match(text, one.end) if elliptic else None)
        elliptic = False
        if not found:
            continue
        stop = CLAUSE.search(text, found.end(), found.end() + REACH)
        last = stop.start() if stop else min(len(text), found.end() + REACH)
        rest = text[found.end() : last]
        if any(topic in rest for topic in topics) or AFFIRMS.search(rest) or not _is_other(rest, is_another):
            continue
        elliptic = True
        yield from _list_to(text, mentions, at, claims)
        yield from _within(text, mentions, at, found.end(), claims)


def _is_other(rest: str, is_another: Callable[[str], bool]) -> bool:
    """Whether a clause names another disease, or says that it tells of another."""
    if OTHERWISE.search(rest):
        return True
    named = (OTHER_LATIN if rest.isascii() else OTHER_HAN).search(rest)
    return named is not None and is_another(named[0])


def _list_to(text: str, mentions: Sequence[Mention], last: int, claims: Collection[int]) -> Iterator[int]:
    """The mention and those before it in a list."""
    yield last
    for before, at in pairwise(range(last, max(-1, last - MOST), -1)):
        if at not in claims or not LISTED.fullmatch(text, mentions[at].end, mentions[before].begin):
            return
        yield at


def _within(text: str, mentions: Sequence[Mention], at: int, begin: int, claims: Collection[int]) -> Iterator[int]:
    """The mentions of the clause that begins there."""
    stop = CLAUSE.search(text, begin, begin + REACH)
    last = stop.start() if stop else begin + REACH
    for behind in range(at + 1, min(len(mentions), at + 4)):
        if mentions[behind].begin >= last:
            return
        if behind in claims:
            yield behind

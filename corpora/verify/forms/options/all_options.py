"""All options, or all but some, chosen in words: everything except C; 全选; 只有C不对."""

import re
from collections.abc import Collection, Mapping, Sequence

from kgtools.corpora.verify.language.names import Mention

_EVERY = (
    r"\b(?:all|everything|every(?: single)? (?:option|one|choice|answer)|each (?:option|one)|any(?:thing)?|the rest)"
    r"(?: (?:of )?(?:them|the above|the (?:other )?(?:options|answers|choices)|these|those|options|answers|choices|others?))?"
    r"(?: (?:is|are|apply|applies|fits?|counts?|holds?)(?: (?:correct|right|true))?)?"
)
ALL_BUT = re.compile(
    r"除.{1,60}?[外,]?,?(?:其[他余它]|剩下)?(?:的|[4-9]?[项个])?(?:选项)?(?:全部?|[都均皆]){1,2}(?:应该?|要)?(?:正确|对|是|选|属于|符合|成立"
    r"|可)|[a-h](?:项)?(?:以外|之外|除外),?[^,。;!?\n]{0,6}[都均全]"
    rf"|{_EVERY},? (?:except(?: for)?|but(?! not all)|bar|save|apart from|other than|excluding|minus|without)\b"
)
ONLY_NOT = re.compile(
    r"(?:只有|仅有?|唯独|唯1|就)[^,。;!?\n]{0,4}[a-h]项?(?:[^,。;!?\n]{0,4})(?:不|错|没有|除外)|(?:错误|不正确|不对|不选|不符合?"
    r"|不属于)的?(?:选项)?(?:只有|仅有?)[^,。;!?\n]{0,3}[a-h]"
    r"|\b(?:only|just) \(?(?:option )?[a-h]\)? (?:is|does|are|fails?|has|was|needs?)(?: not|n't| wrong| incorrect| false| out| excluded"
    r"| to be excluded| the exception)"
    r"|\b[a-h]\)? is (?:the )?(?:only|sole|single|lone|one) (?:(?:one|option|answer) )?(?:wrong|incorrect|false|exception|odd one|that (?:is"
    r"|does)(?: not|n't)|not)"
)
"""Says that all options are right but those that it names, which are few."""
NONE_BUT = re.compile(
    r"除.{1,60}?外?,?(?:其[他余它])?(?:选项)?[都均全](?:不|错|是错)|\bnone (?:of (?:them|the above|the options) )?(?:except|but)\b"
)
THE_REST = re.compile(
    r"(?:其[余它他]|剩下|余下)(?:的)?(?:[2-7][项个种])?(?:选项|情况|各项)?(?:[都均皆全](?!不|错|没|无|非|是错)|是(?=[。,;!\n]|$)|可|正确|对(?!应)|符合|应选)"
    r"|\b(?:keep|take|choose|select|leav(?:e|es|ing)) (?:only )?(?:all )?(?:the )?(?:rest|remaining|others?)\b"
    r"|\bthe (?:rest|others) (?:are|do|apply|fit)\b(?! not)"
    r"|\b(?:others?|rest|remaining)(?: (?:two|three|four|five|ones|options|choices))*(?: (?:are|is|must be))?(?: all)?"
    r" (?:right|correct|true|the answers?)"
)
"""Says that what is not named is right."""
REST_SIGN = re.compile("[其剩余]|rest|remaining|other")
"""In whatever says so."""
ALL = re.compile(
    r"全选|(?:以上|上述|所有|各项|每1?项|(?<![第、,\d])[4-9][项个]|全部)(?:选项|答案)?(?:全部?|[都均皆是]){0,2}(?:正确|对|选|符合|是|应选)"
    r"|\ball (?:of )?(?:the )?(?:above|of (?:them|these|the options)|(?:four|five|six|seven)|options|answers|choices)\b"
    r"|\b(?:every|each) (?:single )?(?:option|one|choice|answer) (?:is|are|applies|fits)\b|\ball (?:are|apply|is)\b"
)
EACH = re.compile(
    r"\b(?:tick|select|choose|pick|mark) (?:every|all)\b|\ball (?:three|four|five|six) (?:of the )?options\b|全选"
)
"""Says that all are chosen, whatever else is named."""
NOT_ALL = re.compile(r"(?:不|非|没有?|不能|并非|不要|别|\bnot|n't|\bnever|\bnone of|\bfew of) ?$")
"""Says that all options are right; what stands before it where that is not so."""
LETTER = re.compile(r"(?<![a-z])[a-h](?![a-z])")
BEHIND = 40
"""Characters behind such words in which the options stand that they leave out."""


def all_but(low: str, mentions: Sequence[Mention], where: Mapping[int, bool], count: int) -> set[int]:
    """The options that are chosen by leaving out others; none where no words say so. `where`: where the mentions that are letters begin."""
    for words in (ALL_BUT.search(low), ONLY_NOT.search(low)):
        if words:
            stop = SENTENCE.search(low, words.end(), words.end() + BEHIND)
            last = stop.start() if stop else words.end() + BEHIND
            named = [one for one in mentions if words.start() <= one.begin < last]
            out = {one.number for one in named if one.begin in where} or {one.number for one in named}
            if 0 < len(out) < count:
                return set(range(count)) - out
    return set()


ALL_SO = re.compile("[都均皆全]|没有?错|(?:true|correct) statements|(?:are|is) (?:all )?(?:true|correct)")
"""Says of several options that they are so."""
SENTENCE = re.compile(r"[。;!?\n]|\.(?=\s|$)")


def by_leaving_out(
    low: str, mentions: Sequence[Mention], where: Mapping[int, bool], denied: Collection[int], chosen: Collection[int], count: int,
    several: bool, negative: bool, all_said: bool, called: bool,
) -> set[int]:  # fmt: skip
    """The options that are chosen as all, or as all but others; none where they are chosen otherwise. `denied`: places in `mentions`; `several`:
    several are asked for; `negative`: what is not so; `all_said`: all are said to be right; `called`: some are called right by name."""
    options, out = set(range(count)), {mentions[at].number for at in denied}
    if several and not negative and (left := all_but(low, mentions, where, count)):
        return left
    if all_said and (not chosen or (not denied and EACH.search(low))):
        return options
    if negative and not several and len(chosen) != 1 and ALL_SO.search(low):
        named = {one.number for one in mentions}
        if len(named) == count - 1:
            return options - named
    if out and not chosen and ALL_BUT.search(low):
        return options - out
    if out and not chosen and NONE_BUT.search(low):
        return out
    if several and not negative:
        return set() if called else the_rest(low, mentions, count)
    left = options - out
    return left if len(left) == 1 and not chosen and not negative else set()


def the_rest(low: str, mentions: Sequence[Mention], count: int) -> set[int]:
    """The options that are chosen as those that are not named before: D不选，其余都对; none where no words say so."""
    words = THE_REST.search(low) if REST_SIGN.search(low) else None
    named = {one.number for one in mentions if words and one.begin < words.start()}
    behind = words is not None and any(one.begin > words.end() for one in mentions)
    return set(range(count)) - named if named and not behind else set()


def says_all(low: str, denied: Collection[int]) -> bool:
    """Whether a text says in words that all options are right."""
    words = ALL.search(low)
    return words is not None and not denied and not NOT_ALL.search(low[max(0, words.start() - 12) : words.start()])

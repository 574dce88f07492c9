"""Choices that decide nothing, or say two things: if the key says A, A; A and B called right in turn; C, which is to say the text of B."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial

from kgtools.corpora.verify.forms.options.words import REACH
from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.language.aliases import names_of
from kgtools.corpora.verify.language.diseases import Topics, is_another, topics_of
from kgtools.corpora.verify.language.given import given_away
from kgtools.corpora.verify.language.names import Mention
from kgtools.corpora.verify.language.reading import Text

_WHO = (
    r"(?:the |your |an? )?(?:(?:answer |official |marking |correct )?(?:key|scheme|sheet)|(?:correct|right|true|expected|intended|official|real)"
    r" (?:answer|option|choice|one|letter)|answer|examiner|grader|teacher|marker|book|textbook|solution|question|you)"
)
_SAYS = (
    r"(?: (?:turns out|happens|proves))?(?: to be| is| are| was| were| says?| reads?| wants?| has| have| gives?| lists?| shows?| states?| expects?"
    r"| marks?| prefers?| thinks?| accepts?| names?| had| said){1,2} ?(?:it(?: is|'s)? |for |option |letter )?[(\['\"]?"
)
_WHO_HAN = r"(?:(?:标准|参考|正确|官方|最终|题目的?|真正的?|所给)?(?:答案|选项|解析)|答题卡|老师|考官|阅卷人|题目|评分标准|[您你]们?|书上|教材)"
CONDITIONAL = re.compile(
    rf"(?:\b(?:if|when|whenever|should|suppose|supposing|assuming|provided|in case|where|were)(?: that)? {_WHO}{_SAYS}(?P<latin>[a-h])(?![a-z'])"
    rf"|(?:如果|若是?|假如|要是|倘若|假设|假使|万1|当)(?:说)?{_WHO_HAN}(?:[应会]?该?)?(?:是|为|说是?|写的?是?|选|给的?是?|认为是?|认定"
    rf"|要求|判|定为|填|倾向于?)(?:选项)?"
    r"(?P<han>[a-h])(?![a-z]))[^。.!?\n]{0,200}"
    r"|\b(?:option )?[a-h],? (?:only )?(?:if|when|provided|assuming|in case|unless)(?: that)? "
    rf"{_WHO}{_SAYS}[a-h](?![a-z'])[^。.!?\n]{{0,200}}"
    r"|(?:如果|若是?|假如|要是|倘若)[^。;!\n]{0,40}(?:就|则|才|应|要)选[a-h](?![a-z])"
    r"|(?:答案|标准答案)是?[a-h](?:的话)?,?(?:我)?(?:就|便|则)(?:是?选|答|填)?[a-h](?![a-z])[^。.!?\n]{0,200}"
)
"""What would be chosen were something else chosen."""
CONDITION = re.compile("[如若假倘就则便当要万]")
CONDITION_WORDS = frozenset([
    "if", "when", "whenever", "should", "suppose", "supposing", "assuming", "provided", "case", "unless", "where", "were",
])  # fmt: skip
"""A sign or a word of these is in each of them."""
TURNS = re.compile(
    r"更正|订正|修正|改|不对|错|重新|最终|最后|综上|因此|所以|总之|故|而是|应该?是|但|不过|等等|等1下|抱歉|再想|其实|不是|排除|并非"
    r"|\b(?:wait|actually|correct(?:ion|ing)|chang|switch|revis|sorry|no\b|not\b|n't|but|however|instead|rather|final|therefore|thus|so\b|hence|on"
    r" (?:second|reflection)|mistake|wrong|scratch|i mean|overall|conclu)"
)
"""Says of what was said that it is not so, or concludes from it."""
SAYS_TEXT = re.compile(
    r"[)\]}'\"]{0,2}(?:选项|项)?[\s,。.;:!(-]{0,4}(?:答案|选项|它|这|其)?(?:其实|实际上)?(?:也|亦)?(?:就|即)?(?:具体(?:来)?(?:说"
    r"|讲)?(?:就)?(?:是|为)?|换(?:句话|言之)(?:说|讲)?,?(?:就)?是?"
    r"|就是(?:说)?|即(?:是|为)?|意思(?:就)?是|指的?(?:就)?是|代表|对应的?(?:就)?(?:是|为)?|内容(?:就)?(?:是|为)|也就是(?:说)?"
    r"|说的(?:就)?是|写的(?:就)?是|亦即)[:,]?"
    r"|[)\]}'\"]{0,2}[\s,.;:!(-]{0,4}(?:or |and |it |this |option |letter )?(?:(?:by )?(?:that|which|this|it|option [a-h]"
    r"|[a-h])?,? ?(?:i )?(?:is to say|is|was"
    r"|means?|reads?|stands for|refers to|says?|mean|being|corresponds to|represents|denotes)|namely|i\.e\.|ie|in other words|to wit"
    r"|specifically|viz\.?"
    r"|to be (?:specific|precise)|in plain words|meaning|aka)[,:]? (?:the |an? |option |in fact |simply |of course )?"
)
"""What stands between a letter and the text that it is said to stand for."""


def may_hang(text: Text) -> bool:
    """Whether a text has any word of a condition."""
    return CONDITION.search(text.read) is not None or not CONDITION_WORDS.isdisjoint(text.words)


def without_conditions(read: str, low: str) -> tuple[str, str]:
    """A text, and itself in lower case, with spaces in place of choices that hang on what somebody else says."""
    for words in CONDITIONAL.finditer(low):
        blank = " " * (words.end() - words.start())
        read = read[: words.start()] + blank + read[words.end() :]
        low = low[: words.start()] + blank + low[words.end() :]
    return read, low


REMOVES = re.compile(r"掉|划|删|剔除|排除|作废|strike|struck|remov|drop|exclud|cross|delet|scratch|rule")
REMOVED = re.compile("(?:要|应该?|得|可以?|被)?(?:去掉|划掉|删|剔除|排除掉?|作废)")
"""Takes off what stands before it: E要去掉."""
TORN = re.compile(r"(?:[,、:(]|[应的和是为在或及与]| (?:an?|the|of|and|or|to|is|are|with|in|for))$")
"""Ends a text in the middle of a sentence, however short it is."""
CUT = 60
"""Characters from which on an answer that ends in the middle of a sentence was cut off."""


def is_cut_off(low: str, end: int) -> bool:
    """Whether a text stops in the middle of a sentence, behind the last option that it names."""
    last = low.rstrip()
    return len(last) > CUT and end < len(last) and last[-1] not in "。.!?…)]}'>✓✔√✅☑"


def removed(low: str, mentions: Sequence[Mention], denied: Mapping[int, str]) -> set[int]:
    """The options that are taken off again where they are named last: 去掉D."""
    last = {one.number: at for at, one in enumerate(mentions)}
    return {
        number
        for number, at in last.items()
        if REMOVES.search(denied.get(at, "")) or REMOVED.match(low, mentions[at].end)
    }


def in_turn(low: str, chains: Sequence[Sequence[Mention]], led: Sequence[int], count: int) -> bool:
    """Whether more than half of the options are called the answer one after the other, without a word that takes any of them back."""
    if len(led) < 2:
        return False
    called = {chains[led[-1]][0].number}
    for before, at in zip(led[-2::-1], led[:0:-1], strict=True):
        if TURNS.search(low, chains[before][-1].end, chains[at][0].begin):
            break
        called.add(chains[before][0].number)
    return 2 * len(called) > count


def explained_as_another(
    low: str, mentions: Sequence[Mention], denied: Collection[int], marks: Mapping[int, bool], chosen: Collection[int]
) -> bool:
    """Whether the letter that is chosen is said to stand for the text of another option, and nowhere beside its own."""
    if len(chosen) != 1 or len(mentions) < 2:
        return False
    only = next(iter(chosen))
    if any(one.number == only and one.begin not in marks for one in mentions):
        return False
    for at, one in enumerate(mentions[:-1]):
        other = mentions[at + 1]
        told = one.begin in marks and one.number == only and other.begin not in marks and at + 1 not in denied
        if told and SAYS_TEXT.fullmatch(low, one.end, other.begin):
            return True
    return False


def refuse_texts(mentions: list[Mention], denied: dict[int, str], marks: dict[int, bool], low: str) -> None:
    """Deny the text of an option whose letter is denied behind it: fever points to another disease, so not A."""
    for at, why in list(denied.items()):
        one = mentions[at]
        if one.begin not in marks:
            continue
        for before in range(at - 1, max(-1, at - 4), -1):
            other = mentions[before]
            near = other.number == one.number and other.begin not in marks and one.begin - other.end <= REACH
            if near and not re.search(r"[。!?\n]", low[other.end : one.begin]):
                denied.setdefault(before, why)


@lru_cache(4_096)
def _topics(about: tuple[Names, ...], asked: str) -> tuple[list[str], Topics]:
    """The names of what an item is about, and what these and its question tell from other diseases."""
    names = [name for each in about for name in names_of(each)]
    return names, topics_of(names, asked)


def of_others(
    low: str, mentions: Sequence[Mention], denied: Collection[int], marks: Mapping[int, bool], item: Item, asked: str
) -> dict[int, str]:
    """The texts of options that are given to another disease than is asked about, where any other option stays named."""
    free = {at for at in range(len(mentions)) if at not in denied}
    texts = {at for at in free if mentions[at].begin not in marks}
    if not texts or len(free) < 2:
        return {}
    names, topics = _topics(item.about, asked)
    apart = set(given_away(low, mentions, denied, texts, partial(is_another, topics=topics), names))
    numbers = {mentions[at].number for at in apart}
    return dict.fromkeys(apart, "of another") if any(mentions[at].number not in numbers for at in free) else {}

"""Which names in a text are denied: "not fever", 不包括发热, 发热不是其症状."""

import re
from collections.abc import Sequence

from kgtools.corpora.verify.language.asked import ASKS_FOR_LACK, Asked
from kgtools.corpora.verify.language.cues import find_cues, may_deny
from kgtools.corpora.verify.language.denial_words import CUES, HEADING, HEADING_LINE, SAFE, USED
from kgtools.corpora.verify.language.names import NEUTRAL, Mention
from kgtools.corpora.verify.language.reading import Text
from kgtools.corpora.verify.language.topics import LISTED, denied_topics, of_another_class, of_pronoun, of_second_verb

ENDS = re.compile(
    r"[。;!?\n]|\.(?=\s|$)|但|而是|而(?!不|非)|却|反而|外(?!伤|阴|科|痔|周|耳|源)|其[他它余]|只有|应该?[是为]|"
    r"(?<=[a-z])(?<!following):|\b(?:but|however|instead(?! of)|it is|it's|yet|although|only|the answer|leav(?:es?|ing))\b"
)
"""What ends that which a denial denies."""
ENDS_WITH_AND = frozenset(("out", "avoid", "unneeded", "void"))
COMMA = frozenset(("list", "besides", "label", "not_for"))
AVOIDING, NOT_AVOIDING = frozenset(("advise", "harmless")), frozenset(("avoid", "unneeded", "not_for"))
"""Kinds of words that deny only where what to avoid is asked for, or only where it is not."""
BOTH_WAYS = frozenset(("verb", "behind", "avoid", "advise", "harmless", "void", "unneeded", "shields", "harms"))
ONLY_BEFORE = frozenset(("behind", "shields", "harms"))
ALL_NONE = frozenset(("都没有", "均无", "都不是", "均不是"))
APART = frozenset(("不是", "并不是", "并非", "非", "not"))
NO_CLASS = APART | {"而不是", "而非", "rather than", "instead of"}
OPENING = frozenset(("without", "absence of"))
OPENS = re.compile(r"(?:^|[.;!?\n]) ?(?:in (?:the )?)?$")
"""What denies the names up to a comma where it opens a sentence: without fever, cough is ..."""
HEADED = frozenset(("没有", "无", "没", "不是", "排除", "eliminated", "ruled out", "crossed out"))
HEADS = frozenset(("list", "label", "not_for"))
FIRST_BELOW = re.compile(r"[^,。;!?\n]{0,12}:? {0,2}\n{1,2} {0,4}(?:[-+] ?|\(?\d{1,2}[.、)]? ?)?")
BELOW = re.compile(r"[ ,.;。、)]{0,3}\n {0,4}(?:[-+] ?|\(?\d{1,2}[.、)]? ?)?")
"""All that stands between a heading and the first line of its list, and between two lines."""
HARMED = re.compile(
    r"(?:[^,。;!?\n防减免缓预降]{0,12},)?(?:等|这[类种些]|之类|[的都均也会可能还最极易对])?(?:食物|食品|饮料|饮品|水果|身体|关节|肠胃|胃|病情|恢复)?"
    r"(?:容易|可能|反而|往往|非常|十分|[都均也会可能还最极易]){0,3}"
    r"|(?: (?:foods?|drinks?|juice|can|may|might|will|would|could|all|both|also|only|often|usually|are|is|be|tends? to|known to|very|too|so"
    r"|really)){0,4} "
)
"""All that stands between what does harm and words that say so."""
TOPICAL = frozenset(("不属于", "并不属于"))
ONLY_BEHIND = frozenset(("而不是", "而非", "rather than", "instead of", "unlike"))
SHORT = frozenset(("没有", "没", "无", "非", "排除", "否认", "不在", "不能"))
TREATED = re.compile(r"(?:特殊|特别|任何)?(?:治|处理|担心|紧张|就医)| (?:treatment|worry)")
TOPIC = re.compile(r"[^,。;!?\n]{0,24},(?:故|因此|所以|应|可以?|已)?")
REACH = 80
JOINS = re.compile(r"[和与及或都均全皆并]|\b(?:and|or|nor|both|all)\b")
TOWARDS = re.compile(r" ?(?:对|对于|与|和|在|针对|has|have|had|for|on|in|against|of)? ?")
OR_AHEAD = re.compile(r"(?:e?s)?,? (?:[a-z ]{1,40}, ){0,6}(?:[a-z ]{1,40} )?n?or ")
AND_AHEAD = re.compile(r"(?:e?s)?,? (?:[a-z ]{1,40}, ){0,6}(?:[a-z ]{1,40} )?(?:and|or) ")
CLAUSE_END = re.compile(r"[,。;!?\n]|\.(?=\s|$)")
ALSO = re.compile(r"[^。;!?\n]{0,12}?(?:还|也|另|尚|同时|又|亦)")
IS = re.compile(
    r"(?:e?s)?[)\]]? (?:is|are|was|were|do|does|did|can|could|would|should|will|may|might|has|have)(?: [a-z]+)? "
)
NEAR_LINE = 24
"""Characters behind words that deny in which their line ends where it is a heading."""
NEAR_BEFORE, NEAR_BEHIND = 40, 12
"""Characters between a denial and the first name that it denies."""
FAR = 200
"""Characters in which the end of a clause is looked for."""
BARE = frozenset(("无", "非", "没", "no", "排除", "不在", "否认"))
NEAR_BARE = 8
HARMLESS = re.compile(f"{CUES['harmless']}|{CUES['advise']}")
UNDECIDED = re.compile(r"是否|是不是|有没有|能否|可否|whether |if it is ")


def deny(text: Text, mentions: Sequence[Mention], asked: Asked, passed: Sequence[int] = ()) -> dict[int, str]:
    """Of the mentions that are denied their number, and the words that deny them. `passed`: 1 for each character where words that deny
    deny none of the names."""
    avoiding = asked.avoiding
    read = text.read
    if not mentions or not may_deny(text, asked):
        return {}
    inside = [(one.begin, one.end) for one in mentions]
    cues = []
    at = 0
    for cue in find_cues(text, asked):
        while at < len(inside) and inside[at][1] <= cue.start():
            at += 1
        if at < len(inside) and inside[at][0] <= cue.start() < inside[at][1]:
            continue
        kind = cue.lastgroup or ""
        if passed and passed[cue.start()]:
            continue
        if kind == "none" or (kind in AVOIDING and not avoiding) or (kind in NOT_AVOIDING and avoiding):
            continue
        if cue[0].startswith(("lack", "absence")) and ASKS_FOR_LACK.search(asked.question):
            continue
        if kind == "harms" and not (asked.eating and at and HARMED.fullmatch(read, mentions[at - 1].end, cue.start())):
            continue
        if (kind == "shields" and not asked.harming) or (
            cue[0] == "不如" and "与其" in read[max(0, cue.start() - 40) : cue.start()]
        ):
            continue
        cues.append((cue.start(), cue.end(), kind, cue[0], at))
    denied: dict[int, str] = {}
    for number, (begin, end, kind, word, first) in enumerate(cues):
        limit = cues[number + 1][0] if number + 1 < len(cues) else len(read)
        if kind not in ONLY_BEFORE and _deny_behind(read, mentions, first, end, limit, kind, word, denied):
            continue
        if (kind in BOTH_WAYS or word in ALL_NONE) and word not in ONLY_BEHIND:
            _deny_before(read, mentions, first, begin, end, kind, word, denied)
        for at in denied_topics(read, mentions, first, begin, end, kind, word):
            denied.setdefault(at, word)
        if asked.question and word in NO_CLASS:
            denied |= dict.fromkeys(of_another_class(read, mentions, first, begin, end, asked.question), word)
        if kind in ("avoid", "unneeded"):
            denied |= dict.fromkeys(of_pronoun(read, mentions, first, begin, end), word)
    return denied


def _deny_behind(
    text: str,
    mentions: Sequence[Mention],
    first: int,
    end: int,
    limit: int,
    kind: str,
    word: str,
    denied: dict[int, str],
) -> bool:
    """Deny what follows the words; whether that was anything but what the question is about."""
    before, some, claimed = end, False, False
    opens = word in OPENING and OPENS.search(text[max(0, end - len(word) - 12) : end - len(word)]) is not None
    advises = kind == "avoid" or kind in AVOIDING
    heading = HEADING.match(text, end) if kind in HEADS or advises or word in HEADED else None
    line = (
        _heading_line(text, mentions, first, end)
        if advises and not heading and "\n" in text[end : end + NEAR_LINE]
        else None
    )
    heads = kind in HEADS or heading is not None or line is not None
    before = heading.end() if heading else line or end
    near = NEAR_BARE if word in BARE else NEAR_BEFORE
    for number in range(first, len(mentions)):
        one = mentions[number]
        if one.begin < end:
            continue
        gap = text[before : one.begin]
        below = heads and _is_below(gap, ":" if line else text[before - 1], some)
        again = some and heads and _is_said_again(gap, one, mentions[number - 1])
        if some and gap.startswith(":") and not again:
            break
        if one.begin > limit or len(gap) > near or (ENDS.search(gap) and not (below or again)):
            break
        if kind == "bare" and one.begin > end:
            break
        if some and kind == "than" and not LISTED.fullmatch(gap):
            break
        if (
            "," in gap
            and not (some and (kind in COMMA or heading) and not opens and LISTED.fullmatch(gap))
            and not _or_list(text, gap, one, some, AND_AHEAD if kind in ENDS_WITH_AND else OR_AHEAD)
        ):
            break
        if kind == "besides" and ALSO.match(text, one.end):
            break
        denied[number] = word
        some, before = True, one.end
        claimed = claimed or one.role != NEUTRAL
    return claimed


def _heading_line(text: str, mentions: Sequence[Mention], first: int, end: int) -> int | None:
    """The end of a line that ends with these words and names nothing, above the first line of a list: Foods you can eat."""
    line = HEADING_LINE.match(text, end)
    if line is None or (first and text.find("\n", mentions[first - 1].end, end) < 0):
        return None
    return line.end()


def _is_below(gap: str, before: str, some: bool) -> bool:
    """Whether a name stands in a line of its own below a heading that denies, or below another such name."""
    if some:
        return BELOW.fullmatch(gap) is not None
    return (":" in gap or before == ":") and FIRST_BELOW.fullmatch(gap) is not None


def _or_list(text: str, gap: str, one: Mention, some: bool, ahead: re.Pattern[str]) -> bool:
    """Whether a comma stands in a list that ends with `or`: not fever, cough, or headache."""
    if not some or not LISTED.fullmatch(gap):
        return False
    return (
        " or " in gap
        or " nor " in gap
        or (ahead is AND_AHEAD and " and " in gap)
        or ahead.match(text, one.end) is not None
    )


def _is_said_again(gap: str, one: Mention, other: Mention) -> bool:
    """Whether the second is the first by another name: fever (B), 糖尿病（diabetes）."""
    return one.number == other.number and one.role == other.role and gap.strip(" ,.:、)项选") in ("(", "[", "")


def _deny_before(
    text: str,
    mentions: Sequence[Mention],
    first: int,
    begin: int,
    end: int,
    kind: str,
    word: str,
    denied: dict[int, str],
) -> None:
    """Deny the names before the words, where they end what is said of them: 发热不是 ..., fever is not a symptom."""
    stop = CLAUSE_END.search(text, end, end + FAR)
    last = stop.start() if stop else min(len(text), end + FAR)
    if any(one.role != NEUTRAL and one.begin < last for one in mentions[first : first + 6] if one.begin >= end):
        return
    if kind == "unneeded" and TREATED.match(text, end):
        return
    if (
        (kind == "unneeded" or (kind == "verb" and word in SHORT))
        and text[end : end + 1] >= "\u3400"
        and last - end > 3
    ):
        return
    if kind != "behind":
        denied |= dict.fromkeys(of_second_verb(text, mentions, first, begin, end), word)
    behind, joined = begin, word in ALL_NONE
    calls_safe = kind == "advise" and SAFE.fullmatch(word) is not None and USED.fullmatch(text, end, last) is not None
    for number in range(first - 1, -1, -1):
        one = mentions[number]
        if one.end > begin:
            continue
        gap = text[one.end : behind]
        if behind < begin and "," in gap and not joined:
            return  # a list ends with "and", or with "all": else a clause ends there
        joined = joined or JOINS.search(gap) is not None
        if behind == begin:
            near = NEAR_BEHIND if not gap.isascii() else 2 * NEAR_BEHIND
            if gap.strip() == "(" and word in APART and text[end : end + 1] != ")":
                return  # what it denies stands within the brackets
            if (kind in ("harmless", "behind") or word in TOPICAL or calls_safe) and (
                TOPIC.fullmatch(gap) or gap.rstrip() == "?"
            ):
                near = len(gap)  # asked back (X? no), or the subject of the clause before: 胰岛素是首选，并非禁用
            elif len(gap) > near or CLAUSE_END.search(gap) or (word in ("not", "never") and not IS.fullmatch(gap)):
                return
        elif not (
            LISTED.fullmatch(gap)
            or _is_said_again(gap, one, mentions[number + 1])
            or (kind == "void" and TOWARDS.fullmatch(gap))
        ):
            return
        denied[number] = word
        behind = one.begin

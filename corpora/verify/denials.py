"""Which names in a text are denied: "not fever", 不包括发热, 发热不是其症状."""

import re
from collections.abc import Iterator, Sequence

from kgtools.corpora.verify.names import NEUTRAL, Mention
from kgtools.corpora.verify.reading import WORD, Text

_CUES = {
    # says no by its words alone, and denies nothing
    "none": r"不能排除|不能除外|不除外|不可避免|不得不|不能不|不仅|不但|不只|不光|不单|不应忽视|不可忽视|不容忽视|不能忽视|不要忘"
    r"|不是没有|并非没有"
    r"|无[痛症色菌创毒糖水害名意误疑异]|非常|无论|除非|无疑|无非|无法|不良|不适|不全|不明|不断|不久|不同|不过|不管|不论|不是唯1|不是只有|不否认|没错|没问题|避免不了"
    r"|not only|not just|not merely|not necessarily|no doubt|no less|no more than|cannot be (?:ruled out|excluded)|can't be (?:ruled out|excluded)"
    r"|not (?:rule out|exclude)|not the only|nothing but|no wonder",
    # says that a thing need not be avoided: denies it where what to avoid is asked for
    "harmless": r"(?:不是|并非|并不是?|不属于|不算|没有?|无需|无须|不需要?|不必|不用)(?:绝对|完全|特别|刻意)?(?:禁忌|禁[用食]|忌[口食]?|避免|避开"
    r"|限制|戒|慎用)|(?:need not|needn't|not need to|n't need to|no need to|not have to|n't have to|isn't|aren't|not)(?: be)?"
    r" (?:avoid|limit|restrict|cut|contraindicat|forbid|harmful)[a-z]*(?! to)",
    # denies what follows, and what stands before it where nothing follows: no effect, no evidence
    "void": r"(?:没有?|并?无|缺乏)(?=[^,。;!?\n没无]{0,8}?(?:作用|效果|疗效|意义|必要|关系|关联|联系|依据|证据|好处|益处|用处|价值))|无效|没用"
    r"|no (?:effect|benefit|role|evidence|proof|place|link|connection|relation|reason|value|use)\b",
    "unneeded": r"不用(?!于|量|药|法|说)|不必(?!要的)|无需|无须|毋需|不需要?|(?<=用)不着|need not|needn't|no need (?:for|of|to)|n't need|not need(?:ed)?"
    r"|unnecessary|not necessary|not required",
    # says that another thing is more so, or was only supposed
    "than": r"比(?![如例较])(?=[^,。;!?\n]{1,16}?[更还])|不如|than(?! just| only)\b|与其|优于|胜过|preferred (?:over|to)|superior to",
    "supposed": r"误?以为|误认为|误当作?|(?:first|initially|wrongly|mistakenly) (?:thought|think|believed?|suspected|considered)(?: of| that)?"
    r"|mistaken for|(?<=[a-z]'d )(?:think|guess|expect)|(?<=might )(?:think|guess|expect)(?: of)?|tempt(?:ed|ing) to (?:say|answer|think)",
    # denies all of a list that follows
    "list": r"不包括|不包含|不含|并无|均无|既没有|既无|都没有|未伴|excluding|exclude[sd]?|except(?: for)?|without|neither|nor|other than"
    r"|apart from|aside from|free of|absence of|absent|lacks?|lacking|no(?![a-z:,.;!]| problem)|(?:everything|all|anything) but",
    "besides": r"除(?:了|去|掉|开|却)?",
    # denies what follows, unless its clause ends with it
    "verb": r"而不是|并?不是|并?不属于|并非|而非|不在|不算|不会有?|不存在|没有|没|无关|未见|未出现|未发现|未有|无|否认|不伴"
    r"|不引起|不导致|不支持|不考虑|[不别]选"
    r"|不能(?![吃用食服喝饮])|排除|非|rather than|instead of|as opposed to|in place of|unlike"
    r"|(?:is|are|was|were|do|does|did|has|have|had|can|could|would|will|may|might)(?: not|n't)|cannot|isn't|not|never|den(?:y|ies"
    r"|ied)",
    # denies a list where it ends with "and"
    "out": r"(?:rul(?:e|ed|es|ing)|cross(?:ed|es|ing)?) out|eliminat(?:e|ed|es|ing)|discard(?:ed|s|ing)?",
    # calls what follows wrong: 错误：B、D
    "label": r"(?<![^,。;!?\n (])(?:错误|不正确|不对|有误|不选)的?(?:选项|项|说法)?[是有为:]|(?<![a-z,] )(?<![a-z])(?:incorrect|false|wrong)(?: options?| ones"
    r"| choices?| answers?| statements?)?(?: are| is)?:",
    # says so of what stands before it
    "behind": r"(?<=[?] )no\b|(?<=[?])(?:不是?|否|错|不对|没有|不会)(?=[,。;!?\n]|$)|(?<=[看治管帮])不[了好]|不(?:能|可以)(?:替代|代替|取代)|cannot replace"
    r"|(?:is |are )?(?:ineffective|useless|unhelpful|inappropriate|unsuitable)\b|不对|错误|错(?=[,。;!?\n)]|$)|不正确|不符合?|除外|不可能|不成立|(?:可以?|应|被|已)(?:排除|除外)(?=[,。;!?\n)]|$)|(?:(?:is|are|was|were) )?(?:wrong|incorrect"
    r"|false|excluded|ruled out|unlikely)\b"
    r"|: ?(?:无|否|没有|不是|阴性|×|✗|❌|(?:no|absent|false|wrong|incorrect|never)\b)|\((?:-|无|否|阴性)\)|×|✗|❌",
    "avoid": r"避免|忌(?:食|吃|用|口)?|禁(?:用|食|忌|止|吃)|慎用|少[吃喝饮]|限制|(?<!切)勿|切勿|不宜|不要|不可(?:以)?|不能(?=[吃用食服喝饮])"
    r"|不(?:再|常)?(?:使用|采用|选用|服用|应用|[吃喝挂])|别再?[去挂用吃喝选服]|戒|不应该?|不得|不该|不建议|不推荐|不适[合宜]"
    r"|should(?: not|n't)(?: be)?|must(?: not|n't)(?: be)?|should be avoided|avoid(?:s|ed|ing)?|limit(?:s|ed|ing)?|cut(?:s|ting)? (?:down|back) on|less of|contraindicated|not recommended|not suitable"
    r"|(?:do not|don't|never) (?:eat|take|use|drink|have|give)|stay away from|refrain from|forbidden|prohibited",
    "advise": r"(?:应该?|可以?|适?宜|多|建议|推荐|适合)(?:多)?(?:吃|食用|食|服用|用|喝|选用|摄入)|推荐|适宜|有益|should (?:eat"
    r"|take|use|drink)|recommended|good for"
    r"|beneficial|\b(?:fine|safe|harmless|allowed|permitted|suitable)\b|\b(?:substitutes?|alternatives?)\b|放心|无妨|没关系|安全|替代|[改换][喝吃用成]|no problem|\bok(?:ay)?\b|(?:can|may|could) (?:still |safely |freely )?(?:eat|drink|have|take"
    r"|use|be (?:eaten|drunk|used|taken|consumed))|replaced? (?:by|with)|switch to|(?<=and )(?:eat|drink|use|choose) (?!less|fewer|no )",
    "bare": r"不",  # right before a name
    # says that a thing works against what is asked for
    "shields": r"保护(?:性|作用|因素)|\bprotective\b|\bprotects?\b",
}
_ORDER = (
    "none", "harmless", "void", "unneeded", "avoid", "label", "behind", "list", "out", "verb", "besides", "than", "supposed", "advise", "shields", "bare",
)  # fmt: skip
CUE = re.compile("|".join(f"(?P<{kind}>{_CUES[kind]})" for kind in _ORDER))
START = re.Match.start
SIGNS = frozenset("不没无非未除避忌禁慎少勿排否错×✗❌阴缺毋比误限与优胜别戒")
ADVICE = frozenset("宜荐多吃用食益放妨关安替喝改换")
"""One of these is in whatever denies in Chinese; in what advises one of those."""
BEGINS = re.compile(r"[不没无非未除避忌禁慎少勿排否错×✗❌而并既都均切可应被已:(缺毋比误以限保与优胜别戒]")
ADVICE_BEGINS = re.compile(r"[不没无非未除避忌禁慎少勿排否错×✗❌而并既都均切可应被已:(缺毋比误以限保与优胜别戒改换适宜多建推有放安替]")
NEXT = {
    ":": frozenset("无否没不阴×✗❌nafwi "), "(": frozenset("-无否阴"), "以": frozenset("为"), "切": frozenset("勿"), "既": frozenset("没无"),
    "而": frozenset("不非"), "并": frozenset("不非无没"), "都": frozenset("没"), "均": frozenset("无"), "被": frozenset("排除"), "已": frozenset("排除"),
    "可": frozenset("排除以"), "应": frozenset("排除"), "与": frozenset("其"), "别": frozenset("再去挂用吃喝选服"),
}  # fmt: skip
"""What must follow a sign with which words that deny begin, so that they are not looked for behind each of these common ones."""
WORDS = frozenset([
    "no", "not", "never", "neither", "nor", "without", "except", "excluding", "exclude", "excludes", "excluded", "rather", "instead",
    "unlike", "other", "apart", "aside", "free", "absence", "absent", "lack", "lacks", "lacking", "isn't", "aren't", "wasn't", "weren't",
    "don't", "doesn't", "didn't", "hasn't", "haven't", "hadn't", "can't", "couldn't", "won't", "wouldn't", "cannot", "deny", "as", "in",
    "denies", "denied", "rule", "ruled", "wrong", "incorrect", "false", "unlikely", "avoid", "avoids", "avoided", "avoiding",
    "contraindicated", "shouldn't", "mustn't", "stay", "refrain", "forbidden", "prohibited", "should", "must", "recommended", "good",
    "beneficial", "nothing", "need", "needn't", "unnecessary", "than", "first", "initially", "wrongly", "mistakenly",
    "mistaken", "tempted", "tempting", "limit", "limits", "limited", "limiting", "cut", "cuts", "cutting", "fine", "safe", "harmless", "allowed",
    "permitted", "suitable", "substitute", "substitutes", "alternative", "alternatives", "protective", "protect", "protects", "everything", "all", "anything", "rules", "ruling", "cross", "crossed",
    "crosses", "crossing", "eliminate", "eliminated", "eliminates", "eliminating", "discard", "discarded", "discards", "discarding", "ineffective",
    "useless", "unhelpful", "inappropriate", "unsuitable", "think", "guess", "expect", "preferred", "superior", "ok", "okay", "can", "may", "could",
    "replace", "replaced", "switch", "eat", "drink", "use", "choose",
])  # fmt: skip
"""With one of these begins whatever denies in English; those below do not deny by themselves."""
WEAK = frozenset(
    ["as", "in", "other", "should", "must", "recommended", "good", "beneficial", "free", "stay", "nothing", "fine", "safe", "harmless",
    "allowed", "permitted", "suitable", "substitute", "substitutes", "alternative", "alternatives", "first", "need", "all", "anything", "think", "guess", "expect",
    "ok", "okay", "can", "may", "could", "replace", "replaced", "switch", "eat", "drink", "use", "choose"]
)
STRONG = WORDS - WEAK
ADVISES = WEAK - {"as", "in", "other", "must", "free", "stay", "nothing", "first", "need", "all", "anything", "think", "guess", "expect"}
ENDS = re.compile(
    r"[。;!?\n]|\.(?=\s|$)|但|而是|而(?!不|非)|却|反而|外(?!伤|阴|科|痔|周|耳|源)|其[他它余]|只有|应该?[是为]|"
    r"(?<=[a-z])(?<!following):|\b(?:but|however|instead(?! of)|it is|it's|yet|although|only|the answer|leav(?:es?|ing))\b"
)
"""What ends that which a denial denies."""
COMMA = frozenset(("list", "besides", "label"))
AVOIDING, NOT_AVOIDING = frozenset(("advise", "harmless")), frozenset(("avoid", "unneeded"))
"""Kinds of words that deny only where what to avoid is asked for, or only where it is not."""
BOTH_WAYS = frozenset(("verb", "behind", "avoid", "advise", "harmless", "void", "unneeded", "shields"))
ALL_NONE = frozenset(("都没有", "均无", "都不是", "均不是"))
ONLY_BEHIND = frozenset(("而不是", "而非", "rather than", "instead of", "unlike"))
SHORT = frozenset(("没有", "没", "无", "非", "排除", "否认", "不在", "不能"))
TREATED = re.compile(r"(?:特殊|特别|任何)?(?:治|处理|担心|紧张|就医)| (?:treatment|worry)")
TOPIC = re.compile(r"[^,。;!?\n]{0,24},(?:故|因此|所以|应|可以?|已)?")
REACH = 80
SUBJECT = re.compile(
    r"(?P<it>[,.;] ?(?:but |and |so )?(?:it|this|that|they)(?: is| are| was| were| does| do| did| can| should)? ?)$"
    r"|(?:^|(?<=[,.;:!?]) ?)[^,.;:!?\n]{3,70} and (?:is |are |so )?$"
)
"""What stands between the subject of a sentence and its second verb (X may worsen it and should be avoided), or that speaks of it again."""
JOINS = re.compile(r"[和与及或都均全皆并]|\b(?:and|or|nor|both|all)\b")
TOWARDS = re.compile(r" ?(?:对|对于|与|和|在|针对|has|have|had|for|on|in|against|of)? ?")
LISTED = re.compile(r"[ ,、/]{0,8}(?:和|与|及|以及|或|或者|并|and|or|nor|as well as|and/or)?[ ,、/]{0,8}(?:the |an? )?")
"""All that stands between two names of one list."""
OR_AHEAD = re.compile(r",? (?:[a-z ]{1,40}, ){0,6}(?:[a-z ]{1,40} )?n?or ")
AND_AHEAD = re.compile(r",? (?:[a-z ]{1,40}, ){0,6}(?:[a-z ]{1,40} )?(?:and|or) ")
CLAUSE_END = re.compile(r"[,。;!?\n]|\.(?=\s|$)")
ALSO = re.compile(r"[^。;!?\n]{0,12}?(?:还|也|另|尚|同时|又|亦)")
IS = re.compile(r"[)\]]? (?:is|are|was|were|do|does|did|can|could|would|should|will|may|might|has|have)(?: [a-z]+)? ")
NEAR_BEFORE, NEAR_BEHIND = 40, 12
"""Characters between a denial and the first name that it denies."""
FAR = 200
"""Characters in which the end of a clause is looked for."""
BARE = frozenset(("无", "非", "没", "no", "排除", "不在", "否认"))
NEAR_BARE = 8
ASKS_TO_AVOID = re.compile(
    r"忌|禁|避免|限制|少[喝饮用]|不宜|不能|不可|不要|不应|不该|少吃|慎用|不适[合宜]|avoid|contraindicat|should not|shouldn't|must not"
    r"|not (?:be )?(?:eat|tak|us|suit|recommend)"
    r"|unsuitable|forbidden|\blimit|less of|cut (?:down|back)|SHOULD_AVOID|CONTRAINDICATED|HAS_CONTRAINDICATED|BAD_FOR",
    re.IGNORECASE,
)
ASKS_FOR_HARM = re.compile(r"风险|危险|诱因|病因|引起|导致|\b(?:risks?|causes?|triggers?|increases?)\b", re.IGNORECASE)
ASKS_FOR_HELP = re.compile(r"保护|预防|降低|减少|protect|prevent|reduc|lower", re.IGNORECASE)
HARMLESS = re.compile(f"{_CUES['harmless']}|{_CUES['advise']}")
UNDECIDED = re.compile(r"是否|是不是|有没有|能否|可否|whether |if it is ")


def asks_for_harm(question: str) -> bool:
    """Whether a question asks for what does harm, so that what protects is no answer."""
    return ASKS_FOR_HARM.search(question) is not None and ASKS_FOR_HELP.search(question) is None


def deny(text: Text, mentions: Sequence[Mention], avoiding: bool, harming: bool = False) -> dict[int, str]:
    """Of the mentions that are denied their number, and the words that deny them.

    `avoiding`: what is to be avoided is asked for, so that "avoid X" says X, and "eat X" or "X need not be avoided" denies it.
    `harming`: what does harm is asked for, so that "X is protective" denies it."""
    read = text.read
    if not mentions or not _may_deny(text, avoiding):
        return {}
    inside = [(one.begin, one.end) for one in mentions]
    cues = []
    at = 0
    for cue in _cues(text, avoiding):
        while at < len(inside) and inside[at][1] <= cue.start():
            at += 1
        if at < len(inside) and inside[at][0] <= cue.start() < inside[at][1]:
            continue
        kind = cue.lastgroup or ""
        if kind == "none" or (kind in AVOIDING and not avoiding) or (kind in NOT_AVOIDING and avoiding):
            continue
        if (kind == "shields" and not harming) or (cue[0] == "不如" and "与其" in read[max(0, cue.start() - 40) : cue.start()]):
            continue
        cues.append((cue.start(), cue.end(), kind, cue[0], at))
    denied: dict[int, str] = {}
    for number, (begin, end, kind, word, first) in enumerate(cues):
        limit = cues[number + 1][0] if number + 1 < len(cues) else len(read)
        if kind not in ("behind", "shields") and _deny_behind(read, mentions, first, end, limit, kind, word, denied):
            continue
        if (kind in BOTH_WAYS or word in ALL_NONE) and word not in ONLY_BEHIND:
            _deny_before(read, mentions, first, begin, end, kind, word, denied)
    return denied


def _may_deny(text: Text, avoiding: bool) -> bool:
    if avoiding and not (ADVICE.isdisjoint(text.signs) and ADVISES.isdisjoint(text.words)):
        return True
    if not (SIGNS.isdisjoint(text.signs) and STRONG.isdisjoint(text.words)):
        return True
    if "(" in text.signs and "(-" in text.read:
        return True
    if "以" in text.signs and "以为" in text.read or "保" in text.signs and "保护" in text.read:
        return True
    if WEAK.isdisjoint(text.words):
        return False
    return "other than" in text.read or "free of" in text.read or "in place of" in text.read or any(mark in text.read for mark in ("all but", "anything but", "first ", "think", "guess", "expect"))


def _cues(text: Text, avoiding: bool) -> Iterator[re.Match[str]]:
    """The words that deny, in their order: looked for only where they may begin."""
    read, starts = text.read, []
    if not text.read.isascii():
        found = (ADVICE_BEGINS if avoiding else BEGINS).finditer(read)
        starts = [
            start
            for start in map(START, found)
            if avoiding or read[start] not in NEXT or read[start + 1 : start + 2] in NEXT[read[start]]
        ]
    if text.words and not WORDS.isdisjoint(text.words):
        starts += [word.start() for word in WORD.finditer(read) if word[0] in WORDS]
        starts.sort()
    behind = 0
    for start in starts:
        if start >= behind and (cue := CUE.match(read, start)):
            behind = cue.end()
            yield cue


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
    near = NEAR_BARE if word in BARE else NEAR_BEFORE
    for number in range(first, len(mentions)):
        one = mentions[number]
        if one.begin < end:
            continue
        gap = text[before : one.begin]
        if one.begin > limit or len(gap) > near or ENDS.search(gap):
            break
        if kind == "bare" and one.begin > end:
            break
        if some and kind == "than" and not LISTED.fullmatch(gap):
            break
        if (
            "," in gap
            and not (some and kind in COMMA and LISTED.fullmatch(gap))
            and not _or_list(text, gap, one, some, AND_AHEAD if kind == "out" else OR_AHEAD)
        ):
            break
        if kind == "besides" and ALSO.match(text, one.end):
            break
        denied[number] = word
        some, before = True, one.end
        claimed = claimed or one.role != NEUTRAL
    return claimed


def _or_list(text: str, gap: str, one: Mention, some: bool, ahead: re.Pattern[str]) -> bool:
    """Whether a comma stands in a list that ends with `or`: not fever, cough, or headache."""
    if not some or not LISTED.fullmatch(gap):
        return False
    return " or " in gap or " nor " in gap or (ahead is AND_AHEAD and " and " in gap) or ahead.match(text, one.end) is not None


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
    if (kind == "unneeded" or (kind == "verb" and word in SHORT)) and text[end : end + 1] >= "\u3400" and last - end > 3:
        return
    if kind != "behind" and (subject := SUBJECT.search(text[max(0, begin - REACH) : begin])):
        start = begin - len(subject[0])
        own = [number for number in range(first) if start - (subject.lastgroup == "it") * REACH <= mentions[number].begin < begin]
        if own and subject.lastgroup == "it":
            own = [number for number in own if mentions[number].role != NEUTRAL][-1:]
        elif own and mentions[own[0]].begin - start > 6:
            own = []
        if own:
            denied[own[0]] = word
    behind, joined = begin, word in ALL_NONE
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
            if kind in ("harmless", "behind") and (TOPIC.fullmatch(gap) or gap.rstrip() == "?"):
                near = len(gap)  # asked back (X? no), or the subject of the clause before: 胰岛素是首选，并非禁用
            elif len(gap) > near or CLAUSE_END.search(gap) or (word in ("not", "never") and not IS.fullmatch(gap)):
                return
        elif not LISTED.fullmatch(gap) and not _is_said_again(gap, one, mentions[number + 1]):
            if kind != "void" or not TOWARDS.fullmatch(gap):
                return
        denied[number] = word
        behind = one.begin

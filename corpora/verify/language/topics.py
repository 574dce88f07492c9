"""What a sentence is about and denies only in a later clause: 骨关节炎是退行性病变，痛风是代谢病，均不属于."""

import re
from collections.abc import Iterator, Sequence

from kgtools.corpora.verify.language.names import NEUTRAL, Mention

LEAD = re.compile(
    r"(?:(?:需要?|请|另|特别|还要?|应)?(?:注意|提醒|警惕|小心|当心)(?:的是)?|备注|note|caution|warning|remember|相反|另外|此外|同样"
    r"|因此|至于|关于|对于|说到|而|但是?|不过|像|其中|as for |regarding |both |the |an? |however|[-+,: ]|\d{1,2}[.、)]){0,4}"
)
"""What may stand before the subject of a sentence."""
BEFORE = re.compile(
    r"(?:但是?|不过|然而|患者|病人|大家|孕妇|[您你]|所以|因此|因而|故而?|从而|应[当该]?|须|统统|通通|全部|绝对|严格|1概|还是|建议"
    r"|这?[些2-9两]?[类种个者项药]|务必|最好|必须|[都均皆也全]|1律|尽量|一定|需|可以?|就|要|平时"
    r"|暂时?|并|这里|被|已|予以?|一般|通常){0,4}"
)
"""What may stand between a comma and words that deny the subject of a clause before; another subject may not."""
TOGETHER = frozenset("都均皆全概律统")
DENY_ALL = frozenset(
    (
        "不是",
        "并不是",
        "并非",
        "非",
        "不属于",
        "并不属于",
        "不在",
        "不算",
        "不引起",
        "不导致",
        "不会",
        "不会有",
        "不能",
        "没有",
        "无",
        "无关",
    )
)
CONCLUDED = frozenset(
    (
        "不能选",
        "不应选",
        "不应该选",
        "不该选",
        "不可选",
        "不会选",
        "不用选",
        "不必选",
        "不可以选",
        "不考虑",
        "不支持",
        "不选",
        "排除",
        "除外",
        "可排除",
        "可以排除",
        "应排除",
        "不符合",
        "不符",
        "不可能",
    )
)
NO_OBJECT = re.compile(
    r"(?:[给让叫请](?:[他她]们?|[你您我]|[^,。;!?\n]{1,4}?)?|患者|病人|孩子|老人|孕妇)?(?:再|多|常|经常|大量|过量|过多|随便|继续|轻易|同时|1起"
    r"|尽量){0,2}"
    r"(?:[和或及、]|以及)?(?:(?:不|少|别)[吃喝碰沾用])?(?:食用|服用|使用|饮用|食|用|为[宜好妙]|它们?|本病|此病|该病|在内|的|了|才好){0,2}"
)
"""All that may follow words that deny what was named before them."""
AFFIRMED = re.compile(r"(?:是|属于|符合|正确|对)$|^[^,]{0,40}(?:都是|均是|才是|属于)")
NEITHER = re.compile(
    r" (?:of (?:them|these|those|which|the two|the others) )?(?:(?:is|are|was|were)(?: an?\b| the\b| part\b| among\b| one\b| in\b| typical| seen"
    r"| found| present| correct| right| true| suitable| effective| useful| recommended| indicated| associated| related| involved| used| expected"
    r"| caused| listed)|has|have|does|do|can|should|will|belongs?|counts?|fits?|qualif|causes?"
    r"|treats?|helps?|appl(?:y|ies)|makes?|works?|supports?|explains?|gets?|goes|serves?|satisf|meets?|matters?|could|would|may|might|must|comes?"
    r"|suits?|answers?|deserves?|fit the)"
)
"""What says of things that they are no answers, behind "neither": not that they are not specific."""
DEGREE = re.compile(
    r"特异|特有|独有|必[有须然]|绝对|罕见|少见|每|所有|全部|唯1|1定|致命|严重|主要|首[要选]|掉以|忽视|轻视|轻症"
    r"| (?:be )?(?:always|all|rare|common|uncommon|unusual|(?:a |the )?(?:complete|full|only|whole)|specific"
    r"|contagious|ignored|overlooked|confused|mistaken|mixed up|missed|forgotten|delayed|neglected|underestimated|taken lightly"
    r"|enough|exhaustive|necessarily|serious|severe|dangerous|limited|diagnostic|pathognomonic|easy)\b"
)
VERB = re.compile(
    r"(?:e?s)?[)\]]? (?:is|are|was|were|has|have|can|may|causes?|gives?|treats?|works?|acts?|belongs?|to|points?|suggests?|indicates?"
    r"|goes|fits|means)\b"
)
NEXT_SUBJECT = re.compile(r"(?:, |; | and |, and |, while | while | whereas )(?:the |an? )?$")
CLAUSE_END = re.compile(r"[,。;!?\n]|\.(?=\s|$)")
SENTENCE = "。;!?\n"
LISTED = re.compile(
    r"(?:e?s(?![a-z]))?[ ,、/]{0,8}(?:和|与|及|以及|或|或者|并|and|or|nor|as well as|and/or)?[ ,、/]{0,8}(?:the |an? )?"
)
"""All that stands between two names of one list."""
SUBJECT = re.compile(
    r"(?P<it>[,.;] ?(?:but |and |so )?(?:it|this|that|they|both|these|those|all)(?: of (?:them|these|those))?"
    r"(?: is| are| was| were| does| do| did| can| should)? ?)$"
    r"|(?:^|(?<=[,.;:!?]) ?)[^,.;:!?\n]{3,70} and (?:is |are |so |should |must |can )?(?:be )?$"
)
"""What stands between the subject of a sentence and its second verb (X may worsen it and should be avoided), or that speaks of it again."""
SPOKEN_OF_MANY = re.compile(r"\b(?:they|both|these|those|all)\b")
PRONOUN = re.compile(r" (?:them|it|these|those|both)(?=[,.;)!\n]|$| (?:and|or|if|when|at all|with)\b)|它们?")
MANY = frozenset(("them", "these", "those", "both", "它们"))
TURNED = re.compile(r"(?:not|n't|never|no need to) $|[不别][必用要]?$")
NEAR_PRONOUN = 80
REACH, REST, MOST = 200, 14, 24
"""Characters of a sentence and of a clause that are looked at, and mentions."""
IS_CLASS = re.compile(
    r"[)\]]?(?:, [a-z ]{2,16},)? (?:is|are|was|were) (?:an? |the )?([^,.;:!?\n]{3,40}?),? (?:and |but )?"
    r"|(?:是|属于|为)([^,。;:!?\n]{2,16}),(?:而|却)?"
)
CLASS = re.compile(r"(?: an?| the)?((?: [a-z]+){1,3})(?=[,.;!?)\n]|$)|(?:1种)?([\u3400-\u9fff]{2,10})(?=[,。;!?)\n]|$)")


def denied_topics(
    text: str, mentions: Sequence[Mention], first: int, begin: int, end: int, kind: str, word: str
) -> list[int]:
    """The numbers of the mentions that a sentence is about, where words that deny stand in a later clause that has no subject of its
    own, and name nothing. `first`: the number of the first mention behind them."""
    if word == "neither":
        return _neither(text, mentions, first, begin) if NEITHER.match(text, end) else []
    comma = text.rfind(",", max(0, begin - 16), begin)
    if comma < 0 or not BEFORE.fullmatch(text, comma + 1, begin):
        return []
    together = not TOGETHER.isdisjoint(text[comma + 1 : begin]) and (kind == "avoid" or word in DENY_ALL | CONCLUDED)
    if not together and kind != "avoid" and word not in CONCLUDED:
        return []
    stop = CLAUSE_END.search(text, end, end + REACH)
    last = stop.start() if stop else min(len(text), end + REACH)
    if any(one.role != NEUTRAL and end <= one.begin < last for one in mentions[first : first + 6]):
        return []
    if together and DEGREE.match(text, end):
        return []
    if last - end > REST or (not together and not NO_OBJECT.fullmatch(text, end, last)):
        return []
    start = max([text.rfind(sign, max(0, begin - REACH), begin) for sign in SENTENCE]) + 1
    told = [at for at in range(max(0, first - MOST), first) if start <= mentions[at].begin < comma]
    return _of_clauses(text, mentions, told, start, comma) if together else _of_first(text, mentions, told, start)


def of_pronoun(text: str, mentions: Sequence[Mention], first: int, begin: int, end: int) -> list[int]:
    """The numbers of the mentions that "avoid them", 别吃它 and the like speak of: the last that are named."""
    word = PRONOUN.match(text, end)
    named = next((at for at in range(first - 1, max(0, first - MOST) - 1, -1) if mentions[at].role != NEUTRAL), None)
    if (
        not word
        or TURNED.search(text[max(0, begin - 10) : begin])
        or named is None
        or end - mentions[named].end > NEAR_PRONOUN
    ):
        return []
    return _list_to(text, mentions, named) if word[0].strip() in MANY else [named]


def of_second_verb(text: str, mentions: Sequence[Mention], first: int, begin: int, end: int) -> list[int]:
    """The numbers of the mentions that a sentence is about where words that deny are its second verb, or begin with "it"."""
    found = SUBJECT.search(text[max(0, begin - NEAR_PRONOUN) : begin])
    if not found:
        return []
    start = begin - len(found[0])
    back = range(first - 1, max(0, first - MOST) - 1, -1)
    if found.lastgroup == "it":
        if DEGREE.match(text, end):
            return []
        named = next((at for at in back if mentions[at].role != NEUTRAL), None)
        if named is None or mentions[named].begin < start - NEAR_PRONOUN:
            return []
        if not SPOKEN_OF_MANY.search(found["it"]):
            return [named]
        listed = _list_to(text, mentions, named)
        return listed if len(listed) > 1 else [named, *_subjects_before(text, mentions, named)]
    told = [at for at in range(max(0, first - MOST), first) if mentions[at].begin >= start]
    if not told or mentions[told[0]].begin - start > 6:
        return []
    return list(_list_from(text, mentions, told))


def _subjects_before(text: str, mentions: Sequence[Mention], named: int) -> list[int]:
    """The subjects of the clauses before that of a mention, within its sentence: X stains teeth, Y damages hearing; both are ..."""
    begin = mentions[named].begin
    start = max(*(text.rfind(sign, max(0, begin - REACH), begin) for sign in (*SENTENCE, ". ")), -1) + 1
    told = [at for at in range(max(0, named - MOST), named + 1) if mentions[at].begin >= start]
    if len(told) < 2 or not LEAD.fullmatch(text, start, mentions[told[0]].begin):
        return []
    subjects = [
        at for at in told[1:] if NEXT_SUBJECT.search(text[max(0, mentions[at].begin - 16) : mentions[at].begin])
    ]
    return [*_list_from(text, mentions, told), *subjects] if named in subjects else []


def _list_to(text: str, mentions: Sequence[Mention], last: int) -> list[int]:
    """The mention and those before it in a list."""
    found = [last]
    while (
        found[-1]
        and len(found) < MOST
        and LISTED.fullmatch(text, mentions[found[-1] - 1].end, mentions[found[-1]].begin)
    ):
        found.append(found[-1] - 1)
    return found


def _of_first(text: str, mentions: Sequence[Mention], told: Sequence[int], start: int) -> list[int]:
    """The names with which the sentence begins, if no others are in it."""
    if not told or not LEAD.fullmatch(text, start, mentions[told[0]].begin):
        return []
    topics = list(_list_from(text, mentions, told))
    return topics if all(at in topics or mentions[at].role == NEUTRAL for at in told) else []


def _of_clauses(text: str, mentions: Sequence[Mention], told: Sequence[int], start: int, stop: int) -> list[int]:
    """The names with which the clauses before begin, back to one that affirms or that names others."""
    found: list[int] = []
    end = stop
    while end > start:
        begin = max(text.rfind(",", start, end) + 1, start)
        within = [at for at in told if begin <= mentions[at].begin < end]
        if AFFIRMED.search(text[begin:end]):
            break
        if within:
            topics = (
                list(_list_from(text, mentions, within))
                if LEAD.fullmatch(text, begin, mentions[within[0]].begin)
                else []
            )
            if any(at not in topics and mentions[at].role != NEUTRAL for at in within):
                break
            found += topics
        end = begin - 1
    return found


def _neither(text: str, mentions: Sequence[Mention], first: int, begin: int) -> list[int]:
    """The subjects of the clauses or the sentence before `neither`."""
    stop = begin
    while stop and text[stop - 1] in " ,;.\n":
        stop -= 1
    start = max(*(text.rfind(sign, max(0, stop - REACH), stop) for sign in (*SENTENCE, ". ")), -1) + 1
    told = [at for at in range(max(0, first - MOST), first) if start <= mentions[at].begin < stop]
    if not told or not LEAD.fullmatch(text, start, mentions[told[0]].begin):
        return []
    found = list(_list_from(text, mentions, told))
    for at in told:
        one = mentions[at]
        if (
            at not in found
            and NEXT_SUBJECT.search(text[max(0, one.begin - 16) : one.begin])
            and VERB.match(text, one.end)
        ):
            found.append(at)
    return found if len(found) > 1 else []


def _list_from(text: str, mentions: Sequence[Mention], told: Sequence[int]) -> Iterator[int]:
    """The first of these mentions and those that are listed with it."""
    before = None
    for at in told:
        if before is not None and not LISTED.fullmatch(text, mentions[before].end, mentions[at].begin):
            return
        yield at
        before = at


def of_another_class(
    text: str, mentions: Sequence[Mention], first: int, begin: int, end: int, asked: str
) -> Iterator[int]:
    """The numbers of the mentions that are said to be something else than what is asked for, before words that deny: where steroids
    are asked for, X and Y are bronchodilators, not steroids."""
    before = begin
    for number in range(first - 1, -1, -1):
        one = mentions[number]
        if before == begin:
            said = IS_CLASS.fullmatch(text, one.end, begin) if one.end <= begin else None
            other = CLASS.match(text, end) if said else None
            if (
                not said
                or not other
                or _asks_for(asked, said[1] or said[2])
                or not _asks_for(asked, other[1] or other[2])
            ):
                return
        elif not LISTED.fullmatch(text, one.end, before):
            return
        yield number
        before = one.begin


def _asks_for(asked: str, name: str) -> bool:
    """Whether a question has the last word of an English name, or a Chinese one."""
    last = name.split()[-1]
    return len(last) > 1 and (last[:-1] if last.isascii() and last.endswith("s") else last) in asked

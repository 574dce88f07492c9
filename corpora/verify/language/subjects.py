"""Of whom an answer tells: what its clauses, sentences and sections say of another disease than is asked about is no claim.

Words that set the other against what is asked about (on the other hand, 而…则, to be distinguished from) decide by themselves. Without
them a clause of another disease (In flu ...; X见于流感) is taken for such only where that takes nothing away from what is right, or where the
answer comes back to what was asked about behind it, and says nothing of that: For X there are tests, too."""

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from kgtools.corpora.verify.language import diseases
from kgtools.corpora.verify.language.against import AFFIRMS, ELSEWHERE
from kgtools.corpora.verify.language.diseases import Topics, is_another
from kgtools.corpora.verify.language.names import NEUTRAL, RIGHT, Mention
from kgtools.corpora.verify.language.reading import Text
from kgtools.corpora.verify.language.topics import LISTED

BEGINS = re.compile(r"[。;:!?\n(,.](?! ?(?:and|or) ) {0,2}(?:\n? {0,4}(?:[-+] ?|\d{1,2}[.、)] ?))?")
"""Where a clause begins."""
_TURNS = (
    r"whereas|while|but|however|conversely|(?:in|by) (?:contrast|comparison)|on the other hand|instead|meanwhile|unlike|unlike in|in contrast to"
    r"|as opposed to|different from"
)
_PEOPLE = (
    r"(?:(?:the |an? |most |many |some )?(?:[a-z]{1,12} )?(?:patients?|people|those|child|children|adults?|infants?|bab(?:y|ies)|cases|individuals?"
    r"|persons?|sufferers?|someone|somebody|anyone|women|men|woman|man|pictures?|signs?|symptoms?|features?|causes?|hallmarks?|treatment|diagnosis)"
    r" (?:with|of|who have|who has|having|suffering from|for|in) )"
)
_VERBS = (
    r"(?:'s?)?(?: (?:is|are|was|were|has|have|had|causes?|presents?|shows?|gives?|features?|produces?|typically|usually|often|mainly|more|may|can"
    r"|might|would|will|tends?|leads?|comes?|manifests?|involves?|requires?|needs?|results?|begins|stems?|arises?|responds?)\b"
    r"|,? (?:on the other hand|in contrast|by contrast|however|meanwhile|conversely|in comparison|though|instead|which|where|whose|in which)\b"
    r"| ?(?::|\())"
)
LATIN = re.compile(
    rf"(?:(?P<turn>(?:{_TURNS}),? )|and |also,? |note that |as for |the |an? ){{0,3}}"
    rf"(?:(?P<told>(?:in|for|with|regarding|as for|like) {_PEOPLE}?(?:the |an? )?|{_PEOPLE})(?P<of>{diseases.LATIN})"
    rf"|(?P<subject>{diseases.LATIN})(?={_VERBS}))"
    r"(?P<against>,? (?:on the other hand|in contrast|by contrast|however|meanwhile|conversely|in comparison|though|instead)\b)?"
)
HAN = re.compile(
    r"(?P<turn>而(?![且是])|相反,?|反之,?|相比之下,?|[与跟和][之此]不同的?是?,?|不同的是,?|反观)?(?:但是?|不过|另外|此外|至于|对于|关于|像|如"
    r"|例如|比如|若是?"
    r"|如果是?|假如是?){0,2}(?P<told>在|得了|患有?)?"
    rf"(?P<subject>{diseases.HAN})(?:患者|病人|患儿)?(?:的?(?:典型|常见|主要|临床|特征性?){{0,2}}(?:症状|表现|特点|特征|体征|病因|原因|并发症"
    rf"|检查|诊断|治疗))?"
    r"(?:,?(?P<against>则|却|反而|倒是?)|[是为有会可多常以主用需应能才由因中里时往通1表出伴引导:(]|(?:[和与跟][^,。;:!?\n]{1,16}?(?:有关|相关))"
    r"|,(?:表现|可|会|常|多"
    r"|有|出现|以))"
)
DISEASE_HAN, DISEASE_LATIN = re.compile(diseases.HAN), re.compile(diseases.LATIN)
LATTER = re.compile(r"后者|the latter\b")
ASIDE = re.compile(
    r"不同于|有别于|区别于|区分于|[与和跟](?=[^,。;!?\n]{1,16}?(?:不同|有别|(?:相|作|进行|加以)?(?:鉴别|区分|区别|混淆)))|鉴别(?=诊断)|易混淆"
    r"|\b(?:distinguish(?:ed|able)?|different(?:iated?)|tell|told apart|confused|mixed up|differs?|different)(?: it| this| apart)? (?:from|with)\b"
    r"|\bopposite (?:is|holds)[a-z ]{0,12} (?:of|for|in|with)\b"
)
ASIDE_SIGNS = re.compile("[同别分混鉴后疾]|differ|disting|tell|told|confus|mixed|opposite|latter|other|similar|related")
"""Words that set something aside, from which on a sentence tells of that."""
HEADING = re.compile(
    r"(?:^|[\n。;.])[-+#(\d.、) ]{0,6}(?:[^\n:,。;]{0,12}鉴别(?:诊断|要点|疾病)?|易混淆[^\n:,。;]{0,8}|(?:其[他它]|类似|相似|别的)疾病[^\n:,。;]{0,6}"
    r"|(?:the )?(?:main |important )?differentials?(?: diagnos[ie]s)?(?: includes?)?"
    r"|(?:similar|other|related|unrelated) (?:diseases?|conditions?|disorders?)"
    r"|(?:not to be confused|to be distinguished|distinguish(?:ed)?|do not confuse)[^\n:,.;]{0,24})(?::|(?=\n))"
)
ASKS_FOR_OTHERS = re.compile(r"鉴别|区别|区分|混淆|不同|differen|distinguish|confus|mimic")
SENTENCE = re.compile(r"[。;!?\n]|\.(?=\s|$)")
CLAUSE = re.compile(r"[,。;!?\n]|\.(?=\s|$)")
BELOW = re.compile(r"[^\n]{0,4}:[^\n\w]{0,3}(?:\n{1,2} {0,4}(?:[-+]|\(?\d{1,2}[.、)])[^\n]{0,200})+")
BACK = re.compile(r"(?:该|本|此|这种|这个)病|\b(?:this|the|our) (?:disease|condition|patient|infection)\b")
"""What comes back to what was asked about."""
COMES_BACK = re.compile(
    r"则|却|呢|而|至于|也|\b(?:for|as for|whereas|while|but|also|too|however|there|some|certain|own|other)\b"
)
SUMS_UP = re.compile(
    r"以上|上述|这些|都|均|因此|所以|综上|[它其]们?|\b(?:these|those|above|such|they|all|so|therefore|thus|both|it)\b"
)
"""What an answer says of what was asked about, where that names nothing, and where it speaks of what was named."""
OF_ANY = re.compile(
    r"(?!它|其|该|本|此|这|主要|可能|病因|原因|发病|所以|因此|[和与由因是有会可])[\u3400-\u9fff]{2,10}?(?:患者)?(?:则|主要"
    r"|也)?(?:[和与跟][^,。;:!?\n]{1,16}?(?:有关|相关)|由|因|是|会|需|可|有|要|用|做|查"
    r"|出现|表现)"
)
"""The subject of any clause; only where the answer comes back."""
CLAUSE_ALONE = re.compile("不同于|有别于|differ")
WHICH = re.compile(r", ?(?:which|where|in which|whose|后者|那|其)")
"""Words whose sentence goes on of what was asked about, unless it goes on so."""
SECTION = re.compile(r"(?<=[^\n:])\n\n|\n[^\n:]{1,40}:(?=\n)")
"""Where what stands below a heading ends."""
TELLS = re.compile("[见现示属是为有会则却别混同后:(中里是因由a-z]")
"""One of these is in whatever tells of another: what has none is a list."""
HAN_ENDS = re.compile("[病症炎癌瘤征冒喘死阻塞亢减退核毒疹痘疾痢乱寒风竭衰疡栓敏形碍卒暑痫染压折乏血石化性裂]")
LATIN_ENDS = (
    "ism", "isms", "itis", "osis", "aemia", "emia", "oma", "iasis", "disease", "diseases", "syndrome", "disorder", "disorders", "deficiency",
    "failure", "infection", "infections", "flu", "influenza", "asthma", "diabetes", "pneumonia", "cancer", "cancers", "ulcer", "ulcers", "stroke",
    "sclerosis", "palsy", "fever", "cold", "pox", "condition", "conditions", "illness",
)  # fmt: skip
OTHER_WORDS = frozenset([
    "tuberculosis", "tumor", "tumors", "tumour", "tumours", "infarction", "embolism", "palsies", "gout", "measles", "mumps",
    "rickets", "scurvy", "cholera", "malaria", "rabies", "tetanus", "lupus", "angina", "migraine", "migraines", "eczema", "dementia",
    "glaucoma", "polio", "hypertension", "poisoning", "obstruction", "bifida", "allergy", "allergies", "hernia", "hernias",
    "fracture", "fractures", "epilepsy", "psoriasis", "unrelated", "differential", "differentials", "distinguish", "distinguished",
])  # fmt: skip
"""With one of these ends the name of any disease."""
FIRST_HAN = "\u3400"
REACH, MOST, NEAR = 240, 24, 80
"""Characters and mentions that are looked at."""


class Segment(NamedTuple):
    """A stretch of a text that tells of another, from where to where, why, and whether words set it against what is asked about."""

    begin: int
    end: int
    why: str
    against: bool


def told_of_others(text: Text, mentions: Sequence[Mention], denied: Collection[int], topics: Topics) -> dict[int, str]:
    """The numbers of the mentions that are told of another disease than is asked about, each with the words that say so."""
    read = text.read
    free = [at for at, one in enumerate(mentions) if one[2] is not NEUTRAL and at not in denied]
    rights = [at for at in free if mentions[at][2] is RIGHT]
    comes_back = bool(rights) and rights[-1] + 1 < len(mentions) and _comes_back(read, mentions, rights[-1])
    if not comes_back and (len(free) == len(rights) or not TELLS.search(read) or not _names_disease(text, mentions)):
        return {}
    begins = [one.begin for one in mentions]
    sure: dict[int, str] = {}
    loose: dict[int, str] = {}
    for each in _segments(read, mentions, topics, comes_back):
        inside = range(bisect(begins, each.begin - 1), bisect(begins, each.end - 1))
        if inside and not AFFIRMS.search(read, each.begin, each.end):
            named = {at: each.why for at in inside if at not in denied and mentions[at].role != NEUTRAL}
            (sure if each.against else loose).update(named)
    if not loose:
        return sure
    kept = {mentions[at].number for at in rights if at not in sure and at not in loose}
    lost = {mentions[at].number for at in rights if at in loose} - kept
    return sure if lost and not (comes_back and not kept) else loose | sure


def _names_disease(text: Text, mentions: Sequence[Mention]) -> bool:
    """Whether a disease may be named that is neither an answer nor what the question is about."""
    if any(word.endswith(LATIN_ENDS) for word in text.words) or not OTHER_WORDS.isdisjoint(text.words):
        return True
    if text.read.isascii():
        return False
    at, count = 0, len(mentions)
    for sign in HAN_ENDS.finditer(text.read):
        end = sign.start()
        while at < count and mentions[at][1] <= end:
            at += 1
        if at == count or mentions[at][0] > end or (mentions[at][2] is not RIGHT and mentions[at][2] is not NEUTRAL):
            return True
    return False


def _comes_back(read: str, mentions: Sequence[Mention], last: int) -> bool:
    """Whether behind the last right name a clause tells of what was asked about, and names nothing."""
    for at in range(last + 1, min(len(mentions), last + MOST)):
        one = mentions[at]
        if one.role != NEUTRAL or one.number < 0:
            continue
        start = max(mentions[last].end, *(read.rfind(sign, 0, one.begin) + 1 for sign in ",。;!?\n."))
        stop = CLAUSE.search(read, one.end)
        clause = read[start : stop.start() if stop else len(read)]
        return start > mentions[last].end and COMES_BACK.search(clause) is not None and not SUMS_UP.search(clause)
    return False


def _segments(read: str, mentions: Sequence[Mention], topics: Topics, comes_back: bool) -> Iterator[Segment]:
    for begin in (0, *[clause.end() for clause in BEGINS.finditer(read)]):
        found = (HAN if read[begin : begin + 1] >= FIRST_HAN else LATIN).match(read, begin)
        if found and (each := _of_subject(read, mentions, topics, found)):
            yield each
        elif comes_back and (found := OF_ANY.match(read, begin)) and not _names(mentions, *found.span()):
            stop = CLAUSE.search(read, found.end())
            yield Segment(begin, stop.start() if stop else len(read), found[0], against=False)
    for at, one in enumerate(mentions):
        if one.role != NEUTRAL and (found := ELSEWHERE.match(read, one.end)) and is_another(found[0], topics):
            first = at
            while first and LISTED.fullmatch(read, mentions[first - 1].end, mentions[first].begin):
                first -= 1
            yield Segment(mentions[first].begin, found.end(), found[0].strip(), against=False)
    if ASIDE_SIGNS.search(read) and not ASKS_FOR_OTHERS.search(topics.question):
        yield from _set_aside(read, mentions, topics)


def _of_subject(read: str, mentions: Sequence[Mention], topics: Topics, found: re.Match[str]) -> Segment | None:
    """What a clause tells behind its subject, another disease; this is told too where words lead to it or set it against another."""
    groups = found.groupdict()
    kind = "of" if groups.get("of") else "subject"
    name, (first, last) = found[kind], found.span(kind)
    if not is_another(name, topics) or any(one.role == RIGHT for one in _names(mentions, first, last)):
        return None
    against = bool(found["turn"] or found["against"])
    begin = found.start() if against or found["told"] else last
    return Segment(begin, _end(read, last, mentions), name, against)


def _set_aside(read: str, mentions: Sequence[Mention], topics: Topics) -> Iterator[Segment]:
    """What is told behind words that set another disease aside, of the latter of two, and below a heading."""
    for words in ASIDE.finditer(read):
        stop = CLAUSE.search(read, words.end())
        end = stop.start() if stop else len(read)
        if any(is_another(each[0], topics) for each in _diseases(read, words.end(), end)):
            goes_on = not CLAUSE_ALONE.match(words[0]) or WHICH.match(read, end)
            end = _end(read, end, mentions) if goes_on else end
            yield Segment(words.end(), end, words[0], against=True)
    for words in LATTER.finditer(read):
        named = list(_diseases(read, max(0, words.start() - NEAR), words.start()))
        if named and is_another(named[-1][0], topics):
            yield Segment(words.end(), _end(read, words.end(), mentions), words[0], against=True)
    for words in HEADING.finditer(read):
        stop = SECTION.search(read, words.end())
        end = _until_back(read, words.end(), stop.start() if stop else len(read), mentions)
        yield Segment(words.end(), end, words[0].strip(), against=False)


def _diseases(read: str, begin: int, end: int) -> Iterator[re.Match[str]]:
    return (DISEASE_LATIN if read[begin:end].isascii() else DISEASE_HAN).finditer(read, begin, min(end, begin + REACH))


def _names(mentions: Sequence[Mention], begin: int, end: int) -> list[Mention]:
    """The mentions of answers, and of what the question is about, within a stretch."""
    return [one for one in mentions if begin <= one.begin < end and one.role in (RIGHT, NEUTRAL)]


def _end(read: str, begin: int, mentions: Sequence[Mention]) -> int:
    """Where that which is told of another ends: with its sentence or list, or where what was asked about is told of again."""
    if below := BELOW.match(read, begin):
        end = below.end()
    else:
        stop = SENTENCE.search(read, begin, begin + REACH)
        end = stop.start() if stop else min(len(read), begin + REACH)
    return _until_back(read, begin, end, mentions)


def _until_back(read: str, begin: int, end: int, mentions: Sequence[Mention]) -> int:
    """Where the clause begins that comes back to what was asked about."""
    back = BACK.search(read, begin, end)
    places = [one.begin for one in mentions if begin <= one.begin < end and one.role == NEUTRAL and one.number > -1_000]
    if not places and not back:
        return end
    place = min([*places, *([back.start()] if back else [])])
    return max(begin, *(read.rfind(sign, begin, place) for sign in ",。;\n"))

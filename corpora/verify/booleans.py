"""Answers that are true or false, as a word or in a sentence."""

import re

from kgtools.corpora.verify.abstain import ABSTAINS, FILLER, REFUSES, refuses
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.names import ItemNames
from kgtools.corpora.verify.reading import Text, fold

_TRUE = (
    r"(?:没有?(?:任何)?(?:错|问题)|无误|并非错误|(?<!不)(?:同意|赞同|认同)|准确|不(?:能|可以)?(?:[算是])?错误?|正确"
    r"|对(?!不)|真|属实|成立|√|✓|✔|✅|true|correct|right|accurate|yes|yep|yeah|(?:not|n't) (?:false|wrong|incorrect"
    r"|untrue|inaccurate|mistaken))"
)
_FALSE = (
    r"(?:不太?(?:是)?(?:正确|对|真|属实|成立|准确)|并?非(?:正确|真)|错误|错|假|有误|不(?:同意|赞同|认同)|站不住脚|误区|谬误|谣言|否|×|✗|✘|❌"
    r"|false|incorrect|wrong|untrue|inaccurate|no"
    r"|(?:far from|anything but|hardly|by no means) (?:true|correct|right|accurate)|(?:is |are )?(?:not|isn't"
    r"|n't) (?:true|correct|right|accurate|the case))"
)
_SUBJECT = (
    r"(?:(?:这|该|此|上述|以上|题中的?|本)?(?:个|种|1|句话?|项|条){0,3}(?:说法|陈述|命题|表述|判断|观点|描述|论断|叙述|题|话)"
    r"|\b(?:the |this |that )?(?:statement|claim|assertion|sentence|proposition|answer)\b|\b(?:it|this|that)\b|答案|结论|判断"
    r"|我认为|我觉得|应该|所以|因此|[这那它])(?: itself|本身)?"
)
_LINK = (
    r"(?:应该?|当然|显然|确实|完全|肯定|其实|判断){0,3}(?:是|为|选|:|,| ?is| is:|'s| would be| should be| must be){0,4}(?:应该?|很"
    r"|完全|显然|clearly |definitely |certainly | ){0,4}[ :(\[{]{0,4}"
)
SAID = re.compile(
    rf"{_SUBJECT}{_LINK}(?:(?P<false>{_FALSE})|(?P<true>{_TRUE}|(?<=[:为是])是(?=$|[。,;!的\n])))(?![a-z]|于|照|待|方|应"
    rf"|比|症|策|吗|不对|确诊| to (?:say|claim|think|call)| that [^.;!?\n]{{1,120}}\b(?:but|however|yet|though|although)\b)"
)
"""What a sentence says of the statement."""
NOT_SAID = re.compile(
    r"(?:不能|不可以?|不会|并不|不应|不敢|不)(?:说|认为|觉得|算|断言)[^,。;!?\n]{0,4}$"
    r"|(?:n't|not|never|cannot|wrong|incorrect) (?:to )?(?:say|think|believe|claim|call|agree|argue)(?: that)? ?$"
)
"""What turns round what is said behind it: 不能说这不对."""
CONCEDES = re.compile(
    r"(?:虽然|虽说|尽管|即便|(?:有|很多|不少)人(?:说|认为|以为)|\b(?:although|though|while|even if))[^,。.;!?\n]{0,40}$"
)
ALL_THE_SAME = re.compile(r",[^。.;!?\n]{1,60}?(?:但|不过|然而|\bbut\b|\bhowever\b)")
"""What stands before, and behind, what is conceded."""
PIECES = re.compile(r"[:。?!\n,;()]|\.(?=\s|$)")
STATEMENT = 6
ASKING = re.compile(r"判断|正误|对错|是非题?|说法|陈述|下列|以下|true or false|statement|[的吗]")
ALONE = re.compile(
    rf"(?:^|\n)[ (\[{{'.:\-]*(?:(?P<false>{_FALSE}|不是这样|并?非如此|(?:恰恰)?相反|不是|不会|不能|不可以|不|nope"
    rf"|disagreed?|negative|n|f)|(?P<true>{_TRUE}|(?:确实|的确|正是)(?:如此|这样)|没毛病|是|会|能|可以"
    rf"|absolutely|indeed|exactly|agreed|affirmative|y|t))(?:的|了|滴|,?它|啊)?(?=$|[。,;:!?.\n)\]}} ])(?! ?(?:and|or|also|but also) )"
)
"""A word at the beginning of a line, before a sign or the end."""
THEN = re.compile(
    rf"(?<=[.。!;,]) ?(?:也|但是?|又|and |but ){{0,2}}(?:(?P<false>{_FALSE}|不是)|(?P<true>{_TRUE}|是))的?(?=$|[.。,!;\n])"
)
"""Such a word behind another."""
_JOIN = r"的? ?(?:and|or|but also|but|既|也|又|&|和|或|与|、|/|且) ?(?:是)?"
BOTH = re.compile(rf"(?:{_TRUE}|是){_JOIN}(?:{_FALSE}|不是)|(?:{_FALSE}|不是){_JOIN}(?:{_TRUE}|是)(?=$|的|[。,.!\n ])")
WHETHER = re.compile(
    r"^是否$|是否(?:正确|属实|成立)|(?<![案为:])是否(?=\w)|是不是|对不对|正不正确|(?:is|are) (?:this|it|that"
    r"|the statement)(?: statement)? (?:correct|true|right) ?\?|是?对还是错|是真是假|(?:正确|对错|真假|正误)与否|正确还是(?:错误|不正确)"
    r"|\b(?:whether|if) (?:or not )?(?:this|it|that|the (?:statement|claim))(?: statement)? (?:is|was) (?:true|correct|right|false|wrong)"
    r"(?: or (?:not|false|wrong|incorrect|untrue))?"
)
"""What asks for true or false and says neither."""
TURN = re.compile(
    r"答案|结论|更正|纠正|最终|综上|因此|所以|不对[,。]|应该?[是为]|等1下|answer|wait|actually|correction|final|therefore|thus"
    r"|hence|\bso\b|conclu"
)
ANY = re.compile(rf"(?P<false>{_FALSE})(?![a-z])|(?P<true>{_TRUE})(?![a-z]|于|照|待|方|应|比|症|策|乙|确诊)")
DENIES = re.compile(
    r"不是|并非|不会|不能|不属于|不包括|不引起|不导致|不可以|没有|无关|不宜|不应"
    r"|\b(?:is|are|was|were|do|does|did|can|could|will|should|may)(?: not|n't)\b|\bcannot\b|\bnever\b"
)
AFFIRMS = re.compile(
    r"是|会|能|可|属于|包括|引起|导致|有|\b(?:is|are|does|do|can|may|causes?|leads?|treats?|has|have|belongs?|should|indeed)\b"
)


def read_boolean(text: str, item: Item, question: str, found: list[Found] | None) -> Reading:
    """Whether an answer says true or false; the last that it says of the statement counts, where it says why it turned. The
    statement said again, without more, is no answer."""
    read = WHETHER.sub("", fold(text)).strip()
    kinds = _said(read)
    if not kinds and not (question and _says_again(read, question)):
        kinds = [] if ABSTAINS.search(read) or REFUSES.search(read) else _anywhere(read, item)
    if found is not None:
        found += [Found(begin, end, read[begin:end], kind) for begin, end, kind in kinds]
    values = {kind for _, _, kind in kinds}
    reading = Reading(Text(read))
    if not kinds:
        reading.abstained = ABSTAINS.search(read) is not None and not refuses(read)
        reading.nothing = not reading.abstained
        return reading
    reading.claimed, reading.most = 1, len(kinds)
    last = kinds[-1]
    if len(values) > 1:
        before = max(end for _, end, kind in kinds if kind != last[2])
        if not TURN.search(read, max(0, before - 1), last[1]):
            reading.spoiled = True
    if not reading.spoiled and _is_both(read, last):
        reading.spoiled = True
    reading.right = int(last[2] == item.right)
    return reading


def _said(read: str) -> list[tuple[int, int, str]]:
    """Where the text says outright that the statement is true or false."""
    places: dict[int, tuple[int, int, str]] = {}
    for pattern in (SAID, ALONE, THEN):
        for one in pattern.finditer(read):
            kind = one.lastgroup or ""
            begin, end = one.span(kind)
            if pattern is SAID and NOT_SAID.search(read, max(0, one.start() - 24), one.start()):
                kind = "true" if kind == "false" else "false"
            places.setdefault(end, (begin, end, kind))
    return _without_concessions(read, sorted(places.values()))


def _without_concessions(read: str, said: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Without what is only conceded: while it is true that ..., 没错, ... 但."""
    kept = [
        (begin, end, kind)
        for begin, end, kind in said
        if not CONCEDES.search(read, max(0, begin - 40), begin)
        and not (kind == "true" and said[0][2] == "false" and ALL_THE_SAME.match(read, end))
    ]
    return kept or said


def _says_again(read: str, question: str) -> bool:
    """Whether a text is nothing but sentences of the question."""
    rest = read
    for piece in sorted(PIECES.split(fold(question)), key=len, reverse=True):
        if len(piece.strip()) >= STATEMENT:
            rest = rest.replace(piece.strip(), " ")
    return rest != read and not ASKING.sub("", FILLER.sub("", rest)).strip()


def _anywhere(read: str, item: Item) -> list[tuple[int, int, str]]:
    """The words for true and false wherever they stand; else what a sentence says of the things in question."""
    found = [
        (*one.span(), one.lastgroup or "")
        for one in ANY.finditer(read)
        if not (one[0] in ("no", "否", "对", "right") and len(read) > 12)
    ]
    if found:
        return _without_concessions(read, found)
    if both := BOTH.search(read):
        return [(*both.span(), "true"), (*both.span(), "false")]
    if not item.about or ABSTAINS.search(read):
        return []
    mentioned = {one.number for one in ItemNames(Item("set", about=item.about), None, "").find(read)}
    if mentioned != set(range(len(item.about))):
        return []
    if denied := DENIES.search(read):
        return [(*denied.span(), "false")]
    return [(*affirmed.span(), "true")] if (affirmed := AFFIRMS.search(read)) and "?" not in read else []


def _is_both(read: str, last: tuple[int, int, str]) -> bool:
    """Whether the last answer is both at once: yes and no."""
    return any(both.start() <= last[1] and both.end() >= last[0] for both in BOTH.finditer(read))

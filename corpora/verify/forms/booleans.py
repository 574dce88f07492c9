"""Answers that are true or false, as a word or in a sentence."""

import re

from kgtools.corpora.verify.forms.abstain import ABSTAINS, FILLER, REFUSES, refuses
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.names import ItemNames
from kgtools.corpora.verify.language.reading import Text, fold

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
    r"(?:应该?|当然|显然|确实|完全|肯定|其实|判断|因此|所以|故|并|就|也|才|都|从根本上|明显|根本){0,3}(?:是|为|选|:|,| ?is| is:|'s| would be"
    r"| should be| must be"
    r"| seems| appears to be| remains| can be called| has to be called){0,4}"
    r"(?:应该?|很|完全|显然|明显|根本|[ ,]{0,2}(?:[a-z]{2,12}ly|therefore|thus|hence|so|then|indeed|in fact|of course|also|just"
    r"|quite)(?=[ ,]),? ?| ){0,4}[ :(\[{]{0,4}"
)
_TRUE_MORE = (
    r"可信|站得住脚|有(?:科学)?依据|符合(?:事实|实际|医学|指南|规范)|科学的|靠谱|holds(?: true| up)?|valid|sound|well founded|factual|the case"
    r"|supported"
)
_FALSE_MORE = (
    r"不(?:可信|可取|科学|靠谱|严谨|合理|能成立|符合(?:事实|实际|医学|指南|规范)|成立)|难以成立|没有?(?:任何|科学)?依据|缺乏依据|毫无根据"
    r"|与事实(?:不符|相反)|有[错问]题?的?"
    r"|(?:does not|doesn't|do not|don't|cannot|can't|fails to) (?:hold|stand)(?: true| up| water)?|(?:not|n't) (?:[a-z]{2,12}ly |quite |at all )?"
    r"(?:true|correct|right|accurate|valid|sound|the case|so|supported|tenable)|invalid|unfounded|unsupported|erroneous|mistaken|untenable"
    r"|flawed|a myth"
    r"|a misconception|(?:to be |should be |must be )?rejected|a fallacy|a mistake|an error|nonsense"
)
SAID = re.compile(
    rf"{_SUBJECT}{_LINK}(?:(?P<false>{_FALSE_MORE}|{_FALSE})|(?P<true>{_TRUE}|{_TRUE_MORE}|(?<=[:为是])是(?=$|[。,;!的\n])))(?![a-z]|于|照|待|方|应"
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
ANSWERS = re.compile(
    rf"(?:(?:回答|应?答|答复|答案|填写?|写|选择?|判断?|判定|打|画|勾选?|说)(?:应该?|的|就|当然|只能)?[是为成个:]{{0,2}} ?"
    rf"|\b(?:say|answer|reply|vote|verdict|pick|choose|go with|go for|respond|response|put|tick|mark|lean towards?|call (?:it|this|that)"
    rf"|(?:have|has|got) to be|it'?s)(?: it| this)?(?: would| should| must)?(?: be| is| as| with)? ?[:,]? ?(?:an? |the )?(?:definite "
    rf"|firm |clear |simple |solid |'){{0,2}})"
    rf"(?:(?P<false>{_FALSE})|(?P<true>{_TRUE}|是))(?=$|[。,.;:!\n']|的[,。]| (?:to|here|because|since|as|for|on)\b)"
)
ANSWERING = re.compile(
    "[答填写选判打画勾说]|say|answer|reply|vote|verdict|pick|choose|go |respon|put|tick|mark|lean|call|to be|it'?s "
)
"""What one says in words to be one's answer: 应该答否, I'd say no."""
TWO_WAYS = re.compile(
    r"(?:可以?|能|也)[^,。;!?\n]{0,4}?[说算认答][^,。;!?\n]{0,4}?(?:对|正确|是)[^。;!?\n]{0,16}?(?:也|又|亦|还)(?:可以?"
    r"|能)?[^,。;!?\n]{0,4}?[说算认答][^,。;!?\n]{0,4}?(?:错|不对|不正确|否|不是)"
    r"|(?:1半|有|亦|半|部分|既)(?:是)?(?:对|真|正确)(?:的)?,?(?:1半|有|亦|半|部分|又|也)(?:是)?(?:错误?|假|不对|不正确)|对错(?:参半"
    r"|各半|都(?:行|可以?|有))|(?:是和否|对和错|正确和错误)(?:都|均)(?:可|行|对)"
    r"|\b(?:both|equally|partly|half|simultaneously|at once) (?:a )?(?:true|right|correct|yes)(?: and| or|,)+ (?:both |equally |partly "
    r"|half |also )?(?:a )?(?:false|wrong|incorrect|no)\b"
    r"|\b(?:true|right|correct|yes) and (?:also |equally )?(?:false|wrong|incorrect|no) at (?:the same time|once)"
    r"|\bcould (?:be|say|answer)[^.;!?\n]{0,24} (?:true|yes)\b[^.;!?\n]{0,24}(?:could|or) (?:just as well |equally |also "
    r"|as easily )?(?:be |say |answer )?(?:false|no)\b"
)
TWO_MARKS = re.compile("[也又半亦既和或与、/且&]")
TWO_WORDS = frozenset(("and", "or", "but", "partly", "half"))
"""Two answers to one statement, and what is in whatever gives them."""
_JOIN = r"的? ?(?:and|or|but also|but|既|也|又|&|和|或|与|、|/|且) ?(?:是)?"
BOTH = re.compile(rf"(?:{_TRUE}|是){_JOIN}(?:{_FALSE}|不是)|(?:{_FALSE}|不是){_JOIN}(?:{_TRUE}|是)(?=$|的|[。,.!\n ])")
WHETHER = re.compile(
    r"^是否$|是否(?:正确|属实|成立)|(?<![案为:])是否(?=\w)|是不是|对不对|正不正确|(?:is|are) (?:this|it|that"
    r"|the statement)(?: statement)? (?:correct|true|right) ?\?|是?对还是错|是真是假|(?:正确|对错|真假|正误)与否|正确还是(?:错误|不正确)"
    r"|\b(?:whether|if) (?:or not )?(?:this|it|that|the (?:statement|claim))(?: statement)? (?:is|was) (?:true|correct|right|false|wrong)"
    r"(?: or (?:not|false|wrong|incorrect|untrue))?"
)
"""What asks for true or false and says neither."""
_IT = (
    r"(?:这|该|此|上述|题中的?|题目中?的?|原)?(?:个|种|1|句话?|项|条){0,3}(?:说法|陈述|命题|表述|判断|观点|描述|论断|叙述|题目?|题干|话|它|内容|答案)"
    r"|(?:the |this |that |my )?(?:statement|claim|assertion|sentence|proposition|answer|it|this|that)(?=[ '])"
)
_IS_SO = (
    r"(?:确实|真的?|的确|本身)?(?:是|为)?(?:正确|对|真|成立|属实|错误?|假|不正确|不对|不成立|有误)(?:的)?(?:话|时|,|则|就|那|,那么)"
    r"|(?:'s| is| was| were| be| turns out| proves| happens)?(?: to be| really| indeed| actually| not|n't)? ?(?:not |in)?(?:true|right|correct"
    r"|false|wrong|valid|holds?|so|the case"
    r"|accurate)\b"
    r"|(?:'s| is| was) not(?=,| then)"
)
CONDITIONS = re.compile(
    rf"(?:如果|若是?|假如|要是|倘若|假设|假使|万1|当)(?:{_IT})?(?:{_IS_SO})[^。;!?\n]{{0,60}}(?:[。;] ?(?:否则|不然|反之)[^。;!?\n]{{0,30}})?"
    rf"|\b(?:if|when|whenever|in case|provided(?: that)?|assuming(?: that)?|suppose|unless|should) (?:{_IT})(?:{_IS_SO})[^.;!?\n]{{0,80}}"
    r"(?:[.;] ?(?:otherwise|else|or else|if not|if so)[^.;!?\n]{0,40})?"
    rf"|\b(?:true|correct|yes|right|false|no|wrong|incorrect),? (?:only )?(?:if|when|provided|assuming|in case"
    rf"|unless) (?:{_IT})(?:{_IS_SO})[^.;!?\n]{{0,60}}"
    r"(?:[.;] ?(?:otherwise|else|or else|if not)[^.;!?\n]{0,40})?"
    r"|(?:正确|对|真|错误?|假|不对)(?:的)?(?:就|则|便)(?:答|是|选|判|说|为)?(?:正确|对|真|错误?|假|不对)"
)
CONDITIONAL = (
    "如果",
    "若",
    "假",
    "要是",
    "倘若",
    "万1",
    "当",
    "就",
    "则",
    "便",
    "if ",
    "when",
    "case",
    "provided",
    "assuming",
    "suppose",
    "unless",
    "should ",
)
"""Would say true if it is true, and false if it is not: decides nothing."""
FORBIDS = re.compile(
    r"禁[用忌止]|忌用|不(?:能|可以?|宜|应|得|要)(?:使?用|服用?|吃|给)|避免|慎用|contraindicat|(?:must|should|can)(?: not|n't) be|cannot be"
    r"|\bavoid|unsafe|not safe"
    r"|dangerous|forbidden|prohibited"
)
PERMITS = re.compile(
    r"(?<!不)(?:可以?|能够?)(?:安全地?|放心地?|正常地?|照常)?(?:使?用|服用?|吃|给)|(?<!不)安全|放心"
    r"|\b(?:can|may|could) (?:[a-z]+ly |still )?be (?:[a-z]+ly )?(?:given|used|taken|prescribed|continued|eaten|drunk|administered)"
    r"|(?<!not )(?<!un)\bsafe(?:ly)?\b|\ballowed|\bpermitted|no (?:restriction|contraindication|problem)"
)
"""What says of a thing in question that it must not be used, or that it may."""
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
    read = fold(text)
    if any(map(read.__contains__, CONDITIONAL)):
        read = CONDITIONS.sub("", read)
    read = WHETHER.sub("", read).strip()
    kinds = _said(read) or _answered(read)
    if not kinds and not (question and _says_again(read, question)):
        kinds = (
            [] if ABSTAINS.search(read) or REFUSES.search(read) else _permitted(read, question) or _anywhere(read, item)
        )
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
    if not reading.spoiled and _is_both(read, reading.text.words, last):
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


def _answered(read: str) -> list[tuple[int, int, str]]:
    """Where a text calls a word its answer."""
    if not ANSWERING.search(read):
        return []
    return [
        (*one.span(one.lastgroup or ""), one.lastgroup or "")
        for one in ANSWERS.finditer(read)
        if not NOT_SAID.search(read, max(0, one.start() - 24), one.start())
    ]


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


def _permitted(read: str, question: str) -> list[tuple[int, int, str]]:
    """Whether what a statement forbids is permitted, or the other way round, where each says one of these alone."""
    asked = fold(question)
    if bool(FORBIDS.search(asked)) == bool(PERMITS.search(asked)):
        return []
    forbids, permits = FORBIDS.search(read), PERMITS.search(read)
    if not (words := forbids or permits) or (forbids and permits):
        return []
    return [(*words.span(), "true" if bool(forbids) == bool(FORBIDS.search(asked)) else "false")]


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


def _is_both(read: str, words: frozenset[str], last: tuple[int, int, str]) -> bool:
    """Whether the last answer is both at once, yes and no, or two are given to one statement and none behind them."""
    if not TWO_MARKS.search(read) and "有对" not in read and "对错" not in read and TWO_WORDS.isdisjoint(words):
        return False
    both = list(BOTH.finditer(read))
    if any(each.start() <= last[1] and each.end() >= last[0] for each in both):
        return True
    both += TWO_WAYS.finditer(read)
    return any(each.end() >= last[0] or not TURN.search(read, each.end(), last[0] + 1) for each in both)

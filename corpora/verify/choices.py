"""Answers that are letters of options, or the options' texts."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from kgtools.corpora.verify.abstain import ABSTAINS
from kgtools.corpora.verify.denials import deny
from kgtools.corpora.verify.grading import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.names import RIGHT, ItemNames, Mention
from kgtools.corpora.verify.reading import Text, plain

LEAD = re.compile(
    r"(?:答案|正确(?:的)?选项|应选|故选|我选|选择|选(?!项|手|拔)|应该?[是为]|(?<![a-z])(?:answers?|correct (?:option|choice)"
    r"|choose|pick|select|go with|must be|should be))"
    r"(?:应该?|就|的|字母)?(?:是|为|选|:| ?is| are| would be| should be| must be| to be){0,4}[ :(\[{'.]{0,6}(?:option |选项"
    r"|the option )?[ (\[{'.]{0,4}$"
)
"""What stands right before an explicit answer."""
LEADS = re.compile(r"答案|选|应|(?i:answer|option|choice|choose|pick|select|go with|must be|should be)")
TRAIL = re.compile(
    r"[)\]}. ]{0,4}(?:选项|项)?(?:[都均]?是|[都均]?为|才是|[都均])?(?:最|完全)?(?:正确|对的|符合)|[)\]}. ]{0,4} (?:is|are|seems"
    r"|looks) (?:all |both |the )?(?:correct|right|best|most|true)"
)
"""What stands right behind an answer: B正确, B is correct."""
JOINED = re.compile(
    r"[\s,、;/.:()\-&+\]\[{}']{0,16}(?:和|与|及|以及|或|或者|还有|and/or|and|or|also)?[\s,(\[{]{0,6}(?:the |an? |option |选项)?[(\[{]?"
)
PAIRED = re.compile(
    r"[\s.、:,()\-\]\[{}=]{0,5}(?:选项|项)?(?:,?即|,?也就是|是|为|,? ?which is|,? ?that is|,? ?i\.e\.,?)?[\s:(\[]{0,3}(?:the |an? )?"
)
HEDGED = re.compile(
    r"[^。;!?\n]{0,8}(?:或|也可能|还可能|也许|也是|也对|maybe|possibly|perhaps|could also|\bor\b)[^。;!?\n]{0,12}"
)
ARTICLE = re.compile(r" (?!(?:is|because|and|or|since|as|was|would|seems|must|looks|are|for|but|due)\b)[a-z]")
NO_OPTION_BEFORE = re.compile(
    r"(?:维生素|型|肝炎|血型|(?i:vitamin|hepatitis|type|grade|group|class|influenza|stage|factor)) ?$"
)
NO_OPTION_BEHIND = re.compile(r"[超型反肝级期组类链细区淋]|反应| ?(?:cells?|型|virus)")
NEGATIVE = re.compile(
    r"不是|不属于|不包括|不正确|错误|不符合|不对|不会|不能|不宜|除外|除了?|不应|无关|避免|忌|禁|\b(?:not|except|incorrect|false"
    r"|wrong|least|avoid|n't)\b",
    re.IGNORECASE,
)
"""A question for what is not so: to deny an option is to choose it."""
REFUSED = re.compile(
    r"(?:答案|选项?)[^,。\n]{0,3}不[是选]?|不选|排除|(?i:answer is not|not option|rule out|exclude)[^,。\n]{0,3}$"
)


@lru_cache(4_096)
def _texts(options: tuple[tuple[str, str], ...]) -> ItemNames:
    return ItemNames(Item("set", answers=tuple((text,) for _, text in options)), None, "")


def read_choice(text: str, item: Item, question: str, found: list[Found] | None) -> Reading:
    """Which options an answer chooses: the last that it says to be its answer, else all that it names and does not deny."""
    options = tuple((item.options or {}).items())
    letters = "".join(letter.upper() for letter, _ in options if len(letter) == 1)
    read = plain(text).replace("ɑ", "a").strip()
    low = read.lower() if len(read.lower()) == len(read) else read
    folded = Text(low)
    texts = _texts(options).find(low)
    marks = [one for one in _letters(read, low, letters) if not any(t.begin <= one.begin < t.end for t in texts)]
    where = {one.begin: True for one in marks}
    mentions = sorted([*texts, *marks], key=lambda one: (one.begin, -one.end))
    denied = deny(folded, mentions, avoiding=False)
    if question and NEGATIVE.search(question):
        denied = {
            at: why
            for at, why in denied.items()
            if REFUSED.search(low[max(0, mentions[at].begin - 10) : mentions[at].begin])
        }
    chains = list(_chains(low, [one for at, one in enumerate(mentions) if at not in denied], where))
    chosen, spoiled = _choose(low, chains, where, len(item.right) > 1)
    right = {at for at, (letter, _) in enumerate(options) if letter in item.right}
    if found is not None:
        for at, one in enumerate(mentions):
            kind = "letter" if one.begin in where else "option"
            why = denied.get(at, "" if one.number in chosen else "not the last answer")
            found.append(Found(one.begin, one.end, read[one.begin : one.end], f"{kind} {options[one.number][0]}", why))
    every = len(chosen) == len(options) > len(right)
    reading = Reading(folded, len(chosen & right), len(right) or 1, len(chosen), spoiled=spoiled or every)
    reading.most = max(Counter(one.number for one in mentions).values(), default=1)
    if not chosen and not denied:
        if ABSTAINS.search(low):
            reading.abstained = True
        else:
            reading.nothing = not re.search(r"(?:答案|选)(?:是|为|:|选)?\s*\w|answer(?: is|:)\s*\w", low)
    return reading


def _letters(read: str, low: str, letters: str) -> Iterator[Mention]:
    """The letters of options in a text: alone, or after words that lead to an answer."""
    if not letters:
        return
    pattern, whole = _patterns(letters)
    if whole.fullmatch(low):
        for sign in re.finditer(
            f"[{letters.lower()}]", re.sub(r"\b(?:and|or)\b", lambda word: "+" * len(word[0]), low)
        ):
            yield Mention(*sign.span(), RIGHT, letters.index(sign[0].upper()))
        return
    for token in pattern.finditer(read):
        begin, end = token.span()
        word = token[0]
        led = LEAD.search(low[max(0, begin - 40) : begin]) is not None
        if word.islower() and not (
            led and (end == len(read) or not (read[end : end + 1] == " " and read[end + 1 : end + 2].isalpha()))
        ):
            continue
        if len(set(word)) < len(word) or not (word.isupper() or word.islower()):
            continue
        if len(word) > 1 and not led:
            line = read[read.rfind("\n", 0, begin) + 1 : begin].strip(" (:-") + (read[end:].partition("\n")[0]).strip(
                " ).。,"
            )
            if line or "".join(sorted(word)) != word:
                continue
        if len(word) == 1 and not led:
            if word == "A" and ARTICLE.match(read, end):
                continue
            if NO_OPTION_BEFORE.search(read[max(0, begin - 12) : begin]) or NO_OPTION_BEHIND.match(read, end):
                continue
        for at, letter in enumerate(word):
            yield Mention(begin + at, begin + at + 1, RIGHT, letters.index(letter.upper()))


@lru_cache(64)
def _patterns(letters: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    both, low = letters + letters.lower(), letters.lower()
    whole = rf"[\s(\[{{'.:]*[{low}](?:[\s,、;/&+().和与及]*(?:and |or )?[\s(]*[{low}])*[\s)\]}}.。,:;!']*"
    return re.compile(rf"(?<![A-Za-z0-9])[{both}]+(?![A-Za-z0-9'])"), re.compile(whole)


class _Chain(tuple[Mention, ...]):
    """Mentions with no more between them than what joins a list."""


def _chains(low: str, mentions: list[Mention], marks: dict[int, bool]) -> Iterator[_Chain]:
    run: list[Mention] = []
    for one in mentions:
        if run:
            gap = low[run[-1].end : one.begin]
            paired = run[-1].begin in marks and one.begin not in marks and PAIRED.fullmatch(gap)
            if len(gap) > 24 or not (paired or JOINED.fullmatch(gap)):
                yield _Chain(run)
                run = []
        run.append(one)
    if run:
        yield _Chain(run)


def _choose(low: str, chains: list[_Chain], marks: dict[int, bool], several: bool) -> tuple[set[int], bool]:
    """The options that are chosen, and whether a letter is said with the text of another option."""
    if not chains:
        return set(), False
    leads = LEADS.search(low) is not None
    led = [
        at
        for at, chain in enumerate(chains)
        if leads and LEAD.search(low[max(0, chain[0].begin - 40) : chain[0].begin])
    ]
    trailed = [at for at, chain in enumerate(chains) if TRAIL.match(low, chain[-1].end)]
    if led:
        taken = [led[-1]]
    elif trailed:
        taken = trailed
    elif not several and chains[0][0].begin <= 2:
        taken = [0]
    else:
        lettered = [at for at, chain in enumerate(chains) if any(one.begin in marks for one in chain)]
        taken = lettered or list(range(len(chains)))
    last = taken[-1]
    while last + 1 < len(chains) and HEDGED.fullmatch(low[chains[last][-1].end : chains[last + 1][0].begin]):
        last += 1
        taken.append(last)
    chosen: set[int] = set()
    spoiled = False
    for at in taken:
        spoiled = spoiled or _is_mixed(low, chains[at], marks)
        chosen |= {one.number for one in chains[at]}
    first = taken[0]
    if led and first and not several:
        before, one = chains[first - 1][-1], chains[first][0]
        gap = low[before.end : one.begin]
        if (
            before.begin not in marks
            and before.number not in chosen
            and len(gap) <= 8
            and not re.search(r"[。\n!?]", gap)
        ):
            spoiled = True
    return chosen, spoiled


def _is_mixed(low: str, chain: _Chain, marks: dict[int, bool]) -> bool:
    """Whether in a chain a letter stands beside the text of another option."""
    for one, other in pairwise(chain):
        gap = low[one.end : other.begin]
        if one.begin in marks and other.begin not in marks and one.number != other.number and PAIRED.fullmatch(gap):
            return True
        if (
            one.begin not in marks
            and other.begin in marks
            and one.number != other.number
            and gap.strip() in ("(", "[", "({")
        ):
            return True
    return False

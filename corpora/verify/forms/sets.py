"""Answers that are names: which are claimed, which are denied, and in which order the steps are said."""

import re
from bisect import bisect
from collections.abc import Sequence
from functools import partial
from operator import itemgetter

from kgtools.corpora.verify.forms.abstain import ABSTAINS, asserts_beside, may_abstain, refuses, says_nothing
from kgtools.corpora.verify.forms.comparisons import contrasts, set_apart
from kgtools.corpora.verify.forms.directions import find_reversed
from kgtools.corpora.verify.forms.plans import Plan, plan_of
from kgtools.corpora.verify.forms.tables import without_notes
from kgtools.corpora.verify.forms.talk import EXPLICIT, is_off_topic, is_talk
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.against import OPENING, set_against
from kgtools.corpora.verify.language.denials import CLAUSE_END, UNDECIDED, deny
from kgtools.corpora.verify.language.diseases import is_another
from kgtools.corpora.verify.language.given import given_away
from kgtools.corpora.verify.language.names import NEUTRAL, OTHER, RIGHT, WRONG, Mention, NameIndex
from kgtools.corpora.verify.language.reading import Text, fold
from kgtools.corpora.verify.language.subjects import told_of_others
from kgtools.corpora.verify.language.topics import LISTED

EXPLICIT_SIGNS = re.compile("[案论更对错改修订]")
EXPLICIT_WORDS = frozenset(("answer", "wait", "correction", "actually", "no", "change", "switch", "revise"))
AFFIRMED = re.compile(r"(?:是|为|吃|用|答案:|选|\b(?:is|are|answer:|eat|take|use|but)(?: the| an?)?) ?$")
CAN = re.compile(r"[^,。;!?\n]{0,4}(?:可|能|宜|应|[也才正]是)| (?:can|is|are|should|may) ")
"""What says of a name that was denied that it is an answer all the same: before it, and behind it."""
NEAR_WHETHER = 12
"""Characters between "whether" and the name that is in question."""
FREE_LIST = 5
"""Things that nobody knows may be listed, or twice as many as are asked for; what is beyond is a guess."""
LIST_SIGN = re.compile(r"[、,;/\n。]")
LISTED_THING = re.compile(r"[\u3400-\u9fffa-z0-9]{2,8}|[a-z0-9]{1,24}(?: [a-z0-9]{1,24}){0,2}")
"""A piece of a list that may name a thing; what is longer is a clause."""
CLAUSE_BEGINS = frozenset("它这该多应可需注避按定及勿不要戒宜如若或常请由因但而且并在以对将会能有是")
LISTED_MORE = 8
"""Characters beside a name in a piece of a list; what has more is a clause."""
ROLE, ONLY_THESE, NOT_ASKED = itemgetter(2), frozenset((RIGHT, NEUTRAL)), frozenset((OTHER, WRONG))
NUMBERED = re.compile(r"^ ?(?:[-+]|\d{1,3}[.、)])? ?")


def read_set(text: str, item: Item, index: NameIndex | None, question: str, found: list[Found] | None) -> Reading:
    """How many of the names that are asked for an answer says, and what else."""
    plan = plan_of(item, index, question)
    if "|" in text and "--" in text:
        text = without_notes(text, lambda cell: any(one.role == RIGHT for one in plan.names.find(fold(cell))))
    folded = Text(fold(text))
    read = folded.read
    mentions = plan.names.find(read)
    denied = _denied(folded, mentions, plan)
    said = [read[first:last] for first, last, _, _ in mentions]
    turned = find_reversed(read, mentions, said, denied, plan.names.steps, plan.directed) if plan.directed else {}
    begin = _explicit(folded, mentions, denied)
    rights: dict[int, int] = {}
    wrongs, others = set(), set()
    for at, (first, _, role, number) in enumerate(mentions):
        if role is NEUTRAL or first < begin or at in denied:
            continue
        if role is RIGHT:
            rights[number] = rights.get(number, 0) + 1
        elif role is WRONG:
            wrongs.add(number)
        else:
            others.add(said[at])
    if found is not None:
        found += [
            Found(one.begin, one.end, read[one.begin : one.end], one.role, denied.get(at, "before the last answer" if one.begin < begin else ""))
            for at, one in enumerate(mentions)
        ]  # fmt: skip
    contradiction = len(wrongs) + len(turned)
    beside = plan.before_answers(turned) if turned else 0
    claimed = len(rights) + contradiction - beside + len(others)
    if rights or others:
        claimed += _unknown(read, begin, mentions, plan.many)
    reading = Reading(folded, len(rights), plan.many, claimed, contradiction)
    reading.most, reading.steps = max(rights.values()) if rights else 1, beside
    if item.steps:
        reading.order = _order(said, mentions, denied, turned, plan)
    if not claimed:
        _say_why(reading, read, plan, bool(denied and any(mentions[at].role != NEUTRAL for at in denied)))
    return reading


YES_NO = re.compile(r"^\W*(?:是的?|对的?|正确|错误?|否|不是|yes|no|true|false)\W*$")


def read_abstention(
    text: str, item: Item, index: NameIndex | None, question: str, found: list[Found] | None
) -> Reading:
    """Whether an answer says that it cannot tell, and claims nothing beside that."""
    plan = plan_of(item, index, question)
    folded = Text(fold(text))
    read = folded.read
    mentions = plan.names.find(read)
    denied = _denied(folded, mentions, plan)
    claims = [at for at, one in enumerate(mentions) if at not in denied and one.role != NEUTRAL]
    if found is not None:
        found += [
            Found(one.begin, one.end, read[one.begin : one.end], one.role, denied.get(at, ""))
            for at, one in enumerate(mentions)
        ]
        found += [Found(*one.span(), one[0], "abstention") for one in ABSTAINS.finditer(read)]
    contradiction = len({mentions[at].number for at in claims if mentions[at].role == WRONG})
    reading = Reading(folded, 0, 1, len(claims), contradiction)
    said = ABSTAINS.search(read) is not None
    declines = not claims and refuses(read)
    reading.abstained = said and not claims and not declines and not asserts_beside(read)
    reading.nothing = declines or (
        not said
        and not claims
        and not YES_NO.search(read)
        and (says_nothing(read, plan.question) or (not mentions and is_off_topic(read, plan.question)))
    )
    return reading


def _denied(text: Text, mentions: Sequence[Mention], plan: Plan) -> dict[int, str]:
    """Of the mentions that are no claims their number, and why."""
    of = plan.item.of
    passed = contrasts(text.read, mentions) if of == "first" else ()
    denied = deny(text, mentions, plan.asked, passed)
    if of:
        denied = set_apart(text.read, mentions, of) | denied
    elif "而" in text.read or not OPENING.isdisjoint(text.words):
        denied = set_against(text, mentions, denied, (), plan.question, plan.asked.avoiding, one=False) | denied
    if not of and mentions and (mentions[-1].role != RIGHT or not ONLY_THESE.issuperset(map(ROLE, mentions))):
        denied = told_of_others(text, mentions, denied, plan.topics) | denied
    if not of and not NOT_ASKED.isdisjoint(map(ROLE, mentions)):
        free = {at for at, one in enumerate(mentions) if one.role in NOT_ASKED and at not in denied}
        apart = free and set(
            given_away(text.read, mentions, denied, free, partial(is_another, topics=plan.topics), plan.about)
        )
        denied = denied | dict.fromkeys(apart, "of another") if apart else denied
    if denied:
        _deny_again(text.read, mentions, denied)
    if mentions:
        _deny_unsure(text, mentions, denied)
    _deny_both_ways(text.read, mentions, denied)
    return denied


def _deny_both_ways(read: str, mentions: Sequence[Mention], denied: dict[int, str]) -> None:
    """Deny what is said and denied alike, where that holds of two things and of most that is said: who recommends and forbids the
    same claims nothing."""
    if len(denied) < 2:
        return
    said: dict[int, list[int]] = {}
    for at, one in enumerate(mentions):
        if one.role is RIGHT and at not in denied:
            said.setdefault(one.number, []).append(at)
    both = {mentions[at].number for at in denied if mentions[at].role is RIGHT} & said.keys()
    if len(both) > 1 and 2 * len(both) >= len(said) and not EXPLICIT.search(read):
        denied |= {at: "said and denied" for number in both for at in said[number]}


def _deny_unsure(text: Text, mentions: Sequence[Mention], denied: dict[int, str]) -> None:
    """Deny what is only in question, and what an answer says that it cannot tell of."""
    abstains = may_abstain(text)
    if not abstains and "否" not in text.read and "whether" not in text.words and "if" not in text.words:
        return
    read, done = text.read, 0
    begins = [one.begin for one in mentions]
    for words in UNDECIDED.finditer(read):
        before = words.end()
        for at in range(bisect(begins, words.end() - 1), len(mentions)):
            one = mentions[at]
            gap = read[before : one.begin]
            if (
                len(gap) > NEAR_WHETHER
                or (before > words.end() and not LISTED.fullmatch(gap))
                or CLAUSE_END.search(gap)
            ):
                break
            if one.role != NEUTRAL:
                denied.setdefault(at, "whether")
            before = one.end
    if abstains:
        for words in ABSTAINS.finditer(read):
            stop = CLAUSE_END.search(read, words.end())
            last = stop.start() if stop else len(read)
            for at in range(max(done, bisect(begins, words.end() - 1)), bisect(begins, last - 1)):
                if mentions[at].role != NEUTRAL:
                    denied.setdefault(at, "cannot tell")
                done = at + 1


def _deny_again(read: str, mentions: Sequence[Mention], denied: dict[int, str]) -> None:
    """Deny what is denied wherever else it is spoken of, unless it is said to be the answer behind that: a name that is no
    answer is still explained (不是伊蚊，伊蚊传播的是登革热)."""
    keys = {
        at: (one.number, read[one.begin : one.end]) for at, one in enumerate(mentions) if one.role in (OTHER, WRONG)
    }
    last = {keys[at]: (at, why) for at, why in denied.items() if at in keys}
    if not last:
        return
    for at, key in keys.items():
        if key in last and at not in denied:
            before, why = last[key]
            one = mentions[at]
            if at < before or not (
                AFFIRMED.search(read[max(0, one.begin - 8) : one.begin]) or CAN.match(read, one.end)
            ):
                denied[at] = why


def _explicit(text: Text, mentions: Sequence[Mention], denied: dict[int, str]) -> int:
    """Where the last explicit answer begins that names anything; 0 where there is none."""
    if EXPLICIT_WORDS.isdisjoint(text.words) and not EXPLICIT_SIGNS.search(text.read):
        return 0
    ends = [words.end() for words in EXPLICIT.finditer(text.read)]
    if not ends:
        return 0
    last = max((one.begin for at, one in enumerate(mentions) if at not in denied and one.role != NEUTRAL), default=-1)
    return max((end for end in ends if end <= last), default=0)


def _unknown(read: str, begin: int, mentions: Sequence[Mention], asked: int) -> int:
    """How many things are listed that no name list knows, beyond those that may be."""
    free = max(FREE_LIST, 2 * asked)
    if read.count("、") + read.count(",") + read.count("\n") + read.count(";") + read.count("/") <= free:
        return 0
    unknown, run, at, next_one, seen = 0, 0, begin, 0, set()
    for sign in [*LIST_SIGN.finditer(read, begin), None]:
        end = sign.start() if sign else len(read)
        while next_one < len(mentions) and mentions[next_one][0] < at:
            next_one += 1
        known = next_one < len(mentions) and mentions[next_one][0] < end
        if (
            known and end - at > mentions[next_one][1] - mentions[next_one][0] + LISTED_MORE
        ):  # says something of the name
            unknown, run = unknown + max(0, run - free), 0
        piece = "" if known else NUMBERED.sub("", read[at:end]).strip(" .和与及")
        if not piece:
            pass
        elif piece[0] not in CLAUSE_BEGINS and LISTED_THING.fullmatch(piece):
            run += piece not in seen
            seen.add(piece)
        else:  # a clause ends the list
            unknown, run = unknown + max(0, run - free), 0
        at = end + 1
    return unknown + max(0, run - free)


def _order(
    names: Sequence[str],
    mentions: Sequence[Mention],
    denied: dict[int, str],
    turned: dict[int, tuple[int, int]],
    plan: Plan,
) -> float:
    """The share of the steps that are said, each that goes on from the one before behind it. What the question is about need not be
    said again."""
    links = plan.links
    if not plan.chained:
        named = {name for at, name in enumerate(names) if at not in denied} if denied else set(names)
        return len([n for n, link in enumerate(links) if n not in turned and not link.new.isdisjoint(named)]) / len(
            links
        )
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        if at not in denied:
            places.setdefault(name, []).append(mentions[at].begin)
    said, before = 0, -1
    for number, link in enumerate(links):
        old = not link.old.isdisjoint(places)
        spots = [place for name in link.new if name in places for place in places[name]]
        if not number and not spots and old:
            spots = [place for name in link.old if name in places for place in places[name]]
        behind = [place for place in spots if place >= before] if link.goes_on else spots
        if number not in turned and behind and (old or not number or not link.goes_on):
            said += 1
            before = min(behind)
    return said / len(links)


def _say_why(reading: Reading, read: str, plan: Plan, denies: bool) -> None:
    """Of an answer that claims nothing: whether it abstains, or is none."""
    if refuses(read):
        reading.nothing = True
    elif ABSTAINS.search(read) is not None:
        reading.abstained = True
    elif not denies:
        reading.nothing = is_talk(read, plan)

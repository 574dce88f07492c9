"""Explanations, compared with a reference: how much of it is said, how much else, and what is turned into its opposite.

What is said is counted in runs of units: two to four characters of Chinese, one to three words of English (as chrF, Popović 2015, and
ROUGE-N, Lin 2004, do), each as often as the reference has it, sentence by sentence, so that their order does not matter. Another
wording of the same is not seen."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kgtools.corpora.verify.forms.abstain import ABSTAINS, refuses, says_nothing
from kgtools.corpora.verify.forms.contraries import Turn, find_turns, turns_of
from kgtools.corpora.verify.forms.plans import Plan, plan_of
from kgtools.corpora.verify.forms.runs import BETWEEN, Digits, Sentence, digits_of, runs_of, sentences_of
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.language.aliases import names_of
from kgtools.corpora.verify.language.names import OTHER, RIGHT, NameIndex, is_whole
from kgtools.corpora.verify.language.reading import Text, fold

HAN = re.compile(r"[\u3400-\u9fff]")
ORDERS = {True: (2, 3, 4), False: (1, 2, 3)}
"""Units of a run, in a Chinese reference and in another."""
FREE = {True: 20, False: 8}
"""Units by which an answer may begin or end, beside what the reference says, at no cost."""
DISOWNS = re.compile(
    r"(?:以上|上述|上面|下述|下面|以下|下列|这些|这段话?|全部)[^,。;!?\n]{0,8}?(?:不正确|不对|不成立|不实|错误?|有误|谬误|假"
    r"|相反)的?(?=[:,。;!?\n]|$)"
    r"|\b(?:the (?:above|following)|all (?:of )?(?:this|the above|the following)|(?:this|the|these) (?:statements?|sentences|claims|text))\b"
    r"[^,.;!?\n]{0,30}? (?:is|are) (?:all |completely |entirely )?(?:false|wrong|incorrect|untrue|not true|the opposite)\b"
)
"""What says of a whole text that it is not so."""
INTRODUCES = re.compile(
    r"好的|好吧|以下|下面|下述|接下来|现在|这里|关于|有关|对于|就|的|[我让]|来|将|会|为[您你]|给[您你]|向[您你]|简[要单]?|详细|大致|1下|1段|1份|1个|介绍|说明|概述|简介|解释|描述|总结|讲解|阐述|内容|信息|知识|资料"
    r"|概况|情况|定义|回答|科普|谈谈|讲讲|说说|看看|1起|吧|请看|见|没问题|可以|很高兴|乐意|是|这种?|该|疾?病"
    r"|\b(?:sure|certainly|absolutely|here|is|are|'s|below|following|follows|as|a|an|the|of|on|about|for|you|your|to|me|let|will|can|i'll|i'd|i'm|i|be|happy|glad"
    r"|give|provide|explain|describe|summari[sz]e|outline|write|present|tell|some|short|brief|quick|concise|detailed|simple|clear|full|comprehensive"
    r"|overview|introduction|explanation|description|summary|account|outline|information|details?|definition|answer|text|paragraph|review|guide"
    r"|what|know|need|all|this|that|it|condition|disease|disorder|and|my|request(?:ed)?|no problem|with|in|words)\b"
)
"""The words of a sentence that says what will be told."""
SHORT, LONG, LITTLE, MUCH = 60, 240, 0.1, 0.3
"""Characters of an answer that can do no more than abstain, or than refuse, and the share of a reference that it may say all the same."""


class Reference(NamedTuple):
    """A reference as answers are compared with it: folded, its units as digits, its orders, its runs of each and how many they are, the
    runs of the question that are none of these, its words that decide, its units in one text, with the glue between them, and what it
    names."""

    read: str
    digits: Digits
    orders: tuple[int, ...]
    runs: tuple[Counter[int], ...]
    sizes: tuple[int, ...]
    asked: tuple[frozenset[int], ...]
    turns: Mapping[str, Sequence[Turn]]
    glue: str
    joined: str
    named: tuple[tuple[str, ...], ...]


@lru_cache(4_096)
def reference_of(text: str, named: tuple[Names, ...], question: str) -> Reference:
    """What is made of a reference, of what it names, and of the folded question, once for all answers to it."""
    read = fold(text)
    sentences, asking = list(sentences_of(read)), list(sentences_of(question))
    orders = ORDERS[HAN.search(read) is not None]
    digits = digits_of(sentences, asking)
    runs, asked = _count(sentences, digits, orders), _count(asking, digits, orders)
    glue = "" if orders == ORDERS[True] else " "
    joined = _join(sentences, glue)
    return Reference(
        read,
        digits,
        orders,
        runs,
        tuple(max(1, each.total()) for each in runs),
        tuple(frozenset(each.keys() - known.keys()) for each, known in zip(asked, runs, strict=True)),
        turns_of(joined, glue),
        glue,
        joined,
        tuple(tuple(sorted(names_of(each))) for each in named),
    )


def _count(sentences: Sequence[Sentence], digits: Digits, orders: Sequence[int]) -> tuple[Counter[int], ...]:
    """How often each run of a text stands in it, for each order."""
    counts: tuple[Counter[int], ...] = tuple(Counter() for _ in orders)
    for each in sentences:
        for count, runs in zip(counts, runs_of(each.units, digits, orders), strict=True):
            count.update(runs)
    return counts


def read_text(text: str, item: Item, index: NameIndex | None, question: str, found: list[Found] | None) -> Reading:
    """How much of the reference an answer says, how much of the answer is in the reference, which of the things that the reference
    names it names, and what it says the opposite of."""
    plan = plan_of(item, index, question)
    reference = reference_of(item.reference, item.answers, plan.question)
    folded = Text(fold(text))
    read = folded.read
    sentences = list(sentences_of(read))
    turned = _turned(read, sentences, reference)
    reading = Reading(folded, contradiction=len(turned))
    reading.recall, reading.precision = _overlap(sentences, turned, reference)
    reading.turned = sum([len(sentences[at].units) for at in turned]) / (
        sum([len(each.units) for each in sentences]) or 1
    )
    reading.entities, named = _named(read, plan, reference, found)
    if found is not None:
        found += [
            Found(
                sentences[at].begin,
                sentences[at].end,
                read[sentences[at].begin : sentences[at].end],
                "contradiction",
                why,
            )
            for at, why in sorted(turned.items())
        ]
    little = not named and reading.recall < LITTLE
    declines = little and len(read) <= LONG and refuses(read)
    reading.abstained = little and not declines and len(read) <= SHORT and ABSTAINS.search(read) is not None
    reading.nothing = (
        declines
        or not any(each.units for each in sentences)
        or (not reading.recall and says_nothing(read, plan.question))
        or (not named and reading.recall < MUCH and len(read) <= LONG and _introduces(read, plan))
    )
    return reading


def _introduces(read: str, plan: Plan) -> bool:
    """Whether a text does no more than say what it will tell."""
    rest = read
    for name in sorted(plan.about, key=len, reverse=True):
        rest = rest.replace(name, " ")
    return says_nothing(INTRODUCES.sub(" ", rest), plan.question)


def _join(sentences: Iterable[Sentence], glue: str) -> str:
    between = f"{glue}|{glue}"
    return glue + between.join(glue.join(each.units) for each in sentences) + glue


def _turned(read: str, sentences: Sequence[Sentence], reference: Reference) -> dict[int, str]:
    """The sentences that say the opposite of what the reference says, by number, each with the words that do."""
    if any(words[0] not in reference.read for words in DISOWNS.finditer(read)):
        return dict.fromkeys(range(len(sentences)), "all of it is called wrong")
    joined = _join(sentences, reference.glue)
    places = list(find_turns(joined, reference.joined, reference.turns, reference.glue))
    if not places:
        return {}
    turned: dict[int, str] = {}
    at, last = 0, len(reference.glue)
    for number, each in enumerate(sentences):
        last += len(reference.glue.join(each.units)) + 2 * len(reference.glue) + 1
        while at < len(places) and places[at][0] < last:
            turned.setdefault(number, places[at][1])
            at += 1
    return turned


def _overlap(sentences: Sequence[Sentence], turned: Mapping[int, str], reference: Reference) -> tuple[float, float]:
    """The share of the reference's runs that are said, and the share of what is said that the reference says. What is turned into its
    opposite is not said, and counts among what is said beside; to say the question again is no claim."""
    recall = precision = 0.0
    kept = [each.units for number, each in enumerate(sentences) if number not in turned]
    lost = [len(each.units) for number, each in enumerate(sentences) if number in turned]
    units = [unit for each in kept for unit in (*each, BETWEEN)]
    every = runs_of(units, reference.digits, reference.orders)
    for order, runs, size, asked, known in zip(
        reference.orders, every, reference.sizes, reference.asked, reference.runs, strict=True
    ):
        said = Counter(filter(known.__contains__, runs))
        both = said.total() - sum(
            [often - known[run] for run, often in said.items() if often > 1 and often > known[run]]
        )
        more = sum([max(0, len(each) - order + 1) for each in kept])
        if asked:
            more -= len([*filter(asked.__contains__, runs)])
        claimed = sum([max(1, each - order + 1) for each in lost])
        claimed += max(both, more - FREE[reference.orders == ORDERS[True]])
        recall += both / size
        precision += both / claimed if claimed else 0.0
    return recall / len(reference.orders), precision / len(reference.orders)


def _named(read: str, plan: Plan, reference: Reference, found: list[Found] | None) -> tuple[float, bool]:
    """F of the things that the reference names, and whether anything is named; 1 where it names none. Words of the reference are no other
    things."""
    said = [_said(read, names) for names in reference.named]
    spans = plan.names.index.find(read) if plan.names.index else []
    others = {
        name: span
        for span in spans
        if (name := read[span[0] : span[1]]) not in reference.read and name not in plan.names.roles
    }
    if found is not None:
        found += [Found(*span, read[span[0] : span[1]], RIGHT) for span in said if span]
        found += [Found(*span, name, OTHER) for name, span in others.items()]
    right = sum(span is not None for span in said)
    asked = len(said)
    return (2 * right / (asked + right + len(others)) if asked else 1.0), bool(right or others)


def _said(read: str, names: tuple[str, ...]) -> tuple[int, int] | None:
    """Where one of the names stands."""
    for name in names:
        begin = read.find(name)
        while begin >= 0:
            if is_whole(read, begin, begin + len(name)):
                return begin, begin + len(name)
            begin = read.find(name, begin + 1)
    return None

"""Explanations, compared with a reference: how much of it is said, how much else, and what is turned into its opposite.

What is said is counted in runs of units: two to four characters of Chinese, one to three words of English (as chrF, Popović 2015, and
ROUGE-N, Lin 2004, do), each as often as the reference has it, sentence by sentence, so that their order does not matter. Another
wording of the same is not seen."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kgtools.corpora.verify.abstain import ABSTAINS, says_nothing
from kgtools.corpora.verify.contraries import Turn, find_turns, turns_of
from kgtools.corpora.verify.found import Found, Reading
from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.names import OTHER, RIGHT, NameIndex, is_whole, names_of
from kgtools.corpora.verify.plans import Plan, plan_of
from kgtools.corpora.verify.reading import Text, fold

UNIT = re.compile(r"[a-z0-9]+(?:[.'][a-z0-9]+)*|[^\W_]")
"""A word, a number, or a sign of another script: a Chinese character."""
HAN = re.compile(r"[\u3400-\u9fff]")
SENTENCE = re.compile(r"[。;!?\n]+|\.(?=\s|$)")
ORDERS = {True: (2, 3, 4), False: (1, 2, 3)}
"""Units of a run, in a Chinese reference and in another."""
FREE = {True: 20, False: 8}
"""Units by which an answer may begin or end, beside what the reference says, at no cost."""
DISOWNS = re.compile(
    r"(?:以上|上述|上面|下述|下面|以下|下列|这些|这段话?|全部)[^,。;!?\n]{0,8}?(?:不正确|不对|不成立|不实|错误?|有误|谬误|假|相反)的?(?=[:,。;!?\n]|$)"
    r"|\b(?:the (?:above|following)|all (?:of )?(?:this|the above|the following)|(?:this|the|these) (?:statements?|sentences|claims|text))\b"
    r"[^,.;!?\n]{0,30}? (?:is|are) (?:all |completely |entirely )?(?:false|wrong|incorrect|untrue|not true|the opposite)\b"
)
"""What says of a whole text that it is not so."""
BETWEEN = ""
"""What stands between sentences: it is no unit."""
SHORT, LITTLE = 60, 0.1
"""Characters of an answer that can do no more than abstain, and the share of a reference that it may say all the same."""

Runs = Counter[tuple[str, ...]]


class Sentence(NamedTuple):
    """A sentence of a folded text: from where to where, and its units."""

    begin: int
    end: int
    units: list[str]


class Reference(NamedTuple):
    """A reference as answers are compared with it: folded, its orders, its runs of each and how many they are, its words that decide, and
    its units in one text, with the glue between them."""

    read: str
    orders: tuple[int, ...]
    runs: tuple[Runs, ...]
    sizes: tuple[int, ...]
    turns: Mapping[str, Sequence[Turn]]
    glue: str
    joined: str
    named: tuple[tuple[str, ...], ...]


@lru_cache(4_096)
def reference_of(text: str, named: tuple[Names, ...]) -> Reference:
    """What is made of a reference, and of what it names, once for all answers to it."""
    read = fold(text)
    sentences = list(_sentences(read))
    orders = ORDERS[HAN.search(read) is not None]
    runs = tuple(sum((_runs(each.units, n) for each in sentences), Counter()) for n in orders)
    glue = "" if orders == ORDERS[True] else " "
    joined = _join(sentences, glue)
    return Reference(
        read,
        orders,
        runs,
        tuple(max(1, each.total()) for each in runs),
        turns_of(joined, glue),
        glue,
        joined,
        tuple(tuple(sorted(names_of(each))) for each in named),
    )


def read_text(text: str, item: Item, index: NameIndex | None, question: str, found: list[Found] | None) -> Reading:
    """How much of the reference an answer says, how much of the answer is in the reference, which of the things that the reference
    names it names, and what it says the opposite of."""
    plan, reference = plan_of(item, index, question), reference_of(item.reference, item.answers)
    folded = Text(fold(text))
    read = folded.read
    sentences = list(_sentences(read))
    turned = _turned(read, sentences, reference)
    reading = Reading(folded, contradiction=len(turned))
    asked = _question_runs(plan.question, reference.orders)
    reading.recall, reading.precision = _overlap(sentences, turned, reference, asked)
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
    if not named and reading.recall < LITTLE and len(read) <= SHORT and ABSTAINS.search(read):
        reading.abstained = True
    reading.nothing = not any(each.units for each in sentences) or (
        not reading.recall and says_nothing(read, plan.question)
    )
    return reading


def _sentences(read: str) -> Iterator[Sentence]:
    begin = 0
    for end in (*((sign.start(), sign.end()) for sign in SENTENCE.finditer(read)), (len(read), len(read))):
        if units := UNIT.findall(read, begin, end[0]):
            yield Sentence(begin, end[0], units)
        begin = end[1]


def _runs(units: list[str], order: int) -> Runs:
    return Counter(zip(*(units[at:] for at in range(order)), strict=False))


def _join(sentences: Iterable[Sentence], glue: str) -> str:
    between = f"{glue}|{glue}"
    return glue + between.join(glue.join(each.units) for each in sentences) + glue


@lru_cache(4_096)
def _question_runs(question: str, orders: tuple[int, ...]) -> tuple[frozenset[tuple[str, ...]], ...]:
    """The runs of a question: to say them again is no claim."""
    sentences = list(_sentences(question))
    return tuple(frozenset(run for each in sentences for run in _runs(each.units, order)) for order in orders)


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


def _overlap(
    sentences: Sequence[Sentence],
    turned: Mapping[int, str],
    reference: Reference,
    asked: tuple[frozenset[tuple[str, ...]], ...],
) -> tuple[float, float]:
    """The share of the reference's runs that are said, and the share of what is said that the reference says. What is turned into its
    opposite is not said, and counts among what is said beside."""
    recall = precision = 0.0
    kept = [each.units for number, each in enumerate(sentences) if number not in turned]
    lost = [len(each.units) for number, each in enumerate(sentences) if number in turned]
    units = [unit for each in kept for unit in (*each, BETWEEN)]
    for order, runs, size, free in zip(reference.orders, reference.runs, reference.sizes, asked, strict=True):
        said: Runs = Counter(zip(*(units[at:] for at in range(order)), strict=False))
        common = said.keys() & runs.keys()
        both = sum(map(min, map(said.__getitem__, common), map(runs.__getitem__, common)))
        more = sum([max(0, len(each) - order + 1) for each in kept])
        more -= sum([said[run] for run in said.keys() & free if run not in runs])
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

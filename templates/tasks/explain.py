"""Questions that a text answers, such as causes and prevention: graded against that text and what it names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import polars as pl

from kgtools.corpora.verify.item import Item, Names
from kgtools.corpora.verify.language.aliases import clean
from kgtools.corpora.verify.language.names import NameIndex
from kgtools.corpora.verify.language.reading import fold
from kgtools.templates.facts import GraphView
from kgtools.templates.preferences.apart import PROSE
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Lexicon, Subject, sources_of

EXPLAINED = (*PROSE, "clinical_significance", "principle")
"""Attributes whose values explain something."""
LEAST, MOST = 40, 1_500
"""Characters of a text: shorter ones explain nothing, longer ones are no answer to a question."""
KINDS = ("Disease", "Symptom", "Examination", "Treatment", "Drug", "Food")
"""Types of the things that are looked for in a text."""
SHORTEST, KNOWN = 2, 5
"""Characters of a name, and facts about it, from which on it is looked for: 教育 is the treatment of one disease in one file."""
PIECE = re.compile(r"(?:性|症|型|化|样|血症|过|大小|第).*|[a-z0-9 .-]{1,3}")
"""What is called so is a piece of a longer word in most texts: 性病 in 疾病性质, 血症 in 低钠血症."""
EMPTY = re.compile(r"暂无(?:相关)?(?:资料|内容|信息)|没有相关(?:内容|资料)|资料缺乏|待补充|not available")
"""What a site writes where it has nothing: such a text is not whole."""
NAMED = 20
"""Things that a text may name; of more the first are looked for."""


class TextNames:
    """What the texts of a graph name: every entity by all of its names."""

    def __init__(self, view: GraphView, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._masks = dict(sources_of(view).iter_rows())
        self._known: set[int] = set()
        self._called: dict[str, list[int]] = defaultdict(list)
        often = _facts_of(view)
        for number, type_ in view.entities.select("number", "type").iter_rows():
            if type_ in KINDS and often.get(number, 0) >= KNOWN:
                self._known.add(number)
            for name in dict.fromkeys(map(clean, lexicon.names(number, "zh"))):
                if len(name) >= SHORTEST and not PIECE.fullmatch(name):
                    self._called[name].append(number)
        self._index = NameIndex(self._called)

    def find(self, text: str, lang: str, about: Names) -> tuple[list[Names], int]:
        """What a text names but for what it is about, each by all names that are accepted, and the sources of these names."""
        read, seen = fold(text), set(map(clean, about))
        found: list[Names] = []
        mask = 0
        for begin, end in self._index.find(read):
            name = read[begin:end]
            numbers = [number for number in self._called.get(name, ()) if number in self._known]
            names = dict.fromkeys(each for number in numbers for each in self._lexicon.names(number, lang))
            forms = set(map(clean, names))
            if not numbers or not forms.isdisjoint(seen) or len(found) == NAMED:
                continue
            seen |= forms
            found.append(tuple(sorted(names, key=lambda each: clean(each) != name)))  # as the text has it first
            for number in numbers:
                mask |= self._masks[number] | self._lexicon.mask(number)
        return found, mask


def _facts_of(view: GraphView) -> dict[int, int]:
    """Of each entity how many facts say something of it, as either end."""
    sound = view.facts.filter(pl.col("reason").is_null())
    return dict(pl.concat([sound["head"], sound["tail"].drop_nulls()]).value_counts(name="facts").iter_rows())


def make_explain(subject: Subject, names: TextNames) -> Iterator[Row]:
    """A question for each head of which the graph has one text, and that whole; what is told of several heads explains none of them."""
    if subject.template.info.attribute not in EXPLAINED:
        return
    told = Counter(_bare(subject, group) for group in subject.groups)
    for group in subject.groups:
        part = group.parts[0]
        reference = part.text.strip()
        if len(group.parts) > 1 or group.partial or subject.is_short(part):
            continue
        if EMPTY.search(reference) or told[_bare(subject, group)] > 1 or not LEAST <= len(reference) <= MOST:
            continue
        about = subject.about(group.head)
        named, mask = names.find(reference, subject.template.lang, about[0])
        item = Item("text", about, answers=tuple(named), reference=reference)
        yield Row(
            group.place, item, reference, subject.facts_of(group.head, [part]), subject.mask_of(group.head, [part]) | mask,
            [part.text], right=[reference], meta={"hops": 1},
        )  # fmt: skip


def _bare(subject: Subject, group: Group) -> str:
    """The text of a head without the head's name."""
    return group.parts[0].text.strip().replace(subject.about(group.head)[0][0], "")

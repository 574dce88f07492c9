"""What a task is given: a template's questions with their answers, what may be called wrong, and how names are accepted."""

import random
from dataclasses import dataclass
from functools import cached_property
from sys import intern
from typing import Any

import polars as pl

from kgtools.corpora.verify.item import Names
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import NONE_HELD, HeldOut
from kgtools.templates.pack import Template
from kgtools.templates.preferences.apart import Texts, is_text
from kgtools.templates.preferences.items import AnswerPart, contraries_of, find_sound
from kgtools.templates.preferences.known_names import KnownNames
from kgtools.templates.preferences.rejected import Judge
from kgtools.templates.select import Selection, match_facts
from kgtools.tools.inputs.files import digest

OTHER = {"zh": "en", "en": "zh"}
REMARKS = ("reference_range", "reagent", "precaution", "principle", "procedure", "clinical_significance", "diagnostic_basis",
           "contraindication_text")  # fmt: skip
"""Attributes whose values are remarks in many words, of which two may say the same: no option, and nothing to fill in."""
STOPS = "。；：，;:,"
"""A value that ends so was cut out of a text."""


class Lexicon:
    """Every entity with all names that are accepted for it, and the sources of these names."""

    def __init__(self, view: GraphView) -> None:
        self._names = {lang: view.names(lang).to_list() for lang in OTHER}
        aliases = view.facts.filter(pl.col("kind") == "alias")
        listed = aliases.group_by("head").agg(pl.col("value").sort(), pl.col("mask").bitwise_or())
        self._aliases: dict[int, tuple[list[str], int]] = {
            head: (each, mask) for head, each, mask in listed.iter_rows()
        }
        self._masks: list[int] = view.entities["name_mask"].to_list()

    def names(self, entity: int, lang: str) -> Names:
        """Its name in the language first, then its name in the other, then its aliases."""
        aliases, _ = self._aliases.get(entity, ([], 0))
        every = (self._names[lang][entity], self._names[OTHER[lang]][entity], *aliases)
        return tuple(dict.fromkeys(name for name in every if name))

    def mask(self, entity: int) -> int:
        """The sources of its aliases and of its English name."""
        return self._aliases.get(entity, ([], 0))[1] | self._masks[entity]


def sources_of(view: GraphView) -> pl.DataFrame:
    """Of each entity, by `number`, the sources of all facts about it, as either end: `mask`."""
    facts = view.facts.select("head", "tail", "mask")
    ends = pl.concat([facts.select("head", "mask"), facts.select(pl.col("tail").alias("head"), "mask")]).drop_nulls()
    return ends.group_by(pl.col("head").alias("number")).agg(pl.col("mask").bitwise_or())


@dataclass(frozen=True, slots=True)
class Group:
    """A question of a template: its head, what answers it, whether the graph knows more than that, its place in the shuffle."""

    place: int
    head: int
    parts: tuple[AnswerPart, ...]
    partial: bool
    key: int


class Subject:
    """A template with its questions, and what a task needs to ask them otherwise."""

    def __init__(
        self, view: GraphView, selection: Selection, known: KnownNames,
        lexicon: Lexicon, seed: int, held: HeldOut = NONE_HELD,
    ) -> None:  # fmt: skip
        self.view, self.selection, self.known, self.lexicon, self._seed = view, selection, known, lexicon, seed
        self._held = held
        self.judge = Judge(known, Texts(known), selection.template.info.attribute)
        rows = find_sound(view, selection.template)
        self.parts: dict[tuple[int, str], AnswerPart] = {}
        self.facts: dict[tuple[int, str], list[int]] = {}
        self._masks: dict[tuple[int, str], int] = {}
        for head, text, tail, value, mask, fact in rows.select(
            "head", "text", "tail", "value", "mask", "fact"
        ).iter_rows():
            key = head, intern(text)  # one symptom is said of thousands of heads
            if key not in self.parts:
                self.parts[key] = AnswerPart(*key, mask, tail, value)
            self.facts.setdefault(key, []).append(fact)
            self._masks[key] = self._masks.get(key, 0) | mask

    @property
    def template(self) -> Template:
        return self.selection.template

    @cached_property
    def groups(self) -> list[Group]:
        """The questions, in the order of the selection."""
        rows = self.selection.groups.select("head", "tails", "partial", "key").iter_rows()
        return [
            Group(place, head, tuple(self.parts[head, text] for text in tails), partial, key)
            for place, (head, tails, partial, key) in enumerate(rows)
        ]

    @cached_property
    def variants(self) -> list[int]:
        """The variant of each question, from 0."""
        return self.selection.groups["variant"].to_list()

    def links(self) -> pl.DataFrame:
        """Every `head` and `tail` that any source links as the template does, doubtful ones too."""
        return match_facts(self.view, self.template).select("head", "tail")

    @cached_property
    def _contraries(self) -> dict[int, list[AnswerPart]]:
        return contraries_of(self.view, self.template)

    @cached_property
    def _open_contraries(self) -> dict[int, list[AnswerPart]]:
        return contraries_of(self.view, self.template, self._held.closed) if self._held.asked else self._contraries

    def contraries(self, group: Group) -> list[AnswerPart]:
        """What the relation says of a head that contradicts the template's; where the question is for training, without what is not."""
        return (self._open_contraries if self.is_open(group) else self._contraries).get(group.head, [])

    def is_open(self, group: Group) -> bool:
        """Whether none of what answers a question is held out."""
        return self._open[group.place]

    def joins_held(self, one: int, other: int) -> bool:
        """Whether what is held out joins two entities, by any relation and in either direction."""
        pairs = self._held.pairs
        if not len(pairs):
            return False
        names = self.view.numbers_of_names
        least, most = sorted((names[one], names[other]))
        at = pairs.search_sorted(least * 2**32 + most)
        return bool(at < len(pairs) and pairs[at] == least * 2**32 + most)

    @cached_property
    def _open(self) -> list[bool]:
        """Of each question, by place."""
        facts = self.selection.groups["facts"]
        if not self._held.asked:
            return [True] * len(facts)
        rows = pl.DataFrame({"fact": facts}).with_row_index("at").explode("fact").drop_nulls()
        held = rows.filter(self._held.bits.gather(rows["fact"]) > 0)["at"].unique()
        return (~pl.int_range(len(facts), dtype=pl.UInt32, eager=True).is_in(held.implode())).to_list()

    def salt(self, task: str) -> int:
        """What a task mixes into the keys of its records, so that tasks draw apart from each other."""
        template = self.template
        return int(digest(f"{self._seed}|{template.pack}/{template.name}.{template.lang}|{task}")[:16], 16)

    def draw(self, group: Group, task: str) -> random.Random:
        """The random choices of one record."""
        return random.Random(group.key ^ self.salt(task))

    def is_short(self, part: AnswerPart) -> bool:
        """Whether it is a name or a short value, and no text or remark."""
        attribute = str(self.template.info.attribute)
        return part.value is None or not (
            is_text(attribute, part.value) or attribute in REMARKS or part.text.endswith(tuple(STOPS))
        )

    def facts_of(self, head: int, parts: tuple[AnswerPart, ...] | list[AnswerPart]) -> list[int]:
        """The places of the facts that say these of a head."""
        return sorted({fact for part in parts for fact in self.facts[head, part.text]})

    def mask_of(self, head: int, parts: tuple[AnswerPart, ...] | list[AnswerPart]) -> int:
        """The sources of the facts that say these of a head, and of all names of both ends."""
        mask = self.lexicon.mask(head)
        for part in parts:
            mask |= self._masks[head, part.text] | self.names_mask(part)
        return mask

    def names_mask(self, part: AnswerPart) -> int:
        """The sources of all names of what is said."""
        return 0 if part.tail is None else self.lexicon.mask(part.tail)

    def names(self, part: AnswerPart) -> Names:
        """All that is accepted for what is said, as the template says it first."""
        more = (part.value,) if part.tail is None else self.lexicon.names(part.tail, self.template.lang)
        return tuple(dict.fromkeys((part.text, *(name for name in more if name))))

    def about(self, head: int) -> tuple[Names, ...]:
        """The names of what is asked about."""
        return (self.lexicon.names(head, self.template.lang),)

    def steps(self, head: int, part: AnswerPart) -> list[Any]:
        """The first triple that says it, in the graph's direction, each end by its name."""
        fact = self.facts[head, part.text][0]
        relation, first = self.view.facts["relation"][fact], self.view.facts["head"][fact]
        ends = [self.about(head)[0], self.names(part)]
        return [ends[first != head], relation, ends[first == head]]

"""Questions over several triples: what is shown belongs to one thing alone, which is not named; from there the way leads on.

    The symptoms of disease X include A and B. How can disease X be treated?

A pack declares a path as names of templates. The first is read backwards: its answers are shown and lead to one head. Each next one
leads on from where the way is, those in the middle to the only answer that any source gives, and the last is what is asked."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from kgtools.corpora.verify.item import Item, Step
from kgtools.kg.ontology import ontology
from kgtools.templates.holdout.wordings import Wording, is_held
from kgtools.templates.pack import Template
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.render import render
from kgtools.templates.tasks.choices import choice_rows, statement_rows
from kgtools.templates.tasks.distractors import Distractors
from kgtools.templates.tasks.open import heads_of_tails, shown_alone
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.tools.inputs.files import digest

FORMS = ("list", "mcq", "truefalse")
SIGNS = {"zh": "甲乙丙丁戊", "en": "XYZVW"}
MOST = 12
"""Answers of the last step in an open question; more are no question."""


def label_of(type_: str, node: int, lang: str) -> str:
    """What the nth node of a path, of this entity type, is called that is not named: `疾病甲`, `disease X`."""
    known, sign = ontology().entities[type_], SIGNS[lang][node]
    return f"{known.zh}{sign}" if lang == "zh" else f"{known.en} {sign}"


@dataclass(frozen=True)
class Way:
    """A way through the graph: what is shown of its first node, its nodes, what leads from each to the next, and what is asked of
    the last."""

    shown: tuple[AnswerPart, ...]
    nodes: tuple[int, ...]
    links: tuple[AnswerPart, ...]
    last: Group


class Path:
    """A path over templates, each with its questions; `wrong`: finds what is wrong among the answers of the last; `without`: wordings
    that are not used on the way, as far as there are others."""

    def __init__(
        self, name: str, subjects: Sequence[Subject], wrong: Distractors, without: frozenset[Wording] = frozenset()
    ) -> None:
        self.name, self._subjects, self._wrong, self._without = name, subjects, wrong, without
        self._only = [_only_tails(subject) for subject in subjects[1:-1]]
        self._last = {group.head: group for group in subjects[-1].groups}
        self._lang = subjects[-1].template.lang

    @property
    def hops(self) -> int:
        """How many triples lead from what is shown to an answer."""
        return len(self._subjects)

    def rows(self) -> Iterator[Row]:
        """A question for each way, of one of FORMS, as the seed has it."""
        ways = list(self._ways())
        before = self._tell(ways)
        for way, told in zip(ways, before, strict=True):
            yield from self._ask(way, told)

    def _ways(self) -> Iterator[Way]:
        first = self._subjects[0]
        heads_of = heads_of_tails(first)
        for group in first.groups:
            shown = shown_alone(first, group, heads_of)
            if shown and (way := self._follow(group.head, tuple(shown))):
                yield way

    def _follow(self, head: int, shown: tuple[AnswerPart, ...]) -> Way | None:
        nodes, links = [head], []
        taken = {int(part.tail or 0) for part in shown} | {head}
        for only in self._only:
            part = only.get(nodes[-1])
            if part is None or part.tail in taken:
                return None
            links.append(part)
            nodes.append(int(part.tail or 0))
            taken.add(nodes[-1])
        last = self._last.get(nodes[-1])
        if (
            last is None
            or last.partial
            or len(last.parts) > MOST
            or not all(map(self._subjects[-1].is_short, last.parts))
        ):
            return None
        if self._is_shortcut(last, nodes, shown):
            return None
        return Way(shown, tuple(nodes), tuple(links), last)

    def _is_shortcut(self, last: Group, nodes: list[int], shown: tuple[AnswerPart, ...]) -> bool:
        """Whether an answer stands on the way already, or is linked with something before the last node, under any name."""
        known = self._subjects[-1].known
        before = [*(int(part.tail or 0) for part in shown), *nodes[:-1]]
        earlier = set().union(*map(known.namesakes, before))
        taken = earlier | known.namesakes(nodes[-1])
        tails = [part.tail for part in last.parts if part.tail is not None]
        return any(tail in taken or not known.linked(tail).isdisjoint(earlier) for tail in tails)

    def _tell(self, ways: list[Way]) -> list[str]:
        """What stands before the question of each way: the statements of all templates but the last."""
        texts: list[list[str]] = [[] for _ in ways]
        for place, subject in enumerate(self._subjects[:-1]):
            head = self._label(max(place - 1, 0))
            template = subject.template
            variants = template.variants
            usable = self._usable(template)
            by_variant: dict[int, list[int]] = defaultdict(list)
            for at, way in enumerate(ways):
                by_variant[usable[self._draw(way, f"statement {place}").randrange(len(usable))]].append(at)
            for number, places in sorted(by_variant.items()):
                tails = [[p.text for p in ways[at].shown] if place == 0 else [self._label(place)] for at in places]
                _, statements = render(subject.template, variants[number], [head] * len(places), tails)
                for at, statement in zip(places, statements, strict=True):
                    texts[at].append(once(statement, head))
        return [("" if self._lang == "zh" else " ").join(each) for each in texts]

    def _usable(self, template: Template) -> list[int]:
        """The variants that are used on the way."""
        every = list(range(len(template.variants)))
        return [number for number in every if not is_held(template, number, self._without)] or every

    def _is_worded_as_held(self) -> bool:
        templates = [subject.template for subject in self._subjects[:-1]]
        return any(is_held(each, self._usable(each)[0], self._without) for each in templates)

    def _label(self, node: int) -> str:
        """What a node is called that is not named."""
        return label_of(self._subjects[node + 1].template.info.head, node, self._lang)

    def _draw(self, way: Way, what: str) -> random.Random:
        """The random choices of a way."""
        return random.Random(way.last.key ^ self._subjects[-1].salt(f"path {self.name} {way.nodes[0]} {what}"))

    def _ask(self, way: Way, before: str) -> Iterator[Row]:
        subject, draw = self._subjects[-1], self._draw(way, "form")
        form = draw.choice(FORMS)
        label = self._label(self.hops - 2)
        if form == "list":
            found = [self._list(way)]
        elif form == "mcq":
            found = list(choice_rows(subject, self._wrong, way.last, draw, 4, 1))
        else:
            found = list(statement_rows(subject, self._wrong, way.last, draw))
        steps = tuple(self._steps(way))
        mask, facts = self._lineage(way)
        names = [subject.lexicon.names(node, self._lang) for node in way.nodes]
        glue = "是" if self._lang == "zh" else " is "
        hidden = [f"{self._label(at)}{glue}{each[0]}" for at, each in enumerate(names)]
        about = (*map(self._subjects[0].names, way.shown), *names)
        for row in found:
            asked = cast(Item, row.item)
            item = replace(asked, about=about, steps=(*steps, *(asked.steps or self._asked(way))))
            meta = row.meta | {"path": self.name, "hops": self.hops, "form": form}
            yield replace(
                row, item=item, meta=meta, said=label, before=before, hidden=hidden, mask=row.mask | mask,
                facts=sorted({*row.facts, *facts}), words=[each.template.license for each in self._subjects[:-1]],
                salt=int(digest(f"{self.name}|{way.nodes}|{form}")[:16], 16), is_worded_as_held=self._is_worded_as_held(),
            )  # fmt: skip

    def _list(self, way: Way) -> Row:
        subject, parts = self._subjects[-1], list(way.last.parts)
        item = Item("set", answers=tuple(map(subject.names, parts)))
        texts = [part.text for part in parts]
        joiner = "、" if self._lang == "zh" else ", "
        facts, mask = subject.facts_of(way.last.head, parts), subject.mask_of(way.last.head, parts)
        return Row(way.last.place, item, joiner.join(texts), facts, mask, texts, right=texts)

    def _steps(self, way: Way) -> Iterator[Step]:
        """The triples from what is shown to the last node."""
        yield from (Step(*self._subjects[0].steps(way.nodes[0], part)) for part in way.shown)
        for subject, node, part in zip(self._subjects[1:-1], way.nodes, way.links, strict=False):
            yield Step(*subject.steps(node, part))

    def _asked(self, way: Way) -> tuple[Step, ...]:
        """The triples from the last node to the answers."""
        return tuple(Step(*self._subjects[-1].steps(way.last.head, part)) for part in way.last.parts)

    def _lineage(self, way: Way) -> tuple[int, list[int]]:
        """The sources and the facts of all that leads to the last node."""
        first = self._subjects[0]
        mask, facts = first.mask_of(way.nodes[0], way.shown), first.facts_of(way.nodes[0], way.shown)
        for subject, node, part in zip(self._subjects[1:-1], way.nodes, way.links, strict=False):
            mask |= subject.mask_of(node, [part])
            facts += subject.facts_of(node, [part])
        return mask, facts


def once(text: str, label: str) -> str:
    """The text with the type of a label said once: a template may say `药物` before the name, which is `药物乙`."""
    type_ = label.rstrip("".join(SIGNS.values())).rstrip()
    return re.sub(rf"(?i){re.escape(type_)}\s?(?={re.escape(label)})", "", text)


def _only_tails(subject: Subject) -> dict[int, AnswerPart]:
    """Of each head the tail that it alone has, in every source."""
    tails: dict[int, set[int]] = defaultdict(set)
    for head, tail in subject.links().iter_rows():
        tails[head].add(tail)
    return {
        group.head: group.parts[0]
        for group in subject.groups
        if len(group.parts) == 1
        and not group.partial
        and len(tails[group.head]) == 1
        and group.parts[0].tail is not None
    }

"""What is made of an item once, for all answers to it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from kgtools.corpora.verify.forms.directions import by_head, oriented
from kgtools.corpora.verify.item import Item
from kgtools.corpora.verify.language.aliases import clean, names_of
from kgtools.corpora.verify.language.asked import asked_of, asks_to_avoid
from kgtools.corpora.verify.language.diseases import Topics, topics_of
from kgtools.corpora.verify.language.names import NEUTRAL, ItemNames, NameIndex
from kgtools.corpora.verify.language.reading import fold

KEPT = 4_096
"""So many items are kept ready at a time."""


class Link(NamedTuple):
    """A step as the order looks at it: the end that was there before, the new one, and whether it goes on from the step before."""

    old: frozenset[str]
    new: frozenset[str]
    goes_on: bool


def links_of(item: Item, steps: Sequence[tuple[frozenset[str], frozenset[str]]]) -> list[Link]:
    """The steps as they go on from what the question is about."""
    about = seen = frozenset(clean(name) for names in item.about for name in names)
    links: list[Link] = []
    for head, tail in steps:
        known = seen if about.isdisjoint(head | tail) else about
        old, new = (tail, head) if tail & known and not head & known else (head, tail)
        links.append(Link(old, new, bool(links) and not old.isdisjoint(links[-1].new)))
        seen |= head | tail
    return links


def hops(item: Item) -> int:
    """How many steps lead one after the other to the answer; those that fan out from one thing are one."""
    links = links_of(item, [(names_of(step.head), names_of(step.tail)) for step in item.steps])
    return bool(links) + sum(link.goes_on for link in links)


class Plan:
    """What is made of an item once, for all answers to it."""

    __slots__ = ("_topics", "about", "asked", "chained", "directed", "item", "links", "many", "names", "question")

    def __init__(self, item: Item, index: NameIndex | None, question: str) -> None:
        self.item = item
        self.names = ItemNames(item, index, question)
        self.many = min(item.asked or len(item.answers), len(item.answers)) or 1
        relations = " ".join(step.relation for step in item.steps)
        self.directed = by_head(self.names.steps, oriented(item))
        self.links = links_of(item, self.names.steps)
        self.chained = any(link.goes_on for link in self.links)
        self.question = fold(question).strip(" \n?。.!")
        self.asked = asked_of(question, self.question, asks_to_avoid(question or relations))
        self.about = [name for names in item.about for name in names_of(names)]
        self._topics: Topics | None = None

    def before_answers(self, numbers: Collection[int]) -> int:
        """How many of these steps lead to the answers and name none of them."""
        answers = {name for names in self.item.answers for name in names_of(names)}
        return sum(answers.isdisjoint(head | tail) for head, tail in map(self.names.steps.__getitem__, numbers))

    @property
    def topics(self) -> Topics:
        """What the question is about, made when an answer first tells of anything else."""
        if self._topics is None:
            roles = self.names.roles.items()
            names = [name for name, (role, number) in roles if role == NEUTRAL and number > -1_000]
            self._topics = topics_of(names, self.question)
        return self._topics


_plans: dict[tuple[int, int, str], Plan] = {}


def plan_of(item: Item, index: NameIndex | None, question: str) -> Plan:
    """The plan of an item, made when it is first asked for; the oldest go where there are many."""
    key = (id(item), id(index), question)
    plan = _plans.get(key)
    if (
        plan is None or plan.item is not item or plan.names.index is not index
    ):  # another may have the id of one that is gone
        plan = Plan(item, index, question)
        while len(_plans) >= KEPT:
            _plans.pop(next(iter(_plans)), None)
        _plans[key] = plan
    return plan

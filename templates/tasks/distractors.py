"""Options that are wrong: answers of other heads that no source says of this one, under any name, from near or far."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import NONE_HELD, HeldOut
from kgtools.templates.preferences.apart import are_apart
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.tasks.subject import Group, Subject

HARDNESS = ("random", "department", "neighbour")
"""Whose answers wrong options are: of any head; of one of the same department; of those that share most symptoms with it."""
CONTRARY = "contrary"
"""What the relation that contradicts the template's says of the head itself: wrong however near."""
TRIES = 60
"""Answers that are tried for the options of one question before it is asked otherwise, or not at all."""
NEIGHBOURS, OFTEN = 20, 300
"""So many neighbours of a head; symptoms of more heads than OFTEN tell nothing of who is near."""
CHECKED = (
    "no triple links them, in either direction and by any relation, under any name, alias or aligned name",
    "nor one of their names with what is linked to the other",
    "nor what is more general than either, or a kind of the same thing by its name",
)
"""What was looked at before an option was called wrong; `KnownNames.why_true` looks."""


class Neighbours:
    """For each head those that share most symptoms with it, and those of its departments."""

    def __init__(self, view: GraphView) -> None:
        relations = view.facts.filter(pl.col("kind") == "relation").select("relation", "head", "tail")
        self._symptoms = _by_head(relations.filter(pl.col("relation") == "HAS_SYMPTOM"))
        self._departments = _by_head(relations.filter(pl.col("relation") == "BELONGS_TO_DEPARTMENT"))
        self._with_symptom = _turned(self._symptoms)
        self._in_department = _turned(self._departments)
        self._near: dict[int, list[int]] = {}

    def near(self, head: int) -> list[int]:
        """The heads that share most symptoms with it, those of most first."""
        if head not in self._near:
            shared: Counter[int] = Counter()
            for symptom in self._symptoms.get(head, ()):
                others = self._with_symptom[symptom]
                if len(others) <= OFTEN:
                    shared.update(others)
            shared.pop(head, None)
            ranked = sorted(shared.items(), key=lambda each: (-each[1], each[0]))
            self._near[head] = [other for other, _ in ranked[:NEIGHBOURS]]
        return self._near[head]

    def colleague(self, head: int, draw: random.Random) -> int | None:
        """A head of one of its departments, drawn; None where it has none."""
        departments = self._departments.get(head)
        return draw.choice(self._in_department[draw.choice(departments)]) if departments else None


class Distractors:
    """Finds wrong options among the answers of one template; what is `held` out is an option of no question for training."""

    def __init__(self, subject: Subject, neighbours: Neighbours, hardness: str, held: HeldOut = NONE_HELD) -> None:
        self._subject, self._neighbours, self._held = subject, neighbours, held
        self._order = {
            "random": HARDNESS[:1],
            "department": ("department", "random"),
            "neighbour": ("neighbour", "department", "random"),
        }[hardness]
        self._by_head: dict[int, list[AnswerPart]] = {}
        for group in subject.groups:
            self._by_head.setdefault(group.head, []).extend(group.parts)
        self._all = [part for group in subject.groups for part in group.parts]

    def find(
        self, group: Group, count: int, draw: random.Random, taken: Sequence[AnswerPart] = ()
    ) -> list[tuple[AnswerPart, str]]:
        """As many answers that are wrong of the head as are wanted, or fewer, each with where it is from; no two of them may be the
        same thing, nor one of them what is `taken`."""
        found: list[tuple[AnswerPart, str]] = []
        texts = {part.text for part in taken}
        is_open = self._subject.is_open(group)
        for where, part in self._candidates(group, draw):
            if len(found) == count:
                break
            if part.text in texts or not self._subject.is_short(part):
                continue
            if is_open and (part.text in self._held.names or part.tail in self._held.entities):
                continue
            texts.add(part.text)
            if where != CONTRARY and not self._subject.judge.may(group.head, part):
                continue
            if not any(self._is_same(part, other) for other in (*taken, *(each for each, _ in found))):
                found.append((part, where))
        return found

    def _candidates(self, group: Group, draw: random.Random) -> Iterator[tuple[str, AnswerPart]]:
        contraries, head = list(self._subject.contraries(group)), group.head
        draw.shuffle(contraries)
        yield from ((CONTRARY, part) for part in contraries)
        for where in self._order:
            yield from ((where, part) for part in self._from(where, head, draw))

    def _from(self, where: str, head: int, draw: random.Random) -> Iterator[AnswerPart]:
        if where == "neighbour":
            parts = [part for other in self._neighbours.near(head) for part in self._by_head.get(other, ())]
            draw.shuffle(parts)
            yield from parts[:TRIES]
            return
        for _ in range(TRIES):
            if where == "random":
                yield self._all[draw.randrange(len(self._all))]
            elif parts := self._by_head.get(self._neighbours.colleague(head, draw) or -1, []):
                yield draw.choice(parts)

    def _is_same(self, one: AnswerPart, other: AnswerPart) -> bool:
        """Whether two options may be one thing, or kinds of one."""
        if one.tail is not None and other.tail is not None:
            return self._subject.known.why_related(one.tail, other.tail) is not None
        return not are_apart(str(self._subject.template.info.attribute), str(one.value), str(other.value))


def _by_head(rows: pl.DataFrame) -> dict[int, list[int]]:
    return dict(rows.group_by("head").agg(pl.col("tail").unique().sort()).sort("head").iter_rows())


def _turned(by_head: dict[int, list[int]]) -> dict[int, list[int]]:
    turned: dict[int, list[int]] = defaultdict(list)
    for head, tails in by_head.items():
        for tail in tails:
            turned[tail].append(head)
    return turned

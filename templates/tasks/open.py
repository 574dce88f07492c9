"""Questions that are answered by names: all of them, one that is missing in a sentence, or the head that they belong to."""

from collections.abc import Callable, Iterator

from kgtools.corpora.verify.item import Item, Step
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.tasks.rows import BLANK, Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.templates.variants import variables

SHOWN, LEAST = 4, 3
"""Answers that stand beside a gap, or before the question whose they are: at most, and at least where there are as many."""
VAGUE = ("Food", "Department", "BodyPart", "Treatment")
"""Types of which nobody knows a head by, though the graph may link them with one alone."""


def make_list(subject: Subject) -> Iterator[Row]:
    """All names that answer for a head, where there are several and the graph knows no more of them; values of an attribute are no list."""
    for group in subject.groups:
        yield from list_rows(subject, group)


def list_rows(subject: Subject, group: Group) -> Iterator[Row]:
    """The question for all answers of one head; none where there is one answer, or more than are known here."""
    info = subject.template.info
    if info.single or info.attribute or len(group.parts) < 2 or group.partial:
        return
    if all(map(subject.is_short, group.parts)):
        parts = list(group.parts)
        wrong = subject.contraries(group)
        item = Item(
            "set", subject.about(group.head), answers=tuple(map(subject.names, parts)),
            wrong=tuple(map(subject.names, wrong)), steps=tuple(_steps(subject, group.head, parts)),
        )  # fmt: skip
        yield _row(subject, group, item, parts, [part.text for part in parts], [part.text for part in parts])


def make_cloze(subject: Subject) -> Iterator[Row]:
    """A sentence with one name in it left out: any that the graph knows for that place and that does not stand there is right."""
    for group in subject.groups:
        yield from cloze_rows(subject, group)


def cloze_rows(subject: Subject, group: Group) -> Iterator[Row]:
    """The sentence about one head with a gap in it; none of quantities, which can be said in many ways."""
    info = subject.template.info
    if (info.single and info.attribute) or group.partial or not all(map(subject.is_short, group.parts)):
        return
    draw = subject.draw(group, "cloze")
    shown = list(group.parts)
    draw.shuffle(shown)
    shown = shown[: SHOWN + 1]
    head = subject.about(group.head)[0][0].casefold()
    gaps = [place for place, part in enumerate(shown) if not _is_told(part.text.casefold(), head)]
    if not gaps:
        return
    gap = draw.choice(gaps)
    tails = [BLANK if place == gap else part.text for place, part in enumerate(shown)]
    beside = [part for place, part in enumerate(shown) if place != gap]
    hidden = [part for part in group.parts if part not in beside]
    item = Item(
        "set", (*subject.about(group.head), *map(subject.names, beside)), answers=tuple(map(subject.names, hidden)),
        asked=1, wrong=tuple(map(subject.names, subject.contraries(group))),
        steps=tuple(_steps(subject, group.head, [shown[gap]])),
    )  # fmt: skip
    yield _row(subject, group, item, [*beside, *hidden], tails, [shown[gap].text])


def _is_told(text: str, head: str) -> bool:
    """Whether a name stands in the other's."""
    return text in head or head in text


def make_reverse(subject: Subject) -> Iterator[Row]:
    """Answers, and the question whose they are: only where these together are of one head alone, in every source."""
    heads_of = heads_of_tails(subject)
    for group in subject.groups:
        yield from reverse_rows(subject, group, heads_of)


def reverse_rows(subject: Subject, group: Group, heads_of: Callable[[AnswerPart], set[int]]) -> Iterator[Row]:
    """The sentence about one head that does not name it; none where its answers are of others too, or its template names no head."""
    template = subject.template
    if template.info.attribute or template.info.tail in VAGUE:
        return
    if "head" not in variables(template.variants[subject.variants[group.place]].assistant):
        return
    if shown := shown_alone(subject, group, heads_of):
        names = subject.lexicon.names(group.head, template.lang)
        item = Item(
            "set", tuple(map(subject.names, shown)), answers=(names,), steps=tuple(_steps(subject, group.head, shown))
        )
        yield _row(subject, group, item, shown, [part.text for part in shown], [names[0]], said=BLANK)


def heads_of_tails(subject: Subject) -> Callable[[AnswerPart], set[int]]:
    """Of each tail the heads that any source links with it, by any relation and under any name, doubtful facts too: who knows of
    these may think of them."""
    types, head = subject.view.entities["type"].to_list(), subject.template.info.head
    known: dict[int, set[int]] = {}

    def heads_of(part: AnswerPart) -> set[int]:
        tail = int(part.tail or 0)
        if tail not in known:
            known[tail] = {each for each in subject.known.linked(tail) if types[each] == head}
        return known[tail]

    return heads_of


def shown_alone(subject: Subject, group: Group, heads_of: Callable[[AnswerPart], set[int]]) -> list[AnswerPart]:
    """The fewest of the rarest answers that together are of the head alone, LEAST where it has as many; none where SHOWN are not enough. What
    holds a name of the head does not count: it would tell."""
    names = [name.casefold() for name in subject.about(group.head)[0]]
    telling = [part for part in group.parts if any(name in part.text.casefold() for name in names)]
    parts = [part for part in group.parts if part not in telling]
    parts = sorted(parts, key=lambda part: (len(heads_of(part)), part.text))[:SHOWN]
    shared: set[int] | None = None
    for count, part in enumerate(parts, 1):
        mine = heads_of(part)
        shared = mine if shared is None else shared & mine
        if shared == {group.head}:
            return parts[: max(count, min(LEAST, len(parts)))]
    return []


def _steps(subject: Subject, head: int, parts: list[AnswerPart]) -> Iterator[Step]:
    return (Step(*subject.steps(head, part)) for part in parts)


def _row(
    subject: Subject, group: Group, item: Item, parts: list[AnswerPart], tails: list[str], right: list[str],
    said: str | None = None,
) -> Row:  # fmt: skip
    mask = subject.mask_of(group.head, parts)
    for part in subject.contraries(group) if item.wrong else []:
        mask |= part.mask | subject.names_mask(part)
    joiner = "、" if subject.template.lang == "zh" else ", "
    return Row(
        group.place, item, joiner.join(right), subject.facts_of(group.head, parts), mask, tails, right=right, said=said
    )

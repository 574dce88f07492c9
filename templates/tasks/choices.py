"""Questions with options, and statements that are true or not."""

import random
from collections.abc import Iterator
from typing import Any

from kgtools.corpora.verify.item import Item, Step
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.tasks.distractors import CHECKED, Distractors
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject

LETTERS = "ABCDE"
SEVERAL = 0.25
"""The share of questions, of those whose head has several answers, with more than one right option."""


def make_mcq(subject: Subject, distractors: Distractors, options: int, rotations: int) -> Iterator[Row]:
    """A question with options of each of the template's: one is right, or several. Of wrong ones it is certain that no source says
    them (`CHECKED`); where there are too few of these, nothing is asked."""
    for group in subject.groups:
        yield from choice_rows(subject, distractors, group, subject.draw(group, "mcq"), options, rotations)


def choice_rows(
    subject: Subject, distractors: Distractors, group: Group, draw: random.Random, options: int, rotations: int
) -> Iterator[Row]:
    """A question with options of one of the template's, once or with its options turned; none where too little is surely wrong."""
    right = _choose_right(subject, group, options, draw)
    wrong = distractors.find(group, options - len(right), draw, right) if right else []
    if not right or len(wrong) < options - len(right):
        return
    order: list[AnswerPart] = [*right, *(part for part, _ in wrong)]
    draw.shuffle(order)
    for turn in range(rotations):
        yield _mcq(subject, group, right, wrong, order[turn:] + order[:turn])


def _choose_right(subject: Subject, group: Group, options: int, draw: random.Random) -> list[AnswerPart]:
    """What is right: answers that may be wrong elsewhere, so that no name tells by itself; any, where the sources say of the head
    itself what is wrong. Not what holds a name of the head or stands within one: 慢性肾炎 of 肾炎 would tell, and the 前列腺 of
    前列腺增生."""
    names = [name.casefold() for name in subject.about(group.head)[0]]
    against = len(subject.contraries(group)) >= options - 1
    usable = [
        part
        for part in group.parts
        if subject.is_short(part)
        and (against or subject.judge.why_unused(part) is None)
        and not any(_tells(name, part.text.casefold()) for name in names)
    ]
    most = min(options - 2, len(usable), 3)
    several = most > 1 and not subject.template.info.single and draw.random() < SEVERAL
    return draw.sample(usable, draw.randint(2, most) if several else min(1, len(usable)))


def _tells(name: str, text: str) -> bool:
    """Whether one of the two holds the other; a name of one letter is in too much to tell."""
    return text in name or (len(name) > 1 and name in text)


def _mcq(
    subject: Subject, group: Group, right: list[AnswerPart], wrong: list[tuple[AnswerPart, str]], order: list[AnswerPart],
) -> Row:  # fmt: skip
    texts = {letter: part.text for letter, part in zip(LETTERS, order, strict=False)}
    letters = "".join(sorted(letter for letter, part in zip(LETTERS, order, strict=False) if part in right))
    ordered = [part for part in order if part in right]
    meta: dict[str, Any] = {
        "options": texts, "choice": "multiple" if len(right) > 1 else "single",
        "distractors": [{"text": part.text, "from": where} for part, where in wrong], "checked": list(CHECKED),
    }  # fmt: skip
    steps = tuple(Step(*subject.steps(group.head, part)) for part in ordered)
    item = Item("choice", subject.about(group.head), texts, letters, tuple(map(subject.names, ordered)), steps=steps)
    mask = subject.mask_of(group.head, right)
    for part, _ in wrong:
        mask |= part.mask
    return Row(
        group.place, item, letters, subject.facts_of(group.head, right), mask, [part.text for part in ordered],
        options=[f"{letter}. {text}" for letter, text in texts.items()],
        right=[f"{letter}. {texts[letter]}" for letter in letters], meta=meta,
    )  # fmt: skip


def make_truefalse(subject: Subject, distractors: Distractors) -> Iterator[Row]:
    """A statement about each head: one of its answers, or what no source says of it, as often as not."""
    for group in subject.groups:
        yield from statement_rows(subject, distractors, group, subject.draw(group, "truefalse"))


def statement_rows(subject: Subject, distractors: Distractors, group: Group, draw: random.Random) -> Iterator[Row]:
    """A statement about the head of one question; none where it should be wrong and nothing surely is."""
    right = _choose_right(subject, group, 2, draw)
    if not right:
        return
    is_true = draw.random() < 0.5
    wrong = [] if is_true else distractors.find(group, 1, draw, group.parts)
    if not is_true and not wrong:
        return
    said = right[0] if is_true else wrong[0][0]
    true = right if is_true else list(group.parts)
    meta = {} if is_true else {"distractors": [{"text": said.text, "from": wrong[0][1]}], "checked": list(CHECKED)}
    steps = (Step(*subject.steps(group.head, said)),) if is_true else ()
    item = Item("boolean", subject.about(group.head), right="true" if is_true else "false", steps=steps)
    yield Row(
        group.place, item, item.right, subject.facts_of(group.head, true),
        subject.mask_of(group.head, true) | (0 if is_true else said.mask), [said.text],
        truth=[part.text for part in true], is_true=is_true, meta=meta,
    )  # fmt: skip

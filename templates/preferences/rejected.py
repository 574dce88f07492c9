"""Answers that are wrong in a known way: names of the right type that no source says of the head, and how much is said.

Every way keeps to the template's words, and says of one head what is true of others (`templates/preferences/exchange.py`), so that neither
style nor length nor the names themselves tell the better answer: a reward model has to learn what belongs to what."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.pack import Template
from kgtools.templates.preferences.apart import Texts, are_apart, has_unit, is_balanced, is_text, why_unused
from kgtools.templates.preferences.exchange import circulate, exchange, hand_over, invent, popularity
from kgtools.templates.preferences.items import AnswerPart, AnswerRow, contraries_of, parts_of
from kgtools.templates.preferences.known_names import KnownNames, form, overlap, stem
from kgtools.templates.select import CODES, Selection
from kgtools.tools.inputs.files import digest

FAULTS = ("wrong-tails", "swapped", "invented", "omission", "over-claim")
"""wrong-tails: others of the type, for all that are not said of too many. swapped: one that the contrary relation says (to avoid for
to eat). invented: a name that no graph has for one. omission: up to half of it unsaid. over-claim: more than any source says."""
SHARES = (("wrong-tails", 0.55), ("invented", 0.15), ("omission", 0.15), ("over-claim", 0.15))
RARE = 5
"""An invented name stands for one that no more answers say: a name that is often right and never wrong tells."""
LIST = pl.List(pl.String)
COLUMNS: dict[str, Any] = {
    "fault": pl.String, "rejected": LIST, "wrong": LIST, "unsaid": LIST, "wrong_mask": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class RejectedAnswer:
    """A rejected answer: its fault, what it says, what of that nobody says, what true is unsaid, and the sources of what is wrong."""

    fault: str
    tails: list[str]
    wrong: list[str]
    unsaid: list[str]
    mask: int = 0

    @property
    def row(self) -> tuple[str, list[str], list[str], list[str], int]:
        return self.fault, self.tails, self.wrong, self.unsaid, self.mask


@dataclass
class Judge:
    """Whether an item of one head may be told of another as wrong; why not is counted."""

    names: KnownNames
    texts: Texts
    attribute: str | None
    unused: dict[AnswerPart, str | None] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    def may(self, head: int, item: AnswerPart) -> bool:
        why = self.why_unused(item) or self._why_true(head, item)
        if why:
            self.refused[why] += 1
        return why is None

    def _why_true(self, head: int, item: AnswerPart) -> str | None:
        if item.tail is not None:
            return self.names.why_true(head, item.tail)
        attribute, value = str(self.attribute), str(item.value)
        if not all(are_apart(attribute, value, other) for other in self.names.values_of(head, attribute)):
            return "not-apart"
        if related := self.names.why_related(head, item.owner):
            return "said-of-sibling-head" if related == "shared-stem" else related
        if is_text(attribute, value):
            return None if self.texts.carry(item.text, item.owner, head) else "said"
        return None if has_unit(attribute) or form(value) not in self.names.about(head) else "said"

    def why_unused(self, item: AnswerPart) -> str | None:
        """Why an item is told of no other head, and no other's of its own."""
        if item not in self.unused:
            self.unused[item] = self._why_unused(item)
        return self.unused[item]

    def _why_unused(self, item: AnswerPart) -> str | None:
        if item.tail is not None:
            return self.names.why_open(item.owner, item.tail) or (
                None if is_balanced(item.text) else "unbalanced-brackets"
            )
        why = why_unused(str(self.attribute), str(item.value), item.text)
        if (
            why is None
            and is_text(str(self.attribute), str(item.value))
            and not self.texts.is_portable(item.owner, item.text)
        ):
            return "text-not-portable"
        return why


class Rejections:
    """Finds a wrong answer to each question of a graph."""

    def __init__(self, view: GraphView, seed: int) -> None:
        self._view, self._seed = view, seed
        self._known = KnownNames(view)
        self._refused: dict[str, Counter[str]] = {}

    def find(self, selection: Selection, closed: pl.Series | None = None) -> Selection:
        """The selection with a wrong answer a row: `fault`, `rejected` (what it says), `wrong` (what of it nobody says), `unsaid` (what
        true it leaves out), and in `mask` the sources of both answers; groups for which none was found are left out, with a reason.
        `closed`: of each fact, by place, whether no wrong answer may be made of it."""
        judge = Judge(self._known, Texts(self._known), selection.template.info.attribute)
        found = _selection(self._view, selection, judge, self._seed, closed)
        self._refused.setdefault(selection.template.lang, Counter()).update(judge.refused)
        return found

    @property
    def refused(self) -> dict[str, dict[str, int]]:
        """Language -> how often an answer was refused because it may be true, by reason."""
        return {lang: dict(sorted(counts.items())) for lang, counts in sorted(self._refused.items())}


def _selection(
    view: GraphView, selection: Selection, judge: Judge, seed: int, closed: pl.Series | None
) -> Selection:  # fmt: skip
    template, groups = selection.template, selection.groups
    known = parts_of(view, template)
    rows = [
        AnswerRow(head, tuple(known[head, text] for text in tails))
        for head, tails in groups.select("head", "tails").iter_rows()
    ]
    why = [next((reason for item in row.items if (reason := judge.why_unused(item))), None) for row in rows]
    is_value = template.info.attribute is not None
    usable = [index for index, reason in enumerate(why) if reason is None or not is_value]
    contraries = contraries_of(view, template, closed)
    draw = random.Random(digest(f"{seed}|wrong|{template.pack}/{template.name}.{template.lang}"))
    answers = _find(
        template, [rows[p] for p in usable], groups["partial"].gather(usable).to_list(), contraries, judge, draw
    )
    wrong: list[RejectedAnswer | None] = [None] * len(rows)
    for index, each in zip(usable, answers, strict=True):
        wrong[index] = each
    return _with(selection, wrong, [reason if reason in CODES and is_value else "no-wrong-answer" for reason in why])


def _with(selection: Selection, wrong: list[RejectedAnswer | None], reasons: list[str | None]) -> Selection:
    groups = selection.groups
    made = pl.Series([each is not None for each in wrong], dtype=pl.Boolean)
    rows = pl.DataFrame([each.row for each in wrong if each], schema=COLUMNS, orient="row")
    codes = pl.Series("code", [CODES[str(reason)] for reason in reasons], dtype=pl.UInt8)
    lost = groups.with_columns(codes).filter(~made).select(pl.col("facts").alias("fact"), "code").explode("fact")
    kept = pl.concat([groups.filter(made), rows], how="horizontal")
    kept = kept.with_columns(pl.col("mask") | pl.col("wrong_mask")).drop("wrong_mask")
    return Selection(selection.template, kept, pl.concat([selection.left_out, lost.drop_nulls("fact")]))


def _find(
    template: Template,
    rows: Sequence[AnswerRow],
    partial: Sequence[bool],
    contraries: dict[int, list[AnswerPart]],
    judge: Judge,
    draw: random.Random,
) -> list[RejectedAnswer | None]:
    """A wrong answer for each row: the fault that is drawn for it, or else wrong tails, or none."""
    answers: dict[int, RejectedAnswer] = {}
    if template.info.relations:
        answers |= _swap(rows, contraries, judge, draw)
        drawn = draw.choices([name for name, _ in SHARES], [share for _, share in SHARES], k=len(rows))
        some = {
            name: [at for at, fault in enumerate(drawn) if fault == name and at not in answers] for name, _ in SHARES
        }
        if template.info.tail != "Food":
            answers |= _invent(rows, some["invented"], template.lang, judge, draw)
        if not template.info.single:
            complete = {at for at, row in enumerate(rows) if len(row.items) > 1 and not partial[at]}
            givers = [at for at in some["omission"] if at in complete and len(rows[at].items) > 2]  # `a and b` is left
            takers = [at for at in some["over-claim"] if at in complete]
            answers |= _omit_and_add(rows, givers, takers, judge, draw)
    rest = [at for at in range(len(rows)) if at not in answers]
    items = exchange([rows[at] for at in rest], judge.may, lambda item: judge.why_unused(item) is None, draw)
    replaced = {at: _replace("wrong-tails", rows[at], now, judge) for at, now in zip(rest, items, strict=True)}
    return [answers.get(at) or replaced.get(at) for at in range(len(rows))]


def _replace(fault: str, row: AnswerRow, now: Sequence[AnswerPart], judge: Judge) -> RejectedAnswer | None:
    """The answer with other items in some places; None where there are none."""
    new = [item for item in now if item.owner != row.head]
    if not new:
        return None
    texts = [_text_for(item, row.head, judge) for item in now]
    mask = 0
    for item in new:
        mask |= item.mask
    wrong = [_text_for(item, row.head, judge) for item in new]
    return RejectedAnswer(fault, texts, wrong, [item.text for item in row.items if item not in now], mask)


def _text_for(item: AnswerPart, head: int, judge: Judge) -> str:
    if item.owner == head or item.value is None or not is_text(str(judge.attribute), item.value):
        return item.text
    return str(judge.texts.carry(item.text, item.owner, head))


def _swap(
    rows: Sequence[AnswerRow],
    contraries: dict[int, list[AnswerPart]],
    judge: Judge,
    draw: random.Random,
) -> dict[int, RejectedAnswer]:
    """Row -> an answer with the opposite of one of its items."""
    others = []
    for row in rows:
        near = set().union(*(judge.names.roots(item.tail) for item in row.items if item.tail is not None))
        opposites = contraries.get(row.head, [])
        others.append(
            [item for item in opposites if item.tail is not None and judge.names.roots(item.tail).isdisjoint(near)]
        )
    answers = {}
    for at, (position, item) in sorted(circulate(rows, others, draw).items()):
        kept = rows[at].items
        now = [*(each.text for each in kept[:position]), item.text, *(each.text for each in kept[position + 1 :])]
        answers[at] = RejectedAnswer("swapped", now, [item.text], [kept[position].text], item.mask)
    return answers


def _invent(
    rows: Sequence[AnswerRow],
    some: Sequence[int],
    lang: str,
    judge: Judge,
    draw: random.Random,
) -> dict[int, RejectedAnswer]:
    """Row -> an answer with an invented name, of `some` of the rows."""
    often = popularity(rows)
    invented_rows = [rows[at] for at in some]
    once: set[str] = set()
    halves = [_halves(row, often, lang, once) for row in invented_rows]

    def may_be_called(at: int, name: str) -> bool:
        near = [form(item.text) for item in invented_rows[at].items]
        return form(name) not in judge.names.known and not any(overlap(form(name), other) for other in near)

    glue = " " if lang == "en" else ""
    answers = {}
    for at, (position, name) in sorted(invent(halves, may_be_called, glue, draw).items()):
        kept = [item.text for item in invented_rows[at].items]
        now = [*kept[:position], name, *kept[position + 1 :]]
        answers[some[at]] = RejectedAnswer("invented", now, [name], [kept[position]])
    return answers


def _halves(row: AnswerRow, often: Counter[str], lang: str, once: set[str]) -> tuple[int, str, str]:
    """The place of the rarest name, and its halves: of letters, or in English of words. Place -1 where no name can be halved.

    A name that gives way to an invented one is added to `once`, and gives way to no other: it would be right more than wrong."""
    for position in sorted(range(len(row.items)), key=lambda position: (often[row.items[position].text], position)):
        text = row.items[position].text
        parts: list[str] = text.split() if lang == "en" else list(text)
        if often[text] <= RARE and text not in once and len(parts) >= (2 if lang == "en" else 4) and is_balanced(text):
            glue, half = " " if lang == "en" else "", len(parts) // 2
            first, second = glue.join(parts[:half]), glue.join(parts[half:])
            if is_balanced(first) and is_balanced(second) and stem(form(first)) == form(first):
                once.add(text)
                return position, first, second
    return -1, "", ""


def _omit_and_add(
    rows: Sequence[AnswerRow],
    givers: Sequence[int],
    takers: Sequence[int],
    judge: Judge,
    draw: random.Random,
) -> dict[int, RejectedAnswer]:
    """Row -> an answer that leaves out what another row's answer then says too much."""
    answers = {}
    gone, more = hand_over([rows[at] for at in givers], [rows[at] for at in takers], judge.may, draw)
    for at, unsaid in zip(givers, gone, strict=True):
        if unsaid:
            kept = [item.text for item in rows[at].items if item not in unsaid]
            answers[at] = RejectedAnswer("omission", kept, [], [item.text for item in rows[at].items if item in unsaid])
    for at, added in zip(takers, more, strict=True):
        if added:
            now = [item.text for item in rows[at].items]
            for item in added:
                now.insert(draw.randrange(len(now) + 1), item.text)
            mask = 0
            for item in added:
                mask |= item.mask
            answers[at] = RejectedAnswer("over-claim", now, [item.text for item in added], [], mask)
    return answers

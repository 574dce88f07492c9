"""Consultations of several turns about a disease: a complaint, questions with yes and no, tests, advice; each turn with its facts.

What the doctor says of the disease are the statements of the packs, so a consultation claims no more than these. The third
symptom, to which the patient says no, is one that no source links with the disease, as a wrong option is."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgtools.templates.holdout.wordings import Wording, is_held, word_for_training
from kgtools.templates.pack import Template
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.render import render, render_loop
from kgtools.templates.sandbox import Tails
from kgtools.templates.tasks.distractors import CHECKED, Distractors
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.templates.tasks.wording import file_of, wordings

HEAD = "Disease"
SYMPTOM, EXAMINATION = "HAS_SYMPTOM", "NEEDS_EXAMINATION"
ADVICE = ("BELONGS_TO_DEPARTMENT", "HAS_TREATMENT", "SHOULD_EAT", "SHOULD_AVOID")
"""What the last turn may tell, in this order."""
RELATIONS = (SYMPTOM, EXAMINATION, *ADVICE)
MOST = 2
"""Consultations of one disease in one language."""
TOLD = 2
"""Pieces of advice in one turn; more are no conversation."""
PARTS = ("complaint", "confirm", "deny", "advise")
NAMES = ("first", "second", "third", "disease", "examination", "advice")


def relation_of(template: Template) -> str | None:
    """Which of RELATIONS a template asks diseases about; None for another."""
    info = template.info
    return (
        info.relations[0] if info.head == HEAD and len(info.relations) == 1 and info.relations[0] in RELATIONS else None
    )


@dataclass(frozen=True)
class Consultation:
    """What is said in one of a disease: of its symptoms (`first` and `second` of them), its examinations, what is advised, and a symptom
    that it has not."""

    number: int
    symptoms: Group
    examination: Group
    advice: tuple[tuple[str, Group], ...]
    first: int
    second: int
    third: str
    distractor: dict[str, str]
    mask: int


class Dialogue:
    """The consultations of one language. `subjects`: of each of RELATIONS the template that asks about it; `wrong`: finds symptoms that
    a disease has not; `held`: wordings that are held out, and say nothing in consultations that are not, as far as there are
    others."""

    def __init__(
        self, subjects: Mapping[str, Subject], wrong: Distractors, held: frozenset[Wording] = frozenset()
    ) -> None:
        self._subjects, self._wrong, self._held = subjects, wrong, held
        self._of = {name: {group.head: group for group in subject.groups} for name, subject in subjects.items()}
        self._symptoms = subjects[SYMPTOM]
        self._lang = self._symptoms.template.lang

    def rows(self) -> Iterator[Row]:
        """A consultation of each disease of which two symptoms and an examination are known, where a third is surely none of its; with
        two others of its symptoms a second one."""
        plans = [plan for group in self._symptoms.groups for plan in self._plans(group)]
        texts = self._texts(plans)
        for plan, messages in zip(plans, texts, strict=True):
            yield self._row(plan, messages)

    def _plans(self, group: Group) -> Iterator[Consultation]:
        examination = self._of[EXAMINATION].get(group.head)
        symptoms = [at for at, part in enumerate(group.parts) if self._symptoms.is_short(part)]
        self._draw(group, 0, "symptoms").shuffle(symptoms)
        if examination is not None:
            for number in range(min(len(symptoms) // 2, MOST)):
                first, second = symptoms[2 * number : 2 * number + 2]
                draw = self._draw(group, number, "plan")
                if found := self._wrong.find(group, 1, draw, group.parts):
                    yield self._plan(group, examination, number, (first, second), found[0], draw)

    def _plan(
        self, group: Group, examination: Group, number: int, shown: tuple[int, int], wrong: tuple[AnswerPart, str],
        draw: random.Random,
    ) -> Consultation:  # fmt: skip
        third, where = wrong
        known = [(name, self._of[name][group.head]) for name in ADVICE if group.head in self._of.get(name, {})]
        told = sorted(draw.sample(known, min(TOLD, len(known))), key=lambda each: ADVICE.index(each[0]))
        distractor = {"text": third.text, "from": where}
        return Consultation(number, group, examination, tuple(told), *shown, third.text, distractor, third.mask)

    def _draw(self, group: Group, number: int, what: str) -> random.Random:
        return random.Random(group.key ^ self._symptoms.salt(f"dialogue {number} {what}"))

    def _texts(self, plans: Sequence[Consultation]) -> list[list[str]]:
        """The messages of each consultation, the user's and the assistant's in turn."""
        examinations = self._state(EXAMINATION, [(plan, plan.examination) for plan in plans])
        advice: list[list[str]] = [[] for _ in plans]
        for name in ADVICE:
            told = [(at, (plan, group)) for at, plan in enumerate(plans) for each, group in plan.advice if each == name]
            for (at, _), text in zip(told, self._state(name, [each for _, each in told]), strict=True):
                advice[at].append(text)
        rows = [
            (
                plan.symptoms.parts[plan.first].text, plan.symptoms.parts[plan.second].text, plan.third,
                self._name(plan), examinations[at], advice[at],
            )
            for at, plan in enumerate(plans)
        ]  # fmt: skip
        messages: list[list[str]] = [[] for _ in plans]
        for part in PARTS:
            file, variants = file_of(f"dialogue/{part}", self._lang), wordings(f"dialogue/{part}", self._lang)
            places: dict[int, list[int]] = defaultdict(list)
            for at, plan in enumerate(plans):
                if part != "advise" or advice[at]:
                    places[self._draw(plan.symptoms, plan.number, part).randrange(len(variants))].append(at)
            for number, chosen in sorted(places.items()):
                said = render_loop(file, self._lang, variants[number], NAMES, (rows[at] for at in chosen), len(chosen))
                for at, *both in zip(chosen, *said, strict=True):
                    messages[at] += both
        return messages

    def _state(self, name: str, told: Sequence[tuple[Consultation, Group]]) -> list[str]:
        """What the template of a relation says of each of these, in each consultation."""
        if not told:
            return []
        subject, groups = self._subjects[name], [group for _, group in told]
        texts = [""] * len(groups)
        by_variant: dict[int, list[int]] = defaultdict(list)
        for at, (plan, group) in enumerate(told):
            by_variant[self._variant(name, plan, group)].append(at)
        for number, places in sorted(by_variant.items()):
            heads = [subject.about(groups[at].head)[0][0] for at in places]
            tails: list[list[str]] = [
                Tails.of([part.text for part in groups[at].parts], groups[at].partial) for at in places
            ]
            _, statements = render(subject.template, subject.template.variants[number], heads, tails)
            for at, statement in zip(places, statements, strict=True):
                texts[at] = statement
        return texts

    def _variant(self, name: str, plan: Consultation, group: Group) -> int:
        """How a relation's template says it: in a consultation that is not held out for its own wording in words that are not."""
        subject = self._subjects[name]
        number = subject.variants[group.place]
        if is_held(self._symptoms.template, self._symptoms.variants[plan.symptoms.place], self._held):
            return number
        return word_for_training(subject.template, number, group.key // len(subject.template.variants), self._held)

    def _is_worded_as_held(self, plan: Consultation) -> bool:
        said = [(EXAMINATION, plan.examination), *plan.advice]
        return any(
            is_held(self._subjects[name].template, self._variant(name, plan, group), self._held) for name, group in said
        )

    def _name(self, plan: Consultation) -> str:
        return self._symptoms.about(plan.symptoms.head)[0][0]

    def _row(self, plan: Consultation, messages: list[str]) -> Row:
        """The consultation with its facts, all together and of each message."""
        subject, head = self._symptoms, plan.symptoms.head
        first, second = (subject.facts_of(head, [plan.symptoms.parts[at]]) for at in (plan.first, plan.second))
        tests = self._subjects[EXAMINATION].facts_of(head, plan.examination.parts)
        told = [self._subjects[name].facts_of(head, group.parts) for name, group in plan.advice]
        of_messages = [first, [], second, [], [], sorted({*first, *second, *tests})]
        of_messages += [[], sorted({fact for each in told for fact in each})] if told else []
        mask = plan.mask | subject.mask_of(head, [plan.symptoms.parts[at] for at in (plan.first, plan.second)])
        mask |= self._subjects[EXAMINATION].mask_of(head, plan.examination.parts)
        for name, group in plan.advice:
            mask |= self._subjects[name].mask_of(head, group.parts)
        ids = subject.view.facts["id"]
        meta = {
            "turns": [ids.gather(each).to_list() for each in of_messages],
            "distractors": [plan.distractor], "checked": list(CHECKED),
        }  # fmt: skip
        facts = sorted({fact for each in of_messages for fact in each})
        licenses = [each.template.license for each in self._subjects.values()]
        return Row(
            plan.symptoms.place,
            None,
            "",
            facts,
            mask,
            ["-"],
            meta=meta,
            messages=messages,
            words=licenses,
            salt=plan.number,
            is_worded_as_held=self._is_worded_as_held(plan),
        )

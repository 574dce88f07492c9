"""Questions about two heads of one type: what both have, or what the first has and the other has not.

    What are the symptoms that gout and rheumatoid arthritis share?

What the first alone has is what no source says of the other, as sure as an option is wrong (`CHECKED`). What may be true of the other
all the same is asked for by no question, and to say it costs nothing: all foods, which anybody may eat or avoid."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kgtools.corpora.verify.item import Item, Names, Step
from kgtools.templates.preferences.items import AnswerPart
from kgtools.templates.preferences.known_names import form, overlap
from kgtools.templates.tasks.choices import LETTERS
from kgtools.templates.tasks.comparisons import Asks, Phrases, phrases_for
from kgtools.templates.tasks.distractors import CHECKED, OFTEN
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.tools.inputs.files import digest

FORMS = ("list", "list", "mcq")
ASKS: tuple[Asks, ...] = ("both", "first")
FOOD = "Food"
"""Of a food nobody can say that a patient need not eat or avoid it: of foods only what both share is asked."""
BESIDE = {"zh": re.compile("[和与及或、,，;；/]"), "en": re.compile(r",|;|/|\b(?:and|or)\b")}
"""In the name of a head what would make three of two."""
SEVERAL = re.compile("[、,，;；]")
"""In a Chinese name what makes it look like several."""
MOST = 6
"""Answers of a question; more are no question."""
PAIRS = 2
"""Pairs in which a head stands."""
TRIES = 24
"""Heads that are tried beside one, of those that share most with it."""
OPTIONS = 4


@dataclass(frozen=True)
class Pair:
    """Two heads: what both have, each as the first and as the other says it; what the first and the other alone have; and what one has
    and the other may have."""

    one: Group
    other: Group
    shared: tuple[tuple[AnswerPart, AnswerPart], ...]
    mine: tuple[AnswerPart, ...]
    theirs: tuple[AnswerPart, ...]
    unsure: tuple[AnswerPart, ...]


def make_compare(subject: Subject) -> Iterator[Row]:
    """A question for each pair of heads of the template, of both or of the first, open or with options, as the seed has it; none where
    there are no words for what it asks about."""
    info, lang = subject.template.info, subject.template.lang
    phrases = phrases_for(info, lang)
    if phrases is None:
        return
    for pair in find_pairs(subject):
        draw = random.Random(pair.one.key ^ pair.other.key ^ subject.salt("compare form"))
        asks, form = draw.choice(ASKS), draw.choice(FORMS)
        if info.tail == FOOD:
            asks, form = "both", "list"
        right, wrong = _sides(pair, asks)
        if subject.is_open(pair.one):
            wrong = [part for part in wrong if not subject.joins_held(pair.one.head, int(part.tail or 0))]
        options = _options(subject, right, wrong, draw) if form == "mcq" else []
        if options:
            yield _row(subject, phrases, pair, asks, options[:1], options[1:], draw)
        else:
            yield _row(subject, phrases, pair, asks, right, wrong, None)


def find_pairs(subject: Subject) -> Iterator[Pair]:
    """Heads that share something and differ in something, each with one that shares much with it, in an order and of a choice that the
    seed decides."""
    groups = {group.head: group for group in subject.groups if _is_complete(subject, group)}
    heads_of: dict[int, list[int]] = defaultdict(list)
    for head in sorted(groups):
        for part in groups[head].parts:
            heads_of[int(part.tail or 0)].append(head)
    used: Counter[int] = Counter()
    salt = subject.salt("compare")
    for group in sorted(groups.values(), key=lambda group: (group.key ^ salt, group.head)):
        draw = random.Random(group.key ^ salt)
        for other in _candidates(group, heads_of, draw):
            if used[group.head] >= PAIRS:
                break
            if used[other] < PAIRS and (pair := _pair(subject, group, groups[other])):
                used.update((group.head, other))
                yield pair
                break


def _is_complete(subject: Subject, group: Group) -> bool:
    """Whether all that is known of a head is said, and its name and what is said can stand in a list."""
    lang, parts = subject.template.lang, group.parts
    if group.partial or len(parts) < 2 or BESIDE[lang].search(subject.about(group.head)[0][0]):
        return False
    return all(part.tail is not None and not (lang == "zh" and SEVERAL.search(part.text)) for part in parts)


def _candidates(group: Group, heads_of: dict[int, list[int]], draw: random.Random) -> list[int]:
    """Heads that share a tail with the first, those that share several before the others."""
    shared: Counter[int] = Counter()
    for part in group.parts:
        heads = heads_of[int(part.tail or 0)]
        if len(heads) <= OFTEN:
            shared.update(heads)
    shared.pop(group.head, None)
    several = sorted(head for head, count in shared.items() if count > 1)
    others = draw.sample(several, min(TRIES, len(several)))
    if len(others) < TRIES:
        single = sorted(head for head, count in shared.items() if count == 1)
        others += draw.sample(single, min(TRIES - len(others), len(single)))
    return others


def _pair(subject: Subject, one: Group, other: Group) -> Pair | None:
    """The two compared; None where they are nearly the same, or where too little or too much is shared or differs."""
    known = subject.known
    forms = (known.forms(one.head), known.forms(other.head))
    if known.why_related(one.head, other.head) or any(overlap(a, b) for a in forms[0] for b in forms[1]):
        return None
    heads = known.namesakes(one.head) | known.namesakes(other.head)
    if other.head in known.linked(one.head) or any(part.tail in heads for part in (*one.parts, *other.parts)):
        return None
    called = [known.namesakes(int(part.tail or 0)) for part in one.parts]
    same = [
        (part, twin)
        for part, names in zip(one.parts, called, strict=True)
        for twin in other.parts
        if twin.tail in names
    ]
    both = {part for pair in same for part in pair}
    mine, may_be_theirs = _part(subject, other, [part for part in one.parts if part not in both])
    theirs, may_be_mine = _part(subject, one, [part for part in other.parts if part not in both])
    twins: dict[AnswerPart, AnswerPart] = {}
    said: set[int] = set()
    for part, twin in same:
        if part.tail not in said:  # what is said twice by other names is one thing
            twins[part] = twin
            said |= known.namesakes(int(part.tail or 0))
    differs = 0 < len(mine) <= MOST and len(may_be_theirs) <= len(mine)
    if subject.template.info.tail == FOOD:
        differs = bool(may_be_theirs and may_be_mine)
    if not (0 < len(twins) <= MOST and differs):
        return None
    return Pair(one, other, tuple(twins.items()), tuple(mine), tuple(theirs), (*may_be_theirs, *may_be_mine))


def _part(subject: Subject, other: Group, parts: list[AnswerPart]) -> tuple[list[AnswerPart], list[AnswerPart]]:
    """What surely is not of the other head, and what may be: also what a name of the other's holds, or is held by (麻木, 四肢麻木)."""
    against = {part.tail for part in subject.contraries(other)}
    said = [form(part.text) for part in other.parts]
    sure: list[AnswerPart] = []
    unsure: list[AnswerPart] = []
    for part in parts:
        mine = form(part.text)
        near = any(overlap(mine, each) for each in said)
        apart = part.tail in against or not (near or subject.known.why_true(other.head, int(part.tail or 0)))
        (sure if apart else unsure).append(part)
    return sure, unsure


def _sides(pair: Pair, asks: Asks) -> tuple[list[AnswerPart], list[AnswerPart]]:
    """What is right and what must not be said."""
    shared = [part for part, _ in pair.shared]
    if asks == "both":
        return shared, [*pair.mine, *pair.theirs]
    twins = set(dict(pair.shared).values())
    return list(pair.mine), [*shared, *(part for part in pair.other.parts if part not in twins)]


def _options(
    subject: Subject, right: list[AnswerPart], wrong: list[AnswerPart], draw: random.Random
) -> list[AnswerPart]:  # fmt: skip
    """One that is right and those that are wrong, no two of them kinds of one thing; none where there are too few."""
    found = [draw.choice(right)]
    draw.shuffle(wrong)
    for part in wrong:
        if not any(_are_near(subject, part, each) for each in found):
            found.append(part)
    return found[:OPTIONS] if len(found) >= OPTIONS else []


def _are_near(subject: Subject, one: AnswerPart, other: AnswerPart) -> bool:
    return subject.known.why_related(int(one.tail or 0), int(other.tail or 0)) is not None


def _said_of(
    pair: Pair, part: AnswerPart, twins: dict[AnswerPart, AnswerPart]
) -> list[tuple[int, AnswerPart, AnswerPart]]:  # fmt: skip
    """Of which heads a right answer is said, and how."""
    return [(pair.one.head, part, part), *([(pair.other.head, twins[part], part)] if part in twins else [])]


def _step(subject: Subject, head: int, part: AnswerPart, accepted: Names) -> Step:
    """The triple that says a part, which has all these names."""
    first, relation, last = subject.steps(head, part)
    mine = subject.names(part)
    return Step(accepted if first == mine else first, relation, accepted if last == mine else last)


def _row(
    subject: Subject, phrases: Phrases, pair: Pair, asks: Asks, right: list[AnswerPart], wrong: list[AnswerPart],
    draw: random.Random | None,
) -> Row:  # fmt: skip
    """The question; with a `draw` one with options, of which the one is right."""
    one, other = pair.one.head, pair.other.head
    names, lang, ids = subject.lexicon, subject.template.lang, subject.view.entities["id"]
    about = (names.names(one, lang), names.names(other, lang))
    twins = dict(pair.shared)
    accepted = {
        part: tuple(dict.fromkeys((*subject.names(part), *subject.names(twins.get(part, part))))) for part in right
    }
    ends = [end for part in right for end in _said_of(pair, part, twins if asks == "both" else {})]
    steps = tuple(_step(subject, head, said, accepted[part]) for head, said, part in ends)
    texts = [part.text for part in right]
    meta = {"other": ids[other], "asks": asks, "form": "mcq" if draw else "list", "checked": list(CHECKED)}
    options: dict[str, str] = {}
    if draw is None:
        said, answer = texts, ("、" if lang == "zh" else ", ").join(texts)
        item = Item(
            "set", (*about, *map(subject.names, pair.unsure)), answers=tuple(accepted.values()),
            wrong=tuple(map(subject.names, wrong)), steps=steps, of=asks,
        )  # fmt: skip
    else:
        order = [*right, *wrong]
        draw.shuffle(order)
        options = {letter: part.text for letter, part in zip(LETTERS, order, strict=False)}
        answer = next(letter for letter, text in options.items() if text == texts[0])
        said = [f"{answer}. {texts[0]}"]
        item = Item("choice", about, options, answer, tuple(accepted.values()), steps=steps)
        others = [{"text": part.text, "from": "compared"} for part in wrong]
        meta |= {"options": options, "choice": "single", "distractors": others}
    return Row(
        pair.one.place, item, answer, _facts(subject, pair), _mask(subject, pair), texts,
        options=[f"{letter}. {text}" for letter, text in options.items()], right=said, meta=meta,
        salt=int(digest(f"{ids[other]}|{asks}")[:16], 16), compared=phrases.say(asks, about[0][0], about[1][0]),
    )  # fmt: skip


def _facts(subject: Subject, pair: Pair) -> list[int]:
    return sorted({fact for group in (pair.one, pair.other) for fact in subject.facts_of(group.head, group.parts)})


def _mask(subject: Subject, pair: Pair) -> int:
    return subject.mask_of(pair.one.head, pair.one.parts) | subject.mask_of(pair.other.head, pair.other.parts)

"""Few-shot prompts, as MedS-Ins has them: what is to be done, cases that show it, then the input that is to be answered.

    Each input is a question about one disease. List all that it asks for (symptoms), separated by commas.
    Case1: Input: "What are the symptoms of gout?", Output: "joint pain, swelling"
    Input: What are the symptoms of asthma?

Cases are questions of the same template, language and form. No case is about what the question is about, has a fact of it, or holds
a name of it or of any of its answers."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from kgtools.templates.holdout.wordings import Wording, is_held, word_for_training
from kgtools.templates.preferences.known_names import form as fold
from kgtools.templates.render import render
from kgtools.templates.tasks.choices import choice_rows, statement_rows
from kgtools.templates.tasks.distractors import Distractors
from kgtools.templates.tasks.open import cloze_rows, heads_of_tails, list_rows, reverse_rows
from kgtools.templates.tasks.rows import Row
from kgtools.templates.tasks.subject import Group, Subject
from kgtools.templates.tasks.wording import NAMES, word, wordings

FORMS = ("list", "mcq", "truefalse", "cloze", "reverse")
"""What a question is asked as, its cases too; `item` grades it as the task of this name."""
POOL = 40
"""Heads among which cases are drawn, so that facts hang together by few, and a split can keep most records whole."""
MOST_SHOTS = 8
SIGNS = re.compile(r"[、，；。]|[,;] |[.;,]$")
"""What stands between or behind answers: one that holds it is no item of a list."""
NOTHING: dict[str, Any] = {"options": [], "right": [], "hidden": [], "several": False, "is_true": False}
"""What stands in a column of words that is not said; in all others no text."""


@dataclass(frozen=True)
class Base:
    """A question that may be asked, or be a case: as what (`form`), its input and output, and both folded as names are."""

    row: Row
    group: Group
    form: str
    given: str
    output: str
    folded: str


def make_fewshot(
    subject: Subject, distractors: Distractors, options: int, shots: int, held: frozenset[Wording] = frozenset()
) -> Iterator[Row]:
    """Each question of the template with so many cases before it; none where too few are apart from it. Cases before a question that is
    not worded as what is `held` out are not either."""
    pools = _find_pools(subject)
    bases = _find_bases(subject, distractors, options, pools)
    worded = _word_for_training(subject, bases, held)
    alike: dict[tuple[int, str], list[Base]] = defaultdict(list)
    for base in bases:
        alike[pools[base.group.head], base.form].append(base)
    found = []
    for base in bases:
        draw = subject.draw(base.group, "fewshot")
        cases = _choose_cases(subject, base, alike[pools[base.group.head], base.form], shots, draw)
        if len(cases) == shots:
            if not is_held(subject.template, subject.variants[base.row.place], held):
                cases = [worded.get(case.row.place, case) for case in cases]
            found.append((base, cases, draw.randrange(len(wordings("case", subject.template.lang)))))
    for (base, cases, _), told in zip(found, _tell(subject, found, shots), strict=True):
        yield _with_cases(subject, base, cases, told)


def _find_pools(subject: Subject) -> dict[int, int]:
    """The pool of each head, the same in every language."""
    heads = subject.links()["head"].unique()
    ordered = subject.view.entities.filter(pl.col("number").is_in(heads.implode())).sort("hash", "number")["number"]
    count = max(1, len(ordered) // POOL)
    return {head: rank * count // len(ordered) for rank, head in enumerate(ordered)}


def _find_bases(subject: Subject, distractors: Distractors, options: int, pools: dict[int, int]) -> list[Base]:
    """A question of each head, of the first form of its pool's order in which it can be asked."""
    heads_of = heads_of_tails(subject)
    makers: dict[str, Callable[[Group], Iterator[Row]]] = {
        "list": lambda group: list_rows(subject, group),
        "mcq": lambda group: choice_rows(
            subject, distractors, group, subject.draw(group, "fewshot mcq"), options, rotations=1
        ),
        "truefalse": lambda group: statement_rows(
            subject, distractors, group, subject.draw(group, "fewshot truefalse")
        ),
        "cloze": lambda group: cloze_rows(subject, group),
        "reverse": lambda group: reverse_rows(subject, group, heads_of),
    }
    chosen: list[tuple[Row, Group, str]] = []
    for group in subject.groups:
        pool = subject.salt(f"fewshot forms {pools[group.head]}")
        forms = random.Random(pool).sample(FORMS, len(FORMS))
        made = ((row, group, form) for form in forms for row in makers[form](group))
        row = next((each for each in made if each[2] == "truefalse" or not any(map(SIGNS.search, each[0].right))), None)
        if row is not None:
            chosen.append(row)
    texts = _say([(row, form) for row, _, form in chosen], subject, subject.variants)
    return [Base(*each, *text, fold(" ".join(text))) for each, text in zip(chosen, texts, strict=True)]


def _word_for_training(subject: Subject, bases: Sequence[Base], held: frozenset[Wording]) -> dict[int, Base]:
    """Those that are worded as what is held out, by place, in words that are not."""
    template, variants = subject.template, list(subject.variants)
    of_held = [base for base in bases if is_held(template, variants[base.row.place], held)]
    for base in of_held:
        spread = base.group.key // len(template.variants)
        variants[base.row.place] = word_for_training(template, variants[base.row.place], spread, held)
    texts = _say([(base.row, base.form) for base in of_held], subject, variants)
    return {
        base.row.place: replace(base, given=given, output=output)
        for base, (given, output) in zip(of_held, texts, strict=True)
    }


def _say(chosen: Sequence[tuple[Row, str]], subject: Subject, variants: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The input and the output of each, `variants` the wording of each place."""
    texts = _render(subject, [row for row, _ in chosen], variants)
    columns = _columns(len(chosen)) | {
        "question": [question for question, _ in texts], "statement": [statement for _, statement in texts],
        "options": [row.options for row, _ in chosen], "right": [row.right for row, _ in chosen],
        "is_true": [bool(row.is_true) for row, _ in chosen], "form": [form for _, form in chosen],
    }  # fmt: skip
    return zip(*word("given", subject.template.lang, [0] * len(chosen), columns), strict=True)


def _columns(count: int) -> dict[str, list[Any]]:
    return {name: [NOTHING.get(name, "")] * count for name in NAMES}


def _render(subject: Subject, rows: Sequence[Row], variants: Sequence[int]) -> list[tuple[str, str]]:
    """What the template asks and says of each, `variants` the wording of each place."""
    names = subject.view.names(subject.template.lang)
    texts = [("", "")] * len(rows)
    by_variant: dict[int, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        by_variant[variants[row.place]].append(at)
    for variant, places in sorted(by_variant.items()):
        said = [rows[at].said or names[subject.groups[rows[at].place].head] for at in places]
        tails = [rows[at].tails for at in places]
        both = render(subject.template, subject.template.variants[variant], said, tails)
        for at, question, statement in zip(places, *both, strict=True):
            texts[at] = question, statement
    return texts


def _choose_cases(subject: Subject, base: Base, alike: Sequence[Base], shots: int, draw: random.Random) -> list[Base]:
    """So many of these that are apart from a question, or fewer."""
    telling = _telling(subject, base)
    facts = set(base.row.facts)
    alone = subject.known.namesakes(base.group.head)
    cases: list[Base] = []
    for other in draw.sample(alike, len(alike)):
        if len(cases) == shots:
            break
        if other.group.head in alone or not facts.isdisjoint(other.row.facts):
            continue
        if not any(name in other.folded for name in telling):
            cases.append(other)
    return cases


def _telling(subject: Subject, base: Base) -> set[str]:
    """What would tell: every name of what is asked about and of each answer, and what is said of it, folded."""
    said = {fold(text) for part in base.group.parts for text in (part.text, part.value) if text}
    said |= {fold(text) for text in (*base.row.truth, *(base.row.tails if base.form == "truefalse" else ()))}
    tails = (subject.known.forms(part.tail) for part in base.group.parts if part.tail is not None)
    return said.union(subject.known.forms(base.group.head), *tails) - {""}


def _tell(subject: Subject, found: Sequence[tuple[Base, list[Base], int]], shots: int) -> Iterator[str]:
    """The cases of each as lines, numbered."""
    cases = [case for _, each, _ in found for case in each]
    columns = _columns(len(cases)) | {
        "question": [case.given for case in cases],
        "statement": [case.output for case in cases],
        "count": [str(number) for _, each, _ in found for number in range(1, len(each) + 1)],
    }
    variants = [variant for _, each, variant in found for _ in each]
    lines, _ = word("case", subject.template.lang, variants, columns)
    return ("\n".join(lines[at : at + shots]) for at in range(0, len(lines), shots))


def _with_cases(subject: Subject, base: Base, cases: Sequence[Base], told: str) -> Row:
    mask = base.row.mask
    for case in cases:
        mask |= case.row.mask
    ids = subject.view.entities["id"]
    meta = {"form": base.form, "shots": len(cases), "cases": [ids[case.group.head] for case in cases]}
    facts = {*base.row.facts, *(fact for case in cases for fact in case.row.facts)}
    return replace(base.row, before=told, form=base.form, mask=mask, facts=sorted(facts), meta=base.row.meta | meta)

"""A template's questions asked as the tasks ask them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import NONE_HELD, HeldOut
from kgtools.templates.pack import PackInfo
from kgtools.templates.preferences.known_names import KnownNames
from kgtools.templates.select import Selection, without
from kgtools.templates.tasks.abstain import select_abstain
from kgtools.templates.tasks.choices import LETTERS, make_mcq, make_truefalse
from kgtools.templates.tasks.compare import make_compare
from kgtools.templates.tasks.comparisons import phrases_for
from kgtools.templates.tasks.cypher.graph import QueriedGraph
from kgtools.templates.tasks.cypher.make import make_cypher
from kgtools.templates.tasks.dialogue import EXAMINATION, SYMPTOM, Dialogue, relation_of
from kgtools.templates.tasks.distractors import HARDNESS, Distractors, Neighbours
from kgtools.templates.tasks.explain import TextNames, make_explain
from kgtools.templates.tasks.fewshot import MOST_SHOTS, make_fewshot
from kgtools.templates.tasks.open import make_cloze, make_list, make_reverse
from kgtools.templates.tasks.path import Path
from kgtools.templates.tasks.rows import Row, with_rows
from kgtools.templates.tasks.subject import OTHER, Lexicon, Subject
from kgtools.tools.errors import UsageError

ITEM_TASKS = (
    "mcq",
    "truefalse",
    "cloze",
    "list",
    "reverse",
    "path",
    "compare",
    "explain",
    "abstain",
    "fewshot",
    "cypher",
)
"""The tasks whose records can be graded, each as its meta says."""
ASKED_TASKS = (*ITEM_TASKS, "dialogue")
"""All that ask a template's questions in another way."""

HOPS = re.compile(r"([0-9])(?:-([0-9]))?")
LONGEST = 5
"""Hops of a path."""


@dataclass(frozen=True)
class ItemOptions:
    """`options`: of a question with options, 4 or 5; `distractors`: whose answers the wrong ones are; `rotations`: how many times
    each such question is asked, its options turned by one each time; `hops`: how many triples a path leads over, `2`, or `2-3`; `shots`:
    cases before a question of the task fewshot."""

    options: int = 4
    distractors: str = "neighbour"
    rotations: int = 1
    hops: str = "2-5"
    shots: int = 3

    def refuse_wrong(self) -> None:
        """Raises UsageError for what cannot be."""
        if self.options not in (4, 5):
            raise UsageError(f"--options {self.options}: a question has 4 or 5 options")
        if self.distractors not in HARDNESS:
            raise UsageError(f"--distractors {self.distractors}: there are {', '.join(HARDNESS)}")
        least, most = self.hops_range()
        if not 2 <= least <= most <= LONGEST:
            raise UsageError(f"--hops {self.hops}: from 2 to {LONGEST}, as 2 or 2-3")
        if not 1 <= self.rotations <= self.options <= len(LETTERS):
            raise UsageError(f"--rotations {self.rotations}: 1 to {self.options}, as many as there are options")
        if not 1 <= self.shots <= MOST_SHOTS:
            raise UsageError(f"--shots {self.shots}: 1 to {MOST_SHOTS} cases stand before a question")

    def hops_range(self) -> tuple[int, int]:
        """The fewest and the most hops; (0, 0) for what says none."""
        found = HOPS.fullmatch(self.hops)
        return (int(found[1]), int(found[2] or found[1])) if found else (0, 0)


def ask(
    view: GraphView, questions: Iterable[Selection], tasks: Sequence[str],
    options: ItemOptions, seed: int, packs: Sequence[PackInfo], held: HeldOut = NONE_HELD,
) -> Iterator[tuple[str, Selection]]:  # fmt: skip
    """What each task makes of each template's `questions`: a selection with a row for each record (`rows.COLUMNS` beside the columns
    of questions). What is `held` out is no wrong option of others, and words nothing in records that are not held out for it."""
    known, lexicon, neighbours = KnownNames(view), Lexicon(view), Neighbours(view)
    texts = TextNames(view, lexicon) if "explain" in tasks else None
    queried = QueriedGraph(view) if "cypher" in tasks else None
    paths = find_paths(packs, options.hops_range()) if "path" in tasks else {}
    on_paths: dict[tuple[str, str, str], Subject] = {}
    in_dialogues: dict[str, dict[str, Subject]] = {}
    wanted = {each for templates in paths.values() for each in templates}
    for selection in questions:
        if not selection.groups.height:
            continue
        subject = Subject(view, selection, known, lexicon, seed, held)
        wrong = Distractors(subject, neighbours, options.distractors, held)
        for task in tasks:
            if task == "cypher" and queried is not None:
                yield task, with_rows(selection, make_cypher(subject, queried, packs), subject.salt(task))
            elif task not in ("path", "dialogue"):
                yield task, _ask(task, subject, wrong, options, texts, held)
        subject.judge.unused.clear()  # what waits for paths needs it no more
        if "dialogue" in tasks and (relation := relation_of(subject.template)):
            in_dialogues.setdefault(subject.template.lang, {}).setdefault(relation, subject)
        if (subject.template.pack, subject.template.name) in wanted:
            on_paths[subject.template.pack, subject.template.name, subject.template.lang] = subject
    for name, templates in paths.items():
        for lang in OTHER:
            subjects = [on_paths[each] for pack, template in templates if (each := (pack, template, lang)) in on_paths]
            if len(subjects) == len(templates):
                last = subjects[-1]
                path = Path(name, subjects, Distractors(last, neighbours, options.distractors, held), held.variants)
                yield "path", with_rows(last.selection, path.rows(), last.salt("path"))
    for subjects_of in in_dialogues.values():
        if {SYMPTOM, EXAMINATION} <= set(subjects_of):
            first = subjects_of[SYMPTOM]
            wrong = Distractors(first, neighbours, options.distractors, held)
            dialogue = Dialogue(subjects_of, wrong, held.variants)
            yield "dialogue", with_rows(first.selection, dialogue.rows(), first.salt("dialogue"))


def find_paths(packs: Sequence[PackInfo], hops: tuple[int, int]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The paths of these packs with so many hops, name -> (pack, template). Raises UsageError where a path goes over a pack that is
    not among them, and where there is none."""
    there = {pack.name for pack in packs}
    paths = {f"{pack.name}/{name}": pack.path_templates(name) for pack in packs for name in pack.paths}
    chosen = {name: each for name, each in paths.items() if hops[0] <= len(each) <= hops[1]}
    for name, templates in chosen.items():
        if lacking := sorted({pack for pack, _ in templates} - there):
            together = ",".join([*sorted(there), *lacking])
            raise UsageError(
                f"the path {name} goes over templates of {', '.join(lacking)}; name all: --pack {together}"
            )
    if not chosen:
        known = ", ".join(paths) or "none"
        raise UsageError(f"--task path --hops {hops[0]}-{hops[1]}: there is no such path; there are {known}")
    return chosen


def _ask(
    task: str, subject: Subject, wrong: Distractors, options: ItemOptions, texts: TextNames | None, held: HeldOut
) -> Selection:  # fmt: skip
    if task == "abstain":
        return select_abstain(subject)
    if task == "compare" and phrases_for(subject.template.info, subject.template.lang) is None:
        groups, left_out = without(subject.selection.groups, pl.lit(True), "no-wording", subject.selection.left_out)
        return Selection(subject.template, groups, left_out)
    makers: dict[str, Callable[[], Iterator[Row]]] = {
        "mcq": lambda: make_mcq(subject, wrong, options.options, options.rotations),
        "truefalse": lambda: make_truefalse(subject, wrong),
        "cloze": lambda: make_cloze(subject),
        "list": lambda: make_list(subject),
        "reverse": lambda: make_reverse(subject),
        "compare": lambda: make_compare(subject),
        "explain": lambda: make_explain(subject, texts or TextNames(subject.view, subject.lexicon)),
        "fewshot": lambda: make_fewshot(subject, wrong, options.options, options.shots, held.variants),
    }
    return with_rows(subject.selection, makers[task](), subject.salt(task))

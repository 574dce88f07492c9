"""A template's questions asked as the tasks ask them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.preferences.known_names import KnownNames
from kgtools.templates.select import Selection
from kgtools.templates.tasks.abstain import select_abstain
from kgtools.templates.tasks.choices import LETTERS, make_mcq, make_truefalse
from kgtools.templates.tasks.distractors import HARDNESS, Distractors, Neighbours
from kgtools.templates.tasks.open import make_cloze, make_list, make_reverse
from kgtools.templates.tasks.rows import Row, with_rows
from kgtools.templates.tasks.subject import Lexicon, Subject
from kgtools.tools.errors import UsageError
from kgtools.tools.progress import SILENT, Progress

ITEM_TASKS = ("mcq", "truefalse", "cloze", "list", "reverse", "abstain")
"""The tasks whose records can be graded, each as its meta says."""


@dataclass(frozen=True)
class ItemOptions:
    """`options`: of a question with options, 4 or 5; `distractors`: whose answers the wrong ones are; `rotations`: how many times
    each such question is asked, its options turned by one each time."""

    options: int = 4
    distractors: str = "neighbour"
    rotations: int = 1

    def refuse_wrong(self) -> None:
        """Raises UsageError for what cannot be."""
        if self.options not in (4, 5):
            raise UsageError(f"--options {self.options}: a question has 4 or 5 options")
        if self.distractors not in HARDNESS:
            raise UsageError(f"--distractors {self.distractors}: there are {', '.join(HARDNESS)}")
        if not 1 <= self.rotations <= self.options <= len(LETTERS):
            raise UsageError(f"--rotations {self.rotations}: 1 to {self.options}, as many as there are options")


def ask(
    view: GraphView, by_relation: dict[str, pl.DataFrame], selections: Sequence[Selection], tasks: Sequence[str],
    options: ItemOptions, seed: int, progress: Progress = SILENT,
) -> dict[str, list[Selection]]:  # fmt: skip
    """For each task a selection a template, with a row for each record that it can make (`rows.COLUMNS` beside the columns of
    questions)."""
    known, lexicon, neighbours = KnownNames(view), Lexicon(view), Neighbours(view)
    asked: dict[str, list[Selection]] = {task: [] for task in tasks}
    progress.start("asking otherwise", len(selections), "templates")
    for selection in selections:
        if selection.groups.height:
            subject = Subject(view, by_relation, selection, known, lexicon, seed)
            wrong = Distractors(subject, neighbours, options.distractors)
            for task in tasks:
                asked[task].append(_ask(task, subject, wrong, options))
        progress.advance(1)
    return asked


def _ask(task: str, subject: Subject, wrong: Distractors, options: ItemOptions) -> Selection:
    if task == "abstain":
        return select_abstain(subject)
    makers: dict[str, Callable[[], Iterator[Row]]] = {
        "mcq": lambda: make_mcq(subject, wrong, options.options, options.rotations),
        "truefalse": lambda: make_truefalse(subject, wrong),
        "cloze": lambda: make_cloze(subject),
        "list": lambda: make_list(subject),
        "reverse": lambda: make_reverse(subject),
    }
    return with_rows(subject.view, subject.selection, list(makers[task]()), subject.salt(task))

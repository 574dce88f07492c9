"""How a task words its question and its answer round what the template says: one Jinja file a task and language.

A block sees `question` and `statement` (of the template), `truth` (the statement of what is true), `options` and `right` (lists of
lines), `letters`, `type` (of the head), `count`, `several` and `is_true`; `before` (what stands before the question: of paths what
leads to it, of few-shot prompts the cases), `hidden` (of paths what is not named in it), `form` (as what it is asked) and `sought` (what the
answers are); of comparisons `asks` (both or first), `of_one`, `of_other`, `of_both` and `only` (`comparisons.py`). The files `given` and
`case` word the cases of few-shot prompts."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kgtools.templates.render import render_loop
from kgtools.templates.tasks.comparisons import COMPARED
from kgtools.templates.variants import Variant, parse_variants

FOLDER = Path(__file__).with_name("wording")
NAMES = (
    "question",
    "statement",
    "truth",
    "options",
    "right",
    "letters",
    "type",
    "count",
    "several",
    "is_true",
    "before",
    "hidden",
    "form",
    *COMPARED,
    "sought",
)


@cache
def wordings(task: str, lang: str) -> tuple[Variant, ...]:
    """The ways in which a task is worded."""
    return parse_variants(file_of(task, lang), lang)


def file_of(task: str, lang: str) -> Path:
    """The file of a task's words."""
    return FOLDER / f"{task}.{lang}.j2"


def word(
    task: str, lang: str, variants: Sequence[int], rows: Mapping[str, Sequence[Any]]
) -> tuple[list[str], list[str]]:
    """The user's and the assistant's text of each row; `variants`: which way it is worded, from 0; `rows`: a column for each of
    NAMES."""
    users, assistants = [""] * len(variants), [""] * len(variants)
    for number, variant in enumerate(wordings(task, lang)):
        places = [place for place, each in enumerate(variants) if each == number]
        values: Iterator[tuple[Any, ...]] = zip(
            *([rows[name][place] for place in places] for name in NAMES), strict=True
        )
        texts = render_loop(file_of(task, lang), lang, variant, NAMES, values, len(places))
        for place, user, assistant in zip(places, *texts, strict=True):
            users[place], assistants[place] = user, assistant
    return users, assistants

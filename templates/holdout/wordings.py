"""Wordings that are held out, wherever they stand: what words a record for training instead, and where one is found in a text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kgtools.templates.pack import LANGUAGES, Template
from kgtools.templates.render import PLACE, question_of, render
from kgtools.templates.sandbox import Tails
from kgtools.templates.variants import parse_variants, words

Wording = tuple[str, str, int]
"""Pack, template, number from 0."""
TAIL = "\u2051"
"""A sign in the place of an answer, as `PLACE` is in that of a name."""
SHAPES = (Tails.of([TAIL], False), Tails.of([TAIL], True), Tails.of([TAIL] * 3, False), Tails.of([TAIL] * 3, True))
"""Answers of one and of several, whole and in part."""
STATING = ("fewshot", "dialogue", "path", "mcq", "truefalse", "cloze", "list", "reverse")
"""Tasks whose records say statements of packs, and no texts of sources, which may hold the words of any."""
OWN_WORDS = ("compare", "cypher")
"""Tasks that ask in words of their own, which may be those of a pack."""
TASKS = Path(__file__).parents[1] / "tasks" / "wording"
"""What tasks say in words of their own."""
SEVERAL = re.compile(f"{TAIL}.*{TAIL}")
ANYTHING = r"[^.?!。？！\n]+?"
"""What may stand for a name, which goes over no end of a sentence."""
SHORTEST = 5
"""Signs of a frame that is looked for."""


def word_for_training(template: Template, number: int, spread: int, held: frozenset[Wording]) -> int:
    """A variant, or in place of one that is held out one that is not, as `spread` has it; itself where all are."""
    free = [each for each in range(len(template.variants)) if (template.pack, template.name, each) not in held]
    return number if number in free or not free else free[spread % len(free)]


def is_held(template: Template, number: int, held: frozenset[Wording]) -> bool:
    """Whether a variant is held out."""
    return (template.pack, template.name, number) in held


def twins(templates: Iterable[Template]) -> dict[Wording, list[Wording]]:
    """All that ask in the same words as a wording, itself too: those of two packs that have a template in common."""
    asked: dict[str, list[Wording]] = defaultdict(list)
    for template in templates:
        for number, variant in enumerate(template.variants):
            asked[f"{template.lang} {question_of(template, variant)}"].append((template.pack, template.name, number))
    found: dict[Wording, list[Wording]] = {}
    for alike in asked.values():
        every = sorted({each for wording in alike for each in found.get(wording, [wording])})
        found |= dict.fromkeys(every, every)
    return found


@dataclass(frozen=True)
class Frame:
    """What a held-out wording says around the names, as an expression, in one language; `statement`: it says, and does not ask."""

    wording: Wording
    lang: str
    statement: bool
    pattern: str


def frames_of(templates: Sequence[Template], held: frozenset[Wording]) -> tuple[Frame, ...]:
    """The frames of what is held out; none of words that a wording for training or a task says as well, from which nothing can be
    seen."""
    if not held:
        return ()
    sides: dict[bool, list[tuple[Template, int]]] = {True: [], False: []}
    for template in templates:
        for number in range(len(template.variants)):
            sides[is_held(template, number, held)].append((template, number))
    free: dict[str, list[str]] = {lang: list(_of_tasks(lang)) for lang in LANGUAGES}
    for template, number in sides[False]:
        free[template.lang] += [text for _, text in _texts(template, number)]
    frames = []
    for template, number in sides[True]:
        wording = template.pack, template.name, number
        for statement, pattern in dict.fromkeys((which, _pattern(text)) for which, text in _texts(template, number)):
            is_clear = len(pattern.replace(ANYTHING, "")) >= SHORTEST
            if is_clear and not any(re.search(pattern, text) for text in free[template.lang]):
                frames.append(Frame(wording, template.lang, statement, pattern))
    return tuple(frames)


def _of_tasks(lang: str) -> Iterator[str]:
    """The words of the tasks themselves."""
    for file in sorted(TASKS.rglob(f"*.{lang}.j2")):
        for variant in parse_variants(file, lang):
            yield from (words(body).replace("{}", PLACE) for body in (variant.user, variant.assistant))


def _texts(template: Template, number: int) -> Iterator[tuple[bool, str]]:
    """Question and statements of a variant, with signs for the names; and whether it is a statement."""
    questions, statements = render(template, template.variants[number], [PLACE] * len(SHAPES), list(SHAPES))
    yield False, questions[0]
    yield from ((True, SEVERAL.sub(TAIL, text)) for text in statements)


def _pattern(text: str) -> str:
    """The text with a name in the place of each sign, `a` or `an` before it."""
    escaped = re.escape(text.strip(f"{PLACE}{TAIL}"))
    escaped = re.sub(rf"\b([Aa])\\ (?=[{PLACE}{TAIL}])", r"\1n?\\ ", escaped)
    return re.sub(f"[{PLACE}{TAIL}]", lambda _: ANYTHING, escaped)


def find_wordings(records: pl.LazyFrame, frames: Sequence[Frame]) -> set[Wording]:
    """The held-out wordings that stand in the texts of records or preferences: their questions in what users say, their statements in
    tasks that say no texts of sources."""
    column = "messages" if "messages" in records.collect_schema() else "prompt"
    message, said = pl.element(), pl.col(column)
    user = said.list.eval(message.struct.field("content").filter(message.struct.field("role") == "user")).list.join(
        "\n"
    )
    every = said.list.eval(message.struct.field("content")).list.join("\n")
    found: set[Wording] = set()
    for lang in sorted({frame.lang for frame in frames}):
        asked = [frame for frame in frames if frame.lang == lang]
        rows = records.filter((pl.col("lang") == lang) & ~pl.col("task").is_in(OWN_WORDS))
        texts = rows.select(user=user, every=pl.when(pl.col("task").is_in(STATING)).then(every).otherwise(pl.lit("")))
        counts = texts.select(
            pl.col("every" if frame.statement else "user").str.contains(frame.pattern).any().alias(str(at))
            for at, frame in enumerate(asked)
        ).collect(engine="streaming")
        found |= {frame.wording for frame, is_there in zip(asked, counts.row(0), strict=True) if is_there}
    return found

"""Which option of a scale's item an answer chooses: by letter, by number where options are numbered, or by its text."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from kgtools.corpora.verify import Item, read_letters
from kgtools.corpora.verify.forms.abstain import refuses
from kgtools.corpora.verify.language.reading import fold

State = Literal["read", "mixed", "refused", "no_answer"]
NO_VIEW = re.compile(
    r"没有(?:任何)?(?:个人|自己|主观)?的?(?:观点|看法|立场|意见|情感|偏好)|不(?:便|能|会|宜)(?:表达|发表|选择|表态|作出选择)|保持中立的?立场"
    r"|\b(?:do not|don't|cannot|can't) (?:have|hold|express|choose|take|form)\b[^.\n]{0,24}"
    r"\b(?:opinions?|beliefs?|views?|feelings?|sides?|options?)\b"
    r"|\b(?:have|hold|with) no (?:[a-z]+ ){0,2}(?:opinions?|beliefs?|views?|feelings?|sides?)\b"
)
"""An answer that has no view of its own; it counts only where nothing is chosen."""
NEITHER = re.compile(r"既不[^,。\n]{1,8}也不|谈不上|\bneither\b")
NUMBER = re.compile(
    r"\W{0,4}(?:我?的?(?:选择?|答案|选项|评分)|my (?:answer|choice)|the answer|answer|option|i (?:choose|pick|select|would choose))?"
    r"\W{0,3}(?:是|为|is)?\W{0,3}([1-9])(?![\d%])(?!\.\d)",
    re.IGNORECASE,
)
"""A number that an answer begins with."""


class Chosen(NamedTuple):
    """`letter`: of the option as it was shown, empty where none is chosen. `state`: mixed: more than one; refused: it says that it will not
    or has no view; no_answer: nothing that is any of the options."""

    letter: str
    state: State


def read_choice(text: str, options: Mapping[str, str], statement: str, numbered: bool) -> Chosen:
    """The option that an answer chooses. `options`: letter -> text, as they were shown; `numbered`: 1, 2, ... stood for A, B, ...; else a
    number tells nothing: it may be a place or a score."""
    if numbered and (found := NUMBER.match(text)) and int(found[1]) <= len(options):
        text = f"{list(options)[int(found[1]) - 1]}{text[found.end() :]}"
    chosen = read_letters(text, Item("choice", options=options, right=next(iter(options))), statement)
    read = fold(text)
    if chosen.state == "read" and len(chosen.letters) == 1:
        between = NEITHER.search(read) and not NEITHER.search(fold(options[chosen.letters]))
        return Chosen("", "no_answer") if between else Chosen(chosen.letters, "read")
    if chosen.letters:
        return Chosen("", "mixed")
    declines = chosen.state == "abstained" or refuses(read) or NO_VIEW.search(read)
    return Chosen("", "refused" if declines else "no_answer")

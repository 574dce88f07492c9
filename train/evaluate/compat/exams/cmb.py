"""CMB: what stands behind 答案是, else every letter of the whole text; the most of several answers.

Wang et al. 2023, FreedomIntelligence/CMB, src/utils.py and score.py. Letters are compared in the order in which they stand: AC is not CA."""

import re
from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading, vote

PHRASE = re.compile("(?:答案|正确选项)(?:应该)?[是为]|(?:答案|正确选项)：")
STOP = re.compile(r"[。.]")


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The letters that most of the answers have; of one that stands alone the first."""
    choices = [_letters(text) for text in answers]
    return Reading(vote([choice[:1] if asked.single else choice for choice in choices]))


def _letters(text: str) -> str:
    if found := PHRASE.search(text):
        text = STOP.split(text[found.end() :], maxsplit=1)[0]
    return "".join(sign for sign in text if sign in "ABCDEFG")


MODE = Mode("FreedomIntelligence/CMB src/utils.py, match_choice", read, each=False)

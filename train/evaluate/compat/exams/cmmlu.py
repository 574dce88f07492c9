"""CMMLU: a ladder of phrases, and at its end a letter by lot.

Li et al. 2023, haonan-li/CMMLU, src/mp_utils.py: the lot is not seeded there, so no score can be had twice. Of four options it
makes a quarter of the unreadable answers right."""

import re
from collections.abc import Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Reading

PHRASES = tuple(
    re.compile(form.replace("#", "([ABCD])"))
    for form in (
        "答案(?:选项)?[是为]：? ?#",
        "答案[是为]选项 ?#",
        "选择?：? ?#",
        "# ?选?项[是为]?正确",
        "正确的?选项[是为] ?#",
        "答案(?:应该)?[是为]#",
        "选项 ?# ?[是为]?正确",
        "选择答案 ?#",
        "答案?：?#",
        "#(?:选?项)?是?符合题意",
        "答案选项：? ?#",
    )
)
"""# is the letter; the first phrase that stands anywhere counts, in this order, with its first place."""
WEAK = re.compile("[^不]是：? ?([ABCD])")


def read(answers: Sequence[str], asked: Asked) -> Reading:
    """The letter of the only answer. An empty one is read back as `nan` there, which no phrase fits."""
    text = answers[0] or "nan"
    if text[0] in "ABCD":
        return Reading(text[0])
    for phrase in PHRASES:
        if found := phrase.search(text):
            return Reading(found[1])
    letter = _after_named(text) or _before(text, "当选") or _before(text, "正确")
    if letter:
        return Reading(letter)
    if found := WEAK.search(text):
        return Reading(found[1])
    letters = [sign for sign in text if sign in "ABCD"]
    return Reading(letters[0]) if len(letters) == 1 else Reading(asked.generator.choice("ABCD"), guess=True)


def _after_named(text: str) -> str:
    """The first letter of a line that stands anywhere behind 答案为 or 答案选项为."""
    for line in text.split("\n"):
        places = [line.find(phrase) + len(phrase) for phrase in ("答案为", "答案选项为") if phrase in line]
        if places and (letter := _first(line[min(places) :])):
            return letter
    return ""


def _first(text: str) -> str:
    return next((sign for sign in text if sign in "ABCD"), "")


def _before(text: str, word: str) -> str:
    """The last letter before the word, in the first line where a letter stands before it."""
    for line in text.split("\n"):
        begin = next((place for place, sign in enumerate(line) if sign in "ABCD"), None)
        end = -1 if begin is None else line.find(word, begin)
        if end >= 0:
            return _first(line[:end][::-1])
    return ""


MODE = Mode("haonan-li/CMMLU src/mp_utils.py, extract_choice", read)

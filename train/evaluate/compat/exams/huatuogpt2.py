"""HuatuoGPT-II: three ways to read an answer, the most of several answers, and A where none can be read.

Chen et al. 2023, FreedomIntelligence/HuatuoGPT-II, evaluation/scorer.py. Where several right options stand out of order the letters that step
back are dropped: CA is C."""

import re
from collections.abc import Callable, Sequence

from kgtools.train.evaluate.compat.exams.mode import Asked, Mode, Read, Reading, vote

OPTIONS = "ABCDE"
PHRASE = re.compile("答案[是为]")
RUN = re.compile(f"(?<![A-Za-z])[{OPTIONS}]+(?![A-Za-z])")
FALLBACK = "A"


def _by_phrase(text: str, _: Asked) -> str:
    """The letters between 答案是 and the next 。, as long as they go on in the order of the alphabet."""
    found = PHRASE.search(text)
    letters = ""
    for sign in text[found.end() :].partition("。")[0] if found else "":
        if sign in OPTIONS and (not letters or sign > letters[-1]):
            letters += sign
    return letters


def _by_texts(text: str, asked: Asked) -> str:
    """The options whose texts occur, if they do in their order; else the last run of letters that is in order."""
    return _texts_or_run(text, asked, last=True)


def _by_phrase_or_texts(text: str, asked: Asked) -> str:
    """By the phrase, else by the texts, else the first run of letters that is in order."""
    return _by_phrase(text, asked) or _texts_or_run(text, asked, last=False)


def _texts_or_run(text: str, asked: Asked, last: bool) -> str:
    places = sorted((text.find(option), letter) for letter, option in asked.options.items() if option in text)
    letters = "".join(letter for _, letter in places)
    if letters and _in_order(letters):
        return letters
    runs = [run for run in RUN.findall(text) if _in_order(run)]
    return runs[-1 if last else 0] if runs else letters


def _in_order(letters: str) -> bool:
    return letters == "".join(sorted(set(letters)))


def _reader(choose: Callable[[str, Asked], str]) -> Read:
    def read(answers: Sequence[str], asked: Asked) -> Reading:
        choices = [choose(text, asked) for text in answers]
        most = vote([choice[:1] if asked.single else choice for choice in choices])
        return Reading(most) if most else Reading(FALLBACK, guess=True)

    return read


SOURCE = "FreedomIntelligence/HuatuoGPT-II evaluation/scorer.py, "
MODE = Mode(SOURCE + "match_choice2, the one that its scores are made by", _reader(_by_phrase), each=False)
TEXTS = Mode(SOURCE + "match_choice", _reader(_by_texts), each=False)
PHRASE_OR_TEXTS = Mode(SOURCE + "match_choice3", _reader(_by_phrase_or_texts), each=False)

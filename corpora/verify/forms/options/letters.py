"""The letters of options in an answer: alone, or after words that lead to an answer; not of names such as vitamin A."""

import re
from collections.abc import Iterator
from functools import lru_cache

from kgtools.corpora.verify.forms.options.words import (
    ALSO_LOW,
    ARTICLE,
    CALLED,
    CONCLUDES,
    LEAD,
    NEXT_LOW,
    NO_OPTION_BEFORE,
    NO_OPTION_BEHIND,
    OPTION,
    WORD_BEHIND,
)
from kgtools.corpora.verify.language.names import RIGHT, Mention

ROW = re.compile(r"(?<![A-Za-z])([A-H]) ?(?:[-~–—～－]|到|至|through|thru) ?([A-H])(?![A-Za-z])")
"""The first and last of a row of options: A-E."""


def in_full(text: str, letters: str) -> str:
    """The text with all options of a row in its place: A、B、C of A-C."""

    def row(found: re.Match[str]) -> str:
        first, last = letters.find(found[1]), letters.find(found[2])
        return "、".join(letters[first : last + 1]) if 0 <= first < last else found[0]

    return ROW.sub(row, text)


def find_letters(read: str, low: str, letters: str) -> Iterator[Mention]:
    """The letters of options in a text: alone, or after words that lead to an answer."""
    if not letters:
        return
    pattern, whole = _patterns(letters)
    if whole.fullmatch(low):
        for sign in re.finditer(
            f"[{letters.lower()}]", re.sub(r"\b(?:and|or)\b", lambda word: "+" * len(word[0]), low)
        ):
            yield Mention(*sign.span(), RIGHT, letters.index(sign[0].upper()))
        return
    low_end = -1
    for token in pattern.finditer(read):
        begin, end = token.span()
        word = token[0]
        before = low[max(0, begin - 40) : begin]
        led = LEAD.search(before) is not None
        if word.islower():
            led = led or OPTION.search(before) is not None
            led = (
                led
                or (begin == 0 and low[end : end + 1] in (*",、:;)", ""))
                or (low_end >= 0 and ALSO_LOW.fullmatch(low, low_end, begin) is not None)
            )
            if not led or (WORD_BEHIND.match(read, end) and not NEXT_LOW.match(read, end)):
                continue
            low_end = end
        if len(set(word)) < len(word) or not (word.isupper() or word.islower()):
            continue
        if len(word) > 1 and not led and not CONCLUDES.search(before):
            line = read[read.rfind("\n", 0, begin) + 1 : begin].strip(" (:-") + (read[end:].partition("\n")[0]).strip(
                " ).。,"
            )
            if "".join(sorted(word)) != word or (line and not _is_answer(read, begin, end)):
                continue
        if len(word) == 1 and not led:
            if word == "A" and ARTICLE.match(read, end):
                continue
            if NO_OPTION_BEFORE.search(read[max(0, begin - 12) : begin]) or NO_OPTION_BEHIND.match(read, end):
                continue
        for at, letter in enumerate(word):
            yield Mention(begin + at, begin + at + 1, RIGHT, letters.index(letter.upper()))


def _is_answer(read: str, begin: int, end: int) -> bool:
    """Whether letters written together are options though more stands in their line: they are a sentence, or are called right."""
    if read[end : end + 2] in (
        "正确",
        "错误",
        "均正",
        "均错",
        "都正",
        "都错",
        "都对",
        "都是",
        "不选",
        "不对",
        "排除",
    ) or CALLED.match(read, end):
        return begin == 0 or read[begin - 1] in "\n。;,! ("
    return (begin <= 2 or read[begin - 1] in "\n。;! 是为选或") and read[end : end + 1] in (*"。.;!,(", "")


@lru_cache(64)
def _patterns(letters: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    both, low = letters + letters.lower(), letters.lower()
    whole = rf"[\s(\[{{'.:]*[{low}](?:[\s,、;/&+().和与及]*(?:(?:and |or )[\s(]*)?[{low}])*[\s)\]}}.。,:;!']*"
    return re.compile(rf"(?<![A-Za-z0-9])[{both}]+(?![A-Za-z']|\d(?![项个]))"), re.compile(whole)

"""What lint knows of texts: Chinese characters, Latin words, brackets and quotes, and when two texts are one."""

import re
import unicodedata
from collections.abc import Iterator

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
"""A Chinese character, of the rare blocks too."""
CHINESE = re.compile(rf"{HAN.pattern}|[\u3000-\u303f\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uffef]|——|……")
"""One, or a full-width or Chinese sign (：、《 —— ……): no English template may hold either."""
SPACED = re.compile(rf"(?:{HAN.pattern}|[\u3000-\u303f\uff00-\uffef]) | (?:{HAN.pattern}|[\u3000-\u303f\uff00-\uffef])")
"""A space beside a Chinese character or sign: 与 CT 相比, 甲， 乙."""
WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ]+")
"""Digits and Latin letters in full width."""
LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
"""A run of Latin letters; Greek ones (β) are none."""
LONGEST_ABBREVIATION = 6
"""Letters of an abbreviation in capitals (NSAIDS, HBSAG); a longer run is a word."""
UNITS = frozenset(
    ("mg", "ml", "kg", "km", "cm", "mm", "nm", "dl", "fl", "pg", "ng", "ug", "mol", "mmol", "nmol", "pmol", "min", "bpm", "kcal", "cal",
     "kj", "kpa", "ppm", "rpm", "mmhg")
)  # fmt: skip
"""Units of measurement in small letters."""
PAIRS = {
    "(": ")", "（": "）", "[": "]", "［": "］", "【": "】", "〔": "〕", "{": "}", "｛": "｝", "《": "》", "〈": "〉",
    "「": "」", "『": "』", "“": "”", "‘": "’",
}  # fmt: skip
CLOSING = {close: begin for begin, close in PAIRS.items()}
APOSTROPHE = "’"


def find_latin(text: str) -> re.Match[str] | None:
    """The first word of Latin letters in a Chinese text that is no ordinary abbreviation.

    An abbreviation is a single letter (B超, T细胞), holds a capital behind its first letter (CT, pH, mRNA, HbA1c), is a capital
    with one small letter (Na, Rh), or is a unit (mg). In capitals alone it has LONGEST_ABBREVIATION letters at most."""
    return next((found for found in LATIN.finditer(text) if not _is_abbreviation(found[0])), None)


def _is_abbreviation(word: str) -> bool:
    if word.isupper() and len(word) > LONGEST_ABBREVIATION:
        return False
    return (
        len(word) == 1
        or any(letter.isupper() for letter in word[1:])
        or (len(word) == 2 and word[0].isupper())
        or word.lower() in UNITS
    )


def find_unbalanced(text: str) -> str | None:
    """The first bracket or quote that has no partner, or another's; None where all have theirs. Half-width and full-width are
    different signs; an apostrophe is no quote, and what numbers the parts of a list, `1）` or `a)`, is no bracket."""
    labels = set(_find_labels(text))
    first = _find_unbalanced(text, labels, set())
    return first and _find_unbalanced(text, labels, labels) and first


def _find_unbalanced(text: str, labels: set[int], never: set[int]) -> str | None:
    """As `find_unbalanced`, if the signs at the places of `labels` need no partner, and those of `never` have none."""
    waiting: list[str] = []
    for at, sign in enumerate(text):
        if sign in PAIRS:
            waiting.append(sign)
        elif sign in CLOSING and at not in never:
            if waiting and waiting[-1] == CLOSING[sign]:
                waiting.pop()
            elif sign != APOSTROPHE and at not in labels:
                return sign
    if waiting:
        return waiting[0]
    return '"' if text.count('"') % 2 else None


CHINESE_NUMERALS = "〇一二三四五六七八九十"
LABEL = re.compile(rf"(?:(?<![A-Za-z0-9.])[0-9]{{1,2}}|(?<![A-Za-z0-9])[A-Za-z]|(?<!\w)[{CHINESE_NUMERALS}])[)）]")
"""What numbers a part of a list: 1), a), 一）."""


def _find_labels(text: str) -> Iterator[int]:
    """The places of the brackets that number the parts of a list: the first is 1, a or 一, each other one more than the one before,
    and something stands behind each. A letter behind a word is alone in no list: 维生素A）."""
    labels = list(LABEL.finditer(text))
    there = {found[0][:-1] for found in labels}
    last = 0
    for found in labels:
        begin, end = found.span()
        label, rest = found[0][:-1], text[end : end + 2].strip()
        number = _number_of(label)
        after_word = label.isascii() and label.isalpha() and text[max(0, begin - 1) : begin].isalnum()
        alone = number == 1 and after_word and chr(ord(label) + 1) not in there
        if number in (1, last + 1) and not alone and rest[:1] and (rest[0].isalnum() or rest[0] in (*PAIRS, '"')):
            last = number
            yield end - 1


def _number_of(label: str) -> int:
    """3 of `3`, `c` and `三`."""
    if label.isdecimal():
        return int(label)
    return CHINESE_NUMERALS.index(label) if label in CHINESE_NUMERALS else ord(label.lower()) - ord("a") + 1


def narrow(text: str) -> str:
    """A text in half width: `ABC` of `ＡＢＣ`."""
    return unicodedata.normalize("NFKC", text)


def essence(text: str) -> str:
    """A text without what makes no difference: width, case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())

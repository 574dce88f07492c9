"""What lint knows of texts: Chinese characters, Latin words, brackets and quotes, and when two texts are one."""

import re
import unicodedata

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
"""A Chinese character, of the rare blocks too."""
CHINESE = re.compile(rf"{HAN.pattern}|[\u3000-\u303f\uff00-\uffef]")
"""One, or a full-width sign (：、《): no English template may hold either."""
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
    different signs, and an apostrophe is no quote."""
    waiting: list[str] = []
    for sign in text:
        if sign in PAIRS:
            waiting.append(sign)
        elif sign in CLOSING:
            if waiting and waiting[-1] == CLOSING[sign]:
                waiting.pop()
            elif sign != APOSTROPHE:
                return sign
    if waiting:
        return waiting[0]
    return '"' if text.count('"') % 2 else None


def essence(text: str) -> str:
    """A text without what makes no difference: width, case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())

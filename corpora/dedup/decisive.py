"""What must be the same in two texts that say the same: their numbers, and words such as 左, 2型, acute or not."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

DIGITS = dict(zip("〇零一二三四五六七八九", (0, *range(10)), strict=True)) | {"两": 2}
TENS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
ENGLISH = {"once": 1, "twice": 2, "thrice": 3, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
           "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}  # fmt: skip
ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
KINDS = "[型期级度类]"
COUNTED = "(?:尖瓣|[型期级度类代周天日月年岁个种次片粒支瓶袋滴丸包倍胎孕联价克升米毫厘斤颗成分秒小])"
NUMERAL = "[零〇一二三四五六七八九十百千万]"


class Rule(NamedTuple):
    """`pattern`: of what decides, in lower case; `meaning`: of each word that stands in the list."""

    pattern: str
    meaning: dict[str, str]


def decisive(text: pl.Expr) -> pl.Expr:
    """What decides in a text that `folded` made: each meaning as often as it occurs, in no order of the text's: `1|2|w3`."""
    found = text.str.extract_all(_rule().pattern)
    return found.map_batches(_meanings, return_dtype=pl.List(pl.String)).list.sort().list.join("|")


def _meanings(found: pl.Series) -> pl.Series:
    words = found.explode().drop_nulls().unique().to_list()
    known = {word: meaning for word in words if (meaning := _meaning(word)) is not None}
    return found.list.eval(pl.element().replace_strict(known, default=None, return_dtype=pl.String).drop_nulls())


def _meaning(word: str) -> str | None:
    """What a word that was found says: a number, a line of the list, itself; None where it decides nothing."""
    if re.fullmatch(r"[0-9][0-9.,]*", word):
        return re.sub("^0+(?=[0-9])", "", word.replace(",", ""))
    if word[0] in "'’":
        return None
    meaning = _rule().meaning
    if word in meaning:
        return meaning[word] or None
    begun = next((meaning[begin] for begin in meaning if begin.endswith("*") and word.startswith(begin[:-1])), None)
    return begun or _number(word) or word


def _number(word: str) -> str | None:
    """The number that a word says, if it says one: 第二, 十二天, iii期, type i, twice."""
    if word in ENGLISH:
        return str(ENGLISH[word])
    roman = re.fullmatch(rf"(?:[a-z]+ +)?([ivx]+) *{KINDS}?", word)
    if roman:
        return str(ROMAN[roman[1]]) if roman[1] in ROMAN else None
    numeral = re.fullmatch(rf"第?({NUMERAL}+|两).*", word)
    return str(_counted(numeral[1])) if numeral else None


def _counted(numeral: str) -> int:
    whole, digit = 0, None
    for letter in numeral:
        if letter in TENS:
            whole, digit = whole + (1 if digit is None else digit) * TENS[letter], None
        else:
            digit = (digit or 0) * 10 + DIGITS[letter]
    return whole + (digit or 0)


@cache
def _rule() -> Rule:
    lines = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()
    meaning: dict[str, str] = {}
    for number, line in enumerate(line for line in lines if not line.startswith("#")):
        first, *others = line.split()
        words = others if first == "=" else [first, *others]
        meaning |= {word.replace("_", " "): "" if first == "=" else f"w{number}" for word in words}
    listed = sorted({*meaning, *ENGLISH}, key=lambda word: (-len(word), word))
    latin = "|".join(
        re.escape(word).replace(r"\*", "[a-z]*").replace("'", "['’]")
        for word in listed
        if word[0] < "\x7f" and word[0].isalpha()
    )
    other = "|".join(re.escape(word) for word in listed if not (word[0] < "\x7f" and word[0].isalpha()))
    pattern = "|".join(
        [
            other,
            rf"(?-u:\b)(?:{latin})(?-u:\b)",
            r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?",
            rf"第(?:{NUMERAL}+|两)|(?:{NUMERAL}{{2,}}|[二三四五六七八九十百千两半]){COUNTED}|一{KINDS}",
            rf"[ivx]+ *{KINDS}|(?-u:\b)(?:type|stage|grade|class|phase|degree|factor) +[ivx]+(?-u:\b)",
            r"(?-u:\b)(?:[ivx]{2,5}|[b-hj-z])(?-u:\b)|['’][a-z]+|[α-ω]|[<>≤≥]",
        ]
    )
    return Rule(pattern, meaning)

"""What must be the same in two texts that say the same: their numbers, and words such as 左, 2型, acute or not."""

import re
from functools import cache
from pathlib import Path

import polars as pl

from kgtools.corpora.text.normalize import in_digits

ENGLISH = {"once": 1, "twice": 2, "thrice": 3, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
           "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
           "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
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
COUNTED = "(?:尖瓣|[到至型期级度类代周天日月年岁个种次片粒支瓶袋滴丸包倍胎孕联价克升米毫厘斤颗成分秒小])"
NUMERAL = "(?:[零〇一二三四五六七八九十百千万]+|[两半])"
EDGE = r"(?-u:\b)"
NUMBERS = (
    r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?",
    r"[0-9]+(?:\.[0-9]+)?",
    f"第{NUMERAL}",
    f"一(?:{KINDS}|个月|小时|分钟|[周天日年岁片粒支袋瓶滴倍])",
    "一[零〇一二三四五六七八九十百千万]+" + COUNTED,
    f"[零〇二三四五六七八九十百千万两半][零〇一二三四五六七八九十百千万]*{COUNTED}",
    f"{EDGE}[ivx]+{KINDS}",
    rf"{EDGE}(?:type|stage|grade|class|phase|degree|factor)\s+[ivx]+{EDGE}",
    f"{EDGE}[ivx]{{2,5}}{EDGE}",
)
SIGNS = (f"(?:mcg|mg|[uμ]g|kg|ml|iu){EDGE}", "['’][a-z]+", f"{EDGE}[b-hj-z]{EDGE}", "[α-ω]")
"""A unit behind a number; what is left of an English genitive (nothing that decides); a letter by itself: vitamin c; Greek."""
KEPT = "+±<>≤≥≠%‰↑↓↔→←√×✓✔✗✘☑☐♂♀-"
"""Signs that decide, each where it stands."""


def decisive(text: pl.Expr) -> pl.Expr:
    """What decides in a text that `fold` made: each meaning as often as it occurs, in no order of the text's, and signs in
    theirs: `1|2|w3|↑↓`."""
    found = text.str.replace_all(rf"阳性|{EDGE}positive{EDGE}", "+").str.replace_all(
        rf"阴性|{EDGE}negative{EDGE}", " -。"
    )
    signs = with_signs(found).str.replace_all(r"[\p{L}\p{N}]+", "")
    words = text.str.replace_all(r"(\p{Han})\s+|\s+(\p{Han})", "$1$2").str.extract_all(_pattern())
    meanings = words.map_batches(_meanings, return_dtype=pl.List(pl.String)).list.sort().list.join("|")
    return pl.when(signs == "").then(meanings).otherwise(pl.concat_str(meanings, signs, separator="|"))


def with_signs(text: pl.Expr) -> pl.Expr:
    """Letters, digits and signs of a text that `fold` made, in their order: `TSH↑，T4↓` is `tsh↑t4↓`.

    A dash between two words or numbers is none, nor one that begins a line; what stands before a number or behind a word is a minus."""
    text = text.str.replace_all("[−﹣]", "-").str.replace_all(r"(?m)^\s*-\s+", "")
    # a letter between two dashes belongs to both
    for _ in range(2):
        text = text.str.replace_all(
            r"([0-9a-z%)\]])-([0-9a-z])|(\p{Han})-(\p{Han})|([\p{L}\p{N}])\s+-\s+([\p{L}\p{N}])", "$1$2$3$4$5$6"
        )
    return text.str.replace_all(rf"[^\p{{L}}\p{{N}}{KEPT}]+", "")


def _meanings(words: pl.Series) -> pl.Series:
    known = {word: _meaning(word) for word in words.explode().drop_nulls().unique().to_list()}
    decided = {word: meaning for word, meaning in known.items() if meaning}
    return words.list.eval(pl.element().replace_strict(decided, default=None, return_dtype=pl.String).drop_nulls())


def _meaning(word: str) -> str:
    """What a word that was found says: a line of the list, a number or itself; nothing where it decides nothing."""
    listed, word = _word_lines(), " ".join(word.split()).replace("’", "'")
    if word in listed:
        return listed[word]
    if word[0] == "'":
        return ""
    begun = next((line for begin, line in listed.items() if begin.endswith("*") and word.startswith(begin[:-1])), None)
    return begun or _number(word) or word


def _number(word: str) -> str | None:
    """The number that a word says, if it says one: 1,000, 第二, 十二天, iii期, type i, twice."""
    if word[0] in "0123456789":
        return re.sub("^0+(?=[0-9])", "", word.replace(",", ""))
    roman = re.fullmatch(rf"(?:[a-z]{{4,}} )?([ivx]+){KINDS}?", word)
    if roman and roman[1] in ROMAN:
        return str(ROMAN[roman[1]])
    numeral = re.match(f"第?({NUMERAL})", word)
    return str(ENGLISH[word]) if word in ENGLISH else in_digits(numeral[1]) if numeral else None


@cache
def _word_lines() -> dict[str, str]:
    """Word -> the line of the list that it stands in, nothing for those of the line of `=`."""
    lines = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()
    listed: dict[str, str] = {}
    for number, line in enumerate(line for line in lines if not line.startswith("#")):
        nothing = line.startswith("= ")
        listed |= {word.replace("_", " "): "" if nothing else f"w{number}" for word in line.removeprefix("= ").split()}
    return listed


@cache
def _pattern() -> str:
    """Whatever may decide; of two words that begin at one place, the longer."""
    words = sorted({*_word_lines(), *ENGLISH}, key=lambda word: (-len(word), word))
    english = "|".join(re.escape(word) for word in words if "a" <= word[0] <= "z")
    for sign, instead in ((r"\*", "[a-z]*"), (r"\ ", r"\s+"), ("'", "['’]")):
        english = english.replace(sign, instead)
    others = [re.escape(word) for word in words if not "a" <= word[0] <= "z"]
    return "|".join([*others, f"{EDGE}(?:{english}){EDGE}", *NUMBERS, *SIGNS])

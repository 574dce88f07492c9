"""Spellings of one name: steps that undo a difference in writing, those that lose nothing before those that lose something."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from kgtools.kg.align.symbols import without_case

Change = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Step:
    """One way in which spellings differ: how to undo it, and how sure it is that both mean the same."""

    name: str
    score: float
    change: Change


FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "∶": ":"}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ROMAN_SIGNS = {chr(0x2160 + n): letters for n, letters in enumerate(ROMAN)} | {
    chr(0x2170 + n): letters.lower() for n, letters in enumerate(ROMAN)
}
BRACKETS = dict(zip("［］【】〔〕「」『』{}[]〈〉《》＜＞", "()" * 10, strict=True))
DASHES = dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("•・∙⋅･", "·")
QUOTES = dict.fromkeys('“”‘’′`´"', "'")
SECONDS = r"(\d)[\"“”]"
"""Two strokes behind a figure are not one: 5" is no 5'."""
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "kappa": "κ", "lambda": "λ", "omega": "ω",
    "sigma": "σ", "阿尔法": "α", "阿法": "α", "贝塔": "β", "倍他": "β", "伽马": "γ", "伽玛": "γ", "ɑ": "α", "ß": "β", "µ": "μ",
}  # fmt: skip
VARIANTS = {"综合症": "综合征", "症候群": "综合征", "黏": "粘", "瘀": "淤"}
ARABIC = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
COUNTED = "[型期度级类号]"
LETTER_OR_FIVE = (
    r"(?i)(^|[^a-z0-9])v([期度级])",
    r"(?i)([病症征炎瘤癌第])v([型类号])",
    r"(?i)(^|[^a-z0-9])v(型(?:胶原|糖原|高脂|超敏|变态))",
)
"""Where a V alone is five: not in `V型足`, which is a shape."""
LETTERED = "[A-Za-zÀ-ÿⅠ-Ⅿ]"
HELD = "⁻"
"""A minus while hyphens are taken out; no name has this one any more, after compatible characters."""
SIGNED = r"(?i)(^|[^a-z0-9])([a-z])-(血|个体|患者|病人|人群|孕妇|产妇|供者|受者|献血|中毒|离子|表型|抗原|阴性)"
"""A letter alone whose antigen is missing (K-供者), or an ion."""
JOINED = r"(?i)(^|[^a-z0-9])([a-z]|dl|nk|eb|dna|rna|cis|trans|iso|tert|sec)-(\p{Han})"
"""What a hyphen joins to a Chinese word: D-二聚体, T-细胞."""
MINUS = r"(?i)([a-z][0-9]*)-(\p{Han})"
"""Behind other Latin words it may say that something is missing: HER2-乳腺癌, 5p-综合征."""
GLOSS = r"(\p{Han})[(（][A-Za-z][A-Za-z0-9 -]*[A-Za-z0-9][)）]$"
NUMBER_GLOSS = r"[(（][IVXivx]+[)）]$"
ENDING = r"([^.…。，、；;,!！])[。，、；;,.!！]$"


def _replaced(pairs: dict[str, str]) -> Change:
    return lambda name: name.str.replace_many(list(pairs), list(pairs.values()))


def _compatible(name: pl.Expr) -> pl.Expr:
    return name.str.normalize("NFKC")


def _lower(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase()


def _plain_case(name: pl.Expr) -> pl.Expr:
    """In lower case but for symbols (kgtools.kg.align.symbols)."""
    return (
        pl.when(name.str.contains(LETTERED))
        .then(name.map_batches(without_case, return_dtype=pl.String))
        .otherwise(name)
    )


def _unspaced(name: pl.Expr) -> pl.Expr:
    """Without white space, but for that between two digits."""
    return name.str.replace_all(r"([^\d\s])\s+", "$1").str.replace_all(r"\s+([^\d\s])", "$1")


def _unended(name: pl.Expr) -> pl.Expr:
    """Without a stop or comma at its end."""
    return name.str.replace(ENDING, "$1")


def _simplified(name: pl.Expr) -> pl.Expr:
    return name.map_batches(_simplify, return_dtype=pl.String)


def _simplify(names: pl.Series) -> pl.Series:
    convert = _converter().convert
    return pl.Series(names.name, [None if name is None else convert(name) for name in names.to_list()], pl.String)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _unquoted(name: pl.Expr) -> pl.Expr:
    return _replaced(QUOTES)(name.str.replace_all(SECONDS, "$1″"))


def _arabic(name: pl.Expr) -> pl.Expr:
    """Roman numerals before a word that is counted, as digits: `II型` is `2型`."""
    for roman, digit in ARABIC.items():
        name = name.str.replace_all(rf"(?i)(^|[^a-z0-9]){roman}({COUNTED})", f"${{1}}{digit}${{2}}")
    for five in LETTER_OR_FIVE:
        name = name.str.replace_all(five, "${1}5${2}")
    return name


def _five(name: pl.Expr) -> pl.Expr:
    """Any V alone before a word that is counted, as 5."""
    return name.str.replace_all(rf"(?i)(^|[^a-z0-9])v({COUNTED})", "${1}5${2}")


def _unhyphenated(name: pl.Expr) -> pl.Expr:
    """Without a hyphen between two letters or a letter and a digit; `rh-`, `(-)`, `1-2` and what may be a minus keep theirs."""
    signed = name.str.replace_all(SIGNED, f"${{1}}${{2}}{HELD}${{3}}")
    joined = signed.str.replace_all(JOINED, "${1}${2}${3}")
    name = joined.str.replace_all(MINUS, f"${{1}}{HELD}${{2}}")
    return _joined(name).str.replace_all(HELD, "-")


def _joined(name: pl.Expr) -> pl.Expr:
    for _ in range(2):  # a letter between two hyphens belongs to both
        name = name.str.replace_all(r"(\p{L})[-·](\p{L}|\d)", "$1$2").str.replace_all(r"(\d)[-·](\p{L})", "$1$2")
    return name


def _unglossed(name: pl.Expr) -> pl.Expr:
    """Without an abbreviation in brackets at the end: `甲胎蛋白(afp)` is `甲胎蛋白`."""
    return pl.when(name.str.contains(NUMBER_GLOSS)).then(name).otherwise(name.str.replace(GLOSS, "$1"))


STEPS = (
    Step("full-width characters", 0.99, _replaced(FULL_WIDTH)),
    Step("Roman numerals as one character", 0.98, _replaced(ROMAN_SIGNS)),
    Step("kinds of brackets", 0.99, _replaced(BRACKETS)),
    Step("kinds of dashes and dots", 0.98, _replaced(DASHES)),
    Step("kinds of quotes", 0.98, _unquoted),
    Step("compatible characters", 0.88, _compatible),
    Step("upper and lower case", 0.98, _plain_case),
    Step("white space", 0.99, _unspaced),
    Step("a stop or comma at the end", 0.96, _unended),
    Step("names of Greek letters", 0.95, _replaced(GREEK)),
    Step("traditional characters", 0.92, _simplified),
    Step("variant characters", 0.94, _replaced(VARIANTS)),
    Step("Roman and Arabic numerals", 0.92, _arabic),
    Step("a hyphen", 0.92, _unhyphenated),
    Step("the case of a symbol", 0.8, _lower),
    Step("a V that may be five", 0.8, _five),
    Step("a hyphen that may be a minus", 0.8, _joined),
    Step("an abbreviation in brackets", 0.85, _unglossed),
)
"""In the order in which they are taken: later ones expect what earlier ones leave."""

SURE = tuple(step for step in STEPS if step.score >= 0.98)
"""The steps that lose nothing."""

WRITTEN = tuple(step for step in SURE if step.change is not _plain_case)
"""Of these the ones that need no whole word."""

SPELLING = STEPS[:-1]
"""All steps that keep every word."""

WIDER = {
    "upper and lower case": "the case of a symbol",
    "Roman and Arabic numerals": "a V that may be five",
    "a hyphen": "a hyphen that may be a minus",
}
"""A step, and the one that does more of the same, where it may mean something."""
UNTOLD = 0.89
"""The score where no single step tells two names apart: for people."""
ALIKE = tuple(step for step in SPELLING if step.name not in WIDER.values())
"""The steps of SPELLING that leave what may mean something."""


def spelled(name: pl.Expr, steps: Collection[Step] = STEPS) -> pl.Expr:
    """The name after these steps; names that mean the same in writing are equal."""
    for step in steps:
        name = step.change(name)
    return name


def steps_between(pairs: pl.DataFrame) -> pl.DataFrame:
    """For pairs of names `one` and `other` whose spelling is equal after all steps: `score` and `steps`, the few that
    are needed: one alone where one is enough, else those without which the two stay different."""
    alone = {s.name: spelled(pl.col("one"), [s]) == spelled(pl.col("other"), [s]) for s in STEPS}
    others = {s: [t for t in STEPS if t.name not in (s.name, WIDER.get(s.name))] for s in STEPS}
    needed = {s.name: spelled(pl.col("one"), others[s]) != spelled(pl.col("other"), others[s]) for s in STEPS}
    enough, without = pairs.select(**alone).rows(), pairs.select(**needed).rows()
    alike = pairs.select(spelled(pl.col("one"), ALIKE) == spelled(pl.col("other"), ALIKE)).to_series()
    scores, words = [], []
    for first, second, is_alike in zip(enough, without, alike, strict=True):
        of = [step in ALIKE or not is_alike for step in STEPS]
        one = [step for step, is_enough, may in zip(STEPS, first, of, strict=True) if is_enough and may][:1]
        found = one or [step for step, is_needed in zip(STEPS, second, strict=True) if is_needed]
        names = {step.name for step in found}
        found = [step for step in found if WIDER.get(step.name) not in names]
        scores.append(round(min((step.score for step in found), default=UNTOLD) - 0.01 * max(len(found) - 1, 0), 3))
        words.append(", ".join(step.name for step in found) or "several spellings")
    return pairs.with_columns(pl.Series("score", scores, pl.Float64), pl.Series("steps", words, pl.String))

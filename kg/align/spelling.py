"""Spellings of one name: steps that undo a difference in writing, those that lose nothing before those that lose something."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from kgtools.kg.align.symbols import lower_each

Rewrite = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Step:
    """One way in which spellings differ: how to undo it, and how sure it is that both mean the same."""

    name: str
    score: float
    rewrite: Rewrite


FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "∶": ":"}
"""`ＣＴ` as `CT`: the full-width forms stand 0xFEE0 after those of ASCII."""
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ROMAN_SIGNS = {chr(0x2160 + n): letters for n, letters in enumerate(ROMAN)} | {
    chr(0x2170 + n): letters.lower() for n, letters in enumerate(ROMAN)
}
"""`Ⅱ` as `II`, `ⅱ` as `ii`."""
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
"""Spellings of one word in use side by side: 综合症 is written for 综合征, 黏膜 for 粘膜, 瘀血 for 淤血."""
ARABIC = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
"""V is not among them: alone it may be a letter (LETTER_OR_FIVE)."""
COUNTED = "[型期度级类号]"
"""What a numeral counts: II型, III期, IV度."""
LETTER_OR_FIVE = (
    r"(?i)(^|[^a-z0-9])v([期度级])",
    r"(?i)([病症征炎瘤癌第])v([型类号])",
    r"(?i)(^|[^a-z0-9])v(型(?:胶原|糖原|高脂|超敏|变态))",
)
"""Where a V alone is five: not in `V型足`, which is a shape."""
LETTERED = "[A-Za-zÀ-ÿⅠ-Ⅿ]"
"""Whether a name has letters with a case at all; most have none, and need no look at each word."""
MINUS_SIGN = "⁻"
"""A minus while hyphens are taken out; no name has this one any more, after compatible characters."""
SIGNED = r"(?i)(^|[^a-z0-9])([a-z])-(血|个体|患者|病人|人群|孕妇|产妇|供者|受者|献血|中毒|离子|表型|抗原|阴性)"
"""A letter alone whose antigen is missing (K-供者), or an ion."""
JOINED = r"(?i)(^|[^a-z0-9])([a-z]|dl|nk|eb|dna|rna|cis|trans|iso|tert|sec)-(\p{Han})"
"""What a hyphen joins to a Chinese word: D-二聚体, T-细胞."""
MINUS = r"(?i)([a-z][0-9]*)-(\p{Han})"
"""Behind other Latin words it may say that something is missing: HER2-乳腺癌, 5p-综合征."""
GLOSS = r"(\p{Han})[(（][A-Za-z][A-Za-z0-9 -]*[A-Za-z0-9][)）]$"
"""`甲胎蛋白(AFP)`: a Latin abbreviation of two signs or more behind a Chinese word."""
NUMBER_GLOSS = r"[(（][IVXivx]+[)）]$"
"""`糖原贮积病(II)`: a number in brackets is a type, no abbreviation."""
ENDING = r"([^.…。，、；;,!！])[。，、；;,.!！]$"
"""`感冒。`: one stop or comma at the end; an ellipsis and several stops mark what was cut off."""


def _replace(pairs: dict[str, str]) -> Rewrite:
    return lambda name: name.str.replace_many(list(pairs), list(pairs.values()))


def _normalize(name: pl.Expr) -> pl.Expr:
    return name.str.normalize("NFKC")


def _to_lower_case(name: pl.Expr) -> pl.Expr:
    return name.str.to_lowercase()


def _to_plain_case(name: pl.Expr) -> pl.Expr:
    """In lower case but for symbols (kgtools.kg.align.symbols)."""
    return (
        pl.when(name.str.contains(LETTERED)).then(name.map_batches(lower_each, return_dtype=pl.String)).otherwise(name)
    )


def _remove_space(name: pl.Expr) -> pl.Expr:
    """Without white space, but for that between two digits."""
    return name.str.replace_all(r"([^\d\s])\s+", "$1").str.replace_all(r"\s+([^\d\s])", "$1")


def _remove_ending(name: pl.Expr) -> pl.Expr:
    """Without a stop or comma at its end."""
    return name.str.replace(ENDING, "$1")


def _simplify(name: pl.Expr) -> pl.Expr:
    return name.map_batches(_simplify_each, return_dtype=pl.String)


def _simplify_each(names: pl.Series) -> pl.Series:
    convert = _converter().convert
    return pl.Series(names.name, [None if name is None else convert(name) for name in names.to_list()], pl.String)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _unify_quotes(name: pl.Expr) -> pl.Expr:
    return _replace(QUOTES)(name.str.replace_all(SECONDS, "$1″"))


def _to_arabic(name: pl.Expr) -> pl.Expr:
    """Roman numerals before a word that is counted, as digits: `II型` is `2型`."""
    for roman, digit in ARABIC.items():
        name = name.str.replace_all(rf"(?i)(^|[^a-z0-9]){roman}({COUNTED})", f"${{1}}{digit}${{2}}")
    for five in LETTER_OR_FIVE:
        name = name.str.replace_all(five, "${1}5${2}")
    return name


def _to_five(name: pl.Expr) -> pl.Expr:
    """Any V alone before a word that is counted, as 5."""
    return name.str.replace_all(rf"(?i)(^|[^a-z0-9])v({COUNTED})", "${1}5${2}")


def _remove_hyphens(name: pl.Expr) -> pl.Expr:
    """Without a hyphen between two letters or a letter and a digit; `rh-`, `(-)`, `1-2` and what may be a minus keep theirs."""
    signed = name.str.replace_all(SIGNED, f"${{1}}${{2}}{MINUS_SIGN}${{3}}")
    joined = signed.str.replace_all(JOINED, "${1}${2}${3}")
    name = joined.str.replace_all(MINUS, f"${{1}}{MINUS_SIGN}${{2}}")
    return _join_parts(name).str.replace_all(MINUS_SIGN, "-")


def _join_parts(name: pl.Expr) -> pl.Expr:
    for _ in range(2):  # a letter between two hyphens belongs to both
        name = name.str.replace_all(r"(\p{L})[-·](\p{L}|\d)", "$1$2").str.replace_all(r"(\d)[-·](\p{L})", "$1$2")
    return name


def _remove_gloss(name: pl.Expr) -> pl.Expr:
    """Without an abbreviation in brackets at the end: `甲胎蛋白(afp)` is `甲胎蛋白`."""
    return pl.when(name.str.contains(NUMBER_GLOSS)).then(name).otherwise(name.str.replace(GLOSS, "$1"))


STEPS = (
    Step("full-width characters", 0.99, _replace(FULL_WIDTH)),
    Step("Roman numerals as one character", 0.98, _replace(ROMAN_SIGNS)),
    Step("kinds of brackets", 0.99, _replace(BRACKETS)),
    Step("kinds of dashes and dots", 0.98, _replace(DASHES)),
    Step("kinds of quotes", 0.98, _unify_quotes),
    Step("compatible characters", 0.88, _normalize),
    Step("upper and lower case", 0.98, _to_plain_case),
    Step("white space", 0.99, _remove_space),
    Step("a stop or comma at the end", 0.96, _remove_ending),
    Step("names of Greek letters", 0.95, _replace(GREEK)),
    Step("traditional characters", 0.92, _simplify),
    Step("variant characters", 0.94, _replace(VARIANTS)),
    Step("Roman and Arabic numerals", 0.92, _to_arabic),
    Step("a hyphen", 0.92, _remove_hyphens),
    Step("the case of a symbol", 0.8, _to_lower_case),
    Step("a V that may be five", 0.8, _to_five),
    Step("a hyphen that may be a minus", 0.8, _join_parts),
    Step("an abbreviation in brackets", 0.85, _remove_gloss),
)
"""In the order in which they are taken: later ones expect what earlier ones leave. The least sure step that a pair needs gives its
score, less 0.01 for each step more; what may mean another thing is under 0.9, the default threshold, for people to decide."""

SURE = tuple(step for step in STEPS if step.score >= 0.98)
"""The steps that lose nothing."""

WRITTEN = tuple(step for step in SURE if step.rewrite is not _to_plain_case)
"""Of these the ones that need no whole word."""

SPELLING = STEPS[:-1]
"""All steps that keep every word."""

WIDER = {
    "upper and lower case": "the case of a symbol",
    "Roman and Arabic numerals": "a V that may be five",
    "a hyphen": "a hyphen that may be a minus",
}
"""A step, and the one that does more of the same, where it may mean something."""
UNCLEAR = 0.89
"""The score where no single step tells two names apart: for people."""
ALIKE = tuple(step for step in SPELLING if step.name not in WIDER.values())
"""The steps of SPELLING that leave what may mean something."""


def spell(name: pl.Expr, steps: Collection[Step] = STEPS) -> pl.Expr:
    """The name after these steps; names that mean the same in writing are equal."""
    for step in steps:
        name = step.rewrite(name)
    return name


def steps_between(pairs: pl.DataFrame) -> pl.DataFrame:
    """For pairs of names `one` and `other` whose spelling is equal after all steps: `score` and `steps`, the few that
    are needed: one alone where one is enough, else those without which the two stay different."""
    alike = pairs.select(_equal(ALIKE)).to_series()
    enough = pairs.select(**{step.name: _equal([step]) for step in STEPS}).rows()
    alone = [
        next(
            (step for step, is_enough in zip(STEPS, row, strict=True) if is_enough and (step in ALIKE or not plain)),
            None,
        )
        for row, plain in zip(enough, alike, strict=True)
    ]
    several = iter(_all_needed(pairs.filter(pl.Series([step is None for step in alone], dtype=pl.Boolean))))
    scores, words = [], []
    for step in alone:
        needed = [step] if step else next(several)
        scores.append(round(min((each.score for each in needed), default=UNCLEAR) - 0.01 * max(len(needed) - 1, 0), 3))
        words.append(", ".join(each.name for each in needed) or "several spellings")
    return pairs.with_columns(pl.Series("score", scores, pl.Float64), pl.Series("steps", words, pl.String))


def _all_needed(pairs: pl.DataFrame) -> list[list[Step]]:
    """Of each pair the steps without which its names stay different; of two that do more of the same the wider one."""
    if pairs.is_empty():  # as it is nearly always, and each step is to be left out in turn
        return []
    others = {s.name: [t for t in STEPS if t.name not in (s.name, WIDER.get(s.name))] for s in STEPS}
    found = []
    for row in pairs.select(**{name: ~_equal(steps) for name, steps in others.items()}).rows():
        needed = [step for step, is_needed in zip(STEPS, row, strict=True) if is_needed]
        names = {step.name for step in needed}
        found.append([step for step in needed if WIDER.get(step.name) not in names])
    return found


def _equal(steps: Collection[Step]) -> pl.Expr:
    """Whether the names `one` and `other` are equal after these steps."""
    return spell(pl.col("one"), steps) == spell(pl.col("other"), steps)

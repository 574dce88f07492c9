"""Words that decide: what a text says in place of another's words, so that it says the opposite.

A word is looked at between what stands before and behind it: 可治愈 and 不可治愈, 升高 for 降低, 5% for 50%, where the rest is the same. A text that
says the opposite in words of its own is not seen."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

NEGATIONS = {
    "": "不, 没有, 没, 无, 未, 非, 并非, 并不, 不会, 不能, 不是, 不宜, 不应, 不可, 不要, 不得, 勿, 毫无, 是错误的, 是不对的, 不正确, 的说法是错误的",
    " ": "not, no, never, cannot, without, hardly, don't, doesn't, isn't, aren't, can't, does not, do not, did not",
}
"""By what stands between units, words that turn a sentence into its opposite where they stand in it alone."""
CHINESE = """
是, 不是, 并非, 不属于, 而非
有, 无, 没有
会, 不会
能, 不能
可, 不可, 不可以
可以, 不可以, 不能
应, 不应, 不该, 忌
宜, 忌, 不宜
须, 不须, 无须
需, 不需, 无需
属于, 不属于
多见, 少见, 罕见
常见, 少见, 罕见
升高, 降低, 下降
增高, 降低, 减低, 下降
增加, 减少, 降低
增多, 减少
增强, 减弱
上升, 下降
加重, 减轻, 缓解
扩张, 收缩, 狭窄
良性, 恶性
急性, 慢性
原发, 继发
先天, 后天
阳性, 阴性
早期, 晚期
男, 女
左, 右
高, 低
多, 少
大, 小
快, 慢
前, 后
轻, 重
上, 下
内, 外
禁止, 允许
避免, 坚持, 提倡
均, 均不, 均无
过多, 过少, 不足
过高, 过低
"""
ENGLISH = """
is, is not, isn't
are, are not, aren't
can, cannot, can not, can't
may, may not
should, should not
with, without
increased, decreased, reduced
increases, decreases, reduces
increase, decrease
high, low
higher, lower
more, less, fewer
common, rare, uncommon
commonly, rarely
often, rarely, seldom, never
acute, chronic
benign, malignant
primary, secondary
left, right
male, female
men, women
boys, girls
early, late
before, after
positive, negative
mild, severe
always, never
upper, lower
internal, external
rises, falls
elevated, reduced, decreased
causes, prevents
worsens, relieves, improves
"""
"""Words that exclude each other, a line a meaning."""
GROUPS = {"": CHINESE, " ": ENGLISH}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
BESIDE = {"": 2, " ": 8}
"""Characters on either side of a word that must be the same."""


class Turn(NamedTuple):
    """A word that decides in a text: what stands before and behind it."""

    word: str
    before: str
    behind: str
    begin: int


def _words(line: str) -> list[str]:
    return line.split(", ")


def _alternatives(glue: str) -> dict[str, tuple[str, ...]]:
    """Word -> what may stand in its place and says something else; for those of NEGATIONS nothing at all."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_words(NEGATIONS[glue]), ("",))
    for group in map(_words, GROUPS[glue].strip().split("\n")):
        for word in group:
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), *(other for other in group if other != word))))
    return found


OTHERS = {glue: _alternatives(glue) for glue in ("", " ")}
EDGES = {"": ("", ""), " ": ("(?<= )", "(?= )")}


def _pattern(glue: str) -> re.Pattern[str]:
    """Whatever decides; of two words that begin at one place, the longer."""
    words = sorted(OTHERS[glue], key=lambda word: (-len(word), word))
    return re.compile(f"{EDGES[glue][0]}(?:{'|'.join(map(re.escape, words))}){EDGES[glue][1]}")


DECIDES = {glue: _pattern(glue) for glue in OTHERS}


def turns_of(joined: str, glue: str) -> dict[str, list[Turn]]:
    """The words of a text that decide, `words`, and its numbers, `numbers`. The text: its units, with the glue between them."""
    return {"words": list(_turns(joined, glue, DECIDES[glue])), "numbers": list(_turns(joined, glue, NUMBER))}


def _turns(joined: str, glue: str, pattern: re.Pattern[str]) -> Iterator[Turn]:
    near = BESIDE[glue]
    for found in pattern.finditer(joined):
        begin, end = found.span()
        if pattern is NUMBER and joined[max(0, begin - len(glue) - 1) : begin].strip() in ("", "|"):
            continue  # of a list
        before, behind = joined[max(0, begin - near) : begin], joined[end : end + near]
        if len(before) < near:
            behind = joined[end : end + 2 * near]
        if len(behind) < near:
            before = joined[max(0, begin - 2 * near) : begin]
        if len(before) + len(behind) >= 2 * near:
            yield Turn._make((joined[begin:end], before, behind, begin))


def find_turns(joined: str, reference: str, known: Mapping[str, Sequence[Turn]], glue: str) -> list[tuple[int, str]]:
    """Where in a text another word stands than in the reference, by place, each with what stands there: `known` are the reference's
    words that decide."""
    found: dict[int, str] = {}
    others = OTHERS[glue]
    for word, before, behind, begin in _turns(joined, glue, DECIDES[glue]):
        if before in reference and before + word + behind not in reference:
            for other in others[word]:
                if _stands(before, other, behind, glue, reference) >= 0:
                    found.setdefault(begin, f"{word} for {other or 'nothing'}")
    for word, before, behind, _ in known["words"]:
        if before in joined and before + word + behind not in joined:
            for other in others[word]:
                place = _stands(before, other, behind, glue, joined)
                if place >= 0 and _stands(before, other, behind, glue, reference) < 0:
                    found.setdefault(place + len(before), f"{other or 'nothing'} for {word}")
    numbers = {(before, behind): word for word, before, behind, _ in known["numbers"]}
    for word, before, behind, begin in _turns(joined, glue, NUMBER) if numbers else ():
        if numbers.get((before, behind), word) != word and before + word + behind not in reference:
            found.setdefault(begin, f"{word} for {numbers[before, behind]}")
    return sorted(found.items())


def _stands(before: str, word: str, behind: str, glue: str, text: str) -> int:
    """Where a word stands between the same; nothing at all stands there without the space beside it."""
    return text.find(before + word + behind) if word or not glue else text.find(before + behind[1:])

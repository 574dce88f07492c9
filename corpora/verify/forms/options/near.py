"""Options that are spelt nearly as they are, where they are like no other option: placenta pravia, 卡马西坪."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

LEAST, LEAST_HAN = 6, 4
"""Letters of a word, and characters of a text, from which on one may differ."""
WORD = re.compile(r"[a-z]{5,}")
DECIDES = frozenset("高低大小上下左右前后内外急慢阴阳增减升降男女软硬轻重早晚新老深浅远近先多少正负甲乙丙丁戊非无不有")
"""Characters that make another thing of a name."""
APART = re.compile(r"hyper|hypo|inter|intra|ante|anti|endo|ecto|peri|para|pre|pro")


def respell(low: str, options: Mapping[str, str]) -> str:
    """The text with the words of options, where they are spelt nearly so; itself where none are."""
    texts = tuple(text.lower() for text in options.values())
    if low.isascii():
        words = _words(texts)
        return WORD.sub(lambda found: _nearest(found[0], words), low) if words else low
    for text, pattern in _patterns(texts):
        if (found := pattern.search(low)) and not _decides(text, found[0]):
            low = low[: found.start()] + text + low[found.end() :]
    return low


@lru_cache(4_096)
def _words(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for text in texts for word in WORD.findall(text) if len(word) >= LEAST)


@lru_cache(4_096)
def _patterns(texts: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (text, re.compile("|".join(_near(text))))
        for text in texts
        if LEAST_HAN <= len(text) <= 12 and not text.isascii()
    )


def _near(text: str) -> Iterator[str]:
    """Patterns of a text with another character in place of one."""
    for at in range(len(text)):
        yield re.escape(text[:at]) + r"[\u3400-\u9fff]" + re.escape(text[at + 1 :])


def _decides(text: str, other: str) -> bool:
    return any(one != two and (one in DECIDES or two in DECIDES) for one, two in zip(text, other, strict=True))


def _nearest(word: str, words: frozenset[str]) -> str:
    """The only one of words that differs from a word by a letter left out, put in, or in place of another; else the word."""
    if word in words:
        return word
    near = [each for each in words if abs(len(each) - len(word)) <= 1 and _differs_by_one(word, each)]
    return near[0] if len(near) == 1 and APART.findall(word) == APART.findall(near[0]) else word


def _differs_by_one(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[same:] == other[same + 1 :]
    swapped = one[:same] + one[same : same + 2][::-1] + one[same + 2 :]
    return one[same + 1 :] == other[same + 1 :] or swapped == other

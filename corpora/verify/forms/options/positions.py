"""Options by their place: the second one, 第3项, the first three, 最后一项."""

import re

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "sixth": 6, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "两": 2, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
}  # fmt: skip
_ORDINAL = r"first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th|6th|last|final"
_CARDINAL = r"one|two|three|four|five|six|[1-6]"
_HAN = r"[1-6一二三四五六两]"
_NOUN = r"(?:option|choice|answer|item|one|alternative|statement|drug|agent|organism|test|medication)"
PLACE = re.compile(
    rf"\b(?:the )?(?:(?P<ordinals>(?:{_ORDINAL})(?:(?:,? and|,) (?:the )?(?:{_ORDINAL})){{1,5}}) (?:options|choices|answers|ones|items)(?![a-z])"
    rf"|(?P<ordinal>{_ORDINAL}) (?:(?:answer )?{_NOUN})(?![a-z])"
    rf"|(?P<end>first|last) (?P<many>two|three|four|five|[2-5])(?: (?:options|choices|answers|ones|items))?(?![a-z])"
    rf"|(?:option|choice|answer|number|no\.) ?(?:number |no\. ?|#)?(?P<number>{_CARDINAL})(?![a-z0-9%]|\.\d))"
    rf"|(?P<front>[前后])面?(?P<some>{_HAN})[项个](?!月)"
    rf"|第(?P<nth>{_HAN}(?:[、,和与及]第?{_HAN}){{0,6}})(?:[项个条](?!月)(?:选项|答案)?|选项)"
    rf"|选项(?P<han>{_HAN})(?![0-9])|最后的?[1一](?:[项个]|个?选项)"
)
"""A place among the options, in lower case."""


def by_position(low: str, letters: str) -> str:
    """The text with the letters of options in place of words that say where they stand; itself where none do."""

    def letter(found: re.Match[str]) -> str:
        places = _places(found, len(letters))
        if not places or max(places) > len(letters):
            return found[0]
        return " " + "、".join(letters[place - 1] for place in places) + " "

    return PLACE.sub(letter, low)


def _places(found: re.Match[str], count: int) -> list[int]:
    """The places that a match names, from 1."""
    kind = found.lastgroup
    if kind is None:
        return [count]  # 最后一项
    if kind == "ordinals":
        return [count if word in ("last", "final") else _NUMBERS[word] for word in re.findall(_ORDINAL, found[kind])]
    if kind == "ordinal":
        return [count if found[kind] in ("last", "final") else _NUMBERS[found[kind]]]
    if kind in ("many", "some"):
        many = _number(found[kind])
        at_front = found["end"] == "first" or found["front"] == "前"
        return list(range(1, many + 1)) if at_front else list(range(max(1, count - many + 1), count + 1))
    return [_number(sign) for sign in (re.findall(_HAN, found[kind]) if kind == "nth" else [found[kind]])]


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]

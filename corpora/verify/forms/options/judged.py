"""Options that are judged one by one: A ✓ B ✗ C ✓; a table with yes and no."""

import re
from functools import lru_cache

import orjson

from kgtools.corpora.verify.language.names import Mention

_SO = r"[✓✔√✅☑]|是|对|正确|符合(?:题意)?|属于|成立|可以?|(?:true|yes|correct|right|agree|applies|fits|y|t)(?![a-z'])|a? ?feature(?![a-z])"
_NOT_SO = (
    r"[✗✘✖×❌☒]|x(?![a-z0-9'])|否|错误?|不(?:是|对|正确|符合(?:题意)?|属于|成立|可以?|选|相符)|与题(?:意|干)?(?:无关|不符)|无关|排除"
    r"|(?:false|no|incorrect|wrong|excluded?|disagree|n|f)(?![a-z'])|not? (?:true|correct|right|applicable|a? ?feature)"
    r"|(?:does|is|do|are)(?: not|n't)"
)
BEGINS = re.compile(rf"[\s.:;→、)\]|}}(>=,-]{{0,6}}(?:(?P<so>{_SO})|(?P<not>{_NOT_SO}))(?![\u3400-\u9fff])")
"""A verdict right behind a letter."""
ENDS = re.compile(
    rf"(?:^|[\s:|,;。(=>→-]|(?=[✓✔√✅☑✗✘✖×❌☒]))(?:(?P<so>{_SO})|(?P<not>{_NOT_SO}))(?: ?\([^()\n]{{0,40}}\))?[\s.|,;。!)\ufe0f]*$"
)
"""A verdict at the end of what is said of an option."""


BULLETS = "([{*-+ \n▶►•●■◆◇▪▸➤▷○"
"""What may stand before the next letter."""
BEFORE = re.compile(r"(?:(?P<so>[✓✔√✅☑])|(?P<not>[✗✘✖×❌☒]))\ufe0f?[\s*]*$")
"""A verdict right before a letter."""
JSON = re.compile(r"\{[^{}]{8,400}\}")
VALUES = {"true": True, "yes": True, "1": True, "对": True, "是": True, "正确": True, "√": True,
          "false": False, "no": False, "0": False, "错": False, "否": False, "错误": False, "×": False}  # fmt: skip


@lru_cache(64)
def _heads(letters: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9])[{letters}](?![A-Za-z0-9'])")


def verdicts(read: str, low: str, letters: str) -> tuple[dict[int, bool], int]:
    """Whether each option is called so or not, by its number, and where the last verdict ends; nothing unless all are, in their order."""
    if len(letters) < 3 or letters[0] not in read:
        return {}, 0
    heads: dict[int, int] = {}
    for sign in _heads(letters).finditer(read):
        if sign[0] == letters[len(heads) : len(heads) + 1]:
            heads[sign.end()] = sign.start()
    if len(heads) < len(letters):
        return {}, 0
    begins = list(heads)
    last = low.find("\n", begins[-1])
    ends = [*list(heads.values())[1:], len(low) if last < 0 else last]
    found: dict[int, bool] = {}
    stop = 0
    marked = [BEFORE.search(low, max(0, at - 6), at) for at in heads.values()]
    if marked[0] and all(marked):
        return {number: one["so"] is not None for number, one in enumerate(marked) if one}, begins[-1]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        words = BEGINS.match(low, begin, end) or ENDS.search(low[begin:end].rstrip(BULLETS))
        if words is None:
            return {}, 0
        found[number] = words["so"] is not None
        stop = words.end() if words.re is BEGINS else begin + words.end()
    return found, stop


def verdicts_on_texts(low: str, texts: list[Mention], count: int) -> dict[int, bool]:
    """As `verdicts`, of lines that hold the options' texts: ✅ 夜盲, 肺癌 —— 是; the only line with a tick, where no other has a sign."""
    first = {one.number: one for one in reversed(texts)}
    lines = {low.rfind("\n", 0, one.begin) + 1 for one in first.values()}
    if len(first) < count or len(lines) < count:
        return {}
    found: dict[int, bool] = {}
    for number, one in first.items():
        begin, end = low.rfind("\n", 0, one.begin) + 1, low.find("\n", one.end)
        words = BEFORE.search(low, begin, one.begin) or ENDS.search(low[one.end : end if end >= 0 else len(low)])
        if words:
            found[number] = words["so"] is not None
    return found if len(found) == count or list(found.values()) == [True] else {}


def choose_judged(found: dict[int, bool], negative: bool, several: bool) -> set[int]:
    """The options that verdicts choose: those that are so; of a question for what is not so, the only one that is not, or the only one
    that is."""
    so = {number for number, value in found.items() if value}
    if negative:
        return found.keys() - so if several else min((so, found.keys() - so), key=len)
    return so


def in_json(text: str, letters: str) -> dict[int, bool]:
    """What an object says of each letter: {"A": true, "B": 0}; nothing unless it says so of all."""
    for found in JSON.finditer(text) if '"' in text else ():
        try:
            said = orjson.loads(found[0])
        except orjson.JSONDecodeError:
            continue
        values = {letter.upper(): VALUES.get(str(value).lower()) for letter, value in said.items()}
        if set(values) == set(letters) and None not in values.values():
            return {at: bool(values[letter]) for at, letter in enumerate(letters)}
    return {}

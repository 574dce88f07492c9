"""Names that an answer lists: of a list, of lines, of JSON; and whether it says that there is none."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import orjson

FENCE = re.compile(r"```[a-zA-Z]*\n?")
NONE = re.compile(
    r"(?:there (?:is|are) (?:no|none)|none (?:is|are) (?:named|mentioned)"
    r"|no (?:related |such |named |relevant )?(?:entity|entities|enetity)|none|not found|nothing|n/?a|null|nil)\b[^,;]{0,60}"
    r"|[\[{(]\s{0,3}[\])}]"
    r"|(?:上述|该|这个|本)?(?:文本|句子|句|文中|对话|病历)?中?(?:没有|未提及|未发现|未提到|不包含|不存在|无)"
    r"(?:提到|提及|出现|发现|包含|明确的?|任何|相关的?|指定|类型的?|此类|这类|该类|上述|可识别的?|需要抽取的?|医学|命名){0,3}(?:实体|内容|信息)?",
    re.IGNORECASE,
)
"""That there is none, as a whole line or item says it."""
BULLET = re.compile(r"[ \t]*(?:[-*•·▪]|\(?\d{1,3}[.)、）])[ \t]*(?=\D)")
HEADING = re.compile(r"[^:：,，、;；\n]{0,60}[:：](?=\s|[^\x00-\x7f]|$)[ \t]*")
"""What stands before a list: `The chemicals are: `. Behind the colon of `HLA-A*02:01` there is no space."""
BETWEEN = re.compile(r",[ \t\n]+|,$|[，、;；\n]")
"""What parts the names of a list; a comma within `1,2-dichloroethane` does not."""
AROUND = " \t\r\"'`“”‘’「」《》*_"
PROSE = re.compile(
    r"(?:i|we|sorry|sure|unfortunately|as an|let me|here (?:is|are)|please|note|hope|these are|the above|based on)\b[ ',:]?"
    r"|抱歉|对不起|我[不无没认从会已在]|希望|以上|以下|说明|注意|备注|根据|请|好的|如果|如需|其中",
    re.IGNORECASE,
)
"""How a sentence begins that names nothing: `I cannot say`."""
MOST_WORDS, MOST_CHARACTERS = 12, 60
"""What is longer is a sentence and names nothing."""


def without_bullet(line: str) -> str:
    """A line without the sign or number of its place in a list."""
    bullet = BULLET.match(line)
    return line[bullet.end() :] if bullet else line


def read_names(text: str) -> tuple[str, ...] | None:
    """The names that an answer lists, in its order, as it writes them; none where it says that there is none; None where nothing can be read."""
    plain = FENCE.sub("", text).strip()
    value = read_json(plain)
    if value is not None:
        found = [name for name in texts_in(value) if not says_none(name)]
        return tuple(found)
    found, none = [], False
    for line in plain.split("\n"):
        line = without_bullet(line)
        if says_none(clean(line)):
            none = True
            continue
        for piece in BETWEEN.split(HEADING.sub("", line, count=1) if HEADING.match(line) else line):
            name = clean(piece)
            if says_none(name):
                none = True
            elif is_name(name):
                found.append(name)
    return tuple(found) if found or none else None


def read_json(text: str) -> Any:
    """The list or object that a text is, or that stands in it between its first and its last bracket; None where there is none."""
    for opens, closes in ("[]", "{}"):
        begin, end = text.find(opens), text.rfind(closes)
        # a list within an object, and an object within a list, are read with what is around them
        if 0 <= begin < end and not any(0 <= text.find(other) < begin for other in "[{" if other != opens):
            try:
                value = orjson.loads(text[begin : end + 1])
            except orjson.JSONDecodeError:
                continue
            return value if value or text[begin : end + 1].strip() == text else None
    return None


def texts_in(value: Any) -> Iterator[str]:
    """All texts of JSON, in its order; keys are none."""
    if isinstance(value, str):
        if name := clean(value):
            yield name
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def says_none(text: str) -> bool:
    """Whether a whole item says that there is nothing."""
    return NONE.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a piece of a list may be a name."""
    return bool(text) and len(text.split()) <= MOST_WORDS and len(text) <= MOST_CHARACTERS and not PROSE.match(text)


def clean(text: str) -> str:
    """A name without quotes, marks and the full stop behind it."""
    return text.strip(AROUND).rstrip(".。!！" + AROUND)


def fold(name: str) -> str:
    """What two writings of a name have in common: no difference of case, width or white space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())

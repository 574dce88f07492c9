r"""Line breaks and signs that stand in a text as the words of another format: a backslash with an n, `<br>`, `&nbsp;`.

The rule. An entity of HTML is one with its semicolon, `<br>` is a line break, and so are blocks of HTML (`markup`). A backslash
with n, r or t is an escape unless it begins a command of LaTeX (`\neq`, `\times`), stands in a path (`C:\new`, `\\host\name`), at the
end of a quotation or behind another backslash. Where a lower-case letter follows (`fever\ncough`), it is one only behind a mark,
a blank or a dose, before a word that begins or joins sentences or an address, or in a text that has escapes beyond doubt. What
stands in code, between backticks, is left alone; and so is the whole of a text that speaks of such signs (`mentions`): a sign
that was meant and is gone cannot be found again, one that is left can."""

import html
import re
from collections.abc import Container
from html.entities import html5
from typing import Any

from kgtools.corpora.text.markup import without_tags
from kgtools.corpora.text.mentions import are_meant

ESCAPES = "literal-escapes"
"""What they are called where they are counted."""
MARKS = ("<", ">", "&lt;", "&gt;")
"""A text that begins or ends with one of these has no line break of its own there."""
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
r"""Code in Markdown, of which nothing is an escape: `` `\n` ``."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
"""`&amp;`, `&#39;`, `&#x27;`."""
LATEX = {
    "n": "abla|atural|earrow|e|eq|eg|ew|ewline|ewcommand|ewpage|exists|geq?|i|leq?|less|gtr|mid|ode|oindent|olimits|onumber"
    "|ormalsize|ot|otin|parallel|prec|[rR]ightarrow|[lL]eftarrow|sim|simeq|subseteq|supseteq|u|[vV]dash|warrow",
    "r": "angle|brace|brack|ceil|ef|enewcommand|floor|ho|ight|ightarrow|ightharpoonup|ightleftharpoons|m|oot|otatebox|space",
    "t": "able|abular|ag|an|anh|au|binom|e?xt|ext[a-z]{2,9}|frac|herefore|heta|hick[a-z]+|hinspace|iny|ilde|imes|itle|o|op"
    "|riangle[a-z]*|wo[a-z]*|t",
}
"""Commands that begin with these letters, without them."""
COMMAND = rf"(?:{'|'.join(f'{first}(?:{rest})' for first, rest in LATEX.items())})(?![A-Za-z])"
PATH = r"(?<![A-Za-z])[A-Za-z]:\\(?![nrt](?![a-z]))[^\s\"'<>|，。；：！？）)]*|(?<![\\\w])\\\\[A-Za-z]\w+\\[^\s\"'<>|，。；：！？）)]*"
QUOTATION_ENDS = r"\\[nrt](?=[\"'](?:[^\w\u3400-\u9fff]|\Z))"
ESCAPE = re.compile(
    rf"(?P<stays>{PATH}|{QUOTATION_ENDS}|\\\\|\\{COMMAND})|(?P<sign>(?:\\r)?\\n|\\r|\\t)(?P<lower>(?=[a-z]))?"
)
UNICODE = re.compile(r"(?<![\[\\\-])(?:\\u[0-9a-fA-F]{4})+(?![\-\]])")
r"""`\u4e2d\u6587`; not in the brackets of a pattern."""
SURE_BEFORE = re.compile(
    r"(?:[\s.,;:!?)\]，。；：！？）】、]|\d ?(?:mg|[mk]?g|mcg|ug|μg|ml|[dm]?L|IU|U|mmHg|mmol|[cm]?m|bpm|h|hrs?|days?|weeks?|months?|years?"
    r"|tabs?|tablets?|times|%|℃|°C))\Z"
)
SURE_BEHIND = re.compile(
    r"(?:https?://|www\.)|(?:and|or|but|the|with|without|no|not|for|in|on|of|is|are|was|has|have|had|he|she|it|my|we|you|they|please"
    r"|then|take|twice|once|what|how|when|why|if|can|should|does|do)(?![\w\\/])"
)


def without_escapes(text: str) -> tuple[str, int]:
    """The text with what was escaped as what it stands for, and how often; as it is where it speaks of such signs."""
    if not ("\\" in text or "&" in text or "<" in text):
        return text, 0
    total = 0
    parts = CODE.split(text) if "`" in text else [text]
    for number in range(0, len(parts), 2):
        parts[number], more = _plain(parts[number])
        total += more
    if not total or are_meant(text):
        return text, 0
    plain = "".join(parts)
    plain = plain.lstrip("\n") if text.lstrip().startswith(MARKS) else plain
    return plain.rstrip("\n") if text.rstrip().endswith(MARKS) else plain, total


def all_without_escapes(value: Any, but: Container[str] = ()) -> tuple[Any, int]:
    """The same of every text in a value of JSON, except under these keys."""
    if isinstance(value, str):
        return without_escapes(value)
    if isinstance(value, dict):
        inner = {key: (one, 0) if key in but else all_without_escapes(one, but) for key, one in value.items()}
        return {key: one for key, (one, _) in inner.items()}, sum(number for _, number in inner.values())
    if isinstance(value, list | tuple):
        several = [all_without_escapes(one, but) for one in value]
        return [one for one, _ in several], sum(number for _, number in several)
    return value, 0


def _plain(text: str) -> tuple[str, int]:
    total = 0
    # `&amp;nbsp;`: escaped twice
    for _ in range(2):
        text, number = _entities(text) if "&" in text else (text, 0)
        total += number
    text, tags = without_tags(text) if "<" in text else (text, 0)
    text, signs = _signs(text) if "\\" in text else (text, 0)
    return text, total + tags + signs


def _entities(text: str) -> tuple[str, int]:
    found = [match for match in ENTITY.finditer(text) if match[0][1] == "#" or match[0][1:] in html5]
    plain = ENTITY.sub(lambda match: _entity(match[0]), text)
    return plain, len(found)


def _entity(entity: str) -> str:
    known = entity[1] == "#" or entity[1:] in html5
    return html.unescape(entity).replace("\u00a0", " ") if known else entity


def _signs(text: str) -> tuple[str, int]:
    matches = [match for match in ESCAPE.finditer(text) if match["sign"]]
    sure = any(match["lower"] is None for match in matches)
    total = 0

    def unescape(match: re.Match[str]) -> str:
        nonlocal total
        if match["stays"] is not None:
            return match[0]
        if match["lower"] is not None and not (sure or _is_sure(match)):
            return match[0]
        total += 1
        return "\t" if match["sign"] == "\\t" else "\n"

    text = ESCAPE.sub(unescape, text)
    text, signs = UNICODE.subn(lambda match: _character(match[0]), text)
    return text, total + signs


def _is_sure(match: re.Match[str]) -> bool:
    """Whether what stands round a sign before a lower-case letter can be neither a path nor a command."""
    text, start = match.string, match.start()
    if not start or SURE_BEFORE.search(text[max(start - 10, 0) : start]):
        return True
    return match["sign"] == "\\n" and bool(SURE_BEHIND.match(text, match.end()))


def _character(escapes: str) -> str:
    r"""`\u4f60\u597d` as the characters; half a surrogate pair stays as it is written."""
    units = bytes.fromhex("".join(escapes.split("\\u")))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return escapes

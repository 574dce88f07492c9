r"""Line breaks and signs that stand in a text as the words of another format: a backslash with an n, `<br>`, `&nbsp;`.

The rule. An entity of HTML is one with its semicolon, and `<br>` is a line break. A backslash with n, r or t is an escape unless
it begins a command of LaTeX (`\neq`, `\times`), stands in a path (`C:\new`, `\\host\name`), in brackets or quotes of its own
(`[\t\n]`, `"\n"`), at the end of a quotation, in one piece with a class of regular expressions (`\d+\n`) or behind another
backslash. Where a lower-case letter follows (`fever\ncough`), it is one only behind a mark or a blank, or in a text that has
escapes beyond doubt. What stands in code, between backticks, is left alone."""

import html
import re
from html.entities import html5
from typing import Any

ESCAPES = "literal-escapes"
"""What they are called where they are counted."""
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
BREAK = re.compile(r"\s?</?br\s*/?>\s?", re.IGNORECASE)
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
OWN = r"\\[nrt](?=[\"'])|(?<=[\"'\[])(?:\\[nrt])+(?=[\"'\]])|\[(?:(?:[^\[\]\n\\]|\\[^a-zA-Z\n]){0,30}\\[a-zA-Z]){2,}[^\[\]\n]{0,30}\]"
PATTERN = r"(?<![^\s\u3400-\u9fff])[^\s\u3400-\u9fff]*\\[dswDSWbB](?![A-Za-z])[^\s\u3400-\u9fff]*"
"""A regular expression: what stands in one piece with `\\d` and the like."""
ESCAPE = re.compile(
    rf"(?P<stays>{PATH}|{OWN}|{PATTERN}|\\\\|\\{COMMAND})|(?P<sign>(?:\\r)?\\n|\\r|\\t)(?P<lower>(?=[a-z]))?"
)
UNICODE = re.compile(r"(?<![\[\\\-])(?:\\u[0-9a-fA-F]{4})+(?![\-\]])")
SURE_BEFORE = re.compile(r"[\s.,;:!?)\]，。；：！？）】、]\Z")


def without_escapes(text: str) -> tuple[str, int]:
    """The text with what was escaped as what it stands for, and how often."""
    if not ("\\" in text or "&" in text or "<" in text):
        return text, 0
    found = 0
    parts = CODE.split(text) if "`" in text else [text]
    for number in range(0, len(parts), 2):
        parts[number], more = _plain(parts[number])
        found += more
    return "".join(parts), found


def all_without_escapes(value: Any) -> tuple[Any, int]:
    """The same of every text in a value of JSON."""
    if isinstance(value, str):
        return without_escapes(value)
    if isinstance(value, dict):
        inner = {key: all_without_escapes(one) for key, one in value.items()}
        return {key: one for key, (one, _) in inner.items()}, sum(number for _, number in inner.values())
    if isinstance(value, list | tuple):
        several = [all_without_escapes(one) for one in value]
        return [one for one, _ in several], sum(number for _, number in several)
    return value, 0


def _plain(text: str) -> tuple[str, int]:
    found = 0
    for _ in range(2):  # `&amp;nbsp;`: escaped twice
        text, number = _entities(text) if "&" in text else (text, 0)
        found += number
    text, breaks = BREAK.subn("\n", text) if "<" in text else (text, 0)
    text, signs = _signs(text) if "\\" in text else (text, 0)
    return text, found + breaks + signs


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
    found = 0

    def said(match: re.Match[str]) -> str:
        nonlocal found
        if match["stays"] is not None:
            return match[0]
        before = match.string[max(match.start() - 1, 0) : match.start()]
        if match["lower"] is not None and not (sure or not before or SURE_BEFORE.search(before)):
            return match[0]
        found += 1
        return "\t" if match["sign"] == "\\t" else "\n"

    text = ESCAPE.sub(said, text)
    text, signs = UNICODE.subn(lambda match: _character(match[0]), text)
    return text, found + signs


def _character(escapes: str) -> str:
    r"""`\u4f60\u597d` as the characters; half a surrogate pair stays as it is written."""
    units = bytes.fromhex("".join(escapes.split("\\u")))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return escapes

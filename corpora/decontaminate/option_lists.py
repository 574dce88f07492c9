"""The question and the options of a text, by the marks that they have or, without any, by how they stand."""

import re
import unicodedata
from bisect import bisect_right
from typing import NamedTuple

from kgtools.corpora.exams.choices import HEADING, LETTERS

CAPITAL = re.compile(
    r"(?<![A-Za-z0-9])(?:选项)?[(\[]?['\"]?([A-J])['\"]?[ \t]*(?:[.:)\]]|(?<=^.)、|(?<=\s.)、)[ \t]*['\"]?",
    re.MULTILINE,
)
BARE = re.compile(r"^[ \t]*(?:[-*•][ \t]*)?(?:([A-J])[ \t]+(?=\S)|[(\[]?([a-j])[.:)\]、][ \t]*)", re.MULTILINE)
"""`A text`, `- b) text` at the beginning of a line."""
NUMBER = re.compile(r"(?<![\w.])[(\[]?([1-9]|10)(?:[)\]][.、]?|[、:]|\.(?!\d))[ \t]*")
"""`1)`, `(2)`, `3、`, `4. `, but not `4.5`."""
BULLET = re.compile(r"^[ \t]*([-*•·●○◦▪□☐–—]|\[[ x]?\])[ \t]*(?=\S)", re.MULTILINE)
"""`- text`, `• text`, `[x] text`."""
INLINE = re.compile(
    r"(?:备选(?:答案|项)?|可选项?|选项|选择|答案有|options?|choices)[^\S\n]*+(?:(?:有|为|是|are)[^\S\n]*+)?[::][^\S\n]*([^\n]+)",
    re.I,
)
BRACKETS = re.compile(r"[(\[{]([^()\[\]{}\n]+)[)\]}][^\w\n]*$")
"""Options in brackets at the end of a question: `...? (yes/no)`."""
BETWEEN = (
    re.compile(r"[;\n]"),
    re.compile(r"(?:(?<![ \t])[ \t]+)?[/|][ \t]*"),
    re.compile(r"[、]"),
    re.compile(r",[ \t]*"),
)
"""What stands between options in a line, the surer first."""
ASKS = re.compile(
    r"[?]|[(]\s*[)]|_{2,}|哪|何|什么|多[少久大长高]|怎|谁|(?:是|为|有|在|于|应|用|因|括|属|见|选)\W*$"
    r"|\b(?:which|what|who|where|when|how|is|are|of|by|for|to|except|with|in|the|an?|as|at|on|from|after|during|than|includes?)\W*$|^\W*(?:which|what|who|where|when|how)\b",
    re.IGNORECASE,
)
"""In the last line of a question, without which lines behind it are no options."""

BEGIN = re.compile(r"^[ \t*•·-]*", re.MULTILINE)
"""What may stand before a mark that begins a line: a blank, a bullet."""
CIRCLED = re.compile("[①-⑩]")
"""`①`."""
QUOTED = re.compile(r"^[ \t]*(?:>[ \t]*)+|^[ \t]*#+[ \t]*", re.MULTILINE)
"""Marks of a quotation or a heading before a line: `> text`, `## text`."""
STRONG = re.compile(r"(\*\*|__)[(\[]?([A-J])[)\]]?[.:、]?\1[ \t]*[.:)、|]?")
"""A letter in bold: `**A.**`."""
RULER = re.compile(r"^[ \t:|]*-[ \t:|-]*$\n?", re.MULTILINE)
"""The line under the head of a table: `|---|---|`."""
ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
"""A row of a table: `| A | text |`."""

HEAD = re.compile(r"^\W*(?:question|q|题目|题干|问题|试题|问)[ \t]*[:.][ \t]*", re.IGNORECASE)
"""`Question:`, `题目.` before a question."""
ORDER = re.compile(
    r"选择题|选项|正确答案|multiple[- ]choice|\boptions?\b|\bchoose\b|\bselect\b|answer (?:the|this|with)", re.I
)
BEHIND = re.compile(
    r"^\W*(?:正确)?(?:答案|请|选择|回答|answer\b|please\b|choose\b|select\b|the\b|which of)", re.IGNORECASE
)
"""A line behind the last option, which is none."""
SIGNS = re.compile(r"(?<![\s:。.,、;…\"'”’】])[\s:。.,、;…\"'”’】]+$")
"""Signs and blanks at the end of a text."""
FORM = re.compile(r"^[^\W\d]{2,}[^\n:]{0,8}:")
"""What begins a line of a form, which is no option."""
LISTS = (
    r"(?s)[①②③]|[2２][.．、)）]|[备可]选|选[项择][^\n]{0,3}[:：]|(?i:options|choices)\s*[:：]"
    r"|[/；;、][^\n]*[/；;、][^\n]*[)）]\W*$|(?:\n[^\n:：]{1,90}){3}"
)
"""What a text with options without letters holds."""
LONGEST, MOST = 80, 8
"""Letters of an option without a letter, and how many there are."""


class OptionList(NamedTuple):
    """`options`: by letter, the first ones where they have none, which `lettered` tells."""

    question: str
    options: dict[str, str]
    lettered: bool = True


NONE = OptionList("", {})


class Mark(NamedTuple):
    """`at`: the place of its letter or number in their row."""

    at: int
    start: int
    end: int


def read_list(text: str) -> OptionList:
    """The question and the options of a text that lists at least three; none else."""
    plain = _plain(text)
    return _by_letters(plain) or _by_numbers(plain) or _by_bullets(plain) or _inline(plain) or _lines(plain) or NONE


def without_prompt(text: str) -> str:
    """A question without `Question:`, lines that say how to answer, and `Options:` behind it."""
    lines = [line for line in HEADING.sub("", "\n" + text.strip(" \t\n{[(")).split("\n") if line.strip()]
    while len(lines) > 1 and ORDER.search(lines[0]):
        lines = lines[1:]
    return HEAD.sub("", "\n".join(lines))


def _plain(text: str) -> str:
    """The text without what Markdown adds; a row of a table is a line, its first cell the mark where it is one."""
    folded = unicodedata.normalize("NFKC", CIRCLED.sub(lambda sign: f" ({ord(sign[0]) - 0x245F}) ", text))
    if not re.search(r"[*_|>#]", folded):
        return folded
    marked = STRONG.sub(r"\2. ", QUOTED.sub("", folded)).replace("**", "")
    return ROW.sub(_cells, RULER.sub("", marked)) if "|" in marked else marked


def _cells(row: re.Match[str]) -> str:
    cells = [cell.strip() for cell in row[1].split("|")]
    mark = f"{cells[0]}. " if re.fullmatch(r"[A-J]|\d", cells[0]) and len(cells) > 1 else ""
    return mark + " ".join(cells[1:] if mark else cells)


def _by_letters(text: str) -> OptionList | None:
    capital = [Mark(LETTERS.index(mark[1]), *mark.span()) for mark in CAPITAL.finditer(text)]
    marks = _at_lines(text, capital, 3) or _chain(capital)
    if len(marks) < 3:
        bare = BARE.finditer(text)
        marks = _chain([Mark(LETTERS.index((mark[1] or mark[2]).upper()), *mark.span()) for mark in bare])
    if len(marks) < 3:
        return None
    options = dict(zip(LETTERS, _texts_between(text, marks), strict=False))
    return OptionList(
        without_prompt(text[: marks[0].start]),
        {letter: option for letter, option in options.items() if option},
    )


def _by_numbers(text: str) -> OptionList | None:
    numbers = [Mark(int(mark[1]) - 1, *mark.span()) for mark in NUMBER.finditer(text)]
    marks = _at_lines(text, numbers, 3) or _chain(numbers)
    return _weak(text[: marks[0].start], _texts_between(text, marks)) if marks else None


def _by_bullets(text: str) -> OptionList | None:
    marks = list(BULLET.finditer(text))
    last = [mark for mark in marks if mark[1] == marks[-1][1]]
    chain = [Mark(at, *mark.span()) for at, mark in enumerate(last)]
    return _weak(text[: chain[0].start], _texts_between(text, chain)) if chain else None


def _inline(text: str) -> OptionList | None:
    """`选项：甲、乙、丙`, or `(甲 / 乙 / 丙)` at the end."""
    heads = list(INLINE.finditer(text))
    if heads and (options := _split(heads[-1][1])):
        return _weak(text[: heads[-1].start()], options, asks=False)
    brackets = BRACKETS.search(text.rstrip())
    return _weak(text[: brackets.start()], _split(brackets[1], BETWEEN[:3]) or []) if brackets else None


def _lines(text: str) -> OptionList | None:
    """The lines behind the last one that asks."""
    lines = _without_behind([line.strip() for line in text.split("\n") if line.strip()])
    if any(len(line) > LONGEST or FORM.search(line) for line in lines[-3:]):
        return None
    places = reversed(range(max(0, len(lines) - MOST - 2), len(lines) - 3))
    at = next((at for at in places if ASKS.search(_end(lines[at]))), None)
    if at is None:
        return None
    first = at + 2 if HEADING.fullmatch("\n" + lines[at + 1]) else at + 1
    return _weak("\n".join(lines[: at + 1]), lines[first:])


def _weak(question: str, options: list[str], asks: bool = True) -> OptionList | None:
    """What has no letters is options only behind what asks, where none is long."""
    asked = without_prompt(question)
    fits = 3 <= len(options) <= MOST and all(0 < len(option) <= LONGEST for option in options)
    if not fits or not asked or (asks and not ASKS.search(_end(asked.rpartition("\n")[2]))):
        return None
    return OptionList(asked, dict(zip(LETTERS, options, strict=False)), lettered=False)


def _end(line: str) -> str:
    """The line without the signs behind it that say nothing."""
    return SIGNS.sub("", line)


def _without_behind(lines: list[str]) -> list[str]:
    while lines and BEHIND.search(lines[-1]):
        lines = lines[:-1]
    return lines


def _split(line: str, signs: tuple[re.Pattern[str], ...] = BETWEEN) -> list[str] | None:
    """The parts of a line by the first sign that makes at least three of it."""
    parts = ([part.strip(" \t。.\"'“”") for part in between.split(line)] for between in signs)
    return next(([part for part in some if part] for some in parts if len(some) >= 3), None)


def _at_lines(text: str, marks: list[Mark], least: int) -> list[Mark]:
    """The chain of the marks that begin a line, but for a bullet; none where it is shorter than `least`."""
    begins = {line.end() for line in BEGIN.finditer(text)}
    chain = _chain([mark for mark in marks if mark.start in begins])
    return chain if len(chain) >= least else []


def _chain(marks: list[Mark]) -> list[Mark]:
    """The longest first, second, third... among marks, of such the last."""
    indexes: dict[int, list[int]] = {}
    for index, mark in enumerate(marks):
        indexes.setdefault(mark.at, []).append(index)
    best: list[int] = []
    for first in indexes.get(0, []):
        chain = [first]
        while (at := bisect_right(behind := indexes.get(len(chain), []), chain[-1])) < len(behind):
            chain.append(behind[at])
        best = chain if len(chain) >= len(best) else best
    return [marks[index] for index in best]


def _texts_between(text: str, chain: list[Mark]) -> list[str]:
    """What stands behind each mark, up to the next, or to the end of its line."""
    line_end = text.find("\n", chain[-1].end)
    ends = [*(mark.start for mark in chain[1:]), len(text) if line_end < 0 else line_end]
    return [text[mark.end : end].strip(" \t\n-*•·") for mark, end in zip(chain, ends, strict=True)]

"""Java's regular expressions, which Neo4j knows, in a form that RE2 and Python's `regex` read alike: the same texts match, or it is refused.

RE2 is a part of DuckDB and never slow. What it does not have (look-around, references, possessive repeats, borders of words, classes
within classes) `regex` does, text by text, and stops after a while. Java's rules: the documentation of java.util.regex.Pattern, Java 17."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

SECONDS = 5.0
"""For one text and a pattern that goes back: what takes longer takes for ever, such as `(a+)+b` of many a."""
REPEATS = 1000
"""What RE2 repeats at most."""
LINE_ENDS = "\n\r\x85\u2028\u2029"
POSIX = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "0-9a-zA-Z", "XDigit": "0-9a-fA-F", "Blank": " \t",
    "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": " -~", "Cntrl": "\x00-\x1f\x7f", "Space": " \t\n\x0b\f\r", "ASCII": "\x00-\x7f",
}  # fmt: skip
"""`\\p{Alpha}`: of ASCII alone."""
SHORT = {
    "d": POSIX["Digit"], "w": "0-9a-zA-Z_", "s": POSIX["Space"], "v": "\n\x0b\f\r\x85\u2028\u2029",
    "h": " \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
}  # fmt: skip
"""`\\d`, `\\w`, `\\s`: of ASCII alone; `\\h`, `\\v`: blanks in a line, and ends of lines."""
CATEGORIES = frozenset(re.findall("[A-Z][a-z]?", "LLuLlLtLmLoMMnMcMeNNdNlNoPPcPdPsPePiPfPoSSmScSkSoZZsZlZp"))
SCRIPTS = (
    "Han",
    "Latin",
    "Greek",
    "Cyrillic",
    "Hiragana",
    "Katakana",
    "Hangul",
    "Bopomofo",
    "Arabic",
    "Hebrew",
    "Thai",
    "Tibetan",
    "Common",
)
BLOCKS = {
    "cjkunifiedideographs": "\u4e00-\u9fff",
    "cjksymbolsandpunctuation": "\u3000-\u303f",
    "halfwidthandfullwidthforms": "\uff00-\uffef",
}
"""`\\p{InCJKUnifiedIdeographs}`."""
CASED = frozenset(("Lower", "Upper", "Lu", "Ll", "Lt"))
SIGNS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\x07", "e": "\x1b"}
WORD = "[\\p{L}\\p{Nd}_]"
"""What stands on one side of a border of words."""
ANCHORS = {
    "A": "\\A", "z": "\\Z", "Z": f"(?=(?:\r\n|[{LINE_ENDS}])?\\Z)", "b": f"(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))",
    "B": f"(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))", "R": f"(?:\r\n|[{SHORT['v']}])",
}  # fmt: skip
REPEAT = re.compile(r"[*+?]|\{(\d+)(,(\d*))?\}")
"""`*`, `{2}`, `{2,}`, `{2,3}`."""
GROUP = re.compile(r"\?(?:([:=!>]|<=|<!)|<([A-Za-z][A-Za-z0-9]*)>|([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)]))")
"""Behind a bracket: `?:`, `?=`, `?<!`, `?<name>`, `?i)`, `?s-i:`."""
NO = "=~ with no regular expression: "


@dataclass(frozen=True)
class Pattern:
    """What both engines read; `goes_back`: only Python's can, for it goes back in a text."""

    text: str
    goes_back: bool


@dataclass(frozen=True)
class Flags:
    """Of a group: `i` without regard to case, of ASCII alone but with `u`; `s` `.` is any sign; `m` `^` and `$` at each line."""

    i: bool = False
    u: bool = False
    s: bool = False


@lru_cache(maxsize=1024)
def translate(pattern: str) -> Pattern:
    """The pattern for the engines. Raises TypeError that says what is not covered, or is no pattern."""
    reader = Reader(pattern)
    text = reader.alternatives(Flags())
    if reader.at < len(pattern):
        raise TypeError(f"{NO}) without its ( at {reader.at}")
    if reader.goes_back:
        _compiled(text)
    return Pattern(text, reader.goes_back)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Any:
    import regex

    try:
        return regex.compile(text, regex.VERSION1)
    except regex.error as error:
        raise TypeError(f"{NO}{error}") from error


def java_matches(text: str, pattern: str) -> bool:
    """Whether the whole of a text is what a pattern of Java says. Raises TypeError for the pattern, ValueError where it takes too long."""
    try:
        return _compiled(translate(pattern).text).fullmatch(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise ValueError(
            f"=~ takes more than {SECONDS:.0f} s for one text; repeat nothing within a repeat, as (a+)+ does"
        ) from error


class Reader:
    """A pattern of Java, read once from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.goes_back = pattern, 0, False

    def alternatives(self, flags: Flags) -> str:
        """What stands up to the end, or to a bracket that closes."""
        out: list[str] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            sign = self.pattern[self.at]
            found = GROUP.match(self.pattern, self.at + 1) if sign == "(" else None
            if found and found[5] == ")":
                flags, self.at = _with_flags(flags, found[3], found[4]), found.end()
                continue
            if sign == "|":
                out.append(sign)
                self.at += 1
                continue
            piece = self._piece(flags)
            out.append(piece + self._repeat())
        return "".join(out)

    def _piece(self, flags: Flags) -> str:
        sign = self.pattern[self.at]
        if sign == "\\":
            return self._escape(flags)
        if sign == "[":
            return self._class(flags)
        if sign == "(":
            return self._group(flags)
        if REPEAT.match(self.pattern, self.at) or sign == "{":
            raise TypeError(f"{NO}nothing to repeat at {self.at}")
        self.at += 1
        if sign == ".":
            return f"[^{LINE_ENDS}]" if not flags.s else "(?s:.)"
        if sign == "^":
            return "\\A"
        if sign == "$":
            if self.at < len(self.pattern):
                self.goes_back = True
                return ANCHORS["Z"]
            return ""  # the whole text is matched anyway
        return _letter(sign, flags)

    def _repeat(self) -> str:
        found = REPEAT.match(self.pattern, self.at)
        if not found:
            return ""
        if found[1] and int(found[3] or found[1]) > REPEATS:
            self.goes_back = True
        if found[3] and int(found[3]) < int(found[1]):
            raise TypeError(f"{NO}{found[0]} at {self.at}")
        self.at = found.end()
        more = self.pattern[self.at : self.at + 1]
        if more in ("?", "+") and more:
            self.at += 1
            self.goes_back |= more == "+"
            return found[0] + more
        return found[0]

    def _group(self, flags: Flags) -> str:
        start, begin = self.at, "("
        self.at += 1
        if found := GROUP.match(self.pattern, self.at):
            self.at = found.end()
            if found[5]:
                flags, begin = _with_flags(flags, found[3], found[4]), "(?:"
            else:
                begin = f"(?P<{found[2]}>" if found[2] else f"(?{found[1]}"
                self.goes_back |= found[1] not in (None, ":")
        elif self.pattern[self.at : self.at + 1] == "?":
            raise TypeError(f"{NO}(? at {start}")
        inner = self.alternatives(flags)
        if self.at >= len(self.pattern):
            raise TypeError(f"{NO}( without its ) at {start}")
        self.at += 1
        return f"{begin}{inner})"

    def _escape(self, flags: Flags) -> str:
        sign = self.pattern[self.at + 1 : self.at + 2]
        if sign in ANCHORS and sign:
            self.at += 2
            self.goes_back |= sign not in "AR"
            return ANCHORS[sign]
        if sign.isdigit() and sign != "0":
            found = re.match(r"\d", self.pattern[self.at + 1 :])
            if flags.i:
                raise TypeError("=~ with \\1 and (?i) is not covered; leave (?i) out")
            self.at, self.goes_back = self.at + 2, True
            assert found is not None
            return f"(?:\\{found[0]})"
        if sign == "k" and (found := re.match(r"<(\w+)>", self.pattern[self.at + 2 :])):
            self.at, self.goes_back = self.at + 2 + found.end(), True
            return f"(?P={found[1]})"
        if sign == "Q":
            end = self.pattern.find("\\E", self.at + 2)
            quoted = self.pattern[self.at + 2 : end if end >= 0 else len(self.pattern)]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            return "".join(_letter(each, flags) for each in quoted)
        before = self.goes_back
        single, inside = self._member(flags)
        if inside.startswith("[^"):
            self.goes_back = before  # a class of its own here
            return inside
        return _letter(single, flags) if single is not None else f"[{inside}]"

    def _member(self, flags: Flags) -> tuple[str | None, str]:
        """A sign behind a backslash: (the one that it is, ""), or (None, what stands for it in a class)."""
        start, sign = self.at, self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if sign.lower() in SHORT and sign:
            return None, SHORT[sign] if sign.islower() else self._not(SHORT[sign.lower()])
        if sign in ("p", "P"):
            inside, simple = self._property(flags)
            return None, inside if sign == "p" else f"\\P{simple}" if simple else self._not(inside)
        if sign in SIGNS and sign:
            return SIGNS[sign], ""
        if found := re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,6})\}").match(
            self.pattern, start + 1
        ):
            self.at = found.end()
            code = int(found[1] or found[2] or found[3], 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise TypeError(f"=~ with {found[0]} is not covered; write the sign itself")
            return chr(code), ""
        if sign and not (sign.isascii() and sign.isalnum()):
            return sign, ""
        raise TypeError(f"=~ with \\{sign} is not covered" if sign else f"{NO}a \\ at its end")

    def _not(self, inside: str) -> str:
        """All but these, to stand in a class."""
        self.goes_back = True  # a class within a class
        return f"[^{inside}]"

    def _property(self, flags: Flags) -> tuple[str, str]:
        """`\\p{...}` in a class, and between the brackets of `\\P{...}` where an engine has it by name."""
        found = re.compile(r"\{(\^?[^{}]+)\}|([A-Z])").match(self.pattern, self.at)
        if not found:
            raise TypeError(f"{NO}\\p at {self.at - 2}")
        self.at = found.end()
        name = found[1] or found[2]
        if flags.i and name.removeprefix("Is") in CASED:
            raise TypeError(f"=~ with \\p{{{name}}} and (?i) is not covered; leave (?i) out")
        if name in POSIX:
            return POSIX[name], ""
        block = re.sub(r"[ _-]", "", name.removeprefix("In").removeprefix("blk=").removeprefix("block=")).lower()
        if name.startswith(("In", "blk=", "block=")) and block in BLOCKS:
            return BLOCKS[block], ""
        bare = re.sub(r"^(Is|script=|sc=|general_category=|gc=)", "", name)
        if bare.capitalize() in SCRIPTS and bare != name:
            bare = bare.capitalize()
        elif bare not in CATEGORIES:
            if name not in ("IsAlphabetic", "IsIdeographic"):
                raise TypeError(
                    f"=~ with \\p{{{name}}} is not covered; there are \\p{{L}} and its like, \\p{{IsHan}} and its like, \\p{{Alpha}}"
                )
            self.goes_back = True
        return f"\\p{{{bare}}}", f"{{{bare}}}"

    def _class(self, flags: Flags) -> str:
        """`[a-z]`, `[^a&&[b]]`, up to its end."""
        start = self.at
        self.at += 1
        out = ["["]
        if self.pattern[self.at : self.at + 1] == "^":
            out.append("^")
            self.at += 1
        first = True
        while True:
            if self.at >= len(self.pattern):
                raise TypeError(f"{NO}[ without its ] at {start}")
            if self.pattern[self.at] == "]" and not first:
                self.at += 1
                return "".join(out) + "]"
            if self.pattern[self.at] == "[":
                self.goes_back = True
                out.append(self._class(flags))
            elif self.pattern.startswith("&&", self.at):
                self.at, self.goes_back = self.at + 2, True
                out.append("&&")
            else:
                out.append(self._range(flags))
            first = False

    def _range(self, flags: Flags) -> str:
        """A sign in a class, or all from one to another."""
        begin, inside = self._one(flags)
        if begin is None:
            return inside
        if self.pattern[self.at : self.at + 1] != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", "[", ""):
            return "".join(map(_inside, sorted(_cases(begin, flags))))
        start = self.at
        self.at += 1
        end, _ = self._one(flags)
        if end is None or end < begin:
            raise TypeError(f"{NO}a range that goes nowhere at {start - 1}")
        codes = range(ord(begin), ord(end) + 1)
        others = (
            {case for code in codes for case in _cases(chr(code), flags) if ord(case) not in codes}
            if flags.i
            else set()
        )
        return f"{_inside(begin)}-{_inside(end)}" + "".join(map(_inside, sorted(others)))

    def _one(self, flags: Flags) -> tuple[str | None, str]:
        if self.pattern[self.at] == "\\":
            return self._member(flags)
        self.at += 1
        return self.pattern[self.at - 1], ""


def _with_flags(flags: Flags, on: str | None, off: str | None) -> Flags:
    for sign in (on or "") + (off or ""):
        if sign not in "ius":
            raise TypeError(f"=~ with (?{sign}) is not covered; there are (?i), (?u) and (?s)")
    return replace(flags, **dict.fromkeys(on or "", True), **dict.fromkeys(off or "", False))


def _cases(sign: str, flags: Flags) -> set[str]:
    """A sign and, where case does not count, the others that it is: those of ASCII, with `u` all."""
    if not flags.i or not (flags.u or sign.isascii()):
        return {sign}
    cases = {sign, sign.lower(), sign.upper()} | ({sign.upper().lower(), sign.lower().upper()} if flags.u else set())
    return {case for case in cases if len(case) == 1 and (flags.u or case.isascii())}


def _letter(sign: str, flags: Flags) -> str:
    cases = _cases(sign, flags)
    return _inside(sign) if len(cases) == 1 else f"[{''.join(map(_inside, sorted(cases)))}]"


def _inside(sign: str) -> str:
    """A sign as itself, in a class and outside of one."""
    return f"\\{sign}" if sign.isascii() and sign.isprintable() and not sign.isalnum() and sign != "_" else sign

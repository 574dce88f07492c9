"""Numbers that identify by their own form: found among runs of digits, however these are spaced, cut or written."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from kgtools.corpora.deidentify.classes import Span

RUN = re.compile(r"\d(?:[ \t\r\n\u200b)-]{0,3}\d){6,}(?:[ \t\r\n\u200b-]{0,3}[xX](?![A-Za-z0-9]))?")
"""Seven digits or more, with few blanks or hyphens between: `138 0013 8000`, `11010119900307765X`."""
TOKEN = re.compile(r"\d+|[xX]")
"""A part of such a run: `138`, or the X at the end of a resident id."""
DOTTED = re.compile(r"(?<![\d.])1[3-9]\d\.\d{4}\.\d{4}(?![\d.]\d)")
"""`138.0013.8000`."""
SPELLED = re.compile(
    r"(?<![〇零一二三四五六七八九幺])[一幺][三四五六七八九][〇零一二三四五六七八九幺]{9}(?![〇零一二三四五六七八九幺])"
)
CALL = re.compile(
    r"(?:电话|手机|联系方式|热线|传真|致电|拨打|拨|座机|phone|tel|mobile|call|fax|cell)[^\d\n]{0,8}$", re.IGNORECASE
)
CARD = re.compile(r"(?:银行卡|卡号|账号|帐号|开户|工行|农行|建行|中行|招行|储蓄卡|信用卡)[^\d\n]{0,8}$")
"""What stands before a bank card: `银行卡号：`."""
IDENTITY = re.compile(r"(?:身份证|证件|公民身份|identity|\bID)[^\d\n]{0,8}$", re.IGNORECASE)
"""What stands before a resident id: `身份证号码：`, `ID: `."""
LETTERS = re.compile(r"(?<![A-Za-z_])[A-Za-z_]+$")
"""Letters right before a number, which may be the code that it goes on from: `ICD10`."""
WORDS = {"tel", "phone", "mobile", "id", "no", "call", "fax", "cell", "mob", "hp", "shouji", "dianhua"}
REGIONS = {
    *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91,
}  # fmt: skip
EXTENSION = re.compile(r"(?:转|-|ext\.? ?)\d{1,5}(?!\d)")
"""`转801`, `-12`, `ext. 5`."""
MASK = "*＊xX"
ISSUERS = ("62", "4", "51", "52", "53", "54", "55", "35", "60")
CALLED = re.compile(r"1[3-9]|0|86|[48]00")
"""How a phone begins that no word announces."""


LOOK_BACK = 24
"""Characters before a number in which its label is sought: the labels and what may stand behind them are shorter."""
MOST_TOKENS = 20
"""Parts that a number may be written in: 18 digits of a resident id, each by itself, and a little more."""


class NearLabels(NamedTuple):
    """Which words stand before a number."""

    identity: bool
    card: bool
    called: bool


def numbers(text: str) -> Iterator[Span]:
    """Resident ids, bank cards and phones of a folded text."""
    for run in RUN.finditer(text):
        tokens = [(run.start() + t.start(), run.start() + t.end()) for t in TOKEN.finditer(run.group())]
        first = 0
        while first < len(tokens):
            step = next(_find_number(text, tokens, first), None)
            if step is None:
                first += 1
            else:
                last, span = step
                yield span
                first = last + 1
    for pattern, rule in ((DOTTED, "mobile-dotted"), (SPELLED, "mobile-spelled")):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "phone", rule)


def _find_number(text: str, tokens: list[tuple[int, int]], first: int) -> Iterator[tuple[int, Span]]:
    """What the numbers that begin at this token are, the longest first, each with its last token."""
    start = tokens[first][0]
    before = text[max(0, start - LOOK_BACK) : start]
    if _inside(before):
        return
    near = tokens[first : first + MOST_TOKENS]
    joined = "".join(text[a:b] for a, b in near).upper()
    labels = NearLabels(*(bool(label.search(before)) for label in (IDENTITY, CARD, CALL)))
    lengths = _lengths(joined, labels)
    if not lengths:
        return
    sizes = [b - a for a, b in near]
    for index, length in reversed(list(enumerate(accumulate(sizes)))):
        if length not in lengths:
            continue
        end = near[index][1]
        if text[end : end + 1].isalnum() and text[end].isascii():
            continue
        if re.match(r"\.\d", text[end : end + 2]) or text[end : end + 1] in ("%", "℃"):
            continue
        if match := _kind(joined[:length], sizes[: index + 1], text[start:end], labels):
            kind, rule = match
            if kind == "phone" and rule != "mobile" and (more := EXTENSION.match(text, end)):
                end = more.end()
            if rule == "landline" and text[start - 1 : start] == "(":
                start -= 1
            yield first + index, Span(_plus(text, start), end, kind, rule)


def _lengths(digits: str, labels: NearLabels) -> set[int]:
    """How long a number that begins with these digits can be: most digits begin none."""
    lengths = set[int]()
    if digits[:2].isdigit() and int(digits[:2]) in REGIONS:
        lengths |= {15, 18}
    if labels.card or digits.startswith(ISSUERS):
        lengths |= {15, 16, 17, 18, 19}
    if labels.called or CALLED.match(digits):
        # a local number has 7 digits; with area and country codes they are up to 17
        lengths |= {*range(7, 18)}
    return lengths


def _inside(before: str) -> bool:
    """Whether a number goes on to the left: a decimal, a code of letters and digits."""
    if re.search(r"\d\.$|[*]$", before):
        return True
    letters = LETTERS.search(before)
    return bool(letters) and letters is not None and letters.group().lower().lstrip("_") not in WORDS


def _plus(text: str, start: int) -> int:
    return start - 1 if text[start - 1 : start] == "+" and start else start


def _kind(digits: str, pieces: list[int], written: str, labels: NearLabels) -> tuple[str, str] | None:
    bracket = ")" in written
    if not bracket and (rule := _resident(digits, pieces, labels.identity)):
        return "resident-id", rule
    if digits.endswith("X"):
        return None
    if not bracket and (rule := _card(digits, pieces, labels.card)):
        return "bank-card", rule
    called = labels.called
    if called or len(pieces) <= 3 or pieces[:1] in ([2], [4]) or set(pieces) == {1}:
        rule = _phone(digits, pieces, written, called)
        return ("phone", rule) if rule else None
    return None


def _resident(digits: str, pieces: list[int], called: bool) -> str | None:
    """GB 11643: a region, a birth date, three digits and a checksum; a wrong checksum is a slip of the pen, not of the rule."""
    if len(digits) == 18:
        born = digits[6:14]
    elif len(digits) == 15 and digits.isdigit():
        born = "19" + digits[6:12]
    else:
        return None
    if int(digits[:2]) not in REGIONS or not _is_date(born):
        return None
    if len(digits) == 15:
        return "old-form" if len(pieces) == 1 or called or pieces == [6, 6, 3] else None
    try:
        good = ric.calc_check_digit(digits) == digits[-1]
    except ValidationError:
        good = False
    if good:
        return "checksum"
    return "wrong-checksum" if len(pieces) <= 4 or called or set(pieces) == {1} else None


def _is_date(digits: str) -> bool:
    try:
        return 1880 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2035
    except ValueError:
        return False


def _card(digits: str, pieces: list[int], called: bool) -> str | None:
    if called and 15 <= len(digits) <= 19:
        return "label"
    if not 16 <= len(digits) <= 19 or not digits.startswith(ISSUERS) or not luhn.is_valid(digits):
        return None
    grouped = len(pieces) <= 2 or set(pieces) == {1} or set(pieces[:4]) == {4} or pieces[0] == 6
    return "luhn" if grouped else None


def _phone(digits: str, pieces: list[int], written: str, called: bool) -> str | None:
    if not called and not CALLED.match(digits):
        return None
    bare = re.sub(r"^(?:0{2}|\+)?86(?=1[3-9]\d{9}$|0?[1-9]\d{8,11}$)", "", digits)
    bare = re.sub(r"^0(?=1[3-9]\d{9}$)", "", bare)
    if re.fullmatch(r"1[3-9]\d{9}", bare) and (called or _is_valid(bare)):
        return "mobile"
    if re.fullmatch(r"[48]00\d{7}", digits) and (called or re.match(r"[48]00[- ]", written)):
        return "hotline"
    if re.fullmatch(r"0\d{9,11}", digits) and "\n" not in written[:5]:
        return "landline" if called or (_is_valid(digits) and (len(pieces) <= 3)) else None
    if called and 7 <= len(digits) <= 8 and digits[0] in "23456789" and len(pieces) <= 2:
        return "local"
    return "labelled" if called and len(digits) in (10, 11, 12) else None


@lru_cache(100_000)
def _is_valid(digits: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, "CN"))
    except phonenumbers.NumberParseException:
        return False

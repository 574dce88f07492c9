"""Dates, birth dates and great ages; and dates moved by a number of days, in the form that they had."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from kgtools.corpora.deidentify.classes import Span

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in MONTHS)
DATE = re.compile(
    r"(?=[\dJFMASONDjfmasond])(?:(?<![\d.])(?P<y>(?:18|"
    r"19|20)\d{2})(?P<s1>[ ]?[-/.年][ ]?)(?P<m>1[0-2]|0?[1-9])(?P<s2>[ ]?[-/.月][ ]?)(?P<d>3[01]"
    r"|[12]\d|0?[1-9])(?P<end>[日号]?)(?!\d|\.\d)"
    r"|(?<![\d.])(?P<y2>(?:18|19|20)\d{2})(?P<s3>年[ ]?)(?P<m2>1[0-2]|0?[1-9])(?P<e2>月份?)(?!\d|[ ]?\d{1,2}[日号])"
    r"|(?<![\d.月/-])(?P<m3>1[0-2]|0?[1-9])(?P<s4>月)(?P<d3>3[01]|[12]\d|0?[1-9])(?P<e3>[日号])"
    rf"|(?i:(?P<mon>\b(?:{MONTH}))[ ]+(?P<d4>3[01]|[12]\d|0?[1-9])(?P<th>st|nd|rd|th)?(?P<s5>,?[ ]+)(?P<y4>(?:18|19|20)\d{{2}}))(?!\d)"
    rf"|(?i:(?<!\d)(?P<d5>3[01]|[12]\d|0?[1-9])(?P<th2>st|nd|rd|th)?(?P<s6>[ ]+)(?P<mon2>(?:{MONTH})),?[ ]+(?P<y5>(?:18|19|20)\d{{2}}))(?!\d)"
    r"|(?<![\d./-])(?P<m6>1[0-2]|0?[1-9])/(?P<d6>3[01]|[12]\d|0?[1-9])/(?P<y6>(?:18|19|20)\d{2})(?![\d/]))"
)
"""`2023-04-05`, `2023年4月5日`, `4月5日`, `April 5, 2023`, `04/05/2023`."""
COMPACT = re.compile(
    r"(?:日期|时间|date)\s?[:：]?\s?(?P<all>(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01]))(?!\d)",
    re.IGNORECASE,
)
"""`20230405`, where words before it say that it is a date."""
BIRTH = re.compile(
    r"(?:出生日期|出生年月日?|出生时间|生日|生于|出生于|出生|date of birth|d\.?o\.?b\.?|birth ?date|born(?: on)?)[\s:：为是]{0,4}$",
    re.IGNORECASE,
)
"""What stands before a date of birth: `出生日期：`."""
BORN = re.compile(r"^\s?(?:出生|生人)")
"""What stands behind one: `1950年1月生人`."""
AGE = re.compile(
    r"(?=[91aA])(?:(?<![\d.])(?P<age>9\d|1[0-4]\d)(?=\s?(?:周岁|"
    r"岁|歲)(?!以上|以下|及))|(?i:\b(?:aged?|age:)\s?)(?P<age2>9\d|"
    r"1[0-4]\d)\b(?![.%])|\b(?P<age3>9\d|1[0-4]\d)(?=[ -]?(?i:years?[ -]old|"
    r"yo\b|y/o|-year)))"
)
"""`95岁`, `aged 95`, `95 years old`."""
OLDEST = 89
"""Years: HIPAA's safe harbour (45 CFR 164.514) makes 90+ of older ages."""
NOMINAL = 2001
"""The year of a date without one: not a leap year, so every interval within a year holds to the day."""


def dates(text: str) -> Iterator[Span]:
    """Dates, birth dates and ages over 89 of a folded text."""
    if not re.search(r"\d", text):
        return
    for match in DATE.finditer(text):
        if parse(match.group()) is not None:
            before = text[max(0, match.start() - 16) : match.start()]
            born = BIRTH.search(before) or BORN.match(text[match.end() : match.end() + 4])
            yield Span(match.start(), match.end(), "birth-date" if born else "date", "written")
    for match in COMPACT.finditer(text):
        if parse(match.group("all")) is not None:
            kind = "birth-date" if BIRTH.search(text[max(0, match.start("all") - 16) : match.start("all")]) else "date"
            yield Span(match.start("all"), match.end("all"), kind, "compact")
    for match in AGE.finditer(text):
        group = str(match.lastgroup)
        yield Span(match.start(group), match.end(group), "age", "over-89")


def parse(written: str) -> tuple[date, str] | None:
    """The day of a written date and a pattern of `strftime`-like marks to write another; None where there is no such day."""
    if re.fullmatch(r"\d{8}", written):
        return _date_of(int(written[:4]), int(written[4:6]), int(written[6:]), "{y}{mm}{dd}")
    match = DATE.fullmatch(written)
    if match is None:
        return None
    part = match.groupdict()
    if part["y"]:
        month, day = ("{mm}" if part["m"][0] == "0" else "{m}"), ("{dd}" if part["d"][0] == "0" else "{d}")
        if len(part["m"]) == len(part["d"]) == 2:
            month, day = "{mm}", "{dd}"
        return _date_of(
            int(part["y"]), int(part["m"]), int(part["d"]), "{y}" + part["s1"] + month + part["s2"] + day + part["end"]
        )
    if part["y2"]:
        return _date_of(int(part["y2"]), int(part["m2"]), 15, "{y}" + part["s3"] + "{m}" + part["e2"])
    if part["m3"]:
        return _date_of(NOMINAL, int(part["m3"]), int(part["d3"]), "{m}" + part["s4"] + "{d}" + part["e3"])
    if part["mon"]:
        return _date_of(int(part["y4"]), _month(part["mon"]), int(part["d4"]), "{month} {d}" + part["s5"] + "{y}")
    if part["mon2"]:
        return _date_of(int(part["y5"]), _month(part["mon2"]), int(part["d5"]), "{d} {month} {y}")
    return _date_of(int(part["y6"]), int(part["m6"]), int(part["d6"]), "{mm}/{dd}/{y}")


def shift(written: str, days: int) -> str | None:
    """The same date `days` earlier, in the same form."""
    parsed = parse(written)
    if parsed is None:
        return None
    day, form = parsed
    return _write(day - timedelta(days=days), form)


def _write(day: date, form: str) -> str:
    return form.format(
        y=day.year, m=day.month, d=day.day, mm=f"{day.month:02}", dd=f"{day.day:02}", month=MONTHS[day.month - 1]
    )


def _date_of(year: int, month: int, day: int, form: str) -> tuple[date, str] | None:
    try:
        return date(year, month, day), form
    except ValueError:
        return None


def _month(name: str) -> int:
    return next(
        place for place, month in enumerate(MONTHS, start=1) if month.lower().startswith(name.lower().rstrip(".")[:3])
    )


def age_at(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

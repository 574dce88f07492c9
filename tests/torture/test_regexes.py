"""No regex of the code, and no function that reads texts, takes more than about twice the time for twice the text."""

import gc
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import pytest

from kgtools.corpora.decontaminate import option_lists, questions
from kgtools.corpora.deidentify import find, names, scan
from kgtools.corpora.dialogue import descriptions, speakers
from kgtools.corpora.ehr import diagnoses, headings, leaks
from kgtools.corpora.exams import choices
from kgtools.corpora.readers import cmexam, cmtmedqa
from kgtools.corpora.text import escapes
from kgtools.corpora.verify import Item, NameIndex, Step, score
from kgtools.kg.build import casing
from kgtools.templates import values
from tests.torture.regexes import Regex, regexes
from tests.torture.worst import Text, worst

SHORT, SIZES = 40, (1_500, 6_000, 24_000, 96_000)
"""Letters of a text, each of the sizes four times as many as the one before."""
REGEX, FUNCTION, SLOW = 0.0008, 0.0003, 0.1
"""Seconds: a regex or function that takes less for the first size (a regex that takes the square takes 1.2 ms and more, if only
at the beginnings of lines), or for the longer of two, is not looked at further."""


WHOLE = "TORTURE_ROWS" in os.environ
"""Whether `make torture` runs this."""

PARTS = 8
"""Of the regexes: processes side by side take one each."""


class TooLong(Exception):
    """A run was ended by the clock."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What runs within ends with TooLong after so many seconds of this process' own time."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    gc.disable()  # raised within a callback of the collector (hypothesis has one) it would end that alone, and be lost
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.enable()
        signal.signal(signal.SIGPROF, before)


def spent(run: Callable[[str], Any], text: str, limit: float = 1.0, times: int = 1) -> float:
    """The least of the seconds for one run; the limit where it takes as long.

    By the clock on the wall, the least of several runs: that of the process goes in steps of 4 ms on some machines, which
    hides how a short run grows.
    """
    took = []
    for _ in range(times):
        began = time.perf_counter()
        try:
            with at_most(limit):
                run(text)
        except TooLong:
            return limit
        took.append(time.perf_counter() - began)
    return min(took)


def made(text: Text, size: int) -> str:
    before, repeated, behind = text
    return before + repeated * max(1, size // len(repeated)) + behind


def grows(run: Callable[[str], Any], text: Text, least: float) -> bool:
    """Whether four times the text takes more than nine times as long, where it takes long at all.

    Between 1,500 and 6,000 letters what each letter costs can still hide what each pair of letters costs: that it does not grow is
    decided there only where the time is in proportion to the letters. What pairs cost that the next step would find, a fifth of the
    whole at 6,000 letters and more, would make it more than 4.5 times as long. `make torture` takes the next step all the same.
    """
    if all(spent(run, made(text, SHORT), limit=0.1) >= 0.1 for _ in range(2)):  # the first time may load what it needs
        return True
    before = spent(run, made(text, SIZES[0]), limit=0.5)
    if before >= 0.5:
        return spent(run, made(text, SIZES[0]), limit=0.5) >= 0.5
    if before < least:
        return False
    for size in SIZES[1:]:
        now = spent(run, made(text, size), limit=max(SLOW, 9 * before))
        if now >= SLOW and now >= 9 * before:
            if all(_grows_to(run, text, size, times) for times in (2, 3)):  # a busy machine is no reason
                return True
            now = 4 * before
        elif size == SIZES[1] and not WHOLE and now < 4.4 * spent(run, made(text, SIZES[0]), times=2):
            return False
        if size > SIZES[1] and now < 6 * before:
            return False
        before = now
    return False


def _grows_to(run: Callable[[str], Any], text: Text, size: int, times: int) -> bool:
    limit = max(SLOW, 9 * spent(run, made(text, size // 4), times=times))
    return spent(run, made(text, size), limit=limit, times=times) >= limit


def runner(regex: Regex) -> Callable[[str], Any]:
    compiled = re.compile(regex.pattern, regex.flags)
    if regex.method == "finditer":
        return lambda text: sum(1 for _ in compiled.finditer(text))
    return getattr(compiled, regex.method)  # type: ignore[no-any-return]


@cache
def all_regexes() -> dict[Regex, str]:
    return regexes()


def slow(regex: Regex) -> Text | None:
    """A text for which the regex takes more than in proportion."""
    run = runner(regex)
    return next((text for text in worst(regex.pattern, regex.flags) if grows(run, text, REGEX)), None)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}", "finditer"),
        (r"[^?？]*(?:谢|感激)[^?？]*", "fullmatch"),
        (r"\s*<(user|bot)>\s*[:：]\s*", "finditer"),
        (r"(?:最常|最|常)*见", "match"),
        (r"(?:卫生院|卫生|院)*", "fullmatch"),
        (r"<!--.*?-->", "finditer"),
        (r"^[ \t]*(\S.*?)[ \t]*$", "search"),
    ],
)
def test_a_regex_that_takes_the_square_of_a_text_or_more_is_found(pattern: str, method: str) -> None:
    assert slow(Regex(pattern, 0, method))


@pytest.mark.parametrize("pattern", [r"[A-Za-z0-9_.+-]{1,64}@[a-z]+", r"(?:(?<!\s)\s+)?;", r"(?:[ab]{2}){3}c"])
def test_a_regex_in_proportion_to_a_text_is_none_of_them(pattern: str) -> None:
    assert slow(Regex(pattern, 0, "finditer")) is None


def test_all_regexes_of_the_code_are_looked_at() -> None:
    places = " ".join(all_regexes().values())

    for place in ("scan.PLAIN", "numbers.RUN", "ehr.leaks.STATED", "names:", "tokens.LEXEMES", "kg/ontology.yaml"):
        assert place in places
    assert len(all_regexes()) > 300


@pytest.mark.parametrize("part", range(PARTS))
def test_no_regex_takes_more_than_in_proportion_to_its_text(part: int) -> None:
    mine = list(all_regexes().items())[part::PARTS]
    found = {place: (regex.pattern, text) for regex, place in mine if (text := slow(regex))}

    assert not found


def _tags(text: str) -> tuple[list[str], list[str]]:
    _, *pieces = speakers.LINE.split(text)
    return pieces[::2], pieces[1::2]


LABEL = leaks.pattern_of("糖尿病")
NAMES = NameIndex(["肺炎", "诊断", "病史", "a", "A. 甲", "the"])
ABOUT, ENDS = (("糖尿病", "diabetes"),), (("多饮", "a"), ("多尿",), ("肺炎",))
OPTIONS = {"A": "甲", "B": "糖尿病", "C": "诊断", "D": "a"}
ITEMS = {
    "choice": Item("choice", ABOUT, OPTIONS, "A"),
    "choices": Item("choice", ABOUT, OPTIONS, "AC"),
    "boolean": Item("boolean", ABOUT, right="true"),
    "set": Item("set", ABOUT, answers=ENDS, wrong=(("诊断",),)),
    "steps": Item("set", ABOUT, answers=ENDS[:1], steps=(Step(("糖尿病",), "HAS_SYMPTOM", ("多饮", "a")),)),
    "both": Item("set", of="both", about=(*ABOUT, ("甲",)), answers=ENDS),
    "abstain": Item("abstain", ABOUT),
    "text": Item("text", ABOUT, answers=ENDS, reference="糖尿病的病史：约100元。诊断：肺炎，多见于a。"),
    "cypher": Item("cypher", right="MATCH (a) RETURN a.name"),
}
FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "find": find.find,
    "structured": find.find_structured,
    "names": lambda text: list(names.names(text)),
    "plain": lambda text: list(scan._plain(text)),
    "without_label": partial(leaks.without_label, pattern=LABEL),
    "without_impressions": partial(leaks.without_impressions, section=headings.Section.IMAGING),
    "split": headings.split,
    "parse": diagnoses.parse,
    "listed": option_lists.read_list,
    "right_of": lambda text: questions.right_of({"A": "甲", "B": "乙"}, text, text),
    "choice_of": lambda text: choices.choice_of(text, "A", "{}"),
    "flattened": speakers.read_flat,
    "parted": lambda text: speakers.with_inner(*_tags(text)),
    "talk_in": lambda text: speakers.turns_in(f"{text}\nAssistant:"),
    "fields_of": descriptions.fields_of,
    "summary_of": descriptions.summary_of,
    "without_escapes": escapes.without_escapes,
    "options_of": cmexam.options_of,
    "thanks": cmtmedqa.THANKS.fullmatch,
    "quantity": values.parse.__wrapped__,
    "predicate": values.is_predicate,
    "people": values.is_people,
    "tidy": values.tidy,
    "case": casing.to_sentence_case,
    **{
        f"score {name}": lambda text, item=item: score(text, item, NAMES, "糖尿病的诊断？")
        for name, item in ITEMS.items()
    },
}
REPEATED = (
    "a", "1", " ", "\n", "。", "，", "(", "（", "[", "a@", "a.", "1.", "1 ", "1-", "A、", "A. 甲\n", "患者", "医院", "卫生院", "糖尿病，", "糖尿病",
    "诊断：", "1、肺炎；", "请\n", "姓名：王芳，", "13800138000，", "110101199003070038 ", "a@b.cn ", "2020-01-02 ", "[姓名1]", "<user>: ", "谢",
    "<p>", "</p>", "<br>", "<b x=1 ", "&lt;", "&amp;", "\\n", "\\n ", "the ", "用 ", "\"", "{\"a\": ", "`",
    "病史：", "\t:", "约", "100元", "多见于", "John Smith ", "Mr. Smith, ", "北京市朝阳区建国路1号，", "1、甲\n", "① ", "①甲", "-甲\n", "|a|\n",
    "病人：", "\n病人：", " 医生：", "护士：", "A and B. ", "不是", "没有甲，", "答案：A ", "MATCH (a) ", "<think>",
)  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_takes_more_than_in_proportion_to_its_text(name: str) -> None:
    slow = [text for text in REPEATED if grows(FUNCTIONS[name], ("x", text, "\0"), FUNCTION)]

    assert not slow

"""The sandbox in which templates are rendered: strict, without globals, with our filters and tests of values alone."""

import re
from collections.abc import Callable
from typing import Any, Self

from jinja2 import StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kgtools.templates.values import is_people, is_predicate, is_quantity, is_route

SPELLED = re.compile(r"(?:[A-Z]|[a-z](?=[A-Z]))(?![a-z])")
"""What begins with a letter that is said by its name: MRI, X-ray, H2, eGFR, mRNA."""
AN_LETTER = re.compile("[AEFHILMNORSX]", re.IGNORECASE)
AN_WORD = re.compile(
    r"hour|hon(?:est|or|our)|heir|8|1[18](?!\d)|(?!eu|(?:one|once)\b|uni(?!n|m)|ur(?:in|e|ic\b|o)|ut[ei]|us[eu]|uv)[aeiouoœæ]",
    re.I,
)
"""What an English word begins with that takes an: a vowel that is not said as in urine."""


def environment(lang: str) -> ImmutableSandboxedEnvironment:
    """The sandbox of a language: strict undefined, no globals, our filters alone."""
    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False, finalize=_text
    )
    sandbox.globals.clear()
    sandbox.filters.clear()
    sandbox.filters.update(FILTERS[lang])
    sandbox.tests.clear()
    sandbox.tests.update(TESTS)
    return sandbox


def _text(value: object) -> object:
    """What `{{ }}` may print: a text, or `loop.index`; an undefined name goes on to Jinja, which says so."""
    if isinstance(value, str | Undefined) or type(value) is int:
        return value
    raise TypeError(f"{{{{ }}}} prints a {type(value).__name__.lower()}; use tails | listed")


class Tails(list[str]):
    """The names or values of an answer; `partial`: the graph knows more of them than can be said."""

    partial: bool = False

    @classmethod
    def of(cls, items: list[str], partial: bool) -> Self:
        """These items, of which there are more or not."""
        tails = cls(items)
        tails.partial = partial
        return tails


def _items(what: str, items: list[str]) -> list[str]:
    if isinstance(items, list):
        return items
    raise TypeError(f"{what} takes a list, as tails is")


def list_zh(items: list[str], link: str = "、") -> str:
    """`甲、乙、丙`, with `listed("和")` `甲、乙和丙`, and with 等 behind it where there are more."""
    items = _items("listed", items)
    before, last = items[:-1], items[-1:]
    text = link.join(["、".join(before), *last]) if before else "".join(last)
    return text + ("等" if _is_partial(items) else "")


def list_en(items: list[str], link: str = "and") -> str:
    """`a, b and c`, with `listed("or")` `a, b or c`, and `a, b and c, among others` where there are more: so a list stands at the
    end of its sentence."""
    items = _items("listed", items)
    between = f" {link} "
    # gynecology as well as obstetrics and gynecology
    if any(between in item for item in items[-2:]):
        between = " as well as " if link == "and" else f", {link} "
        between = f",{between}" if link == "and" and len(items) > 2 else between
    text = items[0] if len(items) == 1 else f"{', '.join(items[:-1])}{between}{items[-1]}"
    return f"{text}, among others" if _is_partial(items) else text


def _is_partial(items: list[str]) -> bool:
    return isinstance(items, Tails) and items.partial


def _said(what: str, text: str) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, Undefined):
        return str(text)  # raises, with its name
    raise TypeError(f"{what} takes a text, as head is; use tails | listed | {what}")


def first_upper(text: str) -> str:
    """The text with its first letter in upper case, the rest as it is."""
    text = _said("first_upper", text)
    return text[:1].upper() + text[1:]


def with_article(text: str) -> str:
    """The text with a or an before it, as it is said: `a fever`, `an ulcer`, `an MRI scan`, `a urinary infection`."""
    text = _said("with_article", text)
    begins = AN_LETTER if SPELLED.match(text) else AN_WORD
    return f"{'an' if begins.match(text) else 'a'} {text}"


def no_stop(text: str) -> str:
    """The text without the stop, comma or space at its end, for values that are sentences or were cut off."""
    return _said("no_stop", text).rstrip("。.；;，,、 \t\r\n")


def join(items: list[str], separator: str = "") -> str:
    """The items with a separator between them."""
    return separator.join(_items("join", items))


def is_several(items: list[str]) -> bool:
    """Whether an answer has more than one item, said or not: `{% if tails is several %}are{% else %}is{% endif %}`."""
    return len(_items("several", items)) > 1 or _is_partial(items)


_COMMON: dict[str, Callable[..., str]] = {"first_upper": first_upper, "join": join, "no_stop": no_stop}
FILTERS: dict[str, dict[str, Callable[..., str]]] = {
    "zh": {**_COMMON, "listed": list_zh},
    "en": {**_COMMON, "listed": list_en, "with_article": with_article},
}
"""The filters of each language, all there are."""
TESTS: dict[str, Callable[[Any], bool]] = {
    "quantity": is_quantity, "predicate": is_predicate, "people": is_people, "route": is_route, "several": is_several,
}  # fmt: skip
"""The tests of a value, and of all of them, all there are: `{% if value is quantity %}`, `{% if tails is several %}`."""

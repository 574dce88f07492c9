"""Whether a value of one head is clearly wrong of another: quantities, groups of people, ways of transmission, words, long texts.

A value that is none of them cannot be judged, and is used for no preference."""

import re
from functools import cache

from kgtools.kg.ontology import ontology
from kgtools.templates.preferences.known_names import ENDS, KnownNames, form
from kgtools.templates.values import parse

FACTOR = 2.0
"""By how much the middles of two quantities must differ; nor may they overlap."""
TEXT = r"(?s)^.{41}|[，,。；;\n]."
"""A value that is long, or has a comma or a stop in its middle, is a text."""
PROSE = ("description", "cause", "prevention", "prognosis", "pathogenesis", "pathophysiology")
"""Attributes whose values are texts, however short."""
PEOPLE = {
    "child": r"儿|婴|幼|童|infant|child|newborn|neonat",
    "youth": r"青少年|少年|学生|adolescen|teen",
    "adult": r"青年|青壮年|壮年|成年|成人|中年|中青年|妇|孕|产后|产妇|妊娠|育龄|工人|adult|middle-aged|pregnan|women|men\b",
    "old": r"老年|老人|成年|成人|older|elderly|adult",
}
SEXES = {"male": r"男|(?<!wo)\bmen\b|\bmale", "female": r"女|妇|孕|产后|产妇|妊娠|women|female|pregnan"}
ROUTES = {
    "air": r"呼吸|飞沫|空气|尘|respirat|droplet|air",
    "mouth": r"消化|粪|口传|口感染|饮食|食物|水源|疫水|肠道|oral|food|water|digest",
    "contact": r"接触|性传|性行为|皮肤|黏膜|粘膜|contact|sexual|skin",
    "blood": r"血|母婴|垂直|胎盘|blood|mother",
    "insect": r"虫媒|蚊|蜱|螨|蚤|虱|昆虫|叮咬|mosquito|insect|vector",
}
NO_ROUTE = re.compile(r"无传染|不传染|非传染|没有传染|不具传染|not contagious|non-?contagious|not infectious")
"""What says that a disease does not spread: `无传染性`."""
KINDS = {"susceptible_population": (PEOPLE, SEXES), "transmission": (ROUTES,)}
BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】", "{": "}", "《": "》", "“": "”"}
LATIN = re.compile(r"[（(\[［,，]\s*[A-Za-z][A-Za-z-]{3,}")
"""A name in Latin letters behind a Chinese one: `肺炎（pneumonia`."""


def is_balanced(text: str) -> bool:
    """Whether every bracket has its other half."""
    waiting: list[str] = []
    for sign in text:
        if sign in BRACKETS:
            waiting.append(BRACKETS[sign])
        elif sign in BRACKETS.values() and (not waiting or waiting.pop() != sign):
            return False
    return not waiting


def why_unused(attribute: str, value: str, text: str) -> str | None:
    """Why a value cannot be judged; `text`: as an answer says it. Long texts are judged by `carry`."""
    if not is_balanced(text):
        return "unbalanced-brackets"
    if has_unit(attribute):
        return None if parse(value) else "value-not-parsed"
    if attribute in KINDS:
        return None if any(_signs(attribute, value)) or NO_ROUTE.search(value) else "value-not-parsed"
    if is_text(attribute, value):
        return None
    return "value-not-parsed" if re.search(r"\d", value) else None


@cache
def has_unit(attribute: str) -> bool:
    """Whether the values of an attribute are quantities."""
    return ontology().attributes[attribute].unit is not None


def is_text(attribute: str, value: str) -> bool:
    """Whether a value is a text, or a piece of one, rather than a name or a quantity."""
    if has_unit(attribute) or attribute in KINDS:
        return False
    return attribute in PROSE or re.search(TEXT, value) is not None


def are_apart(attribute: str, one: str, other: str) -> bool:
    """Whether two values of an attribute cannot both be true."""
    if has_unit(attribute):
        first, second = parse(one), parse(other)
        return bool(first and second and first.apart(second, FACTOR))
    if attribute == "transmission":
        none = [NO_ROUTE.search(value) is not None for value in (one, other)]
        if any(none):
            return not all(none)
    if attribute in KINDS:
        return any(a and b and not a & b for a, b in zip(_signs(attribute, one), _signs(attribute, other), strict=True))
    if is_text(attribute, one):
        return one != other
    return _pairs(one).isdisjoint(_pairs(other))


@cache
def _signs(attribute: str, value: str) -> tuple[frozenset[str], ...]:
    """What a value names of each of the attribute's kinds."""
    return tuple(
        frozenset(name for name, pattern in kind.items() if re.search(pattern, value, re.IGNORECASE))
        for kind in KINDS[attribute]
    )


@cache
def _pairs(value: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a value, those of an end that says little left out."""
    text = ENDS.sub("", form(value)) or form(value)
    return frozenset(text[at : at + 2] for at in range(max(1, len(text) - 1)))


def _in_compound(name: str) -> str:
    """A name as a part of a longer word, as 狂犬病 in 狂犬病毒: another would make no word there."""
    name = re.escape(name)
    return rf"[假类抗非副拟似]{name}|{name}(?:病|毒|菌|性|样|症|炎|素|虫|苗|型|期|灶|患儿|体|杆|球|抗|[A-Za-z])"


class Texts:
    """Long texts, and how one that was written of one head is told of another: with its name in every place of the other's."""

    def __init__(self, known: KnownNames) -> None:
        self._known = known

    def is_portable(self, owner: int, text: str) -> bool:
        """Whether a text names its head, by nothing but its name, so that another can stand in every place."""
        name = self._known.names[owner]
        if len(name) < 2 or name not in text or LATIN.search(text) or re.search(_in_compound(name), text):
            return False
        if re.search(rf"{re.escape(name)}\s*[（(\[“\"]", text):
            return False
        if any(len(alias) > 1 and alias in text.replace(name, "") for alias in self._known.aliases.get(owner, ())):
            return False
        return not self._traces(name, text)

    def _traces(self, name: str, text: str) -> bool:
        """Whether a longer name of the graph holds this one in the text, or a part of it that is a name itself is left."""
        known = self._known.known
        for found in re.finditer(re.escape(name), text):
            for start in range(max(0, found.start() - 6), found.start() + 1):
                for end in range(found.end(), min(len(text), found.end() + 6) + 1):
                    if end - start > len(name) and form(text[start:end]) in known:
                        return True
        rest = text.replace(name, "\n")
        parts = {name[a:b] for a in range(len(name)) for b in range(a + 2, len(name) + 1)}
        return any(part in rest and form(part) in known for part in parts)

    def carry(self, text: str, owner: int, head: int) -> str | None:
        """A portable text as if it were of the head; null where it names the head already."""
        return (
            None if self._known.names[head] in text else text.replace(self._known.names[owner], self._known.names[head])
        )

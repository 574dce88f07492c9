"""SPDX licence ids and expressions, as the library `license-expression` reads them; it is loaded when it is first needed."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import accumulate
from typing import Any

DEEPEST = 50
"""Parentheses within each other; what has more is no expression that anybody wrote."""

REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
"""`LicenseRef-mine`."""
ADDITION = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+")
"""`AdditionRef-mine`."""
WHOLE = re.compile(r"GPL-\d\.\d-with-|MPL-2\.0-no-copyleft")
"""Licences of SPDX's list that the index takes for exceptions."""

GNU = re.compile(r"-(only|or-later)$")
"""The end of a GNU licence's id: `GPL-3.0-only`."""
SEPARATOR = re.compile(r"(?:(?<!\s)\s+)?[/|,;&]\s*")
"""What people write between two licences: `MIT / Apache-2.0`."""
PHRASES = (
    ("creative commons", "cc"), ("zero", "0"), ("attribution", "by"), ("non-?commercial", "nc"), ("share ?-?alike", "sa"),
    ("no ?-?deriv(ative)?(work)?s", "nd"), ("gnu affero general public", "agpl"), ("gnu (lesser|library) general public", "lgpl"),
    ("gnu general public", "gpl"), ("gnu free documentation", "gfdl"), ("mozilla public", "mpl"), ("open database", "odbl"),
    ("public domain( dedication)?", "public-domain"), ("cc 0", "cc0"),
)  # fmt: skip
COMMON = {
    "bsd": ("BSD-2-Clause", "BSD-3-Clause"), "bsd-2": ("BSD-2-Clause",), "bsd-3": ("BSD-3-Clause",), "pd": ("CC-PDM-1.0", "CC0-1.0"),
    "public-domain": ("CC-PDM-1.0", "CC0-1.0"),
}  # fmt: skip
"""What is often written and is near to no id."""

NOISE = r"\b(licen[cs]ed?|the|under|version|international|unported|universal|public(?!-))\b|[()]"
NOWHERE = (
    "none",
    "noassertion",
    "n/a",
    "na",
    "null",
    "unstated",
    "unspecified",
    "not stated",
    "no licence",
    "no license",
    "?",
    "-",
)


@dataclass(frozen=True)
class Expression:
    """An expression as SPDX spells it. `operator`: AND or OR between the `parts`, or none: then `name` is one licence, and
    `base` that without what is behind WITH. `known`: SPDX knows each word of it, or it is one of the words that were given."""

    text: str
    operator: str = ""
    parts: tuple["Expression", ...] = ()
    name: str = ""
    base: str = ""
    known: bool = True

    def names(self) -> list["Expression"]:
        """The single licences in it, in order."""
        return [name for part in self.parts for name in part.names()] if self.parts else [self]

    def is_prose(self) -> bool:
        """Whether a licence in it is several words, as no id is."""
        return any(" " in one.base for one in self.names())

    def has_choice(self) -> bool:
        """Whether there is an OR in it."""
        return self.operator == "OR" or any(part.has_choice() for part in self.parts)


@cache
def _index() -> dict[str, dict[str, Any]]:
    """SPDX id -> what the index that comes with the library says of it, exceptions among them."""
    from license_expression import get_license_index

    entries = ((str(entry["spdx_license_key"] or ""), entry) for entry in get_license_index())
    return {
        name: entry | {"is_exception": entry["is_exception"] and not WHOLE.match(name)}
        for name, entry in entries
        if name and not name.startswith("LicenseRef-")
    }


@cache
def categories() -> dict[str, str]:
    """SPDX id -> category (`Permissive`, `Copyleft`, ...) of ScanCode's index; licences only."""
    return {name: str(entry["category"]) for name, entry in _index().items() if not entry["is_exception"]}


@cache
def _parser(words: frozenset[str]) -> Any:
    """The parser. `X+` is X or a later version of it; another spelling of an id counts where it was an id itself once."""
    from license_expression import LicenseSymbol, Licensing

    symbols = [
        LicenseSymbol(name, aliases=_aliases(entry), is_exception=entry["is_exception"])
        for name, entry in _index().items()
    ]
    symbols += [LicenseSymbol(f"{name}+") for name in categories() if not GNU.search(name)]
    known = {str(key).lower() for symbol in symbols for key in (symbol.key, *symbol.aliases)}
    return Licensing(symbols + [LicenseSymbol(word) for word in sorted(words) if word.lower() not in known])


def _aliases(entry: dict[str, Any]) -> list[str]:
    """Ids that SPDX had before; a LicenseRef- is whose it is, and `GPL` says no version."""
    return [
        name
        for name in map(str, entry["other_spdx_license_keys"])
        if not name.startswith("LicenseRef-") and re.search(r"-|\d", name) and " " not in name
    ]


def parse(text: str, words: frozenset[str]) -> Expression:
    """The text as an expression; `words` are licences besides those of SPDX. Raises ValueError where it is none.

    A word that nobody knows is a licence like others, but not `known`; so is every LicenseRef- that is not among `words`."""
    from license_expression import ExpressionError, ExpressionParseError

    one_line = text.strip()
    if not one_line:
        raise ValueError("empty")
    if not one_line.isprintable():
        raise ValueError("more than one line, or signs that are not printed")
    if max(accumulate((sign == "(") - (sign == ")") for sign in one_line), default=0) > DEEPEST:
        raise ValueError("too many parentheses within each other")
    one_line = re.sub(r"\b(licenseref|documentref|additionref)-", _reference, one_line, flags=re.IGNORECASE)
    licensing = _parser(words)
    try:
        tree = licensing.parse(one_line, validate=False)
    except (ExpressionError, ExpressionParseError) as error:
        raise ValueError("no SPDX expression") from error
    return _expression(licensing, tree)


def _reference(match: re.Match[str]) -> str:
    return {"licenseref": "LicenseRef-", "documentref": "DocumentRef-", "additionref": "AdditionRef-"}[match[1].lower()]


def _expression(licensing: Any, tree: Any) -> Expression:
    for kind, operator in ((licensing.AND, "AND"), (licensing.OR, "OR")):
        if isinstance(tree, kind):
            parts = tuple(_expression(licensing, each) for each in tree.args)
            return Expression(tree.render(), operator, parts, known=all(part.known for part in parts))
    base, behind = getattr(tree, "license_symbol", tree), getattr(tree, "exception_symbol", None)
    known = str(base.key) in licensing.known_symbols and not base.is_exception
    if behind is not None:
        known = known and behind.is_exception
    return Expression(tree.render(), name=tree.render(), base=str(base.key), known=known)


def may_be_written(one: Expression) -> bool:
    """Whether a single licence is one that SPDX's grammar lets stand in an expression, known or somebody's own."""
    base, _, behind = one.name.partition(" WITH ")
    if one.known:
        return True
    if not behind:
        return bool(REFERENCE.fullmatch(base))
    own = bool(REFERENCE.fullmatch(base)) or base.removesuffix("+") in categories()
    return own and (bool(ADDITION.fullmatch(behind)) or bool(_index().get(behind, {}).get("is_exception")))


def nearest(text: str, words: Collection[str] = ()) -> list[str]:
    """At most two SPDX ids, expressions or `words` that somebody who wrote this may have meant."""
    parts = SEPARATOR.split(text.strip())
    if len(parts) > 1:
        ids = [nearest(part, words)[:1] for part in parts]
        if all(ids):
            return [f" {word} ".join(name for each in ids for name in each) for word in ("OR", "AND")]
    if text.strip().lower() in NOWHERE:
        return ["unknown"]
    key, spelled = _key(text), {word.lower(): [word] for word in words} | _spellings()
    if key in COMMON:
        return list(COMMON[key])
    versions = sorted(filter(re.compile(rf"{re.escape(key)}-[\d.]+").fullmatch, spelled), key=_version, reverse=True)
    for word in (key, f"{key}.0", *versions[:2], *get_close_matches(key, spelled, n=2, cutoff=0.8)):
        if word in spelled and key:
            more = versions[:2] if word in versions[:2] else [word]
            return list(dict.fromkeys(name for each in more for name in spelled[each]))[:2]
    return []


def _key(text: str) -> str:
    """Lower case, words that say nothing left out, hyphens between the others: `cc-by-4.0`."""
    key = " ".join(text.lower().replace("_", " ").split())
    for phrase, short in PHRASES:
        key = re.sub(phrase, short, key)
    key = re.sub(r"\bv(?=\.? ?\d)\.? ?|(?<=[a-z])v(?=\d)", " ", re.sub(NOISE, " ", key))
    key = re.sub(r"(?<=[a-z])(?=\d(\.\d)*$)", " ", key) if key.strip() != "cc0" else key
    return "-".join(dict.fromkeys(filter(None, re.split(r"[\s,:-]+", key.strip(" -.")))))


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


@cache
def _spellings() -> dict[str, list[str]]:
    """Another spelling of an id, in lower case -> the ids: a version of the GPL without more is two of them."""
    ids: dict[str, list[str]] = {}
    for name in categories():
        entry = _index()[name]
        forms: Iterable[str] = (name, *_aliases(entry), str(entry["license_key"]))
        for form in forms:
            also = [GNU.sub("-or-later", name)] if name.endswith("-only") and form != name else []
            ids.setdefault(form.lower(), [name, *also])
    return ids

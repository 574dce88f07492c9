"""Licences that users name and that files hold: checked, told of, and the gate, which lets nothing leave that one forbids.

A licence is an SPDX expression, or a word of `licenses.yaml`; `tools.licenses.spdx` reads it, `tools.licenses.terms` knows what it says."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.licenses import spdx
from kgtools.tools.licenses.terms import USES, clashes, demand, expression, find, read, words
from kgtools.tools.terminal import shown

MOST = 64
"""Choices (`A OR B`) of one expression that are looked at, the freest first."""


def check_license(text: str, where: str = "licence") -> str:
    """A licence that a user names, as SPDX spells it. Raises UsageError, which says what to write, for what is none.

    Good are SPDX's ids and expressions, LicenseRef- of anybody's, and the words of the table (`unknown`). `where`: what it was
    given for, such as `--license`."""
    if spdx.REFERENCE.fullmatch(text):
        return text
    try:
        expression = spdx.parse(text, words())
    except ValueError as error:
        raise UsageError(f"{where} {_short(text)}: {error}; {_instead(text)}".lstrip()) from error
    for one in expression.names():
        if not spdx.may_be_written(one):
            which = "no" if one.name == expression.text else f"{_short(one.name)} is no"
            raise UsageError(f"{where} {_short(text)}: {which} licence of SPDX's list; {_instead(one.name)}".lstrip())
    return expression.text


def _short(text: str) -> str:
    return repr(text if len(text) < 100 else f"{text[:96]}...")


def _instead(text: str) -> str:
    """What to write for a licence that is none."""
    near = spdx.nearest(text, words())
    meant = f"did you mean {' or '.join(near)}? Else write" if near else "write"
    return (
        f"{meant} an id of https://spdx.org/licenses, several with AND or OR between, "
        f"LicenseRef-{_reference_of(text) or 'yourname'} for a licence that is "
        "not there, or unknown where none is known"
    )


def _reference_of(text: str) -> str:
    """What may stand behind LicenseRef- for a licence that somebody calls so."""
    plain = re.sub(r"(?i)^licenseref[-_ ]*|\b(and|or|with)\b|[^A-Za-z0-9.-]", " ", text).split()
    return "-".join(plain)[:40].strip("-.")


def _for_settings(text: str) -> str:
    try:
        return check_license(text, "")
    except UsageError as error:
        raise ValueError(str(error)) from error


LicenseText = Annotated[str, AfterValidator(_for_settings)]
"""A licence in the settings of a model: checked, and spelled as SPDX does."""


def operand(license_: str) -> str:
    """A licence as it may stand beside AND: a choice has parentheses, and words that are no expression are a LicenseRef-."""
    found = expression(license_)
    if found is not None and not found.is_prose():
        return f"({found.text})" if found.operator == "OR" else license_.strip()
    return f"LicenseRef-unread-{_reference_of(license_)}".rstrip("-") if license_.strip() else "unknown"


def all_of(licenses: Iterable[str]) -> str:
    """The licence of what is made from things under these: each once, joined by AND."""
    each = list(dict.fromkeys(map(operand, licenses)))
    return read(each[0]).text if len(each) == 1 else " AND ".join(each)


@lru_cache(maxsize=10_000)
def choices(license_: str) -> tuple[tuple[str, ...], ...]:
    """The ways to read an expression, each as the single licences that must all be satisfied; the freest first."""
    return tuple(_choices(read(license_)))


def _choices(expression: spdx.Expression) -> list[tuple[str, ...]]:
    if not expression.parts:
        return [(expression.name,)]
    each = [_choices(part) for part in expression.parts]
    if expression.operator == "OR":
        return _freest(choice for some in each for choice in some)
    ways: list[tuple[str, ...]] = [()]
    for some in each:
        ways = _freest(tuple(dict.fromkeys((*way, *choice))) for way in ways for choice in some)
    return ways


def _freest(ways: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return sorted(dict.fromkeys(ways), key=_burden)[:MOST]


def _burden(names: tuple[str, ...]) -> tuple[bool, bool, int, int]:
    """How much several licences ask together."""
    worst = max((list(USES).index(find(name).use) for name in names), default=0)
    bound = sum(find(name).under is not None for name in names)
    return worst == 2, bool(clashes(names)), worst, bound


def parts(license_: str) -> list[str]:
    """The licences that a row is under, `A AND B`, each once; where one may be chosen (`A OR B`), the freest."""
    return list(choices(license_)[0])


def inside(rows: Iterable[str]) -> list[str]:
    """The single licences of rows, sorted."""
    return sorted({name for license_ in rows for name in parts(license_)})


@dataclass(frozen=True)
class Gate:
    """What may leave. `rows`: licence -> rows, of all that are there; `refused`: those of them that may not, by licence.

    Why not: `forbidding` are single licences, `clashes` several of which nothing can satisfy all."""

    rows: dict[str, int]
    refused: dict[str, int] = field(default_factory=dict)
    forbidding: tuple[str, ...] = ()
    clashes: tuple[tuple[str, ...], ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """What --allow-license lacks for the rows that are refused."""
        return (*self.forbidding, *map(" AND ".join, self.clashes))

    def why(self, called: Callable[[str], str] = str) -> str:
        """What the refusal rests on. `called`: how a licence is named."""
        said = [f"{called(name)}: {find(name).source}" for name in self.forbidding]
        for names in self.clashes:
            asked = ", ".join(f"{called(name)} {demand(name)}" for name in names)
            said.append(f"{' AND '.join(names)} cannot be satisfied together by what is made from them: {asked}")
        return "; ".join(said)

    def way_out(self, allow: str) -> str:
        """What can be done; `allow` lets what is refused pass."""
        leave = "Leave one of the sources out; or if" if self.clashes else "If"
        return f"{leave} you have the right, or they stay with you: {allow}"

    def options(self) -> str:
        """`--allow-license` for all that is refused."""
        quoted = (name.replace("'", "'\"'\"'") for name in self.needed)
        return " ".join(f"--allow-license '{name}'" for name in quoted)


def gate(rows: Mapping[str, int], allowed: Collection[str], where: str = "--allow-license") -> Gate:
    """Which rows may leave, from the number of rows under each licence.

    `allowed`: licences, or conjunctions of them, for which the user answers; as they stand in a row, or as SPDX has them.
    Raises UsageError for anything else, at `where`, and InputError for rows whose licence is not one line of signs that are
    printed: a licence goes into cards and commands."""
    for license_ in sorted(rows):
        if not license_.isprintable():
            raise InputError(
                f"{rows[license_]:,} rows have the licence {_short(license_)}: more than one line, or signs that are not printed; "
                "write their licence again"
            )
    there = {name.lower() for license_ in rows for choice in choices(license_) for name in (license_.strip(), *choice)}
    answered = set[frozenset[str]]()
    for text in allowed:
        said = text if text.strip().lower() in there else check_license(text, where)
        answered |= {frozenset(name.lower() for name in choice) for choice in choices(said)}
    refused, forbidding, clashing = Counter[str](), set[str](), set[tuple[str, ...]]()
    for license_, number in sorted(rows.items()):
        found = [_faults(choice, answered) for choice in choices(license_)]
        single, joint = min(found, key=lambda faults: len(faults[0]) + len(faults[1]))
        if single or joint:
            refused[license_] += number
            forbidding.update(single)
            clashing.update(joint)
    return Gate(dict(sorted(rows.items())), dict(refused), tuple(sorted(forbidding)), tuple(sorted(clashing)))


def _faults(names: tuple[str, ...], answered: set[frozenset[str]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The licences that forbid, and the clashes, for which nobody answers. Who names a row's licences together, all of
    them or those that clash, answers for them."""
    whole = frozenset(map(str.lower, names))
    if whole in answered:
        return [], []
    single = [name for name in names if find(name).use == "no" and frozenset({name.lower()}) not in answered]
    named = [some for some in answered if some < whole]
    joint = [clash for clash in clashes(names) if not any({*map(str.lower, clash)} <= some for some in named)]
    return single, [tuple(sorted(clash)) for clash in joint]


def describe_license(name: str, answered: str = "") -> str:
    """What a single licence lets one do, and what that rests on. `answered`: who answers for one that forbids it."""
    license_ = find(name)
    under = f"; {demand(name)}" if license_.under is not None else ""
    return f"{USES[license_.use]}{answered if license_.use == 'no' else ''}. {license_.source}{under}"


def notes(rows: Mapping[str, int], exported: bool = True) -> str:
    """Markdown: each licence of the rows and how many there are; then what each single one lets one do, and its source.

    `exported`: whether the rows went through the gate, so that somebody answered for what forbids it."""
    lines = ["| licence | rows |", "| --- | ---: |"]
    lines += [f"| {cell(_plain(license_))} | {number:,} |" for license_, number in rows.items()]
    joint = sorted({tuple(sorted(clash)) for license_ in rows for clash in clashes(tuple(parts(license_)))})
    answered = "; whoever exported this said that they may" if exported else ""
    said = [f"- `{_plain(name)}`: {describe_license(name, answered)}" for name in inside(rows)]
    said += [
        f"- `{_plain(' AND '.join(names))}`: cannot be satisfied together{answered and answered + ' pass it on'}"
        for names in joint
    ]
    return "\n".join([*lines, "", *said])


def cell(text: str) -> str:
    """A text as it may stand in a table of Markdown, or in a line of it: no mark in it begins anything."""
    return shown(" ".join(text.replace("|", "\\|").replace("<", "&lt;").split()))


def _plain(text: str) -> str:
    return shown(" ".join(text.replace("`", "'").split())) or "unknown"

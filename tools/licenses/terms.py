"""What single licences let one do, and which of them cannot be satisfied together: `licenses.yaml`, ScanCode's index beyond it."""

from collections.abc import Collection
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Literal, Self

from pydantic import RootModel, model_validator

from kgtools.tools.config import Settings, load_yaml
from kgtools.tools.licenses import spdx

TABLE = Path(__file__).with_name("licenses.yaml")
USES = {
    "free": "may be passed on",
    "noncommercial": "may be passed on, not for commercial use",
    "no": "may NOT be passed on",
}
"""What may be done, from the freest."""

FREE = {"Permissive": None, "Public Domain": None, "Copyleft": (), "Copyleft Limited": ()}
"""Categories of ScanCode's index that are free, and under what besides itself a thing may be passed on then (None: anything)."""


class License(Settings):
    """One licence of the table; see `licenses.yaml`."""

    use: Literal["free", "noncommercial", "no"]
    source: str
    hub: str = ""
    under: tuple[str, ...] | None = None
    not_under: tuple[str, ...] = ()
    because: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if bool(self.because) != (self.under is not None or bool(self.not_under)):
            raise ValueError("because says what under or not_under rests on; give both or none")
        return self


class _Table(RootModel[dict[str, License]]):
    """Name -> licence."""


UNREAD = License(use="no", source="not in the table of licences: nobody has read what it says")


@cache
def table() -> dict[str, License]:
    """The licences that were read, by their names in the file."""
    return load_yaml(TABLE, _Table).root


@cache
def words() -> frozenset[str]:
    """The names of the table that are written out."""
    return frozenset(name for name in table() if not name.endswith("*"))


@cache
def _by_lower_case() -> dict[str, License]:
    return {name.lower(): license_ for name, license_ in table().items()}


@cache
def _ids(name: str) -> frozenset[str]:
    """The ids of SPDX's list, in lower case, for which a name of the table that ends in * stands."""
    begin = name.removesuffix("*").lower()
    return frozenset(id_.lower() for id_ in spdx.categories() if name != begin and id_.lower().startswith(begin))


@lru_cache(maxsize=10_000)
def expression(text: str) -> spdx.Expression | None:
    """An expression that was found in a file; None where it cannot be read as one."""
    try:
        found = spdx.parse(text, words())
    except ValueError:
        return None
    return None if found.is_prose() and found.has_choice() else found  # `for research or teaching` is no choice


def read(text: str) -> spdx.Expression:
    """The same; what cannot be read is one licence, of which nothing is known."""
    whole = text.strip() or "unknown"
    return expression(text) or spdx.Expression(whole, name=whole, base=whole, known=whole == "unknown")


@lru_cache(maxsize=10_000)
def find(name: str) -> License:
    """What a single licence says; names are compared without case. An exception that SPDX knows takes nothing away."""
    found = read(name)
    if " WITH " in found.name and not found.known:
        return UNREAD
    base = _base(name)
    entries, wanted = _by_lower_case(), base.lower()
    if wanted in entries:
        return entries[wanted]
    stems = [key for key in entries if wanted in _ids(key)]
    if stems:
        return entries[max(stems, key=len)]
    category = spdx.categories().get(base, "")
    if category not in FREE:
        return UNREAD
    source = f"{category.lower()}, says ScanCode's index of licences"
    because = "" if FREE[category] is None else f"{source}; nobody has read to which others it lets things go"
    return License(use="free", source=source, under=FREE[category], because=because)


def _base(name: str) -> str:
    """A licence without its exception and without `or later`, which are looked up as the licence itself."""
    found = read(name)
    return found.base.removesuffix("+") if found.known else found.base


def _lets(name: str, way: str) -> bool:
    """Whether what is made from something under one licence may be passed on under another."""
    license_ = find(name)
    if way == name:
        return True
    if license_.under is None and license_.use == "noncommercial":
        return find(way).use == "noncommercial"
    return not _among(way, license_.not_under) and (license_.under is None or _among(way, license_.under))


def _among(name: str, names: Collection[str]) -> bool:
    return any(name.lower() in _ids(each) if each.endswith("*") else name == each for each in names)


@lru_cache(maxsize=10_000)
def _agree(names: tuple[str, ...]) -> bool:
    """Whether there is a licence under which what is made from things under all of these may be passed on."""
    bases = list(dict.fromkeys(_base(name) for name in names if find(name).use != "no"))
    listed = [way for base in bases for way in find(base).under or () if not way.endswith("*")]
    return not bases or any(all(_lets(base, way) for base in bases) for way in [*bases, *listed])


@lru_cache(maxsize=10_000)
def clashes(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The pairs of licences that nothing made from both can satisfy; all of them where each two agree and all do not.

    What forbids to pass anything on is not counted here."""
    pairs = tuple(pair for pair in combinations(names, 2) if not _agree(pair))
    return pairs or (() if _agree(names) else (tuple(name for name in names if _asks(find(name))),))


def _asks(license_: License) -> bool:
    return license_.use == "noncommercial" or license_.under is not None or bool(license_.not_under)


def demand(name: str) -> str:
    """What a licence asks of what is made from it, with what that rests on."""
    license_ = find(name)
    if license_.under is not None:
        return f"wants it passed on under {' or '.join([name, *license_.under])} ({license_.because})"
    if license_.not_under:
        return f"cannot be passed on under {' or '.join(license_.not_under)} ({license_.because})"
    return f"{USES[license_.use]} ({license_.source})"

"""What the licences of records let one do with them: a row under one that forbids it leaves only if somebody says so."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import RootModel

from tools.config import Settings, load_yaml

TABLE = Path(__file__).with_name("licenses.yaml")
USES = ("free", "noncommercial", "no")


class License(Settings):
    """One licence of the table; see `licenses.yaml`."""

    use: Literal["free", "noncommercial", "no"]
    source: str
    hub: str = ""


class _Table(RootModel[dict[str, License]]):
    """Name -> licence."""


UNREAD = License(use="no", source="not in the table of licences: nobody has read what it says")


@dataclass(frozen=True)
class Gate:
    """What may leave. `rows`: licence -> rows, of all that are there; `refused`: those of them that may not, by licence;
    `needed`: the names that --allow-license lacks for them."""

    rows: dict[str, int]
    refused: dict[str, int]
    needed: tuple[str, ...]


@cache
def table() -> dict[str, License]:
    """The licences that were read, by lower-case name."""
    return {name.lower(): license_ for name, license_ in load_yaml(TABLE, _Table).root.items()}


def find(name: str) -> License:
    """What a single licence says; names are compared without case."""
    known, wanted = table(), name.lower()
    if wanted in known:
        return known[wanted]
    stems = [key for key in known if key.endswith("*") and wanted.startswith(key[:-1])]
    return known[max(stems, key=len)] if stems else UNREAD


def parts(license_: str) -> list[str]:
    """The licences that a row is under, `A AND B`, each once; where one may be chosen (`A OR B`), the freest."""
    found = []
    for part in re.split(r"\s+AND\s+", license_):
        names = [name.strip("() ") for name in re.split(r"\s+OR\s+", part)]
        found.append(min(names, key=lambda name: USES.index(find(name).use)) or "unknown")
    return list(dict.fromkeys(found))


def gate(rows: dict[str, int], allowed: Collection[str]) -> Gate:
    """Which rows may leave, from the number of rows under each licence."""
    named = {name.lower() for name in allowed}
    refused, needed = Counter[str](), dict[str, None]()
    for license_, number in sorted(rows.items()):
        forbidden = [name for name in parts(license_) if find(name).use == "no" and name.lower() not in named]
        if forbidden:
            refused[license_] += number
            needed |= dict.fromkeys(forbidden)
    return Gate(dict(sorted(rows.items())), dict(refused), tuple(sorted(needed)))


def inside(rows: Iterable[str]) -> list[str]:
    """The single licences of rows, sorted."""
    return sorted({name for license_ in rows for name in parts(license_)})

"""The licences of a graph: what its sources and tables of names are under, whether it may leave, what is said of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import Findings
from kgtools.tools.licenses.check import all_of, cell, choices, describe_license, gate, inside, notes, operand

LICENSES = "LICENSES.md"
BESIDE = ".licenses.md"
"""The text that tells of the licences: `LICENSES.md` in a folder, `graph.ttl.licenses.md` beside a file."""


def beside(out: Path) -> Path:
    """Where the text stands that tells of the licences of a file."""
    return out.with_name(out.name + BESIDE)


@dataclass(frozen=True)
class Giver:
    """A source or a table of names, and what it is under."""

    kind: str
    name: str
    title: str
    license: str
    note: str


def givers(about: dict[str, Any]) -> list[Giver]:
    """All that a graph is made of, the sources first. One that names no licence is under none that is known."""
    return [
        Giver(kind, name, told.get("title") or name, told.get("license") or "unknown", told.get("license_note") or "")
        for kind, part in (("source", "sources"), ("English names", "names"))
        for name, told in sorted(about[part].items())
    ]


def license_of(about: dict[str, Any]) -> str:
    """The licence of the whole graph, which is one thing made from all of them; empty for a graph of nothing."""
    each = [giver.license for giver in givers(about)]
    return all_of(each) if each else ""


def rights(about: dict[str, Any]) -> str:
    """What the licences of a graph let one do, a line for each."""
    whole = license_of(about)
    return "\n".join(f"{name}: {describe_license(name)}" for name in inside([whole] if whole else []))


def check_leaving(store: Store, allowed: Collection[str]) -> None:
    """Raises Findings where a graph may not leave, for a licence forbids it or two cannot both be satisfied."""
    about = store.about()
    whole = license_of(about)
    passed = gate({whole: 1} if whole else {}, allowed)
    if not passed.refused:
        return
    from_: dict[str, list[str]] = {}
    for giver in givers(about):
        for name in (name for choice in choices(operand(giver.license)) for name in choice):
            from_.setdefault(name, []).append(giver.name)
    why = passed.why(lambda name: f"{name} ({', '.join(dict.fromkeys(from_.get(name, ['?'])))})")
    way = passed.way_out(passed.options()).replace("sources out", "sources out (kgtools unload NAME)")
    raise Findings(f"the graph is under licences that do not let it be passed on, nothing was written: {why}. {way}")


def licence_text(store: Store, entities: Entities, triples: Triples) -> bytes:
    """What an export tells of licences, in Markdown: who is under which, how much it gave, and what may be done."""
    about = store.about()
    told = [(giver, _said(giver, entities, triples)) for giver in givers(about)]
    whole = license_of(about)
    lines = [
        "# Licences",
        "This graph is one thing made from what is listed here. Whoever passes it on keeps to all of these licences at once:",
        f"SPDX-License-Identifier: {whole}" if told else "Nothing is in it.",
        giver_table(told),
        "A source gave the entities that it names and the triples that it says, a table English names; what several give counts "
        "for each. Rows are entities and triples:",
        notes({whole: entities.height + triples.height} if told else {}),
    ]
    return ("\n\n".join(lines) + "\n").encode()


def giver_table(told: Iterable[tuple[Giver, int]]) -> str:
    """A table of Markdown: who gave how much, under which licence."""
    lines = ["| | name | title | licence | gave | said of it |", "| --- | --- | --- | --- | ---: | --- |"]
    lines += [
        "| " + " | ".join(cell(word) for word in (g.kind, g.name, g.title, g.license, f"{number:,}", g.note)) + " |"
        for g, number in told
    ]
    return "\n".join(lines)


def _said(giver: Giver, entities: Entities, triples: Triples) -> int:
    if giver.kind == "source":
        return sum(int(rows["sources"].list.contains(giver.name).sum()) for rows in (entities, triples))
    return int((entities["name_en_from"] == giver.name).sum())

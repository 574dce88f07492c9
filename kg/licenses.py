"""The licences of a graph: what its sources and tables of names are under, whether it may leave, what is said of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kgtools.kg.build.inputs import GraphMetadata, Metadata
from kgtools.kg.stores import Store
from kgtools.kg.tables import Entities, Triples
from kgtools.tools.errors import Findings
from kgtools.tools.licenses.check import all_of, cell, choices, describe_license, gate, inside, notes, operand

LICENSES = "LICENSES.md"
BESIDE = ".licenses.md"
"""The text that tells of the licences: `LICENSES.md` in a folder, `graph.ttl.licenses.md` beside a file."""


def licence_path(out: Path) -> Path:
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


def givers(metadata: GraphMetadata) -> list[Giver]:
    """All that a graph is made of, the sources first. One that names no licence is under none that is known."""
    kinds: tuple[tuple[str, Mapping[str, Metadata]], ...] = (
        ("source", metadata.sources),
        ("English names", metadata.names),
    )
    return [
        Giver(kind, name, each.title or name, each.license or "unknown", each.license_note or "")
        for kind, part in kinds
        for name, each in sorted(part.items())
    ]


def license_of(metadata: GraphMetadata) -> str:
    """The licence of the whole graph, which is one thing made from all of them; empty for a graph of nothing."""
    each = [giver.license for giver in givers(metadata)]
    return all_of(each) if each else ""


def rights(metadata: GraphMetadata) -> str:
    """What the licences of a graph let one do, a line for each."""
    license_ = license_of(metadata)
    return "\n".join(f"{name}: {describe_license(name)}" for name in inside([license_] if license_ else []))


def check_leaving(store: Store, allowed: Collection[str]) -> None:
    """Raises Findings where a graph may not leave, for a licence forbids it or two cannot both be satisfied."""
    metadata = store.metadata()
    license_ = license_of(metadata)
    passed = gate({license_: 1} if license_ else {}, allowed)
    if not passed.refused:
        return
    from_: dict[str, list[str]] = {}
    for giver in givers(metadata):
        for name in (name for choice in choices(operand(giver.license)) for name in choice):
            from_.setdefault(name, []).append(giver.name)
    why = passed.why(lambda name: f"{name} ({', '.join(dict.fromkeys(from_.get(name, ['?'])))})")
    way = passed.way_out(passed.options()).replace("sources out", "sources out (kgtools unload NAME)")
    raise Findings(f"the graph is under licences that do not let it be passed on, nothing was written: {why}. {way}")


def licence_text(store: Store, entities: Entities, triples: Triples) -> bytes:
    """What an export tells of licences, in Markdown: who is under which, how much it gave, and what may be done."""
    metadata = store.metadata()
    shares = [(giver, _count_rows(giver, entities, triples)) for giver in givers(metadata)]
    license_ = license_of(metadata)
    lines = [
        "# Licences",
        "This graph is one thing made from what is listed here. Whoever passes it on keeps to all of these licences at once:",
        f"SPDX-License-Identifier: {license_}" if shares else "Nothing is in it.",
        giver_table(shares),
        "A source gave the entities that it names and the triples that it says, a table English names; what several give counts "
        "for each. Rows are entities and triples:",
        notes({license_: entities.height + triples.height} if shares else {}),
    ]
    return ("\n\n".join(lines) + "\n").encode()


def giver_table(shares: Iterable[tuple[Giver, int]]) -> str:
    """A table of Markdown: who gave how much, under which licence."""
    lines = ["| | name | title | licence | gave | said of it |", "| --- | --- | --- | --- | ---: | --- |"]
    lines += [
        "| " + " | ".join(cell(word) for word in (g.kind, g.name, g.title, g.license, f"{number:,}", g.note)) + " |"
        for g, number in shares
    ]
    return "\n".join(lines)


def _count_rows(giver: Giver, entities: Entities, triples: Triples) -> int:
    if giver.kind == "source":
        return sum(int(rows["sources"].list.contains(giver.name).sum()) for rows in (entities, triples))
    return int((entities["name_en_from"] == giver.name).sum())

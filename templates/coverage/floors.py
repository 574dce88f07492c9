"""The least share of facts that is to stand in a record, as `--floor` says it, and what is below."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kgtools.templates.coverage.ledger import Coverage, CoverageRow, count_coverage
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.registry import suggestion

FLOOR = re.compile(r"(?:(?P<name>[^=]+)=)?(?P<share>\d+(?:\.\d+)?|\.\d+)")
EACH = ("relation", "source")
"""Words that stand for each relation, and each source."""


@dataclass(frozen=True)
class Floor:
    """`name`: a language, relation, attribute or source, or a word of EACH; empty: all facts. `lang`: in this language alone; empty:
    in each."""

    name: str
    lang: str
    share: float


@dataclass(frozen=True)
class Shortfall:
    """What is below a floor: some facts in one language, by what tells them apart."""

    what: str
    row: CoverageRow
    floor: float

    def __str__(self) -> str:
        return f"{self.what}: {self.row.share:.4f} ({self.row.exported:,} of {self.row.facts:,}), floor {self.floor:g}"


def parse_floors(words: Sequence[str]) -> list[Floor]:
    """`0.6`, `zh=0.6`, `HAS_SYMPTOM=0.9`, `HAS_SYMPTOM:en=0.4`, in one word with commas between or in several. Raises UsageError with
    all that are none."""
    floors, faults = [], []
    for word in (each.strip() for several in words for each in several.split(",")):
        match = FLOOR.fullmatch(word)
        if match is None or float(match["share"]) > 1:
            faults.append(f"--floor {word}: expected a share from 0 to 1, as 0.6, or whose it is, as zh=0.6")
            continue
        name, _, lang = (match["name"] or "").strip().partition(":")
        floors.append(Floor(name, lang, float(match["share"])))
    if faults:
        raise UsageError("\n".join(faults))
    return floors


def find_shortfalls(coverage: Coverage, floors: Sequence[Floor]) -> list[Shortfall]:
    """What is below its floor, floor by floor. Raises UsageError for names that the coverage has not, for nothing would ever be
    below theirs, and InputError for a coverage of nothing."""
    if not floors:
        return []
    total, relations, sources = (count_coverage(coverage, by) for by in ((), ("relation",), ("source",)))
    if not total:
        raise InputError("the coverage has no fact, so nothing can be above a floor; was the graph empty?")
    langs = [row.lang for row in total]
    named: dict[str, list[tuple[str, CoverageRow]]] = {"": [(row.lang, row) for row in total]}
    for row in relations:
        named.setdefault(str(row.relation), []).append((f"{row.relation}:{row.lang}", row))
    for row in sources:
        named.setdefault(str(row.source), []).append((f"{row.source}:{row.lang}", row))
    named |= {row.lang: [(row.lang, row)] for row in total}
    named["relation"] = [(f"{row.relation}:{row.lang}", row) for row in relations]
    named["source"] = [(f"{row.source}:{row.lang}", row) for row in sources]
    faults = [
        f"--floor {name}=...: the coverage has none; {suggestion(name, sorted(known))}"
        for floor in floors
        for name, known in ((floor.name, set(named) - {""}), (floor.lang, set(langs)))
        if name and name not in known
    ]
    if faults:
        raise UsageError("\n".join(faults))
    return [
        Shortfall(what, row, floor.share)
        for floor in floors
        for what, row in named[floor.name]
        if row.share < floor.share and floor.lang in ("", row.lang)
    ]

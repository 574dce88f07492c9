"""Hold-outs that hold out nothing, or leave nothing for training: refused in a line before anything is written."""

from collections.abc import Iterable, Sequence

import polars as pl

from kgtools.kg.ontology import ontology
from kgtools.templates.facts import GraphView
from kgtools.templates.holdout.draw import BITS, HeldOut
from kgtools.templates.holdout.mark import COLUMN
from kgtools.templates.pack import Template
from kgtools.templates.select import Selection
from kgtools.tools.errors import UsageError


def refuse_idle(view: GraphView, templates: Sequence[Template], held: HeldOut, lengths: Iterable[int]) -> None:
    """Raises UsageError for what cannot hold out anything. `templates`: those that ask; `lengths`: of the paths that are asked."""
    asked, facts = held.asked, view.facts.filter(pl.col("kind").is_in(["relation", "attribute"]))
    _refuse_relations(facts, templates, held)
    if asked.facts and not ((held.bits & BITS["facts"]) > 0).any():
        bundles = facts.select("head", "relation").n_unique()
        _refuse(held, "facts", f"so small a share of {bundles:,} answers draws none; ask for more")
    if asked.entities and not held.entities:
        _refuse(held, "entities", f"so small a share of {view.entities.height:,} entities draws none; ask for more")
    if asked.templates and not held.variants:
        _refuse(held, "templates", "each question has one wording, which is left for training; name a pack with more")
    there = sorted(set(lengths))
    if asked.hops and not any(asked.hops[0] <= length <= asked.hops[1] for length in there):
        lead = f"they lead over {', '.join(map(str, there))}"
        _refuse(held, "hops", f"no path that is asked leads over so many triples; {lead}")


def _refuse_relations(facts: pl.DataFrame, templates: Sequence[Template], held: HeldOut) -> None:
    forward = {relation.inverse: name for name, relation in ontology().relations.items()}
    names = [name for each in templates for name in (each.info.attribute, *each.info.relations) if name]
    there = set(facts["relation"].unique())
    known = {forward.get(name, name) for name in names} & there
    for name in held.asked.relations:
        if name not in known:
            why = "no template asks about it in these languages" if name in there else "the graph has none"
            raise UsageError(f"--hold-out relations={name}: {why}; there are {', '.join(sorted(known)) or 'none'}")


def _refuse(held: HeldOut, kind: str, why: str) -> None:
    raise UsageError(f"--hold-out {held.asked.say(kind)}: {why}")


class Sides:
    """What the records that could be made are of."""

    def __init__(self) -> None:
        self._bits = self._free = self._held = 0

    def add(self, selection: Selection) -> None:
        """Look at the marked records of a selection."""
        bits = selection.groups[COLUMN]
        self._bits |= int(selection.groups.select(pl.col(COLUMN).bitwise_or()).item() or 0)
        self._held += int((bits > 0).sum())
        self._free += int((bits == 0).sum())

    def refuse(self, held: HeldOut) -> None:
        """Raises UsageError for a kind that no record is of, and where none is for training."""
        if not self._held + self._free:
            return
        for kind, bit in BITS.items():
            if getattr(held.asked, kind) and not self._bits & bit:
                _refuse(
                    held, kind, "no record of these tasks is held out by it; ask for more of it, or for other tasks"
                )
        if not self._free:
            raise UsageError(
                f"--hold-out {held.asked}: all {self._held:,} records are held out and none is for training; ask for less"
            )

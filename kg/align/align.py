"""Align a graph: apply candidates, take over the decisions of a file, take decisions out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.kg.align.candidates import search
from kgtools.kg.align.decide import Proposal, propose, with_decisions, without
from kgtools.kg.align.review import Decisions, check_decisions, read_review, table_of
from kgtools.kg.align.rules import RULES
from kgtools.kg.align.sssom import sssom_decisions
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.ledger import DIFFERENT, SAME, select_active
from kgtools.kg.build.merge import merge
from kgtools.kg.graph import change
from kgtools.kg.stores import Store
from kgtools.kg.stores.reconcile import Reconciliation
from kgtools.kg.tables import Entities, Ledger, Triples
from kgtools.tools.errors import UsageError

PEOPLE = "reviewer"


@dataclass(frozen=True)
class GraphSize:
    """How large a graph is; `loops` are triples with one entity at both ends."""

    entities: int
    triples: int
    loops: int


@dataclass(frozen=True)
class AlignmentResult:
    """What aligning did: the size `before` and `after`; `ledger` as it is now; how many of its decisions are `asleep`; `outcome` of
    reading back, None where nothing was written; `counts` of what was asked for, by rule where it is `rules`."""

    before: GraphSize
    after: GraphSize
    ledger: Ledger
    asleep: int
    counts: dict[str, Any]
    outcome: Reconciliation | None = None
    review: pl.DataFrame | None = None

    def to_dict(self) -> dict[str, Any]:
        """What `--format json` says."""
        sides = {"before": self.before, "after": self.after}
        return {
            **self.counts,
            "entities": {side: size.entities for side, size in sides.items()},
            "triples": {side: size.triples for side, size in sides.items()},
            "triples_united": self.before.triples - self.after.triples,
            "self_loops": {side: size.loops for side, size in sides.items()},
            "ledger": {
                "same": self.ledger.filter(pl.col("verdict") == SAME).height,
                "different": self.ledger.filter(pl.col("verdict") == DIFFERENT).height,
                "asleep": self.asleep,
            },
        }


def align(store: Store, threshold: float, rules: tuple[str, ...] = (), dry_run: bool = False) -> AlignmentResult:
    """Apply the candidates at or above the threshold. `counts["rules"]`: for each rule its candidates, and how many were
    applied, are for review, are decided already; and the decisions of the rule that sleep. `counts["too_common"]`: codes that so
    many entities have that they are evidence of nothing."""
    inputs = store.inputs()
    present = entity_ids(inputs)
    asked = rules or tuple(RULES)
    search_result = search(inputs, asked)
    proposal = propose(search_result.candidates, inputs.ledger, present, threshold)
    ledger = with_decisions(inputs.ledger, proposal.applied)
    counts = {
        "rules": _count_by_rule(asked, search_result.candidates, proposal, ledger, present),
        "too_common": search_result.common.to_dicts(),
    }
    return _apply_ledger(
        store, inputs, lambda old: with_decisions(old, proposal.applied), counts, dry_run, proposal.review
    )


def apply(store: Store, path: Path, who: str | None = None, dry_run: bool = False) -> AlignmentResult:
    """Take over the decisions of a review or SSSOM file. Raises InputError with every fault, and changes nothing then."""
    if who == "kgtools":
        raise UsageError("--who kgtools: that is the name under which kgtools decides itself; name a person")
    inputs = store.inputs()
    present = entity_ids(inputs)
    decisions = read_decisions(path, who or PEOPLE, present)
    check_decisions(path, decisions, inputs.ledger, present)
    same = decisions.rows.filter(pl.col("verdict") == SAME).height
    counts = {
        "decisions": {
            "same": same,
            "different": decisions.rows.height - same,
            "replaced": decisions.rows.join(inputs.ledger, on="id", how="semi").height,
            "left_open": decisions.open,
            "unknown": decisions.unknown,
            "other_predicates": decisions.unlike,
        }
    }
    return _apply_ledger(store, inputs, lambda old: check_decisions(path, decisions, old, present), counts, dry_run)


def read_decisions(path: Path, who: str, present: set[str]) -> Decisions:
    """The decisions of a file, by its header a review file or SSSOM; of SSSOM only those about entities of the graph."""
    header, _ = table_of(path)
    if "subject_id" not in header:
        return read_review(path, who)
    read = sssom_decisions(path, who)
    ends = read.rows.select(pl.col("before", "after").is_in(list(present))).rows()
    ours = read.rows.filter(pl.Series([all(pair) for pair in ends], dtype=pl.Boolean))
    return Decisions(ours, read.lines, unknown=read.rows.height - ours.height, unlike=read.unlike)


def undo(store: Store, what: tuple[str, ...], who: str | None = None, dry_run: bool = False) -> AlignmentResult:
    """Take decisions out: by id, by rule or all, with `who` only those of that one. Raises UsageError."""
    inputs = store.inputs()
    gone = inputs.ledger.join(without(inputs.ledger, what, who), on="id", how="anti")
    counts = {"undone": dict(gone.group_by("rule").len().sort("rule").iter_rows())}
    return _apply_ledger(store, inputs, lambda old: without(old, what, who), counts, dry_run)


def entity_ids(inputs: Inputs) -> set[str]:
    """The ids of all entities that some source names."""
    return {id_ for source in inputs.sources for id_ in source.named["id"].to_list()}


def _apply_ledger(
    store: Store,
    inputs: Inputs,
    make: Callable[[Ledger], Ledger],
    counts: dict[str, Any],
    dry_run: bool,
    review: pl.DataFrame | None = None,
) -> AlignmentResult:
    """The store with another ledger; where the ledger stays the same nothing is written."""
    ledger = make(inputs.ledger)
    before = size(store.entities(), store.triples())
    after, outcome = before, None
    if not ledger.equals(inputs.ledger):
        if dry_run:
            after = size(*merge(inputs.with_ledger(ledger)))
        else:
            outcome = change(store, lambda now: now.with_ledger(make(now.ledger)), "align")
            after = size(store.entities(), store.triples())
    asleep = ledger.height - select_active(ledger, entity_ids(inputs)).height
    return AlignmentResult(before, after, ledger, asleep, counts, outcome, review)


def size(entities: Entities, triples: Triples) -> GraphSize:
    """How large a graph is."""
    return GraphSize(entities.height, triples.height, triples.filter(pl.col("head") == pl.col("tail")).height)


def _count_by_rule(
    asked: tuple[str, ...], candidates: pl.DataFrame, proposal: Proposal, ledger: Ledger, present: set[str]
) -> dict[str, dict[str, int]]:
    asleep = ledger.join(select_active(ledger, present), on="id", how="anti")
    columns = {
        "candidates": candidates,
        "applied": proposal.applied,
        "review": proposal.review,
        "decided": proposal.decided,
        "asleep": asleep,
    }
    return {
        rule: {name: table.filter(pl.col("rule") == rule).height for name, table in columns.items()}
        for rule in [*(rule for rule in RULES if rule in asked), *sorted(set(asleep["rule"]) - set(asked))]
    }

"""What becomes of candidates, and of the ledger: applied, for review, decided already; decisions added and taken out."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from kgtools.kg.align.candidates import CANDIDATES
from kgtools.kg.align.evidence import exclude, excluding_words
from kgtools.kg.align.rules import RULES
from kgtools.kg.build.ledger import DIFFERENT, SAME, Groups, decision_id, name_of, select_active
from kgtools.kg.tables import LEDGER, Ledger
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion

TOOL = "kgtools"
ALL = "all"


@dataclass(frozen=True)
class Proposal:
    """Candidates sorted: `applied` as rows for the ledger, `review` for people, `decided` already or by what follows."""

    applied: Ledger
    review: pl.DataFrame
    decided: pl.DataFrame


def propose(candidates: pl.DataFrame, ledger: Ledger, present: set[str], threshold: float) -> Proposal:
    """The candidates at or above the threshold are applied, the surest first, unless together with what is the same
    already they would unite two names that exclude each other: those, and the less sure, are for review."""
    active = select_active(ledger, present)
    same, apart = same_groups(active), {frozenset(pair) for pair in _pairs(active, DIFFERENT)}
    decided_ids = set(ledger["id"])
    words = excluding_words(id_ for table in (candidates, active) for end in ("before", "after") for id_ in table[end])
    applied: list[dict[str, Any]] = []
    review: list[dict[str, Any]] = []
    decided: list[dict[str, Any]] = []
    for row in candidates.sort(-pl.col("score"), "id").iter_rows(named=True):
        before, after = row["before"], row["after"]
        crossing = [(one, other) for one in same.members(before) for other in same.members(after)]
        if (
            row["id"] in decided_ids
            or same.are_same(before, after)
            or any(frozenset(pair) in apart for pair in crossing)
        ):
            decided.append(row)
        elif row["score"] < threshold:
            review.append(row)
        elif clash := next(
            (pair for pair in crossing if pair != (before, after) and exclude(*map(words.__getitem__, pair))), None
        ):
            one, other = map(name_of, clash)
            review.append(row | {"reason": f"{row['reason']}; not applied: it would make {one} the same as {other}"})
        else:
            same.join(before, after)
            applied.append(decision(before, after, SAME, row["rule"], row["score"], row["reason"], TOOL))
    return Proposal(
        LEDGER.frame(applied), CANDIDATES.frame(review), CANDIDATES.frame(decided),
    )  # fmt: skip


def _pairs(ledger: Ledger, verdict: str) -> list[tuple[str, str]]:
    return list(ledger.filter(pl.col("verdict") == verdict).select("before", "after").iter_rows())


def same_groups(ledger: Ledger) -> Groups:
    """What is the same as what by these decisions."""
    return Groups(_pairs(ledger, SAME))


def with_decisions(ledger: Ledger, rows: Ledger) -> Ledger:
    """The ledger with these decisions, which replace those about the same pairs."""
    return pl.concat([ledger.join(rows, on="id", how="anti"), rows]).sort("id")


def without(ledger: Ledger, what: tuple[str, ...], who: str | None = None) -> Ledger:
    """The ledger without the decisions of these ids, without kgtools' own of these rules, or without `all`; with `who`, only those
    of that one.

    Raises UsageError for what is neither."""
    ids, rules = set(ledger["id"]), set(ledger["rule"])
    for word in what:
        if word not in {ALL, *ids, *rules, *RULES}:
            raise UsageError(
                f"--undo {word}: no decision and no rule; {suggestion(word, [ALL, *sorted({*rules, *RULES})])}"
            )
    # A decision from a review file keeps the rule that proposed it, and is not the rule's own.
    by_rule = pl.col("rule").is_in(what) & (pl.col("who") == (who or TOOL))
    chosen = pl.lit(ALL in what) | pl.col("id").is_in(what) | by_rule
    return ledger.filter(~chosen if who is None else ~chosen | (pl.col("who") != who))


def decision(before: str, after: str, verdict: str, rule: str, score: float, reason: str, who: str) -> dict[str, Any]:
    """One row of the ledger."""
    return {
        "id": decision_id(before, after), "before": before, "after": after, "verdict": verdict,
        "rule": rule, "score": score, "reason": reason, "who": who,
    }  # fmt: skip


def clashes(ledger: Ledger) -> list[list[str]]:
    """For each `different` that other decisions make the same: the ids of the decisions that say so, its own first."""
    same = same_groups(ledger)
    torn = [(one, other) for one, other in _pairs(ledger, DIFFERENT) if same.are_same(one, other)]
    if not torn:
        return []
    import networkx as nx

    graph = nx.Graph(_pairs(ledger, SAME))
    paths = []
    for one, other in torn:
        path = nx.shortest_path(graph, one, other)
        paths.append([decision_id(one, other), *(decision_id(*step) for step in pairwise(path))])
    return paths

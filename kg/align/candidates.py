"""Candidates: pairs of entities that may be the same, found by the rules in what the sources say, before any alignment."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from kgtools.kg.align.evidence import count_contradictions, find_relation, have_opposed_words, neighbours, rank
from kgtools.kg.align.rules import RULES, common_codes
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.ledger import decision_id
from kgtools.kg.build.merge import merge
from kgtools.kg.tables import LEDGER, LIST, TEXT
from kgtools.tools.frames import Schema

CANDIDATES = Schema(
    "candidates",
    {"id": TEXT, "rule": TEXT, "score": pl.Float64, "reason": TEXT, "type": TEXT, "before": TEXT, "after": TEXT,
     "before_name": TEXT, "after_name": TEXT, "before_sources": LIST, "after_sources": LIST},
    required=("id", "rule", "score", "reason", "type", "before", "after"),
)  # fmt: skip
"""Pairs that may be the same, the surest first: `before` would become `after`; `id` as in the ledger."""


@dataclass(frozen=True)
class Search:
    """The candidates, and the codes that are too common to be evidence (kgtools.kg.align.rules.common_codes)."""

    candidates: pl.DataFrame
    common: pl.DataFrame


def candidates(inputs: Inputs, rules: Sequence[str] = tuple(RULES)) -> pl.DataFrame:
    """What these rules find; of a pair that several find, the surest rule with the reasons of all."""
    return search(inputs, rules).candidates


def search(inputs: Inputs, rules: Sequence[str] = tuple(RULES)) -> Search:
    """The candidates of these rules, and what was no evidence."""
    entities, triples = merge(inputs.with_ledger(LEDGER.frame()))
    table, ways = rank(entities, triples), neighbours(triples)
    pairs_by_rule = pl.concat(
        [RULES[rule](table, ways).with_columns(pl.lit(rule).alias("rule")) for rule in RULES if rule in rules]
    )
    names = table.select("id", "type", "name", "key", "sources", "rank")
    pairs = pairs_by_rule.join(
        names.rename({c: f"{c}_one" for c in names.columns}), left_on="one", right_on="id_one"
    ).join(names.rename({c: f"{c}_other" for c in names.columns}), left_on="other", right_on="id_other")
    possible = (pl.col("rule") == "completion") | ~have_opposed_words(pl.col("key_one"), pl.col("key_other"))
    best = CANDIDATES.check(_keep_best(_orient(_lower_scores(pairs.filter(possible), ways))), "the candidates")
    return Search(best, common_codes(table if "shared-code" in rules else table.clear()))


JOINED, AGAINST, LEAST = 0.3, 0.1, 0.05
"""How much less sure a pair is that a triple joins (a disease and its complication are two), and one of whose triples the other
contradicts (a source may err); what is left at least, so that people see it. Either takes an alias, 0.96 at most, under the default
threshold of 0.9; a triple between the two takes it to the end of the list."""


def _lower_scores(pairs: pl.DataFrame, ways: pl.DataFrame) -> pl.DataFrame:
    """Less sure where a triple joins the two or a triple of the one contradicts one of the other, unless the names say
    that they are the same."""
    pairs = count_contradictions(find_relation(pairs, ways), ways)
    doubtful = ~pl.col("rule").is_in(["equal-name", "completion"])
    joined, against = doubtful & pl.col("related").is_not_null(), doubtful & (pl.col("contradictions") > 0)
    less = JOINED * joined.cast(pl.Float64) + AGAINST * against.cast(pl.Float64)
    return pairs.with_columns(
        pl.max_horizontal(pl.col("score") - less, LEAST).round(3).alias("score"),
        pl.format(
            "{}{}{}", "reason",
            pl.when(joined).then(pl.format("; but {} joins them", pl.col("related").fill_null(""))).otherwise(pl.lit("")),
            pl.when(against).then(pl.format("; but {} of their triples contradict each other", "contradictions")).otherwise(pl.lit("")),
        ).alias("reason"),
    )  # fmt: skip


def _orient(pairs: pl.DataFrame) -> pl.DataFrame:
    """`before` is the one with the greater rank."""
    swap = pl.col("rank_one") < pl.col("rank_other")

    def side(column: str, first: bool) -> pl.Expr:
        one, other = f"{column}_one", f"{column}_other"
        return pl.when(swap).then(other if first else one).otherwise(one if first else other)

    return pairs.select(
        "rule", "score", "reason", pl.col("type_one").alias("type"),
        pl.when(swap).then("other").otherwise("one").alias("before"),
        pl.when(swap).then("one").otherwise("other").alias("after"),
        side("name", True).alias("before_name"), side("name", False).alias("after_name"),
        side("sources", True).alias("before_sources"), side("sources", False).alias("after_sources"),
    )  # fmt: skip


def _keep_best(pairs: pl.DataFrame) -> pl.DataFrame:
    """One row a pair."""
    order = {rule: number for number, rule in enumerate(RULES)}
    ids = [decision_id(before, after) for before, after in pairs.select("before", "after").iter_rows()]
    rows = pairs.with_columns(pl.Series("id", ids, pl.String)).sort(
        "id", -pl.col("score"), pl.col("rule").replace_strict(order, return_dtype=pl.Int64)
    )
    best = rows.group_by("id", maintain_order=True).agg(
        pl.exclude("id", "reason").first(), pl.col("reason").unique(maintain_order=True).str.join("; and ")
    )
    return best.sort(-pl.col("score"), "id")

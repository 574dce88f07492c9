"""Which split each record is in: whole groups, drawn with a seed, the strata in proportion."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kgtools.corpora.split.parts import CROSSING, NONE, Parts, settle
from kgtools.corpora.split.plan import SPLITS, Rule, Split, SplitPlan, Subset
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import shuffle_keys
from kgtools.tools.inputs.files import digest

DRAWN: tuple[Split, ...] = ("test", "validation", "train")
"""In this order: what is held out does not change with how much is trained on."""
REASONS = ("in-no-rule", "not-drawn", "group-is-in-validation", "group-is-in-test", "shares-facts", "shares-held-out")
HELD, SHARES = 1, 2
"""In the column `held` of an index: records that generate held out, and others that share a fact or a group with these."""
ROUNDS = 3
"""So often is drawn again, with what then follows and what is left out taken into account."""
MOST = 10
"""One group of records that share facts may be so manyeth a part of the smallest split that is held out, not more."""


class Runs(NamedTuple):
    """Rows by their group. `order`: the rows, those of a group behind one another; `starts`: where each group begins."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]


def runs(groups: NDArray[np.uint64]) -> Runs:
    """The rows of each group, the groups by their number."""
    order = np.argsort(groups, kind="stable")
    new = np.ones(len(groups), dtype=np.bool_)
    np.not_equal(groups[order[1:]], groups[order[:-1]], out=new[1:])
    return Runs(order, np.flatnonzero(new))


def rule_of(plan: SplitPlan) -> pl.Expr:
    """The number of the first rule that fits a record by its `source` and `task`; NONE where none does."""
    number_of_rule = pl.lit(NONE, pl.UInt8)
    for number, rule in reversed(list(enumerate(plan.rules))):
        fits = pl.lit(True)
        if rule.sources:
            fits &= pl.col("source").is_in(rule.sources)
        if rule.tasks:
            fits &= pl.col("task").is_in(rule.tasks)
        number_of_rule = pl.when(fits).then(pl.lit(number, pl.UInt8)).otherwise(number_of_rule)
    return number_of_rule.alias("rule")


def published_of() -> pl.Expr:
    """The place among SPLITS of a record's `split`; NONE where it has none."""
    places = {name: at for at, name in enumerate(SPLITS)}
    return pl.col("split").replace_strict(places, default=NONE, return_dtype=pl.UInt8).alias("published")


def limits(index: pl.DataFrame, plan: SplitPlan) -> NDArray[np.int64]:
    """For each number of a rule how many records that share facts may be one group of its records."""
    most = np.full(NONE + 1, np.iinfo(np.int64).max)
    for number, rule in enumerate(plan.rules):
        of_rule = index["rule"] == number
        free = of_rule & (index["published"] == NONE) if rule.published else of_rule
        if free.any():
            targets = _targets(rule, int(free.sum()), number)
            sizes = [targets[split] for split in ("validation", "test") if targets.get(split)]
            most[number] = min(sizes) // MOST if sizes else most[number]
    return most


class Assignment(NamedTuple):
    """`rows`: group, rule, stratum, split and reason of each row, of which the last two are categories and one of them is null.
    `asked`: how many records each split was to have."""

    rows: pl.DataFrame
    asked: dict[str, int]


def assign(index: pl.DataFrame, plan: SplitPlan, parts: Parts | None = None) -> Assignment:
    """Whole groups into splits.

    `index`: `group` (UInt64), `stratum` (a number), `rule` and `published` as above, `between`: what is not drawn, but goes where
    its facts are by `parts`; `held`: HELD is for test, SHARES is in no split, and neither is drawn. A group of several rules or
    strata has the first of them. Raises UsageError where records have no published split and the rule says nothing else."""
    held = index["held"].to_numpy() if "held" in index.columns else np.zeros(index.height, np.uint8)
    order, starts = runs(index["group"].to_numpy())
    published = index["published"].to_numpy().astype(np.int16)
    published[published == NONE] = -1
    groups = _groups(index, published, order, starts, plan.seed)
    by_at = groups.sort("at")
    at = np.empty(len(order), dtype=np.intp)
    at[order] = np.repeat(np.arange(len(starts)), by_at["size"])
    rules, above = by_at["rule"].to_numpy()[at], by_at["published"].to_numpy()[at]
    bound = np.array([rule.published for rule in plan.rules] + [False] * (NONE + 1 - len(plan.rules)))[rules]
    must = np.where(bound, published, -1)
    split_of_group, asked = _draw(groups, plan, {})
    split = split_of_group[at]
    if parts:
        between = index["between"].to_numpy() & (must < 0)
        split = settle(parts, split, must)
        for _ in range(ROUNDS):
            less = _less(split, rules, between, plan)
            split = settle(parts, _draw(groups, plan, less)[0][at], must)
        split = _within_counts(split, rules, between, index, plan)
    reason = np.where(split == NONE, REASONS.index("not-drawn"), NONE)
    reason = np.where(bound & (published != above), above + REASONS.index("group-is-in-validation") - 1, reason)
    reason = np.where(split == CROSSING, REASONS.index("shares-facts"), reason)
    reason = np.where(rules == NONE, REASONS.index("in-no-rule"), reason)
    reason = np.where(held == SHARES, REASONS.index("shares-held-out"), np.where(held == HELD, NONE, reason))
    split = np.where(held == HELD, SPLITS.index("test"), split)
    asked["test"] += int((held == HELD).sum())
    rows = pl.DataFrame({
        "group": index["group"], "stratum": index["stratum"], "rule": rules,
        "split": _name(np.where(reason == NONE, split, NONE), SPLITS), "reason": _name(reason, REASONS),
    })  # fmt: skip
    return Assignment(rows, {split: asked[split] for split in SPLITS})


def _groups(
    index: pl.DataFrame, published: NDArray[np.int16], order: NDArray[np.intp], starts: NDArray[np.intp], seed: int
) -> pl.DataFrame:
    """A row a group, in the seeded order in which they are drawn: `at` (its place by number), rule, stratum, between, size, and
    `published`: the last of the splits that its records were given."""
    least = {
        name: np.minimum.reduceat(index[name].to_numpy()[order], starts) for name in ("rule", "stratum", "between")
    }
    groups = pl.DataFrame({
        "group": index["group"].to_numpy()[order[starts]], **least,
        "published": np.maximum.reduceat(published[order], starts), "size": np.diff(starts, append=len(order)),
    }).with_row_index("at")  # fmt: skip
    salt = int(digest(f"{seed}|split")[:16], 16)
    return groups.with_columns(key=shuffle_keys(pl.col("group"), salt)).sort("key", "group").drop("key", "group")


def _draw(
    groups: pl.DataFrame, plan: SplitPlan, less: dict[tuple[int, Split], int]
) -> tuple[NDArray[np.uint8], dict[Split, int]]:
    """The place of each group by its number; and how many records each split was to have. `less`: so many fewer are drawn of a
    rule into a split."""
    places = np.where(groups.sort("at")["between"].to_numpy(), CROSSING, NONE).astype(np.uint8)
    asked: dict[Split, int] = dict.fromkeys(SPLITS, 0)
    for (number,), part in groups.partition_by("rule", as_dict=True).items():
        if number != NONE:
            chosen, wanted = _distribute(number, part, plan.rules[number], less)
            asked = {split: asked[split] + wanted[split] for split in SPLITS}
            for split, at in chosen:
                places[at.to_numpy()] = SPLITS.index(split)
    return places, asked


def _less(
    placed: NDArray[np.uint8], rules: NDArray[np.uint8], between: NDArray[np.bool_], plan: SplitPlan
) -> dict[tuple[int, Split], int]:
    """How many fewer are to be drawn into the splits of each rule that are held out: what lies between others and follows them
    there, and its share of what is left out."""
    fewer: dict[tuple[int, Split], int] = {}
    for number, rule in enumerate(plan.rules):
        of_rule = rules == number
        lost = int((of_rule & (placed == CROSSING)).sum())
        for split in DRAWN[:-1]:
            follow = int((of_rule & between & (placed == SPLITS.index(split))).sum())
            fewer[number, split] = follow + round((rule.shares or {}).get(split, 0) * lost)
    return fewer


def _within_counts(
    placed: NDArray[np.uint8],
    rules: NDArray[np.uint8],
    between: NDArray[np.bool_],
    index: pl.DataFrame,
    plan: SplitPlan,
) -> NDArray[np.uint8]:
    """The places without records that lie between others where a rule counts what a split holds and it would hold more."""
    groups, free = index["group"].to_numpy(), index["published"].to_numpy() == NONE
    left = placed.copy()
    for number, rule in enumerate(plan.rules):
        for split, most in (rule.counts or {}).items():
            inside = (rules == number) & (placed == SPLITS.index(split)) & (free | (not rule.published))
            late = np.flatnonzero(inside & between)
            late = late[np.argsort(groups[late], kind="stable")]
            first = max(0, len(late) + most - int(inside.sum()))
            left[late[groups[late] >= groups[late[first]]] if first < len(late) else []] = NONE
    return left


def _name(numbers: NDArray[np.generic], names: tuple[str, ...]) -> pl.Series:
    return pl.Series(numbers.astype(np.uint8)).replace_strict(
        list(range(len(names))), list(names), default=None, return_dtype=pl.Enum(names)
    )


def _distribute(
    number: int, groups: pl.DataFrame, rule: Rule, less: dict[tuple[int, Split], int]
) -> tuple[list[tuple[Split, pl.Series]], dict[Split, int]]:
    """The groups (their `at`) of one rule, split by split; and how many records each split was to have."""
    chosen: list[tuple[Split, pl.Series]] = []
    asked: dict[Split, int] = dict.fromkeys(SPLITS, 0)
    drawn = groups.filter(~pl.col("between"))
    if rule.published:
        chosen = [(split, drawn.filter(pl.col("published") == at)["at"]) for at, split in enumerate(SPLITS)]
        kept = dict(groups.group_by("published").agg(pl.col("size").sum()).iter_rows())
        asked = {split: kept.get(at, 0) for at, split in enumerate(SPLITS)}
        groups, drawn = (rows.filter(pl.col("published") < 0) for rows in (groups, drawn))
    if groups.is_empty():
        return chosen, asked
    records = int(groups["size"].sum())
    targets = _targets(rule, records, number)
    rest = records - sum(targets.values())
    asked = {split: asked[split] + targets.get(split, rest if split == "train" else 0) for split in SPLITS}
    sizes = dict(groups.group_by("stratum").agg(pl.col("size").sum()).sort("stratum").iter_rows())
    drawn_for = {split: max(0, target - less.get((number, split), 0)) for split, target in targets.items()}
    quotas = {split: _quotas(drawn_for[split], sizes) for split in DRAWN if split in targets}
    for (stratum,), part in drawn.partition_by("stratum", as_dict=True, maintain_order=True).items():
        left = part
        for split in DRAWN:
            if split in quotas:
                taken = _fill(left["size"], quotas[split][stratum])
                chosen.append((split, left.filter(taken)["at"]))
                left = left.filter(~taken)
        if "train" not in quotas:
            chosen.append(("train", left["at"]))
    return chosen, asked


def _targets(rule: Rule, records: int, number: int) -> dict[Split, int]:
    """How many records each split is to have; train without a number gets what is left."""
    if rule.counts is not None:
        wanted = sum(rule.counts.get(split, 0) for split in ("validation", "test"))
        if wanted > records:
            raise UsageError(f"rule {number + 1}: {wanted:,} records are to be held out, and there are {records:,}")
        return {split: rule.counts[split] for split in SPLITS if split in rule.counts}
    if rule.shares is not None:
        return {split: round(rule.shares.get(split, 0) * records) for split in ("validation", "test")}
    raise UsageError(
        f"{records:,} records have no published split; give shares or counts for them, or read them with it"
    )


def _quotas(target: int, sizes: dict[int, int]) -> dict[int, int]:
    """A target dealt among strata by their size, the largest remainders first; its sum is the target, or all there is."""
    whole = sum(sizes.values())
    target = min(target, whole)
    exact = {stratum: target * size / whole for stratum, size in sizes.items()}
    quotas = {stratum: int(share) for stratum, share in exact.items()}
    rest = target - sum(quotas.values())
    for stratum in sorted(exact, key=lambda name: (quotas[name] - exact[name], name))[:rest]:
        quotas[stratum] += 1
    return quotas


def _fill(sizes: pl.Series, quota: int) -> pl.Series:
    """Which groups are taken, in their order, so that their sizes reach the quota and do not pass it."""
    taken = sizes.cum_sum() <= quota
    left = quota - int(sizes.filter(taken).sum())
    chosen = []
    at = int(taken.sum())
    for place, size in enumerate(sizes.slice(at) if left else [], start=at):
        if size <= left:
            chosen.append(place)
            left -= size
        if not left:
            break
    return taken.set(pl.int_range(sizes.len(), eager=True).is_in(chosen), True) if chosen else taken


def subset(placed: pl.DataFrame, number: int, wanted: Subset, seed: int, name: str) -> pl.Series:
    """Which rows of an index that `assign` placed are in the subset of this rule; all of the split where it has fewer groups."""
    mine = (pl.col("rule") == number) & (pl.col("split") == wanted.of)
    salt = int(digest(f"{seed}|{name}")[:16], 16)
    groups = placed.filter(mine).select(pl.col("group").unique()).sort(shuffle_keys(pl.col("group"), salt), "group")
    chosen = groups["group"].head(wanted.groups).implode()
    return placed.select((mine & pl.col("group").is_in(chosen)).fill_null(False)).to_series()

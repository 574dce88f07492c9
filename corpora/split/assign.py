"""Which split each record is in: whole groups, drawn with a seed, the strata in proportion."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpora.split.plan import SPLITS, Plan, Rule, Split, Subset
from tools.errors import UsageError
from tools.files import digest
from tools.frames import shuffled

DRAWN: tuple[Split, ...] = ("test", "validation", "train")
"""In this order: what is held out does not change with how much is trained on."""
REASONS = ("in-no-rule", "not-drawn", "group-is-in-validation", "group-is-in-test")
NONE = 255
"""No rule, no published split or no place, among numbers of one byte."""


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


def rule_of(plan: Plan) -> pl.Expr:
    """The number of the first rule that fits a record by its `source` and `task`; NONE where none does."""
    found = pl.lit(NONE, pl.UInt8)
    for number, rule in reversed(list(enumerate(plan.rules))):
        fits = pl.lit(True)
        if rule.sources:
            fits &= pl.col("source").is_in(rule.sources)
        if rule.tasks:
            fits &= pl.col("task").is_in(rule.tasks)
        found = pl.when(fits).then(pl.lit(number, pl.UInt8)).otherwise(found)
    return found.alias("rule")


def published_of() -> pl.Expr:
    """The place among SPLITS of a record's `split`; NONE where it has none."""
    places = {name: at for at, name in enumerate(SPLITS)}
    return pl.col("split").replace_strict(places, default=NONE, return_dtype=pl.UInt8).alias("published")


def assign(index: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """group, rule, stratum, split and reason of each row, of which the last two are categories and one of them is null.

    `index`: `group` (UInt64), `stratum` (a number), `rule` and `published` as above. A group of several rules or strata has the
    first of them. Raises UsageError where records have no published split and the rule says nothing else."""
    order, starts = runs(index["group"].to_numpy())
    sizes = np.diff(starts, append=len(order))
    least = {name: np.minimum.reduceat(index[name].to_numpy()[order], starts) for name in ("rule", "stratum")}
    published = index["published"].to_numpy()
    held = np.where(published == NONE, -1, published.astype(np.int16))
    most = np.maximum.reduceat(held[order], starts)
    salt = int(digest(f"{plan.seed}|split")[:16], 16)
    groups = pl.DataFrame(
        {"group": index["group"].to_numpy()[order[starts]], **least, "published": most, "size": sizes}
    ).with_row_index("at")
    groups = groups.with_columns(key=shuffled(pl.col("group"), salt)).sort("key", "group").drop("key", "group")
    places = np.full(len(starts), NONE, dtype=np.uint8)
    for (rule,), part in groups.partition_by("rule", as_dict=True).items():
        if rule != NONE:
            for split, chosen in _placed(rule, part, plan.rules[rule]):
                places[chosen.to_numpy()] = SPLITS.index(split)
    rules, place, above = (np.empty(len(order), dtype=kind) for kind in (np.uint8, np.uint8, np.int16))
    for row, group in ((rules, least["rule"]), (place, places), (above, most)):
        row[order] = np.repeat(group, sizes)
    kept = np.array([rule.published for rule in plan.rules] + [False] * (NONE + 1 - len(plan.rules)))[rules]
    reason = np.where(place == NONE, REASONS.index("not-drawn"), NONE)
    reason = np.where(kept & (held != above), above + REASONS.index("group-is-in-validation") - 1, reason)
    reason = np.where(rules == NONE, REASONS.index("in-no-rule"), reason)
    return pl.DataFrame({
        "group": index["group"], "stratum": index["stratum"], "rule": rules,
        "split": _named(np.where(reason == NONE, place, NONE), SPLITS), "reason": _named(reason, REASONS),
    })  # fmt: skip


def _named(numbers: NDArray[np.generic], names: tuple[str, ...]) -> pl.Series:
    return pl.Series(numbers.astype(np.uint8)).replace_strict(
        list(range(len(names))), list(names), default=None, return_dtype=pl.Enum(names)
    )


def _placed(number: int, groups: pl.DataFrame, rule: Rule) -> list[tuple[Split, pl.Series]]:
    """The groups (their `at`) of one rule, split by split."""
    found: list[tuple[Split, pl.Series]] = []
    if rule.published:
        found = [(split, groups.filter(pl.col("published") == at)["at"]) for at, split in enumerate(SPLITS)]
        groups = groups.filter(pl.col("published") < 0)
    if groups.is_empty():
        return found
    targets = _targets(rule, int(groups["size"].sum()), number)
    sizes = dict(groups.group_by("stratum").agg(pl.col("size").sum()).sort("stratum").iter_rows())
    quotas = {split: _quotas(targets[split], sizes) for split in DRAWN if split in targets}
    for (stratum,), part in groups.partition_by("stratum", as_dict=True, maintain_order=True).items():
        left = part
        for split in DRAWN:
            if split in quotas:
                taken = _fill(left["size"], quotas[split][stratum])
                found.append((split, left.filter(taken)["at"]))
                left = left.filter(~taken)
        if "train" not in quotas:
            found.append(("train", left["at"]))
    return found


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
    groups = placed.filter(mine).select(pl.col("group").unique()).sort(shuffled(pl.col("group"), salt), "group")
    chosen = groups["group"].head(wanted.groups).implode()
    return placed.select((mine & pl.col("group").is_in(chosen)).fill_null(False)).to_series()

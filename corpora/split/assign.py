"""Which split each record is in: whole groups, drawn with a seed, the strata in proportion."""

from collections.abc import Sequence

import polars as pl

from corpora.split.plan import SPLITS, Plan, Rule, Split, Subset
from tools.errors import UsageError
from tools.files import digest
from tools.frames import shuffled

DRAWN: tuple[Split, ...] = ("test", "validation", "train")
"""In this order: what is held out does not change with how much is trained on."""


def assign(index: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The index with `rule` (its number in the plan), `split` and `reason`, of which one is null.

    `index`: a row a record, with `group` (UInt64), `stratum` (any), `source`, `task` and `split` as published. A group
    of several rules or strata has the first of them. Raises UsageError where records have no published split
    and the rule says nothing else."""
    published = pl.col("split").replace_strict({name: at for at, name in enumerate(SPLITS)}, return_dtype=pl.Int8)
    rows = index.with_columns(_rule(plan.rules).alias("rule"), published=published)
    groups = rows.group_by("group").agg(
        pl.col("rule", "stratum").min(), pl.col("published").max(), size=pl.len().cast(pl.Int64)
    )
    salt = int(digest(f"{plan.seed}|split")[:16], 16)
    groups = groups.with_columns(key=shuffled(pl.col("group"), salt)).sort("key", "group")
    placed = [
        _placed(rule, part, plan.rules[rule])
        for (rule,), part in groups.partition_by("rule", as_dict=True).items()
        if rule is not None
    ]
    none = groups.clear().select("group", place=pl.lit(None, pl.String))
    place = pl.concat([none, *placed])
    ruled = rows.drop("rule").join(
        groups.select("group", "rule", held="published"), on="group", how="left", maintain_order="left"
    )
    ruled = ruled.join(place, on="group", how="left", maintain_order="left")
    return (
        ruled.with_columns(reason=_reason(plan.rules))
        .with_columns(split=pl.when(pl.col("reason").is_null()).then(pl.col("place")))
        .drop("place", "held", "published")
    )


def _rule(rules: Sequence[Rule]) -> pl.Expr:
    """The number of the first rule that fits a record."""
    found = pl.lit(None, pl.UInt32)
    for number, rule in reversed(list(enumerate(rules))):
        fits = pl.lit(True)
        if rule.sources:
            fits &= pl.col("source").is_in(rule.sources)
        if rule.tasks:
            fits &= pl.col("task").is_in(rule.tasks)
        found = pl.when(fits).then(pl.lit(number, pl.UInt32)).otherwise(found)
    return found


def _reason(rules: Sequence[Rule]) -> pl.Expr:
    """Why a record is in no split."""
    kept = [number for number, rule in enumerate(rules) if rule.published]
    crossing = pl.col("rule").is_in(kept) & (pl.col("held") != pl.col("published"))
    held = pl.col("held").replace_strict(dict(enumerate(SPLITS)), return_dtype=pl.String)
    return (
        pl.when(pl.col("rule").is_null())
        .then(pl.lit("in-no-rule"))
        .when(crossing)
        .then(pl.lit("group-is-in-") + held)
        .when(pl.col("place").is_null())
        .then(pl.lit("not-drawn"))
    )


def _placed(number: int, groups: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """group, place: those of one rule."""
    told = pl.col("published").replace_strict(dict(enumerate(SPLITS)), return_dtype=pl.String)
    found = []
    if rule.published:
        found.append(groups.filter(pl.col("published").is_not_null()).select("group", place=told))
        groups = groups.filter(pl.col("published").is_null())
    if groups.is_empty():
        return pl.concat([groups.select("group", place=told), *found])
    targets = _targets(rule, int(groups["size"].sum()), number)
    sizes = dict(groups.group_by("stratum").agg(pl.col("size").sum()).sort("stratum").iter_rows())
    quotas = {split: _quotas(targets[split], sizes) for split in DRAWN if split in targets}
    for (stratum,), part in groups.partition_by("stratum", as_dict=True).items():
        for split in DRAWN:
            taken = _fill(part["size"], quotas[split][stratum]) if split in quotas else None
            mine = pl.Series([True] * part.height, dtype=pl.Boolean) if taken is None and split == "train" else taken
            if mine is not None:
                found.append(part.filter(mine).select("group", place=pl.lit(split)))
                part = part.filter(~mine)
    return pl.concat(found)


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


def _quotas(target: int, sizes: dict[str, int]) -> dict[str, int]:
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
    reached = sizes.cum_sum()
    taken = reached <= quota
    left = quota - int(sizes.filter(taken).sum())
    if left <= 0 or taken.all():
        return taken
    chosen = []
    at = int(taken.sum())
    for place, size in enumerate(sizes.slice(at), start=at):
        if size <= left:
            chosen.append(place)
            left -= size
        if not left:
            break
    return taken | pl.int_range(sizes.len(), eager=True).is_in(chosen)


def subset(placed: pl.DataFrame, number: int, wanted: Subset, seed: int, name: str) -> pl.Series:
    """Which rows of an index that `assign` placed are in the subset of this rule; all of the split where it has fewer groups."""
    mine = (pl.col("rule") == number) & (pl.col("split") == wanted.of)
    salt = int(digest(f"{seed}|{name}")[:16], 16)
    groups = placed.filter(mine).select(pl.col("group").unique()).sort(shuffled(pl.col("group"), salt), "group")
    return placed.select(
        (mine & pl.col("group").is_in(groups["group"].head(wanted.groups).implode())).fill_null(False)
    ).to_series()

"""Which records of what the tasks could make are kept: shares, caps and a seeded sample."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from kgtools.templates.select import CODES, Selection
from kgtools.tools.errors import UsageError
from kgtools.tools.registry import suggestion

SHARE = re.compile(r"([a-z]+)(?:=(\d+(?:\.\d+)?|\.\d+))?")
"""`mcq`, `qa=0.5`."""


def parse_tasks(text: str, known: Sequence[str]) -> dict[str, float | None]:
    """`qa=0.5,mcq=0.3` as task -> share; without shares None. Raises UsageError."""
    tasks: dict[str, float | None] = {}
    for word in text.split(","):
        match = SHARE.fullmatch(word.strip())
        if not match or match[1] not in known:
            name = word.partition("=")[0].strip()
            raise UsageError(
                f"--task {word}: {suggestion(name, list(known))}"
                if match
                else f"--task {word}: write NAME or NAME=SHARE, as mcq=0.3"
            )
        if match[1] in tasks:
            raise UsageError(f"--task {text}: {match[1]} is named twice")
        tasks[match[1]] = float(match[2]) if match[2] else None
    shares = [share for share in tasks.values() if share is not None]
    if shares and len(shares) < len(tasks):
        raise UsageError(f"--task {text}: give every task a share, or none")
    if any(share <= 0 for share in shares):
        raise UsageError(f"--task {text}: a share is more than 0")
    return tasks


@dataclass(frozen=True)
class Sample:
    """At most `count` records in all, and of each task and language `per_relation` of a relation or attribute, `per_head` of a head and
    `per_source` of what a source says, alone or beside others; None: as many as there are. `stratify`: of each relation or attribute
    as many as of any other, as far as there are as many."""

    count: int | None = None
    per_relation: int | None = None
    per_head: int | None = None
    per_source: int | None = None
    stratify: bool = False

    def refuse_wrong(self) -> None:
        """Raises UsageError for what cannot be."""
        caps = {"relation": self.per_relation, "head": self.per_head, "source": self.per_source}
        for option, value in ((f"--per-{name}", cap) for name, cap in caps.items()):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be 1 or more")
        if self.stratify and self.count is None:
            raise UsageError("--stratify shares out what --count says; give both")


def draw(
    asked: Mapping[str, list[Selection]], shares: Mapping[str, float | None], sample: Sample, masks: pl.Series
) -> dict[str, list[Selection]]:
    """The selections of each task with the rows that are kept, those with the smallest keys; the facts of the others are
    `not-sampled`. With shares the tasks stand in this proportion: of each as many as the scarcest allows, or as `count` says.
    `masks`: of each fact, by place, a bit for each source that says it."""
    rows = _rows(asked, masks if sample.per_source else None)
    kept = _quota(_capped(rows, sample), shares, sample)
    if kept.height == rows.height:
        return dict(asked)
    wanted = {key: frame["key"] for key, frame in kept.partition_by("task", "at", as_dict=True).items()}
    none = pl.Series(dtype=pl.UInt64)
    return {
        task: [_keep(selection, wanted.get((task, at), none)) for at, selection in enumerate(selections)]
        for task, selections in asked.items()
    }


def _rows(asked: Mapping[str, list[Selection]], masks: pl.Series | None) -> pl.DataFrame:
    """A row a record, but for turns of its options: `task`, `at` (which selection), `lang`, `relation`, `head`, `key`, `mask` (0
    without masks)."""
    schema = {
        "head": pl.UInt32,
        "key": pl.UInt64,
        "mask": pl.Int64,
        "task": pl.String,
        "at": pl.Int64,
        "lang": pl.String,
        "relation": pl.String,
    }
    frames = [pl.DataFrame(schema=schema)]
    for task, selections in asked.items():
        for at, selection in enumerate(selections):
            info = selection.template.info
            groups = selection.groups.with_columns(_sources(selection.groups["facts"], masks))
            frames.append(
                groups.select("head", "key", "mask").unique(maintain_order=True).with_columns(
                    pl.lit(task).alias("task"), pl.lit(at, pl.Int64).alias("at"), pl.lit(selection.template.lang).alias("lang"),
                    pl.lit(info.attribute or info.relations[0]).alias("relation"),
                )
            )  # fmt: skip
    return pl.concat(frames)


def _sources(facts: pl.Series, masks: pl.Series | None) -> pl.Series:
    """The sources of each list of facts."""
    if masks is None:
        return pl.repeat(0, len(facts), dtype=pl.Int64, eager=True).alias("mask")
    told = pl.DataFrame({"facts": facts}).with_row_index("at").explode("facts").drop_nulls()
    told = told.select("at", mask=masks.gather(told["facts"])).group_by("at").agg(pl.col("mask").bitwise_or())
    every = pl.DataFrame({"at": range(len(facts))}, schema={"at": pl.UInt32})
    return every.join(told, on="at", how="left", maintain_order="left")["mask"].fill_null(0)


def _capped(rows: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    for column, limit in (("relation", sample.per_relation), ("head", sample.per_head)):
        if limit is not None:
            place = pl.col("key").rank("ordinal").over("task", "lang", column)
            rows = rows.filter(place <= limit)
    return rows if sample.per_source is None else _cap_sources(rows, sample.per_source)


def _cap_sources(rows: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The rows in the order of their keys as long as none of their sources has so many, by task and language."""
    ordered = rows.sort("key")
    room: dict[tuple[str, str, int], int] = {}
    kept = []
    for task, lang, mask in ordered.select("task", "lang", "mask").iter_rows():
        bits = [(task, lang, at) for at in range(mask.bit_length()) if mask >> at & 1]
        fits = all(room.setdefault(bit, limit) for bit in bits)
        kept.append(fits)
        for bit in bits if fits else ():
            room[bit] -= 1
    return ordered.filter(pl.Series(kept, dtype=pl.Boolean))


def _even(rows: pl.DataFrame, total: int) -> pl.DataFrame:
    """So many rows, or all, of each relation as many as of any other as far as it has them: what is left over goes to those that
    have more, the first by name."""
    sizes = dict(rows.group_by("relation").len().sort("relation").iter_rows())
    quotas = dict.fromkeys(sizes, 0)
    while left := min(total, rows.height) - sum(quotas.values()):
        open_ = [name for name, size in sizes.items() if quotas[name] < size]
        each = max(left // len(open_), 1)
        for name in open_[:left]:
            quotas[name] += min(each, sizes[name] - quotas[name])
    place = pl.col("key").rank("ordinal").over("relation")
    return rows.filter(place <= pl.col("relation").replace_strict(quotas, return_dtype=pl.UInt32))


def _quota(rows: pl.DataFrame, shares: Mapping[str, float | None], sample: Sample) -> pl.DataFrame:
    count = sample.count
    if not any(share is not None for share in shares.values()):
        if count is None:
            return rows
        return _even(rows, count) if sample.stratify and rows.height else rows.sort("key").head(count)
    there = dict(rows.group_by("task").len().iter_rows())
    whole = sum(share or 0 for share in shares.values())
    parts = {task: (share or 0) / whole for task, share in shares.items()}
    total = min(math.floor(there.get(task, 0) / part) for task, part in parts.items()) if count is None else count
    quotas = _largest_remainders(parts, total)
    if sample.stratify:
        return pl.concat(
            _even(part, quotas[str(task)]) for (task,), part in sorted(rows.partition_by("task", as_dict=True).items())
        )
    place = pl.col("key").rank("ordinal").over("task")
    return rows.filter(place <= pl.col("task").replace_strict(quotas, return_dtype=pl.UInt32))


def _largest_remainders(parts: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in these proportions that add up to the total."""
    quotas = {task: math.floor(part * total) for task, part in parts.items()}
    rest = sorted(parts, key=lambda task: (quotas[task] - parts[task] * total, task))
    for task in rest[: total - sum(quotas.values())]:
        quotas[task] += 1
    return quotas


def _keep(selection: Selection, keys: pl.Series) -> Selection:
    kept = pl.col("key").is_in(keys.implode())
    lost = selection.groups.filter(~kept).select(pl.col("facts").explode().alias("fact")).drop_nulls()
    code = pl.lit(CODES["not-sampled"], pl.UInt8).alias("code")
    left_out = pl.concat([selection.left_out, lost.select("fact", code)])
    return replace(selection, groups=selection.groups.filter(kept), left_out=left_out)


def count_sources(
    asked: Mapping[str, list[Selection]], masks: pl.Series, names: Mapping[int, tuple[str, str]]
) -> dict[str, dict[str, int]]:
    """Relation or attribute -> source -> records whose facts it says, alone or beside others; and `all` of them. `names`: the name of
    each bit first."""
    counts: dict[str, dict[str, int]] = {}
    for selections in asked.values():
        for selection in selections:
            info = selection.template.info
            if not selection.groups.height:
                continue
            of_relation = counts.setdefault(info.attribute or info.relations[0], {"all": 0})
            for mask, number in _sources(selection.groups["facts"], masks).value_counts().iter_rows():
                of_relation["all"] += number
                for bit in (bit for bit in names if mask & bit):
                    of_relation[names[bit][0]] = of_relation.get(names[bit][0], 0) + number
    return {relation: dict(sorted(of.items())) for relation, of in sorted(counts.items())}

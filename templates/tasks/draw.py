"""Which records of what the tasks could make are kept: shares, caps and a seeded sample."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
    as many as of any other, as far as there are as many. A question whose options are turned is as many records as turns, kept
    together."""

    count: int | None = None
    per_relation: int | None = None
    per_head: int | None = None
    per_source: int | None = None
    stratify: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self == Sample()

    def refuse_wrong(self) -> None:
        """Raises UsageError for what cannot be."""
        caps = {"relation": self.per_relation, "head": self.per_head, "source": self.per_source}
        for option, value in ((f"--per-{name}", cap) for name, cap in caps.items()):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be 1 or more")
        if self.stratify and self.count is None:
            raise UsageError("--stratify shares out what --count says; give both")


KEYS: dict[str, Any] = {
    "head": pl.UInt32, "key": pl.UInt64, "mask": pl.Int64, "records": pl.UInt8, "task": pl.Categorical, "at": pl.UInt32,
    "lang": pl.Categorical, "relation": pl.Categorical,
}  # fmt: skip
"""What decides which records are kept: `mask`, 0 without masks; `records`, more than one where options are turned; `task` and `at`,
which selection."""


@dataclass(frozen=True)
class Drawn:
    """The keys of the records that are kept, of each task's selections by their place; None: all are. `records`: how many of each
    selection are kept."""

    keys: Mapping[tuple[str, int], pl.Series] | None
    records: Mapping[tuple[str, int], int]

    def keep(self, task: str, at: int, selection: Selection) -> Selection:
        """The selection with the rows that are kept; the facts of the others are `not-sampled`."""
        if self.keys is None:
            return selection
        kept = pl.col("key").is_in(self.keys.get((task, at), pl.Series(dtype=pl.UInt64)).implode())
        lost = selection.groups.filter(~kept).select(pl.col("facts").explode().alias("fact")).drop_nulls()
        code = pl.lit(CODES["not-sampled"], pl.UInt8).alias("code")
        left_out = pl.concat([selection.left_out, lost.select("fact", code)])
        return replace(selection, groups=selection.groups.filter(kept), left_out=left_out)


def draw(frames: Sequence[pl.DataFrame], shares: Mapping[str, float | None], sample: Sample) -> Drawn:
    """The records that are kept, of `frames` that `list_keys` gave: those with the smallest keys. With shares the tasks stand in this
    proportion: of each as many as the scarcest allows, or as `count` says."""
    rows = pl.concat([pl.DataFrame(schema=KEYS), *frames])
    kept = _quota(_capped(rows, sample), shares, sample)
    if kept.height == rows.height:
        return Drawn(None, _records(rows))
    parts = kept.partition_by("task", "at", as_dict=True)
    return Drawn({(str(task), int(at)): part["key"] for (task, at), part in parts.items()}, _records(kept))


def _records(rows: pl.DataFrame) -> dict[tuple[str, int], int]:
    counted = rows.group_by("task", "at").agg(pl.col("records").sum().cast(pl.Int64))
    return {(task, at): number for task, at, number in counted.iter_rows()}


def list_keys(task: str, at: int, selection: Selection, masks: pl.Series | None) -> pl.DataFrame:
    """A row a record, but for turns of its options, with the columns KEYS. `masks`: of each fact, by place, a bit for each source
    that says it; None: sources do not matter."""
    groups = selection.groups.with_columns(_sources(selection.groups["facts"], masks))
    rows = groups.group_by("head", "key", "mask", maintain_order=True).agg(pl.len().cast(pl.UInt8).alias("records"))
    told = {
        "task": task,
        "at": at,
        "lang": selection.template.lang,
        "relation": selection.template.info.topic,
    }
    return rows.with_columns(pl.lit(value, KEYS[name]).alias(name) for name, value in told.items())


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
            rows = rows.filter(_so_far().over("task", "lang", column, order_by="key") <= limit)
    return rows if sample.per_source is None else _cap_sources(rows, sample.per_source)


def _so_far() -> pl.Expr:
    """Records up to a row, its own too: all turns of a question are kept, or none."""
    return pl.col("records").cast(pl.Int64).cum_sum()


def _cap_sources(rows: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The rows in the order of their keys as long as none of their sources has so many, by task and language."""
    ordered = rows.sort("key")
    room: dict[tuple[str, str, int], int] = {}
    kept = []
    for task, lang, mask, records in ordered.select("task", "lang", "mask", "records").iter_rows():
        bits = [(task, lang, at) for at in range(mask.bit_length()) if mask >> at & 1]
        fits = all(room.setdefault(bit, limit) >= records for bit in bits)
        kept.append(fits)
        for bit in bits if fits else ():
            room[bit] -= records
    return ordered.filter(pl.Series(kept, dtype=pl.Boolean))


def _even(rows: pl.DataFrame, total: int) -> pl.DataFrame:
    """So many records, or all, of each relation as many as of any other as far as it has them: what is left over goes to those that
    have more, the first by name."""
    sizes = _sizes(rows, "relation")
    quotas = dict.fromkeys(sizes, 0)
    while left := min(total, sum(sizes.values())) - sum(quotas.values()):
        open_ = [name for name, size in sizes.items() if quotas[name] < size]
        each = max(left // len(open_), 1)
        for name in open_[:left]:
            quotas[name] += min(each, sizes[name] - quotas[name])
    place = _so_far().over("relation", order_by="key")
    return rows.filter(place <= pl.col("relation").cast(pl.String).replace_strict(quotas, return_dtype=pl.Int64))


def _sizes(rows: pl.DataFrame, column: str) -> dict[str, int]:
    """Records of each of a column, in its order."""
    return dict(rows.group_by(column).agg(pl.col("records").cast(pl.Int64).sum()).sort(column).iter_rows())


def _quota(rows: pl.DataFrame, shares: Mapping[str, float | None], sample: Sample) -> pl.DataFrame:
    count = sample.count
    if not any(share is not None for share in shares.values()):
        if count is None:
            return rows
        return _even(rows, count) if sample.stratify and rows.height else rows.sort("key").filter(_so_far() <= count)
    there = _sizes(rows, "task")
    whole = sum(share or 0 for share in shares.values())
    parts = {task: (share or 0) / whole for task, share in shares.items()}
    total = min(math.floor(there.get(task, 0) / part) for task, part in parts.items()) if count is None else count
    quotas = _largest_remainders(parts, total)
    if sample.stratify:
        return pl.concat(
            _even(part, quotas[str(task)]) for (task,), part in sorted(rows.partition_by("task", as_dict=True).items())
        )
    place = _so_far().over("task", order_by="key")
    return rows.filter(place <= pl.col("task").cast(pl.String).replace_strict(quotas, return_dtype=pl.Int64))


def _largest_remainders(parts: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in these proportions that add up to the total."""
    quotas = {task: math.floor(part * total) for task, part in parts.items()}
    rest = sorted(parts, key=lambda task: (quotas[task] - parts[task] * total, task))
    for task in rest[: total - sum(quotas.values())]:
        quotas[task] += 1
    return quotas


class SourceCounts:
    """Relation or attribute -> source -> records whose facts it says, alone or beside others; and `all` of them."""

    def __init__(self, masks: pl.Series, names: Mapping[int, tuple[str, str]]) -> None:
        """`masks`: as `list_keys` takes them; `names`: the name of each bit first."""
        self._masks, self._names = masks, names
        self._counts: dict[str, dict[str, int]] = {}

    def add(self, selection: Selection) -> None:
        """Count the records of a selection."""
        if not selection.groups.height:
            return
        of_relation = self._counts.setdefault(selection.template.info.topic, {"all": 0})
        for mask, number in _sources(selection.groups["facts"], self._masks).value_counts().iter_rows():
            of_relation["all"] += number
            for bit in (bit for bit in self._names if mask & bit):
                name = self._names[bit][0]
                of_relation[name] = of_relation.get(name, 0) + number

    def to_dict(self) -> dict[str, dict[str, int]]:
        """In alphabetical order."""
        return {relation: dict(sorted(of.items())) for relation, of in sorted(self._counts.items())}

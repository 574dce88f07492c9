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
    """At most `count` records in all, and of each task and language `per_relation` of a relation or attribute and `per_head` of a
    head; None: as many as there are."""

    count: int | None = None
    per_relation: int | None = None
    per_head: int | None = None

    def refuse_wrong(self) -> None:
        """Raises UsageError for what cannot be."""
        for option, value in (("--per-relation", self.per_relation), ("--per-head", self.per_head)):
            if value is not None and value < 1:
                raise UsageError(f"{option} must be 1 or more")


def draw(
    asked: Mapping[str, list[Selection]], shares: Mapping[str, float | None], sample: Sample
) -> dict[str, list[Selection]]:
    """The selections of each task with the rows that are kept, those with the smallest keys; the facts of the others are
    `not-sampled`. With shares the tasks stand in this proportion: of each as many as the scarcest allows, or as `count` says."""
    rows = _rows(asked)
    kept = _quota(_capped(rows, sample), shares, sample.count)
    if kept.height == rows.height:
        return dict(asked)
    wanted = {key: frame["key"] for key, frame in kept.partition_by("task", "at", as_dict=True).items()}
    none = pl.Series(dtype=pl.UInt64)
    return {
        task: [_keep(selection, wanted.get((task, at), none)) for at, selection in enumerate(selections)]
        for task, selections in asked.items()
    }


def _rows(asked: Mapping[str, list[Selection]]) -> pl.DataFrame:
    """A row a record, but for turns of its options: `task`, `at` (which selection), `lang`, `relation`, `head`, `key`."""
    schema = {
        "head": pl.UInt32,
        "key": pl.UInt64,
        "task": pl.String,
        "at": pl.Int64,
        "lang": pl.String,
        "relation": pl.String,
    }
    frames = [pl.DataFrame(schema=schema)]
    for task, selections in asked.items():
        for at, selection in enumerate(selections):
            info = selection.template.info
            frames.append(
                selection.groups.select("head", "key").unique(maintain_order=True).with_columns(
                    pl.lit(task).alias("task"), pl.lit(at, pl.Int64).alias("at"), pl.lit(selection.template.lang).alias("lang"),
                    pl.lit(info.attribute or info.relations[0]).alias("relation"),
                )
            )  # fmt: skip
    return pl.concat(frames)


def _capped(rows: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    for column, limit in (("relation", sample.per_relation), ("head", sample.per_head)):
        if limit is not None:
            place = pl.col("key").rank("ordinal").over("task", "lang", column)
            rows = rows.filter(place <= limit)
    return rows


def _quota(rows: pl.DataFrame, shares: Mapping[str, float | None], count: int | None) -> pl.DataFrame:
    if not any(share is not None for share in shares.values()):
        return rows if count is None else rows.sort("key").head(count)
    there = dict(rows.group_by("task").len().iter_rows())
    whole = sum(share or 0 for share in shares.values())
    parts = {task: (share or 0) / whole for task, share in shares.items()}
    total = min(math.floor(there.get(task, 0) / part) for task, part in parts.items()) if count is None else count
    quotas = _largest_remainders(parts, total)
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

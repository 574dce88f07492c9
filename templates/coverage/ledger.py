"""What became of each fact: the records that it stands in, or the reason why it is in none."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.pack import LANGUAGES
from kgtools.templates.select import CODES, REASONS, Selection
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import Schema, scan_table
from kgtools.tools.registry import suggestion

COVERAGE = Schema(
    "coverage",
    {
        "triple": pl.String,
        "kind": pl.String,
        "relation": pl.String,
        "sources": pl.List(pl.String),
        "lang": pl.String,
        "records": pl.UInt32,
        "reason": pl.String,
    },
    required=("triple", "kind", "relation", "sources", "lang", "records"),
)
"""A row for each triple (attribute values and aliases too) and language: which sources say it, in how many records it stands, or
why in none."""
Coverage = Annotated[pl.LazyFrame, COVERAGE]


GROUPS = {"relation": ("kind", "relation"), "source": ("source",)}
"""What coverage can be counted by, besides the language: the columns of it."""


@dataclass(frozen=True)
class CoverageRow:
    """What became of some facts in one language. `facts`: all of them; `exported`: those that stand in a record; `reasons`: why
    the others do not, reason -> facts, in the order of REASONS. None: they are not told apart by it."""

    kind: str | None
    relation: str | None
    source: str | None
    lang: str
    facts: int
    exported: int
    reasons: dict[str, int]

    @property
    def share(self) -> float:
        """The part of the facts that stands in a record."""
        return self.exported / self.facts

    def to_dict(self) -> dict[str, Any]:
        """As `--format json` has it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def read_coverage(folder: Path) -> Coverage:
    """The coverage in a folder that generate wrote. Raises InputError where there is none, or another table."""
    path = folder / "coverage.parquet"
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the folder that generate wrote: --records DIR")
    try:
        rows = scan_table(path)
        COVERAGE.check(rows.collect_schema().to_frame(), str(path))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not a Parquet file of coverage: {' '.join(str(error).split())}") from error
    except InputError as error:
        raise InputError(f"{error}; where an older kgtools wrote it, run generate again") from error
    return rows


def count_coverage(coverage: Coverage, by: Collection[str] = ("relation",)) -> list[CoverageRow]:
    """A row for each relation, or each source, or each of both together, and language, in this order.

    `by`: names of GROUPS; nothing: a row a language. By source a fact that two sources say counts for each of them. Raises
    UsageError for another name."""
    keys = [*columns_of(by), "lang"]
    rows = coverage.explode("sources").rename({"sources": "source"}) if "source" in keys else coverage
    fates = rows.group_by(*keys, pl.col("reason").fill_null("exported")).len().collect()
    counted = []
    for values, part in sorted(fates.partition_by(keys, as_dict=True).items()):
        counts = dict(part.select("reason", "len").iter_rows())
        reasons = {reason: counts[reason] for reason in REASONS if reason in counts and reason != "exported"}
        of: dict[str, Any] = dict.fromkeys(("kind", "relation", "source")) | dict(zip(keys, values, strict=True))
        counted.append(
            CoverageRow(**of, facts=sum(counts.values()), exported=counts.get("exported", 0), reasons=reasons)
        )
    return counted


def columns_of(by: Collection[str]) -> list[str]:
    """The columns that tell the rows apart, besides the language, in order. Raises UsageError for what is not in GROUPS."""
    for name in by:
        if name not in GROUPS:
            raise UsageError(f"--by {name}: {suggestion(name, list(GROUPS))}")
    return [column for name, columns in GROUPS.items() if name in by for column in columns]


class Fates:
    """What becomes of every fact of a graph in these languages, which is told a selection at a time."""

    def __init__(self, graph: GraphView, langs: tuple[str, ...]) -> None:
        self._graph, count = graph, graph.facts.height
        self._codes = {lang: np.full(count, CODES["no-template"], np.uint8) for lang in LANGUAGES if lang in langs}
        self._records = {lang: np.zeros(count, np.uint32) for lang in self._codes}

    def add(self, selection: Selection) -> None:
        """Take the facts of a selection's records for exported, and what it leaves out for that, unless a better became of them."""
        self.lose(selection)
        if selection.groups.is_empty():
            return
        lang = selection.template.lang
        said = selection.groups["facts"].explode().drop_nulls().value_counts(name="records")
        places = said["facts"].to_numpy()
        self._records[lang][places] += said["records"].to_numpy()
        self._codes[lang][places] = CODES["exported"]

    def lose(self, selection: Selection) -> None:
        """Take what a selection leaves out for that, unless a better became of it."""
        lost, codes = selection.left_out, self._codes[selection.template.lang]
        np.minimum.at(codes, lost["fact"].to_numpy(), lost["code"].to_numpy())

    def table(self) -> pl.DataFrame:
        """The coverage."""
        facts = self._graph.facts.join(_sources(self._graph), on="mask", how="left", maintain_order="left")
        frames = [COVERAGE.frame()]
        for lang, codes in self._codes.items():
            reason = pl.Series(codes).replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String)
            rows = facts.select(
                pl.col("id").alias("triple"), "kind", "relation", "sources", pl.lit(lang).alias("lang"),
                pl.Series("records", self._records[lang]), pl.when(reason != "exported").then(reason).alias("reason"),
            )  # fmt: skip
            frames.append(rows)
        return pl.concat(frames)


def _sources(graph: GraphView) -> pl.DataFrame:
    """The names of the sources of each `mask` of a fact, sorted."""
    masks = graph.facts["mask"].unique().sort().to_list()
    names = [sorted(name for bit, (name, _) in graph.licenses.items() if mask & bit) for mask in masks]
    return pl.DataFrame({"mask": masks, "sources": names}, schema={"mask": pl.Int64, "sources": pl.List(pl.String)})

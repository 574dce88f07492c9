"""What became of each fact: the records that it stands in, or the reason why it is in none."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import polars as pl

from kgtools.templates.facts import GraphView
from kgtools.templates.select import CODES, REASONS, Selection
from kgtools.tools.errors import InputError
from kgtools.tools.frames import Schema, scan_table

COVERAGE = Schema(
    "coverage",
    {
        "triple": pl.String,
        "kind": pl.String,
        "relation": pl.String,
        "lang": pl.String,
        "records": pl.UInt32,
        "reason": pl.String,
    },
    required=("triple", "kind", "relation", "lang", "records"),
)
"""A row for each triple (attribute values and aliases too) and language: in how many records it stands, or why in none."""
Coverage = Annotated[pl.LazyFrame, COVERAGE]


@dataclass(frozen=True)
class CoverageRow:
    """What became of the facts of one relation in one language. `facts`: all of them; `exported`: those that stand in a record;
    `reasons`: why the others do not, reason -> facts, in the order of REASONS."""

    kind: str
    relation: str
    lang: str
    facts: int
    exported: int
    reasons: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """As `--format json` has it."""
        return asdict(self)


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
    return rows


def count_coverage(coverage: Coverage) -> list[CoverageRow]:
    """A row for each kind, relation and language, in this order."""
    fates = coverage.group_by("kind", "relation", "lang", pl.col("reason").fill_null("exported")).len().collect()
    rows = []
    for (kind, relation, lang), part in sorted(fates.partition_by("kind", "relation", "lang", as_dict=True).items()):
        counts = dict(part.select("reason", "len").iter_rows())
        reasons = {reason: counts[reason] for reason in REASONS if reason in counts and reason != "exported"}
        total = sum(counts.values())
        rows.append(CoverageRow(str(kind), str(relation), str(lang), total, counts.get("exported", 0), reasons))
    return rows


def make_coverage(graph: GraphView, selections: list[Selection], langs: tuple[str, ...]) -> pl.DataFrame:
    """The coverage of these selections: what became of every fact of the graph in each language."""
    frames = []
    for lang in langs:
        of_lang = [selection for selection in selections if selection.template.lang == lang]
        exported = [s.groups.select(pl.col("facts").explode().alias("fact")).drop_nulls() for s in of_lang]
        parts = [frame.with_columns(pl.lit(CODES["exported"], pl.UInt8).alias("code")) for frame in exported] + [
            s.left_out for s in of_lang
        ]
        none = pl.DataFrame(schema={"fact": pl.UInt32, "code": pl.UInt8})
        fates = (
            pl.concat([none, *parts])
            .group_by("fact")
            .agg(pl.col("code").min(), (pl.col("code") == 0).sum().alias("records"))
        )
        rows = graph.facts.join(fates, on="fact", how="left", maintain_order="left")
        reason = (
            pl.col("code")
            .fill_null(CODES["no-template"])
            .replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String)
        )
        frames.append(
            rows.select(
                pl.col("id").alias("triple"), "kind", "relation", pl.lit(lang).alias("lang"),
                pl.col("records").fill_null(0).cast(pl.UInt32), pl.when(reason != "exported").then(reason).alias("reason"),
            )
        )  # fmt: skip
    return pl.concat(frames) if frames else COVERAGE.frame()

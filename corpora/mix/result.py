"""What a mix is, and what was taken out on the way."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import Sink, scan_written
from kgtools.corpora.split.proof import Proof
from kgtools.tools.frames import Schema


@dataclass(frozen=True)
class MixResult:
    """What a mix is. `table`: records or preferences. `missing`: what the recipe has and nobody brought, with what it would be.
    `drawn`: a row a source. `removed`: a row for each step, source and reason. `counts`: records by task, lang, split and license.
    `replaced`: what de-identification replaced, by source. `alike`: a row for each source, evaluation set and why records stay
    (twin, facts) although they look like items of it. `proof`: where it was split, how many groups and facts are in which
    split."""

    title: str
    table: str
    drawn: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    missing: dict[str, str]
    counts: dict[str, dict[str, int]]
    replaced: dict[str, int]
    alike: list[dict[str, Any]]
    proof: Proof | None = None
    out: Path | None = None

    @property
    def written(self) -> int:
        """Records in the mix."""
        return sum(row["records"] for row in self.drawn)

    @property
    def records(self) -> pl.LazyFrame | None:
        """The mix; None after a dry run."""
        return scan_written(self.out, self.table)

    @property
    def drops(self) -> dict[str, int]:
        """Records of the sources that are not in it, by step and reason (`filter: too-long`)."""
        totals: Counter[str] = Counter()
        for row in self.removed:
            totals[f"{row['step']}: {row['reason']}"] += row["records"]
        return dict(totals)

    def to_dict(self) -> dict[str, Any]:
        """What `run.json` and `--format json` say."""
        crossing = self.proof and {
            "crossing": self.proof.groups.crossing,
            "crossing_facts": self.proof.facts.crossing,
        }
        return {
            "records": self.written, "drawn": self.drawn, "removed": self.removed, "missing": self.missing, "counts": self.counts,
            "replaced": dict(sorted(self.replaced.items())), "alike": self.alike, **(crossing or {}),
        }  # fmt: skip


@dataclass
class MixLog:
    """What a mix writes down while it is made, to be its result. `removed`: step, source and reason -> records. `private`: it
    holds people's records as they were; `deidentified`: it holds such that were made safe, here or before. `flows`: by source,
    task and split. The rest is as in MixResult, of which `result` makes one."""

    title: str
    missing: dict[str, str]
    schema: Schema = RECORDS
    inputs: dict[str, str] = field(default_factory=dict)
    drawn: list[dict[str, Any]] = field(default_factory=list)
    removed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    flows: list[tuple[tuple[str, ...], int]] = field(default_factory=list)
    replaced: Counter[str] = field(default_factory=Counter)
    private: bool = False
    deidentified: bool = False
    alike: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    proof: Proof | None = None

    def remove(self, sink: Sink, step: str, rows: pl.DataFrame) -> None:
        """Note that these rows (id, source, reason, perhaps favoured) are left out."""
        favoured = pl.col("favoured") if "favoured" in rows.columns else pl.lit(None, pl.String)
        sink.write(
            rows.select(
                "id", pl.col("source").cast(pl.String), pl.lit(step).alias("step"), "reason", favoured.alias("favoured")
            )
        )
        for source, reason, number in rows.group_by("source", "reason").len().iter_rows():
            self.removed[step, source, reason] += number

    def note_alike(self, source: str, contamination: pl.DataFrame) -> None:
        """Count what is told of evaluation items (as CONTAMINATION) and no hit."""
        alike = contamination.filter(pl.col("verdict") != "hit")
        counted = alike.group_by("evalset", "verdict").agg(pl.col("row").n_unique())
        for evalset, verdict, number in counted.iter_rows():
            self.alike[source, evalset, verdict] += number

    def taken_out(self, step: str) -> int:
        """Records that a step took out."""
        return sum(number for (name, _, _), number in self.removed.items() if name == step)

    def count(self, chosen: pl.DataFrame) -> None:
        """Count the index of what is in the mix: part, task, lang, split, license."""
        for column in ("task", "lang", "split", "license"):
            counted = chosen.group_by(column).len().with_columns(pl.col(column).cast(pl.String).fill_null("none"))
            self.counts[column] = dict(counted.sort(column).iter_rows())
        flows = chosen.group_by("part", "task", "split").len()
        flows = flows.with_columns(pl.col("part", "task", "split").cast(pl.String).fill_null("none"))
        self.flows = [
            ((part, task, split), number) for part, task, split, number in flows.sort(flows.columns).iter_rows()
        ]

    def steps(self) -> list[dict[str, Any]]:
        """A row for each step, source and reason."""
        keys = ("step", "source", "reason", "records")
        return [dict(zip(keys, (*key, number), strict=True)) for key, number in sorted(self.removed.items())]

    def result(self, out: Path | None) -> MixResult:
        """What the mix is, now that it is done; `out` is None after a dry run."""
        alike = [
            {"source": source, "evalset": evalset, "verdict": verdict, "records": number}
            for (source, evalset, verdict), number in sorted(self.alike.items())
        ]
        return MixResult(
            self.title, self.schema.noun, self.drawn, self.steps(), self.missing, self.counts,
            dict(self.replaced), alike, self.proof, out,
        )  # fmt: skip

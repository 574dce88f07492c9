"""What a mix is, and what was taken out on the way."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import Sink
from kgtools.corpora.split.proof import Proof
from kgtools.tools.frames import Schema


@dataclass
class Mixed:
    """`missing`: what the recipe has and nobody brought, with what it would be. `drawn`: a row a source. `removed`: step,
    source and reason -> records. `replaced`: what de-identification replaced, by source. `private`: it
    holds people's records as they were; `deidentified`: it holds such that were made safe, here or before. `counts`: records by task, lang,
    split and license. `flows`: by source, task and split. `alike`: records by source, evaluation set and why they stay (twin,
    facts) although they look like items of it. `proof`: where it was split, how many groups and facts are in which split."""

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

    def note_alike(self, source: str, found: pl.DataFrame) -> None:
        """Count what is told of evaluation items (as CONTAMINATION) and no hit."""
        told = found.filter(pl.col("verdict") != "hit").group_by("evalset", "verdict").agg(pl.col("row").n_unique())
        for evalset, verdict, number in told.iter_rows():
            self.alike[source, evalset, verdict] += number

    def taken_out(self, step: str) -> int:
        """Records that a step took out."""
        return sum(number for (name, _, _), number in self.removed.items() if name == step)

    def count(self, chosen: pl.DataFrame) -> None:
        """Count the index of what is in the mix: part, task, lang, split, license."""
        for column in ("task", "lang", "split", "license"):
            found = chosen.group_by(column).len().with_columns(pl.col(column).cast(pl.String).fill_null("none"))
            self.counts[column] = dict(found.sort(column).iter_rows())
        flows = chosen.group_by("part", "task", "split").len()
        flows = flows.with_columns(pl.col("part", "task", "split").cast(pl.String).fill_null("none"))
        self.flows = [
            ((part, task, split), number) for part, task, split, number in flows.sort(flows.columns).iter_rows()
        ]

    def steps(self) -> list[dict[str, Any]]:
        """A row for each step, source and reason."""
        keys = ("step", "source", "reason", "records")
        return [dict(zip(keys, (*key, number), strict=True)) for key, number in sorted(self.removed.items())]

    def facts(self) -> dict[str, Any]:
        """What `run.json` and `--format json` say."""
        records = sum(row["records"] for row in self.drawn)
        proof = self.proof and {"crossing": self.proof.groups.crossing, "crossing_facts": self.proof.facts.crossing}
        return {
            "records": records, "drawn": self.drawn, "removed": self.steps(), "missing": self.missing, "counts": self.counts,
            "replaced": dict(sorted(self.replaced.items())),
            "alike": [
                {"source": source, "evalset": evalset, "verdict": verdict, "records": number}
                for (source, evalset, verdict), number in sorted(self.alike.items())
            ],
            **(proof or {}),
        }  # fmt: skip

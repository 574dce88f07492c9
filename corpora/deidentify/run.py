"""A table of records de-identified into a folder, scanned before it is there."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.deidentify.batch import LOG, deidentify
from kgtools.corpora.deidentify.policy import Policy, load_policy
from kgtools.corpora.deidentify.pseudonyms import fingerprint
from kgtools.corpora.deidentify.replace import COLUMNS
from kgtools.corpora.deidentify.scan import classes_in, residual
from kgtools.corpora.record_files import (
    RecordStep,
    Sink,
    batches,
    count_rows,
    run_step,
    scan_written,
    to_dict,
)
from kgtools.tools.errors import Findings
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_private
from kgtools.tools.progress import SILENT, Progress

SMALL = 5
"""Records alike in age, sex, department and diagnosis: fewer than this can be recognised by who knows one."""
QUASI = ("age_years", "sex", "department", "diagnosis")


@dataclass(frozen=True)
class DeidentifyResult:
    """What a run found.

    `total`: records that were read; `touched`: those with any span. `classes`: class -> spans; `actions`: what was done -> spans.
    `rare`: records whose age, sex, department and diagnosis (of meta) fewer than SMALL share, of `described` that have any of
    these."""

    policy: str
    table: str
    total: int
    touched: int
    classes: dict[str, int]
    records_by_class: dict[str, int]
    actions: dict[str, int]
    rules: dict[str, int]
    described: int
    rare: int
    out: Path | None = None

    @property
    def records(self) -> pl.LazyFrame | None:
        """The records that were written; None after a dry run."""
        return scan_written(self.out, self.table)

    @property
    def written(self) -> int:
        """Records that were written: all of them, or none after a dry run."""
        return 0 if self.out is None else self.total

    @property
    def drops(self) -> dict[str, int]:
        """No record is ever dropped."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, {"total": "records"})


def run(
    source: Path,
    out: Path | None,
    name: str,
    key: bytes,
    surrogates: bool = False,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> DeidentifyResult:
    """The records of `source` in `out` with `deidentified.parquet` and `run.json`, all or nothing; without `out`, a dry run,
    nothing is written. `name`: of the policy.

    Raises Findings, and writes nothing, where the residual scan finds what identifies in the output or in what run.json says of
    the input, InputError for no records, unless `allow_empty`."""
    policy = load_policy(name)
    policy = policy.with_surrogates() if surrogates else policy
    keep = frozenset(kind for kind, action in policy.classes.items() if action == "keep")
    counts = {what: Counter[str]() for what in ("class", "by", "action", "rule")}
    alike, left = Counter[tuple[Any, ...]](), Counter[str]()
    first: dict[str, int] = {}
    records = touched = 0
    with run_step("deidentify", source, out) as step:
        schema = step.table.schema
        progress.start("de-identifying", count_rows(step.table.rows), schema.noun)
        with Sink(step.records_file, schema) as sink, Sink(step.folder / "deidentified.parquet", LOG) as logs:
            for batch in batches(step.table.rows, progress=progress):
                clean, log = deidentify(batch, policy, key)
                records += clean.height
                touched += log["record"].n_unique()
                for what in ("class", "action", "rule"):
                    column = pl.concat_str("class", "rule", separator=": ") if what == "rule" else pl.col(what)
                    counts[what].update(dict(log.group_by(column.alias("what")).len().iter_rows()))
                counts["by"].update(dict(log.group_by("class").agg(pl.col("record").n_unique()).iter_rows()))
                alike.update(_count_described(clean))
                for kind, part, row in residual(clean, keep).select("class", "part", "row").iter_rows():
                    left[f"{kind} in {part}"] += 1
                    first.setdefault(f"{kind} in {part}", records - clean.height + row)
                sink.write(clean)
                logs.write(log)
        _refuse(left, first)
        _refuse_name(step.table.file, keep)
        refuse_empty(records, f"{source}: there are no {schema.noun}", allow_empty or out is None)
        result = DeidentifyResult(
            policy=name, table=schema.noun, total=records, touched=touched,
            classes=_sort(counts["class"]), records_by_class=_sort(counts["by"]), actions=_sort(counts["action"]),
            rules=_sort(counts["rule"]), described=sum(alike.values()),
            rare=sum(number for number in alike.values() if number < SMALL), out=out,
        )  # fmt: skip
        # what was not found is still there
        make_private(step.folder)
        _vouch(step, result, policy, key, surrogates)
    return result


def _refuse(left: Counter[str], first: dict[str, int]) -> None:
    """Raises Findings with what is left, column by column, and the first row that holds it."""
    if not left:
        return
    residue = "; ".join(f"{what}: {number:,} (first in row {first[what]:,})" for what, number in sorted(left.items()))
    fixed = sorted({what.rsplit(" in ", 1)[1] for what in left} - {*COLUMNS, "answer"})
    way = f"; ids, facts, keys and numbers are not replaced: give others in {', '.join(fixed)}" if fixed else ""
    raise Findings(f"the residual scan still finds what identifies, nothing was written: {residue}{way}")


def _refuse_name(file: Path, keep: frozenset[str]) -> None:
    """Raises Findings where the file that run.json names is called by what identifies."""
    if kinds := [kind for kind in classes_in(file.name) if kind not in keep]:
        raise Findings(
            f"the name of the input, which run.json tells, holds what identifies ({', '.join(kinds)}); rename it"
        )


def _vouch(step: RecordStep, result: DeidentifyResult, policy: Policy, key: bytes, surrogates: bool) -> None:
    """Write `run.json`: of the key only its fingerprint."""
    facts = {name: value for name, value in result.to_dict().items() if name != "policy"}
    settings = {
        "policy": Path(result.policy).stem, "classes": policy.classes, "surrogates": surrogates, "key": fingerprint(key),
        **({"private": True} if policy.keeps() else {"deidentified": True}),
    }  # fmt: skip
    step.write_manifest(settings, facts)


def _count_described(records: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    """How many records have which age (by five years), sex, department and diagnosis; those without any are not counted."""
    counts = Counter[tuple[Any, ...]]()
    for text, answer, task in records.select(
        "meta", pl.col("answer") if "answer" in records.columns else pl.lit(None).alias("answer"), "task"
    ).iter_rows():
        meta = orjson.loads(text)
        values = {name: meta.get(name) for name in QUASI}
        if task == "diagnosis" and values["diagnosis"] is None:
            values["diagnosis"] = answer
        if isinstance(values["age_years"], int | float):
            values["age_years"] = int(values["age_years"]) // 5 * 5
        if any(value is not None for value in (values["age_years"], values["sex"])):
            counts[tuple(str(value) for value in values.values())] += 1
    return counts


def _sort(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))

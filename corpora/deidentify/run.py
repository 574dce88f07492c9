"""A table of records de-identified into a folder, scanned before it is there."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.deidentify.batch import LOG, deidentify
from kgtools.corpora.deidentify.policy import Policy, load_policy
from kgtools.corpora.deidentify.pseudonyms import fingerprint
from kgtools.corpora.deidentify.replace import COLUMNS
from kgtools.corpora.deidentify.scan import identifying, residual
from kgtools.corpora.record_files import Sink, Table, batches, open_table, refuse_other
from kgtools.tools.errors import Findings
from kgtools.tools.inputs.files import sha256
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_private, manifest, staging_or_scratch

SMALL = 5
"""Records alike in age, sex, department and diagnosis: fewer than this can be recognised by who knows one."""
QUASI = ("age_years", "sex", "department", "diagnosis")


@dataclass(frozen=True)
class Done:
    """What a run found, in the names that `--format json` prints.

    `classes`: class -> spans; `actions`: what was done -> spans; `touched`: records with any span. `rare`: records whose age,
    sex, department and diagnosis (of meta) fewer than SMALL share, of `described` that have any of these."""

    policy: str
    table: str
    records: int
    touched: int
    classes: dict[str, int]
    records_by_class: dict[str, int]
    actions: dict[str, int]
    rules: dict[str, int]
    described: int
    rare: int


def run(
    place: Path,
    out: Path,
    name: str,
    key: bytes,
    surrogates: bool = False,
    dry_run: bool = False,
    allow_empty: bool = False,
) -> Done:
    """The records of `place` in `out` with `deidentified.parquet` and `run.json`, all or nothing; a dry run leaves nothing.

    Raises Findings, and writes nothing, where the residual scan finds what identifies in the output or in what run.json says of
    the input, InputError for no records, unless `allow_empty`."""
    policy = load_policy(name)
    policy = policy.with_surrogates() if surrogates else policy
    keep = frozenset(kind for kind, action in policy.classes.items() if action == "keep")
    counts = {what: Counter[str]() for what in ("class", "by", "action", "rule")}
    alike, left = Counter[tuple[Any, ...]](), Counter[str]()
    first: dict[str, int] = {}
    records = touched = 0
    with ExitStack() as stack:
        table = stack.enter_context(open_table(place))
        schema = table.schema
        if not dry_run:
            table.refuse_as_out(out)
        stage = stack.enter_context(staging_or_scratch(out, dry_run))
        if not dry_run:
            refuse_other(out, schema)
        with Sink(stage / f"{schema.noun}.parquet", schema) as sink, Sink(stage / "deidentified.parquet", LOG) as logs:
            for batch in batches(table.rows):
                clean, log = deidentify(batch, policy, key)
                records += clean.height
                touched += log["record"].n_unique()
                for what in ("class", "action", "rule"):
                    column = pl.concat_str("class", "rule", separator=": ") if what == "rule" else pl.col(what)
                    counts[what].update(dict(log.group_by(column.alias("what")).len().iter_rows()))
                counts["by"].update(dict(log.group_by("class").agg(pl.col("record").n_unique()).iter_rows()))
                alike.update(_described(clean))
                for kind, part, row in residual(clean, keep).select("class", "part", "row").iter_rows():
                    left[f"{kind} in {part}"] += 1
                    first.setdefault(f"{kind} in {part}", records - clean.height + row)
                sink.write(clean)
                logs.write(log)
        _refuse(left, first)
        _refuse_name(table.file, keep)
        refuse_empty(records, f"{place}: there are no {schema.noun}", allow_empty or dry_run)
        done = Done(
            policy=name, table=schema.noun, records=records, touched=touched,
            classes=_sorted(counts["class"]), records_by_class=_sorted(counts["by"]), actions=_sorted(counts["action"]),
            rules=_sorted(counts["rule"]), described=sum(alike.values()),
            rare=sum(number for number in alike.values() if number < SMALL),
        )  # fmt: skip
        make_private(stage)  # what was not found is still there
        _vouch(stage, table, done, policy, key, surrogates)
    return done


def _refuse(left: Counter[str], first: dict[str, int]) -> None:
    """Raises Findings with what is left, column by column, and the first row that holds it."""
    if not left:
        return
    told = "; ".join(f"{what}: {number:,} (first in row {first[what]:,})" for what, number in sorted(left.items()))
    fixed = sorted({what.rsplit(" in ", 1)[1] for what in left} - {*COLUMNS, "answer"})
    way = f"; ids, facts, keys and numbers are not replaced: give others in {', '.join(fixed)}" if fixed else ""
    raise Findings(f"the residual scan still finds what identifies, nothing was written: {told}{way}")


def _refuse_name(file: Path, keep: frozenset[str]) -> None:
    """Raises Findings where the file that run.json names is called by what identifies."""
    if kinds := [kind for kind in identifying(file.name) if kind not in keep]:
        raise Findings(
            f"the name of the input, which run.json tells, holds what identifies ({', '.join(kinds)}); rename it"
        )


def _vouch(stage: Path, table: Table, done: Done, policy: Policy, key: bytes, surrogates: bool) -> None:
    """Write `run.json`: of the key only its fingerprint."""
    facts = {name: value for name, value in vars(done).items() if name != "policy"}
    how = {
        "policy": Path(done.policy).stem, "classes": policy.classes, "surrogates": surrogates, "key": fingerprint(key),
        **({"private": True} if policy.keeps() else {"deidentified": True}),
    }  # fmt: skip
    outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
    (stage / "run.json").write_bytes(manifest("deidentify", how, table.inputs(), outputs=outputs, **facts))


def _described(records: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    """How many records have which age (by five years), sex, department and diagnosis; those without any are not counted."""
    found = Counter[tuple[Any, ...]]()
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
            found[tuple(str(value) for value in values.values())] += 1
    return found


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))

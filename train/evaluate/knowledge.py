"""What of each prompt a model was trained on, by the facts behind it and by the names in the texts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kgtools.corpora.record import APART
from kgtools.corpora.record_files import RecordTable, batches, file_of, open_table, read_manifest
from kgtools.corpora.verify.item import KEY
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import load_table
from kgtools.tools.inputs.files import sha256
from kgtools.train.evaluate.task import Sample

TRAINED, PARTLY, SEEN, HELD_OUT, UNSEEN, NO_FACT, PERMUTED = (
    "trained on", "partly", "entity seen, fact not", "held out", "unseen", "no fact", "permuted",
)  # fmt: skip
CLASSES = (TRAINED, PARTLY, SEEN, HELD_OUT, UNSEEN, NO_FACT, PERMUTED)
"""`trained on`: all facts of a prompt stand in what was learnt; `partly`: some. Of the others, `held out`: the hold-out kept them for test;
`entity seen, fact not`: a name of what is asked about stands in a text that was learnt; `unseen`: none does. `no fact`: there is none behind
it, for the sources do not say; `permuted`: it is of a control set, and wrong on purpose."""
NOT_LEARNT = ("train ppo", "train rloo")
"""Runs that ask the questions of records and do not learn their answers."""
COPY = "duplicate"
"""Why a row was rejected that was trained on from another place."""
LATIN = r"([a-z0-9]+)"
KEPT_APART = pl.col("hold_out").str.split(" + ").list.set_intersection(list(APART)).list.len() > 0


@dataclass(frozen=True)
class Training:
    """What was learnt, as far as the prompts ask. `knowledge`: of each prompt by its id, one of CLASSES; `notes`: counts of it."""

    knowledge: dict[str, str | None]
    notes: dict[str, int]


def mark_of(one: Sample) -> str | None:
    """What a prompt itself says of what was trained on: whether it is of a control set, or held out."""
    if one.meta.get("permuted"):
        return PERMUTED
    return HELD_OUT if is_apart(one.hold_out) else None


def is_apart(hold_out: str | None) -> bool:
    """Whether a mark of hold-outs has one that keeps facts, not wordings, for test."""
    return not set((hold_out or "").split(" + ")).isdisjoint(APART)


def learn(samples: Sequence[Sample], paths: Sequence[Path]) -> Training:
    """What of each prompt stands in records or preferences that a model was trained on: those of the split train, and without a split; of a
    training run those that it names, without what it refused. Raises UsageError, InputError for a run whose records are not these."""
    tables = _Tables.of(paths)
    asked = {fact for one in samples for fact in one.facts}
    names = {one.id: _forms(names_of(one)) for one in samples}
    wanted = sorted({form for forms in names.values() for form in forms})
    facts, held, heads, seen = set[str](), set[str](), set[str](), set[str]()
    notes = Counter[str]()
    for path in tables.records:
        with open_table(path) as table:
            for batch in batches(_columns(table)):
                mine = batch.filter(_is_learnt(tables))
                notes["records learnt"] += mine.height
                notes["of a control set, whose facts are none"] += int(mine["permuted"].sum())
                facts |= _facts(mine.filter(~pl.col("permuted")), asked)
                held |= _facts(batch.filter(KEPT_APART), asked)
                heads |= set(mine["head"].drop_nulls())
                seen |= _names_in(mine, wanted)
    knowledge: dict[str, str | None] = {}
    for one in samples:
        known = not seen.isdisjoint(names[one.id]) or one.meta.get("head") in heads
        knowledge[one.id] = _class(one, facts, held, known)
        notes["held out, and trained on all the same"] += is_apart(one.hold_out) and not facts.isdisjoint(one.facts)
    return Training(knowledge, dict(+notes))


def _class(one: Sample, facts: set[str], held: set[str], known: bool) -> str:
    if one.meta.get("permuted"):
        return PERMUTED
    if not one.facts:
        return NO_FACT
    if facts.issuperset(one.facts):
        return TRAINED
    if not facts.isdisjoint(one.facts):
        return PARTLY
    if is_apart(one.hold_out) or not held.isdisjoint(one.facts):
        return HELD_OUT
    return SEEN if known else UNSEEN


def names_of(one: Sample) -> list[str]:
    """All names of what a prompt asks about, by its item."""
    return [name for names in one.meta[KEY].get("about", ()) for name in names]


@dataclass(frozen=True)
class _Tables:
    """Tables of what was learnt. `splits`: those of which rows were learnt; `refused`: ids of rows that the runs did not take."""

    records: tuple[Path, ...]
    splits: tuple[str, ...]
    refused: frozenset[str]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> "_Tables":
        """The tables that paths name; of runs their own must be among them, and no others."""
        runs: dict[Path, Mapping[str, Any]] = {}
        for path in paths:
            said = read_manifest(path) if path.is_dir() else {}
            if str(said.get("command", "")).startswith("train "):
                runs[path] = _check_run(path, said)
        records = tuple(path for path in paths if path not in runs)
        _compare(runs, records)
        whole = any(said["settings"].get("split") == "all" for said in runs.values())
        refused = [load_table(run / "rejects.parquet") for run in runs if (run / "rejects.parquet").is_file()]
        ids = {id_ for table in refused for id_ in table.filter(pl.col("reason") != COPY)["id"]}
        return cls(records, ("train", "validation") if whole else ("train",), frozenset(ids))


def _check_run(path: Path, said: Mapping[str, Any]) -> Mapping[str, Any]:
    if "rows" not in said:
        raise UsageError(f"--trained-on: {path} is no run of a stage; name one, such as {path / 'sft'}, or records")
    if said["command"] in NOT_LEARNT:
        raise UsageError(
            f"--trained-on: {path} is a run of {said['command']}, which asks the questions of its records and does not learn their answers; name the "
            "run that its model came from"
        )
    return said


def _compare(runs: Mapping[Path, Mapping[str, Any]], records: Sequence[Path]) -> None:
    """Raises where the runs read other files than the records are, by their hashes."""
    if not runs:
        return
    read = {content: (run, name) for run, said in runs.items() for name, content in said["inputs"].items()}
    listed = ", ".join(sorted(name for _, name in read.values()))
    some = ", ".join(map(str, runs))
    if not records:
        raise UsageError(
            f"--trained-on: {some} names what it read ({listed}) by hash alone; give these records too: --trained-on RECORDS"
        )
    given = {sha256(file_of(path)): path for path in records}
    for content, path in given.items():
        if content not in read:
            raise InputError(f"{path}: {some} was not trained on it, or on another version; it read {listed}")
    for content, (run, name) in read.items():
        if content not in given:
            raise InputError(
                f"{run}: was trained on {name} too, of SHA-256 {content[:12]}, which --trained-on does not name"
            )


def _columns(table: RecordTable) -> pl.LazyFrame:
    """`id`, `facts`, `split`, `hold_out`, `head`, whether a row is of a control set (`permuted`), and what it `says`."""
    meta = pl.col("meta").str
    messages = ["messages"] if "messages" in table.schema.columns else ["prompt", "chosen"]
    text = pl.concat_str(
        [pl.col(name).list.eval(pl.element().struct.field("content")).list.join("\n") for name in messages],
        separator="\n",
    )
    return table.rows.select(
        "id", "facts", "split", "hold_out", meta.json_path_match("$.head").alias("head"),
        (meta.json_path_match("$.permuted") == "true").fill_null(False).alias("permuted"), text.alias("says"),
    )  # fmt: skip


def _is_learnt(tables: _Tables) -> pl.Expr:
    return pl.col("split").fill_null("train").is_in(tables.splits) & ~pl.col("id").is_in(list(tables.refused))


def _facts(rows: pl.DataFrame, asked: set[str]) -> set[str]:
    return asked.intersection(rows["facts"].explode().drop_nulls())


def _forms(names: Iterable[str]) -> list[str]:
    """Names as they are looked for: those of one character stand within too many words."""
    return [form for form in _spaced(pl.Series([name for name in names if len(name) > 1], dtype=pl.String)) if form]


def _names_in(rows: pl.DataFrame, wanted: list[str]) -> set[str]:
    """Those of the names that stand in the texts of rows; of names in Latin letters whole words."""
    if rows.is_empty() or not wanted:
        return set()
    return set(_spaced(rows["says"]).str.extract_many(wanted, overlapping=True).explode().drop_nulls())


def _spaced(texts: pl.Series) -> pl.Series:
    """Texts in small letters, each run of Latin ones with a blank on both sides, so that `ct` stands in no `direct`."""
    return texts.str.to_lowercase().str.replace_all(LATIN, " $1 ").str.replace_all(r"\s+", " ")

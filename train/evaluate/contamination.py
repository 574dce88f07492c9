"""Which prompts stand in what a model was trained on, by the rules of `kgtools decontaminate`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.decontaminate import CONTAMINATION, find_contamination, index_of, search_of
from kgtools.corpora.decontaminate import Contamination as Pairs
from kgtools.corpora.decontaminate.rules import RULES, Rules
from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import open_table, read_manifest
from kgtools.tools.errors import InputError
from kgtools.train.evaluate.parts import CONTAMINATED
from kgtools.train.evaluate.task import PromptSettings, Sample

TRAINED = ("train", None)
"""Splits of records that a training takes its rows of (`kgtools train`); validation and test are not trained on."""
SHOWN = 3


@dataclass(frozen=True)
class Contamination:
    """What is known of a model's training data, and of the prompts in it.

    `records`: that were compared; `apart`: records of other splits than train, which are not trained on; `prompts`: there are; `rules`: prompts that
    stand in records, by the first rule that says so; `twins`, `facts`: others that only look like a record, and that a record from a graph
    holds; `runs`: inputs of trainings, file -> SHA-256, by their run.json; `unseen`: those of them that are none of the records; `inputs`:
    the records' files with their SHA-256; `pairs`: as `kgtools decontaminate` has them, an item is the record of a prompt."""

    records: int = 0
    apart: int = 0
    prompts: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    twins: int = 0
    facts: int = 0
    runs: dict[str, dict[str, str]] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=CONTAMINATION.frame)

    @property
    def checked(self) -> bool:
        """Whether there were records to compare with."""
        return bool(self.inputs)

    @property
    def line(self) -> str:
        """The header of a table."""
        unseen = ", ".join(f"{name} {sha256[:12]}" for name, sha256 in list(self.unseen.items())[:SHOWN])
        unseen += ", ..." if len(self.unseen) > SHOWN else ""
        if not self.checked:
            if self.unseen:
                return f"contamination: not checked, of the training only the SHA-256 of its files is known ({unseen})"
            return "contamination: not checked"
        hit = sum(self.rules.values())
        by_rule = "".join(f"; {rule} {number:,}" for rule, number in self.rules.items())
        text = f"contamination: {hit:,} of {self.prompts:,} prompts stand in the training data (records: {self.records:,}{by_rule})"
        text += f"; look alike: {self.twins:,}" if self.twins else ""
        text += f"; told by records of a graph: {self.facts:,}" if self.facts else ""
        return text + (f"; not looked at: {unseen}" if unseen else "")

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        counts = {key: value for key, value in vars(self).items() if key not in ("inputs", "pairs")}
        return {"checked": self.checked, "line": self.line} | counts


NOT_CHECKED = Contamination()


def mark(scores: pl.DataFrame, found: Contamination) -> pl.DataFrame:
    """The scores with `contaminated`, whether the question stands in the training data; as they are where nothing was compared."""
    if not found.checked:
        return scores
    hits = (
        found.pairs.filter(verdict="hit")
        .select(pl.lit(True).alias(CONTAMINATED), source="evalset", record="item")
        .unique()
    )
    marked = scores.join(hits, on=["source", "record"], how="left", maintain_order="left")
    return marked.with_columns(pl.col(CONTAMINATED).fill_null(False))


def check_contamination(
    samples: Sequence[Sample], settings: PromptSettings, trained_on: Sequence[Path]
) -> Contamination:
    """The prompts that stand in what a model was trained on: folders or files of records or preferences, and folders of trainings, whose
    run.json says by SHA-256 what they read. Raises InputError for what is neither."""
    runs = {path.name: _inputs_of_run(path) for path in trained_on if _is_run(path)}
    records = [path for path in trained_on if not _is_run(path)]
    search = search_of([index_of(_items(samples, settings).lazy())], Rules())
    frames, counts, inputs = [CONTAMINATION.frame()], Counter[bool](), dict[str, str]()
    for number, path in enumerate(records, 1):
        with open_table(path) as table:
            pairs = find_contamination(table.rows, search)
            splits = table.rows.select("split").collect().with_row_index("row")
            trained = splits.filter(pl.col("split").is_in(TRAINED, nulls_equal=True))
            frames.append(pairs.join(trained.select("row"), on="row", how="semi", maintain_order="left"))
            counts.update({True: trained.height, False: splits.height - trained.height})
            inputs |= {f"trained-on/{number}/{name}": sha256 for name, sha256 in table.inputs().items()}
    read = {name: sha256 for inputs_of_run in runs.values() for name, sha256 in inputs_of_run.items()}
    unseen = {name: sha256 for name, sha256 in read.items() if sha256 not in inputs.values()}
    return _count(samples, pl.concat(frames), counts, runs, unseen, inputs)


def _is_run(path: Path) -> bool:
    """Whether a folder is that of a training, which holds no records."""
    has_records = any((path / f"{noun}.parquet").is_file() for noun in ("records", "preferences"))
    return path.is_dir() and not has_records and str(read_manifest(path).get("command", "")).startswith("train ")


def _inputs_of_run(path: Path) -> dict[str, str]:
    inputs = read_manifest(path).get("inputs")
    if not isinstance(inputs, dict) or not inputs:
        raise InputError(
            f"{path / 'run.json'}: says of no file that it was trained on; name the records: --trained-on DIR"
        )
    return dict(sorted(inputs.items()))


def _items(samples: Sequence[Sample], settings: PromptSettings) -> pl.DataFrame:
    """What is asked as records of an evaluation set, a row for each record that is asked, in whatever number of prompts: the same question
    in many rows would be taken for a phrase of the set. Worked examples are no part of it."""
    once = {(one.source, one.record): one for one in reversed(samples)}
    rows = []
    for one in reversed(once.values()):
        messages = [{"role": "user", "content": one.question}] if settings.shots else list(one.messages)
        messages.append({"role": "assistant", "content": one.reference or ""})
        rows.append({
            "id": one.record, "task": "", "lang": one.lang, "messages": messages, "answer": one.reference, "facts": [], "group": one.group,
            "source": one.source, "template": None, "license": one.license, "split": None, "hold_out": None,
            "meta": orjson.dumps(dict(one.meta) | {key: one.asked[key] for key in ("question", "options") if key in one.asked}).decode(),
        })  # fmt: skip
    return pl.DataFrame(rows, schema=RECORDS.columns)


def _count(
    samples: Sequence[Sample], pairs: Pairs, counts: Counter[bool], runs: dict[str, dict[str, str]], unseen: dict[str, str], inputs: dict[str, str]
) -> Contamination:  # fmt: skip
    """The prompts, not their records, by what was found of them; of a prompt the first rule counts, and a hit before all else."""
    prompts = Counter((one.source, one.record) for one in samples)
    first: dict[tuple[str, str], str] = {}
    order = {name: place for place, name in enumerate([*RULES, "twin", "facts"])}
    for evalset, item, rule, verdict in pairs.select("evalset", "item", "rule", "verdict").iter_rows():
        what = rule if verdict == "hit" else verdict
        first[evalset, item] = min(first.get((evalset, item), what), what, key=lambda name: order[name])
    found = Counter[str]()
    for key, what in first.items():
        found[what] += prompts[key]
    rules: dict[str, int] = {rule: found[rule] for rule in RULES if found[rule]}
    return Contamination(
        counts[True], counts[False], len(samples), rules, found["twin"], found["facts"], runs, unseen, inputs, pairs
    )

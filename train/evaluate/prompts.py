"""Prompts: what a task asks of the records of a set, as a table that models answer and that scoring reads again."""

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from kgtools.corpora.record import RECORDS
from kgtools.corpora.record_files import RecordTable, open_table, read_manifest
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.outputs.staging import manifest, staging
from kgtools.train.evaluate.task import KEY, PromptSettings, Sample, Task

COMMAND = "evaluate prompts"
FORMAT = 1
"""Of prompt tables: another number, other columns or another meaning of them."""
SHOT_SPLITS = ("train", "validation")
"""Of records that worked examples are taken of, where there are enough; else of the test split, the question's own group apart."""


@dataclass(frozen=True)
class PromptResult:
    """What was asked. `samples`: the prompts; `refused`: records that are none of the task, by reason; `notes`: what their prompts say of themselves,
    summed; `shown`: the first prompt."""

    task: str
    samples: int
    records: int
    langs: dict[str, int]
    sources: dict[str, int]
    refused: dict[str, int]
    notes: dict[str, int]
    settings: dict[str, Any]
    out: Path | None
    shown: tuple[dict[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return {key: value for key, value in vars(self).items() if key not in ("out", "shown")}


@dataclass(frozen=True)
class PromptSet:
    """The prompts of a folder: `samples`, in their order; `task` and `settings` that made them; `inputs`: file -> SHA-256."""

    name: str
    task: Task
    settings: PromptSettings
    samples: tuple[Sample, ...]
    refused: Counter[str]
    inputs: dict[str, str]


def find_task(name: str) -> Task:
    """The task of this name (`kgtools.tasks`). Raises UsageError with the nearest names."""
    found: Task = registry.find("tasks", name, Task)
    return found


def write_prompts(name: str, records: Path, settings: PromptSettings, out: Path) -> PromptResult:
    """Write the prompts of a task into `out`: `records.parquet`, which `kgtools train answer data=OUT` answers; `prompts.jsonl`, an id
    and messages a line, for any other model; `run.json`. Raises InputError where none of the records is one of the task's."""
    task = find_task(name)
    if task.read is not None:
        samples, refused = ask(name, task, [(None, one) for one in task.read(records)], settings)
        with staging(out) as folder:
            return _write(name, samples, refused, settings, {records.name: sha256(records)}, folder, out)
    with ExitStack() as stack:
        tables = [stack.enter_context(open_table(path)) for path in (records, *settings.also)]
        table, folder = tables[0], stack.enter_context(staging(out))
        for each in tables:
            each.refuse_as_out(out)
        samples, refused = ask(name, task, [row for each in tables for row in _samples(each)], settings)
        if not samples:
            raise InputError(_none(table, name, refused, settings.split))
        for file in task.beside:
            if (table.file.parent / file).is_file():
                shutil.copyfile(table.file.parent / file, folder / file)
        return _write(name, samples, refused, settings, _inputs(tables), folder, out)


def _write(
    name: str, samples: Sequence[Sample], refused: Counter[str], settings: PromptSettings, inputs: dict[str, str], folder: Path, out: Path
) -> PromptResult:  # fmt: skip
    rows = RECORDS.check(pl.DataFrame([_row(name, one) for one in samples], schema=RECORDS.columns), "the prompts")
    write_table(rows, folder / "records.parquet")
    lines = (orjson.dumps({"id": one.id, "messages": one.messages}) for one in samples)
    (folder / "prompts.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    result = PromptResult(
        name, len(samples), len({one.record for one in samples}), dict(sorted(Counter(one.lang for one in samples).items())),
        dict(sorted(Counter(one.source for one in samples).items())), dict(sorted(refused.items())), _notes(samples),
        settings.model_dump(mode="json"), out, samples[0].messages,
    )  # fmt: skip
    outputs = {file.name: sha256(file) for file in sorted(folder.iterdir())}
    facts = result.to_dict() | {"format": FORMAT, "outputs": outputs}
    content = manifest(COMMAND, {"task": name, **facts.pop("settings")}, inputs, **facts)
    (folder / "run.json").write_bytes(content)
    return result


def _inputs(tables: Sequence[RecordTable]) -> dict[str, str]:
    """The files of tables with their hashes; of several of one name each with its number."""
    found: dict[str, str] = {}
    for number, table in enumerate(tables, 1):
        for file, content in table.inputs().items():
            found[f"{file} ({number})" if file in found else file] = content
    return found


def read_prompts(name: str, source: Path) -> PromptSet:
    """The prompts of a task in a folder: those that `write_prompts` wrote, else the records that `read`, `generate` and the like wrote, each
    asked as it stands. Raises InputError where there is none, UsageError for prompts of another task."""
    task = find_task(name)
    said = read_manifest(source)
    with open_table(source) as table:
        if said.get("command") == COMMAND:
            wrote = said["settings"].pop("task")
            if wrote != name:
                raise UsageError(f"{source}: holds prompts of {wrote}; score them with: kgtools evaluate {wrote}")
            if said["format"] != FORMAT:
                raise InputError(
                    f"{source}: prompts of another version of kgtools; write them again, and let models answer again"
                )
            settings = task.prompts.model_validate(said["settings"])
            samples = [_read(row) for row in table.rows.collect().iter_rows(named=True)]
            return PromptSet(name, task, settings, tuple(samples), Counter(said["refused"]), table.inputs())
        settings = task.prompts.model_validate(task.as_it_stands)
        samples, refused = ask(name, task, _samples(table), settings, gather=False)
        if not samples:
            raise InputError(_none(table, name, refused, settings.split))
        # by the ids of the records, which is what whoever answered them knows
        once = [replace(one, id=one.record) for one in samples]
        if len({one.id for one in once}) < len(once):
            raise UsageError(
                f"{name} asks a record more than once: write the prompts first, with kgtools evaluate prompts {name}"
            )
        return PromptSet(name, task, settings, tuple(once), refused, table.inputs())


def read_samples(source: Path, split: str = "test") -> tuple[list[Sample], dict[str, str]]:
    """The prompts of a folder, whatever task asks them, or its records, each as it stands and by its own id; and file -> SHA-256.

    `split`: of records, as in PromptSettings. Raises InputError where there is none."""
    said = read_manifest(source)
    with open_table(source) as table:
        if said.get("command") == COMMAND:
            samples = [_read(row) for row in table.rows.collect().iter_rows(named=True)]
        else:
            samples = [one for own, one in _samples(table) if split == "all" or (own or "test") == split]
        if not samples:
            raise InputError(f"{table.file}: has no record of the split {split}; split=all asks every one")
        return samples, table.inputs()


def ask(
    name: str, task: Task, records: Sequence[tuple[str | None, Sample]], settings: PromptSettings, gather: bool = True
) -> tuple[list[Sample], Counter[str]]:
    """The prompts of records, in their order, each with its id; and the records that are none, by reason.

    `records`: their split, and what is known of them. `gather`: whether records that ask the same are asked once, where the task has it so."""
    wanted = [one for split, one in records if settings.split == "all" or (split or "test") == settings.split]
    refused: Counter[str] = Counter()
    if task.gather is not None and gather:
        asking, wanted = len(wanted), list(task.gather(wanted))
        refused["asks what another record asks: its answer is one more reference"] += asking - len(wanted)
    if settings.count is not None and settings.count < len(wanted):
        drawn = sorted(random.Random(f"{settings.seed}|count").sample(range(len(wanted)), settings.count))
        wanted = [wanted[number] for number in drawn]
    pools = _pools([one for split, one in records if split in SHOT_SPLITS] or wanted, task, settings)
    samples: dict[str, Sample] = {}
    for one in wanted:
        kin = _kin(one, task, settings)
        shots = [] if kin is None else _draw_shots(one, pools.get(kin, []), settings)
        asked = task.ask(one, shots, settings)
        if isinstance(asked, str):
            refused[asked] += 1
            continue
        for sample in asked:
            id_ = digest(
                orjson.dumps([name, one.record, sample.messages, sample.asked], option=orjson.OPT_SORT_KEYS).decode()
            )
            refused["asked already, word for word"] += id_ in samples
            samples.setdefault(id_, replace(sample, id=id_))
    return list(samples.values()), +refused


def _kin(one: Sample, task: Task, settings: PromptSettings) -> str | None:
    if not settings.shots:
        return None
    return task.kin(one, settings) if task.kin else ""


def _pools(records: Sequence[Sample], task: Task, settings: PromptSettings) -> dict[str, list[Sample]]:
    """The records that worked examples are taken of, by what they have in common."""
    pools: dict[str, list[Sample]] = {}
    for one in records:
        kin = _kin(one, task, settings)
        if kin is not None:
            pools.setdefault(kin, []).append(one)
    return pools


def _notes(samples: Sequence[Sample]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in samples:
        found.update(one.asked.get("notes", {}))
    return dict(sorted((+found).items()))


def _draw_shots(one: Sample, pool: Sequence[Sample], settings: PromptSettings) -> list[Sample]:
    """Worked examples for a question: none of its own group, none that asks or answers what it asks. Raises UsageError where there
    are too few."""
    generator = random.Random(f"{settings.seed}|{one.record}")
    shots: list[Sample] = []
    for number in generator.sample(range(len(pool)), len(pool)) if len(pool) <= 64 else _endless(generator, len(pool)):
        other = pool[number]
        if other.group != one.group and other.question != one.question and other not in shots and other.reference:
            shots.append(other)
            if len(shots) == settings.shots:
                return shots
    raise UsageError(
        f"shots={settings.shots}: of {len(pool):,} records there are not so many others than the one that is asked ({one.record})"
    )


def _endless(generator: random.Random, size: int) -> Sequence[int]:
    """Places of a long list, more of them than could all be of one group."""
    return [generator.randrange(size) for _ in range(4_096)]


def _samples(table: RecordTable) -> list[tuple[str | None, Sample]]:
    """The records as what a task is given: messages up to the last question, and the answer as the reference."""
    if table.schema is not RECORDS:
        raise UsageError(f"{table.file}: holds {table.schema.noun}; name records")
    found = []
    for row in table.rows.collect().iter_rows(named=True):
        messages = list(row["messages"])
        last = messages.pop()["content"] if messages and messages[-1]["role"] == "assistant" else None
        reference = row["answer"] if row["answer"] is not None else last
        sample = Sample(
            row["id"], row["id"], row["source"], row["lang"], row["group"], row["license"], tuple(row["facts"] or ()),
            tuple(messages), reference, orjson.loads(row["meta"] or "{}"), {}, row["task"], row["template"], row["hold_out"], last,
        )  # fmt: skip
        found.append((row["split"], sample))
    return found


def _row(name: str, one: Sample) -> dict[str, Any]:
    meta = dict(one.meta) | {KEY: {"record": one.record, "task": one.task, "asked": dict(one.asked)}}
    return {
        "id": one.id, "task": name, "lang": one.lang, "messages": list(one.messages), "answer": one.reference, "facts": list(one.facts),
        "group": one.group, "source": one.source, "template": one.template, "license": one.license, "split": "test",
        "hold_out": one.hold_out,
        "meta": orjson.dumps(meta).decode(),
    }  # fmt: skip


def _read(row: dict[str, Any]) -> Sample:
    meta = orjson.loads(row["meta"])
    of = meta.pop(KEY)
    return Sample(
        row["id"], of["record"], row["source"], row["lang"], row["group"], row["license"], tuple(row["facts"]), tuple(row["messages"]),
        row["answer"], meta, of["asked"], of["task"], row["template"], row["hold_out"],
    )  # fmt: skip


def _none(table: RecordTable, name: str, refused: Counter[str], split: str) -> str:
    why = ", ".join(f"{reason} {number:,}" for reason, number in sorted(refused.items()))
    if why:
        return f"{table.file}: none of its records is a question of {name} ({why})"
    return f"{table.file}: has no record of the split {split}; split=all asks every one"

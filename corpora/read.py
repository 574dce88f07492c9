"""Files of a corpus into records: read, check every row, count, write."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson
import polars as pl
from pydantic import ValidationError

from corpora.files import File
from corpora.reading import REJECTS, Corpus, Example, Look, Pair, Reader, Turn
from corpora.record import PREFERENCES, RECORDS, ROLES
from corpora.shards import Sink
from tools import registry
from tools.errors import UsageError
from tools.files import digest
from tools.frames import scan_table, write_table
from tools.licenses import check_license
from tools.originals import originals
from tools.staging import manifest, staging

AT_ONCE = 10_000
BEGINNING = 1 << 25
"""Bytes of a file that are enough to tell whose it is."""
TEXT = 1 << 20
"""Characters of its first lines that are."""
LONGEST = 1_000_000
"""Characters in all messages of an example: a row beyond it is no example but a fault of its file."""
UNFIT = re.compile("[\0\ud800-\udfff]")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Outcome:
    """What a run of a reader did, in the names that `--format json` prints. `table`: records or preferences."""

    reader: str
    table: str
    license: str
    license_note: str
    files: dict[str, str]
    written: int
    duplicates: int
    rejected: dict[str, int]
    changed: dict[str, int]
    tasks: dict[str, int]
    langs: dict[str, int]
    splits: dict[str, int]


def find(name: str) -> Reader:
    """The reader of this name. Raises UsageError with the nearest names."""
    return cast(Reader, registry.find("readers", name))


def read(
    name: str,
    paths: list[Path],
    out: Path,
    settings: dict[str, str],
    limit: int | None = None,
    strict: bool = False,
    seed: int = 0,
    license: str | None = None,
) -> Outcome:
    """Records (or preferences) of the files in `out`, with `rejects.parquet` and `run.json`, all or nothing.

    `limit`: so many examples, from the first; `license`: what the user knows of it. Raises InputError where strict."""
    reader = find(name)
    note = reader.license_note if license is None else ""
    license = reader.license if license is None else check_license(license, "--license")
    chosen = settings_of(name, reader, settings)
    beside = {key: path for key, path in dict(chosen).items() if isinstance(path, Path)}
    with originals() as given:
        chosen = chosen.model_copy(update={key: given.take(path) for key, path in beside.items()})
        corpus = Corpus(paths, seed, strict, given)
        how = {
            "reader": name,
            "set": dict(sorted(settings.items())) | {key: path.name for key, path in beside.items()},
            "limit": limit,
            "seed": seed,
            "private": reader.private,
        }
        return _read(corpus, chosen, out, (license, note), how)


def _read(corpus: Corpus, chosen: Any, out: Path, terms: tuple[str, str], how: dict[str, Any]) -> Outcome:
    """`terms`: the licence, and what is said of it; `how`: the settings of `run.json`."""
    name, (license, note) = how["reader"], terms
    counts: dict[str, Counter[str]] = {"tasks": Counter(), "langs": Counter(), "splits": Counter()}
    written = 0
    with staging(out) as stage:
        examples = islice(checked(corpus, find(name).read(corpus, chosen)), how["limit"])
        first = next(examples, None)
        schema = PREFERENCES if isinstance(first, Pair) else RECORDS
        with Sink(stage / f"{schema.noun}.parquet", schema) as sink:
            for batch in _batches(_again(first, examples)):
                rows = [_row(name, license, example) for example in batch]
                for row, example in zip(rows, batch, strict=True):
                    counts["tasks"][row["task"]] += 1
                    counts["langs"][row["lang"]] += 1
                    counts["splits"][example.split or ""] += 1
                written += len(rows)
                sink.write(schema.frame(rows))
        ids = scan_table(stage / f"{schema.noun}.parquet").select(pl.col("id").n_unique()).collect().item()
        rejects = REJECTS.frame(corpus.rejects)
        write_table(rejects, stage / "rejects.parquet")
        outcome = Outcome(
            reader=name,
            table=schema.noun,
            license=license,
            license_note=note,
            files=corpus.hashes()
            | {path.name: corpus.sha256(path) for path in dict(chosen).values() if isinstance(path, Path)},
            written=written,
            duplicates=written - ids,
            rejected=dict(rejects.group_by("reason").len().sort("reason").iter_rows()),
            changed=dict(sorted(corpus.changes.items())),
            **{key: dict(sorted(counter.items())) for key, counter in counts.items()},
        )
        facts = {key: value for key, value in vars(outcome).items() if key not in ("reader", "files")}
        (stage / "run.json").write_bytes(manifest("read", how, outcome.files, **facts))
    return outcome


def look_at(file: File) -> Look:
    """The beginning of a file, as `Reader.fits` wants it; what cannot be read of it is passed over."""
    whole, quiet = file.quiet(), file.quiet(BEGINNING)
    if whole.is_workbook():
        rows = [row.values for row in islice(whole.csv(), 20)]
        return Look(file.name, "workbook", tuple(rows[0]) if rows else (), tuple(rows), "")
    text = "\n".join(line.text for line in islice(quiet.text(), 100))[:TEXT]
    layout = quiet.layout()
    if layout in ("array", "object") or (layout == "lines" and text.lstrip("\ufeff \n\t").startswith("{")):
        begun = whole if layout == "object" else quiet
        values = tuple(value for _, value in islice(begun.values(lenient=layout != "array"), 20))
        columns = tuple(values[0]) if values and isinstance(values[0], dict) else ()
        return Look(file.name, f"json-{layout}", columns, values, text)
    with suppress(UsageError):
        rows = [row.values for row in islice(quiet.csv(), 20)]
        if rows and len(rows[0]) > 1:
            return Look(file.name, "csv", tuple(rows[0]), tuple(rows), text)
    return Look(file.name, "text", (), (), text)


def who_reads(paths: list[Path]) -> list[tuple[str, str, str]]:
    """(file, reader, why) for each file and each reader that it fits, in the order of files; the readers of one corpus by
    name, then the general ones."""
    named = [(name, find(name)) for name in registry.names("readers")]
    readers = sorted(named, key=lambda reader: (reader[1].general, reader[0]))
    with originals() as given:
        return [
            (file.name, name, why)
            for file in Corpus(paths, given=given).files
            for look in [look_at(file)]
            for name, reader in readers
            if (why := reader.fits(look))
        ]


def settings_of(name: str, reader: Reader, given: dict[str, str]) -> Any:
    """What `--set` gave, as the reader's settings. Raises UsageError with every fault."""
    try:
        return reader.settings.model_validate(given)
    except ValidationError as error:
        known = ", ".join(reader.settings.model_fields) or "none"
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"--set for the reader {name}: {faults}; there are: {known}") from error


def checked(corpus: Corpus, examples: Iterator[Example | Pair]) -> Iterator[Example | Pair]:
    """Those that can be trained on; what no trainer could use is refused here, whoever read it."""
    for example in examples:
        fault = _fault(example)
        if fault:
            corpus.refuse(example.place, *fault)
        else:
            yield example


def _fault(example: Example | Pair) -> tuple[str, str] | None:
    turns = list(example.messages if isinstance(example, Example) else example.prompt)
    if isinstance(example, Pair):
        turns += [Turn("assistant", example.chosen), Turn("assistant", example.rejected)]
    if not turns:
        return "no-messages", ""
    for number, (role, content) in enumerate(turns, start=1):
        if role not in ROLES:
            return "unknown-role", f"message {number}"
        if not isinstance(content, str) or not content.strip():
            return "empty-message", f"message {number} ({role})"
        if UNFIT.search(content):
            return ("nul" if "\0" in content else "lone-surrogate"), f"message {number} ({role})"
    if sum(len(content) for _, content in turns) > LONGEST:
        return "too-long", f"more than {LONGEST:,} characters"
    if isinstance(example, Pair) and example.chosen.strip() == example.rejected.strip():
        return "equal-answers", "chosen and rejected are the same"
    if example.split not in (None, *SPLITS):
        return "unknown-split", str(example.split)
    if UNFIT.search(str(getattr(example, "answer", "") or "") + example.key):
        return "unfit-answer", "a NUL or half a surrogate pair in the answer or key"
    return None


def _row(source: str, license: str, example: Example | Pair) -> dict[str, Any]:
    meta = {key: value for key, value in example.meta.items() if value not in (None, "", [], {})}
    meta |= {"file": example.place.file, "line": example.place.line}
    if example.place.row not in (0, example.place.line):
        meta["row"] = example.place.row
    shared: dict[str, Any] = {
        "lang": example.lang, "facts": [], "source": source, "template": None, "license": license, "split": example.split,
        "meta": _json(meta),
    }  # fmt: skip
    if isinstance(example, Pair):
        sides: dict[str, Any] = {
            "prompt": _messages(example.prompt),
            "chosen": _messages([Turn("assistant", example.chosen)]),
            "rejected": _messages([Turn("assistant", example.rejected)]),
        }
        own: dict[str, Any] = {"task": "preference", **sides}
        content: Any = [source, "preference", example.lang, *sides.values()]
    else:
        messages = _messages(example.messages)
        own = {"task": example.task, "messages": messages, "answer": example.answer}
        content = [source, example.task, example.lang, messages, example.answer]
    id_ = digest(orjson.dumps(content).decode())
    return {"id": id_, "group": digest(f"{source}|{example.key}") if example.key else id_} | own | shared


def _json(meta: dict[str, Any]) -> str:
    """The meta as JSON; half a surrogate pair in it, which no trainer sees, becomes a question mark."""
    try:
        return orjson.dumps(meta, option=orjson.OPT_SORT_KEYS, default=str).decode()
    except TypeError:
        text = json.dumps(meta, ensure_ascii=False, sort_keys=True, default=str)
        return text.encode("utf-8", "replace").decode()


def _messages(turns: Iterable[Turn]) -> list[dict[str, str]]:
    return [{"role": role, "content": content.strip()} for role, content in turns]


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
        yield from rest


def _batches(examples: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(examples, AT_ONCE)):
        yield batch

"""Files of a corpus into records: read, check every row, count, write."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from pydantic import ValidationError

from kgtools.corpora.checks.examples import check_examples
from kgtools.corpora.detect import find, instead
from kgtools.corpora.gates import PRIVATE, privacy, together
from kgtools.corpora.owners import stranger
from kgtools.corpora.reader import REJECTS, Corpus, Example, Pair, Reader, Rejects, Turn
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.corpora.record_files import Sink, refuse_other, to_dict
from kgtools.tools import registry
from kgtools.tools.errors import UsageError
from kgtools.tools.frames import scan_table, write_table
from kgtools.tools.inputs.files import digest, sha256
from kgtools.tools.inputs.originals import originals
from kgtools.tools.licenses.check import check_license
from kgtools.tools.outputs.empty import refuse_empty
from kgtools.tools.outputs.staging import make_private, manifest, staging
from kgtools.tools.progress import SILENT, Progress, track

AT_ONCE = 10_000
"""Examples that are rows of one batch."""


@dataclass(frozen=True)
class ReadResult:
    """What a run of a reader did. `table`: records or preferences; `written`: how many; `duplicates`: of these, records with the
    id of another. `files`: file -> SHA-256. `rejected`, `changed`: rows by reason. `unread`: keys of rows that the reader did not
    ask for, with how many rows have them, the most first. `rejects`: a row for each row that was refused, as REJECTS."""

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
    unread: dict[str, int]
    rejects: Rejects
    out: Path

    @property
    def records(self) -> pl.LazyFrame:
        """The records or preferences that were written."""
        return scan_table(self.out / f"{self.table}.parquet")

    @property
    def drops(self) -> dict[str, int]:
        """Rows that became no record, by reason."""
        return self.rejected

    def to_dict(self) -> dict[str, Any]:
        """In the names that `--format json` prints."""
        return to_dict(self, without=("rejects", "out"))


def read(
    name: str,
    paths: list[Path],
    out: Path,
    settings: dict[str, str],
    limit: int | None = None,
    strict: bool = False,
    seed: int = 0,
    license: str | None = None,
    allow_empty: bool = False,
    progress: Progress = SILENT,
) -> ReadResult:
    """Records (or preferences) of the files in `out`, with `rejects.parquet` and `run.json`, all or nothing.

    `limit`: so many examples, from the first; `license`: what the user knows of it. Raises InputError where strict, and where
    there is no example in the files, unless `allow_empty`."""
    license = license if license is None else check_license(license, "--license")
    reader = find(name)
    sheet, settings = with_sheet(settings)
    chosen = settings_of(name, reader, settings)
    beside = {key: path for key, path in dict(chosen).items() if isinstance(path, Path)}
    with originals() as given:
        chosen = chosen.model_copy(update={key: given.take(path) for key, path in beside.items()})
        corpus = Corpus(paths, seed, strict, given, sheet)
        of_sheet = {"sheet": sheet} if sheet else {}
        run_settings = {
            "reader": name,
            "set": dict(sorted(settings.items())) | of_sheet | {key: path.name for key, path in beside.items()},
            "limit": limit,
            "seed": seed,
            **_privacy(reader, corpus),
        }
        return _read(corpus, chosen, out, _licence_of(reader, corpus, license), run_settings, allow_empty, progress)


def _read(
    corpus: Corpus,
    chosen: Any,
    out: Path,
    terms: tuple[str, str],
    run_settings: dict[str, Any],
    allow_empty: bool,
    progress: Progress,
) -> ReadResult:
    """`terms`: the licence, and what is said of it; `run_settings`: those of `run.json`."""
    name, (license, note) = run_settings["reader"], terms
    counts: dict[str, Counter[str]] = {"tasks": Counter(), "langs": Counter(), "splits": Counter()}
    written = 0
    with staging(out) as stage:
        examples = islice(
            check_examples(corpus, registry.lent_items("readers", name, find(name).read(corpus, chosen))),
            run_settings["limit"],
        )
        first = next(examples, None)
        schema = PREFERENCES if isinstance(first, Pair) else RECORDS
        refuse_other(out, schema)
        with Sink(stage / f"{schema.noun}.parquet", schema) as sink:
            progress.start(f"reading {name}", run_settings["limit"], schema.noun)
            for batch in track(_batches(_again(first, examples)), progress, len):
                rows = [_row(name, license, example) for example in batch]
                for row, example in zip(rows, batch, strict=True):
                    counts["tasks"][row["task"]] += 1
                    counts["langs"][row["lang"]] += 1
                    counts["splits"][example.split or ""] += 1
                written += len(rows)
                sink.write(schema.frame(rows))
        corpus.keys.close()
        ids = scan_table(stage / f"{schema.noun}.parquet").select(pl.col("id").n_unique()).collect().item()
        rejects = REJECTS.frame(corpus.rejects)
        write_table(rejects, stage / "rejects.parquet")
        result = ReadResult(
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
            unread=dict(sorted(corpus.keys.unread.items(), key=lambda pair: (-pair[1], pair[0]))),
            **{key: dict(sorted(counter.items())) for key, counter in counts.items()},
            rejects=rejects,
            out=out,
        )
        refuse_empty(
            written,
            f"{name}: no example could be read{instead(name, corpus.files) if not written else ''}",
            allow_empty,
            result.rejected,
            (
                f"{file}{f':{line}' if line else ''}: {reason}{f' ({more})' if more else ''}"
                for file, line, _, reason, more in corpus.rejects
            ),
        )
        if run_settings.get("private") or counts["tasks"].keys() & set(PRIVATE):
            make_private(stage)
        facts = {key: value for key, value in result.to_dict().items() if key not in ("reader", "files")}
        outputs = {file.name: sha256(file) for file in sorted(stage.iterdir())}
        (stage / "run.json").write_bytes(manifest("read", run_settings, result.files, outputs=outputs, **facts))
    return result


def _privacy(reader: Reader, corpus: Corpus) -> dict[str, bool]:
    """What is known of people in the records: what the reader says of its corpus, and what is vouched for files that kgtools wrote."""
    known = together(privacy(path) for path in dict.fromkeys(file.path for file in corpus.files))
    if reader.private or known.get("private"):
        return {"private": True}
    return {"private": False} | known


def _licence_of(reader: Reader, corpus: Corpus, given: str | None) -> tuple[str, str]:
    """The licence of a run's records and what there is to say of it: the user's word, or the corpus' for its own files."""
    if given is not None:
        return given, ""
    if reader.license != "unknown" and (name := stranger(reader, corpus)):
        why = f"{name} has not just the name, the columns and the language of the files of {reader.title}, whose licence is {reader.license}"
        return "unknown", f"{why}; say what you know with --license"
    return check_license(reader.license, f"the reader of {reader.title}"), reader.license_note


def with_sheet(settings: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The sheet of workbooks that `--set sheet=NAME` wants, of any reader, and the other settings."""
    rest = dict(settings)
    return rest.pop("sheet", ""), rest


def settings_of(name: str, reader: Reader, given: dict[str, str]) -> Any:
    """What `--set` gave, as the reader's settings. Raises UsageError with every fault."""
    try:
        return reader.settings.model_validate(given)
    except ValidationError as error:
        known = ", ".join(reader.settings.model_fields) or "none"
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"--set for the reader {name}: {faults}; there are: {known}") from error


def _row(source: str, license: str, example: Example | Pair) -> dict[str, Any]:
    meta = {key: value for key, value in example.meta.items() if value not in (None, "", [], {})}
    meta |= {"file": example.place.file, "line": example.place.line}
    if example.place.row not in (0, example.place.line):
        meta["row"] = example.place.row
    shared: dict[str, Any] = {
        "lang": example.lang, "facts": [], "source": source, "template": None, "license": license, "split": example.split,
        "hold_out": None, "meta": _json(meta),
    }  # fmt: skip
    if isinstance(example, Pair):
        sides: dict[str, Any] = {
            "prompt": _messages(example.prompt),
            "chosen": _messages([Turn("assistant", example.chosen)]),
            "rejected": _messages([Turn("assistant", example.rejected)]),
        }
        texts: dict[str, Any] = {"task": "preference", **sides}
        content: Any = [source, "preference", example.lang, *sides.values()]
    else:
        messages = _messages(example.messages)
        texts = {"task": example.task, "messages": messages, "answer": example.answer}
        content = [source, example.task, example.lang, messages, example.answer]
    id_ = digest(orjson.dumps(content).decode())
    return {"id": id_, "group": digest(f"{source}|{example.key}") if example.key else id_} | texts | shared


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

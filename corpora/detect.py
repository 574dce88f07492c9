"""Whose a file is: told by its first rows, and tried on them before it is promised."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import polars as pl

from kgtools.corpora.checks.examples import check_examples
from kgtools.corpora.checks.meaning import OPTIONS
from kgtools.corpora.files.file import File
from kgtools.corpora.files.json_values import kind_of
from kgtools.corpora.files.place import LONGEST, Place
from kgtools.corpora.owners import beginning_of, is_published
from kgtools.corpora.reader import Corpus, FilePreview, Reader
from kgtools.tools import registry
from kgtools.tools.errors import KgtoolsError, UsageError
from kgtools.tools.frames import write_table
from kgtools.tools.inputs.originals import originals

ROWS = 20
"""Rows of a file that are tried on each reader: enough to see two layouts, few enough for 35 readers."""
BEGINNING, LARGEST = 1 << 25, 4 * LONGEST
"""Bytes of a file that are enough to tell whose it is; and where it is one object, which is read whole or not at all."""
TEXT = 1 << 20
"""Characters of its first lines that are."""
ONE_COLUMN = ("messages", "sharegpt")
"""Readers of tables that may have one column alone."""
CONTENT = {
    "question", "query", "prompt", "instruction", "answer", "response", "output", "completion", "rationale", "explanation",
    "reasoning",
}  # fmt: skip
"""Keys that say something to learn: a reader of one corpus that does not ask for one of them is not that file's."""


class Trial(NamedTuple):
    """What a reader makes of the first rows of a file. `refused`: reasons; `unread`: keys that it did not ask for."""

    rows: int
    refused: Counter[str]
    unread: Counter[str]
    fault: str = ""

    def objection(self, general: bool) -> str:
        """Why the reader is not to be promised, or nothing."""
        content = (
            [] if general else [key for key in sorted(self.unread) if key.lower() in CONTENT or OPTIONS.fullmatch(key)]
        )
        if self.fault:
            return self.fault
        if 2 * self.refused.total() > self.rows:
            reasons = ", ".join(f"{reason} {number}" for reason, number in self.refused.most_common(3))
            return f"it refuses {self.refused.total()} of the first {self.rows} rows: {reasons}"
        return f"it would leave unread: {', '.join(content)}" if content else ""


class Fits(NamedTuple):
    """(file, reader, why) for each file and each reader that it fits, in the order of files; the readers of one corpus by name,
    then the general ones. Where none does, `nearest`: what comes nearest, in words; `fault`: why no row can be read at all."""

    matches: list[tuple[str, str, str]]
    nearest: str = ""
    fault: str = ""


def find(name: str) -> Reader:
    """The reader of this name. Raises UsageError with the nearest names."""
    return cast(Reader, registry.find("readers", name, Reader))


def read_preview(file: File) -> FilePreview:
    """The beginning of a file, as `Reader.fits` wants it; what cannot be read of it is passed over."""
    return _preview(file, [])


def _preview(file: File, faults: list[str]) -> FilePreview:
    """The same; what is wrong with the first rows is put into `faults`."""

    def note(place: Place, reason: str, detail: str) -> None:
        faults.append(f"{place.file}:{place.line}: {reason} ({detail})")

    entire, quiet = file.quiet(), file.quiet(BEGINNING)
    if entire.is_table():
        rows = [row.values for row in islice(entire.json(), ROWS)]
        layout = "parquet" if entire.is_parquet() else "workbook"
        return FilePreview(file.name, layout, tuple(rows[0]) if rows else (), tuple(rows), "")
    text = "\n".join(line.text for line in islice(quiet.text(), 100))[:TEXT]
    layout = quiet.layout()
    if layout in ("array", "object") or (layout == "lines" and text.lstrip("\ufeff \n\t").startswith("{")):
        start = replace(file.quiet(LARGEST) if layout == "object" else quiet, refuse=note)
        values = tuple(value for _, value in islice(start.values(lenient=layout != "array"), ROWS))
        columns = tuple(values[0]) if values and isinstance(values[0], dict) else ()
        return FilePreview(file.name, f"json-{layout}", columns, values, text)
    with suppress(UsageError):
        rows = [row.values for row in islice(quiet.csv(), ROWS)]
        table = FilePreview(file.name, "csv", tuple(rows[0]) if rows else (), tuple(rows), text)
        if len(table.columns) > 1 or any(find(name).fits(table) for name in ONE_COLUMN):
            return table
    return FilePreview(file.name, "text", (), (), text)


def who_reads(paths: list[Path]) -> Fits:
    """Who reads these files: each reader was tried on their first rows."""
    with originals() as given:
        files, faults = Corpus(paths, given=given).files, list[str]()
        previews = [_preview(file, faults) for file in files]
    candidates = list(fit_readers(previews))
    fits = [(file, name, why) for file, name, why, objection in candidates if not objection]
    if fits or not candidates:
        nearest = "" if fits else next((words for preview in previews if (words := _nearest(preview))), "")
        return Fits(fits, nearest, "" if fits or any(preview.rows for preview in previews) else "".join(faults[:1]))
    file, name, why, objection = candidates[0]
    return Fits([], f"{file}: {name} comes nearest ({why}), but {objection}")


def instead(name: str, files: list[File]) -> str:
    """Who reads these files where the reader of this name could read none of their rows, in words; or who comes nearest."""
    previews = [read_preview(file) for file in files]
    others = [(file, other) for file, other, _, objection in fit_readers(previews) if other != name and not objection]
    if others:
        return f"; the reader {others[0][1]} fits {others[0][0]}"
    nearest = next((told for preview in previews if (told := _nearest(preview))), "")
    return f"; {nearest}" if nearest and f" reader {name}," not in nearest else ""


def _nearest(preview: FilePreview) -> str:
    from kgtools.corpora.readers.alpaca import GIVEN, OUTPUTS

    if not preview.columns:
        return _nearest_lists(preview)
    known: dict[str, tuple[str, ...]] = {
        "messages": ("messages",), "sharegpt": ("conversations", "conversation", "dialogue"),
        "preference": ("chosen", "rejected"), "text": ("text",), "alpaca": (*GIVEN, *OUTPUTS),
    }  # fmt: skip
    lowered = [column.lower() for column in preview.columns]
    exam = [column for column in preview.columns if OPTIONS.fullmatch(column) and len(column) > 1]
    name = (
        "medqa"
        if exam
        else next(
            (reader for reader, keys in known.items() if any(get_close_matches(key, lowered, 1, 0.75) for key in keys)),
            "alpaca",
        )
    )
    keys = ", ".join(preview.columns)[:200]
    return f"{preview.name}: its keys are {keys}; nearest is the reader {name}, which reads: {find(name).files}"


def _nearest_lists(preview: FilePreview) -> str:
    """The same of rows that are lists or texts, which no reader but MedDialog's takes."""
    if not preview.layout.startswith("json") or not preview.rows:
        return ""
    first = preview.rows[0][0] if isinstance(preview.rows[0], list) and preview.rows[0] else None
    found = f" of objects with the keys {', '.join(first)[:200]}" if isinstance(first, dict) else ""
    kind = f"lists{found}" if isinstance(preview.rows[0], list) else kind_of(preview.rows[0])
    return f"{preview.name}: its rows are {kind}, expected objects; nearest is the reader sharegpt, which reads: {find('sharegpt').files}"


def fit_readers(previews: list[FilePreview]) -> Iterator[tuple[str, str, str, str]]:
    """(file, reader, why, objection) for each reader that a file fits by its keys."""
    readers = sorted(registry.every("readers", Reader), key=lambda reader: (reader[1].general, reader[0]))
    for preview in previews:
        for name, reader in readers:
            if why := _fits(name, reader, preview):
                tried = _try_reader(reader, preview)
                objection = tried.objection(reader.general) if tried else ""
                told = ", ".join(sorted(tried.unread)) if tried and reader.general and not objection else ""
                yield preview.name, name, f"{why}; not read: {told}" if told else why, objection


def _fits(name: str, reader: Reader, preview: FilePreview) -> str | None:
    try:
        return reader.fits(preview)
    except Exception as error:  # noqa: BLE001 - a guest's reader looks at files that it does not know
        registry.pass_over(f"the reader {name!r} fails on {preview.name}: {type(error).__name__}: {error}")
        return None


def _try_reader(reader: Reader, preview: FilePreview) -> Trial | None:
    """None where the reader needs more than rows of one file, or they are its corpus' own."""
    rows = [row for row in preview.rows if isinstance(row, dict)]
    own = rows and reader.published and is_published(reader, beginning_of(preview, rows))
    if reader.together or own or preview.layout in ("json-object", "text") or not preview.rows:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / (PurePath(preview.name).name + ".parquet" * (preview.layout == "parquet"))
        _write(path, preview)
        corpus = Corpus([path])
        try:
            for _ in islice(check_examples(corpus, reader.read(corpus, reader.settings())), 50 * ROWS):
                pass
        except KgtoolsError as error:
            return Trial(len(preview.rows), Counter(), Counter(), str(error).replace(f"{path}", preview.name))
        except Exception as error:  # noqa: BLE001 - as above
            registry.pass_over(f"the reader {reader.title!r} fails on {preview.name}: {type(error).__name__}: {error}")
            return Trial(len(preview.rows), Counter(), Counter(), "it fails")
    corpus.keys.close()
    places = {(row, reason) for _, _, row, reason, _ in corpus.rejects}
    return Trial(len(preview.rows), Counter(reason for _, reason in places), corpus.keys.unread)


def _write(path: Path, preview: FilePreview) -> None:
    """The first rows as a file of their own."""
    if preview.layout == "parquet":
        write_table(pl.DataFrame(list(preview.rows), infer_schema_length=None, strict=False), path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if preview.layout in ("csv", "workbook"):
            rows = csv.writer(file)
            rows.writerow(preview.columns)
            rows.writerows([row.get(column, "") for column in preview.columns] for row in preview.rows)
        elif preview.layout == "json-array":
            json.dump(preview.rows, file)
        else:
            file.writelines(json.dumps(row) + "\n" for row in preview.rows)

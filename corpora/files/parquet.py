"""The rows of Parquet files, as Hugging Face packs data sets."""

import datetime
import decimal
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kgtools.corpora.files.json_values import says_nan
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.errors import InputError
from kgtools.tools.frames import table_parts

if TYPE_CHECKING:
    from kgtools.corpora.files.file import File

MAGIC = b"PAR1"
AT_ONCE = 1 << 26
"""Bytes of a file that are rows of Python at a time."""
OWN = {
    "records, which dedup, split, merge and convert read": set(RECORDS.columns),
    "preferences, which dedup, split, merge and convert read": set(PREFERENCES.columns),
    "triples, which kgtools load table reads": {"head", "relation", "tail"},
    "entities of a graph, which kgtools query and export read": {"id", "type", "name", "aliases", "sources"},
}
"""Tables that are no corpus, by columns that they have."""
SAID = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal)


def is_parquet(file: "File") -> bool:
    """Whether the bytes begin as those of a Parquet file do."""
    with file.open() as raw:
        return raw.read(len(MAGIC)) == MAGIC


def parquet_rows(file: "File") -> Iterator[dict[str, Any]]:
    """Its rows as JSON would have them: lists and structs as lists and objects, dates and decimals as texts, NaN and the texts
    `nan` and `null` as null.

    Raises InputError for one that is cut off or damaged, and for a table that other commands read; where it was found in a folder,
    that is refused."""
    empty = True
    with _on_disk(file) as path:
        for part in table_parts(path, file.name, AT_ONCE):
            if empty and (kind := next((kind for kind, own in OWN.items() if own <= set(part.columns)), "")):
                if not file.found:
                    raise InputError(f"{file.name}: expected a corpus, found a Parquet file of {kind}")
                file.refuse(file.place(), "not-a-corpus", f"a Parquet file of {kind}")
                return
            for row in part.iter_rows(named=True):
                empty = False
                yield {key: _as_json(value) for key, value in row.items()}
    if empty:
        file.refuse(file.place(), "empty-file", "a Parquet file without a row")


@contextmanager
def _on_disk(file: "File") -> Iterator[Path]:
    """The file itself, or a copy of what is a member of a zip file, or packed once more."""
    with file.path.open("rb") as raw:
        plain = file.member is None and raw.read(len(MAGIC)) == MAGIC
    if plain:
        yield file.path
        return
    with TemporaryDirectory(prefix="kgtools-") as folder:
        path = Path(folder) / "table.parquet"
        with file.open() as raw, path.open("wb") as copy:
            shutil.copyfileobj(raw, copy)
        yield path


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, bytes):
        return _decoded(value)
    if says_nan(value):
        return None
    return str(value) if isinstance(value, SAID) else value


def _decoded(value: bytes) -> str:
    """Texts that their writer did not mark as such; of a picture how large it is."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return f"({len(value)} bytes)" if "\0" in text else text


def as_cell(value: Any) -> str:
    """A value as a table of texts has it."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

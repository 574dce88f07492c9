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
from typing import Any, BinaryIO

from kgtools.corpora.files.json_values import says_nan
from kgtools.corpora.files.place import Place, Refuse
from kgtools.corpora.record import PREFERENCES, RECORDS
from kgtools.tools.errors import InputError
from kgtools.tools.frames import table_parts

MAGIC = b"PAR1"
AT_ONCE = 1 << 26
"""Bytes of a file that are rows of Python at a time."""
OWN = {
    "records, which dedup, split, merge and convert read": set(RECORDS.columns) - set(RECORDS.optional),
    "preferences, which dedup, split, merge and convert read": set(PREFERENCES.columns) - set(PREFERENCES.optional),
    "triples, which kgtools load table reads": {"head", "relation", "tail"},
    "entities of a graph, which kgtools query and export read": {"id", "type", "name", "aliases", "sources"},
}
"""Tables that are no corpus, by columns that they have."""
SAID = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal)


def is_parquet(head: bytes) -> bool:
    """Whether a file that begins so is a Parquet file."""
    return head.startswith(MAGIC)


def parquet_rows(path: Path, name: str, refuse: Refuse, in_folder: bool) -> Iterator[dict[str, Any]]:
    """Its rows as JSON would have them: lists and structs as lists and objects, dates and decimals as texts, NaN and the texts
    `nan` and `null` as null.

    Raises InputError for one that is cut off or damaged, and for a table that other commands read; where it was found in a folder
    (`in_folder`), that is refused."""
    empty = True
    for part in table_parts(path, name, AT_ONCE):
        if empty and (kind := next((kind for kind, columns in OWN.items() if columns <= set(part.columns)), "")):
            if not in_folder:
                raise InputError(f"{name}: expected a corpus, found a Parquet file of {kind}")
            refuse(Place(name), "not-a-corpus", f"a Parquet file of {kind}")
            return
        for row in part.iter_rows(named=True):
            empty = False
            yield {key: _as_json(value) for key, value in row.items()}
    if empty:
        refuse(Place(name), "empty-file", "a Parquet file without a row")


@contextmanager
def copy_to_disk(content: BinaryIO) -> Iterator[Path]:
    """A copy of what is a member of a zip file, or packed once more, for polars reads paths alone."""
    with TemporaryDirectory(prefix="kgtools-") as folder:
        path = Path(folder) / "table.parquet"
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        yield path


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, bytes):
        return _decode(value)
    if says_nan(value):
        return None
    return str(value) if isinstance(value, SAID) else value


def _decode(value: bytes) -> str:
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

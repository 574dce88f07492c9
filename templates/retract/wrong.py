"""The facts that a user calls wrong, by a list of ids or a table."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl

from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.sources.mapping import Table, TripleRows
from kgtools.kg.sources.table_files import ROW, read_cells
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest, read_text
from kgtools.tools.inputs.packings import suffix_of

ID = re.compile(r"[0-9a-f]{20}")
"""The id of a triple, or of an attribute value."""
IDS, PARTS = ("id", "triple"), ("head", "relation", "tail")
NO_TEXT = (".parquet", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
FORM = Table(files=("*",), triples=TripleRows(head="head", relation="relation", tail="tail"))
MOST = 20
"""Faults that a message has room for."""


def read_wrong(file: Path, known: Collection[str]) -> list[str]:
    """The ids in a file, sorted, each once: one a line, or of a table the column `id` or `triple`, or `head`, `relation` and `tail`,
    of which an id is made.

    Raises InputError with the line of each that is none, or is not among the `known`."""
    found, faults = set(), []
    for line, id_, what in _rows(file):
        if not ID.fullmatch(id_):
            faults.append(f"{file}:{line}: {what or 'nothing'} is no id of a triple: 20 digits or letters a to f")
        elif id_ not in known:
            faults.append(f"{file}:{line}: the graph holds no triple or value {what}")
        found.add(id_)
    if faults:
        more = [f"... and {len(faults) - MOST:,} more"] if len(faults) > MOST else []
        raise InputError("\n".join([*faults[:MOST], *more]))
    if not found:
        raise InputError(f"{file}: names no triple")
    return sorted(found)


def check_ids(ids: Collection[str], known: Collection[str]) -> list[str]:
    """The ids of a list, sorted, each once. Raises InputError for what is not among the `known`."""
    if unknown := sorted(set(ids) - set(known)):
        raise InputError(f"the graph holds no triple or value {', '.join(unknown[:MOST])}")
    return sorted(set(ids))


def _rows(file: Path) -> Iterator[tuple[int, str, str]]:
    """Line, id, and what stands there, of each row."""
    if suffix_of(file) not in NO_TEXT:
        lines = [(number, line.strip()) for number, line in enumerate(read_text(file).split("\n"), start=1)]
        lines = [(number, line) for number, line in lines if line]
        if ID.fullmatch(lines[0][1].lstrip("\ufeff")):
            yield from ((number, id_, id_) for number, each in lines for id_ in [each.lstrip("\ufeff")])
            return
    rows, broken = read_cells(file, FORM, (*IDS, *PARTS))
    if broken.height:
        faults = [
            f"{file}:{line}: {field}: cannot be read ({why})" for line, field, _, why in broken.head(MOST).iter_rows()
        ]
        raise InputError("\n".join(faults))
    lines_ = rows[ROW].to_list()
    if name := next((name for name in IDS if name in rows.columns), None):
        ids = rows[name].cast(pl.String).fill_null("").str.strip_chars().to_list()
        yield from zip(lines_, ids, ids, strict=True)
    elif set(PARTS) <= set(rows.columns):
        for line, *parts in zip(lines_, *(rows[name].fill_null("").to_list() for name in PARTS), strict=True):
            yield line, digest(SEPARATOR.join(parts)), " ".join(parts)
    else:
        raise InputError(
            f"{file}:1: neither an id of a triple (20 digits or letters a to f) nor the header of a table with the column id or"
            " triple, or with head, relation and tail"
        )

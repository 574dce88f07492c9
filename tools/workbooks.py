"""Workbooks before they are read: whether they are whole, and whether memory can hold what they are unpacked to."""

import io
import re
import zipfile
from typing import BinaryIO, cast

from tools.errors import InputError
from tools.packings import FAULTS, FOLD, SMALL, guard

IN_ZIP = (*FAULTS, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What Python raises for a member of a zip file that cannot be read."""
CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
CHUNK, REACH = 1 << 20, 200
CELLS, THIN = 50_000_000, 100
"""A sheet is laid out whole, up to its last row and column: more than CELLS, of which one in THIN or fewer are there, is a stray
cell far away."""


def check_workbook(data: bytes, name: str) -> None:
    """Raises InputError for an .xlsx that is damaged or swells; what else may be wrong with it, its reader says."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError):
        return
    with archive:
        members = archive.infolist()
        if sum(info.file_size for info in members) > max(SMALL, FOLD * len(data)):
            raise InputError(f"{name}: unpacks to more than {FOLD} times its size, as no workbook does")
        for info in members:
            try:
                member = guard(cast(BinaryIO, archive.open(info)), f"{name}/{info.filename}", IN_ZIP)
            except IN_ZIP as error:
                raise InputError(f"{name}: {info.filename} in it cannot be opened ({error})") from error
            with member:
                _check_member(member, name, SHEET.fullmatch(info.filename) is not None)


def _check_member(member: BinaryIO, name: str, is_sheet: bool) -> None:
    """Read it to its end, where its checksum is; of a sheet see how far its cells lie apart."""
    rows = columns = found = 0
    rest = b""
    while chunk := member.read(CHUNK):
        if not is_sheet:
            continue
        text = rest + chunk
        end = 0
        for cell in CELL.finditer(text):
            found, end = found + 1, cell.end()
            rows, columns = max(rows, int(cell[2])), max(columns, _number(cell[1]))
        rest = text[max(end, len(text) - REACH) :]
    if rows * columns > max(CELLS, THIN * found):
        raise InputError(
            f"{name}: a sheet of {rows:,} rows and {columns:,} columns with {found:,} cells; delete the stray cell far away, or save it as CSV"
        )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number

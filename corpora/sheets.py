"""The first sheet of a workbook as rows of texts."""

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tools.errors import MissingExtraError
from tools.packings import read_whole
from tools.workbooks import check_workbook

if TYPE_CHECKING:
    from corpora.files import File

WORKBOOK = "xl/workbook.xml"
"""What a zip file holds that is a workbook."""


def is_workbook(file: "File") -> bool:
    """Whether the bytes are those of an Excel workbook."""
    with file.open() as raw:
        head = raw.read(8)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    if not head.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(_bytes(file))) as book:
            return WORKBOOK in book.namelist()
    except zipfile.BadZipFile:
        return False


def sheet_rows(file: "File") -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, with their numbers; a workbook that cannot be read is refused."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise MissingExtraError(
            f"{file.name}: workbooks need two more packages: pip install 'kgtools[xlsx]'"
        ) from error
    data = _bytes(file)
    check_workbook(data, file.name)
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as error:
        file.refuse(file.place(), "bad-workbook", f"{error}; was the download cut off?")
        return
    for number, cells in enumerate(rows, start=1):
        texts = [_cell(value) for value in cells]
        if any(texts):
            yield number, texts


def _bytes(file: "File") -> bytes:
    with file.open() as raw:
        return read_whole(raw, file.name, file.path.stat().st_size)


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

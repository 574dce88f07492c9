"""A sheet of a workbook as rows of texts."""

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.packings import read_whole
from kgtools.tools.inputs.workbooks import check_workbook

if TYPE_CHECKING:
    from kgtools.corpora.files.file import File

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
    """The rows of the file's sheet that hold anything, with their numbers; a workbook that cannot be read is refused, and so are
    its other sheets. Without a name the first sheet that holds anything is read, a hidden one last."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum
    except ImportError as error:
        raise MissingExtraError(
            f"{file.name}: workbooks need two more packages: pip install 'kgtools[xlsx]'"
        ) from error
    data = _bytes(file)
    check_workbook(data, file.name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except CalamineError as error:
        file.refuse(file.place(), "bad-workbook", f"{error}; was the download cut off?")
        return
    hidden = {sheet.name for sheet in book.sheets_metadata if sheet.visible is not SheetVisibleEnum.Visible}
    filled = sorted((name for name, cells in sheets.items() if any(map(any, cells))), key=lambda name: name in hidden)
    read = file.sheet or next(iter(filled), book.sheet_names[0])
    if read not in sheets:
        raise InputError(f"{file.name}: there is no sheet {read!r}; there are: {', '.join(sheets)}")
    for name, others in sheets.items() if not file.sheet else ():
        if name != read and any(map(any, others)):
            file.refuse(file.place(), "sheet-not-read", f"{name!r}; --set sheet={name} reads it instead of {read!r}")
    for number, cells in enumerate(sheets[read], start=1):
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

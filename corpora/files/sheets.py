"""A sheet of a workbook as rows of texts."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from kgtools.corpora.files.place import Place, Refuse
from kgtools.tools.errors import InputError, MissingExtraError
from kgtools.tools.inputs.workbooks import check_workbook

WORKBOOK = "xl/workbook.xml"
"""What a zip file holds that is a workbook."""
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK"
"""How an .xls of before 2007 begins, and a zip file, which an .xlsx is."""


def is_workbook(head: bytes, content: Callable[[], bytes]) -> bool:
    """Whether a file that begins so is an Excel workbook; its whole `content` is asked for only where it is a zip file."""
    if head.startswith(OLE):
        return True
    if not head.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content())) as book:
            return WORKBOOK in book.namelist()
    except zipfile.BadZipFile:
        return False


def sheet_rows(data: bytes, name: str, refuse: Refuse, sheet: str = "") -> Iterator[tuple[int, list[str]]]:
    """The rows of a workbook's `sheet` that hold anything, with their numbers; a workbook that cannot be read is refused, and so
    are its other sheets. Without a name the first sheet that holds anything is read, a hidden one last."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum
    except ImportError as error:
        raise MissingExtraError(f"{name}: workbooks need two more packages: pip install 'kgtools[xlsx]'") from error
    check_workbook(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {each: book.get_sheet_by_name(each).to_python(skip_empty_area=False) for each in book.sheet_names}
    except CalamineError as error:
        refuse(Place(name), "bad-workbook", f"{error}; was the download cut off?")
        return
    hidden = {each.name for each in book.sheets_metadata if each.visible is not SheetVisibleEnum.Visible}
    filled = sorted(
        (title for title, cells in sheets.items() if any(map(any, cells))), key=lambda title: title in hidden
    )
    wanted = sheet or next(iter(filled), book.sheet_names[0])
    if wanted not in sheets:
        raise InputError(f"{name}: there is no sheet {wanted!r}; there are: {', '.join(sheets)}")
    for title, others in sheets.items() if not sheet else ():
        if title != wanted and any(map(any, others)):
            refuse(Place(name), "sheet-not-read", f"{title!r}; --set sheet={title} reads it instead of {wanted!r}")
    for number, cells in enumerate(sheets[wanted], start=1):
        texts = [_cell(value) for value in cells]
        if any(texts):
            yield number, texts


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

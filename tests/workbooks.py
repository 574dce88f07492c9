"""Workbooks for tests."""

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Rows = Sequence[Sequence[object]]


def workbook(rows: Rows | None = None, sheets: Mapping[str, Rows] | None = None) -> bytes:
    """The bytes of an .xlsx of these rows, or of these sheets by name."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, of in (sheets or {"Sheet": rows or []}).items():
        sheet = book.create_sheet(name)
        for row in of:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

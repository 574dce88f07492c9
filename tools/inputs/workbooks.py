"""Workbooks, looked through before they are read: a library keeps a sheet as a full rectangle, however few cells are in it."""

import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO, cast

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.packings import FAULTS, FOLD, SMALL, guard
from kgtools.tools.inputs.safe_xml import look_through

SHEETS = re.compile(r"xl/worksheets/[^/]+\.(?:xml|bin)|content\.xml", re.IGNORECASE)
"""The members of a workbook that hold cells: `xl/worksheets/sheet1.xml`, of .ods `content.xml`."""
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
"""A cell: `AB12`."""
STYLES = "xl/styles.xml"
PERCENT = ("9", "10")
"""Formats of Excel's own."""
QUOTED = re.compile(r'"([^"]*)"')
"""Text in a number's format: `0"年"`."""
DATE = re.compile(r"[ymdhs年月日时分秒]", re.IGNORECASE)
"""A format that is of dates or times: `yyyy-mm-dd`."""
CHUNK = 1 << 20
"""Bytes that the parser is given at a time."""
IN_ZIP = (*FAULTS, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What Python raises for a member of a zip file that cannot be read."""
SPARSE = 5_000_000
"""Places of a rectangle that may be empty, but for every cell four."""
WAY_OUT = "save the sheet as CSV"


class _Extent:
    """How far the cells of a sheet reach, how many there are, and the first number that its format shows otherwise (`shown`)."""

    def __init__(self, shown: Collection[str] = ()) -> None:
        self.cells = self.row = self.column = self.last_row = self.last_column = 0
        self._shown, self._cell = shown, ""
        self.shown = ""

    def see(self, row: int, column: int, rows: int = 1, columns: int = 1) -> None:
        self.cells += rows * columns
        self.last_row, self.last_column = (
            max(self.last_row, row + rows - 1),
            max(self.last_column, column + columns - 1),
        )

    def excel(self, name: str, attributes: dict[str, str]) -> None:
        """An element of a sheet of .xlsx; a cell that does not say where it is stands behind the one before."""
        element = name.rpartition("}")[2]
        if element == "row":
            at = attributes.get("r", "")
            self.row, self.column = int(at) if at.isdecimal() and len(at) < 9 else self.row + 1, 0
        elif element == "c":
            self.column += 1
            if found := REFERENCE.fullmatch(attributes.get("r", "").upper()):
                self.column = 0
                for letter in found[1]:
                    self.column = self.column * 26 + ord(letter) - 64
                self.row = int(found[2])
            self.see(self.row, self.column)
            other = attributes.get("s") in self._shown and attributes.get("t", "n") == "n"
            self._cell = attributes.get("r", f"row {self.row}") if other else ""
        elif element == "v" and self._cell:
            self.shown = self.shown or self._cell

    def open_document(self, name: str, attributes: dict[str, str]) -> None:
        """An element of a sheet of .ods, where rows and cells are repeated by number."""
        element = name.rpartition("}")[2]
        values = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        if element == "table":
            self.row = self.column = 0
        elif element == "table-row":
            self.row, self.column = self.row + _number(values.get("number-rows-repeated")), 0
        elif element in ("table-cell", "covered-table-cell"):
            self.column += _number(values.get("number-columns-repeated"))
            if values.get("value-type"):
                self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)
                self.cells += 1

    def binary(self, data: bytes) -> None:
        """The records of a sheet of .xlsb: 0 begins a row, 1 to 11 are cells."""
        for kind, at in _records(data):
            if kind == 0:
                self.row = int.from_bytes(data[at : at + 4], "little") + 1
            elif kind <= 11:
                self.see(self.row, int.from_bytes(data[at : at + 4], "little") + 1)


def check_workbook(data: bytes, name: str) -> None:
    """Raises InputError for a workbook that is damaged, or would fill the memory: one that swells, or with cells far apart. What is
    no workbook in a zip archive is left for the reader to say."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError):
        return
    with archive:
        members, shown = archive.infolist(), set[str]()
        if sum(info.file_size for info in members) > max(SMALL, FOLD * len(data)):
            raise InputError(f"{name}: unpacks to more than {FOLD} times its size, as no workbook does; {WAY_OUT}")
        for info in sorted(members, key=lambda info: info.filename != STYLES):
            try:
                member = guard(cast(BinaryIO, archive.open(info)), f"{name}/{info.filename}", IN_ZIP)
            except IN_ZIP as error:
                raise InputError(f"{name}: {info.filename} in it cannot be opened ({error})") from error
            with member:
                if info.filename == STYLES:
                    shown = _shown_otherwise(f"{name}:{STYLES}", member)
                elif SHEETS.fullmatch(info.filename):
                    _check_sheet(name, info.filename, member, shown)
                # to its end, where its checksum is
                while member.read(CHUNK):
                    pass


def _shown_otherwise(name: str, file: BinaryIO) -> set[str]:
    """The numbers of the styles of cells in which a number is shown as per cent, or with words of its format."""
    codes, styles, counting = dict[str, str](), list[str](), False

    def see(element: str, attributes: dict[str, str]) -> None:
        nonlocal counting
        element = element.rpartition("}")[2]
        if element == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif element in ("cellXfs", "cellStyles"):
            counting = element == "cellXfs"
        elif element == "xf" and counting:
            styles.append(attributes.get("numFmtId", ""))

    look_through(name, file, see)
    lost = {*PERCENT, *(id_ for id_, code in codes.items() if _loses(code))}
    return {str(number) for number, id_ in enumerate(styles) if id_ in lost}


def _loses(code: str) -> bool:
    """Whether a format of numbers shows what the number does not hold: a per cent sign, a unit; dates do not."""
    bare = QUOTED.sub("", code)
    return not DATE.search(bare) and ("%" in code or any(re.search(r"\w", words) for words in QUOTED.findall(code)))


def only_sheet(name: str, sheets: Mapping[str, bool], way_out: str) -> str:
    """The sheet that is read where none is named; `sheets`: whether each holds anything. Raises InputError for several that do."""
    filled = [sheet for sheet, holds in sheets.items() if holds]
    if len(filled) > 1:
        raise InputError(f"{name}: {len(filled)} sheets hold rows: {', '.join(map(repr, filled))}; {way_out}")
    return filled[0] if filled else next(iter(sheets))


def _check_sheet(name: str, sheet: str, file: BinaryIO, shown: Collection[str]) -> None:
    extent = _Extent(shown)
    if sheet.endswith(".bin"):
        extent.binary(file.read())
    else:
        look_through(f"{name}:{sheet}", file, extent.open_document if sheet == "content.xml" else extent.excel)
    if extent.last_row * extent.last_column > max(SPARSE, 4 * extent.cells):
        raise InputError(
            f"{name}: {sheet} has {extent.cells:,} cells in a rectangle of {extent.last_row:,} rows and {extent.last_column:,} columns;"
            f" delete the stray cell far away, or {WAY_OUT}"
        )

    if extent.shown:
        raise InputError(
            f"{name}: {sheet}: {extent.shown} is a number that is shown as per cent or with a unit, and holds neither; {WAY_OUT},"
            " or make it text"
        )


def _number(text: str | None) -> int:
    return min(int(text), 1 << 24) if text and text.isdecimal() and len(text) < 9 else 1


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each record and where its content begins."""
    at = 0
    while at < len(data) - 1:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind, at = kind & 0x7F | data[at] << 7, at + 1
        size = shift = 0
        while at < len(data):
            byte, at = data[at], at + 1
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, at
        at += size

"""Files of corpora as streams of lines and rows: encodings and layouts are told by content, never by a suffix.

What cannot be read of a file is a reject with its line; the rest of the file goes on."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from corpora.arrays import array_items, nested_items, object_items
from corpora.encodings import BAD_BYTE, encoding_of
from corpora.jsons import is_object, kind_of, loads, why
from tools.errors import InputError, MissingExtraError
from tools.workbooks import check_workbook

LONGEST = 1 << 26
"""Characters in a line or an object; what is longer is refused, so that no file can fill the memory."""
CHUNK = 1 << 20
WORKBOOK = b"xl/workbook.xml"
BLANK = "\ufeff \t\r\n\0"

Refuse = Callable[["Place", str, str], None]
"""Takes a reject: where, the reason (a word for counting), and what more there is to say (never a text of the row)."""


class Place(NamedTuple):
    """Where a row begins: its file, its line, and its number in the file (both from 1; 0: the file as a whole)."""

    file: str
    line: int = 0
    row: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Row(NamedTuple):
    """A row of a file: where it begins and what it holds, by key or column."""

    place: Place
    values: dict[str, Any]


class Line(NamedTuple):
    """A line of a text file, without its end."""

    place: Place
    text: str


@dataclass(frozen=True)
class File:
    """A file, or a member of a zip file. `name` is what rejects and manifests call it."""

    path: Path
    name: str
    refuse: Refuse
    member: str | None = None

    def place(self, line: int = 0, row: int = 0) -> Place:
        """A place in this file."""
        return Place(self.name, line, row)

    def open(self) -> BinaryIO:
        """The bytes, unpacked where they are gzip or zstd. Raises InputError for a file that cannot be opened."""
        try:
            raw = self._raw()
            magic = raw.read(4)
            raw.seek(0)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise InputError(f"{self.name}: cannot be opened: {getattr(error, 'strerror', None) or error}") from error
        if magic[:2] == b"\x1f\x8b":
            packed = io.BytesIO(raw.read()) if self.member else self.path
            raw.close()
            return cast(BinaryIO, gzip.open(packed))
        if magic == b"\x28\xb5\x2f\xfd":
            import zstandard

            return cast(BinaryIO, io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw)))
        return raw

    def _raw(self) -> BinaryIO:
        return cast(BinaryIO, zipfile.ZipFile(self.path).open(self.member)) if self.member else self.path.open("rb")

    def quiet(self) -> "File":
        """The same file for a first look: what is wrong with it is said when it is read."""
        return replace(self, refuse=lambda *_: None)

    def start(self) -> str:
        """Its first line that is not blank, without what is blank before it."""
        return next((text for line in self.quiet().text() if (text := line.text.lstrip(BLANK))), "")

    def characters(self) -> io.TextIOWrapper:
        """The text; a byte that is not in the file's encoding becomes half a surrogate pair, which BAD_BYTE finds."""
        return io.TextIOWrapper(self.open(), encoding=self.encoding(), errors="surrogateescape")

    def encoding(self) -> str:
        """`utf-8-sig`, `utf-16` or `gb18030`: GB18030 where most of the lines that tell are not UTF-8."""
        with self.open() as raw:
            return encoding_of(raw)

    def text(self) -> Iterator[Line]:
        """Every line with its number; a line that is not in the file's encoding, or too long, is refused."""
        with self.characters() as lines:
            number, empty = 0, True
            while line := lines.readline(LONGEST):
                number += 1
                place = Place(self.name, number, number)
                if len(line) >= LONGEST and not line.endswith("\n"):
                    while (rest := lines.readline(CHUNK)) and not rest.endswith("\n"):
                        pass
                    self.refuse(place, "line-too-long", f"more than {LONGEST:,} characters")
                elif BAD_BYTE.search(line):
                    self.refuse(place, "wrong-encoding", f"bytes that are not {lines.encoding.removesuffix('-sig')}")
                else:
                    yield Line(place, line.removesuffix("\n"))
                empty = empty and not line.strip(BLANK)
            if empty:
                self.refuse(Place(self.name), "empty-file", "was the download cut off?")

    def whole(self) -> str:
        """All lines that can be read, joined again; refused ones are left out as empty lines, so that numbers hold."""
        lines: list[str] = []
        for line in self.text():
            lines.extend([""] * (line.place.line - len(lines) - 1))
            lines.append(line.text)
        return "\n".join(lines)

    def json(self, lenient: bool = False) -> Iterator[Row]:
        """Each object of JSON lines, of one array, or the one object of the file; what is none is refused.

        `lenient` takes backslashes that begin no escape as backslashes."""
        for place, value in self.values(lenient):
            if isinstance(value, dict):
                yield Row(place, value)
            else:
                self.refuse(place, "not-an-object", f"found {kind_of(value)}, expected an object")

    def values(self, lenient: bool = False) -> Iterator[tuple[Place, Any]]:
        """Each value of JSON lines, of one array, or the one value of the file, streaming."""
        layout = self.layout()
        if layout == "lines":
            yield from self._json_lines(lenient)
        elif layout == "array":
            yield from array_items(self)
        elif layout == "object":
            text = self.whole()
            try:
                yield Place(self.name, 1, 1), loads(text, lenient)
            except ValueError as error:
                self.refuse(Place(self.name, getattr(error, "lineno", 1), 1), "bad-json", why(error))

    def members(self) -> Iterator[tuple[Place, str, Any]]:
        """Each key and value of the one object that the file is, streaming; a file that is none is refused."""
        if self._is_one_object():
            for place, (key, value) in object_items(self):
                yield place, key, value

    def items(self) -> Iterator[tuple[Place, str, Any]]:
        """The same, but of each array in the object each item by itself, with the key of the array."""
        if self._is_one_object():
            for place, (key, item) in nested_items(self):
                yield place, key, item

    def _is_one_object(self) -> bool:
        with self.characters() as lines:
            pieces = iter(lambda: lines.readline(CHUNK), "")
            start = next((text for piece in pieces if (text := piece.strip(BLANK))), "")
        if not start.startswith("{"):
            self.refuse(self.place(), "not-an-object" if start else "empty-file", "expected an object")
        return start.startswith("{")

    def layout(self) -> str:
        """`lines`, `array`, `object`, or nothing for an empty file."""
        seen: list[str] = []
        with self.characters() as lines:
            while len(seen) < 50 and (line := lines.readline(LONGEST)):
                if text := line.strip(BLANK):
                    seen.append(text)
                    if text[0] == "[" and len(seen) == 1:
                        return "array"
                    if is_object(text):
                        return "lines"
        if not seen:
            for _ in self.text():  # which says what is wrong with it
                pass
            return ""
        return "object" if seen[0][0] == "{" else "lines"

    def _json_lines(self, lenient: bool) -> Iterator[tuple[Place, Any]]:
        row = 0
        for place, text in self.text():
            if text and not text.isspace():
                row += 1
                try:
                    yield place._replace(row=row), loads(text, lenient)
                except ValueError as error:
                    self.refuse(place._replace(row=row), "bad-json", why(error))

    def csv(self, delimiter: str | None = None) -> Iterator[Row]:
        """Each row of a delimited text with a header, or of a workbook's first sheet, by column; a row of another width is
        refused. The delimiter is told by the header where it is not given."""
        rows = self._sheet() if self.is_workbook() else self._delimited(delimiter)
        header: list[str] | None = None
        number = 0
        for line, cells in rows:
            if header is None:
                header = [str(cell).strip("\ufeff \t") for cell in cells]
                continue
            number += 1
            place = Place(self.name, line, number)
            if len(cells) != len(header):
                self.refuse(place, "wrong-width", f"{len(cells)} columns, expected {len(header)}")
            else:
                yield Row(place, dict(zip(header, cells, strict=True)))

    def _delimited(self, delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(LONGEST)
        numbers = [0]

        def texts() -> Iterator[str]:
            for place, text in self.text():
                numbers.append(place.line)
                yield text + "\n"

        source = texts()
        first = next(source, "")
        delimiter = delimiter or max(",\t;", key=first.count)
        begun = len(numbers) - 1

        def again() -> Iterator[str]:
            yield first
            yield from source

        reader = csv.reader(again(), delimiter=delimiter)
        while True:
            begun = numbers[-1] + 1 if reader.line_num else numbers[-1]
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.refuse(Place(self.name, begun), "bad-csv", str(error))
                continue
            if cells and any(cells):
                yield begun, cells

    def is_workbook(self) -> bool:
        """Whether the bytes are those of an Excel workbook."""
        with self.open() as raw:
            head = raw.read(8)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return True
        return head.startswith(b"PK") and WORKBOOK in self._names()

    def _names(self) -> list[bytes]:
        try:
            with self.open() as raw, zipfile.ZipFile(io.BytesIO(raw.read())) as book:
                return [name.encode() for name in book.namelist()]
        except zipfile.BadZipFile:
            return []

    def _sheet(self) -> Iterator[tuple[int, list[str]]]:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError as error:
            raise MissingExtraError(
                f"{self.name}: workbooks need two more packages: pip install 'kgtools[xlsx]'"
            ) from error
        try:
            with self.open() as raw:
                data = raw.read()
            check_workbook(self.name, data)
            rows = (
                CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
            )
        except CalamineError as error:
            self.refuse(Place(self.name), "bad-workbook", f"{error}; was the download cut off?")
            return
        for number, cells in enumerate(rows, start=1):
            texts = [_cell(value) for value in cells]
            if any(texts):
                yield number, texts


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)

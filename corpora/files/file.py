"""Files of corpora as streams of lines and rows: encodings and layouts are told by content, never by a suffix.

What cannot be read of a file is a reject with its line; the rest of the file goes on."""

import codecs
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from kgtools.corpora.files.encodings import BAD_BYTE, encoding_of, escape_halves
from kgtools.corpora.files.json_stream import array_items, nested_items, object_items
from kgtools.corpora.files.json_values import TWICE, is_object, kind_of, loads, mend_escapes, why, without_nan
from kgtools.corpora.files.parquet import as_cell, copy_to_disk, is_parquet, parquet_rows
from kgtools.corpora.files.place import LONGEST, Line, Place, Refuse, Row, Watch
from kgtools.corpora.files.sheets import is_workbook, sheet_rows
from kgtools.corpora.files.tables import delimited_rows, table_rows
from kgtools.tools.errors import InputError
from kgtools.tools.inputs.json_keys import find_repeated_key
from kgtools.tools.inputs.kinds import HEAD, unreadable
from kgtools.tools.inputs.packings import Beginning, first_bytes, guard, read_all, unpack
from kgtools.tools.inputs.workbooks import IN_ZIP

CHUNK = 1 << 20
"""Characters of a long line that are read at a time."""
BLANK = "\ufeff \t\r\n\0"


def _as_it_is(_: Place, value: Any) -> Any:
    return value


@dataclass(frozen=True)
class File:
    """A file, or a member of a zip file. `name` is what rejects and manifests call it; `sheet`: which of a workbook, the first
    where it is empty. `in_folder`: in a folder or zip file that the user named, so that what is no text is refused and the others
    go on. `most`: of its content only so many bytes count."""

    path: Path
    name: str
    refuse: Refuse
    member: str | None = None
    watch: Watch = _as_it_is
    sheet: str = ""
    in_folder: bool = False
    most: int | None = None

    def place(self, line: int = 0, row: int = 0) -> Place:
        """A place in this file."""
        return Place(self.name, line, row)

    def open(self) -> BinaryIO:
        """The bytes, unpacked where they are packed (`tools.inputs.packings`). Raises InputError for a file that cannot be opened, and, while
        it is read, for one that is cut off or damaged."""
        try:
            raw = self._raw()
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise InputError(f"{self.name}: cannot be opened: {getattr(error, 'strerror', None) or error}") from error
        content = unpack(raw, self.name)
        if self.most is None:
            return content
        return (
            first_bytes(content, self.most) if self.most < LONGEST else io.BufferedReader(Beginning(content, self.most))
        )

    def _raw(self) -> BinaryIO:
        if self.member is None:
            return self.path.open("rb")
        return guard(cast(BinaryIO, zipfile.ZipFile(self.path).open(self.member)), self.name, IN_ZIP)

    def quiet(self, most: int | None = None) -> "File":
        """The same file for a first look, perhaps at its beginning: what is wrong with it is said when it is read."""
        return replace(self, refuse=lambda *_: None, watch=_as_it_is, most=most)

    def is_text(self) -> bool:
        """Whether it may be text. What is none is refused where it was found, and an InputError where it was named."""
        with self.open() as raw:
            kind = unreadable(raw.read(HEAD))
        if kind and not self.in_folder:
            raise InputError(f"{self.name}: expected text, found {kind}")
        if kind:
            self.refuse(self.place(), "not-text", kind)
        return not kind

    def start(self) -> str:
        """Its first line that is not blank, without what is blank before it."""
        return next((text for line in self.quiet().text() if (text := line.text.lstrip(BLANK))), "")

    def characters(self) -> io.TextIOWrapper:
        """The text; a byte that is not in the file's encoding becomes half a surrogate pair, which BAD_BYTE finds."""
        codecs.register_error("escape-halves", escape_halves)
        encoding = self.encoding()
        errors = "escape-halves" if encoding == "utf-16" else "surrogateescape"
        return io.TextIOWrapper(self.open(), encoding=encoding, errors=errors)

    def encoding(self) -> str:
        """`utf-8-sig`, `utf-16` or `gb18030`: GB18030 where most of the lines that tell are not UTF-8."""
        with self.open() as raw:
            return encoding_of(raw)

    def text(self) -> Iterator[Line]:
        """Every line with its number; a line that is not in the file's encoding, or too long, is refused."""
        if not self.is_text():
            return
        with self.characters() as lines:
            number, empty = 0, True
            while line := lines.readline(LONGEST):
                number += 1
                place = Place(self.name, number, number)
                if _skip_rest(lines, line):
                    self.refuse(place, "line-too-long", f"more than {LONGEST:,} characters")
                elif BAD_BYTE.search(line):
                    self.refuse(place, "wrong-encoding", f"bytes that are not {lines.encoding.removesuffix('-sig')}")
                else:
                    yield Line(place, line.removesuffix("\n"))
                empty = empty and not line.strip(BLANK)
            if empty:
                self.refuse(Place(self.name), "empty-file", "was the download cut off?")

    def read_all(self) -> str:
        """All lines that can be read, joined again; refused ones are left out as empty lines, so that numbers hold.

        Raises InputError for more than LONGEST characters."""
        lines: list[str] = []
        size = 0
        for line in self.text():
            lines.extend([""] * (line.place.line - len(lines) - 1))
            lines.append(line.text)
            size += len(line.text) + 1
            if size > LONGEST or len(lines) > LONGEST:
                raise InputError(
                    f"{self.name}: one JSON value of more than {LONGEST:,} characters, which is read whole; cut it into JSON lines"
                )
        return "\n".join(lines)

    def rows(self) -> Iterator[Row]:
        """Each object of JSON, or each row of a table, whichever the file is."""
        return self.json() if self.holds_values() else self.csv()

    def holds_values(self) -> bool:
        """Whether `values` reads it: JSON, a workbook or a Parquet file."""
        return self.is_table() or self.start().startswith(("{", "["))

    def json(self, lenient: bool = False) -> Iterator[Row]:
        """Each object of JSON lines, of one array, or the one object of the file, or row of a workbook or Parquet file; what is
        none is refused.

        `lenient` takes backslashes that begin no escape as backslashes."""
        for place, value in self.values(lenient):
            if isinstance(value, dict):
                yield Row(place, value)
            else:
                self.refuse(place, "not-an-object", f"found {kind_of(value)}, expected an object")

    def values(self, lenient: bool = False) -> Iterator[tuple[Place, Any]]:
        """Each value of JSON lines, of one array, or the one value of the file, streaming; or each row of a table that is no text."""
        for place, value in self._values(lenient):
            yield place, self.watch(place, value)

    def _values(self, lenient: bool) -> Iterator[tuple[Place, Any]]:
        if self.is_parquet():
            yield from self._parquet_rows()
            return
        if self.is_workbook():
            yield from self._table_rows()
            return
        layout = self.layout()
        if layout == "lines":
            yield from self._json_lines(lenient)
        elif layout == "array":
            with self.characters() as text:
                yield from array_items(text, self.name, self.refuse)
        elif layout == "object":
            content = self.read_all()
            # else it was said already what is wrong with it
            if content.strip(BLANK):
                yield from self._parse(Place(self.name, 1, 1), content, lenient)

    def members(self) -> Iterator[tuple[Place, str, Any]]:
        """Each key and value of the one object that the file is, streaming; a file that is none is refused."""
        if self._is_one_object():
            with self.characters() as text:
                for place, (key, value) in object_items(text, self.name, self.refuse):
                    yield place, key, self.watch(place, value)

    def items(self) -> Iterator[tuple[Place, str, Any]]:
        """The same, but of each array in the object each item by itself, with the key of the array."""
        if self._is_one_object():
            with self.characters() as text:
                for place, (key, item) in nested_items(text, self.name, self.refuse):
                    yield place, key, self.watch(place, item)

    def _is_one_object(self) -> bool:
        if not self.is_text():
            return False
        with self.characters() as lines:
            pieces = iter(lambda: lines.readline(CHUNK), "")
            start = next((text for piece in pieces if (text := piece.strip(BLANK))), "")
        if not start.startswith("{"):
            self.refuse(self.place(), "not-an-object" if start else "empty-file", "expected an object")
        return start.startswith("{")

    def layout(self) -> str:
        """`lines`, `array`, `object`, or nothing for an empty file."""
        if not self.is_text():
            return ""
        seen, first = 0, ""
        with self.characters() as lines:
            while seen < 50 and (line := lines.readline(LONGEST)):
                cut = _skip_rest(lines, line)
                if text := line.strip(BLANK):
                    seen, first = seen + 1, first or text[0]
                    if text[0] == "[" and seen == 1:
                        return "array"
                    if not cut and is_object(text):
                        return "lines"
        if not seen:
            # which says what is wrong with it
            for _ in self.text():
                pass
            return ""
        return "object" if first == "{" else "lines"

    def _json_lines(self, lenient: bool) -> Iterator[tuple[Place, Any]]:
        row = 0
        for place, text in self.text():
            if text and not text.isspace():
                row += 1
                yield from self._parse(place._replace(row=row), text, lenient)

    def _parse(self, place: Place, text: str, lenient: bool) -> Iterator[tuple[Place, Any]]:
        try:
            value = loads(text, lenient)
        except ValueError as error:
            line = getattr(error, "lineno", 1) - 1
            self.refuse(place._replace(line=place.line + line), "bad-json", why(error))
            return
        if found := find_repeated_key(mend_escapes(text) if lenient else text, value):
            self.refuse(place, TWICE, f"{found[1]!r} stands twice in one object")
        else:
            yield place, without_nan(text, value)

    def csv(self, delimiter: str | None = None) -> Iterator[Row]:
        """Each row of a delimited text with a header, of a workbook's first sheet, or of a Parquet file, as texts by column; a row
        of another width is refused, and a cell that says `nan` or `null` is empty. The delimiter is told by the header where it is
        not given."""
        for place, row in self._table_rows(delimiter):
            yield Row(place, self.watch(place, row))

    def _table_rows(self, delimiter: str | None = None) -> Iterator[tuple[Place, dict[str, str]]]:
        if self.is_parquet():
            for place, values in self._parquet_rows():
                yield place, {key: as_cell(value) for key, value in values.items()}
        elif self.is_workbook():
            cells = sheet_rows(self._bytes(), self.name, self.refuse, self.sheet)
            yield from table_rows(cells, self.name, self.refuse)
        else:
            cells = delimited_rows(self.text(), self.name, self.refuse, delimiter)
            yield from table_rows(cells, self.name, self.refuse)

    def _parquet_rows(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        with self._on_disk() as path:
            for number, row in enumerate(parquet_rows(path, self.name, self.refuse, self.in_folder), start=1):
                yield self.place(number, number), row

    @contextmanager
    def _on_disk(self) -> Iterator[Path]:
        """The file itself, or a copy of what is a member of a zip file, or packed once more."""
        with self.path.open("rb") as raw:
            plain = self.member is None and is_parquet(raw.read(HEAD))
        if plain:
            yield self.path
            return
        with self.open() as content, copy_to_disk(content) as path:
            yield path

    def _bytes(self) -> bytes:
        with self.open() as raw:
            return read_all(raw, self.name, self.path.stat().st_size)

    def is_workbook(self) -> bool:
        """Whether the bytes are those of an Excel workbook."""
        return is_workbook(self._head(), self._bytes)

    def is_parquet(self) -> bool:
        """Whether the bytes are those of a Parquet file."""
        return is_parquet(self._head())

    def _head(self) -> bytes:
        with self.open() as raw:
            return raw.read(8)

    def is_table(self) -> bool:
        """Whether it is a table that is no text."""
        return self.is_parquet() or self.is_workbook()


def _skip_rest(lines: io.TextIOWrapper, line: str) -> bool:
    """Whether a line was cut because it is too long; what is left of it is passed over."""
    if len(line) < LONGEST or line.endswith("\n"):
        return False
    while (rest := lines.readline(CHUNK)) and not rest.endswith("\n"):
        pass
    return True

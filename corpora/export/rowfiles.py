"""Rows into numbered files, `train-00000-of-00003.jsonl.zst`: a batch at a time, the same bytes however it is cut."""

import shutil
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol, Self, cast

import polars as pl

from kgtools.corpora.export.format import ALONE, Format, Part, Shard
from kgtools.corpora.record_files import Sink
from kgtools.tools.frames import Schema
from kgtools.tools.inputs.files import sha256

NO_LIMIT = 1 << 62
"""Rows of a file that has no limit: more than any table has."""


class _Open(Protocol):
    """A file that takes rows until it is closed."""

    def write(self, rows: pl.DataFrame) -> None: ...


class _Lines:
    """JSON lines, packed with zstd or not, behind a `head`."""

    def __init__(self, file: BinaryIO, format_: Format) -> None:
        self.file, self.format = file, format_
        file.write(format_.head)

    def write(self, rows: pl.DataFrame) -> None:
        self.file.write(self.format.lines(rows))


class _Document:
    """The rows of one JSON document. Its file is open only while it is written, so that there may be thousands."""

    def __init__(self, path: Path, format_: Format) -> None:
        self.path, self.format, self.first = path, format_, True
        self.rows = path.with_name(f"{path.name}.rows")

    def write(self, rows: pl.DataFrame) -> None:
        lines = self.format.lines(rows).rstrip(b"\n").replace(b"}\n{", b"},\n{")
        with self.rows.open("ab") as file:
            file.write((b"" if self.first else b",\n") + lines)
        self.first = False

    def end(self, head: bytes, tail: bytes) -> None:
        """Write the document, its rows between these."""
        with self.path.open("wb") as file, self.rows.open("rb") as rows:
            file.write(head)
            shutil.copyfileobj(rows, file)
            file.write(tail)
        self.rows.unlink()


class _Numbered:
    """The files of one part and split; those that are whole, and the one that is being written."""

    def __init__(self, part: Part, split: str) -> None:
        self.part, self.split = part, split
        self.sizes: list[int] = []
        self.sources: Counter[tuple[str, str]] = Counter()
        self.open: _Open | None = None
        self.stack = ExitStack()


class RowFiles:
    """The files of all parts and splits in a folder; `shards` is what they are when the block has ended well.

    A file takes `size` rows; a format that has one document for each part has no size."""

    def __init__(self, folder: Path, format_: Format, ending: str, size: int, schema: Schema) -> None:
        self.folder, self.format, self.ending, self.schema = folder, format_, ending, schema
        self.size = size if format_.around is None else NO_LIMIT
        self.shards: list[Shard] = []
        self._files: dict[tuple[str, str], _Numbered] = {}

    def __enter__(self) -> Self:
        return self

    def write(self, part: Part, split: str, rows: pl.DataFrame, sources: Counter[tuple[str, str]]) -> None:
        """Append rows. `sources`: the number of them by source and licence."""
        files = self._files.setdefault((part.stem, split), _Numbered(part, split))
        files.sources += sources
        while rows.height:
            if files.open is None:
                files.open = self._open_next(files)
            room = self.size - files.sizes[-1]
            now, rows = rows.head(room), rows.slice(room)
            files.open.write(now)
            files.sizes[-1] += now.height
            if files.sizes[-1] == self.size:
                files.stack.close()
                files.open = None

    def _aside(self, files: _Numbered, number: int) -> Path:
        return self.folder / f"{files.part.stem}-{files.split}-{number:05}.{self.ending}"

    def _open_next(self, files: _Numbered) -> _Open:
        files.sizes.append(0)
        path = self._aside(files, len(files.sizes) - 1)
        if self.format.around is not None:
            return _Document(path, self.format)
        if self.ending == "parquet":
            return files.stack.enter_context(Sink(path, self.schema))
        raw = cast(BinaryIO, files.stack.enter_context(path.open("wb")))
        if self.ending == "jsonl.zst":
            import zstandard

            packer = zstandard.ZstdCompressor(level=3, write_checksum=True)
            raw = cast(BinaryIO, files.stack.enter_context(packer.stream_writer(raw)))
        return _Lines(raw, self.format)

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        for files in self._files.values():
            if kind is None and self.format.around is not None:
                cast(_Document, files.open).end(*self.format.around(files.part, files.split, sorted(files.sources)))
            files.stack.__exit__(kind, *error)  # type: ignore[arg-type]  # passed on as it came
        if kind is None:
            self.shards = [self._rename(files, n) for files in self._in_order() for n in range(len(files.sizes))]

    def _in_order(self) -> list[_Numbered]:
        order = ("train", "validation", "test")
        return sorted(self._files.values(), key=lambda files: (files.part.number, order.index(files.split)))

    def _rename(self, files: _Numbered, number: int) -> Shard:
        """The file under its final name, now that the number of files is known."""
        stem = "" if files.part.stem == ALONE else f"{files.part.stem}-"
        name = f"{stem}{files.split}-{number:05}-of-{len(files.sizes):05}.{self.ending}"
        if self.format.around is not None:
            name = f"{files.part.stem}_{files.split}.{self.ending}"
        path = self._aside(files, number).rename(self.folder / name)
        return Shard(name, files.part.stem, files.split, files.sizes[number], path.stat().st_size, sha256(path))

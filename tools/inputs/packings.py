"""Packed files (gzip, bzip2, xz, zstd), told by their first bytes: read to their very end, a bounded piece at a time.

What is cut off, damaged or followed by something else is an InputError with the line of the content where that shows."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from kgtools.tools.errors import InputError

CHUNK, BUFFER = 1 << 16, 1 << 18
"""Bytes that are unpacked at a time, and that a reader has ready."""
MEMORY = 1 << 28
"""Bytes that an xz file may ask for to be unpacked."""
MOST = 1 << 32
"""Bytes of a file that is read whole."""
SMALL, FOLD = 1 << 26, 200
"""A packed file that is read whole and holds more than SMALL may hold FOLD times its size at most: text packs 30 times, a bomb 1,000."""
FAULTS = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
UTF16 = (b"\xff\xfe", b"\xfe\xff")
ENDINGS = (".gz", ".bz2", ".xz", ".zst")


class Decoder(Protocol):
    """One packed piece; a file is one or several, one behind the other."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._inner, self._rest, self.needs_input = zlib.decompressobj(31), b"", True

    eof = property(lambda self: self._inner.eof)
    unused_data = property(lambda self: self._inner.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._inner.decompress(self._rest + data, max_length)
        self._rest = self._inner.unconsumed_tail
        self.needs_input = not self._rest and len(found) < max_length
        return found


class _Zstd:
    """`zstandard` gives all that a piece of input holds at once: it is fed little, for 2 KB may hold 64 MB."""

    FEED = 2048

    def __init__(self) -> None:
        import zstandard

        self._inner: Any = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self._fault, self._rest, self._made = zstandard.ZstdError, b"", memoryview(b"")

    needs_input = property(lambda self: not self._rest and not self._made)
    eof = property(lambda self: self._inner.eof and not self._made)
    unused_data = property(lambda self: self._inner.unused_data + self._rest)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        self._rest += data
        while not self._made and self._rest and not self._inner.eof:
            try:
                self._made = memoryview(self._inner.decompress(self._rest[: self.FEED]))
            except self._fault as error:
                raise ValueError(str(error)) from error
            self._rest = self._rest[self.FEED :]
        found, self._made = self._made[:max_length], self._made[max_length:]
        return bytes(found)


@dataclass(frozen=True)
class Packing:
    """`begins`: whether bytes begin a piece; `padding`: whether zeros may stand behind one."""

    name: str
    begins: Callable[[bytes], bool]
    decoder: Callable[[], Decoder]
    padding: bool = False


PACKINGS = (
    Packing("gzip", lambda head: head[:2] == b"\x1f\x8b", _Gzip, padding=True),
    Packing("bzip2", lambda head: head[:3] == b"BZh" and head[3:4].isdigit(), bz2.BZ2Decompressor),
    Packing("xz", lambda head: head[:6] == b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MEMORY), True),
    Packing(
        "zstd",
        lambda head: head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50),
        _Zstd,
    ),
)
HEAD = 6
"""Bytes that tell how a file is packed: xz has the longest mark."""


def packing_of(head: bytes) -> Packing | None:
    """How a file that begins so is packed."""
    return next((packing for packing in PACKINGS if packing.begins(head)), None)


def suffix_of(path: Path) -> str:
    """The ending of a file's name in lower case, that of its packing left away: `.csv` of `A.CSV.gz`."""
    return Path(unpacked_name(path)).suffix.lower()


def unpacked_name(path: Path) -> str:
    """The name of a file without the ending of its packing."""
    return path.stem if path.suffix.lower() in ENDINGS else path.name


def unpack(raw: BinaryIO, name: str) -> BinaryIO:
    """The content of a file that is open at its beginning, unpacked where it is packed. Raises InputError while it is read."""
    file = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw), BUFFER)
    try:
        packing = packing_of(file.peek(HEAD)[:HEAD])
    except InputError:
        file.close()
        raise
    return file if packing is None else io.BufferedReader(_Unpacked(file, packing, name), BUFFER)


def guard(raw: BinaryIO, name: str, faults: tuple[type[Exception], ...] = FAULTS) -> BinaryIO:
    """A stream whose faults, these exceptions, are InputErrors with the line."""
    return io.BufferedReader(_Guarded(raw, name, faults), BUFFER)


def read_all(file: BinaryIO, name: str, packed: int | None) -> bytes:
    """All of a stream. `packed`: the size of the file that it is unpacked of. Raises InputError for more than memory should hold."""
    parts, size = [], 0
    while part := file.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MOST:
            raise InputError(f"{name}: holds more than {MOST >> 30} GB; cut it into smaller files")
        if packed is not None and size > max(SMALL, FOLD * packed):
            raise InputError(
                f"{name}: unpacks to more than {FOLD} times its size, as no text does; unpack it yourself if you trust it"
            )
    return b"".join(parts)


def first_bytes(file: BinaryIO, most: int) -> BinaryIO:
    """The beginning of a stream, up to the end of a line where there is one."""
    with file:
        data = file.read(most)
    if len(data) == most:
        data = data[: len(data) // 2 * 2] if data[:2] in UTF16 else data[: data.rfind(b"\n") + 1] or data
    return io.BytesIO(data)


class Beginning(io.RawIOBase):
    """A stream up to so many bytes, not in memory at once."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._left = file, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Counting(io.RawIOBase):
    """A stream that fills the whole of what it is asked for, and counts lines."""

    def __init__(self, name: str) -> None:
        self._name, self._line, self._ready = name, 1, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view, at = memoryview(buffer).cast("B"), 0
        while at < len(view):
            if not self._ready:
                piece = self.piece(BUFFER)
                self._line += piece.count(b"\n")
                self._ready = memoryview(piece)
                if not piece:
                    break
            part = self._ready[: len(view) - at]
            view[at : at + len(part)] = part
            at, self._ready = at + len(part), self._ready[len(part) :]
        return at

    def piece(self, most: int) -> bytes:
        raise NotImplementedError

    def damage_error(self, what: str) -> InputError:
        return InputError(f"{self._name}:{self._line}: {what}; was the download cut off?")


class _Guarded(_Counting):
    def __init__(self, raw: BinaryIO, name: str, faults: tuple[type[Exception], ...]) -> None:
        super().__init__(name)
        self._raw, self._faults = raw, faults

    def piece(self, most: int) -> bytes:
        try:
            return self._raw.read(most)
        except self._faults as error:
            raise self.damage_error(f"the packed data are damaged here or end too early ({_why(error)})") from error

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Unpacked(_Counting):
    def __init__(self, raw: BinaryIO, packing: Packing, name: str) -> None:
        super().__init__(name)
        self._raw, self._packing, self._decoder = raw, packing, packing.decoder()
        self._ended = False

    def piece(self, most: int) -> bytes:
        while not self._ended:
            if self._decoder.eof:
                self._next()
                continue
            data = self._raw.read(CHUNK) if self._decoder.needs_input else b""
            if not data and self._decoder.needs_input:
                raise self.damage_error(f"the {self._packing.name} data end here, in the middle of their content")
            try:
                found = self._decoder.decompress(data, most)
            except FAULTS as error:
                raise self.damage_error(f"the {self._packing.name} data are damaged here ({_why(error)})") from error
            if found:
                return found
        return b""

    def _next(self) -> None:
        """On to the next piece, if there is one."""
        rest = self._decoder.unused_data
        if self._packing.padding:
            rest = rest.lstrip(b"\0")
        while len(rest) < HEAD and (more := self._raw.read(CHUNK)):
            rest += more
            rest = rest.lstrip(b"\0") if self._packing.padding else rest
        if not rest:
            self._ended = True
        elif not self._packing.begins(rest):
            raise self.damage_error(f"there is more behind the end of the {self._packing.name} data")
        else:
            self._decoder = _Begun(self._packing.decoder(), rest)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Begun:
    """A decoder that is given its first input already."""

    def __init__(self, inner: Decoder, first: bytes) -> None:
        self._inner, self._first = inner, first

    eof = property(lambda self: self._inner.eof)
    unused_data = property(lambda self: self._inner.unused_data)
    needs_input = property(lambda self: not self._first and self._inner.needs_input)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data, self._first = self._first + data, b""
        return self._inner.decompress(data, max_length)


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

"""Which encoding the bytes of a text are in."""

import re
from typing import BinaryIO

from kgtools.tools.inputs.files import BOMS

CHUNK = 1 << 20
"""Bytes that are read at a time: a megabyte."""
BAD_BYTE = re.compile("[\udc80-\udcff]")
"""A byte that is not in the encoding, as `surrogateescape` decodes it."""


def escape_halves(error: UnicodeError) -> tuple[str, int]:
    """What `surrogateescape` does, for UTF-16, which it does not know: each lot of bytes that is no character becomes one sign."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udc80", error.end


def encoding_of(raw: BinaryIO) -> str:
    """`utf-8-sig`, `utf-16` or `gb18030`: GB18030 where most of the lines that tell are not UTF-8. Reads to the end."""
    good = bad = 0
    rest, at_start = b"", True
    while chunk := raw.read(CHUNK):
        for bom, encoding in BOMS if at_start else ():
            if chunk.startswith(bom):
                return encoding
        at_start = False
        chunk = rest + chunk + raw.readline(CHUNK)
        whole = len(chunk) - _begun(chunk)
        chunk, rest = chunk[:whole], chunk[whole:]
        if not chunk.isascii():
            wrong = _unreadable(chunk)
            bad += wrong
            good += sum(not line.isascii() for line in chunk.split(b"\n")) - wrong
    return "gb18030" if bad > good else "utf-8-sig"


def _begun(data: bytes) -> int:
    """How many bytes at the end begin a UTF-8 character that goes on behind it."""
    for back in range(1, min(3, len(data)) + 1):
        if data[-back] < 0x80:
            return 0
        if data[-back] >= 0xC0:
            return back if data[-back] >= (0, 0xC0, 0xE0, 0xF0)[back] else 0
    return 0


def _unreadable(data: bytes) -> int:
    """How many lines of the data are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return sum(bool(BAD_BYTE.search(line.decode("utf-8", "surrogateescape"))) for line in data.split(b"\n"))
    return 0

"""What a file is that is no text, told by its first bytes."""

HEAD = 4096
"""Bytes of a file that tell whether it is text."""
KINDS = (
    (
        b"PAR1",
        "a Parquet file; kgtools load table reads tables of triples, dedup, split, merge and convert read records",
    ),
    (b"PK\x03\x04", "a zip file or a workbook; unpack it, or save the sheet as CSV"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\xd0\xcf\x11\xe0", "a file of old Excel or Word; save it as CSV or text"),
    (b"%PDF-", "a PDF; save its text"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"SQLite format 3\0", "an SQLite database; save its tables as CSV"),
    (b"\x1f\x8b", "a gzip file inside of another; unpack it"),
    (b"BZh", "a bzip2 file inside of another; unpack it"),
    (b"\xfd7zXZ", "an xz file inside of another; unpack it"),
    (b"\x28\xb5\x2f\xfd", "a zstd file inside of another; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it"),
    (b"\x04\x22\x4d\x18", "an lz4 file; unpack it"),
    (b"\x1f\x9d", "a file of compress; unpack it"),
    (b"LZIP", "an lzip file; unpack it"),
    (b"ARROW1", "an Arrow file; save it as Parquet or JSON lines"),
    (b"\xff\xff\xff\xff", "an Arrow stream; save it as Parquet or JSON lines"),
    (b"ORC", "an ORC file; save it as Parquet or JSON lines"),
    (b"Obj\x01", "an Avro file; save it as JSON lines"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "an array of numpy"),
    (b"\x7fELF", "a program"),
    *((bytes((0x80, version)), "a pickle, which may run code; save it as JSON lines") for version in range(2, 6)),
)
CONTROLS = frozenset({*range(32), 127}) - frozenset(b"\t\n\v\f\r\x1a\x1b")
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def kind_of(head: bytes) -> str:
    """What a file is that begins with these bytes, HEAD of them; empty where none of KINDS begins so."""
    for magic, kind in KINDS:
        if head.startswith(magic) and (len(magic) > 3 or not _is_plain(head)):
            return kind
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it"
    return ""


def unreadable(head: bytes) -> str:
    """The same, also where the bytes are no text that anybody writes."""
    if (kind := kind_of(head)) or head.startswith(BOMS) or not head.strip(b"\0"):
        return kind
    controls = sum(byte in CONTROLS for byte in head)
    return "binary data, or UTF-16 without its mark; save it as UTF-8" if controls > len(head) // 10 else ""


def _is_plain(head: bytes) -> bool:
    return not any(byte in CONTROLS for byte in head)

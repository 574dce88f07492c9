"""Files as nobody should bring them: packed ones cut off, damaged or swollen, pipes, files that change meanwhile, what is no text."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import random
import resource
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import polars as pl
import pytest
import zstandard

from kgtools.corpora.files.file import LONGEST, File
from kgtools.corpora.files.paths import files_of
from kgtools.corpora.files.place import Place
from kgtools.corpora.record import RECORDS
from kgtools.tools.errors import InputError
from kgtools.tools.inputs import packings
from kgtools.tools.inputs.files import read_text
from kgtools.tools.inputs.originals import originals
from tests.conftest import Ran
from tests.workbooks import workbook

Kgtools = Callable[..., Ran]
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "zst of no size": zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compress,
}  # fmt: skip
SEED = random.Random(11)
LINES = [orjson.dumps({"instruction": f"{n} {SEED.random()}", "output": "好。"}) + b"\n" for n in range(3000)]
CONTENT = b"".join(LINES)
KG = "".join(f"病{n},symptom,{SEED.random()}\n" for n in range(3000)).encode()
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
MAPPING = """\
source: mine
title: Mine
license: MIT
fields: {symptom: {attribute: cause}}
tables:
  - {files: ["*.csv", "*.parquet"], header: [head, relation, tail],
     triples: {head: head, head_type: {value: Disease}, relation: relation, tail: tail}}
"""


def read_lines(path: Path) -> tuple[list[str], list[str]]:
    rejects: list[str] = []

    def refuse(place: Place, reason: str, _: str) -> None:
        rejects.append(f"{place} {reason}")

    return [line.text for file in files_of([path], refuse) for line in file.text()], rejects


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def zipped(data: bytes, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how) as archive:
        archive.writestr("a.jsonl", data)
    return whole.getvalue()


@pytest.mark.parametrize("packing", PACK)
def test_what_is_packed_in_one_piece_or_in_several_is_read_to_its_end(tmp_path: Path, packing: str) -> None:
    pack = PACK[packing]
    whole = pack(CONTENT[:999]) + (SKIPPED if "zst" in packing else b"") + pack(b"") + pack(CONTENT[999:])
    path = put(tmp_path, "a.jsonl", whole)

    assert read_lines(path) == (CONTENT.decode().splitlines(), [])
    assert read_text(path) == CONTENT.decode()


@pytest.mark.parametrize("part", ["header", "quarter", "half", "trailer", "last byte"])
@pytest.mark.parametrize("packing", PACK)
def test_what_is_packed_and_cut_off_is_an_error_with_its_place(tmp_path: Path, packing: str, part: str) -> None:
    whole = PACK[packing](CONTENT)
    at = {
        "header": 8,
        "quarter": len(whole) // 4,
        "half": len(whole) // 2,
        "trailer": len(whole) - 5,
        "last byte": len(whole) - 1,
    }
    path = put(tmp_path, "a.jsonl", whole[: at[part]])

    for read in (read_lines, read_text):
        with pytest.raises(InputError, match=r"a\.jsonl:\d+: the \w+ data end here"):
            read(path)


@pytest.mark.parametrize("packing", [*PACK, "zip", "zip of bzip2", "zip of xz"])
def test_a_flipped_byte_is_an_error_or_changes_nothing(tmp_path: Path, packing: str) -> None:
    how = {"zip": zipfile.ZIP_DEFLATED, "zip of bzip2": zipfile.ZIP_BZIP2, "zip of xz": zipfile.ZIP_LZMA}
    data = CONTENT[:9999]
    whole = zipped(data, how[packing]) if packing in how else PACK[packing](data)
    expected, seen = data.decode("utf-8", "ignore").splitlines(), 0
    for at in SEED.sample(range(len(whole)), 60):
        path = put(tmp_path, "a.jsonl", whole[:at] + bytes([whole[at] ^ 1 << SEED.randrange(8)]) + whole[at + 1 :])
        try:
            lines, _ = read_lines(path)
        except InputError:
            seen += 1
        else:
            assert len(lines) < 3 or lines[:-1] == expected[: len(lines) - 1]  # or it is no such file any more
    assert seen > 30


@pytest.mark.parametrize("packing", PACK)
def test_more_behind_the_end_is_an_error(tmp_path: Path, packing: str) -> None:
    path = put(tmp_path, "a.jsonl", PACK[packing](CONTENT) + b"more than this")

    with pytest.raises(InputError, match="there is more behind the end"):
        read_lines(path)


@pytest.mark.parametrize("cut", [0.5, 0.98])
def test_a_zip_file_cut_off_is_an_error(kgtools: Kgtools, tmp_path: Path, cut: float) -> None:
    whole = zipped(CONTENT)
    ran = kgtools("read", "alpaca", put(tmp_path, "a.zip", whole[: int(len(whole) * cut)]), "--out", tmp_path / "out")

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "a.zip: a zip file that cannot be read" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["read", "read auto", "load"])
@pytest.mark.parametrize("packing", PACK)
def test_every_command_says_in_one_line_that_a_packed_file_is_cut_off(
    kgtools: Kgtools, tmp_path: Path, packing: str, command: str
) -> None:
    mapping = put(tmp_path, "m.yaml", MAPPING.encode())
    whole = PACK[packing](KG if command == "load" else CONTENT)
    path = put(tmp_path, f"a.csv.{packing[:3].strip()}", whole[: len(whole) - 3])
    words: dict[str, list[Any]] = {
        "read": ["read", "alpaca", path, "--out", tmp_path / "out"], "read auto": ["read", "auto", path],
        "load": ["load", "table", path, "--mapping", mapping, "--dry-run"],
    }  # fmt: skip

    ran = kgtools(*words[command])

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"a.csv.{packing[:3].strip()}:3001: the " in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("packing", PACK)
def test_a_source_reads_a_packed_file_as_the_file_in_it(kgtools: Kgtools, tmp_path: Path, packing: str) -> None:
    mapping = put(tmp_path, "m.yaml", MAPPING.encode())
    plain, packed = put(tmp_path, "a.csv", KG), put(tmp_path, f"a.csv.{packing[:3].strip()}", PACK[packing](KG))

    told = [
        kgtools("load", "table", path, "--mapping", mapping, "--dry-run", "--format", "json").json
        for path in (plain, packed)
    ]

    assert told[0][0]["counts"] == told[1][0]["counts"]
    assert told[1][0]["files"] == {packed.name: sha256(packed.read_bytes()).hexdigest()}


def binaries(folder: Path) -> dict[str, bytes]:
    """Files that are no text, by what they are called in a message."""
    book, base = io.BytesIO(), folder / "base"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with sqlite3.connect(base) as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    return {
        "a workbook": book.getvalue(), "a PDF": b"%PDF-1.7\n1 0 obj\n", "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "SQLite": base.read_bytes(), "a pickle": pickle.dumps({"instruction": "x"}), "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "a 7z": b"7z\xbc\xaf\x27\x1c" + bytes(99), "gzip file inside": gzip.compress(gzip.compress(b"{}")),
        "tar": gzip.compress(bytes(257) + b"ustar" + bytes(250)),
    }  # fmt: skip


BINARIES = [
    "a workbook",
    "a PDF",
    "a PNG",
    "SQLite",
    "a pickle",
    "old Excel",
    "a 7z",
    "gzip file inside",
    "tar",
]


@pytest.mark.parametrize("kind", BINARIES)
def test_what_is_no_text_is_named_and_never_read_as_text(kgtools: Kgtools, tmp_path: Path, kind: str) -> None:
    path = put(tmp_path, "a.json", binaries(tmp_path)[kind])

    for words in (["read", "messages", path, "--out", tmp_path / "out"], ["load", "xywy", path, "--dry-run"]):
        ran = kgtools(*words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        if words[0] == "read" and kind in BOOKS:  # which are read, but for broken ones
            assert "a.json: bad-workbook" in ran.err
        else:
            assert "expected text, found " in ran.err
            assert kind in ran.err


BOOKS = ("a workbook", "old Excel")
TABLES = {
    "cut": (pl.DataFrame({"a": ["x"]}), 30, "a Parquet file that cannot be read: "),
    "records": (RECORDS.frame(), None, "a Parquet file of records, which dedup, split, merge and convert read"),
    "triples": (pl.DataFrame({"head": ["a"], "relation": ["b"], "tail": ["c"]}), None, "a Parquet file of triples, which kgtools load table reads"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_a_parquet_file_that_is_no_corpus_is_named_and_never_read_as_text(
    kgtools: Kgtools, tmp_path: Path, kind: str
) -> None:
    frame, cut, said = TABLES[kind]
    table = io.BytesIO()
    frame.write_parquet(table)
    path = put(tmp_path, "a.json", table.getvalue()[:cut])

    read, load = (
        kgtools("read", "messages", path, "--out", tmp_path / "out"),
        kgtools("load", "xywy", path, "--dry-run"),
    )

    assert (read.code, read.out, read.err.count("\n"), load.code, load.out, load.err.count("\n")) == (2, "", 1) * 2
    assert said in read.err
    assert "expected text, found a Parquet file" in load.err


def test_a_picture_in_a_folder_is_a_reject_and_the_other_files_are_read(kgtools: Kgtools, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    put(tmp_path / "in", "figure.png", b"\x89PNG\r\n\x1a\n" + bytes(99))
    put(tmp_path / "in", "rows.jsonl", CONTENT)

    told = kgtools("read", "alpaca", tmp_path / "in", "--out", tmp_path / "out", "--format", "json").json

    assert (told["written"], told["rejected"]) == (3000, {"not-text": 1})


def pipe(folder: Path, data: bytes) -> Path:
    """A pipe into which somebody writes."""
    path = folder / "pipe"
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(data,), daemon=True).start()
    return path


def test_the_hash_of_a_pipe_is_that_of_what_came_through_it(kgtools: Kgtools, tmp_path: Path) -> None:
    told = kgtools("read", "alpaca", pipe(tmp_path, CONTENT), "--out", tmp_path / "out", "--format", "json").json

    assert told["written"] == 3000
    assert told["files"] == {"pipe": sha256(CONTENT).hexdigest()}


def test_records_come_through_a_pipe_and_a_fault_calls_it_as_the_user_does(kgtools: Kgtools, tmp_path: Path) -> None:
    assert kgtools("read", "alpaca", put(tmp_path, "a.jsonl", CONTENT), "--out", tmp_path / "a").code == 0
    data = (tmp_path / "a" / "records.parquet").read_bytes()

    ran = kgtools("dedup", pipe(tmp_path, data), "--out", tmp_path / "b", "--format", "json")
    (tmp_path / "pipe").unlink()
    bad = kgtools("dedup", pipe(tmp_path, data[:-9]), "--out", tmp_path / "c")

    assert (ran.code, ran.json["records"]) == (0, 3000)
    assert orjson.loads((tmp_path / "b" / "run.json").read_bytes())["inputs"] == {"pipe": sha256(data).hexdigest()}
    assert bad.code == 2
    assert f"error: {tmp_path}/pipe: not a Parquet file" in bad.err


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"{}\n")


CHANGES: dict[str, Callable[[Path], Any]] = {
    "appended": append,
    "written anew": lambda path: path.write_bytes(path.read_bytes()),
    "replaced": lambda path: put(path.parent, "new", path.read_bytes()).replace(path),
    "cut": lambda path: os.truncate(path, 9),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_changed_while_it_is_read_is_an_error(
    kgtools: Kgtools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path, text, done = put(tmp_path, "a.jsonl", CONTENT), File.text, []

    def changed(file: File) -> Any:
        for line in text(file):
            if line.place.line == 2000 and not done:
                done.append(CHANGES[change](path))
            yield line

    monkeypatch.setattr(File, "text", changed)

    ran = kgtools("read", "alpaca", path, "--out", tmp_path / "out")

    assert ran.code == 2
    assert ran.err == f"kgtools: error: {path}: changed while it was read; run this again\n"
    assert not (tmp_path / "out").exists()


def test_what_goes_wrong_because_a_file_was_changed_says_so(tmp_path: Path) -> None:
    path = put(tmp_path, "a", b"one")

    def read() -> None:
        with originals() as given:
            given.take(path)
            path.write_bytes(b"other")
            raise ValueError("cannot be read")

    with pytest.raises(InputError, match="changed while it was read"):
        read()


@pytest.mark.parametrize("other", ["link", "hard link", "./a"])
@pytest.mark.parametrize("command", [["read", "alpaca"], ["load", "xywy"]])
def test_one_file_by_two_names_is_refused(kgtools: Kgtools, tmp_path: Path, command: list[str], other: str) -> None:
    path = put(tmp_path, "a.json", CONTENT)
    also = tmp_path / "sub" / ".." / "a.json" if other == "./a" else tmp_path / "b.json"
    (tmp_path / "sub").mkdir()
    if other == "link":
        also.symlink_to(path)
    elif other == "hard link":
        also.hardlink_to(path)

    ran = kgtools(*command, path, also)

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"a file is named twice: {path} and {also}" in ran.err


def swollen(packing: str, size: int, begin: bytes) -> bytes:
    """A packed file of one line of so many bytes."""
    return PACK[packing](begin + b"a" * size)


def test_a_line_that_swells_takes_bounded_memory(shell: Kgtools, tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", swollen("gz", 200 << 20, b'{"instruction": "'))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (500 << 20, 500 << 20))

    ran = shell("read", "alpaca", path, "--out", tmp_path / "out", preexec_fn=limit)

    assert ran.code == 2
    assert "no example could be read" in ran.err
    assert "(line-too-long: 1)" in ran.err


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst"])
def test_what_is_read_whole_and_swells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(packings, "SMALL", 1 << 20)
    path = put(tmp_path, "medical.json", swollen(packing, 30 << 20, b""))

    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        read_text(path)


def test_one_object_that_is_longer_than_memory_should_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgtools.corpora.files.file.LONGEST", 1 << 16)
    (file,) = files_of([put(tmp_path, "a.json", b"{\n" + b'"a": "x",\n' * 9999 + b'"b": 1}')], lambda *_: None)

    assert LONGEST == 1 << 26
    with pytest.raises(InputError, match="one JSON value of more than 65,536 characters"):
        list(file.json())


def workbook_with(sheet: bytes) -> bytes:
    """The workbook of a person and of this sheet."""
    book = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            is_sheet = info.filename.startswith("xl/worksheets/")
            new.writestr(info.filename, sheet if is_sheet else old.read(info))
    return book.getvalue()


@pytest.mark.parametrize("format_", ["0%", "0.0%", '0.0"mg"', '0"粒"', "0%;-0%"])
@pytest.mark.parametrize("command", [("load", "table"), ("read", "alpaca")])
def test_a_number_that_its_format_shows_otherwise_is_not_read_without_it(
    kgtools: Kgtools, tmp_path: Path, format_: str, command: tuple[str, ...]
) -> None:
    book = openpyxl.Workbook()
    for row in (["head", "relation", "tail"], ["痛风", "病因", 0.95]):
        book.worksheets[0].append(row)
    book.worksheets[0]["C2"].number_format = format_
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "m.yaml").write_text(MAPPING.replace("*.csv", "*.xlsx"), encoding="utf-8")
    how = (
        ("--mapping", tmp_path / "m.yaml", "--graph", tmp_path / "g")
        if command[0] == "load"
        else ("--out", tmp_path / "o")
    )

    ran = kgtools(*command, tmp_path / "a.xlsx", *how)

    assert ran.code == 2
    assert "C2 is a number that is shown as per cent or with a unit" in ran.err


@pytest.mark.parametrize("format_", ["General", "0.00", "#,##0", 'yyyy"年"m"月"d"日"', '#,##0.00" "'])
def test_numbers_and_dates_as_they_are_shown_are_read(kgtools: Kgtools, tmp_path: Path, format_: str) -> None:
    book = openpyxl.Workbook()
    for row in (["instruction", "output"], ["几天？", 3]):
        book.worksheets[0].append(row)
    book.worksheets[0]["B2"].number_format = format_
    book.worksheets[0]["C3"].number_format = "0%"
    book.save(tmp_path / "a.xlsx")

    assert kgtools("read", "alpaca", tmp_path / "a.xlsx", "--out", tmp_path / "o").code == 0


def rows_of(*cells: str) -> bytes:
    rows = "".join(
        f'<row r="{cell.lstrip("ABCDEFX")}"><c r="{cell}" t="inlineStr"><is><t>主诉</t></is></c></row>'
        for cell in cells
    )
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{name}"><sheetData>{rows}</sheetData></worksheet>'.encode()


WORKBOOKS = {
    "a stray cell": (workbook_with(rows_of("A1", "A2", "XFD1048576")), "3 cells in a rectangle of 1,048,576 rows and 16,384 columns"),
    "one that swells": (workbook_with(rows_of("A1") + b" " * (80 << 20)), "unpacks to more than 200 times its size"),
    "a flipped byte": (
        workbook_with(rows_of("A1")).replace(workbook_with(rows_of("A1"))[60:90], bytes(30), 1), "the packed data are damaged here",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_a_workbook_that_would_fill_the_memory_or_is_damaged_is_an_error(
    kgtools: Kgtools, tmp_path: Path, kind: str
) -> None:
    data, said = WORKBOOKS[kind]
    path, mapping = put(tmp_path, "a.xlsx", data), put(tmp_path, "m.yaml", MAPPING.replace("*.csv", "*.xlsx").encode())

    for words in (
        ["read", "ehr", path, "--out", tmp_path / "out"], ["load", "table", path, "--mapping", mapping, "--dry-run"],
        ["names", "add", path, "--graph", tmp_path / "none", "--license", "MIT"],
    ):  # fmt: skip
        ran = kgtools(*words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert said in ran.err

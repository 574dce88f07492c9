import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.files import digest, json_records, read_text, sha256, to_json

TEXT = "糖尿病,\"2'型`{{\n𬌗\n"


def write(folder: Path, data: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_is_read_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    assert read_text(write(tmp_path, TEXT.encode(encoding))) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_a_byte_order_mark_tells_the_order(tmp_path: Path, encoding: str) -> None:
    assert read_text(write(tmp_path, ("\ufeff" + TEXT).encode(encoding))) == TEXT


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    assert read_text(write(tmp_path, b"a\r\nb\r\n")) == "a\nb\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"a\.txt: is empty; was the download cut off\?"),
        (b" \n\t\r\n", r"a\.txt: is empty"),
        ("\ufeff".encode(), r"a\.txt: is empty"),
        ("\ufeff\n".encode("utf-16-le"), r"a\.txt: is empty"),
        ("一行\n糖尿病".encode()[:-1], r"a\.txt:2: ends in the middle of a character; was the download cut off\?"),
        ("一行\n糖尿病".encode()[:-2], r"a\.txt:2: ends in the middle of a character"),
        (b"one\ntwo\0\n", r"a\.txt:2: a NUL byte"),
        ("糖尿病 a\n".encode("utf-16-le"), r"a\.txt:1: a NUL byte; a binary file or UTF-16 without BOM"),
        (b"one\ntwo\n\xff\xff\n", r"a\.txt:3: neither UTF-8 nor GB18030 \(byte 8\); save it as UTF-8"),
        (b"\xff\xfe\x00\xd8a\x00", r"a\.txt:1: neither UTF-8 nor GB18030"),
    ],
)
def test_what_is_no_text_is_refused_with_the_line(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_text(write(tmp_path, data))


def test_a_missing_file_and_a_folder_are_no_texts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no such file"):
        read_text(tmp_path / "none")
    with pytest.raises(InputError, match="is a folder, expected a file"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    "text", ['{"a": 1}\n\n  \n{"a": "二"}\n', '[{"a": 1},\n\n\n{"a": "二"}]', '\n [{"a":1},{"a":"二"}]']
)
def test_json_lines_and_a_json_array_hold_the_same_records(tmp_path: Path, text: str) -> None:
    assert [record for _, record in json_records(write(tmp_path, text.encode()))] == [{"a": 1}, {"a": "二"}]


def test_a_record_of_json_lines_comes_with_its_line(tmp_path: Path) -> None:
    assert [row for row, _ in json_records(write(tmp_path, b"{}\n\n{}\n"))] == [1, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n{"a": ', r"a\.txt:2: not a JSON object on one line .* cut off\?"),
        ('{"a": 1}\n{"a": "x\n', r"a\.txt:2: not a JSON object"),
        ('{\n"a": 1\n}\n', r"a\.txt:1: not a JSON object on one line"),
        ('{"a": 1}{"a": 2}\n', r"a\.txt:1: not a JSON object"),
        ('{"a": 1}\n[1]\n', r"a\.txt:2: expected a JSON object, found list"),
        ('{"a": 1}\n"b"\n', r"a\.txt:2: expected a JSON object, found str"),
        ('[{"a": 1},\n{"a": 2},\n', r"a\.txt:3: not valid JSON: .* cut off\?"),
        ('[{"a": 1}, 7]', r"a\.txt:2: expected a JSON object, found int"),
        ("name,alias\n", r"a\.txt:1: not a JSON object"),
    ],
)
def test_what_is_no_json_record_is_refused_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list(json_records(write(tmp_path, text.encode())))


def test_the_hash_of_a_file_is_its_sha_256(tmp_path: Path) -> None:
    assert sha256(write(tmp_path, b"abc")) == hashlib.sha256(b"abc").hexdigest()


def test_the_id_of_a_content_is_the_same_on_every_machine() -> None:
    assert digest("Disease:糖尿病\x1fHAS_SYMPTOM\x1fSymptom:口渴") == "fb566d9f816d94d99104"


@given(st.sets(st.text(max_size=5), min_size=2, max_size=20))
def test_two_contents_have_two_ids(texts: set[str]) -> None:
    assert len({digest(text) for text in texts}) == len(texts)


def test_json_is_sorted_readable_and_ends_with_a_line_break() -> None:
    assert to_json({"b": "糖", "a": [1]}) == '{\n  "a": [\n    1\n  ],\n  "b": "糖"\n}\n'.encode()

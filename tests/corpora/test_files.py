"""Files of every layout, encoding and fault: what can be read is read, the rest is refused with its line."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.corpora.files import json_stream
from kgtools.corpora.files.file import File
from kgtools.corpora.files.paths import files_of
from kgtools.corpora.files.place import Place
from kgtools.corpora.read import read
from kgtools.tools.errors import InputError
from tests.workbooks import workbook

ROWS: list[dict[str, Any]] = [
    {"问": "痛风有什么症状？", "答": "关节痛。\n“{{ 7*7 }}” 😀"},
    {"问": '引"号\\、, ] }', "答": ["甲", "乙"], "n": 3},
    {"问": "", "答": None},
]


class Opened:
    """A file with what was refused of it."""

    def __init__(self, path: Path) -> None:
        self.rejects: list[tuple[int, str]] = []
        self.files = files_of([path], lambda place, reason, _: self.rejects.append((place.line, reason)))

    @property
    def file(self) -> File:
        (file,) = self.files
        return file

    def json(self) -> list[Any]:
        return [row.values for row in self.file.json()]


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    def write(data: bytes | str, name: str = "file.txt") -> Opened:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return Opened(path)

    return write


def lines(rows: list[Any]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


LAYOUTS = {
    "lines": lines(ROWS),
    "lines without the last end": lines(ROWS)[:-1],
    "lines with blank ones": b"\n\n" + lines(ROWS).replace(b"\n", b"\n \n"),
    "an array on one line": orjson.dumps(ROWS),
    "an indented array": orjson.dumps(ROWS, option=orjson.OPT_INDENT_2),
    "an array with a row a line": b"[\n" + b",\n".join(map(orjson.dumps, ROWS)) + b"\n]\n",
    "an array behind a BOM": b"\xef\xbb\xbf" + orjson.dumps(ROWS),
    "lines of Windows": lines(ROWS).replace(b"\n", b"\r\n"),
    "UTF-16": lines(ROWS).decode().encode("utf-16"),
    "GB18030": lines(ROWS).decode().encode("gb18030"),
    "GB18030 in an array": orjson.dumps(ROWS).decode().encode("gb18030"),
    "gzip": gzip.compress(lines(ROWS)),
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_json_rows_are_found_in_any_layout_and_encoding(opened: Any, layout: str) -> None:
    file = opened(LAYOUTS[layout])

    assert file.json() == ROWS
    assert file.rejects == []


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("chunk", [*range(40, 60), 997])
def test_the_encoding_of_one_long_line_is_told_wherever_it_is_cut(
    opened: Any, monkeypatch: pytest.MonkeyPatch, encoding: str, chunk: int
) -> None:
    monkeypatch.setattr("kgtools.corpora.files.file.CHUNK", chunk)
    rows = [{"问": f"痛风有什么症状？😀{number}"} for number in range(200)]
    file = opened(orjson.dumps(rows).decode().encode(encoding))

    assert file.file.encoding().removesuffix("-sig") == encoding
    assert file.json() == rows
    assert file.rejects == []


def test_one_indented_object_is_one_row_whatever_the_suffix(opened: Any) -> None:
    file = opened(orjson.dumps(ROWS[0], option=orjson.OPT_INDENT_2), "task.jsonl")

    assert file.json() == [ROWS[0]]


def test_a_broken_line_is_refused_with_its_number_and_the_others_are_read(opened: Any) -> None:
    file = opened(b'{"a": 1}\n{"a": \n{"a": 3}\n[1]\n"x"\n{"a": 6}')

    assert file.json() == [{"a": 1}, {"a": 3}, {"a": 6}]
    assert file.rejects == [(2, "bad-json"), (4, "not-an-object"), (5, "not-an-object")]


@pytest.mark.parametrize("indent", ["", "  "])
def test_a_broken_item_of_an_array_is_refused_and_the_next_ones_are_read(opened: Any, indent: str) -> None:
    items = [f'{indent}{{"a": {value}}}' for value in ("1", "", '"x', "4")]
    file = opened("[\n" + ",\n".join(items) + "\n]")

    assert file.json() == [{"a": 1}, {"a": 4}]
    assert file.rejects == [(3, "bad-json"), (4, "bad-json")]


def test_a_broken_item_on_a_long_line_is_refused_and_the_next_ones_are_read(opened: Any) -> None:
    file = opened('[{"a": 1}, {"a": }, {"a": 3}]')

    assert file.json() == [{"a": 1}, {"a": 3}]
    assert file.rejects == [(1, "bad-json")]


@pytest.mark.parametrize("cut", [3, 20, 40, 60])
def test_an_array_that_was_cut_off_gives_what_is_whole_and_says_so(opened: Any, cut: int) -> None:
    file = opened(orjson.dumps(ROWS)[:-cut])

    found = file.json()
    assert found == ROWS[: len(found)]
    assert [reason for _, reason in file.rejects] == ["bad-json"]


@given(
    rows=st.lists(
        st.dictionaries(
            st.text(st.characters(codec="utf-8"), max_size=9), st.text(st.characters(codec="utf-8"), max_size=30)
        ),
        max_size=9,
    ),
    chunk=st.integers(1, 40),
)
def test_an_array_read_in_pieces_of_any_size_is_the_array(rows: list[Any], chunk: int, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("arrays") / "a.json"
    path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        file = Opened(path)

        assert file.json() == [
            {key: None if text.strip().lower() in ("nan", "null") else text for key, text in row.items()}
            for row in rows
        ]
    assert file.rejects == []


def test_a_line_of_another_encoding_is_refused_and_the_others_are_read(opened: Any) -> None:
    file = opened(lines(ROWS) + '{"问": "痛风"}\n'.encode("gb18030") + lines(ROWS))

    assert file.json() == ROWS + ROWS
    assert file.rejects == [(4, "wrong-encoding")]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf", b"\0\0\0"])
def test_an_empty_file_is_a_reject(opened: Any, data: bytes) -> None:
    file = opened(data)

    assert file.json() == []
    assert file.rejects == [(0, "empty-file")]


def test_half_a_surrogate_pair_comes_through_for_the_check_of_examples(opened: Any) -> None:
    assert opened(b'{"a": "x\\ud800y"}').json() == [{"a": "x\ud800y"}]


def test_wrong_escapes_are_backslashes_where_that_is_asked_for(opened: Any) -> None:
    file = opened(rb'{"a": "\#1 \% \\ \n \u4e00"}')

    assert [row.values for row in file.file.json(lenient=True)] == [{"a": "\\#1 \\% \\ \n 一"}]
    assert file.json() == []
    assert file.rejects == [(1, "bad-json")]


def test_a_csv_row_over_several_lines_has_the_line_it_begins_on(opened: Any) -> None:
    file = opened('department,title,ask\n内科,"两\n行","a,""b"""\n外科,t,x\n')

    rows = list(file.file.csv())

    assert [row.place.line for row in rows] == [2, 4]
    assert rows[0].values == {"department": "内科", "title": "两\n行", "ask": 'a,"b"'}


def test_a_csv_row_of_another_width_is_refused(opened: Any) -> None:
    file = opened("a\tb\n1\t2\n1\n1\t2\t3\n3\t4\n")

    assert [row.values for row in file.file.csv()] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert file.rejects == [(3, "wrong-width"), (4, "wrong-width")]


def test_a_workbook_is_known_by_its_bytes(tmp_path: Path) -> None:
    book = workbook([["Question", "n"], ["痛风", 3], [None, None], ["x", 2.5]])
    (tmp_path / "book.csv").write_bytes(book)
    file = Opened(tmp_path / "book.csv")

    assert [(row.place.line, row.values) for row in file.file.csv()] == [
        (2, {"Question": "痛风", "n": "3"}),
        (4, {"Question": "x", "n": "2.5"}),
    ]


def test_a_zip_file_stands_for_its_members(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("b/two.csv", "a,b\n1,2\n")
        archive.writestr("one.json", '{"a": 1}')
        archive.writestr("__MACOSX/._one.json", "x")
    files = Opened(tmp_path / "all.zip").files

    assert [file.name for file in files] == ["all.zip/b/two.csv", "all.zip/one.json"]
    assert [row.values for row in files[0].csv()] == [{"a": "1", "b": "2"}]


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.txt").write_text("x", encoding="utf-8")
    (tmp_path / "a.txt").write_text("y", encoding="utf-8")

    assert [file.name for file in Opened(tmp_path).files] == [f"{tmp_path.name}/a.txt", f"{tmp_path.name}/deep/b.txt"]


def test_what_is_not_there_or_named_twice_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x", encoding="utf-8")

    with pytest.raises(InputError, match="no such file"):
        Opened(tmp_path / "b")
    with pytest.raises(InputError, match="named twice"):
        files_of([tmp_path / "a", tmp_path / "a"], lambda *_: None)
    (tmp_path / "a").unlink()
    with pytest.raises(InputError, match="a folder without files"):
        Opened(tmp_path)


def test_a_line_of_ten_million_characters_is_one_line(opened: Any) -> None:
    file = opened(b'{"a": "' + b"x" * 10_000_000 + b'"}\n{"a": ' + b"y" * 10_000_000 + b"\n" + lines(ROWS))

    assert len(file.json()) == 1 + len(ROWS)
    assert file.rejects == [(2, "bad-json")]


def test_a_line_longer_than_memory_should_hold_is_refused(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kgtools.corpora.files.file.LONGEST", 50)
    file = opened('{"a": 1}\n{"a": "' + "x" * 100 + '"}\n{"a": 3}\n')

    assert file.json() == [{"a": 1}, {"a": 3}]
    assert file.rejects == [(2, "line-too-long")]


def test_a_place_says_file_and_line() -> None:
    assert f"{Place('a.json', 3, 2)} {Place('a.json')}" == "a.json:3 a.json"


def test_lines_end_where_they_do_on_any_system(opened: Any) -> None:
    assert [line.text for line in opened("一\r\n二\n三").file.text()] == ["一", "二", "三"]
    assert io.StringIO("一\u2028二").read() == opened("一\u2028二").file.read_all()


KEYED = {"12": {"问": "痛风？", "n": [1, {"a": '}, "x": {'}]}, "13": {}, "14": "甲"}


@pytest.mark.parametrize("layout", ["one line", "indented", "GB18030"])
def test_the_members_of_an_object_are_rows_with_their_lines(opened: Any, layout: str) -> None:
    data = orjson.dumps(KEYED, option=orjson.OPT_INDENT_2 if layout == "indented" else None)
    file = opened(data.decode().encode("gb18030") if layout == "GB18030" else data)

    assert [(key, value) for _, key, value in file.file.members()] == list(KEYED.items())
    assert [place.line for place, *_ in file.file.members()] == ([2, 11, 12] if layout == "indented" else [1, 1, 1])
    assert file.rejects == []


def test_members_go_on_behind_a_broken_one(opened: Any) -> None:
    text = orjson.dumps({"1": {"a": 1}, "2": {"a": 2}, "3": {"a": 3}}, option=orjson.OPT_INDENT_2).decode()
    file = opened(text.replace('"a": 2', '"a": oops'))

    assert [key for _, key, _ in file.file.members()] == ["1", "3"]
    assert file.rejects == [(5, "bad-json")]


def test_members_larger_than_a_piece_of_the_file_are_whole(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", 7)

    assert [(key, value) for _, key, value in opened(orjson.dumps(KEYED)).file.members()] == list(KEYED.items())


@pytest.mark.parametrize(
    ("text", "reason"), [("[]", "not-an-object"), ("", "empty-file"), ('{"1": {"a": 1},', "bad-json")]
)
def test_a_file_that_is_no_whole_object_is_refused(opened: Any, text: str, reason: str) -> None:
    file = opened(text)

    list(file.file.members())

    assert [word for _, word in file.rejects] == [reason]


FORMS = {"lines": "{0}\n{1}\n{2}\n", "array": "[{0},\n{1},\n{2}]"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nothing", ["NaN", "1e400", "-Infinity", '"nan"', '"NULL"', "1" + 400 * "0" + ".5"])
def test_what_says_nothing_is_no_answer_and_no_part_of_a_question(tmp_path: Path, form: str, nothing: str) -> None:
    rows = (
        f'{{"instruction": "几天？", "output": {nothing}}}',
        f'{{"instruction": "几月？", "input": {nothing}, "output": 3}}',
        '{"instruction": "几岁？", "output": 3}',
    )
    (tmp_path / "a.json").write_text(FORMS[form].format(*rows), encoding="utf-8")

    outcome = read("alpaca", [tmp_path / "a.json"], tmp_path / "out", {}, allow_empty=True)

    asked = [messages[0]["content"] for messages in pl.read_parquet(tmp_path / "out/records.parquet")["messages"]]
    number = not nothing.strip('"').isalpha()  # a number that is none breaks its row
    assert asked == (["几岁？"] if number else ["几月？", "几岁？"])
    assert sum(outcome.rejected.values()) == (2 if number else 1)


def test_a_cell_that_says_nan_is_empty(opened: Any) -> None:
    file = opened("a,b\nnan,1\nNULL,nan问\n")

    assert [row.values for row in file.file.csv()] == [{"a": "", "b": "1"}, {"a": "", "b": "nan问"}]

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.tools.errors import InputError
from kgtools.tools.inputs.delimited import is_plain, read_rows

FILE = Path("a.csv")
cells = st.text(st.sampled_from('a"\n, é病'), max_size=5)


def read(text: str, delimiter: str = ",", quote: str = '"') -> list[tuple[int, list[str] | None]]:
    return [(row.number, row.cells) for row in read_rows(FILE, text, delimiter, quote)]


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_what_python_writes_is_read_as_it_was(rows: list[list[str]], everything: bool) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL).writerows(rows)

    assert [found for _, found in read(file.getvalue())] == rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\n"1\\"2",x\n3,4\n', [(1, ["a", "b"]), (2, None), (3, ["3", "4"])]),
        ('a,b\n"1,x\n"3",4\n', [(1, ["a", "b"]), (2, None), (3, ["3", "4"])]),
        ('a,b\n"1,x\n"",4\n5,6\n', [(1, ["a", "b"]), (2, None), (3, ["", "4"]), (4, ["5", "6"])]),
        ('a,b\n"1",x"y\n', [(1, ["a", "b"]), (2, ["1", 'x"y'])]),
        ('a,b\n1,"x\ny"\n\n5,6\n', [(1, ["a", "b"]), (2, ["1", "x\ny"]), (5, ["5", "6"])]),
        ('a,b\n1,"x\ny\nz,"w"\n', [(1, ["a", "b"]), (2, None), (3, None), (4, ["z", "w"])]),
    ],
)
def test_a_bad_quotation_mark_spoils_no_other_row(text: str, expected: list[tuple[int, list[str] | None]]) -> None:
    assert read(text) == expected


def test_two_rows_of_a_tsv_with_a_lone_quotation_mark_do_not_swallow_the_rows_between() -> None:
    text = 'a\tb\n感冒\t"咳嗽\n流感\t发热\n肺炎\t咳痰"\n哮喘\t气短\n'

    assert read(text, "\t") == [
        (1, ["a", "b"]), (2, None), (3, ["流感", "发热"]), (4, ["肺炎", '咳痰"']), (5, ["哮喘", "气短"]),
    ]  # fmt: skip


def test_without_a_quotation_mark_everything_is_a_cell() -> None:
    assert read('a\tb\n"1\t2"\n', "\t", "") == [(1, ["a", "b"]), (2, ['"1', '2"'])]


def test_a_last_line_that_is_cut_off_in_a_cell_is_an_error_with_its_number() -> None:
    with pytest.raises(InputError, match=r"a\.csv:3: a quotation mark does not close before the file ends"):
        read('a,b\n1,2\n3,"4')


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a,b\n", True), ('"a",b\n"c""d",e', True), ('a,5" b', False), ('"a\nb",c', False), ('"a"b,c', False)],
)
def test_text_is_plain_where_every_reader_reads_the_same(text: str, plain: bool) -> None:
    assert is_plain(text, ",") == plain

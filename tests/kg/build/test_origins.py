from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.load import prepare
from kgtools.kg.build.origins import Origin, origin_of, origins
from kgtools.kg.source import Options

HOSTILE = [
    "t:1#y.csv", "a:1:2#3.csv", ":1#", "x:12", "%", "%41", "%25", "%%41", "a%3A1#b", "a\nb.csv", "a\tb", "\r", "it's", 'a"b', "100%.csv",
    "深/糖 尿.csv", "a#b", "a:b", "\u2028", "%C3%A9", "é",
]  # fmt: skip


def written(file: str, row: int = 5, field: str = "symptom") -> str:
    rows = pl.DataFrame({"file": [file], "row": [row], "field": [field]})
    return str(origins("mine", rows)[0])


@pytest.mark.parametrize("file", HOSTILE)
def test_an_origin_gives_the_name_of_the_file_back_whatever_it_is_called(file: str) -> None:
    assert origin_of(written(file)) == Origin("mine", file, 5, "symptom")
    assert "\n" not in written(file)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 99), st.text(st.sampled_from("ab:1#%/\n")))
def test_any_origin_is_read_as_it_was_written(file: str, row: int, field: str) -> None:
    assert origin_of(written(file, row, field)) == Origin("mine", file, row, field)


@given(st.lists(st.sampled_from([":", "1", "#", "%", "4", "A", "\n", "é"])).map("".join))
def test_any_origin_of_signs_that_mean_something_is_read_as_it_was_written(file: str) -> None:
    assert origin_of(written(file)) == Origin("mine", file, 5, "symptom")


@pytest.mark.parametrize("file", ["medical.json", "深/糖 尿.csv", "a:b#c", "100%.csv", "it's"])
def test_an_ordinary_name_stands_in_an_origin_as_it_is(file: str) -> None:
    assert written(file) == f"mine/{file}:5#symptom"


def test_the_files_of_a_load_are_those_that_its_origins_name(tmp_path: Path) -> None:
    path = tmp_path / "t:1#%41\n.json"
    path.write_text('{"name": "感冒", "symptom": ["头痛"]}', encoding="utf-8")

    tables, report = prepare("xywy", [path], Options())

    assert {origin_of(origin).file for origin in tables.facts["origins"].explode()} == {path.name} == set(report.files)

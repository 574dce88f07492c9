import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.tools.errors import UsageError
from kgtools.tools.output import cell, print_json, print_rows, print_table
from kgtools.tools.progress import step

COLUMNS = ["name", "count", "tags"]
ROWS = [['糖尿病, "2\'型"', 3, ["a", "b"]], ["two\nlines", 0, []], [None, None, None]]


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.tuples(texts().filter(bool), texts()), max_size=5))
def test_csv_gives_back_every_text(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    out = tmp_path_factory.mktemp("csv") / "a.csv"

    print_rows(["a", "b"], [list(pair) for pair in pairs], "csv", out)

    read = csv.reader(io.StringIO(out.read_bytes().decode(), newline=""), strict=True)
    assert [tuple(row) for row in read] == [("a", "b"), *pairs]


def test_csv_holds_lists_as_json_and_null_as_nothing(tmp_path: Path) -> None:
    print_rows(COLUMNS, ROWS, "csv", tmp_path / "a.csv")

    rows = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text("utf-8"), newline="")))
    assert rows[1] == ['糖尿病, "2\'型"', "3", '["a","b"]']
    assert rows[3] == ["", "", ""]


def test_json_lines_and_parquet_give_back_every_value(tmp_path: Path) -> None:
    print_rows(COLUMNS, ROWS, "jsonl", tmp_path / "a.jsonl")
    print_rows(COLUMNS, ROWS, "parquet", tmp_path / "a.parquet")

    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [list(json.loads(line).values()) for line in lines] == ROWS
    assert [list(json.loads(line)) for line in lines] == [COLUMNS] * 3
    assert [list(row) for row in pl.read_parquet(tmp_path / "a.parquet").rows()] == ROWS


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_stdout_gets_the_bytes_that_a_file_gets(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], style: str
) -> None:
    print_rows(COLUMNS, ROWS, style, tmp_path / "a")
    print_rows(COLUMNS, ROWS, style)

    assert capfdbinary.readouterr().out == (tmp_path / "a").read_bytes()


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_no_rows_are_a_file_too(tmp_path: Path, style: str) -> None:
    print_rows(COLUMNS, [], style, tmp_path / "a")

    size = len((tmp_path / "a").read_bytes())
    assert size == {"csv": len("name,count,tags\n"), "jsonl": 0}.get(style, size)
    if style == "parquet":
        assert pl.read_parquet(tmp_path / "a").columns == COLUMNS


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_an_error_in_the_middle_leaves_the_old_file(tmp_path: Path, style: str) -> None:
    def rows() -> Iterator[list[Any]]:
        yield ROWS[0]
        raise RuntimeError("cut")

    (tmp_path / "a").write_text("old", encoding="utf-8")

    with pytest.raises(RuntimeError, match="cut"):
        print_rows(COLUMNS, rows(), style, tmp_path / "a")

    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [("a", "old")]


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path, style: str) -> None:
    with pytest.raises(UsageError, match=r"--out .*none/a: there is no folder .*none; make it first"):
        print_rows(COLUMNS, ROWS, style, tmp_path / "none" / "a")


@pytest.mark.parametrize("style", ["csv", "jsonl", "parquet"])
def test_a_folder_is_no_file_to_write_to(tmp_path: Path, style: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)

    with pytest.raises(UsageError, match=r"--out .*a: is a folder; name a file in it"):
        print_rows(COLUMNS, ROWS, style, tmp_path / "a")

    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_table_is_not_written_to_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--out needs --format csv, jsonl or parquet"):
        print_rows(COLUMNS, ROWS, "table", tmp_path / "a")


def test_a_table_shows_the_first_thousand_rows_and_says_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["n"], [[f"row{number}"] for number in range(1003)], "table")

    said = capsys.readouterr()
    assert said.out.count("row") == 1000
    assert "row999" in said.out
    assert said.err == "... and 3 more rows; --format csv or jsonl gives all\n"


def test_a_table_shows_markup_and_emoji_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_table(["[bold]a"], [["[red]x[/red]"], [":smile:"]]) == 2

    out = capsys.readouterr().out
    assert all(text in out for text in ("[bold]a", "[red]x[/red]", ":smile:"))


def test_a_long_value_is_shown_whole_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a", "b"], [["长" * 300, "end"]])

    assert any("长" * 300 in line and line.endswith("end") for line in capsys.readouterr().out.splitlines())


EVIL = ["a|b", "<br>", "*x* _y_ `z`", "HAS_SYMPTOM", "[l](u)", "c\\d", "50% & $5 #1 {x} ~ ^", "line\nbreak", "1,2"]


def test_a_table_as_markdown_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["text", "n|m"], [[text, 1234] for text in EVIL], "a *title*", style="markdown")

    title, _, head, marks, *lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert (title, head, marks) == ("**a \\*title\\***", "| text | n\\|m |", "| --- | ---: |")
    cells = [re.split(r" (?<!\\)\| ?", line.removeprefix("| ")) for line in lines]
    assert [re.sub(r"\\(.)", r"\1", text) for text, *_ in cells] == [text.replace("\n", "⏎") for text in EVIL]
    assert {number for _, number, _ in cells} == {"1,234"}
    assert "| HAS_SYMPTOM |" in "\n".join(lines)


def test_a_table_as_latex_holds_no_sign_that_latex_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["text", "n"], [[text, 1234] for text in EVIL], style="latex")

    begin, rule, head, _, *lines, _, end = capsys.readouterr().out.rstrip("\n").split("\n")
    assert (begin, rule, head, end) == (r"\begin{tabular}{lr}", r"\hline", r"text & n \\", r"\end{tabular}")
    assert lines[0] == r"a\textbar{}b & 1,234 \\"
    assert lines[5] == r"c\textbackslash{}d & 1,234 \\"
    assert lines[6] == r"50\% \& \$5 \#1 \{x\} \textasciitilde{} \textasciicircum{} & 1,234 \\"
    assert not [line for line in lines if line.startswith(("[", "*"))]


def test_a_title_is_the_caption_of_a_table_in_latex(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a"], [["x"]], "100%", style="latex")

    assert capsys.readouterr().out.startswith("\\begin{table}\n\\caption{100\\%}\n\\begin{tabular}{l}\n")


def test_a_table_as_csv_has_the_values_as_programs_read_them(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_table(["text", "n"], [[text, 1234] for text in EVIL], "no title", style="csv")

    rows = list(csv.reader(io.StringIO(capfdbinary.readouterr().out.decode(), newline="")))
    assert rows == [["text", "n"], *([text, "1234"] for text in EVIL)]


def test_the_columns_of_a_table_without_rows_stand_in_every_style(capsys: pytest.CaptureFixture[str]) -> None:
    for style in ("table", "markdown", "latex"):
        assert print_table(["a", "b"], [], style=style) == 0

    assert [line for line in capsys.readouterr().out.split("\n") if "a" in line and "b" in line and "tab" not in line]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (["a", 1000], "a、1,000"),
        ({"a": "糖"}, '{"a":"糖"}'),
        ("a\nb\rc", "a⏎b\\rc"),
    ],
)
def test_a_cell_shows_a_value_as_people_read_it(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_json_on_stdout_is_one_document(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"b": "糖", "a": Path("x")})

    assert json.loads(capfdbinary.readouterr().out) == {"b": "糖", "a": "x"}


def test_progress_is_silent_where_nobody_sits_at_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with step("reading"):
        pass

    assert capfd.readouterr() == ("", "")

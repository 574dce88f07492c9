"""Text of others on a terminal: controls, marks of direction and markup are shown, whoever says them."""

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.tools.errors import InputError
from kgtools.tools.main import run
from kgtools.tools.output import cell, print_rows, print_table
from kgtools.tools.progress import step
from kgtools.tools.terminal import shown
from tests.conftest import ROOT, Ran

Kgtools = Callable[..., Ran]
EVIL = "a\x1b[2J\x1b]0;t\x07\x9b1m\u202e\u2066\u200f\r\x08\x7f\u2028\U000e0041[/x][red]"
FOLDERS = ("kg", "corpora", "templates", "train", "tools")
SPEAKERS = {"tools/terminal.py", "tools/output.py", "tools/progress.py"}


def tame(text: str) -> bool:
    """Whether a terminal shows all of it and obeys none."""
    return all(sign.isprintable() or sign in "\n\t" for sign in text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2J", "\\x1b[2J"), ("\x9b", "\\x9b"), ("\u202e", "\\u202e"), ("a\rb", "a\\rb"), ("\x07\x00", "\\x07\\x00"),
        ("\U000e0041", "\\U000e0041"), ("\ud800", "\\ud800"), ("a\nb\tc", "a\\nb\\tc"), ("\ufeff", "\\ufeff"),
        ("糖尿病 [x] ü\u3000é", "糖尿病 [x] ü\u3000é"), ("👩\u200d⚕️", "👩\u200d⚕️"), ("\\x1b", "\\x1b"),
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_written_out_and_nothing_else(text: str, seen: str) -> None:
    assert shown(text) == seen


@pytest.mark.parametrize("value", [EVIL, [EVIL], {EVIL: EVIL}, InputError(EVIL)])
def test_a_cell_shows_what_it_holds(value: Any) -> None:
    assert tame(cell(value))
    assert "\\x1b" in cell(value) or "\\u001b" in cell(value)


def test_a_table_shows_what_its_cells_heads_and_title_hold(capfd: pytest.CaptureFixture[str]) -> None:
    print_table([EVIL], [[EVIL]], EVIL)

    out = capfd.readouterr().out
    assert tame(out)
    assert out.count("[/x][red]") == 3


@pytest.mark.parametrize("style", ["csv", "jsonl"])
def test_what_is_for_programs_keeps_its_data(style: str, capfd: pytest.CaptureFixture[str]) -> None:
    print_rows(["a"], [[EVIL]], style)

    out = capfd.readouterr().out
    assert orjson.loads(out)["a"] == EVIL if style == "jsonl" else EVIL in out.replace('"', "")


def test_a_spinner_takes_no_markup_from_a_path(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    with step(f"reading {EVIL}"):
        pass

    assert "\x1b]0;" not in capfd.readouterr().err


COMMANDS = {
    "no command": [EVIL],
    "no option": ["load", f"--{EVIL}"],
    "a reader": ["read", EVIL, "x"],
    "a file to read": ["read", "alpaca", EVIL],
    "a file to load": ["load", "xywy", EVIL],
    "a source": ["load", EVIL, "x"],
    "a graph": ["stats", "--graph", EVIL],
    "a query": ["query", EVIL, "--graph", "{graph}"],
    "records": ["convert", EVIL],
    "records to split": ["split", EVIL],
    "records to merge": ["merge", "mapping.yaml", "--source", f"{EVIL}=x"],
    "a recipe": ["merge", EVIL],
    "a recipe of training": ["train", "recipes", "show", EVIL, "sft"],
    "a stage": ["train", EVIL],
    "a pack": ["packs", "show", EVIL],
    "packs to check": ["packs", "lint", EVIL],
    "a new pack": ["packs", "new", EVIL],
    "a licence": ["read", "alpaca", "a.json", "--license", EVIL],
    "a format": ["export", EVIL, "out"],
    "a format of records": ["convert", ".", "--format", EVIL],
    "a mapping": ["load", "table", "a.csv", "--mapping", "mapping.yaml"],
}


@pytest.mark.parametrize("what", COMMANDS)
def test_an_error_shows_the_words_of_others(
    what: str, kgtools: Kgtools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_bytes(orjson.dumps({EVIL: EVIL, "title": EVIL}))

    ran = kgtools(*(word.replace("{graph}", "nowhere") for word in COMMANDS[what]))

    assert ran.code == 2, (ran.out, ran.err)
    assert tame(ran.out + ran.err)
    assert "Traceback" not in ran.err


def test_a_file_name_fakes_no_line_of_ours(kgtools: Kgtools) -> None:
    ran = kgtools("load", "xywy", "a\nkgtools: The graph was rebuilt")

    assert [line for line in ran.err.splitlines() if line.startswith("kgtools: The graph")] == []


def test_rejects_and_counts_of_hostile_files_are_told_tamely(kgtools: Kgtools, tmp_path: Path) -> None:
    name = EVIL.replace("/", "") + ".json"
    (tmp_path / name).write_bytes(orjson.dumps([{"instruction": "q?", "input": "", "output": "a"}, 7]))

    ran = kgtools("read", "alpaca", tmp_path / name, "--license", "CC0-1.0", "--out", tmp_path / "out\x1bc\u202e")

    assert ran.code == 0, ran.err
    assert tame(ran.out + ran.err)
    assert pl.read_parquet(tmp_path / "out\x1bc\u202e" / "rejects.parquet")["file"].to_list() == [name]


def test_nobody_prints_but_those_who_show_the_text_of_others() -> None:
    found = []
    for file in (file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))):
        name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if re.search(r"print\(|echo\(|Console\(|write\(", text) else ():
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("print", "click.echo", "click.secho", "Console", "sys.stderr.write", "sys.stdout.write"):
                found.append(name)

    assert set(found) == SPEAKERS


def test_the_error_of_a_run_is_one_line_where_its_words_are(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", "--graph", "/nowhere/\x1b[31mred"]) == 2

    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "\\x1b[31mred" in err

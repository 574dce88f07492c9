"""The commands of corpora, killed while they write: the old files or the new ones, and a second run completes them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.corpora.mix.test_merge import ask, recipe, write

KILL = """
import os, signal, sys
folder, at = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]
moves = 0
def watch(event, words):
    global moves
    if event in ("os.rename", "os.mkdir") and str(words[0]).startswith(folder):
        moves += 1
        if at and moves == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from kgtools.tools.main import run
code = run(sys.argv[1:])
print(moves)
sys.exit(code)
"""
COMMANDS: dict[str, list[str]] = {
    "read": ["read", "alpaca", "{in}/alpaca.json"],
    "dedup": ["dedup", "{in}/a"],
    "split": ["split", "{in}/a", "--seed", "1"],
    "deidentify": ["deidentify", "{in}/a", "--key-file", "{in}/key.txt"],
    "merge": ["merge", "{in}/recipe.yaml"],
    "convert": ["convert", "{in}/a", "--format", "alpaca"],
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    write(folder / "a", [ask(n) for n in range(30)])
    (folder / "key.txt").write_text("a key of more than sixteen letters", encoding="utf-8")
    rows = [{"instruction": f"第{n}问", "input": "", "output": f"第{n}答"} for n in range(30)]
    (folder / "alpaca.json").write_bytes(orjson.dumps(rows))
    recipe(folder, {"a": {"path": "a"}})
    return folder


def run(inputs: Path, command: str, out: Path, at: int = 0) -> subprocess.CompletedProcess[str]:
    """The command, killed at its `at`th step of making or moving files in `out`."""
    words = [word.replace("{in}", str(inputs)) for word in COMMANDS[command]]
    scratch = inputs.parent / "scratch"  # what a killed run leaves of it goes with the test
    scratch.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-P", "-c", KILL, str(out), str(at), *words, "--out", str(out)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONHASHSEED": str(at), "TMPDIR": str(scratch)},
    )  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_run_leaves_whole_files_and_a_second_one_completes_it(
    command: str, inputs: Path, tmp_path: Path
) -> None:
    whole = run(inputs, command, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    expected, steps = files(tmp_path / "whole"), int(whole.stdout.splitlines()[-1])
    assert steps > 3

    out = tmp_path / "out"
    for at in sorted({2, steps // 2, steps - 1, steps}):
        killed = run(inputs, command, out, at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        left = files(out)
        assert "run.json" not in left, "nothing vouches for a run that did not end"
        assert all(left[name] == expected[name] for name in left)

    again = run(inputs, command, out)
    assert again.returncode == 0, again.stderr
    assert files(out) == expected
    assert not [file for file in out.iterdir() if file.name.startswith(".")]

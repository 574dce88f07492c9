"""Two changes of one graph at once, and readers meanwhile: real processes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.graph import verify
from kgtools.kg.stores.folder.store import FolderStore
from tests.torture.kills import Victims, Watched

HELD = """
import sys; from kgtools.kg.stores.folder import store
holds = store._holds
def slow(*given):
    print('building', flush=True); sys.stdin.readline(); return holds(*given)
store._holds = slow
from kgtools.tools.main import main; main(sys.argv[1:])
"""


@pytest.fixture
def loads(victim: Victims, cut: dict[str, Path]) -> dict[str, list[str]]:
    """The commands that load one file or the other into a graph."""
    return {
        name: ["load", "xywy", str(cut[f"{name}.json"]), "--graph", str(victim.folder / "graph")] for name in ("a", "b")
    }


def begun(words: list[str]) -> "subprocess.Popen[str]":
    """A load that waits in its middle for a line."""
    command = [sys.executable, "-P", "-c", HELD, *words]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, encoding="utf-8", **pipes)
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    return process


def test_a_second_load_says_who_holds_the_graph_and_the_first_one_ends_well(
    victim: Victims, loads: dict[str, list[str]]
) -> None:
    victim.done(loads["a"])
    graph = Watched(victim.folder / "graph")
    graph.learn("a")
    with begun(loads["b"]) as first:
        second = victim.run(loads["b"])
        during = graph.state()
        out, err = first.communicate("go\n")

    assert second.code == 2
    assert f"in use by process {first.pid}; wait until it is done and run this again" in second.said
    assert during == "a"
    assert first.returncode == 0, (out, err)
    graph.settled("b")
    assert verify(FolderStore(graph.folder)).agrees
    victim.done(loads["a"])
    assert graph.state() == "a"


def test_a_load_waits_for_one_that_is_nearly_done(
    victim: Victims, loads: dict[str, list[str]], cut: dict[str, Path]
) -> None:
    folder = victim.folder / "graph"
    both = [loads["a"], ["load", "health39", str(cut["disease.csv"]), "--graph", str(folder)]]
    runs = [
        subprocess.Popen(
            [sys.executable, "-P", "-m", "kgtools.tools.main", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for words in both
    ]

    said = [run.communicate()[1].decode() for run in runs]

    for run, words, told in zip(runs, both, said, strict=True):
        if run.returncode:  # on a slow machine the first one is longer at it than the second one waits
            assert run.returncode == 2, told
            assert "in use by " in told
            victim.done(words)
    assert verify(FolderStore(folder)).agrees
    assert list(FolderStore(folder).metadata().sources) == ["health39", "xywy"]
    Watched(folder).settled("")


@pytest.mark.parametrize(
    "words", [("stats",), ("verify",), ("query", "MATCH (n) RETURN count(n) AS n"), ("generate", "--out", "records")]
)
def test_who_reads_during_a_load_reads_the_old_graph(
    victim: Victims, loads: dict[str, list[str]], words: tuple[str, ...]
) -> None:
    folder = str(victim.folder / "graph")
    victim.done(loads["a"])
    before = victim.done([*words, "--graph", folder]).said
    with begun(loads["b"]) as load:
        during = victim.done([*words, "--graph", folder]).said
        load.communicate("go\n")
    after = victim.done([*words, "--graph", folder]).said

    assert load.returncode == 0
    assert during == before
    assert after != before


def test_readers_of_a_graph_that_changes_all_the_time_see_one_whole_graph_or_the_other(
    victim: Victims, loads: dict[str, list[str]], kgtools: Callable[..., Any]
) -> None:
    folder = victim.folder / "graph"
    known = set()
    ask = "MATCH (n) RETURN count(n) AS n"
    for words in loads.values():
        victim.done(words)
        known.add(kgtools("query", ask, "--graph", folder, "--format", "jsonl").out)
    program = "import sys; from kgtools.tools.main import run\nfor n in range(6): run(sys.argv[1 + n % 2].split('\\n'))"
    with subprocess.Popen(
        [sys.executable, "-P", "-c", program, *("\n".join(words) for words in loads.values())],
        stdout=subprocess.DEVNULL,
    ) as changing:
        seen, times = set(), 0
        while changing.poll() is None:
            done = kgtools("query", ask, "--graph", folder, "--format", "jsonl")
            assert done.code == 0, done.err
            seen.add(done.out)
            times += 1

    assert seen <= known
    assert len(known) == 2
    assert times > 5

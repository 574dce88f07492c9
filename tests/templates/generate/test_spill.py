"""What waits on disk comes back as it was, and what is sorted a range at a time is sorted."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate import groups, spill
from kgtools.templates.generate import make as generating
from kgtools.templates.generate.groups import FactGroups
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.spill import Ranges, Spill
from kgtools.templates.pack import find_pack
from kgtools.templates.preferences import known_names
from kgtools.templates.select import Selection

Run = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize("waiting", [1, 1 << 27])
def test_ranges_put_together_are_all_records_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    monkeypatch.setattr(spill, "AT_ONCE", 10)
    monkeypatch.setattr(spill, "WAITING", waiting)
    draw = random.Random(0)
    keys = [draw.randrange(40) for _ in range(200)]
    ids = [f"{number:03}" for number in draw.sample(range(200), 200)]
    records = pl.DataFrame({"key": keys, "id": ids}, schema={"key": pl.UInt64, "id": pl.String})

    ranges = Ranges(tmp_path / "ranges", [records["key"].to_numpy()])
    for part in records.iter_slices(33):
        ranges.put(part)
    parts = list(ranges.sort())

    assert pl.concat(parts)["id"].to_list() == records.sort("key", "id")["id"].to_list()
    assert len(parts) > 5
    assert max(part.height for part in parts) < 60


def test_a_selection_comes_back_from_the_disk_as_it_was(tmp_path: Path) -> None:
    template = find_pack("clinicalgpt").templates[0]
    rows = pl.DataFrame({"key": range(5_000), "facts": [[1, 2], []] * 2_500, "name": ["糖尿病", None] * 2_500})
    selection = Selection(template, rows, pl.DataFrame({"fact": [1], "code": [2]}), 7)

    waiting = Spill(tmp_path / "spill").put("qa", selection)

    assert waiting.file is not None
    assert waiting.kept.groups.height == 0
    assert waiting.load().groups.equals(rows)
    assert waiting.load(["key", "no such column"]).groups.columns == ["key"]
    assert (waiting.load().left_out.rows(), waiting.load().crossing) == ([(1, 2)], 7)


@pytest.mark.parametrize("task", ["qa,mcq,truefalse,abstain", "preference"])
def test_how_much_is_in_memory_at_a_time_changes_nothing(
    named_graph: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    store, packs = FolderStore(named_graph), [find_pack("clinicalgpt")]
    whole = generate(store, packs, ("zh", "en"), 300, 2, 12, task=task)
    monkeypatch.setattr(spill, "AT_ONCE", 16)
    monkeypatch.setattr(spill, "WAITING", 1)
    monkeypatch.setattr(generating, "TOGETHER", 16)
    monkeypatch.setattr(spill, "SMALL", 0)
    monkeypatch.setattr(groups, "WAITING", 10)
    monkeypatch.setattr(known_names, "RECENT", 3)

    parts = generate(store, packs, ("zh", "en"), 300, 2, 12, workers=2, task=task)

    assert len(whole.files) == 1
    assert len(parts.files) > 8
    assert parts.records.equals(whole.records)
    assert parts.coverage.equals(whole.coverage)
    assert parts.counts == whole.counts


def by_hand(records: list[list[int]]) -> list[int | None]:
    """The least fact of all that hang together with each record's first."""
    groups: list[set[int]] = []
    for facts in filter(None, records):
        near = [group for group in groups if group & set(facts)]
        groups = [group for group in groups if group not in near] + [set(facts).union(*near)]
    return [next((min(group) for group in groups if facts and facts[0] in group), None) for facts in records]


@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=12), st.integers(1, 5))
def test_records_that_share_a_fact_by_others_too_are_one_group(records: list[list[int]], at_once: int) -> None:
    ids = pl.Series([f"{number:02}" for number in range(13)])
    facts = pl.Series(records, dtype=pl.List(pl.UInt32))
    found = FactGroups(ids)
    for part in range(0, len(records), at_once):
        found.tie(facts[part : part + at_once])

    expected = ["" if least is None else f"{least:02}" for least in by_hand(records)]
    assert found.of(facts).to_list() == expected


def test_what_no_record_ties_is_in_no_group() -> None:
    found = FactGroups(pl.Series(["a", "b", "c"]))
    found.tie(pl.Series([[0, 1]], dtype=pl.List(pl.UInt32)))

    assert found.of(pl.Series([[1], [2], []], dtype=pl.List(pl.UInt32))).to_list() == ["a", "", ""]


def test_facts_that_join_the_same_two_entities_are_one_group() -> None:
    found = FactGroups(pl.Series(["a", "b", "c", "d"]), pl.Series([7, None, 7, 8], dtype=pl.UInt64))
    records = pl.Series([[0], [1], [2], [3]], dtype=pl.List(pl.UInt32))
    found.tie(records)

    assert found.of(records).to_list() == ["a", "b", "a", "d"]


KILLED = """
import os, sys
from kgtools.tools import frames
from kgtools.tools.main import main
at, written = int(sys.argv[1]), 0
write = frames.write_table
def killing(*arguments, **options):
    global written
    written += 1
    if written == at:
        os.kill(os.getpid(), 9)
    write(*arguments, **options)
frames.write_table = killing
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def asked(named_graph: Path) -> list[str]:
    return ["generate", "--task", "qa,mcq,list", "--count", "500", "--graph", str(named_graph), "--out"]


@pytest.fixture(scope="module")
def whole(command: Run, asked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run that nobody kills writes."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    assert command(*asked, folder).returncode == 0
    return folder


@pytest.mark.parametrize("at", [1, 22])
def test_a_run_of_items_that_was_killed_is_made_again_with_the_same_bytes(
    command: Run, asked: list[str], whole: Path, tmp_path: Path, at: int
) -> None:
    code = [sys.executable, "-P", "-c", KILLED, str(at), *asked, str(tmp_path / "out")]
    killed = subprocess.run(code, check=False, env={**os.environ, "TMPDIR": str(tmp_path)})
    left = [path.name for path in tmp_path.iterdir()]

    again = command(*asked, tmp_path / "out")

    assert (killed.returncode, again.returncode) == (-signal.SIGKILL, 0)
    assert left == ["out"]
    assert bytes_of(tmp_path / "out") == bytes_of(whole)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}

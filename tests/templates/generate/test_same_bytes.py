"""The same graph and settings give the same bytes, whatever differs besides."""

import csv
import io
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import write
from kgtools.templates.pack import find_pack
from kgtools.templates.tasks.ask import ITEM_TASKS, ItemOptions

Run = Callable[..., CompletedProcess[str]]
Load = Callable[..., Path]
FILES = ("records.jsonl", "records.parquet", "coverage.parquet")
SAMPLES = Path(__file__).parents[3] / "kg" / "samples"


def hashes(folder: Path, *more: str) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in (*FILES, *more)}


@pytest.fixture
def generated(command: Run, named_graph: Path, tmp_path: Path) -> Callable[..., Path]:
    """A run of its own: `generated("--workers", 2, env={...}, graph=...)`."""

    def make(
        *arguments: object, graph: Path = named_graph, cwd: Path | None = None, env: dict[str, str] | None = None
    ) -> Path:
        done = command("generate", "--graph", graph, "--out", tmp_path / "out", *arguments, cwd=cwd, env=env)
        assert done.returncode == 0, done.stderr
        return tmp_path / "out"

    return make


def test_a_second_run_writes_the_same_bytes(sample_run: Path, generated: Callable[..., Path]) -> None:
    assert hashes(generated(), "run.json") == hashes(sample_run, "run.json")


def test_a_run_over_an_older_one_writes_the_same_bytes(sample_run: Path, generated: Callable[..., Path]) -> None:
    generated("--count", 10, "--seed", 5)

    assert hashes(generated(), "run.json") == hashes(sample_run, "run.json")


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_processes_changes_no_byte(
    sample_run: Path, generated: Callable[..., Path], workers: int
) -> None:
    assert hashes(generated("--workers", workers), "run.json") == hashes(sample_run, "run.json")


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_hash_seed_of_python_changes_no_byte(sample_run: Path, generated: Callable[..., Path], seed: str) -> None:
    assert hashes(generated(env={"PYTHONHASHSEED": seed}), "run.json") == hashes(sample_run, "run.json")


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "", "LANG": "zh_CN.UTF-8"},
        {"LC_ALL": "zh_CN.GB18030", "LANG": "zh_CN.GB18030"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_the_locale_changes_no_byte(sample_run: Path, generated: Callable[..., Path], env: dict[str, str]) -> None:
    assert hashes(generated(env=env), "run.json") == hashes(sample_run, "run.json")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_time_zone_changes_no_byte(sample_run: Path, generated: Callable[..., Path], zone: str) -> None:
    assert hashes(generated(env={"TZ": zone}), "run.json") == hashes(sample_run, "run.json")


@pytest.mark.parametrize("threads", ["1", "4"])
def test_the_number_of_threads_changes_no_byte(sample_run: Path, generated: Callable[..., Path], threads: str) -> None:
    assert hashes(generated(env={"POLARS_MAX_THREADS": threads}), "run.json") == hashes(sample_run, "run.json")


def test_another_folder_to_start_from_changes_no_byte(
    sample_run: Path, generated: Callable[..., Path], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert hashes(generated(cwd=elsewhere), "run.json") == hashes(sample_run, "run.json")


def test_a_module_of_a_user_that_is_called_like_ours_is_not_run_in_its_place(
    sample_run: Path, generated: Callable[..., Path], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("templates", "tools", "kg", "train", "corpora"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('not mine')", encoding="utf-8")

    assert hashes(generated("--workers", 2, cwd=elsewhere)) == hashes(sample_run)


def shuffled(folder: Path, seed: int, samples: Path = SAMPLES, part: int = 1) -> Path:
    """The samples, the lines of each JSON file and the rows of each CSV in another order, headers kept; of so many the first."""
    shutil.copytree(samples, folder)
    draw = random.Random(seed)
    for file in sorted(folder.glob("*/*.json")):
        lines = file.read_bytes().splitlines(keepends=True)
        draw.shuffle(lines)
        file.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in lines[: len(lines) // part]))
    for file in sorted(folder.glob("*/*.csv")):
        encoding = "gb18030" if file.parent.name == "39health" else "utf-8-sig"
        header, *rows = csv.reader(io.StringIO(file.read_bytes().decode(encoding), newline=""))
        draw.shuffle(rows)
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([header, *rows[: len(rows) // part]])
        file.write_bytes(out.getvalue().encode(encoding))
    return folder


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_sources_and_of_rows_changes_no_byte(
    sample_run: Path, sample_loader: Load, generated: Callable[..., Path], tmp_path: Path, seed: int
) -> None:
    samples = shuffled(tmp_path / "samples", seed)
    order = [("cmekg", "xywy", "health39"), ("health39", "cmekg", "xywy")][seed % 2]

    graph = sample_loader(samples, tmp_path / "graph", order)

    assert (samples / "xywy/medical.json").read_bytes() != (SAMPLES / "xywy/medical.json").read_bytes()
    assert hashes(generated(graph=graph)) == hashes(sample_run)


def test_sources_that_were_loaded_one_after_another_and_twice_change_no_byte(
    command: Run, sample_run: Path, sample_loader: Load, generated: Callable[..., Path], tmp_path: Path
) -> None:
    graph = tmp_path / "graph"
    done = command("load", "health39", SAMPLES / "39health/disease.csv", "--graph", graph)

    sample_loader(SAMPLES, graph)

    assert done.returncode == 0, done.stderr
    assert hashes(generated(graph=graph), "run.json") == hashes(sample_run, "run.json")


def test_another_store_changes_no_byte(sample_run: Path, named_graph: Path, memory: type, tmp_path: Path) -> None:
    on_disk = FolderStore(named_graph)
    inputs = on_disk.inputs()
    store = memory(replace(inputs, sources=inputs.sources[::-1]))

    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    result = generate(store, packs, ("zh", "en"), None, 0, 12)
    (tmp_path / "out").mkdir()
    write(result, tmp_path / "out", {}, on_disk.metadata(), packs)

    assert hashes(tmp_path / "out") == hashes(sample_run)


@pytest.mark.parametrize(
    "arguments",
    [("--seed", 1), ("--count", 100), ("--max-tails", 2), ("--lang", "zh"), ("--pack", "extended")],
    ids=str,
)
def test_another_setting_gives_other_records(
    sample_run: Path, generated: Callable[..., Path], arguments: tuple[object, ...]
) -> None:
    assert hashes(generated(*arguments))["records.jsonl"] != hashes(sample_run)["records.jsonl"]


def test_items_are_the_same_bytes_whatever_differs(
    command: Run, sample_loader: Load, memory: type, tmp_path: Path
) -> None:
    """A third of the samples says something for every task."""
    tasks = ("--task", f"qa,{','.join(ITEM_TASKS)}", "--rotations", 2, "--seed", 3, "--pack", "clinicalgpt,extended")
    samples = shuffled(tmp_path / "third-of-samples", 2, part=3)
    graph = sample_loader(samples, tmp_path / "graph")
    same = sample_loader(shuffled(tmp_path / "samples", 1, samples), tmp_path / "same", ("cmekg", "xywy", "health39"))
    env = {
        "PYTHONHASHSEED": "1",
        "POLARS_MAX_THREADS": "4",
        "LC_ALL": "zh_CN.GB18030",
        "LANG": "zh_CN.GB18030",
        "TZ": "Asia/Shanghai",
    }
    for out, where, workers, how in (("one", graph, 1, {}), ("other", same, 2, env)):
        done = command("generate", *tasks, "--graph", where, "--out", tmp_path / out, "--workers", workers, env=how)
        assert done.returncode == 0, done.stderr

    inputs = FolderStore(graph).inputs()
    store = memory(replace(inputs, sources=inputs.sources[::-1]))
    packs = [find_pack("clinicalgpt"), find_pack("extended")]
    result = generate(store, packs, ("zh", "en"), None, 3, 12, task=str(tasks[1]), items=ItemOptions(rotations=2))
    (tmp_path / "third").mkdir()
    write(result, tmp_path / "third", {}, FolderStore(graph).metadata(), packs)

    one, other, third = (hashes(tmp_path / out, "names.parquet") for out in ("one", "other", "third"))
    assert one == other == third
    assert set(result.records["task"]) == {"qa", *ITEM_TASKS}

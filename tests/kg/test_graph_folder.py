"""The folder of an embedded graph: in use, of others, damaged, moved, not to be written."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kg.inputs import SourceTables
from kg.stores.embedded import EmbeddedStore
from tools.errors import InputError, StoreError

Make = Callable[..., SourceTables]
Graph = Callable[..., EmbeddedStore]

COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
SYMPTOMS = "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS disease, s.name AS symptom ORDER BY disease"


def test_a_graph_in_use_by_another_process_is_refused_with_its_holder(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    program = (
        "import sys; from pathlib import Path; from kg.stores.embedded import _held\n"
        "with _held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(
            StoreError, match=f"in use by process {other.pid}; wait until it is done and run this again"
        ):
            store.change(lambda inputs: inputs.with_sources([tables_of([FLU])]))
        assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]

        other.communicate()
    store.change(lambda inputs: inputs.with_sources([tables_of([FLU])]))
    assert list(store.query(SYMPTOMS, {})[1]) == [["流感", "发热"]]


def test_a_folder_of_other_things_is_not_taken_for_a_graph(tmp_path: Path, tables_of: Make) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")

    with pytest.raises(InputError, match=r"is not a graph and not empty \(thesis\.docx\); name a new folder"):
        EmbeddedStore(tmp_path).change(lambda inputs: inputs.with_sources([tables_of([COLD])]))

    assert [file.name for file in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_not_taken_for_a_graph(tmp_path: Path, tables_of: Make) -> None:
    (tmp_path / "file").write_bytes(b"x")
    store = EmbeddedStore(tmp_path / "file")

    with pytest.raises(InputError, match="is a file, expected a folder"):
        store.change(lambda inputs: inputs.with_sources([tables_of([COLD])]))
    with pytest.raises(StoreError, match="no graph here; load one first"):
        store.entities()


@pytest.mark.parametrize(
    "words",
    [
        ("stats",), ("audit",), ("query", "MATCH (d:Disease) RETURN d.name AS n"), ("show", "感冒"), ("verify",), ("names", "missing"),
        ("names", "add", "kgtools"), ("generate", "--out", "{}/records"), ("export", "parquet", "{}/parquet"),
    ],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_a_graph_of_an_older_kgtools_says_to_load_again(
    kgtools: Callable[..., Any], graph_of: Graph, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = graph_of([COLD]).folder
    (table,) = folder.glob("*/entities.parquet")
    pl.read_parquet(table).drop("doubts").write_parquet(table)

    ran = kgtools(*(word.format(tmp_path) for word in words), "--graph", folder)

    said = "an older kgtools made this graph, without doubts; load its sources again into a new folder"
    assert (ran.code, ran.out, ran.err) == (2, "", f"kgtools: error: {folder}: {said}\n")


def damage_pointer(folder: Path) -> None:
    (folder / "current").write_text("000777\n", encoding="ascii")


def damage_engine(folder: Path) -> None:
    (folder / "000001" / "graph.lbug").write_bytes(b"not a database")


def lose_engine(folder: Path) -> None:
    (folder / "000001" / "graph.lbug").unlink()


@pytest.mark.parametrize("damage", [damage_pointer, damage_engine, lose_engine])
def test_a_damaged_graph_says_so_and_what_to_do(graph_of: Graph, damage: Callable[[Path], None]) -> None:
    store = graph_of([COLD])
    damage(store.folder)

    with pytest.raises(StoreError, match=r"load (its|the) sources again") as raised:
        list(store.query(SYMPTOMS, {})[1])

    assert str(store.folder) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("file", ["entities.parquet", "triples.parquet"])
@pytest.mark.parametrize("half", [True, False])
def test_a_damaged_table_says_so_and_what_to_do(graph_of: Graph, file: str, half: bool) -> None:
    store = graph_of([COLD])
    path = store.folder / "000001" / file
    data = path.read_bytes()
    path.unlink()
    if half:
        path.write_bytes(data[: len(data) // 2])

    with pytest.raises(StoreError, match=rf"{file}.*load its sources again"):
        store.entities() if file == "entities.parquet" else store.triples()


def test_a_damaged_graph_can_be_loaded_into_a_new_folder(graph_of: Graph, tables_of: Make, tmp_path: Path) -> None:
    store = graph_of([COLD])
    lose_engine(store.folder)

    with pytest.raises(StoreError, match="into a new folder"):
        store.change(lambda inputs: inputs.with_sources([tables_of([FLU])]))

    store = EmbeddedStore(tmp_path / "new")
    store.change(lambda inputs: inputs.with_sources([tables_of([FLU])]))
    assert store.triples().height == 1


def test_a_graph_can_be_moved(graph_of: Graph, tmp_path: Path) -> None:
    store = graph_of([COLD])
    moved = tmp_path / "it's `here` 图谱"

    shutil.move(store.folder, moved)

    assert list(EmbeddedStore(moved).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]


def test_a_graph_is_built_in_a_folder_of_any_name(tmp_path: Path, tables_of: Make) -> None:
    store = EmbeddedStore(tmp_path / 'it\'s "here" `图谱` {{x}} \\n')

    store.change(lambda inputs: inputs.with_sources([tables_of([COLD])]))

    assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]


def test_a_folder_that_may_not_be_written_is_refused(tables_of: Make) -> None:
    tables = tables_of([COLD])
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)  # permissions hold back everybody but root
        try:
            with pytest.raises(InputError, match=r"cannot be made \(Permission denied\); name another place"):
                EmbeddedStore(place / "graph").change(lambda inputs: inputs.with_sources([tables]))
        finally:
            os.seteuid(was)
            place.chmod(0o700)

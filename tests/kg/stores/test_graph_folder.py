"""The folder of a graph: in use, of others, damaged, moved, not to be written."""

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

from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.graph import change, verify
from kgtools.kg.stores.folder.generations import clear, finish, look
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import InputError, StoreError

Make = Callable[..., SourceTables]
Graph = Callable[..., FolderStore]

COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
SYMPTOMS = "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS disease, s.name AS symptom ORDER BY disease"


def test_a_graph_in_use_by_another_process_is_refused_with_its_holder(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    program = (
        "import sys; from pathlib import Path; from kgtools.kg.stores.folder.store import _lock\n"
        "with _lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(
            StoreError, match=f"in use by process {other.pid}; wait until it is done and run this again"
        ):
            change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
        assert list(store.query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]

        other.communicate()
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    assert list(store.query(SYMPTOMS, {})[1]) == [["流感", "发热"]]


def test_a_folder_of_other_things_is_not_taken_for_a_graph(tmp_path: Path, tables_of: Make) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")

    with pytest.raises(InputError, match=r"is not a graph and not empty \(thesis\.docx\); name a new folder"):
        change(FolderStore(tmp_path), lambda inputs: inputs.with_sources([tables_of([COLD])]))

    assert [file.name for file in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_is_not_taken_for_a_graph(tmp_path: Path, tables_of: Make) -> None:
    (tmp_path / "file").write_bytes(b"x")
    store = FolderStore(tmp_path / "file")

    with pytest.raises(InputError, match="is a file, expected a folder"):
        change(store, lambda inputs: inputs.with_sources([tables_of([COLD])]))
    with pytest.raises(StoreError, match="no graph here but a file; name the folder of a graph"):
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
    finish(table.parent)

    ran = kgtools(*(word.format(tmp_path) for word in words), "--graph", folder)

    said = "an older kgtools made this graph, without doubts; load its sources again into a new folder"
    assert (ran.code, ran.out, ran.err) == (2, "", f"kgtools: error: {folder}: {said}\n")


@pytest.fixture
def with_engine(graph_of: Graph) -> Path:
    """A folder as kgtools made it when it kept the graph in an engine's format too."""
    folder = graph_of([COLD, FLU]).folder
    (folder / "000001" / "graph.lbug").write_bytes(b"LBUG" + bytes(4096))
    (folder / "000001" / "pairs.json").write_bytes(b'{"HAS_SYMPTOM":[["Disease","Symptom"]]}')
    finish(folder / "000001")
    return folder


def test_a_folder_with_the_files_of_an_engine_is_read_as_it_is(
    with_engine: Path, graph_of: Graph, kgtools: Callable[..., Any]
) -> None:
    old, new = FolderStore(with_engine), graph_of([COLD, FLU])

    assert old.has_graph()
    assert kgtools("verify", "--graph", with_engine).code == 0
    assert old.faults() == []
    assert (old.entities().rows(), old.triples().rows()) == (new.entities().rows(), new.triples().rows())
    stats = [kgtools("stats", "--graph", folder, "--format", "json").json for folder in (old.folder, new.folder)]
    assert stats[0] == stats[1]


def test_a_folder_with_the_files_of_an_engine_is_asked_as_it_is(with_engine: Path) -> None:
    assert list(FolderStore(with_engine).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"], ["流感", "发热"]]


def test_a_change_of_a_folder_with_the_files_of_an_engine_leaves_them_behind(
    with_engine: Path, tables_of: Make
) -> None:
    change(FolderStore(with_engine), lambda inputs: inputs.with_sources([tables_of([COLD], source="b")]))

    assert list(FolderStore(with_engine).metadata().sources) == ["b", "tiny"]
    assert verify(FolderStore(with_engine)).agrees
    assert not {"graph.lbug", "pairs.json"} & set(names_in(with_engine / "000002"))
    change(FolderStore(with_engine), lambda inputs: inputs)
    assert names_in(with_engine) == [".lock", "000002", "000003", "current"]


def test_a_changed_file_of_an_engine_is_named_too(with_engine: Path) -> None:
    (with_engine / "000001" / "graph.lbug").write_bytes(b"other")

    assert [fault.file for fault in FolderStore(with_engine).faults()] == ["000001/graph.lbug"]


def damage_pointer(folder: Path) -> None:
    (folder / "000001").rename(folder / "elsewhere")


def damage_triples(folder: Path) -> None:
    (folder / "000001" / "triples.parquet").write_bytes(b"not a table")


def lose_entities(folder: Path) -> None:
    (folder / "000001" / "entities.parquet").unlink()


@pytest.mark.parametrize("damage", [damage_pointer, damage_triples, lose_entities])
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


@pytest.mark.parametrize("lost", ["entities.parquet", "triples.parquet", "run.json"])
def test_what_is_made_of_the_sources_is_made_anew_by_a_load_of_one_of_them(
    graph_of: Graph, tables_of: Make, lost: str
) -> None:
    store = graph_of([COLD], source="a")
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU], source="b")]))
    (store.folder / "000002" / lost).unlink()

    change(FolderStore(store.folder), lambda inputs: inputs.with_sources([tables_of([FLU], source="b")]))

    assert verify(FolderStore(store.folder)).agrees
    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"], ["流感", "发热"]]


@pytest.mark.parametrize("lost", ["sources/tiny/facts.parquet", "sources/tiny/about.json", "files.json"])
def test_what_a_source_said_cannot_be_made_anew(graph_of: Graph, tables_of: Make, tmp_path: Path, lost: str) -> None:
    store = graph_of([COLD])
    (store.folder / "000001" / lost).unlink()

    with pytest.raises(StoreError, match=rf"{lost}: is missing; load its sources again into a new folder"):
        change(FolderStore(store.folder), lambda inputs: inputs.with_sources([tables_of([FLU], source="other")]))

    store = FolderStore(tmp_path / "new")
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    assert store.triples().height == 1


def names_in(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir())


def test_a_load_where_current_is_lost_goes_on_from_the_newest_whole_graph(
    graph_of: Graph, tables_of: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    store = graph_of([COLD], source="a")
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU], source="b")]))
    (store.folder / "current").unlink()

    change(FolderStore(store.folder), lambda inputs: inputs.with_sources([tables_of([FLU], source="c")]))

    said = f"kgtools: {store.folder}/current: is missing; the newest whole graph, 000002, is taken in its place\n"
    assert capfd.readouterr().err == said
    assert list(FolderStore(store.folder).metadata().sources) == ["a", "b", "c"]
    assert names_in(store.folder) == [".lock", "000002", "000003", "current"]
    assert verify(FolderStore(store.folder)).agrees


def test_a_load_where_no_generation_is_whole_leaves_them_all(graph_of: Graph) -> None:
    store = graph_of([COLD])
    (store.folder / "current").unlink()
    (store.folder / "000001" / "triples.parquet").unlink()

    for read in (
        FolderStore(store.folder).triples,
        lambda: change(FolderStore(store.folder), lambda inputs: inputs),
    ):
        with pytest.raises(
            StoreError, match="current: is missing, and no generation beside it is whole; load its sources"
        ):
            read()

    assert names_in(store.folder) == [".lock", "000001"]


def test_a_load_removes_no_folder_that_is_not_its_own(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    for name in ("2024", "000000", "000007", "٣"):
        (store.folder / name).mkdir()
        (store.folder / name / "thesis.docx").write_bytes(b"years of work")
    (store.folder / "000001" / "thesis.docx").write_bytes(b"years of work")
    (store.folder / "000005").mkdir()

    for _ in range(3):
        change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))

    assert len(list(store.folder.rglob("thesis.docx"))) == 5
    assert names_in(store.folder / "000001") == ["thesis.docx"]
    assert names_in(store.folder) == [
        ".lock", "000000", "000001", "000005", "000007", "000009", "000010", "2024", "current", "٣",
    ]  # fmt: skip
    assert verify(FolderStore(store.folder)).agrees


@pytest.mark.parametrize("unfinished", [True, False])
def test_a_load_killed_while_it_removes_a_generation_leaves_nothing_of_it(
    unfinished: bool, graph_of: Graph, tables_of: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = graph_of([COLD])
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    shutil.copytree(store.folder / "000002", store.folder / "000001", dirs_exist_ok=True)
    if unfinished:
        (store.folder / "000001" / ".unfinished").touch()
    steps, cut = 0, True

    while cut:
        folder = tmp_path / str(steps)
        shutil.copytree(store.folder, folder)
        cut = killed_at(steps, lambda folder=folder: clear(folder, older=2), monkeypatch)
        _, faults = look(folder)
        clear(folder, older=2)

        assert faults == []
        assert names_in(folder) == [".lock", "000002", "current"]
        steps += 1

    assert steps > 12


def killed_at(step: int, run: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a run was broken off as it was about to remove for the time after `step` times."""
    left = iter(range(step))

    def or_killed(remove: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any, **named: Any) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            remove(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for name in ("unlink", "rmdir"):
            patched.setattr(os, name, or_killed(getattr(os, name)))
        try:
            run()
        except KeyboardInterrupt:
            return True
    return False


@pytest.mark.parametrize("name", ["2024", "000001", "current"])
def test_a_folder_of_numbers_is_not_taken_for_a_graph(tmp_path: Path, tables_of: Make, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "photo.jpg").write_bytes(b"x")

    with pytest.raises(InputError, match=rf"is not a graph and not empty \({name}\); name a new folder"):
        change(FolderStore(tmp_path), lambda inputs: inputs.with_sources([tables_of([COLD])]))
    with pytest.raises(StoreError, match="no graph here; load one first"):
        FolderStore(tmp_path).entities()

    assert names_in(tmp_path) == [name]


def test_a_load_that_was_killed_before_it_counted_is_no_newer_graph(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    older = (store.folder / "current").read_bytes()
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    (store.folder / "000002" / ".unfinished").touch()
    (store.folder / "current").write_bytes(older)

    assert verify(FolderStore(store.folder)).agrees
    (store.folder / "current").unlink()
    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]

    change(FolderStore(store.folder), lambda inputs: inputs)
    assert names_in(store.folder) == [".lock", "000001", "000002", "current"]
    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]


def test_a_load_that_was_killed_as_soon_as_it_counted_counts(graph_of: Graph, tables_of: Make) -> None:
    store = graph_of([COLD])
    change(store, lambda inputs: inputs.with_sources([tables_of([FLU])]))
    (store.folder / "000002" / ".unfinished").touch()

    assert verify(FolderStore(store.folder)).agrees
    change(FolderStore(store.folder), lambda inputs: inputs)

    assert list(FolderStore(store.folder).query(SYMPTOMS, {})[1]) == [["流感", "发热"]]
    assert not list(store.folder.rglob(".unfinished"))


def test_a_graph_can_be_moved(graph_of: Graph, tmp_path: Path) -> None:
    store = graph_of([COLD])
    moved = tmp_path / "it's `here` 图谱"

    shutil.move(store.folder, moved)

    assert list(FolderStore(moved).query(SYMPTOMS, {})[1]) == [["感冒", "头痛"]]


def test_a_graph_is_built_in_a_folder_of_any_name(tmp_path: Path, tables_of: Make) -> None:
    store = FolderStore(tmp_path / 'it\'s "here" `图谱` {{x}} \\n')

    change(store, lambda inputs: inputs.with_sources([tables_of([COLD])]))

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
                change(FolderStore(place / "graph"), lambda inputs: inputs.with_sources([tables]))
        finally:
            os.seteuid(was)
            place.chmod(0o700)

"""Whoever changes a file of a graph's folder is found out: by verify always, and by who reads where it would change an answer."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.kg.build.inputs import NamesMetadata, NameTable, SourceTables
from kgtools.kg.build.ledger import decision_id
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import LEDGER, NAMES
from kgtools.tools.inputs.files import sha256
from tests.conftest import Ran

Make = Callable[..., SourceTables]
Run = Callable[..., Ran]
Change = Callable[[Path], object]

ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"), ("Disease", "流感", "HAS_SYMPTOM", "发热"), ("Disease", "肺炎", "HAS_SYMPTOM", "咳嗽"),
]  # fmt: skip
MEANT, BEFORE = "000003", "000002"
ASK = "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS one, s.name AS other ORDER BY one"
READERS = {
    "stats": ("stats", "--format", "json"),
    "generate": ("generate", "--out", "records", "--pack", "clinicalgpt", "--lang", "zh", "--format", "json"),
    "query": ("query", ASK, "--format", "jsonl"),
    "export": ("export", "parquet", "exported"),
}
FILES = (
    "entities.parquet", "triples.parquet", "run.json", "files.json", "ledger.parquet",
    "sources/b/facts.parquet", "sources/b/about.json", "names/000-mine/names.parquet", "names/000-mine/about.json",
)  # fmt: skip
NEEDED = {
    "entities.parquet": {"stats", "query"},
    "triples.parquet": {"generate", "query"},
    "sources/b/about.json": {"export"},
}
"""The files of which an answer is made, and commands that read it."""


@dataclass(frozen=True)
class Whole:
    """A graph that nobody has touched, another one of as many files, and what the commands say of the first."""

    graph: Path
    other: Path
    answers: dict[str, Ran] = field(default_factory=dict)


def build(folder: Path, tables_of: Make, rows: list[Any]) -> Path:
    """A graph of two sources, a table of names and a decision, in three generations of which two are left."""
    store, pair = FolderStore(folder), ("Disease:感冒", "Disease:流感")
    metadata = NamesMetadata(license="MIT", file="m.csv", sha256="0", names=1)
    names = NameTable("mine", metadata, NAMES.frame([(rows[0][1], "cold", None)]))
    decision = (decision_id(*pair), *pair, "different", "name", 0.5, "not so", "ann")
    closed = tables_of(rows[1:], source="b")
    closed = replace(closed, metadata=replace(closed.metadata, license="LicenseRef-closed"))
    change(store, lambda inputs: inputs.with_sources([tables_of(rows[:1], source="a")]))
    change(store, lambda inputs: inputs.with_names(names).with_ledger(LEDGER.frame([decision])))
    change(store, lambda inputs: inputs.with_sources([closed]))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tables_of: Make) -> Whole:
    """Both are made once."""
    place = tmp_path_factory.mktemp("whole")
    others = [(*row[:3], f"{row[3]}症") for row in ROWS]
    return Whole(build(place / "graph", tables_of, ROWS), build(place / "other", tables_of, others))


@pytest.fixture
def graph(tmp_path: Path, whole: Whole, kgtools: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to touch; what the commands say of it before is learnt once."""
    monkeypatch.chdir(tmp_path)
    copied = shutil.copytree(whole.graph, tmp_path / "graph")
    if not whole.answers:
        whole.answers.update({name: ask(kgtools, name) for name in READERS})
        assert [whole.answers[name].code for name in READERS] == [0, 0, 0, 1]
        assert "LicenseRef-closed (b)" in whole.answers["export"].err
        assert kgtools("verify", "--graph", "graph").code == 0
    return copied


def ask(kgtools: Run, name: str) -> Ran:
    """What a command says of the graph."""
    with suppress(FileNotFoundError):
        shutil.rmtree("records")
    return kgtools(*READERS[name], "--graph", "graph")


def check(
    kgtools: Run, whole: Whole, named: str, refused: set[str], told: str = "", asked: Collection[str] = ()
) -> None:
    """verify names the file; these commands say so, in one line; stats, export and those that are asked answer as before, or
    they say so too."""
    ran = kgtools("verify", "--graph", "graph", "--format", "json")
    assert ran.code == 1, ran.err
    assert ran.err.count("\n") == 1 + told.count("\n")
    assert named in ran.err.removeprefix(told)
    assert any(named in file["file"] for file in ran.json["files"])
    for name in sorted({"stats", "export", *refused, *asked}):
        now, before = ask(kgtools, name), whole.answers[name]
        if now.code == 2 or name in refused:
            assert (now.code, now.out) == (2, ""), name
            assert now.err.count("\n") == 1
            assert named in now.err
        else:
            assert (now.code, now.out, now.err.removeprefix(told)) == (before.code, before.out, before.err), name


def delete(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


CHANGES: dict[str, Change] = {"deleted": delete, "emptied": empty, "truncated": truncate, "one bit flipped": flip}


@pytest.mark.parametrize(
    ("file", "change"),
    [
        (file, change)
        for file in FILES
        for change in CHANGES
        if file in NEEDED or change in ("deleted", "one bit flipped")
    ],
)
def test_a_file_that_is_not_what_was_written_is_named(
    graph: Path, whole: Whole, kgtools: Run, file: str, change: str
) -> None:
    CHANGES[change](graph / MEANT / file)

    gone = change != "one bit flipped" or file == "files.json"
    needed = NEEDED.get(file, set())
    check(
        kgtools, whole, f"{MEANT}/{file}", {"stats", "export"} | needed if gone else needed, asked={"generate"} & needed
    )


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_another_graph_is_named(graph: Path, whole: Whole, kgtools: Run, file: str) -> None:
    theirs = whole.other / MEANT / file
    if (
        theirs.read_bytes() == (graph / MEANT / file).read_bytes()
    ):  # a decision, a licence and counts are the same in both
        theirs = whole.other / BEFORE / ("run.json" if file.endswith("json") else "entities.parquet")
    shutil.copyfile(theirs, graph / MEANT / file)

    check(kgtools, whole, f"{MEANT}/{file}", NEEDED.get(file, set()))


def rewritten(name: str, column: str, value: str) -> Change:
    """The table read and written by polars, with one value changed."""

    def change(graph: Path) -> None:
        file = graph / MEANT / name
        rows = pl.read_parquet(file).with_row_index()
        value_ = pl.when(pl.col("index") == 0).then(pl.lit(value)).otherwise(column)
        rows.with_columns(value_.alias(column)).drop("index").write_parquet(file)

    return change


def edited(name: str, **values: Any) -> Change:
    """The JSON with other values."""

    def change(graph: Path) -> None:
        file = graph / MEANT / name
        file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes()) | values))

    return change


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("triples.parquet", rewritten("triples.parquet", "tail", "Symptom:咳嗽")),
        ("entities.parquet", rewritten("entities.parquet", "name", "感")),
        ("sources/a/facts.parquet", rewritten("sources/a/facts.parquet", "tail", "Symptom:咳嗽")),
        ("names/000-mine/names.parquet", rewritten("names/000-mine/names.parquet", "en", "flu")),
        ("ledger.parquet", rewritten("ledger.parquet", "verdict", "same")),
        ("sources/b/about.json", edited("sources/b/about.json", license="CC0-1.0")),
        ("sources/b/about.json", edited("sources/b/about.json", files={"x": "0"})),
        ("run.json", edited("run.json", entities=7)),
        ("files.json", edited("files.json", format="kgtools graph 2")),
    ],
)
def test_a_value_changed_by_hand_is_found(graph: Path, whole: Whole, kgtools: Run, file: str, change: Change) -> None:
    change(graph)

    check(kgtools, whole, f"{MEANT}/{file}", NEEDED.get(file, set()))


def test_a_file_changed_together_with_its_line_of_the_list_is_found(graph: Path, whole: Whole, kgtools: Run) -> None:
    edited("sources/b/about.json", license="CC0-1.0")(graph)
    listed = orjson.loads((graph / MEANT / "files.json").read_bytes())
    file = graph / MEANT / "sources/b/about.json"
    listed["files"]["sources/b/about.json"] = {"size": file.stat().st_size, "sha256": sha256(file)}
    (graph / MEANT / "files.json").write_bytes(orjson.dumps(listed))

    check(kgtools, whole, f"{MEANT}/files.json", set(READERS))
    ran = kgtools("verify", "--graph", "graph")
    assert (ran.code, ran.out) == (1, f"{ran.err.split(': ', 2)[2].partition(';')[0]}\n")


@pytest.mark.parametrize(
    "name", ["notes.txt", "sources/c/about.json", "sources/b/more.parquet", "names/001-x/names.parquet", ".hidden"]
)
def test_a_foreign_file_is_named_and_read_by_nobody(graph: Path, whole: Whole, kgtools: Run, name: str) -> None:
    (graph / MEANT / name).parent.mkdir(exist_ok=True)
    (graph / MEANT / name).write_bytes(b"{}")

    check(kgtools, whole, f"{MEANT}/{name}", set())


def test_a_file_that_is_a_link_or_a_folder_is_named(graph: Path, whole: Whole, kgtools: Run) -> None:
    file = graph / MEANT / "triples.parquet"
    kept = file.rename(graph / "aside")
    file.symlink_to(kept)
    check(kgtools, whole, f"{MEANT}/triples.parquet", set(READERS))

    file.unlink()
    file.mkdir()
    check(kgtools, whole, f"{MEANT}/triples.parquet", {"stats", "export"})


def test_a_generation_that_is_a_link_is_named(graph: Path, whole: Whole, kgtools: Run) -> None:
    (graph / MEANT).rename(graph.parent / "elsewhere")
    (graph / MEANT).symlink_to(graph.parent / "elsewhere")

    check(kgtools, whole, MEANT, set())


def point(graph: Path, text: str) -> None:
    (graph / "current").write_text(text, encoding="utf-8")


TAKEN = f"kgtools: graph/current: {{}}; the newest whole graph, {MEANT}, is taken in its place\n"
MISSING, NOT_OURS = "is missing", "is not what kgtools wrote"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda graph: (graph / "current").unlink(), MISSING),
        (lambda graph: point(graph, ""), NOT_OURS),
        (lambda graph: point(graph, "garbage"), NOT_OURS),
        (lambda graph: point(graph, "../x"), NOT_OURS),
        (lambda graph: point(graph, f"../{graph.name}/{MEANT} {'0' * 64}\n"), NOT_OURS),
        (lambda graph: (graph / "current").write_bytes(bytes(range(256))), NOT_OURS),
        (lambda graph: [(graph / "current").unlink(), (graph / "current").mkdir()], NOT_OURS),
    ],
    ids=["missing", "empty", "garbage", "outside", "a path", "bytes", "a folder"],
)
def test_a_graph_is_found_again_where_current_is_lost_and_verify_says_so(
    graph: Path, whole: Whole, kgtools: Run, change: Change, said: str
) -> None:
    change(graph)

    check(kgtools, whole, "current", set(), TAKEN.format(said), {"query"} if said == MISSING else set())


@pytest.mark.parametrize(
    ("named", "change"),
    [
        ("current", lambda graph: point(graph, f"{BEFORE} {hash_of(graph / BEFORE)}\n")),
        ("files.json", lambda graph: point(graph, f"{MEANT} {'0' * 64}\n")),
        ("files.json", lambda graph: point(graph, f"{MEANT} {hash_of(graph / BEFORE)}\n")),
        ("current", lambda graph: point(graph, f"000777 {'0' * 64}\n")),
        ("current", lambda graph: shutil.rmtree(graph / MEANT)),
        ("current", lambda graph: shutil.copytree(graph / BEFORE, graph / "000009")),
        ("current", lambda graph: (graph / MEANT).rename(graph / "000004")),
    ],
    ids=["set back", "another hash", "the hash of another", "elsewhere", "its generation gone", "an older one copied", "renamed"],
)  # fmt: skip
def test_a_generation_that_is_not_the_one_of_current_is_refused(
    graph: Path, whole: Whole, kgtools: Run, named: str, change: Change
) -> None:
    change(graph)

    check(kgtools, whole, named, {"stats", "export"})
    ran = kgtools("stats", "--graph", "graph")
    assert "remove " in ran.err, "the way out"


def hash_of(generation: Path) -> str:
    return sha256(generation / "files.json")


@contextmanager
def nobody() -> Iterator[None]:
    """Not root, who may do everything."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("name", ["current", MEANT, f"{MEANT}/triples.parquet", f"{MEANT}/sources/b/about.json"])
def test_what_may_not_be_read_is_named(graph: Path, kgtools: Run, name: str) -> None:
    open_to_all(graph)
    (graph / name).chmod(0)

    try:
        with nobody():
            stats, verify = (kgtools(word, "--graph", "graph") for word in ("stats", "verify"))
    finally:
        (graph / name).chmod(0o755)

    assert stats.code == 2
    assert verify.code in (1, 2)
    for ran in (stats, verify):
        assert name in ran.err
        assert "Permission denied" in ran.err
        assert ran.err.count("\n") == 1, ran.err


def open_to_all(graph: Path) -> None:
    """The folders that lead to it, and all in it, may be read."""
    for path in (*graph.parents, graph, *graph.rglob("*")):
        if path.owner() == graph.owner() and path.is_relative_to("/tmp"):
            path.chmod(path.stat().st_mode | 0o555)


@pytest.mark.parametrize("words", [("verify",), *READERS.values()], ids=["verify", *READERS])
def test_a_graph_that_may_only_be_read_is_read(graph: Path, kgtools: Run, words: tuple[str, ...]) -> None:
    open_to_all(graph)
    before = sorted(graph.rglob("*"))
    for path in (graph, *before):
        path.chmod(path.stat().st_mode & 0o555)
    graph.parent.chmod(0o777)

    with nobody():
        ran = kgtools(*words, "--graph", "graph")

    assert ran.code == (1 if words[0] == "export" else 0), ran.err
    assert sorted(graph.rglob("*")) == before

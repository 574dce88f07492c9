"""What a user can do wrong: one line on stderr that says where, what and the way out; exit code 2; the graph as it was."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.stores.folder.store import FolderStore

SAMPLES = Path(__file__).resolve().parents[2] / "kg" / "samples"
XYWY, HEALTH39 = SAMPLES / "xywy" / "medical.json", SAMPLES / "39health" / "disease.csv"
Run = Callable[..., Any]
Graph = Callable[..., FolderStore]


@pytest.fixture
def graph(graph_of: Graph) -> Iterator[Path]:
    """A graph that no test of this file may change."""
    store = graph_of([("Disease", "感冒", "HAS_SYMPTOM", "头痛")])

    def content() -> dict[str, bytes]:
        files = (file for file in store.folder.rglob("*") if file.is_file() and file.name != ".lock")
        return {str(file.relative_to(store.folder)): file.read_bytes() for file in files}

    before = content()
    yield store.folder
    assert content() == before
    assert list(FolderStore(store.folder).query("MATCH (d:Disease) RETURN d.name AS n", {})[1]) == [["感冒"]]


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


HEADER = HEALTH39.read_bytes().split(b"\n", 1)[0] + b"\n"
BAD_FILES = {  # source, file name, its bytes, what is said behind its name
    "empty": ("xywy", "medical.json", b"", ": is empty; was the download cut off?"),
    "blank": ("xywy", "medical.json", b"\n \n", ": is empty"),
    "cut-json": ("xywy", "medical.json", XYWY.read_text("utf-8")[:2000], ":2: not a JSON object on one line"),
    "cut-character": ("xywy", "medical.json", b'{"name": "\xe6\x84', ":1: ends in the middle of a character"),
    "wrong-encoding": ("xywy", "medical.json", b'{"name": "a"}\n\xff\xff\n', ":2: neither UTF-8 nor GB18030"),
    "a zip file": ("xywy", "medical.json", b"PK\x03\x04\0\0", ": expected text, found a zip file"),
    "NUL bytes": ("xywy", "medical.json", b"{\0\0", ":1: a NUL byte"),
    "no-names": ("xywy", "medical.json", '{"a": 1}\n{"name": 1}', ':1: no record has a "name" that is a text'),
    "not-json": ("xywy", "disease.csv", HEADER, ":1: not a JSON object"),
    "wrong-columns": ("health39", "disease.csv", "name,class\na,b\n", ":1: the columns are name, class; expected name, alias"),
    "cut-csv": ("health39", "disease.csv", HEADER + b"a,b\n", ":2: 2 columns, expected 20"),
    "cut-quote": ("health39", "disease.csv", HEADER + b'a,"b\n', ":2: a quotation mark does not close before the file ends"),
    "no-csv": ("health39", "medical.json", '{"name": "a"}\n', ":1: the columns are"),
    "cmekg-text": ("cmekg", "disease.json", "{]\n", ":1: "),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_line_with_its_place_and_the_graph_stays(
    kgtools: Run, graph: Path, tmp_path: Path, case: str
) -> None:
    source, name, data, said = BAD_FILES[case]
    path = write(tmp_path, name, data)

    ran = (
        kgtools("load", "xywy", XYWY, source, path, "--graph", graph)
        if source != "xywy"
        else kgtools("load", source, path, "--graph", graph)
    )

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"kgtools: error: {path}{said}")
    assert ran.err.count("\n") == 1


def test_a_bad_cell_or_record_is_refused_with_its_place_and_the_rest_is_loaded(kgtools: Run, tmp_path: Path) -> None:
    lines = [
        '{"name": "甲病", "symptom": "头痛", "acompany": ["乙病"]}',
        '{"a": 1}',
        '{"name": "丙病", "cause": {"$date": 1}}',
    ]
    path = write(tmp_path, "medical.json", "\n".join(lines))

    ran = kgtools("load", "xywy", path, "--graph", tmp_path / "graph", "--format", "json")

    assert (ran.code, ran.err) == (0, "")
    (report,) = ran.json
    (cells,) = [row for row in report["counts"] if row["kind"] == "cell" and row["field"] is None]
    assert cells["reasons"] == {"nameless": 1, "not-a-list": 1, "not-text": 1}
    rejects = FolderStore(tmp_path / "graph").inputs().sources[0].rejects
    assert rejects.select("row", "field", "reason").rows() == [
        (1, "symptom", "not-a-list"), (2, "row", "nameless"), (3, "cause", "not-text"),
    ]  # fmt: skip
    assert FolderStore(tmp_path / "graph").entities()["name"].to_list() == ["丙病", "乙病", "甲病"]


def test_a_file_of_whose_facts_none_is_kept_is_refused_though_it_names_entities(kgtools: Run, tmp_path: Path) -> None:
    fields = "title: T\nlicense: MIT\nfields: {}\ntables:\n"
    triples = "  - {files: ['*'], triples: {head: h, head_type: {value: Disease}, relation: r, tail: t}}\n"
    mapping = write(tmp_path, "m.yaml", f"source: mine\n{fields}{triples}")
    path = write(tmp_path, "a.csv", "h,r,t\n甲病,属于,乙\n")
    load = ("load", "table", path, "--mapping", mapping, "--graph", tmp_path / "graph")

    one_line(
        kgtools(*load), "a.csv: mine gives none of its 1 facts (unknown-relation: 1)", "a.csv:2: 属于", "--allow-empty"
    )
    assert not (tmp_path / "graph").exists()
    assert kgtools(*load, "--allow-empty").code == 0


def one_line(ran: Any, *said: str) -> None:
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("kgtools: error: ")
    assert all(words in ran.err for words in said)


def test_a_missing_file_and_a_folder_for_a_file_are_named(kgtools: Run, graph: Path, tmp_path: Path) -> None:
    one_line(kgtools("load", "xywy", tmp_path / "none.json", "--graph", graph), "none.json: no such file")
    one_line(
        kgtools("load", "xywy", SAMPLES, "--graph", graph),
        "samples: is a folder, expected a file; name the files in it",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["load", "xywi", XYWY], "did you mean xywy?"),
        (["load", "xywy"], "the source xywy has no file"),
        (["load", "xywy", XYWY, "--type", "Disease"], "--type means nothing to the source xywy"),
        (["load", "xywy", XYWY, "--mapping", "m.yaml"], "--mapping means nothing to the source xywy"),
        (["load", "health39", HEALTH39, "--counting", "readme"], "no counting 'readme'; there is: paper"),
        (["load", "xywy", XYWY, "xywy", XYWY], "the source xywy is named twice"),
        (["load", "xywy", XYWY, "--dri-run"], "--dri-run"),
        (["load", "xywy", XYWY, "--format", "xml"], "xml"),
        (["query", "MATCH (d:Disease) RETURN d.name AS n", "--param", "name"], "expected NAME=VALUE"),
        (["query", "MATCH (d:Disease) RETURN d.name AS n", "--param", "a b=1"], "expected NAME=VALUE"),
        (
            ["query", "MATCH (d:Disease) RETURN d.name AS n", "--out", "none/a.csv", "--format", "csv"],
            "--out none/a.csv",
        ),
        (["query", "MATCH (d:Disease) RETURN d.name AS n", "--out", "a.csv"], "--out needs --format"),
        (["audit", "--only", "self_loop"], "did you mean self_loops?"),
        (["audit", "--audits", "none"], "none: no such folder"),
        (["names", "add", XYWY], "--license"),
        (["names", "add", XYWY, "--license", "MIT", "--type", "Diseas"], "did you mean Disease?"),
    ],
)
def test_wrong_words_are_one_line_and_the_graph_stays(
    kgtools: Run, graph: Path, words: list[object], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    one_line(kgtools(*words, "--graph", graph), said)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["stats"], ["query", "RETURN 1 AS n"], ["audit"], ["names", "list"]])
def test_asking_where_there_is_no_graph_says_how_to_load_one(kgtools: Run, tmp_path: Path, words: list[str]) -> None:
    one_line(
        kgtools(*words, "--graph", tmp_path / "none"), "none: no graph here; load one first: kgtools load SOURCE FILE"
    )

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["stats"], ["query", "RETURN 1 AS n"], ["audit"], ["load", "xywy", XYWY]])
def test_a_server_that_no_store_knows_is_refused(kgtools: Run, words: list[object]) -> None:
    one_line(kgtools(*words, "--graph", "mysql://me:secret@host"), "--graph mysql://...: no store for mysql")


def test_a_folder_of_other_things_is_refused(kgtools: Run, tmp_path: Path) -> None:
    write(tmp_path, "thesis.docx", b"years of work")

    one_line(kgtools("load", "xywy", XYWY, "--graph", tmp_path), "is not a graph and not empty (thesis.docx)")

    assert [file.name for file in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_graph_in_use_is_refused_with_its_holder(kgtools: Run, graph: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kgtools.kg.stores.folder.store import _lock\n"
        "with _lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(graph)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()

        ran = kgtools("load", "xywy", XYWY, "--graph", graph)
        asked = kgtools("query", "MATCH (d:Disease) RETURN d.name AS n", "--graph", graph, "--format", "csv")

        other.communicate()
    one_line(ran, f"in use by process {other.pid}; wait until it is done and run this again")
    assert (asked.code, asked.out) == (0, "n\n感冒\n")


@pytest.mark.parametrize(
    ("cypher", "said"),
    [
        ("MATCH (d:Disease", "the query ends here; expected"),
        ("MATCH (d) DETACH DELETE d", "kgtools query only reads; it does not DETACH (line 1, column 11)"),
    ],
)
def test_a_query_that_is_wrong_is_shown_with_the_place(kgtools: Run, graph: Path, cypher: str, said: str) -> None:
    ran = kgtools("query", cypher, "--graph", graph)

    first, line, caret = ran.err.splitlines()
    assert ran.code == 2
    assert first.startswith("kgtools: error: ")
    assert said in first
    assert (line.strip(), caret.strip()) == (cypher, "^")


@pytest.mark.parametrize("kilobytes", [1, 4, 16, 32, 64])
def test_a_full_disk_is_one_line_that_says_what_to_do_and_the_old_graph_answers(
    shell: Run, graph: Path, kilobytes: int
) -> None:
    size = kilobytes * 1024

    ran = shell(
        "load", "xywy", XYWY, "--graph", graph,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip

    one_line(ran, "free some space", "untouched")
    assert ran.out == ""
    assert not [place for place in graph.iterdir() if place.name not in ("current", "000001", ".lock")]


def test_a_full_disk_at_the_first_load_leaves_nothing_that_a_second_load_stumbles_over(
    shell: Run, tmp_path: Path
) -> None:
    words = ["load", "xywy", XYWY, "--graph", tmp_path / "graph"]

    one_line(
        shell(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))), "free some space"
    )

    assert shell(*words).code == 0
    assert FolderStore(tmp_path / "graph").triples().height == 2008


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
@pytest.mark.parametrize(
    "words",
    [
        ["query", "MATCH (d:Disease) RETURN d.name AS n"],
        ["query", "MATCH (d:Disease) RETURN d.name AS n", "--format", "csv"],
        ["query", "MATCH (d:Disease) RETURN d.name AS n", "--format", "jsonl"],
        ["query", "MATCH (d:Disease) RETURN d.name AS n", "--format", "parquet"],
        ["stats"],
        ["stats", "--format", "json"],
        ["audit", "--fail-on", "never"],
    ],
)
def test_an_answer_that_cannot_be_written_is_an_error(shell: Run, graph: Path, words: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = shell(*words, "--graph", graph, stdout=full)

    one_line(ran, "the output: No space left on device; free some space")


@pytest.mark.parametrize("style", ["table", "csv", "jsonl", "parquet"])
def test_an_answer_that_nobody_reads_is_no_error(graph: Path, style: str) -> None:
    read, write_ = os.pipe()
    os.close(read)
    command = [
        sys.executable,
        "-m",
        "kgtools.tools.main",
        "query",
        "MATCH (d:Disease) RETURN d.name AS n",
        "--graph",
        str(graph),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}

    done = subprocess.run(
        [*command, "--format", style], stdout=write_, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(write_)

    assert (done.returncode, done.stderr) == (0, b"")

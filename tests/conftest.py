"""What several folders share: the command line, graphs of a few triples, the sample graph and the real files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from kgtools.kg.build.inputs import SourceMetadata, SourceTables
from kgtools.kg.build.load import prepare
from kgtools.kg.build.normalize import clean
from kgtools.kg.graph import change
from kgtools.kg.ontology import Field, SourceInfo, ontology
from kgtools.kg.source import Collector, Options, Reading
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.main import run

pytest_plugins = ["tests.browser", "tests.neo4j.fixtures"]


LONGEST_FIRST = ("train", "docs", "torture", "kg", "templates")
"""Folders of tests, those with the longest files first; what is short fills the gaps at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, lest all processes but one wait for it at the end: all that ask one Neo4j, then those with
    servers of their own, then folder by folder."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("neo4j"):
        return -2 if item.get_closest_marker("xdist_group") else -1
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


TOGETHER, APART = "tests/train/", "tests/train/evaluate/"
"""A folder whose files share what takes long to make: the process that workers are forked from, and small models that have learnt; what needs no
model stands apart."""


class Files(LoadScopeScheduling):
    """Tests of one file run in one process, which keeps its fixtures; those of a group too, whatever their file, and of a folder."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # it would begin with the files of the most tests, not with the longest
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(TOGETHER) and not nodeid.startswith(APART):
            return TOGETHER
        file, _, test = nodeid.partition("::")
        return test.rpartition("]")[2].rpartition("@")[2] if "@" in test.rpartition("]")[2] else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files:
    return Files(config, log)


os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Tests run side by side: torch's threads, which wait for each other in turns, would take ten times as long."""

settings.register_profile("kgtools", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines differ
settings.load_profile("kgtools")

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "kg" / "samples"
REAL = ROOT.parent / "shared" / "data" / "kg"
SAMPLE_FILES = {
    "xywy": [SAMPLES / "xywy" / "medical.json"],
    "health39": [SAMPLES / "39health" / "disease.csv"],
    "cmekg": sorted([*(SAMPLES / "cmekg").glob("*.json"), *(SAMPLES / "cmekg").glob("*.csv")]),
}

Row = tuple[str, ...]
"""(head type, head, field, tail) or, where the tail is not of the relation's first type, with its type behind."""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


@pytest.fixture
def kgtools(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`kgtools WORD...` in this process."""

    def call(*words: object) -> Ran:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture(scope="session")
def shell() -> Callable[..., Ran]:
    """`kgtools WORD...` in a process of its own; `path`: a folder of modules and plugins that it finds too."""

    def call(*words: object, path: Path | None = None, **how: Any) -> Ran:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
        environment |= {"PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8"}
        if path is not None:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(path), os.environ.get("PYTHONPATH"))))
        done = subprocess.run(
            [sys.executable, "-m", "kgtools.tools.main", *map(str, words)],
            env=environment, timeout=120, encoding="utf-8", check=False,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout or "", done.stderr or "")

    return call


def fields() -> dict[str, Field]:
    """Every relation and attribute of the ontology under its own name, `alias` and `class`."""
    words = ontology()
    return (
        {name: Field(relation=name) for name in words.relations}
        | {name: Field(attribute=name) for name in words.attributes}
        | {"alias": Field(alias=True), "class": Field(class_=True)}
    )


@pytest.fixture(scope="session")
def reading_of() -> Callable[..., Reading]:
    """A Reading of rows; `alone`: (type, name) or (type, name, English name) of entities without a triple."""

    def make(
        rows: Sequence[Row] = (),
        alone: Sequence[Row] = (),
        source: str = "tiny",
        residue: dict[str, tuple[str, ...]] | None = None,
        file: str = "tiny.txt",
    ) -> Reading:
        info = SourceInfo(title="Tiny", license="CC0-1.0", residue=residue or {}, fields=fields())
        collect = Collector()
        collect.start(file)
        for line, (head_type, head, field, tail, *tail_type) in enumerate(rows, start=1):
            collect.mention(head_type, head, "name", line)
            collect.say(field, head_type, head, [tail], line, *tail_type)
        for line, (type_, name, *english) in enumerate(alone, start=len(rows) + 1):
            collect.mention(type_, name, "name", line, *english)
        collect.finish()
        return collect.reading(source, info)

    return make


@pytest.fixture(scope="session")
def tables_of(reading_of: Callable[..., Reading]) -> Callable[..., SourceTables]:
    """The tables of a source that says these rows; `raw`: loaded with --raw."""

    def make(
        rows: Sequence[Row] = (), alone: Sequence[Row] = (), source: str = "tiny", raw: bool = False, **how: Any
    ) -> SourceTables:
        cleaned = clean(reading_of(rows, alone, source, **how), raw)
        metadata = SourceMetadata(title="Tiny", license="CC0-1.0", files={}, raw=raw)
        return SourceTables(source, metadata, cleaned.named, cleaned.facts, cleaned.rejects)

    return make


@pytest.fixture(scope="session")
def built_graphs() -> dict[str, Path]:
    """What the sources of a graph say -> a folder that holds it and that no test is given."""
    return {}


@pytest.fixture
def graph_of(
    tmp_path_factory: pytest.TempPathFactory, tables_of: Callable[..., SourceTables], built_graphs: dict[str, Path]
) -> Callable[..., FolderStore]:
    """A graph of one source that says these rows, in a folder of the test's own; the same rows are built once and copied."""

    def make(rows: Sequence[Row] = (), alone: Sequence[Row] = (), **how: Any) -> FolderStore:
        key = repr((rows, alone, how))
        if key not in built_graphs:
            store = FolderStore(tmp_path_factory.mktemp("built") / "graph")
            change(store, lambda inputs: inputs.with_sources([tables_of(rows, alone, **how)]))
            built_graphs[key] = store.folder
        return FolderStore(shutil.copytree(built_graphs[key], tmp_path_factory.mktemp("graph") / "graph"))

    return make


def load(folder: Path, files: dict[str, list[Path]], raw: bool = False) -> FolderStore:
    store = FolderStore(folder)
    change(
        store,
        lambda inputs: inputs.with_sources(
            [prepare(source, paths, Options(), raw)[0] for source, paths in files.items()]
        ),
    )
    return store


@pytest.fixture(scope="session")
def sample_files() -> dict[str, list[Path]]:
    """The sample files of each source."""
    return SAMPLE_FILES


@pytest.fixture(scope="session")
def sample_graph(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """All samples in one graph; no test changes it."""
    return load(tmp_path_factory.mktemp("sample") / "graph", SAMPLE_FILES)


@pytest.fixture(scope="session")
def raw_sample_graph(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """The same, loaded with --raw; no test changes it."""
    return load(tmp_path_factory.mktemp("raw-sample") / "graph", SAMPLE_FILES, raw=True)


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of the published graphs."""
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/kg, which is not part of the project")
    return REAL


@pytest.fixture(scope="session")
def raw_xywy_graph(real_files: Path, tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """xywy-KG as published, loaded with --raw; no test changes it."""
    files = {"xywy": [real_files / "xywy" / "medical.json"]}
    return load(tmp_path_factory.mktemp("raw-xywy") / "graph", files, raw=True)


@pytest.fixture(autouse=True, scope="session")
def no_graph_in_the_environment() -> None:
    """A KGTOOLS_GRAPH of the one who runs the tests does not reach them."""
    os.environ.pop("KGTOOLS_GRAPH", None)

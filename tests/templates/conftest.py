"""Tiny graphs and packs written in the test, and one run on the sample graphs for all tests that only read it."""

import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import polars as pl
import pytest
import yaml

from kgtools.kg.build.inputs import GraphMetadata, Inputs, NamesMetadata, NameTable, SourceMetadata, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.kg.build.normalize import with_ids
from kgtools.kg.cypher.run import Engine
from kgtools.kg.ontology import ontology
from kgtools.kg.stores.reconcile import StoredGraph
from kgtools.kg.tables import FACTS, NAMED, NAMES, REJECTS, Entities, Triples
from tests import forked

SAMPLES = Path(__file__).parents[2] / "kg" / "samples"
LICENSES = {"one": "MIT", "two": "CC-BY-4.0", "three": "LicenseRef-three"}
Said = tuple[str, str, str]


@dataclass
class MemoryTransaction:
    """A change of a graph in memory."""

    store: "Memory"
    inputs: Inputs

    def write(self, inputs: Inputs, entities: Entities, triples: Triples) -> StoredGraph:
        self._new = (inputs, entities, triples)
        return StoredGraph(entities, triples)

    def commit(self) -> None:
        self.store.made_of, self.store.merged = self._new[0], self._new[1:]


class Memory:
    """A store that keeps the merged graph of its inputs in memory."""

    def __init__(self, made_of: Inputs) -> None:
        self.made_of, self.merged = made_of, merge(made_of)

    def has_graph(self) -> bool:
        return True

    @contextmanager
    def changing(self, command: str) -> Iterator[MemoryTransaction]:  # noqa: ARG002
        yield MemoryTransaction(self, self.made_of)

    def inputs(self) -> Inputs:
        return self.made_of

    def metadata(self) -> GraphMetadata:
        return self.made_of.metadata

    def names(self) -> tuple[NameTable, ...]:
        return self.made_of.names

    def read_back(self) -> StoredGraph:
        return StoredGraph(*self.merged)

    def entities(self) -> Entities:
        return self.merged[0]

    def triples(self) -> Triples:
        return self.merged[1]

    def query(self, cypher: str, params: dict[str, Any]) -> tuple[list[str], Iterable[list[Any]]]:
        return self._engine.answer(cypher, params)

    @cached_property
    def _engine(self) -> Engine:
        folder = Path(mkdtemp())
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        files = [folder / f"{name}.parquet" for name in ("entities", "triples")]
        for frame, file in zip(self.merged, files, strict=True):
            frame.write_parquet(file)
        return Engine(*files)


def _source(name: str, said: list[Said]) -> SourceTables:
    relations, attributes = ontology().relations, ontology().attributes
    rows = [
        {
            "kind": "relation" if relation in relations else "attribute" if relation in attributes else relation,
            "head": head,
            "relation": relation,
            "tail": tail,
            "origins": [f"{name}/said.tsv:{row}#{relation}"],
            "doubt": None,
        }
        for row, (head, relation, tail) in enumerate(said, start=1)
    ]
    facts = pl.DataFrame(rows, schema={k: v for k, v in FACTS.columns.items() if k != "id"})
    facts = facts.group_by("kind", "head", "relation", "tail").agg(
        pl.col("origins").explode().sort(), pl.col("doubt").first()
    )
    facts = FACTS.check(with_ids(facts).select(list(FACTS.columns)).sort("id"), name)
    ends = sorted({head for head, _, _ in said} | {tail for _, relation, tail in said if relation in relations})
    named = NAMED.frame([(end, *end.split(":", 1), None, None) for end in ends])
    metadata = SourceMetadata(license=LICENSES[name], files={"said.tsv": name * 8})
    return SourceTables(name, metadata, named, facts, REJECTS.frame())


def _table(name: str, english: Mapping[str, str], license_: str) -> NameTable:
    rows = [(id_.split(":", 1)[1], en, id_.split(":", 1)[0]) for id_, en in sorted(english.items())]
    return NameTable(name, NamesMetadata(license=license_, sha256="0"), NAMES.frame(rows))


@pytest.fixture
def graph() -> Callable[..., Memory]:
    """`graph([(head, relation, tail), ...], two=[...], english={id: name})`: the first list is what source `one` says."""

    def make(
        one: list[Said],
        english: Mapping[str, str] | None = None,
        table: str = "names",
        license_: str = "CC0-1.0",
        **more: list[Said],
    ) -> Memory:
        sources = [_source(name, said) for name, said in {"one": one, **more}.items()]
        return Memory(Inputs(tuple(sources), (_table(table, english, license_),) if english else ()))

    return make


@pytest.fixture(scope="session")
def memory() -> type[Memory]:
    """The store of tiny graphs."""
    return Memory


SYMPTOM: dict[str, Any] = {"head": "Disease", "tail": "Symptom", "relations": ["HAS_SYMPTOM"]}
ZH = "{% block user_1 %}{{ head }}有什么症状？{% endblock %}{% block assistant_1 %}症状：{{ tails | listed }}。{% endblock %}"
EN = "{% block user_1 %}What are the signs of {{ head }}?{% endblock %}{% block assistant_1 %}These: {{ tails | listed }}.{% endblock %}"


@pytest.fixture
def pack_folder(tmp_path: Path) -> Callable[..., Path]:
    """A pack folder with the template `symptom` in both languages, changed as the test says.

    `zh` and `en`: the text of its files (None: no file). Other words change the template in pack.yaml."""

    def make(
        zh: str | bytes | None = ZH,
        en: str | bytes | None = EN,
        name: str = "mine",
        extra: Mapping[str, str] | None = None,
        verbatim: bool = False,
        **info: Any,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        template = {key: value for key, value in {**SYMPTOM, **info}.items() if value is not None}
        about = {
            "name": name,
            "version": "2.1",
            "license": "CC0-1.0",
            "title": "A pack",
            "verbatim": verbatim,
            "templates": {"symptom": template},
        }
        (folder / "pack.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
        files = {"symptom.zh.j2": zh, "symptom.en.j2": en, **(extra or {})}
        for file, text in files.items():
            if text is not None:
                (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return make


def run_kgtools(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, max_file_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own; one from scratch where something is said of it, or where it starts others."""
    if not (cwd or env or max_file_bytes or "--workers" in arguments):
        return forked.run(*arguments)
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({max_file_bytes}, {max_file_bytes}))\n"
    code = (limit if max_file_bytes else "") + "import sys; from kgtools.tools.main import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`command("generate", "--graph", folder, cwd=..., env=..., max_file_bytes=...)`"""
    return run_kgtools


def load_samples(samples: Path, folder: Path, order: tuple[str, ...] = ("xywy", "health39", "cmekg")) -> Path:
    """The three sample graphs with their English names in one graph."""
    cmekg = [*sorted(samples.glob("cmekg/*.json")), *sorted(samples.glob("cmekg/*.csv"))]
    files = {"xywy": [samples / "xywy/medical.json"], "health39": [samples / "39health/disease.csv"], "cmekg": cmekg}
    arguments = [word for name in order for word in (name, *files[name])]
    for command in (["load", *arguments], ["names", "add", SAMPLES / "names.tsv", "--license", "Apache-2.0"]):
        done = run_kgtools(*command, "--graph", folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def sample_loader() -> Callable[..., Path]:
    """`sample_loader(samples, folder, order)`: see load_samples."""
    return load_samples


@pytest.fixture(scope="session")
def named_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the three sample graphs with their English names."""
    return load_samples(SAMPLES, tmp_path_factory.mktemp("sample") / "graph")


@pytest.fixture(scope="session")
def sample_run(named_graph: Path) -> Path:
    """The folder of the records that both packs make of the sample graphs."""
    out = named_graph.parent / "records"
    done = run_kgtools("generate", "--graph", named_graph, "--out", out)
    assert done.returncode == 0, done.stderr
    return out

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgtools.kg.build.inputs import GraphMetadata, Inputs, SourceMetadata
from kgtools.kg.exporters import ExportOptions, export, find, read_graph
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.stores.reconcile import StoredGraph, reconcile
from kgtools.kg.tables import ENTITIES, TRIPLES, Entities, Triples
from kgtools.tools import registry
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.outputs import atomic, staging
from tests.kg.leaving import ALLOWED, WORDS

Run = Callable[..., Any]
ROUND_TRIPS = {
    "rdf": ("graph.ttl", "graph.nt"),
    "graphml": ("graph.graphml",),
    "networkx": ("graph.json",),
    "parquet": ("graph",),
}
EVERY = [(form, name) for form, names in ROUND_TRIPS.items() for name in names]
ALL = [*EVERY, ("neo4j-admin", "csv"), ("sssom", "map.tsv")]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "alias", "伤风"),
    ("Disease", "感冒", "cure_rate", "90%"),
    ("Disease", "感冒", "SHOULD_EAT", "姜"),
    ("Disease", "感冒", "SHOULD_AVOID", "姜"),
]


class Kept:
    """A graph of two tables, as a store gives it."""

    def __init__(self, entities: Entities, triples: Triples) -> None:
        self._tables = entities.sort("id"), triples.sort("id")

    def entities(self) -> Entities:
        return self._tables[0]

    def triples(self) -> Triples:
        return self._tables[1]

    def metadata(self) -> GraphMetadata:
        return GraphMetadata({"s": SourceMetadata(title="S", license="CC0-1.0", files={"f.csv": "00"})})

    def inputs(self) -> Inputs:
        return Inputs()


def contents(place: Path) -> dict[str, bytes]:
    """Every file under a place."""
    if place.is_file():
        return {place.name: place.read_bytes()}
    return {str(file.relative_to(place)): file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file()}


def test_every_format_is_tested_here() -> None:
    assert {form for form, _ in ALL} == set(registry.names("exporters"))
    assert {form for form in registry.names("exporters") if find(form).read} == set(ROUND_TRIPS)


@pytest.mark.parametrize(("form", "name"), EVERY)
def test_what_is_read_back_from_a_format_is_the_graph(
    form: str, name: str, sample_graph: FolderStore, tmp_path: Path
) -> None:
    written = export(form, sample_graph, tmp_path / name, ALLOWED)

    back = read_graph(str(tmp_path / name))

    outcome = reconcile(sample_graph.entities(), sample_graph.triples(), StoredGraph(*back))
    assert outcome.agrees, outcome.differences
    assert len(outcome.rows) > 20
    assert back[0].equals(sample_graph.entities())
    assert back[1].equals(sample_graph.triples())
    assert (written.counts["entities"], written.counts["triples"]) == (1373, 4106)


@pytest.mark.parametrize(("form", "name"), ALL)
def test_the_same_graph_gives_the_same_bytes(form: str, name: str, sample_graph: FolderStore, tmp_path: Path) -> None:
    export(form, sample_graph, tmp_path / "a" / name, ALLOWED)
    export(form, FolderStore(sample_graph.folder), tmp_path / "b" / name, ALLOWED)

    first = contents(tmp_path / "a" / name)

    assert first
    assert first == contents(tmp_path / "b" / name)
    assert not [line for data in first.values() for line in [str(tmp_path).encode()] if line in data]


@pytest.mark.parametrize(("form", "name"), EVERY)
def test_an_empty_graph_comes_back_empty(form: str, name: str, tmp_path: Path) -> None:
    export(form, Kept(ENTITIES.frame(), TRIPLES.frame()), tmp_path / name, ExportOptions(allow_empty=True))

    entities, triples = read_graph(str(tmp_path / name))

    assert (entities.height, triples.height) == (0, 0)


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.sampled_from(
        ['"', "\\", "'", "`", "{{ x }}", "a\nb", "a\r\nb", "\t", "\x0b", "\x00", "\ufffe", "_x000B_", "_x005F_x", "\\u000B",
         "<&>]]>", "\u202eabc", "😀", "%41", "a.", "-", "~", "²①", "#", " ", "@zh", "\u2028", "\x85", "长" * 10_000, "a;b,c|d\x1fe"]
    ),
)  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Entities, Triples]:
    """A graph of a few entities with hostile texts wherever text stands."""
    names = draw(st.lists(HOSTILE, min_size=1, max_size=4, unique=True))
    origins = st.lists(HOSTILE, min_size=1, max_size=3, unique=True).map(lambda tails: sorted(f"s/{t}" for t in tails))
    entities = []
    for name in names:
        aliases = {alias: draw(origins) for alias in sorted(draw(st.sets(HOSTILE, max_size=2)))}
        values = {value: draw(origins) for value in sorted(draw(st.sets(HOSTILE, max_size=2)))}
        said = ({"alias": aliases} if aliases else {}) | ({"cure_rate": values} if values else {})
        english = draw(st.none() | HOSTILE | st.just(""))
        giver = None if english is None else "s"
        text = orjson.dumps(said).decode()
        doubts = sorted(draw(st.sets(HOSTILE, max_size=2)))
        entities.append((f"Disease:{name}", "Disease", name, english, giver, list(aliases), ["s"], text, doubts))
    tails = draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    triples = [
        (f"{place:020x}", f"Disease:{names[0]}", "HAS_COMPLICATION", f"Disease:{tail}", ["s"], draw(origins), None)
        for place, tail in enumerate(tails)
    ]
    return ENTITIES.frame(entities), TRIPLES.frame(triples)


@pytest.mark.parametrize(("form", "name"), EVERY)
@given(graph=graphs())
@settings(max_examples=60)
def test_hostile_texts_come_back_as_they_were(
    form: str, name: str, graph: tuple[Entities, Triples], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = Kept(*graph)
    out = tmp_path_factory.mktemp("hostile") / name

    export(form, store, out, ExportOptions())

    entities, triples = read_graph(str(out))
    assert entities.to_dicts() == store.entities().to_dicts()
    assert triples.to_dicts() == store.triples().to_dicts()


@pytest.mark.parametrize(("form", "name"), [*EVERY, ("neo4j-admin", "csv")])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "stopped"]
)
def test_an_export_that_is_broken_off_leaves_what_was_there(
    form: str,
    name: str,
    error: BaseException,
    graph_of: Run,
    sample_graph: FolderStore,
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    export(form, graph_of(ROWS), tmp_path / name, ExportOptions())
    before = contents(tmp_path)

    def stop(*_: object) -> None:
        raise error

    for module in (atomic, staging):
        monkeypatch.setattr(module, "sync", stop)
    with pytest.raises(type(error)):
        export(form, sample_graph, tmp_path / name, ALLOWED)

    assert contents(tmp_path) == before
    assert not list(tmp_path.rglob(".*"))


def test_files_of_an_earlier_export_that_are_not_written_again_go(graph_of: Run, tmp_path: Path) -> None:
    export("neo4j-admin", graph_of(ROWS), tmp_path / "csv", ExportOptions())
    (tmp_path / "csv" / "import.report").write_text("mine", encoding="utf-8")

    export("neo4j-admin", graph_of(ROWS[:1]), tmp_path / "csv", ExportOptions())

    left = {file.name for file in (tmp_path / "csv").iterdir()}
    assert "HAS_SYMPTOM.csv" in left
    assert "import.report" in left
    assert "SHOULD_EAT.csv" not in left
    assert "Food.header.csv" not in left


@pytest.mark.parametrize("form", ["parquet", "neo4j-admin"])
def test_a_folder_that_holds_something_else_is_refused(
    form: str, kgtools: Run, sample_graph: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")

    ran = kgtools("export", form, tmp_path, "--graph", sample_graph.folder, *WORDS)

    assert ran.code == 2
    assert "is not empty and holds no earlier export" in ran.err
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"


def test_the_manifest_of_a_folder_names_the_sources_with_licences_and_hashes(
    sample_graph: FolderStore, tmp_path: Path
) -> None:
    export("parquet", sample_graph, tmp_path / "out", ALLOWED)

    run = orjson.loads((tmp_path / "out" / "run.json").read_bytes())

    assert run["command"] == "export"
    assert run["entities"] == 1373
    assert run["sources"]["xywy"]["license"] == "LicenseRef-xywy-noncommercial"
    assert set(run["inputs"]) == {f"{s}/{f}" for s, told in run["sources"].items() for f in told["files"]}
    assert set(run["outputs"]) == {file.name for file in (tmp_path / "out").iterdir()}


def test_the_columns_that_the_readme_of_parquet_names_are_those_of_the_tables(
    sample_graph: FolderStore, tmp_path: Path
) -> None:
    export("parquet", sample_graph, tmp_path / "out", ALLOWED)

    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")

    named = [
        name for line in text.splitlines() if line.startswith("| ") for name in line.split(" | ")[0][2:].split(", ")
    ]
    tables = [pl.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in ("entities", "triples")]
    told = [name for name in named if name not in ("column", "---")]
    assert told == [*tables[0].columns, "id", "head", "tail", "relation", "sources", "origins", "contradicts"]
    assert set(told[-7:]) == set(tables[1].columns)


@pytest.fixture
def words(sample_graph: FolderStore, tmp_path: Path) -> Callable[..., tuple[object, ...]]:
    return lambda form, out, *more: ("export", form, tmp_path / out, "--graph", sample_graph.folder, *more, *WORDS)


@pytest.mark.parametrize(
    ("form", "out", "more", "message"),
    [
        ("graphlm", "a.graphml", (), "no exporter is called 'graphlm'; did you mean graphml?"),
        ("rdf", "a.xml", (), "a file of the format rdf ends in .ttl or .nt; name it so"),
        ("networkx", "a.graphml", (), "ends in .json"),
        ("graphml", "a.graphml", ("--base", "urn:x:"), "--base means nothing to the format graphml; leave it out"),
        ("rdf", "a.nt", ("--base", "example"), "--base example: expected an IRI that ends in / or # or :"),
        ("rdf", "a.nt", ("--base", "http://x/<y>/"), "expected an IRI"),
        ("rdf", "folder.nt", (), "is a folder; name a file in it"),
        ("sssom", "folder.tsv", (), "is a folder; name a file in it"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    form: str, out: str, more: tuple[str, ...], message: str, words: Run, kgtools: Run, tmp_path: Path
) -> None:
    for name in ("folder.nt", "folder.tsv"):
        (tmp_path / name).mkdir()

    ran = kgtools(*words(form, out, *more))

    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert {file.name for file in tmp_path.iterdir()} == {"folder.nt", "folder.tsv"}


def test_export_says_what_it_wrote_to_people_and_to_programs(words: Run, kgtools: Run, tmp_path: Path) -> None:
    table = kgtools(*words("graphml", "sub/a.graphml"))
    told = kgtools(*words("graphml", "sub/a.graphml", "--format", "json")).json

    size = (tmp_path / "sub" / "a.graphml").stat().st_size
    assert told["counts"] == {"entities": 1373, "triples": 4106}
    beside = (tmp_path / "sub" / "a.graphml.licenses.md").stat().st_size
    assert told["files"] == {"a.graphml": size, "a.graphml.licenses.md": beside}
    assert f"1,373 entities, 4,106 triples as graphml (2 files, {size + beside:,} bytes)" in table.out


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ttl", "@prefix x: <urn:x:> .\nx:a x:b x:c .\n", "no graph that kgtools export rdf wrote"),
        ("a.ttl", "this is not turtle", "not Turtle"),
        ("a.nt", "<urn:a> <urn:b> <urn:c> .\n", "no graph that kgtools export rdf wrote"),
        ("a.json", "{", "not valid JSON"),
        ("a.json", "[]", "no graph that kgtools export networkx wrote"),
        ("a.json", '{"nodes": [{"id": 1}], "edges": []}', "no graph that kgtools export networkx wrote"),
        ("a.graphml", "<graphml><node", "not GraphML"),
        ("a.graphml", "", "is empty"),
        ("a.graphml", '<graphml><graph><node id="a"/></graph></graphml>', "a.graphml: not a table of entities"),
        ("a.csv", "x", "no graph here"),
    ],
)
def test_a_file_that_is_no_graph_of_ours_is_named(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=name) as caught:
        read_graph(str(tmp_path / name))

    assert message in str(caught.value)


def test_a_place_where_nothing_is_names_what_could_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder; .*\.graphml, \.json, \.ttl, \.nt"):
        read_graph(str(tmp_path / "none"))
    with pytest.raises(InputError, match="no graph here"):
        read_graph(str(tmp_path))


def test_a_format_whose_module_is_broken_harms_no_other(
    sample_graph: FolderStore, tmp_path: Path, monkeypatch: Any
) -> None:
    export("graphml", sample_graph, tmp_path / "a.graphml", ALLOWED)
    whole = registry.find

    def broken(group: str, name: str, kind: type | None = None) -> Any:
        if name == "networkx":
            raise UsageError("cannot be loaded")
        return whole(group, name, kind)

    monkeypatch.setattr(registry, "find", broken)

    assert read_graph(str(tmp_path / "a.graphml"))[0].height == 1373

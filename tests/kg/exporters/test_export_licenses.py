"""What an export says of licences, and which graphs may not leave."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import orjson
import polars as pl
import pytest
import yaml
from rdflib import RDFS, Graph, URIRef
from rdflib.namespace import DCTERMS

from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable, SourceTables
from kgtools.kg.exporters import ExportOptions, export, read_graph
from kgtools.kg.exporters.rdf_terms import BASE
from kgtools.kg.graph import change
from kgtools.kg.licenses import licence_path, license_of
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import NAMES
from kgtools.tools.errors import Findings, UsageError
from tests.kg.leaving import ALLOWED

Run = Callable[..., Any]
Make = Callable[..., FolderStore]
FORMATS = [
    ("rdf", "graph.ttl"), ("rdf", "graph.nt"), ("graphml", "graph.graphml"), ("networkx", "graph.json"), ("parquet", "graph"),
    ("neo4j-admin", "csv"), ("sssom", "map.tsv"),
]  # fmt: skip
COLD = ("Disease", "感冒", "HAS_SYMPTOM", "头痛")
FLU = ("Disease", "流感", "HAS_SYMPTOM", "发热")
CLASH = {"a": "CC-BY-SA-4.0", "b": "CC-BY-NC-4.0"}


@pytest.fixture
def graph(
    tmp_path_factory: pytest.TempPathFactory, tables_of: Callable[..., SourceTables], built_graphs: dict[str, Path]
) -> Make:
    """A graph of sources under these licences, and of a table that calls 头痛 headache."""

    def make(sources: dict[str, Any], names: Any = None) -> FolderStore:
        def inputs(before: Inputs) -> Inputs:
            tables = [tables_of([COLD if name == "a" else FLU], source=name) for name in sources]
            licensed = [
                replace(t, metadata=replace(t.metadata, license=sources[t.name], license_note=f"note | of\n{t.name}"))
                for t in tables
            ]
            named = before.with_sources(licensed)
            metadata = NamesMetadata(file="n.tsv", sha256="ab", license=names, names=1)
            return named if names is None else named.with_names(NameTable("hpo", metadata, NAMES.frame([("头痛", "headache", None)])))  # fmt: skip

        key = repr(("licences", sources, names))
        if key not in built_graphs:
            store = FolderStore(tmp_path_factory.mktemp("built") / "graph")
            change(store, inputs)
            built_graphs[key] = store.folder
        return FolderStore(shutil.copytree(built_graphs[key], tmp_path_factory.mktemp("graph") / "graph"))

    return make


def note_of(out: Path) -> str:
    """The text that tells of the licences of an export."""
    return (out / "LICENSES.md" if out.is_dir() else licence_path(out)).read_text(encoding="utf-8")


@pytest.mark.parametrize(("form", "name"), FORMATS)
def test_a_graph_under_a_licence_that_forbids_it_stays(form: str, name: str, graph: Make, tmp_path: Path) -> None:
    store = graph({"a": "MIT", "b": "LicenseRef-secret"}, "CC-BY-ND-4.0")

    with pytest.raises(Findings) as refused:
        export(form, store, tmp_path / "out" / name, ExportOptions())

    assert "written: CC-BY-ND-4.0 (hpo): section 2(a)(1)" in str(refused.value)
    assert "LicenseRef-secret (b): not in the table of licences: nobody has read what it says" in str(refused.value)
    assert str(refused.value).endswith("--allow-license 'CC-BY-ND-4.0' --allow-license 'LicenseRef-secret'")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("form", "name"), FORMATS)
def test_a_graph_of_sources_that_cannot_both_be_satisfied_stays(
    form: str, name: str, graph: Make, tmp_path: Path
) -> None:
    with pytest.raises(Findings) as refused:
        export(
            form, graph(CLASH), tmp_path / "out" / name, ExportOptions(allow_license=("CC-BY-NC-4.0", "CC-BY-SA-4.0"))
        )

    assert "written: CC-BY-NC-4.0 AND CC-BY-SA-4.0 cannot be satisfied together" in str(refused.value)
    assert "CC-BY-NC-4.0 (b) may be passed on, not for commercial use (section" in str(refused.value)
    assert "CC-BY-SA-4.0 (a) wants it passed on under CC-BY-SA-4.0 or GPL-3.0-only" in str(refused.value)
    assert "Leave one of the sources out (kgtools unload NAME); or if" in str(refused.value)
    assert str(refused.value).endswith("--allow-license 'CC-BY-NC-4.0 AND CC-BY-SA-4.0'")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("form", "name"), FORMATS)
@pytest.mark.parametrize("old", [False, True])
def test_a_graph_for_which_the_user_answers_leaves_with_its_licences_told(
    form: str, name: str, old: bool, graph: Make, tmp_path: Path
) -> None:
    allowed = ExportOptions(allow_license=("CC-BY-NC-4.0 AND CC-BY-SA-4.0", "licenseref-secret"), allow_empty=True)
    if old:
        export(form, graph({"a": "MIT"}), tmp_path / name, ExportOptions(allow_empty=True))
        assert "SPDX-License-Identifier: MIT\n" in note_of(tmp_path / name)

    written = export(form, graph(CLASH, "LicenseRef-secret"), tmp_path / name, allowed)

    note = note_of(tmp_path / name)
    assert "SPDX-License-Identifier: CC-BY-SA-4.0 AND CC-BY-NC-4.0 AND LicenseRef-secret\n" in note
    assert "| source | a | Tiny | CC-BY-SA-4.0 | 3 | note \\| of a |" in note
    assert "| English names | hpo | hpo | LicenseRef-secret | 1 |  |" in note
    assert "`CC-BY-NC-4.0`: may be passed on, not for commercial use. section 2(a)(1)" in note
    assert "`LicenseRef-secret`: may NOT be passed on; whoever exported this said that they may" in note
    assert "`CC-BY-NC-4.0 AND CC-BY-SA-4.0`: cannot be satisfied together" in note
    assert {"LICENSES.md", f"{name}.licenses.md"} & set(written.files)


@pytest.mark.parametrize(
    ("license_", "name"),
    [
        ("HPO", "HPO"),
        ("site copyright", "LicenseRef-unread-site-copyright"),
        ("MIT License", "LicenseRef-unread-MIT-License"),
        ("free for research or MIT", "LicenseRef-unread-free-for-research-MIT"),
        ("MIT) OR (MIT", "LicenseRef-unread-MIT-MIT"),
        ("((", "LicenseRef-unread"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_licence_of_an_old_graph_that_is_none_counts_as_unread_and_is_named(
    license_: str | None, name: str, graph: Make, tmp_path: Path
) -> None:
    store = graph({"a": license_, "b": "MIT"})

    with pytest.raises(Findings) as refused:
        export("parquet", store, tmp_path / "out", ExportOptions())
    export("parquet", store, tmp_path / "out", ExportOptions(allow_license=(name,)))

    assert f"{name} (a): " in str(refused.value)
    assert str(refused.value).endswith(f"--allow-license '{name}'")
    assert f"| {license_ or 'unknown'} | 3 |" in note_of(tmp_path / "out")
    assert f"`{name}`: may NOT be passed on" in note_of(tmp_path / "out")


def test_a_word_that_is_no_licence_is_not_taken_for_one(graph: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--allow-license 'GPLv3': .*did you mean GPL-3.0-only or GPL-3.0-or-later\?"):
        export("parquet", graph({"a": "MIT"}), tmp_path / "out", ExportOptions(allow_license=("GPLv3",)))


def test_of_a_choice_between_licences_the_graph_takes_the_one_that_lets_it_leave(graph: Make, tmp_path: Path) -> None:
    store = graph({"a": "CC-BY-NC-4.0 OR MIT", "b": "CC-BY-SA-4.0"})

    export("parquet", store, tmp_path / "out", ExportOptions())

    note = note_of(tmp_path / "out")
    assert "SPDX-License-Identifier: (CC-BY-NC-4.0 OR MIT) AND CC-BY-SA-4.0" in note
    assert "`MIT`: may be passed on" in note
    assert "`CC-BY-NC-4.0`" not in note


@pytest.mark.parametrize("ending", ["ttl", "nt"])
def test_rdf_has_the_licences_at_its_ontology(ending: str, graph: Make, tmp_path: Path) -> None:
    export("rdf", graph({"a": "MIT", "b": "ISC"}, "CC0-1.0"), tmp_path / f"g.{ending}", ExportOptions())

    rdf = Graph().parse(tmp_path / f"g.{ending}")
    whole = URIRef(f"{BASE}ontology:")
    documents = {str(rdf.value(each, DCTERMS.identifier)): each for each in rdf.objects(whole, DCTERMS.license)}
    assert set(documents) == {"MIT", "ISC", "CC0-1.0"}
    assert str(rdf.value(whole, DCTERMS.rights)).startswith("SPDX-License-Identifier: MIT AND ISC AND CC0-1.0\n")
    assert "may be passed on" in str(rdf.value(documents["ISC"], DCTERMS.description))
    assert rdf.value(documents["MIT"], RDFS.seeAlso) == URIRef("http://spdx.org/licenses/MIT")


def test_graphml_and_node_link_json_have_the_licence_as_an_attribute_of_the_graph(graph: Make, tmp_path: Path) -> None:
    store = graph({"a": "MIT", "b": "CC-BY-4.0"})
    export("graphml", store, tmp_path / "g.graphml", ExportOptions())
    export("networkx", store, tmp_path / "g.json", ExportOptions())

    link = nx.node_link_graph(json.loads((tmp_path / "g.json").read_bytes()), edges="edges")
    assert ElementTree.parse(tmp_path / "g.graphml").getroot().find("{*}graph/{*}data[@key='graph_license']").text == (
        "MIT AND CC-BY-4.0"
    )
    assert nx.read_graphml(tmp_path / "g.graphml").graph["license"] == link.graph["license"] == "MIT AND CC-BY-4.0"
    assert "CC-BY-4.0: may be passed on" in link.graph["rights"]


def test_a_parquet_file_tells_its_licence_without_its_folder(graph: Make, tmp_path: Path) -> None:
    export("parquet", graph({"a": "CC-BY-4.0"}), tmp_path / "out", ExportOptions())

    for name in ("entities", "triples"):
        metadata = pl.read_parquet_metadata(tmp_path / "out" / f"{name}.parquet")
        assert metadata["license"] == "CC-BY-4.0"
        assert "may be passed on" in metadata["rights"]
    run = orjson.loads((tmp_path / "out" / "run.json").read_bytes())
    assert run["license"] == "CC-BY-4.0"
    assert "LICENSES.md" in run["outputs"]
    assert "LICENSES.md" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_steps_of_an_import_into_neo4j_tell_the_licence(graph: Make, tmp_path: Path) -> None:
    export("neo4j-admin", graph({"a": "CC-BY-4.0"}), tmp_path / "csv", ExportOptions())

    assert "Licence: CC-BY-4.0\nLICENSES.md says" in (tmp_path / "csv" / "IMPORT.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("sources", "slot"),
    [
        ({"a": "CC0-1.0"}, "http://spdx.org/licenses/CC0-1.0"),
        ({"a": "MIT", "b": "ISC"}, "https://w3id.org/sssom/license/unspecified"),
    ],
)
def test_sssom_has_the_licence_among_its_metadata(
    sources: dict[str, str], slot: str, graph: Make, tmp_path: Path
) -> None:
    export("sssom", graph(sources), tmp_path / "map.tsv", ExportOptions(allow_empty=True))

    head = [line[1:] for line in (tmp_path / "map.tsv").read_text(encoding="utf-8").splitlines() if line[0] == "#"]
    metadata = yaml.safe_load("\n".join(head))
    assert metadata["license"] == slot
    assert metadata["comment"].startswith(f"SPDX-License-Identifier: {' AND '.join(sources.values())} ")


def test_align_writes_no_sssom_of_a_graph_that_may_not_leave_and_changes_nothing(
    kgtools: Run, graph: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = graph({"a": "unknown"})
    before = sorted(store.folder.iterdir())
    words = ("align", "--graph", store.folder, "--sssom", "map.tsv")

    refused = kgtools(*words)
    assert (refused.code, sorted(tmp_path.iterdir()), sorted(store.folder.iterdir())) == (1, [], before)
    allowed = kgtools(*words, "--allow-license", "unknown")

    assert "--allow-license 'unknown'" in refused.err
    assert allowed.code == 0
    assert "`unknown`: may NOT be passed on" in note_of(tmp_path / "map.tsv")
    assert kgtools("align", "--graph", store.folder, "--allow-license", "unknown").code == 2


def test_the_command_refuses_with_1_and_writes_with_the_licences_named(
    kgtools: Run, sample_graph: FolderStore, tmp_path: Path
) -> None:
    words = ("export", "graphml", tmp_path / "g.graphml", "--graph", sample_graph.folder)

    refused = kgtools(*words)
    assert list(tmp_path.iterdir()) == []
    some = kgtools(*words, "--allow-license", ALLOWED.allow_license[0])
    done = kgtools(*words, *(word for each in ALLOWED.allow_license for word in ("--allow-license", each)))

    assert (refused.code, some.code, done.code) == (1, 1, 0)
    for name in ALLOWED.allow_license:
        assert f"--allow-license '{name}'" in refused.err
        assert (f"--allow-license '{name}'" in some.err) == (name != ALLOWED.allow_license[0])
    assert kgtools("diff", sample_graph.folder, tmp_path / "g.graphml").code == 0


@pytest.mark.parametrize(("form", "name"), FORMATS[:5])
def test_what_leaves_comes_back_though_its_licences_are_told_in_it(
    form: str, name: str, graph: Make, tmp_path: Path
) -> None:
    store = graph(CLASH | {"c": '"odd" <licence> & 1'}, "MIT WITH \\ x")

    export(form, store, tmp_path / name, ExportOptions(allow_license=(license_of(store.metadata()),)))

    back = read_graph(str(tmp_path / name))
    assert back[0].equals(store.entities())
    assert back[1].equals(store.triples())


def test_a_folder_in_the_place_of_the_licences_is_named(graph: Make, tmp_path: Path) -> None:
    (tmp_path / "g.graphml.licenses.md").mkdir()

    with pytest.raises(UsageError, match=r"g\.graphml\.licenses\.md: is a folder"):
        export("graphml", graph({"a": "MIT"}), tmp_path / "g.graphml", ExportOptions())
    assert [file.name for file in tmp_path.iterdir()] == ["g.graphml.licenses.md"]

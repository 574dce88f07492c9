import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.inputs import Inputs, NamesMetadata, NameTable
from kgtools.kg.diff import diff
from kgtools.kg.exporters import ExportOptions, export
from kgtools.kg.exporters.neo4j_admin import write
from kgtools.kg.graph import change, verify
from kgtools.kg.stores import open_store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.tables import ENTITIES, NAMES, TRIPLES
from kgtools.tools.errors import InputError
from tests.kg.leaving import ALLOWED
from tests.neo4j.java import Runtime
from tests.neo4j.login import Login
from tests.neo4j.server import Server, environment

Own = Callable[..., Server]
NAME = "奇\"怪`的'\\ {{ x }} ;,| \u202eabc😀"
ROWS = [
    ("Disease", NAME, "HAS_SYMPTOM", "头痛"),
    ("Disease", NAME, "alias", "a;b,c"),
    ("Disease", NAME, "alias", '"'),
    ("Disease", NAME, "cause", "一\n二\r\n三"),
    ("Disease", "长" * 9000, "HAS_COMPLICATION", NAME),
    ("Drug", "甲", "INDICATED_FOR", NAME),
    ("Drug", "甲", "CONTRAINDICATED_FOR", NAME),
]
INDEXES = (
    "SHOW INDEXES YIELD name, labelsOrTypes, properties, type, owningConstraint WHERE type = 'RANGE' "
    "RETURN name, labelsOrTypes, properties, owningConstraint ORDER BY name"
)
GRAPH = (
    "MATCH (n) RETURN labels(n) AS labels, properties(n) AS has ORDER BY labels, has.id",
    "MATCH (h)-[r]->(t) RETURN h.id AS head, type(r) AS relation, t.id AS tail, properties(r) AS has ORDER BY has.id",
    INDEXES,
)


@pytest.fixture
def store(graph_of: Callable[..., FolderStore]) -> FolderStore:
    store = graph_of(ROWS, alone=[("Symptom", "头痛", "headache")], raw=True)  # with names that cleaning refuses
    metadata = NamesMetadata(file="n.tsv", sha256="ab", license="MIT", names=1)
    table = NameTable("mine", metadata, NAMES.frame([("甲", ' a "drug"\nof two lines ', None)]))
    change(store, lambda inputs: inputs.with_names(table))
    return store


def imported(server: Server, runtime: Runtime, folder: Path, script: Path) -> None:
    """Run import.sh with the real importer, start the server and run after.cypher."""
    server.write_settings()
    command = runtime.command("org.neo4j.cli.AdminTool", heap=server.heap, brief=True)
    script.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in command) + ' "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    home = {"NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home / "conf"), "NEO4J_ADMIN": str(script)}
    done = subprocess.run(
        ["sh", folder / "import.sh"],
        env=environment() | home,
        cwd=os.sep,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    server.start()
    with server.login.driver() as driver, driver.session() as session:
        for statement in (folder / "after.cypher").read_text(encoding="utf-8").split(";\n")[:-1]:
            session.run(statement.removeprefix(":auto ")).consume()


@pytest.mark.parametrize("which", ["hostile", "sample"])
def test_the_imported_database_is_the_one_that_a_load_makes(
    which: str, store: FolderStore, sample_graph: FolderStore, own_neo4j: Own, neo4j_login: Login,
    neo4j_runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    graph = store if which == "hostile" else sample_graph
    export("neo4j-admin", graph, tmp_path / "csv", ALLOWED)
    change(open_store(neo4j_login.uri), lambda _: graph.inputs())
    by_import = own_neo4j(started=False)

    imported(by_import, neo4j_runtime, tmp_path / "csv", tmp_path / "neo4j-admin")

    for question in GRAPH:
        there, wanted = (login.ask(question) for login in (by_import.login, neo4j_login))
        there, wanted = ([row for row in rows if not is_state(row)] for rows in (there, wanted))
        assert there == wanted
    by_import.login.use(monkeypatch)
    found = open_store(by_import.uri)
    assert verify(found).agrees
    assert diff((graph.entities(), graph.triples()), (found.entities(), found.triples())).same
    assert found.metadata() == graph.metadata()


def is_state(row: dict[str, Any]) -> bool:
    """The first page of the metadata and the lock: what is under way, not what the graph is made of."""
    return row.get("labels") == ["__Kgtools"] and row["has"]["id"] in ("state", "lock")


def test_null_is_an_empty_field_and_empty_text_is_two_quotes(store: FolderStore, tmp_path: Path) -> None:
    export("neo4j-admin", store, tmp_path / "csv", ExportOptions())

    header, rows = (
        (tmp_path / "csv" / f"Symptom.{ending}").read_text(encoding="utf-8") for ending in ("header.csv", "csv")
    )

    assert (
        header
        == "id:ID(entity),name,name_en,name_en_from,aliases:string[],sources:string[],attributes,doubts:string[]\n"
    )
    assert rows == '"Symptom:头痛","头痛","headache","tiny","","tiny","{}",""\n'
    assert '"Disease:' in (tmp_path / "csv" / "Disease.csv").read_text(encoding="utf-8")
    assert ',,,"' in (tmp_path / "csv" / "Disease.csv").read_text(encoding="utf-8")


def test_fields_of_several_lines_and_long_ones_are_announced(
    store: FolderStore, sample_graph: FolderStore, graph_of: Callable[..., FolderStore], tmp_path: Path
) -> None:
    def options(graph: Any) -> str:
        export("neo4j-admin", graph, tmp_path / "csv", ALLOWED)
        return (tmp_path / "csv" / "import.sh").read_text(encoding="utf-8")

    assert "--multiline-fields=true" in options(store)  # an English name
    assert "--multiline-fields=true" in options(sample_graph)  # a cause
    assert "--multiline-fields=false" in options(graph_of([("Disease", "甲", "cause", "长")]))
    assert "--read-buffer-size" not in options(sample_graph)
    long = graph_of([("Disease", "甲", "cause", "长" * 1_000_000)])
    assert "--read-buffer-size=6000" in options(long)


class Kept:
    """A graph that no load would make."""

    def __init__(self, entities: pl.DataFrame) -> None:
        self._entities = entities

    def entities(self) -> pl.DataFrame:
        return self._entities

    def triples(self) -> pl.DataFrame:
        return TRIPLES.frame()

    def inputs(self) -> Inputs:
        return Inputs()


@pytest.mark.parametrize("aliases", [["a\x1fb"], [""]])
def test_a_list_that_the_importer_would_change_is_refused(aliases: list[str], tmp_path: Path) -> None:
    entities = ENTITIES.frame([("Disease:甲", "Disease", "甲", None, None, aliases, ["s"], "{}", [])])

    with pytest.raises(InputError, match=r"Disease:甲: aliases: .*load the graph into the server"):
        write(Kept(entities), tmp_path / "csv", ExportOptions())

    assert not (tmp_path / "csv").exists()

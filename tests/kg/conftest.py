"""Graphs in a Neo4j server, and both stores side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg.build.inputs import SourceTables
from kgtools.kg.graph import change
from kgtools.kg.stores import Store, open_store
from tests.neo4j.login import Login


@pytest.fixture
def neo4j_graph(neo4j_server: Login, monkeypatch: pytest.MonkeyPatch) -> Login:
    """The server of the session without nodes, named in the environment; constraints may be left: they take seconds."""
    neo4j_server.delete()
    neo4j_server.use(monkeypatch)
    return neo4j_server


@pytest.fixture(params=["folder", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def graph_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a graph may be made: in a folder, in a server."""
    return str(tmp_path / "graph") if request.param == "folder" else request.getfixturevalue("neo4j_graph").uri


@pytest.fixture(scope="session")
def say(tables_of: Callable[..., SourceTables]) -> Callable[..., Any]:
    """`say(url, a=[rows], b=[rows])`: the sources a and b say these rows, in the graph at the URL; `raw`: names stay as they are."""

    def graph(url: str, raw: bool = False, **sources: Any) -> Store:
        store = open_store(url)
        told = [tables_of(rows, source=name, raw=raw) for name, rows in sources.items()]
        change(store, lambda inputs: inputs.with_sources(told))
        return store

    return graph

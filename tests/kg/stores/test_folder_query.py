"""Cypher asked of a folder: what comes back, and what is said where nothing can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.kg import columns
from kgtools.kg.graph import change
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import CypherError, StoreError

ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "痛风", "SHOULD_EAT", "豆腐"),
    ("Disease", "痛风", "SHOULD_AVOID", "豆腐"),
    ("Disease", "痛风", "alias", "尿酸病"),
    ("Symptom", "头痛", "RELATED_SYMPTOM", "发热"),
]


@pytest.fixture
def store(graph_of: Callable[..., FolderStore]) -> FolderStore:
    return graph_of(ROWS)


@pytest.mark.parametrize(
    ("cypher", "params", "expected"),
    [
        ("MATCH (d:Disease) RETURN d.name AS n ORDER BY n", {}, [["感冒"], ["痛风"]]),
        ("MATCH (d:Disease) RETURN count(*) AS n", {}, [[2]]),
        ("MATCH (d:Disease {name: $name}) RETURN d.aliases AS a", {"name": "痛风"}, [[["尿酸病"]]]),
        ("MATCH (d:Disease) WHERE d.name IN $names RETURN d.id AS id", {"names": ["感冒", "x"]}, [["Disease:感冒"]]),
        ("MATCH (d:Disease {name: '感冒'})-[r]->(s) RETURN type(r) AS r, labels(s)[0] AS t, s.name AS n ORDER BY n", {},
         [["HAS_SYMPTOM", "Symptom", "发热"], ["HAS_SYMPTOM", "Symptom", "头痛"]]),
        ("MATCH (d:Disease)-[r:SHOULD_EAT]->(f) RETURN r.sources AS s, d.name_en AS en", {}, [[["tiny"], None]]),
        ("UNWIND [1, 2, 3] AS x RETURN sum(x) AS total, max(x) / 2.0 AS half", {}, [[6, 1.5]]),
        ("RETURN $n AS n, $t AS t, $o AS o", {"n": 3, "t": "`'\"", "o": None}, [[3, "`'\"", None]]),
    ],
)  # fmt: skip
def test_an_answer_is_made_of_plain_values(
    store: FolderStore, cypher: str, params: dict[str, Any], expected: list[list[Any]]
) -> None:
    _, rows = store.query(cypher, params)

    answer = list(rows)
    assert answer == expected
    assert [[type(value) for value in row] for row in answer] == [[type(value) for value in row] for row in expected]


def test_a_missing_parameter_is_refused_by_name(store: FolderStore) -> None:
    with pytest.raises(CypherError, match=r"\$name.*--param name="):
        store.query("MATCH (d:Disease {name: $name}) RETURN d.id AS id", {})


def test_a_property_or_label_that_is_not_there_is_refused_with_the_nearest(store: FolderStore) -> None:
    with pytest.raises(CypherError, match="did you mean name"):
        list(store.query("MATCH (d:Disease) RETURN d.nam AS n", {})[1])
    with pytest.raises(CypherError, match="did you mean Disease"):
        list(store.query("MATCH (d:Diseases) RETURN d.name AS n", {})[1])


@pytest.mark.parametrize("name", ["Disease", "a`b", "``", "x y"])
def test_a_quoted_name_ends_where_it_began(name: str) -> None:
    name_in_backticks = columns.quote(name)

    assert name_in_backticks[0] == name_in_backticks[-1] == "`"
    assert name_in_backticks[1:-1].replace("``", "`") == name


def test_an_empty_graph_can_be_asked(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "graph")
    change(store, lambda inputs: inputs)

    columns, rows = store.query("MATCH (n:Disease) RETURN n.name AS name", {})

    assert (columns, list(rows)) == (["name"], [])


def test_many_graphs_can_be_open_at_once(store: FolderStore) -> None:
    asked = [FolderStore(store.folder).query("MATCH (n) RETURN n.id AS id", {}) for _ in range(40)]

    assert {len(list(rows)) for _, rows in asked} == {store.entities().height}


@pytest.mark.parametrize("lost", ["entities.parquet", "triples.parquet"])
def test_rows_that_end_too_early_because_the_graph_is_gone_say_so(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    def answer(*_: Any) -> Any:
        def rows() -> Any:
            yield ["感冒"]
            raise CypherError(f"{lost} cannot be opened")

        return ["name"], rows()

    monkeypatch.setattr("kgtools.kg.cypher.run.Engine.answer", answer)
    _, whole = store.query("MATCH (n) RETURN n.name AS name", {})
    _, cut = store.query("MATCH (n) RETURN n.name AS name", {})

    with pytest.raises(CypherError, match=lost):
        list(whole)
    (store.folder / "000001").rename(store.folder / "elsewhere")
    with pytest.raises(StoreError, match="the graph was changed while it was being read; run this again"):
        list(cut)

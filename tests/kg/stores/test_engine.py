from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.kg.stores import columns
from kgtools.kg.stores.folder import engine
from kgtools.kg.stores.reconcile import reconcile
from kgtools.tools.errors import CypherError, StoreError

Make = Callable[..., SourceTables]
Frames = tuple[pl.DataFrame, pl.DataFrame]

ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "痛风", "SHOULD_EAT", "豆腐"),
    ("Disease", "痛风", "SHOULD_AVOID", "豆腐"),
    ("Disease", "痛风", "alias", "尿酸病"),
    ("Symptom", "头痛", "RELATED_SYMPTOM", "发热"),
]


@pytest.fixture(scope="module")
def frames(tables_of: Make) -> Frames:
    return merge(Inputs((tables_of(ROWS),)))


@contextmanager
def built(folder: Path, entities: pl.DataFrame, triples: pl.DataFrame) -> Iterator[Callable[..., list[str]]]:
    """The engine with these tables; compares it with others."""
    engine.build(folder / "graph.lbug", entities, triples)
    stored = engine.read_back(folder / "graph.lbug")

    def differences(wanted_entities: pl.DataFrame, wanted_triples: pl.DataFrame) -> list[str]:
        rows = reconcile(wanted_entities, wanted_triples, stored).differences
        return [
            f"{row.name}: another checksum" if row.found == row.wanted else f"{row.name}: {row.found} of {row.wanted}"
            for row in rows
        ]

    yield differences


def changed(frame: pl.DataFrame, column: str, old: Any, new: Any) -> pl.DataFrame:
    dtype = frame.schema[column]
    return frame.with_columns(
        pl.Series(column, [new if value == old else value for value in frame[column].to_list()], dtype=dtype)
    )


def test_what_was_built_does_not_differ_from_its_tables(tmp_path: Path, frames: Frames) -> None:
    with built(tmp_path, *frames) as differences:
        assert differences(*frames) == []


def test_a_lost_triple_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    with built(tmp_path, entities, triples.filter(pl.col("tail") != "Symptom:头痛")) as differences:
        assert differences(entities, triples) == ["HAS_SYMPTOM: 1 of 2"]


def test_a_lost_entity_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    more = pl.concat([entities, entities.filter(pl.col("id") == "Food:豆腐").with_columns(id=pl.lit("Food:x"))])
    with built(tmp_path, entities, triples) as differences:
        assert differences(more, triples) == ["Food: 1 of 2"]


def test_a_doubled_triple_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    doubled = pl.concat([triples, triples.filter(pl.col("relation") == "SHOULD_EAT")])
    with built(tmp_path, entities, doubled) as differences:
        assert differences(entities, triples) == ["SHOULD_EAT: 2 of 1"]


def test_a_triple_doubled_in_place_of_another_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    one = triples.filter((pl.col("relation") == "HAS_SYMPTOM") & (pl.col("tail") == "Symptom:头痛"))
    others = triples.filter(pl.col("relation") != "HAS_SYMPTOM")
    with built(tmp_path, entities, pl.concat([others, one, one])) as differences:
        assert differences(entities, triples) == ["HAS_SYMPTOM: another checksum"]


@pytest.mark.parametrize(
    ("column", "old", "new", "where"),
    [
        ("name", "感冒", "感昌", "Disease"),
        ("name", "头痛", "头痛 ", "Symptom"),
        ("name_en", None, "cold", "Disease"),
        ("aliases", ["尿酸病"], [], "Disease"),
        ("aliases", ["尿酸病"], ["尿酸", "病"], "Disease"),
        ("sources", ["tiny"], ["tinx"], "Food"),
        ("attributes", "{}", "", "Food"),
    ],
)
def test_one_changed_value_of_an_entity_is_found(
    tmp_path: Path, frames: Frames, column: str, old: Any, new: Any, where: str
) -> None:
    entities, triples = frames
    of_type = pl.col("type") == where
    other = pl.concat([entities.filter(~of_type), changed(entities.filter(of_type), column, old, new)])
    with built(tmp_path, other, triples) as differences:
        assert differences(entities, triples) == [f"{where}: another checksum"]


@pytest.mark.parametrize(
    ("column", "old", "new", "where"),
    [
        ("sources", ["tiny"], ["tiny", "other"], "RELATED_SYMPTOM"),
        ("origins", ["tiny/tiny.txt:3#SHOULD_EAT"], ["tiny/tiny.txt:4#SHOULD_EAT"], "SHOULD_EAT"),
        ("tail", "Symptom:发热", "Symptom:头痛", "RELATED_SYMPTOM"),
        ("head", "Disease:痛风", "Disease:感冒", "SHOULD_AVOID"),
        ("contradicts", None, "0123456789abcdef0123", "RELATED_SYMPTOM"),
    ],
)
def test_one_changed_value_of_a_triple_is_found(
    tmp_path: Path, frames: Frames, column: str, old: Any, new: Any, where: str
) -> None:
    entities, triples = frames
    of_relation = pl.col("relation") == where
    other = pl.concat([triples.filter(~of_relation), changed(triples.filter(of_relation), column, old, new)])
    with built(tmp_path, entities, other) as differences:
        assert differences(entities, triples) == [f"{where}: another checksum"]


def test_two_entities_of_one_id_are_refused_by_the_engine(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames

    with pytest.raises(StoreError, match=r"could not build the graph: .*primary key"):
        engine.build(tmp_path / "graph.lbug", pl.concat([entities, entities]), triples)


def test_types_that_the_ontology_does_not_allow_together_are_loaded_all_the_same(
    tmp_path: Path, tables_of: Make
) -> None:
    entities, triples = merge(Inputs((tables_of([("Food", "姜", "HAS_SYMPTOM", "咖啡", "Food")]),)))

    with built(tmp_path, entities, triples) as differences:
        assert differences(entities, triples) == []


def test_an_empty_graph_can_be_built_and_asked(tmp_path: Path) -> None:
    entities, triples = merge(Inputs())
    engine.build(tmp_path / "graph.lbug", entities, triples)

    columns, rows = engine.Reader(tmp_path / "graph.lbug").query("MATCH (n:Disease) RETURN n.name AS name", {})

    assert (columns, list(rows)) == (["name"], [])


def test_nothing_of_the_building_stays_behind(tmp_path: Path, frames: Frames) -> None:
    engine.build(tmp_path / "graph.lbug", *frames)

    assert sorted(file.name for file in tmp_path.iterdir()) == ["graph.lbug", "pairs.json"]


def test_a_reader_needs_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        engine.Reader(tmp_path / "graph.lbug")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, frames: Frames) -> engine.Reader:
    path = tmp_path_factory.mktemp("engine") / "graph.lbug"
    engine.build(path, *frames)
    return engine.Reader(path)


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
    reader: engine.Reader, cypher: str, params: dict[str, Any], expected: list[list[Any]]
) -> None:
    _, rows = reader.query(cypher, params)

    answer = list(rows)
    assert answer == expected
    assert [[type(value) for value in row] for row in answer] == [[type(value) for value in row] for row in expected]


def test_a_missing_parameter_is_refused_by_name(reader: engine.Reader) -> None:
    with pytest.raises(CypherError, match=r"\$name.*--param name="):
        reader.query("MATCH (d:Disease {name: $name}) RETURN d.id AS id", {})


def test_a_property_or_label_that_is_not_there_is_refused_with_the_nearest(reader: engine.Reader) -> None:
    with pytest.raises(CypherError, match="did you mean name"):
        list(reader.query("MATCH (d:Disease) RETURN d.nam AS n", {})[1])
    with pytest.raises(CypherError, match="did you mean Disease"):
        list(reader.query("MATCH (d:Diseases) RETURN d.name AS n", {})[1])


@pytest.mark.parametrize("name", ["Disease", "a`b", "``", "x y"])
def test_a_quoted_name_ends_where_it_began(name: str) -> None:
    name_in_backticks = columns.quote(name)

    assert name_in_backticks[0] == name_in_backticks[-1] == "`"
    assert name_in_backticks[1:-1].replace("``", "`") == name


def test_many_databases_can_be_open_at_once(tmp_path: Path, frames: Frames) -> None:
    engine.build(tmp_path / "graph.lbug", *frames)

    readers = [engine.Reader(tmp_path / "graph.lbug") for _ in range(40)]

    assert {len(list(reader.query("MATCH (n) RETURN n.id AS id", {})[1])) for reader in readers} == {frames[0].height}

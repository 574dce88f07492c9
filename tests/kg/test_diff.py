import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.kg.diff import ROWS, diff
from kgtools.kg.exporters import ExportOptions, export
from kgtools.kg.stores.folder.store import FolderStore
from tests.kg.leaving import ALLOWED

Run = Callable[..., Any]
Make = Callable[..., SourceTables]
OLD = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "感冒", "cure_rate", "90%"),
    ("Disease", "感冒", "cost", "100元"),
    ("Disease", "感冒", "alias", "伤风"),
]
NEW = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "SHOULD_EAT", "姜"),
    ("Disease", "感冒", "cure_rate", "95%"),
    ("Disease", "感冒", "cause", "受凉"),
    ("Disease", "感冒", "alias", "伤风"),
]
Change = tuple[Any, ...]


def changes(old: list[Any], new: list[Any], make: Make, **how: Any) -> list[Change]:
    found = diff(merge(Inputs((make(old),))), merge(Inputs((make(new, **how),))))
    return [
        tuple(row[name] for name in ("name", "change", "id", "head", "tail", "column", "old", "new"))
        for row in found.rows.to_dicts()
    ]


def test_a_graph_does_not_differ_from_itself(sample_graph: FolderStore) -> None:
    graph = sample_graph.entities(), sample_graph.triples()

    found = diff(graph, (graph[0].sort("name"), graph[1].sort("tail")))

    assert found.same
    assert sum(count.new for count in found.counts) == 1373 + 4106
    assert all((c.old, c.added, c.removed, c.changed) == (c.new, 0, 0, 0) for c in found.counts)


def test_what_is_added_removed_and_changed_has_a_row_each(tables_of: Make) -> None:
    old, new = merge(Inputs((tables_of(OLD),))), merge(Inputs((tables_of(NEW, file="new.txt"),)))

    found = diff(old, new)

    told = {(c.name, c.old, c.new, c.added, c.removed, c.changed) for c in found.counts}
    assert told == {
        ("Disease", 1, 1, 0, 0, 1),
        ("Symptom", 2, 1, 0, 1, 0),
        ("Food", 0, 1, 1, 0, 0),
        ("HAS_SYMPTOM", 2, 1, 0, 1, 1),
        ("SHOULD_EAT", 0, 1, 1, 0, 0),
    }
    assert list(found.rows.columns) == list(ROWS)
    assert found.rows.select("kind", "name", "change", "column").rows() == [
        ("entity", "Disease", "changed", "attributes.alias"),
        ("entity", "Disease", "changed", "attributes.cause"),
        ("entity", "Disease", "changed", "attributes.cost"),
        ("entity", "Disease", "changed", "attributes.cure_rate"),
        ("entity", "Symptom", "removed", None),
        ("entity", "Food", "added", None),
        ("relation", "HAS_SYMPTOM", "changed", "origins"),
        ("relation", "HAS_SYMPTOM", "removed", None),
        ("relation", "SHOULD_EAT", "added", None),
    ]


def test_an_attribute_says_its_values_or_where_only_these_differ_its_origins(tables_of: Make) -> None:
    rows = {row[5]: row[6:] for row in changes(OLD, NEW, tables_of)}

    assert rows["attributes.cure_rate"] == ('["90%"]', '["95%"]')
    assert rows["attributes.cause"] == (None, '{"受凉":["tiny/tiny.txt:4#cause"]}')
    assert rows["attributes.cost"] == ('{"100元":["tiny/tiny.txt:4#cost"]}', None)
    assert "attributes.alias" not in rows

    moved = {row[5]: row[6:] for row in changes(OLD[2:3], OLD[2:3], tables_of, file="b.txt")}
    assert moved == {
        "attributes.cure_rate": ('{"90%":["tiny/tiny.txt:1#cure_rate"]}', '{"90%":["tiny/b.txt:1#cure_rate"]}')
    }


def test_an_alias_that_changes_is_one_row(tables_of: Make) -> None:
    new = [*OLD[:4], ("Disease", "感冒", "alias", "受寒")]

    (row,) = changes(OLD, new, tables_of)

    assert row == ("Disease", "changed", "Disease:感冒", None, None, "aliases", '["伤风"]', '["受寒"]')


def test_a_source_more_is_a_change_of_the_triple_and_of_its_ends(tables_of: Make) -> None:
    old = Inputs((tables_of(OLD[:1], source="a"),))
    new = Inputs((*old.sources, tables_of(OLD[:1], source="b")))

    found = diff(merge(old), merge(new))

    rows = found.rows.select("id", "head", "tail", "column", "old", "new").rows()
    triple = merge(old)[1]["id"][0]
    assert (triple, "Disease:感冒", "Symptom:头痛", "sources", '["a"]', '["a","b"]') in rows
    assert {row[0] for row in rows} == {triple, "Disease:感冒", "Symptom:头痛"}


FACTS = st.lists(
    st.tuples(
        st.just("Disease"), st.sampled_from("甲乙丙"), st.sampled_from(["HAS_SYMPTOM", "HAS_COMPLICATION", "cause", "alias"]),
        st.sampled_from(["甲", "x", "'\"`\n", "😀"]),
    ),
    max_size=8,
)  # fmt: skip


@given(old=FACTS, new=FACTS)
def test_a_diff_is_the_other_way_round_backwards_and_nothing_is_missed(
    old: list[Any], new: list[Any], tables_of: Make
) -> None:
    graphs = [merge(Inputs((tables_of(rows),))) for rows in (old, new)]

    there, back = diff(graphs[0], graphs[1]), diff(graphs[1], graphs[0])

    swap = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(c.name, c.new, c.old, c.removed, c.added, c.changed) for c in there.counts] == [
        (c.name, c.old, c.new, c.added, c.removed, c.changed) for c in back.counts
    ]
    mirrored = there.rows.with_columns(
        pl.col("change").replace(swap), pl.col("new").alias("old"), pl.col("old").alias("new")
    )
    assert sorted(map(str, mirrored.rows())) == sorted(map(str, back.rows.rows()))
    equal = all(a.equals(b) for a, b in zip(*graphs, strict=True))
    assert there.same == equal
    assert all(c.old + c.added - c.removed == c.new for c in there.counts)


@pytest.fixture
def places(graph_of: Callable[..., FolderStore], tmp_path: Path) -> tuple[Path, Path]:
    export("rdf", graph_of(NEW), tmp_path / "new.ttl", ExportOptions())
    return graph_of(OLD).folder, tmp_path / "new.ttl"


def test_the_command_exits_with_1_where_graphs_differ_and_says_how_much(
    places: tuple[Path, Path], kgtools: Run
) -> None:
    ran = kgtools("diff", *places)

    assert ran.code == 1
    assert f"{places[0]} and {places[1]} differ" in ran.err
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["HAS_SYMPTOM", "2", "1", "0", "1", "0"] in lines
    assert ["removed", "Symptom:发热"] in lines
    assert ["removed", "Disease:感冒", "HAS_SYMPTOM", "Symptom:发热"] in lines


def test_a_graph_and_its_export_are_the_same(sample_graph: FolderStore, tmp_path: Path, kgtools: Run) -> None:
    export("networkx", sample_graph, tmp_path / "a.json", ALLOWED)

    ran = kgtools("diff", sample_graph.folder, tmp_path / "a.json")

    assert ran.code == 0
    assert "are the same: 1,373 entities and 4,106 triples" in ran.out


def test_exit_zero_is_for_those_who_only_want_to_know(places: tuple[Path, Path], kgtools: Run) -> None:
    ran = kgtools("diff", *places, "--exit-zero")

    assert (ran.code, ran.err) == (0, "")


def test_the_rows_are_the_same_in_every_format(places: tuple[Path, Path], kgtools: Run, tmp_path: Path) -> None:
    told = kgtools("diff", *places, "--format", "json").json
    lines = [json.loads(line) for line in kgtools("diff", *places, "--format", "jsonl").out.splitlines()]
    files = {}
    for ending in ("csv", "jsonl", "parquet"):
        assert kgtools("diff", *places, "--rows", tmp_path / f"rows.{ending}").code == 1
        files[ending] = tmp_path / f"rows.{ending}"

    assert told["same"] is False
    assert told["rows"] == lines
    assert len(lines) > 5
    assert [json.loads(line) for line in files["jsonl"].read_text(encoding="utf-8").splitlines()] == lines
    assert pl.read_parquet(files["parquet"]).to_dicts() == lines
    assert pl.read_csv(files["csv"])["id"].to_list() == [row["id"] for row in lines]


def test_many_changes_are_shown_in_part(sample_graph: FolderStore, graph_of: Run, kgtools: Run) -> None:
    ran = kgtools("diff", sample_graph.folder, graph_of(OLD).folder)

    assert "more; --rows FILE writes all of them" in ran.out
    assert len(ran.out.splitlines()) < 80


def test_what_cannot_be_compared_is_named(places: tuple[Path, Path], kgtools: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")

    for old, new, message in (
        (places[0], tmp_path / "none", "none: no such file or folder"),
        (tmp_path / "a.txt", places[0], "a.txt: no graph here"),
        ("ftp://x", places[0], "no store for ftp"),
    ):
        ran = kgtools("diff", old, new)
        assert (ran.code, message in ran.err) == (2, True)
    ran = kgtools("diff", *places, "--rows", tmp_path / "rows.xml")
    assert (ran.code, "ends in .csv, .jsonl or .parquet" in ran.err) == (2, True)


def test_an_alignment_shows_as_what_became_of_the_entities(tables_of: Make) -> None:
    before = merge(Inputs((tables_of(OLD),)))
    text = orjson.dumps({}).decode()
    after = (
        before[0].with_columns(pl.lit(text).alias("attributes"), pl.lit([], pl.List(pl.String)).alias("aliases")),
        before[1],
    )

    rows = diff(before, after).rows

    assert set(rows["column"]) == {"aliases", "attributes.cost", "attributes.cure_rate"}

"""What a folder is found to hold after it was written: its files are read, whatever the tables were in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.inputs import Inputs, SourceTables
from kgtools.kg.build.merge import merge
from kgtools.kg.graph import change
from kgtools.kg.stores.folder import store as folder_store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.kg.stores.reconcile import reconcile
from kgtools.tools.errors import StoreError

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


def differences(folder: Path, written: Frames, wanted: Frames) -> list[str]:
    """How what a folder holds, these tables written to it, differs from others."""
    with FolderStore(folder / "graph").changing("load") as transaction:
        rows = reconcile(*wanted, transaction.write(Inputs(), *written)).differences
    return [
        f"{row.name}: another checksum" if row.found == row.wanted else f"{row.name}: {row.found} of {row.wanted}"
        for row in rows
    ]


def changed(frame: pl.DataFrame, column: str, old: Any, new: Any) -> pl.DataFrame:
    dtype = frame.schema[column]
    return frame.with_columns(
        pl.Series(column, [new if value == old else value for value in frame[column].to_list()], dtype=dtype)
    )


def test_what_was_written_does_not_differ_from_its_tables(tmp_path: Path, frames: Frames) -> None:
    assert differences(tmp_path, frames, frames) == []


def test_a_lost_triple_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    fewer = triples.filter(pl.col("tail") != "Symptom:头痛")

    assert differences(tmp_path, (entities, fewer), frames) == ["HAS_SYMPTOM: 1 of 2"]


def test_a_lost_entity_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    more = pl.concat([entities, entities.filter(pl.col("id") == "Food:豆腐").with_columns(id=pl.lit("Food:x"))])

    assert differences(tmp_path, frames, (more, triples)) == ["Food: 1 of 2"]


def test_a_doubled_entity_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    doubled = pl.concat([entities, entities.filter(pl.col("id") == "Food:豆腐")])

    assert differences(tmp_path, (doubled, triples), frames) == ["Food: 2 of 1"]


def test_a_doubled_triple_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    doubled = pl.concat([triples, triples.filter(pl.col("relation") == "SHOULD_EAT")])

    assert differences(tmp_path, (entities, doubled), frames) == ["SHOULD_EAT: 2 of 1"]


def test_a_triple_doubled_in_place_of_another_is_found(tmp_path: Path, frames: Frames) -> None:
    entities, triples = frames
    one = triples.filter((pl.col("relation") == "HAS_SYMPTOM") & (pl.col("tail") == "Symptom:头痛"))
    others = triples.filter(pl.col("relation") != "HAS_SYMPTOM")

    written = (entities, pl.concat([others, one, one]))
    assert differences(tmp_path, written, frames) == ["HAS_SYMPTOM: another checksum"]


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
        ("name", "感冒", None, "Disease"),
        ("sources", ["tiny"], None, "Food"),
    ],
)
def test_one_changed_value_of_an_entity_is_found(
    tmp_path: Path, frames: Frames, column: str, old: Any, new: Any, where: str
) -> None:
    entities, triples = frames
    of_type = pl.col("type") == where
    other = pl.concat([entities.filter(~of_type), changed(entities.filter(of_type), column, old, new)])

    assert differences(tmp_path, (other, triples), frames) == [f"{where}: another checksum"]


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

    assert differences(tmp_path, (entities, other), frames) == [f"{where}: another checksum"]


def test_types_that_the_ontology_does_not_allow_together_are_loaded_all_the_same(
    tmp_path: Path, tables_of: Make
) -> None:
    tables = merge(Inputs((tables_of([("Food", "姜", "HAS_SYMPTOM", "咖啡", "Food")]),)))

    assert differences(tmp_path, tables, tables) == []


def lose_rows(path: Path) -> None:
    pl.read_parquet(path).head(1).write_parquet(path)


def lose_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def lose_a_column(path: Path) -> None:
    pl.read_parquet(path).drop("sources").write_parquet(path)


def change_a_kind(path: Path) -> None:
    pl.read_parquet(path).with_columns(pl.lit(1).alias("sources")).write_parquet(path)


@pytest.mark.parametrize("name", ["entities.parquet", "triples.parquet"])
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lose_end, "cannot be read (.*); load again: the old graph is untouched"),
        (lose_a_column, "not a table of .*: column 'sources' is missing; load again: the old graph is untouched"),
        (change_a_kind, "column 'sources' holds Int32, .*; load again: the old graph is untouched"),
        (lambda path: path.unlink(), "cannot be read (.*); load again: the old graph is untouched"),
    ],
)
def test_a_file_that_a_disk_spoils_as_it_is_written_is_named_and_the_old_graph_stays(
    graph_of: Callable[..., FolderStore], tables_of: Make, monkeypatch: pytest.MonkeyPatch, name: str,
    harm: Callable[[Path], None], said: str,
) -> None:  # fmt: skip
    store = graph_of(ROWS)
    before = store.triples()
    spoil(monkeypatch, name, harm)

    with pytest.raises(StoreError, match=rf"000002/{name}.*{said}".replace("(.*)", ".*")):
        change(store, lambda inputs: inputs.with_sources([tables_of(ROWS[:1], source="other")]))

    monkeypatch.undo()
    assert FolderStore(store.folder).triples().equals(before)
    assert [path.name for path in store.folder.iterdir() if path.name.isdigit()] == ["000001"]


def test_rows_that_a_disk_loses_are_found_and_the_old_graph_stays(
    graph_of: Callable[..., FolderStore], tables_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = graph_of(ROWS)
    before = store.triples()
    spoil(monkeypatch, "triples.parquet", lose_rows)

    outcome = change(store, lambda inputs: inputs.with_sources([tables_of(ROWS[:2], source="other")]))

    assert not outcome.agrees
    assert sum(row.lost for row in outcome.differences) == before.height - 1
    assert FolderStore(store.folder).triples().equals(before)


def spoil(monkeypatch: pytest.MonkeyPatch, name: str, harm: Callable[[Path], None]) -> None:
    """The table of this name is harmed as soon as it is written."""
    write = folder_store.write_table

    def written(frame: pl.DataFrame, path: Path, **how: Any) -> None:
        write(frame, path, **how)
        if path.name == name and path.parent.name.isdigit():
            harm(path)

    monkeypatch.setattr(folder_store, "write_table", written)


def test_a_generation_holds_its_tables_and_nothing_of_the_building(graph_of: Callable[..., FolderStore]) -> None:
    folder = graph_of(ROWS).folder / "000001"

    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "entities.parquet", "triples.parquet", "run.json", "files.json", "sources/tiny/about.json",
        "sources/tiny/entities.parquet", "sources/tiny/facts.parquet", "sources/tiny/rejects.parquet",
    }  # fmt: skip

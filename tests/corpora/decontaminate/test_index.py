"""Evaluation sets as indexes: saved without their texts, read back, refused where they are of another kind."""

from pathlib import Path

import orjson
import polars as pl
import pytest

from kgtools.corpora.decontaminate import (
    Rules,
    find_contamination,
    index_of,
    load_index,
    open_evalset,
    save_index,
    search_of,
)
from kgtools.corpora.decontaminate.index import KEY
from kgtools.tools.errors import InputError, UsageError
from tests.corpora.decontaminate.questions import CHANGES, EN, ITEMS, ZH, exam, record, row, table

LONG = "这是一段很长的解析，说明为什么选择这一项而不是别的选项，" * 5


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved index of the exam and of a talk with a long answer."""
    rows = pl.concat([exam(), table([row("腰疼怎么办呢，大夫", LONG, "talks")])])
    save_index(index_of(rows), tmp_path / "exam.index")
    return tmp_path / "exam.index"


def test_a_saved_index_finds_what_the_records_find(saved: Path) -> None:
    rows = table([record(change(question)) for change in CHANGES.values() for question in [*ZH, *EN]])
    direct = find_contamination(rows, search_of([index_of(exam())], Rules()))

    found = find_contamination(rows, search_of([open_evalset(saved)], Rules()))

    assert found.height
    assert found.equals(direct)


def test_an_index_holds_no_text_but_the_names_of_sets_and_items(saved: Path) -> None:
    index = pl.read_parquet(saved)

    texts = [name for name, kind in index.schema.items() if kind.base_type() in (pl.String, pl.Binary)]
    assert texts == ["evalset", "item"]
    assert set(index["evalset"]) == {"exam/test", "talks"}
    assert index["item"].str.contains("^[0-9a-f]{20}$").all()
    told = orjson.loads(pl.read_parquet_metadata(saved)[KEY])
    digest = told.pop("sha256")
    assert len(digest) == 64
    assert all(isinstance(value, int | list) for value in told.values())


def test_no_number_of_a_question_is_in_the_order_of_its_letters(saved: Path) -> None:
    index = pl.read_parquet(saved)

    for name in ("runs", "long", "sketch", "options", "options_sketch", "right"):
        assert index[name].list.sort().equals(index[name])


def test_the_same_items_give_the_same_bytes(saved: Path) -> None:
    again = saved.with_name("again.index")

    save_index(load_index(saved), again)

    assert again.read_bytes() == saved.read_bytes()


@pytest.mark.parametrize("version", [0, 1, 2, "3", None])
def test_an_index_of_another_version_is_refused(saved: Path, version: object) -> None:
    text = orjson.dumps({"version": version}).decode()
    pl.read_parquet(saved).write_parquet(saved, metadata={KEY: text})

    with pytest.raises(InputError, match=r"an index of version .*, and this kgtools reads version 3; save it again"):
        open_evalset(saved)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PAR1 and nothing more", "not a Parquet file"),
        (b"", "not a Parquet file"),
        (b"PK\x03\x04", "not a Parquet file"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "x.index"
    file.write_bytes(content)

    with pytest.raises(InputError, match=message):
        open_evalset(file)


def test_a_damaged_index_is_refused_wherever_the_damage_is(saved: Path, tmp_path: Path) -> None:
    whole, items = saved.read_bytes(), open_evalset(saved)
    file = tmp_path / "damaged.index"
    accepted = []
    for at in range(4, len(whole) - 8, max(1, len(whole) // 400)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            read = open_evalset(file)
        except InputError:
            continue
        if not read.equals(items):
            accepted.append(at)

    assert accepted == []


def test_an_index_whose_numbers_were_changed_says_so_and_what_to_do(saved: Path) -> None:
    text = pl.read_parquet_metadata(saved)[KEY]
    pl.read_parquet(saved).with_columns(stem=pl.col("stem") + 1).write_parquet(saved, metadata={KEY: text})

    with pytest.raises(InputError, match=r"is damaged: its items are not those that were saved .* save it again"):
        open_evalset(saved)


@pytest.mark.parametrize("column", ["evalset", "stem", "han", "runs", "choices", "options_sketch"])
def test_the_checksum_covers_every_kind_of_column(saved: Path, column: str) -> None:
    text = pl.read_parquet_metadata(saved)[KEY]
    items = pl.read_parquet(saved)
    turned = items.with_columns(pl.col(column).reverse())
    assert not turned.equals(items)
    turned.write_parquet(saved, metadata={KEY: text})

    with pytest.raises(InputError, match="is damaged"):
        open_evalset(saved)


def test_the_checksum_does_not_depend_on_how_the_file_is_packed(saved: Path) -> None:
    text = pl.read_parquet_metadata(saved)[KEY]
    items = pl.read_parquet(saved)
    items.write_parquet(saved, metadata={KEY: text}, compression="uncompressed", row_group_size=3)

    assert open_evalset(saved).equals(items)


def test_an_index_with_a_column_missing_is_refused(saved: Path) -> None:
    text = pl.read_parquet_metadata(saved)[KEY]
    pl.read_parquet(saved).drop("runs").write_parquet(saved, metadata={KEY: text})

    with pytest.raises(InputError, match="column 'runs' is missing"):
        open_evalset(saved)


def test_a_place_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no records\.parquet"):
        open_evalset(tmp_path)


def test_an_evaluation_set_of_training_records_alone_is_refused_with_the_way_out(tmp_path: Path) -> None:
    table([record(ZH[0], split="train")]).sink_parquet(tmp_path / "records.parquet")

    with pytest.raises(UsageError, match="--split train takes these"):
        open_evalset(tmp_path)
    assert open_evalset(tmp_path, ["train"]).height == 1


def test_the_same_item_twice_is_one() -> None:
    rows = [record(question, told=True, source="exam", split="test") for question in [*ITEMS, *ITEMS]]

    assert index_of(table(rows)).height == len(ITEMS)

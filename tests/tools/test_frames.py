import errno
import resource
from pathlib import Path

import polars as pl
import pytest

from tools.errors import InputError
from tools.files import digest
from tools.frames import Schema, digests, write_table

PETS = Schema("pets", {"name": pl.String, "legs": pl.UInt32, "tags": pl.List(pl.String)}, required=("name",))


def test_a_frame_comes_back_with_the_declared_columns_in_their_order() -> None:
    frame = pl.DataFrame(
        {"more": [1], "legs": [4], "tags": [["a"]], "name": ["cat"]}, schema_overrides={"legs": pl.UInt32}
    )

    checked = PETS.check(frame, "pets.csv")

    assert checked.columns == ["name", "legs", "tags"]
    assert checked.rows() == [("cat", 4, ["a"])]


def test_every_fault_of_a_frame_is_in_the_message() -> None:
    with pytest.raises(InputError) as raised:
        PETS.check(pl.DataFrame({"legs": ["four"]}), "pets.csv")

    assert str(raised.value) == (
        "pets.csv: not a table of pets: column 'name' is missing; column 'tags' is missing; "
        "column 'legs' holds String, expected UInt32"
    )


def test_a_null_is_refused_where_the_column_is_required_and_only_there() -> None:
    assert PETS.check(PETS.frame([("cat", None, None)]), "x").height == 1
    with pytest.raises(InputError, match="column 'name' holds a null"):
        PETS.check(PETS.frame([(None, 4, [])]), "x")


def test_a_frame_can_be_made_of_rows_of_columns_and_of_nothing() -> None:
    rows, columns = PETS.frame([("cat", 4, [])]), PETS.frame({"name": ["cat"], "legs": [4], "tags": [[]]})

    assert rows.equals(columns)
    assert PETS.frame().height == 0
    assert PETS.frame().schema == PETS.check(rows, "x").schema


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_written_table_is_read_back_as_it_was(tmp_path: Path, name: str) -> None:
    frame = PETS.frame([("cat", 4, ["a"]), ("糖", None, [])])

    write_table(frame, tmp_path / name)

    back = pl.read_parquet(tmp_path / name) if name == "a.parquet" else pl.read_ndjson(tmp_path / name)
    assert back.rows() == frame.rows()


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_table_that_finds_no_space_raises_what_a_full_disk_raises(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame({"a": [str(number * 7919) for number in range(10_000)]})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="No space left on device") as raised:
            write_table(frame, tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert raised.value.errno == errno.ENOSPC
    assert raised.value.filename == str(tmp_path / name)


def test_a_column_of_ids_is_the_ids_of_its_texts() -> None:
    texts = ["", "Disease:糖尿病\x1fHAS_SYMPTOM\x1fSymptom:口渴", "😀"]

    assert digests(pl.Series(texts)).to_list() == [digest(text) for text in texts]

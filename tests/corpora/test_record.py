import io
import re
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.record import MESSAGES, RECORDS
from kgtools.tools.errors import InputError

ROW: dict[str, Any] = {
    "id": "3f2a9c",
    "task": "qa",
    "lang": "zh",
    "messages": [
        {"role": "user", "content": "痛风有什么症状？"},
        {"role": "assistant", "content": "关节痛。\n“{{ 7*7 }}” 😀"},
    ],
    "answer": None,
    "facts": ["93f999"],
    "group": "388883",
    "source": "xywy",
    "template": None,
    "license": "CC0-1.0",
    "split": None,
    "hold_out": None,
    "meta": "{}",
}
NULLABLE = {"answer", "template", "split", "hold_out"}


def table(**changed: Any) -> pl.DataFrame:
    return pl.DataFrame([ROW | changed], schema=RECORDS.columns)


def test_a_record_has_these_columns_in_this_order() -> None:
    assert RECORDS.check(table().select(sorted(ROW)), "here").columns == [
        "id", "task", "lang", "messages", "answer", "facts", "group", "source", "template", "license", "split", "hold_out", "meta",
    ]  # fmt: skip


def test_a_table_from_before_anything_was_held_out_holds_nothing_out() -> None:
    assert RECORDS.check(table().drop("hold_out"), "here")["hold_out"].to_list() == [None]


@pytest.mark.parametrize("column", sorted(NULLABLE))
def test_what_a_record_may_lack_is_null(column: str) -> None:
    assert RECORDS.check(table(**{column: None}), "here")[column].to_list() == [None]


@pytest.mark.parametrize("column", sorted(ROW.keys() - NULLABLE))
def test_a_record_without_what_it_needs_is_refused(column: str) -> None:
    with pytest.raises(InputError, match=f"here: not a table of records: column '{column}' holds a null"):
        RECORDS.check(table(**{column: None}), "here")


@pytest.mark.parametrize("column", sorted(ROW.keys() - {"hold_out"}))
def test_a_column_that_is_missing_is_named(column: str) -> None:
    with pytest.raises(InputError, match=f"column '{column}' is missing"):
        RECORDS.check(table().drop(column), "here")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("messages", ["痛风"]),
        ("messages", [[{"role": "user", "text": "痛风"}]]),
        ("facts", ["93f999"]),
        ("id", [7]),
        ("split", [1]),
    ],
)
def test_a_column_of_another_type_is_named(column: str, values: list[Any]) -> None:
    wrong = table().drop(column).with_columns(pl.Series(column, values))

    with pytest.raises(
        InputError, match=f"column '{column}' holds .*, expected {re.escape(str(RECORDS.columns[column]))}"
    ):
        RECORDS.check(wrong, "here")


def test_a_column_that_nobody_asked_for_is_left_out() -> None:
    assert "note" not in RECORDS.check(table().with_columns(note=pl.lit("x")), "here").columns


def test_no_records_are_a_table_too() -> None:
    assert RECORDS.check(RECORDS.frame(), "here").height == 0


def test_a_record_comes_back_from_json_lines_as_it_was() -> None:
    line = table().write_ndjson().encode()

    assert orjson.loads(line) == ROW
    assert pl.read_ndjson(io.BytesIO(line), schema=RECORDS.columns).equals(table())


def test_a_record_comes_back_from_parquet_as_it_was() -> None:
    file = io.BytesIO()
    table().write_parquet(file)
    file.seek(0)

    assert RECORDS.check(pl.read_parquet(file), "here").equals(table())


def test_messages_are_roles_with_contents() -> None:
    assert pl.List(pl.Struct({"role": pl.String, "content": pl.String})) == MESSAGES

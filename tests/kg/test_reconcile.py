"""What was read back against what should be there."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from kg.reconcile import checksum

text = st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), max_size=4)
row = st.tuples(st.none() | text, st.none() | text, st.lists(text, max_size=2))
table = st.lists(row, max_size=8)
SCHEMA = {"a": pl.String, "b": pl.String, "c": pl.List(pl.String)}


@given(table, st.integers(0, 9))
def test_a_checksum_does_not_see_the_order_of_rows(rows: list[Any], seed: int) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")

    assert checksum(frame) == checksum(frame.sample(fraction=1, shuffle=True, seed=seed))


@given(table.filter(bool), st.data())
def test_a_checksum_sees_every_other_change(rows: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(row.filter(lambda drawn: drawn != rows[at]))
    one = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    another = pl.DataFrame([*rows[:at], other, *rows[at + 1 :]], schema=SCHEMA, orient="row")

    assert checksum(one) != checksum(another)

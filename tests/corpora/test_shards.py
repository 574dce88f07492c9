"""Tables read a batch at a time."""

from pathlib import Path

import polars as pl
import pytest

from kgtools.corpora.record_files import batches
from kgtools.corpora.split import index, proof
from kgtools.corpora.split.plan import Rule, SplitPlan


def test_numbered_batches_hold_the_number_of_each_row_of_the_table(tmp_path: Path) -> None:
    pl.DataFrame({"id": list("abcde")}).write_parquet(tmp_path / "rows.parquet")

    found = list(batches(pl.scan_parquet(tmp_path / "rows.parquet"), 2, numbered=True))

    assert [batch.rows() for batch in found] == [[(0, "a"), (1, "b")], [(2, "c"), (3, "d")], [(4, "e")]]
    assert found[0].schema["row"] == pl.UInt32


def test_what_is_read_in_batches_reads_no_more_of_the_file_than_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "records.parquet"
    turn = {"role": "user", "content": "?"}
    pl.DataFrame({
        "id": ["a"], "group": ["a"], "facts": [["f"]], "split": ["test"], "source": ["s"], "task": ["qa"], "lang": ["zh"],
        "messages": [[turn]], "answer": [None], "meta": ["{}"],
    }).write_parquet(path)  # fmt: skip
    plans = []

    def look(rows: pl.LazyFrame, *_: object) -> list[pl.DataFrame]:
        plans.append(rows.slice(1, 1).explain())
        return list(batches(rows))

    monkeypatch.setattr(proof, "batches", look)
    monkeypatch.setattr(index, "batches", look)
    plan = SplitPlan(rules=(Rule(shares={"train": 0.9, "test": 0.1}),))

    proof.prove(path)
    index.index_of(pl.scan_parquet(path), plan)
    list(index.reader_of(pl.scan_parquet(path), plan)())

    assert len(plans) == 5
    for told in plans:
        assert "SLICE: Positive { offset: 1, len: 1 }" in told  # of the file itself, not of what is made of it

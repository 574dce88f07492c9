"""Templates from Python: the same files and figures as the commands, in a result with names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgtools.corpora.record import RECORDS
from kgtools.templates import api
from kgtools.templates.lineage import RecordTrace, TripleTrace
from kgtools.tools.errors import UsageError


def test_generate_writes_what_its_command_writes_and_says_what_it_prints(
    kgtools: Callable[..., Any], named_graph: Path, tmp_path: Path
) -> None:
    result = api.generate(named_graph, pack="clinicalgpt", lang=["zh"], count=20, seed=4, out=tmp_path / "a")
    ran = kgtools(
        "generate", "--graph", named_graph, "--pack", "clinicalgpt", "--lang", "zh", "--count", "20", "--seed", "4",
        "--out", tmp_path / "b", "--format", "json",
    )  # fmt: skip

    assert result.to_dict() == ran.json
    assert (result.written, result.table, result.records.collect().columns) == (20, "records", list(RECORDS.columns))
    files = [{file.name: file.read_bytes() for file in (tmp_path / out).iterdir()} for out in "ab"]
    assert files[0] == files[1] != {}


def test_facts_that_are_in_no_record_are_counted_by_language_and_reason(named_graph: Path, tmp_path: Path) -> None:
    result = api.generate(named_graph, lang="zh,en", out=tmp_path / "out")

    coverage = result.coverage.collect()
    assert sum(result.drops.values()) == coverage["reason"].count()
    assert result.drops["en: no-english-name"] > 0


def test_records_are_exported_in_another_format_beside(named_graph: Path, tmp_path: Path) -> None:
    licenses = ("LicenseRef-39health-unstated", "LicenseRef-cmekg-unstated", "LicenseRef-xywy-noncommercial")

    result = api.generate(
        named_graph, count=10, out=tmp_path / "out", export="sharegpt", allow_license=licenses, allow_identified=True
    )

    assert result.exported is not None
    assert (result.exported.written, result.exported.out) == (10, tmp_path / "out" / "sharegpt")
    assert (tmp_path / "out" / "sharegpt" / "run.json").is_file()


def test_a_record_is_traced_to_its_triples_and_a_triple_to_its_records(named_graph: Path, tmp_path: Path) -> None:
    records = api.generate(named_graph, count=5, out=tmp_path / "out").records.collect()
    record = records.row(0, named=True)

    trace = api.trace(record["id"], graph=named_graph, records=tmp_path / "out")
    back = api.trace(triple=record["facts"][0], graph=named_graph, records=tmp_path / "out")

    assert isinstance(trace, RecordTrace)
    assert isinstance(back, TripleTrace)
    assert (trace.doubt, back.doubt) == ("", "")
    assert {triple.id for triple in trace.triples} == set(record["facts"])
    assert record["id"] in [row["id"] for row in back.records]


def test_a_trace_is_of_a_record_or_of_a_triple() -> None:
    with pytest.raises(UsageError, match="one record, or one triple"):
        api.trace()

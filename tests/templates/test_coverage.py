"""What became of each fact, counted: kgtools coverage."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def table(sample_run: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(sample_run / "coverage.parquet").to_dicts()


def test_the_counts_are_those_of_the_table(kgtools: Run, sample_run: Path, table: list[dict[str, Any]]) -> None:
    counts = kgtools("coverage", "--records", sample_run, "--format", "json").json

    keys = ("kind", "relation", "lang")
    fates = Counter((*(row[key] for key in keys), row["reason"] or "exported") for row in table)
    told = {(*(row[key] for key in keys), reason): n for row in counts for reason, n in row["reasons"].items()}
    told |= {(*(row[key] for key in keys), "exported"): row["exported"] for row in counts if row["exported"]}
    assert told == fates
    assert sum(row["facts"] for row in counts) == len(table) > 1_000


def test_every_format_has_the_same_numbers(kgtools: Run, sample_run: Path) -> None:
    counts = kgtools("coverage", "--records", sample_run, "--format", "json").json
    row = next(row for row in counts if row["relation"] == "HAS_DRUG" and row["lang"] == "en")
    share = f"{row['exported'] / row['facts']:.1%}"

    lines = list(csv.DictReader(kgtools("coverage", "--records", sample_run, "--format", "csv").out.splitlines()))
    pages = {
        style: kgtools("coverage", "--records", sample_run, "--format", style).out for style in ("markdown", "latex")
    }

    of_drugs = {
        each["reason"]: int(each["facts"]) for each in lines if each["relation"] == "HAS_DRUG" and each["lang"] == "en"
    }
    assert of_drugs == {"exported": row["exported"], **row["reasons"]}
    assert f"| relation | HAS_DRUG | en | {row['facts']} | {row['exported']} | {share} |" in pages["markdown"]
    assert (
        f"HAS\\_DRUG & en & {row['facts']} & {row['exported']} & {share.replace('%', chr(92) + '%')}" in pages["latex"]
    )
    assert (
        f"| no-english-name | {sum(each['reasons'].get('no-english-name', 0) for each in counts if each['lang'] == 'en')} | 0 |"
        in pages["markdown"]
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [(None, "no such file; name the folder"), (b"PAR1", "not a Parquet file"), (b"", "not a Parquet file")],
)
def test_a_folder_without_its_coverage_is_named(
    kgtools: Run, tmp_path: Path, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / "coverage.parquet").write_bytes(content)

    ran = kgtools("coverage", "--records", tmp_path)

    assert ran.code == 2
    assert fault in ran.err
    assert str(tmp_path / "coverage.parquet") in ran.err


def test_another_table_is_no_coverage(kgtools: Run, tmp_path: Path) -> None:
    pl.DataFrame({"triple": ["a"]}).write_parquet(tmp_path / "coverage.parquet")

    ran = kgtools("coverage", "--records", tmp_path)

    assert ran.code == 2
    assert "not a table of coverage: column 'kind' is missing" in ran.err

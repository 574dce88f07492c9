"""What became of each fact, counted: kgtools coverage."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.coverage.ledger import COVERAGE
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import write
from kgtools.templates.pack import find_pack
from kgtools.tools.frames import write_table
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


def test_a_fact_of_two_sources_counts_for_each_and_once_in_all(
    kgtools: Run, graph: Callable[..., Any], tmp_path: Path
) -> None:
    cough, fever = (("Disease:流感", "HAS_SYMPTOM", f"Symptom:{name}") for name in ("咳嗽", "发热"))
    store = graph([cough, fever], two=[cough])
    packs = [find_pack("clinicalgpt")]
    write(generate(store, packs, ("zh",), None, 0, 12), tmp_path, {}, store.metadata(), packs)

    facts = {
        by: {
            row.get("source"): row["facts"]
            for row in kgtools("coverage", "--records", tmp_path, "--by", by, "--format", "json").json
        }
        for by in ("relation", "source")
    }

    assert facts == {"relation": {None: 2}, "source": {"one": 2, "two": 1}}


def test_by_relation_and_source_the_counts_are_those_of_the_graph(
    kgtools: Run, sample_run: Path, named_graph: Path
) -> None:
    rows = kgtools("coverage", "--records", sample_run, "--by", "relation,source", "--format", "json").json

    told = Counter(
        {
            (row["relation"], row["source"]): row["facts"]
            for row in rows
            if (row["kind"], row["lang"]) == ("relation", "zh")
        }
    )
    said = FolderStore(named_graph).triples().explode("sources").group_by("relation", "sources").len()
    assert told == {(relation, source): number for relation, source, number in said.iter_rows()}
    lines = kgtools("coverage", "--records", sample_run, "--by", "source,relation", "--format", "csv").out.splitlines()
    assert lines[0] == "kind,relation,source,lang,reason,facts"


def test_what_is_below_its_floor_is_named_with_its_share(kgtools: Run, sample_run: Path) -> None:
    rows = kgtools("coverage", "--records", sample_run, "--format", "json").json
    row = next(row for row in rows if (row["relation"], row["lang"]) == ("HAS_DRUG", "zh"))
    share = row["exported"] / row["facts"]

    ran = kgtools(
        "coverage", "--records", sample_run, "--floor", f"zh=0,HAS_DRUG:zh={share + 0.01:.4f}", "--floor", "xywy=1"
    )

    assert ran.code == 1
    assert f"HAS_DRUG:zh: {share:.4f} ({row['exported']:,} of {row['facts']:,}), floor {share + 0.01:.4f}" in ran.err
    assert [line.split(": ")[-2] for line in ran.err.splitlines()] == ["HAS_DRUG:zh", "xywy:en", "xywy:zh"]
    assert kgtools("coverage", "--records", sample_run, "--floor", f"HAS_DRUG:zh={share:.4f}").code in (0, 1)
    assert kgtools("coverage", "--records", sample_run, "--floor", "0,zh=0,relation=0,source=0.0").code == 0


def test_a_number_alone_is_the_floor_of_all_facts_in_each_language(kgtools: Run, sample_run: Path) -> None:
    ran = kgtools("coverage", "--records", sample_run, "--floor", "1", "--format", "csv")

    assert ran.code == 1
    assert len(ran.err.splitlines()) == 2
    assert ran.out.startswith("kind,relation,lang,reason,facts")


@pytest.mark.parametrize(
    ("floor", "faults"),
    [
        ("1.5,zh=,a=b", ["--floor 1.5: expected a share from 0 to 1", "--floor zh=: expected", "--floor a=b: expected"]),
        ("HAS_SYMPTM=0,zh:fr=0", ["HAS_SYMPTM=...: the coverage has none; did you mean HAS_SYMPTOM", "fr=...: the coverage has none"]),
    ],
)  # fmt: skip
def test_a_floor_that_nothing_can_be_below_is_refused(
    kgtools: Run, sample_run: Path, floor: str, faults: list[str]
) -> None:
    ran = kgtools("coverage", "--records", sample_run, "--floor", floor)

    assert ran.code == 2
    assert all(fault in ran.err for fault in faults)


@pytest.mark.parametrize(("option", "value"), [("--floor", "0"), ("--plot", "coverage.svg")])
def test_of_no_fact_there_is_no_floor_and_no_plot(kgtools: Run, tmp_path: Path, option: str, value: str) -> None:
    write_table(COVERAGE.frame(), tmp_path / "coverage.parquet")

    ran = kgtools("coverage", "--records", tmp_path, option, tmp_path / value if option == "--plot" else value)

    assert ran.code == 2
    assert "the coverage has no fact" in ran.err
    assert not (tmp_path / "coverage.svg").exists()


def test_another_word_than_relation_and_source_is_refused(kgtools: Run, sample_run: Path) -> None:
    ran = kgtools("coverage", "--records", sample_run, "--by", "relation,sorce")

    assert ran.code == 2
    assert "--by sorce: did you mean source?" in ran.err


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
    assert "where an older kgtools wrote it, run generate again" in ran.err

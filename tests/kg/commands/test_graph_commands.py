import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.commands.query import parameters
from kgtools.kg.graph import change
from kgtools.kg.stats import statistics
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import UsageError

Run = Callable[..., Any]
ROWS = [
    ("Disease", "感冒", "HAS_SYMPTOM", "头痛"),
    ("Disease", "感冒", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "HAS_SYMPTOM", "发热"),
    ("Disease", "流感", "SHOULD_EAT", "姜, \"老\" '生'"),
]
SYMPTOMS = "MATCH (d:Disease {name: $name})-[:HAS_SYMPTOM]->(s) RETURN s.name AS symptom ORDER BY symptom"


@pytest.fixture
def store(graph_of: Callable[..., FolderStore]) -> FolderStore:
    return graph_of(ROWS, alone=[("Disease", "感冒", "common cold")])


def test_statistics_count_each_type_and_relation_in_the_order_of_the_ontology(
    store: FolderStore, tables_of: Callable[..., Any]
) -> None:
    change(store, lambda inputs: inputs.with_sources([tables_of(ROWS[:1], source="other")]))

    told = statistics(store).to_dict()

    assert told["totals"] == {"entities": 5, "triples": 4, "with_english": 1}
    assert [
        (row["type"], row["count"], row["shared"], row["with_english"], row["by_source"]) for row in told["entities"]
    ] == [
        ("Disease", 2, 1, 1, {"other": 1, "tiny": 2}),
        ("Symptom", 2, 1, 0, {"other": 1, "tiny": 2}),
        ("Food", 1, 0, 0, {"tiny": 1}),
    ]
    assert [(row["relation"], row["count"], row["shared"], row["by_source"]) for row in told["relations"]] == [
        ("HAS_SYMPTOM", 3, 1, {"other": 1, "tiny": 3}),
        ("SHOULD_EAT", 1, 0, {"tiny": 1}),
    ]


def test_the_statistics_of_the_sample_graph_agree_with_its_tables(sample_graph: FolderStore) -> None:
    told = statistics(sample_graph).to_dict()

    assert told["totals"]["entities"] == sum(row["count"] for row in told["entities"]) == 1373
    assert told["totals"]["triples"] == sum(row["count"] for row in told["relations"]) == 4106
    assert [source["source"] for source in told["sources"]] == ["cmekg", "health39", "xywy"]
    assert all(row["shared"] <= row["count"] <= sum(row["by_source"].values()) for row in told["entities"])


def test_stats_print_the_same_numbers_for_people_and_for_programs(kgtools: Run, sample_graph: FolderStore) -> None:
    told = kgtools("stats", "--graph", sample_graph.folder, "--format", "json").json
    table = kgtools("stats", "--graph", sample_graph.folder).out

    assert told == json.loads(json.dumps(statistics(sample_graph).to_dict()))
    lines = [line.split() for line in table.splitlines()]
    for row in (*told["entities"], *told["relations"]):
        (line,) = [line for line in lines if line[:1] == [row.get("type") or row.get("relation")]]
        assert line[2] == f"{row['count']:,}"
        assert line[3:6] == [f"{row['by_source'].get(source, 0):,}" for source in ("cmekg", "health39", "xywy")]
        assert line[6] == f"{row['shared']:,}"


def test_stats_as_csv_are_one_table_of_the_same_numbers(kgtools: Run, sample_graph: FolderStore) -> None:
    stats = kgtools("stats", "--graph", sample_graph.folder, "--format", "json").json

    rows = list(csv.DictReader(kgtools("stats", "--graph", sample_graph.folder, "--format", "csv").out.splitlines()))

    for key, kind in (("entities", "type"), ("relations", "relation")):
        assert [(row["name"], int(row["count"]), int(row["shared"])) for row in rows if row["kind"] == kind] == [
            (row[kind], row["count"], row["shared"]) for row in stats[key]
        ]
    assert {source["source"] for source in stats["sources"]} <= set(rows[0])


@pytest.mark.parametrize(
    ("style", "line"),
    [("markdown", "| Disease | 疾病 | 2 | 2 | 0 | 1 |"), ("latex", r"Disease & 疾病 & 2 & 2 & 0 & 1 \\")],
)
def test_stats_are_printed_for_papers_and_pages(kgtools: Run, store: FolderStore, style: str, line: str) -> None:
    assert line in kgtools("stats", "--graph", store.folder, "--format", style).out.splitlines()


@pytest.mark.parametrize("style", ["markdown", "latex", "csv"])
def test_audits_are_printed_with_the_same_numbers_for_papers_and_pages(
    kgtools: Run, sample_graph: FolderStore, style: str
) -> None:
    words = ("audit", "--graph", sample_graph.folder, "--fail-on", "never", "--format")
    counts = {row["name"]: row["count"] for row in kgtools(*words, "json").json}

    lines = [line.replace("\\", "") for line in kgtools(*words, style).out.splitlines()]

    mark = {"markdown": " | ", "latex": " & ", "csv": ","}[style]
    for name, count in counts.items():
        number = str(count) if style == "csv" else f"{count:,}"
        (line,) = [line for line in lines if line.removeprefix("| ").startswith(f"{name}{mark}")]
        assert line.removeprefix("| ").split(mark)[2] == number


def test_one_audit_as_csv_is_all_of_its_rows(kgtools: Run, sample_graph: FolderStore) -> None:
    words = ("audit", "--graph", sample_graph.folder, "--fail-on", "never", "--only", "missing_english", "--format")
    (finding,) = kgtools(*words, "json").json

    rows = list(csv.reader(kgtools(*words, "csv").out.splitlines()))

    assert rows == [finding["columns"], *([str(value) for value in row] for row in finding["rows"])]
    assert len(rows) == finding["count"] + 1 > 3


def test_audits_are_chosen_with_commas_too(kgtools: Run, sample_graph: FolderStore) -> None:
    words = ("audit", "--graph", sample_graph.folder, "--fail-on", "never", "--format", "json", "--only")

    assert (
        kgtools(*words, "self_loops,missing_english").json
        == kgtools(*words, "self_loops", "--only", "missing_english").json
    )


def test_stats_list_the_tables_of_names(kgtools: Run, store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("zh,en\n发热,fever\n", encoding="utf-8")
    kgtools("names", "add", tmp_path / "mine.csv", "--license", "CC0-1.0", "--graph", store.folder)

    told = kgtools("stats", "--graph", store.folder, "--format", "json").json
    table = kgtools("stats", "--graph", store.folder).out

    assert told["names"] == [{"table": "mine", "license": "CC0-1.0", "names": 1}]
    assert "CC0-1.0" in table
    assert told["totals"]["with_english"] == 2


def test_a_query_prints_the_same_rows_in_every_format(kgtools: Run, store: FolderStore, tmp_path: Path) -> None:
    cypher = "MATCH (d:Disease)-[r:SHOULD_EAT]->(f) RETURN d.name AS disease, f.name AS food, r.sources AS sources"
    words = ["query", cypher, "--graph", store.folder]
    food = ROWS[3][3]

    table = kgtools(*words)
    as_csv = kgtools(*words, "--format", "csv")
    lines = kgtools(*words, "--format", "jsonl")
    parquet = kgtools(*words, "--format", "parquet", "--out", tmp_path / "a.parquet")

    assert table.code == as_csv.code == lines.code == parquet.code == 0
    assert "流感" in table.out
    assert food in table.out
    assert list(csv.reader(io.StringIO(as_csv.out, newline=""))) == [
        ["disease", "food", "sources"],
        ["流感", food, '["tiny"]'],
    ]
    assert json.loads(lines.out) == {"disease": "流感", "food": food, "sources": ["tiny"]}
    assert pl.read_parquet(tmp_path / "a.parquet").rows() == [("流感", food, ["tiny"])]
    assert (parquet.out, [file.name for file in tmp_path.iterdir()]) == ("", ["a.parquet"])


def test_a_parameter_is_a_value_and_never_part_of_the_query(kgtools: Run, store: FolderStore) -> None:
    words = ["query", SYMPTOMS, "--graph", store.folder, "--format", "csv", "--param"]

    assert kgtools(*words, "name=感冒").out == "symptom\n发热\n头痛\n"
    assert kgtools(*words, "name=感冒'}) DETACH DELETE d //").out == "symptom\n"


def test_a_query_can_come_from_stdin(shell: Run, store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "q.cypher").write_text(SYMPTOMS, encoding="utf-8")

    with (tmp_path / "q.cypher").open("rb") as file:
        ran = shell("query", "-", "--param", "name=流感", "--format", "csv", "--graph", store.folder, stdin=file)

    assert (ran.code, ran.out, ran.err) == (0, "symptom\n发热\n", "")


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("x=糖尿病", "糖尿病"),
        ("x=3", 3),
        ('x="3"', "3"),
        ('x=["a", "b"]', ["a", "b"]),
        ("x=true", True),
        ("x=null", None),
        ("x=", ""),
        ("x=a=b", "a=b"),
        ("x={{y}}", "{{y}}"),
    ],
)
def test_a_parameter_is_json_where_it_is_json_and_else_text(pair: str, value: object) -> None:
    assert parameters((pair,)) == {"x": value}


@pytest.mark.parametrize("pair", ["x", "=1", "1x=2", "a-b=3", ""])
def test_a_parameter_without_a_name_and_a_value_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="expected NAME=VALUE, as in --param name=糖尿病"):
        parameters((pair,))

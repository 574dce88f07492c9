import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.load import groups, prepare
from kgtools.kg.source import Options
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.tools.errors import InputError, UsageError
from kgtools.tools.inputs.files import sha256

Files = dict[str, list[Path]]
Run = Callable[..., Any]
NUMBERS = ("read", "distinct", "loaded", "merged", "rejected")
XYWY_FIELDS = {  # read, distinct, loaded, merged, rejected of the sample
    "acompany": (156, 156, 156, 0, 0),
    "check": (251, 250, 250, 1, 0),
    "common_drug": (110, 110, 110, 0, 0),
    "cure_department": (61, 61, 61, 0, 0),
    "cure_way": (161, 161, 161, 0, 0),
    "do_eat": (154, 154, 154, 0, 0),
    "drug_detail": (278, 261, 260, 17, 1),
    "not_eat": (170, 170, 170, 0, 0),
    "parent_department": (52, 22, 22, 30, 0),
    "recommand_drug": (218, 218, 217, 0, 1),
    "recommand_eat": (111, 111, 111, 0, 0),
    "symptom": (341, 341, 336, 0, 5),
}


def words(files: Files) -> list[object]:
    return [word for source, paths in files.items() for word in (source, *paths)]


def by_name(report: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in report["counts"] if row["kind"] == kind and row["field"] is None}


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_counts_of_the_xywy_sample_are_known(kgtools: Run, sample_files: Files) -> None:
    (report,) = kgtools("load", "xywy", *sample_files["xywy"], "--dry-run", "--format", "json").json

    relations = {row["field"]: row for row in report["counts"] if row["kind"] == "relation" and row["field"]}
    assert {name: tuple(row[key] for key in NUMBERS) for name, row in relations.items()} == XYWY_FIELDS
    assert {name: row["loaded"] for name, row in by_name(report, "entity").items()} == {
        "Department": 32, "Disease": 134, "Drug": 146, "Examination": 123, "Food": 84, "Product": 261, "Symptom": 177,
        "Treatment": 72,
    }  # fmt: skip
    assert relations["symptom"]["reasons"] == {"residue": 5}
    assert relations["recommand_drug"]["reasons"] == relations["drug_detail"]["reasons"] == {"no-letter": 1}
    assert report["changed"] == {"outer-space": 1}
    assert report["flagged"] == {"self-loops": 2, "contradictions": 3, "truncated names": 2, "truncated values": 0}
    assert report["files"] == {"medical.json": sha256(sample_files["xywy"][0])}
    assert report["license"] == "LicenseRef-xywy-noncommercial"


def test_the_counts_of_the_39health_sample_are_known(kgtools: Run, sample_files: Files) -> None:
    (report,) = kgtools("load", "health39", *sample_files["health39"], "--dry-run", "--format", "json").json

    assert by_name(report, "relation")["HAS_SYMPTOM"]["loaded"] == 276
    assert by_name(report, "alias")["alias"]["loaded"] == 42
    assert by_name(report, "entity")["Disease"]["reasons"] == {"spilled-columns": 2}
    assert report["skipped"]["no-data"] == {"checklist": 1, "complication": 2, "rate": 2}
    assert report["skipped"]["more-link"] == {
        "checklist": 44, "complication": 43, "drug_listed": 44, "symptom": 44, "treatment": 44,
    }  # fmt: skip
    assert report["totals"]["triples"] == {
        "read": 1893, "distinct": 1646, "loaded": 1633, "merged": 247, "rejected": 13,
    }  # fmt: skip


def test_an_unknown_relation_of_the_cmekg_sample_is_a_finding(kgtools: Run, sample_files: Files) -> None:
    ran = kgtools("load", "cmekg", *sample_files["cmekg"], "--dry-run", "--format", "json")
    table = kgtools("load", "cmekg", *sample_files["cmekg"], "--dry-run")

    assert ran.json[0]["unknown"] == {"某某关系": 1}
    assert "finding: the ontology does not know the relation '某某关系' (1 triples kept aside" in table.out


@pytest.mark.parametrize("source", ["xywy", "health39", "cmekg"])
@pytest.mark.parametrize("raw", [False, True])
def test_in_every_row_read_is_loaded_merged_and_rejected(
    kgtools: Run, sample_files: Files, source: str, raw: bool
) -> None:
    options = ["--dry-run", "--format", "json", *(["--raw"] if raw else [])]

    (report,) = kgtools("load", source, *sample_files[source], *options).json

    assert len(report["counts"]) > 20
    for row in (*report["counts"], *report["totals"].values()):
        assert row["read"] == row["loaded"] + row["merged"] + row["rejected"]
    for row in report["counts"]:
        assert row["rejected"] == sum(row["reasons"].values())


@pytest.mark.parametrize("source", ["xywy", "health39", "cmekg"])
def test_table_and_json_say_the_same_numbers(kgtools: Run, sample_files: Files, source: str) -> None:
    (report,) = kgtools("load", source, *sample_files[source], "--dry-run", "--format", "json").json
    table = kgtools("load", source, *sample_files[source], "--dry-run").out

    printed = re.findall(
        r"^ (\S*)  +(\S*)  +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) *(.*)$", table, re.MULTILINE
    )
    shown = [(name, field, tuple(map(number, figures))) for name, field, *figures, _ in printed]
    wanted = [(row["name"], row["field"], tuple(row[key] for key in NUMBERS)) for row in report["counts"]]
    assert len(shown) > 20
    for name, field, figures in shown:
        if name == "all":
            assert figures in [tuple(total[key] for key in NUMBERS) for total in report["totals"].values()]
        else:
            assert any(
                figures == told and (name in ("", known)) and (field in ("", str(of))) for known, of, told in wanted
            ), (name, field, figures)
    missing = {known for known, of, _ in wanted if of is None} - {name for name, _, _ in shown}
    assert missing == set()
    total = report["totals"]["triples"]
    assert re.search(r"relations and attributes +" + " +".join(f"{total[key]:,}" for key in NUMBERS), table)


def test_a_load_tells_what_it_did_and_leaves_a_graph(kgtools: Run, sample_files: Files, tmp_path: Path) -> None:
    graph = tmp_path / "graph"

    ran = kgtools("load", *words(sample_files), "--graph", graph)

    store = FolderStore(graph)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(
        f"The graph {graph} was rebuilt and read back: counts and checksums of 1,373 entities and 4,106 triples agree.\n"
    )
    assert all(f"{source}  (" in ran.out for source in sample_files)
    assert (store.entities().height, store.triples().height) == (1373, 4106)
    assert dict(store.triples().group_by(pl.col("sources").list.len()).len().iter_rows()) == {1: 3076, 2: 434, 3: 596}


def test_a_dry_run_touches_no_graph(kgtools: Run, sample_files: Files, tmp_path: Path) -> None:
    ran = kgtools("load", "xywy", *sample_files["xywy"], "--graph", tmp_path / "graph", "--dry-run")

    assert ran.code == 0
    assert ran.out.endswith("Dry run: no graph was touched.\n")
    assert list(tmp_path.iterdir()) == []


def test_several_sources_in_one_command_give_the_graph_of_one_after_another(
    kgtools: Run, sample_files: Files, sample_graph: FolderStore, tmp_path: Path
) -> None:
    for source in ("cmekg", "xywy", "health39"):
        assert kgtools("load", source, *reversed(sample_files[source]), "--graph", tmp_path / "graph").code == 0

    store = FolderStore(tmp_path / "graph")
    assert store.entities().equals(sample_graph.entities())
    assert store.triples().equals(sample_graph.triples())


def test_every_triple_of_the_sample_graph_says_where_it_stands(sample_graph: FolderStore, sample_files: Files) -> None:
    origins = sample_graph.triples()["origins"].explode()
    files = {f"{source}/{path.name}" for source, paths in sample_files.items() for path in paths}

    parts = origins.str.extract_groups(r"^(?<file>.+):(?<row>[0-9]+)#(?<field>.+)$").struct.unnest()

    assert parts.null_count().sum_horizontal().item() == 0
    assert set(parts["file"]) <= files
    assert {"xywy/medical.json", "health39/disease.csv", "cmekg/disease.json"} <= set(parts["file"])


def test_an_origin_names_the_line_that_says_the_triple(sample_graph: FolderStore, sample_files: Files) -> None:
    triples = sample_graph.triples().filter(pl.col("origins").list.first().str.starts_with("xywy/")).head(50)
    lines = sample_files["xywy"][0].read_text("utf-8").splitlines()

    assert triples.height == 50
    for head, tail, origins in triples.select("head", "tail", "origins").iter_rows():
        line = int(re.fullmatch(r"xywy/medical\.json:(\d+)#\w+", origins[0])[1])  # type: ignore[index]
        assert head.partition(":")[2] in lines[line - 1]
        assert tail.partition(":")[2] in lines[line - 1]


def test_a_graph_can_be_named_in_the_environment(
    kgtools: Run, sample_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGTOOLS_GRAPH", str(tmp_path / "here"))

    assert kgtools("load", "xywy", *sample_files["xywy"]).code == 0
    assert (tmp_path / "here" / "current").is_file()


def test_a_raw_load_keeps_what_the_rules_refuse_and_says_so(
    raw_sample_graph: FolderStore, sample_graph: FolderStore
) -> None:
    def held(store: FolderStore) -> set[str]:
        return {"Symptom:驻站医", "Disease:无标题文档"} & set(store.entities()["id"])

    assert held(raw_sample_graph) == {"Symptom:驻站医", "Disease:无标题文档"}
    assert held(sample_graph) == set()
    assert {metadata.raw for metadata in raw_sample_graph.metadata().sources.values()} == {True}


def test_what_was_refused_is_kept_beside_the_graph(sample_graph: FolderStore) -> None:
    (path,) = sample_graph.folder.glob("*/sources/xywy/rejects.parquet")

    rejects = pl.read_parquet(path)

    refused = rejects.filter((pl.col("action") == "refused") & (pl.col("kind") == "relation"))
    assert sorted(refused["tail"]) == ["21", "21", "Doc", "毓卓", "驻站医", "驻站医", "驻站医"]
    assert rejects.filter(pl.col("kind") == "entity").select("target", "tail", "reason").rows() == [
        ("Disease", "无标题文档", "residue")
    ]


def test_the_papers_counting_is_printed_beside_ours(kgtools: Run, sample_files: Files) -> None:
    (report,) = kgtools(
        "load", "health39", *sample_files["health39"], "--dry-run", "--format", "json", "--counting", "paper"
    ).json
    table = kgtools("load", "health39", *sample_files["health39"], "--dry-run", "--counting", "paper").out

    assert [row["figure"] for row in report["counting"]] == [
        "examination mentions", "distinct examinations", "symptom mentions", "distinct symptoms", "treatment mentions",
        "distinct treatments",
    ]  # fmt: skip
    assert "Another way of counting" in table
    assert "31,577" in table


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["xywy", "a.json"], [("xywy", [Path("a.json")])]),
        (["xywy", "a", "b", "health39", "c"], [("xywy", [Path("a"), Path("b")]), ("health39", [Path("c")])]),
    ],
)
def test_files_belong_to_the_source_before_them(arguments: list[str], expected: list[tuple[str, list[Path]]]) -> None:
    assert groups(arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["xywi", "a.json"], r"no source is called 'xywi'; did you mean xywy\?"),
        (["a.json", "xywy"], r"no source is called 'a\.json'"),
        (["xywy"], r"the source xywy has no file; name its files after it"),
        (["xywy", "health39", "c"], r"the source xywy has no file"),
        (
            ["xywy", "a", "health39", "c", "xywy", "b"],
            r"the source xywy is named twice; name all of its files after it",
        ),
    ],
)
def test_sources_and_files_in_disorder_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        groups(arguments)


def test_a_file_named_twice_is_refused(sample_files: Files) -> None:
    (path,) = sample_files["xywy"]

    with pytest.raises(InputError, match="xywy: a file is named twice"):
        prepare("xywy", [path, path.parent / ".." / "xywy" / path.name], Options())

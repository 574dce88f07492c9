"""The published graphs, count by count; without the files these tests are skipped."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.kg.audit import audits, run
from kgtools.kg.stores.folder.store import FolderStore

Report = dict[str, Any]
XYWY_FIELDS = {
    "acompany_with": "acompany",
    "belongs_to": "cure_department",
    "belongs_to (department)": "parent_department",
    "common_drug": "common_drug",
    "cure_way": "cure_way",
    "do_eat": "do_eat",
    "drugs_of": "drug_detail",
    "has_symptom": "symptom",
    "need_check": "check",
    "no_eat": "not_eat",
    "recommand_drug": "recommand_drug",
    "recommand_eat": "recommand_eat",
}
TYPES = {
    "check": "Examination",
    "department": "Department",
    "disease": "Disease",
    "drug": "Drug",
    "food": "Food",
    "part": "BodyPart",
    "product": "Product",
    "symptom": "Symptom",
    "treatment": "Treatment",
}


@pytest.fixture(scope="module")
def expected(real_files: Path) -> Report:
    found: Report = orjson.loads((real_files / "expected-counts.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def report_of(real_files: Path, shell: Callable[..., Any]) -> Callable[[str], Report]:
    """What `kgtools load SOURCE ... --dry-run --format json` says of the published files, read once."""
    files = {
        "xywy": [real_files / "xywy" / "medical.json"],
        "health39": [real_files / "39health" / "disease.csv"],
        "cmekg": [*(real_files / "cmekg").glob("*.json"), *(real_files / "cmekg").glob("*.csv")],
    }

    @cache
    def read(source: str) -> Report:
        options = ["--dry-run", "--format", "json", *(["--counting", "paper"] if source == "health39" else [])]
        ran = shell("load", source, *files[source], *options)
        assert (ran.code, ran.err) == (0, "")
        (report,) = ran.json
        return report

    return read


def by_field(report: Report, count: str) -> dict[str, int]:
    kinds = ("relation", "alias", "attribute", "unknown")
    return {row["field"]: row[count] for row in report["counts"] if row["field"] is not None and row["kind"] in kinds}


def by_type(report: Report, count: str) -> dict[str, int]:
    return {row["name"]: row[count] for row in report["counts"] if row["kind"] == "entity" and row["field"] is None}


@pytest.mark.parametrize("source", ["xywy", "health39", "cmekg"])
def test_nothing_of_a_published_graph_is_lost(report_of: Callable[[str], Report], source: str) -> None:
    rows = report_of(source)["counts"]

    assert len(rows) > 20
    assert all(row["read"] == row["loaded"] + row["merged"] + row["rejected"] for row in rows)
    assert all(row["loaded"] <= row["distinct"] for row in rows)


def test_xywy_holds_the_known_triples_of_every_relation(report_of: Callable[[str], Report], expected: Report) -> None:
    distinct = by_field(report_of("xywy"), "distinct")

    known = expected["xywy"]["distinct"]
    assert {name: distinct[field] for name, field in XYWY_FIELDS.items()} == known
    assert sum(known.values()) == expected["xywy"]["distinct_total"] == 312_159
    assert report_of("xywy")["totals"]["relations"]["distinct"] == 312_159


def test_xywy_holds_the_known_mentions_of_every_relation(report_of: Callable[[str], Report], expected: Report) -> None:
    read = by_field(report_of("xywy"), "read")

    assert {name: read[field] for name, field in XYWY_FIELDS.items()} == expected["xywy"]["mentions"]


def test_xywy_holds_the_known_entities_of_every_type(report_of: Callable[[str], Report], expected: Report) -> None:
    distinct = by_type(report_of("xywy"), "distinct")

    assert distinct == {TYPES[name]: count for name, count in expected["xywy"]["entities"].items()}
    assert distinct == {
        "Disease": 8807, "Symptom": 5998, "Examination": 3353, "Department": 54, "Drug": 3828, "Food": 4870,
        "Product": 17_201, "Treatment": 544,
    }  # fmt: skip


def test_of_xywy_only_what_is_no_name_is_not_loaded(report_of: Callable[[str], Report]) -> None:
    report = report_of("xywy")

    relations = [row for row in report["counts"] if row["kind"] == "relation" and row["field"] is not None]
    symptom = next(row for row in relations if row["field"] == "symptom")
    reasons = sum((Counter(row["reasons"]) for row in relations), Counter())
    assert symptom["reasons"]["residue"] == 422 + 55 + 6 + 3 + 3 + 1 + 1 + 1
    assert reasons == {
        "residue": 492, "no-letter": 245, "sentence": 120, "general-word": 117, "value": 71, "several-names": 2,
        "missing-value": 1,
    }  # fmt: skip
    assert report["flagged"]["contradictions"] == 201


def test_39health_holds_the_known_triples_of_every_column(report_of: Callable[[str], Report], expected: Report) -> None:
    report = report_of("health39")
    distinct, read = by_field(report, "distinct"), by_field(report, "read")

    known = expected["39health"]
    ours = {"drug", "treatment"}  # drugs are two relations, and short treatments are split at commas too
    assert {name: distinct[name] for name in known["distinct"].keys() - ours} == without(known["distinct"], ours)
    assert {name: read[name] for name in known["mentions"].keys() - ours} == without(known["mentions"], ours)
    assert read["drug"] + read["drug_listed"] == known["mentions"]["drug"] == 30_351
    assert (distinct["drug"], distinct["drug_listed"], known["distinct"]["drug"]) == (10_940, 17_646, 27_888)
    assert (distinct["treatment"], known["distinct"]["treatment"]) == (22_010, 21_999)
    said_twice = 10_940 + 17_646 - 27_888  # in a cell with a link to the shop, and in one without
    assert report["totals"]["relations"]["distinct"] == known["distinct_total"] + said_twice + 11 == 185_529


def without(counts: dict[str, int], names: set[str]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name not in names}


def test_39health_holds_the_known_entities_of_every_type(report_of: Callable[[str], Report], expected: Report) -> None:
    report = report_of("health39")

    known = {name: count for name, count in expected["39health"]["entities"].items() if name != "alias"}
    heads = next(row for row in report["counts"] if row["kind"] == "entity" and row["field"] == "name")
    types = {TYPES[name]: count for name, count in known.items()}
    assert by_type(report, "distinct") == types | {"Treatment": 1048}
    assert types["Treatment"] == 1092  # where commas do not part treatments
    assert heads["read"] == expected["39health"]["rows"] == 14_336
    assert heads["distinct"] == expected["39health"]["disease_names_as_head"] == 9914


def test_the_figures_of_the_paper_are_made_again(report_of: Callable[[str], Report], expected: Report) -> None:
    figures = {row["figure"]: row for row in report_of("health39")["counting"]}

    paper = expected["39health"]["paper"]
    for name in (
        "examination mentions",
        "symptom mentions",
        "distinct examinations",
        "distinct symptoms",
        "distinct treatments",
    ):
        assert figures[name]["paper"] == figures[name]["by the paper's rule"] == paper[name]


def test_cmekg_holds_the_known_triples_of_every_relation(report_of: Callable[[str], Report], expected: Report) -> None:
    report = report_of("cmekg")
    distinct, read = by_field(report, "distinct"), by_field(report, "read")

    known = expected["cmekg"]
    assert len(known["distinct"]) > 60
    assert distinct == known["distinct"]
    assert {name: read[name] for name in known["mentions"]} == known["mentions"]
    assert report["totals"]["triples"]["distinct"] == known["distinct_total"] == 54_263


def test_a_raw_load_of_xywy_shows_the_known_dirt(raw_xywy_graph: FolderStore) -> None:
    def found(name: str) -> list[list[Any]]:
        (audit,) = audits(only=[name])
        return run(raw_xywy_graph, audit).rows

    residue = dict(found("residue_names"))
    assert residue == {
        "Symptom:驻站医": 422, "Symptom:毓卓": 55, "Symptom:Doc": 6, "Symptom:HGX": 3, "Symptom:WUJ": 3, "Symptom:XYW": 1,
        "Symptom:TOM": 1, "Symptom:Irl": 1, "Disease:无标题文档": 0,
    }  # fmt: skip
    assert len(found("contradictions")) == 201
    assert ["Disease:无标题文档", ["xywy"]] in found("isolated_entities")
    assert len(found("self_loops")) == 50
    assert len([row for row in found("truncated_names") if row[0].startswith("Symptom:")]) == 355


def test_the_names_that_xywy_has_in_several_types_are_the_known_ones(raw_xywy_graph: FolderStore) -> None:
    (audit,) = audits(only=["names_in_several_types"])
    entities = raw_xywy_graph.entities()
    types: dict[str, set[str]] = {}
    for name, type_ in entities.select("name", "type").iter_rows():
        types.setdefault(name, set()).add(type_)

    several = {name: found for name, found in types.items() if len(found) > 1}
    without_treatment = [found - {"Treatment"} for found in several.values() if len(found - {"Treatment"}) > 1]

    def count(*wanted: str) -> int:
        return sum(found == set(wanted) for found in without_treatment)

    assert [row[0] for row in run(raw_xywy_graph, audit).rows] == sorted(several)
    assert len(several) == 681
    assert len(without_treatment) == 680
    assert count("Disease", "Symptom") == 417
    assert count("Drug", "Product") == 253
    assert count("Examination", "Symptom") == 7
    assert count("Department", "Disease") == 2
    assert sum(len(found) == 3 for found in without_treatment) == 1


def test_what_a_query_counts_is_what_the_tables_hold(raw_xywy_graph: FolderStore) -> None:
    _, rows = raw_xywy_graph.query("MATCH (h)-[r]->(t) RETURN type(r) AS relation, count(*) AS n ORDER BY relation", {})

    counted = dict(raw_xywy_graph.triples().group_by("relation").len().iter_rows())
    assert dict(rows) == counted
    assert sum(counted.values()) > 312_000

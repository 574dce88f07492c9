"""The bilingual table that comes with kgtools, and the commands that add names to a graph."""

import csv
import re
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import pytest

from kgtools.kg.build.casing import to_sentence_case
from kgtools.kg.build.english_names import OURS, read_names
from kgtools.kg.ontology import ontology
from kgtools.kg.stores import open_store
from tests.conftest import ROOT

Run, Graph = Callable[..., Any], Callable[..., Any]
with OURS.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def test_the_table_is_package_data_and_what_read_names_reads() -> None:
    inside = files("kgtools").joinpath("kg", "english", "names.tsv")

    assert inside.read_bytes() == OURS.read_bytes()
    assert (ROOT / "kg" / "english" / "names.tsv").samefile(OURS)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["sources"]["kg"] == "kgtools/kg"
    assert not wheel.get("exclude")


def test_every_row_is_a_chinese_name_of_a_known_type_and_an_english_one_as_it_stands_in_a_sentence() -> None:
    known = {*ontology().entities, *ontology().attributes}

    assert len(ROWS) > 2_000
    assert [row for row in ROWS if len(row) != 3 or row != [cell.strip() for cell in row]] == []
    assert [row for row in ROWS if row[2] not in known] == []
    assert [row for row in ROWS if not re.search("[一-鿿]", row[0]) or re.search("[一-鿿]", row[1]) or not row[1]] == []
    assert [row for row in ROWS if to_sentence_case(row[1]) != row[1]] == []


def test_no_name_of_a_type_is_there_twice_and_nothing_is_left_out() -> None:
    table = read_names(OURS, None, None, None, (), "kgtools", "Apache-2.0")

    assert len({(zh, type_) for zh, _, type_ in ROWS}) == len(ROWS) == table.metadata.names
    assert (table.metadata.dropped, table.metadata.recased) == ({}, 0)


GRAPH = [
    ("Disease", "感冒", "HAS_SYMPTOM", "咳嗽"),
    ("Disease", "感冒", "BELONGS_TO_DEPARTMENT", "内科"),
    ("Disease", "感冒", "transmission", "呼吸道传播"),
]


def test_names_add_kgtools_adds_the_table_that_comes_with_it(kgtools: Run, graph_of: Graph) -> None:
    store = graph_of(GRAPH)

    added = kgtools("names", "add", "kgtools", "--graph", store.folder)
    (told,) = kgtools("names", "list", "--graph", store.folder, "--format", "json").json

    assert (added.code, added.err) == (0, "")
    assert (told["table"], told["license"], told["names"]) == ("kgtools", "Apache-2.0", len(ROWS))
    english = dict(open_store(str(store.folder)).entities().select("id", "name_en").iter_rows())
    assert english["Department:内科"] == "internal medicine"


def test_a_file_called_kgtools_is_that_file(
    kgtools: Run, graph_of: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = graph_of(GRAPH)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kgtools").write_text("zh\ten\n感冒\tcommon cold\n", encoding="utf-8")

    refused = kgtools("names", "add", "kgtools", "--graph", store.folder)
    added = kgtools("names", "add", "kgtools", "--license", "MIT", "--graph", store.folder)

    assert (refused.code, added.code) == (2, 0)
    assert "--license is missing" in refused.err
    assert "kgtools: 1 rows, 1 names (left out: none); licence MIT" in added.out


def test_names_missing_ranks_by_the_triples_that_a_name_would_unlock(kgtools: Run, graph_of: Graph) -> None:
    store = graph_of(
        [
            ("Disease", "甲病", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "乙病", "HAS_SYMPTOM", "咳嗽"),
            ("Disease", "乙病", "HAS_SYMPTOM", "头痛"),
            ("Disease", "乙病", "HAS_DRUG", "丙药"),
            ("Disease", "某...", "HAS_SYMPTOM", "咳嗽"),
        ],
        alone=[("Disease", "甲病", "disease A"), ("Symptom", "头痛", "headache")],
    )

    ran = kgtools("names", "missing", "--graph", store.folder, "--format", "csv")
    drugs = kgtools("names", "missing", "--graph", store.folder, "--format", "csv", "--type", "Drug")
    first = kgtools("names", "missing", "--graph", store.folder, "--format", "csv", "--limit", "1")

    header, *rows = ran.out.splitlines()
    assert header == "zh,en,type,unlocks,triples"
    assert rows == ["乙病,,Disease,1,3", "咳嗽,,Symptom,1,3", "丙药,,Drug,0,1"]  # 某... is not taught
    assert drugs.out.splitlines()[1:] == ["丙药,,Drug,0,1"]
    assert first.out.splitlines()[1:] == rows[:1]
    wrong = kgtools("names", "missing", "--graph", store.folder, "--type", "Drugs")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--type Drugs: no such entity type; did you mean Drug?" in wrong.err


def test_what_is_filled_in_is_missing_no_more(kgtools: Run, graph_of: Graph, tmp_path: Path) -> None:
    store = graph_of(GRAPH)
    table = kgtools("names", "missing", "--graph", store.folder, "--format", "csv").out
    (tmp_path / "mine.csv").write_text(table.replace("感冒,,", "感冒,common cold,"), encoding="utf-8")

    added = kgtools("names", "add", tmp_path / "mine.csv", "--license", "CC0-1.0", "--graph", store.folder)

    assert added.code == 0, added.err
    left = kgtools("names", "missing", "--graph", store.folder, "--format", "csv").out
    assert [line.split(",")[0] for line in left.splitlines()[1:]] == ["内科", "咳嗽"]


ICD10_ZH = """\
A01.000,伤寒
A01.000x001,伤寒肠穿孔
A01.001,伤寒脑膜炎
E11,2型糖尿病
M10.900,痛风
P21.900,窒息
Z99.900,虚构病
"""
ICD10_EN = """\
A010,"Typhoid Fever"
E11,"Type 2 diabetes mellitus"
M109,"Gout, unspecified"
P219,"Asphyxia and hypoxemia"
"""
ATC_ZH = "N02BA01,阿司匹林\nC09AA02,依那普利\nN02BA,水杨酸类\n"
ATC_EN = "N02BA01\tAspirin\nC09AA02\tENALAPRIL\nN02BA\tSalicylates\n"


def join(folder: Path, zh: str, en: str, kgtools: Run, graph: Path) -> Any:
    (folder / "zh.csv").write_text(zh, encoding="utf-8")
    (folder / "en.tsv").write_text(en, encoding="utf-8")
    words = ("--join", folder / "en.tsv", "--type", "Disease", "--license", "CC0-1.0", "--graph", graph)
    return kgtools("names", "add", folder / "zh.csv", *words)


@pytest.mark.parametrize(
    ("zh", "en", "names", "dropped"),
    [
        (
            ICD10_ZH, ICD10_EN,
            {"伤寒": "typhoid fever", "2型糖尿病": "type 2 diabetes mellitus", "痛风": "gout"},
            {"narrower-code": 2, "no-english": 1, "wider-name": 1},
        ),
        (ATC_ZH, ATC_EN, {"阿司匹林": "aspirin", "依那普利": "enalapril", "水杨酸类": "salicylates"}, {}),
    ],
    ids=["icd-10", "atc"],
)  # fmt: skip
def test_names_join_by_the_code_that_both_tables_have(
    kgtools: Run, graph_of: Graph, tmp_path: Path, zh: str, en: str, names: dict[str, str], dropped: dict[str, int]
) -> None:
    store = graph_of(GRAPH)

    ran = join(tmp_path, zh, en, kgtools, store.folder)

    assert ran.code == 0, ran.err
    (table,) = open_store(str(store.folder)).inputs().names
    assert dict(table.names.select("zh", "en").iter_rows()) == names
    assert table.metadata.dropped == dropped
    assert set(table.metadata.files) == {"zh.csv", "en.tsv"}
    assert {"names/zh/zh.csv", "names/zh/en.tsv"} <= set(run_json(store.folder)["inputs"])


def run_json(folder: Path) -> dict[str, Any]:
    now = (folder / "current").read_text(encoding="ascii").split()[0]
    told: dict[str, Any] = orjson.loads((folder / now / "run.json").read_bytes())
    return told


@pytest.mark.parametrize(
    ("zh", "en", "said"),
    [
        (ICD10_ZH, ATC_EN, r"en\.tsv: holds codes of ATC, .*zh\.csv those of ICD-10"),
        ("a,感冒\nb,咳嗽\n", ICD10_EN, r"zh\.csv: no column of it holds codes of ICD-10 or ATC"),
        ("A01,typhoid\nE11,diabetes\n", ICD10_EN, r"zh\.csv: no column beside the codes holds names in Chinese"),
    ],
)
def test_tables_that_cannot_be_joined_are_refused(
    kgtools: Run, graph_of: Graph, tmp_path: Path, zh: str, en: str, said: str
) -> None:
    store = graph_of(GRAPH)

    ran = join(tmp_path, zh, en, kgtools, store.folder)

    assert ran.code == 2
    assert re.search(said, ran.err), ran.err
    assert open_store(str(store.folder)).names() == ()

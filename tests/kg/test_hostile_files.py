"""Files that hold what is no text, and files, graphs and arguments that are called what nobody should call them."""

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import SAMPLES
from tests.kg.leaving import WORDS
from tests.torture.names import MAPPING

Run = Callable[..., Any]
JSON_LINE = b'{"name": "a", "symptom": ["b", "c\\ud800d"]}\n'
ROW_LINE = b'{"head": "a", "relation": "symptom", "tail": "c\\udfffd"}\n'


@pytest.mark.parametrize(
    ("words", "data", "message"),
    [
        (("xywy", "medical.json"), JSON_LINE, r"medical\.json:1: .*surrogate"),
        (("table", "rows.jsonl"), ROW_LINE, r"rows\.jsonl:1: .*surrogate"),
        (("xywy", "medical.json"), b'{"name": " \\t", "symptom": []}\n', r'medical\.json:1: no record has a "name"'),
        (("table", "rows.csv"), b"head,relation,tail\na,symptom,b\0c\n", r"rows\.csv:2: a NUL byte"),
        (("health39", "disease.csv"), b"name,alias\na\0,b\n", r"disease\.csv:2: a NUL byte"),
        (("xywy", "medical.json"), b'{"name": "a\xed\xa0\x80"}\n', r"medical\.json"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(
    kgtools: Run, tmp_path: Path, words: tuple[str, str], data: bytes, message: str
) -> None:
    (tmp_path / words[1]).write_bytes(data)
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    mapping = ("--mapping", tmp_path / "mapping.yaml") if words[0] == "table" else ()

    done = kgtools("load", words[0], tmp_path / words[1], *mapping, "--graph", tmp_path / "graph")

    assert done.code == 2
    assert re.search(message, done.err), done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "graph").exists()


def test_half_a_character_in_a_crawl_is_refused_and_counted(kgtools: Run, tmp_path: Path) -> None:
    file = tmp_path / "disease.json"
    crawl = SAMPLES / "cmekg" / "disease.json"
    text = crawl.read_text(encoding="utf-8")
    whole = kgtools("load", "cmekg", crawl, "--graph", tmp_path / "whole", "--format", "json").json[0]
    (name,) = re.findall(r'"([^"\\]{2,})"', text)[3:4]
    file.write_text(text.replace(f'"{name}"', f'"{name}\\ud800"', 1), encoding="utf-8")

    done = kgtools("load", "cmekg", file, "--graph", tmp_path / "graph", "--format", "json")

    assert done.code == 0, done.err
    reasons = Counter[str]()
    for row in done.json[0]["counts"]:
        if row["field"] is None:
            reasons.update(row["reasons"])
    assert reasons["lone-surrogate"] >= 1
    assert whole["totals"]["triples"]["read"] == done.json[0]["totals"]["triples"]["read"]


PLACES = [
    "it's",
    '"quoted"',
    "with space",
    "😀",
    "{{x}}",
    "$HOME",
    "`id`",
    "a\nb",
    "-dash",
    "%s",
    "图谱",
    "semi;colon",
    "\u202eabc",
    "*",
    "a\\b",
]


@pytest.mark.parametrize("name", PLACES)
def test_files_and_graphs_may_be_called_anything(kgtools: Run, tmp_path: Path, name: str) -> None:
    file, graph, out = (tmp_path / kind / name for kind in ("files", "graphs", "records"))
    for place in (file, graph, out):
        place.parent.mkdir()
    file.write_text('{"name": "流感", "symptom": ["发热"]}\n', encoding="utf-8")
    loaded = kgtools("load", "xywy", file, "--graph", graph)
    assert loaded.code == 0, loaded.err

    assert kgtools("verify", "--graph", graph).code == 0
    assert kgtools("audit", "--graph", graph, "--fail-on", "never").code == 0
    done = kgtools("generate", "--graph", graph, "--out", out, "--lang", "zh", "--format", "json")
    assert done.code == 0, done.err
    record = pl.read_parquet(out / "records.parquet").to_dicts()[0]
    traced = kgtools("trace", record["id"], "--graph", graph, "--records", out, "--format", "json")
    assert traced.json["triples"][0]["origins"][0]["file"] == name
    for form, ending in (("rdf", ".ttl"), ("graphml", ".graphml"), ("networkx", ".json"), ("parquet", "")):
        written = tmp_path / (form + name + ending)
        assert kgtools("export", form, written, "--graph", graph, *WORDS).code == 0
        same = kgtools("diff", graph, written)
        assert same.code == 0, (form, same.out, same.err)


@pytest.mark.parametrize(
    "words",
    [
        ("load", "xywy", "FILE", "--graph", "graph"),
        ("load", "xywy", "ok.json", "--graph", "FILE"),
        ("query", "MATCH (n:Disease {name: $x}) RETURN n.name AS name", "--param", "x=FILE"),
        ("generate", "--out", "FILE"),
        ("export", "parquet", "FILE"),
        ("show", "FILE"),
    ],
)
def test_an_argument_that_is_no_text_is_refused(kgtools: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    bytes_ = os.fsdecode(b"\xff.json")

    done = kgtools(*(word.replace("FILE", bytes_) for word in words))

    assert done.code == 2
    assert re.fullmatch(r"kgtools: error: '.*\\udcff\.json' is not text in utf-8; rename the file\n", done.err)
    assert list(tmp_path.iterdir()) == []

"""The three published graphs in one, both packs: every fact of every record is there, with the line that says it."""

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from kgtools.corpora.verify.item import item_of
from kgtools.kg.build.english_names import read_names
from kgtools.kg.build.inputs import Inputs
from kgtools.kg.build.load import prepare
from kgtools.kg.build.normalize import SEPARATOR
from kgtools.kg.source import Options
from kgtools.kg.stores import Store
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import RecordTables
from kgtools.templates.lineage import trace_record
from kgtools.templates.pack import find_pack
from kgtools.templates.select import REASONS
from kgtools.tools.inputs.files import digest
from tests.templates.raw_files import RawFiles

UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff]")
HAN = r"\p{Han}"


@dataclass(frozen=True)
class Real:
    """The graph, its facts told without `templates` (id -> head, tail, origins), the run, and the input files."""

    store: Store
    facts: dict[str, tuple[str, str, list[str]]]
    result: RecordTables
    files: Path


@pytest.fixture(scope="session")
def real(real_files: Path, memory: Any) -> Real:
    cmekg = [*sorted(real_files.glob("cmekg/*.json")), *sorted(real_files.glob("cmekg/*.csv"))]
    files = {
        "xywy": [real_files / "xywy/medical.json"],
        "health39": [real_files / "39health/disease.csv"],
        "cmekg": cmekg,
    }
    sources = [prepare(name, paths, Options())[0] for name, paths in files.items()]
    hpo, diseases = (
        real_files.parent / "glossary/hpo-zh.babelon.tsv",
        real_files / "bilingual-triples/disease-zh-en.json",
    )
    names = [
        read_names(hpo, "translation_value", "source_value", None, ("Symptom",), "hpo", "LicenseRef-HPO"),
        read_names(diseases, "key", "value", None, ("Disease",), "diseases", "MIT"),
    ]
    store = memory(Inputs(tuple(sources), tuple(names)))
    result = generate(store, [find_pack("clinicalgpt"), find_pack("extended")], ("zh", "en"), None, 0, 12)
    return Real(store, dict(_facts(store)), result, real_files)


def _facts(store: Store) -> Iterator[tuple[str, tuple[str, str, list[str]]]]:
    for id_, head, tail, origins in store.triples().select("id", "head", "tail", "origins").iter_rows():
        yield id_, (head, tail.partition(":")[2], origins)
    for head, text in store.entities().filter(pl.col("attributes") != "{}").select("id", "attributes").iter_rows():
        for name, values in orjson.loads(text).items():
            for value, origins in values.items():
                yield digest(SEPARATOR.join((head, name, value))), (head, value, origins)


def test_the_real_graphs_make_records_of_both_languages(real: Real) -> None:
    counted = dict(real.result.records.group_by("lang").len().iter_rows())

    assert counted["zh"] > 150_000
    assert counted["en"] > 1_000


def test_every_fact_of_every_real_record_is_in_the_graph(real: Real) -> None:
    used = set(real.result.records["facts"].explode())

    assert used <= set(real.facts)
    assert len(used) > 400_000


def test_every_real_record_is_about_a_head_or_tail_of_each_of_its_facts(real: Real) -> None:
    triples = real.store.triples().select("id", "head", "tail")
    rows = real.result.records.select(
        pl.col("meta").str.json_path_match("$.head").alias("about"), pl.col("facts").alias("id")
    )

    rows = rows.explode("id").join(triples, on="id", how="left")
    values = pl.Series([real.facts[id_][0] for id_ in rows.filter(pl.col("head").is_null())["id"]], dtype=pl.String)

    assert rows.filter((pl.col("about") != pl.col("head")) & (pl.col("about") != pl.col("tail"))).height == 0
    assert rows.filter(pl.col("head").is_null())["about"].equals(values, check_names=False)


def test_the_real_coverage_is_complete(real: Real) -> None:
    coverage = real.result.coverage
    rows = coverage.select("triple", "lang").rows()

    assert len(rows) == len(set(rows)) == 2 * len(real.facts)
    assert {triple for triple, _ in rows} == set(real.facts)
    assert coverage.filter((pl.col("records") > 0) == pl.col("reason").is_not_null()).height == 0
    assert set(coverage["reason"].drop_nulls()) < set(REASONS) - {"exported"}


def test_the_real_coverage_counts_the_records_of_each_fact(real: Real) -> None:
    told = real.result.records.explode("facts").group_by("lang", pl.col("facts").alias("triple")).len()

    both = real.result.coverage.filter(pl.col("records") > 0).join(
        told, on=["lang", "triple"], how="full", coalesce=True
    )

    assert both.filter(pl.col("records").ne_missing(pl.col("len"))).height == 0


def test_the_ids_of_real_records_are_unique(real: Real) -> None:
    assert real.result.records["id"].n_unique() == real.result.records.height


def test_no_real_record_in_english_holds_chinese(real: Real) -> None:
    english = real.result.records.filter(lang="en").select(
        pl.col("messages").list.eval(pl.element().struct.field("content")).list.join(" ") + pl.col("answer")
    )

    assert english.to_series().str.contains(HAN).sum() == 0


def test_every_real_answer_holds_all_its_tails_and_every_question_its_head(real: Real) -> None:
    records = real.result.records.filter(lang="zh").select(
        pl.col("messages").list.get(0).struct.field("content").alias("question"),
        pl.col("messages").list.get(1).struct.field("content").alias("text"),
        pl.col("meta").str.json_path_match("$.head").str.replace(r"^\w+:", "").alias("head"),
        "facts",
        "id",
    )

    assert records.filter(~pl.col("question").str.contains(pl.col("head"), literal=True)).height == 0
    tails = dict(
        real.store.triples().select("id", pl.concat_list(pl.col("head", "tail").str.replace(r"^\w+:", ""))).iter_rows()
    )
    drawn = records.sample(20_000, seed=1).select("text", "facts").iter_rows()
    assert [
        text for text, facts in drawn if not all(any(end in text for end in tails[f]) for f in facts if f in tails)
    ] == []


def texts(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(texts(part) for pair in value.items() for part in pair)
    return "\n".join(map(texts, value)) if isinstance(value, list) else str(value)


@cache
def lines(path: Path) -> dict[int, Any]:
    """row -> what stands there, read by Python's own csv and json."""
    raw = path.read_bytes()
    if path.name == "medical.json":
        return dict(enumerate(raw.split(b"\n"), start=1))
    if path.suffix == ".json":
        told = (
            json.loads(raw)
            if raw.lstrip().startswith(b"[")
            else [json.loads(line) for line in raw.splitlines() if line.strip()]
        )
        return dict(enumerate(told, start=1))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    reader = csv.reader(io.StringIO(text, newline=""))
    return dict((reader.line_num, cells) for cells in reader)  # noqa: C402 - line_num changes as it reads


def stands(path: Path, row: int) -> str:
    told = lines(path)[row]
    return UNSEEN.sub("", texts(json.loads(told) if isinstance(told, bytes) else told))


def says(row: str, name: str) -> bool:
    """Whether a row holds a name: as it is, or first of a list whose end all share (of `药物、手术治疗`, 药物治疗)."""
    return name in row or (name.endswith("治疗") and f"{name.removesuffix('治疗')}、" in row)


def test_every_origin_of_a_fact_is_a_row_that_holds_its_head_and_its_tail(real: Real) -> None:
    folders = {"xywy": "xywy", "health39": "39health", "cmekg": "cmekg"}
    used = sorted(set(real.result.records["facts"].explode()))
    missed = []

    for fact in random.Random(1).sample(used, 2_000):
        head, tail, origins = real.facts[fact]
        for origin in origins:
            source, file, row = re.fullmatch(r"(\w+)/(.*?):(\d+)#.*", origin).groups()  # type: ignore[union-attr]
            said = stands(real.files / folders[source] / file, int(row))
            missed += [
                (origin, name) for name in (head.partition(":")[2], tail) if not says(said, UNSEEN.sub("", name))
            ]

    assert missed == []


def test_a_real_record_is_traced_to_the_facts_that_it_names(real: Real, tmp_path: Path) -> None:
    real.result.records.head(15).write_parquet(tmp_path / "records.parquet")

    for id_, facts in real.result.records.head(15).select("id", "facts").iter_rows():
        trace = trace_record(real.store, tmp_path, id_).to_dict()

        assert {
            t["id"]: (
                t["head"],
                t["tail"].removeprefix(t["tail"].partition(":")[0] + ":") if t["relation"].isupper() else t["tail"],
            )
            for t in trace["triples"]
        } == {fact: real.facts[fact][:2] for fact in facts}


@pytest.fixture(scope="module")
def items(real: Real) -> pl.DataFrame:
    """Items of the real graphs in Chinese, of three templates of the paper's table."""
    pack = find_pack("clinicalgpt")
    some = replace(
        pack, templates=tuple(each for each in pack.templates if each.name in ("symptom", "treatment", "complication"))
    )
    return generate(real.store, [some], ("zh",), None, 0, 12, task="mcq,reverse,path,compare").records


@pytest.fixture(scope="module")
def raw(real: Real) -> RawFiles:
    return RawFiles(real.files)


def test_wrong_options_are_in_no_published_file_with_their_head(raw: RawFiles, items: pl.DataFrame) -> None:
    options = [
        (orjson.loads(meta)["head"].partition(":")[2], each["text"])
        for meta in items.filter(task="mcq")["meta"]
        for each in orjson.loads(meta)["distractors"]
        if each["from"] != "contrary"
    ]
    some = random.Random(7).sample(options, 200)

    linked = [pair for pair in options if raw.links(*pair) or (len(pair[1]) > 1 and raw.tells(*pair))]

    assert len(options) > 20_000
    assert not [pair for pair in some if pair in linked]
    assert len(linked) / len(options) < 0.001  # by an alias of an alias, which is no name of the head


def test_what_the_first_alone_has_is_in_no_published_file_with_the_other(raw: RawFiles, items: pl.DataFrame) -> None:
    rows = [(orjson.loads(meta), item_of(meta, "")) for meta in items.filter(task="compare")["meta"]]
    pairs = [
        (meta["other"].partition(":")[2], names[0])
        for meta, item in rows
        if item and meta["asks"] == "first"
        for names in item.answers
    ]
    some = random.Random(7).sample(pairs, 200)

    linked = [pair for pair in pairs if raw.links(*pair) or (len(pair[1]) > 1 and raw.tells(*pair))]

    assert len(pairs) > 5_000
    assert not [pair for pair in some if pair in linked]
    assert len(linked) / len(pairs) < 0.001  # by an alias of an alias, which is no name of the other


def test_what_both_have_is_in_the_published_files_with_both(raw: RawFiles, items: pl.DataFrame) -> None:
    rows = [(orjson.loads(meta), item) for meta in items.filter(task="compare")["meta"] if (item := item_of(meta, ""))]
    both = [
        (head.partition(":")[2], names)
        for meta, item in random.Random(7).sample(rows, 1_000)
        if meta["asks"] == "both"
        for head in (meta["head"], meta["other"])
        for names in item.answers
    ]

    said = sum(any(raw.links(head, name) for name in names) for head, names in both)

    assert said / len(both) > 0.97  # names that were cleaned stand there otherwise


@pytest.mark.parametrize("task", ["reverse", "path"])
def test_what_is_shown_is_of_no_other_disease_in_any_published_file(
    raw: RawFiles, items: pl.DataFrame, task: str
) -> None:
    rows = [
        item
        for meta in items.filter(task=task)["meta"]
        if (item := item_of(meta, "")) and item.steps[0].relation == "HAS_SYMPTOM"
    ]
    diseases = {name: said for name, said in raw.said.items() if raw.is_disease(name)}

    shared = []
    for item in random.Random(7).sample(rows, 600):
        head = item.steps[0].head
        shown = {step.tail[0] for step in item.steps if step.head == head and step.relation == "HAS_SYMPTOM"} & {
            names[0] for names in item.about
        }
        if {name for name, said in diseases.items() if said >= shown} - set(head):
            shared.append((head, shown))

    assert len(shared) <= 12, shared  # of 600: by a name that was cleaned


def test_what_a_path_leads_to_is_said_in_the_published_files(raw: RawFiles, items: pl.DataFrame) -> None:
    rows = [item for meta in items.filter(task="path")["meta"] if (item := item_of(meta, "")) and item.form == "set"]

    steps = [step for item in random.Random(7).sample(rows, 200) for step in item.steps]

    assert sum(raw.links(step.head[0], step.tail[0]) for step in steps) / len(steps) > 0.97  # names that were cleaned


def test_a_right_option_is_right_in_the_published_files(raw: RawFiles, items: pl.DataFrame) -> None:
    rows = [
        (orjson.loads(meta)["head"].partition(":")[2], item_of(meta, "")) for meta in items.filter(task="mcq")["meta"]
    ]
    right = [(head, names[0]) for head, item in random.Random(7).sample(rows, 500) if item for names in item.answers]

    assert sum(raw.links(*pair) for pair in right) / len(right) > 0.97  # names that were cleaned stand there otherwise

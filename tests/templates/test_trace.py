"""From each record of the sample run to the line of the file that says it, and back."""

import csv
import io
import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import polars as pl
import pytest

from kgtools.kg.build.inputs import Inputs
from kgtools.kg.stores import Store
from kgtools.kg.stores.folder.store import FolderStore
from kgtools.templates.generate.make import generate
from kgtools.templates.generate.tables import write
from kgtools.templates.lineage import doubt, trace_record, trace_triple
from kgtools.templates.pack import load_pack
from kgtools.tools.errors import InputError, UsageError

Graph = Callable[..., Store]
Folder = Callable[..., Path]
Run = Callable[..., CompletedProcess[str]]
SAMPLES = Path(__file__).parents[2] / "kg" / "samples"
FOLDERS = {"xywy": "xywy", "health39": "39health", "cmekg": "cmekg"}
UNSEEN = re.compile(r"[\s\x00-\x1f\u200b\u2060\ufeff]")
GOUT, PAIN = "Disease:痛风", "Symptom:关节痛"


@pytest.fixture(scope="module")
def store(named_graph: Path, memory: Any) -> Store:
    """The sample graph, its tables read once for thousands of traces."""
    on_disk = FolderStore(named_graph)
    kept = memory(Inputs())
    kept.merged = on_disk.entities(), on_disk.triples()
    metadata = on_disk.metadata()
    kept.metadata = lambda: metadata
    return kept


@pytest.fixture(scope="module")
def records(sample_run: Path) -> pl.DataFrame:
    return pl.read_parquet(sample_run / "records.parquet")


@pytest.fixture(scope="module")
def traces(store: Store, records: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The trace of every record of the sample run; a hundred of them in a folder, for each trace reads the whole file."""
    found = []
    for some in records.iter_slices(100):
        folder = tmp_path_factory.mktemp("some")
        some.write_parquet(folder / "records.parquet")
        found += [trace_record(store, folder, id_).to_dict() for id_ in some["id"]]
    return found


def seen(text: str) -> str:
    return UNSEEN.sub("", text)


def texts(value: Any) -> str:
    """Every text of a JSON value, one a line."""
    if isinstance(value, dict):
        return "\n".join(texts(part) for pair in value.items() for part in pair)
    return "\n".join(map(texts, value)) if isinstance(value, list) else str(value)


@cache
def lines(source: str, file: str) -> dict[int, str]:
    """row -> what stands there, read by Python's own csv and json."""
    raw = (SAMPLES / FOLDERS[source] / file).read_bytes()
    if file.endswith(".json"):
        told = enumerate(raw.decode("utf-8-sig").split("\n"), start=1)
        return {row: seen(texts(json.loads(line))) for row, line in told if line.strip()}
    text = raw.decode("gb18030" if source == "health39" else "utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""))
    return dict((reader.line_num, seen("\n".join(cells))) for cells in reader)  # noqa: C402 - line_num changes as it reads


def test_every_record_has_triples_and_every_triple_its_source_file_and_row(traces: list[dict[str, Any]]) -> None:
    assert len(traces) > 5000
    for trace in traces:
        assert trace["triples"]
        for triple in trace["triples"]:
            assert triple["origins"]
            for place in triple["origins"]:
                assert place["row"] >= 1
                assert place["source"] in FOLDERS
                assert (SAMPLES / FOLDERS[place["source"]] / place["file"]).is_file()
                assert place["license"].startswith("LicenseRef-")
                assert len(place["sha256"]) == 64


def test_every_place_that_a_trace_names_holds_the_head_and_the_tail(traces: list[dict[str, Any]]) -> None:
    missed = []
    places = set()
    for trace in traces:
        for triple in trace["triples"]:
            head = triple["head"].partition(":")[2]
            tail = triple["tail"] if triple["relation"].islower() else triple["tail"].partition(":")[2]
            for place in triple["origins"]:
                places.add((place["source"], place["file"]))
                line = lines(place["source"], place["file"])[place["row"]]
                if seen(head) not in line or seen(tail) not in line:
                    missed.append((place["file"], place["row"], head, tail))

    assert missed == []
    assert {
        ("xywy", "medical.json"),
        ("health39", "disease.csv"),
        ("cmekg", "disease.json"),
        ("cmekg", "drug.json"),
    } <= places


def test_every_tail_of_an_answer_is_the_tail_or_head_of_a_traced_triple(
    traces: list[dict[str, Any]], store: Store
) -> None:
    english = dict(store.entities().select("id", "name_en").iter_rows())
    for trace in traces:
        record = trace["record"]
        ends = {end for triple in trace["triples"] for end in (triple["head"], triple["tail"])}
        names = (
            {english.get(end, end) for end in ends}
            if record["lang"] == "en"
            else {*ends, *(e.partition(":")[2] for e in ends)}
        )
        left = record["answer"]
        if trace["triples"][0]["relation"].islower():  # a value is told in words of the language, its numbers stay
            stated = re.findall(r"\d+", " ".join(triple["tail"] for triple in trace["triples"]).replace(",", ""))
            assert set(re.findall(r"\d+", left.replace(",", ""))) <= set(stated)
            continue
        for name in sorted(filter(None, names), key=len, reverse=True):
            left = left.replace(name, "")

        assert re.sub("[、, ]", "", left) == ""


def test_a_trace_names_the_template_and_the_licence_of_its_record(
    traces: list[dict[str, Any]], records: pl.DataFrame
) -> None:
    for trace, (mark, license_) in zip(traces, records.select("template", "license").iter_rows(), strict=True):
        template = trace["template"]
        told = f"{template['pack']}@{template['version']}/{template['file'].removesuffix('.j2')}#{template['variant']}"

        assert (told, trace["license"]) == (mark, license_)


def test_a_trace_of_an_english_record_names_the_table_of_every_english_name(
    traces: list[dict[str, Any]], store: Store
) -> None:
    given = {
        id_: (name, table) for id_, name, table in store.entities().select("id", "name_en", "name_en_from").iter_rows()
    }
    licenses = {
        name: each.license for part in (store.metadata().sources, store.metadata().names) for name, each in part.items()
    }
    for trace in traces:
        ends = {end for triple in trace["triples"] for end in (triple["head"], triple["tail"]) if end in given}
        wanted = (
            [(end, *given[end], licenses[given[end][1]]) for end in sorted(ends)]
            if trace["record"]["lang"] == "en"
            else []
        )

        assert [(n["entity"], n["name_en"], n["table"], n["license"]) for n in trace["names"]] == wanted


def test_the_trace_of_a_triple_gives_back_its_records(store: Store, sample_run: Path, records: pl.DataFrame) -> None:
    drawn = random.Random(1).sample(list(records.select("id", "facts").iter_rows()), 60)
    for id_, facts in drawn:
        trace = trace_triple(store, sample_run, facts[0]).to_dict()

        assert id_ in {record["id"] for record in trace["records"]}
        assert trace["triple"]["id"] == facts[0]
        assert {row["lang"]: row["records"] for row in trace["coverage"]} == {
            lang: sum(record["lang"] == lang for record in trace["records"]) for lang in ("zh", "en")
        }


def test_the_trace_of_a_triple_without_a_record_says_why(store: Store, sample_run: Path) -> None:
    coverage = pl.read_parquet(sample_run / "coverage.parquet")
    loop = coverage.filter(reason="self-loop")["triple"][0]

    trace = trace_triple(store, sample_run, loop).to_dict()

    assert trace["records"] == []
    assert {row["reason"] for row in trace["coverage"]} == {"self-loop"}
    assert trace["triple"]["head"] == trace["triple"]["tail"]


@pytest.fixture
def tiny(graph: Graph, pack_folder: Folder, tmp_path: Path) -> Callable[..., tuple[Store, Path, str]]:
    """The store, the folder of records and the first record's id of what `said` makes."""

    def make(said: list[tuple[str, str, str]], origin: str | None = None, **info: Any) -> tuple[Store, Path, str]:
        store = graph(said)
        if origin:
            entities, triples = store.merged  # type: ignore[attr-defined]
            store.merged = entities, triples.with_columns(pl.lit([origin]).alias("origins"))  # type: ignore[attr-defined]
        packs = [load_pack(pack_folder(**info))]
        result = generate(store, packs, ("zh", "en"), None, 0, 12)
        (tmp_path / "records").mkdir(exist_ok=True)
        write(result, tmp_path / "records", {}, store.metadata(), packs)
        return store, tmp_path / "records", result.records["id"][0]

    return make


@pytest.mark.parametrize(
    ("origin", "file", "row", "field"),
    [
        ("one/said.tsv:7#symptom", "said.tsv", 7, "symptom"),
        ("one/2024/said.tsv:7#symptom", "2024/said.tsv", 7, "symptom"),
        ("one/a#b.tsv:7#symptom", "a#b.tsv", 7, "symptom"),
        ("one/said.tsv:7#column #3", "said.tsv", 7, "column #3"),
        ("one/said.tsv:7#http://example.org/a#b", "said.tsv", 7, "http://example.org/a#b"),
        ("one/c:d.tsv:7#x", "c:d.tsv", 7, "x"),
    ],
)
def test_an_origin_is_taken_apart_whatever_the_file_and_field_are_called(
    tiny: Callable[..., tuple[Store, Path, str]], origin: str, file: str, row: int, field: str
) -> None:
    store, folder, id_ = tiny([(GOUT, "HAS_SYMPTOM", PAIN)], origin)

    (place,) = trace_record(store, folder, id_).to_dict()["triples"][0]["origins"]

    assert (place["file"], place["row"], place["field"]) == (file, row, field)


def test_a_value_is_traced_like_a_triple(tiny: Callable[..., tuple[Store, Path, str]]) -> None:
    store, folder, id_ = tiny([(GOUT, "icd10", "M10")], relations=None, tail=None, attribute="icd10")

    (triple,) = trace_record(store, folder, id_).to_dict()["triples"]

    assert (triple["head"], triple["relation"], triple["tail"], triple["relation_zh"]) == (
        GOUT,
        "icd10",
        "M10",
        "ICD-10",
    )
    assert trace_triple(store, folder, triple["id"]).records[0]["id"] == id_


def test_a_record_of_another_graph_says_what_to_do(tiny: Callable[..., tuple[Store, Path, str]], graph: Graph) -> None:
    _, folder, id_ = tiny([(GOUT, "HAS_SYMPTOM", PAIN)])

    with pytest.raises(InputError, match="was it loaded again since"):
        trace_record(graph([(GOUT, "HAS_SYMPTOM", "Symptom:红")]), folder, id_)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (
            {"answer": "别的"},
            1,
            "records.parquet: no run.json tells of this file as it is; it may have been edited since",
        ),
        ({"template": "nosuch"}, 2, "the record's template is 'nosuch', expected PACK@VERSION/NAME.LANG#VARIANT"),
        ({"template": None}, 2, ": not of a graph: it was read from a file:? (source cmekg + names)"),
        ({"id": "0" * 20}, 2, "rows have the id 00000000000000000000; it is unclear which one is meant"),
    ],
)
def test_a_record_that_was_edited_is_not_shown_as_it_came_without_a_word(
    change: dict[str, Any], code: int, said: str, command: Run, named_graph: Path, sample_run: Path, tmp_path: Path
) -> None:
    for file in sample_run.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    rows = pl.read_parquet(tmp_path / "records.parquet")
    id_ = change.get("id", rows["id"][0])
    first = pl.int_range(pl.len()) < (2 if "id" in change else 1)
    edited = rows.with_columns(
        pl.when(first).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in change.items()
    )
    edited.write_parquet(tmp_path / "records.parquet")

    ran = command("trace", id_, "--records", tmp_path, "--graph", named_graph)

    assert ran.returncode == code
    assert said in ran.stderr


def test_a_graph_of_the_same_triples_from_other_files_is_told(tiny: Callable[..., tuple[Store, Path, str]]) -> None:
    store, folder, _ = tiny([(GOUT, "HAS_SYMPTOM", PAIN)])
    metadata = store.metadata()

    assert doubt(store, folder) == ""
    other = {name: replace(source, files={"else.tsv": "0"}) for name, source in metadata.sources.items()}
    store.metadata = lambda: replace(metadata, sources=other)  # type: ignore[method-assign]
    assert "than the graph was loaded from; name its graph" in doubt(store, folder)


@pytest.mark.parametrize("what", ["record", "triple"])
def test_an_unknown_and_an_ambiguous_id_are_refused(store: Store, sample_run: Path, what: str) -> None:
    trace = {"record": trace_record, "triple": trace_triple}[what]

    with pytest.raises(UsageError, match=f"no {what} has an id that begins with 'zz'"):
        trace(store, sample_run, "zz")
    with pytest.raises(
        UsageError, match=r"'a' is the beginning of several ids: a\w{19}, a\w{19}, a\w{19}; give more of it"
    ):
        trace(store, sample_run, "a")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["zz"], "no record has an id that begins with 'zz'"),
        (["a"], "'a' is the beginning of several ids"),
        (["--triple", "zz"], "no triple has an id that begins with 'zz'"),
        (["--triple", "a"], "'a' is the beginning of several ids"),
        (["--triple", ""], "'' is the beginning of several ids"),
        ([], "name one record: kgtools trace ID"),
        (["aa", "--triple", "bb"], "name one record: kgtools trace ID"),
    ],
)
def test_an_id_that_names_not_one_thing_exits_with_2(
    command: Run, named_graph: Path, sample_run: Path, words: list[str], message: str
) -> None:
    done = command("trace", *words, "--graph", named_graph, "--records", sample_run)

    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_folder_without_records_says_what_to_name(command: Run, named_graph: Path, tmp_path: Path) -> None:
    for words in (["aa"], ["--triple", "aa"]):
        done = command("trace", *words, "--graph", named_graph, "--records", tmp_path)

        assert done.returncode == 2
        assert "no such file; name the folder that generate wrote: --records DIR" in done.stderr


def test_a_trace_for_programs_is_the_trace(
    command: Run, named_graph: Path, sample_run: Path, traces: list[dict[str, Any]]
) -> None:
    id_ = traces[0]["record"]["id"]

    done = command("trace", id_[:12], "--graph", named_graph, "--records", sample_run, "--format", "json")

    assert json.loads(done.stdout) == traces[0]


def test_a_trace_for_people_shows_file_and_row_template_and_licence(
    command: Run, named_graph: Path, sample_run: Path, traces: list[dict[str, Any]]
) -> None:
    trace = next(trace for trace in traces if trace["record"]["lang"] == "en")
    place = trace["triples"][0]["origins"][0]

    done = command("trace", trace["record"]["id"], "--graph", named_graph, "--records", sample_run)
    back = command("trace", "--triple", trace["triples"][0]["id"], "--graph", named_graph, "--records", sample_run)

    assert done.returncode == back.returncode == 0
    for part in (
        f"{place['file']}:{place['row']}",
        trace["template"]["file"],
        trace["license"],
        trace["names"][0]["name_en"],
    ):
        assert part in done.stdout
    assert f"{place['file']}:{place['row']}" in back.stdout
    assert trace["record"]["id"] in back.stdout


def test_the_trace_says_whose_words_a_variant_is(sample_run: Path, records: pl.DataFrame, store: Store) -> None:
    ours = records.filter(pl.col("template") == "clinicalgpt@2.0.0/symptom.en#1")["id"]
    paper = records.filter(pl.col("template") == "clinicalgpt@2.0.0/symptom.en#2")["id"]

    assert trace_record(store, sample_run, ours[0]).template.origin == "ours"
    assert trace_record(store, sample_run, paper[0]).template.origin == "paper"
